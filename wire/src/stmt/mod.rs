//! Prepared statements.

mod prepare_ok;

pub use prepare_ok::PrepareOk;
