//! The fifth layer of MySQL's expressions: the simple expression, what operators stand between.

use super::{EXPR_DEPTH, Parser, Pending, Result};
use crate::sql::ast::{
    AssignVariable, Case, ColumnRef, DateArithmetic, Expr, ExprKind, Ident, JsonPath, Literal, LiteralKind, Match,
    MatchMode, UnaryOp,
};
use crate::sql::keywords::{Keyword, KeywordClass};
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// A primary with the operators before it and COLLATE after it.
    pub(super) fn simple_expr(&mut self) -> Result<Expr> {
        if let Some(Pending { item, start, height }) = self.pending.take() {
            self.height = self.height.max(height);
            return self.collate(start, item);
        }
        let start = self.token.span.start;
        let op = match self.token.kind {
            TokenKind::Minus => UnaryOp::Minus,
            TokenKind::Plus => UnaryOp::Plus,
            TokenKind::Tilde => UnaryOp::BitNot,
            TokenKind::Bang => UnaryOp::Not,
            TokenKind::Keyword(Keyword::Not) if self.options.sql_mode.high_not_precedence => UnaryOp::Not,
            TokenKind::Keyword(Keyword::Binary) => UnaryOp::Binary,
            TokenKind::Keyword(Keyword::Interval) => {
                let Some(interval) = self.interval_or_call()? else { return self.simple_expr() };
                self.expect(TokenKind::Plus)?;
                let date = self.deeper(EXPR_DEPTH, Self::not_expr)?;
                self.grow()?;
                let kind = DateArithmetic { date, interval, subtract: false, interval_first: true };
                let sum = Expr { span: self.span_from(start), kind: ExprKind::DateArithmetic(Box::new(kind)) };
                return self.collate(start, sum);
            }
            _ => {
                let primary = self.primary()?;
                return self.collate(start, primary);
            }
        };
        self.bump();
        let operand = self.nested(Self::simple_expr)?;
        Ok(Expr { span: self.span_from(start), kind: ExprKind::Unary(op, Box::new(operand)) })
    }

    fn collate(&mut self, start: u32, mut expr: Expr) -> Result<Expr> {
        while self.eat_keyword(Keyword::Collate) {
            let collation = self.charset_or_collation()?;
            self.grow()?;
            let kind = ExprKind::Collate(Box::new(expr), Box::new(collation));
            expr = Expr { span: self.span_from(start), kind };
        }
        Ok(expr)
    }

    /// The name of a character set or a collation: an identifier, a string, or BINARY.
    pub(super) fn charset_or_collation(&mut self) -> Result<Ident> {
        if self.at_keyword(Keyword::Binary) {
            let name = self.make_ident(self.token.span, false);
            self.bump();
            return Ok(name);
        }
        self.ident_or_text()
    }

    /// A simple expression without operators before it and COLLATE after it.
    pub(super) fn primary(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let kind = match self.token.kind {
            TokenKind::Ident => {
                let name = self.ident()?;
                if self.at(TokenKind::LeftParen) {
                    return self.generic_call(start, None, name);
                }
                return self.column_expr(name);
            }
            TokenKind::Integer => self.plain_literal(LiteralKind::Integer),
            TokenKind::String | TokenKind::NationalString | TokenKind::Charset => return self.text_literal(),
            TokenKind::Param => {
                self.bump();
                self.params += 1;
                ExprKind::Param(self.params - 1)
            }
            TokenKind::LeftParen => {
                let (contents, span) = self.parens()?;
                return Ok(Self::contents_as_expr(contents, span));
            }
            TokenKind::QuotedIdent => {
                let name = self.ident()?;
                if self.at(TokenKind::LeftParen) {
                    return self.generic_call(start, None, name);
                }
                return self.column_expr(name);
            }
            TokenKind::Keyword(keyword) => return self.keyword_primary(keyword),
            TokenKind::Decimal => self.plain_literal(LiteralKind::Decimal),
            TokenKind::Float => self.plain_literal(LiteralKind::Float),
            TokenKind::Hex => self.plain_literal(LiteralKind::Hex),
            TokenKind::Bit => self.plain_literal(LiteralKind::Bit),
            TokenKind::UserVariable => {
                let variable = self.user_variable()?;
                if self.eat(TokenKind::Assign) {
                    let value = self.expr()?;
                    ExprKind::Assign(Box::new(AssignVariable { variable, value }))
                } else {
                    ExprKind::UserVariable(Box::new(variable))
                }
            }
            TokenKind::SystemVariable => ExprKind::SystemVariable(Box::new(self.system_variable()?)),
            TokenKind::LeftBrace => {
                self.bump();
                let word = self.ident()?;
                let inner = self.expr()?;
                self.expect(TokenKind::RightBrace)?;
                ExprKind::Odbc(Box::new((word, inner)))
            }
            _ => return self.unexpected(),
        };
        Ok(Expr { span: self.span_from(start), kind })
    }

    pub(super) fn plain_literal(&mut self, kind: LiteralKind) -> ExprKind {
        self.bump();
        ExprKind::Literal(Literal { kind, introducer: None })
    }

    fn keyword_primary(&mut self, keyword: Keyword) -> Result<Expr> {
        use Keyword::{Case, Date, Default, Exists, False, Match, Null, Row, Time, Timestamp, True, Values};
        let start = self.token.span.start;
        let paren_follows = self.peek() == TokenKind::LeftParen;
        let kind = match keyword {
            Null => self.plain_literal(LiteralKind::Null),
            True => self.plain_literal(LiteralKind::True),
            False => self.plain_literal(LiteralKind::False),
            Date | Time | Timestamp if self.peek() == TokenKind::String => {
                self.bump();
                self.plain_literal(match keyword {
                    Date => LiteralKind::Date,
                    Time => LiteralKind::Time,
                    _ => LiteralKind::Timestamp,
                })
            }
            Case => self.case()?,
            Exists if paren_follows => {
                self.bump();
                ExprKind::Exists(Box::new(self.subquery()?.0))
            }
            Match => self.match_against()?,
            Default | Values if paren_follows => {
                self.bump();
                self.bump();
                let column = Box::new(self.column_ref()?);
                self.expect(TokenKind::RightParen)?;
                if keyword == Default { ExprKind::DefaultOf(column) } else { ExprKind::InsertValue(column) }
            }
            Row if paren_follows => {
                self.bump();
                let list = self.paren_list(Self::expr)?;
                if list.len() < 2 {
                    return self.unexpected();
                }
                ExprKind::Row(list)
            }
            _ => match self.keyword_call(keyword, paren_follows)? {
                Some(kind) => kind,
                None if keyword.class() == KeywordClass::Nonreserved => {
                    let name = self.ident()?;
                    return self.column_expr(name);
                }
                None => return self.unexpected(),
            },
        };
        Ok(Expr { span: self.span_from(start), kind })
    }

    /// After the first name of a column, or of a stored function with its database.
    pub(super) fn column_expr(&mut self, first: Ident) -> Result<Expr> {
        let start = first.span.start;
        let column = self.column_after(first)?;
        if self.at(TokenKind::LeftParen)
            && column.schema.is_none()
            && let Some(schema) = column.table
        {
            return self.generic_call(start, Some(schema), column.column);
        }
        self.column_or_path(column)
    }

    /// After a column: itself, or with `->` and a path.
    pub(super) fn column_or_path(&mut self, column: ColumnRef) -> Result<Expr> {
        let start = column.span.start;
        let unquote = self.at(TokenKind::ArrowUnquote);
        if !unquote && !self.at(TokenKind::Arrow) {
            return Ok(Expr { span: column.span, kind: ExprKind::Column(Box::new(column)) });
        }
        self.bump();
        let path = self.string_literal()?;
        let column = Expr { span: column.span, kind: ExprKind::Column(Box::new(column)) };
        let kind = ExprKind::JsonPath(Box::new(JsonPath { column, path, unquote }));
        Ok(Expr { span: self.span_from(start), kind })
    }

    fn case(&mut self) -> Result<ExprKind> {
        self.bump();
        let operand = if self.at_keyword(Keyword::When) { None } else { Some(self.expr()?) };
        let mut arms = Vec::new();
        while self.eat_keyword(Keyword::When) {
            let when = self.expr()?;
            self.expect_keyword(Keyword::Then)?;
            arms.push((when, self.expr()?));
        }
        if arms.is_empty() {
            return self.unexpected();
        }
        let otherwise = if self.eat_keyword(Keyword::Else) { Some(self.expr()?) } else { None };
        self.expect_keyword(Keyword::End)?;
        Ok(ExprKind::Case(Box::new(Case { operand, arms, otherwise })))
    }

    fn match_against(&mut self) -> Result<ExprKind> {
        self.bump();
        let columns = match self.at(TokenKind::LeftParen) {
            true => self.paren_list(Self::column_ref)?,
            false => self.list(Self::column_ref)?,
        };
        self.expect_keyword(Keyword::Against)?;
        self.expect(TokenKind::LeftParen)?;
        let against = self.nested(|parser| parser.bit_expr(super::expr::LOOSEST))?;
        let mut mode = MatchMode::Default;
        if self.eat_keyword(Keyword::In) {
            if self.eat_keyword(Keyword::Boolean) {
                mode = MatchMode::Boolean;
            } else {
                self.expect_keyword(Keyword::Natural)?;
                self.expect_keyword(Keyword::Language)?;
                mode = MatchMode::NaturalLanguage;
            }
            self.expect_keyword(Keyword::Mode)?;
        }
        if mode != MatchMode::Boolean && self.eat_keyword(Keyword::With) {
            self.expect_keyword(Keyword::Query)?;
            self.expect_keyword(Keyword::Expansion)?;
            mode = match mode {
                MatchMode::Default => MatchMode::WithExpansion,
                _ => MatchMode::NaturalLanguageWithExpansion,
            };
        }
        self.expect(TokenKind::RightParen)?;
        Ok(ExprKind::Match(Box::new(Match { columns, against, mode })))
    }
}
