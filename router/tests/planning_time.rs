//! What planning costs, and what a plan costs that is in the cache.

// In a test a wrong value is to end it.
#![allow(clippy::unwrap_used)]

use shardgate_router::cache::{CacheKey, PlanCache};
use shardgate_router::catalog::{Catalog, KeyspaceInfo};
use shardgate_router::fingerprint::{Fingerprint, SqlMode, scan};
use shardgate_router::planner::{Context, plan};
use shardgate_router::schema::{KeyspaceSchema, Schema};
use shardgate_router::schema_sql;
use shardgate_vschema::VSchema;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tables `t0` to `t9`, sharded by their id.
fn catalog() -> Catalog {
    let mut vschema =
        "version: 1\nkeyspaces:\n  k:\n    sharded: true\n    vindexes:\n      hash: {type: hash}\n    tables:\n"
            .to_owned();
    let mut sql = String::new();
    for number in 0..10 {
        vschema.push_str(&format!("      t{number}: {{column_vindexes: [{{column: id, name: hash}}]}}\n"));
        sql.push_str(&format!(
            "CREATE TABLE t{number} (id BIGINT PRIMARY KEY, name VARCHAR(60), amount DECIMAL(10,2), made DATETIME);\n"
        ));
    }
    let vschema = VSchema::parse("k.yaml", &vschema, &|_: &str| Err("no files here".to_owned())).unwrap();
    let mut tables = KeyspaceSchema { case_sensitive: true, ..KeyspaceSchema::default() };
    schema_sql::tables(&sql).unwrap().into_iter().for_each(|table| tables.insert(table));
    let mut schema = Schema::default();
    schema.keyspaces.insert(Arc::from("k"), Arc::new(tables));
    let info = KeyspaceInfo { name: Arc::from("k"), sharded: true, server_group: None, renamed: false };
    Catalog {
        vschema: Arc::new(vschema),
        schema: Arc::new(schema),
        keyspaces: vec![info],
        default: None,
        generation: 1,
        temporary: Vec::new(),
    }
}

/// The time of one call, the fastest of `rounds` in which it is made `calls` times: what else runs on the machine can
/// only make it longer.
fn time_of(rounds: u32, calls: u32, mut call: impl FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed() / calls
    };
    (0..rounds).map(round).min().unwrap()
}

#[test]
fn a_join_of_ten_tables_is_planned_in_two_milliseconds_and_a_cached_plan_found_in_three_microseconds() {
    let catalog = catalog();
    let joins: String =
        (1..10).map(|number| format!(" LEFT JOIN t{number} ON t{number}.id = t{}.id", number - 1)).collect();
    let join = format!(
        "SELECT t0.name, SUM(t9.amount) AS total, COUNT(*) FROM t0{joins} WHERE t0.made > '2024-01-01' AND t1.amount < 10 \
         GROUP BY t0.name HAVING total > 5 ORDER BY total DESC, t0.name LIMIT 10"
    );
    let context = Context::new(&catalog, Some("k"));
    let mut fingerprint = Fingerprint::new();
    scan(join.as_bytes(), context.mode.lex, &mut fingerprint).unwrap();
    let planning = time_of(20, 5, || drop(plan(join.as_bytes(), &fingerprint, &context).unwrap()));

    let point = b"SELECT name, amount FROM t3 WHERE id = 12345";
    let cache = PlanCache::new(1000, 1 << 20);
    let (mode, generation) = (SqlMode::default(), catalog.generation);
    let key =
        CacheKey { database: Some("k"), mode, prepared: false, shard_targeted: false, select_limit: false, generation };
    scan(point, context.mode.lex, &mut fingerprint).unwrap();
    cache.insert(&key, &fingerprint, Arc::new(plan(point, &fingerprint, &context).unwrap()));
    let cached = time_of(20, 2000, || {
        scan(point, context.mode.lex, &mut fingerprint).unwrap();
        assert!(cache.get(&key, &fingerprint, point).is_some());
    });
    println!("planning a join of ten tables: {planning:?}; fingerprint and cached plan of a point select: {cached:?}");
    assert!(planning < Duration::from_millis(2), "{planning:?}");
    assert!(cached < Duration::from_micros(3), "{cached:?}");
}
