//! The vschema against the tables that there are.

use crate::check::facts::{ColumnFacts, TableFacts, Tables};
use crate::check::finding::Finding;
use shardgate_vschema::model::{Keyspace, Table, TableKind};

/// Vindexes that look at a value's bytes, so that values which the column's collation takes for equal get different ids.
const BY_BYTES: [&str; 7] = ["binary", "binary_md5", "xxhash", "cfc", "multicol", "region_json", "region_experimental"];

/// The columns of a sequence's table.
const SEQUENCE_COLUMNS: [&str; 3] = ["id", "next_id", "cache"];

/// What doesn't fit between a keyspace of the vschema and its tables.
pub(crate) fn faults(keyspace: &str, described: Option<&Keyspace>, tables: &Tables) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(described) = described else { return findings };
    for table in described.tables.values() {
        match tables.get(&*table.name) {
            None => findings.push(
                Finding::warning(keyspace, format!("the vschema has table `{}`, and the database hasn't", table.name))
                    .with_hint("create it through the proxy, or take it out of the vschema"),
            ),
            Some(found) => findings.extend(table_faults(keyspace, described.sharded, table, found)),
        }
    }
    if described.sharded {
        let undescribed = tables.keys().filter(|name| !described.tables.contains_key(name.as_str()));
        findings.extend(undescribed.map(|name| {
            Finding::warning(
                keyspace,
                format!("table `{name}` isn't in the vschema, so the proxy can't place its rows"),
            )
            .with_hint("give it `column_vindexes`, or `type: reference`")
        }));
    }
    findings
}

fn table_faults(keyspace: &str, sharded: bool, table: &Table, found: &TableFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut missing = |column: &str, by: &str| {
        let message = format!("`{}` has no column `{column}`, which {by} needs", table.name);
        findings.push(Finding::error(keyspace, message).with_hint("mend the name in the vschema, or add the column"));
    };
    if table.kind == TableKind::Sequence {
        SEQUENCE_COLUMNS
            .iter()
            .filter(|name| found.column(name).is_none())
            .for_each(|name| missing(name, "a sequence"));
    }
    let mut folded = Vec::new();
    for column_vindex in &table.column_vindexes {
        for column in &column_vindex.columns {
            let vindex = &column_vindex.vindex;
            match found.column(column) {
                None => missing(column, &format!("vindex `{}`", vindex.name())),
                Some(column) if BY_BYTES.contains(&vindex.vindex_type()) && !compares_by_bytes(column) => {
                    folded.push((column, vindex));
                }
                Some(_) => {}
            }
        }
    }
    if let Some(auto_increment) = &table.auto_increment
        && found.column(&auto_increment.column).is_none()
    {
        missing(&auto_increment.column, "`auto_increment`");
    }
    for (column, vindex) in folded {
        let message = format!(
            "`{}`.`{}` has collation {}, which takes different texts for equal, and vindex `{}` ({}) tells them apart: \
             a statement that looks for 'A' doesn't find a row with 'a' if they are on different shards",
            table.name,
            column.name,
            column.collation.as_deref().unwrap_or("-"),
            vindex.name(),
            vindex.vindex_type()
        );
        findings.push(
            Finding::warning(keyspace, message)
                .with_hint("use `unicode_loose_xxhash`, or give the column a `_bin` collation"),
        );
    }
    let numbered = found.columns.iter().find(|column| column.extra.contains("auto_increment"));
    if let Some(column) = numbered.filter(|_| sharded && table.auto_increment.is_none() && !table.is_reference()) {
        let message = format!(
            "`{}`.`{}` is AUTO_INCREMENT on each shard by itself, so shards give out the same numbers",
            table.name, column.name
        );
        findings.push(
            Finding::warning(keyspace, message)
                .with_hint("give the table `auto_increment: {column: ..., sequence: ...}` in the vschema"),
        );
    }
    findings
}

/// Whether the column takes texts for equal only if their bytes are.
fn compares_by_bytes(column: &ColumnFacts) -> bool {
    column.collation.as_deref().is_none_or(|collation| collation.ends_with("_bin") || collation == "binary")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::schemas::tests::column;
    use shardgate_vschema::VSchema;

    const VSCHEMA: &str = "
version: 1
keyspaces:
  k:
    sharded: true
    vindexes: {xxhash: {type: xxhash}, loose: {type: unicode_loose_xxhash}}
    tables:
      by_name: {column_vindexes: [{column: name, name: xxhash}]}
      by_id: {column_vindexes: [{column: id, name: xxhash}]}
      loose: {column_vindexes: [{column: name, name: loose}]}
      absent: {column_vindexes: [{column: id, name: xxhash}]}
      wrong: {column_vindexes: [{column: idd, name: xxhash}]}
";

    fn messages(tables: Tables) -> Vec<String> {
        let vschema = VSchema::parse("v.yaml", VSCHEMA, &|_| Err(String::new())).unwrap();
        faults("k", vschema.keyspace("k").map(AsRef::as_ref), &tables).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn vschema_and_tables_are_compared() {
        let named = |collation| TableFacts {
            columns: vec![column("name", "varchar(9)", Some(collation))],
            ..TableFacts::default()
        };
        let id = TableFacts { columns: vec![column("id", "bigint", None)], ..TableFacts::default() };
        let mut numbered = id.clone();
        numbered.columns[0].extra = "auto_increment".to_owned();
        let tables: Tables = [
            ("by_name", named("utf8mb4_0900_ai_ci")),
            ("loose", named("utf8mb4_0900_ai_ci")),
            ("by_id", numbered),
            ("wrong", id.clone()),
            ("other", id),
        ]
        .map(|(name, table)| (name.to_owned(), table))
        .into();
        let messages = messages(tables);
        let expected = [
            "warning: k: the vschema has table `absent`, and the database hasn't",
            "warning: k: `by_id`.`id` is AUTO_INCREMENT on each shard by itself",
            "warning: k: `by_name`.`name` has collation utf8mb4_0900_ai_ci, which takes different texts for equal",
            "error: k: `wrong` has no column `idd`, which vindex `xxhash` needs",
            "warning: k: table `other` isn't in the vschema",
        ];
        assert_eq!(messages.len(), expected.len(), "{messages:#?}");
        for (message, expected) in messages.iter().zip(expected) {
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn a_binary_collation_needs_no_warning() {
        let named =
            |collation| TableFacts { columns: vec![column("name", "varchar(9)", collation)], ..TableFacts::default() };
        for collation in [Some("utf8mb4_bin"), Some("utf8mb4_0900_bin"), None] {
            let tables: Tables = [("by_name".to_owned(), named(collation))].into();
            assert!(messages(tables).iter().all(|message| !message.contains("collation")), "{collation:?}");
        }
    }
}
