//! Fills the [`Analysis`] from a statement's tree.

mod view;
mod walk;

use super::analysis::{Analysis, Node, Occurrence, QualifiedColumn, RegionKind};
use super::columns::{has_column, visible_columns};
use super::condition::{Columns, Condition, condition};
use super::ctes::{CteContent, Ctes, count_uses, find_cte};
use super::names::ResolvedKind;
use crate::error::SqlError;
use crate::sql::ast::{
    ColumnRef, Cte, DeleteForm, Expr, ExprKind, Ident, JoinCondition, JoinKind, Query, QueryBody, Select,
    SelectItemKind, Statement, TableFactor, TableName, TableRef, Visitor, With, eq_ignore_case,
};
use walk::Walk;

/// Where columns are looked up: the tables of a query block, then those around it.
#[derive(Default)]
pub(super) struct Scope<'s> {
    parent: Option<&'s Scope<'s>>,
    pub(super) entries: Vec<Entry>,
    /// Columns that USING and NATURAL make one.
    merged: Vec<Box<str>>,
}

impl Scope<'_> {
    fn inside<'s>(parent: Option<&'s Scope<'s>>) -> Scope<'s> {
        Scope { parent, entries: Vec::new(), merged: Vec::new() }
    }

    /// The tables that a column is written with.
    fn named(&self, schema: Option<&Ident>, table: &Ident) -> Candidates<'_> {
        let in_it = |entry: &&Entry| match (schema, &entry.database) {
            (Some(schema), Some(database)) => schema.is(database),
            _ => true,
        };
        let mut exact = self.entries.iter().filter(|entry| *entry.name == *table.value).filter(in_it).peekable();
        let mut others = self.entries.iter().filter(|entry| table.is(&entry.name)).filter(in_it);
        let first = if exact.peek().is_some() { exact.next() } else { others.next() };
        match (first, exact.next()) {
            (None, _) => Candidates::None,
            (Some(first), None) => Candidates::One(first),
            (Some(first), Some(_)) => Candidates::First(first),
        }
    }

    /// The same tables, without those around them.
    fn detached(self) -> Scope<'static> {
        Scope { parent: None, entries: self.entries, merged: self.merged }
    }

    /// Whether NATURAL or USING merge columns.
    pub(super) fn merges_columns(&self) -> bool {
        !self.merged.is_empty()
    }
}

/// A table of a FROM clause.
pub(super) struct Entry {
    /// The name that columns are qualified by.
    pub(super) name: Box<str>,
    /// The database that columns may be written with, too, if it is written with the table or is the default.
    pub(super) database: Option<Box<str>>,
    pub(super) source: EntrySource,
}

pub(super) enum EntrySource {
    /// A table.
    Instance(usize),
    /// A derived table or CTE: its columns, and whether those are all.
    Query(Output),
    /// One whose columns aren't known.
    Opaque,
}

/// The columns of a query.
#[derive(Default, Clone)]
pub(super) struct Output {
    pub(super) columns: Vec<(Box<str>, Option<Node>)>,
    /// Whether those are all.
    pub(super) complete: bool,
    /// The first column of each item of the select list.
    pub(super) starts: Vec<usize>,
}

/// Where a query stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    Operand,
    Derived(usize),
    Subquery(usize),
    Isolated,
}

/// The tables of the statement's own block, after binding.
pub(super) struct Bound {
    /// Its region.
    pub(super) region: usize,
    /// Its tables.
    pub(super) scope: Scope<'static>,
}

/// Binds a statement.
pub(super) struct Binder<'b, 'a> {
    pub(super) analysis: &'b mut Analysis<'a>,
    statement: &'b Statement,
    error: Option<SqlError>,
    /// The view whose query is bound.
    within: Option<view::Within<'b>>,
}

impl<'b, 'a> Binder<'b, 'a> {
    pub(super) fn new(analysis: &'b mut Analysis<'a>, statement: &'b Statement) -> Self {
        Binder { analysis, statement, error: None, within: None }
    }

    fn finish(self, bound: Bound) -> Result<Bound, SqlError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.analysis.join_refused_null_sides();
        Ok(bound)
    }

    /// A query that is the statement, or an INSERT's source.
    pub(super) fn query_statement(mut self, query: &Query) -> Result<(Bound, Output), SqlError> {
        let (output, bound) = self.query(query, None, Place::Top, None);
        Ok((self.finish(bound)?, output))
    }

    /// An UPDATE or DELETE.
    pub(super) fn write(
        mut self,
        with: Option<&With>,
        tables: &[TableRef],
        single: Option<&TableFactor>,
        expressions: &[&Expr],
        where_: Option<&Expr>,
    ) -> Result<Bound, SqlError> {
        let region = self.analysis.region(RegionKind::Top, None);
        self.with(with, None, None, &mut |binder, ctes| {
            let mut scope = Scope::inside(None);
            let mut joins = Vec::new();
            if let Some(single) = single {
                binder.table(single, region, &mut scope, ctes);
            }
            for table in tables {
                binder.table_ref(table, region, &mut scope, ctes, &mut joins);
            }
            for (region, on) in joins {
                binder.conjunct(on, region, &scope, ctes);
            }
            if let Some(where_) = where_ {
                binder.conjunct(where_, region, &scope, ctes);
            }
            for expr in expressions {
                binder.expr(expr, region, &scope, ctes);
            }
            Bound { region, scope: scope.detached() }
        })
        .map_or_else(|| Err(crate::planner::internal("a WITH clause was lost")), |bound| self.finish(bound))
    }

    /// Run `then` with the CTEs of a WITH clause.
    fn with<T>(
        &mut self,
        with: Option<&With>,
        outer: Option<&Scope<'_>>,
        ctes: Option<&Ctes<'_>>,
        then: &mut dyn FnMut(&mut Self, Option<&Ctes<'_>>) -> T,
    ) -> Option<T> {
        match with {
            None => Some(then(self, ctes)),
            Some(with) => self.with_rest(&with.ctes, with.recursive, outer, ctes, then),
        }
    }

    fn with_rest<T>(
        &mut self,
        rest: &[Cte],
        recursive: bool,
        outer: Option<&Scope<'_>>,
        ctes: Option<&Ctes<'_>>,
        then: &mut dyn FnMut(&mut Self, Option<&Ctes<'_>>) -> T,
    ) -> Option<T> {
        let Some((cte, rest)) = rest.split_first() else { return Some(then(self, ctes)) };
        let uses = count_uses(&cte.name.value, self.statement);
        let inline = uses <= 1 && !recursive && outer.is_none();
        let content = if inline { CteContent::Inline(cte, ctes) } else { CteContent::Shared };
        let here = Ctes { parent: ctes, name: &cte.name.value, content };
        if !inline || uses == 0 {
            // A recursive one may name itself.
            let inner = if recursive { Some(&here) } else { ctes };
            self.query(&cte.query, outer, Place::Isolated, inner);
        }
        self.with_rest(rest, recursive, outer, Some(&here), then)
    }

    fn query(
        &mut self,
        query: &Query,
        outer: Option<&Scope<'_>>,
        place: Place,
        ctes: Option<&Ctes<'_>>,
    ) -> (Output, Bound) {
        let done = self.with(query.with.as_ref(), outer, ctes, &mut |binder, ctes| {
            binder.query_body(&query.body, Some(query), outer, place, ctes)
        });
        done.unwrap_or_else(|| (Output::default(), Bound { region: 0, scope: Scope::inside(None) }))
    }

    fn query_body(
        &mut self,
        body: &QueryBody,
        query: Option<&Query>,
        outer: Option<&Scope<'_>>,
        place: Place,
        ctes: Option<&Ctes<'_>>,
    ) -> (Output, Bound) {
        // LIMIT and the like of the query around: only a block's own is looked at in `block`.
        let plain = query.is_none_or(|query| query.limit.is_none() && query.with.is_none());
        let inner = match place {
            Place::Derived(_) if !plain => Place::Isolated,
            place => place,
        };
        match body {
            QueryBody::Select(select) => self.block(select, query, outer, place, ctes),
            QueryBody::Parenthesised(inside) => self.query(&inside.query, outer, inner, ctes),
            QueryBody::SetOperation(operation) => {
                let operand = match place {
                    Place::Subquery(region) => Place::Subquery(region),
                    Place::Top | Place::Operand => Place::Operand,
                    Place::Derived(_) | Place::Isolated => Place::Isolated,
                };
                let (whole, region) = self.operand(&operation.left, outer, operand, ctes);
                self.operand(&operation.right, outer, operand, ctes);
                if let Some(query) = query {
                    let scope = Scope::inside(outer);
                    for item in &query.order_by {
                        self.expr(&item.expr, region, &scope, ctes);
                    }
                }
                (whole, Bound { region, scope: Scope::inside(None) })
            }
            QueryBody::Table(table) => {
                let region = self.block_region(inner);
                let mut scope = Scope::inside(outer);
                let entry = self.table_entry(&table.table, None, region, ctes);
                scope.entries.extend(entry);
                let output = Output { starts: vec![0], ..self.star_output(&scope.entries) };
                (output, Bound { region, scope: scope.detached() })
            }
            QueryBody::Values(values) => {
                let region = self.block_region(inner);
                let scope = Scope::inside(outer);
                for expr in values.rows.iter().flat_map(|row| &row.values) {
                    self.expr(expr, region, &scope, ctes);
                }
                (Output::default(), Bound { region, scope: Scope::inside(None) })
            }
        }
    }

    /// An operand of a set operation: the names of its columns, and its region.
    fn operand(
        &mut self,
        body: &QueryBody,
        outer: Option<&Scope<'_>>,
        place: Place,
        ctes: Option<&Ctes<'_>>,
    ) -> (Output, usize) {
        let (output, bound) = self.query_body(body, None, outer, place, ctes);
        let columns = output.columns.iter().map(|(name, _)| (name.clone(), None)).collect();
        let names = Output { columns, complete: output.complete, starts: Vec::new() };
        let region = bound.region;
        // An operand that is a set operation has left its own operands.
        if place == Place::Operand && !is_set_operation(body) {
            self.analysis.operands.push((bound, output));
        }
        (names, region)
    }

    fn block_region(&mut self, place: Place) -> usize {
        match place {
            Place::Top => self.analysis.region(RegionKind::Top, None),
            Place::Operand => self.analysis.region(RegionKind::Operand, None),
            Place::Derived(parent) => self.analysis.region(RegionKind::Transparent, Some(parent)),
            Place::Subquery(parent) => self.analysis.region(RegionKind::Subquery, Some(parent)),
            Place::Isolated => self.analysis.region(RegionKind::Isolated, None),
        }
    }

    fn block(
        &mut self,
        select: &Select,
        query: Option<&Query>,
        outer: Option<&Scope<'_>>,
        place: Place,
        ctes: Option<&Ctes<'_>>,
    ) -> (Output, Bound) {
        let region = self.block_region(place);
        let mut scope = Scope::inside(outer);
        let mut joins = Vec::new();
        for table in &select.from {
            self.table_ref(table, region, &mut scope, ctes, &mut joins);
        }
        for (region, on) in joins {
            self.conjunct(on, region, &scope, ctes);
        }
        if let Some(where_) = &select.where_ {
            self.conjunct(where_, region, &scope, ctes);
        }
        let mut output = Output { complete: true, ..Output::default() };
        for item in &select.items {
            output.starts.push(output.columns.len());
            match &item.kind {
                SelectItemKind::All => {
                    let star = self.star_output(&scope.entries);
                    output.complete &= star.complete;
                    output.columns.extend(star.columns);
                }
                SelectItemKind::AllOf(name) => {
                    self.qualified_table(name);
                    let of = scope.entries.iter().filter(|entry| name.name.is(&entry.name));
                    let star = self.star_output(of);
                    output.complete &= star.complete;
                    output.columns.extend(star.columns);
                }
                SelectItemKind::Expr { expr, alias } => {
                    self.expr(expr, region, &scope, ctes);
                    let node = self.expr_node(expr, &scope);
                    let name: Box<str> = match (alias, &expr.kind) {
                        (Some(alias), _) => alias.value.clone(),
                        (None, ExprKind::Column(column)) => column.column.value.clone(),
                        _ => Box::from(""),
                    };
                    output.columns.push((name, node));
                }
            }
        }
        let group: Vec<&Expr> = select.group_by.iter().flat_map(|group| &group.items).collect();
        for expr in group.iter().copied().chain(&select.having).chain(&select.qualify) {
            self.expr(expr, region, &scope, ctes);
        }
        for window in &select.windows {
            for expr in window.spec.partition_by.iter().chain(window.spec.order_by.iter().map(|item| &item.expr)) {
                self.expr(expr, region, &scope, ctes);
            }
        }
        if let Some(query) = query {
            for item in &query.order_by {
                self.expr(&item.expr, region, &scope, ctes);
            }
        }
        if let Place::Derived(_) = place {
            self.settle_derived(select, query, &group, region, &scope, &mut output);
        }
        (output, Bound { region, scope: scope.detached() })
    }

    /// Decide what of a derived table's rows conditions outside can be taken to restrict.
    fn settle_derived(
        &mut self,
        select: &Select,
        query: Option<&Query>,
        group: &[&Expr],
        region: usize,
        scope: &Scope<'_>,
        output: &mut Output,
    ) {
        let limited = query.is_some_and(|query| query.limit.is_some());
        let ordered = query.is_some_and(|query| !query.order_by.is_empty());
        let shape = super::shape::Shape::of(select);
        let grouped = !group.is_empty();
        let plain_rollup = select.group_by.as_ref().is_none_or(|group| group.rollup == crate::sql::ast::Rollup::No);
        let transparent = !limited
            && !shape.windows
            && plain_rollup
            && select.qualify.is_none()
            && (!shape.aggregates || grouped)
            && (grouped || select.having.is_none());
        if !transparent {
            if let Some(region) = self.analysis.regions.get_mut(region) {
                region.kind = RegionKind::Isolated;
                region.parent = None;
            }
            output.columns.iter_mut().for_each(|(_, node)| *node = None);
            return;
        }
        if ordered && let Some(region) = self.analysis.regions.get_mut(region) {
            region.kind = RegionKind::Ordered;
        }
        if grouped || select.options.distinct {
            // Only what the rows are grouped by can be restricted before they are grouped.
            let keys: Vec<Option<Node>> = group.iter().map(|expr| self.expr_node(expr, scope)).collect();
            let names: Vec<Box<str>> = output.columns.iter().map(|(name, _)| name.clone()).collect();
            let by_name = |name: &str| {
                group.iter().zip(&keys).any(|(expr, key)| match &expr.kind {
                    ExprKind::Column(column) if key.is_none() => {
                        column.table.is_none() && eq_ignore_case(&column.column.value, name)
                    }
                    _ => false,
                })
            };
            if grouped {
                for ((_, node), name) in output.columns.iter_mut().zip(&names) {
                    if !(by_name(name) || node.is_some() && keys.contains(node)) {
                        *node = None;
                    }
                }
            }
            // The groups must not span shards: else the derived table has to be computed as a whole.
            if !self.has_key(region, &keys, grouped, output) {
                if let Some(region) = self.analysis.regions.get_mut(region) {
                    region.kind = RegionKind::Isolated;
                    region.parent = None;
                }
                output.columns.iter_mut().for_each(|(_, node)| *node = None);
            }
        }
    }

    /// Whether the grouping keys (or, for DISTINCT, the columns) hold the shard key of a table of this block.
    fn has_key(&mut self, region: usize, keys: &[Option<Node>], grouped: bool, output: &Output) -> bool {
        let available: Vec<Node> = if grouped {
            keys.iter().flatten().copied().collect()
        } else {
            output.columns.iter().filter_map(|(_, node)| *node).collect()
        };
        let mut sharded = false;
        for index in 0..self.analysis.instances.len() {
            let Some(instance) = self.analysis.instances.get(index) else { continue };
            let within = instance.region == region
                || self.analysis.regions.get(instance.region).is_some_and(|found| found.parent == Some(region));
            let Some(vindex) = instance.table.primary_vindex().cloned() else { continue };
            if !within {
                continue;
            }
            sharded = true;
            let columns: Vec<Node> = vindex.columns.iter().map(|column| self.analysis.node(index, column)).collect();
            let classes = self.analysis.classes(region);
            if columns.iter().all(|column| available.iter().any(|other| classes.same(*column, *other))) {
                return true;
            }
        }
        !sharded
    }

    fn star_output<'e>(&mut self, entries: impl IntoIterator<Item = &'e Entry>) -> Output {
        let mut output = Output { complete: true, ..Output::default() };
        for entry in entries {
            match &entry.source {
                EntrySource::Opaque => output.complete = false,
                EntrySource::Query(inner) => {
                    output.complete &= inner.complete;
                    output.columns.extend(inner.columns.iter().cloned());
                }
                EntrySource::Instance(index) => {
                    let Some(table) = self.analysis.instances.get(*index).map(|instance| instance.table.clone()) else {
                        continue;
                    };
                    let names = visible_columns(self.analysis.context, &table).unwrap_or_else(|| {
                        output.complete = false;
                        let vindex = table.primary_vindex();
                        vindex.iter().flat_map(|vindex| &vindex.columns).map(|column| Box::from(&**column)).collect()
                    });
                    for name in names {
                        let node = self.analysis.node(*index, &name);
                        output.columns.push((name, Some(node)));
                    }
                }
            }
        }
        output
    }

    fn table_ref<'q>(
        &mut self,
        table: &'q TableRef,
        region: usize,
        scope: &mut Scope<'_>,
        ctes: Option<&Ctes<'_>>,
        joins: &mut Vec<(usize, &'q Expr)>,
    ) {
        match table {
            TableRef::Table(table) => self.table(table, region, scope, ctes),
            TableRef::Derived(derived) => {
                let name: Box<str> = derived.alias.as_ref().map_or(Box::from(""), |alias| alias.value.clone());
                let (mut output, _) = if derived.lateral {
                    let outer = Scope { parent: scope.parent, entries: Vec::new(), merged: Vec::new() };
                    let outer = Scope { entries: std::mem::take(&mut scope.entries), ..outer };
                    let done = self.query(&derived.query, Some(&outer), Place::Subquery(region), ctes);
                    scope.entries = outer.entries;
                    done
                } else {
                    self.query(&derived.query, scope.parent, Place::Derived(region), ctes)
                };
                rename(&mut output, derived.columns.iter().map(|column| &*column.value));
                scope.entries.push(Entry { name, database: None, source: EntrySource::Query(output) });
            }
            TableRef::Json(json) => {
                self.expr(&json.expr, region, scope, ctes);
                let name: Box<str> = json.alias.as_ref().map_or(Box::from(""), |alias| alias.value.clone());
                scope.entries.push(Entry { name, database: None, source: EntrySource::Opaque });
            }
            TableRef::List(list) => {
                for table in &list.tables {
                    self.table_ref(table, region, scope, ctes, joins);
                }
            }
            TableRef::Join(join) => {
                let null_side = |binder: &mut Self| binder.analysis.region(RegionKind::NullSide, Some(region));
                let (left_region, right_region, on_region) = match join.kind {
                    JoinKind::Left => {
                        let inner = null_side(self);
                        (region, inner, inner)
                    }
                    JoinKind::Right => {
                        let inner = null_side(self);
                        (inner, region, inner)
                    }
                    JoinKind::Inner | JoinKind::Cross | JoinKind::Straight => (region, region, region),
                };
                let first = scope.entries.len();
                self.table_ref(&join.left, left_region, scope, ctes, joins);
                let middle = scope.entries.len();
                self.table_ref(&join.right, right_region, scope, ctes, joins);
                let columns: Vec<Box<str>> = match &join.condition {
                    JoinCondition::On(on) => {
                        joins.push((on_region, on));
                        Vec::new()
                    }
                    JoinCondition::Using(columns) => columns.iter().map(|column| column.value.clone()).collect(),
                    JoinCondition::None if join.natural => self.common_columns(scope, first, middle),
                    JoinCondition::None => Vec::new(),
                };
                if join.natural && columns.is_empty() {
                    // Which columns are merged isn't known: none is, as far as routing goes, and `*` can't be counted.
                    scope.merged.push(Box::from(""));
                }
                for column in columns {
                    let left = self.in_entries(scope.entries.get(first..middle).unwrap_or_default(), &column);
                    let right = self.in_entries(scope.entries.get(middle..).unwrap_or_default(), &column);
                    if let (Some(left), Some(right)) = (left, right) {
                        self.analysis.add_condition(on_region, Condition::Columns { left, right, null_safe: false });
                    }
                    scope.merged.push(column);
                }
            }
        }
    }

    /// The columns that both sides of a NATURAL JOIN have; none unless all are known.
    fn common_columns(&mut self, scope: &Scope<'_>, first: usize, middle: usize) -> Vec<Box<str>> {
        let left = self.star_output(scope.entries.get(first..middle).unwrap_or_default());
        let right = self.star_output(scope.entries.get(middle..).unwrap_or_default());
        if !left.complete || !right.complete {
            return Vec::new();
        }
        let names = left.columns.iter().map(|(name, _)| name.clone());
        names.filter(|name| right.columns.iter().any(|(other, _)| eq_ignore_case(name, other))).collect()
    }

    fn table(&mut self, table: &TableFactor, region: usize, scope: &mut Scope<'_>, ctes: Option<&Ctes<'_>>) {
        let entry = self.table_entry(&table.name, Some(table), region, ctes);
        scope.entries.extend(entry);
    }

    fn table_entry(
        &mut self,
        name: &TableName,
        factor: Option<&TableFactor>,
        region: usize,
        ctes: Option<&Ctes<'_>>,
    ) -> Option<Entry> {
        let alias = factor.and_then(|factor| factor.alias.as_ref());
        let exposed: Box<str> = alias.map_or_else(|| name.name.value.clone(), |alias| alias.value.clone());
        if let Some(cte) = find_cte(ctes, name) {
            let source = match cte.content {
                CteContent::Shared => EntrySource::Opaque,
                CteContent::Inline(cte, inner) => {
                    let (mut output, _) = self.query(&cte.query, None, Place::Derived(region), inner);
                    rename(&mut output, cte.columns.iter().map(|column| &*column.value));
                    EntrySource::Query(output)
                }
            };
            return Some(Entry { name: exposed, database: None, source });
        }
        if name.schema.is_none() && name.name.is("dual") {
            return None;
        }
        match self.resolve(name) {
            Ok(table) => {
                let default = self.analysis.context.database.filter(|_| self.within.is_none());
                let database = name.schema.as_ref().map(|schema| &*schema.value).or(default).map(Box::from);
                let travels = self.analysis.travelling.contains(&name.span);
                let table = if travels { table.travelling() } else { table };
                self.analysis.occurrences.push(Occurrence {
                    span: name.span,
                    schema: name.schema.as_ref().map(|schema| schema.span),
                    table: table.clone(),
                    can_alias: factor.is_some() && alias.is_none(),
                    in_view: self.within.is_some(),
                });
                self.analysis.instances.push(super::analysis::Instance { table: table.clone(), region });
                if matches!(table.kind, ResolvedKind::View) {
                    let source = EntrySource::Query(self.view(&table, region));
                    return Some(Entry { name: exposed, database, source });
                }
                let source = EntrySource::Instance(self.analysis.instances.len() - 1);
                Some(Entry { name: exposed, database, source })
            }
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        }
    }

    /// A condition that must hold: its parts, and the subqueries in it.
    fn conjunct(&mut self, expr: &Expr, region: usize, scope: &Scope<'_>, ctes: Option<&Ctes<'_>>) {
        if let ExprKind::And(list) = &expr.kind {
            list.iter().for_each(|expr| self.conjunct(expr, region, scope, ctes));
            return;
        }
        if let ExprKind::InQuery(membership) = &expr.kind
            && !membership.negated
        {
            self.expr(&membership.expr, region, scope, ctes);
            let left: Vec<Option<Node>> = match &membership.expr.kind {
                ExprKind::Row(list) => list.iter().map(|expr| self.expr_node(expr, scope)).collect(),
                _ => vec![self.expr_node(&membership.expr, scope)],
            };
            let before = self.analysis.regions.len();
            let (output, bound) = self.query(&membership.query, Some(scope), Place::Subquery(region), ctes);
            if let QueryBody::Select(select) = &membership.query.body
                && bound.region >= before
                && membership.query.limit.is_none()
            {
                let shape = super::shape::Shape::of(select);
                let whole = shape.aggregates || shape.windows || select.group_by.is_some();
                if !whole {
                    for (left, (_, right)) in left.into_iter().zip(output.columns) {
                        if let (Some(left), Some(right)) = (left, right) {
                            let equal = Condition::Columns { left, right, null_safe: false };
                            self.analysis.add_condition(bound.region, equal);
                            self.analysis.memberships.push((region, left, right));
                        }
                    }
                }
            }
            return;
        }
        self.expr(expr, region, scope, ctes);
        let fingerprint = self.fingerprint();
        let found = condition(expr, &mut Lookup { binder: self, scope }, fingerprint);
        self.analysis.add_condition(region, found);
    }

    /// An expression's subqueries, and the columns that are written with their database.
    fn expr(&mut self, expr: &Expr, region: usize, scope: &Scope<'_>, ctes: Option<&Ctes<'_>>) {
        Walk { binder: self, region, scope, ctes }.expr(expr);
    }

    fn qualified_table(&mut self, name: &TableName) {
        if let Some(schema) = &name.schema
            && self.within.is_none()
        {
            self.analysis.qualified.push(QualifiedColumn { schema: schema.span, database: schema.value.clone() });
        }
    }

    pub(super) fn expr_node(&mut self, expr: &Expr, scope: &Scope<'_>) -> Option<Node> {
        match &expr.kind {
            ExprKind::Column(column) => self.column(column, scope),
            _ => None,
        }
    }

    /// The node of a column, if its table is known for sure.
    pub(super) fn column(&mut self, column: &ColumnRef, scope: &Scope<'_>) -> Option<Node> {
        let name = &*column.column.value;
        let mut next = Some(scope);
        while let Some(scope) = next {
            if let Some(table) = &column.table {
                match scope.named(column.schema.as_ref(), table) {
                    Candidates::One(entry) => return self.in_entry(entry, name),
                    Candidates::First(_) | Candidates::Unknown => return None,
                    Candidates::None => {}
                }
            } else {
                let merged = scope.merged.iter().any(|merged| eq_ignore_case(merged, name));
                match self.candidates(&scope.entries, name, scope.parent.is_some()) {
                    Candidates::One(entry) => return self.in_entry(entry, name),
                    Candidates::First(entry) if merged => return self.in_entry(entry, name),
                    Candidates::First(_) | Candidates::Unknown => return None,
                    Candidates::None => {}
                }
            }
            next = scope.parent;
        }
        None
    }

    fn in_entries(&mut self, entries: &[Entry], name: &str) -> Option<Node> {
        match self.candidates(entries, name, false) {
            Candidates::One(entry) => self.in_entry(entry, name),
            _ => None,
        }
    }

    fn in_entry(&mut self, entry: &Entry, name: &str) -> Option<Node> {
        match &entry.source {
            EntrySource::Instance(index) => Some(self.analysis.node(*index, name)),
            EntrySource::Query(output) => {
                output.columns.iter().find(|(column, _)| eq_ignore_case(column, name)).and_then(|(_, node)| *node)
            }
            EntrySource::Opaque => None,
        }
    }

    fn candidates<'e>(&self, entries: &'e [Entry], name: &str, has_outer: bool) -> Candidates<'e> {
        let mut certain = Vec::new();
        let mut possible = Vec::new();
        for entry in entries {
            let has = match &entry.source {
                EntrySource::Instance(index) => self
                    .analysis
                    .instances
                    .get(*index)
                    .and_then(|instance| has_column(self.analysis.context, &instance.table, name)),
                EntrySource::Query(output) => {
                    let named = output.columns.iter().any(|(column, _)| eq_ignore_case(column, name));
                    if named { Some(true) } else { output.complete.then_some(false) }
                }
                EntrySource::Opaque => None,
            };
            match has {
                Some(true) => certain.push(entry),
                Some(false) => {}
                None => possible.push(entry),
            }
        }
        match (certain.as_slice(), possible.as_slice()) {
            ([entry], []) => Candidates::One(entry),
            ([entry, ..], []) => Candidates::First(entry),
            ([], [entry]) if !has_outer && entries.len() == 1 => Candidates::One(entry),
            ([], []) => Candidates::None,
            _ => Candidates::Unknown,
        }
    }
}

/// Whether the body is a set operation, perhaps in parentheses.
fn is_set_operation(body: &QueryBody) -> bool {
    match body {
        QueryBody::SetOperation(_) => true,
        QueryBody::Parenthesised(inner) => is_set_operation(&inner.query.body),
        QueryBody::Select(_) | QueryBody::Table(_) | QueryBody::Values(_) => false,
    }
}

enum Candidates<'e> {
    One(&'e Entry),
    First(&'e Entry),
    None,
    Unknown,
}

fn rename<'n>(output: &mut Output, names: impl Iterator<Item = &'n str>) {
    for ((name, _), given) in output.columns.iter_mut().zip(names) {
        *name = Box::from(given);
    }
}

struct Lookup<'l, 'b, 'a> {
    binder: &'l mut Binder<'b, 'a>,
    scope: &'l Scope<'l>,
}

impl Columns for Lookup<'_, '_, '_> {
    fn node(&mut self, expr: &Expr) -> Option<Node> {
        self.binder.expr_node(expr, self.scope)
    }
}

/// The tables of a DELETE, and its one table if it has the single form.
pub(super) fn delete_tables(form: &DeleteForm) -> (&[TableRef], Option<&TableFactor>) {
    match form {
        DeleteForm::Single(table) => (&[], Some(table)),
        DeleteForm::Multi { from, .. } => (from, None),
    }
}
