//! The oracle: every statement runs on a plain MySQL that holds all rows and through the proxy, and must be answered
//! the same: rows, names, types, flags, affected rows, insert id, warnings, errno and SQLSTATE.
//!
//! A clear refusal is allowed and counted; a difference fails.

mod compare;
mod corpus;
mod fixture;
mod lookups;
mod pair;
mod random;
mod support;
mod tally;
mod tier;
mod vitess;
mod world;

use std::time::{Duration, Instant};

use compare::Verdict;
use corpus::{Corpus, Statement};
use fixture::Oracle;
use pair::{Pair, Protocol};
use random::Generator;
use tally::Tally;
use world::{ANALYTICS, LOOKUPS, PLACES, SHOP, TPCC, TPCH, TYPES, World};

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
        lookups::check(world, pair, &self.label, tally);
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
    let what = format!("oracle, {}", world.file(name));
    if matches!(name, "reads.sql" | "gathered.sql" | "joins.sql" | "queries.sql" | "values.sql" | "routing.sql") {
        tally.refuses_nothing(&what);
    }
    tally.finish(&what);
}

#[test]
fn oracle_reads_are_answered_as_by_one_mysql() {
    passes(&TYPES, "reads.sql", &BOTH);
}

#[test]
fn oracle_gathered_reads_are_answered_as_by_one_mysql() {
    passes(&TYPES, "gathered.sql", &BOTH);
}

#[test]
fn oracle_merged_reads_are_answered_as_by_one_mysql() {
    passes(&TYPES, "merged.sql", &BOTH);
}

#[test]
fn oracle_breadth_of_reads_is_answered_as_by_one_mysql() {
    passes(&TYPES, "breadth.sql", &BOTH);
}

#[test]
fn oracle_queries_of_all_shapes_are_answered_as_by_one_mysql() {
    passes(&TYPES, "queries.sql", &BOTH);
}

#[test]
fn oracle_values_at_the_edges_are_answered_as_by_one_mysql() {
    passes(&TYPES, "values.sql", &BOTH);
}

#[test]
fn oracle_conditions_on_the_shard_key_are_answered_as_by_one_mysql() {
    passes(&TYPES, "routing.sql", &BOTH);
}

#[test]
fn oracle_documents_keep_the_types_of_their_values() {
    passes(&TYPES, "documents.sql", &BOTH);
}

#[test]
fn oracle_full_text_search_finds_the_rows_of_one_mysql() {
    passes(&TYPES, "full_text.sql", &BOTH);
}

#[test]
fn oracle_joins_of_tables_that_do_not_meet_are_answered_as_by_one_mysql() {
    passes(&TYPES, "joins.sql", &BOTH);
}

#[test]
fn oracle_writes_are_answered_as_by_one_mysql() {
    passes(&TYPES, "writes.sql", &BOTH);
}

#[test]
fn oracle_breadth_of_writes_is_answered_as_by_one_mysql() {
    passes(&TYPES, "breadth_writes.sql", &BOTH);
}

#[test]
fn oracle_more_writes_are_answered_as_by_one_mysql() {
    passes(&TYPES, "more_writes.sql", &BOTH);
}

/// Affected rows are those that were found (CLIENT_FOUND_ROWS), as JDBC counts them.
#[test]
fn oracle_writes_count_the_rows_that_they_find_if_the_client_says_so() {
    let oracle = TYPES.oracle();
    let mut tally = Tally::default();
    for (ending, what, _) in PLACES.into_iter().skip(2) {
        let keyspace = TYPES.keyspace(ending);
        for name in ["writes.sql", "changes.sql", "more_writes.sql"] {
            let corpus = TYPES.corpus(name, &keyspace);
            let mut pair = oracle.pair(&keyspace, Protocol::TextCountingFound);
            let label = format!("{what}, {name}");
            let pass = Pass { label, corpus: &corpus, wrapped: Wrapped::No, counts_tiers: false };
            pass.run(&TYPES, &mut tally, &mut pair);
        }
    }
    tally.finish("oracle, writes that count found rows");
}

#[test]
fn oracle_foreign_keys_within_shards_are_kept_as_by_one_mysql() {
    passes(&TYPES, "foreign_keys.sql", &BOTH);
}

#[test]
fn oracle_changes_across_shards_are_answered_as_by_one_mysql() {
    passes(&TYPES, "changes.sql", &BOTH);
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
fn oracle_temporary_tables_behave_as_on_one_mysql() {
    passes(&TYPES, "temporary_tables.sql", &BOTH);
}

#[test]
fn oracle_views_are_answered_as_by_one_mysql() {
    passes(&TYPES, "views.sql", &[Wrapped::No]);
}

#[test]
fn oracle_tools_see_the_tables_of_one_mysql() {
    passes(&TYPES, "metadata_tools.sql", &[Wrapped::No]);
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

#[test]
fn oracle_reads_by_lookup_vindexes_are_answered_as_by_one_mysql() {
    passes(&LOOKUPS, "reads.sql", &BOTH);
}

#[test]
fn oracle_writes_that_lookup_vindexes_follow_are_answered_as_by_one_mysql() {
    passes(&LOOKUPS, "writes.sql", &BOTH);
}

/// How long a random test goes on: SHARDGATE_ORACLE_SECONDS, else for so many statements that it is the same each time.
struct Course {
    seed: u64,
    until: Option<Instant>,
    statements: usize,
}

impl Course {
    fn new(what: &str, statements: usize) -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = number("SHARDGATE_ORACLE_SEED").unwrap_or(20_240_229);
        let until = number("SHARDGATE_ORACLE_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
        println!("oracle, {what}: seed {seed}");
        Self { seed, until, statements }
    }

    fn goes_on(&self, done: usize) -> bool {
        self.until.map_or(done < self.statements, |until| Instant::now() < until)
    }
}

/// Sessions with the keyspaces of several shards, by both protocols.
fn random_pairs(oracle: &Oracle, protocols: &[Protocol]) -> Vec<(String, Pair)> {
    let mut pairs: Vec<(String, Pair)> = Vec::new();
    for (ending, what, _) in PLACES.into_iter().skip(2) {
        let keyspace = TYPES.keyspace(ending);
        for &protocol in protocols {
            let mut pair = oracle.pair(&keyspace, protocol);
            pair.reset(&TYPES.corpus("data.sql", &keyspace));
            pairs.push((format!("{what}, {protocol}"), pair));
        }
    }
    pairs
}

/// Random SELECTs, each on one of the pairs in turn.
#[test]
fn oracle_random_reads_are_answered_as_by_one_mysql() {
    let oracle = TYPES.oracle();
    let course = Course::new("random reads", 1000);
    let mut tally = Tally::default();
    let mut pairs = random_pairs(&oracle, &[Protocol::Text, Protocol::Prepared]);
    let mut generator = Generator::new(course.seed);
    let mut done = 0;
    while course.goes_on(done) {
        let statement = generator.read();
        let at = done % pairs.len();
        if let Some((label, pair)) = pairs.get_mut(at) {
            if done % 8 < 2
                && let Some(tier) = pair.tier(&statement)
            {
                tally.took(tier);
            }
            let verdict = pair.compare(&statement);
            tally.note(label, &statement, verdict);
        }
        done += 1;
    }
    let what = format!("oracle, random reads (seed {}, {done} statements)", course.seed);
    tally.refuses_nothing(&what);
    tally.finish(&what);
}

/// Random statements that change rows, some in a transaction, which is rolled back; after each the table's rows are
/// compared.
#[test]
fn oracle_random_writes_are_answered_as_by_one_mysql() {
    const IN_TRANSACTION: usize = 8;
    let oracle = TYPES.oracle();
    let course = Course::new("random writes", 400);
    let mut tally = Tally::default();
    let mut pairs = random_pairs(&oracle, &[Protocol::Text, Protocol::Prepared]);
    let mut generator = Generator::new(course.seed);
    let mut done = 0;
    while course.goes_on(done) {
        let at = done / IN_TRANSACTION % pairs.len();
        let Some((label, pair)) = pairs.get_mut(at) else { break };
        pair.both("BEGIN");
        for _ in 0..IN_TRANSACTION {
            let (statement, table) = generator.write();
            let verdict = pair.compare(&statement);
            let ran = !matches!(verdict, Verdict::Refused(_));
            tally.note(label, &statement, verdict);
            if ran {
                let after = Statement::unordered(&format!("SELECT * FROM {table}"));
                match pair.compare(&after) {
                    Verdict::Different(what) => {
                        tally.note(label, &statement, Verdict::Different(format!("afterwards {what}")));
                        break;
                    }
                    verdict => tally.note(label, &after, verdict),
                }
            }
        }
        pair.both("ROLLBACK");
        done += IN_TRANSACTION;
    }
    tally.finish(&format!("oracle, random writes (seed {}, {done} statements)", course.seed));
}
