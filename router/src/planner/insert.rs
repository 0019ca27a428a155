//! INSERT and REPLACE.

use super::analysis::{Analysis, Instance, Occurrence, RegionKind};
use super::bind::Binder;
use super::columns::{coercion, column_info, visible_columns};
use super::condition::value;
use super::functions::is_constant;
use super::names::{self, Resolved, ResolvedKind};
use super::statement::Planning;
use super::trial;
use crate::catalog::Catalog;
use crate::error::{Code, SqlError};
use crate::literal::quoted;
use crate::plan::{
    AutoIncrement, Comparison, DuplicateRows, Duplicates, Insert, InsertRow, KeyExpr, Operator, OwnedLookup, Piece,
    Plan, Sequence, StatementClass, Target, Template, Trial, TrialColumn, ValueExpr,
};
use crate::schema::ColumnDefault;
use crate::sql::ast::{self, Assignment, Expr, ExprKind, InsertSource, Span, ValuesRow, eq_ignore_case};
use shardgate_vschema::model::{ColumnVindex, Generator, TableKind};
use std::sync::Arc;

/// Plan an INSERT or REPLACE.
pub(super) fn plan(mut planning: Planning<'_>, insert: &ast::Insert) -> Result<Plan, SqlError> {
    let class = if insert.replace { StatementClass::Replace } else { StatementClass::Insert };
    let mut table = names::resolve(planning.context, &insert.table)?;
    // Writes to a copy go to its source.
    if let ResolvedKind::Reference(vtable) = &table.kind
        && let TableKind::Reference { source: Some(source) } = &vtable.kind
    {
        table = names::in_database(planning.context, &source.keyspace, &source.table)?;
        table.moved = true;
    }
    planning.written.push(insert.table.span);
    let mut analysis = Analysis::new(planning.context, planning.fingerprint);
    let target = Occurrence {
        span: insert.table.span,
        schema: insert.table.schema.as_ref().map(|schema| schema.span),
        table: table.clone(),
        can_alias: false,
        in_view: false,
    };
    let mut through = None;
    if matches!(table.kind, ResolvedKind::View) {
        let (below, renamed) = super::view_insert::plan(&planning, insert, &table)?;
        table = below;
        through = Some(renamed);
    }
    let is_view = through.is_some();
    let insert = through.as_ref().unwrap_or(insert);
    if let InsertSource::Query(query) = &insert.source {
        return super::insert_query::plan(planning, analysis, insert, (query, &table), target, class);
    }
    // Subqueries in values read other tables.
    let region = analysis.region(RegionKind::Top, None);
    analysis.instances.push(Instance { table: table.clone(), region });
    analysis.occurrences.push(target);
    let values: Vec<&Expr> = match &insert.source {
        InsertSource::Values { rows, .. } => rows.iter().flat_map(|row| &row.values).collect(),
        InsertSource::Set { assignments, .. } => assignments.iter().map(|assignment| &assignment.value).collect(),
        InsertSource::Query(_) => Vec::new(),
    };
    let updates: Vec<&Expr> = insert.on_duplicate.iter().map(|assignment| &assignment.value).collect();
    let expressions: Vec<&Expr> = values.iter().chain(&updates).copied().collect();
    Binder::new(&mut analysis, &planning.parsed.statement).write(None, &[], None, &expressions, None)?;
    let keyspace = Arc::clone(&table.keyspace);
    let is_elsewhere = |other: &&Occurrence| !same_place(planning.context.catalog, &other.table, &keyspace);
    let elsewhere: Vec<Span> =
        analysis.occurrences.iter().skip(1).filter(is_elsewhere).map(|other| other.span).collect();
    if !elsewhere.is_empty() && is_view {
        return Err(SqlError::new(
            Code::Unsupported,
            "unsupported: an INSERT through a view with a subquery that reads a table of another keyspace or of other shards; \
             insert into its table",
        ));
    }
    if !elsewhere.is_empty() {
        // An alias makes it another table to MySQL here.
        let name = &insert.table.name.value;
        super::change::refuse_in_subqueries(&analysis, insert.table.span, name, |other| other.can_alias)?;
        if let Some(root) = super::pulled::plan(&planning, &values, &updates, &elsewhere)? {
            return Ok(planning.finish(class, &analysis, root));
        }
        return Err(SqlError::new(
            Code::Unsupported,
            "unsupported: a subquery in an INSERT that reads a table of another keyspace or of other shards, and isn't a value \
             by itself; read the value first",
        ));
    }
    planning.qualify(&analysis, &keyspace);
    let root = match &table.kind {
        ResolvedKind::Sharded(_) => split(&mut planning, insert, &table)?,
        ResolvedKind::Unsharded(Some(vtable)) if vtable.auto_increment.is_some() => {
            split(&mut planning, insert, &table)?
        }
        ResolvedKind::Unsharded(_) | ResolvedKind::System | ResolvedKind::View => {
            planning.whole(&keyspace, Target::Unsharded)?
        }
        ResolvedKind::Reference(_) => planning.whole(&keyspace, Target::Alike)?,
        ResolvedKind::Pinned(vtable) => {
            let target = vtable.pinned.clone().map_or(Target::Scatter, Target::Pinned);
            planning.whole(&keyspace, target)?
        }
    };
    Ok(planning.finish(class, &analysis, root))
}

/// Whether the table is where rows of this keyspace are, on every shard.
pub(super) fn same_place(catalog: &Catalog, table: &Resolved, keyspace: &str) -> bool {
    match &table.kind {
        ResolvedKind::System => true,
        ResolvedKind::Unsharded(_) => {
            *table.keyspace == *keyspace
                || (catalog.server_group(keyspace).is_some()
                    && catalog.server_group(&table.keyspace) == catalog.server_group(keyspace))
        }
        ResolvedKind::Reference(_) => *table.keyspace == *keyspace,
        // The tables of a view are looked at themselves.
        ResolvedKind::View => *table.keyspace == *keyspace,
        ResolvedKind::Sharded(_) | ResolvedKind::Pinned(_) => false,
    }
}

/// The columns that the rows give values for.
pub(super) fn columns(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    table: &Resolved,
) -> Result<Vec<Box<str>>, SqlError> {
    if let InsertSource::Set { assignments, .. } = &insert.source {
        return Ok(assignments.iter().map(|assignment| assignment.column.column.value.clone()).collect());
    }
    if let Some(columns) = &insert.columns
        && (!columns.columns.is_empty() || all_empty(insert))
    {
        return Ok(columns.columns.iter().map(|column| column.column.value.clone()).collect());
    }
    if all_empty(insert) {
        return Ok(Vec::new());
    }
    visible_columns(planning.context, table).ok_or_else(|| {
        SqlError::new(
            Code::NoColumnList,
            format!("the columns of `{}` aren't known: name them in the INSERT", table.table),
        )
    })
}

fn all_empty(insert: &ast::Insert) -> bool {
    match &insert.source {
        InsertSource::Values { rows, .. } => rows.iter().all(|row| row.values.is_empty()),
        _ => false,
    }
}

/// Rows that are placed one by one, or whose auto_increment column the proxy fills.
fn split(planning: &mut Planning<'_>, insert: &ast::Insert, table: &Resolved) -> Result<Operator, SqlError> {
    let Some(vtable) = table.vtable().cloned() else {
        return planning.whole(&table.keyspace, Target::Unsharded);
    };
    let vindex = table.primary_vindex().cloned();
    let lookups = super::lookup::owned(planning.context, table)?;
    let rekey = match &vindex {
        Some(vindex) => super::rekey::plan(planning, insert, table, vindex, &lookups)?,
        None => None,
    };
    let owns = lookups.iter().any(|lookup| lookup.owned);
    let duplicates = if owns { duplicates(planning, insert, table, rekey.is_some())? } else { None };
    super::lookup::refuse_updates(insert, &lookups)?;
    let names = columns(planning, insert, table)?;
    let stored = match &vindex {
        Some(vindex) => {
            let defaults = |column: &str| trial::names_default(insert, &names, column);
            trial::columns(planning, table, vindex, &names, &defaults)?
        }
        None => Vec::new(),
    };
    let auto = vtable.auto_increment.as_ref();
    let auto_place = auto.and_then(|auto| names.iter().position(|name| eq_ignore_case(name, &auto.column)));
    let rows: Vec<Row<'_>> = match &insert.source {
        InsertSource::Values { rows, .. } => rows.iter().map(Row::Values).collect(),
        InsertSource::Set { span, assignments } => vec![Row::Set(*span, assignments)],
        InsertSource::Query(_) => Vec::new(),
    };
    // A row of another length is MySQL's to refuse, which it does before it writes anything.
    if rows.iter().any(|row| row.len() != names.len() && !(row.len() == 0 && names.is_empty())) {
        return planning.whole(&table.keyspace, Target::AnyShard);
    }
    let places = Places {
        names: &names,
        auto_place,
        vindex: vindex.as_ref(),
        lookups: &lookups,
        unique: duplicates.as_ref().map_or(&[], |found| found.keys.as_slice()),
        table,
        stored: &stored,
    };
    let mut planned = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        planned.push(plan_row(planning, number, row, &places, auto.map(|auto| &*auto.column))?);
    }
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Err(super::internal("an INSERT without rows"));
    };
    let mut head = planning.edits.clone();
    let mut added: Vec<&str> = Vec::new();
    if let (Some(auto), None) = (auto, auto_place) {
        added.push(&auto.column);
    }
    let set = matches!(first, Row::Set(..));
    let trial = (!stored.is_empty()).then(|| trial::plan(insert, &names, &added, set, stored.clone()));
    let missing = |stored: &&TrialColumn| stored.given && !names.iter().any(|name| eq_ignore_case(name, &stored.name));
    added.extend(stored.iter().filter(missing).map(|stored| &*stored.name));
    if !added.is_empty() {
        add_columns(&mut head, insert, planning, first, &added, &names)?;
    }
    // What stands behind the last assignment is no part of the statement.
    let text_end = match (&rekey, insert.on_duplicate_span) {
        (Some(_), Some(span)) => span.end,
        _ => planning.text.len() as u32,
    };
    let prefix = head.part(Span::new(0, first.span().start), planning.fingerprint)?;
    let suffix = planning.edits.part(Span::new(last.span().end, text_end), planning.fingerprint)?;
    let generated_key = vindex.as_ref().zip(auto).and_then(|(vindex, auto)| {
        let place = vindex.columns.iter().position(|column| eq_ignore_case(column, &auto.column))?;
        u32::try_from(place).ok()
    });
    Ok(Operator::Insert(Insert {
        keyspace: Arc::clone(&table.keyspace),
        table: Arc::clone(&table.table),
        target: if vindex.is_some() { Target::Scatter } else { Target::Unsharded },
        vindex: vindex.map(|vindex| (vindex.vindex, vindex.columns)),
        generated_key,
        auto_increment: auto.map(auto_increment),
        trial,
        prefix,
        rows: planned,
        suffix,
        rekey: rekey.map(Box::new),
        ignore: insert.ignore,
        lookups,
        duplicates,
    }))
}

/// The generator of an auto_increment column.
pub(super) fn auto_increment(auto: &shardgate_vschema::model::AutoIncrement) -> AutoIncrement {
    AutoIncrement {
        column: Arc::clone(&auto.column),
        sequence: match &auto.generator {
            Generator::Sequence(name) => {
                Some(Sequence { keyspace: Arc::clone(&name.keyspace), table: Arc::clone(&name.table) })
            }
            Generator::Snowflake => None,
        },
    }
}

/// What becomes of the duplicates of rows of a table that owns lookup vindexes, whose rows follow.
fn duplicates(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    table: &Resolved,
    rekeyed: bool,
) -> Result<Option<DuplicateRows>, SqlError> {
    let duplicates = match insert {
        ast::Insert { replace: true, .. } => Duplicates::Replaced,
        insert if !insert.on_duplicate.is_empty() && insert.ignore => {
            let message = format!(
                "unsupported: INSERT IGNORE ... ON DUPLICATE KEY UPDATE into `{}`, which owns a lookup vindex",
                table.table
            );
            return Err(SqlError::new(Code::Unsupported, message));
        }
        insert if !insert.on_duplicate.is_empty() => Duplicates::Updated,
        ast::Insert { ignore: true, .. } => Duplicates::Ignored,
        _ => return Ok(None),
    };
    let refused = |reason: &str| {
        let message =
            format!("unsupported: duplicates of rows of `{}`, which owns a lookup vindex: {reason}", table.table);
        Err(SqlError::new(Code::Unsupported, message))
    };
    let Some(live) = table.live(planning.context) else { return refused("its keys aren't known yet") };
    let Some(key) = super::change::key_of(live) else {
        return refused("it has no primary key, and no unique one without NULLs");
    };
    let assigned = insert
        .on_duplicate
        .iter()
        .find(|assignment| key.columns.iter().any(|column| assignment.column.column.is(column)));
    if assigned.is_some() && !rekeyed {
        return refused("a column of its key is assigned, by which the row is found again");
    }
    if live
        .unique_keys
        .iter()
        .flat_map(|key| &key.columns)
        .any(|name| live.column(name).is_none_or(|own| own.generated))
    {
        return refused("a unique key of it has a generated column");
    }
    let keys = live.unique_keys.iter().map(|key| key.columns.clone()).collect();
    Ok(Some(DuplicateRows { duplicates, keys, identity: key.columns.clone() }))
}

/// Name columns that the statement leaves out.
fn add_columns(
    head: &mut super::edit::Edits,
    insert: &ast::Insert,
    planning: &Planning<'_>,
    first: &Row<'_>,
    columns: &[&str],
    names: &[Box<str>],
) -> Result<(), SqlError> {
    if let Row::Set(..) = first {
        return Ok(());
    }
    let quoted: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let quoted = quoted.join(", ");
    match &insert.columns {
        Some(columns) if columns.columns.is_empty() => {
            head.replace(columns.span, vec![Piece::Sql(format!("({quoted})").into())]);
        }
        Some(columns) => head.insert(columns.span.end - 1, format!(", {quoted}")),
        None if names.is_empty() => head.insert(values_start(insert), format!("({quoted}) ")),
        None => {
            // All columns were meant, and the column is invisible or generated: MySQL decides.
            let text = insert.table.span.of(planning.text);
            return Err(SqlError::new(
                Code::NoColumnList,
                format!("name the columns in the INSERT into {}", String::from_utf8_lossy(text)),
            ));
        }
    }
    Ok(())
}

fn values_start(insert: &ast::Insert) -> u32 {
    match &insert.source {
        InsertSource::Values { span, .. } => span.start,
        _ => insert.table.span.end,
    }
}

enum Row<'r> {
    Values(&'r ValuesRow),
    Set(Span, &'r [Assignment]),
}

impl Row<'_> {
    fn span(&self) -> Span {
        match self {
            Row::Values(row) => row.span,
            Row::Set(span, _) => *span,
        }
    }

    /// Put a value behind the others; `alone`: there are no others.
    fn append(&self, edits: &mut super::edit::Edits, column: &str, value: Piece, alone: bool) {
        let (at, before) = match self {
            Row::Values(row) => (row.span.end - 1, if alone { String::new() } else { ", ".to_owned() }),
            Row::Set(span, _) => (span.end, format!(", {} = ", quoted(column))),
        };
        edits.replace(Span::at(at), vec![Piece::Sql(before.into()), value]);
    }

    fn len(&self) -> usize {
        match self {
            Row::Values(row) => row.values.len(),
            Row::Set(_, assignments) => assignments.len(),
        }
    }

    fn value(&self, place: usize) -> Option<&Expr> {
        match self {
            Row::Values(row) => row.values.get(place),
            Row::Set(_, assignments) => assignments.get(place).map(|assignment| &assignment.value),
        }
    }
}

struct Places<'p> {
    names: &'p [Box<str>],
    auto_place: Option<usize>,
    vindex: Option<&'p ColumnVindex>,
    lookups: &'p [OwnedLookup],
    unique: &'p [Vec<Arc<str>>],
    table: &'p Resolved,
    stored: &'p [TrialColumn],
}

fn plan_row(
    planning: &Planning<'_>,
    number: usize,
    row: &Row<'_>,
    places: &Places<'_>,
    auto: Option<&str>,
) -> Result<InsertRow, SqlError> {
    let mut edits = planning.edits.clone();
    let mut generated = None;
    if let Some(auto) = auto {
        match places.auto_place.and_then(|place| row.value(place)) {
            Some(expr) => {
                let given = given_value(planning, expr, places.table, auto)?;
                edits.cover(expr.span, vec![Piece::GeneratedOr(given.clone())]);
                generated = Some(given);
            }
            None => {
                row.append(&mut edits, auto, Piece::Generated, row.len() == 0);
                generated = Some(ValueExpr::Default);
            }
        }
    }
    let trial = match places.stored {
        [] => None,
        _ => Some(edits.part(row.span(), planning.fingerprint)?),
    };
    // Whether nothing is in the row yet.
    let mut empty = row.len() == 0 && generated.is_none();
    let mut key = Vec::new();
    if let Some(vindex) = places.vindex {
        for column in &vindex.columns {
            let info = column_info(planning.context, places.table, column);
            let coercion = coercion(info.as_ref(), &vindex.vindex);
            let is_auto = auto.is_some_and(|auto| eq_ignore_case(auto, column));
            let place = places.names.iter().position(|name| eq_ignore_case(name, column));
            let stored = places.stored.iter().find(|stored| eq_ignore_case(&stored.name, column));
            let given = place.and_then(|place| row.value(place));
            let value = match given {
                _ if is_auto => generated.clone().unwrap_or(ValueExpr::Default),
                None if stored.is_some() => ValueExpr::Stored(Trial::value_of(number, column)),
                Some(expr) if stored.is_some() && matches!(expr.kind, ExprKind::Default) => {
                    ValueExpr::Stored(Trial::value_of(number, column))
                }
                Some(expr) if matches!(expr.kind, ExprKind::Default) => default_value(planning, places.table, column)?,
                Some(expr) => {
                    let value = given_value(planning, expr, places.table, column)?;
                    if let ValueExpr::Evaluate(_) = &value {
                        // What was computed to choose the shard is what is stored.
                        edits.cover(expr.span, vec![Piece::Value(value.clone())]);
                    }
                    value
                }
                None => default_value(planning, places.table, column)?,
            };
            if let (ValueExpr::Stored(_), Some(TrialColumn { given: true, .. })) = (&value, stored) {
                match given {
                    Some(expr) => edits.cover(expr.span, vec![Piece::Value(value.clone())]),
                    None => row.append(&mut edits, column, Piece::Value(value.clone()), empty),
                }
                empty = false;
            }
            key.push(KeyExpr { value, coercion, comparison: Comparison::Stored });
        }
    }
    let mut known = |column: &Arc<str>| -> Result<ValueExpr, SqlError> {
        let place = places.names.iter().position(|name| eq_ignore_case(name, column));
        match place.and_then(|place| row.value(place)) {
            _ if auto.is_some_and(|auto| eq_ignore_case(auto, column)) => Ok(ValueExpr::Default),
            Some(expr) if !matches!(expr.kind, ExprKind::Default) => {
                let value = given_value(planning, expr, places.table, column)?;
                if let ValueExpr::Evaluate(_) = &value {
                    // What was computed for the lookup is what is stored.
                    edits.cover(expr.span, vec![Piece::Value(value.clone())]);
                }
                Ok(value)
            }
            _ => lookup_default(planning, places.table, column),
        }
    };
    let mut values = |columns: &[Arc<str>]| columns.iter().map(&mut known).collect::<Result<Vec<_>, _>>();
    let lookups = places.lookups.iter().map(|lookup| values(&lookup.columns)).collect::<Result<_, _>>()?;
    let unique = places.unique.iter().map(|columns| values(columns)).collect::<Result<_, _>>()?;
    let sql = edits.part(row.span(), planning.fingerprint)?;
    Ok(InsertRow { sql, key, lookups, unique, trial, generated })
}

/// The value of a lookup vindex's column that the row doesn't give. Where there is none, the row itself is refused.
pub(super) fn lookup_default(planning: &Planning<'_>, table: &Resolved, column: &str) -> Result<ValueExpr, SqlError> {
    let live = table.live(planning.context).and_then(|live| live.column(column));
    match live.map(|column| &column.default) {
        Some(ColumnDefault::None) | None => Ok(ValueExpr::Null),
        Some(ColumnDefault::Constant(_)) => default_value(planning, table, column),
        Some(ColumnDefault::Expression(_)) => Err(SqlError::new(
            Code::Unsupported,
            format!(
                "unsupported: the default of `{}`.`{column}` is an expression, and a lookup vindex needs its value before \
                 the row is sent; give the column a value",
                table.table
            ),
        )),
    }
}

/// A value that must be known before the row is sent.
fn given_value(planning: &Planning<'_>, expr: &Expr, table: &Resolved, column: &str) -> Result<ValueExpr, SqlError> {
    if matches!(expr.kind, ExprKind::Default) {
        return Ok(ValueExpr::Default);
    }
    if let Some(value) = value(expr, planning.fingerprint) {
        return Ok(value);
    }
    if is_constant(expr, planning.fingerprint) {
        return Ok(ValueExpr::Evaluate(planning.edits.part(expr.span, planning.fingerprint)?));
    }
    let text = String::from_utf8_lossy(expr.span.of(planning.text)).into_owned();
    Err(SqlError::new(
        Code::Unsupported,
        format!(
            "unsupported: `{text}` as the value of `{}`.`{column}`: its value must be known before the row is sent",
            table.table
        ),
    ))
}

/// The value of a vindex column that the row doesn't name.
pub(super) fn default_value(planning: &Planning<'_>, table: &Resolved, column: &str) -> Result<ValueExpr, SqlError> {
    let live = table.live(planning.context).and_then(|live| live.column(column));
    match live.map(|column| (&column.default, column.nullable, column.auto_increment)) {
        Some((ColumnDefault::Constant(text), _, _)) => {
            let mut literal = Vec::new();
            crate::literal::write_string(text.as_bytes(), planning.context.mode.lex, &mut literal);
            let literal = String::from_utf8_lossy(&literal).into_owned();
            Ok(ValueExpr::Evaluate(Template { pieces: vec![Piece::Sql(literal.into())] }))
        }
        Some((ColumnDefault::None, true, false)) => Ok(ValueExpr::Null),
        _ => Err(SqlError::new(
            Code::NoShardKey,
            format!("Field '{column}' doesn't have a value: it is a column of the shard key of `{}`", table.table),
        )),
    }
}
