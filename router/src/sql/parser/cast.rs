//! CAST, CONVERT and their types.

use super::{Parser, Result};
use crate::sql::ast::{CastType, SpecialCall};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// After `CAST(`.
    pub(super) fn cast(&mut self) -> Result<SpecialCall> {
        let expr = self.expr()?;
        let at_time_zone = if self.eat_keyword(Keyword::At) {
            self.expect_keyword(Keyword::Time)?;
            self.expect_keyword(Keyword::Zone)?;
            self.eat_keyword(Keyword::Interval);
            Some(self.string_literal()?)
        } else {
            None
        };
        self.expect_keyword(Keyword::As)?;
        let mut ty = self.cast_type()?;
        ty.array = self.eat_keyword(Keyword::Array);
        Ok(SpecialCall::Cast { expr, at_time_zone, ty })
    }

    /// After `CONVERT(`.
    pub(super) fn convert(&mut self) -> Result<SpecialCall> {
        let expr = self.expr()?;
        if self.eat_keyword(Keyword::Using) {
            return Ok(SpecialCall::ConvertUsing { expr, charset: self.charset_or_collation()? });
        }
        self.expect(TokenKind::Comma)?;
        Ok(SpecialCall::Convert { expr, ty: self.cast_type()? })
    }

    /// A type that can be cast to.
    pub(super) fn cast_type(&mut self) -> Result<CastType> {
        use Keyword::{
            Binary, Char, Character, Date, Datetime, Dec, Decimal, Double, Float, Geomcollection, Geometrycollection,
            Int, Integer, Json, Linestring, Multilinestring, Multipoint, Multipolygon, National, Nchar, Point, Polygon,
            Precision, Real, Signed, Time, Unsigned, Year,
        };
        let start = self.token.span.start;
        let mut text = String::new();
        let Some(keyword) = self.keyword() else { return self.unexpected() };
        self.bump();
        match keyword {
            Binary => {
                text.push_str("BINARY");
                self.type_length(&mut text, 1, false)?;
            }
            Char | Character => {
                text.push_str("CHAR");
                self.type_length(&mut text, 1, false)?;
                self.type_charset(&mut text)?;
            }
            Nchar | National => {
                if keyword == National && !self.eat_keyword(Char) {
                    self.expect_keyword(Character)?;
                }
                text.push_str("NCHAR");
                self.type_length(&mut text, 1, false)?;
            }
            Signed | Unsigned => {
                text.push_str(keyword.text());
                if !self.eat_keyword(Int) {
                    self.eat_keyword(Integer);
                }
            }
            Time | Datetime => {
                text.push_str(keyword.text());
                self.type_length(&mut text, 1, false)?;
            }
            Decimal | Dec => {
                text.push_str("DECIMAL");
                self.type_length(&mut text, 2, false)?;
            }
            Float => {
                text.push_str("FLOAT");
                self.type_length(&mut text, 1, false)?;
            }
            Double => {
                text.push_str("DOUBLE");
                self.eat_keyword(Precision);
            }
            Date | Year | Real | Json | Point | Linestring | Polygon | Multipoint | Multilinestring | Multipolygon
            | Geometrycollection | Geomcollection => text.push_str(keyword.text()),
            _ => return self.unexpected(),
        }
        Ok(CastType { span: self.span_from(start), text: text.into(), array: false })
    }

    /// `(n)`, `(n, m)`, or nothing.
    fn type_length(&mut self, text: &mut String, most: usize, required: bool) -> Result<()> {
        if !required && !self.at(TokenKind::LeftParen) {
            return Ok(());
        }
        let numbers = self.paren_list(Self::small_number)?;
        if numbers.len() > most {
            return self.unexpected();
        }
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        text.push('(');
        text.push_str(&numbers.join(","));
        text.push(')');
        Ok(())
    }

    /// CHARACTER SET, ASCII, UNICODE, BYTE, BINARY, or nothing.
    fn type_charset(&mut self, text: &mut String) -> Result<()> {
        use Keyword::{Ascii, Binary, Byte, Char, Character, Charset, Set, Unicode};
        let binary_first = self.eat_keyword(Binary);
        let mut found = true;
        match self.keyword() {
            Some(keyword @ (Ascii | Unicode)) => {
                self.bump();
                text.push(' ');
                text.push_str(keyword.text());
            }
            Some(Byte) if !binary_first => {
                self.bump();
                text.push_str(" BYTE");
                return Ok(());
            }
            Some(Char | Character | Charset) => {
                if !self.eat_keyword(Charset) {
                    self.bump();
                    self.expect_keyword(Set)?;
                }
                let name = self.charset_or_collation()?;
                text.push_str(" CHARACTER SET ");
                text.push_str(&name.value.to_ascii_uppercase());
            }
            _ => found = false,
        }
        if binary_first || (found && self.eat_keyword(Binary)) {
            text.push_str(" BINARY");
        }
        Ok(())
    }
}
