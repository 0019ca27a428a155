//! Names: identifiers, tables, columns, variables.

use super::{Parser, Result};
use crate::sql::ast::{ColumnRef, Ident, Span, SystemVariable, TableName, UserVariable, VariableScope};
use crate::sql::literal;
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// Whether the token can be a name: an identifier or a keyword that isn't reserved.
    pub(super) fn at_ident(&self) -> bool {
        match self.token.kind {
            TokenKind::Ident | TokenKind::QuotedIdent => true,
            TokenKind::Keyword(keyword) => keyword.is_name(),
            _ => false,
        }
    }

    /// An identifier.
    pub(super) fn ident(&mut self) -> Result<Ident> {
        if !self.at_ident() {
            return self.unexpected();
        }
        let ident = self.make_ident(self.token.span, self.token.kind == TokenKind::QuotedIdent);
        self.bump();
        Ok(ident)
    }

    /// An identifier or a string.
    pub(super) fn ident_or_text(&mut self) -> Result<Ident> {
        if self.at(TokenKind::String) { self.text_as_ident() } else { self.ident() }
    }

    /// A string as a name.
    pub(super) fn text_as_ident(&mut self) -> Result<Ident> {
        let span = self.token.span;
        self.expect(TokenKind::String)?;
        let value = literal::unescape(span.of(self.text), self.options);
        Ok(Ident { span, value: self.options.charset.decode(&value).into() })
    }

    pub(super) fn make_ident(&self, span: Span, quoted: bool) -> Ident {
        let bytes = span.of(self.text);
        let value = if quoted {
            let value = literal::unquote(bytes);
            self.options.charset.decode(&value).into()
        } else {
            self.options.charset.decode(bytes).into()
        };
        Ident { span, value }
    }

    /// `t`, `db.t`
    pub(super) fn table_name(&mut self) -> Result<TableName> {
        let start = self.token.span.start;
        let first = self.ident()?;
        let (schema, name) = if self.eat(TokenKind::Dot) { (Some(first), self.ident()?) } else { (None, first) };
        Ok(TableName { span: self.span_from(start), schema, name })
    }

    /// `c`, `t.c`, `db.t.c`
    pub(super) fn column_ref(&mut self) -> Result<ColumnRef> {
        let first = self.ident()?;
        self.column_after(first)
    }

    /// What follows the first identifier of a column.
    pub(super) fn column_after(&mut self, first: Ident) -> Result<ColumnRef> {
        let start = first.span.start;
        if !self.eat(TokenKind::Dot) {
            return Ok(ColumnRef { span: first.span, schema: None, table: None, column: first });
        }
        let second = self.ident()?;
        if !self.eat(TokenKind::Dot) {
            return Ok(ColumnRef { span: self.span_from(start), schema: None, table: Some(first), column: second });
        }
        let third = self.ident()?;
        Ok(ColumnRef { span: self.span_from(start), schema: Some(first), table: Some(second), column: third })
    }

    /// `@name`
    pub(super) fn user_variable(&mut self) -> Result<UserVariable> {
        let span = self.token.span;
        self.expect(TokenKind::UserVariable)?;
        let bytes = span.of(self.text).get(1..).unwrap_or_default();
        let name = match bytes.first() {
            Some(b'\'') => literal::unescape(bytes, self.options),
            Some(b'"') if !self.options.sql_mode.ansi_quotes => literal::unescape(bytes, self.options),
            Some(b'`' | b'"') => literal::unquote(bytes),
            _ => bytes.into(),
        };
        Ok(UserVariable { span, name: self.options.charset.decode(&name).into() })
    }

    /// `@@[scope.][component.]name`
    pub(super) fn system_variable(&mut self) -> Result<SystemVariable> {
        let start = self.token.span.start;
        self.expect(TokenKind::SystemVariable)?;
        // By its text: the lexer takes a word before a point for a name, MySQL's doesn't after `@@`.
        let scope = match (self.token.kind, self.token.span.of(self.text)) {
            (TokenKind::QuotedIdent, _) => None,
            (_, word) if word.eq_ignore_ascii_case(b"global") => Some(VariableScope::Global),
            (_, word) if word.eq_ignore_ascii_case(b"session") => Some(VariableScope::Session),
            (_, word) if word.eq_ignore_ascii_case(b"local") => Some(VariableScope::Local),
            _ => None,
        };
        if scope.is_some() {
            self.bump();
            self.expect(TokenKind::Dot)?;
        }
        let first = self.ident()?;
        let (component, name) = if self.eat(TokenKind::Dot) { (Some(first), self.ident()?) } else { (None, first) };
        Ok(SystemVariable { span: self.span_from(start), scope, component, name })
    }
}
