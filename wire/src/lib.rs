//! MySQL's protocol, both roles, as bytes and sans-io state machines.
//!
//! Nothing here opens a socket, reads a clock or makes randomness: bytes go in, bytes and decisions come out.

pub mod auth;
pub mod charset;
pub mod command;
mod error;
pub mod flags;
pub mod frame;
pub mod handshake;
mod reader;
pub mod reply;
pub mod row;
pub mod stmt;
mod writer;

pub use error::DecodeError;
pub use flags::{Capabilities, ColumnFlags, ColumnType, StatusFlags};
pub use row::ColumnDefinition;
