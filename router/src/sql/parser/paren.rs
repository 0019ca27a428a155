//! `(`: a query, an expression, or a list of them, told apart while reading, once.

use super::{Parser, Pending, Result};
use crate::sql::ast::{Expr, ExprKind, ParenthesisedQuery, Query, QueryBody, Span};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

/// What parentheses hold.
pub(super) enum Contents {
    Query(Box<Query>),
    Exprs(Vec<Expr>),
}

impl Parser<'_> {
    /// Whether a query begins here, other than by `(`.
    pub(super) fn at_query_start(&mut self) -> bool {
        match self.keyword() {
            Some(Keyword::Select | Keyword::With | Keyword::Table) => true,
            Some(Keyword::Values) => self.peek() == TokenKind::Keyword(Keyword::Row),
            _ => false,
        }
    }

    /// Whether what was read, a query in parentheses, goes on as a query.
    pub(super) fn at_query_rest(&self) -> bool {
        use Keyword::{Except, For, Intersect, Limit, Lock, Order, Union};
        matches!(self.keyword(), Some(Union | Except | Intersect | Order | Limit | For | Lock))
    }

    /// From `(` to its `)`; the span includes both.
    pub(super) fn parens(&mut self) -> Result<(Contents, Span)> {
        let start = self.token.span.start;
        self.nested(|parser| {
            parser.expect(TokenKind::LeftParen)?;
            let contents = parser.contents()?;
            parser.expect(TokenKind::RightParen)?;
            Ok((contents, parser.span_from(start)))
        })
    }

    fn contents(&mut self) -> Result<Contents> {
        if self.at_query_start() {
            return Ok(Contents::Query(Box::new(self.query()?)));
        }
        if self.at(TokenKind::LeftParen) {
            let (inner, span) = self.parens()?;
            match inner {
                Contents::Query(query) if self.at_query_rest() => {
                    let body = QueryBody::Parenthesised(Box::new(ParenthesisedQuery { span, query: *query }));
                    return Ok(Contents::Query(Box::new(self.query_after(span.start, body)?)));
                }
                Contents::Query(query) if self.at(TokenKind::RightParen) => return Ok(Contents::Query(query)),
                inner => {
                    let item = Self::contents_as_expr(inner, span);
                    self.pending = Some(Pending { item, start: span.start, height: self.height });
                }
            }
        }
        Ok(Contents::Exprs(self.list(Self::expr)?))
    }

    /// A primary expression of what is in parentheses.
    pub(super) fn contents_as_expr(contents: Contents, span: Span) -> Expr {
        match contents {
            Contents::Query(query) => Expr { span, kind: ExprKind::Subquery(query) },
            Contents::Exprs(mut list) => match (list.pop(), list.is_empty()) {
                (Some(only), true) => only,
                (last, _) => {
                    list.extend(last);
                    Expr { span, kind: ExprKind::Row(list) }
                }
            },
        }
    }

    /// `(query)`; the span includes the parentheses.
    pub(super) fn subquery(&mut self) -> Result<(Query, Span)> {
        match self.parens()? {
            (Contents::Query(query), span) => Ok((*query, span)),
            (Contents::Exprs(_), _) => self.unexpected(),
        }
    }
}
