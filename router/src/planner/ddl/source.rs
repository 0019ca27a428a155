//! What CREATE TABLE takes a table from: LIKE another table, or the rows of a query.

use super::Definition;
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::plan::{CreateFrom, DefiningQuery, DefinitionSource, Gather, Piece, TableUse};
use crate::planner::Context;
use crate::planner::analysis::Analysis;
use crate::planner::bind::Binder;
use crate::planner::cursor::{Cursor, Name};
use crate::planner::edit::Edits;
use crate::planner::names::ResolvedKind;
use crate::planner::route::RoutingKind;
use crate::planner::statement::Planning;
use crate::planner::{gather, stored_functions};
use crate::sql;
use crate::sql::ast::{Span, Statement};
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// What stands behind the table's name, where the cursor is.
///
/// `None`: a server makes the table by itself.
///
/// # Errors
/// When nobody can make the table.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
    definition: &Definition,
    keyspace: &Arc<str>,
    tables: &mut Vec<TableUse>,
    edits: &mut Edits,
) -> Result<Option<CreateFrom>, SqlError> {
    let Some(table) = tables.first().map(|table| Arc::clone(&table.table)) else { return Ok(None) };
    let (temporary, if_not_exists) = (definition.temporary, definition.if_not_exists);
    let made = |source| CreateFrom {
        keyspace: Arc::clone(keyspace),
        table: Arc::clone(&table),
        temporary,
        if_not_exists,
        source,
    };
    if let Some((schema, name)) = like(cursor) {
        let from = schema.as_ref().map(|schema| &*schema.value).or(context.database).unwrap_or(keyspace);
        let group = context.catalog.server_group(keyspace);
        let elsewhere = *from != **keyspace && (group.is_none() || context.catalog.server_group(from) != group);
        // A temporary table is on one of the shards that get the new one.
        let hidden = !temporary && context.catalog.temporary(from, &name.value).is_some();
        if elsewhere && context.catalog.database(from).is_none() {
            return Err(crate::planner::names::unknown_database(from));
        }
        if let Some(schema) = schema.as_ref().filter(|schema| context.catalog.is_renamed(&schema.value)) {
            edits.replace(schema.span, vec![Piece::Database(Arc::from(&*schema.value))]);
        }
        if schema.is_none() && *from != **keyspace {
            edits.replace(Span::at(name.span.start), vec![Piece::Database(Arc::from(from)), Piece::Sql(".".into())]);
        }
        let (keyspace, table): (Arc<str>, Arc<str>) = (Arc::from(from), Arc::from(&*name.value));
        tables.push(TableUse { keyspace: Arc::clone(&keyspace), table: Arc::clone(&table), written: false });
        let source = DefinitionSource::Table { keyspace, table };
        return Ok((elsewhere || hidden).then(|| made(source)));
    }
    let Some(found) = query(cursor) else { return Ok(None) };
    let sharded = context.catalog.is_sharded(keyspace);
    let known = context.catalog.vschema.table(keyspace, &table);
    if sharded
        && !temporary
        && known.is_none_or(|known| known.primary_vindex().is_none() && !known.is_reference() && known.pinned.is_none())
    {
        let message = format!(
            "unsupported: CREATE TABLE ... SELECT of `{table}`, which has no entry in the vschema of the sharded keyspace \
             `{keyspace}`; give it `column_vindexes` there, or `type: reference`, and run the statement again"
        );
        return Err(SqlError::new(Code::Unsupported, message));
    }
    let source = defining(cursor.text, fingerprint, context, (keyspace, temporary), &found, tables, edits)?;
    Ok(source.map(|query| made(DefinitionSource::Query(Box::new(query)))))
}

/// The table of `LIKE t` or `(LIKE t)`.
fn like(cursor: &mut Cursor<'_>) -> Option<(Option<Name>, Name)> {
    let mark = cursor.mark();
    cursor.eat_token(TokenKind::LeftParen);
    let found = if cursor.eat("LIKE") { cursor.qualified_name().ok() } else { None };
    cursor.back(mark);
    found
}

/// A query behind a definition.
struct Found {
    /// Where it begins.
    start: u32,
    /// Where the statement ends.
    end: u32,
    /// Where the table's name ends.
    name_end: u32,
    verb: &'static str,
}

/// The query that follows, if one does: it begins outside of the definition's parentheses.
fn query(cursor: &mut Cursor<'_>) -> Option<Found> {
    const FIRST: [&str; 4] = ["SELECT", "TABLE", "VALUES", "WITH"];
    let mark = cursor.mark();
    let name_end = cursor.before;
    let mut depth = 0u32;
    let mut verb = "INSERT INTO";
    let mut start = None;
    while !cursor.at_end() {
        let begins = |cursor: &Cursor<'_>| FIRST.iter().any(|word| cursor.at(word));
        match cursor.token.kind {
            TokenKind::LeftParen if start.is_none() && depth == 0 => {
                let at = cursor.token.span.start;
                let here = cursor.mark();
                while cursor.eat_token(TokenKind::LeftParen) {}
                let found = begins(cursor);
                cursor.back(here);
                if found {
                    start = Some(at);
                }
                depth += 1;
            }
            TokenKind::LeftParen => depth += 1,
            TokenKind::RightParen => depth = depth.saturating_sub(1),
            TokenKind::Keyword(_) if start.is_none() && depth == 0 => {
                if begins(cursor) {
                    start = Some(cursor.token.span.start);
                } else if cursor.at("IGNORE") {
                    verb = "INSERT IGNORE INTO";
                } else if cursor.at("REPLACE") {
                    verb = "REPLACE INTO";
                }
            }
            _ => {}
        }
        cursor.next();
    }
    let end = cursor.before;
    cursor.back(mark);
    start.map(|start| Found { start, end, name_end, verb })
}

/// How the query's columns and rows become a table's. `None`: the server of the new table has all tables of the query.
fn defining(
    text: &[u8],
    fingerprint: &Fingerprint,
    context: &Context<'_>,
    (keyspace, temporary): (&Arc<str>, bool),
    found: &Found,
    tables: &mut Vec<TableUse>,
    edits: &mut Edits,
) -> Result<Option<DefiningQuery>, SqlError> {
    let parsed = match sql::parser::parse_statement(text, found.start as usize, &context.parse_options()) {
        Ok(parsed) => parsed,
        // One server reads what isn't understood.
        Err(_) if !context.catalog.is_sharded(keyspace) => return Ok(None),
        Err(error) => return Err(crate::planner::syntax(&String::from_utf8_lossy(error.near(text)), error.line(text))),
    };
    let Statement::Query(query) = &parsed.statement else { return Ok(None) };
    stored_functions::check(context, &parsed.statement)?;
    let mut planning = Planning::new(text, fingerprint, context, &parsed)?;
    // What functions say is as the server types it.
    planning.edits = Edits::default();
    let mut analysis = Analysis::new(context, fingerprint);
    Binder::new(&mut analysis, &parsed.statement).query_statement(query)?;
    let group = context.catalog.server_group(keyspace);
    let is_here =
        |other: &Arc<str>| other == keyspace || (group.is_some() && context.catalog.server_group(other) == group);
    for occurrence in analysis.occurrences.iter().filter(|occurrence| !occurrence.in_view) {
        let table = &occurrence.table;
        if !matches!(table.kind, ResolvedKind::System) {
            let (keyspace, table) = (Arc::clone(&table.keyspace), Arc::clone(&table.table));
            tables.push(TableUse { keyspace, table, written: false });
        }
    }
    if !context.catalog.is_sharded(keyspace)
        && analysis.occurrences.iter().all(|occurrence| {
            matches!(occurrence.table.kind, ResolvedKind::System) || is_here(&occurrence.table.keyspace)
        })
    {
        planning.qualify(&analysis, keyspace);
        edits.append(planning.edits);
        return Ok(None);
    }
    // What any shard can answer is for the one with the new table.
    if temporary
        && planning.functions.effects.session_values.is_empty()
        && analysis.routing().is_ok_and(|routing| matches!(routing.kind, RoutingKind::AnyShard))
    {
        planning.qualify(&analysis, keyspace);
        edits.append(planning.edits);
        return Ok(None);
    }
    if planning.functions.user_locks {
        return Err(unsupported(
            "GET_LOCK() and its kin in CREATE TABLE ... SELECT; call it in a statement of its own",
        ));
    }
    if analysis.views().next().is_some() {
        return Err(unsupported(
            "CREATE TABLE ... SELECT from a view over several shards; create the table, and use INSERT ... SELECT",
        ));
    }
    let span = Span::new(found.start, found.end);
    if !parsed.can_cut(span) {
        return Err(unsupported("CREATE TABLE ... SELECT with the edge of a version comment in it"));
    }
    let gather::Gathered { mut sources, edits: mut define, names, .. } =
        gather::emptied(&planning, &mut analysis, keyspace)?;
    // Nothing is filled.
    sources.iter_mut().for_each(|source| source.filters.clear());
    let columns = define.part(span, fingerprint)?;
    let head = format!("CREATE TEMPORARY TABLE `{}`", CreateFrom::TABLE);
    define.cover(Span::new(0, found.name_end), vec![Piece::Sql(head.into())]);
    let define = Gather {
        keyspace: Arc::clone(keyspace),
        alone: None,
        sources,
        sql: define.whole(text, fingerprint)?,
        names,
        repeats: true,
        reason: "a table is made as one server would make it".into(),
    };
    let rows = Edits::default().part(span, fingerprint)?;
    Ok(Some(DefiningQuery { define, columns, rows, verb: found.verb }))
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: {what}"))
}
