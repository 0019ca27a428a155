//! A real MySQL for the unit tests of the control plane: `SHARDGATE_TEST_MYSQL=host:port`, user root without password.

use super::connect::{ControlConnection, identifier};
use crate::config::{Backend, Secret};
use shardgate_topology::{Instance, KeyspaceTopology, Shard};
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// A real MySQL.
pub(crate) struct TestServer {
    address: String,
}

impl TestServer {
    /// The server that the environment names. Without one, the promise is checked by the integration tests only.
    pub(crate) fn from_environment() -> Option<Self> {
        let address = std::env::var("SHARDGATE_TEST_MYSQL").ok()?;
        Some(TestServer { address })
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How to log in.
    pub(crate) fn backend(&self) -> Backend {
        Backend { user: Arc::from("root"), password: Secret::default(), tls: Default::default() }
    }

    /// The server as an instance.
    pub(crate) fn instance(&self) -> Instance {
        Instance::new(self.address.parse().unwrap())
    }

    /// A shard on this server.
    pub(crate) fn shard(&self, name: &str, database: Option<&str>) -> Arc<Shard> {
        let mut instance = self.instance();
        instance.database = database.map(Arc::from);
        Arc::new(Shard::new(name.parse().unwrap(), vec![instance]).unwrap())
    }

    /// A fresh keyspace, each shard a database of its own (`name_0`, `name_1`, ...) with these tables.
    pub(crate) async fn keyspace(&self, name: &str, shards: &[&str], tables: &[&str]) -> KeyspaceTopology {
        let mut made = Vec::new();
        for (at, shard) in shards.iter().enumerate() {
            let database = format!("{name}_{at}");
            self.run("information_schema", &format!("DROP DATABASE IF EXISTS {}", identifier(&database))).await;
            self.run("information_schema", &format!("CREATE DATABASE {}", identifier(&database))).await;
            for table in tables {
                self.run(&database, table).await;
            }
            made.push(Shard::clone(&self.shard(shard, Some(&database))));
        }
        KeyspaceTopology::new(Arc::from(name), Arc::from(name), made, Vec::new()).unwrap()
    }

    /// Run a statement with this default database.
    pub(crate) async fn run(&self, database: &str, sql: &str) {
        let mut connection = ControlConnection::open(&self.backend(), &self.instance()).await.unwrap();
        connection.run("choosing a database", &format!("USE {}", identifier(database)), LIMIT).await.unwrap();
        connection.run("a test's statement", sql, LIMIT).await.unwrap();
        connection.close().await;
    }
}
