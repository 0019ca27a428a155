//! What a statement leaves behind in the session: transaction state, warnings, variables, a changed schema.

use super::{Lease, Session};
use crate::error::StatementError;
use crate::execute::SessionView;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_router::plan::{self, Effects};
use shardgate_wire::StatusFlags;

/// Errno of a deadlock: MySQL has rolled the whole transaction back.
pub(crate) const DEADLOCK: u16 = 1213;

impl Session {
    /// A statement succeeded on this connection.
    #[inline]
    pub(crate) async fn after_statement(
        &mut self,
        effects: &Effects,
        lease: &mut Lease,
        warnings: u16,
    ) -> Result<(), StatementError> {
        lease.backend.tainted |= effects.taints_connection;
        lease.pinned |= effects.pins_connection;
        if warnings > 0 {
            self.fetch_warnings(lease).await;
        }
        if !effects.writes_variables.is_empty() {
            self.fetch_variables(lease, &effects.writes_variables).await?;
        }
        Ok(())
    }

    /// A shard answered a statement with an error: give the connection back. An error that made MySQL roll the
    /// transaction back ends it on all shards.
    pub(crate) async fn answered_error(&mut self, mut lease: Lease, errno: u16) {
        let was_open = lease.in_transaction;
        if errno == DEADLOCK && was_open {
            lease.in_transaction = false;
        }
        // With autocommit off even a statement that fails may have begun a transaction, whose locks must not outlive it.
        lease.backend.tainted |= !was_open && !self.state.autocommit();
        self.connections.put_back(lease).await;
        if errno == DEADLOCK && was_open {
            self.roll_back_others().await;
        }
    }

    /// Whether another part of the transaction broke while this one was waiting.
    pub(crate) fn lost_in_transaction(&self, lease: &Lease) -> Option<StatementError> {
        (self.ending && lease.in_transaction).then(|| {
            StatementError::sql(
                Code::ConnectionLost,
                format!("the transaction was rolled back before shard {} answered", lease.place),
            )
        })
    }

    /// The offset and count of a LIMIT.
    pub(crate) fn limit_of(
        &self,
        statement: &Statement<'_>,
        limit: &plan::Limit,
    ) -> Result<(u64, u64), StatementError> {
        let version = &*self.snapshot.server_version;
        let view = SessionView { state: &self.state, id: self.id, version, evaluated: &[] };
        let offset = match &limit.offset {
            Some(offset) => plan::limit(offset, &statement.args, &view)?,
            None => 0,
        };
        Ok((offset, plan::limit(&limit.count, &statement.args, &view)?))
    }

    /// The status flags of a reply of the proxy's own.
    pub(crate) fn reply_status(&self) -> StatusFlags {
        let status = self.status();
        if self.client.more_results { status | StatusFlags::MORE_RESULTS } else { status }
    }

    /// A data definition ran: read the keyspace's schema again, so that the next statement sees it.
    pub(crate) async fn refresh_schema(&mut self, keyspace: &str) {
        if let Err(error) = self.worker.shared.control.refresh(keyspace).await {
            tracing::warn!(keyspace, %error, "the schema could not be read again after a data definition");
        }
    }
}
