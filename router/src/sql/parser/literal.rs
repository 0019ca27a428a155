//! Literals of text.

use super::{Parser, Result};
use crate::sql::ast::{Expr, ExprKind, Literal, LiteralKind};
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// A string with or without introducer, with the parts that follow it; `_charset x'...'` too.
    pub(super) fn text_literal(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let mut introducer = None;
        if self.at(TokenKind::Charset) {
            introducer = Some(self.token.span);
            self.bump();
        }
        let kind = match self.token.kind {
            TokenKind::String => LiteralKind::String,
            TokenKind::NationalString if introducer.is_none() => LiteralKind::NationalString,
            TokenKind::Hex if introducer.is_some() => LiteralKind::Hex,
            TokenKind::Bit if introducer.is_some() => LiteralKind::Bit,
            _ => return self.unexpected(),
        };
        self.bump();
        if matches!(kind, LiteralKind::String | LiteralKind::NationalString) {
            while self.eat(TokenKind::String) {}
        }
        let kind = ExprKind::Literal(Literal { kind, introducer });
        Ok(Expr { span: self.span_from(start), kind })
    }

    /// One string without introducer.
    pub(super) fn string_literal(&mut self) -> Result<Expr> {
        let span = self.token.span;
        self.expect(TokenKind::String)?;
        Ok(Expr { span, kind: ExprKind::Literal(Literal { kind: LiteralKind::String, introducer: None }) })
    }

    /// A string, hex or bit literal, as a separator of GROUP_CONCAT is.
    pub(super) fn text_string(&mut self) -> Result<Expr> {
        let span = self.token.span;
        let kind = match self.token.kind {
            TokenKind::String => LiteralKind::String,
            TokenKind::Hex => LiteralKind::Hex,
            TokenKind::Bit => LiteralKind::Bit,
            _ => return self.unexpected(),
        };
        self.bump();
        Ok(Expr { span, kind: ExprKind::Literal(Literal { kind, introducer: None }) })
    }

    /// A number without sign, below 2^32, as types and counts have.
    pub(super) fn small_number(&mut self) -> Result<u64> {
        let digits = self.token.span.of(self.text);
        let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        match (self.token.kind, number) {
            (TokenKind::Integer, Some(number)) => {
                self.bump();
                Ok(number)
            }
            _ => self.unexpected(),
        }
    }
}
