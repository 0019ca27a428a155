//! The worlds of the corpora: for each a schema, rows, and a vschema, in a folder of `corpora/`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use shardgate_integration_tests::Cluster;

use super::corpus::Corpus;
use super::fixture::Oracle;

/// The keyspaces that a corpus runs on: how their names end, what each is, and its shards (0: it is unsharded).
pub(super) const PLACES: [(&str, &str, usize); 4] =
    [("0", "unsharded", 0), ("1", "1 shard", 1), ("2", "2 shards", 2), ("4", "4 shards", 4)];

pub(super) struct World {
    /// The folder in `corpora/`; empty: `corpora/` itself.
    folder: &'static str,
    /// What the names of its keyspaces begin with.
    prefix: &'static str,
    /// The sequences of each sharded keyspace, and what they begin with: where AUTO_INCREMENT goes on after the data.
    sequences: &'static [(&'static str, u64)],
    oracle: OnceLock<Mutex<Oracle>>,
}

/// Every column type, for statements of one kind each.
pub(super) static TYPES: World = World::new("", "o", &[("seq", 1)]);
/// TPC-H: orders with their lines, parts with their suppliers.
pub(super) static TPCH: World = World::new("tpch", "h", &[]);
/// TPC-C: all by warehouse.
pub(super) static TPCC: World = World::new("tpcc", "c", &[]);
/// A shop, as ORMs talk to it.
pub(super) static SHOP: World = World::new("shop", "s", &[("customer", 1019), ("order", 5046)]);
/// Events and what analysts ask of them.
pub(super) static ANALYTICS: World = World::new("analytics", "a", &[]);

/// People and posts that lookup vindexes find.
pub(super) static LOOKUPS: World = World::new("lookups", "l", &[]);

impl World {
    const fn new(folder: &'static str, prefix: &'static str, sequences: &'static [(&'static str, u64)]) -> Self {
        Self { folder, prefix, sequences, oracle: OnceLock::new() }
    }

    /// The servers of this world, started by the first that asks, for one test at a time: they change the same tables.
    pub(super) fn oracle(&self) -> MutexGuard<'_, Oracle> {
        self.oracle.get_or_init(|| Mutex::new(Oracle::start(self))).lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpora").join(self.folder).join(name)
    }

    /// How a file of this world is called where people read it.
    pub(super) fn file(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    /// A file of this world's statements, for a keyspace.
    pub(super) fn corpus(&self, name: &str, keyspace: &str) -> Corpus {
        Corpus::read(&self.path(name), keyspace)
    }

    /// The keyspace of this world whose name ends so.
    pub(super) fn keyspace(&self, ending: &str) -> String {
        format!("{}{ending}", self.prefix)
    }

    /// The tables of the sharded keyspaces.
    pub(super) fn tables(&self) -> Vec<String> {
        let schema = self.corpus("schema.sql", "");
        let name = |text: &str| Some(text.strip_prefix("CREATE TABLE ")?.split([' ', '(']).next()?.to_owned());
        schema.texts().into_iter().filter_map(name).collect()
    }

    /// The tables of the lookup vindexes of a keyspace.
    fn lookup_tables(&self, keyspace: &str) -> Vec<String> {
        let path = self.path("lookups.sql");
        if !path.exists() {
            return Vec::new();
        }
        Corpus::read(&path, keyspace).statements.into_iter().map(|statement| statement.text).collect()
    }

    /// The vschema of a keyspace by itself, if it has lookup vindexes.
    pub(super) fn lookup_vschema(&self, keyspace: &str) -> Option<String> {
        let sharded = PLACES.iter().any(|(ending, _, shards)| *shards > 0 && self.keyspace(ending) == keyspace);
        if !sharded || !self.path("lookups.sql").exists() {
            return None;
        }
        let template = fs::read_to_string(self.path("vschema.yaml")).expect("a vschema");
        Some(format!("version: 1\nkeyspaces:\n{}", template.replace("{db}", keyspace)))
    }

    /// The databases with their tables: what the plain MySQL gets.
    pub(super) fn databases(&self) -> Vec<(String, Corpus)> {
        let mut found: Vec<(String, Corpus)> = Vec::new();
        for (ending, ..) in PLACES {
            found.push((self.keyspace(ending), self.corpus("schema.sql", "")));
        }
        found.push((self.keyspace("main"), self.corpus("unsharded.sql", "")));
        found
    }

    /// The same as keyspaces behind a proxy.
    pub(super) async fn cluster(&self) -> Cluster {
        let (schema, unsharded) = (self.corpus("schema.sql", ""), self.corpus("unsharded.sql", ""));
        let template = fs::read_to_string(self.path("vschema.yaml")).expect("a vschema");
        let mut sequences: Vec<String> = Vec::new();
        let mut vschema = "version: 1\nkeyspaces:\n".to_owned();
        let (main, sequence) = (self.keyspace("main"), self.keyspace("seq"));
        let _ = write!(vschema, "  {main}: {{}}\n  {sequence}:\n    tables:\n");
        let sequences_of = |place| self.sequences.iter().map(move |sequence| (place, sequence));
        for ((ending, ..), (name, first)) in PLACES.iter().flat_map(sequences_of) {
            let table = format!("{}_{name}", self.keyspace(ending));
            sequences.push(format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'"
            ));
            sequences.push(format!("INSERT INTO {table} VALUES (0, {first}, 100)"));
            let _ = writeln!(vschema, "      {table}: {{type: sequence}}");
        }
        if self.sequences.is_empty() {
            vschema.push_str("      none: {}\n");
        }
        let mut beside: Vec<String> = Vec::new();
        for (ending, ..) in PLACES.iter().filter(|(.., shards)| *shards > 0) {
            let keyspace = self.keyspace(ending);
            for text in self.lookup_tables(&keyspace) {
                let of_keyspace = text.contains(&format!(" {keyspace}_"));
                if of_keyspace {
                    sequences.push(text);
                } else if !beside.contains(&text) {
                    beside.push(text);
                }
            }
        }
        let mut builder = Cluster::builder().unsharded(&main, &unsharded.texts());
        for (ending, _, shards) in PLACES {
            let keyspace = self.keyspace(ending);
            match shards {
                0 => {
                    let _ = writeln!(vschema, "  {keyspace}: {{}}");
                    builder = builder.unsharded(&keyspace, &schema.texts());
                }
                _ => {
                    vschema.push_str(&template.replace("{db}", &keyspace));
                    let tables: Vec<&str> =
                        schema.texts().into_iter().chain(beside.iter().map(String::as_str)).collect();
                    builder = builder.sharded(&keyspace, shards, &tables);
                }
            }
        }
        let sequences: Vec<&str> = sequences.iter().map(String::as_str).collect();
        builder.unsharded(&sequence, &sequences).vschema(&vschema).start().await.expect("a cluster")
    }
}
