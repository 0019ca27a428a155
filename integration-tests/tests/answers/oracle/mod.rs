//! The oracle: every statement runs on a plain MySQL that holds all rows and through the proxy, and must be answered
//! the same: rows, names, types, flags, affected rows, insert id, warnings, errno and SQLSTATE.
//!
//! A clear refusal is allowed and counted; a difference fails.

mod compare;
mod corpus;
mod fixture;
mod pair;
mod random;
mod tally;
mod vitess;

use std::time::{Duration, Instant};

use corpus::{Corpus, Statement};
use fixture::Oracle;
use pair::{Pair, Protocol};
use random::Generator;
use tally::Tally;

/// The keyspaces that the corpora run on, and what each is.
const KEYSPACES: [(&str, &str); 4] = [("o0", "unsharded"), ("o1", "1 shard"), ("o2", "2 shards"), ("o4", "4 shards")];
const TABLES: [&str; 6] = ["customer", "orders", "item", "country", "account", "ticket"];

/// Whether a corpus runs in one transaction, which is rolled back.
#[derive(Clone, Copy, PartialEq)]
enum Wrapped {
    No,
    InTransaction,
}

fn run(tally: &mut Tally, pair: &mut Pair, corpus: &Corpus, label: &str, wrapped: Wrapped) {
    pair.reset(&Corpus::read("data.sql", &pair.keyspace));
    if wrapped == Wrapped::InTransaction {
        pair.both("BEGIN");
    }
    for statement in &corpus.statements {
        let verdict = pair.compare(statement);
        tally.note(label, statement, verdict);
    }
    pair.both("ROLLBACK");
    for table in TABLES {
        let statement = Statement::unordered(&format!("SELECT * FROM {table}"));
        let verdict = pair.compare(&statement);
        tally.note(&format!("{label}, afterwards"), &statement, verdict);
    }
}

fn passes(corpus: &str, wrappings: &[Wrapped]) {
    let oracle = Oracle::shared();
    let mut tally = Tally::default();
    for (keyspace, what) in KEYSPACES {
        let corpus = Corpus::read(corpus, keyspace);
        for protocol in [Protocol::Text, Protocol::Prepared] {
            for &wrapped in wrappings {
                let inside = if wrapped == Wrapped::InTransaction { ", in a transaction" } else { "" };
                let label = format!("{what}, {protocol}{inside}");
                let mut pair = oracle.pair(keyspace, protocol);
                run(&mut tally, &mut pair, &corpus, &label, wrapped);
            }
        }
    }
    tally.finish(&format!("oracle, {corpus}"));
}

#[test]
fn oracle_reads_are_answered_as_by_one_mysql() {
    passes("reads.sql", &[Wrapped::No, Wrapped::InTransaction]);
}

#[test]
fn oracle_writes_are_answered_as_by_one_mysql() {
    passes("writes.sql", &[Wrapped::No, Wrapped::InTransaction]);
}

#[test]
fn oracle_sessions_behave_as_on_one_mysql() {
    passes("session.sql", &[Wrapped::No]);
}

#[test]
fn oracle_data_definition_behaves_as_on_one_mysql() {
    passes("ddl.sql", &[Wrapped::No]);
}

/// Random SELECTs, for SHARDGATE_ORACLE_SECONDS (12) from SHARDGATE_ORACLE_SEED (printed).
#[test]
fn oracle_random_reads_are_answered_as_by_one_mysql() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("SHARDGATE_ORACLE_SECONDS").unwrap_or(12);
    let seed = number("SHARDGATE_ORACLE_SEED").unwrap_or(20_240_229);
    println!("oracle, random: seed {seed}, {seconds} s");
    let oracle = Oracle::shared();
    let mut tally = Tally::default();
    let mut pairs: Vec<(String, Pair)> = Vec::new();
    for (keyspace, what) in KEYSPACES.into_iter().skip(2) {
        for protocol in [Protocol::Text, Protocol::Prepared] {
            let mut pair = oracle.pair(keyspace, protocol);
            pair.reset(&Corpus::read("data.sql", keyspace));
            pairs.push((format!("{what}, {protocol}"), pair));
        }
    }
    let mut generator = Generator::new(seed);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < deadline {
        let statement = generator.select();
        for (label, pair) in &mut pairs {
            let verdict = pair.compare(&statement);
            tally.note(label, &statement, verdict);
        }
    }
    tally.finish(&format!("oracle, random (seed {seed})"));
}
