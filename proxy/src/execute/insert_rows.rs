//! Insert the rows of a query, each on its shard.

use super::change::write_field;
use super::insert::reserve;
use super::lookup_rows::{self, LookupRow, LookupValue, Owner};
use super::ok_sum::OkSum;
use super::rekey::{self, Rekeyed, RekeyedRow};
use super::rounds::{self, BATCH_BYTES, BATCH_ROWS, ShardTexts};
use super::route::{self, render};
use super::scatter::{self, Whole};
use super::view::SessionView;
use super::write::InsertedRows;
use super::{atomic, evaluate, found, row_numbers, trial, typed_rows};
use crate::error::{ShardError, StatementError};
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, TabletType, Warning};
use shardgate_router::error::Code;
use shardgate_router::literal::write_literal;
use shardgate_router::plan::{InsertRows, KeySource, OwnedLookup, Target, Template, TrialColumn};
use shardgate_vschema::Value;
use shardgate_wire::{ColumnFlags, ColumnType};
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
    let place = session.shard_place(keyspace, 0)?;
    let text = render(session, statement, &insert.source, &place, &[], None)?;
    let mut found = found::rows(session, text.trim_ascii()).await?;
    let mut warnings = found::warnings(session, insert.ignore)?;
    check(insert, &found)?;
    let read = 0..found.columns.len() as u32;
    typed_rows::complete(session, statement, text.trim_ascii(), &mut found, read).await?;
    let of_finding = u16::try_from(warnings.len()).unwrap_or(u16::MAX);
    let generated = generate(session, insert, &found).await?;
    let stored = stored(session, statement, insert, keyspace, &found, &generated).await?;
    let all = Rows { found: &found, generated: &generated, stored: &stored };
    let shards = placed(session, statement, insert, keyspace, &all, evaluated)?;
    let behind = behind(session, insert, &stored);
    let alike = insert.place.is_none() && insert.target == Target::Alike;
    let mut texts = Vec::with_capacity(shards.len());
    let mut single = Vec::new();
    for (shard, rows) in &shards {
        let place = session.shard_place(keyspace, *shard as usize)?;
        let prefix = render(session, statement, &insert.prefix, &place, evaluated, None)?;
        let mut suffix = Vec::with_capacity(insert.suffix.len());
        for part in &insert.suffix {
            suffix.push((render(session, statement, &part.text, &place, evaluated, None)?, part.value));
        }
        let generated = insert.auto_increment.as_ref().map(|(_, at)| (generated.as_slice(), *at));
        let columns = insert.columns as usize;
        let writer =
            RowsText { prefix: &prefix, found: &found, columns, generated, behind: &behind, ignore: insert.ignore };
        if insert.rekey.is_some() {
            for number in rows {
                let text = writer.of(&[*number], &suffix_of(&suffix, &found, *number));
                single.extend(text.into_iter().map(|(text, _)| RekeyedRow { number: *number, shard: *shard, text }));
            }
            continue;
        }
        let mut own = Vec::new();
        // Rows that are followed by the same text share a statement.
        let mut rest = rows.as_slice();
        while let Some(first) = rest.first() {
            let behind = suffix_of(&suffix, &found, *first);
            let same = if suffix.len() < 2 {
                rest.len()
            } else {
                rest.iter().take_while(|number| suffix_of(&suffix, &found, **number) == behind).count().max(1)
            };
            let (together, others) = rest.split_at(same);
            own.extend(writer.of(together, &behind));
            rest = others;
        }
        texts.push(ShardTexts { shard: *shard, texts: own });
    }
    for (lookup, _) in &insert.lookups {
        lookup_rows::check_mode(session, lookup)?;
    }
    let mut sum = match &insert.rekey {
        Some(rekey) => {
            single.sort_by_key(|row| row.number);
            let work = Rekeyed { table: &insert.table, rekey, keyspace, ignore: insert.ignore, counted: true };
            rekey::run(session, statement, &work, single, &mut warnings).await?
        }
        None => rounds::run(session, statement, keyspace, texts, alike, &mut warnings).await?,
    };
    row_numbers::sort(warnings.get_mut(usize::from(of_finding)..).unwrap_or_default());
    sum.add_warnings(of_finding);
    if found.rows.is_empty() && !statement.binary {
        // No shard has parsed it.
        let said = std::iter::repeat_with(deprecated_values).take(insert.deprecated as usize);
        warnings.extend(said);
        sum.add_warnings(u16::try_from(insert.deprecated).unwrap_or(u16::MAX));
    }
    if let Some((placement, _)) = &insert.place {
        let owner = Owner { keyspace, table: &insert.table, placement };
        for (lookup, sources) in &insert.lookups {
            let rows = lookup_rows_of(session, statement, insert, (lookup, sources), &all, evaluated)?;
            lookup_rows::insert(session, lookup, &owner, rows).await?;
        }
    }
    Ok((sum, warnings, generated.iter().flatten().next().copied()))
}

/// What MySQL says of VALUES() in ON DUPLICATE KEY UPDATE.
fn deprecated_values() -> Warning {
    let message = "'VALUES function' is deprecated and will be removed in a future release. Please use an alias (INSERT INTO ... \
         VALUES (...) AS alias) and replace VALUES(col) in the ON DUPLICATE KEY UPDATE clause with alias.col instead";
    Warning { level: "Warning".to_owned(), code: 1287, message: message.to_owned() }
}

/// The text behind a row, with the row's values in it.
fn suffix_of(suffix: &[(Vec<u8>, Option<u32>)], found: &Whole, number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (text, value) in suffix {
        out.extend_from_slice(text);
        let Some(at) = value else { continue };
        // A literal is signed, and so would be what is computed with it.
        let unsigned = found.columns.get(*at as usize).is_some_and(|column| {
            let integer = matches!(
                column.column_type,
                ColumnType::Tiny | ColumnType::Short | ColumnType::Int24 | ColumnType::Long
            ) || column.column_type == ColumnType::LongLong;
            integer && column.flags.contains(ColumnFlags::UNSIGNED)
        });
        out.extend_from_slice(if unsigned { b"CAST(" } else { b"(" });
        write_field(found, number, *at, &mut out);
        out.extend_from_slice(if unsigned { b" AS UNSIGNED)" } else { b")" });
    }
    out
}

/// What MySQL finds wrong with the query's columns, and what can't be carried over.
fn check(insert: &InsertRows, found: &Whole) -> Result<(), StatementError> {
    let read = insert.suffix.iter().filter_map(|part| part.value).max().map_or(insert.columns, |last| last + 1);
    if found.columns.len() != read as usize {
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

/// What the trial makes of the rows.
async fn stored(
    session: &mut Session,
    statement: &Statement<'_>,
    insert: &InsertRows,
    keyspace: &KeyspaceRef,
    found: &Whole,
    generated: &[Option<u64>],
) -> Result<Vec<Vec<Value<'static>>>, StatementError> {
    let Some(trial) = &insert.trial else { return Ok(Vec::new()) };
    let place = keyspace.place(0, TabletType::Primary, 0)?;
    let head = render(session, statement, &trial.head, &place, &[], None)?;
    let writer = RowsText {
        prefix: &head,
        found,
        columns: insert.columns as usize,
        generated: insert.auto_increment.as_ref().map(|(_, at)| (generated, *at)),
        behind: &[],
        ignore: insert.ignore,
    };
    let rows: Vec<Vec<u8>> =
        (0..found.rows.len()).flat_map(|number| writer.of(&[number], b"")).map(|(text, _)| text).collect();
    trial::run(session, statement, keyspace, &insert.table, trial, insert.ignore, &rows).await
}

/// The values that stand behind those of each row.
fn behind(session: &Session, insert: &InsertRows, stored: &[Vec<Value<'static>>]) -> Vec<Vec<u8>> {
    let columns: &[TrialColumn] = insert.trial.as_ref().map_or(&[], |trial| &trial.columns);
    let text = |values: &Vec<Value<'static>>| {
        let mut out = Vec::new();
        for (_, value) in columns.iter().zip(values).filter(|(column, _)| column.given) {
            out.extend_from_slice(b", ");
            write_literal(value, session.state.mode.lex, &mut out);
        }
        out
    };
    stored.iter().map(text).collect()
}

/// The rows that are inserted.
struct Rows<'r> {
    found: &'r Whole,
    /// The values of the sequence.
    generated: &'r [Option<u64>],
    /// The values of the trial's columns.
    stored: &'r [Vec<Value<'static>>],
}

/// Which rows go to which shard.
fn placed(
    session: &Session,
    statement: &Statement<'_>,
    insert: &InsertRows,
    keyspace: &KeyspaceRef,
    rows: &Rows<'_>,
    evaluated: &[(Template, Value<'static>)],
) -> Result<BTreeMap<u32, Vec<usize>>, StatementError> {
    let found = rows.found;
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
    for number in 0..found.rows.len() {
        let values = key_of(insert, sources, rows, number, statement, &view)?;
        let shard = placement.shard(values, keyspace.ranges())?;
        shards.entry(shard).or_default().push(number);
    }
    Ok(shards)
}

/// The values of a row's shard key.
fn key_of<'v>(
    insert: &InsertRows,
    sources: &[KeySource],
    rows: &Rows<'_>,
    number: usize,
    statement: &Statement<'v>,
    view: &'v SessionView<'_>,
) -> Result<Vec<Value<'v>>, StatementError> {
    let Rows { found, generated, stored } = *rows;
    let row = found.rows.get(number);
    let field = |at: u32| {
        let column = row.zip(found.columns.get(at as usize));
        column.map_or(Value::Null, |(row, column)| evaluate::value(row.field(at), column))
    };
    let mut values: Vec<Value<'v>> = Vec::with_capacity(sources.len());
    for source in sources {
        values.push(match source {
            KeySource::Column(at) => field(*at),
            KeySource::Generated => match generated.get(number).copied().flatten() {
                Some(value) => Value::UInt(value),
                None => insert.auto_increment.as_ref().and_then(|(_, at)| *at).map_or(Value::Null, field),
            },
            KeySource::Stored(at) => {
                let value = stored.get(number).and_then(|values| values.get(*at as usize));
                value.cloned().ok_or_else(|| StatementError::sql(Code::Internal, "a row wasn't stored for trial"))?
            }
            KeySource::Default(value) => value.evaluate(&statement.args, view)?,
        });
    }
    Ok(values)
}

/// The rows of a lookup vindex.
fn lookup_rows_of(
    session: &Session,
    statement: &Statement<'_>,
    insert: &InsertRows,
    (lookup, sources): (&OwnedLookup, &[KeySource]),
    all: &Rows<'_>,
    evaluated: &[(Template, Value<'static>)],
) -> Result<Vec<LookupRow>, StatementError> {
    let Some((placement, key)) = &insert.place else { return Ok(Vec::new()) };
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let found = all.found;
    let mut rows = Vec::with_capacity(found.rows.len());
    for (number, row) in found.rows.iter().enumerate() {
        let id = placement.keyspace_id(key_of(insert, key, all, number, statement, &view)?)?;
        let mut values = Vec::with_capacity(sources.len());
        for source in sources {
            values.push(match source {
                KeySource::Column(at) => match found.columns.get(*at as usize) {
                    Some(column) => LookupValue::Read(row.field(*at), column),
                    None => LookupValue::Given(Value::Null),
                },
                KeySource::Default(value) => LookupValue::Given(value.evaluate(&statement.args, &view)?),
                KeySource::Generated | KeySource::Stored(_) => {
                    return Err(StatementError::sql(Code::Internal, "a lookup vindex of a generated column"));
                }
            });
        }
        rows.extend(LookupRow::new(session, lookup, &values, id)?);
    }
    Ok(rows)
}

/// Writes INSERTs of rows that were found.
pub(super) struct RowsText<'t> {
    /// The text before the first row.
    pub(super) prefix: &'t [u8],
    /// The rows.
    pub(super) found: &'t Whole,
    /// How many of their columns are inserted: the first ones.
    pub(super) columns: usize,
    /// The values of a sequence, and the column that they are for; `None`: one more, behind the others.
    pub(super) generated: Option<(&'t [Option<u64>], Option<u32>)>,
    /// Text behind the values of each row; of none, if it is empty.
    pub(super) behind: &'t [Vec<u8>],
    /// INSERT IGNORE.
    pub(super) ignore: bool,
}

impl RowsText<'_> {
    /// INSERTs of these rows, each of a bounded size.
    pub(super) fn of(&self, rows: &[usize], suffix: &[u8]) -> Vec<(Vec<u8>, Option<InsertedRows>)> {
        let columns = self.found.columns.get(..self.columns).unwrap_or(&self.found.columns);
        let mut texts = Vec::new();
        let mut rest = rows.iter().peekable();
        while rest.peek().is_some() {
            let mut text = self.prefix.to_vec();
            let mut numbers: Vec<usize> = Vec::new();
            while numbers.len() < BATCH_ROWS && text.len() < BATCH_BYTES {
                let Some(number) = rest.next() else { break };
                text.extend_from_slice(if numbers.is_empty() { b"(" } else { b", (" });
                let own = self.generated.and_then(|(values, at)| Some((values.get(*number).copied().flatten()?, at)));
                for at in 0..columns.len() as u32 {
                    if at > 0 {
                        text.extend_from_slice(b", ");
                    }
                    match own {
                        Some((value, Some(place))) if place == at => {
                            text.extend_from_slice(value.to_string().as_bytes());
                        }
                        _ => write_field(self.found, *number, at, &mut text),
                    }
                }
                if let Some((value, None)) = own {
                    if !columns.is_empty() {
                        text.extend_from_slice(b", ");
                    }
                    text.extend_from_slice(value.to_string().as_bytes());
                }
                text.extend_from_slice(self.behind.get(*number).map_or(b"".as_slice(), Vec::as_slice));
                text.push(b')');
                numbers.push(*number);
            }
            text.extend_from_slice(suffix);
            texts.push((text, Some(InsertedRows { numbers, ignore: self.ignore })));
        }
        texts
    }
}
