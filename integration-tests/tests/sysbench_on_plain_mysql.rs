//! sysbench on a plain MySQL, so that an error through the proxy is the proxy's.

use mysql_async::prelude::Queryable;
use shardgate_integration_tests::shared_plain_mysql;
use shardgate_integration_tests::sysbench::{SysbenchOptions, prepare, run};

#[tokio::test]
async fn sysbench_runs_in_both_protocols_without_an_error() {
    let endpoint = shared_plain_mysql("sbtest").expect("a MySQL server");
    let mut connection = endpoint.with_database("").connect().await.expect("a login");
    connection.query_drop("CREATE DATABASE sbtest").await.expect("a database");
    connection.disconnect().await.expect("a log-out");
    prepare(&endpoint, SysbenchOptions::short("oltp_read_write", false)).expect("tables");
    for prepared in [false, true] {
        let options = SysbenchOptions::short("oltp_point_select", prepared);
        let report = run(&endpoint, options).expect("a run");
        assert_eq!((report.transactions, report.queries), (400, 400));
        assert_eq!((report.ignored_errors, report.reconnects), (0, 0));
    }
}
