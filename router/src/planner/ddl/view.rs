//! The query in CREATE VIEW and ALTER VIEW: which tables it names, and how a shard must read them.

use crate::catalog::is_system_database;
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::planner::Context;
use crate::planner::analysis::Analysis;
use crate::planner::bind::Binder;
use crate::planner::cursor::Cursor;
use crate::planner::edit::Edits;
use crate::planner::names::{Resolved, ResolvedKind};
use crate::planner::statement::Planning;
use crate::sql;
use crate::sql::ast::Statement;
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// Look at the query behind the view's name, where the cursor is. What isn't understood is left to the server, which has
/// the last word about its own syntax.
///
/// # Errors
/// When no shard could answer the query from its own rows, or those of the others.
pub(super) fn query(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
    keyspace: &Arc<str>,
    edits: &mut Edits,
) -> Result<(), SqlError> {
    let Some(start) = start(cursor) else { return Ok(()) };
    let rest = cursor.before_comments_end();
    let text = rest.get(..end(cursor).min(rest.len())).unwrap_or(rest);
    let Ok(parsed) = sql::parser::parse_statement(text, start, &context.parse_options()) else { return Ok(()) };
    let Statement::Query(query) = &parsed.statement else { return Ok(()) };
    let sharded = context.catalog.is_sharded(keyspace);
    let mut planning = Planning::new(text, fingerprint, context, &parsed)?;
    // A view's functions are computed when it is read.
    planning.edits = Edits::default();
    if sharded && (!planning.functions.effects.session_values.is_empty() || planning.functions.user_locks) {
        return Err(unsupported(
            "a view of a sharded keyspace with a function whose value only the session knows, such as CONNECTION_ID() or \
             USER()",
        ));
    }
    let mut analysis = Analysis::new(context, fingerprint);
    match Binder::new(&mut analysis, &parsed.statement).query_statement(query) {
        Ok(_) => {}
        // The server says what is wrong.
        Err(error) if matches!(error.code, Code::UnknownTable | Code::NoDatabase) => return Ok(()),
        Err(error) => return Err(error),
    }
    let temporary = |table: &Resolved| context.catalog.temporary(&table.keyspace, &table.table).is_some();
    if let Some(found) = analysis.occurrences.iter().find(|occurrence| temporary(&occurrence.table)) {
        let message = format!("View's SELECT refers to a temporary table '{}'", found.table.table);
        return Err(SqlError::new(Code::ViewOfTemporary, message));
    }
    if sharded && analysis.occurrences.iter().any(|occurrence| matches!(occurrence.table.kind, ResolvedKind::System)) {
        return Err(unsupported("a view of a sharded keyspace over MySQL's own tables"));
    }
    let routing = analysis.routing();
    let elsewhere = |analysis: &Analysis<'_>| {
        let group = context.catalog.server_group(keyspace);
        let mut names = analysis.occurrences.iter().map(|occurrence| &occurrence.table.keyspace);
        let other = |name: &&Arc<str>| {
            !name.is_empty()
                && !is_system_database(name)
                && *name != keyspace
                && (group.is_none() || context.catalog.server_group(name) != group)
        };
        names.find(other).cloned()
    };
    let foreign = match routing {
        Ok(_) => elsewhere(&analysis),
        Err(error) if error.code == Code::CrossKeyspace => match elsewhere(&analysis) {
            Some(found) => Some(found),
            None => return Err(error),
        },
        Err(error) => return Err(error),
    };
    if let Some(found) = foreign {
        let message = format!(
            "unsupported: a view in `{keyspace}` over tables of `{found}`, which are on other servers; make the view where \
             all its tables are, or make the small ones reference tables of that keyspace"
        );
        return Err(SqlError::new(Code::CrossKeyspace, message));
    }
    planning.qualify(&analysis, keyspace);
    edits.append(planning.edits);
    Ok(())
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: {what}"))
}

/// Where the query begins: behind the columns' names and AS.
fn start(cursor: &mut Cursor<'_>) -> Option<usize> {
    if cursor.eat_token(TokenKind::LeftParen) {
        while !cursor.at_end() && !cursor.eat_token(TokenKind::RightParen) {
            cursor.next();
        }
    }
    cursor.eat("AS").then_some(cursor.token.span.start as usize)
}

/// Where the query ends: before WITH CHECK OPTION, if that is there.
fn end(cursor: &mut Cursor<'_>) -> usize {
    let mark = cursor.mark();
    // Where the last WITH begins, and what follows it.
    let mut with: Option<(usize, Vec<String>)> = None;
    while !cursor.at_end() {
        if cursor.at("WITH") {
            with = Some((cursor.token.span.start as usize, Vec::new()));
        } else if let Some((_, words)) = &mut with {
            words.push(cursor.word());
        }
        cursor.next();
    }
    let end = cursor.token.span.start as usize;
    cursor.back(mark);
    let words = |words: &[String]| words.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    match with {
        Some((start, found))
            if matches!(&*words(&found), "CHECK OPTION" | "CASCADED CHECK OPTION" | "LOCAL CHECK OPTION") =>
        {
            start
        }
        _ => end,
    }
}
