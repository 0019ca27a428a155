//! A cluster that several modules share: `town` on two shards, `hall` without shards.

use std::future::Future;
use std::sync::OnceLock;

use shardgate_integration_tests::{Cluster, Endpoint};

use crate::session::Session;

const VSCHEMA: &str = "version: 1
keyspaces:
  hall:
    tables:
      visit_seq: {type: sequence}
      raw_seq: {type: sequence}
      killed_seq: {type: sequence}
      memo: {}
  town:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
      hash: {type: hash}
    tables:
      person: {column_vindexes: [{column: id, name: xxhash}]}
      pet: {column_vindexes: [{column: owner_id, name: xxhash}]}
      hashed: {column_vindexes: [{column: id, name: hash}]}
      hued: {column_vindexes: [{column: id, name: xxhash}]}
      account: {column_vindexes: [{column: id, name: xxhash}]}
      badge: {column_vindexes: [{column: id, name: xxhash}]}
      kind: {type: reference}
      visit:
        column_vindexes: [{column: id, name: xxhash}]
        auto_increment: {column: id, sequence: hall.visit_seq}
routing_rules:
  rules:
    - {from_table: old.person, to_tables: [town.person]}
    - {from_table: citizen, to_tables: [town.person]}
";

const TOWN: [&str; 8] = [
    "CREATE TABLE person (id BIGINT PRIMARY KEY, name VARCHAR(40), age INT)",
    "CREATE TABLE pet (id BIGINT, owner_id BIGINT, name VARCHAR(40), PRIMARY KEY (owner_id, id))",
    "CREATE TABLE hashed (id BIGINT PRIMARY KEY)",
    "CREATE TABLE hued (id BIGINT PRIMARY KEY)",
    "CREATE TABLE account (id BIGINT PRIMARY KEY, amount INT NOT NULL DEFAULT 0)",
    "CREATE TABLE badge (id BIGINT PRIMARY KEY, note VARCHAR(40))",
    "CREATE TABLE kind (code CHAR(2) PRIMARY KEY, name VARCHAR(40))",
    "CREATE TABLE visit (id BIGINT PRIMARY KEY, note VARCHAR(40))",
];
const HALL: [&str; 7] = [
    "CREATE TABLE visit_seq (id INT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'",
    "CREATE TABLE raw_seq (id INT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'",
    "CREATE TABLE killed_seq (id INT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'",
    "CREATE TABLE memo (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, body VARCHAR(100))",
    "INSERT INTO visit_seq VALUES (0, 1000, 10)",
    "INSERT INTO raw_seq VALUES (0, 1, 3)",
    "INSERT INTO killed_seq VALUES (0, 1, 5)",
];

/// The cluster, which lives as long as the process.
pub(crate) fn town() -> &'static Cluster {
    static TOWN_CLUSTER: OnceLock<Cluster> = OnceLock::new();
    TOWN_CLUSTER.get_or_init(|| {
        let builder = Cluster::builder().unsharded("hall", &HALL).sharded("town", 2, &TOWN).vschema(VSCHEMA);
        wait(builder.start()).expect("a cluster")
    })
}

/// Runs a future to its end.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// A session of the user `app` with `town`.
pub(crate) fn app() -> Session {
    Session::new(&town().proxy("app", "town"))
}

/// The servers of a keyspace's shards, in order, to ask directly.
pub(crate) fn shards(keyspace: &str) -> Vec<(String, Endpoint)> {
    town().shards(keyspace).expect("a keyspace")
}

/// The rows of a query on each shard, asked directly.
pub(crate) fn on_shards(keyspace: &str, query: &str) -> Vec<Vec<Vec<String>>> {
    shards(keyspace).iter().map(|(_, endpoint)| Session::new(endpoint).rows(query)).collect()
}
