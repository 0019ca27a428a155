//! INSERT, REPLACE, UPDATE, DELETE.

use super::Printer;
use crate::sql::ast::{Assignment, Delete, DeleteForm, Insert, InsertPriority, InsertSource, Span, TableName, Update};

impl Printer<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> &mut Self {
        self.verb(if insert.replace { "REPLACE " } else { "INSERT " }, insert.hint);
        self.raw(match insert.priority {
            None => "",
            Some(InsertPriority::Low) => "LOW_PRIORITY ",
            Some(InsertPriority::Delayed) => "DELAYED ",
            Some(InsertPriority::High) => "HIGH_PRIORITY ",
        });
        self.raw(if insert.ignore { "IGNORE INTO " } else { "INTO " }).table_name(&insert.table);
        if !insert.partitions.is_empty() {
            self.raw(" PARTITION ").names(&insert.partitions);
        }
        if let Some(columns) = &insert.columns {
            self.raw(" (").list(&columns.columns, |printer, column| {
                printer.column(column);
            });
            self.raw(")");
        }
        match &insert.source {
            InsertSource::Values { rows, .. } => self.raw(" VALUES ").list(rows, |printer, row| {
                printer.values_row(row);
            }),
            InsertSource::Set { assignments, .. } => self.raw(" SET ").assignments(assignments),
            InsertSource::Query(query) => self.raw(" ").query(query),
        };
        if let Some(alias) = &insert.row_alias {
            self.raw(" AS ").ident(&alias.name);
            if !alias.columns.is_empty() {
                self.raw(" ").names(&alias.columns);
            }
        }
        if !insert.on_duplicate.is_empty() {
            self.raw(" ON DUPLICATE KEY UPDATE ").assignments(&insert.on_duplicate);
        }
        self
    }

    fn verb(&mut self, word: &str, hint: Option<Span>) -> &mut Self {
        self.raw(word);
        if let Some(hint) = hint {
            self.span(hint).raw(" ");
        }
        self
    }

    fn assignments(&mut self, assignments: &[Assignment]) -> &mut Self {
        self.list(assignments, |printer, assignment| {
            printer.column(&assignment.column).raw(" = ").expr(&assignment.value);
        })
    }

    pub(super) fn update(&mut self, update: &Update) -> &mut Self {
        if let Some(with) = &update.with {
            self.with(with);
        }
        self.verb("UPDATE ", update.hint);
        self.raw(if update.low_priority { "LOW_PRIORITY " } else { "" });
        self.raw(if update.ignore { "IGNORE " } else { "" });
        self.table_refs(&update.tables).raw(" SET ").assignments(&update.assignments);
        self.clause("WHERE", update.where_.as_ref()).order_by(&update.order_by).simple_limit(update.limit.as_ref())
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> &mut Self {
        if let Some(with) = &delete.with {
            self.with(with);
        }
        self.verb("DELETE ", delete.hint);
        self.raw(if delete.low_priority { "LOW_PRIORITY " } else { "" });
        self.raw(if delete.quick { "QUICK " } else { "" });
        self.raw(if delete.ignore { "IGNORE " } else { "" });
        match &delete.form {
            DeleteForm::Single(table) => {
                // Here PARTITION comes after the alias.
                self.raw("FROM ").table_name(&table.name);
                if let Some(alias) = &table.alias {
                    self.raw(" AS ").ident(alias);
                }
                if !table.partitions.is_empty() {
                    self.raw(" PARTITION ").names(&table.partitions);
                }
            }
            DeleteForm::Multi { targets, from, using: false } => {
                self.table_names(targets).raw(" FROM ").table_refs(from);
            }
            DeleteForm::Multi { targets, from, using: true } => {
                self.raw("FROM ").table_names(targets).raw(" USING ").table_refs(from);
            }
        }
        self.clause("WHERE", delete.where_.as_ref()).order_by(&delete.order_by).simple_limit(delete.limit.as_ref())
    }

    fn table_names(&mut self, tables: &[TableName]) -> &mut Self {
        self.list(tables, |printer, table| {
            printer.table_name(table);
        })
    }
}
