//! A statement over tables of `information_schema`: their rows are gathered from all servers, and one server runs the
//! statement over them.

mod anew;

use super::information_schema::{Gathered, SystemColumn, columns_of};
use super::ok_sum::OkSum;
use super::output::end_rows;
use super::route::{lease, place, render, shards};
use super::scatter::{answer_write, finish, send};
use super::shard_rows::{ShardRows, failed};
use super::{gather, head, information_schema};
use crate::backend::Head;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{Place, Session, Warning};
pub(super) use anew::Anew;
use shardgate_router::literal::{write_identifier, write_string};
use shardgate_router::plan::{Metadata, MetadataPart, Template};
use shardgate_wire::{ColumnDefinition, ColumnFlags, StatusFlags};
use std::borrow::Cow;

/// What MySQL calls the table behind a column of JSON_TABLE.
const JSON_TABLE: &[u8] = b"json_table";

/// Run the statement.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    metadata: &Metadata,
) -> Result<Reach, StatementError> {
    if metadata.across || !gather::is_one(session, statement, &metadata.keyspace, &metadata.target)? {
        return Anew::run(session, statement, metadata).await;
    }
    let (keyspace, set) = shards(session, statement, &metadata.keyspace, &metadata.target)?;
    let place = place(session, &keyspace, &set)?;
    let mut tables = Vec::with_capacity(metadata.tables.len());
    for table in &metadata.tables {
        tables.push(information_schema::gather(session, statement, table).await?);
    }
    let rendered = |template: &Template| render(session, statement, template, &place, &[], None);
    let text = text(session, metadata, &tables, &rendered)?;
    answer(session, statement, place, &text, &tables, None).await?;
    Ok(Reach::SeveralShards)
}

/// A text whose description is the statement's.
pub(super) async fn describing_text(
    session: &mut Session,
    statement: &Statement<'_>,
    metadata: &Metadata,
    place: &Place,
) -> Result<(Vec<u8>, Vec<Gathered>), StatementError> {
    let mut tables = Vec::with_capacity(metadata.tables.len());
    for table in &metadata.tables {
        let columns = columns_of(session, table).await?;
        tables.push(Gathered { columns, rows: Vec::new() });
    }
    let rendered = |template: &Template| render(session, statement, template, place, &[], None);
    Ok((text(session, metadata, &tables, &rendered)?, tables))
}

/// The statement's text with the rows of its tables; `rendered` makes the texts of its parts.
fn text(
    session: &Session,
    metadata: &Metadata,
    tables: &[Gathered],
    rendered: &dyn Fn(&Template) -> Result<Vec<u8>, StatementError>,
) -> Result<Vec<u8>, StatementError> {
    let mut text = Vec::new();
    for part in &metadata.parts {
        match part {
            MetadataPart::Text(template) => text.extend(rendered(template)?),
            MetadataPart::Rows { table, alias } => {
                if let Some(table) = tables.get(*table) {
                    table_reference(table, session, &mut text);
                }
                if let Some(alias) = alias {
                    text.extend_from_slice(b" AS ");
                    write_identifier(alias, &mut text);
                }
            }
            MetadataPart::ColumnName(name) => {
                let mut columns = tables.iter().flat_map(|table| &table.columns);
                if let Some(column) = columns.find(|column| column.name.eq_ignore_ascii_case(name)) {
                    text.extend_from_slice(b" AS ");
                    write_identifier(&column.name, &mut text);
                }
            }
        }
    }
    Ok(text)
}

/// Append rows as `JSON_TABLE(...)`, whose columns have the types that the server declares.
fn table_reference(table: &Gathered, session: &Session, out: &mut Vec<u8>) {
    out.extend_from_slice(b"JSON_TABLE(_utf8mb4");
    write_string(table.json().as_bytes(), session.state.mode.lex, out);
    out.extend_from_slice(b", '$[*]' COLUMNS (");
    for (index, column) in table.columns.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        write_identifier(&column.name, out);
        out.push(b' ');
        out.extend_from_slice(declaration(column).as_bytes());
        out.extend_from_slice(format!(" PATH '$[{index}]'").as_bytes());
    }
    out.extend_from_slice(b"))");
}

fn declaration(column: &SystemColumn) -> String {
    match &column.collation {
        Some(collation) => format!("{} COLLATE {collation}", column.sql_type),
        None => column.sql_type.to_string(),
    }
}

/// Make the columns those of `information_schema`, where they are of gathered tables.
pub(super) fn disguise(columns: &mut [ColumnDefinition<'static>], tables: &[Gathered]) {
    for column in columns.iter_mut().filter(|column| &*column.org_table == JSON_TABLE) {
        column.schema = Cow::Borrowed(b"information_schema");
        column.org_table = column.table.clone();
        let mut declared = tables.iter().flat_map(|table| &table.columns);
        if declared.any(|known| !known.nullable && known.name.as_bytes() == &*column.org_name) {
            column.flags.0 |= ColumnFlags::NOT_NULL.0;
        }
    }
}

/// Run the text on one server and answer with what it says, without the warnings of the gathered tables' columns, and with
/// a note of the proxy's own.
pub(super) async fn answer(
    session: &mut Session,
    statement: &Statement<'_>,
    place: Place,
    text: &[u8],
    tables: &[Gathered],
    note: Option<Warning>,
) -> Result<(), StatementError> {
    session.state.hushed = declared(tables);
    let result = answered(session, statement, place, text, tables, note).await;
    session.state.hushed = 0;
    result
}

/// How many warnings of columns' collations a server has for a statement with these tables.
fn declared(tables: &[Gathered]) -> usize {
    tables.iter().flat_map(|table| &table.columns).filter(|column| column.is_old()).count()
}

async fn answered(
    session: &mut Session,
    statement: &Statement<'_>,
    place: Place,
    text: &[u8],
    tables: &[Gathered],
    note: Option<Warning>,
) -> Result<(), StatementError> {
    let class = statement.plan.class;
    let mut lease = lease(session, statement, place).await?;
    lease.backend.queue_query(text);
    if let Err(error) = lease.backend.flush().await {
        return Err(failed(session, class, lease, error).await);
    }
    let deadline = head::deadline(session);
    let columns = match head::read_head(session, &mut lease, deadline).await {
        Ok(Head::Rows(mut columns)) => {
            disguise(&mut columns, tables);
            columns
        }
        Ok(Head::Ok(mut ok)) => {
            // INTO variables.
            let mut sum = OkSum::default();
            ok.warnings = ok.warnings.saturating_sub(u16::try_from(session.state.hushed).unwrap_or(u16::MAX));
            sum.add(&ok);
            lease.in_transaction = StatusFlags(ok.status).contains(StatusFlags::IN_TRANS);
            if ok.warnings > 0 {
                session.fetch_warnings(&mut lease).await;
            }
            session.after_statement(&statement.plan.effects, &mut lease, 0).await?;
            session.connections.put_back(lease).await;
            answer_write(session, &sum, None);
            return Ok(());
        }
        Err(error) => return Err(failed(session, class, lease, error).await),
    };
    let mut rows = ShardRows::new(lease, columns);
    let result = send(session, statement, &mut &mut rows, 0).await;
    if result.is_ok() {
        if let Some(lease) = rows.warned() {
            session.fetch_warnings(lease).await;
        }
        session.state.warnings.extend(note);
        if statement.collector.is_none() {
            let warnings = u16::try_from(session.state.warnings.len()).unwrap_or(u16::MAX);
            let mut status = session.reply_status();
            if rows.in_transaction() {
                status |= StatusFlags::IN_TRANS;
            }
            let client = &mut session.client;
            end_rows(status, warnings, client.capabilities, &mut client.out, &mut client.seq);
        }
    }
    finish(session, vec![rows], result).await
}
