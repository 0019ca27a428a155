//! Expressions.

use super::{Ident, OrderItem, Query, Span};

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Its text, without parentheses around it.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

impl Expr {
    /// Whether it is an integer as written: in ORDER BY and GROUP BY the number of an item.
    pub fn is_integer(&self) -> bool {
        matches!(&self.kind, ExprKind::Literal(literal) if literal.kind == LiteralKind::Integer)
    }
}

/// The kinds of expression.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A literal; its text is the expression's span, its value by [`super::super::literal`].
    Literal(Literal),
    /// `?`, numbered from 0 by place.
    Param(u32),
    /// A column: `c`, `t.c`, `db.t.c`.
    Column(Box<ColumnRef>),
    /// `DEFAULT(col)`.
    DefaultOf(Box<ColumnRef>),
    /// `DEFAULT` as a value in VALUES and SET.
    Default,
    /// `VALUES(col)` in ON DUPLICATE KEY UPDATE.
    InsertValue(Box<ColumnRef>),
    /// `@name`.
    UserVariable(Box<UserVariable>),
    /// `@@name`, `@@scope.name`.
    SystemVariable(Box<SystemVariable>),
    /// `@name := value`.
    Assign(Box<AssignVariable>),
    /// `a AND b AND ...`, flat, at least two. `&&` too.
    And(Vec<Expr>),
    /// `a OR b OR ...`, flat, at least two. `||` too, unless PIPES_AS_CONCAT.
    Or(Vec<Expr>),
    /// An operator before one operand.
    Unary(UnaryOp, Box<Expr>),
    /// An operator between two operands.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// `a IS [NOT] NULL | TRUE | FALSE | UNKNOWN`.
    Is(Box<Is>),
    /// `a [NOT] IN (b, c, ...)`.
    InList(Box<InList>),
    /// `a [NOT] IN (SELECT ...)`.
    InQuery(Box<InQuery>),
    /// `a = ANY (SELECT ...)`, `a > ALL (SELECT ...)`; SOME is ANY.
    Quantified(Box<Quantified>),
    /// `a [NOT] BETWEEN b AND c`.
    Between(Box<Between>),
    /// `a [NOT] LIKE b [ESCAPE c]`.
    Like(Box<Like>),
    /// `a [NOT] REGEXP b`; RLIKE is the same.
    Regexp(Box<Regexp>),
    /// `EXISTS (SELECT ...)`.
    Exists(Box<Query>),
    /// `(SELECT ...)` as a scalar or a row; the span includes the (innermost) parentheses.
    Subquery(Box<Query>),
    /// `(a, b, ...)` of at least two, or `ROW(a, b, ...)`.
    Row(Vec<Expr>),
    /// `a + INTERVAL 1 DAY`, `a - INTERVAL 1 DAY`, `INTERVAL 1 DAY + a`.
    DateArithmetic(Box<DateArithmetic>),
    /// `a COLLATE name`.
    Collate(Box<Expr>, Box<Ident>),
    /// `col -> '$.a'`, `col ->> '$.a'`.
    JsonPath(Box<JsonPath>),
    /// `MATCH (a, b) AGAINST (c ...)`.
    Match(Box<Match>),
    /// `CASE ... END`.
    Case(Box<Case>),
    /// A call whose arguments are a list of expressions: a built-in, loadable or stored function.
    Function(Box<FunctionCall>),
    /// An aggregate function, also as a window function with OVER.
    Aggregate(Box<Aggregate>),
    /// A function that is only a window function: `ROW_NUMBER() OVER w`.
    Window(Box<WindowCall>),
    /// A function with a syntax of its own.
    Special(Box<SpecialCall>),
    /// `{d '2020-01-01'}`, `{fn now()}`: MySQL takes the expression inside for what it is, `d`, `t`, `ts` of a string literal
    /// as a temporal literal.
    Odbc(Box<(Ident, Expr)>),
}

/// A literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Literal {
    /// What kind.
    pub kind: LiteralKind,
    /// The introducer before a string, hex or bit literal: the text `_utf8mb4`; `N'...'` has none but its kind.
    pub introducer: Option<Span>,
}

/// The kinds of literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    /// `NULL` and `\N`.
    Null,
    /// `TRUE`.
    True,
    /// `FALSE`.
    False,
    /// `12`: digits only, of any length (over 20 digits MySQL takes it as DECIMAL).
    Integer,
    /// `1.5`, `.5`, `1.`.
    Decimal,
    /// `1e5`.
    Float,
    /// `'a'`, `'a' 'b'` (joined), `"a"` unless ANSI_QUOTES.
    String,
    /// `N'a'`.
    NationalString,
    /// `x'0a'`, `0x0a`.
    Hex,
    /// `b'01'`, `0b01`.
    Bit,
    /// `DATE '2020-01-01'`.
    Date,
    /// `TIME '10:00:00'`.
    Time,
    /// `TIMESTAMP '2020-01-01 10:00:00'`.
    Timestamp,
}

/// A column as named in an expression.
#[derive(Debug, Clone)]
pub struct ColumnRef {
    /// All of its text, `db.t.c`.
    pub span: Span,
    /// The database.
    pub schema: Option<Ident>,
    /// The table or its alias.
    pub table: Option<Ident>,
    /// The column.
    pub column: Ident,
}

/// `@name`.
#[derive(Debug, Clone)]
pub struct UserVariable {
    /// All of its text with `@` and quotes.
    pub span: Span,
    /// Its name without `@` and quotes; compared without case.
    pub name: Box<str>,
}

/// `@@name`.
#[derive(Debug, Clone)]
pub struct SystemVariable {
    /// All of its text.
    pub span: Span,
    /// The scope if written.
    pub scope: Option<VariableScope>,
    /// A component before the name: `@@hot_cache.key_buffer_size`.
    pub component: Option<Ident>,
    /// Its name.
    pub name: Ident,
}

/// The scope of a system variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VariableScope {
    /// `@@global.`
    Global,
    /// `@@session.`
    Session,
    /// `@@local.`: the same as session.
    Local,
}

/// `@name := value`.
#[derive(Debug, Clone)]
pub struct AssignVariable {
    /// What is assigned to.
    pub variable: UserVariable,
    /// The value.
    pub value: Expr,
}

/// Operators before one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `NOT a`, `!a`.
    Not,
    /// `-a`; `-1` is this too, with a literal.
    Minus,
    /// `+a`: MySQL ignores it.
    Plus,
    /// `~a`.
    BitNot,
    /// `BINARY a`.
    Binary,
}

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a XOR b`.
    Xor,
    /// `a = b`.
    Eq,
    /// `a <=> b`.
    NullSafeEq,
    /// `a <> b`, `a != b`.
    Ne,
    /// `a < b`.
    Lt,
    /// `a <= b`.
    Le,
    /// `a > b`.
    Gt,
    /// `a >= b`.
    Ge,
    /// `a SOUNDS LIKE b`.
    SoundsLike,
    /// `a MEMBER [OF] (b)`.
    MemberOf,
    /// `a | b`.
    BitOr,
    /// `a & b`.
    BitAnd,
    /// `a << b`.
    ShiftLeft,
    /// `a >> b`.
    ShiftRight,
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// `a DIV b`.
    IntDiv,
    /// `a % b`, `a MOD b`.
    Mod,
    /// `a ^ b`.
    BitXor,
    /// `a || b` under PIPES_AS_CONCAT.
    Concat,
}

impl BinaryOp {
    /// Whether it is one of `= <=> <> < <= > >=`.
    pub const fn is_comparison(self) -> bool {
        use BinaryOp::*;
        matches!(self, Eq | NullSafeEq | Ne | Lt | Le | Gt | Ge)
    }
}

/// `a IS [NOT] test`.
#[derive(Debug, Clone)]
pub struct Is {
    /// What is tested.
    pub expr: Expr,
    /// Whether NOT is written.
    pub negated: bool,
    /// For what.
    pub test: IsTest,
}

/// What `IS` tests for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IsTest {
    /// NULL
    Null,
    /// TRUE
    True,
    /// FALSE
    False,
    /// UNKNOWN: NULL for a truth value.
    Unknown,
}

/// `a [NOT] IN (...)`.
#[derive(Debug, Clone)]
pub struct InList {
    /// The left side; a row too.
    pub expr: Expr,
    /// Whether NOT is written.
    pub negated: bool,
    /// The list, at least one.
    pub list: Vec<Expr>,
    /// The list's text with its parentheses.
    pub list_span: Span,
}

/// `a [NOT] IN (SELECT ...)`.
#[derive(Debug, Clone)]
pub struct InQuery {
    /// The left side.
    pub expr: Expr,
    /// Whether NOT is written.
    pub negated: bool,
    /// The query.
    pub query: Query,
}

/// `a op ANY|ALL (SELECT ...)`.
#[derive(Debug, Clone)]
pub struct Quantified {
    /// The left side.
    pub expr: Expr,
    /// A comparison; never `<=>`.
    pub op: BinaryOp,
    /// ALL rather than ANY (SOME).
    pub all: bool,
    /// The query.
    pub query: Query,
}

/// `a [NOT] BETWEEN low AND high`.
#[derive(Debug, Clone)]
pub struct Between {
    /// What is tested.
    pub expr: Expr,
    /// Whether NOT is written.
    pub negated: bool,
    /// The lower bound.
    pub low: Expr,
    /// The upper bound.
    pub high: Expr,
}

/// `a [NOT] LIKE pattern [ESCAPE escape]`.
#[derive(Debug, Clone)]
pub struct Like {
    /// What is tested.
    pub expr: Expr,
    /// Whether NOT is written.
    pub negated: bool,
    /// The pattern.
    pub pattern: Expr,
    /// The escape character.
    pub escape: Option<Expr>,
}

/// `a [NOT] REGEXP pattern`.
#[derive(Debug, Clone)]
pub struct Regexp {
    /// What is tested.
    pub expr: Expr,
    /// Whether NOT is written.
    pub negated: bool,
    /// The pattern.
    pub pattern: Expr,
}

/// A date and an interval, added or subtracted by an operator.
#[derive(Debug, Clone)]
pub struct DateArithmetic {
    /// The date.
    pub date: Expr,
    /// The interval.
    pub interval: Interval,
    /// Minus rather than plus.
    pub subtract: bool,
    /// Written as `INTERVAL ... + date`.
    pub interval_first: bool,
}

/// `INTERVAL amount unit`.
#[derive(Debug, Clone)]
pub struct Interval {
    /// Its text from the word INTERVAL.
    pub span: Span,
    /// How many.
    pub amount: Expr,
    /// Of what, in capitals: `DAY`, `HOUR_MINUTE`.
    pub unit: &'static str,
}

/// `col -> path`.
#[derive(Debug, Clone)]
pub struct JsonPath {
    /// The column, as an expression, so that whoever looks for columns finds it.
    pub column: Expr,
    /// The path, a string literal.
    pub path: Expr,
    /// `->>` rather than `->`.
    pub unquote: bool,
}

/// `MATCH (columns) AGAINST (...)`.
#[derive(Debug, Clone)]
pub struct Match {
    /// The columns.
    pub columns: Vec<ColumnRef>,
    /// What is looked for.
    pub against: Expr,
    /// How.
    pub mode: MatchMode,
}

/// How a full-text search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchMode {
    /// Nothing written.
    Default,
    /// IN NATURAL LANGUAGE MODE
    NaturalLanguage,
    /// IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION
    NaturalLanguageWithExpansion,
    /// IN BOOLEAN MODE
    Boolean,
    /// WITH QUERY EXPANSION
    WithExpansion,
}

/// `CASE [operand] WHEN ... THEN ... [ELSE ...] END`.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the WHENs are compared with.
    pub operand: Option<Expr>,
    /// WHEN and THEN, at least one.
    pub arms: Vec<(Expr, Expr)>,
    /// ELSE.
    pub otherwise: Option<Expr>,
}

/// A call with a list of arguments.
#[derive(Debug, Clone)]
pub struct FunctionCall {
    /// The database of a stored function.
    pub schema: Option<Ident>,
    /// The name, in the case in which it was written.
    pub name: Ident,
    /// The arguments. SUBSTRING(a FROM b FOR c) has its arguments in this order.
    pub args: Vec<Expr>,
    /// The aliases of arguments of a loadable function, `f(a AS b)`: as many as arguments, or none at all.
    pub arg_aliases: Vec<Option<Ident>>,
    /// Whether parentheses are written: CURRENT_TIMESTAMP and its kind go without.
    pub parens: bool,
}

/// Aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// AVG
    Avg,
    /// BIT_AND
    BitAnd,
    /// BIT_OR
    BitOr,
    /// BIT_XOR
    BitXor,
    /// COUNT(*)
    CountAll,
    /// COUNT
    Count,
    /// GROUP_CONCAT
    GroupConcat,
    /// JSON_ARRAYAGG
    JsonArrayAgg,
    /// JSON_OBJECTAGG
    JsonObjectAgg,
    /// MAX
    Max,
    /// MIN
    Min,
    /// ST_COLLECT
    StCollect,
    /// STD, STDDEV, STDDEV_POP
    StddevPop,
    /// STDDEV_SAMP
    StddevSamp,
    /// SUM
    Sum,
    /// VAR_POP, VARIANCE
    VarPop,
    /// VAR_SAMP
    VarSamp,
    /// ANY_VALUE, which MySQL allows with GROUP BY only to pick one.
    AnyValue,
}

/// An aggregate function's call.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// Which.
    pub function: AggregateFunction,
    /// The name's text.
    pub name_span: Span,
    /// DISTINCT is written.
    pub distinct: bool,
    /// The arguments; none for COUNT(*).
    pub args: Vec<Expr>,
    /// ORDER BY, of GROUP_CONCAT.
    pub order_by: Vec<OrderItem>,
    /// SEPARATOR, of GROUP_CONCAT: a string, hex or bit literal.
    pub separator: Option<Expr>,
    /// OVER: then it is a window function and doesn't group.
    pub over: Option<Over>,
}

/// Functions that are window functions only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowFunction {
    /// ROW_NUMBER
    RowNumber,
    /// RANK
    Rank,
    /// DENSE_RANK
    DenseRank,
    /// CUME_DIST
    CumeDist,
    /// PERCENT_RANK
    PercentRank,
    /// NTILE
    Ntile,
    /// LEAD
    Lead,
    /// LAG
    Lag,
    /// FIRST_VALUE
    FirstValue,
    /// LAST_VALUE
    LastValue,
    /// NTH_VALUE
    NthValue,
}

/// A window function's call.
#[derive(Debug, Clone)]
pub struct WindowCall {
    /// Which.
    pub function: WindowFunction,
    /// The arguments.
    pub args: Vec<Expr>,
    /// FROM FIRST (false), FROM LAST (true), of NTH_VALUE.
    pub from_last: Option<bool>,
    /// RESPECT NULLS (false), IGNORE NULLS (true).
    pub ignore_nulls: Option<bool>,
    /// OVER.
    pub over: Over,
}

/// OVER.
#[derive(Debug, Clone)]
pub enum Over {
    /// `OVER w`
    Name(Ident),
    /// `OVER (...)`
    Spec(Box<WindowSpec>),
}

/// A window specification.
#[derive(Debug, Clone)]
pub struct WindowSpec {
    /// Its text with parentheses.
    pub span: Span,
    /// A window that it builds on.
    pub name: Option<Ident>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// The frame.
    pub frame: Option<Box<Frame>>,
}

/// A window's frame.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its text.
    pub span: Span,
    /// ROWS, RANGE or GROUPS.
    pub unit: FrameUnit,
    /// Where it begins.
    pub start: FrameBound,
    /// Where it ends, if BETWEEN is written.
    pub end: Option<FrameBound>,
    /// EXCLUDE.
    pub exclude: Option<FrameExclusion>,
}

/// A frame's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameUnit {
    /// ROWS
    Rows,
    /// RANGE
    Range,
    /// GROUPS
    Groups,
}

/// A frame's bound.
#[derive(Debug, Clone)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
    /// CURRENT ROW
    CurrentRow,
    /// n PRECEDING
    Preceding(Expr),
    /// n FOLLOWING
    Following(Expr),
    /// INTERVAL n unit PRECEDING
    IntervalPreceding(Interval),
    /// INTERVAL n unit FOLLOWING
    IntervalFollowing(Interval),
}

/// What a frame leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameExclusion {
    /// CURRENT ROW
    CurrentRow,
    /// GROUP
    Group,
    /// TIES
    Ties,
    /// NO OTHERS
    NoOthers,
}

/// Functions with a syntax of their own.
#[derive(Debug, Clone)]
pub enum SpecialCall {
    /// `CAST(a AS type [ARRAY])`, `CAST(a AT TIME ZONE '+00:00' AS DATETIME)`.
    Cast {
        /// What is cast.
        expr: Expr,
        /// AT TIME ZONE [INTERVAL]: the literal.
        at_time_zone: Option<Expr>,
        /// To what.
        ty: CastType,
    },
    /// `CONVERT(a, type)`.
    Convert {
        /// What is converted.
        expr: Expr,
        /// To what.
        ty: CastType,
    },
    /// `CONVERT(a USING charset)`.
    ConvertUsing {
        /// What is converted.
        expr: Expr,
        /// The character set.
        charset: Ident,
    },
    /// `CHAR(a, b [USING charset])`.
    Char {
        /// The code points.
        args: Vec<Expr>,
        /// The character set.
        charset: Option<Ident>,
    },
    /// `TRIM([LEADING|TRAILING|BOTH] [remove FROM] expr)`.
    Trim {
        /// Which side.
        side: Option<TrimSide>,
        /// What is taken away.
        remove: Option<Expr>,
        /// From what.
        expr: Expr,
    },
    /// `EXTRACT(unit FROM expr)`.
    Extract {
        /// The unit in capitals.
        unit: &'static str,
        /// From what.
        expr: Expr,
    },
    /// `POSITION(needle IN haystack)`.
    Position {
        /// What is looked for.
        needle: Expr,
        /// In what.
        haystack: Expr,
    },
    /// `GET_FORMAT(DATE|TIME|DATETIME|TIMESTAMP, expr)`.
    GetFormat {
        /// The type in capitals.
        ty: &'static str,
        /// The style.
        expr: Expr,
    },
    /// `DATE_ADD`, `ADDDATE`, `DATE_SUB`, `SUBDATE` with an interval.
    DateAdd {
        /// The name as written.
        name: Ident,
        /// The date.
        date: Expr,
        /// The interval.
        interval: Interval,
    },
    /// `TIMESTAMPADD(unit, amount, date)`, `TIMESTAMPDIFF(unit, from, to)`.
    TimestampUnit {
        /// The name as written.
        name: Ident,
        /// The unit in capitals, without SQL_TSI_.
        unit: &'static str,
        /// The two others.
        args: Box<(Expr, Expr)>,
    },
    /// `WEIGHT_STRING(expr [AS CHAR(n) | AS BINARY(n)])`, and its inner form of five arguments is a plain function.
    WeightString {
        /// Of what.
        expr: Expr,
        /// AS CHAR(n) (false) or AS BINARY(n) (true), and the length.
        cast: Option<(bool, u64)>,
    },
    /// `JSON_VALUE(doc, path [RETURNING type] [... ON EMPTY] [... ON ERROR])`.
    JsonValue {
        /// The document.
        expr: Expr,
        /// The path, a string literal.
        path: Expr,
        /// RETURNING.
        returning: Option<CastType>,
        /// ON EMPTY.
        on_empty: Option<JsonOnResponse>,
        /// ON ERROR.
        on_error: Option<JsonOnResponse>,
    },
}

/// Sides of TRIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrimSide {
    /// LEADING
    Leading,
    /// TRAILING
    Trailing,
    /// BOTH
    Both,
}

/// A type that can be cast to; kept as text, normalised to capitals and single spaces by the printer.
#[derive(Debug, Clone)]
pub struct CastType {
    /// Its text, without ARRAY.
    pub span: Span,
    /// The same in capitals, one space between words: `CHAR(10) CHARACTER SET UTF8MB4`, `DECIMAL(10,2)`, `SIGNED`.
    pub text: Box<str>,
    /// ARRAY is written, for multi-valued indexes.
    pub array: bool,
}

/// What JSON_VALUE and JSON_TABLE give where there is nothing or an error.
#[derive(Debug, Clone)]
pub enum JsonOnResponse {
    /// ERROR
    Error,
    /// NULL
    Null,
    /// DEFAULT literal
    Default(Expr),
}
