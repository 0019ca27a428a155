//! Tools at their start: what ORMs and drivers find in a database, create and ask is the same on one MySQL and through the
//! proxy on a sharded keyspace.

use std::sync::OnceLock;

use shardgate_integration_tests::clients::tool;
use shardgate_integration_tests::{Cluster, shared_plain_mysql};

use crate::session::Session;
use crate::town::wait;

const VSCHEMA: &str = "version: 1
keyspaces:
  tools:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
    tables:
      sa_customer: {column_vindexes: [{column: id, name: xxhash}]}
      sa_order: {column_vindexes: [{column: customer_id, name: xxhash}]}
      sq_customer: {column_vindexes: [{column: id, name: xxhash}]}
      sq_order: {column_vindexes: [{column: customerId, name: xxhash}]}
      j_customer: {column_vindexes: [{column: id, name: xxhash}]}
      j_order: {column_vindexes: [{column: customerId, name: xxhash}]}
      h_customer: {column_vindexes: [{column: id, name: xxhash}]}
      h_order: {column_vindexes: [{column: customer_id, name: xxhash}]}
      ar_customers: {column_vindexes: [{column: id, name: xxhash}]}
      ar_orders: {column_vindexes: [{column: customer_id, name: xxhash}]}
      shop_customer: {column_vindexes: [{column: id, name: xxhash}]}
      shop_order: {column_vindexes: [{column: customer_id, name: xxhash}]}
      django_migrations: {pinned: '00'}
      django_content_type: {pinned: '00'}
";

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER
        .get_or_init(|| wait(Cluster::builder().sharded("tools", 2, &[]).vschema(VSCHEMA).start()).expect("a cluster"))
}

fn finds_the_same(name: &str) {
    let plain = shared_plain_mysql("").expect("a MySQL");
    Session::new(&plain).ok("CREATE DATABASE IF NOT EXISTS tools");
    let proxy = cluster().proxy("admin", "tools");
    let expected = tool(name, &plain.with_database("tools")).expect("a run on MySQL");
    let found = tool(name, &proxy).expect("a run through the proxy");
    let (Some(expected), Some(found)) = (expected, found) else { return };
    assert!(expected.lines().count() > 15, "{expected}");
    let differing: Vec<(&str, &str)> =
        expected.lines().zip(found.lines()).filter(|(one, other)| one != other).collect();
    assert!(expected == found, "MySQL and proxy: {differing:#?}\n{found}");
}

#[test]
fn sqlalchemy_and_django_find_the_same_as_on_one_mysql() {
    finds_the_same("python-tools");
}

#[test]
fn jdbc_metadata_and_hibernate_find_the_same_as_on_one_mysql() {
    finds_the_same("java-tools");
}

#[test]
fn sequelize_finds_the_same_as_on_one_mysql() {
    finds_the_same("node-tools");
}

#[test]
fn active_record_finds_the_same_as_on_one_mysql() {
    finds_the_same("rails-tools");
}
