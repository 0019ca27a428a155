//! Query blocks.

use super::{Parser, Pending, Result};
use crate::sql::ast::{
    ColumnRef, Expr, GroupBy, Ident, Rollup, Select, SelectItem, SelectItemKind, SelectOptions, Span, TableName,
    TableRef,
};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// At SELECT.
    pub(super) fn select(&mut self) -> Result<Select> {
        let keyword = self.token.span;
        self.bump();
        let hint = self.hint;
        let options = self.select_options();
        let items = self.select_items()?;
        let into =
            if self.into_allowed && self.at_keyword(Keyword::Into) { Some(Box::new(self.into()?)) } else { None };
        let mut from_dual = None;
        let mut from = Vec::new();
        let from_start = self.token.span.start;
        if self.eat_keyword(Keyword::From) {
            if self.eat_keyword(Keyword::Dual) {
                from_dual = Some(self.span_from(from_start));
            } else {
                from = self.table_references()?;
            }
        }
        let where_ = self.where_clause()?;
        let group_by = self.group_by()?;
        let having = if self.eat_keyword(Keyword::Having) { Some(self.expr()?) } else { None };
        let windows = self.windows()?;
        let qualify = if self.eat_keyword(Keyword::Qualify) { Some(self.expr()?) } else { None };
        let span = self.span_from(keyword.start);
        Ok(Select {
            span,
            keyword,
            hint,
            options,
            items,
            into,
            from,
            from_dual,
            where_,
            group_by,
            having,
            windows,
            qualify,
        })
    }

    fn select_options(&mut self) -> SelectOptions {
        let mut options = SelectOptions::default();
        loop {
            match self.keyword() {
                Some(Keyword::All) => options.all = true,
                Some(Keyword::Distinct | Keyword::Distinctrow) => options.distinct = true,
                Some(Keyword::HighPriority) => options.high_priority = true,
                Some(Keyword::StraightJoin) => options.straight_join = true,
                Some(Keyword::SqlSmallResult) => options.small_result = true,
                Some(Keyword::SqlBigResult) => options.big_result = true,
                Some(Keyword::SqlBufferResult) => options.buffer_result = true,
                Some(Keyword::SqlNoCache) => options.no_cache = true,
                Some(Keyword::SqlCalcFoundRows) => options.calc_found_rows = true,
                _ => return options,
            }
            self.bump();
        }
    }

    fn select_items(&mut self) -> Result<Vec<SelectItem>> {
        let mut items = Vec::new();
        if self.at(TokenKind::Star) {
            let span = self.token.span;
            self.bump();
            items.push(SelectItem { span, full_span: span, kind: SelectItemKind::All });
            if !self.eat(TokenKind::Comma) {
                return Ok(items);
            }
        }
        loop {
            items.push(self.select_item()?);
            if !self.eat(TokenKind::Comma) {
                return Ok(items);
            }
        }
    }

    fn select_item(&mut self) -> Result<SelectItem> {
        let start = self.token.span.start;
        if self.at_ident() && self.peek() == TokenKind::Dot {
            let first = self.ident()?;
            if let Some(table) = self.wildcard_or_column(first)? {
                let span = self.span_from(start);
                return Ok(SelectItem { span, full_span: span, kind: SelectItemKind::AllOf(table) });
            }
        }
        let expr = self.expr()?;
        let span = self.span_from(start);
        let alias = self.select_alias()?;
        Ok(SelectItem { span, full_span: self.span_from(start), kind: SelectItemKind::Expr { expr, alias } })
    }

    /// At the `.` after a name: the table of `t.*` or `db.t.*`; or nothing, and the column or call is pending.
    fn wildcard_or_column(&mut self, first: Ident) -> Result<Option<TableName>> {
        let start = first.span.start;
        self.bump();
        if self.eat(TokenKind::Star) {
            return Ok(Some(TableName { span: first.span, schema: None, name: first }));
        }
        let second = self.ident()?;
        let item = if self.eat(TokenKind::Dot) {
            let span = Span::new(start, second.span.end);
            if self.eat(TokenKind::Star) {
                return Ok(Some(TableName { span, schema: Some(first), name: second }));
            }
            let column = self.ident()?;
            self.column_or_path(ColumnRef {
                span: self.span_from(start),
                schema: Some(first),
                table: Some(second),
                column,
            })?
        } else if self.at(TokenKind::LeftParen) {
            self.nested(|parser| parser.generic_call(start, Some(first), second))?
        } else {
            let column = ColumnRef { span: self.span_from(start), schema: None, table: Some(first), column: second };
            self.column_or_path(column)?
        };
        self.pending = Some(Pending { item, start, height: self.height });
        Ok(None)
    }

    /// The alias of a select item, an identifier or a string, with or without AS.
    pub(super) fn select_alias(&mut self) -> Result<Option<Ident>> {
        if self.eat_keyword(Keyword::As) {
            return self.ident_or_text().map(Some);
        }
        if self.at_ident() || self.at(TokenKind::String) { self.ident_or_text().map(Some) } else { Ok(None) }
    }

    /// WHERE, or nothing.
    pub(super) fn where_clause(&mut self) -> Result<Option<Expr>> {
        if self.eat_keyword(Keyword::Where) { self.expr().map(Some) } else { Ok(None) }
    }

    fn group_by(&mut self) -> Result<Option<GroupBy>> {
        let start = self.token.span.start;
        if !self.eat_keyword(Keyword::Group) {
            return Ok(None);
        }
        self.expect_keyword(Keyword::By)?;
        let function = match self.keyword() {
            Some(Keyword::Rollup) => Rollup::Function,
            Some(Keyword::Cube) => Rollup::Cube,
            _ => Rollup::No,
        };
        if function != Rollup::No && self.peek() == TokenKind::LeftParen {
            self.bump();
            let items = self.paren_list(Self::expr)?;
            return Ok(Some(GroupBy { span: self.span_from(start), items, rollup: function }));
        }
        let items = self.list(Self::expr)?;
        let mut rollup = Rollup::No;
        if self.eat_keyword(Keyword::With) {
            self.expect_keyword(Keyword::Rollup)?;
            rollup = Rollup::With;
        }
        Ok(Some(GroupBy { span: self.span_from(start), items, rollup }))
    }

    /// What stands after FROM, split at its commas.
    pub(super) fn table_references(&mut self) -> Result<Vec<TableRef>> {
        self.list(Self::table_reference)
    }
}
