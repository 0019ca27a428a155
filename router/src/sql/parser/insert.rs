//! INSERT and REPLACE.

use super::{Parser, Result};
use crate::sql::ast::{Assignment, Insert, InsertColumns, InsertPriority, InsertSource, RowAlias, ValuesRow};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// At INSERT or REPLACE.
    pub(super) fn insert(&mut self) -> Result<Insert> {
        let keyword = self.token.span;
        let replace = self.at_keyword(Keyword::Replace);
        self.bump();
        let hint = self.hint;
        let priority = match self.keyword() {
            Some(Keyword::LowPriority) => Some(InsertPriority::Low),
            Some(Keyword::Delayed) => Some(InsertPriority::Delayed),
            Some(Keyword::HighPriority) if !replace => Some(InsertPriority::High),
            _ => None,
        };
        if priority.is_some() {
            self.bump();
        }
        let ignore = !replace && self.eat_keyword(Keyword::Ignore);
        self.eat_keyword(Keyword::Into);
        let table = self.table_name()?;
        let partitions = self.partitions()?;
        let columns = self.insert_columns()?;
        let source = self.insert_source(columns.is_none())?;
        let row_alias = match (&source, replace) {
            (InsertSource::Query(_), _) | (_, true) => None,
            _ => self.row_alias()?,
        };
        let on_duplicate_start = self.token.span.start;
        let mut on_duplicate = Vec::new();
        let mut on_duplicate_span = None;
        if !replace && self.eat_keyword(Keyword::On) {
            self.expect_keyword(Keyword::Duplicate)?;
            self.expect_keyword(Keyword::Key)?;
            self.expect_keyword(Keyword::Update)?;
            on_duplicate = self.assignments()?;
            on_duplicate_span = Some(self.span_from(on_duplicate_start));
        }
        Ok(Insert {
            span: self.span_from(keyword.start),
            keyword,
            hint,
            replace,
            priority,
            ignore,
            table,
            partitions,
            columns,
            source,
            row_alias,
            on_duplicate,
            on_duplicate_span,
        })
    }

    /// `(a, b)`, `()`, or nothing, where a query in parentheses is nothing.
    fn insert_columns(&mut self) -> Result<Option<InsertColumns>> {
        let start = self.token.span.start;
        if !self.at(TokenKind::LeftParen) {
            return Ok(None);
        }
        let is_query = matches!(
            self.peek(),
            TokenKind::LeftParen
                | TokenKind::Keyword(Keyword::Select | Keyword::With | Keyword::Table | Keyword::Values)
        );
        if is_query {
            return Ok(None);
        }
        self.bump();
        let columns = if self.at(TokenKind::RightParen) { Vec::new() } else { self.list(Self::column_ref)? };
        self.expect(TokenKind::RightParen)?;
        Ok(Some(InsertColumns { span: self.span_from(start), columns }))
    }

    fn insert_source(&mut self, may_be_set: bool) -> Result<InsertSource> {
        let start = self.token.span.start;
        let is_values = match self.keyword() {
            Some(Keyword::Values) => self.peek() != TokenKind::Keyword(Keyword::Row),
            Some(Keyword::Value) => true,
            _ => false,
        };
        if is_values {
            self.bump();
            let rows = self.list(|parser| {
                let start = parser.token.span.start;
                let values = parser.values_list()?;
                Ok(ValuesRow { span: parser.span_from(start), values })
            })?;
            return Ok(InsertSource::Values { span: self.span_from(start), rows });
        }
        if may_be_set && self.eat_keyword(Keyword::Set) {
            let assignments = self.assignments()?;
            return Ok(InsertSource::Set { span: self.span_from(start), assignments });
        }
        Ok(InsertSource::Query(Box::new(self.query()?)))
    }

    fn row_alias(&mut self) -> Result<Option<RowAlias>> {
        let start = self.token.span.start;
        if !self.eat_keyword(Keyword::As) {
            return Ok(None);
        }
        let name = self.ident()?;
        let columns = if self.at(TokenKind::LeftParen) { self.paren_list(Self::ident)? } else { Vec::new() };
        Ok(Some(RowAlias { span: self.span_from(start), name, columns }))
    }

    /// `a = 1, b := DEFAULT`
    pub(super) fn assignments(&mut self) -> Result<Vec<Assignment>> {
        self.list(|parser| {
            let start = parser.token.span.start;
            let column = parser.column_ref()?;
            if !parser.eat(TokenKind::Assign) {
                parser.expect(TokenKind::Eq)?;
            }
            let value = parser.expr_or_default()?;
            Ok(Assignment { span: parser.span_from(start), column, value })
        })
    }
}
