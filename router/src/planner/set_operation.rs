//! UNION, INTERSECT and EXCEPT over several shards.
//!
//! MySQL makes one type of the operands' types, so each shard gets the whole statement: its rows have the types that the
//! client expects. Where equal rows of all operands are on one shard, that is all. Else the rows of UNION ALL are put
//! together, and those of UNION are merged in the order of all their columns, and duplicates are left out.

use super::analysis::Analysis;
use super::bind::{Bound, Output};
use super::columns::{comparable, is_byte_wise};
use super::condition;
use super::keys::{Hidden, Keys};
use super::kind::Kind;
use super::merge::{Refusal, is_row_wise, limit, limited, refuse_outer_aggregates};
use super::names::ResolvedKind;
use super::route::Component;
use super::statement::Planning;
use crate::plan::{Aggregate, AggregateColumn, MergeSort, Operator, Padding, Piece, Route, SortKey, Target, Template};
use crate::sql::ast::{
    ExprKind, OrderItem, Query, QueryBody, Select, SelectItemKind, SetOperator, Span, eq_ignore_case,
};
use std::sync::Arc;

/// The query's set operation, perhaps in parentheses of its own.
pub(super) fn is_set_operation(query: &Query) -> bool {
    matches!(query.body, QueryBody::SetOperation(_))
}

/// What happens to equal rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duplicates {
    /// All stay: UNION ALL.
    Kept,
    /// One stays: the last operation is UNION, and there are only unions below.
    Removed,
    /// What stays depends on the operands.
    Decided,
}

/// An operand: a query block, with its tables and columns.
struct Operand<'q> {
    select: &'q Select,
    bound: Bound,
    output: Output,
    /// The tables whose rows are split, which are placed together; none: the same rows are on every shard.
    leader: Option<usize>,
}

/// Plan a set operation whose operands' tables are placed by these components.
pub(super) fn plan(
    planning: &mut Planning<'_>,
    analysis: &mut Analysis<'_>,
    query: &Query,
    components: &[Component],
    keyspace: &Arc<str>,
) -> Result<Operator, Refusal> {
    if planning.functions.ranks {
        return Err(Refusal::unsupported("rows that a MATCH ranks"));
    }
    if planning.functions.into {
        return Err(Refusal::unsupported("INTO with rows of several shards"));
    }
    refuse_outer_aggregates(planning, analysis)?;
    let mut selects = Vec::new();
    let duplicates = collect(&query.body, &mut selects)?;
    let operands = operands(analysis, selects, components)?;
    let elsewhere = operands.iter().any(|operand| operand.leader.is_none());
    let system = analysis.occurrences.iter().any(|found| matches!(found.table.kind, ResolvedKind::System));
    if elsewhere && (system || planning.functions.volatile.is_some()) {
        return Err(Refusal::unsupported(
            "a set operation on several shards with an operand that differs between them",
        ));
    }
    let mut place = Operands { planning, analysis, operands };
    let local = place.hold_key()?;
    place.check_blocks(duplicates, local)?;
    let mut targets: Vec<Target> = Vec::new();
    for component in components {
        if !targets.contains(&component.target) {
            targets.push(component.target.clone());
        }
    }
    let target = match targets.pop() {
        Some(target) if targets.is_empty() => target,
        Some(target) => {
            targets.push(target);
            Target::AnyOf(targets)
        }
        None => Target::AnyShard,
    };
    let distinct = duplicates == Duplicates::Removed && !local;
    let keys = place.order(query, distinct)?;
    let alone = place.planning.template()?;
    let limit = limit(place.planning, query)?;
    let mut edits = place.planning.edits.clone();
    for (operand, texts) in place.operands.iter().zip(&keys.weights) {
        if let Some(last) = operand.select.items.last().filter(|_| !texts.is_empty()) {
            let mut pieces = Vec::new();
            for text in texts {
                pieces.push(Piece::Sql(", ".into()));
                pieces.extend(text.iter().cloned());
            }
            edits.replace(Span::at(last.full_span.end), pieces);
        }
    }
    if distinct {
        let text = positions(&keys.sorts);
        match (query.order_by.first(), query.order_by.last()) {
            (Some(first), Some(last)) => edits.cover(first.span.to(last.span), vec![Piece::Sql(text.into())]),
            _ => edits.insert(query.body.span().end, format!(" ORDER BY {text}")),
        }
    }
    if let (Some((offset, count)), Some(written)) = (&limit, &query.limit) {
        // Weights tell texts apart that differ in spaces at the end: then a shard's rows may be the same to the client.
        let exact = !distinct || keys.sorts.iter().all(|key| key.padding == Padding::NONE);
        let pieces = match offset {
            _ if !exact => Some(Vec::new()),
            None => None,
            Some(offset) => {
                let sum = Piece::LimitSum { offset: offset.clone(), count: count.clone() };
                Some(vec![Piece::Sql("LIMIT ".into()), sum])
            }
        };
        if let Some(pieces) = pieces {
            edits.replace(written.span, pieces);
        }
    }
    let sql = edits.whole(place.planning.text, place.planning.fingerprint)?;
    let hidden = keys.weights.first().map_or(0, Vec::len) as u32;
    let plain = keys.sorts.is_empty() && limit.is_none();
    let input = Route { keyspace: Arc::clone(keyspace), target, sql, sql_alone: (!plain).then_some(alone), hidden };
    let combined = if distinct {
        let columns = vec![AggregateColumn::First; keys.visible];
        Operator::Aggregate(Aggregate { input, group: keys.sorts, distinct: Vec::new(), columns, order: Vec::new() })
    } else if keys.sorts.is_empty() {
        Operator::Route(input)
    } else {
        Operator::MergeSort(MergeSort { input, keys: keys.sorts })
    };
    Ok(limited(combined, limit, false))
}

/// `1, 3 DESC`
fn positions(keys: &[SortKey]) -> String {
    let position = |key: &SortKey| format!("{}{}", key.column + 1, if key.descending { " DESC" } else { "" });
    keys.iter().map(position).collect::<Vec<_>>().join(", ")
}

/// The query blocks in the order of the text, and what happens to equal rows.
fn collect<'q>(body: &'q QueryBody, selects: &mut Vec<&'q Select>) -> Result<Duplicates, Refusal> {
    match body {
        QueryBody::Select(select) => {
            selects.push(select);
            Ok(if select.options.distinct { Duplicates::Decided } else { Duplicates::Kept })
        }
        QueryBody::Parenthesised(inner) => {
            let query = &inner.query;
            let plain = query.with.is_none()
                && query.order_by.is_empty()
                && query.limit.is_none()
                && query.locking.is_empty()
                && query.into.is_none();
            if !plain {
                return Err(Refusal::unsupported(
                    "an operand of a set operation on several shards with ORDER BY, LIMIT or WITH of its own",
                ));
            }
            collect(&query.body, selects)
        }
        QueryBody::SetOperation(operation) => {
            let left = collect(&operation.left, selects)?;
            let right = collect(&operation.right, selects)?;
            Ok(match (operation.operator, operation.all) {
                (SetOperator::Union, true) if left == Duplicates::Kept && right == Duplicates::Kept => Duplicates::Kept,
                (SetOperator::Union, false) if is_union(&operation.left) && is_union(&operation.right) => {
                    Duplicates::Removed
                }
                _ => Duplicates::Decided,
            })
        }
        QueryBody::Table(_) | QueryBody::Values(_) => {
            Err(Refusal::unsupported("TABLE or VALUES as an operand of a set operation on several shards"))
        }
    }
}

/// Whether there are only unions in it.
fn is_union(body: &QueryBody) -> bool {
    match body {
        QueryBody::SetOperation(operation) => {
            operation.operator == SetOperator::Union && is_union(&operation.left) && is_union(&operation.right)
        }
        QueryBody::Parenthesised(inner) => is_union(&inner.query.body),
        QueryBody::Select(_) | QueryBody::Table(_) | QueryBody::Values(_) => true,
    }
}

/// Match the blocks with what was bound for them and with the components.
fn operands<'q>(
    analysis: &mut Analysis<'_>,
    selects: Vec<&'q Select>,
    components: &[Component],
) -> Result<Vec<Operand<'q>>, Refusal> {
    let bound = std::mem::take(&mut analysis.operands);
    if bound.len() != selects.len() {
        return Err(Refusal::unsupported("a set operation on several shards whose operands aren't plain queries"));
    }
    let mut operands: Vec<Operand<'q>> = selects
        .into_iter()
        .zip(bound)
        .map(|(select, (bound, output))| Operand { select, bound, output, leader: None })
        .collect();
    for component in components {
        let table = analysis.instances.get(component.leader).map_or("", |instance| &*instance.table.table);
        let region = analysis.instances.get(component.leader).map_or(0, |instance| instance.region);
        let root = analysis.root(region);
        let operand = operands.iter_mut().find(|operand| operand.bound.region == root);
        match operand.filter(|operand| component.anchored && operand.leader.is_none()) {
            Some(operand) => operand.leader = Some(component.leader),
            None => {
                return Err(Refusal::Unsupported(format!(
                    "`{table}` is on several shards and stands in an operand of a set operation in a way that needs all its \
                     rows in one place"
                )));
            }
        }
    }
    Ok(operands)
}

/// All operands while they are planned.
struct Operands<'o, 'p, 'a, 'q> {
    planning: &'o mut Planning<'p>,
    analysis: &'o mut Analysis<'a>,
    operands: Vec<Operand<'q>>,
}

/// How rows are put in order.
#[derive(Default)]
struct Order {
    sorts: Vec<SortKey>,
    /// For each operand its hidden columns.
    weights: Vec<Vec<Vec<Piece>>>,
    visible: usize,
}

impl<'q> Operands<'_, '_, '_, 'q> {
    /// Run with the keys of one operand.
    fn with<T>(&mut self, index: usize, then: impl FnOnce(&mut Keys<'_, '_, '_, 'q>, &Operand<'q>) -> T) -> Option<T> {
        let operand = self.operands.get(index)?;
        let mut keys = Keys {
            planning: &mut *self.planning,
            analysis: &mut *self.analysis,
            bound: &operand.bound,
            output: &operand.output,
            select: operand.select,
            alone: Template::UNCHANGED,
            hidden: Hidden::new(0),
        };
        Some(then(&mut keys, operand))
    }

    /// Whether equal rows of all operands are on one shard: all have the shard key in the same columns.
    fn hold_key(&mut self) -> Result<bool, Refusal> {
        let mut first: Option<(Vec<usize>, String, Vec<_>)> = None;
        for index in 0..self.operands.len() {
            let found = self.with(index, |keys, operand| {
                keys.visible()?;
                let leader = operand.leader?;
                let (vindex, columns) = keys.key_nodes(leader)?;
                let region = keys.analysis.instances.get(leader)?.region;
                let classes = keys.analysis.classes(region);
                let outputs = &operand.output.columns;
                let at = |column: &_| {
                    outputs.iter().position(|(_, node)| node.is_some_and(|node| classes.same(*column, node)))
                };
                let positions = columns.iter().map(at).collect::<Option<Vec<usize>>>()?;
                let infos: Vec<_> = columns.iter().map(|column| keys.analysis.info(*column).cloned()).collect();
                Some((positions, vindex, infos))
            });
            let Some(Some(found)) = found else { return Ok(false) };
            match &first {
                None => first = Some(found),
                Some((positions, vindex, infos)) => {
                    let alike = infos.iter().zip(&found.2).all(|(a, b)| comparable(a.as_ref(), b.as_ref()));
                    if *positions != found.0 || *vindex != found.1 || !alike {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(first.is_some())
    }

    /// Whether the rows of each block on all shards together are its rows.
    fn check_blocks(&mut self, duplicates: Duplicates, local: bool) -> Result<(), Refusal> {
        if duplicates == Duplicates::Decided && !local {
            return Err(Refusal::unsupported(
                "INTERSECT, EXCEPT, or UNION beside UNION ALL, on several shards, unless all operands have the shard key in the \
                 same columns",
            ));
        }
        for index in 0..self.operands.len() {
            let checked = self.with(index, |keys, operand| match operand.leader {
                Some(leader) => is_row_wise(keys, leader, duplicates == Duplicates::Removed),
                None if duplicates == Duplicates::Removed => Ok(()),
                None => Err(Refusal::unsupported(
                    "UNION ALL on several shards with an operand whose rows are on every shard",
                )),
            });
            checked.unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// The order that the client asks for; where duplicates are removed, of all columns.
    fn order(&mut self, query: &Query, distinct: bool) -> Result<Order, Refusal> {
        let mut order = Order { weights: self.operands.iter().map(|_| Vec::new()).collect(), ..Order::default() };
        if query.order_by.is_empty() && !distinct {
            return Ok(order);
        }
        let mut counts = Vec::new();
        for index in 0..self.operands.len() {
            counts.push(self.with(index, |keys, _| keys.visible()).flatten().map(|count| count as usize));
        }
        let Some(Some(visible)) = counts.first().copied().filter(|first| counts.iter().all(|count| count == first))
        else {
            return Err(Refusal::unsupported("a set operation on several shards whose columns aren't known"));
        };
        order.visible = visible;
        let mut wanted: Vec<(usize, bool)> = Vec::new();
        for item in &query.order_by {
            let place = (self.position(item, visible)?, item.is_desc());
            if wanted.iter().all(|(column, _)| *column != place.0) {
                wanted.push(place);
            }
        }
        if distinct {
            for column in 0..visible {
                if wanted.iter().all(|(known, _)| *known != column) {
                    wanted.push((column, false));
                }
            }
        }
        for (column, descending) in wanted {
            let key = self.sort_key(column, descending, distinct, &mut order)?;
            order.sorts.push(key);
        }
        Ok(order)
    }

    /// The column that an item of ORDER BY means: a number, or a name that one column has.
    fn position(&mut self, item: &OrderItem, visible: usize) -> Result<usize, Refusal> {
        let unknown = || Refusal::unsupported("ORDER BY of a set operation on several shards by an expression");
        match &item.expr.kind {
            _ if item.expr.is_integer() => {
                let slot = condition::slot(&item.expr, self.planning.fingerprint).ok_or_else(unknown)?;
                self.planning.pins.push(slot);
                let text = std::str::from_utf8(item.expr.span.of(self.planning.text)).unwrap_or_default();
                let number: usize = text.parse().unwrap_or(0);
                number.checked_sub(1).filter(|at| *at < visible).ok_or_else(unknown)
            }
            ExprKind::Column(column) if column.table.is_none() => {
                let names = self.operands.first().map_or([].as_slice(), |operand| &operand.output.columns);
                let mut found = (0..).zip(names).filter(|(_, (name, _))| eq_ignore_case(name, &column.column.value));
                match (found.next(), found.next()) {
                    (Some((at, _)), None) => Ok(at),
                    _ => Err(unknown()),
                }
            }
            _ => Err(unknown()),
        }
    }

    /// How the rows are ordered by a column, with its weights in each operand if it is text.
    fn sort_key(
        &mut self,
        column: usize,
        descending: bool,
        distinct: bool,
        order: &mut Order,
    ) -> Result<SortKey, Refusal> {
        let mut kind: Option<Kind> = None;
        let mut texts = Vec::new();
        for index in 0..self.operands.len() {
            let found = self.with(index, |keys, operand| {
                let expr = item_of(operand, column);
                let (_, node) = operand.output.columns.get(column)?;
                let kind = match (node, expr) {
                    (Some(node), _) => keys.kind_of_node(*node)?,
                    (None, Some(expr)) => keys.kind_of(expr)?,
                    (None, None) => return None,
                };
                let text = match (&kind, expr, node) {
                    (Kind::Text(_), Some(expr), _) => Some(keys.wrapped("WEIGHT_STRING(", expr, ")")),
                    (Kind::Text(_), None, Some(node)) => Some(keys.node_text(*node, "WEIGHT_STRING(", ")")),
                    _ => None,
                };
                Some((kind, text.transpose()))
            });
            let Some(Some((found, text))) = found else {
                return Err(Refusal::Unsupported(format!(
                    "comparing column {} of a set operation on several shards: its type isn't certain",
                    column + 1
                )));
            };
            if kind.as_ref().is_some_and(|kind| !kind.unites_with(&found)) {
                return Err(Refusal::Unsupported(format!(
                    "comparing column {} of a set operation on several shards, which isn't of one type in all operands",
                    column + 1
                )));
            }
            kind = Some(found);
            texts.extend(text?);
        }
        let Some(Kind::Text(collation)) = kind else {
            return Ok(SortKey { column: column as u32, weight: None, padding: Padding::NONE, descending });
        };
        if distinct && !is_byte_wise(&collation) {
            return Err(Refusal::unsupported(
                "UNION on several shards of texts that differ and are equal: which one stays depends on all rows",
            ));
        }
        let padding = super::keys::of_collation(&collation)?;
        let weight = order.visible + order.weights.first().map_or(0, Vec::len);
        for (weights, text) in order.weights.iter_mut().zip(texts) {
            weights.push(text);
        }
        Ok(SortKey { column: column as u32, weight: Some(weight as u32), padding, descending })
    }
}

/// The expression of an operand's column, if it isn't one of a `*`.
fn item_of<'q>(operand: &Operand<'q>, column: usize) -> Option<&'q crate::sql::ast::Expr> {
    let number = operand.output.starts.iter().position(|start| *start == column)?;
    match &operand.select.items.get(number)?.kind {
        SelectItemKind::Expr { expr, .. } => Some(expr),
        SelectItemKind::All | SelectItemKind::AllOf(_) => None,
    }
}
