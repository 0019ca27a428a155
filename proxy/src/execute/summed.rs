//! Rows that all shards have alike, but for a number, which is added up.

use super::ask::{Fields, ask_as_session};
use super::head;
use super::output::{Protocol, ResultEncoder};
use super::route::{lease, render, run_alone, shards};
use super::row_writer;
use super::rows::Row;
use super::shard_rows::failed;
use crate::backend::{Head, Step};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_router::plan::Summed;
use shardgate_wire::ColumnDefinition;
use std::collections::HashMap;

/// A row in the session's character set.
pub(super) type Bytes = Vec<Option<Vec<u8>>>;

/// Run the statement.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    summed: &Summed,
) -> Result<Reach, StatementError> {
    let (keyspace, set) = shards(session, statement, &summed.route.keyspace, &summed.route.target)?;
    let tablet = session.tablet();
    let turn = session.worker.next_turn();
    let mut indices = set.indices().iter().copied();
    let first = keyspace.place(indices.next().unwrap_or_default() as usize, tablet, turn)?;
    if set.indices().len() < 2 {
        run_alone(session, statement, &summed.route.sql, first).await?;
        return Ok(Reach::OneShard);
    }
    let text = render(session, statement, &summed.route.sql, &first, &[], None)?;
    let (columns, mut rows) = rows_of(session, statement, first, &text).await?;
    let text_of = |field: &Option<Vec<u8>>| field.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let first_key =
        |row: &Bytes| summed.key.iter().map(|at| row.get(*at as usize).and_then(text_of)).collect::<Fields>();
    let key = |row: &Fields| summed.key.iter().map(|at| row.get(*at as usize).cloned().flatten()).collect::<Fields>();
    let numbers: HashMap<Fields, usize> =
        rows.iter().enumerate().map(|(number, row)| (first_key(row), number)).collect();
    for index in indices {
        let place = keyspace.place(index as usize, tablet, turn)?;
        let text =
            String::from_utf8_lossy(&render(session, statement, &summed.route.sql, &place, &[], None)?).into_owned();
        for row in ask_as_session(session, statement, place, &text).await? {
            let more = row.get(summed.sum as usize).cloned().flatten().and_then(|text| text.parse::<u64>().ok());
            let total = numbers.get(&key(&row)).and_then(|number| rows.get_mut(*number));
            if let (Some(more), Some(total)) = (more, total.and_then(|row| row.get_mut(summed.sum as usize))) {
                let so_far = text_of(total).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
                *total = Some(so_far.saturating_add(more).to_string().into_bytes());
            }
        }
    }
    session.state.warnings.clear();
    send(session, statement, &columns, &rows)?;
    Ok(Reach::SeveralShards)
}

/// The columns and rows of one shard. Its warnings are the session's.
pub(super) async fn rows_of(
    session: &mut Session,
    statement: &Statement<'_>,
    place: crate::session::Place,
    text: &[u8],
) -> Result<(Vec<ColumnDefinition<'static>>, Vec<Bytes>), StatementError> {
    let class = statement.plan.class;
    let mut lease = lease(session, statement, place).await?;
    lease.backend.queue_query(text);
    let deadline = head::deadline(session);
    let result = async {
        lease.backend.flush().await?;
        let Head::Rows(columns) = head::read_head(session, &mut lease, deadline).await? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let mut rows = Vec::new();
        let mut row = Row::default();
        let warnings = loop {
            match lease.backend.read_row(columns.len(), &mut row).await? {
                Step::Row => {
                    let fields = (0..columns.len() as u32).map(|at| row.field(at));
                    rows.push(fields.map(|field| field.map(<[u8]>::to_vec)).collect());
                }
                Step::End { warnings, .. } => break warnings,
            }
        };
        if warnings > 0 {
            session.fetch_warnings(&mut lease).await;
        } else {
            session.state.warnings.clear();
        }
        Ok((columns, rows))
    }
    .await;
    match result {
        Ok(found) => {
            session.connections.put_back(lease).await;
            Ok(found)
        }
        Err(error) => Err(failed(session, class, lease, error).await),
    }
}

/// Answer with rows, and with the session's warnings.
pub(super) fn send(
    session: &mut Session,
    statement: &Statement<'_>,
    columns: &[ColumnDefinition<'static>],
    rows: &[Bytes],
) -> Result<(), StatementError> {
    if columns.is_empty() {
        return Err(StatementError::sql(Code::Internal, "a shard answered without rows"));
    }
    let protocol = if statement.binary { Protocol::Binary } else { Protocol::Text };
    session.state.row_count = -1;
    session.state.found_rows = rows.len() as u64;
    let warnings = u16::try_from(session.state.warning_count(false)).unwrap_or(u16::MAX);
    let status = session.reply_status();
    let client = &mut session.client;
    let encoder = ResultEncoder::new(columns, 0, protocol, client.capabilities);
    encoder.head(status, &mut client.out, &mut client.seq);
    let mut row = Row::default();
    for fields in rows {
        row_writer::clear(&mut row);
        fields.iter().for_each(|field| row_writer::push(&mut row, field.as_deref()));
        encoder.row(&row, &mut client.out, &mut client.seq)?;
    }
    encoder.end(status, warnings, &mut client.out, &mut client.seq);
    Ok(())
}
