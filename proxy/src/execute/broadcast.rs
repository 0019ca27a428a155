//! Send rows of some tables to the shards of the others, and run the statement there.
//!
//! Each shard of the statement gets a scratch session with the rows that travel in temporary tables. These connections
//! are laid ready, so that the operators that combine the shards' rows get them instead of others.

use super::gather::{Fill, is_alone, reply};
use super::{gather, route, scratch};
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
    let (keyspace, mut shards) = route::shards(session, statement, &input.keyspace, &input.target)?;
    let mut fill = Fill::new(session, &input.keyspace, &broadcast.sources, "sent to the shards of other tables");
    if let Some(link) = broadcast.link.as_ref().filter(|_| shards.single().is_none())
        && let Some(found) = fill.look_ahead(session, statement, link, keyspace.ranges()).await?
    {
        shards = shards.narrowed(&found);
    }
    let places = places(session, &keyspace, &shards)?;
    // Any shard is the one of the connection that was chosen.
    if shards.is_any() {
        let chosen = places.first().and_then(|place| keyspace.index_of(place));
        shards = chosen.map_or(shards, |index| ShardSet::one(index as u32));
    }
    let mut scratches = scratch::Scratch::open_all(session, places).await?;
    if let Err(error) = fill.run(session, statement, &mut scratches).await {
        scratch::close_all(session, scratches).await;
        return Err(error);
    }
    session.connections.lay(scratches.into_iter().map(|scratch| scratch.lease), shards);
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
    shards.indices().iter().map(|index| session.shard_place(keyspace, *index as usize)).collect()
}

/// Whether columns of the shards' replies may have names of temporary tables.
pub(super) fn renames(session: &Session, statement: &Statement<'_>) -> bool {
    match &statement.plan.root {
        Operator::Broadcast(broadcast) if session.connections.laid_shards().is_some() => {
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
