//! Find rows by their keys, lock them, and change them on their shards.

use super::changed_lookups::{self, Changed};
use super::ok_sum::OkSum;
use super::rounds::{self, BATCH_BYTES, BATCH_ROWS, ShardTexts};
use super::route::{self, render};
use super::scatter::{self, Whole};
use super::{atomic, evaluate, found, ignored, literal, moves, typed_rows};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, Warning};
use shardgate_router::error::Code;
use shardgate_router::plan::{Change, ChangedPlace, ChangedTable};
use shardgate_vschema::Value;
use shardgate_wire::ColumnType;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The savepoint that a row which IGNORE leaves as it was is undone to.
const SAVEPOINT: &str = "_shardgate_changed_row";

/// Run an UPDATE or DELETE that finds its rows first.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    change: &Change,
) -> Result<Reach, StatementError> {
    if let Some(alone) = &change.alone
        && !change.in_steps
    {
        let (_, shards) = route::shards(session, statement, &alone.keyspace, &alone.target)?;
        if shards.single().is_some() {
            return route::run(session, statement, alone).await;
        }
    }
    let steps = atomic::begin(session).await?;
    let result = work(session, statement, change).await;
    let (mut sum, warnings) = atomic::end(session, steps, result).await?;
    if change.update {
        sum.complete_update();
    }
    scatter::answer_write(session, &sum, None);
    session.state.warnings = warnings;
    Ok(Reach::SeveralShards)
}

async fn work(
    session: &mut Session,
    statement: &Statement<'_>,
    change: &Change,
) -> Result<(OkSum, Vec<Warning>), StatementError> {
    let place = session.any_place()?;
    let text = render(session, statement, &change.find, &place, &[], None)?;
    let mut found = found::rows(session, &text).await?;
    let mut warnings = found::warnings(session, change.ignore)?;
    let values = change.tables.iter().flat_map(|table| &table.sets).filter_map(|set| set.value);
    typed_rows::complete(session, statement, &text, &mut found, values).await?;
    let mut sum = OkSum::default();
    let of_finding = u16::try_from(warnings.len()).unwrap_or(u16::MAX);
    for table in &change.tables {
        check_exact(table, &found)?;
        let keyspace = &KeyspaceRef::find(&session.snapshot, &table.keyspace)?;
        let rows = rows_of(table, &found);
        let work = Changing { change, table, keyspace, found: &found };
        let done = if change.ignore && table.lookups.is_some() {
            row_by_row(session, statement, &work, rows, &mut warnings).await?
        } else {
            change_rows(session, statement, &work, rows, &mut warnings).await?
        };
        sum.join(&done);
    }
    sum.add_warnings(of_finding);
    Ok((sum, warnings))
}

/// Rows of a table that are changed.
struct Changing<'c> {
    change: &'c Change,
    table: &'c ChangedTable,
    keyspace: &'c KeyspaceRef,
    found: &'c Whole,
}

/// Change rows, and the rows of lookup vindexes with them.
async fn change_rows(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Changing<'_>,
    rows: Vec<usize>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let Changing { change, table, keyspace, found } = *work;
    let all = rows.clone();
    let shards = placed(session, statement, table, keyspace, found, rows)?;
    let several = shards.len() > 1;
    let done = match &table.moves {
        Some(moving) => {
            let work = moves::Moving { change, table, moves: moving, keyspace, found };
            moves::run(session, statement, &work, shards, warnings).await?
        }
        None => {
            let mut texts = Vec::with_capacity(shards.len());
            for (shard, rows) in &shards {
                texts.push(texts_of(session, statement, table, keyspace, found, *shard, rows)?);
            }
            let alike = table.place == ChangedPlace::Alike;
            rounds::run(session, statement, keyspace, texts, alike, warnings).await?
        }
    };
    if let Some(lookups) = &table.lookups {
        if change.ignore && done.changed_rows() == 0 {
            return Ok(done);
        }
        let keyspace = (&*table.keyspace, keyspace);
        let changed = Changed { keyspace, table, found, rows: &all, several };
        changed_lookups::follow(session, &changed, lookups).await?;
    }
    Ok(done)
}

/// IGNORE leaves a row as it was if its lookup rows meet others: one row after another is changed, in the order in which they
/// were found.
async fn row_by_row(
    session: &mut Session,
    statement: &Statement<'_>,
    work: &Changing<'_>,
    rows: Vec<usize>,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let mut sum = OkSum::default();
    for number in rows {
        session.savepoint(SAVEPOINT).await?;
        let mut said = Vec::new();
        let done = change_rows(session, statement, work, vec![number], &mut said).await;
        sum.join(&ignored::settle(session, SAVEPOINT, done, work.change.update, &mut said).await?);
        warnings.append(&mut said);
    }
    Ok(sum)
}

/// A FLOAT as text has six digits only.
fn check_exact(table: &ChangedTable, found: &Whole) -> Result<(), StatementError> {
    for at in table.sets.iter().filter_map(|set| set.value) {
        if found.columns.get(at as usize).is_some_and(|column| column.column_type == ColumnType::Float) {
            let message = format!(
                "unsupported: a value of type FLOAT for `{}` that is computed from rows of other shards; CAST it AS DOUBLE",
                table.table
            );
            return Err(StatementError::sql(Code::Unsupported, message));
        }
    }
    Ok(())
}

/// The rows of a table among those found: each once, and none that an outer join filled with NULLs.
fn rows_of(table: &ChangedTable, found: &Whole) -> Vec<usize> {
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for (number, row) in found.rows.iter().enumerate() {
        let key: Option<Vec<&[u8]>> = table.key.iter().map(|column| row.field(column.at)).collect();
        if let Some(key) = key
            && seen.insert(key)
        {
            rows.push(number);
        }
    }
    rows
}

/// Which rows are on which shard.
fn placed(
    session: &Session,
    statement: &Statement<'_>,
    table: &ChangedTable,
    keyspace: &KeyspaceRef,
    found: &Whole,
    rows: Vec<usize>,
) -> Result<BTreeMap<u32, Vec<usize>>, StatementError> {
    let mut shards: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    if rows.is_empty() {
        return Ok(shards);
    }
    match &table.place {
        ChangedPlace::Vindex(placement, columns) => {
            for number in rows {
                let values = values(found, number, columns.iter().copied());
                shards.entry(placement.shard(values, keyspace.ranges())?).or_default().push(number);
            }
        }
        ChangedPlace::Alike => {
            for shard in 0..keyspace.ranges().len() as u32 {
                shards.insert(shard, rows.clone());
            }
        }
        ChangedPlace::Fixed(target) => {
            let (_, set) = route::shards(session, statement, &table.keyspace, target)?;
            for shard in set.indices() {
                shards.insert(*shard, rows.clone());
            }
        }
    }
    Ok(shards)
}

/// Values of a found row.
pub(super) fn values(found: &Whole, number: usize, columns: impl Iterator<Item = u32>) -> Vec<Value<'static>> {
    let row = found.rows.get(number);
    columns
        .map(|at| match (row, found.columns.get(at as usize)) {
            (Some(row), Some(column)) => evaluate::value(row.field(at), column),
            _ => Value::Null,
        })
        .collect()
}

/// Append a field of a found row as a literal.
pub(super) fn write_field(found: &Whole, number: usize, at: u32, out: &mut Vec<u8>) {
    if let Some(document) = found.documents.get(&(number, at)) {
        return out.extend_from_slice(document);
    }
    match (found.rows.get(number), found.columns.get(at as usize)) {
        (Some(row), Some(column)) => literal::write(row.field(at), column, out),
        _ => out.extend_from_slice(b"NULL"),
    }
}

/// The statements that change these rows on their shard. Rows that get equal values share a statement.
pub(super) fn texts_of(
    session: &Session,
    statement: &Statement<'_>,
    table: &ChangedTable,
    keyspace: &KeyspaceRef,
    found: &Whole,
    shard: u32,
    rows: &[usize],
) -> Result<ShardTexts, StatementError> {
    let place = session.shard_place(keyspace, shard as usize)?;
    let head = render(session, statement, &table.head, &place, &[], None)?;
    let tail = match &table.tail {
        Some(tail) => render(session, statement, tail, &place, &[], None)?,
        None => Vec::new(),
    };
    let mut sets = Vec::with_capacity(table.sets.len());
    for set in &table.sets {
        sets.push((render(session, statement, &set.text, &place, &[], None)?, set.value));
    }
    let mut groups: Vec<(Vec<u8>, Vec<usize>)> = Vec::new();
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    for number in rows {
        let mut text = Vec::new();
        for (index, (set, value)) in sets.iter().enumerate() {
            if index > 0 {
                text.extend_from_slice(b", ");
            }
            text.extend_from_slice(set);
            if let Some(at) = value {
                write_field(found, *number, *at, &mut text);
            }
        }
        let group = *known.entry(text.clone()).or_insert_with(|| {
            groups.push((text, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, rows)) = groups.get_mut(group) {
            rows.push(*number);
        }
    }
    let names: Vec<&str> = table.key.iter().map(|column| &*column.name).collect();
    let mut texts = Vec::new();
    for (sets, rows) in groups {
        let key = |number: usize, out: &mut Vec<u8>| {
            for (index, column) in table.key.iter().enumerate() {
                if index > 0 {
                    out.extend_from_slice(b", ");
                }
                write_field(found, number, column.at, out);
            }
        };
        let mut before = head.clone();
        before.extend_from_slice(&sets);
        texts.extend(by_key(&before, &names, &rows, &tail, key).into_iter().map(|text| (text, None)));
    }
    Ok(ShardTexts { shard, texts })
}

/// Statements with `WHERE key IN (...)` between `head` and `tail`, each of a bounded size.
pub(super) fn by_key(
    head: &[u8],
    names: &[&str],
    rows: &[usize],
    tail: &[u8],
    key: impl Fn(usize, &mut Vec<u8>),
) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    let mut rest = rows.iter().peekable();
    let several = names.len() > 1;
    while rest.peek().is_some() {
        let mut text = head.to_vec();
        text.extend_from_slice(if several { b" WHERE (" } else { b" WHERE " });
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                text.extend_from_slice(b", ");
            }
            shardgate_router::literal::write_identifier(name, &mut text);
        }
        text.extend_from_slice(if several { b") IN (" } else { b" IN (" });
        let mut count = 0;
        while count < BATCH_ROWS && text.len() < BATCH_BYTES {
            let Some(number) = rest.next() else { break };
            if count > 0 {
                text.extend_from_slice(b", ");
            }
            if several {
                text.push(b'(');
            }
            key(*number, &mut text);
            if several {
                text.push(b')');
            }
            count += 1;
        }
        text.push(b')');
        text.extend_from_slice(tail);
        texts.push(text);
    }
    texts
}
