//! The temporary tables of a session: which there are, where, and the session's own view of the world that has them.
//!
//! They are on connections that the session keeps, one for each shard. Plans that know of them are the session's own.

use super::Session;
use super::connections::Connections;
use super::place::{KeyspaceRef, Place, TabletType};
use crate::error::StatementError;
use crate::snapshot::Snapshot;
use shardgate_router::cache::PlanCache;
use shardgate_router::error::{Code, SqlError};
use shardgate_router::plan::shard_of;
use shardgate_router::schema::Table;
use shardgate_router::temporary::TemporaryTable;
use shardgate_vschema::KeyspaceId;
use std::sync::Arc;

/// Plans that a session with temporary tables keeps.
const MAX_PLANS: usize = 256;
/// Estimated bytes of those plans.
const MAX_PLAN_BYTES: usize = 1 << 20;
/// Marks the generations of views that a session has for itself.
const OWN: u64 = 1 << 63;

/// The temporary tables of a session.
#[derive(Default)]
pub(crate) struct Temporaries {
    tables: Vec<Kept>,
    /// Plans that know of them.
    plans: Option<Arc<PlanCache>>,
    /// What all see, and the same with the tables.
    view: Option<(Arc<Snapshot>, Arc<Snapshot>)>,
    generation: u64,
    /// A connection is gone, and tables with it.
    lost: bool,
}

struct Kept {
    table: TemporaryTable,
    place: Place,
}

impl Kept {
    fn is(&self, keyspace: &str, name: &str) -> bool {
        *self.table.keyspace == *keyspace && *self.table.live.name == *name
    }
}

impl Temporaries {
    /// Whether there are none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The plans of a session that has temporary tables.
    #[inline]
    pub(super) fn plans(&self) -> Option<&PlanCache> {
        self.plans.as_deref()
    }

    /// Where the temporary tables of a keyspace are.
    pub(crate) fn home(&self, keyspace: &str) -> Option<&Place> {
        self.tables.iter().find(|kept| *kept.table.keyspace == *keyspace).map(|kept| &kept.place)
    }

    /// Where a temporary table is.
    pub(crate) fn place_of(&self, keyspace: &str, name: &str) -> Option<&Place> {
        self.tables.iter().find(|kept| kept.is(keyspace, name)).map(|kept| &kept.place)
    }

    /// Whether there are any on the connection to this place.
    pub(crate) fn is_at(&self, place: &Place) -> bool {
        let key = place.key();
        self.tables.iter().any(|kept| kept.place.key() == key)
    }

    /// There is a table on the shard of this keyspace id, or it has changed.
    pub(crate) fn note(&mut self, keyspace: &Arc<str>, live: Table, keyspace_id: Option<KeyspaceId>, place: Place) {
        self.tables.retain(|kept| !kept.is(keyspace, &live.name));
        self.tables.push(Kept { table: TemporaryTable { keyspace: Arc::clone(keyspace), live, keyspace_id }, place });
        self.changed();
    }

    /// A table is gone.
    pub(crate) fn forget(&mut self, keyspace: &str, name: &str) {
        self.tables.retain(|kept| !kept.is(keyspace, name));
        self.changed();
    }

    fn changed(&mut self) {
        self.view = None;
        self.plans = (!self.tables.is_empty()).then(|| Arc::new(PlanCache::new(MAX_PLANS, MAX_PLAN_BYTES)));
    }

    /// What all see, with the tables.
    fn over(&mut self, base: &Arc<Snapshot>) -> Arc<Snapshot> {
        if let Some((known, view)) = &self.view
            && Arc::ptr_eq(known, base)
        {
            return Arc::clone(view);
        }
        self.generation += 1;
        let generation = OWN | self.generation;
        let tables: Vec<TemporaryTable> = self.tables.iter().map(|kept| kept.table.clone()).collect();
        let catalog = Arc::new(base.catalog.with_temporary(&tables, generation));
        let view = Arc::new(Snapshot { generation, catalog, ..(**base).clone() });
        self.view = Some((Arc::clone(base), Arc::clone(&view)));
        view
    }

    /// Whether all of them are where statements will look for them.
    fn are_held(&self, snapshot: &Snapshot, connections: &Connections) -> bool {
        self.tables.iter().all(|kept| {
            let now = place_now(snapshot, &kept.table);
            now.is_ok_and(|now| now.key() == kept.place.key()) && connections.has_temporary(&kept.place)
        })
    }

    /// The error of a session whose tables are gone.
    pub(super) fn check(&self) -> Result<(), SqlError> {
        if !self.lost {
            return Ok(());
        }
        let tables: Vec<&str> = self.tables.iter().map(|kept| &*kept.table.live.name).collect();
        let message = format!(
            "Lost connection to MySQL server: that with the session's temporary tables ({}) is gone, and they with it; the \
             session ends, connect again",
            tables.join(", ")
        );
        Err(SqlError::new(Code::ConnectionLost, message))
    }
}

fn place_now(snapshot: &Snapshot, table: &TemporaryTable) -> Result<Place, StatementError> {
    let keyspace = KeyspaceRef::find(snapshot, &table.keyspace)?;
    let shard = match &table.keyspace_id {
        Some(id) => shard_of(id, keyspace.ranges())?,
        None => 0,
    };
    keyspace.place(shard as usize, TabletType::Primary, 0)
}

impl Session {
    /// Take the view of the world that the next statement sees.
    #[inline]
    pub(crate) fn begin_statement(&mut self) {
        let snapshot = self.worker.snapshot();
        if !Arc::ptr_eq(&snapshot.config, &self.snapshot.config) {
            self.state.renew_user(&snapshot);
        }
        self.snapshot = snapshot;
        if !self.temporaries.is_empty() {
            self.see_temporaries();
        }
    }

    #[cold]
    fn see_temporaries(&mut self) {
        self.temporaries.lost |= !self.temporaries.are_held(&self.snapshot, &self.connections);
        self.snapshot = self.temporaries.over(&self.snapshot);
    }

    /// Which instances it reads from. One with temporary tables stays with those that have them.
    #[inline]
    pub(crate) fn tablet(&self) -> TabletType {
        if self.temporaries.is_empty() { self.state.target.tablet } else { TabletType::Primary }
    }
}
