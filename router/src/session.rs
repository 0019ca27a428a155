//! What a plan asks the session for.

use crate::plan::{Lookup, SessionValue, Template};
use shardgate_vschema::{KeyspaceId, Value};
use std::sync::Arc;

/// Values that only the session knows.
pub trait SessionValues {
    /// A value of the session.
    fn value(&self, value: SessionValue) -> Value<'_>;

    /// The value of an expression that a shard computed before the statement ([`crate::plan::Plan::evaluations`]);
    /// `None` if that wasn't done.
    fn evaluated(&self, template: &Template) -> Option<Value<'_>>;

    /// The keyspace ids that a lookup has found before the statement ([`crate::plan::Plan::lookups`]); `None` if it
    /// hasn't been made.
    fn looked_up(&self, lookup: &Arc<Lookup>) -> Option<&[KeyspaceId]>;
}

/// The names of keyspaces' databases on one shard.
pub trait Databases {
    /// The database of this keyspace.
    fn database<'a>(&'a self, keyspace: &'a str) -> &'a str;
}

/// Databases that have the names of their keyspaces.
#[derive(Debug, Clone, Copy, Default)]
pub struct SameNames;

impl Databases for SameNames {
    fn database<'a>(&'a self, keyspace: &'a str) -> &'a str {
        keyspace
    }
}

/// A session that knows nothing: every value is NULL. For plans that name no session value.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSession;

impl SessionValues for NoSession {
    fn value(&self, _: SessionValue) -> Value<'_> {
        Value::Null
    }

    fn evaluated(&self, _: &Template) -> Option<Value<'_>> {
        None
    }

    fn looked_up(&self, _: &Arc<Lookup>) -> Option<&[KeyspaceId]> {
        None
    }
}
