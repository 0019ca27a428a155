//! Real clients through the proxy, on a sharded table: the same checks that they pass on a plain MySQL.

use shardgate_integration_tests::clients::{CHECK_TABLE, Client};
use shardgate_integration_tests::{Cluster, test_each_client};

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
    client.passes_all_checks(&endpoint).await;
}

test_each_client!(passes_all_checks);
