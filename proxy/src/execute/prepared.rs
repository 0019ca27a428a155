//! Prepared statements on the shards: describing one, and executing it with the client's own packet.

use super::route::{finish, lease, lost, relay, render};
use super::shard_rows::failed;
use crate::backend::{Backend, BackendError, RelayError, Statement as BackendStatement};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{Described, Execution, KeyspaceRef, Place, Session};
use shardgate_router::plan::{Gather, Operator, ShardSet, Template};
use shardgate_wire::ColumnDefinition;
use shardgate_wire::command::CommandCode;
use shardgate_wire::reply::Expect;
use shardgate_wire::stmt::PrepareOk;
use std::sync::Arc;

/// COM_FIELD_LIST on a shard that can describe the table: its reply, relayed as it is.
pub(crate) async fn field_list(
    session: &mut Session,
    statement: &Statement<'_>,
    table: &str,
    wildcard: &[u8],
) -> Result<(), StatementError> {
    let (keyspace, _) = described_by(&statement.plan.root);
    let place = describing_place(session, keyspace)?;
    let class = statement.plan.class;
    let mut lease = lease(session, statement, place).await?;
    lease.backend.queue_command(|out| {
        out.push(CommandCode::FieldList as u8);
        out.extend_from_slice(table.as_bytes());
        out.push(0);
        out.extend_from_slice(wildcard);
    });
    let result = match lease.backend.flush().await {
        Ok(()) => relay(session, &mut lease, Expect::FieldList).await,
        Err(error) => Err(RelayError::Backend { error, relayed: 0 }),
    };
    match result {
        Ok(outcome) => finish(session, statement, lease, &outcome).await,
        Err(error) => Err(lost(session, class, lease, error).await),
    }
}

/// A place that can describe what is in a keyspace.
fn describing_place(session: &mut Session, keyspace: Option<&str>) -> Result<Place, StatementError> {
    let Some(name) = keyspace else { return session.any_place() };
    let keyspace = KeyspaceRef::find(&session.snapshot, name)?;
    match super::route::targeted_shard(session, &keyspace, name)? {
        Some(index) => keyspace.place(index, session.tablet(), 0),
        // The shard with the session's temporary tables has all others, too.
        None => match session.temporaries.home(name) {
            Some(home) => Ok(home.clone()),
            None => super::route::place(session, &keyspace, &ShardSet::any()),
        },
    }
}

/// Let a shard describe a statement's parameters and columns.
pub(crate) async fn describe(
    session: &mut Session,
    statement: &Statement<'_>,
    text: &Arc<[u8]>,
) -> Result<Described, StatementError> {
    let gathered = match &statement.plan.root {
        Operator::Gather(gather) => Some(gather),
        Operator::Broadcast(broadcast) => Some(&broadcast.gathered),
        _ => None,
    };
    if let Some(gather) = gathered.filter(|gather| gather.alone.is_none()) {
        return super::gather::describe(session, statement, gather).await;
    }
    if let Operator::Expand(expand) = &statement.plan.root
        && expand.alone.is_none()
    {
        return super::expand::describe(session, statement, expand).await;
    }
    if let Operator::Metadata(metadata) = &statement.plan.root
        && metadata.across
    {
        return super::metadata::Anew::describe(session, statement, metadata).await;
    }
    let (keyspace, template) = described_by(&statement.plan.root);
    let place = describing_place(session, keyspace)?;
    let mut tables = Vec::new();
    let rendered = match (&statement.plan.root, template) {
        (Operator::Metadata(metadata), _) => {
            let (text, gathered) = super::metadata::describing_text(session, statement, metadata, &place).await?;
            tables = gathered;
            Some(text)
        }
        (Operator::VindexRows(vindex), _) => {
            Some(super::vindex_rows::describing_text(session, statement, vindex, &place)?)
        }
        (_, Some(template)) if !template.is_unchanged() => {
            Some(render(session, statement, template, &place, &[], None)?)
        }
        _ => None,
    };
    let own = rendered.is_none();
    let mut lease = lease(session, statement, place).await?;
    if own && lease.backend.statement(text).is_some() {
        // Prepared here already; it is described by preparing it again, which replaces it.
        lease.backend.forget(text);
    }
    let described = prepare(&mut lease.backend, rendered.as_deref().unwrap_or(text)).await;
    match described {
        Ok((ok, parameters, mut columns)) => {
            super::metadata::disguise(&mut columns, &tables);
            let kept = BackendStatement { text: Arc::clone(text), id: ok.statement_id };
            lease.backend.remember(kept);
            if !own {
                lease.backend.forget(text);
            }
            session.connections.put_back(lease).await;
            Ok((parameters, columns))
        }
        Err(error) => Err(failed(session, statement.plan.class, lease, error).await),
    }
}

/// The columns of a query, as a shard describes them without running it.
pub(super) async fn columns_of(
    session: &mut Session,
    statement: &Statement<'_>,
    template: &Template,
    place: Place,
) -> Result<Vec<ColumnDefinition<'static>>, StatementError> {
    let text: Arc<[u8]> = render(session, statement, template, &place, &[], None)?.into();
    let mut lease = lease(session, statement, place).await?;
    match prepare(&mut lease.backend, &text).await {
        Ok((ok, _, mut columns)) => {
            super::broadcast::rename(&statement.plan, &mut columns);
            lease.backend.remember(BackendStatement { text: Arc::clone(&text), id: ok.statement_id });
            lease.backend.forget(&text);
            session.connections.put_back(lease).await;
            Ok(columns)
        }
        Err(error) => Err(failed(session, statement.plan.class, lease, error).await),
    }
}

/// The keyspace whose shards can describe a statement, and the text that one of them would get.
fn described_by(operator: &Operator) -> (Option<&str>, Option<&Template>) {
    match operator {
        Operator::Route(route) => (Some(&route.keyspace), Some(route.sql_alone.as_ref().unwrap_or(&route.sql))),
        Operator::MergeSort(sort) => (Some(&sort.input.keyspace), sort.input.sql_alone.as_ref()),
        Operator::Aggregate(aggregate) => (Some(&aggregate.input.keyspace), aggregate.input.sql_alone.as_ref()),
        Operator::Compute(compute) => {
            let input = &compute.input.input;
            (Some(&input.keyspace), input.sql_alone.as_ref())
        }
        Operator::Limit(limit) => described_by(&limit.input),
        Operator::Gather(gather) => described_by_gather(gather),
        Operator::Broadcast(broadcast) => described_by_gather(&broadcast.gathered),
        Operator::Expand(expand) => (Some(&expand.keyspace), expand.alone.as_ref().map(|alone| &alone.sql)),
        Operator::Insert(insert) => (Some(&insert.keyspace), None),
        Operator::Change(change) => {
            (change.alone.as_ref().map(|alone| &*alone.keyspace), change.alone.as_ref().map(|alone| &alone.sql))
        }
        Operator::InsertRows(insert) => (Some(&insert.keyspace), insert.alone.as_ref().map(|alone| &alone.sql)),
        Operator::Ddl(ddl) => (Some(&ddl.keyspace), Some(&ddl.sql)),
        Operator::Temporary(temporary) => (Some(&temporary.keyspace), Some(&temporary.sql)),
        Operator::CreateFrom(from) => (Some(&from.keyspace), None),
        Operator::Metadata(metadata) => (Some(&metadata.keyspace), Some(&metadata.alone)),
        Operator::Summed(summed) => (Some(&summed.route.keyspace), Some(&summed.route.sql)),
        Operator::Explained(explained) => (Some(&explained.keyspace), Some(&explained.sql)),
        Operator::VindexRows(vindex) => (Some(&vindex.keyspace), None),
        Operator::Maintained(_)
        | Operator::Dropped(_)
        | Operator::NextValues { .. }
        | Operator::Load(_)
        | Operator::StagedLoad(_)
        | Operator::Local(_)
        | Operator::Pulled(_) => (None, None),
    }
}

fn described_by_gather(gather: &Gather) -> (Option<&str>, Option<&Template>) {
    (Some(&gather.keyspace), gather.alone.as_ref().map(|alone| &alone.sql))
}

/// Prepare a text on a connection and read its description.
pub(super) async fn prepare(
    backend: &mut Backend,
    text: &[u8],
) -> Result<(PrepareOk, Vec<ColumnDefinition<'static>>, Vec<ColumnDefinition<'static>>), BackendError> {
    backend.queue_command(|out| {
        out.push(CommandCode::StmtPrepare as u8);
        out.extend_from_slice(text);
    });
    backend.flush().await?;
    let mut payload = Vec::new();
    backend.expect_reply();
    backend.read_packet(&mut payload).await?;
    if payload.first() == Some(&0xFF) {
        return Err(backend.answered(&payload));
    }
    let ok = PrepareOk::decode(&payload).map_err(|error| backend.malformed(&error.to_string()))?;
    let parameters = definitions(backend, ok.params, &mut payload).await?;
    let columns = definitions(backend, ok.columns, &mut payload).await?;
    Ok((ok, parameters, columns))
}

async fn definitions(
    backend: &mut Backend,
    count: u16,
    payload: &mut Vec<u8>,
) -> Result<Vec<ColumnDefinition<'static>>, BackendError> {
    let mut columns = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        backend.read_packet(payload).await?;
        let column = ColumnDefinition::decode(payload).map_err(|error| backend.malformed(&error.to_string()))?;
        columns.push(column.into_owned());
    }
    if count > 0 && !backend.profile.deprecate_eof {
        backend.read_packet(payload).await?;
    }
    Ok(columns)
}

/// Execute on one shard: the client's packet with the statement id of that connection.
pub(super) async fn run_alone(
    session: &mut Session,
    statement: &Statement<'_>,
    execution: Execution<'_>,
    place: Place,
) -> Result<(), StatementError> {
    let class = statement.plan.class;
    let mut retried = false;
    loop {
        let mut lease = lease(session, statement, place.clone()).await?;
        let id = match lease.backend.statement(execution.text) {
            Some(known) => Ok(known.id),
            None => prepare_here(&mut lease.backend, execution.text).await,
        };
        let sent = match id {
            Ok(id) => {
                let capabilities = lease.backend.profile.capabilities();
                lease.backend.queue_command(|out| {
                    let start = out.len();
                    execution.params.encode(out, id, capabilities);
                    // No cursor: all rows come at once, which a client must take too.
                    if let Some(flags) = out.get_mut(start + 5) {
                        *flags = 0;
                    }
                });
                lease.backend.flush().await
            }
            Err(error @ BackendError::Answered(_)) => return Err(failed(session, class, lease, error).await),
            Err(error) => Err(error),
        };
        let result = match sent {
            Ok(()) => relay(session, &mut lease, Expect::Query).await,
            Err(error) => Err(RelayError::Backend { error, relayed: 0 }),
        };
        match result {
            Ok(outcome) => return finish(session, statement, lease, &outcome).await,
            Err(RelayError::Backend { error: BackendError::Io { .. }, relayed: 0 })
                if !retried && lease.reused && super::route::may_repeat(session, class, &lease) =>
            {
                retried = true;
            }
            Err(error) => return Err(lost(session, class, lease, error).await),
        }
    }
}

/// Prepare a text on a connection that doesn't have it yet.
async fn prepare_here(backend: &mut Backend, text: &Arc<[u8]>) -> Result<u32, BackendError> {
    let (ok, ..) = prepare(backend, text).await?;
    backend.remember(BackendStatement { text: Arc::clone(text), id: ok.statement_id });
    Ok(ok.statement_id)
}
