//! DROP of tables or views of several keyspaces that are on different servers, one keyspace after another.
//!
//! As on one MySQL nothing is dropped where something isn't there. What else keeps a keyspace from it (a foreign key, a
//! shard that is down) is found out when its turn comes: then the error says what is done and what is left.

use super::create_from::define;
use super::ok_sum::OkSum;
use super::scatter::answer_write;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::Session;
use shardgate_router::error::Code;
use shardgate_router::plan::{Dropped, TableUse};
use shardgate_router::schema::TableKind;

/// Drop them all, and answer the client.
pub(super) async fn run(session: &mut Session, dropped: &Dropped) -> Result<Reach, StatementError> {
    session.commit_all().await?;
    check(session, dropped).await?;
    let mut sum = OkSum::default();
    let mut notes = Vec::new();
    for (done, statement) in dropped.statements.iter().enumerate() {
        session.state.warnings.clear();
        match define(session, statement).await {
            Ok(own) => sum.join(&own),
            Err(error) if done == 0 => return Err(error),
            Err(error) => return Err(partly(dropped, done, &error)),
        }
        notes.append(&mut session.state.warnings);
    }
    notes.iter_mut().for_each(|note| note.message = logical(session, dropped, &note.message));
    let named = |message: &str| dropped.tables.iter().position(|table| message.contains(&format!("'{}'", name(table))));
    // In the order of the names, as one MySQL notes them.
    notes.sort_by_key(|note| named(&note.message).unwrap_or(usize::MAX));
    session.state.warnings = notes;
    answer_write(session, &sum, None);
    Ok(Reach::SeveralShards)
}

fn name(table: &TableUse) -> String {
    format!("{}.{}", table.keyspace, table.table)
}

/// A text in which a table has its keyspace's name, where the shard that said it knows the database by another.
fn logical(session: &Session, dropped: &Dropped, text: &str) -> String {
    for table in &dropped.tables {
        let Some(keyspace) = session.snapshot.topology.keyspace(&table.keyspace) else { continue };
        let databases = keyspace.shards.iter().map(|shard| keyspace.physical_database(shard.primary()));
        for database in databases.filter(|database| ***database != *table.keyspace) {
            let written = format!("'{database}.{}'", table.table);
            if text.contains(&written) {
                return text.replace(&written, &format!("'{}'", name(table)));
            }
        }
    }
    text.to_owned()
}

/// Refuse what MySQL refuses before it drops anything.
async fn check(session: &mut Session, dropped: &Dropped) -> Result<(), StatementError> {
    let mut keyspaces: Vec<&str> = dropped.tables.iter().map(|table| &*table.keyspace).collect();
    keyspaces.sort_unstable();
    keyspaces.dedup();
    for keyspace in keyspaces {
        session.worker.shared.control.refresh(keyspace).await?;
    }
    session.begin_statement();
    let schema = &session.snapshot.catalog.schema;
    let kind = |table: &TableUse| schema.table(&table.keyspace, &table.table).map(|live| live.kind);
    let no_view = |table: &&TableUse| kind(table).is_some_and(|kind| kind != TableKind::View);
    if dropped.views
        && !dropped.if_exists
        && let Some(table) = dropped.tables.iter().find(no_view)
    {
        return Err(StatementError::sql(Code::NotAView, format!("'{}' is not VIEW", name(table))));
    }
    let is_there = |table: &TableUse| kind(table).is_some_and(|kind| (kind == TableKind::View) == dropped.views);
    let missing: Vec<String> = dropped.tables.iter().filter(|table| !is_there(table)).map(name).collect();
    if missing.is_empty() || dropped.if_exists {
        return Ok(());
    }
    Err(StatementError::sql(Code::UnknownTables, format!("Unknown table '{}'", missing.join(","))))
}

fn partly(dropped: &Dropped, done: usize, error: &StatementError) -> StatementError {
    let (finished, left) = dropped.statements.split_at(done);
    let message = format!(
        "keyspaces are dropped from one after another: this is done: {}; then it failed: {error}; once the cause is gone, run \
         what is left: {}",
        finished.join("; "),
        left.join("; ")
    );
    StatementError::sql(Code::PartialDdl, message)
}
