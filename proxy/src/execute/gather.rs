//! Gather the rows of a statement's tables into temporary tables of one MySQL session, and run the statement there.

pub(super) mod definition;
mod fill;
mod literal;
pub(super) mod reply;
mod tables;

use super::prepared::prepare;
use super::route;
use super::scratch::Scratch;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{Described, KeyspaceRef, Session};
use shardgate_router::plan::{Gather, Route, ShardSet, Target};
use shardgate_wire::ColumnDefinition;
use std::sync::Arc;
pub(super) use tables::Fill;

/// Run a statement whole if its tables are on one shard, else on gathered tables.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    gather: &Gather,
) -> Result<Reach, StatementError> {
    if let Some(alone) = &gather.alone
        && is_alone(session, statement, alone)?
    {
        return route::run(session, statement, alone).await;
    }
    run_as(session, statement, gather, &[]).await?;
    Ok(Reach::SeveralShards)
}

/// Run a statement on gathered tables. Its columns are called as a shard calls them, as far as that is known.
pub(super) async fn run_as(
    session: &mut Session,
    statement: &Statement<'_>,
    gather: &Gather,
    known: &[ColumnDefinition<'static>],
) -> Result<(), StatementError> {
    let scratch = gathered(session, statement, gather).await?;
    reply::run(session, statement, reply::Naming { gather, known }, scratch).await
}

/// Let a scratch session describe the parameters and columns of a statement that no shard can: its tables are in several
/// keyspaces.
pub(super) async fn describe(
    session: &mut Session,
    statement: &Statement<'_>,
    gather: &Gather,
) -> Result<Described, StatementError> {
    let mut scratch = open(session, gather).await?;
    let result = describe_on(session, statement, gather, &mut scratch).await;
    scratch.close(session).await;
    result
}

async fn describe_on(
    session: &mut Session,
    statement: &Statement<'_>,
    gather: &Gather,
    scratch: &mut Scratch,
) -> Result<Described, StatementError> {
    create_empty(session, gather, scratch).await?;
    scratch.enter(session, statement).await?;
    let text = route::render(session, statement, &gather.sql, &scratch.lease.place, &[], None)?;
    let described = prepare(&mut scratch.lease.backend, &text).await;
    let (_, parameters, mut columns) = described.map_err(|error| scratch.failed(error))?;
    reply::Naming { gather, known: &[] }.name(&mut columns);
    Ok((parameters, columns))
}

/// Make the tables of a statement on a scratch session, without their rows.
pub(super) async fn create_empty(
    session: &mut Session,
    gather: &Gather,
    scratch: &mut Scratch,
) -> Result<(), StatementError> {
    let scratches = std::slice::from_mut(scratch);
    definition::create_all(session, scratches, &gather.keyspace, &gather.sources).await.map(|_| ())
}

/// Whether the statement can run whole.
pub(super) fn is_alone(session: &Session, statement: &Statement<'_>, alone: &Route) -> Result<bool, StatementError> {
    is_one(session, statement, &alone.keyspace, &alone.target)
}

/// Whether this is one shard.
pub(super) fn is_one(
    session: &Session,
    statement: &Statement<'_>,
    keyspace: &Arc<str>,
    target: &Target,
) -> Result<bool, StatementError> {
    let Target::OneShard { targets, .. } = target else { return Ok(true) };
    let mut single = None;
    for target in targets {
        let (_, shards) = route::shards(session, statement, keyspace, target)?;
        match (shards.is_any(), shards.single()) {
            (true, _) => {}
            (false, None) => return Ok(false),
            (false, Some(shard)) if single.is_some_and(|known| known != shard) => return Ok(false),
            (false, Some(shard)) => single = Some(shard),
        }
    }
    Ok(true)
}

/// A scratch session at a shard of the statement's keyspace.
async fn open(session: &mut Session, gather: &Gather) -> Result<Scratch, StatementError> {
    let keyspace = KeyspaceRef::find(&session.snapshot, &gather.keyspace)?;
    let place = route::place(session, &keyspace, &ShardSet::any())?;
    Scratch::open(session, place).await
}

/// A scratch session with the statement's tables in it.
async fn gathered(
    session: &mut Session,
    statement: &Statement<'_>,
    gather: &Gather,
) -> Result<Scratch, StatementError> {
    let mut scratch = open(session, gather).await?;
    let fill = Fill::new(session, &gather.keyspace, &gather.sources, "gathered on one server");
    match fill.run(session, statement, std::slice::from_mut(&mut scratch)).await {
        Ok(()) => Ok(scratch),
        Err(error) => {
            scratch.close(session).await;
            Err(error)
        }
    }
}
