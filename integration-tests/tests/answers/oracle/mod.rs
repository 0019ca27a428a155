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
mod tier;
mod vitess;
mod world;

use std::time::{Duration, Instant};

use corpus::{Corpus, Statement};
use pair::{Pair, Protocol};
use random::Generator;
use tally::Tally;
use world::{ANALYTICS, PLACES, SHOP, TPCC, TPCH, TYPES, World};

/// Whether a corpus runs in one transaction, which is rolled back.
#[derive(Clone, Copy, PartialEq)]
enum Wrapped {
    No,
    InTransaction,
}

const BOTH: [Wrapped; 2] = [Wrapped::No, Wrapped::InTransaction];

/// A corpus on one keyspace by one protocol.
struct Pass<'a> {
    label: String,
    corpus: &'a Corpus,
    wrapped: Wrapped,
    /// Whether the ways that the statements take are counted.
    counts_tiers: bool,
}

impl Pass<'_> {
    fn run(&self, world: &World, tally: &mut Tally, pair: &mut Pair) {
        pair.reset(&world.corpus("data.sql", &pair.keyspace));
        if self.wrapped == Wrapped::InTransaction {
            pair.both("BEGIN");
        }
        for statement in &self.corpus.statements {
            let tier = if self.counts_tiers { pair.tier(statement) } else { None };
            let verdict = pair.compare(statement);
            tally.note(&self.label, statement, verdict);
            if let Some(tier) = tier {
                tally.took(tier);
            }
        }
        pair.both("ROLLBACK");
        for table in world.tables() {
            let statement = Statement::unordered(&format!("SELECT * FROM {table}"));
            let verdict = pair.compare(&statement);
            tally.note(&format!("{}, afterwards", self.label), &statement, verdict);
        }
    }
}

fn passes(world: &World, name: &str, wrappings: &[Wrapped]) {
    let oracle = world.oracle();
    let mut tally = Tally::default();
    for (ending, what, shards) in PLACES {
        let keyspace = world.keyspace(ending);
        let corpus = world.corpus(name, &keyspace);
        for protocol in [Protocol::Text, Protocol::Prepared] {
            for &wrapped in wrappings {
                let inside = if wrapped == Wrapped::InTransaction { ", in a transaction" } else { "" };
                let label = format!("{what}, {protocol}{inside}");
                let counts_tiers = shards > 1 && protocol == Protocol::Text && wrapped == Wrapped::No;
                let mut pair = oracle.pair(&keyspace, protocol);
                Pass { label, corpus: &corpus, wrapped, counts_tiers }.run(world, &mut tally, &mut pair);
            }
        }
    }
    tally.finish(&format!("oracle, {}", world.file(name)));
}

#[test]
fn oracle_reads_are_answered_as_by_one_mysql() {
    passes(&TYPES, "reads.sql", &BOTH);
}

#[test]
fn oracle_writes_are_answered_as_by_one_mysql() {
    passes(&TYPES, "writes.sql", &BOTH);
}

#[test]
fn oracle_sessions_behave_as_on_one_mysql() {
    passes(&TYPES, "session.sql", &[Wrapped::No]);
}

#[test]
fn oracle_data_definition_behaves_as_on_one_mysql() {
    passes(&TYPES, "ddl.sql", &[Wrapped::No]);
}

#[test]
fn oracle_tpch_is_answered_as_by_one_mysql() {
    passes(&TPCH, "reads.sql", &BOTH);
}

#[test]
fn oracle_tpcc_is_answered_as_by_one_mysql() {
    passes(&TPCC, "transactions.sql", &[Wrapped::No]);
}

#[test]
fn oracle_a_shops_orm_is_answered_as_by_one_mysql() {
    passes(&SHOP, "reads.sql", &BOTH);
    passes(&SHOP, "writes.sql", &BOTH);
}

#[test]
fn oracle_analytics_is_answered_as_by_one_mysql() {
    passes(&ANALYTICS, "reads.sql", &BOTH);
}

/// Random SELECTs, for SHARDGATE_ORACLE_SECONDS (12) from SHARDGATE_ORACLE_SEED (printed).
#[test]
fn oracle_random_reads_are_answered_as_by_one_mysql() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("SHARDGATE_ORACLE_SECONDS").unwrap_or(12);
    let seed = number("SHARDGATE_ORACLE_SEED").unwrap_or(20_240_229);
    println!("oracle, random: seed {seed}, {seconds} s");
    let oracle = TYPES.oracle();
    let mut tally = Tally::default();
    let mut pairs: Vec<(String, Pair)> = Vec::new();
    for (ending, what, _) in PLACES.into_iter().skip(2) {
        let keyspace = TYPES.keyspace(ending);
        for protocol in [Protocol::Text, Protocol::Prepared] {
            let mut pair = oracle.pair(&keyspace, protocol);
            pair.reset(&TYPES.corpus("data.sql", &keyspace));
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
