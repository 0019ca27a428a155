//! Load a client's file into a temporary table first, and insert its rows from there: where the file itself doesn't tell the
//! shards of its rows. MySQL reads the file and computes what the statement says, once; the rows are inserted by statements as
//! a client would send them, with all that belongs to those.

use super::gather::definition::temporary_like;
use super::head;
use super::insert;
use super::insert_rows::RowsText;
use super::local_file::{self, AskedFile};
use super::ok_sum::OkSum;
use super::route::render;
use super::rows::Row;
use super::scatter::{self, Whole};
use super::write;
use super::{atomic, copies, found};
use crate::backend::BackendError;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Lease, Needs, Session, TabletType, Warning};
use shardgate_router::error::Code;
use shardgate_router::literal::write_identifier;
use shardgate_router::plan::{Operator, StagedLoad};
use std::sync::Arc;

/// Settings under which stored rows are read exactly as they are.
const READING: &[u8] = b"SET time_zone = '+00:00', character_set_results = utf8mb4";

/// Settings under which they are stored again.
const STORING: [(&str, &str); 3] = [
    ("character_set_results", "'utf8mb4'"),
    ("sql_mode", "'STRICT_TRANS_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'"),
    ("time_zone", "'+00:00'"),
];

/// What was loaded into the temporary table.
struct Staged {
    rows: Whole,
    sum: OkSum,
    warnings: Vec<Warning>,
}

/// Run a LOAD DATA LOCAL or LOAD XML LOCAL.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    load: &StagedLoad,
) -> Result<Reach, StatementError> {
    local_file::check(session)?;
    let keyspace = KeyspaceRef::find(&session.snapshot, &load.keyspace)?;
    let Staged { rows, sum: loaded, mut warnings } = stage(session, statement, load, &keyspace).await?;
    let steps = atomic::begin(session).await?;
    let before = found::set(session, &STORING);
    let result = store(session, load, &rows, &mut warnings).await;
    session.state.settings = before;
    let (stored, first_generated) = atomic::end(session, steps, result).await?;
    let count = rows.rows.len() as u64;
    let sum = loaded.stored(&stored, count, load.replace, warnings.len());
    scatter::answer_write(session, &sum, first_generated);
    session.state.warnings = warnings;
    Ok(Reach::SeveralShards)
}

/// Load the file, on a connection of its own that is reset afterwards.
async fn stage(
    session: &mut Session,
    statement: &Statement<'_>,
    load: &StagedLoad,
    keyspace: &KeyspaceRef,
) -> Result<Staged, StatementError> {
    let place = keyspace.place(0, TabletType::Primary, 0)?;
    let text = render(session, statement, &load.sql, &place, &[], None)?;
    let needs = Needs { variables: &statement.plan.effects.reads_variables, transaction: false };
    let settings = Arc::clone(&session.state.settings);
    let mut lease = session.connections.apart(&session.worker.pools, place, session.profile, &settings).await?;
    lease.backend.tainted = true;
    let opened = match lease.prepare(&session.state, &session.transaction, needs).await {
        Ok(()) => open(&mut lease, load, &text).await,
        Err(error) => Err(error),
    };
    if let Err(error) = opened {
        session.connections.put_back(lease).await;
        return Err(error);
    }
    let sent = send(session, &mut lease, load).await;
    let deadline = head::deadline(session);
    let mut warnings = Vec::new();
    let (lease, answer) = write::answer(session, statement, lease, deadline, &mut warnings).await;
    let Some(mut lease) = lease else { return Err(sent.err().or(answer.err()).unwrap_or_else(lost)) };
    let result = match (sent, answer) {
        (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        (Ok(()), Ok(ok)) => read(session, &mut lease, load).await.map(|rows| (rows, ok)),
    };
    // It has its own autocommit transactions only, and no other statement gets it before it is reset.
    lease.in_transaction = false;
    session.connections.put_back(lease).await;
    let (rows, ok) = result?;
    let mut sum = OkSum::default();
    sum.add(&ok);
    Ok(Staged { rows, sum, warnings })
}

/// Make the temporary table, which hides the written one on its connection, and begin the statement.
async fn open(lease: &mut Lease, load: &StagedLoad, text: &[u8]) -> Result<(), StatementError> {
    let create = temporary_like(lease, &load.table, &load.table).await?;
    if let Err(error) = lease.backend.run(create.as_bytes()).await {
        return Err(failed(lease, &error));
    }
    local_file::request(&mut lease.backend, text).await.map_err(|error| failed(lease, &error))
}

fn failed(lease: &mut Lease, error: &BackendError) -> StatementError {
    if !matches!(error, BackendError::Answered(_)) {
        lease.backend.broken = true;
    }
    lease.failed(error)
}

fn lost() -> StatementError {
    StatementError::sql(Code::ConnectionLost, "the connection on which a file was loaded is gone; nothing was inserted")
}

/// Send the client's file. After an error the rest of it is read and thrown away: the client takes an answer only then.
async fn send(session: &mut Session, lease: &mut Lease, load: &StagedLoad) -> Result<(), StatementError> {
    let mut file = AskedFile::ask(session, &load.file).await?;
    let mut result = Ok(());
    while file.advance(session, &mut result).await? {
        if result.is_ok() {
            lease.backend.queue_file_part(file.part());
            if let Err(error) = lease.backend.flush().await {
                result = Err(failed(lease, &error));
            }
        }
    }
    lease.backend.queue_file_end();
    if let Err(error) = lease.backend.flush().await {
        result = result.and(Err(failed(lease, &error)));
    }
    result
}

/// The rows of the temporary table.
async fn read(session: &Session, lease: &mut Lease, load: &StagedLoad) -> Result<Whole, StatementError> {
    let limits = &session.snapshot.config.limits;
    let mut select = copies::select(&load.table, &load.columns);
    select.extend_from_slice(format!(" LIMIT {}", limits.max_gathered_rows.saturating_add(1)).as_bytes());
    lease.backend.run(READING).await.map_err(|error| failed(lease, &error))?;
    let (columns, rows) = lease.backend.query(&select, Row::clone).await.map_err(|error| failed(lease, &error))?;
    let mut whole = Whole::new(columns, rows);
    let bytes: usize = whole.rows.iter().map(|row| row.bytes.len()).sum();
    if whole.rows.len() as u64 > limits.max_gathered_rows || bytes as u64 > limits.max_gathered_bytes {
        let message = format!(
            "the file has more rows than limits.max_gathered_rows ({}) and max_gathered_bytes ({}) allow, and they don't go to \
             their shards at once: {}; load fewer rows at once, or raise the limit",
            limits.max_gathered_rows, limits.max_gathered_bytes, load.reason
        );
        return Err(StatementError::sql(Code::TooManyRows, message));
    }
    copies::complete(&load.table, &load.columns, &mut whole)?;
    Ok(whole)
}

/// Insert the rows: what it came to, and the first number that the sequence gave.
async fn store(
    session: &mut Session,
    load: &StagedLoad,
    rows: &Whole,
    warnings: &mut Vec<Warning>,
) -> Result<(OkSum, Option<u64>), StatementError> {
    let mut prefix = if load.replace { b"REPLACE INTO ".to_vec() } else { b"INSERT IGNORE INTO ".to_vec() };
    write_identifier(&load.keyspace, &mut prefix);
    prefix.push(b'.');
    write_identifier(&load.table, &mut prefix);
    for (index, column) in load.columns.iter().enumerate() {
        prefix.extend_from_slice(if index > 0 { b", " } else { b" (" });
        write_identifier(&column.name, &mut prefix);
    }
    prefix.extend_from_slice(b") VALUES ");
    let writer = RowsText {
        prefix: &prefix,
        found: rows,
        columns: load.columns.len(),
        generated: None,
        behind: &[],
        ignore: !load.replace,
    };
    let all: Vec<usize> = (0..rows.rows.len()).collect();
    let (mut sum, mut first) = (OkSum::default(), None);
    for (text, _) in writer.of(&all, b"") {
        let fingerprint = session.scanned(&text, "rows of a file")?;
        let plan = session.plan(&text, &fingerprint, false)?;
        let statement = Statement::of_text(session, &text, &fingerprint, plan);
        let Operator::Insert(insert) = &statement.plan.root else {
            return Err(StatementError::sql(Code::Internal, "rows of a file aren't inserted by an INSERT of rows"));
        };
        let inserted = insert::rows(session, &statement, insert).await?;
        // What was said of values was said when they were loaded.
        let said = std::mem::take(&mut session.state.warnings);
        warnings.extend(said.into_iter().filter(|warning| write::is_ignored(warning.code)));
        sum.join(&inserted.sum);
        first = first.or(inserted.first_generated);
    }
    Ok((sum, first))
}
