//! INSERT ... ON DUPLICATE KEY UPDATE that changes the shard key: row by row, in their order. A row that is updated is
//! carried to its new shard.

use super::carry::{self, Carried, Leaving};
use super::change::write_field;
use super::evaluate;
use super::found;
use super::ok_sum::OkSum;
use super::scatter;
use super::write::{self, InsertedRows, Part};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, Warning};
use shardgate_router::error::Code;
use shardgate_router::plan::Rekey;
use shardgate_vschema::Value;
use shardgate_wire::Capabilities;

/// What MySQL says once for each user variable that a statement assigns.
const ASSIGNED: &str = "Setting user variables within expressions";

/// A row that is undone alone.
const SAVEPOINT: &str = "_shardgate_row";

/// What is inserted.
pub(super) struct Rekeyed<'r> {
    pub(super) table: &'r str,
    pub(super) rekey: &'r Rekey,
    pub(super) keyspace: &'r KeyspaceRef,
    /// INSERT IGNORE.
    pub(super) ignore: bool,
    /// The answer has a text with counts: the statement has several rows.
    pub(super) counted: bool,
}

/// A row that is inserted.
pub(super) struct RekeyedRow {
    /// Which row of the statement it is, counted from 0.
    pub(super) number: usize,
    /// Its shard.
    pub(super) shard: u32,
    /// The statement that inserts it alone.
    pub(super) text: Vec<u8>,
}

/// Insert the rows.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Rekeyed<'_>,
    rows: Vec<RekeyedRow>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let mut sum = OkSum::default();
    let Some(first) = rows.first() else { return Ok(sum) };
    let obstacles = obstacles(session, work, first.shard).await?;
    for RekeyedRow { number, shard, mut text } in rows {
        text.extend_from_slice(work.rekey.keep.as_bytes());
        if work.ignore {
            session.savepoint(SAVEPOINT).await?;
        }
        let place = session.shard_place(work.keyspace, shard as usize)?;
        let counted = work.counted.then(|| InsertedRows { numbers: vec![number], ignore: work.ignore });
        let repeats = warnings.iter().any(|warning| write::is_of_parsing(warning.code));
        let parts = vec![Part { place, text, rows: counted, alike: false, repeats }];
        let mut done = write::run(session, statement, parts, false).await?;
        let own = without_own(work.rekey, &mut done, std::mem::take(&mut session.state.warnings));
        // Two: a row was updated, and is another than before.
        let moved = if done.affected_rows() > 1 {
            carry_row(session, statement, work, &obstacles, shard).await.map(drop)
        } else {
            Ok(())
        };
        match moved {
            Ok(()) => {
                warnings.extend(own);
                sum.join(&done);
            }
            Err(StatementError::Shard(error)) if work.ignore && write::is_ignored(error.errno) => {
                session.roll_back_to(SAVEPOINT).await?;
                // What MySQL warned of before stays said.
                let touched = session.client.capabilities.contains(Capabilities::FOUND_ROWS);
                let mut left_out = OkSum::left_out(work.counted, touched);
                left_out.add_warnings(u16::try_from(own.len()).unwrap_or(u16::MAX));
                warnings.extend(own);
                warnings.push(Warning::of_error(&error));
                sum.join(&left_out);
            }
            Err(error) => return Err(error),
        }
        if work.ignore && session.transaction.savepoints.iter().any(|name| **name == *SAVEPOINT) {
            session.release_savepoint(SAVEPOINT).await?;
        }
    }
    Ok(sum)
}

/// What is in the way of rows that move.
pub(super) async fn obstacles(
    session: &mut Session,
    work: &Rekeyed<'_>,
    shard: u32,
) -> Result<carry::Obstacles, StatementError> {
    let obstacles = carry::obstacles(session, work.keyspace, work.table, shard).await?;
    if obstacles.child {
        // An updated row's parents are on its new shard, an inserted one's are here.
        return Err(carry::refused(work.table, "the table has foreign keys"));
    }
    Ok(obstacles)
}

/// The warnings of a row without those that the proxy's own assignments cause.
pub(super) fn without_own(rekey: &Rekey, done: &mut OkSum, warnings: Vec<Warning>) -> Vec<Warning> {
    let mut own = rekey.kept.len();
    let kept: Vec<Warning> = warnings
        .into_iter()
        .filter(|warning| {
            let drop = own > 0 && write::is_of_parsing(warning.code) && warning.message.starts_with(ASSIGNED);
            own -= usize::from(drop);
            !drop
        })
        .collect();
    done.remove_warnings((rekey.kept.len() - own) as u16);
    kept
}

/// Carry the row that was updated on this shard, if it belongs to another one now. The literals of its key are returned.
pub(super) async fn carry_row(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Rekeyed<'_>,
    obstacles: &carry::Obstacles,
    shard: u32,
) -> Result<Vec<u8>, StatementError> {
    let rekey = work.rekey;
    let variables: Vec<String> = (0..rekey.kept.len()).map(Rekey::variable).collect();
    let query = format!("SELECT {}", variables.join(", "));
    let place = session.shard_place(work.keyspace, shard as usize)?;
    let before = found::set(session, &[("character_set_results", "'utf8mb4'")]);
    let read = scatter::run_text(session, place, query.as_bytes()).await;
    session.state.settings = before;
    let read = read?;
    let field = |at: u32| {
        let (row, column) = (read.rows.first()?, read.columns.get(at as usize)?);
        Some(evaluate::value(row.field(at), column))
    };
    let values: Option<Vec<Value<'static>>> = rekey.placed_by.iter().map(|at| field(*at)).collect();
    let values = values.ok_or_else(|| StatementError::sql(Code::Internal, "a row's new shard key wasn't kept"))?;
    let mut key = Vec::new();
    for at in 0..rekey.key {
        if at > 0 {
            key.extend_from_slice(b", ");
        }
        write_field(&read, 0, at, &mut key);
    }
    if rekey.placement.shard(values, work.keyspace.ranges())? == shard {
        return Ok(key);
    }
    obstacles.check(work.table)?;
    let names = rekey.kept.iter().take(rekey.key as usize).map(|name| &**name).collect();
    let carried = Carried {
        table: work.table,
        key: names,
        row: &rekey.row,
        placement: &rekey.placement,
        keyspace: work.keyspace,
    };
    carry::run(session, statement, &carried, &[Leaving { shard, keys: vec![key.clone()] }]).await?;
    Ok(key)
}
