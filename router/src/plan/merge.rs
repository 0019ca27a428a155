//! Merge sorted rows, and cut rows.

use super::{Operator, Padding, Route, ValueExpr};

/// One key of an order.
///
/// How two values compare is decided by the column's type in the shards' reply: numbers and times by value, text by
/// the hidden column with its `WEIGHT_STRING`, ENUM and SET by the hidden column with their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// The column, counted from 0, in the shards' rows.
    pub column: u32,
    /// The hidden column with `WEIGHT_STRING(expr)`, where the expression may be text.
    pub weight: Option<u32>,
    /// How MySQL compares spaces at the end of the text: decided by the expression's collation.
    pub padding: Padding,
    /// Descending.
    pub descending: bool,
}

/// Merge ordered rows of several shards: each shard orders its own, the proxy picks the smallest.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeSort {
    /// Where the rows come from; each shard's rows are ordered by `keys`.
    pub input: Route,
    /// The order.
    pub keys: Vec<SortKey>,
}

/// A LIMIT's number.
pub type LimitValue = ValueExpr;

/// Cut the rows of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Where the rows come from.
    pub input: Box<Operator>,
    /// Rows to skip.
    pub offset: Option<LimitValue>,
    /// Rows to return.
    pub count: LimitValue,
    /// All rows are read, and FOUND_ROWS() is their number (SQL_CALC_FOUND_ROWS).
    pub counts_all: bool,
}
