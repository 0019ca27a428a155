//! A live schema from CREATE TABLE statements, for `shardgate explain` and for tests, where no server is asked.

use crate::schema::{Column, ColumnDefault, DataType, Table, TableKind, UniqueKey};
use sqlparser::ast::{ColumnDef, ColumnOption, CreateTable, Expr, IndexColumn, Statement, TableConstraint, Value};
use std::sync::Arc;

/// The collation of columns for which the text names none: MySQL's default.
const DEFAULT_COLLATION: &str = "utf8mb4_0900_ai_ci";

/// A text of which no schema can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema can't be read: {reason}")]
pub struct SchemaSqlError {
    /// What is wrong, with its place.
    reason: String,
}

/// The tables that a text of CREATE TABLE statements makes; other statements are passed over.
///
/// # Errors
/// When the text isn't SQL that can be read.
pub fn tables(sql: &str) -> Result<Vec<Table>, SchemaSqlError> {
    let parser = sqlparser::parser::Parser::new(&sqlparser::dialect::MySqlDialect {}).with_recursion_limit(64);
    let statements = parser
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| SchemaSqlError { reason: error.to_string() })?;
    Ok(statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::CreateTable(create) => Some(table(create)),
            _ => None,
        })
        .collect())
}

fn table(create: &CreateTable) -> Table {
    let name = create.name.0.last().and_then(|part| part.as_ident()).map_or("", |ident| &ident.value);
    // The options behind the columns: `COLLATE = x` and `CHARSET = x`.
    let text = create.to_string();
    let tail = text.rsplit_once(')').map_or("", |(_, tail)| tail).to_lowercase();
    let option = |word: &str| {
        let (_, rest) = tail.split_once(word)?;
        let rest = rest.trim_start_matches([' ', '=']);
        rest.split([' ', ',', ';']).next().map(str::to_owned).filter(|value| !value.is_empty())
    };
    let collation = option("collate").or_else(|| option("charset").map(|charset| default_collation(&charset)));
    let collation = collation.unwrap_or_else(|| DEFAULT_COLLATION.to_owned());
    let mut table = Table { name: Arc::from(name), kind: TableKind::Base, ..Table::default() };
    for definition in &create.columns {
        let (column, key) = column(definition, &collation);
        if let Some(primary) = key {
            add_key(&mut table, primary, &column.name, vec![Arc::clone(&column.name)]);
        }
        table.columns.push(column);
    }
    for constraint in &create.constraints {
        let (primary, name, columns) = match constraint {
            TableConstraint::PrimaryKey(key) => (true, None, &key.columns),
            TableConstraint::Unique(key) => (false, key.index_name.as_ref().or(key.name.as_ref()), &key.columns),
            _ => continue,
        };
        // A key over an expression isn't one over columns.
        let Some(columns) = columns.iter().map(index_column).collect::<Option<Vec<Arc<str>>>>() else { continue };
        let first = columns.first().cloned().unwrap_or_default();
        let name = name.map_or(first, |name| Arc::from(&*name.value));
        add_key(&mut table, primary, &name, columns);
    }
    let primary: Vec<Arc<str>> =
        table.unique_keys.iter().filter(|key| key.primary).flat_map(|key| key.columns.iter().cloned()).collect();
    for column in table.columns.iter_mut().filter(|column| primary.contains(&column.name)) {
        column.nullable = false;
    }
    table
}

fn add_key(table: &mut Table, primary: bool, name: &Arc<str>, columns: Vec<Arc<str>>) {
    let name = if primary { Arc::from("PRIMARY") } else { Arc::clone(name) };
    let key = UniqueKey { name, primary, columns };
    let place = if primary { 0 } else { table.unique_keys.len() };
    table.unique_keys.insert(place, key);
}

fn index_column(column: &IndexColumn) -> Option<Arc<str>> {
    match &column.column.expr {
        Expr::Identifier(ident) => Some(Arc::from(&*ident.value)),
        _ => None,
    }
}

/// A column, and whether it is a key by itself (`true`: the primary one).
fn column(definition: &ColumnDef, table_collation: &str) -> (Column, Option<bool>) {
    let text = definition.data_type.to_string().to_lowercase();
    let word: String = text.chars().take_while(|char| char.is_ascii_alphanumeric()).collect();
    let data_type = match word.as_str() {
        "bool" | "boolean" => DataType::TinyInt,
        "dec" | "fixed" => DataType::Decimal,
        "character" if text.contains("varying") => DataType::VarChar,
        "character" => DataType::Char,
        "nvarchar" => DataType::VarChar,
        word => DataType::of(word),
    };
    let mut column = Column::new(&definition.name.value, data_type);
    column.unsigned = text.contains("unsigned");
    let numbers = text.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inner, _)| inner);
    let mut numbers = numbers.split(',').map(|number| number.trim().parse::<u64>().ok());
    column.length = numbers.next().flatten();
    column.scale = numbers.next().flatten().and_then(|scale| u32::try_from(scale).ok());
    let mut key = None;
    let mut collation = None;
    for option in &definition.options {
        match &option.option {
            ColumnOption::NotNull => column.nullable = false,
            ColumnOption::PrimaryKey(_) => {
                column.nullable = false;
                key = Some(true);
            }
            ColumnOption::Unique(_) => key = Some(false),
            ColumnOption::Collation(name) => collation = Some(name.to_string().to_lowercase()),
            ColumnOption::CharacterSet(name) => collation = Some(default_collation(&name.to_string().to_lowercase())),
            ColumnOption::Generated { .. } => column.generated = true,
            ColumnOption::Default(expr) => column.default = default(expr),
            ColumnOption::DialectSpecific(tokens) => {
                let words: Vec<String> = tokens.iter().map(|token| token.to_string().to_uppercase()).collect();
                column.auto_increment |= words.iter().any(|word| word == "AUTO_INCREMENT");
                column.invisible |= words.iter().any(|word| word == "INVISIBLE");
            }
            _ => {}
        }
    }
    if data_type.is_text() || matches!(data_type, DataType::Enum | DataType::Set) {
        let collation = collation.unwrap_or_else(|| table_collation.to_owned());
        column.charset = collation.split('_').next().map(Arc::from);
        column.collation = Some(Arc::from(collation));
    }
    (column, key)
}

fn default(expr: &Expr) -> ColumnDefault {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Null => ColumnDefault::None,
            Value::Number(text, _) => ColumnDefault::Constant(Arc::from(text.to_string())),
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => {
                ColumnDefault::Constant(Arc::from(text.as_str()))
            }
            other => ColumnDefault::Expression(Arc::from(other.to_string())),
        },
        other => ColumnDefault::Expression(Arc::from(other.to_string())),
    }
}

fn default_collation(charset: &str) -> String {
    match charset {
        "utf8mb4" => DEFAULT_COLLATION.to_owned(),
        "utf8" | "utf8mb3" => "utf8mb3_general_ci".to_owned(),
        "latin1" => "latin1_swedish_ci".to_owned(),
        "binary" => "binary".to_owned(),
        other => format!("{other}_general_ci"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keys_and_collations_are_read() {
        let sql = "CREATE TABLE t (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, code VARCHAR(20) COLLATE utf8mb4_bin, \
                   price DECIMAL(10,2) DEFAULT 1.5, PRIMARY KEY (id), UNIQUE KEY by_code (code)) COLLATE=utf8mb4_general_ci";
        let tables = tables(sql).unwrap();
        let [table] = tables.as_slice() else { panic!("one table") };
        let id = table.column("ID").unwrap();
        assert!(id.unsigned && id.auto_increment && !id.nullable && id.data_type == DataType::BigInt);
        let code = table.column("code").unwrap();
        assert_eq!((code.length, code.collation.as_deref()), (Some(20), Some("utf8mb4_bin")));
        assert_eq!(table.column("price").unwrap().default, ColumnDefault::Constant(Arc::from("1.5")));
        assert_eq!(table.unique_keys.len(), 2);
        assert!(table.unique_keys[0].primary);
    }
}
