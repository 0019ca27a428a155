//! JSON_VALUE and JSON_TABLE.

use super::{Parser, Result};
use crate::sql::ast::{JsonOnResponse, JsonTable, JsonTableColumn, Span, SpecialCall};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

type OnEmptyOrError = (Option<JsonOnResponse>, Option<JsonOnResponse>);

impl Parser<'_> {
    /// After `JSON_VALUE(`.
    pub(super) fn json_value(&mut self) -> Result<SpecialCall> {
        let expr = self.nested(|parser| parser.bit_expr(super::expr::CONCAT))?;
        self.expect(TokenKind::Comma)?;
        let path = self.text_literal()?;
        let returning = if self.eat_keyword(Keyword::Returning) { Some(self.cast_type()?) } else { None };
        let (on_empty, on_error) = self.on_empty_or_error()?;
        Ok(SpecialCall::JsonValue { expr, path, returning, on_empty, on_error })
    }

    fn on_empty_or_error(&mut self) -> Result<OnEmptyOrError> {
        let mut on_empty = None;
        let mut on_error = None;
        while let Some(keyword @ (Keyword::Error | Keyword::Null | Keyword::Default)) = self.keyword() {
            self.bump();
            let response = match keyword {
                Keyword::Error => JsonOnResponse::Error,
                Keyword::Null => JsonOnResponse::Null,
                _ => JsonOnResponse::Default(self.nested(Self::simple_expr)?),
            };
            self.expect_keyword(Keyword::On)?;
            if on_empty.is_none() && on_error.is_none() && self.eat_keyword(Keyword::Empty) {
                on_empty = Some(response);
            } else if on_error.is_none() {
                self.expect_keyword(Keyword::Error)?;
                on_error = Some(response);
            } else {
                return self.unexpected();
            }
        }
        Ok((on_empty, on_error))
    }

    /// At JSON_TABLE.
    pub(super) fn json_table(&mut self) -> Result<JsonTable> {
        let start = self.token.span.start;
        self.bump();
        self.expect(TokenKind::LeftParen)?;
        let expr = self.expr()?;
        self.expect(TokenKind::Comma)?;
        let path = self.text_literal()?;
        let columns = self.json_columns()?;
        self.expect(TokenKind::RightParen)?;
        let alias = self.table_alias()?;
        Ok(JsonTable { span: self.span_from(start), expr, path, columns, alias })
    }

    fn json_columns(&mut self) -> Result<Vec<JsonTableColumn>> {
        self.expect_keyword(Keyword::Columns)?;
        self.nested(|parser| parser.paren_list(Self::json_column))
    }

    fn json_column(&mut self) -> Result<JsonTableColumn> {
        if self.at_keyword(Keyword::Nested)
            && matches!(self.peek(), TokenKind::String | TokenKind::Keyword(Keyword::Path))
        {
            self.bump();
            self.eat_keyword(Keyword::Path);
            let path = self.text_literal()?;
            return Ok(JsonTableColumn::Nested { path, columns: self.json_columns()? });
        }
        let name = self.ident()?;
        if self.eat_keyword(Keyword::For) {
            self.expect_keyword(Keyword::Ordinality)?;
            return Ok(JsonTableColumn::Ordinality(name));
        }
        let ty = self.column_type()?;
        let exists = self.eat_keyword(Keyword::Exists);
        self.expect_keyword(Keyword::Path)?;
        let path = self.text_literal()?;
        let (on_empty, on_error) = self.on_empty_or_error()?;
        Ok(JsonTableColumn::Path { name, ty, exists, path, on_empty, on_error })
    }

    /// A column's type with character set and collation, as text: whatever stands before [EXISTS] PATH.
    fn column_type(&mut self) -> Result<Span> {
        let start = self.token.span.start;
        if self.keyword().is_none() {
            return self.unexpected();
        }
        let mut open = 0_u32;
        loop {
            match self.token.kind {
                TokenKind::Keyword(Keyword::Path | Keyword::Exists) if open == 0 => return Ok(self.span_from(start)),
                TokenKind::LeftParen => open += 1,
                TokenKind::RightParen if open > 0 => open -= 1,
                TokenKind::Comma if open > 0 => {}
                TokenKind::Keyword(_) | TokenKind::Ident | TokenKind::QuotedIdent => {}
                TokenKind::Integer | TokenKind::String | TokenKind::Hex | TokenKind::Bit => {}
                _ => return self.unexpected(),
            }
            self.bump();
        }
    }
}
