use super::*;
use crate::control::Control;
use crate::control::test_world::World;
use std::sync::Arc;

const TOPOLOGY: &str = "version: 1\nkeyspaces:\n  commerce: {shards: {'-': {instances: [{address: '127.0.0.1:1'}]}}}\n  shop:\n    shards:\n      '-80': {instances: [{address: '127.0.0.1:1'}, {address: '127.0.0.1:3', zone: b}]}\n      '80-': {instances: [{address: '127.0.0.1:2'}]}\n";
const VSCHEMA: &str = "version: 1\nkeyspaces:\n  commerce: {tables: {seq: {type: sequence}}}\n  shop:\n    sharded: true\n    vindexes: {by_id: {type: xxhash}, fixed: {type: binary}}\n    tables:\n      customer: {column_vindexes: [{column: id, name: by_id}]}\n      orders: {column_vindexes: [{column: customer_id, name: by_id}]}\n";

struct Setting {
    world: World,
    control: Control,
    metrics: Arc<Metrics>,
    processes: Arc<Processes>,
}

async fn setting() -> Setting {
    let world = World::new(TOPOLOGY, VSCHEMA);
    let metrics = Arc::new(Metrics::new(1, "0", Instant::now()));
    let control = Control::start(Arc::clone(&world.config), world.watch(), Arc::clone(&metrics)).await;
    Setting { world, control, metrics, processes: Processes::new(Instant::now()) }
}

impl Setting {
    fn ask(&self, user: &str, keyspace: Option<&str>, statement: Show) -> Result<ShowResult, String> {
        let (snapshot, status) = (self.control.snapshot(), self.control.status());
        let context = ShowContext {
            snapshot: &snapshot,
            status: &status,
            metrics: &self.metrics,
            pools: &[],
            processes: &self.processes,
            user: &self.world.config.users[user],
            target: keyspace.unwrap_or_default(),
            keyspace,
            ddl: &[],
            now: Instant::now(),
        };
        match show(&statement, &context) {
            Ok(result) => Ok(result.unwrap()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn rows(&self, user: &str, keyspace: Option<&str>, statement: Show) -> Vec<String> {
        let result = self.ask(user, keyspace, statement).unwrap();
        assert!(result.rows.iter().all(|row| row.len() == result.columns.len()));
        let row = |row: &Vec<Option<String>>| {
            row.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join("|")
        };
        result.rows.iter().map(row).collect()
    }
}

fn like(pattern: &str) -> Option<ShowFilter> {
    Some(ShowFilter::Like(pattern.into()))
}

#[tokio::test]
async fn only_keyspaces_that_the_user_has_a_right_for_are_listed() {
    let setting = setting().await;
    let system = ["information_schema", "mysql", "performance_schema"];
    let expect = |own: &[&str]| {
        let mut all: Vec<String> = own.iter().chain(&system).chain(&["sys"]).map(|name| (*name).to_owned()).collect();
        all.sort();
        all
    };
    assert_eq!(setting.rows("admin", None, Show::Databases(None)), expect(&["commerce", "shop"]));
    assert_eq!(setting.rows("app", None, Show::Databases(None)), expect(&["shop"]));
    let result = setting.ask("admin", None, Show::Databases(like("SH%"))).unwrap();
    assert_eq!((result.columns[0].0.as_str(), result.rows), ("Database (SH%)", vec![vec![Some("shop".to_owned())]]));
    let refused = setting.ask("app", None, Show::Databases(Some(ShowFilter::Where("`Database` = 'x'".into()))));
    assert!(refused.unwrap_err().contains("SG12001: unsupported: SHOW DATABASES WHERE"));
}

#[tokio::test]
async fn shards_and_tablets_are_listed_as_in_vitess() {
    let setting = setting().await;
    assert_eq!(setting.rows("admin", None, Show::Shards(None)), ["commerce/-", "shop/-80", "shop/80-"]);
    assert_eq!(setting.rows("admin", None, Show::Shards(like("shop/%8%"))), ["shop/-80", "shop/80-"]);
    assert_eq!(setting.rows("admin", None, Show::Shards(like("-80"))), ["shop/-80"]);
    assert_eq!(
        setting.rows("app", None, Show::Tablets(None)),
        [
            "|shop|-80|PRIMARY|SERVING|127.0.0.1:1|127.0.0.1|",
            "b|shop|-80|REPLICA|SERVING|127.0.0.1:3|127.0.0.1|",
            "|shop|80-|PRIMARY|SERVING|127.0.0.1:2|127.0.0.1|",
        ]
    );
}

#[tokio::test]
async fn the_vschema_is_shown_as_in_vitess() {
    let setting = setting().await;
    assert_eq!(setting.rows("admin", Some("shop"), Show::VschemaTables), ["customer", "orders"]);
    assert!(setting.ask("admin", None, Show::VschemaTables).unwrap_err().contains("No database selected"));
    assert_eq!(
        setting.rows("admin", None, Show::VschemaVindexes(None)),
        ["shop|by_id|xxhash||", "shop|fixed|binary||"]
    );
    let on = |table: &str| Show::VschemaVindexes(Some(table.into()));
    assert_eq!(setting.rows("app", Some("shop"), on("customer")), ["id|by_id|xxhash||"]);
    assert_eq!(setting.rows("app", None, on("shop.orders")), ["customer_id|by_id|xxhash||"]);
    assert!(setting.ask("app", Some("commerce"), on("seq")).unwrap_err().contains("no table `seq`"));
    assert_eq!(
        setting.rows("admin", None, Show::VschemaKeyspaces),
        ["commerce|false|unmanaged|", "shop|true|unmanaged|"]
    );
}

#[tokio::test]
async fn what_shows_the_whole_proxy_takes_the_right_for_it() {
    let setting = setting().await;
    for statement in
        [Show::ShardgateStatus, Show::ShardgatePools, Show::ShardgateTransactions, Show::ShardgateWorkflows]
    {
        assert!(setting.ask("app", None, statement.clone()).unwrap_err().contains("SG15002"), "{statement:?}");
        assert!(setting.ask("admin", None, statement).is_ok());
    }
    let status = setting.rows("admin", None, Show::ShardgateStatus);
    assert!(status.iter().any(|row| row == "store_status|good"), "{status:?}");
    assert!(status.iter().any(|row| row.starts_with("keyspace shop|not ready: 127.0.0.1:1")), "{status:?}");
    let own = setting.processes.register("127.0.0.1:9", Instant::now());
    own.set_user(Arc::from("app"));
    let _others = setting.processes.register("127.0.0.1:8", Instant::now());
    own.set_statement(ProcessCommand::Query, &[b'x'; 200], Instant::now());
    let list = setting.rows("app", None, Show::Processlist { full: false });
    assert_eq!(list, [format!("{}|app|127.0.0.1:9|NULL|Query|0|executing|{}", own.id(), "x".repeat(100))]);
    assert_eq!(setting.rows("admin", None, Show::Processlist { full: true }).len(), 2);
}
