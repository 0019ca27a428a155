//! Expressions over aggregates of several shards, and HAVING: the shards compute the aggregates, the proxy combines them,
//! and MySQL computes the rest from the combined values.

use super::aggregate::{Combination, Distinct, List, column, combined};
use super::analysis::Node;
use super::edit::Edits;
use super::keys::{Hidden, Keys, Place, aggregates, is_found_again};
use super::kind::Kind;
use super::merge::{Refusal, limited};
use crate::plan::{AggregateColumn, Compute, Operator, Padding, Piece, SortKey, Target, Template};
use crate::sql::ast::{
    AggregateFunction, ColumnRef, Expr, ExprKind, Query, SelectItemKind, Span, Visitor, eq_ignore_case, walk_expr,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether something must be computed from combined aggregates.
pub(super) fn is_needed(keys: &mut Keys<'_, '_, '_, '_>, query: &Query) -> Result<bool, Refusal> {
    let select = keys.select;
    let compound = |expr: &Expr| !matches!(expr.kind, ExprKind::Aggregate(_)) && aggregates(expr);
    let listed = select.items.iter().any(|item| match &item.kind {
        SelectItemKind::Expr { expr, .. } => compound(expr),
        SelectItemKind::All | SelectItemKind::AllOf(_) => false,
    });
    Ok(select.having.is_some() || listed || query.order_by.iter().any(|item| compound(&item.expr)))
}

/// Plan a query block with something to compute from aggregates.
pub(super) fn plan<'q>(
    mut keys: Keys<'_, '_, '_, 'q>,
    query: &'q Query,
    keyspace: &Arc<str>,
    target: Target,
) -> Result<Operator, Refusal> {
    let select = keys.select;
    let functions = &keys.planning.functions;
    if functions.volatile.is_some() || !functions.effects.writes_variables.is_empty() {
        return Err(Refusal::unsupported(
            "RAND(), UUID() or assigned variables beside expressions over aggregates of several shards",
        ));
    }
    keys.hidden = Hidden::new(0);
    let mut group: Vec<&'q Expr> = Vec::new();
    for item in select.group_by.iter().flat_map(|group| &group.items) {
        let expr = resolved(&mut keys, item, false)?;
        if matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Param(_)) || aggregates(expr) {
            return Err(Refusal::unsupported("grouping by a constant or an aggregate on several shards"));
        }
        if !is_found_again(expr) {
            return Err(Refusal::unsupported("grouping several shards' rows by a comparison of rows"));
        }
        group.push(expr);
    }
    let mut wanted: Vec<(&'q Expr, bool)> = Vec::new();
    for item in &query.order_by {
        wanted.push((resolved(&mut keys, &item.expr, true)?, item.is_desc()));
    }
    let (group, directions, ordered) = in_order(&mut keys, group, &wanted);
    let mut sorts = Vec::new();
    for (expr, descending) in group.iter().zip(&directions) {
        sorts.push(keys.sort_key(&Place::Expression(expr), *descending, true)?);
    }
    let grouped = select.group_by.is_some();
    let mut leaves = Leaves {
        keys,
        group,
        grouped,
        roles: BTreeMap::new(),
        known: Vec::new(),
        sent: Vec::new(),
        distinct: Distinct::default(),
    };

    let mut values: Vec<Template> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    for item in &select.items {
        let SelectItemKind::Expr { expr, .. } = &item.kind else { continue };
        columns.push(leaves.column(expr, &mut values)?);
    }
    let mut order: Vec<(Column, SortKey)> = Vec::new();
    if !ordered && grouped {
        for (expr, descending) in &wanted {
            order.push(leaves.order_key(expr, *descending, &sorts, &mut values)?);
        }
    }
    let mut edits = leaves.keys.planning.edits.clone();
    let having = match &select.having {
        Some(having) => leaves.having(having, &mut edits)?,
        None => None,
    };
    if let (Some(by), true) = (&select.group_by, grouped)
        && let (Some(first), Some(last)) = (by.items.first(), by.items.last())
    {
        // Names and numbers of the select list mean nothing any more.
        let mut pieces = Vec::new();
        for (number, expr) in leaves.group.iter().enumerate() {
            pieces.extend(leaves.keys.wrapped(if number > 0 { ", " } else { "" }, expr, "")?);
        }
        edits.cover(first.span.to(last.span), pieces);
    }
    let Leaves { keys, group, roles, sent, distinct, .. } = leaves;
    let count = keys.hidden.count();
    let mut made = vec![AggregateColumn::First; count as usize];
    for (index, role) in roles {
        if let Some(place) = made.get_mut(index as usize) {
            *place = role;
        }
    }
    let from_row = |column: &Column| match column {
        Column::Input(index) => made.get(*index as usize) == Some(&AggregateColumn::First),
        Column::Value(_) => false,
    };
    if !grouped && !distinct.keys.is_empty() && columns.iter().any(from_row) {
        // Without rows there is no row that a constant comes from.
        return Err(Refusal::unsupported("constants beside DISTINCT aggregates on several shards"));
    }
    let place = |column: Column| match column {
        Column::Input(index) => index,
        Column::Value(index) => count + index,
    };
    let columns = columns.into_iter().map(place).collect();
    let order: Vec<SortKey> = order.into_iter().map(|(column, key)| SortKey { column: place(column), ..key }).collect();
    let calc = select.options.calc_found_rows;
    let combination = Combination {
        edits,
        list: List::Replaced,
        group: group.into_iter().map(|expr| (expr, None)).collect(),
        directions,
        sorts,
        distinct,
        columns: made,
        order: Vec::new(),
        pushes_limit: having.is_none() && order.is_empty(),
    };
    let (input, limit) = combined(keys, query, keyspace, target, combination)?;
    Ok(limited(Operator::Compute(Compute { input, sent, values, having, columns, order }), limit, calc))
}

/// The expression that an item of GROUP BY or ORDER BY means.
fn resolved<'q>(keys: &mut Keys<'_, '_, '_, 'q>, expr: &'q Expr, order: bool) -> Result<&'q Expr, Refusal> {
    match keys.place(expr, order)? {
        Place::Column { item: Some(expr), .. } | Place::Expression(expr) => Ok(expr),
        Place::Column { item: None, .. } => Err(Refusal::unsupported("grouping by a column of `*`")),
    }
}

/// Whether two expressions are the same column or the same text.
fn is_same(keys: &mut Keys<'_, '_, '_, '_>, left: &Expr, right: &Expr) -> bool {
    let nodes: (Option<Node>, Option<Node>) = (keys.node(left), keys.node(right));
    match nodes {
        (Some(left), Some(right)) => left == right,
        (None, None) => keys.same_text(left.span, right.span),
        _ => false,
    }
}

/// The grouping keys in the wanted order, as far as there are such, with their directions, and whether that is all of the
/// wanted order.
fn in_order<'q>(
    keys: &mut Keys<'_, '_, '_, 'q>,
    group: Vec<&'q Expr>,
    wanted: &[(&'q Expr, bool)],
) -> (Vec<&'q Expr>, Vec<bool>, bool) {
    let mut rest = group;
    let (mut ordered, mut directions) = (Vec::new(), Vec::new());
    let mut all = true;
    for (expr, descending) in wanted {
        let Some(at) = rest.iter().position(|other| is_same(keys, expr, other)) else {
            all = rest.is_empty();
            break;
        };
        ordered.push(rest.remove(at));
        directions.push(*descending);
    }
    directions.extend(rest.iter().map(|_| false));
    ordered.extend(rest);
    (ordered, directions, all)
}

/// A column of the groups, or a value that is computed.
#[derive(Debug, Clone, Copy)]
enum Column {
    Input(u32),
    Value(u32),
}

/// What is computed from: aggregates and grouping keys, as the columns of the shards' rows.
struct Leaves<'k, 'p, 'a, 'q> {
    keys: Keys<'k, 'p, 'a, 'q>,
    group: Vec<&'q Expr>,
    grouped: bool,
    /// How columns are combined; the others have the value of the group's first row.
    roles: BTreeMap<u32, AggregateColumn>,
    /// The leaves by their text.
    known: Vec<(Span, u32)>,
    /// The columns that are computed from.
    sent: Vec<u32>,
    distinct: Distinct,
}

impl<'q> Leaves<'_, '_, '_, 'q> {
    /// The column of the shards' rows that this is.
    fn leaf(&mut self, expr: &Expr) -> Result<u32, Refusal> {
        for (span, index) in &self.known {
            if self.keys.same_text(*span, expr.span) {
                return Ok(*index);
            }
        }
        let pieces = self.keys.wrapped("", expr, "")?;
        let index = self.keys.hidden.column(pieces);
        self.known.push((expr.span, index));
        if !self.roles.contains_key(&index) {
            let role = column(&mut self.keys, index, expr, self.grouped, &mut self.distinct)?;
            self.roles.insert(index, role);
        }
        Ok(index)
    }

    /// Send a column's values back to be computed from.
    fn send(&mut self, index: u32) {
        if !self.sent.contains(&index) {
            self.sent.push(index);
        }
    }

    fn unsent(&self, expr: &Expr) -> Refusal {
        Refusal::Unsupported(format!(
            "{} in an expression over aggregates of several shards: its type isn't one that is sent back",
            self.keys.show(expr.span)
        ))
    }

    /// A column of the client's.
    fn column(&mut self, expr: &Expr, values: &mut Vec<Template>) -> Result<Column, Refusal> {
        if matches!(expr.kind, ExprKind::Aggregate(_)) || !aggregates(expr) {
            return Ok(Column::Input(self.leaf(expr)?));
        }
        values.push(self.computed(expr)?);
        Ok(Column::Value(values.len() as u32 - 1))
    }

    /// The expression over the combined columns.
    fn computed(&mut self, expr: &Expr) -> Result<Template, Refusal> {
        let pieces = self.replaced(expr, Names::Columns)?;
        Ok(Template { pieces })
    }

    fn replaced(&mut self, expr: &Expr, names: Names) -> Result<Vec<Piece>, Refusal> {
        if !self.keys.planning.parsed.can_cut(expr.span) {
            return Err(Refusal::unsupported("an expression that crosses the edge of a version comment (/*! */)"));
        }
        let edits = self.keys.planning.edits.clone();
        let mut replace = Replace { leaves: self, edits, names, refusal: None };
        replace.expr(expr);
        let Replace { edits, refusal, .. } = replace;
        match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(edits.pieces(expr.span, self.keys.planning.fingerprint)?),
        }
    }

    /// A key of the groups' order, and the column that it is by.
    fn order_key(
        &mut self,
        expr: &Expr,
        descending: bool,
        sorts: &[SortKey],
        values: &mut Vec<Template>,
    ) -> Result<(Column, SortKey), Refusal> {
        let group = self.group.clone();
        let known = group.iter().zip(sorts).find(|(other, _)| is_same(&mut self.keys, expr, other));
        if let Some((_, key)) = known {
            return Ok((Column::Input(key.column), SortKey { descending, ..key.clone() }));
        }
        if matches!(expr.kind, ExprKind::Aggregate(_)) {
            let index = self.leaf(expr)?;
            // Where the leaf was first written: the same text elsewhere would be a column that nothing combines.
            let span = self.known.iter().find(|(_, known)| *known == index).map_or(expr.span, |(span, _)| *span);
            let leaf = Expr { span, kind: expr.kind.clone() };
            let key = self.keys.sort_key(&Place::Expression(&leaf), descending, false)?;
            return Ok((Column::Input(key.column), key));
        }
        if self.keys.kind_of(expr).is_none_or(|kind| !is_sent(&kind)) {
            return Err(Refusal::Unsupported(format!(
                "ordering groups of several shards by {}, whose type isn't certain",
                self.keys.show(expr.span)
            )));
        }
        values.push(self.computed(expr)?);
        let key = SortKey { column: 0, weight: None, padding: Padding::NONE, descending };
        Ok((Column::Value(values.len() as u32 - 1), key))
    }

    /// Split HAVING: what is about columns that are grouping keys stays with the shards, the rest is computed.
    fn having(&mut self, having: &Expr, edits: &mut Edits) -> Result<Option<Template>, Refusal> {
        let parts = match &having.kind {
            ExprKind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(having),
        };
        let (mut pushed, mut computed): (Vec<Piece>, Vec<Piece>) = (Vec::new(), Vec::new());
        for part in parts {
            let keyed = self.grouped && self.is_of_keys(part)?;
            let names = if keyed { Names::Pushed } else { Names::Aliases };
            let pieces = self.replaced(part, names)?;
            let list = if keyed { &mut pushed } else { &mut computed };
            list.push(Piece::Sql(if list.is_empty() { "(" } else { " AND (" }.into()));
            list.extend(pieces);
            list.push(Piece::Sql(")".into()));
        }
        if pushed.is_empty() {
            pushed.push(Piece::Sql("TRUE".into()));
        }
        edits.cover(having.span, pushed);
        Ok((!computed.is_empty()).then_some(Template { pieces: computed }))
    }

    /// Whether all of its names, perhaps by an alias, are columns that are grouped by.
    fn is_of_keys(&mut self, expr: &Expr) -> Result<bool, Refusal> {
        struct Names(Vec<ColumnRef>);
        impl Visitor for Names {
            fn expr(&mut self, expr: &Expr) {
                if let ExprKind::Column(column) = &expr.kind {
                    self.0.push((**column).clone());
                }
                walk_expr(self, expr);
            }
        }
        if aggregates(expr) {
            return Ok(false);
        }
        let mut names = Names(Vec::new());
        names.expr(expr);
        for name in names.0 {
            let node = match self.alias(&name)? {
                Some(item) => self.keys.node(item),
                None => self.keys.node(&Expr { span: name.span, kind: ExprKind::Column(Box::new(name)) }),
            };
            let group = self.group.clone();
            if node.is_none() || !group.iter().any(|key| self.keys.node(key) == node) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The item that an unqualified name in HAVING means, if it is an alias.
    fn alias(&mut self, column: &ColumnRef) -> Result<Option<&'q Expr>, Refusal> {
        if column.table.is_some() {
            return Ok(None);
        }
        let mut found = None;
        for item in &self.keys.select.items {
            let SelectItemKind::Expr { expr, alias: Some(alias) } = &item.kind else { continue };
            if eq_ignore_case(&alias.value, &column.column.value) {
                if found.is_some() {
                    return Err(self.ambiguous(column));
                }
                found = Some(expr);
            }
        }
        let Some(item) = found else { return Ok(None) };
        let named = Expr { span: column.span, kind: ExprKind::Column(Box::new(column.clone())) };
        let node = self.keys.node(&named);
        // A table's column has this name, too: MySQL takes the one that is grouped by.
        if node.is_some() && node != self.keys.node(item) {
            return Err(self.ambiguous(column));
        }
        Ok(Some(item))
    }

    fn ambiguous(&self, column: &ColumnRef) -> Refusal {
        Refusal::Unsupported(format!(
            "HAVING on several shards with {}, which several columns are called",
            self.keys.show(column.span)
        ))
    }
}

/// Whether values of this kind are sent to a shard as they are.
fn is_sent(kind: &Kind) -> bool {
    kind.is_number() || matches!(kind, Kind::Date | Kind::DateTime | Kind::Time)
}

/// What names in an expression can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Columns only.
    Columns,
    /// Aliases, too: HAVING.
    Aliases,
    /// As in HAVING, but the expression is for the shards, whose select list has no aliases.
    Pushed,
}

/// Puts the combined columns in the places of what they are.
struct Replace<'r, 'k, 'p, 'a, 'q> {
    leaves: &'r mut Leaves<'k, 'p, 'a, 'q>,
    edits: Edits,
    names: Names,
    refusal: Option<Refusal>,
}

impl Replace<'_, '_, '_, '_, '_> {
    fn replace(&mut self, expr: &Expr) -> Result<bool, Refusal> {
        let aggregate = matches!(&expr.kind, ExprKind::Aggregate(call) if call.over.is_none());
        let group = self.leaves.group.clone();
        let mut key = || group.iter().any(|other| is_same(&mut self.leaves.keys, expr, other));
        if matches!(&expr.kind, ExprKind::Aggregate(call) if call.function == AggregateFunction::Avg) {
            // Within an expression it has more digits than as a column.
            return Err(Refusal::Unsupported(format!(
                "{} in an expression over aggregates of several shards",
                self.leaves.keys.show(expr.span)
            )));
        }
        if aggregate || self.names != Names::Pushed && key() {
            if self.leaves.keys.kind_of(expr).is_none_or(|kind| !is_sent(&kind)) {
                return Err(self.leaves.unsent(expr));
            }
            let index = self.leaves.leaf(expr)?;
            self.leaves.send(index);
            self.edits.cover(expr.span, vec![Piece::Sql(format!("s.c{index}").into())]);
            return Ok(true);
        }
        match &expr.kind {
            ExprKind::Column(column) => {
                let item = if self.names == Names::Columns { None } else { self.leaves.alias(column)? };
                match item {
                    Some(item) => {
                        // An alias doesn't name another.
                        let pieces = if self.names == Names::Pushed {
                            self.leaves.keys.wrapped("(", item, ")")?
                        } else {
                            let mut pieces = vec![Piece::Sql("(".into())];
                            pieces.extend(self.leaves.replaced(item, Names::Columns)?);
                            pieces.push(Piece::Sql(")".into()));
                            pieces
                        };
                        self.edits.cover(expr.span, pieces);
                        Ok(true)
                    }
                    None if self.names == Names::Pushed => Ok(true),
                    None => Err(Refusal::Unsupported(format!(
                        "{} beside aggregates of several shards, which isn't a grouping key",
                        self.leaves.keys.show(expr.span)
                    ))),
                }
            }
            // What stands before `->` is a column's name, for which no expression can stand.
            ExprKind::JsonPath(path) => match &path.column.kind {
                ExprKind::Column(column) if self.leaves.alias(column)?.is_some() => Err(self.leaves.unsent(expr)),
                _ => Ok(false),
            },
            ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::Assign(_) | ExprKind::Match(_) => {
                Err(Refusal::Unsupported(format!(
                    "{} beside aggregates of several shards",
                    self.leaves.keys.show(expr.span)
                )))
            }
            _ => Ok(false),
        }
    }
}

impl Visitor for Replace<'_, '_, '_, '_, '_> {
    fn expr(&mut self, expr: &Expr) {
        if self.refusal.is_some() {
            return;
        }
        match self.replace(expr) {
            Ok(true) => {}
            Ok(false) => walk_expr(self, expr),
            Err(refusal) => self.refusal = Some(refusal),
        }
    }

    fn query(&mut self, query: &Query) {
        self.refusal = Some(Refusal::Unsupported(format!(
            "the subquery {} beside aggregates of several shards",
            self.leaves.keys.show(query.span)
        )));
    }
}
