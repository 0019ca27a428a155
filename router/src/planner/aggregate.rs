//! Aggregates over several shards: each computes its part, the proxy combines them.

use super::functions::is_constant;
use super::keys::{Hidden, Keys, Order, Place};
use super::merge::{Refusal, limit, limited};
use super::shape::Shape;
use crate::plan::{Aggregate, AggregateColumn, Operator, Padding, Piece, Route, SortKey, Target, Template};
use crate::sql::ast::{self, AggregateFunction, Expr, ExprKind, Query, SelectItemKind, Span};
use std::sync::Arc;

/// Plan a query block with aggregate functions or GROUP BY.
pub(super) fn plan<'q>(
    mut keys: Keys<'_, '_, '_, 'q>,
    query: &'q Query,
    keyspace: &Arc<str>,
    target: Target,
) -> Result<Operator, Refusal> {
    let select = keys.select;
    if select.options.distinct {
        return Err(Refusal::unsupported("SELECT DISTINCT with aggregates on several shards"));
    }
    if select.having.is_some() {
        return Err(Refusal::unsupported("HAVING on aggregates of several shards"));
    }
    if Shape::of(select).windows {
        return Err(Refusal::unsupported("window functions over aggregates of several shards"));
    }
    let alone = keys.planning.template()?;
    let visible = keys
        .visible()
        .filter(|_| select.items.iter().all(|item| matches!(item.kind, SelectItemKind::Expr { .. })))
        .ok_or_else(|| Refusal::unsupported("`*` together with aggregates on several shards"))?;
    keys.hidden = Hidden::new(visible);
    let group_items: &[Expr] = select.group_by.as_ref().map_or(&[], |group| &group.items);

    // Aggregates that only ORDER BY names come first among the hidden columns, since the executor combines a prefix.
    let mut combined: Vec<&Expr> = select.items.iter().filter_map(item_expr).collect();
    if !group_items.is_empty() {
        for item in &query.order_by {
            if let Place::Expression(expr) = keys.place(&item.expr, true)?
                && super::keys::aggregates(expr)
            {
                let pieces = keys.wrapped("", expr, "")?;
                if keys.hidden.column(pieces) as usize == combined.len() {
                    combined.push(expr);
                }
            }
        }
    }
    let mut columns = Vec::new();
    for (index, expr) in combined.iter().enumerate() {
        columns.push(column(&mut keys, index as u32, expr, !group_items.is_empty())?);
    }

    let mut group: Vec<(Place<'_>, &Expr)> = Vec::new();
    for expr in group_items {
        group.push((keys.place(expr, false)?, expr));
    }
    let (group, directions, order) = order_groups(&mut keys, query, group, true)?;
    let mut sorts = Vec::new();
    for ((place, _), descending) in group.iter().zip(&directions) {
        sorts.push(keys.sort_key(place, *descending, true)?);
    }

    combine(keys, query, keyspace, target, Combination { alone, group, directions, sorts, columns, order })
}

/// Plan SELECT DISTINCT: the columns are the grouping keys.
pub(super) fn distinct<'q>(
    mut keys: Keys<'_, '_, '_, 'q>,
    query: &'q Query,
    keyspace: &Arc<str>,
    target: Target,
) -> Result<Operator, Refusal> {
    let select = keys.select;
    let alone = keys.planning.template()?;
    let exprs: Vec<&Expr> = select.items.iter().filter_map(item_expr).collect();
    let visible = keys
        .visible()
        .filter(|visible| *visible as usize == exprs.len() && exprs.len() == select.items.len())
        .ok_or_else(|| Refusal::unsupported("SELECT DISTINCT with `*` on several shards: name the columns"))?;
    if keys.planning.functions.volatile.is_some() {
        return Err(Refusal::unsupported("SELECT DISTINCT with RAND() or UUID() on several shards"));
    }
    keys.hidden = Hidden::new(visible);
    let mut group: Group<'q> = Vec::new();
    for (index, expr) in exprs.iter().enumerate() {
        // A constant tells no rows apart, and as a number it would be a position in ORDER BY.
        if !is_constant(expr, keys.planning.fingerprint) {
            let node = keys.node(expr);
            group.push((Place::Column { index: index as u32, item: Some(expr), node }, expr));
        }
    }
    if group.is_empty() {
        return Err(Refusal::unsupported("SELECT DISTINCT of constants on several shards"));
    }
    let columns = exprs.iter().map(|_| AggregateColumn::First).collect();
    let (group, directions, order) = order_groups(&mut keys, query, group, false)?;
    let mut sorts = Vec::new();
    for ((place, _), descending) in group.iter().zip(&directions) {
        sorts.push(keys.sort_key(place, *descending, false)?);
    }
    combine(keys, query, keyspace, target, Combination { alone, group, directions, sorts, columns, order })
}

/// What is combined, and how.
struct Combination<'q> {
    alone: Template,
    group: Group<'q>,
    directions: Vec<bool>,
    sorts: Vec<SortKey>,
    columns: Vec<AggregateColumn>,
    order: Vec<SortKey>,
}

/// Edit the text for the shards, which order their rows by the grouping keys.
fn combine(
    keys: Keys<'_, '_, '_, '_>,
    query: &Query,
    keyspace: &Arc<str>,
    target: Target,
    combination: Combination<'_>,
) -> Result<Operator, Refusal> {
    let Combination { alone, group, directions, sorts, columns, order } = combination;
    let select = keys.select;
    let mut edits = keys.planning.edits.clone();
    if !group.is_empty() {
        let mut pieces = Vec::new();
        for (number, ((_, expr), descending)) in group.iter().zip(&directions).enumerate() {
            if number > 0 {
                pieces.push(Piece::Sql(", ".into()));
            }
            pieces.extend(keys.wrapped("", expr, if *descending { " DESC" } else { "" })?);
        }
        match (query.order_by.first(), query.order_by.last()) {
            (Some(first), Some(last)) => edits.cover(first.span.to(last.span), pieces),
            _ => {
                pieces.insert(0, Piece::Sql(" ORDER BY ".into()));
                edits.replace(Span::at(select.span.end), pieces);
            }
        }
    }
    let hidden = keys.hidden.count();
    let Keys { planning, hidden: texts, .. } = keys;
    if hidden > 0
        && let Some(last) = select.items.last()
    {
        edits.replace(Span::at(last.full_span.end), texts.pieces());
    }
    let limit = limit(planning, query)?;
    if let (Some(written), Some((offset, count))) = (&query.limit, &limit) {
        // The first groups of all are among the first of each shard, if they are in the keys' order.
        let pieces = match (offset, order.is_empty() && !group.is_empty()) {
            (_, false) => Vec::new(),
            (None, true) => vec![Piece::Sql("LIMIT ".into()), Piece::Value(count.clone())],
            (Some(offset), true) => {
                let sum = Piece::LimitSum { offset: offset.clone(), count: count.clone() };
                vec![Piece::Sql("LIMIT ".into()), sum]
            }
        };
        edits.replace(written.span, pieces);
    }
    let sql = edits.whole(planning.text, planning.fingerprint)?;
    let input = Route { keyspace: Arc::clone(keyspace), target, sql, sql_alone: Some(alone), hidden };
    Ok(limited(Operator::Aggregate(Aggregate { input, group: sorts, columns, order }), limit))
}

fn item_expr(item: &ast::SelectItem) -> Option<&Expr> {
    match &item.kind {
        SelectItemKind::Expr { expr, .. } => Some(expr),
        _ => None,
    }
}

/// How one column is combined.
fn column(keys: &mut Keys<'_, '_, '_, '_>, index: u32, expr: &Expr, grouped: bool) -> Result<AggregateColumn, Refusal> {
    let ExprKind::Aggregate(call) = &expr.kind else {
        if super::keys::aggregates(expr) {
            return Err(Refusal::Unsupported(format!(
                "the expression {} over aggregates of several shards",
                keys.show(expr.span)
            )));
        }
        if grouped || is_constant(expr, keys.planning.fingerprint) {
            return Ok(AggregateColumn::First);
        }
        return Err(Refusal::Unsupported(format!(
            "{} beside aggregates without GROUP BY on several shards",
            keys.show(expr.span)
        )));
    };
    if call.over.is_some() {
        return Err(Refusal::unsupported("window functions over several shards"));
    }
    let extreme = |keys: &mut Keys<'_, '_, '_, '_>, arg: &Expr| -> Result<SortKey, Refusal> {
        let mut padding = Padding::NONE;
        let weight = match keys.order_of_expr(arg) {
            Order::Value => None,
            Order::Weight => {
                padding = keys.padding(arg)?;
                let pieces = keys.wrapped("WEIGHT_STRING(", expr, ")")?;
                Some(keys.hidden.column(pieces))
            }
            Order::Number | Order::Unknown(_) => {
                return Err(Refusal::Unsupported(format!(
                    "{} on several shards: values of this type aren't compared here",
                    keys.show(expr.span)
                )));
            }
        };
        Ok(SortKey { column: index, weight, padding, descending: false })
    };
    match (call.function, call.args.as_slice(), call.distinct) {
        (AggregateFunction::CountAll, _, _) | (AggregateFunction::Count, [_], false) => Ok(AggregateColumn::Count),
        (AggregateFunction::Sum, [_], false) => Ok(AggregateColumn::Sum),
        (AggregateFunction::Min, [arg], _) => Ok(AggregateColumn::Min(extreme(keys, arg)?)),
        (AggregateFunction::Max, [arg], _) => Ok(AggregateColumn::Max(extreme(keys, arg)?)),
        (AggregateFunction::AnyValue, _, _) => Ok(AggregateColumn::First),
        (AggregateFunction::Avg, [arg], false) => {
            let sum = keys.wrapped("SUM(", arg, ")")?;
            let count = keys.wrapped("COUNT(", arg, ")")?;
            Ok(AggregateColumn::Avg { sum: keys.hidden.column(sum), count: keys.hidden.column(count) })
        }
        (_, _, true) => Err(Refusal::Unsupported(format!("{} on several shards", keys.show(expr.span)))),
        _ => Err(Refusal::Unsupported(format!("{} on several shards", keys.show(expr.span)))),
    }
}

type Group<'q> = Vec<(Place<'q>, &'q Expr)>;

/// Put the grouping keys into the client's order where that is possible. Returns them with their directions, and the
/// order that must be made afterwards.
fn order_groups<'q>(
    keys: &mut Keys<'_, '_, '_, 'q>,
    query: &'q Query,
    group: Group<'q>,
    each: bool,
) -> Result<(Group<'q>, Vec<bool>, Vec<SortKey>), Refusal> {
    if group.is_empty() {
        return Ok((group, Vec::new(), Vec::new()));
    }
    let mut places = Vec::new();
    for item in &query.order_by {
        places.push((keys.place(&item.expr, true)?, item.is_desc()));
    }
    let mut rest: Vec<Option<(Place<'q>, &'q Expr)>> = group.into_iter().map(Some).collect();
    let mut ordered = Vec::new();
    let mut directions = Vec::new();
    let mut matched = 0;
    for (place, descending) in &places {
        let text = |expr: &Expr| expr.span.of(keys.planning.text).to_vec();
        let found = rest.iter().position(|candidate| {
            candidate.as_ref().is_some_and(|(other, _)| match (place, other) {
                (Place::Column { index: a, .. }, Place::Column { index: b, .. }) => a == b,
                (Place::Expression(a), Place::Expression(b)) => text(a) == text(b),
                _ => false,
            })
        });
        let Some(key) = found.and_then(|index| rest.get_mut(index)).and_then(Option::take) else { break };
        ordered.push(key);
        directions.push(*descending);
        matched += 1;
    }
    let complete = matched == places.len() || rest.iter().all(Option::is_none);
    for key in rest.into_iter().flatten() {
        ordered.push(key);
        directions.push(false);
    }
    let mut order = Vec::new();
    if !complete {
        for (place, descending) in &places {
            let is_group = ordered.iter().any(|(other, _)| match (place, other) {
                (Place::Column { index: a, .. }, Place::Column { index: b, .. }) => a == b,
                _ => false,
            });
            order.push(order_key(keys, place, *descending, is_group.then_some(each))?);
        }
    }
    Ok((ordered, directions, order))
}

/// A key of the order that is made after the groups are combined: a grouping key or a combined aggregate.
fn order_key<'q>(
    keys: &mut Keys<'_, '_, '_, 'q>,
    place: &Place<'q>,
    descending: bool,
    group: Option<bool>,
) -> Result<SortKey, Refusal> {
    let aggregate = |expr: &Expr| matches!(&expr.kind, ExprKind::Aggregate(call) if call.over.is_none());
    if let (Place::Column { .. }, Some(each)) = (place, group) {
        return keys.sort_key(place, descending, each);
    }
    match place {
        Place::Column { item: Some(expr), .. } | Place::Expression(expr) if aggregate(expr) => {
            // The weight of a combined MIN or MAX is that of its value.
            keys.sort_key(place, descending, false)
        }
        Place::Column { item: Some(expr), .. } | Place::Expression(expr) => Err(Refusal::Unsupported(format!(
            "ordering groups of several shards by {}, which is neither a grouping key nor an aggregate",
            keys.show(expr.span)
        ))),
        Place::Column { .. } => Err(Refusal::unsupported("ordering groups of several shards by a column of `*`")),
    }
}
