//! Queries over tables that don't meet on a shard: some stay on their shards, the rows of the others travel there.
//!
//! What travels is to the shards that it comes to what a reference table is: each has all of it. So the statement is
//! planned again with these tables taken for that, and the rules for reference tables decide what is exact.

mod repeatable;

use super::analysis::Analysis;
use super::bind::Binder;
use super::gather::{self, Gathered};
use super::merge::Refusal;
use super::names::ResolvedKind;
use super::route::Component;
use super::select;
use super::statement::Planning;
use crate::fingerprint::LiteralKind;
use crate::plan::{Broadcast, Operator, Target};
use crate::sql::ast::{Query, Select, Span, Visitor, walk_select, walk_statement};
use std::cmp::Reverse;

/// How many ways to plan a statement are tried.
const MAX_TRIES: usize = 6;
/// Rows of a table of which nothing is known.
const UNKNOWN_ROWS: u64 = 1000;

/// Tables that can stay where they are while the others travel.
struct Anchor {
    /// Their places in the analysis.
    members: Vec<usize>,
    /// How many rows they may have.
    rows: u64,
}

/// Plan a query for which there is a plan that gathers all its tables: as a broadcast if that is exact, else as it is.
pub(super) fn plan(
    planning: &mut Planning<'_>,
    analysis: &mut Analysis<'_>,
    query: &Query,
    otherwise: Operator,
) -> Operator {
    let Operator::Gather(gathered) = &otherwise else { return otherwise };
    if !can_travel(planning, analysis) || gathered.sources.iter().any(|source| !source.locking.is_empty()) {
        return otherwise;
    }
    for anchor in anchors(analysis).into_iter().take(MAX_TRIES) {
        let travels = travelling(analysis, &anchor);
        if let Ok((Gathered { sources, names, .. }, input)) = with(planning, analysis, query, &travels) {
            let gathered = gathered.clone();
            return Operator::Broadcast(Box::new(Broadcast { sources, names, input, gathered }));
        }
    }
    otherwise
}

/// Whether a part of the statement can be computed on each shard anew.
fn can_travel(planning: &Planning<'_>, analysis: &Analysis<'_>) -> bool {
    let functions = &planning.functions;
    let system = analysis.occurrences.iter().any(|found| matches!(found.table.kind, ResolvedKind::System));
    !system
        && !functions.into
        && functions.volatile.is_none()
        && !functions.effects.pins_connection
        && functions.effects.writes_variables.is_empty()
        && !has_parameter_in_items(planning)
}

/// Whether a parameter is in a select list. The shards get its value as a literal, which would give the column another
/// name and type.
fn has_parameter_in_items(planning: &Planning<'_>) -> bool {
    struct Items(Vec<Span>);
    impl Visitor for Items {
        fn select(&mut self, select: &Select) {
            self.0.extend(select.items.iter().map(|item| item.span));
            walk_select(self, select);
        }
    }
    let parameters: Vec<u32> = planning
        .fingerprint
        .literals()
        .iter()
        .filter(|literal| matches!(literal.kind, LiteralKind::Parameter(_)))
        .map(|literal| literal.start)
        .collect();
    if parameters.is_empty() {
        return false;
    }
    let mut items = Items(Vec::new());
    walk_statement(&mut items, &planning.parsed.statement);
    parameters.iter().any(|at| items.0.iter().any(|item| item.contains(Span::at(*at))))
}

/// The tables that can stay, those with most rows first.
fn anchors(analysis: &mut Analysis<'_>) -> Vec<Anchor> {
    let mut found = Vec::new();
    for Component { target, members, anchored, .. } in analysis.components() {
        if anchored || super::route::is_certainly_one(&target, analysis.fingerprint) {
            let rows = members.iter().map(|member| rows_of(analysis, *member)).fold(0, u64::saturating_add);
            found.push(Anchor { members, rows });
        }
    }
    let unsharded = |analysis: &Analysis<'_>, index: usize| {
        let table = &analysis.instances.get(index)?.table;
        matches!(table.kind, ResolvedKind::Unsharded(_)).then(|| table.keyspace.clone())
    };
    let mut keyspaces = Vec::new();
    for index in 0..analysis.instances.len() {
        let Some(keyspace) = unsharded(analysis, index).filter(|keyspace| !keyspaces.contains(keyspace)) else {
            continue;
        };
        let members: Vec<usize> = (index..analysis.instances.len())
            .filter(|other| unsharded(analysis, *other).as_ref() == Some(&keyspace))
            .collect();
        let rows = members.iter().map(|member| rows_of(analysis, *member)).fold(0, u64::saturating_add);
        found.push(Anchor { members, rows });
        keyspaces.push(keyspace);
    }
    found.sort_by_key(|anchor| Reverse(anchor.rows));
    found
}

/// How many rows of the table may matter.
fn rows_of(analysis: &mut Analysis<'_>, instance: usize) -> u64 {
    match analysis.place_of(instance) {
        Target::Equal { .. } => 1,
        Target::In { .. } => 10,
        _ => UNKNOWN_ROWS,
    }
}

/// Which tables travel if these stay. Those of the same keyspace that every shard has stay, too.
fn travelling(analysis: &Analysis<'_>, anchor: &Anchor) -> Vec<bool> {
    let home = anchor.members.first().and_then(|first| analysis.instances.get(*first));
    let home = home.map(|instance| instance.table.keyspace.clone());
    let travels = analysis.instances.iter().enumerate().map(|(index, instance)| {
        let table = &instance.table;
        let everywhere = matches!(table.kind, ResolvedKind::Reference(_)) && Some(&table.keyspace) == home.as_ref();
        !everywhere && !anchor.members.contains(&index)
    });
    travels.collect()
}

/// Plan the statement with these tables travelling.
fn with(
    planning: &mut Planning<'_>,
    analysis: &mut Analysis<'_>,
    query: &Query,
    travels: &[bool],
) -> Result<(Gathered, Operator), Refusal> {
    let (text, fingerprint, context) = (planning.text, planning.fingerprint, planning.context);
    let mut placed = Analysis::new(context, fingerprint);
    let occurrences = analysis.occurrences.iter().zip(travels);
    placed.travelling = occurrences.filter(|(_, travels)| **travels).map(|(found, _)| found.span).collect();
    if placed.travelling.is_empty() {
        return Err(Refusal::unsupported("no table travels"));
    }
    if !repeatable::is_repeatable(query, &analysis.occurrences, travels) {
        return Err(Refusal::unsupported("a part of the statement may differ from shard to shard"));
    }
    let (bound, output) = Binder::new(&mut placed, &planning.parsed.statement).query_statement(query)?;
    let routing = placed.routing()?;
    let mut again = Planning::new(text, fingerprint, context, planning.parsed)?;
    again.qualify(&placed, &routing.keyspace);
    let gathered = gather::travelling(&again, analysis, &routing.keyspace, travels)?;
    again.edits = gathered.edits.clone();
    let input = select::placed(&mut again, &mut placed, query, &bound, &output, &routing)?;
    planning.pins.extend(again.pins);
    Ok((gathered, input))
}
