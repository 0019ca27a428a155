//! UPDATE and DELETE that no shard can run for itself: the SELECT that finds their rows, and the changes by key.

use super::analysis::{Analysis, Occurrence, RegionKind};
use super::bind::{Binder, Bound};
use super::columns::placement;
use super::edit::Edits;
use super::names::{Resolved, ResolvedKind};
use super::statement::Planning;
use crate::error::{Code, SqlError};
use crate::literal::quoted;
use crate::plan::{
    CarriedRow, Change, ChangedLookup, ChangedLookups, ChangedPlace, ChangedTable, CopiedColumn, FoundColumn,
    MoveOrder, Moves, Operator, Piece, Route, SetItem, Target, Template,
};
use crate::schema::{self, DataType};
use crate::sql::ast::{
    Assignment, ColumnRef, Delete, DeleteForm, Expr, ExprKind, OrderItem, Query, Span, TableFactor, TableRef, Update,
    Visitor, With, eq_ignore_case, walk_expr, walk_query,
};
use shardgate_vschema::model::ColumnVindex;
use std::sync::Arc;

/// The statement.
#[derive(Clone, Copy)]
pub(super) enum Changing<'s> {
    Update(&'s Update),
    Delete(&'s Delete),
}

impl<'s> Changing<'s> {
    fn with(self) -> Option<&'s With> {
        match self {
            Changing::Update(update) => update.with.as_ref(),
            Changing::Delete(delete) => delete.with.as_ref(),
        }
    }

    fn tables(self) -> Vec<Span> {
        match self {
            Changing::Update(update) => update.tables.iter().map(TableRef::span).collect(),
            Changing::Delete(delete) => match &delete.form {
                DeleteForm::Single(table) => vec![table.span],
                DeleteForm::Multi { from, .. } => from.iter().map(TableRef::span).collect(),
            },
        }
    }

    fn where_(self) -> Option<&'s Expr> {
        match self {
            Changing::Update(update) => update.where_.as_ref(),
            Changing::Delete(delete) => delete.where_.as_ref(),
        }
    }

    fn order_by(self) -> &'s [OrderItem] {
        match self {
            Changing::Update(update) => &update.order_by,
            Changing::Delete(delete) => &delete.order_by,
        }
    }

    fn limit(self) -> Option<&'s Expr> {
        match self {
            Changing::Update(update) => update.limit.as_ref(),
            Changing::Delete(delete) => delete.limit.as_ref(),
        }
    }

    pub(super) fn assignments(self) -> &'s [Assignment] {
        match self {
            Changing::Update(update) => &update.assignments,
            Changing::Delete(_) => &[],
        }
    }

    fn ignore(self) -> bool {
        match self {
            Changing::Update(update) => update.ignore,
            Changing::Delete(delete) => delete.ignore,
        }
    }

    fn is_update(self) -> bool {
        matches!(self, Changing::Update(_))
    }
}

fn unsupported(reason: impl std::fmt::Display) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: {reason}"))
}

/// Plan the change. `alone`: the keyspace, and where the rows that matter are there; the statement runs as it is if that is
/// one shard.
pub(super) fn plan(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    bound: &Bound,
    changing: Changing<'_>,
    written: &[&TableFactor],
    alone: Option<(&Arc<str>, Target)>,
) -> Result<Operator, SqlError> {
    if !planning.functions.effects.writes_variables.is_empty() {
        return Err(unsupported("assigning user variables in an UPDATE or DELETE of rows on several shards"));
    }
    refuse_targets_in_subqueries(analysis, written)?;
    let mut builder = Builder { planning, bound, changing, items: Vec::new(), order: Vec::new() };
    let mut tables = Vec::new();
    // A join is several tables too, also where one of them only is written.
    let several = bound.scope.entries.len() > 1;
    for factor in written {
        tables.extend(builder.table(analysis, factor, several)?);
    }
    let in_steps = tables.iter().any(|table| table.lookups.is_some());
    let find = builder.find()?;
    let alone = match alone {
        Some((keyspace, target)) => {
            let (keyspace, sql) = (Arc::clone(keyspace), planning.template()?);
            Some(Route { keyspace, target, sql, sql_alone: None, hidden: 0 })
        }
        None => None,
    };
    Ok(Operator::Change(Box::new(Change {
        alone,
        in_steps,
        find,
        tables,
        ignore: changing.ignore(),
        update: changing.is_update(),
    })))
}

/// MySQL refuses a subquery that reads a written table, unless it computes that by itself first.
fn refuse_targets_in_subqueries(analysis: &Analysis<'_>, written: &[&TableFactor]) -> Result<(), SqlError> {
    let refuse = |factor: &&TableFactor| {
        refuse_in_subqueries(analysis, factor.name.span, &factor.exposed_name().value, |_| true)
    };
    written.iter().try_for_each(refuse)
}

/// As [`refuse_targets_in_subqueries`], for the table that is named there, and for those of its uses that `counts`.
pub(super) fn refuse_in_subqueries(
    analysis: &Analysis<'_>,
    written: Span,
    name: &str,
    counts: impl Fn(&Occurrence) -> bool,
) -> Result<(), SqlError> {
    let Some(target) = analysis.occurrences.iter().find(|found| found.span == written) else { return Ok(()) };
    let read = analysis.occurrences.iter().zip(&analysis.instances).any(|(other, instance)| {
        let is_target = other.table.keyspace == target.table.keyspace && other.table.table == target.table.table;
        is_target
            && other.span != target.span
            && counts(other)
            && analysis.chain(instance.region).any(|region| region.kind == RegionKind::Subquery)
    });
    if read {
        return Err(SqlError::new(
            Code::TargetInSubquery,
            format!("You can't specify target table '{name}' for update in FROM clause"),
        ));
    }
    Ok(())
}

struct Builder<'b> {
    planning: &'b Planning<'b>,
    bound: &'b Bound,
    changing: Changing<'b>,
    /// The select list of the SELECT that finds the rows.
    items: Vec<Vec<Piece>>,
    /// The columns that the rows are found in the order of, where the statement doesn't say one.
    order: Vec<String>,
}

impl<'b> Builder<'b> {
    /// The number of an item of the select list.
    fn item(&mut self, pieces: Vec<Piece>) -> u32 {
        let at = self.items.iter().position(|known| *known == pieces).unwrap_or_else(|| {
            self.items.push(pieces);
            self.items.len() - 1
        });
        at as u32
    }

    fn column(&mut self, factor: &TableFactor, name: &str) -> u32 {
        let text = format!("{}.{}", quoted(&factor.exposed_name().value), quoted(name));
        self.item(vec![Piece::Sql(text.into())])
    }

    /// The client's text, as it is planned again.
    fn source(&self, span: Span) -> Result<Vec<Piece>, SqlError> {
        if !self.planning.parsed.can_cut(span) {
            return Err(unsupported("a version comment within a write of rows on several shards"));
        }
        Edits::default().pieces(span, self.planning.fingerprint)
    }

    /// The client's text as a shard gets it.
    fn edited(&self, span: Span) -> Result<Vec<Piece>, SqlError> {
        if !self.planning.parsed.can_cut(span) {
            return Err(unsupported("a version comment within a write of rows on several shards"));
        }
        self.planning.edits.pieces(span, self.planning.fingerprint)
    }

    fn find(&self) -> Result<Template, SqlError> {
        let sql = |text: &str| Piece::Sql(text.into());
        let mut pieces = Vec::new();
        if let Some(with) = self.changing.with() {
            pieces.extend(self.source(with.span)?);
            pieces.push(sql(" "));
        }
        pieces.push(sql("SELECT "));
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                pieces.push(sql(", "));
            }
            pieces.extend(item.iter().cloned());
        }
        for (index, span) in self.changing.tables().into_iter().enumerate() {
            pieces.push(sql(if index > 0 { ", " } else { " FROM " }));
            pieces.extend(self.source(span)?);
        }
        if let Some(where_) = self.changing.where_() {
            pieces.push(sql(" WHERE "));
            pieces.extend(self.source(where_.span)?);
        }
        // A number orders nothing here, but would name a column in a SELECT.
        let orders = |item: &&OrderItem| !item.expr.is_integer();
        for (index, item) in self.changing.order_by().iter().filter(orders).enumerate() {
            pieces.push(sql(if index > 0 { ", " } else { " ORDER BY " }));
            pieces.extend(self.source(item.span)?);
        }
        if self.changing.order_by().is_empty() && !self.order.is_empty() {
            pieces.push(sql(&format!(" ORDER BY {}", self.order.join(", "))));
        }
        if let Some(limit) = self.changing.limit() {
            pieces.push(sql(" LIMIT "));
            pieces.extend(self.source(limit.span)?);
        }
        pieces.push(sql(" FOR UPDATE"));
        Ok(Template { pieces })
    }

    /// What is changed in a table; `None`: nothing is assigned to it.
    fn table(
        &mut self,
        analysis: &mut Analysis<'_>,
        factor: &TableFactor,
        several: bool,
    ) -> Result<Option<ChangedTable>, SqlError> {
        let Some(instance) = analysis.occurrences.iter().position(|found| found.span == factor.name.span) else {
            return Err(super::internal("a written table wasn't bound"));
        };
        let Some(table) = analysis.instances.get(instance).map(|found| found.table.clone()) else {
            return Err(super::internal("a written table has no instance"));
        };
        let assignments = self.assignments(analysis, instance, several)?;
        if self.changing.is_update() && assignments.is_empty() {
            return Ok(None);
        }
        let Some(live) = table.live(self.planning.context) else {
            return Err(unsupported(format!(
                "changing rows of `{}` on several shards while its schema isn't known",
                table.table
            )));
        };
        let key = key_of(live).ok_or_else(|| {
            unsupported(format!(
                "changing rows of `{}` on several shards in this way: the table has no primary key, and no unique key \
                 without NULLs, by which its rows could be found again; add one, or a condition on the shard key",
                table.table
            ))
        })?;
        let found: Vec<FoundColumn> = key
            .columns
            .iter()
            .map(|name| FoundColumn { name: Arc::clone(name), at: self.column(factor, name) })
            .collect();
        let place = self.place(factor, &table)?;
        let mut sets = Vec::new();
        for (index, assignment) in assignments.iter().enumerate() {
            let before = assignments.get(..index).unwrap_or_default();
            sets.push(self.set(analysis, instance, assignment, before, several)?);
        }
        let moves = self.moves(analysis, &table, live, &found, &assignments)?.map(|moves| Moves {
            key_name: Arc::clone(&key.name),
            order: self.order(live, key, several),
            ..moves
        });
        let lookups = self.lookups(analysis, factor, &table, &found, &assignments)?;
        if (moves.is_some() || lookups.is_some()) && self.changing.ignore() && !several && key.primary {
            // MySQL goes along the primary key, and which row meets a duplicate depends on it.
            let name = quoted(&factor.exposed_name().value);
            self.order = key.columns.iter().map(|column| format!("{name}.{}", quoted(column))).collect();
        }
        let tail = self.tail(several)?;
        Ok(Some(ChangedTable {
            keyspace: Arc::clone(&table.keyspace),
            table: Arc::clone(&table.table),
            key: found,
            place,
            head: self.head(factor, &table)?,
            sets,
            tail,
            moves,
            lookups,
        }))
    }

    /// The order in which one MySQL would change the rows of a table.
    fn order(&self, live: &schema::Table, key: &schema::UniqueKey, several: bool) -> MoveOrder {
        let is_integer = |name: &Arc<str>| live.column(name).is_some_and(|column| column.data_type.is_integer());
        if several || self.changing.ignore() || !key.columns.iter().all(is_integer) {
            return MoveOrder::Open;
        }
        match self.changing.order_by() {
            [] if key.primary => MoveOrder::Key,
            [] => MoveOrder::Open,
            _ => MoveOrder::Found,
        }
    }

    /// The assignments of a table.
    fn assignments(
        &self,
        analysis: &mut Analysis<'_>,
        instance: usize,
        several: bool,
    ) -> Result<Vec<&'b Assignment>, SqlError> {
        let mut own: Vec<&'b Assignment> = Vec::new();
        for assignment in self.changing.assignments() {
            if !several {
                own.push(assignment);
                continue;
            }
            let mut binder = Binder::new(analysis, &self.planning.parsed.statement);
            let Some(node) = binder.column(&assignment.column, &self.bound.scope) else {
                let name = String::from_utf8_lossy(assignment.column.span.of(self.planning.text)).into_owned();
                return Err(unsupported(format!(
                    "it isn't certain which table the assigned column {name} is of; qualify it"
                )));
            };
            if analysis.instance_of(node) == Some(instance) {
                own.push(assignment);
            }
        }
        Ok(own)
    }

    fn place(&mut self, factor: &TableFactor, table: &Resolved) -> Result<ChangedPlace, SqlError> {
        match &table.kind {
            ResolvedKind::Sharded(_) => {
                let vindex = table.primary_vindex().ok_or_else(|| super::internal("a sharded table has no vindex"))?;
                let placement = placement(self.planning.context, table, vindex);
                let at = vindex.columns.iter().map(|column| self.column(factor, column)).collect();
                Ok(ChangedPlace::Vindex(placement, at))
            }
            ResolvedKind::Reference(_) => Ok(ChangedPlace::Alike),
            ResolvedKind::Pinned(vtable) => {
                Ok(ChangedPlace::Fixed(vtable.pinned.clone().map_or(Target::Scatter, Target::Pinned)))
            }
            ResolvedKind::Unsharded(_) => Ok(ChangedPlace::Fixed(Target::Unsharded)),
            ResolvedKind::System => Err(unsupported("changing a table of MySQL's own")),
            ResolvedKind::View => Err(unsupported("changing rows of several shards through a view; name its table")),
        }
    }

    fn head(&self, factor: &TableFactor, table: &Resolved) -> Result<Template, SqlError> {
        let ignore = if self.changing.ignore() { "IGNORE " } else { "" };
        let pieces = match self.changing {
            Changing::Update(_) => {
                let mut pieces = vec![Piece::Sql(format!("UPDATE {ignore}").into())];
                pieces.extend(self.edited(factor.span)?);
                pieces.push(Piece::Sql(" SET ".into()));
                pieces
            }
            Changing::Delete(_) => vec![
                Piece::Sql(format!("DELETE {ignore}FROM ").into()),
                Piece::Database(Arc::clone(&table.keyspace)),
                Piece::Sql(format!(".{}", quoted(&table.table)).into()),
            ],
        };
        Ok(Template { pieces })
    }

    /// The order in which one table's rows are changed, which decides about duplicate keys.
    fn tail(&self, several: bool) -> Result<Option<Template>, SqlError> {
        let order = self.changing.order_by();
        if several || order.is_empty() || !self.changing.is_update() {
            return Ok(None);
        }
        let mut pieces = Vec::new();
        for (index, item) in order.iter().enumerate() {
            if Reads::of(&item.expr).query {
                return Ok(None);
            }
            pieces.push(Piece::Sql(if index > 0 { ", " } else { " ORDER BY " }.into()));
            pieces.extend(self.edited(item.span)?);
        }
        Ok(Some(Template { pieces }))
    }

    fn set(
        &mut self,
        analysis: &mut Analysis<'_>,
        instance: usize,
        assignment: &Assignment,
        before: &[&Assignment],
        several: bool,
    ) -> Result<SetItem, SqlError> {
        let reads = Reads::of(&assignment.value);
        let mut local = !reads.query;
        if several && local {
            for column in &reads.columns {
                let mut binder = Binder::new(analysis, &self.planning.parsed.statement);
                let node = binder.column(column, &self.bound.scope);
                local &= node.is_some_and(|node| analysis.instance_of(node) == Some(instance));
            }
        }
        if local {
            return Ok(SetItem { text: Template { pieces: self.edited(assignment.span)? }, value: None });
        }
        self.refuse_assigned(&assignment.value, &reads, before)?;
        let name = Span::new(assignment.span.start, assignment.column.column.span.end);
        let mut pieces = self.edited(name)?;
        pieces.push(Piece::Sql(" = ".into()));
        let value = self.value(analysis, &assignment.value)?;
        Ok(SetItem { text: Template { pieces }, value: Some(value) })
    }

    /// The client's text of a value, as it is in the select list. There an aggregate function of columns of the written
    /// tables would be the list's own; an UPDATE has none, and leaves it to the subquery that it stands in: a column of
    /// that one keeps it there.
    fn listed(&self, analysis: &Analysis<'_>, expr: &Expr) -> Result<Vec<Piece>, SqlError> {
        let pieces = self.source(expr.span)?;
        let mut edits = Edits::default();
        for found in analysis.aggregates_of_statement.iter().filter(|found| expr.span.contains(found.argument)) {
            let Some(column) = &found.column else {
                let text = String::from_utf8_lossy(found.argument.of(self.planning.text)).into_owned();
                return Err(unsupported(format!(
                    "an aggregate function of {text}, in a subquery without a table whose columns are known, in an UPDATE of \
                     rows on several shards"
                )));
            };
            edits.insert(found.argument.start, format!("IF({column} IS NULL, "));
            let mut again = vec![Piece::Sql(", ".into())];
            again.extend(self.source(found.argument)?);
            again.push(Piece::Sql(")".into()));
            edits.replace(Span::at(found.argument.end), again);
        }
        if edits.is_empty() { Ok(pieces) } else { edits.pieces(expr.span, self.planning.fingerprint) }
    }

    /// A value that is computed when the rows are found. FLOAT loses digits as text, so it is read as DOUBLE.
    fn value(&mut self, analysis: &mut Analysis<'_>, expr: &Expr) -> Result<u32, SqlError> {
        let mut pieces = self.listed(analysis, expr)?;
        let mut binder = Binder::new(analysis, &self.planning.parsed.statement);
        let node = binder.expr_node(expr, &self.bound.scope);
        let is_float = node.and_then(|node| analysis.info(node)).is_some_and(|info| info.data_type == DataType::Float);
        if is_float {
            pieces.insert(0, Piece::Sql("CAST(".into()));
            pieces.push(Piece::Sql(" AS DOUBLE)".into()));
        }
        Ok(self.item(pieces))
    }

    /// MySQL computes a value with what the assignments before it have set; values that are computed first can't.
    fn refuse_assigned(&self, value: &Expr, reads: &Reads, before: &[&Assignment]) -> Result<(), SqlError> {
        let reads_it = |assignment: &&&Assignment| {
            reads.columns.iter().any(|read| read.column.is(&assignment.column.column.value))
        };
        let Some(assigned) = before.iter().find(reads_it) else { return Ok(()) };
        let text = String::from_utf8_lossy(value.span.of(self.planning.text)).into_owned();
        Err(unsupported(format!(
            "{text} reads the column `{}`, which is assigned before it, in an UPDATE of rows on several shards; assign it first",
            assigned.column.column.value
        )))
    }

    /// What is needed to move rows, if columns of the shard key are assigned.
    fn moves(
        &mut self,
        analysis: &mut Analysis<'_>,
        table: &Resolved,
        live: &schema::Table,
        key: &[FoundColumn],
        assignments: &[&Assignment],
    ) -> Result<Option<Moves>, SqlError> {
        let Some(vindex) = table.primary_vindex() else { return Ok(None) };
        let recomputed = super::write::recomputes(live, assignments, vindex);
        if !recomputed && !super::write::moves_rows(assignments.iter().copied(), vindex) {
            return Ok(None);
        }
        if recomputed && key.iter().any(|key| live.column(&key.name).is_none_or(|column| column.generated)) {
            return Err(unsupported(format!(
                "changing what the shard key of `{}` is computed from, where the same column is a part of the key that its \
                 rows are found by; delete the rows and insert them",
                table.table
            )));
        }
        if recomputed && !super::lookup::owned(self.planning.context, table)?.is_empty() {
            return Err(unsupported(format!(
                "changing what the shard key of `{}`, which owns a lookup vindex, is computed from; delete the rows and \
                 insert them",
                table.table
            )));
        }
        let mut new_value = |column: &str| self.new_value(analysis, assignments, column);
        let key = key.iter().map(|column| new_value(&column.name)).collect::<Result<_, _>>()?;
        let placed = vindex.columns.iter().map(|column| new_value(column)).collect::<Result<_, _>>()?;
        Ok(Some(Moves {
            key,
            vindex: placed,
            row: carried_row(table, live, vindex)?,
            key_name: Arc::from(""),
            order: MoveOrder::Open,
            recomputed,
        }))
    }
}

impl Builder<'_> {
    /// The found column with the value that a column of a key is given; `None`: it isn't assigned.
    fn new_value(
        &mut self,
        analysis: &mut Analysis<'_>,
        assignments: &[&Assignment],
        column: &str,
    ) -> Result<Option<u32>, SqlError> {
        let last = assignments.iter().rposition(|assignment| assignment.column.column.is(column));
        let Some((index, assignment)) = last.and_then(|at| Some((at, *assignments.get(at)?))) else {
            return Ok(None);
        };
        if matches!(assignment.value.kind, ExprKind::Default) {
            return Err(unsupported(format!("assigning DEFAULT to `{column}`, which decides where the row is")));
        }
        let reads = Reads::of(&assignment.value);
        self.refuse_assigned(&assignment.value, &reads, assignments.get(..index).unwrap_or_default())?;
        self.value(analysis, &assignment.value).map(Some)
    }

    /// What is needed to change the rows of lookup vindexes, if the rows change their columns or the keyspace id.
    fn lookups(
        &mut self,
        analysis: &mut Analysis<'_>,
        factor: &TableFactor,
        table: &Resolved,
        key: &[FoundColumn],
        assignments: &[&Assignment],
    ) -> Result<Option<ChangedLookups>, SqlError> {
        let Some(vindex) = table.primary_vindex() else { return Ok(None) };
        let moves = super::write::moves_rows(assignments.iter().copied(), vindex);
        let assigned = |column: &Arc<str>| assignments.iter().any(|assignment| assignment.column.column.is(column));
        let vindexes = table.vtable().map(|vtable| vtable.column_vindexes.as_slice()).unwrap_or_default();
        let mut lookup_columns = vindexes.iter().filter(|own| own.vindex.is_lookup()).flat_map(|own| &own.columns);
        if self.changing.is_update() && !moves && !lookup_columns.any(assigned) {
            return Ok(None);
        }
        let mut owned = super::lookup::owned(self.planning.context, table)?;
        if !self.changing.is_update() {
            owned.retain(|lookup| lookup.owned);
        }
        if owned.is_empty() {
            return Ok(None);
        }
        let mut lookups = Vec::new();
        for lookup in owned {
            let columns = lookup.columns.iter().map(|column| self.column(factor, column)).collect();
            let assigned = lookup.columns.iter().any(assigned);
            lookups.push(ChangedLookup { lookup, columns, assigned });
        }
        let mut identity = None;
        if self.changing.is_update() {
            let mut columns: Vec<FoundColumn> = Vec::new();
            for name in key.iter().map(|column| &column.name).chain(&vindex.columns) {
                if columns.iter().any(|known| eq_ignore_case(&known.name, name)) {
                    continue;
                }
                let at = match self.new_value(analysis, assignments, name)? {
                    Some(at) => at,
                    None => self.column(factor, name),
                };
                columns.push(FoundColumn { name: Arc::clone(name), at });
            }
            identity = Some(columns);
        }
        Ok(Some(ChangedLookups { lookups, identity }))
    }
}

/// What is carried of a row that moves to another shard.
pub(super) fn carried_row(
    table: &Resolved,
    live: &schema::Table,
    vindex: &ColumnVindex,
) -> Result<CarriedRow, SqlError> {
    let mut columns: Vec<CopiedColumn> =
        live.columns.iter().filter(|column| !column.generated).map(CopiedColumn::of).collect();
    let stored = columns.len() as u32;
    let computed = vindex.columns.iter().filter_map(|name| live.column(name)).filter(|column| column.generated);
    columns.extend(computed.map(CopiedColumn::of));
    let place = |name: &Arc<str>| columns.iter().position(|column| eq_ignore_case(&column.name, name));
    let placed_by: Option<Vec<u32>> = vindex.columns.iter().map(|name| place(name).map(|at| at as u32)).collect();
    let placed_by = placed_by.ok_or_else(|| {
        unsupported(format!("moving rows of `{}`, which lacks a column of its shard key", table.table))
    })?;
    Ok(CarriedRow { columns, stored, placed_by })
}

impl CopiedColumn {
    /// How a column is carried over.
    pub(super) fn of(column: &schema::Column) -> Self {
        let name = quoted(&column.name);
        let read = match column.data_type {
            // As text it has six digits.
            DataType::Float => format!("CAST({name} AS DOUBLE)"),
            // By number: a name may be one that isn't in the list.
            DataType::Enum | DataType::Set | DataType::Bit => format!("{name} + 0"),
            _ => name,
        };
        CopiedColumn { name: Arc::clone(&column.name), read: read.into(), document: column.data_type == DataType::Json }
    }
}

/// The key by which rows are found again.
pub(super) fn key_of(live: &schema::Table) -> Option<&schema::UniqueKey> {
    let exact = |name: &Arc<str>| {
        live.column(name).is_some_and(|column| !column.nullable && column.data_type != DataType::Float)
    };
    live.unique_keys.iter().find(|key| key.columns.iter().all(exact))
}

/// What an expression reads.
#[derive(Default)]
struct Reads {
    /// Its columns, those of subqueries included.
    columns: Vec<ColumnRef>,
    /// It has a subquery.
    query: bool,
}

impl Reads {
    fn of(expr: &Expr) -> Self {
        let mut reads = Reads::default();
        reads.expr(expr);
        reads
    }
}

impl Visitor for Reads {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column(column) => self.columns.push((**column).clone()),
            ExprKind::Match(found) => self.columns.extend(found.columns.iter().cloned()),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn query(&mut self, query: &Query) {
        self.query = true;
        walk_query(self, query);
    }
}
