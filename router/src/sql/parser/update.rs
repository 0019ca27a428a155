//! UPDATE.

use super::{Parser, Result};
use crate::sql::ast::{Expr, Update, With};
use crate::sql::keywords::Keyword;

impl Parser<'_> {
    /// At UPDATE; `start` is where the statement begins.
    pub(super) fn update(&mut self, start: u32, with: Option<With>) -> Result<Update> {
        let keyword = self.token.span;
        self.bump();
        let hint = self.hint;
        let low_priority = self.eat_keyword(Keyword::LowPriority);
        let ignore = self.eat_keyword(Keyword::Ignore);
        let tables = self.table_references()?;
        self.expect_keyword(Keyword::Set)?;
        let assignments = self.assignments()?;
        let where_ = self.where_clause()?;
        let order_by = self.order_by()?;
        let limit = self.simple_limit()?;
        let span = self.span_from(start);
        Ok(Update { span, with, keyword, hint, low_priority, ignore, tables, assignments, where_, order_by, limit })
    }

    /// LIMIT without offset, or nothing.
    pub(super) fn simple_limit(&mut self) -> Result<Option<Expr>> {
        if self.eat_keyword(Keyword::Limit) { self.limit_option().map(Some) } else { Ok(None) }
    }
}
