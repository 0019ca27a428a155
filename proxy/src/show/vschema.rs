//! SHOW VSCHEMA TABLES, VINDEXES and KEYSPACES, with Vitess's columns.

use super::{ShowContext, ShowResult};
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_vschema::model::{Keyspace, VindexDefinition};

/// The tables that the vschema names in the session's keyspace.
pub(super) fn tables(context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    let name = context.keyspace.ok_or_else(no_keyspace)?;
    let mut result = ShowResult::of_text(&["Tables"]);
    if let Some(keyspace) = context.snapshot.catalog.vschema.keyspace(name) {
        keyspace.tables.keys().for_each(|table| result.push([table.to_string()]));
    }
    Ok(result)
}

/// The vindexes of all keyspaces.
pub(super) fn vindexes(context: &ShowContext<'_>) -> ShowResult {
    let mut result = ShowResult::of_text(&["Keyspace", "Name", "Type", "Params", "Owner"]);
    for keyspace in visible(context) {
        for (name, definition) in &keyspace.vindexes {
            let [kind, params, owner] = details(definition);
            result.push([keyspace.name.to_string(), name.to_string(), kind, params, owner]);
        }
    }
    result
}

/// The vindexes of one table: `table` of the session's keyspace, or `keyspace.table`.
pub(super) fn vindexes_of(table: &str, context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    let unquoted = table.replace('`', "");
    let (keyspace, name) = match unquoted.split_once('.') {
        Some((keyspace, table)) => (keyspace, table),
        None => (context.keyspace.ok_or_else(no_keyspace)?, unquoted.as_str()),
    };
    let keyspace = context.snapshot.catalog.vschema.keyspace(keyspace).filter(|keyspace| context.sees(&keyspace.name));
    let found = keyspace.and_then(|keyspace| Some((keyspace, keyspace.table(name)?)));
    let Some((keyspace, table)) = found else {
        let text = format!("the vschema has no table `{table}`: `SHOW VSCHEMA TABLES` lists those of the keyspace");
        return Err(StatementError::sql(Code::UnknownTable, text));
    };
    let mut result = ShowResult::of_text(&["Columns", "Name", "Type", "Params", "Owner"]);
    for used in &table.column_vindexes {
        let columns = used.columns.join(", ");
        let name = used.vindex.name();
        let kind = used.vindex.vindex_type().to_owned();
        let [kind, params, owner] = keyspace.vindexes.get(name).map_or([kind, String::new(), String::new()], details);
        result.push([columns, name.to_owned(), kind, params, owner]);
    }
    Ok(result)
}

/// The keyspaces.
pub(super) fn keyspaces(context: &ShowContext<'_>) -> ShowResult {
    let mut result = ShowResult::of_text(&["Keyspace", "Sharded", "Foreign Key", "Comment"]);
    for keyspace in visible(context) {
        let foreign_keys = keyspace.foreign_key_mode.as_str().to_owned();
        result.push([keyspace.name.to_string(), keyspace.sharded.to_string(), foreign_keys, String::new()]);
    }
    result
}

fn visible<'a>(context: &'a ShowContext<'_>) -> impl Iterator<Item = &'a Keyspace> {
    let keyspaces = context.snapshot.catalog.vschema.keyspaces();
    keyspaces.map(|keyspace| &**keyspace).filter(|keyspace| context.sees(&keyspace.name))
}

fn details(definition: &VindexDefinition) -> [String; 3] {
    let params: Vec<String> = definition.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let owner = definition.owner.as_deref().unwrap_or_default().to_owned();
    [definition.vindex.vindex_type().to_owned(), params.join("; "), owner]
}

fn no_keyspace() -> StatementError {
    StatementError::sql(Code::NoDatabase, "No database selected: choose the keyspace with USE")
}
