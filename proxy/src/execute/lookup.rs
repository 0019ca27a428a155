//! Where a statement's rows are by lookup vindexes: their tables are asked before it runs.

use super::found;
use super::view::SessionView;
use crate::error::StatementError;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::plan::{Lookup, StatementClass};
use shardgate_vschema::{KeyspaceId, ReadLock};
use std::sync::Arc;

/// Lookups and what they found.
pub(crate) type LookedUp = Vec<(Arc<Lookup>, Vec<KeyspaceId>)>;

/// Make the lookups of a statement, for its targets.
pub(super) async fn read(session: &mut Session, statement: &Statement<'_>) -> Result<(), StatementError> {
    // What the statement itself may ask for is of the statement before it.
    let warnings = std::mem::take(&mut session.state.warnings);
    let result = all(session, statement).await;
    session.state.warnings = warnings;
    session.state.looked_up = result?;
    Ok(())
}

async fn all(session: &mut Session, statement: &Statement<'_>) -> Result<LookedUp, StatementError> {
    session.state.looked_up.clear();
    let mut made = LookedUp::new();
    for lookup in &statement.plan.lookups {
        let version = &*session.snapshot.server_version;
        let view = SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
        // What can't be looked up is looked for on every shard.
        let Some(mut query) = lookup.query(&statement.args, &view)? else { continue };
        query.extend_from_slice(lock(session, statement, lookup));
        let found = Box::pin(found::rows_without_lookups(session, &query)).await?;
        let mut ids: Vec<KeyspaceId> = found
            .rows
            .iter()
            .filter_map(|row| lookup.vindex.lookup_id(&super::evaluate::value(row.field(0), found.columns.first()?)))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        made.push((Arc::clone(lookup), ids));
    }
    Ok(made)
}

/// A statement that locks its rows sees the newest ones, also where the transaction's other reads don't: its lookup must.
fn lock(session: &Session, statement: &Statement<'_>, lookup: &Lookup) -> &'static [u8] {
    let reads = matches!(statement.plan.class, StatementClass::Select | StatementClass::Show);
    let alone = !session.transaction.open && session.state.autocommit();
    if reads || alone {
        return b"";
    }
    match lookup.vindex.lookup_table().map(|table| table.options.read_lock) {
        Some(ReadLock::Exclusive) => b" FOR UPDATE",
        Some(ReadLock::Shared) => b" LOCK IN SHARE MODE",
        Some(ReadLock::None) | None => b"",
    }
}
