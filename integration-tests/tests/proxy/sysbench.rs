//! sysbench through the proxy, on a sharded table, in both protocols, without an error.

use shardgate_integration_tests::Cluster;
use shardgate_integration_tests::sysbench::{SysbenchOptions, prepare, run};

#[tokio::test]
async fn sysbench_runs_in_both_protocols_without_an_error() {
    let vschema = "version: 1
keyspaces:
  sbtest:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      sbtest1: {column_vindexes: [{column: id, name: xxhash}]}
";
    let cluster = Cluster::builder().sharded("sbtest", 2, &[]).vschema(vschema).start().await.expect("a cluster");
    // Tables are made by an administrator; the load runs as an application.
    let admin = cluster.proxy("admin", "sbtest");
    let app = cluster.proxy("app", "sbtest");
    tokio::task::spawn_blocking(move || {
        prepare(&admin, SysbenchOptions::short("oltp_read_write", false)).expect("tables");
        for script in ["oltp_point_select", "oltp_read_only", "oltp_read_write", "oltp_insert"] {
            for prepared in [false, true] {
                let options = SysbenchOptions { events: 50, ..SysbenchOptions::short(script, prepared) };
                let report = run(&app, options).unwrap_or_else(|error| panic!("{script} prepared {prepared}: {error}"));
                assert_eq!((report.transactions, report.reconnects), (50, 0), "{script} prepared {prepared}");
                // Two writers of one row may deadlock, as on a plain MySQL; nothing else is passed over.
                let allowed = if script == "oltp_read_write" { 10 } else { 0 };
                assert!(report.ignored_errors <= allowed, "{script} prepared {prepared}: {report:?}");
            }
        }
    })
    .await
    .expect("the load");
}
