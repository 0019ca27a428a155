//! What CREATE TABLE takes a table from: LIKE another table, or the rows of a query.

use crate::error::{Code, SqlError};
use crate::plan::Piece;
use crate::planner::Context;
use crate::planner::cursor::{Cursor, Name};
use crate::planner::edit::Edits;
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// Look behind the table's name, where the cursor is.
///
/// # Errors
/// When the shards can't make the table by themselves.
pub(super) fn check(
    cursor: &mut Cursor<'_>,
    context: &Context<'_>,
    keyspace: &Arc<str>,
    temporary: bool,
    edits: &mut Edits,
) -> Result<(), SqlError> {
    if let Some((schema, name)) = like(cursor) {
        let elsewhere = schema.as_ref().filter(|schema| *schema.value != **keyspace);
        if let Some(other) = elsewhere {
            let group = context.catalog.server_group(keyspace);
            if group.is_none() || context.catalog.server_group(&other.value) != group {
                return Err(unsupported(&format!(
                    "CREATE TABLE ... LIKE `{}`.`{}`, which is in another keyspace; write the definition that SHOW CREATE \
                     TABLE tells",
                    other.value, name.value
                )));
            }
        }
        if let Some(schema) = schema
            && context.catalog.is_renamed(&schema.value)
        {
            edits.replace(schema.span, vec![Piece::Database(Arc::from(&*schema.value))]);
        }
        return Ok(());
    }
    if !temporary && context.catalog.is_sharded(keyspace) && has_query(cursor) {
        return Err(unsupported(
            "CREATE TABLE ... SELECT in a sharded keyspace, whose rows belong on shards of their own; create the table, and \
             use INSERT ... SELECT",
        ));
    }
    Ok(())
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: {what}"))
}

/// The table of `LIKE t` or `(LIKE t)`.
fn like(cursor: &mut Cursor<'_>) -> Option<(Option<Name>, Name)> {
    let mark = cursor.mark();
    cursor.eat_token(TokenKind::LeftParen);
    let found = if cursor.eat("LIKE") { cursor.qualified_name().ok() } else { None };
    cursor.back(mark);
    found
}

/// Whether a query follows: SELECT anywhere, since no part of a definition can hold one; TABLE, VALUES and WITH outside
/// of the definition's parentheses.
fn has_query(cursor: &mut Cursor<'_>) -> bool {
    let mark = cursor.mark();
    let mut depth = 0u32;
    let mut found = false;
    while !cursor.at_end() && !found {
        match cursor.token.kind {
            TokenKind::LeftParen => depth += 1,
            TokenKind::RightParen => depth = depth.saturating_sub(1),
            TokenKind::Keyword(_) => {
                let outside = depth == 0 && ["TABLE", "VALUES", "WITH"].iter().any(|word| cursor.at(word));
                found = outside || cursor.at("SELECT");
            }
            _ => {}
        }
        cursor.next();
    }
    cursor.back(mark);
    found
}
