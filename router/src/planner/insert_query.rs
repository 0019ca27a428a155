//! INSERT ... SELECT and REPLACE ... SELECT.

use super::analysis::{Analysis, Node, Occurrence};
use super::bind::{Binder, Bound, Entry, EntrySource, Output};
use super::columns::{has_column, placement, visible_columns};
use super::edit::Edits;
use super::insert::{auto_increment, columns, default_value, lookup_default, same_place};
use super::names::{Resolved, ResolvedKind};
use super::route::{RoutingKind, is_certainly_one};
use super::statement::Planning;
use super::trial;
use crate::error::{Code, SqlError};
use crate::literal::write_identifier;
use crate::plan::{
    InsertRows, KeySource, Operator, OwnedLookup, Piece, Plan, Route, StatementClass, SuffixPart, Target, Template,
};
use crate::schema::DataType;
use crate::sql::ast::{self, Expr, ExprKind, Query, SelectItemKind, Span, Visitor, eq_ignore_case, walk_expr};
use shardgate_vschema::model::ColumnVindex;
use std::sync::Arc;

fn unsupported(reason: String) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: {reason}"))
}

/// The parts of the statement.
struct Parts<'s> {
    insert: &'s ast::Insert,
    query: &'s Query,
    /// The query's tables.
    bound: &'s Bound,
    /// The query's columns.
    output: &'s Output,
    /// The table that is written.
    table: &'s Resolved,
}

/// Plan an INSERT or REPLACE with a query; `target` is what it names, which may be a view of the table.
pub(super) fn plan(
    mut planning: Planning<'_>,
    mut analysis: Analysis<'_>,
    insert: &ast::Insert,
    (query, table): (&Query, &Resolved),
    target: Occurrence,
    class: StatementClass,
) -> Result<Plan, SqlError> {
    let (bound, output) = Binder::new(&mut analysis, &planning.parsed.statement).query_statement(query)?;
    let parts = Parts { insert, query, bound: &bound, output: &output, table };
    let keyspace = Arc::clone(&table.keyspace);
    let generated = table.vtable().is_some_and(|vtable| vtable.auto_increment.is_some());
    let elsewhere = analysis.occurrences.iter().any(|other| {
        !matches!(other.table.kind, ResolvedKind::System)
            && other.table.keyspace != keyspace
            && !same_place(planning.context.catalog, &other.table, &keyspace)
    });
    let vindex = table.primary_vindex().cloned();
    let lookups = if vindex.is_some() { owned_lookups(&planning, insert, table)? } else { Vec::new() };
    let rekey = match &vindex {
        Some(vindex) => super::rekey::plan(&planning, insert, table, vindex, &lookups)?,
        None => None,
    };
    // Where the statement runs as it is: rows that are read where they are to be.
    let metadata = super::metadata::is_gathered(&planning, &analysis);
    let (whole, meet) = if elsewhere || generated || metadata || rekey.is_some() || !lookups.is_empty() {
        (None, !elsewhere)
    } else {
        match where_it_runs(&planning, &mut analysis, &parts, vindex.as_ref()) {
            // The query's own tables are in several keyspaces, which don't meet where one of them is sharded.
            Err(error) if error.code == Code::CrossKeyspace => (None, false),
            found => (found?, true),
        }
    };
    let in_place = whole.as_ref().is_some_and(|target| !matches!(target, Target::OneShard { .. }));
    let updates: Vec<&Expr> = insert.on_duplicate.iter().map(|assignment| &assignment.value).collect();
    let subqueries = super::pulled::subqueries(&updates);
    if !in_place
        && !subqueries.is_empty()
        && let Some(root) = super::pulled::plan(&planning, &[], &updates, &subqueries)?
    {
        // Their tables are the statement's, too.
        Binder::new(&mut analysis, &planning.parsed.statement).write(None, &[], None, &updates, None)?;
        analysis.occurrences.push(target);
        return Ok(planning.finish(class, &analysis, root));
    }
    let mut source_columns = Vec::new();
    let copied = if in_place {
        None
    } else {
        source_columns = self::source_columns(&planning, &mut analysis, &parts)?;
        let mut copied = copy(&planning, &mut analysis, &parts, &source_columns, meet)?;
        let names = columns(&planning, insert, table)?;
        for lookup in lookups {
            let sources =
                lookup.columns.iter().map(|column| match names.iter().position(|name| eq_ignore_case(name, column)) {
                    Some(place) => Ok(KeySource::Column(place as u32)),
                    None => lookup_default(&planning, table, column).map(KeySource::Default),
                });
            let sources = sources.collect::<Result<_, _>>()?;
            copied.lookups.push((lookup, sources));
        }
        Some(copied)
    };
    analysis.occurrences.push(target);
    planning.qualify(&analysis, &keyspace);
    let root = match (copied, whole) {
        (Some(mut copied), whole) => {
            if let Some(Target::OneShard { targets, .. }) = whole {
                let sql = planning.template()?;
                let target = Target::AnyOf(targets);
                copied.alone = Some(Route { keyspace: Arc::clone(&keyspace), target, sql, sql_alone: None, hidden: 0 });
            }
            // The names of the table's own part of the text.
            let given = copied.trial.iter().flat_map(|trial| &trial.columns).filter(|column| column.given);
            let given: Vec<&str> = given.map(|column| &*column.name).collect();
            copied.prefix = prefix(&planning, insert, table, &given)?;
            copied.suffix = suffix(&planning, insert, &source_columns)?;
            copied.rekey = rekey.map(Box::new);
            Operator::InsertRows(Box::new(copied))
        }
        (None, Some(target)) => planning.whole(&keyspace, target)?,
        (None, None) => return Err(super::internal("an INSERT ... SELECT without a way")),
    };
    Ok(planning.finish(class, &analysis, root))
}

/// Where a statement runs as it is, if it does.
fn where_it_runs(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    parts: &Parts<'_>,
    vindex: Option<&ColumnVindex>,
) -> Result<Option<Target>, SqlError> {
    if let Some(vindex) = vindex {
        return in_place(planning, analysis, parts, vindex);
    }
    Ok(match analysis.routing()?.kind {
        RoutingKind::Unsharded => Some(Target::Unsharded),
        RoutingKind::AnyShard if matches!(parts.table.kind, ResolvedKind::Reference(_)) => Some(Target::Alike),
        RoutingKind::AnyShard => Some(Target::AnyShard),
        RoutingKind::Together(_) | RoutingKind::Apart(_) => None,
    })
}

/// Where a statement into a sharded table runs as it is, if the rows read are on the shards that they are written on; all
/// of them ([`Target::OneShard`]: only if that is one shard).
fn in_place(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    parts: &Parts<'_>,
    vindex: &ColumnVindex,
) -> Result<Option<Target>, SqlError> {
    let component = match analysis.routing()?.kind {
        RoutingKind::Together(component) => component,
        RoutingKind::Apart(_) | RoutingKind::AnyShard | RoutingKind::Unsharded => return Ok(None),
    };
    let names = columns(planning, parts.insert, parts.table)?;
    if !keeps_key(analysis, &parts.bound.region, parts.output, &names, vindex, component.leader) {
        return Ok(None);
    }
    let one = is_certainly_one(&component.target, planning.fingerprint);
    Ok(Some(if one || (component.anchored && simple(parts.query)) {
        component.target
    } else {
        Target::OneShard { targets: vec![component.target], reason: "".into() }
    }))
}

/// The lookup vindexes that get a row for each row. What replaces or leaves out rows is done for single ones only.
fn owned_lookups(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    table: &Resolved,
) -> Result<Vec<OwnedLookup>, SqlError> {
    let lookups = super::lookup::owned(planning.context, table)?;
    super::lookup::refuse_updates(insert, &lookups)?;
    if !lookups.iter().any(|lookup| lookup.owned)
        || !(insert.replace || insert.ignore || !insert.on_duplicate.is_empty())
    {
        return Ok(lookups);
    }
    Err(unsupported(format!(
        "INSERT ... SELECT into `{}`, which owns a lookup vindex, with IGNORE, REPLACE or ON DUPLICATE KEY UPDATE; read the \
         rows, and insert them with VALUES",
        table.table
    )))
}

fn simple(query: &Query) -> bool {
    let ast::QueryBody::Select(select) = &query.body else { return false };
    let shape = super::shape::Shape::of(select);
    query.limit.is_none()
        && select.group_by.is_none()
        && !select.options.distinct
        && !shape.aggregates
        && !shape.windows
        && select.having.is_none()
}

/// Whether the columns that become the shard key are the shard key of the rows read.
fn keeps_key(
    analysis: &mut Analysis<'_>,
    region: &usize,
    output: &Output,
    names: &[Box<str>],
    vindex: &ColumnVindex,
    leader: usize,
) -> bool {
    let Some(source) = analysis.instances.get(leader).and_then(|instance| instance.table.primary_vindex().cloned())
    else {
        return false;
    };
    if source.vindex.name() != vindex.vindex.name() || source.columns.len() != vindex.columns.len() {
        return false;
    }
    let classes = analysis.classes(*region);
    vindex.columns.iter().zip(&source.columns).all(|(column, read)| {
        let place = names.iter().position(|name| eq_ignore_case(name, column));
        let node = place.and_then(|place| output.columns.get(place)).and_then(|(_, node)| *node);
        let read = analysis.known_node(leader, read);
        matches!((node, read), (Some(node), Some(read)) if classes.same(node, read))
    })
}

/// Read the rows, and insert them where they are to be.
fn copy(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    parts: &Parts<'_>,
    source_columns: &[SourceColumn],
    described_here: bool,
) -> Result<InsertRows, SqlError> {
    let Parts { insert, query, bound, output, table } = *parts;
    let names = columns(planning, insert, table)?;
    for name in &names {
        if has_column(planning.context, table, name) == Some(false) {
            return Err(SqlError::new(Code::UnknownColumn, format!("Unknown column '{name}' in 'field list'")));
        }
    }
    let auto = table.vtable().and_then(|vtable| vtable.auto_increment.clone());
    let auto_place = auto.as_ref().and_then(|auto| names.iter().position(|name| eq_ignore_case(name, &auto.column)));
    if auto.is_some() && auto_place.is_none() && insert.columns.is_none() {
        return Err(SqlError::new(
            Code::NoColumnList,
            format!("name the columns in the INSERT into `{}`", table.table),
        ));
    }
    let mut stored = Vec::new();
    let place = match table.primary_vindex() {
        None => None,
        Some(vindex) => {
            stored = trial::columns(planning, table, vindex, &names, &|_| false)?;
            let mut sources = Vec::new();
            for column in &vindex.columns {
                let is_auto = auto.as_ref().is_some_and(|auto| eq_ignore_case(&auto.column, column));
                let in_trial = stored.iter().position(|stored| eq_ignore_case(&stored.name, column));
                let named = names.iter().position(|name| eq_ignore_case(name, column));
                sources.push(match (named, in_trial) {
                    _ if is_auto => KeySource::Generated,
                    (Some(place), _) => KeySource::Column(place as u32),
                    (None, Some(at)) => KeySource::Stored(at as u32),
                    (None, None) => KeySource::Default(default_value(planning, table, column)?),
                });
            }
            Some((placement(planning.context, table, vindex), sources))
        }
    };
    if insert.columns.is_none() && stored.iter().any(|stored| stored.given) {
        return Err(SqlError::new(
            Code::NoColumnList,
            format!("name the columns in the INSERT into `{}`", table.table),
        ));
    }
    let added: Vec<&str> = match (&auto, auto_place) {
        (Some(auto), None) => vec![&*auto.column],
        _ => Vec::new(),
    };
    let trial = (!stored.is_empty()).then(|| trial::plan(insert, &names, &added, false, stored));
    let target = match &table.kind {
        ResolvedKind::Reference(_) => Target::Alike,
        ResolvedKind::Pinned(vtable) => vtable.pinned.clone().map_or(Target::Scatter, Target::Pinned),
        ResolvedKind::Sharded(_) | ResolvedKind::Unsharded(_) | ResolvedKind::System | ResolvedKind::View => {
            Target::Unsharded
        }
    };
    let text = source_span(planning, insert, query);
    if !planning.parsed.can_cut(text) {
        return Err(unsupported("a version comment within an INSERT ... SELECT between shards".to_owned()));
    }
    let mut edits = Edits::default();
    widen_floats(analysis, query, bound, output, &mut edits);
    add_columns(query, source_columns, &mut edits)?;
    Ok(InsertRows {
        keyspace: Arc::clone(&table.keyspace),
        table: Arc::clone(&table.table),
        alone: None,
        source: edits.part(text, planning.fingerprint)?,
        columns: names.len() as u32,
        place,
        target,
        auto_increment: auto.as_ref().map(|auto| (auto_increment(auto), auto_place.map(|place| place as u32))),
        prefix: Template::UNCHANGED,
        suffix: Vec::new(),
        rekey: None,
        deprecated: values_functions(insert),
        trial,
        ignore: insert.ignore,
        lookups: Vec::new(),
        described_here,
    })
}

/// How often VALUES() stands in ON DUPLICATE KEY UPDATE.
fn values_functions(insert: &ast::Insert) -> u32 {
    struct Count(u32);
    impl Visitor for Count {
        fn expr(&mut self, expr: &Expr) {
            self.0 += u32::from(matches!(expr.kind, ExprKind::InsertValue(_)));
            walk_expr(self, expr);
        }
    }
    let mut count = Count(0);
    insert.on_duplicate.iter().for_each(|assignment| count.expr(&assignment.value));
    count.0
}

/// A FLOAT as text has six digits: columns of that type are read as DOUBLE, which has all.
fn widen_floats(analysis: &Analysis<'_>, query: &Query, bound: &Bound, output: &Output, edits: &mut Edits) {
    let ast::QueryBody::Select(select) = &query.body else { return };
    if select.options.distinct && !query.order_by.is_empty() {
        // What it is ordered by must be in the select list as it is.
        return;
    }
    let is_float = |node: &Option<Node>| {
        node.and_then(|node| analysis.info(node)).is_some_and(|info| info.data_type == DataType::Float)
    };
    for (index, item) in select.items.iter().enumerate() {
        let start = output.starts.get(index).copied().unwrap_or_default();
        let end = output.starts.get(index + 1).copied().unwrap_or(output.columns.len());
        let columns = output.columns.get(start..end).unwrap_or_default();
        if !columns.iter().any(|(_, node)| is_float(node)) {
            continue;
        }
        let all_of = match &item.kind {
            SelectItemKind::Expr { expr, .. } => {
                edits.insert(expr.span.start, "CAST(");
                edits.insert(expr.span.end, " AS DOUBLE)");
                continue;
            }
            SelectItemKind::All => None,
            SelectItemKind::AllOf(name) => Some(name),
        };
        if !output.complete || bound.scope.merges_columns() {
            continue;
        }
        let entries = bound.scope.entries.iter().filter(|entry| all_of.is_none_or(|name| name.name.is(&entry.name)));
        let sources = entries.flat_map(|entry| std::iter::repeat_n(&*entry.name, star_width(entry, analysis)));
        let list: Vec<String> = sources
            .zip(columns)
            .map(|(table, (name, node))| {
                let mut text = Vec::new();
                write_identifier(table, &mut text);
                text.push(b'.');
                write_identifier(name, &mut text);
                let text = String::from_utf8_lossy(&text).into_owned();
                if is_float(node) { format!("CAST({text} AS DOUBLE)") } else { text }
            })
            .collect();
        if list.len() == columns.len() {
            edits.replace(item.span, vec![Piece::Sql(list.join(", ").into())]);
        }
    }
}

/// How many columns `*` takes from a table, as far as they are known.
fn star_width(entry: &Entry, analysis: &Analysis<'_>) -> usize {
    match &entry.source {
        EntrySource::Instance(index) => {
            let table = analysis.instances.get(*index).map(|instance| &instance.table);
            table.and_then(|table| visible_columns(analysis.context, table)).map_or(0, |columns| columns.len())
        }
        EntrySource::Query(output) => output.columns.len(),
        EntrySource::Opaque => 0,
    }
}

/// Where the table's name ends, with the list of its partitions.
fn table_end(planning: &Planning<'_>, insert: &ast::Insert) -> u32 {
    let Some(last) = insert.partitions.last() else { return insert.table.span.end };
    let rest = planning.text.get(last.span.end as usize..).unwrap_or_default();
    last.span.end + rest.iter().position(|byte| *byte == b')').map_or(0, |at| at as u32 + 1)
}

/// From the columns to ON DUPLICATE KEY UPDATE: the query, with parentheses around it.
fn source_span(planning: &Planning<'_>, insert: &ast::Insert, query: &Query) -> Span {
    let start = insert.columns.as_ref().map_or_else(|| table_end(planning, insert), |columns| columns.span.end);
    let end = insert.on_duplicate_span.map_or(planning.parsed.span.end, |span| span.start);
    Span::new(start.min(query.span.start), end.max(query.span.end))
}

/// The text before the rows.
fn prefix(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    table: &Resolved,
    given: &[&str],
) -> Result<Template, SqlError> {
    let auto = table.vtable().and_then(|vtable| vtable.auto_increment.as_ref());
    let mut edits = planning.edits.clone();
    let mut end = table_end(planning, insert);
    if let Some(columns) = &insert.columns {
        end = columns.span.end;
        let missing = auto.filter(|auto| !columns.columns.iter().any(|column| column.column.is(&auto.column)));
        let mut alone = columns.columns.is_empty();
        for name in missing.iter().map(|auto| &*auto.column).chain(given.iter().copied()) {
            let mut text = if alone { Vec::new() } else { Vec::from(*b", ") };
            write_identifier(name, &mut text);
            edits.insert(end - 1, String::from_utf8_lossy(&text).into_owned());
            alone = false;
        }
    }
    let mut prefix = edits.pieces(Span::new(0, end), planning.fingerprint)?;
    prefix.push(Piece::Sql(" VALUES ".into()));
    Ok(Template { pieces: prefix })
}

/// The text behind the rows, in which columns of the query are values of the row.
fn suffix(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    source_columns: &[SourceColumn],
) -> Result<Vec<SuffixPart>, SqlError> {
    let Some(span) = insert.on_duplicate_span else { return Ok(Vec::new()) };
    let mut parts = Vec::new();
    let mut start = span.start;
    let mut text = |start, end, value| -> Result<(), SqlError> {
        let mut pieces = vec![Piece::Sql(" ".into())];
        pieces.extend(planning.edits.pieces(Span::new(start, end), planning.fingerprint)?);
        parts.push(SuffixPart { text: Template { pieces }, value });
        Ok(())
    };
    for column in source_columns {
        text(start, column.span.start, Some(column.at))?;
        start = column.span.end;
    }
    text(start, span.end, None)?;
    Ok(parts)
}

/// A column of the query that ON DUPLICATE KEY UPDATE names.
struct SourceColumn {
    /// Where it stands there.
    span: Span,
    /// Which column of the rows it is.
    at: u32,
    /// What reads it.
    read: String,
}

/// The columns of the query that ON DUPLICATE KEY UPDATE names. They are read with the rows, since they aren't there any
/// more when those are inserted.
fn source_columns(
    planning: &Planning<'_>,
    analysis: &mut Analysis<'_>,
    parts: &Parts<'_>,
) -> Result<Vec<SourceColumn>, SqlError> {
    struct Collect {
        columns: Vec<ast::ColumnRef>,
        paths: bool,
        query: bool,
    }
    impl Visitor for Collect {
        fn expr(&mut self, expr: &Expr) {
            match &expr.kind {
                ExprKind::Column(column) => self.columns.push((**column).clone()),
                ExprKind::JsonPath(_) | ExprKind::Match(_) => self.paths = true,
                _ => {}
            }
            walk_expr(self, expr);
        }

        fn query(&mut self, _: &Query) {
            self.query = true;
        }
    }
    let Parts { insert, bound, table, .. } = *parts;
    let mut collect = Collect { columns: Vec::new(), paths: false, query: false };
    insert.on_duplicate.iter().for_each(|assignment| collect.expr(&assignment.value));
    if collect.query {
        return Err(unsupported(
            "a subquery in ON DUPLICATE KEY UPDATE of rows that move between shards, which isn't a value by itself; read the \
             value first"
                .to_owned(),
        ));
    }
    if collect.paths && !bound.scope.entries.is_empty() {
        return Err(unsupported(
            "a column's JSON path or MATCH in ON DUPLICATE KEY UPDATE of rows that move between shards; use JSON_EXTRACT"
                .to_owned(),
        ));
    }
    let count = columns(planning, insert, table)?.len() as u32;
    let mut found: Vec<SourceColumn> = Vec::new();
    collect.columns.sort_by_key(|column| column.span);
    for column in &collect.columns {
        let text = || String::from_utf8_lossy(column.span.of(planning.text)).into_owned();
        let own = has_column(planning.context, table, &column.column.value);
        let named = |name: &str| column.table.as_ref().is_none_or(|table| table.is(name));
        let of_table = own != Some(false) && named(&insert.table.name.value);
        let mut binder = Binder::new(analysis, &planning.parsed.statement);
        let node = binder.column(column, &bound.scope);
        // Tables whose columns aren't known may have it too.
        let of_query = node.is_some() || bound.scope.entries.iter().any(|entry| named(&entry.name) && may_have(entry));
        match (of_table, of_query) {
            // MySQL says what it has against it, if it has.
            (_, false) => {}
            (true, true) if own == Some(true) && node.is_some() => {
                let message = format!("Column '{}' in field list is ambiguous", text());
                return Err(SqlError::new(Code::AmbiguousColumn, message));
            }
            (true, true) => {
                return Err(unsupported(format!(
                    "{} in ON DUPLICATE KEY UPDATE of rows that move between shards: it isn't certain which table it is of; \
                     qualify it",
                    text()
                )));
            }
            (false, true) => {
                let is_float =
                    node.and_then(|node| analysis.info(node)).is_some_and(|info| info.data_type == DataType::Float);
                let read = if is_float { format!("CAST({} AS DOUBLE)", text()) } else { text() };
                let known = found.iter().find(|known| known.read == read).map(|known| known.at);
                let next = found.iter().map(|known| known.at).max().map_or(count, |last| last + 1);
                let at = known.unwrap_or(next);
                found.push(SourceColumn { span: column.span, at, read });
            }
        }
    }
    Ok(found)
}

/// Whether a table of the query may have columns that aren't known.
fn may_have(entry: &Entry) -> bool {
    match &entry.source {
        EntrySource::Instance(_) => false,
        EntrySource::Query(_) | EntrySource::Opaque => true,
    }
}

/// Read more columns behind those of the query.
fn add_columns(query: &Query, columns: &[SourceColumn], edits: &mut Edits) -> Result<(), SqlError> {
    if columns.is_empty() {
        return Ok(());
    }
    let refused = |what: &str| {
        Err(unsupported(format!(
            "a column of the query in ON DUPLICATE KEY UPDATE, where the query {what}, of rows that \
                                 move between shards; use a derived table with the column in its select list"
        )))
    };
    let mut body = &query.body;
    while let ast::QueryBody::Parenthesised(inside) = body {
        body = &inside.query.body;
    }
    let ast::QueryBody::Select(select) = body else { return refused("isn't a single SELECT") };
    if select.options.distinct {
        return refused("has DISTINCT");
    }
    if select.group_by.is_some() || super::shape::Shape::of(select).aggregates {
        // Groups have no such columns, says MySQL.
        let name = columns.first().map_or("", |column| &*column.read);
        return Err(SqlError::new(Code::UnknownColumn, format!("Unknown column '{name}' in 'field list'")));
    }
    let Some(last) = select.items.last() else { return Err(super::internal("a SELECT without items")) };
    let mut added: Vec<(u32, &str)> = columns.iter().map(|column| (column.at, &*column.read)).collect();
    added.sort_unstable();
    added.dedup();
    let list: String = added.iter().map(|(_, read)| format!(", {read}")).collect();
    edits.insert(last.full_span.end, list);
    Ok(())
}
