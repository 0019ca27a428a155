//! Runs the statement on the scratch session, and hands its reply on.

use crate::backend::{BackendError, Head, Step};
use crate::error::StatementError;
use crate::execute::found::Collector;
use crate::execute::output::{Protocol, ResultEncoder, end_rows};
use crate::execute::prepared::prepare;
use crate::execute::route;
use crate::execute::rows::Row;
use crate::execute::scratch::Scratch;
use crate::execute::wait::watched;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::plan::{Gather, GatherSource};
use shardgate_wire::command::CommandCode;
use shardgate_wire::frame;
use shardgate_wire::reply::OkPacket;
use shardgate_wire::{ColumnDefinition, ColumnFlags};

/// Bytes of rows that are gathered before they are sent.
const FLUSH_AT: usize = 16 << 10;

/// Run the statement of `gather`, whose tables are there, and answer the client. The scratch session is closed.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    naming: Naming<'_>,
    mut scratch: Scratch,
) -> Result<(), StatementError> {
    let mut result = answer(session, statement, naming, &mut scratch).await;
    if result.is_ok() {
        let effects = &statement.plan.effects;
        result = session.after_statement(effects, &mut scratch.lease, 0).await;
        // It ends here, whatever the statement wanted.
        scratch.lease.pinned = false;
    } else {
        scratch.stop(session);
    }
    scratch.close(session).await;
    result
}

async fn answer(
    session: &mut Session,
    statement: &Statement<'_>,
    naming: Naming<'_>,
    scratch: &mut Scratch,
) -> Result<(), StatementError> {
    scratch.enter(session, statement).await?;
    send(session, statement, naming.gather, scratch).await?;
    match scratch.head(session).await? {
        Head::Ok(ok) => {
            let warnings = note_warnings(session, scratch, ok.warnings).await;
            session.state.row_count = i64::try_from(ok.affected_rows).unwrap_or(i64::MAX);
            let ok = OkPacket {
                affected_rows: ok.affected_rows,
                insert_id: ok.last_insert_id,
                status: session.status(),
                warnings,
                ..OkPacket::default()
            };
            session.client.ok(&ok);
            Ok(())
        }
        Head::Rows(mut columns) => {
            naming.name(&mut columns);
            if let Some(collector) = statement.collector {
                return collect(session, collector, scratch, &columns).await;
            }
            let start = (session.client.out.len(), session.client.seq);
            let mut flushed = false;
            let result = relay(session, statement, scratch, &columns, &mut flushed).await;
            if result.is_err() && !flushed {
                // The client hasn't seen the head: the error takes its place.
                session.client.out.truncate(start.0);
                session.client.seq = start.1;
            }
            result
        }
    }
}

/// Queue the statement: as text, or prepared and executed, so that the values are in the form that the client wants.
async fn send(
    session: &Session,
    statement: &Statement<'_>,
    gather: &Gather,
    scratch: &mut Scratch,
) -> Result<(), StatementError> {
    let place = scratch.lease.place.clone();
    if !statement.binary {
        let text = route::render(session, statement, &gather.sql, &place, &[], None)?;
        scratch.lease.backend.queue_query(&text);
        return Ok(());
    }
    // The parameters go along as they came, unless a part of the text stands there twice.
    let execution = statement.execution.filter(|_| !gather.repeats);
    let mut own = Statement { plan: std::sync::Arc::clone(&statement.plan), ..*statement };
    if execution.is_some() {
        own.args.parameters = None;
    }
    let text = route::render(session, &own, &gather.sql, &place, &[], None)?;
    let (ok, ..) = prepare(&mut scratch.lease.backend, &text).await.map_err(|error| scratch.failed(error))?;
    let capabilities = scratch.lease.backend.profile.capabilities();
    scratch.lease.backend.queue_command(|out| match execution {
        Some(execution) => {
            let start = out.len();
            execution.params.encode(out, ok.statement_id, capabilities);
            // No cursor: all rows come at once, which a client must take too.
            if let Some(flags) = out.get_mut(start + 5) {
                *flags = 0;
            }
        }
        None => {
            out.push(CommandCode::StmtExecute as u8);
            out.extend_from_slice(&ok.statement_id.to_le_bytes());
            // No cursor, one iteration.
            out.extend_from_slice(&[0, 1, 0, 0, 0]);
        }
    });
    Ok(())
}

/// Hand the rows on as they are.
async fn relay(
    session: &mut Session,
    statement: &Statement<'_>,
    scratch: &mut Scratch,
    columns: &[ColumnDefinition<'static>],
    flushed: &mut bool,
) -> Result<(), StatementError> {
    let encoder = ResultEncoder::new(columns, 0, Protocol::Text, session.client.capabilities).named(statement.names);
    let status = session.status();
    encoder.head(status, &mut session.client.out, &mut session.client.seq);
    let (mut payload, mut count) = (Vec::new(), 0u64);
    let warnings = loop {
        let deadline = scratch.deadline;
        let backend = &mut scratch.lease.backend;
        let read = async { Ok(backend.read_payload(&mut payload).await) };
        let read: Result<Step, BackendError> =
            watched(&session.process, &mut session.client.stream, deadline, read).await?;
        match read.map_err(|error| scratch.failed(error))? {
            Step::Row => {
                count += 1;
                let client = &mut session.client;
                frame::append_payload(&mut client.out, &mut client.seq, &payload);
                if client.out.len() >= FLUSH_AT {
                    *flushed = true;
                    client.flush().await.map_err(StatementError::Client)?;
                }
            }
            Step::End { warnings, .. } => break warnings,
        }
    };
    session.state.row_count = -1;
    session.state.found_rows = count;
    route::note_functions(session, statement, &mut scratch.lease).await;
    let warnings = note_warnings(session, scratch, warnings).await;
    let status = session.reply_status();
    let client = &mut session.client;
    end_rows(status, warnings, client.capabilities, &mut client.out, &mut client.seq);
    Ok(())
}

/// Hold the rows for a write that needs them first.
async fn collect(
    session: &mut Session,
    collector: &Collector,
    scratch: &mut Scratch,
    columns: &[ColumnDefinition<'static>],
) -> Result<(), StatementError> {
    collector.columns(columns, 0);
    let mut row = Row::default();
    loop {
        let deadline = scratch.deadline;
        let backend = &mut scratch.lease.backend;
        let read = async { Ok(backend.read_row(columns.len(), &mut row).await) };
        let read: Result<Step, BackendError> =
            watched(&session.process, &mut session.client.stream, deadline, read).await?;
        match read.map_err(|error| scratch.failed(error))? {
            Step::Row => collector.push(&row)?,
            Step::End { warnings, .. } => {
                note_warnings(session, scratch, warnings).await;
                return Ok(());
            }
        }
    }
}

/// Take the statement's warnings over: how many they are.
async fn note_warnings(session: &mut Session, scratch: &mut Scratch, warnings: u16) -> u16 {
    if warnings == 0 {
        session.state.warnings.clear();
        return 0;
    }
    session.fetch_warnings(&mut scratch.lease).await;
    warnings.saturating_sub(u16::try_from(session.state.hushed).unwrap_or(u16::MAX))
}

/// What the columns of a reply are called.
#[derive(Clone, Copy)]
pub(super) struct Naming<'n> {
    /// Whose tables are called by their own names.
    pub(super) gather: &'n Gather,
    /// The columns as a shard describes them, where they are of views; else empty.
    pub(super) known: &'n [ColumnDefinition<'static>],
}

impl Naming<'_> {
    /// Name the columns.
    pub(super) fn name(self, columns: &mut [ColumnDefinition<'static>]) {
        rename(self.gather, columns);
        if columns.len() != self.known.len() {
            return;
        }
        for (column, known) in columns.iter_mut().zip(self.known) {
            let unsigned = |column: &ColumnDefinition<'_>| column.flags.contains(ColumnFlags::UNSIGNED);
            // The rows come in the types that the columns have here.
            if column.column_type == known.column_type && unsigned(column) == unsigned(known) {
                let (length, decimals, collation) = (column.length, column.decimals, column.collation);
                *column = ColumnDefinition { length, decimals, collation, ..known.clone() };
            }
        }
    }
}

/// Call the tables by their own names in the columns of a reply.
fn rename(gather: &Gather, columns: &mut [ColumnDefinition<'static>]) {
    rename_tables(&gather.sources, &gather.names, columns);
}

/// Call the temporary tables by the names of those that they stand for, and put back the names that were written.
pub(in crate::execute) fn rename_tables(
    sources: &[GatherSource],
    names: &[(Box<str>, Box<str>)],
    columns: &mut [ColumnDefinition<'static>],
) {
    for column in columns {
        let is_its = |name: &str| name.as_bytes().eq_ignore_ascii_case(&column.org_table);
        let source = sources.iter().find(|source| is_its(&source.temporary));
        if let Some(source) = source {
            // A derived table's column has no database.
            if !column.schema.is_empty() {
                column.schema = source.keyspace.as_bytes().to_vec().into();
            }
            column.org_table = source.table.as_bytes().to_vec().into();
            if column.table == source.temporary.as_bytes() {
                column.table = source.alias.as_bytes().to_vec().into();
            }
        } else if let Some(keyspace) = keyspace_of_alias(sources, &column.org_table)
            && !column.schema.is_empty()
        {
            // Within a derived table that it merged MySQL gives the alias for the original table.
            column.schema = keyspace.as_bytes().to_vec().into();
        }
        for (name, written) in names {
            if memchr::memmem::find(&column.name, name.as_bytes()).is_some() {
                column.name = replaced(&column.name, name.as_bytes(), written.as_bytes()).into();
            }
            if unquoted(name).as_bytes() == &*column.org_table {
                column.org_table = unquoted(written).as_bytes().to_vec().into();
            }
        }
    }
}

/// The keyspace of the tables that the statement calls so, if it is one.
fn keyspace_of_alias<'g>(sources: &'g [GatherSource], alias: &[u8]) -> Option<&'g str> {
    let mut found = None;
    for source in sources.iter().filter(|source| source.alias.as_bytes().eq_ignore_ascii_case(alias)) {
        if found.is_some_and(|other| other != &*source.keyspace) {
            return None;
        }
        found = Some(&*source.keyspace);
    }
    found
}

/// The first name in a text, without its quotes.
fn unquoted(text: &str) -> &str {
    match text.strip_prefix('`') {
        Some(rest) => rest.split_once('`').map_or(rest, |(name, _)| name),
        None => text.split_once(' ').map_or(text, |(name, _)| name),
    }
}

/// A text with all of `old` replaced.
fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for at in memchr::memmem::find_iter(text, old) {
        out.extend_from_slice(text.get(copied..at).unwrap_or_default());
        out.extend_from_slice(new);
        copied = at + old.len();
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::{replaced, unquoted};

    #[test]
    fn every_place_of_a_name_is_replaced() {
        assert_eq!(replaced(b"(SELECT `t__2` AS `t`, `t__2` AS `t`)", b"`t__2` AS `t`", b"T"), b"(SELECT T, T)");
        assert_eq!(replaced(b"x", b"`t__2`", b"t"), b"x");
    }

    #[test]
    fn a_name_is_found_with_and_without_quotes() {
        assert_eq!((unquoted("`w 1__2` AS `w 1`"), unquoted("w1"), unquoted("`w`")), ("w 1__2", "w1", "w"));
    }
}
