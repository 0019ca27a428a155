//! The rows of one shard within a merge.

use super::rows::{Row, RowStream};
use crate::backend::{BackendError, RelayError, Step};
use crate::error::StatementError;
use crate::session::{Lease, Place, Session, Warning};
use shardgate_router::error::Code;
use shardgate_router::plan::StatementClass;
use shardgate_wire::{ColumnDefinition, StatusFlags};
use std::time::Duration;

/// How long a shard may take to end a reply that was killed.
const KILL_GRACE: Duration = Duration::from_secs(5);

/// The rows of one shard. They are read as they are asked for: a slow client slows down the shard, and nothing piles up.
#[derive(Debug)]
pub(super) struct ShardRows {
    lease: Lease,
    columns: Vec<ColumnDefinition<'static>>,
    ended: bool,
    warnings: u16,
    /// The statement's warnings, if the connection was used for something else after it.
    kept: Option<Vec<Warning>>,
}

impl ShardRows {
    /// The rows behind a head that was read.
    pub(super) fn new(lease: Lease, columns: Vec<ColumnDefinition<'static>>) -> Self {
        ShardRows { lease, columns, ended: false, warnings: 0, kept: None }
    }

    async fn read(&mut self, row: &mut Row) -> Result<bool, BackendError> {
        if self.ended {
            return Ok(false);
        }
        match self.lease.backend.read_row(self.columns.len(), row).await {
            Ok(Step::Row) => Ok(true),
            Ok(Step::End { status, warnings }) => {
                self.ended = true;
                self.warnings = warnings;
                self.lease.in_transaction = status.contains(StatusFlags::IN_TRANS);
                Ok(false)
            }
            Err(error) => {
                self.ended = true;
                Err(error)
            }
        }
    }

    /// Whether a transaction is open on the connection, as far as it has said.
    pub(super) fn in_transaction(&self) -> bool {
        self.lease.in_transaction
    }

    /// The shard.
    pub(super) fn place(&self) -> &Place {
        &self.lease.place
    }

    /// The connection, if the statement has ended on it with warnings.
    pub(super) fn warned(&mut self) -> Option<&mut Lease> {
        (self.ended && self.warnings > 0 && !self.lease.backend.broken).then_some(&mut self.lease)
    }

    /// The connection, if the statement has ended on it.
    pub(super) fn idle(&mut self) -> Option<&mut Lease> {
        (self.ended && !self.lease.backend.broken).then_some(&mut self.lease)
    }

    /// Keep the statement's warnings, since the connection forgets them.
    pub(super) fn keep_warnings(&mut self, warnings: Vec<Warning>) {
        self.kept = Some(warnings);
    }

    /// The warnings that were kept.
    pub(super) fn take_warnings(&mut self) -> Option<Vec<Warning>> {
        self.kept.take()
    }

    /// Kill the statement, if its rows haven't ended.
    pub(super) fn kill(&mut self) {
        if !self.ended {
            self.lease.backend.kill = Some(self.lease.pool.kill_query(self.lease.backend.thread_id));
        }
    }

    /// Read what is left and throw it away; the connection, and whether it is alive. What was killed gets a few seconds
    /// to end.
    pub(super) async fn close(mut self, killed: bool) -> (Lease, bool) {
        let mut row = Row::default();
        let drain = async { while matches!(self.read(&mut row).await, Ok(true)) {} };
        if killed {
            if tokio::time::timeout(KILL_GRACE, drain).await.is_err() {
                self.lease.backend.broken = true;
            }
        } else {
            drain.await;
        }
        let alive = !self.lease.backend.broken;
        (self.lease, alive)
    }
}

impl RowStream for &mut ShardRows {
    fn columns(&self) -> &[ColumnDefinition<'static>] {
        &self.columns
    }

    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        match self.read(row).await {
            Ok(more) => Ok(more),
            Err(BackendError::Answered(mut error)) => {
                error.origin = self.lease.place.to_string().into();
                Err(StatementError::Shard(error))
            }
            Err(error) => {
                let message = format!("the connection to shard {} broke while it sent rows: {error}", self.lease.place);
                Err(StatementError::sql(Code::ConnectionLost, message))
            }
        }
    }
}

/// A statement failed on a shard before its rows: the error for the client, with the connection given back or dropped.
pub(super) async fn failed(
    session: &mut Session,
    class: StatementClass,
    lease: Lease,
    error: BackendError,
) -> StatementError {
    match error {
        BackendError::Answered(mut shard) => {
            shard.origin = lease.place.to_string().into();
            session.answered_error(lease, shard.errno).await;
            StatementError::Shard(shard)
        }
        error => super::route::lost(session, class, lease, RelayError::Backend { error, relayed: 0 }).await,
    }
}
