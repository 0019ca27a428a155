//! The shardgate binary: commands, each of which says what it takes and calls the crate that does the work.
//!
//! [`command`] is the whole command line as data, from which `docs/cli.md` is generated.

mod commands;
mod http;
mod output;
pub mod playground;

pub use commands::{command, main};
