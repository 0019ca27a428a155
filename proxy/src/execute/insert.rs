//! Insert rows, each on its shard.

use super::lookup_rows::{self, LookupRow, Owner};
use super::ok_sum::OkSum;
use super::rekey::{self, Rekeyed, RekeyedRow};
use super::route::{self, render};
use super::scatter;
use super::view::{PlaceDatabases, SessionView};
use super::write::{self, InsertedRows};
use super::{atomic, evaluate, found, insert_one_by_one, row_numbers, trial};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Place, Session, TabletType};
use shardgate_router::coerce::Coercion;
use shardgate_router::error::Code;
use shardgate_router::plan::{
    AutoIncrement, Insert, InsertRow, OwnedLookup, PlacedColumn, Placement, Rekey, RenderContext, ShardSet, Template,
    Trial, ValueExpr,
};
use shardgate_vschema::Value;
use std::sync::Arc;

/// Rows of one shard.
pub(super) struct Part {
    /// The shard's number.
    pub(super) index: usize,
    /// Which of the rows.
    pub(super) rows: Vec<usize>,
}

/// Rows that are ready to be sent.
pub(super) struct Rows<'r> {
    /// The INSERT.
    pub(super) insert: &'r Insert,
    /// Its keyspace.
    pub(super) keyspace: &'r KeyspaceRef,
    /// The values of the auto_increment column.
    pub(super) generated: &'r [Option<u64>],
    /// The expressions that were computed.
    pub(super) evaluated: &'r [(Template, Value<'static>)],
}

/// What came of an INSERT.
pub(super) struct Inserted {
    /// The shards' counts.
    pub(super) sum: OkSum,
    /// The first value that a sequence gave.
    pub(super) first_generated: Option<u64>,
    several: bool,
}

/// Run an INSERT or REPLACE with VALUES.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    insert: &Insert,
) -> Result<Reach, StatementError> {
    let inserted = if insert.lookups.is_empty() {
        rows(session, statement, insert).await?
    } else {
        let steps = atomic::begin(session).await?;
        let result = rows(session, statement, insert).await;
        let warnings = std::mem::take(&mut session.state.warnings);
        let inserted = atomic::end(session, steps, result).await?;
        session.state.warnings = warnings;
        inserted
    };
    scatter::answer_write(session, &inserted.sum, inserted.first_generated);
    note_given_id(session, statement, &inserted.sum, inserted.first_generated);
    Ok(if inserted.several { Reach::SeveralShards } else { Reach::OneShard })
}

/// Insert the rows, and their rows of lookup vindexes.
pub(super) async fn rows(
    session: &mut Session,
    statement: &Statement<'_>,
    insert: &Insert,
) -> Result<Inserted, StatementError> {
    let mut evaluated = evaluate::all(session, statement).await?;
    let keyspace = KeyspaceRef::find(&session.snapshot, &insert.keyspace)?;
    let (generated, first_generated) = generate(session, statement, insert, &evaluated).await?;
    if let Some(trial) = &insert.trial {
        let place = keyspace.place(0, TabletType::Primary, 0)?;
        let mut rows = Vec::with_capacity(insert.rows.len());
        for (row, generated) in insert.rows.iter().zip(&generated) {
            let Some(template) = &row.trial else { continue };
            let mut text = render(session, statement, &trial.head, &place, &evaluated, None)?;
            text.extend_from_slice(&render(session, statement, template, &place, &evaluated, *generated)?);
            rows.push(text);
        }
        let stored = trial::run(session, statement, &keyspace, &insert.table, trial, insert.ignore, &rows).await?;
        for (number, values) in stored.into_iter().enumerate() {
            let names = trial.columns.iter().map(|column| Trial::value_of(number, &column.name));
            evaluated.extend(names.zip(values));
        }
    }
    for lookup in &insert.lookups {
        lookup_rows::check_mode(session, lookup)?;
    }
    let placement = insert.vindex.as_ref().filter(|_| !insert.lookups.is_empty()).map(|(vindex, columns)| {
        let columns = columns.iter().map(|name| PlacedColumn { name: Arc::clone(name), coercion: Coercion::AsIs });
        Placement { vindex: Arc::clone(vindex), columns: columns.collect() }
    });
    if let (Some(duplicates), Some(placement)) = (&insert.duplicates, &placement) {
        let rows = Rows { insert, keyspace: &keyspace, generated: &generated, evaluated: &evaluated };
        let target = insert_one_by_one::Target { rows: &rows, duplicates, placement };
        let sum = insert_one_by_one::run(session, statement, &target).await?;
        return Ok(Inserted { sum, first_generated, several: true });
    }
    let parts = split(session, statement, insert, &keyspace, &generated, &evaluated)?;
    let chosen = route::targeted_shard(session, &keyspace, &insert.keyspace)?.is_some();
    if let Some(rekey) = &insert.rekey
        && keyspace.ranges().len() > 1
        && !chosen
    {
        let rows = Rows { insert, keyspace: &keyspace, generated: &generated, evaluated: &evaluated };
        let sum = rekeyed(session, statement, &rows, rekey, &parts).await?;
        return Ok(Inserted { sum, first_generated, several: true });
    }
    let mut texts: Vec<write::Part> = Vec::with_capacity(parts.len());
    let counted = insert.rows.len() > 1;
    for part in &parts {
        let place = keyspace.place(part.index, TabletType::Primary, 0)?;
        let text = text_of(session, statement, insert, part, &place, &generated, &evaluated)?;
        let rows = InsertedRows { numbers: part.rows.clone(), ignore: insert.ignore };
        texts.push(write::Part { place, text, rows: counted.then_some(rows), alike: false, repeats: false });
    }
    let several = texts.len() > 1;
    let sum = scatter::write(session, statement, texts).await?;
    row_numbers::sort(&mut session.state.warnings);
    if let Some(placement) = &placement {
        let owner = Owner { keyspace: &keyspace, table: &insert.table, placement };
        for (at, lookup) in insert.lookups.iter().enumerate() {
            let rows = lookup_rows_of(session, statement, insert, (at, lookup), &generated, &evaluated)?;
            lookup_rows::insert(session, lookup, &owner, rows).await?;
        }
    }
    Ok(Inserted { sum, first_generated, several })
}

/// Insert rows one by one, where ON DUPLICATE KEY UPDATE may move the rows that they meet.
async fn rekeyed(
    session: &mut Session,
    statement: &Statement<'_>,
    rows: &Rows<'_>,
    rekey: &Rekey,
    parts: &[Part],
) -> Result<OkSum, StatementError> {
    let Rows { insert, keyspace, generated, evaluated } = *rows;
    let mut texts = Vec::with_capacity(insert.rows.len());
    for part in parts {
        let place = keyspace.place(part.index, TabletType::Primary, 0)?;
        for number in &part.rows {
            let row = Part { index: part.index, rows: vec![*number] };
            let text = text_of(session, statement, insert, &row, &place, generated, evaluated)?;
            texts.push(RekeyedRow { number: *number, shard: part.index as u32, text });
        }
    }
    texts.sort_by_key(|row| row.number);
    let counted = insert.rows.len() > 1;
    let work = Rekeyed { table: &insert.table, rekey, keyspace, ignore: insert.ignore, counted };
    let steps = atomic::begin(session).await?;
    let mut warnings = Vec::new();
    let result = rekey::run(session, statement, &work, texts, &mut warnings).await;
    let sum = atomic::end(session, steps, result).await?;
    session.state.warnings = warnings;
    Ok(sum)
}

/// The rows of one of the lookup vindexes.
fn lookup_rows_of(
    session: &Session,
    statement: &Statement<'_>,
    insert: &Insert,
    (at, lookup): (usize, &OwnedLookup),
    generated: &[Option<u64>],
    evaluated: &[(Template, Value<'static>)],
) -> Result<Vec<LookupRow>, StatementError> {
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let mut rows = Vec::with_capacity(insert.rows.len());
    for (number, row) in insert.rows.iter().enumerate() {
        let own = generated.get(number).copied().flatten();
        let id = insert.keyspace_id(row, own, &statement.args, &view)?;
        let Some(values) = row.lookups.get(at) else { continue };
        rows.extend(LookupRow::of_values(session, lookup, values, &statement.args, &view, id)?);
    }
    Ok(rows)
}

/// Keep what `LAST_INSERT_ID(expr)` in ON DUPLICATE KEY UPDATE was given, which is the answer's insert id.
fn note_given_id(session: &mut Session, statement: &Statement<'_>, sum: &OkSum, generated: Option<u64>) {
    if statement.plan.effects.sets_last_insert_id && generated.is_none() && sum.insert_id() > 0 {
        session.state.last_insert_id = sum.insert_id();
    }
}

/// The values of the auto_increment column for the rows that don't bring their own, and the first one.
async fn generate(
    session: &mut Session,
    statement: &Statement<'_>,
    insert: &Insert,
    evaluated: &[(Template, Value<'static>)],
) -> Result<(Vec<Option<u64>>, Option<u64>), StatementError> {
    let Some(auto) = &insert.auto_increment else { return Ok((vec![None; insert.rows.len()], None)) };
    let mut wanted = Vec::with_capacity(insert.rows.len());
    for row in &insert.rows {
        wanted.push(wants_value(session, statement, row, evaluated)?);
    }
    let count = wanted.iter().filter(|wanted| **wanted).count() as u64;
    if count == 0 {
        return Ok((vec![None; insert.rows.len()], None));
    }
    let mut next = reserve(session, auto, count).await?;
    let first = next.clone().next();
    let values = wanted.into_iter().map(|wanted| if wanted { next.next() } else { None }).collect();
    Ok((values, first))
}

/// Take values from the generator of an auto_increment column.
pub(super) async fn reserve(
    session: &mut Session,
    auto: &AutoIncrement,
    count: u64,
) -> Result<std::ops::RangeInclusive<u64>, StatementError> {
    match &auto.sequence {
        Some(sequence) => session.worker.shared.sequences.next(sequence, count).await,
        None => session.worker.shared.sequences.snowflake(count),
    }
}

/// Whether a row leaves the auto_increment column's value to the sequence: nothing, NULL, 0 or DEFAULT.
fn wants_value(
    session: &Session,
    statement: &Statement<'_>,
    row: &InsertRow,
    evaluated: &[(Template, Value<'static>)],
) -> Result<bool, StatementError> {
    let no_zero = found::has_mode(session, "NO_AUTO_VALUE_ON_ZERO");
    match &row.generated {
        None => Ok(false),
        Some(ValueExpr::Default) => Ok(true),
        Some(value) => {
            let version = &*session.snapshot.server_version;
            let view = SessionView { state: &session.state, id: session.id, version, evaluated };
            Ok(match value.evaluate(&statement.args, &view)? {
                Value::Null => true,
                Value::Int(0) | Value::UInt(0) => !no_zero,
                Value::Text(text) => !no_zero && *text == *b"0",
                _ => false,
            })
        }
    }
}

/// Which rows go to which shard, in the order of the shards.
fn split(
    session: &Session,
    statement: &Statement<'_>,
    insert: &Insert,
    keyspace: &KeyspaceRef,
    generated: &[Option<u64>],
    evaluated: &[(Template, Value<'static>)],
) -> Result<Vec<Part>, StatementError> {
    if let Some(index) = route::targeted_shard(session, keyspace, &insert.keyspace)? {
        return Ok(vec![Part { index, rows: (0..insert.rows.len()).collect() }]);
    }
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let mut parts: Vec<Part> = Vec::new();
    for (number, row) in insert.rows.iter().enumerate() {
        let set: ShardSet = match &insert.vindex {
            None => insert.target.resolve(&statement.args, &view, keyspace.ranges())?,
            Some(_) => {
                let own = generated.get(number).copied().flatten();
                insert.shard_of(row, own, &statement.args, &view, keyspace.ranges())?
            }
        };
        let index = set.single().ok_or_else(|| {
            let message = format!("row {} of the INSERT has no single shard", number + 1);
            StatementError::sql(Code::NoShardKey, message)
        })? as usize;
        match parts.iter_mut().find(|part| part.index == index) {
            Some(part) => part.rows.push(number),
            None => parts.push(Part { index, rows: vec![number] }),
        }
    }
    parts.sort_by_key(|part| part.index);
    Ok(parts)
}

/// The INSERT with the rows of one shard.
pub(super) fn text_of(
    session: &Session,
    statement: &Statement<'_>,
    insert: &Insert,
    part: &Part,
    place: &Place,
    generated: &[Option<u64>],
    evaluated: &[(Template, Value<'static>)],
) -> Result<Vec<u8>, StatementError> {
    let mut text = render(session, statement, &insert.prefix, place, evaluated, None)?;
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let databases = PlaceDatabases { place, snapshot: &session.snapshot };
    for (position, number) in part.rows.iter().enumerate() {
        if position > 0 {
            text.extend_from_slice(b", ");
        }
        let Some(row) = insert.rows.get(*number) else { continue };
        let generated = generated.get(*number).copied().flatten();
        let context = RenderContext { session: &view, databases: &databases, generated };
        row.sql.render(&statement.args, &context, &mut text)?;
    }
    text.extend_from_slice(&render(session, statement, &insert.suffix, place, evaluated, None)?);
    Ok(text)
}
