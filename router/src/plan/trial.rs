//! Rows that are stored in a temporary table first, to learn what MySQL makes of the columns that place them.

use super::Template;
use std::sync::Arc;

/// A temporary table like the one that is written takes the rows one by one, and MySQL computes the columns of the vindex
/// that no row names: generated ones, and those whose default is an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The text before a row.
    pub head: Template,
    /// The columns that are read back.
    pub columns: Vec<TrialColumn>,
}

/// A column whose value MySQL computes when it stores a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialColumn {
    /// Its name.
    pub name: Arc<str>,
    /// The value becomes one of the row's, so that it is computed once: the column's default isn't always the same. A
    /// generated column takes no value.
    pub given: bool,
    /// It has no default: MySQL takes the row only with IGNORE, or without strict mode, and gives the column its type's.
    pub missing: bool,
}

impl Trial {
    /// The temporary table.
    pub const TABLE: &'static str = "_shardgate_trial";

    /// What stands for the value that a row has in one of the columns, until it is known.
    pub fn value_of(row: usize, column: &str) -> Template {
        Template { pieces: vec![super::Piece::Sql(format!("`{column}` of row {row}").into())] }
    }
}
