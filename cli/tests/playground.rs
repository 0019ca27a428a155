//! The playground's servers, shop and files.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use shardgate_cli::playground::{Mysqld, Playground, PlaygroundError, PlaygroundOptions, free_port};
use shardgate_vschema::{Destination, ShardName, Value, Vindex};

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], free_port().expect("a free port")).into()
}

fn options(folder: &Path) -> PlaygroundOptions {
    PlaygroundOptions {
        shards: 2,
        mysqld: None,
        folder: folder.to_owned(),
        listen: loopback(),
        admin: loopback(),
        keep: false,
    }
}

async fn connect(server: &Mysqld, database: &str) -> Conn {
    let opts = Opts::from_url(&server.url(database)).expect("a URL");
    Conn::new(opts).await.expect("a login")
}

#[tokio::test]
async fn every_customer_lies_on_the_shard_of_its_keyspace_id_beside_its_orders() {
    let folder = tempfile::tempdir().unwrap();
    let playground = Playground::start(&options(&folder.path().join("p")), |_| {}).await.expect("a playground");
    let [commerce, shards @ ..] = playground.servers() else { panic!("no servers") };
    let mut commerce = connect(commerce, "commerce").await;
    let sequence: Option<(i64, i64, i64)> = commerce.query_first("SELECT * FROM customer_seq").await.unwrap();
    assert_eq!(sequence, Some((0, 1001, 1000)));

    let xxhash = Vindex::create("xxhash", "xxhash", &BTreeMap::new(), &|_| Err(String::new())).unwrap();
    let mut customers = 0;
    for (server, name) in shards.iter().zip(["-80", "80-"]) {
        let range = name.parse::<ShardName>().unwrap().key_range();
        let mut shard = connect(server, "customer").await;
        let sql = "SELECT id FROM customer UNION ALL SELECT customer_id FROM orders UNION ALL SELECT customer_id FROM order_line";
        let ids: Vec<i64> = shard.query(sql).await.unwrap();
        assert!(ids.len() > 2000, "{name}: {}", ids.len());
        for id in ids {
            let Ok(Destination::KeyspaceId(place)) = xxhash.map(&[Value::Int(id)]) else { panic!("{id}") };
            assert!(range.contains(&place), "customer {id} with keyspace id {place} on {name}");
        }
        let (here, countries): (i64, i64) = shard
            .query_first("SELECT (SELECT COUNT(*) FROM customer), (SELECT COUNT(*) FROM country)")
            .await
            .unwrap()
            .unwrap();
        customers += here;
        assert_eq!(countries, 14);
    }
    assert_eq!(customers, 1000);
}

#[tokio::test]
async fn a_kept_playground_is_taken_up_again_with_its_data_ports_and_edited_files() {
    let folder = tempfile::tempdir().unwrap();
    let options = PlaygroundOptions { keep: true, ..options(folder.path()) };
    let playground = Playground::start(&options, |_| {}).await.expect("a playground");
    let ports: Vec<u16> = playground.servers().iter().map(Mysqld::port).collect();
    connect(&playground.servers()[0], "commerce").await.query_drop("DELETE FROM product").await.unwrap();
    let vschema = folder.path().join("vschema.yaml");
    fs::write(&vschema, "# edited\n").unwrap();
    playground.stop().expect("an orderly end");

    let other = PlaygroundOptions { shards: 3, ..options.clone() };
    let error = Playground::start(&other, |_| {}).await.unwrap_err();
    assert!(matches!(error, PlaygroundError::OtherShards { found: 2, wanted: 3, .. }), "{error}");

    let playground = Playground::start(&options, |_| {}).await.expect("the playground again");
    assert_eq!(playground.servers().iter().map(Mysqld::port).collect::<Vec<_>>(), ports);
    let products =
        connect(&playground.servers()[0], "commerce").await.query_first("SELECT COUNT(*) FROM product").await;
    assert_eq!(products.unwrap(), Some(0));
    assert_eq!(fs::read_to_string(vschema).unwrap(), "# edited\n");
}

#[tokio::test]
async fn a_playground_that_is_not_kept_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(&folder.path().join("p"));
    let playground = Playground::start(&options, |_| {}).await.expect("a playground");
    let pids: Vec<u32> = playground.servers().iter().filter_map(Mysqld::pid).collect();
    assert_eq!(pids.len(), 3);
    assert!(playground.config_file().is_file());
    playground.stop().unwrap();
    assert!(!options.folder.exists());
    assert!(pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
}

#[tokio::test]
async fn a_folder_with_something_else_in_it_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
    let error = Playground::start(&options(folder.path()), |_| {}).await.unwrap_err();
    assert!(matches!(error, PlaygroundError::NotOurs { .. }), "{error}");
    assert!(folder.path().join("thesis.tex").is_file());
}
