//! Statements over `information_schema`, where no one server knows all databases under the names that clients use.

use super::analysis::{Analysis, Occurrence};
use super::condition::value;
use super::edit::Edits;
use super::gather;
use super::names::ResolvedKind;
use super::route::{Routing, RoutingKind};
use super::statement::{Planning, apart};
use crate::error::SqlError;
use crate::fingerprint::Fingerprint;
use crate::information_schema::{Layout, layout};
use crate::plan::{KnownValue, Metadata, MetadataPart, MetadataTable, Operator, Target};
use crate::sql::ast::{
    BinaryOp, ColumnRef, Expr, ExprKind, Join, JoinCondition, Query, Select, SelectItemKind, Span, TableFactor,
    TableRef, TableStatement, Visitor, walk_expr, walk_select, walk_table_ref,
};
use std::sync::Arc;

/// Something at a place of the text that the template can't hold.
struct Gap {
    span: Span,
    part: MetadataPart,
}

/// Whether the statement reads tables that are gathered from all servers.
pub(super) fn is_gathered(planning: &Planning<'_>, analysis: &Analysis<'_>) -> bool {
    !planning.context.catalog.is_one_server()
        && analysis.occurrences.iter().any(|occurrence| layout_of(planning, occurrence).is_some())
}

/// Plan a query that names such tables; `None`: it doesn't, or one server has all there is.
pub(super) fn plan(
    planning: &Planning<'_>,
    analysis: &Analysis<'_>,
    query: &Query,
    routing: Option<&Routing>,
) -> Result<Option<Operator>, SqlError> {
    if !is_gathered(planning, analysis) {
        return Ok(None);
    }
    let mut found: Vec<(&Occurrence, &'static Layout)> = Vec::new();
    for occurrence in analysis.occurrences.iter().filter(|occurrence| !occurrence.in_view) {
        if let Some(layout) = layout_of(planning, occurrence)
            && !found.iter().any(|(known, _)| known.span == occurrence.span)
        {
            found.push((occurrence, layout));
        }
    }
    let mut names = Names::default();
    names.query(query);
    let mut edits = planning.edits.clone();
    for span in &names.qualifiers {
        edits.replace(*span, Vec::new());
    }
    let mut known = Known { found: &found, planning, conditions: Vec::new() };
    known.query(query);
    let columns = (!names.all).then_some(names.columns);
    let mut tables = Vec::new();
    let mut gaps = Vec::new();
    for (index, (occurrence, layout)) in found.iter().enumerate() {
        let of = |wanted: &str| {
            let conditions = known.conditions.iter();
            conditions
                .filter(|c| c.table == index && c.column.eq_ignore_ascii_case(wanted))
                .map(|c| c.values.clone())
                .next()
        };
        tables.push(MetadataTable {
            layout,
            columns: columns.clone(),
            schemas: of(layout.schema),
            names: layout.table.and_then(of),
        });
        edits.cover(occurrence.span, Vec::new());
        // The table's name is the last word of the text.
        let alias = occurrence.can_alias.then(|| occurrence.table.table.as_ref().into());
        gaps.push(Gap { span: occurrence.span, part: MetadataPart::Rows { table: index, alias } });
        if let Some(statement) = names.tables.iter().find(|table| table.1 == occurrence.span) {
            // `TABLE t` takes a name only.
            let alias: Box<str> = occurrence.table.table.as_ref().into();
            if let Some(gap) = gaps.last_mut() {
                gap.part = MetadataPart::Rows { table: index, alias: Some(alias) };
            }
            edits.replace(statement.0, vec![crate::plan::Piece::Sql("SELECT * FROM ".into())]);
        }
    }
    gaps.extend(
        names.items.into_iter().map(|(at, name)| Gap { span: Span::at(at), part: MetadataPart::ColumnName(name) }),
    );
    gaps.sort_by_key(|gap| (gap.span.start, gap.span.end));
    let target = match routing.map(|routing| &routing.kind) {
        Some(RoutingKind::Unsharded) | None => Target::Unsharded,
        Some(RoutingKind::AnyShard) => Target::AnyShard,
        Some(RoutingKind::Together(component)) => Target::OneShard {
            targets: vec![component.target.clone()],
            reason: "tables of `information_schema` together with rows of several shards".into(),
        },
        Some(RoutingKind::Apart(components)) => {
            let (targets, reason) = apart(analysis, components);
            Target::OneShard { targets, reason: reason.into() }
        }
    };
    let keyspace = match routing {
        Some(routing) => Arc::clone(&routing.keyspace),
        None => gather::home_of(planning, analysis),
    };
    Ok(Some(Operator::Metadata(Metadata {
        keyspace,
        target,
        across: routing.is_none(),
        tables,
        parts: parts(planning.text, planning.fingerprint, &edits, gaps)?,
        alone: planning.template()?,
    })))
}

/// The text between the gaps, and the gaps.
fn parts(text: &[u8], fingerprint: &Fingerprint, edits: &Edits, gaps: Vec<Gap>) -> Result<Vec<MetadataPart>, SqlError> {
    let mut parts = Vec::new();
    let mut copied = 0;
    for gap in gaps {
        parts.push(MetadataPart::Text(edits.part(Span::new(copied, gap.span.start), fingerprint)?));
        parts.push(gap.part);
        copied = gap.span.end;
    }
    parts.push(MetadataPart::Text(edits.part(Span::new(copied, text.len() as u32), fingerprint)?));
    Ok(parts)
}

/// What is gathered for a table's name, if it is one of `information_schema`.
fn layout_of(planning: &Planning<'_>, occurrence: &Occurrence) -> Option<&'static Layout> {
    if !matches!(occurrence.table.kind, ResolvedKind::System) {
        return None;
    }
    let written = occurrence.schema.map(|schema| String::from_utf8_lossy(schema.of(planning.text)).into_owned());
    let schema = written.as_deref().map(|written| written.trim_matches(['`', '"'])).or(planning.context.database)?;
    if !schema.eq_ignore_ascii_case("information_schema") {
        return None;
    }
    layout(&occurrence.table.table)
}

/// The names that a statement has for columns, and where they need an edit.
#[derive(Default)]
struct Names {
    /// All names of columns, in capitals.
    columns: Vec<Box<str>>,
    /// `*`, NATURAL JOIN, TABLE: every column may be meant.
    all: bool,
    /// The database before a table's name, with the dot.
    qualifiers: Vec<Span>,
    /// Items of select lists that are a column and have no alias: where one can stand.
    items: Vec<(u32, Box<str>)>,
    /// `TABLE t`: the word with what is behind it, and the name.
    tables: Vec<(Span, Span)>,
}

impl Names {
    fn column(&mut self, name: &str) {
        let name: Box<str> = name.to_ascii_uppercase().into();
        if !self.columns.contains(&name) {
            self.columns.push(name);
        }
    }

    fn reference(&mut self, column: &ColumnRef) {
        self.column(&column.column.value);
        if let (Some(schema), Some(table)) = (&column.schema, &column.table)
            && schema.is("information_schema")
        {
            self.qualifiers.push(Span::new(schema.span.start, table.span.start));
        }
    }
}

impl Visitor for Names {
    fn table_statement(&mut self, statement: &TableStatement) {
        self.all = true;
        let name = &statement.table;
        self.tables.push((Span::new(statement.span.start, name.span.start), name.span));
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column(column) | ExprKind::DefaultOf(column) | ExprKind::InsertValue(column) => {
                self.reference(column);
            }
            _ => walk_expr(self, expr),
        }
    }

    fn select(&mut self, select: &Select) {
        for item in &select.items {
            match &item.kind {
                SelectItemKind::All => self.all = true,
                SelectItemKind::AllOf(name) => {
                    self.all = true;
                    if let Some(schema) = &name.schema
                        && schema.is("information_schema")
                    {
                        self.qualifiers.push(Span::new(schema.span.start, name.name.span.start));
                    }
                }
                SelectItemKind::Expr { expr, alias: None } => {
                    if let ExprKind::Column(column) = &expr.kind {
                        self.items.push((item.full_span.end, column.column.value.clone()));
                    }
                }
                SelectItemKind::Expr { .. } => {}
            }
        }
        walk_select(self, select);
    }

    fn table_ref(&mut self, table: &TableRef) {
        if let TableRef::Join(join) = table {
            let Join { natural, condition, .. } = &**join;
            self.all |= natural;
            if let JoinCondition::Using(columns) = condition {
                columns.iter().for_each(|column| self.column(&column.value));
            }
        }
        walk_table_ref(self, table);
    }
}

/// `column = value` and `column IN (values)` that every row of a table must meet.
struct KnownCondition {
    table: usize,
    column: Box<str>,
    values: Vec<KnownValue>,
}

struct Known<'k> {
    found: &'k [(&'k Occurrence, &'static Layout)],
    planning: &'k Planning<'k>,
    conditions: Vec<KnownCondition>,
}

impl Known<'_> {
    fn conjunct(&mut self, expr: &Expr, factors: &[&TableFactor], others: bool) {
        let (column, values) = match &expr.kind {
            ExprKind::And(list) => {
                list.iter().for_each(|expr| self.conjunct(expr, factors, others));
                return;
            }
            ExprKind::Binary(BinaryOp::Eq, operands) => {
                let (left, right) = &**operands;
                let known = |expr| known_values(std::slice::from_ref(expr), self.planning.fingerprint);
                match (&left.kind, &right.kind) {
                    (ExprKind::Column(column), _) => (column, known(right)),
                    (_, ExprKind::Column(column)) => (column, known(left)),
                    _ => return,
                }
            }
            ExprKind::InList(list) if !list.negated => match &list.expr.kind {
                ExprKind::Column(column) => (column, known_values(&list.list, self.planning.fingerprint)),
                _ => return,
            },
            _ => return,
        };
        let Some(values) = values else { return };
        let factor = match (&column.table, factors) {
            (None, [factor]) if !others => *factor,
            (Some(table), _) => {
                let mut named = factors.iter().filter(|factor| factor.exposed_name().value == table.value);
                match (named.next(), named.next()) {
                    (Some(factor), None) => factor,
                    _ => return,
                }
            }
            _ => return,
        };
        let table = self.found.iter().position(|(occurrence, _)| occurrence.span == factor.name.span);
        if let Some(table) = table {
            self.conditions.push(KnownCondition { table, column: column.column.value.clone(), values });
        }
    }
}

impl Visitor for Known<'_> {
    fn select(&mut self, select: &Select) {
        let mut factors = Vec::new();
        let mut others = false;
        select.from.iter().for_each(|table| flatten(table, &mut factors, &mut others));
        if let Some(where_) = &select.where_ {
            self.conjunct(where_, &factors, others);
        }
        walk_select(self, select);
    }
}

/// The values of all of these; `None` if one isn't known before the statement runs.
pub(super) fn known_values(list: &[Expr], fingerprint: &Fingerprint) -> Option<Vec<KnownValue>> {
    let folded = list.first().and_then(|first| fingerprint.slot_at(first.span.start as usize));
    if let Some(slot) = folded
        && fingerprint.slots().get(slot.0 as usize).is_some_and(|slot| slot.folded)
    {
        return Some(vec![KnownValue::List(slot)]);
    }
    let known = |expr: &Expr| match &expr.kind {
        ExprKind::Function(call)
            if call.schema.is_none()
                && call.args.is_empty()
                && (call.name.is("database") || call.name.is("schema")) =>
        {
            Some(KnownValue::Current)
        }
        _ => value(expr, fingerprint).map(KnownValue::Value),
    };
    list.iter().map(known).collect()
}

/// The named tables of a FROM clause, and whether it has others.
fn flatten<'t>(table: &'t TableRef, factors: &mut Vec<&'t TableFactor>, others: &mut bool) {
    match table {
        TableRef::Table(factor) => factors.push(factor),
        TableRef::Derived(_) | TableRef::Json(_) => *others = true,
        TableRef::Join(join) => {
            flatten(&join.left, factors, others);
            flatten(&join.right, factors, others);
        }
        TableRef::List(list) => list.tables.iter().for_each(|table| flatten(table, factors, others)),
    }
}
