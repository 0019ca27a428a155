//! Query expressions and query blocks.

use super::{Expr, Ident, Over, Span, TableName, TableRef, UserVariable, WindowSpec};

/// A query expression: what a SELECT statement, a subquery, a derived table or a CTE is.
#[derive(Debug, Clone)]
pub struct Query {
    /// Its text, without parentheses around it.
    pub span: Span,
    /// WITH.
    pub with: Option<With>,
    /// What gives the rows.
    pub body: QueryBody,
    /// ORDER BY of the whole.
    pub order_by: Vec<OrderItem>,
    /// LIMIT of the whole.
    pub limit: Option<Limit>,
    /// FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE.
    pub locking: Vec<Locking>,
    /// INTO at the end (INTO before FROM is [`Select::into`]).
    pub into: Option<Box<IntoClause>>,
}

/// `WITH [RECURSIVE] a AS (...), b AS (...)`.
#[derive(Debug, Clone)]
pub struct With {
    /// Its text.
    pub span: Span,
    /// RECURSIVE is written.
    pub recursive: bool,
    /// The common table expressions, in order.
    pub ctes: Vec<Cte>,
}

/// A common table expression.
#[derive(Debug, Clone)]
pub struct Cte {
    /// Its text.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Its columns' names, if written.
    pub columns: Vec<Ident>,
    /// The query.
    pub query: Query,
}

/// What gives a query's rows.
#[derive(Debug, Clone)]
pub enum QueryBody {
    /// `SELECT ...`
    Select(Box<Select>),
    /// `TABLE t`
    Table(Box<TableStatement>),
    /// `VALUES ROW(1, 2), ROW(3, 4)`
    Values(Box<TableValues>),
    /// `(query)` as the whole body or as an operand.
    Parenthesised(Box<ParenthesisedQuery>),
    /// UNION, INTERSECT, EXCEPT.
    SetOperation(Box<SetOperation>),
}

impl QueryBody {
    /// Its text.
    pub fn span(&self) -> Span {
        match self {
            QueryBody::Select(select) => select.span,
            QueryBody::Table(table) => table.span,
            QueryBody::Values(values) => values.span,
            QueryBody::Parenthesised(query) => query.span,
            QueryBody::SetOperation(operation) => operation.span,
        }
    }
}

/// `(query)`.
#[derive(Debug, Clone)]
pub struct ParenthesisedQuery {
    /// Its text with parentheses.
    pub span: Span,
    /// The query inside.
    pub query: Query,
}

/// `TABLE t`.
#[derive(Debug, Clone)]
pub struct TableStatement {
    /// Its text.
    pub span: Span,
    /// The table.
    pub table: TableName,
}

/// `VALUES ROW(...), ...`.
#[derive(Debug, Clone)]
pub struct TableValues {
    /// Its text.
    pub span: Span,
    /// The rows.
    pub rows: Vec<ValuesRow>,
}

/// A row of VALUES, of a table or of an INSERT.
#[derive(Debug, Clone)]
pub struct ValuesRow {
    /// Its text with parentheses (and ROW).
    pub span: Span,
    /// Its values; none in `VALUES ()`.
    pub values: Vec<Expr>,
}

/// `left UNION right`.
#[derive(Debug, Clone)]
pub struct SetOperation {
    /// Its text.
    pub span: Span,
    /// Which.
    pub operator: SetOperator,
    /// ALL is written; else duplicates go.
    pub all: bool,
    /// DISTINCT is written.
    pub distinct: bool,
    /// The left operand; INTERSECT binds tighter than the others, all are left-associative.
    pub left: QueryBody,
    /// The right operand.
    pub right: QueryBody,
}

/// Set operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOperator {
    /// UNION
    Union,
    /// INTERSECT
    Intersect,
    /// EXCEPT
    Except,
}

/// A query block.
#[derive(Debug, Clone)]
pub struct Select {
    /// Its text from SELECT, without ORDER BY and LIMIT, which are the query's.
    pub span: Span,
    /// The word SELECT: what is put after it stands before all options and hints.
    pub keyword: Span,
    /// `/*+ ... */` after SELECT.
    pub hint: Option<Span>,
    /// DISTINCT, STRAIGHT_JOIN and the like.
    pub options: SelectOptions,
    /// What is selected.
    pub items: Vec<SelectItem>,
    /// INTO before FROM.
    pub into: Option<Box<IntoClause>>,
    /// FROM, split at its commas; empty without FROM and for FROM DUAL.
    pub from: Vec<TableRef>,
    /// `FROM DUAL` is written: its text.
    pub from_dual: Option<Span>,
    /// WHERE.
    pub where_: Option<Expr>,
    /// GROUP BY.
    pub group_by: Option<GroupBy>,
    /// HAVING.
    pub having: Option<Expr>,
    /// WINDOW.
    pub windows: Vec<NamedWindow>,
    /// QUALIFY.
    pub qualify: Option<Expr>,
}

/// A SELECT's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SelectOptions {
    /// ALL
    pub all: bool,
    /// DISTINCT, DISTINCTROW
    pub distinct: bool,
    /// HIGH_PRIORITY
    pub high_priority: bool,
    /// STRAIGHT_JOIN
    pub straight_join: bool,
    /// SQL_SMALL_RESULT
    pub small_result: bool,
    /// SQL_BIG_RESULT
    pub big_result: bool,
    /// SQL_BUFFER_RESULT
    pub buffer_result: bool,
    /// SQL_NO_CACHE
    pub no_cache: bool,
    /// SQL_CALC_FOUND_ROWS
    pub calc_found_rows: bool,
}

/// An item of a select list.
#[derive(Debug, Clone)]
pub struct SelectItem {
    /// Its text with parentheses, without the alias: what MySQL names an unaliased column by. Names by
    /// [`super::super::names::column_name`].
    pub span: Span,
    /// All of its text, with the alias.
    pub full_span: Span,
    /// What it is.
    pub kind: SelectItemKind,
}

/// What a select item is.
#[derive(Debug, Clone)]
pub enum SelectItemKind {
    /// `*`
    All,
    /// `t.*`, `db.t.*`
    AllOf(TableName),
    /// An expression.
    Expr {
        /// The expression.
        expr: Expr,
        /// The alias, an identifier or a string.
        alias: Option<Ident>,
    },
}

/// GROUP BY.
#[derive(Debug, Clone)]
pub struct GroupBy {
    /// Its text from GROUP.
    pub span: Span,
    /// The expressions.
    pub items: Vec<Expr>,
    /// How super-aggregate rows are made.
    pub rollup: Rollup,
}

/// Super-aggregate rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rollup {
    /// None.
    No,
    /// WITH ROLLUP
    With,
    /// GROUP BY ROLLUP (...)
    Function,
    /// GROUP BY CUBE (...)
    Cube,
}

/// An item of ORDER BY.
#[derive(Debug, Clone)]
pub struct OrderItem {
    /// Its text with ASC or DESC.
    pub span: Span,
    /// The expression; an integer literal is a position in the select list (unless inside a function or window).
    pub expr: Expr,
    /// ASC or DESC if written.
    pub direction: Option<Direction>,
}

impl OrderItem {
    /// Whether it goes down.
    pub fn is_desc(&self) -> bool {
        self.direction == Some(Direction::Desc)
    }
}

/// Directions of ORDER BY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// ASC
    Asc,
    /// DESC
    Desc,
}

/// LIMIT.
#[derive(Debug, Clone)]
pub struct Limit {
    /// Its text from LIMIT.
    pub span: Span,
    /// How many rows: an integer literal (hex too), `?`, or a name (a stored program's variable).
    pub count: Expr,
    /// How many to leave out first.
    pub offset: Option<Expr>,
}

/// A locking clause.
#[derive(Debug, Clone)]
pub struct Locking {
    /// Its text.
    pub span: Span,
    /// Which lock.
    pub strength: LockStrength,
    /// OF tables.
    pub of: Vec<TableName>,
    /// NOWAIT, SKIP LOCKED.
    pub wait: Option<LockWait>,
}

/// Kinds of lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockStrength {
    /// FOR UPDATE
    Update,
    /// FOR SHARE
    Share,
    /// LOCK IN SHARE MODE
    LockInShareMode,
}

/// What a lock does when it can't be had at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockWait {
    /// NOWAIT
    NoWait,
    /// SKIP LOCKED
    SkipLocked,
}

/// INTO.
#[derive(Debug, Clone)]
pub struct IntoClause {
    /// Its text from INTO.
    pub span: Span,
    /// Where to.
    pub target: IntoTarget,
}

/// Where INTO writes.
#[derive(Debug, Clone)]
pub enum IntoTarget {
    /// OUTFILE 'name' and its options, whose text is kept as it is.
    Outfile {
        /// The file's name, a string literal.
        file: Span,
        /// CHARACTER SET, FIELDS, LINES.
        options: Span,
    },
    /// DUMPFILE 'name'
    Dumpfile {
        /// The file's name, a string literal.
        file: Span,
    },
    /// Variables: of the session, or names of a stored program's.
    Variables(Vec<IntoVariable>),
}

/// A variable after INTO.
#[derive(Debug, Clone)]
pub enum IntoVariable {
    /// `@a`
    User(UserVariable),
    /// `a`
    Local(Ident),
}

/// `WINDOW name AS (...)`.
#[derive(Debug, Clone)]
pub struct NamedWindow {
    /// Its name.
    pub name: Ident,
    /// What it is.
    pub spec: WindowSpec,
}

impl Over {
    /// The specification, if it is written in place.
    pub fn spec(&self) -> Option<&WindowSpec> {
        match self {
            Over::Name(_) => None,
            Over::Spec(spec) => Some(spec),
        }
    }
}
