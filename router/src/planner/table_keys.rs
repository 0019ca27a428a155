//! The targets that conditions give by the vindexes of a table.

use super::analysis::{Classes, Node};
use super::condition::Condition;
use crate::coerce::Coercion;
use crate::plan::{ComparedColumn, Comparison, KeyExpr, KeyList, Lookup, LookupKeys, LookupTable, Target, ValueExpr};
use shardgate_vschema::Vindex;
use std::sync::Arc;

/// The vindexes of a table that can narrow its target.
#[derive(Default)]
pub(super) struct TableKeys<'k> {
    /// Those that are computed.
    pub(super) functions: Vec<KeyColumns<'k>>,
    /// Those that cost a query first, cheap ones first.
    pub(super) lookups: Vec<LookupKey<'k>>,
}

impl TableKeys<'_> {
    /// The target where all conditions hold; `None`: they don't narrow it.
    pub(super) fn all(&self, conditions: &[&Condition]) -> Option<Target> {
        let mut flat = Vec::new();
        flatten(conditions, &mut flat);
        if flat.iter().any(|condition| matches!(condition, Condition::Never)) {
            return Some(Target::AnyShard);
        }
        let mut found: Vec<Target> = self.functions.iter().flat_map(|keys| keys.targets(&flat)).collect();
        for condition in &flat {
            if let Condition::Any(list) = condition {
                found.extend(self.any(list));
            }
        }
        if found.iter().all(|target| matches!(target, Target::Range { .. })) {
            found.extend(self.lookups.iter().find_map(|lookup| lookup.target(&flat)));
        }
        (!found.is_empty()).then(|| narrowest(found))
    }

    fn any(&self, list: &[Condition]) -> Option<Target> {
        let parts: Option<Vec<Target>> = list.iter().map(|condition| self.all(&[condition])).collect();
        parts.filter(|parts| !parts.is_empty()).map(Target::AnyOf)
    }
}

/// A column of a lookup vindex.
pub(super) struct LookupColumn {
    /// The lookup table's.
    pub(super) column: ComparedColumn,
    /// The owner's column, if it has been met.
    pub(super) node: Option<Node>,
    /// Whether the owner's column can be NULL.
    pub(super) nullable: bool,
}

/// A lookup vindex, and what equals its columns.
pub(super) struct LookupKey<'k> {
    pub(super) vindex: Arc<Vindex>,
    pub(super) table: LookupTable,
    pub(super) columns: Vec<LookupColumn>,
    pub(super) classes: &'k Classes,
}

impl LookupKey<'_> {
    /// The target that one of the conditions gives, or several together.
    fn target(&self, conditions: &[&Condition]) -> Option<Target> {
        let equal = |column: &LookupColumn| {
            conditions.iter().find_map(|condition| match condition {
                Condition::Equal { node, value, null_safe: false } if self.is(column, *node) => Some(value.clone()),
                _ => None,
            })
        };
        let (names, values): (Vec<ComparedColumn>, Vec<ValueExpr>) =
            self.columns.iter().filter_map(|column| Some((column.column.clone(), equal(column)?))).unzip();
        if self.suffices(&names) {
            return Some(self.lookup(names, LookupKeys::Rows(vec![values])));
        }
        conditions.iter().find_map(|condition| match condition {
            Condition::InSlot { node, slot } => {
                let column = self.columns.iter().find(|column| self.is(column, *node))?;
                let names = vec![column.column.clone()];
                self.suffices(&names).then(|| self.lookup(names, LookupKeys::Slot(*slot)))
            }
            Condition::InRows { nodes, rows } => self.rows(nodes, rows),
            _ => None,
        })
    }

    fn rows(&self, nodes: &[Option<Node>], rows: &[Vec<Option<ValueExpr>>]) -> Option<Target> {
        let place =
            |column: &LookupColumn| nodes.iter().position(|node| node.is_some_and(|node| self.is(column, node)));
        let (names, places): (Vec<ComparedColumn>, Vec<usize>) =
            self.columns.iter().filter_map(|column| Some((column.column.clone(), place(column)?))).unzip();
        if !self.suffices(&names) {
            return None;
        }
        let values = |row: &Vec<Option<ValueExpr>>| places.iter().map(|place| row.get(*place)?.clone()).collect();
        let rows: Option<Vec<Vec<ValueExpr>>> = rows.iter().map(values).collect();
        Some(self.lookup(names, LookupKeys::Rows(rows?)))
    }

    fn is(&self, column: &LookupColumn, node: Node) -> bool {
        column.node.is_some_and(|own| self.classes.same(own, node))
    }

    /// Whether the lookup table has a row for each row that these columns find: one with NULL in another column has none
    /// if those are left out.
    fn suffices(&self, names: &[ComparedColumn]) -> bool {
        let ignores = self.vindex.lookup_table().is_some_and(|table| table.options.ignore_nulls);
        let known = |column: &LookupColumn| !ignores || !column.nullable || names.contains(&column.column);
        !names.is_empty() && self.columns.iter().all(known)
    }

    fn lookup(&self, columns: Vec<ComparedColumn>, keys: LookupKeys) -> Target {
        let (vindex, table) = (Arc::clone(&self.vindex), self.table.clone());
        Target::Lookup(Arc::new(Lookup { vindex, table, columns, keys }))
    }
}

/// All of the targets hold; single ones make the others needless.
pub(super) fn narrowest(mut targets: Vec<Target>) -> Target {
    if targets.iter().any(|target| matches!(target, Target::Equal { .. })) {
        targets.retain(|target| matches!(target, Target::Equal { .. }));
    }
    match targets.len() {
        0 => Target::Scatter,
        1 => targets.pop().unwrap_or(Target::Scatter),
        _ => Target::AllOf(targets),
    }
}

/// The columns of a vindex, and what equals them.
pub(super) struct KeyColumns<'k> {
    pub(super) vindex: Arc<Vindex>,
    pub(super) columns: Vec<Node>,
    pub(super) coercions: Vec<Coercion>,
    pub(super) classes: &'k Classes,
}

impl KeyColumns<'_> {
    fn key(&self, column: usize, value: &ValueExpr, null_safe: bool) -> Option<KeyExpr> {
        let comparison = if null_safe { Comparison::NullSafe } else { Comparison::Equal };
        Some(KeyExpr { value: value.clone(), coercion: self.coercion(column)?, comparison })
    }

    /// How values are compared with a column; `None`: in a way that says nothing about the shard.
    fn coercion(&self, column: usize) -> Option<Coercion> {
        let found = *self.coercions.get(column)?;
        (!matches!(found, Coercion::FoldedText | Coercion::Ambiguous)).then_some(found)
    }

    /// Which of the vindex's columns this is.
    fn column(&self, node: Node) -> Option<usize> {
        self.columns.iter().position(|column| self.classes.same(*column, node))
    }

    /// The targets of the conditions by themselves.
    fn targets(&self, conditions: &[&Condition]) -> Vec<Target> {
        if self.columns.len() == 1 { self.single(conditions) } else { self.several(conditions) }
    }

    fn single(&self, conditions: &[&Condition]) -> Vec<Target> {
        let mut found = Vec::new();
        let (mut from, mut to) = (None, None);
        for condition in conditions {
            let target = match condition {
                Condition::Equal { node, value, null_safe } if self.column(*node).is_some() => {
                    self.key(0, value, *null_safe).map(|key| self.equal(vec![key]))
                }
                Condition::InSlot { node, slot } if self.column(*node).is_some() => self.coercion(0).map(|coercion| {
                    let values = KeyList::Slot { slot: *slot, coercion };
                    Target::In { vindex: Arc::clone(&self.vindex), values }
                }),
                Condition::InRows { nodes, rows } => self.rows(nodes, rows),
                Condition::Range { node, from: low, to: high } if self.column(*node).is_some() => {
                    if self.vindex.is_order_preserving() {
                        from = from.or_else(|| low.as_ref().and_then(|value| self.key(0, value, false)));
                        to = to.or_else(|| high.as_ref().and_then(|value| self.key(0, value, false)));
                    }
                    None
                }
                _ => None,
            };
            found.extend(target);
        }
        if from.is_some() || to.is_some() {
            found.push(Target::Range { vindex: Arc::clone(&self.vindex), from, to });
        }
        found
    }

    /// `IN` with explicit values, of this column alone or in rows.
    fn rows(&self, nodes: &[Option<Node>], rows: &[Vec<Option<ValueExpr>>]) -> Option<Target> {
        let places: Option<Vec<usize>> = (0..self.columns.len())
            .map(|column| nodes.iter().position(|node| node.is_some_and(|node| self.column(node) == Some(column))))
            .collect();
        let places = places?;
        let keys: Option<Vec<Vec<KeyExpr>>> = rows
            .iter()
            .map(|row| {
                let values = places.iter().enumerate();
                values.map(|(column, place)| self.key(column, row.get(*place)?.as_ref()?, false)).collect()
            })
            .collect();
        let keys = keys?;
        if self.columns.len() == 1 {
            let values = KeyList::Values(keys.into_iter().flatten().collect());
            return Some(Target::In { vindex: Arc::clone(&self.vindex), values });
        }
        Some(Target::AnyOf(keys.into_iter().map(|key| self.equal(key)).collect()))
    }

    fn several(&self, conditions: &[&Condition]) -> Vec<Target> {
        let mut found = Vec::new();
        let mut key = Vec::new();
        for column in 0..self.columns.len() {
            let value = conditions.iter().find_map(|condition| match condition {
                Condition::Equal { node, value, null_safe } if self.column(*node) == Some(column) => {
                    self.key(column, value, *null_safe)
                }
                _ => None,
            });
            match value {
                Some(value) => key.push(value),
                None => break,
            }
        }
        if key.len() == self.columns.len() || (!key.is_empty() && self.vindex.is_partial()) {
            found.push(self.equal(key));
        }
        for condition in conditions {
            if let Condition::InRows { nodes, rows } = condition {
                found.extend(self.rows(nodes, rows));
            }
        }
        found
    }

    fn equal(&self, values: Vec<KeyExpr>) -> Target {
        Target::Equal { vindex: Arc::clone(&self.vindex), values }
    }
}

fn flatten<'c>(conditions: &[&'c Condition], into: &mut Vec<&'c Condition>) {
    for condition in conditions {
        match condition {
            Condition::All(list) => flatten(&list.iter().collect::<Vec<_>>(), into),
            condition => into.push(condition),
        }
    }
}
