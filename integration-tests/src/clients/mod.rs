//! Real MySQL clients, each running the same checks: log in, text and prepared statements, values of all kinds there
//! and back, transactions, errors with their numbers.

mod external;
mod mysql_async_client;
mod mysql_cli;
mod report;

use serde::Deserialize;

use crate::endpoint::Endpoint;
use crate::error::HarnessError;

pub use external::tool;
pub use report::{CHECKS, ClientReport};

/// The table that the checks work on: in the default database, with `id` as the shard key where it is sharded.
pub const CHECK_TABLE: &str = "CREATE TABLE client_check (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
    amount DECIMAL(30,4) DEFAULT NULL,
    born DATE DEFAULT NULL,
    seen DATETIME(6) DEFAULT NULL,
    data VARBINARY(300) DEFAULT NULL,
    ratio DOUBLE DEFAULT NULL,
    note MEDIUMTEXT DEFAULT NULL
)";

/// A client that applications use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Client {
    /// MySQL's own command line.
    MysqlCommand,
    /// Rust's mysql_async.
    MysqlAsync,
    /// Python's PyMySQL.
    PyMySql,
    /// Go's go-sql-driver/mysql.
    Go,
    /// Node's mysql2.
    Node,
    /// MySQL Connector/J.
    Java,
}

/// How a client is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Without TLS; prepared statements of the server where the client has them.
    Plain,
    /// The same over TLS, without looking at the certificate.
    Tls,
    /// The client puts parameters into the text.
    Text,
}

impl Variant {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "tls",
            Self::Text => "text",
        }
    }
}

/// What came of running a client.
#[derive(Debug)]
pub enum Outcome {
    /// It ran; whether its checks passed is in the report.
    Ran(ClientReport),
    /// Its toolchain isn't on this machine (never so with `CI=true`): why.
    Skipped(String),
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::MysqlCommand, Self::MysqlAsync, Self::PyMySql, Self::Go, Self::Node, Self::Java];

    /// How it can be set up.
    pub fn variants(self) -> &'static [Variant] {
        match self {
            Self::MysqlCommand | Self::MysqlAsync | Self::PyMySql => &[Variant::Plain, Variant::Tls],
            Self::Go | Self::Node | Self::Java => &[Variant::Plain, Variant::Tls, Variant::Text],
        }
    }

    /// Runs all checks on the table [`CHECK_TABLE`] of the endpoint's default database, on ten ids from `base` on.
    ///
    /// # Errors
    /// The client can't be made ready, or ends without a report.
    pub async fn check(self, endpoint: &Endpoint, base: u64, variant: Variant) -> Result<Outcome, HarnessError> {
        let name = match self {
            Self::MysqlAsync => {
                return mysql_async_client::check(endpoint, base, variant).await.map(Outcome::Ran);
            }
            Self::MysqlCommand => {
                let endpoint = endpoint.clone();
                return blocking(move || mysql_cli::check(&endpoint, base, variant).map(Outcome::Ran)).await;
            }
            Self::PyMySql => "python",
            Self::Go => "go",
            Self::Node => "node",
            Self::Java => "java",
        };
        let endpoint = endpoint.clone();
        blocking(move || external::check(name, &endpoint, base, variant)).await
    }

    /// Runs every variant at the endpoint, and panics with the checks that failed.
    pub async fn passes_all_checks(self, endpoint: &Endpoint) {
        for variant in self.variants() {
            match self.check(endpoint, 1000, *variant).await.expect("a client") {
                Outcome::Ran(report) => {
                    assert!(report.failures().is_empty(), "{} {variant:?}: {:#?}", report.client, report.failures());
                }
                Outcome::Skipped(why) => println!("{why}"),
            }
        }
    }
}

/// A test for each client, so that they run side by side: each calls the function with its client.
#[macro_export]
macro_rules! test_each_client {
    ($check:ident) => {
        $crate::test_each_client!($check: mysql_command MysqlCommand, mysql_async MysqlAsync, pymysql PyMySql,
            go_sql_driver Go, node_mysql2 Node, connector_j Java);
    };
    ($check:ident: $($test:ident $client:ident),*) => {
        $(
            #[tokio::test]
            async fn $test() {
                $check($crate::clients::Client::$client).await;
            }
        )*
    };
}

async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, HarnessError> + Send + 'static,
) -> Result<T, HarnessError> {
    let broken = |error| HarnessError::Misuse(format!("running a client was broken off: {error}"));
    tokio::task::spawn_blocking(run).await.map_err(broken)?
}
