//! What the router asks a session for.

use crate::config::TransactionMode;
use crate::session::{Place, SessionState};
use crate::snapshot::Snapshot;
use shardgate_router::plan::{Lookup, SessionValue, Template};
use shardgate_router::session::{Databases, SessionValues};
use shardgate_vschema::{KeyspaceId, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A session's values for a plan.
pub(crate) struct SessionView<'a> {
    /// The session.
    pub(crate) state: &'a SessionState,
    /// Its connection's id.
    pub(crate) id: u32,
    /// The server's version for clients.
    pub(crate) version: &'a str,
    /// Expressions that a shard has computed for this statement.
    pub(crate) evaluated: &'a [(Template, Value<'static>)],
}

impl SessionValues for SessionView<'_> {
    fn value(&self, value: SessionValue) -> Value<'_> {
        let text = |text: &str| Value::Text(Cow::Owned(text.as_bytes().to_vec()));
        match value {
            SessionValue::LastInsertId => Value::UInt(self.state.last_insert_id),
            SessionValue::FoundRows => Value::UInt(self.state.found_rows),
            SessionValue::RowCount => Value::Int(self.state.row_count),
            SessionValue::ConnectionId => Value::UInt(u64::from(self.id)),
            SessionValue::Database => match &self.state.target.keyspace {
                Some(keyspace) => text(keyspace),
                None => Value::Null,
            },
            SessionValue::User => text(&self.state.login),
            SessionValue::CurrentUser => text(&format!("{}@%", self.state.user.name)),
            SessionValue::Version => text(self.version),
            SessionValue::Autocommit => Value::Int(i64::from(self.state.autocommit())),
            SessionValue::WarningCount => Value::UInt(self.state.warning_count(false)),
            SessionValue::ErrorCount => Value::UInt(self.state.warning_count(true)),
            SessionValue::TransactionMode => text(match self.state.transaction_mode {
                TransactionMode::Single => "SINGLE",
                TransactionMode::Multi => "MULTI",
            }),
            SessionValue::Workload => text("OLTP"),
        }
    }

    fn looked_up(&self, lookup: &Arc<Lookup>) -> Option<&[KeyspaceId]> {
        let made = self.state.looked_up.iter().find(|(made, _)| Arc::ptr_eq(made, lookup));
        made.map(|(_, ids)| ids.as_slice())
    }

    fn evaluated(&self, template: &Template) -> Option<Value<'_>> {
        self.evaluated.iter().find(|(known, _)| known == template).map(|(_, value)| value.clone())
    }
}

/// The databases of a place: its own keyspace's, and others by their names in the topology.
pub(crate) struct PlaceDatabases<'a> {
    /// The place.
    pub(crate) place: &'a Place,
    /// Where other keyspaces are looked up.
    pub(crate) snapshot: &'a Snapshot,
}

impl Databases for PlaceDatabases<'_> {
    fn database<'a>(&'a self, keyspace: &'a str) -> &'a str {
        if *keyspace == *self.place.keyspace {
            return self.place.database.as_deref().unwrap_or(keyspace);
        }
        match self.snapshot.topology.keyspaces.get(keyspace) {
            Some(known) => &known.database,
            None => keyspace,
        }
    }
}
