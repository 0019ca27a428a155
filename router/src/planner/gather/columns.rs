//! Which columns of a table are gathered, and how their values travel.

use crate::plan::{GatherColumn, Transfer};
use crate::planner::cursor::Cursor;
use crate::planner::statement::Planning;
use crate::schema::{Column, ColumnDefault, DataType, Table};
use crate::sql::token::TokenKind;
use std::collections::HashSet;
use std::sync::Arc;

/// Every name in the statement, in lower case: a column that isn't among them plays no part, unless `*` does.
pub(super) fn named(planning: &Planning<'_>) -> HashSet<String> {
    let options = planning.context.parse_options();
    let mut cursor = Cursor::new(planning.text, planning.context, &options);
    let mut names = HashSet::new();
    while !matches!(cursor.token.kind, TokenKind::End) {
        match cursor.token.kind {
            TokenKind::Ident | TokenKind::QuotedIdent | TokenKind::Keyword(_) => match cursor.name() {
                Ok(name) => {
                    names.insert(name.value.to_lowercase());
                }
                Err(_) => {
                    cursor.next();
                }
            },
            _ => {
                cursor.next();
            }
        }
    }
    names
}

/// The columns to gather of a table of which the statement names `named`, or all.
pub(super) fn of(table: &Table, named: &HashSet<String>, all: bool) -> Vec<GatherColumn> {
    let is_named = |column: &Column| named.contains(&column.name.to_lowercase());
    let in_unique_key =
        |column: &Column| table.unique_keys.iter().any(|key| key.columns.iter().any(|name| column_is(column, name)));
    // What a generated column is made of isn't known here.
    let needs_base = table.columns.iter().any(|column| column.generated && (is_named(column) || in_unique_key(column)));
    let all = all || needs_base;
    let mut stored = table.columns.iter().filter(|column| !column.generated).peekable();
    let first = stored.peek().map(|column| Arc::clone(&column.name));
    let mut chosen: Vec<GatherColumn> = stored
        .filter(|column| all || is_named(column) || in_unique_key(column) || has_no_filler(column))
        .map(gathered)
        .collect();
    // Rows count even where no column is named.
    if chosen.is_empty() {
        chosen.extend(table.columns.iter().filter(|column| Some(&column.name) == first.as_ref()).map(gathered));
    }
    chosen
}

fn column_is(column: &Column, name: &str) -> bool {
    crate::sql::ast::eq_ignore_case(&column.name, name)
}

/// Whether a row can't be stored without a value for this column, or only with one that is computed.
fn has_no_filler(column: &Column) -> bool {
    let computed = matches!(column.default, ColumnDefault::Expression(_))
        && !matches!(column.data_type, DataType::DateTime | DataType::Timestamp);
    computed
        || (!column.nullable && matches!(column.data_type, DataType::Geometry | DataType::Vector | DataType::Other))
}

fn gathered(column: &Column) -> GatherColumn {
    GatherColumn { name: Arc::clone(&column.name), transfer: Transfer::of(column.data_type) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::UniqueKey;

    fn table() -> Table {
        let mut sum = Column::new("sum", DataType::Int);
        sum.generated = true;
        let mut place = Column::new("place", DataType::Geometry);
        place.nullable = false;
        Table {
            name: Arc::from("t"),
            columns: vec![
                Column::new("note", DataType::Text),
                Column::new("id", DataType::Int),
                Column::new("rate", DataType::Float),
                place,
                sum,
            ],
            unique_keys: vec![UniqueKey { name: Arc::from("PRIMARY"), primary: true, columns: vec![Arc::from("ID")] }],
            ..Table::default()
        }
    }

    fn names(named: &[&str], all: bool) -> Vec<String> {
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        of(&table(), &named, all).iter().map(|column| column.name.to_string()).collect()
    }

    #[test]
    fn only_what_is_named_and_what_keys_and_storing_need_is_gathered() {
        assert_eq!(names(&["rate"], false), ["id", "rate", "place"]);
        assert_eq!(names(&[], true), ["note", "id", "rate", "place"]);
        assert_eq!(names(&["sum"], false), ["note", "id", "rate", "place"]);
    }

    #[test]
    fn rows_of_a_table_of_which_nothing_is_named_count() {
        let table = Table { columns: vec![Column::new("note", DataType::Text)], ..Table::default() };
        assert_eq!(of(&table, &HashSet::new(), false).len(), 1);
    }
}
