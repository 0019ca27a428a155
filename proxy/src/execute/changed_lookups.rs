//! The rows of lookup vindexes after a change of the table that owns them: what its rows had is known from finding them,
//! what they have now is read back.

use super::change::{by_key, values, write_field};
use super::found;
use super::lookup_rows::{self, LookupRow, LookupValue, Owner};
use super::rows::Row;
use super::scatter::Whole;
use crate::error::StatementError;
use crate::session::{KeyspaceRef, Session};
use shardgate_router::error::Code;
use shardgate_router::literal::{write_identifier, write_identifiers};
use shardgate_router::plan::{ChangedLookup, ChangedLookups, ChangedPlace, ChangedTable, FoundColumn, Placement};
use shardgate_wire::ColumnDefinition;

/// A change whose lookup rows follow.
#[derive(Clone, Copy)]
pub(super) struct Changed<'c> {
    /// The table's keyspace, by its name and as it is.
    pub(super) keyspace: (&'c str, &'c KeyspaceRef),
    /// The table.
    pub(super) table: &'c ChangedTable,
    /// What was found before the change.
    pub(super) found: &'c Whole,
    /// Which of the found rows are the table's.
    pub(super) rows: &'c [usize],
    /// Whether they are on several shards.
    pub(super) several: bool,
}

/// Let the lookup rows follow.
pub(super) async fn follow(
    session: &mut Session,
    changed: &Changed<'_>,
    lookups: &ChangedLookups,
) -> Result<(), StatementError> {
    let ChangedPlace::Vindex(placement, placed_by) = &changed.table.place else {
        return Err(StatementError::sql(Code::Internal, "a table without a vindex owns lookup vindexes"));
    };
    if changed.rows.is_empty() {
        return Ok(());
    }
    let owner = Owner { keyspace: changed.keyspace.1, table: &changed.table.table, placement };
    let now = match &lookups.identity {
        Some(identity) => read_back(session, changed, lookups, placement, identity).await?,
        None => Vec::new(),
    };
    let mut after: Vec<Vec<LookupRow>> = vec![Vec::new(); lookups.lookups.len()];
    for whole in &now {
        let read = lookups.lookups.iter().map(|changed| &changed.lookup);
        let read = lookup_rows::of_read(session, read, whole, placement)?;
        after.iter_mut().zip(read).for_each(|(all, own)| all.extend(own));
    }
    for (lookup, after) in lookups.lookups.iter().zip(after) {
        let mut before = Vec::new();
        for number in changed.rows {
            let id = placement.keyspace_id(values(changed.found, *number, placed_by.iter().copied()))?;
            let Some(row) = changed.found.rows.get(*number) else { continue };
            before.extend(row_of(session, lookup, row, &changed.found.columns, lookup.columns.iter().copied(), id)?);
        }
        let (gone, come) = lookup_rows::difference(&before, &after);
        if changed.several && lookup.assigned && lookup.lookup.owned && lookup.lookup.vindex.is_unique() {
            refuse_exchange(changed, lookup, &gone, &come)?;
        }
        lookup_rows::delete(session, &lookup.lookup, &owner, gone).await?;
        lookup_rows::insert(session, &lookup.lookup, &owner, come).await?;
    }
    Ok(())
}

fn row_of(
    session: &Session,
    lookup: &ChangedLookup,
    row: &Row,
    columns: &[ColumnDefinition<'static>],
    at: impl Iterator<Item = u32>,
    id: shardgate_vschema::KeyspaceId,
) -> Result<Option<LookupRow>, StatementError> {
    let values = at.filter_map(|at| Some(LookupValue::Read(row.field(at), columns.get(at as usize)?)));
    LookupRow::new(session, &lookup.lookup, &values.collect::<Vec<_>>(), id)
}

/// Whether a row may take the value that another one has depends on which is changed first, and there is no order between
/// shards.
fn refuse_exchange(
    changed: &Changed<'_>,
    lookup: &ChangedLookup,
    gone: &[LookupRow],
    come: &[LookupRow],
) -> Result<(), StatementError> {
    if !come.iter().any(|new| gone.iter().any(|old| old.has_values_of(new))) {
        return Ok(());
    }
    let message = format!(
        "unsupported: the UPDATE gives rows of `{}` values of the unique lookup vindex `{}` that others of its rows had, and \
         they are on several shards; change them one after another",
        changed.table.table,
        lookup.lookup.vindex.name()
    );
    Err(StatementError::sql(Code::Unsupported, message))
}

/// The rows as they are now: the columns of the shard key, then those of each lookup vindex.
async fn read_back(
    session: &mut Session,
    changed: &Changed<'_>,
    lookups: &ChangedLookups,
    placement: &Placement,
    identity: &[FoundColumn],
) -> Result<Vec<Whole>, StatementError> {
    let mut head = b"SELECT ".to_vec();
    let shard_key = placement.columns.iter().map(|column| &column.name);
    let names = shard_key.chain(lookups.lookups.iter().flat_map(|lookup| &lookup.lookup.columns));
    write_identifiers(names, &mut head);
    head.extend_from_slice(b" FROM ");
    write_identifier(changed.keyspace.0, &mut head);
    head.push(b'.');
    write_identifier(&changed.table.table, &mut head);
    let names: Vec<&str> = identity.iter().map(|column| &*column.name).collect();
    let key = |number: usize, out: &mut Vec<u8>| {
        for (index, column) in identity.iter().enumerate() {
            out.extend_from_slice(if index > 0 { b", " } else { b"" });
            write_field(changed.found, number, column.at, out);
        }
    };
    let (mut read, mut count) = (Vec::new(), 0);
    for text in by_key(&head, &names, changed.rows, b" FOR UPDATE", key) {
        let whole = Box::pin(found::rows_without_lookups(session, &text)).await?;
        count += whole.rows.len();
        read.push(whole);
    }
    if count != changed.rows.len() {
        let message = format!(
            "unsupported: the rows of `{}` are not found by the values that their key was given, so that their lookup rows \
             can't follow; assign values of the columns' own types",
            changed.table.table
        );
        return Err(StatementError::sql(Code::Unsupported, message));
    }
    Ok(read)
}
