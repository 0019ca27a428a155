//! Make a table with the definition, and perhaps the rows, that something else has.
//!
//! A server makes the definition: on a scratch session the client's own statement makes a temporary table, of empty
//! tables. The rows are those of an INSERT ... SELECT, by whatever way that takes.

use super::ask::defining;
use super::gather::definition::leading_name;
use super::ok_sum::OkSum;
use super::prepared::prepare;
use super::route::{self, render};
use super::scatter::answer_write;
use super::scratch::{Scratch, begin_defining};
use super::view::SessionView;
use super::{ddl, gather, temporary};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, quote_name};
use shardgate_router::error::Code;
use shardgate_router::plan::{CreateFrom, DefiningQuery, DefinitionSource, Operator, RenderContext, ShardSet};
use shardgate_router::session::SameNames;
use shardgate_wire::frame::Seq;
use shardgate_wire::reply::OkPacket;
use std::sync::Arc;

/// Bytes in front of a packet's payload.
const HEADER: usize = 4;

/// What is said of a text that can't be read.
const OWN: &str = "a statement of the proxy's own";

/// What a server made of the statement.
struct Made {
    /// The definition: all behind the table's name.
    definition: String,
    /// The columns that the query has the values of.
    columns: Vec<String>,
}

/// Make the table, fill it, and answer the client.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    from: &CreateFrom,
) -> Result<Reach, StatementError> {
    let catalog = &session.snapshot.catalog;
    let exists = match from.temporary {
        true => catalog.temporary(&from.keyspace, &from.table).is_some(),
        false => catalog.schema.table(&from.keyspace, &from.table).is_some(),
    };
    let made = match &from.source {
        DefinitionSource::Table { keyspace, table } => likewise(session, from, keyspace, table).await?,
        DefinitionSource::Query(query) => defined(session, statement, from, query).await?,
    };
    let condition = if from.if_not_exists { "IF NOT EXISTS " } else { "" };
    let text = format!("CREATE {}TABLE {condition}{}{}", kind(from), name(from), made.definition);
    let sum = define(session, &text).await?;
    let query = match &from.source {
        DefinitionSource::Query(query) if !(from.if_not_exists && exists) => query,
        _ => {
            answer_write(session, &sum, None);
            return Ok(Reach::SeveralShards);
        }
    };
    // The table is there now.
    session.begin_statement();
    let start = (session.client.out.len(), session.client.seq);
    let filled = fill(session, statement, from, query, &made.columns).await;
    let done = match filled {
        Ok(reach) if !session.relayed_error => {
            // Rows of a table that stays are committed with it.
            if !from.temporary && !session.state.autocommit() {
                commit(session, start).await?;
            }
            return Ok(reach);
        }
        failed => failed,
    };
    // A table without its rows doesn't stay.
    let warnings = std::mem::take(&mut session.state.warnings);
    session.begin_statement();
    if let Err(error) = define(session, &format!("DROP {}TABLE {}", kind(from), name(from))).await {
        tracing::warn!(keyspace = %from.keyspace, table = %from.table, %error, "a table that couldn't be filled is left");
    }
    session.state.warnings = warnings;
    done
}

/// Commit, and take that into the answer that stands behind this place of what the client gets.
async fn commit(session: &mut Session, (at, seq): (usize, Seq)) -> Result<(), StatementError> {
    let answer = session.client.out.get(at..).unwrap_or_default().to_vec();
    session.client.out.truncate(at);
    session.client.seq = seq;
    session.commit_all().await?;
    let payload = answer.get(HEADER..).unwrap_or_default();
    let ok = OkPacket::decode(payload, session.client.capabilities).map_err(|error| {
        StatementError::sql(
            Code::Internal,
            format!("the answer to an INSERT of the proxy's own can't be read: {error}"),
        )
    })?;
    let ok = OkPacket { status: session.status(), ..ok };
    session.client.ok(&ok);
    Ok(())
}

fn kind(from: &CreateFrom) -> &'static str {
    if from.temporary { "TEMPORARY " } else { "" }
}

fn name(from: &CreateFrom) -> String {
    match &*from.keyspace {
        "" => quote_name(&from.table),
        keyspace => format!("{}.{}", quote_name(keyspace), quote_name(&from.table)),
    }
}

/// Run a definition of the proxy's own.
pub(super) async fn define(session: &mut Session, text: &str) -> Result<OkSum, StatementError> {
    let before = Arc::clone(&session.state.settings);
    session.state.set_settings(Arc::new(defining(&before)));
    let result = define_plainly(session, text.as_bytes()).await;
    session.state.set_settings(before);
    result
}

async fn define_plainly(session: &mut Session, text: &[u8]) -> Result<OkSum, StatementError> {
    let fingerprint = session.scanned(text, OWN)?;
    let plan = session.plan(text, &fingerprint, false)?;
    let own = Statement::of_text(session, text, &fingerprint, plan);
    match &own.plan.root {
        Operator::Ddl(definition) => Box::pin(ddl::carry_out(session, &own, definition)).await,
        Operator::Temporary(definition) => Box::pin(temporary::carry_out(session, &own, definition)).await,
        _ => Err(StatementError::sql(Code::Internal, "a definition of the proxy's own isn't one")),
    }
}

/// Insert the query's rows as the client would, who gets the answer.
async fn fill(
    session: &mut Session,
    statement: &Statement<'_>,
    from: &CreateFrom,
    query: &DefiningQuery,
    columns: &[String],
) -> Result<Reach, StatementError> {
    let is_utf8 = session.state.settings.text("character_set_client").is_none_or(|charset| charset.starts_with("utf8"));
    let mut names = columns.iter().map(String::as_str).chain([&*from.table]);
    if !is_utf8 && !names.all(str::is_ascii) {
        let message =
            "unsupported: CREATE TABLE ... SELECT with names that aren't ASCII, in another character set than UTF-8";
        return Err(StatementError::sql(Code::Unsupported, message));
    }
    let text = filling(session, statement, from, query, columns)?;
    let fingerprint = session.scanned(&text, OWN)?;
    let plan = session.plan(&text, &fingerprint, false)?;
    let own = Statement::of_text(session, &text, &fingerprint, plan);
    Box::pin(super::run(session, &own)).await
}

/// The INSERT of the query's rows, planned again: databases are called as clients call them.
fn filling(
    session: &Session,
    statement: &Statement<'_>,
    from: &CreateFrom,
    query: &DefiningQuery,
    columns: &[String],
) -> Result<Vec<u8>, StatementError> {
    let names: Vec<String> = columns.iter().map(|column| quote_name(column)).collect();
    let mut text = format!("{} {} ({}) ", query.verb, name(from), names.join(", ")).into_bytes();
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
    let context = RenderContext { session: &view, databases: &SameNames, generated: None };
    query.rows.render(&statement.args, &context, &mut text)?;
    Ok(text)
}

/// Let a server make a table of a query over empty tables.
async fn defined(
    session: &mut Session,
    statement: &Statement<'_>,
    from: &CreateFrom,
    query: &DefiningQuery,
) -> Result<Made, StatementError> {
    let mut scratch = open(session, &from.keyspace).await?;
    let result = defined_on(session, statement, query, &mut scratch).await;
    scratch.close(session).await;
    let (shown, count) = result?;
    let written = statement.args.text.to_ascii_lowercase();
    let counter_is_written = memchr::memmem::find(&written, b"auto_increment=").is_some();
    let made = made(from, &shown, counter_is_written)?;
    let names = query.define.names.iter().map(|(name, _)| &**name);
    let all = column_names(&made);
    // Those of the query are behind those that it doesn't name.
    let columns: Vec<String> = all.iter().skip(all.len().saturating_sub(count)).cloned().collect();
    if let Some(column) = columns.iter().find(|column| names.clone().any(|name| column.contains(name))) {
        let message = format!(
            "unsupported: CREATE TABLE ... SELECT of an expression without a name (`{column}`); give it an alias"
        );
        return Err(StatementError::sql(Code::Unsupported, message));
    }
    Ok(Made { definition: made, columns })
}

async fn open(session: &mut Session, keyspace: &str) -> Result<Scratch, StatementError> {
    let keyspace = KeyspaceRef::find(&session.snapshot, keyspace)?;
    let place = route::place(session, &keyspace, &ShardSet::any())?;
    Scratch::open(session, place).await
}

/// The definition, and of how many columns the query has the values.
async fn defined_on(
    session: &mut Session,
    statement: &Statement<'_>,
    query: &DefiningQuery,
    scratch: &mut Scratch,
) -> Result<(String, usize), StatementError> {
    let gather = &query.define;
    gather::create_empty(session, gather, scratch).await?;
    scratch.enter(session, statement).await?;
    let place = scratch.lease.place.clone();
    let text = render(session, statement, &query.columns, &place, &[], None)?;
    let described = prepare(&mut scratch.lease.backend, text.trim_ascii()).await;
    let (.., columns) = described.map_err(|error| scratch.failed(error))?;
    let text = render(session, statement, &gather.sql, &place, &[], None)?;
    scratch.run(session, &text).await?;
    Ok((show(session, scratch).await?, columns.len()))
}

async fn show(session: &mut Session, scratch: &mut Scratch) -> Result<String, StatementError> {
    begin_defining(session, scratch).await?;
    let text = format!("SHOW CREATE TABLE {}", quote_name(CreateFrom::TABLE));
    let whole = scratch.query(session, text.as_bytes()).await?;
    let shown = whole.rows.first().and_then(|row| row.field(1)).map(String::from_utf8_lossy);
    shown.map(std::borrow::Cow::into_owned).ok_or_else(unreadable)
}

fn unreadable() -> StatementError {
    StatementError::sql(Code::Internal, "the definition that a server made for CREATE TABLE can't be read")
}

/// Let a server of the other keyspace make a table like another.
async fn likewise(
    session: &mut Session,
    from: &CreateFrom,
    keyspace: &str,
    table: &str,
) -> Result<Made, StatementError> {
    if session.snapshot.catalog.temporary(keyspace, table).is_some() {
        let shown = temporary::shown(session, keyspace, table).await?;
        return Ok(Made { definition: made(from, &shown, false)?, columns: Vec::new() });
    }
    let mut scratch = open(session, keyspace).await?;
    let text = format!("CREATE TEMPORARY TABLE {} LIKE {}", quote_name(CreateFrom::TABLE), quote_name(table));
    let result = match scratch.run(session, text.as_bytes()).await {
        Ok(_) => show(session, &mut scratch).await,
        Err(error) => Err(error),
    };
    scratch.close(session).await;
    Ok(Made { definition: made(from, &result?, false)?, columns: Vec::new() })
}

/// The part of a definition behind the table's name, as it is for another table.
fn made(from: &CreateFrom, shown: &str, keeps_counter: bool) -> Result<String, StatementError> {
    let at = shown.find(" (\n").ok_or_else(unreadable)?;
    let (_, body) = shown.split_at(at);
    // Checks that nobody has named are called by their table.
    let own = from.table.replace('`', "``");
    let mut body = body.replace(&format!("`{}_chk_", CreateFrom::TABLE), &format!("`{own}_chk_"));
    if !keeps_counter
        && let Some(end) = body.rfind("\n)")
        && let Some(at) = body.get(end..).and_then(|options| options.find(" AUTO_INCREMENT="))
    {
        let start = end + at;
        let length = body.get(start + 1..).and_then(|rest| rest.find(' ')).map_or(body.len() - start, |at| at + 1);
        body.replace_range(start..start + length, "");
    }
    Ok(body)
}

/// The columns of a definition, in their order.
fn column_names(definition: &str) -> Vec<String> {
    definition.lines().filter_map(|line| leading_name(line.trim_start())).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "CREATE TEMPORARY TABLE `_shardgate_defined` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `a``b` int,\n  \
        PRIMARY KEY (`id`),\n  CONSTRAINT `_shardgate_defined_chk_1` CHECK ((`id` > 3))\n) ENGINE=InnoDB AUTO_INCREMENT=7 \
        DEFAULT CHARSET=utf8mb4";

    #[test]
    fn a_definition_becomes_that_of_another_table() {
        let from = CreateFrom {
            keyspace: Arc::from("k"),
            table: Arc::from("t"),
            temporary: false,
            if_not_exists: false,
            source: DefinitionSource::Table { keyspace: Arc::from("k"), table: Arc::from("s") },
        };
        let body = made(&from, SHOWN, false).unwrap();
        assert!(body.ends_with(") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"), "{body}");
        assert!(body.contains("CONSTRAINT `t_chk_1` CHECK") && !body.contains("_shardgate"), "{body}");
        assert!(made(&from, SHOWN, true).unwrap().contains("AUTO_INCREMENT=7 "));
        assert_eq!(column_names(&body), ["id", "a`b"]);
    }
}
