//! Reserves a block of a sequence in its table, in one transaction.
//!
//! The table is Vitess's: `id` 0, `next_id`, `cache`.
//! <https://vitess.io/docs/reference/features/vitess-sequences/>

use crate::config::Backend;
use crate::control::{ControlConnection, ControlError, identifier, number};
use crate::error::{ShardError, StatementError};
use shardgate_router::error::Code;
use shardgate_router::plan::Sequence;
use shardgate_topology::Instance;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// How long each of the transaction's steps may take, the wait for the row's lock included.
const STEP_LIMIT: Duration = Duration::from_secs(10);

/// Where a sequence's table is.
#[derive(Debug, Clone)]
pub(crate) struct SequenceHome {
    /// How to log in.
    pub(crate) backend: Backend,
    /// The primary of the keyspace's only shard.
    pub(crate) instance: Arc<Instance>,
    /// The keyspace's database there.
    pub(crate) database: Arc<str>,
}

/// Why no block was reserved. A failed reservation can be repeated: at worst it leaves a gap.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReserveError {
    /// The server.
    #[error(transparent)]
    Server(#[from] ControlError),
    /// There is no row with `id = 0`.
    #[error("the table has no row with id 0: INSERT INTO {table} (id, next_id, cache) VALUES (0, 1, 1000)")]
    NoRow {
        /// The table, quoted.
        table: String,
    },
    /// The row's numbers make no block.
    #[error(
        "next_id is {next_id} and cache is {cache} in the row with id 0, but next_id must be 0 or more, cache 1 or more: UPDATE {table} SET ... WHERE id = 0"
    )]
    BadRow {
        /// The table, quoted.
        table: String,
        /// `next_id` as found.
        next_id: String,
        /// `cache` as found.
        cache: String,
    },
    /// The values are used up.
    #[error("the values are used up: next_id is {next_id}, and BIGINT ends at {}", i64::MAX)]
    UsedUp {
        /// `next_id` as found.
        next_id: u64,
    },
}

/// Reserve at least `count` values, none of them below `floor`: whole blocks of the table's `cache`.
pub(super) async fn reserve(
    connection: &mut ControlConnection,
    database: &str,
    table: &str,
    count: u64,
    floor: u64,
) -> Result<Range<u64>, ReserveError> {
    const STEP: &str = "reserving values of a sequence";
    let table = format!("{}.{}", identifier(database), identifier(table));
    connection.run(STEP, "START TRANSACTION", STEP_LIMIT).await?;
    let select = format!("SELECT next_id, cache FROM {table} WHERE id = 0 FOR UPDATE");
    let rows = connection.rows(STEP, &select, STEP_LIMIT).await?;
    let Some(row) = rows.first() else { return Err(ReserveError::NoRow { table }) };
    let (found, cache) = match (number::<u64>(row, 0), number::<u64>(row, 1)) {
        (Some(next_id), Some(cache)) if cache > 0 => (next_id, cache),
        _ => {
            let shown = |column| crate::control::text(row, column).unwrap_or_else(|| "NULL".to_owned());
            return Err(ReserveError::BadRow { next_id: shown(0), cache: shown(1), table });
        }
    };
    if found < floor {
        tracing::warn!(
            table,
            next_id = found,
            given_out = floor,
            "somebody set a sequence back; values that were given out already are left out"
        );
    }
    // 0 stands for "generate a value" in an INSERT, so it is no value of a sequence.
    let start = found.max(floor).max(1);
    let size = count.div_ceil(cache).checked_mul(cache);
    let end = size.and_then(|size| start.checked_add(size)).filter(|end| i64::try_from(*end).is_ok());
    let Some(end) = end else { return Err(ReserveError::UsedUp { next_id: found }) };
    connection.run(STEP, &format!("UPDATE {table} SET next_id = {end} WHERE id = 0"), STEP_LIMIT).await?;
    connection.run(STEP, "COMMIT", STEP_LIMIT).await?;
    Ok(start..end)
}

/// What the client is told.
pub(super) fn statement_error(sequence: &Sequence, error: &ReserveError) -> StatementError {
    let Sequence { keyspace, table } = sequence;
    match error {
        ReserveError::Server(server) => match server.errno() {
            Some(1146 | 1049) => StatementError::sql(
                Code::Sequence,
                format!(
                    "the table of sequence `{keyspace}.{table}` doesn't exist ({server}): CREATE TABLE {table} (id BIGINT \
                     UNSIGNED NOT NULL PRIMARY KEY, next_id BIGINT UNSIGNED NOT NULL, cache BIGINT UNSIGNED NOT NULL) \
                     COMMENT 'vitess_sequence', and INSERT INTO {table} VALUES (0, 1, 1000)",
                    table = identifier(table),
                ),
            ),
            Some(1054) => StatementError::sql(
                Code::Sequence,
                format!(
                    "the table of sequence `{keyspace}.{table}` must have the columns id, next_id and cache ({server})"
                ),
            ),
            Some(errno) => shard_error(sequence, server, errno),
            None => StatementError::sql(
                Code::ShardDown,
                format!("no value of sequence `{keyspace}.{table}` could be reserved: {server}"),
            ),
        },
        other => StatementError::sql(Code::Sequence, format!("sequence `{keyspace}.{table}`: {other}")),
    }
}

fn shard_error(sequence: &Sequence, error: &ControlError, errno: u16) -> StatementError {
    let (instance, sqlstate, message) = match error {
        ControlError::Mysql { instance, source: mysql_async::Error::Server(server), .. } => {
            (instance.to_string(), server.state.as_str(), server.message.clone())
        }
        other => (String::new(), "HY000", other.to_string()),
    };
    StatementError::Shard(Box::new(ShardError {
        errno,
        sqlstate: sqlstate.as_bytes().try_into().unwrap_or(*b"HY000"),
        message: message.into_bytes(),
        origin: Arc::from(format!("{} ({instance})", sequence.keyspace)),
    }))
}
