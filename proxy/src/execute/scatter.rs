//! Statements on several shards: reads whose rows are combined, and writes whose counts are.

use super::aggregate::Aggregate;
use super::head;
use super::limit::Limit;
use super::merge_sort::MergeSort;
use super::ok_sum::OkSum;
use super::output::{Protocol, ResultEncoder};
use super::route::{lease, render, run_alone, shards};
use super::rows::{Row, RowStream};
use super::shard_rows::ShardRows;
use super::sort::HoldLimits;
use super::wait::watched;
use super::write::Part;
use crate::backend::Head;
use crate::error::{ShardError, StatementError};
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Lease, Place, Session};
use crate::show::ProcessHandle;
use shardgate_router::error::Code;
use shardgate_router::fingerprint::DirectiveName;
use shardgate_router::plan::{self, Operator, Route, ShardSet, StatementClass, Target, Template};
use shardgate_wire::reply::OkPacket;
use shardgate_wire::{ColumnDefinition, StatusFlags};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of rows that are gathered before they are sent.
const FLUSH_AT: usize = 16 << 10;

/// Run an operator that combines rows.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    operator: &Operator,
) -> Result<Reach, StatementError> {
    let (inner, limit) = match operator {
        Operator::Limit(limit) => (&*limit.input, Some(limit)),
        other => (other, None),
    };
    let route = match inner {
        Operator::Route(route) => route,
        Operator::MergeSort(sort) => &sort.input,
        Operator::Aggregate(aggregate) => &aggregate.input,
        Operator::Compute(compute) => &compute.input.input,
        _ => return Err(StatementError::sql(Code::Internal, "an operator that has no rows is under a LIMIT")),
    };
    let (keyspace, shards) = shards(session, statement, &route.keyspace, &route.target)?;
    if let (Some(_), Some(alone)) = (shards.single(), &route.sql_alone) {
        let place = super::route::place(session, &keyspace, &shards)?;
        run_alone(session, statement, alone, place).await?;
        return Ok(Reach::OneShard);
    }
    let described = match (inner, &route.sql_alone) {
        (Operator::Compute(_), Some(alone)) => {
            let first = shards.indices().first().copied().unwrap_or_default() as usize;
            let place = session.shard_place(&keyspace, first)?;
            super::prepared::columns_of(session, statement, alone, place).await?
        }
        _ => Vec::new(),
    };
    let mut inputs = open(session, statement, &route.sql, &keyspace, &shards).await?;
    let result = match inner {
        Operator::Compute(compute) => {
            let computed = super::compute::rows(session, statement, compute, described, &mut inputs).await;
            match (computed, cut_of(session, statement, limit)) {
                (Ok(rows), Ok(cut)) => send_cut(session, statement, rows, cut, 0).await,
                (Err(error), _) | (_, Err(error)) => Err(error),
            }
        }
        _ => combine(session, statement, inner, limit, route.hidden, &mut inputs).await,
    };
    let result = end(session, statement, &mut inputs, result).await;
    finish(session, inputs, result).await.map(|()| reach(&shards))
}

fn reach(shards: &ShardSet) -> Reach {
    if shards.single().is_some() { Reach::OneShard } else { Reach::SeveralShards }
}

/// Run a route on several shards: rows one shard after the other, or counts added up.
pub(super) async fn run_route(
    session: &mut Session,
    statement: &Statement<'_>,
    route: &Route,
    keyspace: &KeyspaceRef,
    shards: &ShardSet,
) -> Result<Reach, StatementError> {
    match statement.plan.class {
        StatementClass::Select | StatementClass::LockingSelect | StatementClass::Show => {
            let mut inputs = open(session, statement, &route.sql, keyspace, shards).await?;
            let merge = MergeSort::new(inputs.iter_mut().collect(), &[]);
            let result = match merge {
                Ok(mut merge) => send(session, statement, &mut merge, route.hidden).await,
                Err(error) => Err(error),
            };
            let result = end(session, statement, &mut inputs, result).await;
            finish(session, inputs, result).await?;
        }
        _ => {
            let mut parts = Vec::new();
            for index in shards.indices() {
                let place = session.shard_place(keyspace, *index as usize)?;
                let text = render(session, statement, &route.sql, &place, &[], None)?;
                let alike = route.target == Target::Alike;
                parts.push(Part { place, text, rows: None, alike, repeats: false });
            }
            let sum = write(session, statement, parts).await?;
            answer_write(session, &sum, None);
        }
    }
    Ok(Reach::SeveralShards)
}

/// Answer with the counts of a write. `insert_id` is the first value that a sequence gave.
pub(super) fn answer_write(session: &mut Session, sum: &OkSum, insert_id: Option<u64>) {
    let ok = OkPacket {
        affected_rows: sum.affected_rows(),
        insert_id: insert_id.unwrap_or_else(|| sum.insert_id()),
        status: session.status(),
        warnings: sum.warnings(),
        info: sum.info().into_bytes().into(),
        ..OkPacket::default()
    };
    session.state.row_count = i64::try_from(ok.affected_rows).unwrap_or(i64::MAX);
    if let Some(generated) = insert_id {
        session.state.last_insert_id = generated;
    }
    session.client.ok(&ok);
}

/// Run a one-shard statement whose reply isn't the client's as it is: rows for the binary protocol of a text that isn't the
/// client's own, rows that are collected, columns with other names.
pub(super) async fn run_decoded(
    session: &mut Session,
    statement: &Statement<'_>,
    place: Place,
    text: &[u8],
) -> Result<(), StatementError> {
    let mut lease = lease(session, statement, place).await?;
    lease.backend.queue_query(text);
    if let Err(error) = lease.backend.flush().await {
        return Err(super::shard_rows::failed(session, statement.plan.class, lease, error).await);
    }
    let deadline = head::deadline(session);
    let head = match head::read_head(session, &mut lease, deadline).await {
        Ok(head) => head,
        Err(error) => return Err(super::shard_rows::failed(session, statement.plan.class, lease, error).await),
    };
    match head {
        Head::Ok(ok) => {
            let mut sum = OkSum::default();
            sum.add(&ok);
            lease.in_transaction = StatusFlags(ok.status).contains(StatusFlags::IN_TRANS);
            session.after_statement(&statement.plan.effects, &mut lease, ok.warnings).await?;
            session.connections.put_back(lease).await;
            answer_write(session, &sum, None);
            Ok(())
        }
        Head::Rows(mut columns) => {
            super::broadcast::rename(&statement.plan, &mut columns);
            let mut rows = vec![ShardRows::new(lease, columns)];
            let result = match rows.first_mut() {
                Some(mut only) => send(session, statement, &mut only, 0).await,
                None => Ok(()),
            };
            let result = end(session, statement, &mut rows, result).await;
            if result.is_ok()
                && let Some(lease) = rows.first_mut().and_then(ShardRows::idle)
            {
                super::route::note_functions(session, statement, lease).await;
            }
            finish(session, rows, result).await
        }
    }
}

/// Send a read to the shards and read the heads of their replies.
pub(super) async fn open(
    session: &mut Session,
    statement: &Statement<'_>,
    template: &Template,
    keyspace: &KeyspaceRef,
    shards: &ShardSet,
) -> Result<Vec<ShardRows>, StatementError> {
    let deadline = head::deadline(session);
    let mut leases: Vec<Lease> = Vec::with_capacity(shards.indices().len());
    let mut failure = None;
    for index in shards.indices() {
        match send_to(session, statement, template, keyspace, *index as usize).await {
            Ok(lease) => leases.push(lease),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let mut rows = Vec::with_capacity(leases.len());
    for mut lease in leases {
        match head::read_head(session, &mut lease, deadline).await {
            Ok(Head::Rows(mut columns)) => {
                super::broadcast::rename(&statement.plan, &mut columns);
                rows.push(ShardRows::new(lease, columns));
            }
            Ok(Head::Ok(_)) => {
                session.connections.put_back(lease).await;
                let message = "a shard answered a read without rows";
                failure = failure.or(Some(StatementError::sql(Code::Internal, message)));
            }
            Err(error) => {
                let error = super::shard_rows::failed(session, statement.plan.class, lease, error).await;
                failure = failure.or(Some(error));
            }
        }
    }
    match failure {
        None => Ok(rows),
        Some(error) => {
            finish(session, rows, Err(error)).await?;
            Ok(Vec::new())
        }
    }
}

async fn send_to(
    session: &mut Session,
    statement: &Statement<'_>,
    template: &Template,
    keyspace: &KeyspaceRef,
    index: usize,
) -> Result<Lease, StatementError> {
    let place = session.shard_place(keyspace, index)?;
    let text = render(session, statement, template, &place, &[], None)?;
    let mut lease = lease(session, statement, place).await?;
    lease.pinned |= statement.plan.effects.pins_connection;
    lease.backend.queue_query(&text);
    match lease.backend.flush().await {
        Ok(()) => Ok(lease),
        Err(error) => Err(super::shard_rows::failed(session, statement.plan.class, lease, error).await),
    }
}

/// Combine the shards' rows as the operator says, and send what comes of it.
async fn combine(
    session: &mut Session,
    statement: &Statement<'_>,
    operator: &Operator,
    limit: Option<&plan::Limit>,
    hidden: u32,
    inputs: &mut [ShardRows],
) -> Result<(), StatementError> {
    let limits = hold_limits(session);
    let cut = cut_of(session, statement, limit)?;
    let streams: Vec<&mut ShardRows> = inputs.iter_mut().collect();
    match operator {
        Operator::MergeSort(sort) => {
            let merge = MergeSort::new(streams, &sort.keys)?;
            send_cut(session, statement, merge, cut, hidden).await
        }
        Operator::Aggregate(aggregate) => {
            let merge = MergeSort::new(streams, &aggregate.keys())?;
            let combined = Aggregate::new(merge, aggregate, limits)?;
            send_cut(session, statement, combined, cut, 0).await
        }
        _ => {
            let merge = MergeSort::new(streams, &[])?;
            send_cut(session, statement, merge, cut, hidden).await
        }
    }
}

/// What of the rows the client gets.
#[derive(Debug, Clone, Copy)]
struct Cut {
    offset: u64,
    count: u64,
    counts_all: bool,
}

fn cut_of(
    session: &Session,
    statement: &Statement<'_>,
    limit: Option<&plan::Limit>,
) -> Result<Option<Cut>, StatementError> {
    let Some(limit) = limit else { return Ok(None) };
    let (offset, count) = session.limit_of(statement, limit)?;
    Ok(Some(Cut { offset, count, counts_all: limit.counts_all }))
}

/// What a statement of the session may hold.
pub(super) fn hold_limits(session: &Session) -> HoldLimits {
    let limits = &session.snapshot.config.limits;
    HoldLimits { rows: limits.max_gathered_rows, bytes: limits.max_gathered_bytes }
}

async fn send_cut<S: RowStream>(
    session: &mut Session,
    statement: &Statement<'_>,
    mut stream: S,
    cut: Option<Cut>,
    hidden: u32,
) -> Result<(), StatementError> {
    let Some(Cut { offset, count, counts_all }) = cut else {
        return send(session, statement, &mut stream, hidden).await;
    };
    let mut limit = if counts_all { Limit::counting(stream, offset, count) } else { Limit::new(stream, offset, count) };
    send(session, statement, &mut limit, hidden).await?;
    if let Some(counted) = limit.counted() {
        session.state.found_rows = counted;
    }
    Ok(())
}

/// Send a stream's rows to the client, without the packet that ends them: see [`end`].
pub(super) async fn send<S: RowStream>(
    session: &mut Session,
    statement: &Statement<'_>,
    stream: &mut S,
    hidden: u32,
) -> Result<(), StatementError> {
    let protocol = if statement.binary { Protocol::Binary } else { Protocol::Text };
    let encoder =
        ResultEncoder::new(stream.columns(), hidden, protocol, session.client.capabilities).named(statement.names);
    let collector = statement.collector;
    let deadline = session.query_timeout.map(|limit| Instant::now() + limit);
    let status = session.status();
    let client = &mut session.client;
    let start = client.out.len();
    let first_seq = client.seq;
    match collector {
        Some(collector) => collector.columns(stream.columns(), hidden),
        None => encoder.head(status, &mut client.out, &mut client.seq),
    }
    let mut row = Row::default();
    let mut count = 0u64;
    let mut flushed = false;
    let result = loop {
        let more = watched(&session.process, &mut client.stream, deadline, stream.next(&mut row)).await;
        match more {
            Ok(true) => {
                count += 1;
                if let Some(collector) = collector {
                    match collector.push(&row) {
                        Ok(()) => continue,
                        Err(error) => break Err(error),
                    }
                }
                if let Err(error) = encoder.row(&row, &mut client.out, &mut client.seq) {
                    break Err(error);
                }
                if client.out.len() >= FLUSH_AT {
                    flushed = true;
                    if let Err(error) = client.flush().await {
                        break Err(StatementError::Client(error));
                    }
                }
            }
            Ok(false) => break Ok(()),
            Err(StatementError::Shard(error)) if is_timeout(&error, session.query_timeout, &session.process) => {
                break Err(StatementError::Shard(Box::new(ShardError::time_is_up())));
            }
            Err(error) => break Err(error),
        }
    };
    match result {
        Ok(()) if collector.is_some() => Ok(()),
        Ok(()) => {
            session.state.row_count = -1;
            session.state.found_rows = count;
            session.state.warnings.clear();
            Ok(())
        }
        Err(error) => {
            if !flushed {
                // The client hasn't seen the head: the error takes its place.
                session.client.out.truncate(start);
                session.client.seq = first_seq;
            }
            Err(error)
        }
    }
}

/// Whether a shard was stopped because the statement's time is up: nobody has asked for it with KILL.
fn is_timeout(error: &ShardError, limit: Option<Duration>, process: &ProcessHandle) -> bool {
    error.errno == Code::Interrupted.errno() && limit.is_some() && process.kill_asked().is_none()
}

/// Send what ends the rows, with the warnings of all shards.
async fn end(
    session: &mut Session,
    statement: &Statement<'_>,
    inputs: &mut [ShardRows],
    result: Result<(), StatementError>,
) -> Result<(), StatementError> {
    result?;
    let mut shards = Vec::new();
    for mut input in inputs.iter_mut() {
        if statement.collector.is_some() {
            // A write must know the warnings of rows that a LIMIT has left, too: they may be errors.
            let mut row = Row::default();
            while input.next(&mut row).await? {}
        }
        if let Some(kept) = input.take_warnings() {
            shards.push(kept);
        } else if let Some(lease) = input.warned() {
            session.fetch_warnings(lease).await;
            shards.push(std::mem::take(&mut session.state.warnings));
        } else {
            shards.push(Vec::new());
        }
    }
    session.state.warnings = super::warnings::merged(shards);
    if statement.collector.is_some() {
        return Ok(());
    }
    let warnings = u16::try_from(session.state.warnings.len()).unwrap_or(u16::MAX);
    let mut status = session.reply_status();
    // The session has given its connections to the statement: with autocommit off only they know of a transaction.
    if inputs.iter().any(ShardRows::in_transaction) {
        status |= StatusFlags::IN_TRANS;
    }
    let client = &mut session.client;
    super::output::end_rows(status, warnings, client.capabilities, &mut client.out, &mut client.seq);
    Ok(())
}

/// Give the shards' connections back. After an error what still runs is killed.
pub(super) async fn finish(
    session: &mut Session,
    mut inputs: Vec<ShardRows>,
    result: Result<(), StatementError>,
) -> Result<(), StatementError> {
    let mut lost = false;
    if result.is_err() {
        for input in &mut inputs {
            input.kill();
        }
    }
    for input in inputs {
        let (lease, alive) = input.close(result.is_err()).await;
        lost |= !alive && (lease.in_transaction || session.transaction.open);
        session.connections.put_back(lease).await;
    }
    if lost {
        session.roll_back_others().await;
        session.ending = true;
    }
    result
}

/// Run a write on several shards: all of it or nothing. Outside a transaction the shards' parts are one of their own.
pub(super) async fn write(
    session: &mut Session,
    statement: &Statement<'_>,
    parts: Vec<Part>,
) -> Result<OkSum, StatementError> {
    let several = parts.len() > 1;
    let own = several && session.state.autocommit() && !session.transaction.open && !each_for_itself(statement);
    if own {
        session.transaction.open = true;
    }
    let result = super::write::run(session, statement, parts, several && !own).await;
    if own {
        match &result {
            Ok(_) => session.commit_all().await?,
            Err(_) => session.roll_back_all().await?,
        }
    }
    result
}

/// The client wants each shard to commit for itself.
fn each_for_itself(statement: &Statement<'_>) -> bool {
    let mut directives = statement.args.fingerprint.directives(statement.args.text);
    directives.any(|directive| directive.name == DirectiveName::MultiShardAutocommit && directive.is_on())
}

/// A whole result.
#[derive(Debug)]
pub(crate) struct Whole {
    /// Its columns.
    pub(crate) columns: Vec<ColumnDefinition<'static>>,
    /// Its rows.
    pub(crate) rows: Vec<Row>,
    /// Expressions that make JSON documents of it, where the text doesn't tell all: by row and column.
    pub(crate) documents: HashMap<(usize, u32), Vec<u8>>,
}

impl Whole {
    /// A result whose text tells all.
    pub(crate) fn new(columns: Vec<ColumnDefinition<'static>>, rows: Vec<Row>) -> Self {
        Whole { columns, rows, documents: HashMap::new() }
    }
}

/// Run a query of the proxy's own, with the session's settings and in its transaction.
pub(super) async fn run_text(session: &mut Session, place: Place, text: &[u8]) -> Result<Whole, StatementError> {
    run_text_with(session, place, text, &[]).await
}

/// As [`run_text`], with these user variables of the session.
pub(super) async fn run_text_with(
    session: &mut Session,
    place: Place,
    text: &[u8],
    variables: &[Box<str>],
) -> Result<Whole, StatementError> {
    let needs = crate::session::Needs { variables, transaction: true };
    let settings = std::sync::Arc::clone(&session.state.settings);
    let mut lease = session.connections.lease(&session.worker.pools, place, session.profile, &settings).await?;
    let result = match lease.prepare(&session.state, &session.transaction, needs).await {
        Ok(()) => lease.backend.query(text, Row::clone).await.map_err(|error| lease.failed(&error)),
        Err(error) => Err(error),
    };
    session.connections.put_back(lease).await;
    result.map(|(columns, rows)| Whole::new(columns, rows))
}
