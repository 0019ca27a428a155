//! Statements whose rows can't be merged while they stream: their tables' rows are gathered, and MySQL itself answers.

mod columns;
mod filter;
mod full_text;
mod namesakes;
mod walk;

use super::analysis::Analysis;
use super::edit::Edits;
use super::expand;
use super::names::ResolvedKind;
use super::statement::{Planning, RANKS};
use crate::error::{Code, SqlError};
use crate::plan::{Gather, GatherSource, Operator, Piece, Route, Target};
use std::sync::Arc;
use walk::Walk;

/// The tables of a statement as they are gathered, and the edits that lead its text to the temporary tables.
pub(super) struct Gathered {
    /// The tables.
    pub(super) sources: Vec<GatherSource>,
    /// Edits of the client's text.
    pub(super) edits: Edits,
    /// Names that were put in, and what is written in their place.
    pub(super) names: Vec<(Box<str>, Box<str>)>,
    /// Where each of them is in the analysis.
    pub(super) places: Vec<usize>,
    /// Whether the edits repeat parts of the text.
    pub(super) repeats: bool,
}

/// Find out what to gather for the statement that is planned; it runs on a shard of `home`.
///
/// # Errors
/// When a table can't be gathered: what, and why.
pub(super) fn gathered(planning: &Planning<'_>, analysis: &mut Analysis<'_>, home: &str) -> Result<Gathered, SqlError> {
    refuse_what_stays(planning, analysis)?;
    let targets: Vec<Target> = (0..analysis.instances.len()).map(|instance| analysis.place_of(instance)).collect();
    // The values of the session, but not the names of databases: those are put in for the scratch session.
    let mut edits = Edits::default();
    planning.functions.edit(planning.text, planning.fingerprint, &mut edits)?;
    databases(planning, analysis, home, &mut edits);
    refuse_twice(planning, analysis)?;
    let namesakes = namesakes::find(planning, analysis, home)?;
    let named = columns::named(planning);
    let mut walk = Walk::new(planning, analysis, home, &targets, None, named, edits).with_namesakes(namesakes);
    walk.statement(&planning.parsed.statement);
    walk.finish()
}

/// As [`gathered`], for tables that stay empty: values of the session are computed there, so that they have their types.
///
/// # Errors
/// As [`gathered`].
pub(super) fn emptied(planning: &Planning<'_>, analysis: &mut Analysis<'_>, home: &str) -> Result<Gathered, SqlError> {
    let targets = vec![Target::AnyShard; analysis.instances.len()];
    let mut edits = Edits::default();
    databases(planning, analysis, home, &mut edits);
    let mut walk = Walk::new(planning, analysis, home, &targets, None, columns::named(planning), edits);
    walk.statement(&planning.parsed.statement);
    walk.finish()
}

/// As [`gathered`], but of these tables only, by their places in the analysis. The edits are added to those of `planning`.
///
/// # Errors
/// As [`gathered`].
pub(super) fn travelling(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    home: &str,
    travels: &[bool],
) -> Result<Gathered, SqlError> {
    refuse_what_stays(planning, analysis)?;
    if !namesakes::find(planning, analysis, home)?.is_empty() {
        let message =
            "unsupported: tables of the same name from several keyspaces that are sent to each other's shards";
        return Err(SqlError::new(Code::Unsupported, message));
    }
    let targets: Vec<Target> = (0..analysis.instances.len()).map(|instance| analysis.place_of(instance)).collect();
    let named = columns::named(planning);
    let mut walk = Walk::new(planning, analysis, home, &targets, Some(travels), named, planning.edits.clone());
    walk.statement(&planning.parsed.statement);
    walk.finish()
}

/// Edits for the databases that columns are written with.
fn databases(planning: &Planning<'_>, analysis: &Analysis<'_>, home: &str, edits: &mut Edits) {
    for column in &analysis.qualified {
        let elsewhere = *column.database != *home || planning.context.catalog.is_renamed(home);
        if elsewhere && !crate::catalog::is_system_database(&column.database) {
            edits.replace(column.schema, vec![Piece::Database(Arc::from(home))]);
        }
    }
}

/// MySQL opens a temporary table once in a statement.
fn refuse_twice(planning: &Planning<'_>, analysis: &Analysis<'_>) -> Result<(), SqlError> {
    let mut seen: Vec<&str> = Vec::new();
    for occurrence in &analysis.occurrences {
        let table = &occurrence.table;
        if planning.context.catalog.temporary(&table.keyspace, &table.table).is_none() {
            continue;
        }
        if seen.contains(&&*table.table) {
            let message = format!("Can't reopen table: '{}'", table.table);
            return Err(SqlError::new(Code::TemporaryTwice, message));
        }
        seen.push(&table.table);
    }
    Ok(())
}

/// What can't be taken to a scratch session.
fn refuse_what_stays(planning: &Planning<'_>, analysis: &Analysis<'_>) -> Result<(), SqlError> {
    let unsupported = |what: String| Err(SqlError::new(Code::Unsupported, format!("unsupported: {what}")));
    if planning.functions.effects.pins_connection {
        return unsupported(
            "GET_LOCK() and its kin in a statement over several shards; call it in a statement of its own".to_owned(),
        );
    }
    if planning.functions.ranks {
        return unsupported(RANKS.to_owned());
    }
    if let Some((view, _)) = analysis.views().next() {
        return Err(super::internal(&format!("the view `{}` was to be gathered by its name", view.table.table)));
    }
    Ok(())
}

/// Plan a query that isn't merged: whole if its tables are all on one shard (`targets`), else gathered.
pub(super) fn plan(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    keyspace: &Arc<str>,
    targets: Vec<Target>,
    reason: &str,
) -> Result<Operator, SqlError> {
    let whole = planning.one_shard(keyspace, targets, reason)?;
    if planning.functions.effects.pins_connection {
        return Ok(whole);
    }
    let alone = match whole {
        Operator::Route(route) => Some(route),
        _ => None,
    };
    match operator(planning, analysis, keyspace, alone.clone(), reason) {
        Err(error)
            if error.code == Code::Unsupported
                && let Some(alone) = alone =>
        {
            let targets = match alone.target {
                Target::OneShard { targets, .. } => targets,
                target => vec![target],
            };
            let why = error.message.strip_prefix("unsupported: ").unwrap_or(&error.message);
            planning.one_shard(keyspace, targets, &format!("{why} ({reason})"))
        }
        planned => planned,
    }
}

/// The keyspaces that have the statement's tables.
fn keyspaces(analysis: &Analysis<'_>) -> Vec<Arc<str>> {
    let mut keyspaces: Vec<Arc<str>> = Vec::new();
    for occurrence in &analysis.occurrences {
        let table = &occurrence.table;
        if !matches!(table.kind, ResolvedKind::System) && !keyspaces.contains(&table.keyspace) {
            keyspaces.push(Arc::clone(&table.keyspace));
        }
    }
    keyspaces
}

/// The keyspace where a statement over several keyspaces runs.
pub(super) fn home_of(planning: &Planning<'_>, analysis: &Analysis<'_>) -> Arc<str> {
    let catalog = planning.context.catalog;
    let keyspaces = keyspaces(analysis);
    let own = keyspaces.iter().find(|keyspace| Some(&***keyspace) == planning.context.database);
    let sharded = keyspaces.iter().find(|keyspace| catalog.is_sharded(keyspace));
    own.or(sharded).or(keyspaces.first()).map_or_else(|| Arc::from(""), Arc::clone)
}

/// Plan a query over tables of keyspaces that are on different servers.
pub(super) fn across(planning: &Planning<'_>, analysis: &mut Analysis<'_>) -> Result<Operator, SqlError> {
    let keyspaces = keyspaces(analysis);
    let home = home_of(planning, analysis);
    let reason = format!(
        "the tables are in several keyspaces ({})",
        keyspaces.iter().map(|keyspace| &**keyspace).collect::<Vec<_>>().join(", ")
    );
    operator(planning, analysis, &home, None, &reason)
}

/// The operator that gathers; with the views' own queries, if views are named.
pub(super) fn operator(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    home: &Arc<str>,
    alone: Option<Route>,
    reason: &str,
) -> Result<Operator, SqlError> {
    if analysis.views().next().is_some() {
        return expand::operator(planning, analysis, home, alone, reason);
    }
    let Gathered { sources, edits, names, repeats, .. } = gathered(planning, analysis, home)?;
    let sql = edits.whole(planning.text, planning.fingerprint)?;
    let (keyspace, reason) = (Arc::clone(home), reason.into());
    Ok(Operator::Gather(Gather { keyspace, alone, sources, sql, names, repeats, reason }))
}
