//! Prepared statements: their parameters as they come, typed, and as SQL text.

mod execute;
mod literal;
mod long_data;
mod param;
mod prepare_ok;
mod temporal;
mod value_layout;

pub use execute::{ExecuteParams, ParamType, set_statement_id};
pub use literal::{LiteralError, LiteralStyle, write_literal};
pub use long_data::LongData;
pub use param::Param;
pub use prepare_ok::PrepareOk;
pub use temporal::{Date, DateTime, Time};

pub(crate) use execute::skip_attributes;
pub(crate) use value_layout::Layout;
