//! Insert the rows of a query, each on its shard.

use super::insert::reserve;
use super::ok_sum::OkSum;
use super::rounds::{self, BATCH_BYTES, BATCH_ROWS, ShardTexts};
use super::route::{self, render};
use super::scatter::{self, Whole};
use super::view::SessionView;
use super::write::InsertedRows;
use super::{atomic, evaluate, found, literal};
use crate::error::{ShardError, StatementError};
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, Warning};
use shardgate_router::error::Code;
use shardgate_router::plan::{InsertRows, KeySource, Target, Template};
use shardgate_vschema::Value;
use shardgate_wire::ColumnType;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Run an INSERT ... SELECT or REPLACE ... SELECT.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    insert: &InsertRows,
) -> Result<Reach, StatementError> {
    if let Some(alone) = &insert.alone {
        let (_, shards) = route::shards(session, statement, &alone.keyspace, &alone.target)?;
        if shards.single().is_some() {
            return route::run(session, statement, alone).await;
        }
    }
    let evaluated = evaluate::all(session, statement).await?;
    let keyspace = KeyspaceRef::find(&session.snapshot, &insert.keyspace)?;
    let steps = atomic::begin(session).await?;
    let result = work(session, statement, insert, &keyspace, &evaluated).await;
    let (mut sum, warnings, first) = atomic::end(session, steps, result).await?;
    sum.complete_insert();
    scatter::answer_write(session, &sum, first);
    session.state.warnings = warnings;
    Ok(Reach::SeveralShards)
}

async fn work(
    session: &mut Session,
    statement: &Statement<'_>,
    insert: &InsertRows,
    keyspace: &KeyspaceRef,
    evaluated: &[(Template, Value<'static>)],
) -> Result<(OkSum, Vec<Warning>, Option<u64>), StatementError> {
    let place = keyspace.place(0, session.state.target.tablet, session.worker.next_turn())?;
    let text = render(session, statement, &insert.source, &place, &[], None)?;
    let found = found::rows(session, text.trim_ascii()).await?;
    let mut warnings = found::warnings(session, insert.ignore)?;
    check(insert, &found)?;
    let of_finding = u16::try_from(warnings.len()).unwrap_or(u16::MAX);
    let generated = generate(session, insert, &found).await?;
    let shards = placed(session, statement, insert, keyspace, &found, &generated, evaluated)?;
    let alike = insert.place.is_none() && insert.target == Target::Alike;
    let mut texts = Vec::with_capacity(shards.len());
    for (shard, rows) in &shards {
        let place = keyspace.place(*shard as usize, session.state.target.tablet, session.worker.next_turn())?;
        let prefix = render(session, statement, &insert.prefix, &place, evaluated, None)?;
        let suffix = render(session, statement, &insert.suffix, &place, evaluated, None)?;
        let own = insert.auto_increment.as_ref().map(|(_, at)| (generated.as_slice(), *at));
        let mut own_texts = rows_text(&prefix, &suffix, &found, rows, own, insert.ignore);
        if alike {
            own_texts.iter_mut().for_each(|(_, rows)| *rows = None);
        }
        texts.push(ShardTexts { shard: *shard, texts: own_texts });
    }
    let mut sum = rounds::run(session, statement, keyspace, texts, alike, &mut warnings).await?;
    sum.add_warnings(of_finding);
    Ok((sum, warnings, generated.iter().flatten().next().copied()))
}

/// What MySQL finds wrong with the query's columns, and what can't be carried over.
fn check(insert: &InsertRows, found: &Whole) -> Result<(), StatementError> {
    if found.columns.len() != insert.columns as usize {
        return Err(StatementError::Shard(Box::new(ShardError {
            errno: 1136,
            sqlstate: *b"21S01",
            message: b"Column count doesn't match value count at row 1".to_vec(),
            origin: Arc::from("the rows that were found"),
        })));
    }
    if let Some(column) = found.columns.iter().find(|column| column.column_type == ColumnType::Float) {
        let message = format!(
            "unsupported: `{}` is a FLOAT, which is not carried from one shard to another exactly; CAST it AS DOUBLE",
            String::from_utf8_lossy(&column.name)
        );
        return Err(StatementError::sql(Code::Unsupported, message));
    }
    Ok(())
}

/// The values of the auto_increment column for the rows that don't bring their own.
async fn generate(
    session: &mut Session,
    insert: &InsertRows,
    found: &Whole,
) -> Result<Vec<Option<u64>>, StatementError> {
    let Some((auto, at)) = &insert.auto_increment else { return Ok(vec![None; found.rows.len()]) };
    let no_zero = found::has_mode(session, "NO_AUTO_VALUE_ON_ZERO");
    let is_zero = |text: &[u8]| !text.is_empty() && text.iter().all(|byte| matches!(byte, b'0' | b'.'));
    let wanted: Vec<bool> = found
        .rows
        .iter()
        .map(|row| match at {
            None => true,
            Some(at) => row.field(*at).is_none_or(|text| !no_zero && is_zero(text)),
        })
        .collect();
    let count = wanted.iter().filter(|wanted| **wanted).count() as u64;
    if count == 0 {
        return Ok(vec![None; found.rows.len()]);
    }
    let mut next = reserve(session, auto, count).await?;
    Ok(wanted.into_iter().map(|wanted| if wanted { next.next() } else { None }).collect())
}

/// Which rows go to which shard.
fn placed(
    session: &Session,
    statement: &Statement<'_>,
    insert: &InsertRows,
    keyspace: &KeyspaceRef,
    found: &Whole,
    generated: &[Option<u64>],
    evaluated: &[(Template, Value<'static>)],
) -> Result<BTreeMap<u32, Vec<usize>>, StatementError> {
    let mut shards: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let Some((placement, sources)) = &insert.place else {
        let set = insert.target.resolve(&statement.args, &view, keyspace.ranges())?;
        let all: Vec<usize> = (0..found.rows.len()).collect();
        if !all.is_empty() {
            set.indices().iter().for_each(|shard| drop(shards.insert(*shard, all.clone())));
        }
        return Ok(shards);
    };
    for (number, row) in found.rows.iter().enumerate() {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(sources.len());
        for source in sources {
            let field = |at: u32| {
                let column = found.columns.get(at as usize);
                column.map_or(Value::Null, |column| evaluate::value(row.field(at), column))
            };
            values.push(match source {
                KeySource::Column(at) => field(*at),
                KeySource::Generated => match generated.get(number).copied().flatten() {
                    Some(value) => Value::UInt(value),
                    None => insert.auto_increment.as_ref().and_then(|(_, at)| *at).map_or(Value::Null, field),
                },
                KeySource::Default(value) => value.evaluate(&statement.args, &view)?,
            });
        }
        let shard = placement.shard(values, keyspace.ranges())?;
        shards.entry(shard).or_default().push(number);
    }
    Ok(shards)
}

/// INSERTs of these rows, each of a bounded size. `generated`: the values of a sequence, and the column that they are for;
/// `None`: one more, behind the others.
pub(super) fn rows_text(
    prefix: &[u8],
    suffix: &[u8],
    found: &Whole,
    rows: &[usize],
    generated: Option<(&[Option<u64>], Option<u32>)>,
    ignore: bool,
) -> Vec<(Vec<u8>, Option<InsertedRows>)> {
    let mut texts = Vec::new();
    let mut rest = rows.iter().peekable();
    while rest.peek().is_some() {
        let mut text = prefix.to_vec();
        let mut count = 0;
        while count < BATCH_ROWS && text.len() < BATCH_BYTES {
            let Some(number) = rest.next() else { break };
            text.extend_from_slice(if count > 0 { b", (" } else { b"(" });
            let own = generated.and_then(|(values, at)| Some((values.get(*number).copied().flatten()?, at)));
            let row = found.rows.get(*number);
            for (at, column) in (0u32..).zip(&found.columns) {
                if at > 0 {
                    text.extend_from_slice(b", ");
                }
                match own {
                    Some((value, Some(place))) if place == at => text.extend_from_slice(value.to_string().as_bytes()),
                    _ => literal::write(row.and_then(|row| row.field(at)), column, &mut text),
                }
            }
            if let Some((value, None)) = own {
                if !found.columns.is_empty() {
                    text.extend_from_slice(b", ");
                }
                text.extend_from_slice(value.to_string().as_bytes());
            }
            text.push(b')');
            count += 1;
        }
        text.extend_from_slice(suffix);
        texts.push((text, Some(InsertedRows { count: count as u64, ignore })));
    }
    texts
}
