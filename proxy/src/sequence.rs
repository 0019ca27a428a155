//! Values for auto_increment columns: sequences in tables, reserved in blocks and given out from memory, and the
//! snowflake generator.
//!
//! **Invariant:** a value is given out only after the transaction that reserved its block has been committed, and once.

mod blocks;
mod reserve;
mod snowflake;

pub(crate) use reserve::SequenceHome;
pub(crate) use snowflake::NodeId;

use crate::control::ControlConnection;
use crate::error::StatementError;
use crate::metrics::{Metrics, Outcome};
use blocks::Blocks;
use reserve::{ReserveError, reserve, statement_error};
use shardgate_router::error::Code;
use shardgate_router::plan::Sequence;
use shardgate_topology::InstanceId;
use snowflake::Snowflake;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::SystemTime;
use tokio::runtime::Handle;

/// Finds where a keyspace's sequences are; `None` if there is no such unsharded keyspace.
pub(crate) type FindHome = Arc<dyn Fn(&str) -> Option<SequenceHome> + Send + Sync>;

/// The sequences of all keyspaces, as far as this proxy has used them. To be shared by all workers.
pub(crate) struct Sequences {
    sequences: RwLock<HashMap<Sequence, Arc<State>>>,
    reserver: Arc<Reserver>,
    snowflake: Snowflake,
}

/// Reserves blocks, on the control plane's runtime.
struct Reserver {
    runtime: Handle,
    find_home: FindHome,
    metrics: Arc<Metrics>,
    /// A free connection for each server; used only on `runtime`.
    free: Mutex<HashMap<InstanceId, ControlConnection>>,
}

/// One sequence.
struct State {
    sequence: Sequence,
    /// Held for moments only, never across an await.
    blocks: Mutex<Blocks>,
    /// Held by whoever reserves.
    reserving: tokio::sync::Mutex<()>,
    /// Set from when the next block is asked for ahead of time until one has come.
    prefetching: AtomicBool,
}

impl Sequences {
    /// No values yet. Blocks are reserved on `runtime`, whichever runtime asks.
    /// `node` is this proxy's number in the values of the snowflake generator.
    pub(crate) fn new(runtime: Handle, find_home: FindHome, metrics: Arc<Metrics>, node: NodeId) -> Self {
        let reserver = Reserver { runtime, find_home, metrics, free: Mutex::default() };
        let snowflake = Snowflake::new(node);
        Sequences { sequences: RwLock::default(), reserver: Arc::new(reserver), snowflake }
    }

    /// The next `count` values of the snowflake generator, in a row.
    ///
    /// # Errors
    /// For more than 4096 values, and for none.
    pub(crate) fn snowflake(&self, count: u64) -> Result<RangeInclusive<u64>, StatementError> {
        self.snowflake.take(count, SystemTime::now()).ok_or_else(|| {
            let text = format!(
                "{count} values of the snowflake generator: one statement can take 1 to 4096, so insert fewer rows at once"
            );
            StatementError::sql(Code::Unsupported, text)
        })
    }

    /// The next `count` values of a sequence, which nobody else gets, in a row. Waits only if no block is at hand.
    ///
    /// # Errors
    /// If the sequence's table is missing or not as it must be, or its server can't be reached. Nothing is given out
    /// then, and it may be tried again.
    pub(crate) async fn next(&self, sequence: &Sequence, count: u64) -> Result<RangeInclusive<u64>, StatementError> {
        let state = self.state(sequence);
        if let Some(values) = self.take(&state, count) {
            return Ok(values);
        }
        if count == 0 {
            let text =
                format!("NEXT 0 VALUES of sequence `{}.{}`: ask for 1 or more", sequence.keyspace, sequence.table);
            return Err(StatementError::sql(Code::Sequence, text));
        }
        let reserver = Arc::clone(&self.reserver);
        // The values are taken by the task itself: if the caller is gone, only its own values are lost.
        let task = self.reserver.runtime.spawn(async move {
            let _reserving = state.reserving.lock().await;
            if let Some(values) = lock(&state.blocks).take(count) {
                return Ok(values);
            }
            let values = reserver.fill(&state, count).await?;
            values.ok_or_else(|| {
                let text = format!("sequence `{}`: a fresh block didn't hold {count} values", state.sequence.table);
                StatementError::sql(Code::Internal, text)
            })
        });
        task.await.unwrap_or_else(|error| {
            let text = format!("the reservation for sequence `{}` ended early: {error}", sequence.table);
            Err(StatementError::sql(Code::ShuttingDown, text))
        })
    }

    fn state(&self, sequence: &Sequence) -> Arc<State> {
        if let Some(state) = self.sequences.read().unwrap_or_else(PoisonError::into_inner).get(sequence) {
            return Arc::clone(state);
        }
        let mut sequences = self.sequences.write().unwrap_or_else(PoisonError::into_inner);
        let state = sequences.entry(sequence.clone()).or_insert_with(|| {
            Arc::new(State {
                sequence: sequence.clone(),
                blocks: Mutex::default(),
                reserving: tokio::sync::Mutex::default(),
                prefetching: AtomicBool::new(false),
            })
        });
        Arc::clone(state)
    }

    /// From memory; asks for the next block when this one is nearly empty.
    fn take(&self, state: &Arc<State>, count: u64) -> Option<RangeInclusive<u64>> {
        let (values, is_low) = {
            let mut blocks = lock(&state.blocks);
            (blocks.take(count), blocks.is_low())
        };
        if values.is_some() && is_low && !state.prefetching.swap(true, Ordering::AcqRel) {
            let (state, reserver) = (Arc::clone(state), Arc::clone(&self.reserver));
            self.reserver.runtime.spawn(async move { reserver.prefetch(&state).await });
        }
        values
    }
}

impl Reserver {
    async fn prefetch(&self, state: &State) {
        let _reserving = state.reserving.lock().await;
        if !lock(&state.blocks).is_low() {
            state.prefetching.store(false, Ordering::Release);
            return;
        }
        // After a failure `prefetching` stays set: the next try is by whoever finds the block empty, and is told why.
        if let Err(error) = self.fill(state, 0).await {
            tracing::warn!(%error, "the next block of a sequence couldn't be reserved ahead of time");
        }
    }

    /// Reserve a block, and take `count` values of it at once. To be called with `reserving` held.
    async fn fill(&self, state: &State, count: u64) -> Result<Option<RangeInclusive<u64>>, StatementError> {
        let sequence = &state.sequence;
        let home = (self.find_home)(&sequence.keyspace).ok_or_else(|| {
            let text = format!(
                "sequence `{}.{}`: there is no unsharded keyspace `{}`, so name the sequence's keyspace in the vschema \
                 (`sequence: keyspace.table`)",
                sequence.keyspace, sequence.table, sequence.keyspace
            );
            StatementError::sql(Code::Sequence, text)
        })?;
        let floor = lock(&state.blocks).end();
        let reserved = self.reserve(&home, &sequence.table, count.max(1), floor).await;
        let outcome = if reserved.is_ok() { Outcome::Ok } else { Outcome::Error };
        self.metrics.control().sequence_reservation(outcome);
        let block = reserved.map_err(|error| statement_error(sequence, &error))?;
        state.prefetching.store(false, Ordering::Release);
        let mut blocks = lock(&state.blocks);
        blocks.add(block);
        Ok(blocks.take(count))
    }

    async fn reserve(
        &self,
        home: &SequenceHome,
        table: &str,
        count: u64,
        floor: u64,
    ) -> Result<std::ops::Range<u64>, ReserveError> {
        let free = lock(&self.free).remove(&home.instance.id);
        if let Some(mut connection) = free {
            match reserve(&mut connection, &home.database, table, count, floor).await {
                Ok(block) => {
                    self.give_back(connection);
                    return Ok(block);
                }
                // The server had closed the idle connection: a fresh one says more. If the reservation had been made
                // after all, it stays a gap.
                Err(ReserveError::Server(error)) if error.errno().is_none() => {
                    tracing::debug!(%error, "an idle connection for sequences was of no use any more");
                }
                Err(error) => {
                    connection.close().await;
                    return Err(error);
                }
            }
        }
        let mut connection = ControlConnection::open(&home.backend, &home.instance).await?;
        let reserved = reserve(&mut connection, &home.database, table, count, floor).await;
        match &reserved {
            Ok(_) => self.give_back(connection),
            // Closing it also ends its transaction.
            Err(_) => connection.close().await,
        }
        reserved
    }

    fn give_back(&self, connection: ControlConnection) {
        lock(&self.free).insert(connection.instance().clone(), connection);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
