//! Reads the live schema of a keyspace from its shards' own data dictionaries.
//!
//! One shard speaks for its keyspace: the first whose primary answers. The others are only compared by a checksum.

use super::connect::{ControlConnection, ControlError, number, text};
use super::schema_rows::{self, Checksum};
use crate::config::Backend;
use mysql_async::Row;
use shardgate_router::catalog::is_system_database;
use shardgate_router::schema::KeyspaceSchema;
use shardgate_topology::{Instance, KeyspaceTopology, Shard};
use shardgate_vschema::ShardName;
use std::sync::Arc;
use std::time::Duration;

/// How long one query on a data dictionary may take: generous, since a server with 10,000 tables is slow at it.
const QUERY_TIMEOUT: Duration = Duration::from_secs(60);

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerFacts {
    /// `@@version`.
    pub(crate) version: Arc<str>,
    /// `@@collation_server`.
    pub(crate) collation: Arc<str>,
    /// `@@global.sql_mode`.
    pub(crate) sql_mode: Arc<str>,
    /// Whether table names are told apart by case (`lower_case_table_names` is 0).
    pub(crate) case_sensitive: bool,
}

impl ServerFacts {
    fn is_mariadb(&self) -> bool {
        self.version.contains("MariaDB")
    }
}

/// A keyspace as its shards have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyspaceReading {
    /// Its tables.
    pub(crate) schema: Arc<KeyspaceSchema>,
    /// The server that was read.
    pub(crate) server: ServerFacts,
    /// To see a change without reading all again.
    pub(crate) checksum: Checksum,
    /// What isn't as it should be on other shards.
    pub(crate) warnings: Vec<String>,
}

/// The adopted MySQL: its databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefaultReading {
    /// All databases, MySQL's own left out, sorted.
    pub(crate) databases: Vec<Arc<str>>,
    /// The server.
    pub(crate) server: ServerFacts,
}

/// Read a keyspace from its shards.
///
/// # Errors
/// The last shard's error, if no shard's server answers.
pub(crate) async fn read_keyspace(
    backend: &Backend,
    keyspace: &KeyspaceTopology,
) -> Result<KeyspaceReading, ControlError> {
    let (at, mut connection, instance) = first_answering(backend, &keyspace.shards).await?;
    let server = server_facts(&mut connection).await?;
    let database = keyspace.physical_database(&instance);
    let checksum = checksum(&mut connection, database).await?;
    let tables = rows(&mut connection, &schema_rows::tables_query(database)).await?;
    let columns = rows(&mut connection, &schema_rows::columns_query(database)).await?;
    let unique_keys = rows(&mut connection, &schema_rows::unique_keys_query(database)).await?;
    let views = rows(&mut connection, &schema_rows::views_query(database)).await?;
    let functions = rows(&mut connection, &schema_rows::functions_query(database)).await?;
    connection.close().await;
    let views = schema_rows::Views { database, rows: &views, functions: &functions };
    let (case_sensitive, mariadb) = (server.case_sensitive, server.is_mariadb());
    let schema = schema_rows::keyspace_schema(case_sensitive, mariadb, &tables, &columns, &unique_keys, views);
    let read = keyspace.shards.get(at).map(|shard| &shard.name);
    let mut warnings = Vec::new();
    for shard in &keyspace.shards {
        if Some(&shard.name) == read {
            continue;
        }
        warnings.extend(compare(backend, keyspace, shard, checksum, read).await);
    }
    Ok(KeyspaceReading { schema: Arc::new(schema), server, checksum, warnings })
}

/// The checksum of a keyspace's schema on the first shard that answers.
///
/// # Errors
/// As [`read_keyspace`].
pub(crate) async fn read_checksum(backend: &Backend, keyspace: &KeyspaceTopology) -> Result<Checksum, ControlError> {
    let (_, mut connection, instance) = first_answering(backend, &keyspace.shards).await?;
    let checksum = checksum(&mut connection, keyspace.physical_database(&instance)).await?;
    connection.close().await;
    Ok(checksum)
}

/// Read what databases the adopted MySQL has.
///
/// # Errors
/// If its primary doesn't answer, and no replica does.
pub(crate) async fn read_default(backend: &Backend, shard: &Arc<Shard>) -> Result<DefaultReading, ControlError> {
    let (_, mut connection, _) = first_answering(backend, std::slice::from_ref(shard)).await?;
    let server = server_facts(&mut connection).await?;
    let found = connection.rows("listing the databases", "SHOW DATABASES", QUERY_TIMEOUT).await?;
    connection.close().await;
    let mut databases: Vec<Arc<str>> = found
        .iter()
        .filter_map(|row| text(row, 0))
        .filter(|name| !is_system_database(name) && name != OWN_DATABASE)
        .map(Arc::from)
        .collect();
    databases.sort();
    Ok(DefaultReading { databases, server })
}

/// The proxy's own database on a server, which clients don't see.
pub(crate) const OWN_DATABASE: &str = "_shardgate";

/// MySQL's own databases.
pub(crate) const SYSTEM_DATABASES: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];

/// A connection to the first shard, in order, that answers: to its primary, or if that doesn't answer, a replica.
async fn first_answering(
    backend: &Backend,
    shards: &[Arc<Shard>],
) -> Result<(usize, ControlConnection, Arc<Instance>), ControlError> {
    let numbered = || shards.iter().enumerate();
    let mut instances: Vec<(usize, Arc<Instance>)> =
        numbered().map(|(at, shard)| (at, Arc::clone(shard.primary()))).collect();
    instances.extend(numbered().flat_map(|(at, shard)| shard.replicas().map(move |replica| (at, Arc::clone(replica)))));
    let mut first_error = None;
    for (at, instance) in instances {
        match ControlConnection::open(backend, &instance).await {
            Ok(connection) => return Ok((at, connection, instance)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    // A keyspace has at least one shard, and a shard at least its primary, so there is an error to tell.
    Err(first_error.unwrap_or_else(|| ControlError::Answer {
        instance: (&shardgate_topology::Address::Unix("(none)".into())).into(),
        step: "connecting",
        what: "the keyspace has no serving shard".to_owned(),
    }))
}

async fn compare(
    backend: &Backend,
    keyspace: &KeyspaceTopology,
    shard: &Shard,
    expected: Checksum,
    read: Option<&ShardName>,
) -> Option<String> {
    let instance = shard.primary();
    let found = async {
        let mut connection = ControlConnection::open(backend, instance).await?;
        let found = checksum(&mut connection, keyspace.physical_database(instance)).await;
        connection.close().await;
        found
    };
    match found.await {
        Ok(found) if found == expected => None,
        Ok(_) => Some(format!(
            "the tables of `{}` on shard {} ({}) differ from those on shard {}: run the missing DDL there \
             (`shardgate check` shows the differences)",
            keyspace.name,
            shard.name,
            instance.id,
            read.map_or("-", ShardName::as_str),
        )),
        Err(error) => Some(format!("shard {}/{} couldn't be compared: {error}", keyspace.name, shard.name)),
    }
}

async fn rows(connection: &mut ControlConnection, sql: &str) -> Result<Vec<Row>, ControlError> {
    connection.rows("reading the schema", sql, QUERY_TIMEOUT).await
}

async fn checksum(connection: &mut ControlConnection, database: &str) -> Result<Checksum, ControlError> {
    const STEP: &str = "reading the schema's checksum";
    let rows = connection.rows(STEP, &schema_rows::checksum_query(database), QUERY_TIMEOUT).await?;
    Checksum::from_rows(&rows).ok_or_else(|| connection.odd(STEP, "the answer isn't four rows of numbers"))
}

async fn server_facts(connection: &mut ControlConnection) -> Result<ServerFacts, ControlError> {
    const STEP: &str = "asking for the server's version";
    const SQL: &str = "SELECT @@version, @@collation_server, @@global.sql_mode, @@lower_case_table_names";
    let rows = connection.rows(STEP, SQL, QUERY_TIMEOUT).await?;
    let facts = rows.first().and_then(|row| {
        Some(ServerFacts {
            version: text(row, 0)?.into(),
            collation: text(row, 1)?.into(),
            sql_mode: text(row, 2)?.into(),
            case_sensitive: number::<u8>(row, 3)? == 0,
        })
    });
    facts.ok_or_else(|| connection.odd(STEP, "the answer isn't a row of four values"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::control::test_server::TestServer;
    use shardgate_router::schema::{ColumnDefault, DataType, TableKind};

    const TABLES: &[&str] = &[
        "CREATE TABLE customer (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         email VARCHAR(100) COLLATE utf8mb4_bin NOT NULL DEFAULT 'a''b', balance DECIMAL(12,3), \
         made DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), note TEXT, secret INT INVISIBLE, \
         doubled DECIMAL(13,3) AS (balance * 2) VIRTUAL, kind ENUM('a','b'), \
         token BINARY(16) DEFAULT (UUID_TO_BIN(UUID())), UNIQUE KEY by_email (email), \
         UNIQUE KEY two (balance, kind), UNIQUE KEY functional ((lower(email))), KEY plain (made))",
        "CREATE VIEW v AS SELECT id, email FROM customer",
    ];

    #[tokio::test]
    async fn columns_and_keys_are_read_as_the_server_has_them() {
        let Some(server) = TestServer::from_environment() else { return };
        let keyspace = server.keyspace("ctl_schema", &["-80", "80-"], TABLES).await;
        let reading = read_keyspace(&server.backend(), &keyspace).await.unwrap();
        assert_eq!(reading.warnings, Vec::<String>::new());
        assert!(reading.server.version.starts_with(|c: char| c.is_ascii_digit()));
        let customer = reading.schema.table("customer").unwrap();
        let names: Vec<&str> = customer.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["id", "email", "balance", "made", "note", "secret", "doubled", "kind", "token"]);
        let id = customer.column("ID").unwrap();
        assert!(id.auto_increment && id.unsigned && !id.nullable && id.data_type == DataType::BigInt);
        let email = customer.column("email").unwrap();
        assert_eq!(email.collation.as_deref(), Some("utf8mb4_bin"));
        assert_eq!((email.length, email.charset.as_deref()), (Some(100), Some("utf8mb4")));
        assert_eq!(email.default, ColumnDefault::Constant(Arc::from("a'b")));
        assert_eq!(customer.column("balance").unwrap().scale, Some(3));
        let made = customer.column("made").unwrap();
        assert_eq!(made.scale, Some(6));
        assert!(matches!(made.default, ColumnDefault::Expression(_)));
        assert!(matches!(customer.column("token").unwrap().default, ColumnDefault::Expression(_)));
        assert!(customer.column("secret").unwrap().invisible);
        assert!(customer.column("doubled").unwrap().generated);
        let keys: Vec<_> =
            customer.unique_keys.iter().map(|key| (&*key.name, key.primary, key.columns.len())).collect();
        assert_eq!(keys, [("PRIMARY", true, 1), ("by_email", false, 1), ("two", false, 2)]);
        let view = reading.schema.table("v").unwrap();
        assert_eq!(view.kind, TableKind::View);
        let definition = view.view.as_ref().unwrap();
        assert!(definition.definition.contains("from `ctl_schema_0`.`customer`"), "{definition:?}");
        assert_eq!(&*definition.database, "ctl_schema_0");
    }

    #[tokio::test]
    async fn a_shard_with_other_tables_is_named_in_a_warning() {
        let Some(server) = TestServer::from_environment() else { return };
        let keyspace = server.keyspace("ctl_differ", &["-80", "80-"], TABLES).await;
        let before = read_keyspace(&server.backend(), &keyspace).await.unwrap();
        server.run("ctl_differ_1", "ALTER TABLE customer ADD COLUMN extra INT, ALGORITHM=INSTANT").await;
        let after = read_keyspace(&server.backend(), &keyspace).await.unwrap();
        assert_eq!(after.checksum, before.checksum);
        assert_eq!(after.warnings.len(), 1);
        assert!(after.warnings[0].contains("shard 80-"), "{:?}", after.warnings);
        server.run("ctl_differ_0", "ALTER TABLE customer ADD COLUMN extra INT, ALGORITHM=INSTANT").await;
        assert_ne!(read_checksum(&server.backend(), &keyspace).await.unwrap(), before.checksum);
        let repaired = read_keyspace(&server.backend(), &keyspace).await.unwrap();
        assert_eq!(repaired.warnings, Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_adopted_server_lists_its_databases_without_mysqls_own() {
        let Some(server) = TestServer::from_environment() else { return };
        server.keyspace("ctl_adopted", &["-"], &[]).await;
        let reading = read_default(&server.backend(), &server.shard("-", None)).await.unwrap();
        assert!(reading.databases.iter().any(|name| &**name == "ctl_adopted_0"));
        assert!(!reading.databases.iter().any(|name| is_system_database(name)));
    }

    #[tokio::test]
    async fn a_server_that_is_down_is_named_in_the_error() {
        let backend = Backend { user: Arc::from("nobody"), password: Secret::default(), tls: Default::default() };
        let instance = Instance::new("127.0.0.1:1".parse().unwrap());
        let shard = Arc::new(Shard::new(ShardName::unsharded(), vec![instance]).unwrap());
        let error = read_default(&backend, &shard).await.unwrap_err().to_string();
        assert!(error.starts_with("127.0.0.1:1: connecting failed"), "{error}");
    }
}
