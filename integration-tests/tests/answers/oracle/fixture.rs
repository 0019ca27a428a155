//! The servers that the oracle compares, shared by its tests.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use shardgate_integration_tests::{Cluster, Endpoint, RawClient, RawReply, shared_plain_mysql};

use super::KEYSPACES;
use super::corpus::Corpus;
use super::pair::{Pair, Protocol};

pub(super) struct Oracle {
    cluster: Cluster,
    plain: Endpoint,
}

impl Oracle {
    /// The one of this process, for one test at a time: they change the same tables.
    pub(super) fn shared() -> MutexGuard<'static, Self> {
        static ORACLE: OnceLock<Mutex<Oracle>> = OnceLock::new();
        ORACLE.get_or_init(|| Mutex::new(Self::start())).lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start() -> Self {
        let plain = shared_plain_mysql("").expect("a plain MySQL");
        let (schema, unsharded) = (Corpus::read("schema.sql", ""), Corpus::read("unsharded.sql", ""));
        let mut client = RawClient::connect(&plain).expect("a session with MySQL");
        let names = KEYSPACES.iter().map(|(name, _)| (*name, &schema)).chain([("omain", &unsharded)]);
        for (name, tables) in names {
            run(&mut client, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
            run(&mut client, &format!("USE {name}"));
            tables.texts().into_iter().for_each(|text| run(&mut client, text));
        }
        let mut sequences: Vec<String> = Vec::new();
        let mut vschema = "version: 1\nkeyspaces:\n  o0: {}\n  omain: {}\n  oseq:\n    tables:\n".to_owned();
        for (name, _) in KEYSPACES {
            sequences.push(format!(
                "CREATE TABLE {name}_seq (id INT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'"
            ));
            sequences.push(format!("INSERT INTO {name}_seq VALUES (0, 1, 100)"));
            let _ = writeln!(vschema, "      {name}_seq: {{type: sequence}}");
        }
        for (name, _) in KEYSPACES.into_iter().skip(1) {
            vschema.push_str(&sharded_vschema(name));
        }
        let sequences: Vec<&str> = sequences.iter().map(String::as_str).collect();
        let builder = Cluster::builder()
            .unsharded("oseq", &sequences)
            .unsharded("omain", &unsharded.texts())
            .unsharded("o0", &schema.texts())
            .sharded("o1", 1, &schema.texts())
            .sharded("o2", 2, &schema.texts())
            .sharded("o4", 4, &schema.texts())
            .vschema(&vschema);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let cluster = runtime.block_on(builder.start()).expect("a cluster");
        Self { cluster, plain }
    }

    /// Two new sessions whose default database is the keyspace.
    pub(super) fn pair(&self, keyspace: &str, protocol: Protocol) -> Pair {
        let proxy = self.cluster.proxy("admin", keyspace);
        Pair::connect(self.plain.with_database(keyspace), proxy, keyspace, protocol)
    }
}

fn run(client: &mut RawClient, text: &str) {
    let replies = client.query(text).expect("an answer of MySQL");
    if let Some(RawReply::Err { message, .. }) = replies.first() {
        panic!("{text}: {message}");
    }
}

fn sharded_vschema(name: &str) -> String {
    format!(
        "  {name}:
    sharded: true
    vindexes:
      xxhash: {{type: xxhash}}
      by_name: {{type: unicode_loose_xxhash}}
    tables:
      customer: {{column_vindexes: [{{column: id, name: xxhash}}]}}
      orders: {{column_vindexes: [{{column: customer_id, name: xxhash}}]}}
      item: {{column_vindexes: [{{column: customer_id, name: xxhash}}]}}
      country: {{type: reference}}
      account: {{column_vindexes: [{{column: name, name: by_name}}]}}
      ticket:
        column_vindexes: [{{column: id, name: xxhash}}]
        auto_increment: {{column: id, sequence: oseq.{name}_seq}}
      made: {{column_vindexes: [{{column: id, name: xxhash}}]}}
"
    )
}
