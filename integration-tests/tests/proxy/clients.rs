//! Real clients through the proxy, on a sharded table: the same checks that they pass on a plain MySQL.

use shardgate_integration_tests::Cluster;
use shardgate_integration_tests::clients::{CHECK_TABLE, Client, Outcome};

/// Runs every variant of a client on a cluster of two shards with a keyspace of its own.
async fn passes_all_checks(client: Client) {
    let keyspace = format!("checks_{client:?}").to_lowercase();
    let vschema = format!(
        "version: 1
keyspaces:
  {keyspace}:
    sharded: true
    vindexes:
      xxhash: {{type: xxhash}}
    tables:
      client_check: {{column_vindexes: [{{column: id, name: xxhash}}]}}
"
    );
    let cluster = Cluster::builder().sharded(&keyspace, 2, &[CHECK_TABLE]).vschema(&vschema).start().await;
    let cluster = cluster.expect("a cluster");
    let endpoint = cluster.proxy("app", &keyspace);
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
