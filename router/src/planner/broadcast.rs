//! Queries over tables that don't meet on a shard: some stay on their shards, the rows of the others travel there.
//!
//! What travels is to the shards that it comes to what a reference table is: each has all of it. So the statement is
//! planned again with these tables taken for that, and the rules for reference tables decide what is exact.

mod link;
mod once;
mod repeatable;

use super::analysis::{Analysis, Node};
use super::bind::Binder;
use super::condition::Condition;
use super::gather::{self, Gathered};
use super::merge::Refusal;
use super::names::ResolvedKind;
use super::route::Component;
use super::select;
use super::set_operation;
use super::statement::Planning;
use crate::fingerprint::LiteralKind;
use crate::plan::{Broadcast, Gather, Operator, Target};
use crate::sql::ast::{Query, Select, SelectItemKind, Span, Visitor, walk_select, walk_statement};
use std::cmp::Reverse;

/// How many ways to plan a statement are tried.
const MAX_TRIES: usize = 6;
/// Bytes of a column's name that MySQL doesn't cut, with room for other names in it.
const LONG_NAME: usize = 100;
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
    let mut anchors = anchors(analysis);
    if set_operation::is_set_operation(query) {
        anchors.splice(..0, of_each_operand(analysis, &anchors));
    }
    for anchor in anchors.into_iter().take(MAX_TRIES) {
        let travels = travelling(analysis, &anchor);
        if let Ok(broadcast) = with(planning, analysis, query, &travels, gathered) {
            return Operator::Broadcast(Box::new(broadcast));
        }
    }
    otherwise
}

/// Whether a part of the statement can be computed on each shard anew.
fn can_travel(planning: &Planning<'_>, analysis: &Analysis<'_>) -> bool {
    let functions = &planning.functions;
    let system = analysis.occurrences.iter().any(|found| matches!(found.table.kind, ResolvedKind::System));
    !system
        && !planning.context.select_limit
        && !functions.into
        && functions.volatile.is_none()
        && !functions.effects.pins_connection
        && functions.effects.writes_variables.is_empty()
        && !has_parameter_in_items(planning)
}

/// Whether an item of a select list without an alias is so long that MySQL may cut the name that it makes of the text, and
/// names one of these tables.
fn names_long_column(planning: &Planning<'_>, tables: &[Span]) -> bool {
    struct Items(Vec<Span>);
    impl Visitor for Items {
        fn select(&mut self, select: &Select) {
            for item in &select.items {
                if let SelectItemKind::Expr { expr, alias: None } = &item.kind
                    && (expr.span.end - expr.span.start) as usize > LONG_NAME
                {
                    self.0.push(expr.span);
                }
            }
            walk_select(self, select);
        }
    }
    let mut items = Items(Vec::new());
    walk_statement(&mut items, &planning.parsed.statement);
    items.0.iter().any(|item| tables.iter().any(|table| item.contains(*table)))
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

/// For each operand of a set operation the tables with most rows: all these stay, since the operands needn't meet.
fn of_each_operand(analysis: &Analysis<'_>, anchors: &[Anchor]) -> Option<Anchor> {
    let place = |anchor: &Anchor| {
        let instance = analysis.instances.get(*anchor.members.first()?)?;
        Some((analysis.root(instance.region), instance.table.keyspace.clone()))
    };
    let mut operands = Vec::new();
    let mut all = Anchor { members: Vec::new(), rows: 0 };
    let (_, home) = anchors.first().and_then(place)?;
    for anchor in anchors {
        let Some((operand, keyspace)) = place(anchor) else { continue };
        if keyspace == home && !operands.contains(&operand) {
            operands.push(operand);
            all.members.extend(&anchor.members);
            all.rows = all.rows.saturating_add(anchor.rows);
        }
    }
    (operands.len() > 1).then_some(all)
}

/// How many rows of the table may matter: a guess from the conditions on it alone, good enough to tell a few rows from
/// all.
fn rows_of(analysis: &mut Analysis<'_>, instance: usize) -> u64 {
    match analysis.place_of(instance) {
        Target::Equal { .. } => return 1,
        Target::In { .. } => return 10,
        _ => {}
    }
    let Some(found) = analysis.instances.get(instance) else { return UNKNOWN_ROWS };
    let live = found.table.live(analysis.context);
    let is_unique = |node: Node| {
        let keys = live.iter().flat_map(|live| &live.unique_keys);
        keys.filter_map(|key| if let [column] = key.columns.as_slice() { Some(column) } else { None })
            .any(|column| analysis.known_node(instance, column) == Some(node))
    };
    let own = |node: Node| analysis.instance_of(node) == Some(instance);
    analysis.conditions(found.region).fold(UNKNOWN_ROWS, |rows, condition| match condition {
        Condition::Equal { node, .. } if own(*node) && is_unique(*node) => 1,
        Condition::Equal { node, .. } if own(*node) => rows.div_ceil(10),
        Condition::InSlot { node, .. } if own(*node) => rows.div_ceil(5),
        Condition::Range { node, .. } if own(*node) => rows.div_ceil(3),
        _ => rows,
    })
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
    gathered: &Gather,
) -> Result<Broadcast, Refusal> {
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
    let travelling = gather::travelling(&again, analysis, &routing.keyspace, travels)?;
    again.edits = travelling.edits.clone();
    let input = select::placed(&mut again, &mut placed, query, &bound, &output, &routing)?;
    if !travelling.names.is_empty() && names_long_column(planning, &placed.travelling) {
        return Err(Refusal::unsupported("a column's long name that names a temporary table"));
    }
    let text = travelling.edits.whole(planning.text, fingerprint)?;
    if !once::names_each_once(&input, &text, &placed.travelling, fingerprint) {
        return Err(Refusal::unsupported("a part of the statement that names a temporary table is sent twice"));
    }
    planning.pins.extend(again.pins);
    let link = link::find(&mut placed, &routing, &travelling);
    let Gathered { sources, names, .. } = travelling;
    Ok(Broadcast { sources, link, names, input, gathered: gathered.clone() })
}
