//! Table references and names.

use super::{Parens, Printer};
use crate::sql::ast::{
    ColumnRef, IndexHint, IndexHintAction, IndexHintScope, Join, JoinCondition, JoinKind, JsonTableColumn, TableFactor,
    TableName, TableRef,
};

impl Printer<'_> {
    /// `c`, `t.c`, `db.t.c`
    pub fn column(&mut self, column: &ColumnRef) -> &mut Self {
        for part in [&column.schema, &column.table].into_iter().flatten() {
            self.ident(part).raw(".");
        }
        self.ident(&column.column)
    }

    /// `t`, `db.t`
    pub fn table_name(&mut self, table: &TableName) -> &mut Self {
        if let Some(schema) = &table.schema {
            self.ident(schema).raw(".");
        }
        self.ident(&table.name)
    }

    pub(super) fn table_refs(&mut self, tables: &[TableRef]) -> &mut Self {
        self.list(tables, |printer, table| {
            printer.table_ref(table);
        })
    }

    /// A table reference.
    pub fn table_ref(&mut self, table: &TableRef) -> &mut Self {
        match table {
            TableRef::Table(table) => self.table_factor(table),
            TableRef::Derived(derived) => {
                self.raw(if derived.lateral { "LATERAL (" } else { "(" }).query(&derived.query).raw(")");
                if let Some(alias) = &derived.alias {
                    self.raw(" AS ").ident(alias);
                }
                if derived.columns.is_empty() { self } else { self.raw(" ").names(&derived.columns) }
            }
            TableRef::Json(json) => {
                self.raw("JSON_TABLE(").expr(&json.expr).raw(", ").expr(&json.path);
                self.json_columns(&json.columns).raw(")");
                if let Some(alias) = &json.alias {
                    self.raw(" AS ").ident(alias);
                }
                self
            }
            TableRef::Join(join) => self.join(join),
            TableRef::List(list) => self.raw("(").table_refs(&list.tables).raw(")"),
        }
    }

    fn join(&mut self, join: &Join) -> &mut Self {
        self.join_side(&join.left, self.parens == Parens::All);
        if join.natural {
            self.raw(" NATURAL");
        }
        self.raw(match join.kind {
            JoinKind::Inner => " JOIN ",
            JoinKind::Cross => " CROSS JOIN ",
            JoinKind::Straight => " STRAIGHT_JOIN ",
            JoinKind::Left => " LEFT JOIN ",
            JoinKind::Right => " RIGHT JOIN ",
        });
        self.join_side(&join.right, true);
        match &join.condition {
            JoinCondition::None => self,
            JoinCondition::On(condition) => self.raw(" ON ").expr(condition),
            JoinCondition::Using(columns) => self.raw(" USING ").names(columns),
        }
    }

    fn join_side(&mut self, side: &TableRef, parens: bool) -> &mut Self {
        if parens && matches!(side, TableRef::Join(_)) {
            self.raw("(").table_ref(side).raw(")")
        } else {
            self.table_ref(side)
        }
    }

    pub(super) fn table_factor(&mut self, table: &TableFactor) -> &mut Self {
        self.table_name(&table.name);
        if !table.partitions.is_empty() {
            self.raw(" PARTITION ").names(&table.partitions);
        }
        if let Some(alias) = &table.alias {
            self.raw(" AS ").ident(alias);
        }
        for hint in &table.index_hints {
            self.index_hint(hint);
        }
        if let Some(sample) = &table.sample {
            self.raw(" TABLESAMPLE ").raw(if sample.system { "SYSTEM (" } else { "BERNOULLI (" });
            self.expr(&sample.percentage).raw(")");
        }
        self
    }

    fn index_hint(&mut self, hint: &IndexHint) -> &mut Self {
        self.raw(match hint.action {
            IndexHintAction::Use => " USE INDEX ",
            IndexHintAction::Ignore => " IGNORE INDEX ",
            IndexHintAction::Force => " FORCE INDEX ",
        });
        self.raw(match hint.scope {
            None => "",
            Some(IndexHintScope::Join) => "FOR JOIN ",
            Some(IndexHintScope::OrderBy) => "FOR ORDER BY ",
            Some(IndexHintScope::GroupBy) => "FOR GROUP BY ",
        });
        self.names(&hint.indexes)
    }

    fn json_columns(&mut self, columns: &[JsonTableColumn]) -> &mut Self {
        self.raw(" COLUMNS (").list(columns, |printer, column| {
            match column {
                JsonTableColumn::Ordinality(name) => printer.ident(name).raw(" FOR ORDINALITY"),
                JsonTableColumn::Path { name, ty, exists, path, on_empty, on_error } => {
                    printer.ident(name).raw(" ").span(*ty).raw(if *exists { " EXISTS PATH " } else { " PATH " });
                    printer.expr(path).json_response(on_empty.as_ref(), "EMPTY");
                    printer.json_response(on_error.as_ref(), "ERROR")
                }
                JsonTableColumn::Nested { path, columns } => {
                    printer.raw("NESTED PATH ").expr(path).json_columns(columns)
                }
            };
        });
        self.raw(")")
    }
}
