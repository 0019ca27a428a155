//! Aggregates over several shards: each computes its part, the proxy combines them.

use super::compute;
use super::edit::Edits;
use super::functions::is_constant;
use super::keys::{Hidden, Keys, Order, Place, aggregates, is_found_again};
use super::merge::{Cut, Refusal, limit, limited};
use super::shape::Shape;
use crate::plan::{Aggregate, AggregateColumn, BitOperation, Operator, Padding, Piece, Route, SortKey, Target};
use crate::schema::DataType;
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
    if Shape::of(select).windows {
        return Err(Refusal::unsupported("window functions over aggregates of several shards"));
    }
    let visible = keys
        .visible()
        .filter(|_| select.items.iter().all(|item| matches!(item.kind, SelectItemKind::Expr { .. })))
        .ok_or_else(|| Refusal::unsupported("`*` together with aggregates on several shards"))?;
    if compute::is_needed(&mut keys, query)? {
        return compute::plan(keys, query, keyspace, target);
    }
    keys.hidden = Hidden::new(visible);
    let group_items: &[Expr] = select.group_by.as_ref().map_or(&[], |group| &group.items);

    // Aggregates that only ORDER BY names come first among the hidden columns, since the executor combines a prefix.
    let mut combined: Vec<&Expr> = select.items.iter().filter_map(item_expr).collect();
    if !group_items.is_empty() {
        for item in &query.order_by {
            if let Place::Expression(expr) = keys.place(&item.expr, true)?
                && aggregates(expr)
            {
                let pieces = keys.wrapped("", expr, "")?;
                if keys.hidden.column(pieces) as usize == combined.len() {
                    combined.push(expr);
                }
            }
        }
    }
    let mut columns = Vec::new();
    let mut distinct = Distinct::default();
    for (index, expr) in combined.iter().enumerate() {
        columns.push(column(&mut keys, index as u32, expr, !group_items.is_empty(), &mut distinct)?);
    }
    if group_items.is_empty() && !distinct.keys.is_empty() && columns.contains(&AggregateColumn::First) {
        // Without rows there is no row that a constant comes from.
        return Err(Refusal::unsupported("constants beside DISTINCT aggregates on several shards"));
    }

    let mut group: Vec<(Place<'_>, &Expr)> = Vec::new();
    for expr in group_items {
        let place = keys.place(expr, false)?;
        if matches!(place, Place::Expression(expr) if !is_found_again(expr)) {
            return Err(Refusal::unsupported("grouping several shards' rows by a comparison of rows"));
        }
        group.push((place, expr));
    }
    let (group, directions, order) = order_groups(&mut keys, query, group, true)?;
    let mut sorts = Vec::new();
    for ((place, _), descending) in group.iter().zip(&directions) {
        sorts.push(keys.sort_key(place, *descending, true)?);
    }
    let group = group.into_iter().map(|(place, expr)| (expr, number(&place))).collect();
    let edits = keys.planning.edits.clone();
    let pushes_limit = order.is_empty();
    let combination =
        Combination { edits, list: List::Extended, group, directions, sorts, distinct, columns, order, pushes_limit };
    combine(keys, query, keyspace, target, combination)
}

/// Plan SELECT DISTINCT: the columns are the grouping keys.
pub(super) fn distinct<'q>(
    mut keys: Keys<'_, '_, '_, 'q>,
    query: &'q Query,
    keyspace: &Arc<str>,
    target: Target,
) -> Result<Operator, Refusal> {
    let select = keys.select;
    let exprs: Vec<&Expr> = select.items.iter().filter_map(item_expr).collect();
    let visible = keys
        .visible()
        .filter(|visible| *visible as usize == exprs.len() && exprs.len() == select.items.len())
        .ok_or_else(|| Refusal::unsupported("SELECT DISTINCT with `*` on several shards: name the columns"))?;
    if keys.planning.functions.volatile.is_some() {
        return Err(Refusal::unsupported("SELECT DISTINCT with RAND() or UUID() on several shards"));
    }
    keys.hidden = Hidden::new(visible);
    let mut group: Vec<(Place<'q>, &'q Expr)> = Vec::new();
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
    let group = group.into_iter().map(|(place, expr)| (expr, number(&place))).collect();
    let (edits, distinct) = (keys.planning.edits.clone(), Distinct::default());
    let pushes_limit = order.is_empty();
    let combination =
        Combination { edits, list: List::Extended, group, directions, sorts, distinct, columns, order, pushes_limit };
    combine(keys, query, keyspace, target, combination)
}

/// What becomes of the select list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// Hidden columns stand behind it.
    Extended,
    /// The hidden columns stand in its place.
    Replaced,
}

/// What is combined, and how.
pub(super) struct Combination<'q> {
    /// Edits of the text.
    pub(super) edits: Edits,
    /// What becomes of the select list.
    pub(super) list: List,
    /// The grouping keys in the order of the shards' rows, with the item's number if that is to stand in ORDER BY, ...
    pub(super) group: Vec<(&'q Expr, Option<u32>)>,
    /// ... which of them go down, ...
    pub(super) directions: Vec<bool>,
    /// ... and how they are compared.
    pub(super) sorts: Vec<SortKey>,
    /// The arguments of DISTINCT aggregates.
    pub(super) distinct: Distinct,
    /// How columns are combined.
    pub(super) columns: Vec<AggregateColumn>,
    /// The order of the groups, if it isn't the shards'.
    pub(super) order: Vec<SortKey>,
    /// Whether the first groups of all are among the first of each shard.
    pub(super) pushes_limit: bool,
}

/// The arguments of DISTINCT aggregates, which are the same for all of them.
#[derive(Default)]
pub(super) struct Distinct {
    args: Vec<Span>,
    texts: Vec<Vec<Piece>>,
    pub(super) keys: Vec<SortKey>,
}

impl Distinct {
    /// Group by these arguments, too.
    fn note(&mut self, keys: &mut Keys<'_, '_, '_, '_>, args: &[Expr]) -> Result<(), Refusal> {
        if !self.args.is_empty() {
            let same = self.args.len() == args.len()
                && self.args.iter().zip(args).all(|(known, arg)| keys.same_text(*known, arg.span));
            return if same {
                Ok(())
            } else {
                Err(Refusal::unsupported("aggregates of several shards with DISTINCT of different expressions"))
            };
        }
        for arg in args {
            let node = keys.node(arg);
            let float =
                node.and_then(|node| keys.analysis.info(node)).is_some_and(|info| info.data_type == DataType::Float);
            let again = is_found_again(arg);
            if float || !again || aggregates(arg) || is_constant(arg, keys.planning.fingerprint) {
                return Err(Refusal::Unsupported(format!("DISTINCT {} on several shards", keys.show(arg.span))));
            }
            self.keys.push(keys.sort_key(&Place::Expression(arg), false, true)?);
        }
        self.texts = args.iter().map(|arg| keys.wrapped("", arg, "")).collect::<Result<_, _>>()?;
        self.args = args.iter().map(|arg| arg.span).collect();
        Ok(())
    }
}

/// Edit the text for the shards, which order their rows by the grouping keys.
pub(super) fn combine(
    keys: Keys<'_, '_, '_, '_>,
    query: &Query,
    keyspace: &Arc<str>,
    target: Target,
    combination: Combination<'_>,
) -> Result<Operator, Refusal> {
    let calc = keys.select.options.calc_found_rows;
    let (aggregate, limit) = combined(keys, query, keyspace, target, combination)?;
    Ok(limited(Operator::Aggregate(aggregate), limit, calc))
}

/// As [`combine`], with the LIMIT apart.
pub(super) fn combined(
    keys: Keys<'_, '_, '_, '_>,
    query: &Query,
    keyspace: &Arc<str>,
    target: Target,
    combination: Combination<'_>,
) -> Result<(Aggregate, Option<Cut>), Refusal> {
    let Combination { mut edits, list, group, directions, sorts, distinct, columns, order, pushes_limit } = combination;
    let select = keys.select;
    if !distinct.texts.is_empty() {
        let (at, mut pieces) = match &select.group_by {
            Some(group) => (group.span.end, vec![Piece::Sql(", ".into())]),
            None if select.having.is_none() => (select.span.end, vec![Piece::Sql(" GROUP BY ".into())]),
            None => return Err(Refusal::unsupported("HAVING without GROUP BY beside DISTINCT aggregates")),
        };
        pieces.extend(separated(distinct.texts.clone()));
        edits.replace(Span::at(at), pieces);
    }
    let mut ordered = Vec::new();
    for ((expr, number), descending) in group.iter().zip(&directions) {
        let direction = if *descending { " DESC" } else { "" };
        ordered.push(match number {
            Some(number) => vec![Piece::Sql(format!("{number}{direction}").into())],
            None => keys.wrapped("", expr, direction)?,
        });
    }
    ordered.extend(distinct.texts);
    if !ordered.is_empty() {
        let mut pieces = separated(ordered);
        match (query.order_by.first(), query.order_by.last()) {
            (Some(first), Some(last)) => edits.cover(first.span.to(last.span), pieces),
            _ => {
                pieces.insert(0, Piece::Sql(" ORDER BY ".into()));
                edits.replace(Span::at(select.span.end), pieces);
            }
        }
    }
    if group.is_empty() && distinct.keys.is_empty() && list == List::Replaced {
        // One row has no order, and the select list that positions and aliases mean is gone.
        if let (Some(first), Some(last)) = (query.order_by.first(), query.order_by.last()) {
            edits.cover(first.span.to(last.span), vec![Piece::Sql("NULL".into())]);
        }
    }
    let Keys { planning, hidden: texts, alone, .. } = keys;
    let hidden = match (list, select.items.first(), select.items.last()) {
        (List::Replaced, Some(first), Some(last)) => {
            edits.cover(first.full_span.to(last.full_span), separated(texts.into_texts()));
            0
        }
        (_, _, Some(last)) if texts.count() > 0 => {
            let count = texts.count();
            edits.replace(Span::at(last.full_span.end), texts.pieces());
            count
        }
        _ => 0,
    };
    let limit = limit(planning, query)?;
    if let (Some(written), Some((offset, count))) = (&query.limit, &limit) {
        let pushed = pushes_limit && !group.is_empty() && distinct.keys.is_empty() && !select.options.calc_found_rows;
        let pieces = match (offset, pushed) {
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
    Ok((Aggregate { input, group: sorts, distinct: distinct.keys, columns, order }, limit))
}

/// The number that stands for an expression of the select list in ORDER BY: MySQL doesn't find every expression there
/// again (not a comparison of rows, say).
fn number(place: &Place<'_>) -> Option<u32> {
    match place {
        Place::Column { index, node: None, .. } => Some(index + 1),
        _ => None,
    }
}

/// Texts with commas between them.
fn separated(texts: Vec<Vec<Piece>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, text) in texts.into_iter().enumerate() {
        if number > 0 {
            pieces.push(Piece::Sql(", ".into()));
        }
        pieces.extend(text);
    }
    pieces
}

fn item_expr(item: &ast::SelectItem) -> Option<&Expr> {
    match &item.kind {
        SelectItemKind::Expr { expr, .. } => Some(expr),
        _ => None,
    }
}

/// How one column is combined.
pub(super) fn column(
    keys: &mut Keys<'_, '_, '_, '_>,
    index: u32,
    expr: &Expr,
    grouped: bool,
    distinct: &mut Distinct,
) -> Result<AggregateColumn, Refusal> {
    let ExprKind::Aggregate(call) = &expr.kind else {
        if aggregates(expr) {
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
        (AggregateFunction::BitAnd | AggregateFunction::BitOr | AggregateFunction::BitXor, [arg], _)
            if keys.kind_of(arg).is_some_and(|kind| kind.is_number()) =>
        {
            Ok(AggregateColumn::Bits(match call.function {
                AggregateFunction::BitAnd => BitOperation::And,
                AggregateFunction::BitOr => BitOperation::Or,
                _ => BitOperation::Xor,
            }))
        }
        (AggregateFunction::Count, args, true) => {
            distinct.note(keys, args)?;
            Ok(AggregateColumn::Distinct(Box::new(AggregateColumn::Count)))
        }
        (AggregateFunction::Sum, [arg], true) if keys.kind_of(arg).is_some_and(|kind| kind.is_number()) => {
            distinct.note(keys, &call.args)?;
            Ok(AggregateColumn::Distinct(Box::new(AggregateColumn::Sum)))
        }
        (AggregateFunction::Avg, [arg], true) if keys.kind_of(arg).is_some_and(|kind| kind.is_number()) => {
            distinct.note(keys, &call.args)?;
            // A shard's row has one value only, which is its own sum.
            let sum = keys.wrapped("SUM(DISTINCT ", arg, ")")?;
            let count = keys.wrapped("COUNT(DISTINCT ", arg, ")")?;
            let average = AggregateColumn::Avg { sum: keys.hidden.column(sum), count: keys.hidden.column(count) };
            Ok(AggregateColumn::Distinct(Box::new(average)))
        }
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
        let found = rest.iter().position(|candidate| {
            candidate.as_ref().is_some_and(|(other, _)| match (place, other) {
                (Place::Column { index: a, .. }, Place::Column { index: b, .. }) => a == b,
                (Place::Expression(a), Place::Expression(b)) => keys.same_text(a.span, b.span),
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
