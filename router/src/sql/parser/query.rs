//! Query expressions: WITH, set operations, parentheses, ORDER BY, LIMIT, locking.

use super::{Parser, QUERY_DEPTH, Result};
use crate::sql::ast::{
    Cte, Direction, Expr, ExprKind, Limit, LiteralKind, LockStrength, LockWait, Locking, OrderItem, ParenthesisedQuery,
    Query, QueryBody, SetOperation, SetOperator, TableStatement, TableValues, ValuesRow, With,
};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// The query that a whole statement is, after its WITH if that has been read: INTO may stand in it.
    pub(super) fn statement_query(&mut self, with: Option<With>) -> Result<Query> {
        self.into_allowed = true;
        self.query_with(with)
    }

    /// A query that is part of something.
    pub(super) fn query(&mut self) -> Result<Query> {
        let outer = std::mem::replace(&mut self.into_allowed, false);
        let query = self.query_with(None)?;
        self.into_allowed = outer;
        Ok(query)
    }

    fn query_with(&mut self, with: Option<With>) -> Result<Query> {
        let start = with.as_ref().map_or(self.token.span.start, |with| with.span.start);
        self.deeper(QUERY_DEPTH, |parser| {
            let with = match with {
                None if parser.at_keyword(Keyword::With) => Some(parser.with_clause()?),
                with => with,
            };
            let first = parser.query_primary()?;
            parser.query_rest(start, with, first)
        })
    }

    /// A query of which `first`, a query in parentheses, has been read.
    pub(super) fn query_after(&mut self, start: u32, first: QueryBody) -> Result<Query> {
        let outer = std::mem::replace(&mut self.into_allowed, false);
        let query = self.query_rest(start, None, first)?;
        self.into_allowed = outer;
        Ok(query)
    }

    fn query_rest(&mut self, start: u32, with: Option<With>, first: QueryBody) -> Result<Query> {
        let body = self.set_operations(first)?;
        let order_by = self.order_by()?;
        let limit = self.limit()?;
        let mut locking = self.locking()?;
        let into =
            if self.into_allowed && self.at_keyword(Keyword::Into) { Some(Box::new(self.into()?)) } else { None };
        if into.is_some() && locking.is_empty() {
            locking = self.locking()?;
        }
        Ok(Query { span: self.span_from(start), with, body, order_by, limit, locking, into })
    }

    /// At WITH.
    pub(super) fn with_clause(&mut self) -> Result<With> {
        let start = self.token.span.start;
        self.expect_keyword(Keyword::With)?;
        let recursive = self.eat_keyword(Keyword::Recursive);
        let ctes = self.list(|parser| {
            parser.count_cte()?;
            let start = parser.token.span.start;
            let name = parser.ident()?;
            let columns = if parser.at(TokenKind::LeftParen) { parser.paren_list(Self::ident)? } else { Vec::new() };
            parser.expect_keyword(Keyword::As)?;
            let (query, _) = parser.subquery()?;
            Ok(Cte { span: parser.span_from(start), name, columns, query })
        })?;
        Ok(With { span: self.span_from(start), recursive, ctes })
    }

    /// `first` and the operations after it; INTERSECT binds tighter.
    fn set_operations(&mut self, first: QueryBody) -> Result<QueryBody> {
        let mut left = self.intersections(first)?;
        loop {
            let operator = match self.keyword() {
                Some(Keyword::Union) => SetOperator::Union,
                Some(Keyword::Except) => SetOperator::Except,
                _ => return Ok(left),
            };
            let (all, distinct) = self.set_quantifier();
            let right = self.nested(|parser| {
                let first = parser.query_primary()?;
                parser.intersections(first)
            })?;
            left = self.set_operation(operator, all, distinct, left, right)?;
        }
    }

    fn intersections(&mut self, first: QueryBody) -> Result<QueryBody> {
        let mut left = first;
        while self.at_keyword(Keyword::Intersect) {
            let (all, distinct) = self.set_quantifier();
            let right = self.nested(Self::query_primary)?;
            left = self.set_operation(SetOperator::Intersect, all, distinct, left, right)?;
        }
        Ok(left)
    }

    fn set_quantifier(&mut self) -> (bool, bool) {
        self.bump();
        let all = self.eat_keyword(Keyword::All);
        (all, !all && self.eat_keyword(Keyword::Distinct))
    }

    fn set_operation(
        &mut self,
        operator: SetOperator,
        all: bool,
        distinct: bool,
        left: QueryBody,
        right: QueryBody,
    ) -> Result<QueryBody> {
        self.grow()?;
        let span = self.span_from(left.span().start);
        Ok(QueryBody::SetOperation(Box::new(SetOperation { span, operator, all, distinct, left, right })))
    }

    /// SELECT, TABLE, VALUES, or a query in parentheses.
    fn query_primary(&mut self) -> Result<QueryBody> {
        let start = self.token.span.start;
        match self.token.kind {
            TokenKind::Keyword(Keyword::Select) => Ok(QueryBody::Select(Box::new(self.select()?))),
            TokenKind::Keyword(Keyword::Table) => {
                self.bump();
                let table = self.table_name()?;
                Ok(QueryBody::Table(Box::new(TableStatement { span: self.span_from(start), table })))
            }
            TokenKind::Keyword(Keyword::Values) => {
                self.bump();
                let rows = self.list(Self::row_constructor)?;
                Ok(QueryBody::Values(Box::new(TableValues { span: self.span_from(start), rows })))
            }
            TokenKind::LeftParen => {
                self.bump();
                let query = self.query_with(None)?;
                self.expect(TokenKind::RightParen)?;
                Ok(match query {
                    // `((SELECT 1))` is `(SELECT 1)`.
                    Query {
                        with: None,
                        body: body @ QueryBody::Parenthesised(_),
                        order_by,
                        limit: None,
                        locking,
                        into: None,
                        ..
                    } if order_by.is_empty() && locking.is_empty() => body,
                    query => {
                        QueryBody::Parenthesised(Box::new(ParenthesisedQuery { span: self.span_from(start), query }))
                    }
                })
            }
            _ => self.unexpected(),
        }
    }

    fn row_constructor(&mut self) -> Result<ValuesRow> {
        let start = self.token.span.start;
        self.expect_keyword(Keyword::Row)?;
        let values = self.values_list()?;
        Ok(ValuesRow { span: self.span_from(start), values })
    }

    /// `(value, DEFAULT, ...)` or `()`.
    pub(super) fn values_list(&mut self) -> Result<Vec<Expr>> {
        self.expect(TokenKind::LeftParen)?;
        let values = if self.at(TokenKind::RightParen) { Vec::new() } else { self.list(Self::expr_or_default)? };
        self.expect(TokenKind::RightParen)?;
        Ok(values)
    }

    /// A value or DEFAULT.
    pub(super) fn expr_or_default(&mut self) -> Result<Expr> {
        if self.at_keyword(Keyword::Default) && self.peek() != TokenKind::LeftParen {
            let span = self.token.span;
            self.bump();
            return Ok(Expr { span, kind: ExprKind::Default });
        }
        self.expr()
    }

    /// ORDER BY, or nothing.
    pub(super) fn order_by(&mut self) -> Result<Vec<OrderItem>> {
        if !self.eat_keyword(Keyword::Order) {
            return Ok(Vec::new());
        }
        self.expect_keyword(Keyword::By)?;
        self.list(|parser| {
            let start = parser.token.span.start;
            let expr = parser.expr()?;
            let direction = if parser.eat_keyword(Keyword::Asc) {
                Some(Direction::Asc)
            } else if parser.eat_keyword(Keyword::Desc) {
                Some(Direction::Desc)
            } else {
                None
            };
            Ok(OrderItem { span: parser.span_from(start), expr, direction })
        })
    }

    /// LIMIT, or nothing.
    pub(super) fn limit(&mut self) -> Result<Option<Limit>> {
        let start = self.token.span.start;
        if !self.eat_keyword(Keyword::Limit) {
            return Ok(None);
        }
        let first = self.limit_option()?;
        let (count, offset) = if self.eat(TokenKind::Comma) {
            (self.limit_option()?, Some(first))
        } else if self.eat_keyword(Keyword::Offset) {
            (first, Some(self.limit_option()?))
        } else {
            (first, None)
        };
        Ok(Some(Limit { span: self.span_from(start), count, offset }))
    }

    /// A number, a parameter or a stored program's variable.
    pub(super) fn limit_option(&mut self) -> Result<Expr> {
        let span = self.token.span;
        let kind = match self.token.kind {
            TokenKind::Integer => self.plain_literal(LiteralKind::Integer),
            TokenKind::Param => {
                self.bump();
                self.params += 1;
                ExprKind::Param(self.params - 1)
            }
            _ => {
                let name = self.ident()?;
                let column = crate::sql::ast::ColumnRef { span, schema: None, table: None, column: name };
                ExprKind::Column(Box::new(column))
            }
        };
        Ok(Expr { span, kind })
    }

    /// Locking clauses, as many as there are.
    fn locking(&mut self) -> Result<Vec<Locking>> {
        let mut clauses = Vec::new();
        loop {
            let start = self.token.span.start;
            let (strength, of, wait) = if self.eat_keyword(Keyword::For) {
                let strength = if self.eat_keyword(Keyword::Update) {
                    LockStrength::Update
                } else {
                    self.expect_keyword(Keyword::Share)?;
                    LockStrength::Share
                };
                let of = if self.eat_keyword(Keyword::Of) { self.list(Self::table_name)? } else { Vec::new() };
                let wait = if self.eat_keyword(Keyword::Nowait) {
                    Some(LockWait::NoWait)
                } else if self.eat_keyword(Keyword::Skip) {
                    self.expect_keyword(Keyword::Locked)?;
                    Some(LockWait::SkipLocked)
                } else {
                    None
                };
                (strength, of, wait)
            } else if self.eat_keyword(Keyword::Lock) {
                self.expect_keyword(Keyword::In)?;
                self.expect_keyword(Keyword::Share)?;
                self.expect_keyword(Keyword::Mode)?;
                (LockStrength::LockInShareMode, Vec::new(), None)
            } else {
                return Ok(clauses);
            };
            clauses.push(Locking { span: self.span_from(start), strength, of, wait });
        }
    }
}
