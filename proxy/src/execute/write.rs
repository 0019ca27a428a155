//! One write on several shards at once.

use super::head;
use super::ok_sum::OkSum;
use super::route::lease;
use super::row_numbers;
use super::shard_rows::failed;
use crate::backend::{Head, OkSummary};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{Lease, Place, Session, Warning};
use shardgate_router::error::Code;
use shardgate_wire::StatusFlags;
use tokio::time::Instant;

/// The savepoint that a write on several shards is undone to, if it fails on one of them inside a transaction.
const SAVEPOINT: &str = "`_shardgate_statement`";

/// Errors of a row that IGNORE makes warnings of, with the row left out: duplicates, foreign keys, partitions, CHECKs.
pub(super) fn is_ignored(errno: u16) -> bool {
    matches!(errno, 1062 | 1451 | 1452 | 1526 | 1586 | 1748 | CHECK_VIOLATED)
}

/// What IGNORE makes a warning of, where a row violates a CHECK constraint.
const CHECK_VIOLATED: u16 = 3819;
/// The same for a view's CHECK OPTION.
const VIEW_CHECK_FAILED: u16 = 1369;

/// Whether the row that IGNORE leaves out with this warning doesn't count as a record.
fn is_no_record(errno: u16) -> bool {
    matches!(errno, CHECK_VIOLATED | VIEW_CHECK_FAILED)
}

/// Whether MySQL gives a warning when it parses, once for a statement: of syntax that is deprecated (VALUES(), the character
/// set utf8, NATIONAL, collations of utf8mb3) or without effect (DELAYED).
pub(super) fn is_of_parsing(code: u16) -> bool {
    matches!(code, 1287 | 1681 | 3005 | 3719 | 3720 | 3778)
}

/// What one shard gets.
pub(super) struct Part {
    /// The shard.
    pub(super) place: Place,
    /// The text.
    pub(super) text: Vec<u8>,
    /// The rows that it inserts, where the statement inserts several.
    pub(super) rows: Option<InsertedRows>,
    /// Every shard does the same to its copy of the rows, which count once.
    pub(super) alike: bool,
    /// What the text says has been parsed before, by another part of the same statement.
    pub(super) repeats: bool,
}

/// Rows of an INSERT that one shard gets.
#[derive(Debug, Clone)]
pub(super) struct InsertedRows {
    /// Which rows of the statement, counted from 0.
    pub(super) numbers: Vec<usize>,
    /// INSERT IGNORE.
    pub(super) ignore: bool,
}

/// Send the texts to their shards, wait for all, and add up what they answer. With `savepoint` what has succeeded is
/// undone if one fails, as MySQL undoes a statement that fails.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    parts: Vec<Part>,
    savepoint: bool,
) -> Result<OkSum, StatementError> {
    let deadline = head::deadline(session);
    let savepoint = savepoint && (session.transaction.open || !session.state.autocommit());
    let mut sent: Vec<(Lease, Option<InsertedRows>, bool, bool)> = Vec::with_capacity(parts.len());
    let mut failure = None;
    for Part { place, text, rows, alike, repeats } in parts {
        match send(session, statement, place, &text, savepoint).await {
            Ok(lease) => sent.push((lease, rows, alike, repeats)),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let mut sum = OkSum::default();
    let mut warnings = Vec::new();
    let mut done: Vec<Lease> = Vec::with_capacity(sent.len());
    for (index, (lease, rows, alike, repeats)) in sent.into_iter().enumerate() {
        let before = warnings.len();
        let (lease, mut answer) = answer(session, statement, lease, deadline, &mut warnings).await;
        done.extend(lease);
        if let Some(rows) = &rows {
            let said = warnings.get_mut(before..).unwrap_or_default();
            said.iter_mut().for_each(|warning| row_numbers::of_statement(&mut warning.message, &rows.numbers));
            if let Err(StatementError::Shard(error)) = &mut answer {
                let mut message = String::from_utf8_lossy(&error.message).into_owned();
                row_numbers::of_statement(&mut message, &rows.numbers);
                error.message = message.into_bytes();
            }
        }
        // A prepared statement has been warned of when it was prepared.
        let mut dropped = 0;
        if answer.is_ok() && (statement.binary || repeats || index > 0) {
            let said = warnings.split_off(before);
            let count = said.len();
            warnings.extend(said.into_iter().filter(|warning| !is_of_parsing(warning.code)));
            dropped = before + count - warnings.len();
        }
        match (answer, rows) {
            (Ok(ok), Some(rows)) => {
                // A row that IGNORE leaves out for a CHECK isn't a record.
                let said = warnings.get(before..).unwrap_or_default();
                let unchecked = said.iter().filter(|warning| is_no_record(warning.code)).count();
                let count = rows.numbers.len().saturating_sub(unchecked) as u64;
                match alike {
                    true => sum.add_alike(&ok, Some((count, rows.ignore))),
                    false => sum.add_rows(&ok, count, rows.ignore),
                }
            }
            (Ok(ok), None) if alike => sum.add_alike(&ok, None),
            (Ok(ok), None) => sum.add(&ok),
            (Err(error), _) => {
                tracing::debug!(%error, "a write failed on one of its shards");
                failure = failure.or(Some(error));
            }
        }
        sum.remove_warnings(u16::try_from(dropped).unwrap_or(u16::MAX));
    }
    for mut lease in done {
        if failure.is_some() && savepoint && lease.in_transaction {
            let undo = format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}");
            if lease.backend.run(undo.as_bytes()).await.is_err() {
                lease.backend.broken = true;
                session.ending = true;
            }
        }
        session.connections.put_back(lease).await;
    }
    if session.ending && savepoint {
        session.roll_back_others().await;
    }
    session.state.warnings = warnings;
    match failure {
        None => Ok(sum),
        Some(error) => Err(error),
    }
}

/// Wait for a shard's answer to its part of a write, and take its warnings. The connection, where it can still be used.
pub(super) async fn answer(
    session: &mut Session,
    statement: &Statement<'_>,
    mut lease: Lease,
    deadline: Option<Instant>,
    warnings: &mut Vec<Warning>,
) -> (Option<Lease>, Result<OkSummary, StatementError>) {
    if let Some(lost) = session.lost_in_transaction(&lease) {
        return (None, Err(lost));
    }
    match head::read_head(session, &mut lease, deadline).await {
        Ok(Head::Ok(ok)) => {
            lease.in_transaction = StatusFlags(ok.status).contains(StatusFlags::IN_TRANS);
            let after = session.after_statement(&statement.plan.effects, &mut lease, ok.warnings).await;
            if ok.warnings > 0 {
                warnings.append(&mut session.state.warnings);
            }
            (Some(lease), after.map(|()| ok))
        }
        Ok(Head::Rows(_)) => {
            lease.backend.broken = true;
            (None, Err(StatementError::sql(Code::Internal, "a shard answered a write with rows")))
        }
        Err(error) => (None, Err(failed(session, statement.plan.class, lease, error).await)),
    }
}

/// Send a text, behind the savepoint if there is to be one.
async fn send(
    session: &mut Session,
    statement: &Statement<'_>,
    place: Place,
    text: &[u8],
    savepoint: bool,
) -> Result<Lease, StatementError> {
    let mut lease = lease(session, statement, place).await?;
    if savepoint && let Err(error) = lease.backend.run(format!("SAVEPOINT {SAVEPOINT}").as_bytes()).await {
        return Err(failed(session, statement.plan.class, lease, error).await);
    }
    lease.backend.queue_query(text);
    match lease.backend.flush().await {
        Ok(()) => Ok(lease),
        Err(error) => Err(failed(session, statement.plan.class, lease, error).await),
    }
}
