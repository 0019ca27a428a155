//! INSERT IGNORE, REPLACE and ON DUPLICATE KEY UPDATE into a table that owns lookup vindexes: row after row, since what
//! becomes of a row depends on the rows that have its unique values, which may be on other shards.

use super::change::by_key;
use super::insert::{Part, Rows, text_of};
use super::lookup_rows::{self, LookupRow, Owner};
use super::ok_sum::OkSum;
use super::rekey::{self, Rekeyed};
use super::scatter::Whole;
use super::view::SessionView;
use super::{evaluate, found, literal, write};
use crate::backend::OkSummary;
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{Session, TabletType, Warning};
use shardgate_router::error::Code;
use shardgate_router::literal::{write_identifier, write_identifiers, write_literal};
use shardgate_router::plan::{DuplicateRows, Duplicates, Placement, Rekey, ValueExpr, shard_of};
use shardgate_vschema::{KeyspaceId, Value};
use std::collections::BTreeMap;

/// What the rows are inserted into.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    /// The rows.
    pub(super) rows: &'t Rows<'t>,
    /// What happens to duplicates.
    pub(super) duplicates: &'t DuplicateRows,
    /// How a row's keyspace id follows from its columns.
    pub(super) placement: &'t Placement,
}

impl Target<'_> {
    fn owner(&self) -> Owner<'_> {
        Owner { keyspace: self.rows.keyspace, table: &self.rows.insert.table, placement: self.placement }
    }

    fn unsupported<T>(&self, reason: &str) -> Result<T, StatementError> {
        let message = format!(
            "unsupported: a row for `{}`, which owns lookup vindexes, has duplicates on other shards, and {reason}",
            self.rows.insert.table
        );
        Err(StatementError::sql(Code::Unsupported, message))
    }
}

/// Insert the rows, and let the lookup rows follow.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
) -> Result<OkSum, StatementError> {
    let insert = target.rows.insert;
    let mut sum = OkSum::default();
    let mut warnings: Vec<Warning> = Vec::new();
    for number in 0..insert.rows.len() {
        let ok = one(session, statement, target, number, &mut warnings).await?;
        if insert.rows.len() > 1 {
            sum.add_rows(&ok, 1, insert.ignore);
        } else {
            sum.add(&ok);
        }
    }
    session.state.warnings = warnings;
    Ok(sum)
}

/// One row.
async fn one(
    session: &mut Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
    number: usize,
    warnings: &mut Vec<Warning>,
) -> Result<OkSummary, StatementError> {
    let insert = target.rows.insert;
    let (id, condition) = duplicate_condition(session, statement, target, number)?;
    let own = shard_of(&id, target.rows.keyspace.ranges())?;
    let found = match condition {
        Some(condition) => read(session, target, &condition).await?,
        None => Whole::new(Vec::new(), Vec::new()),
    };
    let shards = shards_of(target, &found)?;
    let elsewhere: Vec<u32> = shards.iter().copied().filter(|shard| *shard != own).collect();
    let here = shards.len() - elsewhere.len();
    let at = match target.duplicates.duplicates {
        Duplicates::Ignored if here == 0 && !elsewhere.is_empty() => {
            return left_out(session, statement, target, number, id, warnings).await;
        }
        // MySQL changes the row that has the value: it is changed where it is.
        Duplicates::Updated => match elsewhere.as_slice() {
            [] => own,
            [other] if here == 0 => *other,
            _ => return target.unsupported("several rows have its unique values"),
        },
        Duplicates::Ignored | Duplicates::Replaced => own,
    };
    let place = target.rows.keyspace.place(at as usize, TabletType::Primary, 0)?;
    let part = Part { index: at as usize, rows: vec![number] };
    let mut text = text_of(session, statement, insert, &part, &place, target.rows.generated, target.rows.evaluated)?;
    if let Some(rekey) = &insert.rekey {
        text.extend_from_slice(rekey.keep.as_bytes());
    }
    let parts = vec![write::Part { place, text, rows: None, alike: false, repeats: false }];
    let mut sum = write::run(session, statement, parts, false).await?;
    let said = std::mem::take(&mut session.state.warnings);
    warnings.extend(match &insert.rekey {
        Some(rekey) => rekey::without_own(rekey, &mut sum, said),
        None => said,
    });
    let mut ok = OkSummary {
        affected_rows: sum.affected_rows(),
        last_insert_id: sum.insert_id(),
        status: 0,
        warnings: sum.warnings(),
        info: Vec::new(),
    };
    match target.duplicates.duplicates {
        Duplicates::Ignored if !found.rows.is_empty() || ok.affected_rows == 0 => {}
        Duplicates::Ignored => {
            if ok.warnings > 0 {
                return target.unsupported("its values were changed to be stored, so that they aren't known");
            }
            follow(session, statement, target, number, id, &found, None).await?;
        }
        Duplicates::Replaced => {
            ok.affected_rows += delete(session, statement, target, own, &shards, &found).await?;
            follow(session, statement, target, number, id, &found, None).await?;
        }
        Duplicates::Updated if found.rows.is_empty() => {
            if ok.affected_rows != 1 {
                return target.unsupported("they weren't found by its values");
            }
            follow(session, statement, target, number, id, &found, None).await?;
        }
        Duplicates::Updated => {
            let condition = match &insert.rekey {
                // Two: a row was updated, and is another than before.
                Some(rekey) if ok.affected_rows > 1 => moved(session, statement, target, rekey, at).await?,
                _ => same_rows(target, &found),
            };
            let now = read(session, target, &condition).await?;
            follow(session, statement, target, number, id, &found, Some(&now)).await?;
        }
    }
    Ok(ok)
}

/// Carry the row that was updated on this shard to the one where it belongs, and tell the condition that finds it.
async fn moved(
    session: &mut Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
    rekey: &Rekey,
    shard: u32,
) -> Result<Vec<u8>, StatementError> {
    let Rows { insert, keyspace, .. } = *target.rows;
    let work = Rekeyed { table: &insert.table, rekey, keyspace, ignore: insert.ignore, counted: false };
    let obstacles = rekey::obstacles(session, &work, shard).await?;
    let key = rekey::carry_row(session, statement, &work, &obstacles, shard).await?;
    let names: Vec<&str> = target.duplicates.identity.iter().map(|name| &**name).collect();
    Ok(condition_of(&names, &[0], |_, out| out.extend_from_slice(&key)))
}

/// The condition for rows with these keys.
fn condition_of(names: &[&str], rows: &[usize], key: impl Fn(usize, &mut Vec<u8>)) -> Vec<u8> {
    let text = by_key(b"", names, rows, b"", key).into_iter().next().unwrap_or_default();
    text.strip_prefix(b" WHERE ").map(<[u8]>::to_vec).unwrap_or(text)
}

/// The row's keyspace id, and the condition that finds the rows that have one of its unique values; `None`: NULL is in
/// each.
fn duplicate_condition(
    session: &Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
    number: usize,
) -> Result<(KeyspaceId, Option<Vec<u8>>), StatementError> {
    let Rows { insert, generated, evaluated, .. } = target.rows;
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let own = generated.get(number).copied().flatten();
    let Some(row) = insert.rows.get(number) else {
        return Err(StatementError::sql(Code::Internal, "a row of the INSERT isn't there"));
    };
    let id = insert.keyspace_id(row, own, &statement.args, &view)?;
    let mut condition = Vec::new();
    for (columns, values) in target.duplicates.keys.iter().zip(&row.unique) {
        let mut key = Vec::new();
        for value in values {
            key.push(match (value, own, &row.generated) {
                (ValueExpr::Default, Some(own), _) => Value::UInt(own),
                (ValueExpr::Default, None, Some(given)) => given.evaluate(&statement.args, &view)?,
                (value, ..) => value.evaluate(&statement.args, &view)?,
            });
        }
        if key.contains(&Value::Null) {
            continue;
        }
        condition.extend_from_slice(if condition.is_empty() { b"(" } else { b" OR (" });
        for (index, (column, value)) in columns.iter().zip(&key).enumerate() {
            condition.extend_from_slice(if index > 0 { b" AND " } else { b"" });
            write_identifier(column, &mut condition);
            condition.extend_from_slice(b" = ");
            write_literal(value, session.state.mode.lex, &mut condition);
        }
        condition.push(b')');
    }
    Ok((id, (!condition.is_empty()).then_some(condition)))
}

/// The condition that finds these rows again.
fn same_rows(target: &Target<'_>, found: &Whole) -> Vec<u8> {
    let names: Vec<&str> = target.duplicates.identity.iter().map(|name| &**name).collect();
    let all: Vec<usize> = (0..found.rows.len()).collect();
    condition_of(&names, &all, |row, out| identity(target, found, row, out))
}

/// Append the values that tell a found row apart.
fn identity(target: &Target<'_>, found: &Whole, row: usize, out: &mut Vec<u8>) {
    let first = found.columns.len().saturating_sub(target.duplicates.identity.len());
    for (index, column) in found.columns.iter().enumerate().skip(first) {
        out.extend_from_slice(if index > first { b", " } else { b"" });
        literal::write(found.rows.get(row).and_then(|row| row.field(index as u32)), column, out);
    }
}

/// The rows that a condition finds, locked: the shard key's columns, those of the lookup vindexes, and those that tell
/// rows apart.
async fn read(session: &mut Session, target: &Target<'_>, condition: &[u8]) -> Result<Whole, StatementError> {
    let insert = target.rows.insert;
    let mut text = b"SELECT ".to_vec();
    let key = target.placement.columns.iter().map(|column| &column.name);
    let lookups = insert.lookups.iter().flat_map(|lookup| &lookup.columns);
    write_identifiers(key.chain(lookups).chain(&target.duplicates.identity), &mut text);
    text.extend_from_slice(b" FROM ");
    write_identifier(&insert.keyspace, &mut text);
    text.push(b'.');
    write_identifier(&insert.table, &mut text);
    text.extend_from_slice(b" WHERE ");
    text.extend_from_slice(condition);
    text.extend_from_slice(b" FOR UPDATE");
    Box::pin(found::rows(session, &text)).await
}

/// The shards of found rows.
fn shards_of(target: &Target<'_>, found: &Whole) -> Result<Vec<u32>, StatementError> {
    let mut shards = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        let key = (0..target.placement.columns.len() as u32).zip(&found.columns);
        let key = key.map(|(at, column)| evaluate::value(row.field(at), column)).collect();
        shards.push(target.placement.shard(key, target.rows.keyspace.ranges())?);
    }
    Ok(shards)
}

/// IGNORE leaves the row out: the warning is the error that its lookup row gives.
async fn left_out(
    session: &mut Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
    number: usize,
    id: KeyspaceId,
    warnings: &mut Vec<Warning>,
) -> Result<OkSummary, StatementError> {
    for (at, lookup) in target.rows.insert.lookups.iter().enumerate() {
        if !lookup.vindex.is_unique() {
            continue;
        }
        let Some(row) = new_row(session, statement, target, number, at, id.clone())? else { continue };
        match lookup_rows::insert(session, lookup, &target.owner(), vec![row]).await {
            Err(StatementError::Shard(error)) if error.errno == 1062 => {
                warnings.push(Warning::of_error(&error));
                return Ok(OkSummary { affected_rows: 0, last_insert_id: 0, status: 0, warnings: 1, info: Vec::new() });
            }
            done => done?,
        }
    }
    target.unsupported("the unique key that they have in common isn't one of a unique lookup vindex")
}

/// Delete the rows that a REPLACE replaces on other shards than its own; how many.
async fn delete(
    session: &mut Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
    own: u32,
    shards: &[u32],
    found: &Whole,
) -> Result<u64, StatementError> {
    let mut by_shard: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, shard) in shards.iter().enumerate().filter(|(_, shard)| **shard != own) {
        by_shard.entry(*shard).or_default().push(row);
    }
    let mut head = b"DELETE FROM ".to_vec();
    write_identifier(&target.rows.insert.table, &mut head);
    let names: Vec<&str> = target.duplicates.identity.iter().map(|name| &**name).collect();
    let mut deleted = 0;
    for (shard, rows) in by_shard {
        for text in by_key(&head, &names, &rows, b"", |row, out| identity(target, found, row, out)) {
            let place = target.rows.keyspace.place(shard as usize, TabletType::Primary, 0)?;
            let parts = vec![write::Part { place, text, rows: None, alike: false, repeats: false }];
            deleted += write::run(session, statement, parts, false).await?.affected_rows();
        }
    }
    Ok(deleted)
}

/// Let the lookup rows follow: those of the found rows go, and those of the rows as they are now (`None`: the new row)
/// come.
async fn follow(
    session: &mut Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
    number: usize,
    id: KeyspaceId,
    found: &Whole,
    now: Option<&Whole>,
) -> Result<(), StatementError> {
    let insert = target.rows.insert;
    let before = lookup_rows::of_read(session, &insert.lookups, found, target.placement)?;
    let after = match now {
        Some(now) => Some(lookup_rows::of_read(session, &insert.lookups, now, target.placement)?),
        None => None,
    };
    let owner = target.owner();
    for (at, lookup) in insert.lookups.iter().enumerate() {
        let before = before.get(at).cloned().unwrap_or_default();
        let after: Vec<LookupRow> = match &after {
            Some(after) => after.get(at).cloned().unwrap_or_default(),
            None => new_row(session, statement, target, number, at, id.clone())?.into_iter().collect(),
        };
        let (gone, come) = lookup_rows::difference(&before, &after);
        lookup_rows::delete(session, lookup, &owner, gone).await?;
        lookup_rows::insert(session, lookup, &owner, come).await?;
    }
    Ok(())
}

/// The lookup row of the new row.
fn new_row(
    session: &Session,
    statement: &Statement<'_>,
    target: &Target<'_>,
    number: usize,
    at: usize,
    id: KeyspaceId,
) -> Result<Option<LookupRow>, StatementError> {
    let Rows { insert, evaluated, .. } = target.rows;
    let version = &*session.snapshot.server_version;
    let view = SessionView { state: &session.state, id: session.id, version, evaluated };
    let row = insert.rows.get(number).and_then(|row| row.lookups.get(at)).zip(insert.lookups.get(at));
    match row {
        Some((values, lookup)) => LookupRow::of_values(session, lookup, values, &statement.args, &view, id),
        None => Ok(None),
    }
}
