//! The rows of lookup vindexes, which are written with those of the table that owns them.

use super::literal;
use super::own_write;
use super::rounds::BATCH_ROWS;
use super::scatter::{self, Whole};
use super::{evaluate, found};
use crate::error::{ShardError, StatementError};
use crate::session::{KeyspaceRef, Session};
use shardgate_router::args::Arguments;
use shardgate_router::error::Code;
use shardgate_router::literal::{write_identifier, write_identifiers, write_literal};
use shardgate_router::plan::{OwnedLookup, Placement, ValueExpr, shard_of};
use shardgate_router::session::SessionValues;
use shardgate_vschema::{KeyspaceId, Value};
use shardgate_wire::ColumnDefinition;
use std::collections::HashSet;
use std::sync::Arc;

/// A row of a lookup table: the values as SQL literals, and what they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LookupRow {
    /// The values in the form that the owner has them in, for its own columns.
    own: Vec<Vec<u8>>,
    /// The values in the form that the lookup table has them in.
    from: Vec<Vec<u8>>,
    /// The keyspace id of the owner's row.
    id: KeyspaceId,
}

/// The owner of lookup rows.
#[derive(Clone, Copy)]
pub(super) struct Owner<'o> {
    /// Its keyspace.
    pub(super) keyspace: &'o KeyspaceRef,
    /// Its name.
    pub(super) table: &'o str,
    /// How its rows' keyspace ids follow from its columns.
    pub(super) placement: &'o Placement,
}

/// A value that a lookup row is made of.
pub(super) enum LookupValue<'v> {
    /// A value of the statement's.
    Given(Value<'v>),
    /// A field of a row that was read.
    Read(Option<&'v [u8]>, &'v ColumnDefinition<'static>),
}

impl LookupRow {
    /// The row for these values; `None`: NULL is among them, and has no row.
    ///
    /// # Errors
    /// If the vindex takes no NULL, or a value isn't one that it can look up.
    pub(super) fn new(
        session: &Session,
        lookup: &OwnedLookup,
        values: &[LookupValue<'_>],
        id: KeyspaceId,
    ) -> Result<Option<Self>, StatementError> {
        let mut row = LookupRow { own: Vec::new(), from: Vec::new(), id };
        for (value, column) in values.iter().zip(&lookup.columns) {
            if matches!(value, LookupValue::Given(Value::Null) | LookupValue::Read(None, _)) {
                let ignored = lookup.vindex.lookup_table().is_some_and(|table| table.options.ignore_nulls);
                return match ignored || !lookup.owned {
                    true => Ok(None),
                    false => Err(StatementError::Shard(Box::new(ShardError {
                        errno: 1048,
                        sqlstate: *b"23000",
                        message: format!("Column '{column}' cannot be null").into_bytes(),
                        origin: Arc::from(format!("the lookup vindex {}", lookup.vindex.name())),
                    }))),
                };
            }
            let mode = session.state.mode.lex;
            let mut own = Vec::new();
            let text = match value {
                LookupValue::Given(value) => {
                    write_literal(value, mode, &mut own);
                    match mode.for_vindex(value.clone()) {
                        Some(Value::Text(text)) => Some(text.into_owned()),
                        _ => None,
                    }
                }
                LookupValue::Read(field, definition) => {
                    literal::write(*field, definition, &mut own);
                    match evaluate::value(*field, definition) {
                        Value::Text(text) => Some(text.into_owned()),
                        _ => None,
                    }
                }
            };
            let from = match (lookup.vindex.looks_up_hashes(), text) {
                (false, _) => own.clone(),
                (true, Some(text)) => lookup
                    .vindex
                    .lookup_hash(&text)
                    .map_err(|error| StatementError::sql(Code::VindexMapping, error.to_string()))?
                    .to_string()
                    .into_bytes(),
                (true, None) => {
                    let message = format!(
                        "the value {} of column '{column}' isn't a text, which the lookup vindex {} hashes",
                        String::from_utf8_lossy(&own),
                        lookup.vindex.name()
                    );
                    return Err(StatementError::sql(Code::VindexMapping, message));
                }
            };
            row.own.push(own);
            row.from.push(from);
        }
        Ok(Some(row))
    }

    /// The row for values of an INSERT.
    pub(super) fn of_values(
        session: &Session,
        lookup: &OwnedLookup,
        values: &[ValueExpr],
        args: &Arguments<'_>,
        view: &dyn SessionValues,
        id: KeyspaceId,
    ) -> Result<Option<Self>, StatementError> {
        let values: Result<Vec<LookupValue<'_>>, _> =
            values.iter().map(|value| value.evaluate(args, view).map(LookupValue::Given)).collect();
        Self::new(session, lookup, &values?, id)
    }

    /// Whether the values are the same.
    pub(super) fn has_values_of(&self, other: &Self) -> bool {
        self.from == other.from
    }

    /// Append its place in a list: the values and the id.
    fn write(&self, lookup: &OwnedLookup, session: &Session, out: &mut Vec<u8>) -> Result<(), StatementError> {
        out.push(b'(');
        for value in &self.from {
            out.extend_from_slice(value);
            out.extend_from_slice(b", ");
        }
        let to = lookup
            .vindex
            .lookup_to(&self.id)
            .map_err(|error| StatementError::sql(Code::VindexMapping, error.to_string()))?;
        write_literal(&to, session.state.mode.lex, out);
        out.push(b')');
        Ok(())
    }
}

/// For each of the lookup vindexes the rows of what was read of the owner: the shard key's columns, then those of each
/// vindex, one after another.
pub(super) fn of_read<'l>(
    session: &Session,
    lookups: impl IntoIterator<Item = &'l OwnedLookup>,
    whole: &Whole,
    placement: &Placement,
) -> Result<Vec<Vec<LookupRow>>, StatementError> {
    let key = placement.columns.len() as u32;
    let mut at = key;
    let mut all = Vec::new();
    for lookup in lookups {
        let own = at..at + lookup.columns.len() as u32;
        at = own.end;
        let mut rows = Vec::new();
        for row in &whole.rows {
            let values = (0..key).zip(&whole.columns).map(|(at, column)| evaluate::value(row.field(at), column));
            let id = placement.keyspace_id(values.collect())?;
            let read =
                own.clone().filter_map(|at| Some(LookupValue::Read(row.field(at), whole.columns.get(at as usize)?)));
            rows.extend(LookupRow::new(session, lookup, &read.collect::<Vec<_>>(), id)?);
        }
        all.push(rows);
    }
    Ok(all)
}

/// The rows that only the first has, and those that only the second has.
pub(super) fn difference(before: &[LookupRow], after: &[LookupRow]) -> (Vec<LookupRow>, Vec<LookupRow>) {
    let without = |rows: &[LookupRow], others: &[LookupRow]| {
        let others: HashSet<&LookupRow> = others.iter().collect();
        rows.iter().filter(|row| !others.contains(row)).cloned().collect()
    };
    (without(before, after), without(after, before))
}

/// Refuse what the two tables could store differently.
///
/// # Errors
/// If values that don't fit are changed, and not alike.
pub(super) fn check_mode(session: &Session, lookup: &OwnedLookup) -> Result<(), StatementError> {
    let strict = found::has_mode(session, "STRICT_TRANS_TABLES") || found::has_mode(session, "STRICT_ALL_TABLES");
    if strict || lookup.converts_alike {
        return Ok(());
    }
    let message = format!(
        "unsupported: writing to a table with the lookup vindex `{}` without strict mode: its table `{}.{}` has columns of \
         other types, so that a value that doesn't fit would be changed in two ways; add STRICT_TRANS_TABLES to sql_mode",
        lookup.vindex.name(),
        lookup.table.keyspace,
        lookup.table.table
    );
    Err(StatementError::sql(Code::Unsupported, message))
}

/// Insert rows, once each; of a vindex that another table owns, see that they are there.
///
/// # Errors
/// 1062 as the owner's own key would give it, if a unique vindex has another row's value. 1452 as of a foreign key, if another
/// table's row isn't there.
pub(super) async fn insert(
    session: &mut Session,
    lookup: &OwnedLookup,
    owner: &Owner<'_>,
    rows: Vec<LookupRow>,
) -> Result<(), StatementError> {
    check_mode(session, lookup)?;
    let unique = lookup.vindex.is_unique();
    let mut rows = rows;
    if !unique || !lookup.owned {
        // Many rows of the owner share one.
        let mut seen = HashSet::new();
        rows.retain(|row| seen.insert(row.clone()));
    }
    if !lookup.owned {
        return verify(session, lookup, &rows).await;
    }
    for batch in rows.chunks(BATCH_ROWS) {
        match put(session, lookup, batch).await {
            Err(StatementError::Shard(error)) if error.errno == 1062 && lookup.vindex.takes_over() => {
                let warnings = std::mem::take(&mut session.state.warnings);
                let left = take_over(session, lookup, owner, batch).await;
                session.state.warnings = warnings;
                let left = left?;
                put(session, lookup, &left).await.map_err(|error| as_duplicate(lookup, error))?;
            }
            done => done.map_err(|error| as_duplicate(lookup, error))?,
        }
    }
    Ok(())
}

/// Whether the table has these rows, which stay until the transaction ends.
async fn verify(session: &mut Session, lookup: &OwnedLookup, rows: &[LookupRow]) -> Result<(), StatementError> {
    for row in rows {
        if !ids(session, lookup, row).await?.contains(&row.id) {
            let values: Vec<String> = row.own.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect();
            let message = format!(
                "Cannot add or update a child row: the lookup vindex `{}`, which another table owns, has no row for ({}) = ({}) \
                 on the row's shard",
                lookup.vindex.name(),
                lookup.columns.join(", "),
                values.join(", ")
            );
            return Err(StatementError::Shard(Box::new(ShardError {
                errno: 1452,
                sqlstate: *b"23000",
                message: message.into_bytes(),
                origin: Arc::from(format!("the lookup vindex {}", lookup.vindex.name())),
            })));
        }
    }
    Ok(())
}

/// The keyspace ids that the table has for a row's values. They are locked.
async fn ids(session: &mut Session, lookup: &OwnedLookup, row: &LookupRow) -> Result<Vec<KeyspaceId>, StatementError> {
    let mut text = b"SELECT ".to_vec();
    write_identifier(&lookup.table.to, &mut text);
    text.extend_from_slice(b" FROM ");
    lookup.table.write_name(&mut text);
    having(&lookup.from, &row.from, &mut text);
    let whole = Box::pin(found::rows_without_lookups(session, &text)).await?;
    let id = |found: &super::Row| lookup.vindex.lookup_id(&evaluate::value(found.field(0), whole.columns.first()?));
    Ok(whole.rows.iter().filter_map(id).collect())
}

async fn put(session: &mut Session, lookup: &OwnedLookup, rows: &[LookupRow]) -> Result<(), StatementError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut text = b"INSERT INTO ".to_vec();
    lookup.table.write_name(&mut text);
    text.extend_from_slice(b" ");
    columns(lookup, &mut text);
    text.extend_from_slice(b" VALUES ");
    list(session, lookup, rows, &mut text)?;
    if !lookup.vindex.is_unique() {
        text.extend_from_slice(b" ON DUPLICATE KEY UPDATE ");
        write_identifier(&lookup.table.to, &mut text);
        text.extend_from_slice(b" = ");
        write_identifier(&lookup.table.to, &mut text);
    }
    own_write::run(session, &text).await.map(drop)
}

/// The columns of a lookup table in parentheses.
fn columns(lookup: &OwnedLookup, out: &mut Vec<u8>) {
    out.push(b'(');
    for from in &lookup.from {
        write_identifier(from, out);
        out.extend_from_slice(b", ");
    }
    write_identifier(&lookup.table.to, out);
    out.push(b')');
}

fn list(session: &Session, lookup: &OwnedLookup, rows: &[LookupRow], out: &mut Vec<u8>) -> Result<(), StatementError> {
    for (index, row) in rows.iter().enumerate() {
        out.extend_from_slice(if index > 0 { b", " } else { b"" });
        row.write(lookup, session, out)?;
    }
    Ok(())
}

/// A duplicate in the lookup table is one of the owner's key.
fn as_duplicate(lookup: &OwnedLookup, error: StatementError) -> StatementError {
    let StatementError::Shard(mut error) = error else { return error };
    if error.errno == 1062 {
        const FOR_KEY: &[u8] = b" for key '";
        let at = error.message.windows(FOR_KEY.len()).rposition(|part| part == FOR_KEY);
        if let Some(at) = at {
            error.message.truncate(at);
            error.message.extend_from_slice(format!(" for key '{}'", lookup.key).as_bytes());
        }
    }
    StatementError::Shard(error)
}

/// Delete rows, but those that another row of the owner still has: it was changed already.
pub(super) async fn delete(
    session: &mut Session,
    lookup: &OwnedLookup,
    owner: &Owner<'_>,
    mut rows: Vec<LookupRow>,
) -> Result<(), StatementError> {
    if !lookup.owned {
        return Ok(());
    }
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.clone()));
    if !lookup.vindex.is_unique() {
        let mut gone = Vec::new();
        for row in rows {
            if owners(session, lookup, owner, &row).await? == 0 {
                gone.push(row);
            }
        }
        rows = gone;
    }
    for batch in rows.chunks(BATCH_ROWS) {
        let mut text = b"DELETE FROM ".to_vec();
        lookup.table.write_name(&mut text);
        text.extend_from_slice(b" WHERE ");
        columns(lookup, &mut text);
        text.extend_from_slice(b" IN (");
        list(session, lookup, batch, &mut text)?;
        text.push(b')');
        own_write::run(session, &text).await?;
    }
    Ok(())
}

/// The condition for rows with these values, which are locked.
fn having(columns: &[Arc<str>], values: &[Vec<u8>], out: &mut Vec<u8>) {
    for (index, (column, value)) in columns.iter().zip(values).enumerate() {
        out.extend_from_slice(if index > 0 { b" AND " } else { b" WHERE " });
        write_identifier(column, out);
        out.extend_from_slice(b" = ");
        out.extend_from_slice(value);
    }
    out.extend_from_slice(b" FOR UPDATE");
}

/// How many rows of the owner have these values and this keyspace id. They are locked.
async fn owners(
    session: &mut Session,
    lookup: &OwnedLookup,
    owner: &Owner<'_>,
    row: &LookupRow,
) -> Result<usize, StatementError> {
    let shard = shard_of(&row.id, owner.keyspace.ranges())?;
    let mut text = b"SELECT ".to_vec();
    write_identifiers(owner.placement.columns.iter().map(|column| &column.name), &mut text);
    text.extend_from_slice(b" FROM ");
    write_identifier(owner.table, &mut text);
    having(&lookup.columns, &row.own, &mut text);
    let place = session.shard_place(owner.keyspace, shard as usize)?;
    let before = found::set(session, &[("character_set_results", "'utf8mb4'")]);
    let whole = scatter::run_text(session, place, &text).await;
    session.state.settings = before;
    let whole = whole?;
    let mut count = 0;
    for found in &whole.rows {
        let values = (0u32..).zip(&whole.columns).map(|(at, column)| evaluate::value(found.field(at), column));
        count += usize::from(owner.placement.keyspace_id(values.collect())? == row.id);
    }
    Ok(count)
}

/// Make room for rows whose values are in the lookup table: rows there that no row of the owner stands behind are
/// deleted. What is left to insert is returned.
async fn take_over(
    session: &mut Session,
    lookup: &OwnedLookup,
    owner: &Owner<'_>,
    rows: &[LookupRow],
) -> Result<Vec<LookupRow>, StatementError> {
    let mut left = Vec::new();
    for row in rows {
        let mut is_there = false;
        for id in ids(session, lookup, row).await? {
            // The new row is there already.
            let own = usize::from(id == row.id);
            let old = LookupRow { id, ..row.clone() };
            if owners(session, lookup, owner, &old).await? <= own {
                match own {
                    0 => Box::pin(delete(session, lookup, owner, vec![old])).await?,
                    _ => is_there = true,
                }
            }
        }
        if !is_there {
            left.push(row.clone());
        }
    }
    Ok(left)
}
