//! The backend connections that a session holds, and how it gets and gives back others.
//!
//! Outside a transaction a session holds none: each statement borrows. A transaction keeps the connection of each shard
//! that it has touched; what can't be carried over (temporary tables, GET_LOCK, ...) keeps one until the session ends.

use super::place::{Place, PlaceKey};
use super::quote_name;
use super::state::SessionState;
use crate::backend::{AcquireError, Addressee, Backend, BackendError, InstancePool, Pools, Profile, Recorder, Trace};
use crate::error::StatementError;
use crate::settings::Settings;
use shardgate_router::error::Code;
use shardgate_router::plan::{ShardSet, TransactionStart};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// A connection that a session keeps between statements.
#[derive(Debug)]
pub(crate) struct Held {
    /// What it serves.
    pub(crate) key: PlaceKey,
    /// Where it is, for messages.
    pub(crate) place: Place,
    /// The connection.
    pub(crate) backend: Box<Backend>,
    /// The pool that it goes back to.
    pub(crate) pool: Arc<InstancePool>,
    /// A transaction is open on it.
    pub(crate) in_transaction: bool,
    /// It is kept until the session ends.
    pub(crate) pinned: bool,
    /// It has temporary tables of the session, and is kept as long as it has.
    pub(crate) temporary: bool,
}

/// A transaction as the client sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transaction {
    /// It was opened by BEGIN (or, with autocommit off, by a statement).
    pub(crate) open: bool,
    /// How it was opened.
    pub(crate) start: TransactionStart,
    /// `SET TRANSACTION ...` for the next transaction, as statements.
    pub(crate) characteristics: Vec<Box<str>>,
    /// A shard has got them: they end with this transaction, or with the statement if it commits by itself.
    pub(crate) characteristics_used: bool,
    /// Savepoints that exist, in order; a shard that joins later gets them.
    pub(crate) savepoints: Vec<Box<str>>,
}

/// A connection for one statement, with all that a session set on it.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Where it is.
    pub(crate) place: Place,
    /// The connection.
    pub(crate) backend: Box<Backend>,
    /// The pool that it goes back to.
    pub(crate) pool: Arc<InstancePool>,
    /// A transaction is open on it.
    pub(crate) in_transaction: bool,
    /// It is kept until the session ends.
    pub(crate) pinned: bool,
    /// It has temporary tables of the session, and is kept as long as it has.
    pub(crate) temporary: bool,
    /// It was idle in the pool: the server may have closed it without the proxy's knowledge.
    pub(crate) reused: bool,
    /// It was laid ready for the running statement, with tables that no other connection has.
    pub(crate) laid: bool,
    /// The right to hold it while others are waited for, if it is held so.
    pub(crate) scratch: Option<Arc<OwnedSemaphorePermit>>,
}

/// The connections of one session.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    held: Vec<Held>,
    /// Connections that were laid ready for the running statement: it gets them for their shards, whatever is held.
    laid: Vec<Lease>,
    /// The shards that these are of: the statement's.
    laid_shards: Option<ShardSet>,
    /// Where what is sent is noted, while VEXPLAIN runs its statement.
    pub(crate) trace: Option<Arc<Trace>>,
}

/// What a statement needs on its connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs<'a> {
    /// User variables that it reads.
    pub(crate) variables: &'a [Box<str>],
    /// It runs in the session's transaction, if one is open.
    pub(crate) transaction: bool,
}

impl Connections {
    /// Whether a transaction is open on any shard.
    pub(crate) fn in_transaction(&self) -> bool {
        self.held.iter().any(|held| held.in_transaction)
    }

    /// Whether a transaction is open on another shard than this one.
    pub(crate) fn in_transaction_elsewhere(&self, place: &Place) -> bool {
        let key = place.key();
        self.held.iter().any(|held| held.in_transaction && held.key != key)
    }

    /// A connection for a statement at a place: the one that is held, or one of the pool.
    #[inline]
    pub(crate) async fn lease(
        &mut self,
        pools: &Pools,
        place: Place,
        profile: Profile,
        settings: &Arc<Settings>,
    ) -> Result<Lease, StatementError> {
        if !self.laid.is_empty()
            && let Some(at) = self.laid.iter().position(|laid| laid.place.is_same_shard(&place))
        {
            let mut lease = self.laid.swap_remove(at);
            lease.backend.recorder = self.recorder(&lease.place, true);
            return Ok(lease);
        }
        if !self.held.is_empty() {
            let key = place.key();
            if let Some(at) = self.held.iter().position(|held| held.key == key) {
                let Held { mut backend, pool, in_transaction, pinned, temporary, .. } = self.held.swap_remove(at);
                backend.recorder = self.recorder(&place, false);
                return Ok(Lease {
                    place,
                    backend,
                    pool,
                    in_transaction,
                    pinned,
                    temporary,
                    reused: false,
                    laid: false,
                    scratch: None,
                });
            }
        }
        self.pooled(pools, place, profile, settings, false).await
    }

    /// A connection of the pool, whatever is held: one with these settings, if there is one.
    #[inline]
    pub(crate) async fn apart(
        &self,
        pools: &Pools,
        place: Place,
        profile: Profile,
        settings: &Arc<Settings>,
    ) -> Result<Lease, StatementError> {
        self.pooled(pools, place, profile, settings, true).await
    }

    #[inline]
    async fn pooled(
        &self,
        pools: &Pools,
        place: Place,
        profile: Profile,
        settings: &Arc<Settings>,
        apart: bool,
    ) -> Result<Lease, StatementError> {
        let pool = pools.instance(&place.instance);
        match pool.acquire(profile, settings).await {
            Ok(mut backend) => {
                backend.recorder = self.recorder(&place, apart);
                let reused = backend.is_used();
                Ok(Lease {
                    place,
                    backend,
                    pool,
                    in_transaction: false,
                    pinned: false,
                    temporary: false,
                    reused,
                    laid: false,
                    scratch: None,
                })
            }
            Err(error) => Err(acquire_error(&place, &error)),
        }
    }

    #[inline]
    fn recorder(&self, place: &Place, apart: bool) -> Option<Box<Recorder>> {
        let trace = self.trace.as_ref()?;
        let to = Addressee {
            keyspace: Arc::clone(&place.keyspace),
            shard: place.shard.name.to_string(),
            instance: place.instance.id.to_string(),
            apart,
        };
        Some(Box::new(Recorder::new(trace, to)))
    }

    /// Keep a connection for the session.
    pub(crate) fn hold(&mut self, lease: Lease) {
        let Lease { place, mut backend, pool, in_transaction, pinned, temporary, .. } = lease;
        backend.recorder = None;
        self.held.push(Held { key: place.key(), place, backend, pool, in_transaction, pinned, temporary });
    }

    /// Done with a statement: keep the connection if a transaction is open on it or it is pinned, else give it back.
    #[inline]
    pub(crate) async fn put_back(&mut self, mut lease: Lease) {
        lease.backend.recorder = None;
        if lease.backend.kill.is_some() {
            lease.backend.settle_kill().await;
        }
        if lease.backend.broken {
            // Dropped, which closes it.
            return;
        }
        if lease.laid {
            self.laid.push(lease);
            return;
        }
        if lease.in_transaction || lease.pinned || lease.temporary {
            self.hold(lease);
        } else {
            release(lease.backend, &lease.pool).await;
        }
    }

    /// Lay connections to these shards ready for the running statement, which goes nowhere else. They are tainted, and
    /// given back by [`Connections::clear_away`].
    pub(crate) fn lay(&mut self, leases: impl Iterator<Item = Lease>, shards: ShardSet) {
        self.laid.extend(leases.map(|lease| Lease { laid: true, ..lease }));
        self.laid_shards = Some(shards);
    }

    /// The statement has ended: the connections that were laid ready for it are reset and given back.
    pub(crate) async fn clear_away(&mut self) {
        self.laid_shards = None;
        for mut lease in std::mem::take(&mut self.laid) {
            lease.laid = false;
            lease.pinned = false;
            self.put_back(lease).await;
        }
    }

    /// The shards of the running statement, if connections were laid ready for it.
    #[inline]
    pub(crate) fn laid_shards(&self) -> Option<&ShardSet> {
        self.laid_shards.as_ref()
    }

    /// Whether no connection is held.
    pub(crate) fn holds_none(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether a connection to this place is held, or was laid ready.
    pub(crate) fn holds(&self, place: &Place) -> bool {
        let laid = || self.laid.iter().any(|laid| laid.place.is_same_shard(place));
        let held = || {
            let key = place.key();
            self.held.iter().any(|held| held.key == key)
        };
        (!self.held.is_empty() && held()) || (!self.laid.is_empty() && laid())
    }

    /// Whether a connection to this place is held that has temporary tables.
    pub(crate) fn has_temporary(&self, place: &Place) -> bool {
        let key = place.key();
        self.held.iter().any(|held| held.temporary && held.key == key)
    }

    /// Put a part of the transaction back as it was.
    pub(crate) fn hold_part(&mut self, part: Held) {
        self.held.push(part);
    }

    /// Take the connections on which a transaction is open, in the order in which they joined.
    pub(crate) fn take_transaction(&mut self) -> Vec<Held> {
        self.held.extract_if(.., |held| held.in_transaction).collect()
    }

    /// Done with a held connection whose transaction has ended.
    pub(crate) async fn return_held(&mut self, mut held: Held) {
        if held.backend.broken {
            return;
        }
        held.in_transaction = false;
        if held.pinned || held.temporary {
            self.held.push(held);
        } else {
            release(held.backend, &held.pool).await;
        }
    }

    /// Unpin all connections (UNLOCK TABLES and the like don't: only a reset of the session does), roll back, and give
    /// back all.
    pub(crate) async fn reset(&mut self) {
        for mut held in self.held.drain(..) {
            held.backend.tainted = true;
            release(held.backend, &held.pool).await;
        }
    }
}

/// Send what is queued and read the answers of so many commands; the first error that the server answered, if any.
async fn answers(backend: &mut Backend, commands: usize) -> Result<Option<BackendError>, BackendError> {
    backend.flush().await?;
    let mut first_error = None;
    for _ in 0..commands {
        match backend.read_ok().await {
            Ok(_) => {}
            Err(error @ BackendError::Answered(_)) => first_error = first_error.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    Ok(first_error)
}

/// Give a connection back to its pool; one that isn't clean is reset first.
async fn release(mut backend: Box<Backend>, pool: &InstancePool) {
    if backend.tainted && !backend.broken {
        let reset = tokio::time::timeout(pool.acquire_timeout(), backend.reset()).await;
        if !matches!(reset, Ok(Ok(()))) {
            // Closed by being dropped: what state it is in isn't known.
            return;
        }
    }
    pool.release(backend);
}

fn acquire_error(place: &Place, error: &AcquireError) -> StatementError {
    match error {
        AcquireError::Exhausted { .. } => StatementError::sql(
            Code::PoolExhausted,
            format!(
                "no connection to shard {place}: {error}; raise pool.max_connections_per_instance or end idle transactions"
            ),
        ),
        AcquireError::Connect { .. } => {
            StatementError::sql(Code::ShardDown, format!("shard {place} can't be reached: {error}"))
        }
    }
}

impl Lease {
    /// Bring the connection to the state that the statement needs: database, settings, user variables, transaction.
    /// Nothing is sent when nothing differs.
    #[inline]
    pub(crate) async fn prepare(
        &mut self,
        state: &SessionState,
        transaction: &Transaction,
        needs: Needs<'_>,
    ) -> Result<(), StatementError> {
        // With autocommit off a statement begins a transaction by itself, but not one with savepoints.
        let begins = transaction.open || !transaction.savepoints.is_empty();
        let begin = needs.transaction && begins && !self.in_transaction;
        let database = self.place.database.is_some() && self.backend.database != self.place.database;
        let mut settings = !Arc::ptr_eq(&self.backend.settings, &state.settings);
        if settings && self.backend.settings == state.settings {
            // The next statement sees it at one look.
            self.backend.settings = Arc::clone(&state.settings);
            settings = false;
        }
        if !begin && !database && !settings && needs.variables.is_empty() && transaction.characteristics.is_empty() {
            return Ok(());
        }
        self.prepare_slow(state, transaction, needs, begin).await
    }

    #[cold]
    async fn prepare_slow(
        &mut self,
        state: &SessionState,
        transaction: &Transaction,
        needs: Needs<'_>,
        begin: bool,
    ) -> Result<(), StatementError> {
        let mut commands = 0;
        if self.place.database.is_some()
            && self.backend.database != self.place.database
            && let Some(database) = self.place.database.clone()
        {
            self.backend.queue_command(|out| {
                out.push(shardgate_wire::command::CommandCode::InitDb as u8);
                out.extend_from_slice(database.as_bytes());
            });
            commands += 1;
        }
        let mut set = state.settings.difference(&self.backend.settings).unwrap_or_default();
        for name in needs.variables {
            set.push_str(if set.is_empty() { "SET " } else { ", " });
            set.push_str(&format!(
                "@{} = {}",
                quote_name(name),
                state.variables.get(name).map_or("NULL", |value| value)
            ));
        }
        if !set.is_empty() {
            self.backend.queue_query(set.as_bytes());
            commands += 1;
        }
        if needs.transaction && !self.in_transaction {
            for characteristic in &transaction.characteristics {
                self.backend.queue_query(characteristic.as_bytes());
                commands += 1;
                // They are for one transaction only, and perhaps no transaction comes of this statement.
                self.backend.tainted |= !begin;
            }
        }
        if begin {
            self.backend.queue_query(start_text(transaction.start).as_bytes());
            commands += 1;
            for savepoint in &transaction.savepoints {
                self.backend.queue_query(format!("SAVEPOINT {}", quote_name(savepoint)).as_bytes());
                commands += 1;
            }
        }
        if commands == 0 {
            return Ok(());
        }
        // None of these takes long on a server that lives.
        let limit = self.pool.acquire_timeout();
        let answered = match tokio::time::timeout(limit, answers(&mut self.backend, commands)).await {
            Ok(answered) => answered,
            Err(_) => {
                self.backend.broken = true;
                Err(BackendError::Timeout(limit, "preparing the connection for the statement"))
            }
        };
        let first_error = answered.map_err(|error| self.failed(&error))?;
        if let Some(error) = first_error {
            // Some of it took effect: nothing is known about the connection any more.
            self.backend.broken = true;
            return Err(self.failed(&error));
        }
        self.backend.settings = Arc::clone(&state.settings);
        if self.place.database.is_some() {
            self.backend.database.clone_from(&self.place.database);
        }
        self.in_transaction |= begin;
        Ok(())
    }

    /// What a failure means before the client's statement was sent: nothing happened.
    pub(crate) fn failed(&self, error: &BackendError) -> StatementError {
        match error {
            BackendError::Answered(shard) => {
                let mut shard = shard.clone();
                shard.origin = Arc::from(self.place.to_string());
                StatementError::Shard(shard)
            }
            error => StatementError::sql(
                Code::ShardDown,
                format!("shard {}: {error}; the statement was not sent", self.place),
            ),
        }
    }
}

fn start_text(start: TransactionStart) -> String {
    let mut text = "START TRANSACTION".to_owned();
    let mut characteristics = Vec::new();
    if start.consistent_snapshot {
        characteristics.push("WITH CONSISTENT SNAPSHOT");
    }
    match start.read_only {
        Some(true) => characteristics.push("READ ONLY"),
        Some(false) => characteristics.push("READ WRITE"),
        None => {}
    }
    if !characteristics.is_empty() {
        text.push(' ');
        text.push_str(&characteristics.join(", "));
    }
    text
}
