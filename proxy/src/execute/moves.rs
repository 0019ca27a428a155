//! Move rows whose shard key an UPDATE changes: they are changed where they are, read back as MySQL has stored them,
//! inserted on their new shards, and deleted on the old ones.

use super::change::{by_key, texts_of, values, write_field};
use super::insert_rows::rows_text;
use super::ok_sum::OkSum;
use super::rounds::{self, ShardTexts};
use super::scatter::{self, Whole};
use super::{evaluate, found};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Place, Session, Warning};
use shardgate_router::error::Code;
use shardgate_router::literal::write_identifier;
use shardgate_router::plan::{Change, ChangedPlace, ChangedTable, Moves, Placement};
use std::collections::BTreeMap;

/// Settings under which a stored row is read and stored again exactly as it is.
const EXACTLY: [(&str, &str); 3] = [
    ("character_set_results", "'utf8mb4'"),
    ("sql_mode", "'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'"),
    ("time_zone", "'+00:00'"),
];

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

/// Change the rows, and move those that must.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Moving<'_>,
    shards: BTreeMap<u32, Vec<usize>>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let ChangedPlace::Vindex(placement, placed_by) = &work.table.place else {
        return Err(StatementError::sql(Code::Internal, "rows without a vindex can't move"));
    };
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
    staying.retain(|part| !part.rows.is_empty());
    leaving.retain(|part| !part.rows.is_empty());
    if let Some(first) = leaving.first() {
        check(session, work, first.shard).await?;
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
    sum.join(&changed?);
    let before = found::set(session, &EXACTLY);
    let moved = carry(session, statement, work, placement, &leaving).await;
    session.state.settings = before;
    moved?;
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

/// Refuse to move rows where a move would do more than the client's UPDATE: fire triggers, or reach other rows.
async fn check(session: &mut Session, work: &Moving<'_>, shard: u32) -> Result<(), StatementError> {
    let refused = |reason: &str| {
        let message = format!(
            "unsupported: the UPDATE changes the shard key of rows of `{}`, which would move them to another shard, and {reason}",
            work.table.table
        );
        Err(StatementError::sql(Code::Unsupported, message))
    };
    if work.change.ignore {
        return refused("IGNORE would leave rows out that it finds there");
    }
    let mut name = Vec::new();
    shardgate_router::literal::write_string(work.table.table.as_bytes(), session.state.mode.lex, &mut name);
    let name = String::from_utf8_lossy(&name).into_owned();
    let query = format!(
        "SELECT (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND \
         EVENT_OBJECT_TABLE = {name}), (SELECT COUNT(*) FROM information_schema.KEY_COLUMN_USAGE WHERE \
         REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = {name}), @@foreign_key_checks"
    );
    let place = place(session, work.keyspace, shard)?;
    let facts = scatter::run_text(session, place, query.as_bytes()).await?;
    let fact = |at| facts.rows.first().and_then(|row| row.field(at)).is_some_and(|text| text != b"0");
    if fact(0) {
        return refused("the table has triggers, which a move would fire; delete and insert the rows");
    }
    if fact(1) && fact(2) {
        return refused("a foreign key refers to the table, whose rows would stay behind; move those first");
    }
    Ok(())
}

fn place(session: &Session, keyspace: &KeyspaceRef, shard: u32) -> Result<Place, StatementError> {
    keyspace.place(shard as usize, session.state.target.tablet, session.worker.next_turn())
}

/// Read the changed rows back, insert them on their new shards, and delete them on the old ones.
async fn carry(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Moving<'_>,
    placement: &Placement,
    leaving: &[Leaving],
) -> Result<(), StatementError> {
    let mut table = Vec::new();
    write_identifier(&work.table.table, &mut table);
    let names: Vec<&str> = work.table.key.iter().map(|column| &*column.name).collect();
    let new_key = |number: usize, out: &mut Vec<u8>| {
        for (index, (column, new)) in work.table.key.iter().zip(&work.moves.key).enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            write_field(work.found, number, new.unwrap_or(column.at), out);
        }
    };
    let mut arriving: BTreeMap<u32, Vec<Whole>> = BTreeMap::new();
    let mut deletes = Vec::new();
    let mut select = b"SELECT ".to_vec();
    let mut insert = b"INSERT INTO ".to_vec();
    insert.extend_from_slice(&table);
    for (index, column) in work.moves.columns.iter().enumerate() {
        select.extend_from_slice(if index > 0 { b", " } else { b"" });
        select.extend_from_slice(column.read.as_bytes());
        insert.extend_from_slice(if index > 0 { b", " } else { b" (" });
        write_identifier(&column.name, &mut insert);
    }
    select.extend_from_slice(b" FROM ");
    select.extend_from_slice(&table);
    insert.extend_from_slice(b") VALUES ");
    let mut delete = b"DELETE FROM ".to_vec();
    delete.extend_from_slice(&table);
    for part in leaving {
        let mut read = 0;
        for text in by_key(&select, &names, &part.rows, b" FOR UPDATE", new_key) {
            let place = place(session, work.keyspace, part.shard)?;
            let whole = scatter::run_text(session, place, &text).await?;
            read += whole.rows.len();
            let mut by_shard: BTreeMap<u32, Whole> = BTreeMap::new();
            for row in whole.rows {
                let values = work.moves.placed_by.iter().map(|at| {
                    let column = whole.columns.get(*at as usize);
                    column.map_or(shardgate_vschema::Value::Null, |column| evaluate::value(row.field(*at), column))
                });
                let shard = placement.shard(values.collect(), work.keyspace.ranges())?;
                let columns = &whole.columns;
                by_shard
                    .entry(shard)
                    .or_insert_with(|| Whole { columns: columns.clone(), rows: Vec::new() })
                    .rows
                    .push(row);
            }
            if by_shard.contains_key(&part.shard) {
                return Err(not_found(work));
            }
            for (shard, rows) in by_shard {
                arriving.entry(shard).or_default().push(rows);
            }
        }
        if read != part.rows.len() {
            return Err(not_found(work));
        }
        let texts = by_key(&delete, &names, &part.rows, b"", new_key).into_iter().map(|text| (text, None)).collect();
        deletes.push(ShardTexts { shard: part.shard, texts });
    }
    let mut inserts = Vec::new();
    for (shard, batches) in arriving {
        let mut texts = Vec::new();
        for batch in &batches {
            let all: Vec<usize> = (0..batch.rows.len()).collect();
            texts.extend(rows_text(&insert, b"", batch, &all, None, false));
        }
        inserts.push(ShardTexts { shard, texts });
    }
    let mut unsaid = Vec::new();
    rounds::run(session, statement, work.keyspace, inserts, false, &mut unsaid).await?;
    rounds::run(session, statement, work.keyspace, deletes, false, &mut unsaid).await?;
    Ok(())
}

fn not_found(work: &Moving<'_>) -> StatementError {
    let message = format!(
        "unsupported: the rows of `{}` that move to another shard are not found by the values that their key was given; \
         assign values of the columns' own types",
        work.table.table
    );
    StatementError::sql(Code::Unsupported, message)
}
