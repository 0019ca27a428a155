//! The live schema: what the shards' own data dictionaries say, as plain data.
//!
//! The proxy's schema reader fills it in. One shard speaks for its keyspace.

use hashbrown::HashMap;
use std::sync::Arc;

/// The schemas of all keyspaces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// By the keyspace's name.
    pub keyspaces: HashMap<Arc<str>, Arc<KeyspaceSchema>>,
}

impl Schema {
    /// The schema of a keyspace, if it has been read.
    pub fn keyspace(&self, name: &str) -> Option<&KeyspaceSchema> {
        self.keyspaces.get(name).map(Arc::as_ref)
    }

    /// A table of a keyspace.
    pub fn table(&self, keyspace: &str, table: &str) -> Option<&Table> {
        self.keyspace(keyspace)?.table(table)
    }
}

/// The tables of one keyspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyspaceSchema {
    /// By name: as written with `lower_case_table_names` 0, else in lower case.
    pub tables: HashMap<Arc<str>, Arc<Table>>,
    /// Whether the server keeps table names apart by case (`lower_case_table_names` is 0, as on Linux).
    pub case_sensitive: bool,
    /// Stored functions, by their names in lower case: whether they read or write tables.
    pub functions: HashMap<Arc<str>, bool>,
}

impl KeyspaceSchema {
    /// A table or view by its name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        if self.case_sensitive {
            self.tables.get(name).map(Arc::as_ref)
        } else {
            self.tables.get(name.to_lowercase().as_str()).map(Arc::as_ref)
        }
    }

    /// Note the stored functions: their names and bodies (`None`: not readable). One that calls another which touches
    /// tables does so, too.
    pub fn insert_functions(&mut self, functions: &[(String, Option<String>)]) {
        let bodies: Vec<(Arc<str>, Option<Vec<String>>)> =
            functions.iter().map(|(name, body)| (Arc::from(name.to_lowercase()), body.as_deref().map(words))).collect();
        let touches = |words: &Option<Vec<String>>| {
            words.as_ref().is_none_or(|words| {
                let has = |word: &str| words.iter().any(|known| known == word);
                (has("select") && has("from"))
                    || ["insert", "update", "delete", "call"].iter().any(|word| has(word))
                    || (has("replace") && has("into"))
            })
        };
        self.functions = bodies.iter().map(|(name, words)| (Arc::clone(name), touches(words))).collect();
        // As often as one may call the next.
        for _ in 0..bodies.len() {
            let mut changed = false;
            for (name, words) in &bodies {
                let calls = |word: &String| self.functions.get(word.as_str()).copied().unwrap_or_default();
                let found = words.as_ref().is_some_and(|words| words.iter().any(calls));
                if found && self.functions.insert(Arc::clone(name), true) == Some(false) {
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// Put a table in, under the right form of its name.
    pub fn insert(&mut self, table: Table) {
        let name = if self.case_sensitive { Arc::clone(&table.name) } else { Arc::from(table.name.to_lowercase()) };
        self.tables.insert(name, Arc::new(table));
    }
}

/// The words of a routine's body, in lower case. Those in strings and comments count: rather too many than too few.
fn words(body: &str) -> Vec<String> {
    let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$');
    body.split(|char| !is_word(char)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a table is a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TableKind {
    /// A table.
    #[default]
    Base,
    /// A view.
    View,
}

/// A table or view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Its name, as the server writes it.
    pub name: Arc<str>,
    /// Table or view.
    pub kind: TableKind,
    /// Its columns, in order, invisible ones included.
    pub columns: Vec<Column>,
    /// The primary key (first, if there is one) and the unique keys.
    pub unique_keys: Vec<UniqueKey>,
    /// What a view is made of; `None`: it is a table, or the server doesn't tell (the SHOW VIEW privilege is missing).
    pub view: Option<View>,
}

/// The query of a view, as the server keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its text in MySQL's own writing: every table with its database, every item with its name, `*` written out.
    pub definition: Arc<str>,
    /// The database on the server that was read; in the text it stands for the keyspace.
    pub database: Arc<str>,
}

impl Table {
    /// A column by its name, which MySQL compares without case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| crate::sql::ast::eq_ignore_case(&column.name, name))
    }

    /// The columns that a generated column is computed from, directly or by other generated ones. Where its expression
    /// isn't known: all.
    pub fn bases_of<'t>(&'t self, column: &'t Column) -> Vec<&'t Column> {
        let mut bases: Vec<&Column> = Vec::new();
        let mut open = vec![column];
        let mut seen: Vec<&str> = vec![&*column.name];
        while let Some(next) = open.pop() {
            for read in &self.columns {
                let named = |text: &Arc<str>| {
                    text.to_lowercase().contains(&format!("`{}`", read.name.replace('`', "``")).to_lowercase())
                };
                if seen.contains(&&*read.name) || !next.expression.as_ref().is_none_or(named) {
                    continue;
                }
                seen.push(&read.name);
                if read.generated { open.push(read) } else { bases.push(read) }
            }
        }
        bases
    }

    /// The column that MySQL numbers by itself.
    pub fn auto_increment(&self) -> Option<&Column> {
        self.columns.iter().find(|column| column.auto_increment)
    }

    /// The columns that `SELECT *` and an INSERT without a list name, in order.
    pub fn visible(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.invisible)
    }
}

/// A primary or unique key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueKey {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is the primary key.
    pub primary: bool,
    /// Its columns' names. Functional key parts are left out, and then the key isn't listed at all.
    pub columns: Vec<Arc<str>>,
}

/// A column's data type, as far as routing and merging need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// TINYINT.
    TinyInt,
    /// SMALLINT.
    SmallInt,
    /// MEDIUMINT.
    MediumInt,
    /// INT.
    Int,
    /// BIGINT.
    BigInt,
    /// DECIMAL.
    Decimal,
    /// FLOAT.
    Float,
    /// DOUBLE.
    Double,
    /// BIT.
    Bit,
    /// YEAR.
    Year,
    /// DATE.
    Date,
    /// TIME.
    Time,
    /// DATETIME.
    DateTime,
    /// TIMESTAMP.
    Timestamp,
    /// CHAR.
    Char,
    /// VARCHAR.
    VarChar,
    /// TINYTEXT, TEXT, MEDIUMTEXT, LONGTEXT.
    Text,
    /// BINARY.
    Binary,
    /// VARBINARY.
    VarBinary,
    /// TINYBLOB, BLOB, MEDIUMBLOB, LONGBLOB.
    Blob,
    /// ENUM.
    Enum,
    /// SET.
    Set,
    /// JSON.
    Json,
    /// GEOMETRY and its kin.
    Geometry,
    /// VECTOR.
    Vector,
    /// One that isn't known.
    Other,
}

impl DataType {
    /// The type by the name in `information_schema.columns.data_type`.
    pub fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "tinyint" => Self::TinyInt,
            "smallint" => Self::SmallInt,
            "mediumint" => Self::MediumInt,
            "int" | "integer" => Self::Int,
            "bigint" => Self::BigInt,
            "decimal" | "numeric" => Self::Decimal,
            "float" => Self::Float,
            "double" | "real" => Self::Double,
            "bit" => Self::Bit,
            "year" => Self::Year,
            "date" => Self::Date,
            "time" => Self::Time,
            "datetime" => Self::DateTime,
            "timestamp" => Self::Timestamp,
            "char" => Self::Char,
            "varchar" => Self::VarChar,
            "tinytext" | "text" | "mediumtext" | "longtext" => Self::Text,
            "binary" => Self::Binary,
            "varbinary" => Self::VarBinary,
            "tinyblob" | "blob" | "mediumblob" | "longblob" => Self::Blob,
            "enum" => Self::Enum,
            "set" => Self::Set,
            "json" => Self::Json,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
            | "geomcollection" | "geometrycollection" => Self::Geometry,
            "vector" => Self::Vector,
            _ => Self::Other,
        }
    }

    /// TINYINT to BIGINT.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::TinyInt | Self::SmallInt | Self::MediumInt | Self::Int | Self::BigInt)
    }

    /// CHAR, VARCHAR, TEXT.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Char | Self::VarChar | Self::Text)
    }

    /// BINARY, VARBINARY, BLOB.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Binary | Self::VarBinary | Self::Blob)
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, as the server writes it.
    pub name: Arc<str>,
    /// Its type.
    pub data_type: DataType,
    /// UNSIGNED.
    pub unsigned: bool,
    /// Length in characters (bytes for binary types), if the type has one.
    pub length: Option<u64>,
    /// Digits behind the point, of DECIMAL; of fractional seconds, of temporal types.
    pub scale: Option<u32>,
    /// The character set of text.
    pub charset: Option<Arc<str>>,
    /// The collation of text.
    pub collation: Option<Arc<str>>,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Its default.
    pub default: ColumnDefault,
    /// A generated column.
    pub generated: bool,
    /// The expression of a generated column, as MySQL writes it: columns in backticks.
    pub expression: Option<Arc<str>>,
    /// AUTO_INCREMENT.
    pub auto_increment: bool,
    /// INVISIBLE.
    pub invisible: bool,
}

impl Column {
    /// A visible, nullable column of this type.
    pub fn new(name: &str, data_type: DataType) -> Self {
        Column {
            name: Arc::from(name),
            data_type,
            unsigned: false,
            length: None,
            scale: None,
            charset: None,
            collation: None,
            nullable: true,
            default: ColumnDefault::None,
            generated: false,
            expression: None,
            auto_increment: false,
            invisible: false,
        }
    }
}

/// A column's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ColumnDefault {
    /// No default: NULL where that is allowed, else an error in strict mode.
    #[default]
    None,
    /// A constant, in its text form.
    Constant(Arc<str>),
    /// An expression (`DEFAULT (uuid())`, `CURRENT_TIMESTAMP`).
    Expression(Arc<str>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_touch_tables_are_known_by_their_bodies() {
        let mut schema = KeyspaceSchema::default();
        let body = |text: &str| Some(text.to_owned());
        schema.insert_functions(&[
            ("Twice".to_owned(), body("RETURN n * 2")),
            ("trimmed".to_owned(), body("RETURN TRIM(LEADING 'x' FROM REPLACE(s, 'a', 'b'))")),
            ("total".to_owned(), body("BEGIN DECLARE t INT; SELECT SUM(x) INTO t FROM orders; RETURN t; END")),
            ("outer_one".to_owned(), body("RETURN middle(n)")),
            ("middle".to_owned(), body("RETURN total(n) + Twice(n)")),
            ("secret".to_owned(), None),
        ]);
        let touching = |name: &str| schema.functions[name];
        assert!(!touching("twice") && !touching("trimmed"));
        assert!(touching("total") && touching("middle") && touching("outer_one") && touching("secret"));
    }
}
