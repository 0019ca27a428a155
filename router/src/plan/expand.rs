//! Run a statement with the queries of its views in the place of their names.

use super::{Route, Template};
use std::sync::Arc;

/// A query over views whose rows can't be merged: it is planned again with the views' own queries in the place of their
/// names, so that their tables are gathered (a view doesn't see temporary tables).
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// The keyspace on one of whose shards the scratch session is.
    pub keyspace: Arc<str>,
    /// How the statement runs whole if all its tables turn out to be on one shard; `None`: they never are.
    pub alone: Option<Route>,
    /// The statement with the views' queries; keyspaces have their own names in it.
    pub sql: Template,
    /// Why the shards' rows can't be merged while they stream.
    pub reason: Box<str>,
}
