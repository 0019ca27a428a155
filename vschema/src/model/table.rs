//! A table of a keyspace.

use std::fmt;
use std::sync::Arc;

use crate::keyspace_id::KeyspaceId;
use crate::vindex::Vindex;

/// A table that the vschema describes.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: Arc<str>,
    /// The name of its keyspace.
    pub keyspace: Arc<str>,
    /// What kind of table it is.
    pub kind: TableKind,
    /// The vindexes of its columns; the first is the primary vindex, which decides a row's shard. Not empty in a sharded
    /// keyspace, except for reference and pinned tables.
    pub column_vindexes: Vec<ColumnVindex>,
    /// The column that the proxy gives values to.
    pub auto_increment: Option<AutoIncrement>,
    /// Columns that the vschema describes.
    pub columns: Vec<Column>,
    /// Whether those are all columns, in their order.
    pub column_list_authoritative: bool,
    /// The keyspace id in whose shard the whole table is.
    pub pinned: Option<KeyspaceId>,
}

/// The kinds of tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TableKind {
    /// Rows are split by the primary vindex.
    #[default]
    Ordinary,
    /// One row that counts, in an unsharded keyspace or pinned.
    Sequence,
    /// The same rows in every shard, copied from the source if there is one.
    Reference {
        /// The table that they are copied from.
        source: Option<TableName>,
    },
}

/// A table's full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.keyspace, self.table)
    }
}

/// Columns of a table and the vindex that maps their values.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnVindex {
    /// The columns, as many as the vindex takes.
    pub columns: Vec<Arc<str>>,
    /// The vindex.
    pub vindex: Arc<Vindex>,
    /// Whether the table owns the (lookup) vindex, so that its rows are written with the table's.
    pub owned: bool,
}

/// A column that the proxy gives values to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoIncrement {
    /// The column.
    pub column: Arc<str>,
    /// Where the values come from.
    pub generator: Generator,
}

/// Where generated values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generator {
    /// A sequence table.
    Sequence(TableName),
    /// Time, proxy and counter in 64 bits, without a table.
    Snowflake,
}

/// A column that the vschema describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Arc<str>,
    /// Its type, if given.
    pub column_type: Option<ColumnType>,
    /// Whether `SELECT *` leaves it out.
    pub invisible: bool,
    /// The SQL expression of its default.
    pub default: Option<String>,
    /// Its collation.
    pub collation_name: Option<String>,
    /// Its length or precision.
    pub size: Option<i32>,
    /// Its decimals.
    pub scale: Option<i32>,
    /// Whether it can be NULL, if given.
    pub nullable: Option<bool>,
    /// The values of an enum or set.
    pub values: Vec<String>,
}

/// A column's type, by Vitess's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColumnType(&'static str);

/// The names of all column types.
pub const COLUMN_TYPES: &[&str] = &[
    "INT8",
    "UINT8",
    "INT16",
    "UINT16",
    "INT24",
    "UINT24",
    "INT32",
    "UINT32",
    "INT64",
    "UINT64",
    "FLOAT32",
    "FLOAT64",
    "TIMESTAMP",
    "DATE",
    "TIME",
    "DATETIME",
    "YEAR",
    "DECIMAL",
    "TEXT",
    "BLOB",
    "VARCHAR",
    "VARBINARY",
    "CHAR",
    "BINARY",
    "BIT",
    "ENUM",
    "SET",
    "GEOMETRY",
    "JSON",
    "VECTOR",
    "NULL_TYPE",
];

impl ColumnType {
    /// The type of a name, in either case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        COLUMN_TYPES.iter().find(|known| known.eq_ignore_ascii_case(name)).map(|known| Self(known))
    }

    /// Vitess's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl Table {
    /// The vindex that decides a row's shard.
    #[must_use]
    pub fn primary_vindex(&self) -> Option<&ColumnVindex> {
        self.column_vindexes.first()
    }

    /// The full name.
    #[must_use]
    pub fn full_name(&self) -> TableName {
        TableName { keyspace: Arc::clone(&self.keyspace), table: Arc::clone(&self.name) }
    }

    /// Whether every shard has the same rows.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        matches!(self.kind, TableKind::Reference { .. })
    }
}
