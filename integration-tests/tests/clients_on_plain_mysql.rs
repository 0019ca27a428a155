//! The clients' checks themselves: on a plain MySQL every one must pass, so that a failure through the proxy is the
//! proxy's.

use mysql_async::prelude::Queryable;
use shardgate_integration_tests::clients::{CHECK_TABLE, Client, Outcome};
use shardgate_integration_tests::shared_plain_mysql;

/// Runs every variant of a client on a database of its own.
async fn passes_all_checks(client: Client) {
    let database = format!("{client:?}").to_lowercase();
    let endpoint = shared_plain_mysql(&database).expect("a MySQL server");
    let mut connection = endpoint.with_database("").connect().await.expect("a login");
    connection.query_drop(format!("CREATE DATABASE {database}")).await.expect("a database");
    connection.query_drop(format!("USE {database}")).await.expect("a database");
    connection.query_drop(CHECK_TABLE).await.expect("a table");
    connection.disconnect().await.expect("a log-out");
    for variant in client.variants() {
        match client.check(&endpoint, 1000, *variant).await.expect("a client") {
            Outcome::Ran(report) => {
                assert!(report.failures().is_empty(), "{} {variant:?}: {:#?}", report.client, report.failures());
            }
            Outcome::Skipped(why) => println!("{why}"),
        }
    }
}

#[tokio::test]
async fn mysql_command_passes_all_checks() {
    passes_all_checks(Client::MysqlCommand).await;
}

#[tokio::test]
async fn mysql_async_passes_all_checks() {
    passes_all_checks(Client::MysqlAsync).await;
}

#[tokio::test]
async fn pymysql_passes_all_checks() {
    passes_all_checks(Client::PyMySql).await;
}

#[tokio::test]
async fn go_sql_driver_passes_all_checks() {
    passes_all_checks(Client::Go).await;
}

#[tokio::test]
async fn node_mysql2_passes_all_checks() {
    passes_all_checks(Client::Node).await;
}

#[tokio::test]
async fn connector_j_passes_all_checks() {
    passes_all_checks(Client::Java).await;
}
