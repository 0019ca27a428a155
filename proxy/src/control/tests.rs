use super::test_server::TestServer;
use super::test_world::World;
use super::*;
use std::time::Instant;

const DEAD: &str = "version: 1\nkeyspaces:\n  shop: {shards: {'-': {instances: [{address: '127.0.0.1:1'}]}}}\n";
const VSCHEMA: &str = "version: 1\nkeyspaces:\n  shop: {}\n";

async fn start(world: &World) -> Control {
    let metrics = Arc::new(Metrics::new(1, "0", Instant::now()));
    Control::start(Arc::clone(&world.config), world.watch(), metrics).await
}

/// Wait for a condition, with a deadline.
async fn eventually(control: &Control, what: &str, condition: impl Fn(&Control) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition(control) {
        assert!(Instant::now() < deadline, "{what} didn't happen; status: {:?}", control.status().keyspaces);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyspace_whose_servers_are_down_is_not_ready_and_the_proxy_starts() {
    let world = World::new(DEAD, VSCHEMA);
    let control = start(&world).await;
    let error = control.not_ready("shop").unwrap().to_string();
    assert!(error.contains("SG15013") && error.contains("127.0.0.1:1"), "{error}");
    assert!(control.not_ready("unknown").is_none());
    assert_eq!(&*control.snapshot().server_version, "8.4.0-shardgate");
    assert!(control.refresh("shop").await.unwrap_err().to_string().contains("127.0.0.1:1"));
    assert!(control.refresh("unknown").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_reaches_the_snapshot_and_a_faulty_one_only_the_status() {
    let world = World::new(DEAD, VSCHEMA);
    let control = start(&world).await;
    let generation = control.snapshot().generation;
    let two = "version: 1\nkeyspaces:\n  shop: {shards: {'-80': {instances: [{address: '127.0.0.1:1'}]}, '80-': {instances: [{address: '127.0.0.1:2'}]}}}\n";
    let sharded = "version: 1\nkeyspaces:\n  shop: {sharded: true}\n";
    world.apply(two, sharded);
    eventually(&control, "the edit", |control| control.snapshot().catalog.is_sharded("shop")).await;
    assert!(control.snapshot().generation > generation);
    assert_eq!(control.status().revision().revision.0, 2);
    world.fault("version: 1\nkeyspaces: {shop: {shards: {}}}\n");
    eventually(&control, "the fault", |control| control.status().store.as_str() == "faulty").await;
    assert!(control.status().store.to_string().contains("no shard holds"));
    assert!(control.snapshot().catalog.is_sharded("shop"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_plans_do_not_depend_on_makes_no_new_generation() {
    let world = World::new(DEAD, VSCHEMA);
    let control = start(&world).await;
    let generation = control.snapshot().generation;
    world.fault("version: 1\nkeyspaces: {shop: {shards: {}}}\n");
    eventually(&control, "the fault", |control| control.status().store.as_str() == "faulty").await;
    assert!(control.refresh("shop").await.is_err());
    assert_eq!(control.snapshot().generation, generation);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keyspaces_with_a_server_are_served_beside_those_without() {
    let Some(server) = TestServer::from_environment() else { return };
    server.keyspace("ctl_beside", &["-"], &["CREATE TABLE t (id INT PRIMARY KEY)"]).await;
    let topology = format!(
        "version: 1\ndefault: {{instances: [{{address: '{address}'}}]}}\nkeyspaces:\n  \
         shop: {{shards: {{'-': {{instances: [{{address: '{address}', database: ctl_beside_0}}]}}}}}}\n  \
         dead: {{shards: {{'-': {{instances: [{{address: '127.0.0.1:1'}}]}}}}}}\n",
        address = server.address(),
    );
    let world = World::new(&topology, "version: 1\nkeyspaces:\n  shop: {}\n  dead: {}\n");
    let control = start(&world).await;
    let snapshot = control.snapshot();
    assert!(snapshot.catalog.schema.table("shop", "t").is_some());
    assert!(control.not_ready("shop").is_none() && control.not_ready("dead").is_some());
    assert!(snapshot.server_version.ends_with("-shardgate") && &*snapshot.server_version != "8.4.0-shardgate");
    let default = snapshot.catalog.default.as_ref().unwrap();
    assert!(default.databases.iter().any(|name| &**name == "ctl_beside_0"));
    assert_eq!(Some(default.server_group), snapshot.catalog.keyspace("shop").unwrap().server_group);
    assert!(snapshot.catalog.is_renamed("shop"));
    assert!(control.sequence_homes()("shop").is_some_and(|home| &*home.database == "ctl_beside_0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ddl_is_seen_after_refresh_and_without_it_by_polling() {
    let Some(server) = TestServer::from_environment() else { return };
    server.keyspace("ctl_ddl", &["-"], &["CREATE TABLE t (id INT PRIMARY KEY)"]).await;
    let instance = format!("{{address: '{}', database: ctl_ddl_0}}", server.address());
    let topology = format!("version: 1\nkeyspaces:\n  shop: {{shards: {{'-': {{instances: [{instance}]}}}}}}\n");
    let world = World::new(&topology, VSCHEMA);
    let control = start(&world).await;
    let column = |control: &Control, name: &str| {
        control.snapshot().catalog.schema.table("shop", "t").is_some_and(|table| table.column(name).is_some())
    };
    server.run("ctl_ddl_0", "ALTER TABLE t ADD COLUMN through INT").await;
    control.refresh("shop").await.unwrap();
    assert!(column(&control, "through"));
    server.run("ctl_ddl_0", "ALTER TABLE t ADD COLUMN past INT, ALGORITHM=INSTANT").await;
    eventually(&control, "polling", |control| column(control, "past")).await;
}
