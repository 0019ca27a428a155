//! ON DUPLICATE KEY UPDATE that changes a row's shard key.

use super::{CarriedRow, Placement};
use std::sync::Arc;

/// What is needed to move rows whose shard key ON DUPLICATE KEY UPDATE changes. Each row is inserted by itself, on its
/// shard; where it updates a row there, the assignments leave that row's new key in user variables, and the row is carried
/// to its new shard if that is another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Rekey {
    /// How many of the columns in `kept` tell rows apart: the first ones.
    pub key: u32,
    /// The columns whose new values are kept: those of the key, and those of the vindex that aren't among them.
    pub kept: Vec<Arc<str>>,
    /// How a row's shard follows from its columns.
    pub placement: Placement,
    /// Which of `kept` each column of the vindex is.
    pub placed_by: Vec<u32>,
    /// What a row consists of.
    pub row: CarriedRow,
    /// The assignments that keep the values, to stand behind the client's.
    pub keep: Box<str>,
}

impl Rekey {
    /// The user variable for a kept column.
    pub fn variable(index: usize) -> String {
        format!("@`_shardgate_key_{index}`")
    }
}
