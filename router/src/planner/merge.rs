//! A SELECT on several shards, whose rows are concatenated or merged in order.

use super::aggregate;
use super::analysis::Analysis;
use super::bind::{Bound, Output};
use super::condition::value;
use super::keys::{Hidden, Keys};
use super::route::RoutingKind;
use super::shape::Shape;
use super::statement::Planning;
use crate::error::SqlError;
use crate::plan::{Limit, MergeSort, Operator, Piece, Route, Target, ValueExpr};
use crate::sql::ast::{Expr, Query, QueryBody, Rollup, SelectItemKind, Span, WindowSpec};
use std::sync::Arc;

/// Why a statement isn't merged.
pub(super) enum Refusal {
    /// It isn't supported on several shards: what, and why.
    Unsupported(String),
    /// It is wrong, or the planner is.
    Error(SqlError),
}

impl Refusal {
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Refusal::Unsupported(what.into())
    }
}

impl From<SqlError> for Refusal {
    fn from(error: SqlError) -> Self {
        Refusal::Error(error)
    }
}

/// Plan a query whose tables are placed together, for any number of shards.
pub(super) fn plan(
    planning: &mut Planning<'_>,
    analysis: &mut Analysis<'_>,
    query: &Query,
    bound: &Bound,
    output: &Output,
    keyspace: &Arc<str>,
    routing: &RoutingKind,
) -> Result<Operator, Refusal> {
    let RoutingKind::Together(component) = routing else {
        return Err(Refusal::unsupported("tables that don't meet on one shard"));
    };
    if !component.anchored {
        let table = analysis.instances.get(component.leader).map_or("", |instance| &*instance.table.table).to_owned();
        return Err(Refusal::Unsupported(format!(
            "`{table}` is on several shards and stands in a subquery, a UNION, a derived table or behind an outer join in a \
             way that needs all its rows in one place"
        )));
    }
    let target = component.target.clone();
    if planning.functions.into {
        return Err(Refusal::unsupported("INTO with rows of several shards"));
    }
    let select = match &query.body {
        QueryBody::Select(select) => select,
        QueryBody::Table(_) if query.order_by.is_empty() && query.limit.is_none() => {
            return Ok(planning.whole(keyspace, target)?);
        }
        QueryBody::Table(_) => return Err(Refusal::unsupported("TABLE with ORDER BY or LIMIT on several shards")),
        QueryBody::Values(_) | QueryBody::Parenthesised(_) | QueryBody::SetOperation(_) => {
            return Err(Refusal::unsupported("a set operation or a query in parentheses on several shards"));
        }
    };
    if select.options.calc_found_rows {
        return Err(Refusal::unsupported("SQL_CALC_FOUND_ROWS on several shards"));
    }
    if select.qualify.is_some() {
        return Err(Refusal::unsupported("QUALIFY on several shards"));
    }
    let leader = component.leader;
    let mut keys = Keys { planning, analysis, bound, output, select, hidden: Hidden::new(0) };
    let shape = Shape::of(select);
    let order_shape = query.order_by.iter().any(|item| super::keys::aggregates(&item.expr));
    if shape.windows && !windows_have_key(&mut keys, leader) {
        return Err(Refusal::unsupported(
            "window functions on several shards whose PARTITION BY doesn't hold the shard key",
        ));
    }
    let grouped = select.group_by.as_ref();
    let local_groups = match grouped {
        Some(group) => {
            if group.rollup != Rollup::No {
                return Err(Refusal::unsupported("WITH ROLLUP on several shards"));
            }
            group_holds_key(&mut keys, leader, &group.items)?
        }
        None => false,
    };
    if (grouped.is_some() && !local_groups) || (grouped.is_none() && (shape.aggregates || order_shape)) {
        return aggregate::plan(keys, query, keyspace, target);
    }
    if grouped.is_none() && select.having.is_some() && shape.windows {
        return Err(Refusal::unsupported("HAVING with window functions on several shards"));
    }
    if select.options.distinct && !distinct_holds_key(&mut keys, leader) {
        if shape.windows || grouped.is_some() {
            return Err(Refusal::unsupported("SELECT DISTINCT with grouping or window functions on several shards"));
        }
        return aggregate::distinct(keys, query, keyspace, target);
    }
    rows(keys, query, keyspace, target)
}

/// Concatenate or merge rows.
fn rows<'q>(
    mut keys: Keys<'_, '_, '_, 'q>,
    query: &'q Query,
    keyspace: &Arc<str>,
    target: Target,
) -> Result<Operator, Refusal> {
    let select = keys.select;
    let alone = keys.planning.template()?;
    let mut sorts = Vec::new();
    if !query.order_by.is_empty() {
        let visible = keys.visible();
        keys.hidden = Hidden::new(visible.unwrap_or(0));
        for item in &query.order_by {
            let place = keys.place(&item.expr, true)?;
            sorts.push(keys.sort_key(&place, item.is_desc(), false)?);
        }
        if visible.is_none() && keys.hidden.count() > 0 {
            return Err(Refusal::unsupported(
                "ORDER BY with `*` on several shards while the table's columns aren't known: name the columns",
            ));
        }
    }
    let hidden = keys.hidden.count();
    let Keys { planning, hidden: columns, .. } = keys;
    let mut edits = planning.edits.clone();
    if hidden > 0
        && let Some(last) = select.items.last()
    {
        edits.replace(Span::at(last.full_span.end), columns.pieces());
    }
    let limit = limit(planning, query)?;
    if let (Some((Some(offset), count)), Some(written)) = (&limit, &query.limit) {
        let sum = Piece::LimitSum { offset: offset.clone(), count: count.clone() };
        edits.replace(written.span, vec![Piece::Sql("LIMIT ".into()), sum]);
    }
    let sql = edits.whole(planning.text, planning.fingerprint)?;
    let sql_alone = (!sorts.is_empty() || limit.is_some()).then_some(alone);
    let route = Route { keyspace: Arc::clone(keyspace), target, sql, sql_alone, hidden };
    let sorted = if sorts.is_empty() {
        Operator::Route(route)
    } else {
        Operator::MergeSort(MergeSort { input: route, keys: sorts })
    };
    Ok(limited(sorted, limit))
}

/// Put a LIMIT on top.
pub(super) fn limited(input: Operator, limit: Option<(Option<ValueExpr>, ValueExpr)>) -> Operator {
    match limit {
        Some((offset, count)) => Operator::Limit(Limit { input: Box::new(input), offset, count }),
        None => input,
    }
}

/// The numbers of the query's LIMIT.
pub(super) fn limit(planning: &Planning<'_>, query: &Query) -> Result<Option<(Option<ValueExpr>, ValueExpr)>, Refusal> {
    let Some(limit) = &query.limit else { return Ok(None) };
    let number = |expr: &Expr| {
        value(expr, planning.fingerprint)
            .ok_or_else(|| Refusal::unsupported("a LIMIT on several shards that isn't a number or parameter"))
    };
    let offset = limit.offset.as_ref().map(number).transpose()?;
    Ok(Some((offset, number(&limit.count)?)))
}

/// Whether GROUP BY holds the shard key, so that no group is on two shards.
fn group_holds_key<'q>(keys: &mut Keys<'_, '_, '_, 'q>, leader: usize, items: &'q [Expr]) -> Result<bool, Refusal> {
    let mut exprs: Vec<&Expr> = Vec::new();
    for item in items {
        exprs.push(match keys.place(item, false)? {
            super::keys::Place::Column { item: Some(expr), .. } => expr,
            _ => item,
        });
    }
    Ok(keys.hold_key(leader, exprs.into_iter()))
}

fn distinct_holds_key(keys: &mut Keys<'_, '_, '_, '_>, leader: usize) -> bool {
    let select = keys.select;
    let exprs = select.items.iter().filter_map(|item| match &item.kind {
        SelectItemKind::Expr { expr, .. } => Some(expr),
        _ => None,
    });
    let whole = select.items.iter().any(|item| matches!(item.kind, SelectItemKind::All));
    whole || keys.hold_key(leader, exprs)
}

fn windows_have_key(keys: &mut Keys<'_, '_, '_, '_>, leader: usize) -> bool {
    use crate::sql::ast::{ExprKind, Over, Visitor, walk_expr};
    struct Specs<'w> {
        named: &'w [crate::sql::ast::NamedWindow],
        found: Vec<Vec<Expr>>,
        unknown: bool,
    }
    impl Specs<'_> {
        fn add(&mut self, spec: &WindowSpec) {
            match &spec.name {
                None => self.found.push(spec.partition_by.clone()),
                Some(name) => self.named(&name.value, 0),
            }
        }

        fn named(&mut self, name: &str, depth: usize) {
            match self.named.iter().find(|window| window.name.is(name)) {
                Some(window) => match &window.spec.name {
                    None => self.found.push(window.spec.partition_by.clone()),
                    Some(base) if depth < 16 => {
                        let base = base.value.clone();
                        self.named(&base, depth + 1);
                    }
                    Some(_) => self.unknown = true,
                },
                None => self.unknown = true,
            }
        }

        fn over(&mut self, over: &Over) {
            match over {
                Over::Spec(spec) => self.add(spec),
                Over::Name(name) => self.named(&name.value, 0),
            }
        }
    }
    impl Visitor for Specs<'_> {
        fn expr(&mut self, expr: &Expr) {
            match &expr.kind {
                ExprKind::Aggregate(aggregate) => aggregate.over.iter().for_each(|over| self.over(over)),
                ExprKind::Window(call) => self.over(&call.over),
                _ => {}
            }
            walk_expr(self, expr);
        }

        fn query(&mut self, _: &Query) {}
    }
    let mut specs = Specs { named: &keys.select.windows, found: Vec::new(), unknown: false };
    for item in &keys.select.items {
        if let SelectItemKind::Expr { expr, .. } = &item.kind {
            specs.expr(expr);
        }
    }
    let (found, unknown) = (specs.found, specs.unknown);
    !unknown && found.iter().all(|partition| keys.hold_key(leader, partition.iter()))
}
