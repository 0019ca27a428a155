//! Foreign keys of a data definition in a sharded keyspace: MySQL looks after them within a shard, so both sides of a
//! key must be on the same one.

use super::Context;
use super::cursor::{Cursor, Name};
use super::names::{self, Resolved, ResolvedKind};
use crate::error::{Code, SqlError};
use crate::sql::ast::eq_ignore_case;
use crate::sql::options::ParseOptions;
use crate::sql::token::TokenKind;
use shardgate_vschema::model::ForeignKeyMode;

/// A key as it is written.
struct ForeignKey {
    /// The columns that refer; none where REFERENCES stands behind a column.
    columns: Vec<Name>,
    /// The table that they refer to.
    parent: (Option<Name>, Name),
    /// Its columns.
    parent_columns: Vec<Name>,
}

/// Refuse keys that cross shards, or all where the vschema says so.
pub(super) fn check(
    text: &[u8],
    context: &Context<'_>,
    options: &ParseOptions,
    keyspace: &str,
    table: &str,
) -> Result<(), SqlError> {
    let keys = keys(text, context, options)?;
    let Some(key) = keys.first() else { return Ok(()) };
    let unsupported = |reason: String| SqlError::new(Code::Unsupported, format!("unsupported: {reason}"));
    if context.catalog.vschema.keyspace(keyspace).map(|found| found.foreign_key_mode) == Some(ForeignKeyMode::Disallow)
    {
        return Err(unsupported(format!(
            "a foreign key to `{}`: foreign_key_mode of the keyspace `{keyspace}` is disallow",
            key.parent.1.value
        )));
    }
    // A table that the vschema doesn't know yet has no place that a key could cross.
    let Ok(child) = names::in_database(context, keyspace, table) else { return Ok(()) };
    for key in &keys {
        let (schema, name) = &key.parent;
        let parent = match schema {
            Some(schema) if *schema.value != *keyspace => None,
            _ => names::in_database(context, keyspace, &name.value).ok(),
        };
        let meets = match &parent {
            // MySQL says itself that there is no such table.
            None => schema.as_ref().is_none_or(|schema| *schema.value == *keyspace),
            Some(parent) => meets(&child, parent, key),
        };
        if !meets {
            return Err(unsupported(format!(
                "a foreign key of `{table}` to `{}` whose rows may be on different shards: both tables need the same primary \
                 vindex, and the key its columns, written as FOREIGN KEY (...) REFERENCES; or make `{}` a reference table",
                name.value, name.value
            )));
        }
    }
    Ok(())
}

/// Whether the rows that a key ties together are on one shard.
fn meets(child: &Resolved, parent: &Resolved, key: &ForeignKey) -> bool {
    if matches!(parent.kind, ResolvedKind::Reference(_)) {
        return true;
    }
    if let (ResolvedKind::Pinned(child), ResolvedKind::Pinned(parent)) = (&child.kind, &parent.kind) {
        return child.pinned == parent.pinned;
    }
    let (Some(own), Some(other)) = (child.primary_vindex(), parent.primary_vindex()) else { return false };
    let ties = |column: &str, parent_column: &str| {
        key.columns
            .iter()
            .zip(&key.parent_columns)
            .any(|(from, to)| eq_ignore_case(&from.value, column) && eq_ignore_case(&to.value, parent_column))
    };
    own.vindex.name() == other.vindex.name()
        && own.columns.len() == other.columns.len()
        && own.columns.iter().zip(&other.columns).all(|(column, parent_column)| ties(column, parent_column))
}

fn keys(text: &[u8], context: &Context<'_>, options: &ParseOptions) -> Result<Vec<ForeignKey>, SqlError> {
    let mut cursor = Cursor::new(text, context, options);
    let mut keys = Vec::new();
    while !cursor.at_end() {
        let columns = if cursor.eat_all(&["FOREIGN", "KEY"]) {
            if cursor.token.kind != TokenKind::LeftParen {
                cursor.name()?;
            }
            let columns = list(&mut cursor)?;
            if !cursor.at("REFERENCES") {
                continue;
            }
            columns
        } else if cursor.at("REFERENCES") {
            Vec::new()
        } else {
            cursor.next();
            continue;
        };
        cursor.next();
        let parent = cursor.qualified_name()?;
        let parent_columns = list(&mut cursor)?;
        keys.push(ForeignKey { columns, parent, parent_columns });
    }
    Ok(keys)
}

/// Names in parentheses; none if there are none.
fn list(cursor: &mut Cursor<'_>) -> Result<Vec<Name>, SqlError> {
    let mut names = Vec::new();
    if !cursor.eat_token(TokenKind::LeftParen) {
        return Ok(names);
    }
    loop {
        names.push(cursor.name()?);
        if !cursor.eat_token(TokenKind::Comma) {
            break;
        }
    }
    if !cursor.eat_token(TokenKind::RightParen) {
        return Err(cursor.unexpected());
    }
    Ok(names)
}
