//! Move rows whose shard key an UPDATE changes: they are changed where they are, and carried to their new shards.

use super::carry::{self, Carried};
use super::change::{by_key, texts_of, values, write_field};
use super::found;
use super::ignored;
use super::ok_sum::OkSum;
use super::rounds;
use super::scatter::{self, Whole};
use crate::error::{ShardError, StatementError};
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, Warning};
use shardgate_router::error::Code;
use shardgate_router::literal::write_identifier;
use shardgate_router::plan::{Change, ChangedPlace, ChangedTable, MoveOrder, Moves, Placement};
use shardgate_vschema::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What is moved.
#[derive(Clone, Copy)]
pub(super) struct Moving<'m> {
    pub(super) change: &'m Change,
    pub(super) table: &'m ChangedTable,
    pub(super) moves: &'m Moves,
    pub(super) keyspace: &'m KeyspaceRef,
    pub(super) found: &'m Whole,
}

/// Rows of a shard that belong to another one from now on.
struct Leaving {
    shard: u32,
    rows: Vec<usize>,
}

/// The savepoint that a row which IGNORE leaves as it was is undone to.
const SAVEPOINT: &str = "_shardgate_row";

/// Change the rows, and move those that must.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Moving<'_>,
    shards: BTreeMap<u32, Vec<usize>>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    if work.change.ignore && work.keyspace.ranges().len() > 1 {
        return one_by_one(session, statement, work, shards, warnings).await;
    }
    together(session, statement, work, shards, warnings).await
}

/// IGNORE leaves a row as it was if it meets a duplicate: one row after another is changed, in the order in which they were
/// found.
async fn one_by_one(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Moving<'_>,
    shards: BTreeMap<u32, Vec<usize>>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let mut rows: Vec<(usize, u32)> =
        shards.into_iter().flat_map(|(shard, rows)| rows.into_iter().map(move |row| (row, shard))).collect();
    rows.sort_unstable();
    let mut sum = OkSum::default();
    for (number, shard) in rows {
        session.savepoint(SAVEPOINT).await?;
        let mut said = Vec::new();
        let row = BTreeMap::from([(shard, vec![number])]);
        let done = together(session, statement, work, row, &mut said).await;
        sum.join(&ignored::settle(session, SAVEPOINT, done, true, &mut said).await?);
        warnings.append(&mut said);
    }
    Ok(sum)
}

async fn together(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Moving<'_>,
    shards: BTreeMap<u32, Vec<usize>>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let ChangedPlace::Vindex(placement, placed_by) = &work.table.place else {
        return Err(StatementError::sql(Code::Internal, "rows without a vindex can't move"));
    };
    if work.moves.recomputed {
        return recomputed(session, statement, work, placement, shards, warnings).await;
    }
    let mut staying = Vec::new();
    let mut leaving = Vec::new();
    let mut unknown = None;
    for (shard, rows) in shards {
        let mut stay = Vec::new();
        let mut leave = Vec::new();
        for number in rows {
            let columns = work.moves.vindex.iter().zip(placed_by).map(|(new, old)| new.unwrap_or(*old));
            match placement.shard(values(work.found, number, columns), work.keyspace.ranges()) {
                Ok(new) if new != shard => leave.push(number),
                Ok(_) => stay.push(number),
                Err(error) => {
                    unknown.get_or_insert(error);
                    stay.push(number);
                }
            }
        }
        staying.push(Leaving { shard, rows: stay });
        leaving.push(Leaving { shard, rows: leave });
    }
    if unknown.is_none() {
        refuse_met(work, &staying, &leaving)?;
    }
    staying.retain(|part| !part.rows.is_empty());
    leaving.retain(|part| !part.rows.is_empty());
    if let Some(first) = leaving.first() {
        let obstacles = carry::obstacles(session, work.keyspace, &work.table.table, first.shard).await?;
        obstacles.check_triggers(&work.table.table)?;
        refuse_parents(session, work, &obstacles, &leaving).await?;
    }
    let mut sum = change(session, statement, work, &staying, warnings).await?;
    if let Some(error) = unknown {
        // MySQL itself would have refused the value, or taken another.
        return Err(error.into());
    }
    if leaving.is_empty() {
        return Ok(sum);
    }
    // The parents of a row that leaves are on its new shard.
    let before = found::set(session, &[("foreign_key_checks", "0")]);
    let changed = change(session, statement, work, &leaving, warnings).await;
    session.state.settings = before;
    let changed = changed?;
    sum.join(&changed);
    if work.change.ignore && changed.changed_rows() == 0 {
        // Its own shard has left it as it was.
        return Ok(sum);
    }
    let key = work.table.key.iter().map(|column| &*column.name).collect();
    let carried = Carried { table: &work.table.table, key, row: &work.moves.row, placement, keyspace: work.keyspace };
    carry::run(session, statement, &carried, &leaving_keys(work, &leaving)).await?;
    Ok(sum)
}

/// The rows of foreign keys that refer to a row that leaves would stay behind.
async fn refuse_parents(
    session: &mut Session,
    work: &Moving<'_>,
    obstacles: &carry::Obstacles,
    leaving: &[Leaving],
) -> Result<(), StatementError> {
    let column = |name: &str| work.table.key.iter().find(|column| column.name.eq_ignore_ascii_case(name));
    for child in &obstacles.children {
        if child.parent_columns.iter().any(|name| column(name).is_none()) {
            return obstacles.check(&work.table.table);
        }
        let value = |number: usize, name: &str, out: &mut Vec<u8>| match column(name) {
            Some(column) => write_field(work.found, number, column.at, out),
            None => out.extend_from_slice(b"NULL"),
        };
        for part in leaving {
            let rows = (part.shard, part.rows.as_slice());
            child.check(session, work.keyspace, &work.table.table, rows, value).await?;
        }
    }
    Ok(())
}

/// MySQL changes one row after another: a new key that another row still has at that time is a duplicate, although that
/// row would have moved out of its way later. On one shard its own MySQL sees to that.
fn refuse_met(work: &Moving<'_>, staying: &[Leaving], leaving: &[Leaving]) -> Result<(), StatementError> {
    let key = |number: usize, columns: &mut dyn Iterator<Item = u32>| -> Option<Vec<i128>> {
        columns.map(|at| number_of(work.found, number, at)).collect()
    };
    let old = |number: usize| key(number, &mut work.table.key.iter().map(|column| column.at));
    let new = |number: usize| {
        let columns = work.table.key.iter().zip(&work.moves.key);
        key(number, &mut columns.map(|(column, new)| new.unwrap_or(column.at)))
    };
    let mut rows: Vec<(Vec<i128>, usize)> = Vec::new();
    for number in staying.iter().chain(leaving).flat_map(|part| &part.rows) {
        let Some(old) = old(*number) else { return Ok(()) };
        rows.push((old, *number));
    }
    match work.moves.order {
        MoveOrder::Open => return Ok(()),
        MoveOrder::Key => rows.sort(),
        MoveOrder::Found => rows.sort_by_key(|(_, number)| *number),
    }
    let places: HashMap<&[i128], usize> = rows.iter().enumerate().map(|(at, (old, _))| (old.as_slice(), at)).collect();
    for (at, (_, number)) in rows.iter().enumerate() {
        let Some(new) = new(*number) else { return Ok(()) };
        if places.get(new.as_slice()).is_some_and(|met| *met > at) {
            let shown: Vec<String> = new.iter().map(i128::to_string).collect();
            let message =
                format!("Duplicate entry '{}' for key '{}.{}'", shown.join("-"), work.table.table, work.moves.key_name);
            return Err(StatementError::Shard(Box::new(ShardError {
                errno: 1062,
                sqlstate: *b"23000",
                message: message.into_bytes(),
                origin: Arc::from("the rows that were found"),
            })));
        }
    }
    Ok(())
}

/// An integer of a found row.
fn number_of(found: &Whole, number: usize, at: u32) -> Option<i128> {
    match values(found, number, std::iter::once(at)).pop()? {
        Value::Int(value) => Some(value.into()),
        Value::UInt(value) => Some(value.into()),
        _ => None,
    }
}

/// Change rows whose shard key is computed from what changes: where they belong is seen when they have been changed.
async fn recomputed(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Moving<'_>,
    placement: &Placement,
    shards: BTreeMap<u32, Vec<usize>>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let table = &work.table.table;
    let parts: Vec<Leaving> = shards.into_iter().map(|(shard, rows)| Leaving { shard, rows }).collect();
    let Some(first) = parts.first() else { return Ok(OkSum::default()) };
    let obstacles = carry::obstacles(session, work.keyspace, table, first.shard).await?;
    if obstacles.child {
        return Err(carry::refused(table, "the table has foreign keys"));
    }
    let sum = change(session, statement, work, &parts, warnings).await?;
    let key: Vec<&str> = work.table.key.iter().map(|column| &*column.name).collect();
    let mut select = b"SELECT ".to_vec();
    for name in key.iter().copied().chain(placement.columns.iter().map(|column| &*column.name)) {
        if select.len() > b"SELECT ".len() {
            select.extend_from_slice(b", ");
        }
        write_identifier(name, &mut select);
    }
    select.extend_from_slice(b" FROM ");
    write_identifier(table, &mut select);
    let width = key.len() as u32;
    let mut leaving = Vec::new();
    let before = found::set(session, &[("character_set_results", "'utf8mb4'")]);
    let read = async {
        for part in leaving_keys(work, &parts) {
            let all: Vec<usize> = (0..part.keys.len()).collect();
            let write = |number: usize, out: &mut Vec<u8>| {
                out.extend_from_slice(part.keys.get(number).map_or(b"NULL".as_slice(), Vec::as_slice));
            };
            let mut keys = Vec::new();
            for text in by_key(&select, &key, &all, b" FOR UPDATE", write) {
                let place = session.shard_place(work.keyspace, part.shard as usize)?;
                let whole = scatter::run_text(session, place, &text).await?;
                for number in 0..whole.rows.len() {
                    let columns = width..width + placement.columns.len() as u32;
                    if placement.shard(values(&whole, number, columns), work.keyspace.ranges())? == part.shard {
                        continue;
                    }
                    let mut text = Vec::new();
                    for at in 0..width {
                        text.extend_from_slice(if at > 0 { b", " } else { b"" });
                        write_field(&whole, number, at, &mut text);
                    }
                    keys.push(text);
                }
            }
            leaving.push(carry::Leaving { shard: part.shard, keys });
        }
        Ok::<(), StatementError>(())
    };
    let read = read.await;
    session.state.settings = before;
    read?;
    leaving.retain(|part| !part.keys.is_empty());
    if leaving.is_empty() {
        return Ok(sum);
    }
    obstacles.check(table)?;
    let carried = Carried { table, key, row: &work.moves.row, placement, keyspace: work.keyspace };
    carry::run(session, statement, &carried, &leaving).await?;
    Ok(sum)
}

/// Change rows where they are.
async fn change(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Moving<'_>,
    parts: &[Leaving],
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        texts.push(texts_of(session, statement, work.table, work.keyspace, work.found, part.shard, &part.rows)?);
    }
    rounds::run(session, statement, work.keyspace, texts, false, warnings).await
}

/// The rows that leave, by the keys that they have now.
fn leaving_keys(work: &Moving<'_>, parts: &[Leaving]) -> Vec<carry::Leaving> {
    let key = |number: usize| {
        let mut text = Vec::new();
        for (index, (column, new)) in work.table.key.iter().zip(&work.moves.key).enumerate() {
            if index > 0 {
                text.extend_from_slice(b", ");
            }
            write_field(work.found, number, new.unwrap_or(column.at), &mut text);
        }
        text
    };
    let leaving = |part: &Leaving| carry::Leaving {
        shard: part.shard,
        keys: part.rows.iter().map(|number| key(*number)).collect(),
    };
    parts.iter().map(leaving).collect()
}
