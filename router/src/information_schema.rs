//! The tables of `information_schema` whose rows are about databases, tables and what is in them: what a server says
//! there is true of its own databases only, and names them as they are called there.
//!
//! The other tables (`ENGINES`, `COLLATIONS`, ...) are the same on every server.

/// One of these tables.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// The column with the database that a row is about.
    pub schema: &'static str,
    /// The column with the table that a row is about, if there is one.
    pub table: Option<&'static str>,
    /// Columns that tell a row from the others of its database.
    pub key: &'static [&'static str],
    /// Columns that are added up over the shards of a table.
    pub sums: &'static [&'static str],
    /// Columns of which the greatest of all shards counts.
    pub maxima: &'static [&'static str],
}

const fn plain(name: &'static str, schema: &'static str, table: Option<&'static str>) -> Layout {
    Layout { name, schema, table, key: &[], sums: &[], maxima: &[] }
}

const TABLE: Option<&str> = Some("TABLE_NAME");
const SIZES: &[&str] = &["TABLE_ROWS", "DATA_LENGTH", "INDEX_LENGTH", "DATA_FREE"];

static LAYOUTS: [Layout; 32] = [
    plain("CHECK_CONSTRAINTS", "CONSTRAINT_SCHEMA", None),
    plain("COLUMNS", "TABLE_SCHEMA", TABLE),
    plain("COLUMNS_EXTENSIONS", "TABLE_SCHEMA", TABLE),
    plain("COLUMN_PRIVILEGES", "TABLE_SCHEMA", TABLE),
    plain("COLUMN_STATISTICS", "SCHEMA_NAME", TABLE),
    plain("EVENTS", "EVENT_SCHEMA", None),
    plain("JSON_DUALITY_VIEWS", "TABLE_SCHEMA", TABLE),
    plain("JSON_DUALITY_VIEW_COLUMNS", "TABLE_SCHEMA", TABLE),
    plain("JSON_DUALITY_VIEW_LINKS", "TABLE_SCHEMA", TABLE),
    plain("JSON_DUALITY_VIEW_TABLES", "TABLE_SCHEMA", TABLE),
    plain("KEY_COLUMN_USAGE", "TABLE_SCHEMA", TABLE),
    plain("LIBRARIES", "LIBRARY_SCHEMA", None),
    plain("PARAMETERS", "SPECIFIC_SCHEMA", None),
    Layout {
        name: "PARTITIONS",
        schema: "TABLE_SCHEMA",
        table: TABLE,
        key: &["TABLE_NAME", "PARTITION_NAME", "SUBPARTITION_NAME"],
        sums: SIZES,
        maxima: &["CREATE_TIME", "UPDATE_TIME", "CHECK_TIME"],
    },
    plain("REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", TABLE),
    plain("ROLE_COLUMN_GRANTS", "TABLE_SCHEMA", TABLE),
    plain("ROLE_ROUTINE_GRANTS", "ROUTINE_SCHEMA", None),
    plain("ROLE_TABLE_GRANTS", "TABLE_SCHEMA", TABLE),
    plain("ROUTINES", "ROUTINE_SCHEMA", None),
    plain("ROUTINE_LIBRARIES", "ROUTINE_SCHEMA", None),
    plain("SCHEMATA", "SCHEMA_NAME", None),
    plain("SCHEMATA_EXTENSIONS", "SCHEMA_NAME", None),
    plain("SCHEMA_PRIVILEGES", "TABLE_SCHEMA", None),
    Layout {
        name: "STATISTICS",
        schema: "TABLE_SCHEMA",
        table: TABLE,
        key: &["TABLE_NAME", "INDEX_NAME", "SEQ_IN_INDEX"],
        sums: &["CARDINALITY"],
        maxima: &[],
    },
    plain("ST_GEOMETRY_COLUMNS", "TABLE_SCHEMA", TABLE),
    Layout {
        name: "TABLES",
        schema: "TABLE_SCHEMA",
        table: TABLE,
        key: &["TABLE_NAME"],
        sums: SIZES,
        maxima: &["AUTO_INCREMENT", "CREATE_TIME", "UPDATE_TIME", "CHECK_TIME"],
    },
    plain("TABLES_EXTENSIONS", "TABLE_SCHEMA", TABLE),
    plain("TABLE_CONSTRAINTS", "TABLE_SCHEMA", TABLE),
    plain("TABLE_CONSTRAINTS_EXTENSIONS", "CONSTRAINT_SCHEMA", TABLE),
    plain("TRIGGERS", "TRIGGER_SCHEMA", None),
    plain("VIEWS", "TABLE_SCHEMA", TABLE),
    plain("VIEW_TABLE_USAGE", "VIEW_SCHEMA", None),
];

/// The layout of a table by its name, which is compared without case; `None`: it is the same on every server.
pub fn layout(name: &str) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.name.eq_ignore_ascii_case(name))
}

/// Whether a column holds a database's name.
pub fn names_database(column: &str) -> bool {
    let column = column.to_ascii_uppercase();
    column.ends_with("_SCHEMA") || column == "SCHEMA_NAME"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_in_any_case_and_their_databases_are_named_so() {
        assert_eq!(layout("tables").map(|layout| layout.name), Some("TABLES"));
        assert_eq!(layout("engines"), None);
        assert!(LAYOUTS.iter().all(|layout| names_database(layout.schema)));
        assert!(!names_database("TABLE_NAME"));
    }
}
