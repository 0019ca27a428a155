//! DELETE.

use super::{Parser, Result};
use crate::sql::ast::{Delete, DeleteForm, TableFactor, TableName, With};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// At DELETE; `start` is where the statement begins.
    pub(super) fn delete(&mut self, start: u32, with: Option<With>) -> Result<Delete> {
        let keyword = self.token.span;
        self.bump();
        let hint = self.hint;
        let (mut low_priority, mut quick, mut ignore) = (false, false, false);
        loop {
            match self.keyword() {
                Some(Keyword::LowPriority) => low_priority = true,
                Some(Keyword::Quick) => quick = true,
                Some(Keyword::Ignore) => ignore = true,
                _ => break,
            }
            self.bump();
        }
        let form = self.delete_form()?;
        let where_ = self.where_clause()?;
        let (order_by, limit) = match form {
            DeleteForm::Single(_) => (self.order_by()?, self.simple_limit()?),
            DeleteForm::Multi { .. } => (Vec::new(), None),
        };
        let span = self.span_from(start);
        Ok(Delete { span, with, keyword, hint, low_priority, quick, ignore, form, where_, order_by, limit })
    }

    fn delete_form(&mut self) -> Result<DeleteForm> {
        if !self.eat_keyword(Keyword::From) {
            let targets = self.list(|parser| Ok(parser.delete_target()?.0))?;
            self.expect_keyword(Keyword::From)?;
            return Ok(DeleteForm::Multi { targets, from: self.table_references()?, using: false });
        }
        let start = self.token.span.start;
        let (name, wild) = self.delete_target()?;
        if wild || matches!(self.token.kind, TokenKind::Comma | TokenKind::Keyword(Keyword::Using)) {
            let mut targets = vec![name];
            while self.eat(TokenKind::Comma) {
                targets.push(self.delete_target()?.0);
            }
            self.expect_keyword(Keyword::Using)?;
            return Ok(DeleteForm::Multi { targets, from: self.table_references()?, using: true });
        }
        let alias = self.table_alias()?;
        let partitions = self.partitions()?;
        let span = self.span_from(start);
        let table = TableFactor { span, name, partitions, alias, index_hints: Vec::new(), sample: None };
        Ok(DeleteForm::Single(Box::new(table)))
    }

    /// `t`, `db.t`, `t.*`, `db.t.*`, and whether `.*` is written.
    fn delete_target(&mut self) -> Result<(TableName, bool)> {
        let first = self.ident()?;
        let start = first.span.start;
        let mut name = TableName { span: first.span, schema: None, name: first };
        if self.at(TokenKind::Dot) && self.peek() != TokenKind::Star {
            self.bump();
            let table = self.ident()?;
            name = TableName { span: self.span_from(start), schema: Some(name.name), name: table };
        }
        let wild = self.eat(TokenKind::Dot);
        if wild {
            self.expect(TokenKind::Star)?;
        }
        Ok((name, wild))
    }
}
