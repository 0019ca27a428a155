//! Table references: FROM, and what UPDATE and DELETE name.

use super::{Expr, Ident, JsonOnResponse, Query, Span};

/// A table reference: a table factor or a join.
#[derive(Debug, Clone)]
pub enum TableRef {
    /// A named table, view or CTE.
    Table(Box<TableFactor>),
    /// A query.
    Derived(Box<DerivedTable>),
    /// JSON_TABLE.
    Json(Box<JsonTable>),
    /// A join.
    Join(Box<Join>),
    /// `(t1, t2)`: at least two, as a table factor.
    List(Box<TableList>),
}

impl TableRef {
    /// Its text, without parentheses around it.
    pub fn span(&self) -> Span {
        match self {
            TableRef::Table(table) => table.span,
            TableRef::Derived(derived) => derived.span,
            TableRef::Json(json) => json.span,
            TableRef::Join(join) => join.span,
            TableRef::List(list) => list.span,
        }
    }
}

/// The name of a table: `t`, `db.t`.
#[derive(Debug, Clone)]
pub struct TableName {
    /// All of its text.
    pub span: Span,
    /// The database.
    pub schema: Option<Ident>,
    /// The table.
    pub name: Ident,
}

/// A table by its name.
#[derive(Debug, Clone)]
pub struct TableFactor {
    /// Its text with alias and hints.
    pub span: Span,
    /// The name.
    pub name: TableName,
    /// PARTITION (...).
    pub partitions: Vec<Ident>,
    /// The alias.
    pub alias: Option<Ident>,
    /// USE, IGNORE, FORCE INDEX.
    pub index_hints: Vec<IndexHint>,
    /// TABLESAMPLE.
    pub sample: Option<Box<TableSample>>,
}

impl TableFactor {
    /// The name that columns are qualified by: the alias, else the table's name.
    pub fn exposed_name(&self) -> &Ident {
        self.alias.as_ref().unwrap_or(&self.name.name)
    }
}

/// `TABLESAMPLE BERNOULLI(n)`.
#[derive(Debug, Clone)]
pub struct TableSample {
    /// SYSTEM rather than BERNOULLI.
    pub system: bool,
    /// The percentage: a number, `?` or a user variable.
    pub percentage: Expr,
}

/// `USE INDEX FOR JOIN (a, b)`.
#[derive(Debug, Clone)]
pub struct IndexHint {
    /// Its text.
    pub span: Span,
    /// Which hint.
    pub action: IndexHintAction,
    /// FOR what.
    pub scope: Option<IndexHintScope>,
    /// The indexes; `PRIMARY` as such; empty in `USE INDEX ()`.
    pub indexes: Vec<Ident>,
}

/// Index hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexHintAction {
    /// USE
    Use,
    /// IGNORE
    Ignore,
    /// FORCE
    Force,
}

/// What an index hint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexHintScope {
    /// FOR JOIN
    Join,
    /// FOR ORDER BY
    OrderBy,
    /// FOR GROUP BY
    GroupBy,
}

/// `[LATERAL] (query) [AS] alias [(columns)]`.
#[derive(Debug, Clone)]
pub struct DerivedTable {
    /// Its text with LATERAL, parentheses, alias and columns.
    pub span: Span,
    /// LATERAL is written.
    pub lateral: bool,
    /// The query inside the parentheses.
    pub query: Query,
    /// The alias. MySQL's grammar takes a derived table without one and then refuses it (1248).
    pub alias: Option<Ident>,
    /// Its columns' names, if written.
    pub columns: Vec<Ident>,
}

/// `(t1, t2, ...)`.
#[derive(Debug, Clone)]
pub struct TableList {
    /// Its text with parentheses.
    pub span: Span,
    /// The references, at least two.
    pub tables: Vec<TableRef>,
}

/// A join.
#[derive(Debug, Clone)]
pub struct Join {
    /// Its text.
    pub span: Span,
    /// Which.
    pub kind: JoinKind,
    /// NATURAL is written.
    pub natural: bool,
    /// The left side.
    pub left: TableRef,
    /// The right side.
    pub right: TableRef,
    /// ON or USING.
    pub condition: JoinCondition,
}

/// Kinds of join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// JOIN, INNER JOIN: in MySQL CROSS JOIN is the same.
    Inner,
    /// CROSS JOIN
    Cross,
    /// STRAIGHT_JOIN: an inner join in the order that is written.
    Straight,
    /// LEFT [OUTER] JOIN
    Left,
    /// RIGHT [OUTER] JOIN
    Right,
}

impl JoinKind {
    /// Whether rows without a partner stay.
    pub const fn is_outer(self) -> bool {
        matches!(self, JoinKind::Left | JoinKind::Right)
    }
}

/// The condition of a join.
#[derive(Debug, Clone)]
pub enum JoinCondition {
    /// None is written.
    None,
    /// ON
    On(Expr),
    /// USING (columns)
    Using(Vec<Ident>),
}

/// `JSON_TABLE(doc, path COLUMNS (...)) [AS] alias`.
#[derive(Debug, Clone)]
pub struct JsonTable {
    /// Its text with alias.
    pub span: Span,
    /// The document; it may name columns of tables to its left.
    pub expr: Expr,
    /// The path, a string literal.
    pub path: Expr,
    /// The columns.
    pub columns: Vec<JsonTableColumn>,
    /// The alias, which MySQL demands when it resolves the statement.
    pub alias: Option<Ident>,
}

/// A column of JSON_TABLE.
#[derive(Debug, Clone)]
pub enum JsonTableColumn {
    /// `name FOR ORDINALITY`
    Ordinality(Ident),
    /// `name type [EXISTS] PATH path [... ON EMPTY] [... ON ERROR]`
    Path {
        /// Its name.
        name: Ident,
        /// Its type, as text.
        ty: Span,
        /// EXISTS PATH rather than PATH.
        exists: bool,
        /// The path, a string literal.
        path: Expr,
        /// ON EMPTY.
        on_empty: Option<JsonOnResponse>,
        /// ON ERROR.
        on_error: Option<JsonOnResponse>,
    },
    /// `NESTED [PATH] path COLUMNS (...)`
    Nested {
        /// The path, a string literal.
        path: Expr,
        /// The columns.
        columns: Vec<JsonTableColumn>,
    },
}
