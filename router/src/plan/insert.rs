//! Insert rows, each on its shard.

use super::{KeyExpr, Target, Template, ValueExpr};
use shardgate_vschema::Vindex;
use std::sync::Arc;

/// A sequence table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its keyspace (unsharded).
    pub keyspace: Arc<str>,
    /// Its table.
    pub table: Arc<str>,
}

/// Where the values of an auto_increment column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoIncrement {
    /// The column.
    pub column: Arc<str>,
    /// Its sequence; `None`: the snowflake generator of the proxy.
    pub sequence: Option<Sequence>,
}

/// One row of VALUES.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertRow {
    /// The row as text, parentheses included.
    pub sql: Template,
    /// The values of the primary vindex's columns. A column that `auto_increment` fills is [`ValueExpr::Default`].
    pub key: Vec<KeyExpr>,
    /// What the client gave for the auto_increment column (`Default` if nothing). NULL, 0 and DEFAULT are replaced.
    pub generated: Option<ValueExpr>,
}

/// Insert or replace rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
    /// The primary vindex and its columns' names; `None`: an unsharded table.
    pub vindex: Option<(Arc<Vindex>, Vec<Arc<str>>)>,
    /// Which index in `InsertRow::key` the auto_increment column has, if it is one of the vindex's columns.
    pub generated_key: Option<u32>,
    /// The auto_increment column, if the vschema names one.
    pub auto_increment: Option<AutoIncrement>,
    /// Text before the first row.
    pub prefix: Template,
    /// The rows.
    pub rows: Vec<InsertRow>,
    /// Text behind the last row.
    pub suffix: Template,
    /// Where rows without a vindex go.
    pub target: Target,
}
