//! What an instance says of itself.

use crate::check::Visit;
use crate::config::Backend;
use crate::control::{ControlConnection, ControlError, identifier, text};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The variables that the checks look at.
const VARIABLES: [&str; 12] = [
    "autocommit",
    "character_set_server",
    "collation_server",
    "lower_case_table_names",
    "max_allowed_packet",
    "max_connections",
    "read_only",
    "sql_mode",
    "time_zone",
    "transaction_isolation",
    "tx_isolation",
    "version",
];

const COLUMNS: &str = "SELECT table_name, column_name, column_type, is_nullable, collation_name, extra \
                       FROM information_schema.columns WHERE table_schema = DATABASE() \
                       ORDER BY table_name, ordinal_position";

const INDEXES: &str = "SELECT table_name, index_name, non_unique, column_name, sub_part \
                       FROM information_schema.statistics WHERE table_schema = DATABASE() \
                       ORDER BY table_name, index_name, seq_in_index";

/// What an instance says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InstanceFacts {
    /// Global variables; those that the server doesn't have are absent.
    pub(crate) variables: BTreeMap<String, String>,
    /// What the proxy's user may do, as SHOW GRANTS says it.
    pub(crate) grants: Vec<String>,
    /// The shard's tables; `None` for the default MySQL.
    pub(crate) tables: Option<Tables>,
}

/// The tables of a database, by name.
pub(crate) type Tables = BTreeMap<String, TableFacts>;

/// A table or view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TableFacts {
    /// In order.
    pub(crate) columns: Vec<ColumnFacts>,
    /// What each index is on, by its name.
    pub(crate) indexes: BTreeMap<String, String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnFacts {
    pub(crate) name: String,
    /// Such as `bigint unsigned` or `varchar(20)`.
    pub(crate) column_type: String,
    pub(crate) nullable: bool,
    /// Of text only.
    pub(crate) collation: Option<String>,
    /// Such as `auto_increment`.
    pub(crate) extra: String,
}

impl InstanceFacts {
    /// A variable's value; empty if the server doesn't have it.
    pub(crate) fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// A variable that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.variable(name).parse().ok()
    }

    /// A variable that is a switch.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        matches!(self.variable(name), "ON" | "1")
    }
}

impl TableFacts {
    /// A column by its name, which MySQL compares without case.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnFacts> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// Logs in and asks.
pub(crate) async fn gather(backend: &Backend, visit: &Visit) -> Result<InstanceFacts, ControlError> {
    let mut connection = ControlConnection::open(backend, &visit.instance).await?;
    let facts = ask(&mut connection, visit).await;
    connection.close().await;
    facts
}

async fn ask(connection: &mut ControlConnection, visit: &Visit) -> Result<InstanceFacts, ControlError> {
    let names: Vec<String> = VARIABLES.iter().map(|name| format!("'{name}'")).collect();
    let sql = format!("SHOW GLOBAL VARIABLES WHERE variable_name IN ({})", names.join(", "));
    let variables = connection.rows("reading variables", &sql, LIMIT).await?;
    let grants = connection.rows("reading grants", "SHOW GRANTS", LIMIT).await?;
    let mut facts = InstanceFacts {
        variables: variables.iter().filter_map(|row| Some((text(row, 0)?.to_lowercase(), text(row, 1)?))).collect(),
        grants: grants.iter().filter_map(|row| text(row, 0)).collect(),
        tables: None,
    };
    let Some(database) = visit.database() else { return Ok(facts) };
    connection.run("choosing the shard's database", &format!("USE {}", identifier(database)), LIMIT).await?;
    let mut tables = Tables::new();
    for row in connection.rows("reading columns", COLUMNS, LIMIT).await? {
        let (Some(table), Some(name)) = (text(&row, 0), text(&row, 1)) else { continue };
        tables.entry(table).or_default().columns.push(ColumnFacts {
            name,
            column_type: text(&row, 2).unwrap_or_default(),
            nullable: text(&row, 3).is_some_and(|nullable| nullable == "YES"),
            collation: text(&row, 4),
            extra: text(&row, 5).unwrap_or_default(),
        });
    }
    for row in connection.rows("reading indexes", INDEXES, LIMIT).await? {
        let (Some(table), Some(index)) = (text(&row, 0), text(&row, 1)) else { continue };
        let Some(table) = tables.get_mut(&table) else { continue };
        let unique = text(&row, 2).is_some_and(|non_unique| non_unique == "0");
        let mut part = text(&row, 3).unwrap_or_else(|| "(expression)".to_owned());
        if let Some(length) = text(&row, 4) {
            part = format!("{part}({length})");
        }
        match table.indexes.get_mut(&index) {
            Some(parts) => *parts = format!("{parts}, {part}"),
            None => {
                table.indexes.insert(index, format!("{}{part}", if unique { "unique " } else { "" }));
            }
        }
    }
    facts.tables = Some(tables);
    Ok(facts)
}

/// What to do about an instance that can't be asked.
pub(crate) fn hint(error: &ControlError) -> Option<&'static str> {
    match error.errno() {
        Some(1045 | 1698) => Some("see `backend` in shardgate.yaml, and the user's password on this server"),
        Some(1049) => Some("create the database on this server, or name it with `database:` in topology.yaml"),
        Some(1044 | 1142 | 1227) => Some("grant the proxy's user the rights on this server"),
        Some(_) => None,
        None => Some("is the server up, and is its address in topology.yaml right?"),
    }
}
