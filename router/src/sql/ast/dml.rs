//! INSERT, REPLACE, UPDATE, DELETE.

use super::{ColumnRef, Expr, Ident, OrderItem, Query, Span, TableFactor, TableName, TableRef, ValuesRow, With};

/// INSERT or REPLACE.
#[derive(Debug, Clone)]
pub struct Insert {
    /// Its text.
    pub span: Span,
    /// The word INSERT or REPLACE.
    pub keyword: Span,
    /// `/*+ ... */`.
    pub hint: Option<Span>,
    /// REPLACE rather than INSERT.
    pub replace: bool,
    /// LOW_PRIORITY, DELAYED, HIGH_PRIORITY.
    pub priority: Option<InsertPriority>,
    /// IGNORE.
    pub ignore: bool,
    /// The table.
    pub table: TableName,
    /// PARTITION (...).
    pub partitions: Vec<Ident>,
    /// The list of columns, if written; `INSERT INTO t () VALUES ()` has an empty one. None with SET.
    pub columns: Option<InsertColumns>,
    /// Where the rows come from.
    pub source: InsertSource,
    /// `AS new(a, b)` after the rows.
    pub row_alias: Option<RowAlias>,
    /// ON DUPLICATE KEY UPDATE.
    pub on_duplicate: Vec<Assignment>,
    /// ON DUPLICATE KEY UPDATE's text.
    pub on_duplicate_span: Option<Span>,
}

/// `(a, b, c)` of an INSERT.
#[derive(Debug, Clone)]
pub struct InsertColumns {
    /// Its text with parentheses.
    pub span: Span,
    /// The columns.
    pub columns: Vec<ColumnRef>,
}

/// An INSERT's priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InsertPriority {
    /// LOW_PRIORITY
    Low,
    /// DELAYED: taken and ignored by MySQL.
    Delayed,
    /// HIGH_PRIORITY
    High,
}

/// Where an INSERT's rows come from.
#[derive(Debug, Clone)]
pub enum InsertSource {
    /// `VALUES (...), (...)`
    Values {
        /// From VALUES to the last row.
        span: Span,
        /// The rows, at least one.
        rows: Vec<ValuesRow>,
    },
    /// `SET a = 1, b = 2`
    Set {
        /// From SET to the last assignment.
        span: Span,
        /// The assignments.
        assignments: Vec<Assignment>,
    },
    /// SELECT, TABLE, VALUES ROW(...), with or without WITH and parentheses.
    Query(Box<Query>),
}

/// `AS name (columns)`: the new row's alias.
#[derive(Debug, Clone)]
pub struct RowAlias {
    /// Its text from AS.
    pub span: Span,
    /// The row's name.
    pub name: Ident,
    /// Its columns' names, if written.
    pub columns: Vec<Ident>,
}

/// `column = value`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Its text.
    pub span: Span,
    /// The column.
    pub column: ColumnRef,
    /// The value; [`super::ExprKind::Default`] for DEFAULT.
    pub value: Expr,
}

/// UPDATE.
#[derive(Debug, Clone)]
pub struct Update {
    /// Its text, with WITH.
    pub span: Span,
    /// WITH.
    pub with: Option<With>,
    /// The word UPDATE.
    pub keyword: Span,
    /// `/*+ ... */`.
    pub hint: Option<Span>,
    /// LOW_PRIORITY.
    pub low_priority: bool,
    /// IGNORE.
    pub ignore: bool,
    /// The table references, split at their commas.
    pub tables: Vec<TableRef>,
    /// SET.
    pub assignments: Vec<Assignment>,
    /// WHERE.
    pub where_: Option<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT's count.
    pub limit: Option<Expr>,
}

impl Update {
    /// The table, if it is only one and named.
    pub fn single_table(&self) -> Option<&TableFactor> {
        match self.tables.as_slice() {
            [TableRef::Table(table)] => Some(table),
            _ => None,
        }
    }
}

/// DELETE.
#[derive(Debug, Clone)]
pub struct Delete {
    /// Its text, with WITH.
    pub span: Span,
    /// WITH.
    pub with: Option<With>,
    /// The word DELETE.
    pub keyword: Span,
    /// `/*+ ... */`.
    pub hint: Option<Span>,
    /// LOW_PRIORITY.
    pub low_priority: bool,
    /// QUICK.
    pub quick: bool,
    /// IGNORE.
    pub ignore: bool,
    /// From where.
    pub form: DeleteForm,
    /// WHERE.
    pub where_: Option<Expr>,
    /// ORDER BY, of the single form.
    pub order_by: Vec<OrderItem>,
    /// LIMIT's count, of the single form.
    pub limit: Option<Expr>,
}

/// The forms of DELETE.
#[derive(Debug, Clone)]
pub enum DeleteForm {
    /// `DELETE FROM t [AS a] [PARTITION (...)]`
    Single(Box<TableFactor>),
    /// `DELETE t1, t2.* FROM tables`, `DELETE FROM t1, t2 USING tables`
    Multi {
        /// The tables that lose rows: names or aliases.
        targets: Vec<TableName>,
        /// The table references, split at their commas.
        from: Vec<TableRef>,
        /// The form with USING.
        using: bool,
    },
}
