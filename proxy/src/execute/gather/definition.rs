//! The definitions of temporary tables: those of the tables that they stand for, without what a temporary table can't
//! have.

use crate::backend::BackendError;
use crate::error::StatementError;
use crate::execute::rows::Row;
use crate::execute::scratch::{Scratch, run_all};
use crate::execute::{route, temporary};
use crate::session::{KeyspaceRef, Lease, Session, quote_name};
use shardgate_router::error::Code;
use shardgate_router::plan::{GatherColumn, GatherSource, ShardSet, Transfer};
use shardgate_router::schema::DataType;

/// What SHOW CREATE TABLE says of a table, as far as a temporary table can have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    /// Columns and keys.
    parts: Vec<String>,
    /// Behind the parenthesis.
    options: String,
}

/// Create the temporary tables of a statement, empty, on each of the scratch sessions, which are in the keyspace `home`. Their definitions, in the order of the sources.
pub(super) async fn create_all(
    session: &mut Session,
    scratches: &mut [Scratch],
    home: &str,
    sources: &[GatherSource],
) -> Result<Vec<Definition>, StatementError> {
    let mut definitions: Vec<Definition> = Vec::with_capacity(sources.len());
    for (index, source) in sources.iter().enumerate() {
        let before = sources.get(..index).unwrap_or_default();
        let known = before.iter().position(|other| other.keyspace == source.keyspace && other.table == source.table);
        let definition = match known.and_then(|at| definitions.get(at)) {
            Some(known) => known.clone(),
            // Only the session's own connection has it.
            None if session.snapshot.catalog.temporary(&source.keyspace, &source.table).is_some() => {
                let shown = temporary::shown(session, &source.keyspace, &source.table).await?;
                Definition::of(&shown).ok_or_else(|| unreadable(&source.table, &source.keyspace))?
            }
            None if *source.keyspace == *home
                && let Some(first) = scratches.first_mut() =>
            {
                read(session, first, &source.table).await?
            }
            None => {
                let keyspace = KeyspaceRef::find(&session.snapshot, &source.keyspace)?;
                let place = route::place(session, &keyspace, &ShardSet::any())?;
                let mut other = Scratch::open(session, place).await?;
                let found = read(session, &mut other, &source.table).await;
                other.close(session).await;
                found?
            }
        };
        let text = definition.create(source);
        run_all(session, scratches, text.as_bytes()).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        definitions.push(definition);
    }
    Ok(definitions)
}

async fn read(session: &mut Session, scratch: &mut Scratch, table: &str) -> Result<Definition, StatementError> {
    let text = format!("SHOW CREATE TABLE {}", quote_name(table));
    let whole = scratch.query(session, text.as_bytes()).await?;
    let shown = whole.rows.first().and_then(|row| row.field(1)).map(String::from_utf8_lossy);
    shown.and_then(|shown| Definition::of(&shown)).ok_or_else(|| unreadable(table, &scratch.lease.place.to_string()))
}

fn unreadable(table: &str, place: &str) -> StatementError {
    StatementError::sql(Code::Internal, format!("the definition of table `{table}` on {place} can't be read"))
}

/// The statement that creates a temporary table like a table of the connection's server, without what a temporary table
/// can't have.
pub(in crate::execute) async fn temporary_like(
    lease: &mut Lease,
    table: &str,
    name: &str,
) -> Result<String, StatementError> {
    let text = format!("SHOW CREATE TABLE {}", quote_name(table));
    let read = |row: &Row| row.field(1).map(|text| String::from_utf8_lossy(text).into_owned());
    let shown = match lease.backend.query(text.as_bytes(), read).await {
        Ok((_, shown)) => shown.into_iter().next().flatten(),
        Err(error) => {
            if !matches!(error, BackendError::Answered(_)) {
                lease.backend.broken = true;
            }
            return Err(lease.failed(&error));
        }
    };
    let definition = shown.and_then(|shown| Definition::of(&shown));
    definition.map(|definition| definition.create_with(name, std::iter::empty())).ok_or_else(|| {
        let message = format!("the definition of table `{table}` on {} can't be read", lease.place);
        StatementError::sql(Code::Internal, message)
    })
}

impl Definition {
    /// From the text of SHOW CREATE TABLE, which has a line for each part.
    fn of(shown: &str) -> Option<Definition> {
        let (_, rest) = shown.split_once("(\n")?;
        let (parts, options) = rest.split_once("\n)")?;
        let parts = parts.split('\n').map(|line| line.trim().trim_end_matches(','));
        Some(Definition {
            parts: parts.filter(|part| can_have(part)).map(str::to_owned).collect(),
            options: kept_options(options),
        })
    }

    /// The statement that creates the temporary table.
    fn create(&self, source: &GatherSource) -> String {
        let matches = source.matches.iter().map(|asked| format!("{} TINYINT INVISIBLE", quote_name(&asked.name)));
        self.create_with(&source.temporary, matches)
    }

    /// The statement that creates a temporary table of this name, with further parts.
    fn create_with(&self, name: &str, further: impl Iterator<Item = String>) -> String {
        let parts: Vec<String> = self.parts.iter().cloned().chain(further).collect();
        let (name, parts, options) = (quote_name(name), parts.join(", "), &self.options);
        format!("CREATE TEMPORARY TABLE {name} ({parts}) ENGINE=InnoDB{options}")
    }

    /// The columns that can be filled.
    pub(super) fn columns(&self) -> Vec<GatherColumn> {
        let filled = self.parts.iter().filter(|part| !part.contains(" GENERATED ALWAYS AS "));
        filled.filter_map(|part| column(part)).collect()
    }

    /// The change that takes the uniqueness from all keys; `None`: the table has no unique keys.
    pub(super) fn loosen(&self, name: &str) -> Option<String> {
        let mut changes = Vec::new();
        for part in &self.parts {
            if let Some(columns) = part.strip_prefix("PRIMARY KEY ") {
                changes.push(format!("DROP PRIMARY KEY, ADD KEY {columns}"));
            } else if let Some(key) = part.strip_prefix("UNIQUE KEY ") {
                let name = key.split(" (").next().unwrap_or_default();
                changes.push(format!("DROP KEY {name}, ADD KEY {key}"));
            }
        }
        (!changes.is_empty()).then(|| format!("ALTER TABLE {} {}", quote_name(name), changes.join(", ")))
    }
}

/// The column that a part defines, if it defines one.
fn column(part: &str) -> Option<GatherColumn> {
    let (name, behind) = leading_name(part)?;
    let word: String = behind.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    Some(GatherColumn { name: name.into(), transfer: Transfer::of(DataType::of(&word)) })
}

/// The name in backquotes that a text begins with, and what is behind it.
pub(in crate::execute) fn leading_name(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('`')?;
    let mut name = String::new();
    loop {
        let (before, behind) = rest.split_once('`')?;
        name.push_str(before);
        match behind.strip_prefix('`') {
            Some(behind) => {
                name.push('`');
                rest = behind;
            }
            None => return Some((name, behind)),
        }
    }
}

/// Whether a temporary table can have this part. Foreign keys and CHECKs are about writes, which it doesn't get; the
/// columns of functional keys needn't all be gathered.
fn can_have(part: &str) -> bool {
    let constraint = part.starts_with("CONSTRAINT ") || part.starts_with("CHECK ") || part.starts_with("FOREIGN KEY ");
    let key = ["PRIMARY KEY ", "UNIQUE KEY ", "KEY ", "SPATIAL KEY "].iter().any(|word| part.starts_with(word));
    let functional = key && part.contains("((");
    !constraint && !functional && !part.starts_with("FULLTEXT ")
}

/// The table's character set and collation, which its columns leave out. Partitions, tablespaces, encryption and the
/// counter of AUTO_INCREMENT aren't for a temporary table.
fn kept_options(options: &str) -> String {
    let options = options.split(" COMMENT='").next().unwrap_or_default();
    let mut kept = String::new();
    for name in ["DEFAULT CHARSET=", "COLLATE="] {
        if let Some((_, rest)) = options.split_once(&format!(" {name}")) {
            let value: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            kept.push_str(&format!(" {name}{value}"));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `f` varchar(3) DEFAULT 'a,\\n(',\n  \
        PRIMARY KEY (`id`),\n  UNIQUE KEY `u, (` (`f`,`id`),\n  KEY `x` (((`id` * 2))),\n  FULLTEXT KEY `ft` (`f`),\n  \
        CONSTRAINT `c` CHECK ((`id` < 100)),\n  CONSTRAINT `k` FOREIGN KEY (`id`) REFERENCES `p` (`id`)\n) ENGINE=InnoDB \
        AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COMMENT='x COLLATE=y'\n\
        /*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 4 */";

    fn source(temporary: &str) -> GatherSource {
        GatherSource {
            keyspace: "k".into(),
            table: "t".into(),
            alias: "t".into(),
            partitions: "".into(),
            target: shardgate_router::plan::Target::Scatter,
            temporary: temporary.into(),
            columns: Vec::new(),
            filters: Vec::new(),
            matches: Vec::new(),
            locking: "".into(),
        }
    }

    #[test]
    fn outcomes_of_searches_have_columns_that_an_asterisk_does_not_show() {
        let asked = shardgate_router::plan::GatherMatch {
            name: "m".into(),
            sql: shardgate_router::plan::Template { pieces: Vec::new() },
        };
        let source = GatherSource { matches: vec![asked], ..source("t") };
        let text = Definition::of(SHOWN).unwrap().create(&source);
        assert!(text.contains(", `m` TINYINT INVISIBLE) ENGINE=InnoDB"), "{text}");
    }

    #[test]
    fn a_temporary_table_has_the_columns_and_plain_keys() {
        let definition = Definition::of(SHOWN).unwrap();
        assert_eq!(
            definition.create(&source("t__2")),
            "CREATE TEMPORARY TABLE `t__2` (`id` int NOT NULL AUTO_INCREMENT, `f` varchar(3) DEFAULT 'a,\\n(', PRIMARY KEY \
             (`id`), UNIQUE KEY `u, (` (`f`,`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        );
    }

    #[test]
    fn columns_that_can_be_filled_are_known_by_their_definitions() {
        let shown = "CREATE TABLE `t` (\n  `a``b` int unsigned,\n  `g` int GENERATED ALWAYS AS (1) VIRTUAL,\n  \
            `e` enum('x'),\n  KEY `k` (`e`)\n)";
        let columns = Definition::of(shown).unwrap().columns();
        let found: Vec<_> = columns.iter().map(|column| (&*column.name, column.transfer)).collect();
        assert_eq!(found, [("a`b", Transfer::Number), ("e", Transfer::Index)]);
    }

    #[test]
    fn keys_lose_their_uniqueness_in_one_change() {
        let definition =
            Definition::of("CREATE TABLE `t` (\n  `id` int,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`f`)\n)")
                .unwrap();
        assert_eq!(
            definition.loosen("t").as_deref(),
            Some("ALTER TABLE `t` DROP PRIMARY KEY, ADD KEY (`id`), DROP KEY `u`, ADD KEY `u` (`f`)")
        );
    }
}
