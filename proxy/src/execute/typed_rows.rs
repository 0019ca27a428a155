//! JSON documents among the rows of a query that are stored again: their types are asked for by the same query once more.

use super::found;
use super::rows::Row;
use super::scatter::Whole;
use super::typed_json;
use crate::error::StatementError;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_wire::ColumnType;
use std::collections::HashMap;

/// What the query is called in the one that asks for types.
const QUERY: &str = "`_shardgate_rows`";

/// Find out what the text of the documents in these columns of a query's result doesn't tell. Only a query with documents
/// in which there is something to ask for runs again.
pub(super) async fn complete(
    session: &mut Session,
    statement: &Statement<'_>,
    query: &[u8],
    found: &mut Whole,
    columns: impl Iterator<Item = u32>,
) -> Result<(), StatementError> {
    let asks = |row: &Row, at: u32| row.field(at).is_some_and(typed_json::may_be_typed);
    let is_document = |at: u32| {
        found.columns.get(at as usize).is_some_and(|column| column.column_type == ColumnType::Json)
            && found.rows.iter().any(|row| asks(row, at))
    };
    let mut documents: Vec<u32> = columns.filter(|at| is_document(*at)).collect();
    documents.sort_unstable();
    documents.dedup();
    if documents.is_empty() {
        return Ok(());
    }
    if !statement.plan.effects.writes_variables.is_empty() {
        let message = "unsupported: JSON documents of a query that assigns user variables, in a write of rows of several \
             shards: the query would run twice";
        return Err(StatementError::sql(Code::Unsupported, message));
    }
    let width = found.columns.len() as u32;
    let typed = found::rows(session, &with_types(query, width, &documents)).await?;
    let mut known: HashMap<Vec<Option<&[u8]>>, &Row> = HashMap::new();
    for row in &typed.rows {
        let before = known.insert(values(row, width), row);
        let types = width..width + documents.len() as u32;
        if before.is_some_and(|before| types.clone().any(|at| before.field(at) != row.field(at))) {
            return Err(changed("two of its rows differ in nothing but the types in their JSON documents"));
        }
    }
    let mut expressions = HashMap::new();
    for (number, row) in found.rows.iter().enumerate() {
        let Some(typed) = known.get(&values(row, width)) else {
            return Err(changed("it doesn't give the same rows each time"));
        };
        for (types, at) in (width..).zip(&documents) {
            let (Some(text), Some(types)) = (row.field(*at), typed.field(types)) else { continue };
            let name = found.columns.get(*at as usize).map(|column| String::from_utf8_lossy(&column.name).into_owned());
            let expression = typed_json::literal(text, types)
                .map_err(|problem| problem.of(&format!("`{}`", name.unwrap_or_default())))?;
            expressions.insert((number, *at), expression);
        }
    }
    found.documents = expressions;
    Ok(())
}

/// The query with the types of its documents behind its columns.
fn with_types(query: &[u8], width: u32, documents: &[u32]) -> Vec<u8> {
    let mut text = format!("SELECT {QUERY}.*").into_bytes();
    for at in documents {
        text.extend_from_slice(format!(", {}", typed_json::types_of(&format!("{QUERY}.`c{at}`"))).as_bytes());
    }
    text.extend_from_slice(b" FROM (");
    text.extend_from_slice(query);
    let names: Vec<String> = (0..width).map(|at| format!("`c{at}`")).collect();
    text.extend_from_slice(format!(") AS {QUERY} ({})", names.join(", ")).as_bytes());
    text
}

fn values(row: &Row, width: u32) -> Vec<Option<&[u8]>> {
    (0..width).map(|at| row.field(at)).collect()
}

fn changed(reason: &str) -> StatementError {
    let message = format!(
        "unsupported: JSON documents of a query's rows that go to other shards, where {reason}; read the rows first, and \
         insert them with VALUES"
    );
    StatementError::sql(Code::Unsupported, message)
}
