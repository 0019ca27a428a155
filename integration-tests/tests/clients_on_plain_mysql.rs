//! The clients' checks themselves: on a plain MySQL every one must pass, so that a failure through the proxy is the
//! proxy's.

use mysql_async::prelude::Queryable;
use shardgate_integration_tests::clients::{CHECK_TABLE, Client};
use shardgate_integration_tests::{shared_plain_mysql, test_each_client};

/// Runs every variant of a client on a database of its own.
async fn passes_all_checks(client: Client) {
    let database = format!("{client:?}").to_lowercase();
    let endpoint = shared_plain_mysql(&database).expect("a MySQL server");
    let mut connection = endpoint.with_database("").connect().await.expect("a login");
    connection.query_drop(format!("CREATE DATABASE {database}")).await.expect("a database");
    connection.query_drop(format!("USE {database}")).await.expect("a database");
    connection.query_drop(CHECK_TABLE).await.expect("a table");
    connection.disconnect().await.expect("a log-out");
    client.passes_all_checks(&endpoint).await;
}

test_each_client!(passes_all_checks);
