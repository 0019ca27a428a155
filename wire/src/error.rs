//! What can be wrong with the bytes of one packet.

use thiserror::Error;

/// A packet that doesn't follow the protocol. `packet` and `field` say where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The packet ends before the field does.
    #[error("malformed {packet} packet: it ends within `{field}`")]
    Truncated {
        /// Which packet.
        packet: &'static str,
        /// Which of its fields.
        field: &'static str,
    },
    /// The field holds what no field of this kind may hold.
    #[error("malformed {packet} packet: `{field}` has the invalid value {value:#x}")]
    Invalid {
        /// Which packet.
        packet: &'static str,
        /// Which of its fields.
        field: &'static str,
        /// The value that was found.
        value: u64,
    },
    /// The peer uses a form of the packet that this implementation doesn't speak.
    #[error("{packet} packet: {what} is not supported")]
    Unsupported {
        /// Which packet.
        packet: &'static str,
        /// What isn't supported.
        what: &'static str,
    },
}
