//! The text that a shard gets: the client's own, edited in place.

use super::SlotId;
use std::sync::Arc;

/// A place in the client's text that stays right when literals have other lengths: `offset` bytes after the end of the
/// slot before it. The text between slots is the same for all statements of one fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// The slot that ends before this place; `None`: counted from the start of the text.
    pub after: Option<SlotId>,
    /// Bytes behind that slot's end (or the start of the text).
    pub offset: u32,
}

impl Pos {
    /// The start of the text.
    pub const START: Pos = Pos { after: None, offset: 0 };
}

/// A value that only the session knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionValue {
    /// `LAST_INSERT_ID()` without an argument.
    LastInsertId,
    /// `FOUND_ROWS()`.
    FoundRows,
    /// `ROW_COUNT()`.
    RowCount,
    /// `CONNECTION_ID()`.
    ConnectionId,
    /// `DATABASE()`, `SCHEMA()`.
    Database,
    /// `USER()`, `SESSION_USER()`, `SYSTEM_USER()`.
    User,
    /// `CURRENT_USER`, `CURRENT_USER()`.
    CurrentUser,
    /// `VERSION()`, `@@version`.
    Version,
}

/// A value that is known when the statement runs.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueExpr {
    /// `NULL`.
    Null,
    /// `DEFAULT`, or a column that isn't named.
    Default,
    /// A literal or a parameter.
    Slot(SlotId),
    /// A number with a minus sign before it.
    Negated(SlotId),
    /// An integer that the planner knows (`TRUE`, a count that was left out).
    Int(i64),
    /// A constant expression without a column, which a shard computes first (`SELECT expr`).
    Evaluate(Template),
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// The client's text between two places. Parameters in it are put in as literals where the plan runs as text.
    Source {
        /// First byte.
        from: Pos,
        /// Byte after the last.
        to: Pos,
    },
    /// Text of the planner's.
    Sql(Box<str>),
    /// The name of this keyspace's database on the shard, quoted.
    Database(Arc<str>),
    /// A value of the session, as a literal.
    Session(SessionValue),
    /// A value, as a literal.
    Value(ValueExpr),
    /// The value that was generated for the row's auto_increment column, or the one that the client gave.
    Generated,
    /// The sum of a LIMIT's offset and count (saturating), which is what each shard must return.
    LimitSum {
        /// Rows to skip.
        offset: ValueExpr,
        /// Rows to return.
        count: ValueExpr,
    },
}

/// The text for a shard. Without pieces: the client's text, byte for byte.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    /// In order.
    pub pieces: Vec<Piece>,
}

impl Template {
    /// The client's text as it is.
    pub const UNCHANGED: Template = Template { pieces: Vec::new() };

    /// Whether the client's text is sent as it is.
    pub fn is_unchanged(&self) -> bool {
        self.pieces.is_empty()
    }
}
