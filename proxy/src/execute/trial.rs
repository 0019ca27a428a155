//! Rows that are stored in a temporary table first, to learn what MySQL makes of the columns that place them.

use super::gather::definition::temporary_like;
use super::rows::Row;
use super::{evaluate, found};
use crate::backend::BackendError;
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Lease, Needs, Session, TabletType};
use shardgate_router::error::Code;
use shardgate_router::literal::write_identifiers;
use shardgate_router::plan::Trial;
use shardgate_vschema::Value;
use std::sync::Arc;

/// Store the rows, each by a statement of its own, and read what became of them: the values of the trial's columns.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    keyspace: &KeyspaceRef,
    table: &str,
    trial: &Trial,
    ignore: bool,
    rows: &[Vec<u8>],
) -> Result<Vec<Vec<Value<'static>>>, StatementError> {
    let strict = found::has_mode(session, "STRICT_TRANS_TABLES") || found::has_mode(session, "STRICT_ALL_TABLES");
    if let Some(column) = trial.columns.iter().find(|column| column.missing && strict && !ignore) {
        let message =
            format!("Field '{}' doesn't have a value: it is a column of the shard key of `{table}`", column.name);
        return Err(StatementError::sql(Code::NoShardKey, message));
    }
    let place = keyspace.place(0, TabletType::Primary, 0)?;
    // The session's transaction has no part in it.
    let needs = Needs { variables: &statement.plan.effects.reads_variables, transaction: false };
    let settings = Arc::clone(&session.state.settings);
    let mut lease = session.connections.apart(&session.worker.pools, place, session.profile, &settings).await?;
    let result = match lease.prepare(&session.state, &session.transaction, needs).await {
        Ok(()) => store(&mut lease, table, trial, rows).await,
        Err(error) => Err(error),
    };
    // With autocommit off it has begun a transaction.
    lease.backend.tainted |= !session.state.autocommit();
    session.connections.put_back(lease).await;
    result
}

async fn store(
    lease: &mut Lease,
    table: &str,
    trial: &Trial,
    rows: &[Vec<u8>],
) -> Result<Vec<Vec<Value<'static>>>, StatementError> {
    let create = temporary_like(lease, table, Trial::TABLE).await?;
    if let Err(error) = lease.backend.run(create.as_bytes()).await {
        return Err(failed(lease, &error));
    }
    let result = values(lease, trial, rows).await;
    let drop = format!("DROP TEMPORARY TABLE `{}`", Trial::TABLE);
    if lease.backend.run(drop.as_bytes()).await.is_err() {
        // What the connection still holds goes with it.
        lease.backend.broken = true;
    }
    result
}

async fn values(
    lease: &mut Lease,
    trial: &Trial,
    rows: &[Vec<u8>],
) -> Result<Vec<Vec<Value<'static>>>, StatementError> {
    let mut select = b"SELECT ".to_vec();
    write_identifiers(trial.columns.iter().map(|column| &column.name), &mut select);
    select.extend_from_slice(format!(" FROM `{}`", Trial::TABLE).as_bytes());
    let empty = format!("DELETE FROM `{}`", Trial::TABLE);
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        if let Err(error) = lease.backend.run(row).await {
            return Err(failed(lease, &error));
        }
        let (columns, stored) = match lease.backend.query(&select, Row::clone).await {
            Ok(read) => read,
            Err(error) => return Err(failed(lease, &error)),
        };
        let [stored] = stored.as_slice() else {
            let message =
                "unsupported: a row that IGNORE leaves out, in a table whose shard key MySQL computes from the row";
            return Err(StatementError::sql(Code::Unsupported, message));
        };
        all.push((0u32..).zip(&columns).map(|(at, column)| evaluate::value(stored.field(at), column)).collect());
        if let Err(error) = lease.backend.run(empty.as_bytes()).await {
            return Err(failed(lease, &error));
        }
    }
    Ok(all)
}

fn failed(lease: &mut Lease, error: &BackendError) -> StatementError {
    if !matches!(error, BackendError::Answered(_)) {
        lease.backend.broken = true;
    }
    lease.failed(error)
}
