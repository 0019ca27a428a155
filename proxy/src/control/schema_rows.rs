//! What `information_schema` says about the tables of one database, as the router's schema.

use super::connect::{literal, number, text};
use mysql_async::Row;
use shardgate_router::schema::{Column, ColumnDefault, DataType, KeyspaceSchema, Table, TableKind, UniqueKey, View};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The tables: name, type.
pub(super) fn tables_query(database: &str) -> String {
    format!("SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = {}", literal(database))
}

/// The columns of all tables, in order.
pub(super) fn columns_query(database: &str) -> String {
    format!(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_SCALE, \
         DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, \
         GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} ORDER BY TABLE_NAME, ORDINAL_POSITION",
        literal(database)
    )
}

/// The views: name, definition.
pub(super) fn views_query(database: &str) -> String {
    format!(
        "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {}",
        literal(database)
    )
}

/// The stored functions: name, body.
pub(super) fn functions_query(database: &str) -> String {
    format!(
        "SELECT ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {} AND \
         ROUTINE_TYPE = 'FUNCTION'",
        literal(database)
    )
}

/// The columns of all unique keys, in order.
pub(super) fn unique_keys_query(database: &str) -> String {
    format!(
        "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = {} AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        literal(database)
    )
}

/// Numbers that change with any change of columns, unique keys, views or functions: four rows, each a count and a hash. (SHA2, because
/// MySQL 9.6 and newer have no MD5, and CRC32 joined by XOR misses equal changes of two tables.)
pub(super) fn checksum_query(database: &str) -> String {
    let database = literal(database);
    format!(
        "SELECT COUNT(*), COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('/', TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, \
         COLUMN_TYPE, COALESCE(COLLATION_NAME, ''), IS_NULLABLE, COALESCE(COLUMN_DEFAULT, 'NULL'), EXTRA), 224), 16), 16, 10) \
         AS UNSIGNED)), 0) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {database} \
         UNION ALL \
         SELECT COUNT(*), COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('/', TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, \
         COALESCE(COLUMN_NAME, '')), 224), 16), 16, 10) AS UNSIGNED)), 0) FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = {database} AND NON_UNIQUE = 0 \
         UNION ALL \
         SELECT COUNT(*), COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('/', TABLE_NAME, \
         REPLACE(VIEW_DEFINITION, CONCAT('`', TABLE_SCHEMA, '`.'), '')), 224), 16), 16, 10) AS UNSIGNED)), 0) \
         FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {database} \
         UNION ALL \
         SELECT COUNT(*), COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('/', ROUTINE_NAME, ROUTINE_DEFINITION), 224), 16), \
         16, 10) AS UNSIGNED)), 0) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {database} AND ROUTINE_TYPE = \
         'FUNCTION'"
    )
}

/// What [`checksum_query`] answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checksum {
    columns: (u64, u64),
    unique_keys: (u64, u64),
    views: (u64, u64),
    functions: (u64, u64),
}

impl Checksum {
    /// From the query's four rows.
    pub(super) fn from_rows(rows: &[Row]) -> Option<Self> {
        let pair = |row: &Row| Some((number(row, 0)?, number(row, 1)?));
        match rows {
            [columns, unique_keys, views, functions] => Some(Checksum {
                columns: pair(columns)?,
                unique_keys: pair(unique_keys)?,
                views: pair(views)?,
                functions: pair(functions)?,
            }),
            _ => None,
        }
    }
}

/// The views and stored functions of a database.
#[derive(Clone, Copy)]
pub(super) struct Views<'v> {
    /// The database's name on the server.
    pub(super) database: &'v str,
    /// The rows of [`views_query`].
    pub(super) rows: &'v [Row],
    /// The rows of [`functions_query`].
    pub(super) functions: &'v [Row],
}

/// The schema of one database from the rows of the queries above.
pub(super) fn keyspace_schema(
    case_sensitive: bool,
    mariadb: bool,
    tables: &[Row],
    columns: &[Row],
    unique_keys: &[Row],
    views: Views<'_>,
) -> KeyspaceSchema {
    let mut names = Names::default();
    let mut found: HashMap<String, Table> = HashMap::with_capacity(tables.len());
    for row in tables {
        let Some(name) = text(row, 0) else { continue };
        let kind =
            if text(row, 1).is_some_and(|kind| kind.contains("VIEW")) { TableKind::View } else { TableKind::Base };
        let table = Table { name: names.shared(&name), kind, ..Table::default() };
        found.insert(name, table);
    }
    for row in columns {
        // A table that was made between the queries is read next time.
        let Some(table) = text(row, 0).and_then(|name| found.get_mut(&name)) else { continue };
        table.columns.extend(column(row, mariadb, &mut names));
    }
    for row in unique_keys {
        let Some(table) = text(row, 0).and_then(|name| found.get_mut(&name)) else { continue };
        let Some(index) = text(row, 1) else { continue };
        // No column: a functional key part, which marks the whole key (see below).
        let column = names.shared(&text(row, 2).unwrap_or_default());
        match table.unique_keys.last_mut() {
            Some(key) if *key.name == *index => key.columns.push(column),
            _ => {
                let primary = index == "PRIMARY";
                table.unique_keys.push(UniqueKey { name: names.shared(&index), primary, columns: vec![column] });
            }
        }
    }
    let body = |row: &Row| Some((text(row, 0)?, text(row, 1).filter(|body| !body.is_empty())));
    let functions: Vec<_> = views.functions.iter().filter_map(body).collect();
    let database: Arc<str> = Arc::from(views.database);
    for row in views.rows {
        let Some(table) = text(row, 0).and_then(|name| found.get_mut(&name)) else { continue };
        let definition = text(row, 1).filter(|definition| !definition.is_empty());
        table.view = definition.map(|text| View { definition: Arc::from(text), database: Arc::clone(&database) });
    }
    let mut schema = KeyspaceSchema { case_sensitive, ..KeyspaceSchema::default() };
    schema.insert_functions(&functions);
    for mut table in found.into_values().filter(|table| !table.columns.is_empty()) {
        table.unique_keys.retain(|key| key.columns.iter().all(|column| !column.is_empty()));
        table.unique_keys.sort_by_key(|key| !key.primary);
        schema.insert(table);
    }
    schema
}

fn column(row: &Row, mariadb: bool, names: &mut Names) -> Option<Column> {
    let data_type = DataType::of(&text(row, 2)?);
    let column_type = text(row, 3).unwrap_or_default().to_ascii_lowercase();
    let extra = text(row, 11).unwrap_or_default().to_ascii_uppercase();
    let generated = extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED");
    let scale = match data_type {
        DataType::Time | DataType::DateTime | DataType::Timestamp => number(row, 6),
        DataType::Decimal | DataType::Float | DataType::Double => number(row, 5),
        _ => None,
    };
    let default = match text(row, 10) {
        _ if generated => ColumnDefault::None,
        None => ColumnDefault::None,
        Some(value) if mariadb => mariadb_default(&value, data_type),
        Some(value) if is_expression(&value, &extra, data_type) => ColumnDefault::Expression(Arc::from(value)),
        Some(value) => ColumnDefault::Constant(Arc::from(value)),
    };
    Some(Column {
        name: names.shared(&text(row, 1)?),
        data_type,
        unsigned: column_type.contains("unsigned"),
        length: number(row, 4),
        scale,
        charset: text(row, 7).map(|charset| names.shared(&charset)),
        collation: text(row, 8).map(|collation| names.shared(&collation)),
        nullable: text(row, 9).is_some_and(|nullable| nullable == "YES"),
        default,
        generated,
        expression: generated.then(|| text(row, 12)).flatten().filter(|text| !text.is_empty()).map(Arc::from),
        auto_increment: extra.contains("AUTO_INCREMENT"),
        invisible: extra.contains("INVISIBLE"),
    })
}

/// MySQL marks expressions in `EXTRA`, since 8.0 also `CURRENT_TIMESTAMP`; 5.7 leaves that one to be seen.
fn is_expression(value: &str, extra: &str, data_type: DataType) -> bool {
    extra.contains("DEFAULT_GENERATED")
        || (matches!(data_type, DataType::DateTime | DataType::Timestamp)
            && value.to_ascii_uppercase().starts_with("CURRENT_TIMESTAMP"))
}

/// MariaDB writes every default as SQL: constants of text in quotes, and `NULL`.
fn mariadb_default(value: &str, data_type: DataType) -> ColumnDefault {
    if value == "NULL" {
        return ColumnDefault::None;
    }
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return ColumnDefault::Constant(Arc::from(inner.replace("''", "'")));
    }
    let is_number = value.parse::<f64>().is_ok() && !data_type.is_text();
    if is_number { ColumnDefault::Constant(Arc::from(value)) } else { ColumnDefault::Expression(Arc::from(value)) }
}

/// One copy of each name: a column is called `id` in most tables.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(name);
        self.0.insert(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mariadbs_defaults_are_read_as_values() {
        let default = |text| mariadb_default(text, DataType::VarChar);
        assert_eq!(default("NULL"), ColumnDefault::None);
        assert_eq!(default("'it''s'"), ColumnDefault::Constant(Arc::from("it's")));
        assert_eq!(default("uuid()"), ColumnDefault::Expression(Arc::from("uuid()")));
        assert_eq!(mariadb_default("5", DataType::Int), ColumnDefault::Constant(Arc::from("5")));
    }

    #[test]
    fn current_timestamp_is_an_expression_on_any_server() {
        assert!(is_expression("CURRENT_TIMESTAMP(6)", "", DataType::DateTime));
        assert!(!is_expression("CURRENT_TIMESTAMP", "", DataType::VarChar));
        assert!(is_expression("uuid()", "DEFAULT_GENERATED", DataType::VarChar));
    }
}
