//! What a whole reply came to.

use crate::flags::StatusFlags;
use crate::stmt::PrepareOk;

/// How the reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// An OK that answers the statement.
    Ok {
        /// Rows that the statement changed.
        affected_rows: u64,
        /// The first value that AUTO_INCREMENT gave to a row, or 0.
        insert_id: u64,
    },
    /// A result set, or another list, that came to its regular end.
    ResultSet,
    /// An error, perhaps behind rows and whole results.
    Err {
        /// MySQL's error number.
        errno: u16,
        /// The SQLSTATE.
        sqlstate: [u8; 5],
    },
    /// The server waits for a file of the client's. When it was sent (up to the empty packet), the reply goes on as
    /// one to [`Expect::Query`](super::Expect::Query).
    LocalInfile,
    /// A statement was prepared.
    Prepared(PrepareOk),
    /// Text.
    Text,
}

/// What a whole reply came to. With several results, `end`, `status` and `warnings` are the last one's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How the reply ended.
    pub end: End,
    /// The session's status, if the last packet carries one (errors, text and prepared statements don't).
    pub status: Option<StatusFlags>,
    /// The last result's number of warnings.
    pub warnings: u16,
    /// How many results there were, each OK, result set or error one; 0 if the first one isn't over (LOCAL INFILE).
    pub results: u32,
    /// How many rows passed, over all results.
    pub rows: u64,
    /// The changes of the session's state of all results, see [`SessionChanges`](super::SessionChanges). No
    /// allocation while there are none.
    pub session_changes: Vec<u8>,
}

impl Outcome {
    /// The error's number, if the reply ended in one.
    pub fn errno(&self) -> Option<u16> {
        match self.end {
            End::Err { errno, .. } => Some(errno),
            _ => None,
        }
    }

    /// Whether the reply ended in an error.
    pub fn is_err(&self) -> bool {
        self.errno().is_some()
    }
}
