//! Send rows of some tables to the shards of the others, and run the statement there.
//!
//! Each shard of the statement gets a scratch session with the rows that travel in temporary tables. These connections
//! are laid ready, so that the operators that combine the shards' rows get them instead of others.

use super::gather::{fill_all, is_alone, reply, scratch};
use super::{gather, route};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Place, Session};
use shardgate_router::error::Code;
use shardgate_router::plan::{Broadcast, Operator, Plan, ShardSet};
use shardgate_wire::ColumnDefinition;
use tokio::time::Instant;

/// Run a statement whose tables don't meet: whole if they turn out to be on one shard.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    broadcast: &Broadcast,
) -> Result<Reach, StatementError> {
    if let Some(alone) = &broadcast.gathered.alone
        && is_alone(session, statement, alone)?
    {
        return route::run(session, statement, alone).await;
    }
    // What a transaction has written is seen by its own connections only, and these can't have temporary tables.
    let free = session.state.autocommit() && !session.transaction.open && session.connections.holds_none();
    if !free {
        return gather::run(session, statement, &broadcast.gathered).await;
    }
    let input = broadcast.input.combined().ok_or_else(|| {
        StatementError::sql(Code::Internal, "an operator that has no rows is to run where other tables' rows were sent")
    })?;
    let started = Instant::now();
    let (keyspace, shards) = route::shards(session, statement, &input.keyspace, &input.target)?;
    let mut scratches = scratch::Scratch::open_all(session, places(session, &keyspace, &shards)?).await?;
    let purpose = "sent to the shards of other tables";
    let filled = fill_all(session, statement, &input.keyspace, &broadcast.sources, &mut scratches, purpose).await;
    if let Err(error) = filled {
        scratch::close_all(session, scratches).await;
        return Err(error);
    }
    scratches.into_iter().for_each(|scratch| session.connections.lay(scratch.lease));
    // The time that a statement may take is for all of it.
    let limit = session.query_timeout;
    session.query_timeout = limit.map(|limit| limit.saturating_sub(started.elapsed()));
    let result = Box::pin(super::run_other(session, statement, &broadcast.input)).await;
    session.query_timeout = limit;
    session.connections.clear_away().await;
    result.map(|_| Reach::SeveralShards)
}

/// Where the statement runs, in the order in which all statements take connections.
fn places(session: &Session, keyspace: &KeyspaceRef, shards: &ShardSet) -> Result<Vec<Place>, StatementError> {
    if shards.single().is_some() {
        return Ok(vec![route::place(session, keyspace, shards)?]);
    }
    let tablet = session.state.target.tablet;
    let place = |index: &u32| keyspace.place(*index as usize, tablet, session.worker.next_turn());
    shards.indices().iter().map(place).collect()
}

/// Whether columns of the shards' replies may have names of temporary tables.
pub(super) fn renames(session: &Session, statement: &Statement<'_>) -> bool {
    match &statement.plan.root {
        Operator::Broadcast(broadcast) if session.connections.has_laid() => {
            let home = broadcast.input.combined().map(|input| &input.keyspace);
            let renamed = broadcast.sources.iter().any(|source| {
                *source.temporary != *source.table || home != Some(&source.keyspace) || *source.alias != *source.table
            });
            renamed || !broadcast.names.is_empty()
        }
        _ => false,
    }
}

/// Call the tables of a reply's columns by their own names.
pub(super) fn rename(plan: &Plan, columns: &mut [ColumnDefinition<'static>]) {
    if let Operator::Broadcast(broadcast) = &plan.root {
        reply::rename_tables(&broadcast.sources, &broadcast.names, columns);
    }
}
