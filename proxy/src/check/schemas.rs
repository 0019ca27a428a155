//! Differences between the tables of a keyspace's shards.

use crate::check::Visit;
use crate::check::facts::{ColumnFacts, InstanceFacts, TableFacts, Tables};
use crate::check::finding::Finding;
use std::collections::BTreeSet;

/// The differences of every primary from the first one.
pub(crate) fn differences(instances: &[(&Visit, &InstanceFacts)]) -> Vec<Finding> {
    let mut primaries = instances
        .iter()
        .filter(|(visit, _)| visit.is_primary())
        .filter_map(|(visit, facts)| Some((visit, facts.tables.as_ref()?)));
    let Some((first, expected)) = primaries.next() else { return Vec::new() };
    primaries
        .flat_map(|(visit, found)| {
            let place = visit.place();
            let reference = first.shard.name.to_string();
            compare(expected, found, &reference).into_iter().map(move |message| Finding::error(&place, message))
        })
        .collect()
}

fn compare(expected: &Tables, found: &Tables, reference: &str) -> Vec<String> {
    let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let mut messages = Vec::new();
    for name in names {
        match (expected.get(name), found.get(name)) {
            (Some(_), None) => messages.push(format!("table `{name}` is missing; shard {reference} has it")),
            (None, Some(_)) => messages.push(format!("table `{name}` is here and not on shard {reference}")),
            (Some(expected), Some(found)) => compare_table(name, expected, found, reference, &mut messages),
            (None, None) => {}
        }
    }
    messages
}

fn compare_table(name: &str, expected: &TableFacts, found: &TableFacts, reference: &str, messages: &mut Vec<String>) {
    for column in &expected.columns {
        match found.column(&column.name) {
            None => messages.push(format!("column `{name}`.`{}` is missing; shard {reference} has it", column.name)),
            Some(other) if other != column => messages.push(format!(
                "column `{name}`.`{}` is {}; on shard {reference} it is {}",
                column.name,
                describe(other),
                describe(column)
            )),
            Some(_) => {}
        }
    }
    for column in found.columns.iter().filter(|column| expected.column(&column.name).is_none()) {
        messages.push(format!("column `{name}`.`{}` is here and not on shard {reference}", column.name));
    }
    let order = |table: &TableFacts| table.columns.iter().map(|column| column.name.to_lowercase()).collect::<Vec<_>>();
    let (ours, theirs) = (order(found), order(expected));
    if ours != theirs && ours.iter().collect::<BTreeSet<_>>() == theirs.iter().collect::<BTreeSet<_>>() {
        messages.push(format!("the columns of `{name}` stand in another order than on shard {reference}"));
    }
    let indexes: BTreeSet<&String> = expected.indexes.keys().chain(found.indexes.keys()).collect();
    for index in indexes {
        match (expected.indexes.get(index), found.indexes.get(index)) {
            (Some(_), None) => {
                messages.push(format!("index `{index}` of `{name}` is missing; shard {reference} has it"))
            }
            (None, Some(_)) => {
                messages.push(format!("index `{index}` of `{name}` is here and not on shard {reference}"))
            }
            (Some(expected), Some(found)) if expected != found => messages
                .push(format!("index `{index}` of `{name}` is on {found}; on shard {reference} it is on {expected}")),
            _ => {}
        }
    }
}

fn describe(column: &ColumnFacts) -> String {
    let mut text = column.column_type.clone();
    if let Some(collation) = &column.collation {
        text = format!("{text} COLLATE {collation}");
    }
    text.push_str(if column.nullable { " NULL" } else { " NOT NULL" });
    if !column.extra.is_empty() {
        text = format!("{text} {}", column.extra);
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn column(name: &str, column_type: &str, collation: Option<&str>) -> ColumnFacts {
        ColumnFacts {
            name: name.to_owned(),
            column_type: column_type.to_owned(),
            nullable: false,
            collation: collation.map(str::to_owned),
            extra: String::new(),
        }
    }

    fn table(columns: &[ColumnFacts], indexes: &[(&str, &str)]) -> TableFacts {
        let indexes = indexes.iter().map(|(name, on)| ((*name).to_owned(), (*on).to_owned())).collect();
        TableFacts { columns: columns.to_vec(), indexes }
    }

    #[test]
    fn every_difference_of_tables_columns_and_indexes_is_named() {
        let id = column("id", "bigint", None);
        let expected: Tables = [
            ("a".to_owned(), table(&[id.clone(), column("x", "int", None)], &[("PRIMARY", "unique id"), ("k", "x")])),
            ("b".to_owned(), table(std::slice::from_ref(&id), &[])),
            ("d".to_owned(), table(&[id.clone(), column("y", "int", None)], &[])),
        ]
        .into();
        let found: Tables = [
            (
                "a".to_owned(),
                table(&[column("id", "int", None), column("z", "int", None)], &[("PRIMARY", "unique id, z")]),
            ),
            ("c".to_owned(), table(std::slice::from_ref(&id), &[])),
            ("d".to_owned(), table(&[column("y", "int", None), id], &[])),
        ]
        .into();
        assert_eq!(
            compare(&expected, &found, "-80"),
            [
                "column `a`.`id` is int NOT NULL; on shard -80 it is bigint NOT NULL",
                "column `a`.`x` is missing; shard -80 has it",
                "column `a`.`z` is here and not on shard -80",
                "index `PRIMARY` of `a` is on unique id, z; on shard -80 it is on unique id",
                "index `k` of `a` is missing; shard -80 has it",
                "table `b` is missing; shard -80 has it",
                "table `c` is here and not on shard -80",
                "the columns of `d` stand in another order than on shard -80",
            ]
        );
        assert!(compare(&expected, &expected, "-80").is_empty());
    }
}
