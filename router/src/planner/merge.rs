//! A SELECT on several shards, whose rows are concatenated or merged in order.

use super::aggregate;
use super::analysis::Analysis;
use super::bind::{Bound, Output};
use super::condition::value;
use super::keys::{Hidden, Keys, Place};
use super::route::RoutingKind;
use super::shape::Shape;
use super::statement::Planning;
use crate::error::SqlError;
use crate::plan::{Limit, MergeSort, Operator, Piece, Route, Target, ValueExpr};
use crate::sql::ast::{
    Expr, Query, QueryBody, Rollup, Select, SelectItem, SelectItemKind, SelectOptions, Span, TableStatement, WindowSpec,
};
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

/// Plan a query whose tables are placed together, for any number of shards. After a refusal the text's edits are those of
/// before.
pub(super) fn plan(
    planning: &mut Planning<'_>,
    analysis: &mut Analysis<'_>,
    query: &Query,
    bound: &Bound,
    output: &Output,
    keyspace: &Arc<str>,
    routing: &RoutingKind,
) -> Result<Operator, Refusal> {
    if planning.functions.ranks {
        return Err(Refusal::unsupported("rows that a MATCH ranks"));
    }
    let edits = planning.edits.clone();
    let planned = query_of(planning, analysis, query, bound, output, keyspace, routing);
    if planned.is_err() {
        planning.edits = edits;
    }
    planned
}

/// An aggregate function in a subquery that aggregates the rows around it makes groups of those.
pub(super) fn refuse_outer_aggregates(planning: &Planning<'_>, analysis: &Analysis<'_>) -> Result<(), Refusal> {
    match analysis.outer_aggregate {
        Some(span) => Err(Refusal::Unsupported(format!(
            "`{}` in a subquery, which aggregates rows around it, on several shards",
            String::from_utf8_lossy(span.of(planning.text))
        ))),
        None => Ok(()),
    }
}

fn query_of(
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
    refuse_outer_aggregates(planning, analysis)?;
    let target = component.target.clone();
    if planning.functions.into {
        return Err(Refusal::unsupported("INTO with rows of several shards"));
    }
    let alone = planning.template()?;
    let select_of_table;
    let select = match &query.body {
        QueryBody::Select(select) => select,
        QueryBody::Table(_) if query.order_by.is_empty() && query.limit.is_none() => {
            return Ok(planning.whole(keyspace, target)?);
        }
        QueryBody::Table(table) => {
            select_of_table = select_of(table, planning);
            &select_of_table
        }
        QueryBody::Parenthesised(inner)
            if query.order_by.is_empty() && query.limit.is_none() && query.locking.is_empty() =>
        {
            return query_of(planning, analysis, &inner.query, bound, output, keyspace, routing);
        }
        QueryBody::Parenthesised(_) => {
            return Err(Refusal::unsupported(
                "a query in parentheses with ORDER BY, LIMIT or a lock behind it, on several shards",
            ));
        }
        QueryBody::Values(_) | QueryBody::SetOperation(_) => {
            return Err(Refusal::unsupported("this set operation on several shards"));
        }
    };
    if select.qualify.is_some() {
        return Err(Refusal::unsupported("QUALIFY on several shards"));
    }
    let leader = component.leader;
    let mut keys = Keys { planning, analysis, bound, output, select, alone, hidden: Hidden::new(0) };
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

/// `SELECT * FROM t` for `TABLE t`. The text is edited in its word TABLE, so that hidden columns can stand behind the `*`.
fn select_of(table: &TableStatement, planning: &mut Planning<'_>) -> Select {
    let (start, end) = (table.span.start, table.span.start + "TABLE".len() as u32);
    let star = Span::new(start, end - 1);
    planning.edits.replace(star, vec![Piece::Sql("SELECT *".into())]);
    planning.edits.replace(Span::new(end - 1, end), vec![Piece::Sql(" FROM".into())]);
    Select {
        span: table.span,
        keyword: Span::at(start),
        hint: None,
        options: SelectOptions::default(),
        items: vec![SelectItem { span: star, full_span: star, kind: SelectItemKind::All }],
        into: None,
        from: Vec::new(),
        from_dual: None,
        where_: None,
        group_by: None,
        having: None,
        windows: Vec::new(),
        qualify: None,
    }
}

/// Whether the rows of the block on each shard are together its rows. `distinct`: duplicates don't matter.
pub(super) fn is_row_wise(keys: &mut Keys<'_, '_, '_, '_>, leader: usize, distinct: bool) -> Result<(), Refusal> {
    let select = keys.select;
    let shape = Shape::of(select);
    if select.qualify.is_some() || select.options.calc_found_rows {
        return Err(Refusal::unsupported("QUALIFY or SQL_CALC_FOUND_ROWS in a set operation on several shards"));
    }
    if shape.windows && !windows_have_key(keys, leader) {
        return Err(Refusal::unsupported(
            "window functions on several shards whose PARTITION BY doesn't hold the shard key",
        ));
    }
    let grouped = match &select.group_by {
        Some(group) => group.rollup == Rollup::No && group_holds_key(keys, leader, &group.items)?,
        None => !shape.aggregates && (select.having.is_none() || !shape.windows),
    };
    if !grouped {
        return Err(Refusal::unsupported("grouping of several shards' rows in an operand of a set operation"));
    }
    if select.options.distinct && !distinct && !distinct_holds_key(keys, leader) {
        return Err(Refusal::unsupported("SELECT DISTINCT of several shards' rows in an operand of a set operation"));
    }
    Ok(())
}

/// Concatenate or merge rows.
fn rows<'q>(
    mut keys: Keys<'_, '_, '_, 'q>,
    query: &'q Query,
    keyspace: &Arc<str>,
    target: Target,
) -> Result<Operator, Refusal> {
    let select = keys.select;
    let mut sorts = Vec::new();
    if !query.order_by.is_empty() {
        let visible = keys.visible();
        keys.hidden = Hidden::new(visible.unwrap_or(0));
        for item in &query.order_by {
            let place = keys.place(&item.expr, true)?;
            // Within another function a grouping key isn't one to MySQL (error 1055), but its least value is.
            let each = select.group_by.is_some() && is_plain(&place);
            sorts.push(keys.sort_key(&place, item.is_desc(), each)?);
        }
        if visible.is_none() && keys.hidden.count() > 0 {
            return Err(Refusal::unsupported(
                "ORDER BY with `*` on several shards while the table's columns aren't known: name the columns",
            ));
        }
    }
    let hidden = keys.hidden.count();
    let Keys { planning, hidden: columns, alone, .. } = keys;
    let mut edits = planning.edits.clone();
    if hidden > 0
        && let Some(last) = select.items.last()
    {
        edits.replace(Span::at(last.full_span.end), columns.pieces());
    }
    let limit = limit(planning, query)?;
    let counts_all = select.options.calc_found_rows;
    if counts_all && let Some(written) = &query.limit {
        edits.replace(written.span, Vec::new());
    } else if let (Some((Some(offset), count)), Some(written)) = (&limit, &query.limit) {
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
    Ok(limited(sorted, limit, counts_all))
}

/// Whether an aggregate function may be about it: it holds neither such nor a window function.
fn is_plain(place: &Place<'_>) -> bool {
    match place {
        Place::Column { item: Some(expr), .. } | Place::Expression(expr) => {
            let shape = Shape::of_expr(expr);
            !shape.aggregates && !shape.windows
        }
        Place::Column { item: None, .. } => true,
    }
}

/// A LIMIT's offset and count.
pub(super) type Cut = (Option<ValueExpr>, ValueExpr);

/// Put a LIMIT on top. `counts_all`: for FOUND_ROWS() the rows behind it are counted, too.
pub(super) fn limited(input: Operator, limit: Option<Cut>, counts_all: bool) -> Operator {
    match limit {
        Some((offset, count)) => Operator::Limit(Limit { input: Box::new(input), offset, count, counts_all }),
        None => input,
    }
}

/// The numbers of the query's LIMIT.
pub(super) fn limit(planning: &Planning<'_>, query: &Query) -> Result<Option<Cut>, Refusal> {
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
            Place::Column { item: Some(expr), .. } => expr,
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
