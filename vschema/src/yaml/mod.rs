//! Configuration files: YAML (and so JSON) to typed values, with every fault of a file reported at once.
//!
//! A text is parsed into a tree whose nodes know their line and column ([`Document`]); typed readers walk the tree
//! ([`At`], [`Fields`]) and record each fault with its place, its path and a hint, and go on. Keys may be written in
//! snake_case or camelCase.
//!
//! **Invariant:** no other module of the workspace knows which YAML crate is used. The tree is built from the events of
//! that crate's parser rather than by deserializing, because serde stops at the first fault, and because a scalar's own
//! text matters (`80-` and `1.10` are names and values, not numbers).

mod at;
mod fault;
mod fields;
mod load;
mod node;
mod suggest;
#[cfg(test)]
mod tests;

pub use at::{At, KeyAt};
pub use fault::{Fault, Faults};
pub use fields::Fields;
pub use load::{Document, MAX_BYTES, MAX_DEPTH, MAX_NODES};
pub use suggest::{closest, did_you_mean};

/// Writes a value as YAML text.
///
/// # Errors
/// If the value can't be written as YAML (a map with keys that aren't scalars).
pub fn to_string<T: serde::Serialize>(value: &T) -> Result<String, EmitError> {
    serde_saphyr::to_string(value).map_err(|error| EmitError { reason: error.to_string() })
}

/// A value that can't be written as YAML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value can't be written as YAML: {reason}")]
pub struct EmitError {
    /// What the YAML writer says.
    pub reason: String,
}
