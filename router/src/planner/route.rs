//! From an [`Analysis`] to the shards.

use super::analysis::{Analysis, Classes, Node};
use super::columns::coercion;
use super::condition::Condition;
use super::names::{Resolved, ResolvedKind};
use crate::coerce::Coercion;
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, LiteralKind};
use crate::plan::{Comparison, KeyExpr, KeyList, Target, ValueExpr};
use shardgate_vschema::Vindex;
use shardgate_vschema::model::ColumnVindex;
use std::sync::Arc;

/// Tables whose rows meet on one shard.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// The instance that all others of the component follow.
    pub(super) leader: usize,
    /// Where its rows are.
    pub(super) target: Target,
    /// Whether the leader's rows are rows of the result.
    pub(super) anchored: bool,
    /// The instances of the component.
    pub(super) members: Vec<usize>,
}

/// Where a statement's rows are.
#[derive(Debug, Clone)]
pub(super) struct Routing {
    /// The keyspace.
    pub(super) keyspace: Arc<str>,
    /// How the keyspace's shards come into it.
    pub(super) kind: RoutingKind,
}

impl RoutingKind {
    /// The components.
    pub(super) fn components(&self) -> &[Component] {
        match self {
            RoutingKind::Unsharded | RoutingKind::AnyShard => &[],
            RoutingKind::Together(component) => std::slice::from_ref(component),
            RoutingKind::Apart(components) => components,
        }
    }
}

/// How shards come into a statement.
#[derive(Debug, Clone)]
pub(super) enum RoutingKind {
    /// The keyspace is one database.
    Unsharded,
    /// Every shard gives the same answer.
    AnyShard,
    /// One set of tables that are placed together.
    Together(Component),
    /// Sets of tables that meet only if all are on one shard.
    Apart(Vec<Component>),
}

impl Analysis<'_> {
    /// The components of the tables whose rows are split.
    pub(super) fn components(&mut self) -> Vec<Component> {
        let mut keyed: Vec<(usize, ColumnVindex, Vec<Node>)> = Vec::new();
        let mut components = Vec::new();
        for index in 0..self.instances.len() {
            let Some(table) = self.instances.get(index).map(|instance| instance.table.clone()) else { continue };
            if let ResolvedKind::Pinned(vtable) = &table.kind {
                let members = vec![index];
                components.push(Component { leader: index, target: pinned(vtable), anchored: false, members });
                continue;
            }
            let Some(vindex) = table.primary_vindex().cloned() else { continue };
            let nodes = vindex.columns.iter().map(|column| self.node(index, column)).collect();
            keyed.push((index, vindex, nodes));
        }
        let classes: Vec<Classes> = keyed
            .iter()
            .map(|(index, ..)| self.classes(self.instances.get(*index).map_or(0, |instance| instance.region)))
            .collect();
        // follows[i][j]: the rows of i that matter are on the shard of the row of j that they are met with.
        let count = keyed.len();
        let mut follows = vec![vec![false; count]; count];
        for (i, ((index, vindex, nodes), classes)) in keyed.iter().zip(&classes).enumerate() {
            let placed = nodes.iter().all(|node| self.is_placed_by_equality(*node, &vindex.vindex));
            for (j, (other_index, other, others)) in keyed.iter().enumerate() {
                let same_vindex = vindex.vindex.name() == other.vindex.name()
                    && nodes.len() == others.len()
                    && self.keyspace_of(*index) == self.keyspace_of(*other_index);
                let tied = same_vindex && nodes.iter().zip(others).all(|(a, b)| classes.same(*a, *b));
                if let Some(cell) = follows.get_mut(i).and_then(|row| row.get_mut(j)) {
                    *cell = i == j || (placed && tied);
                }
            }
        }
        for k in 0..count {
            for i in 0..count {
                for j in 0..count {
                    if at(&follows, i, k)
                        && at(&follows, k, j)
                        && let Some(cell) = follows.get_mut(i).and_then(|row| row.get_mut(j))
                    {
                        *cell = true;
                    }
                }
            }
        }
        // A leader follows only those that follow it.
        let mut led = vec![false; count];
        for leader in 0..count {
            let leads = (0..count).all(|other| !at(&follows, leader, other) || at(&follows, other, leader));
            if !leads || led.get(leader).copied().unwrap_or(true) {
                continue;
            }
            for (other, led) in led.iter_mut().enumerate() {
                *led |= at(&follows, other, leader);
            }
            // Of those that lead together, the one with the narrowest target speaks for all.
            let equals: Vec<usize> = (0..count).filter(|other| at(&follows, leader, *other)).collect();
            let mut targets = Vec::new();
            let mut anchored = false;
            for equal in &equals {
                let (Some((index, vindex, _)), Some(classes)) = (keyed.get(*equal), classes.get(*equal)) else {
                    continue;
                };
                let region = self.instances.get(*index).map_or(0, |instance| instance.region);
                anchored |= self.is_anchored(region);
                if let Some(target) = self.target_of(*index, vindex, classes)
                    && !targets.contains(&target)
                {
                    targets.push(target);
                }
            }
            let members = keyed.iter().enumerate().filter(|(other, _)| at(&follows, *other, leader));
            let members = members.map(|(_, (index, ..))| *index).collect();
            let leader = keyed.get(leader).map_or(0, |(index, ..)| *index);
            components.push(Component { leader, target: narrowest(targets), anchored, members });
        }
        components
    }

    fn keyspace_of(&self, instance: usize) -> Option<&Arc<str>> {
        self.instances.get(instance).map(|instance| &instance.table.keyspace)
    }

    /// Whether rows with equal values of this column are on one shard.
    fn is_placed_by_equality(&self, node: Node, vindex: &Vindex) -> bool {
        !matches!(coercion(self.info(node), vindex), Coercion::FoldedText | Coercion::Ambiguous)
    }

    /// Where the rows of an instance are that matter, by itself.
    pub(super) fn place_of(&mut self, instance: usize) -> Target {
        let Some(table) = self.instances.get(instance).map(|instance| instance.table.clone()) else {
            return Target::Scatter;
        };
        match &table.kind {
            ResolvedKind::Pinned(vtable) => return pinned(vtable),
            ResolvedKind::Unsharded(_) | ResolvedKind::System => return Target::Unsharded,
            ResolvedKind::Reference(_) | ResolvedKind::View => return Target::AnyShard,
            ResolvedKind::Sharded(_) => {}
        }
        let Some(vindex) = table.primary_vindex().cloned() else { return Target::Scatter };
        for column in &vindex.columns {
            self.node(instance, column);
        }
        let region = self.instances.get(instance).map_or(0, |instance| instance.region);
        let classes = self.classes(region);
        self.target_of(instance, &vindex, &classes).unwrap_or(Target::Scatter)
    }

    /// Where the rows of an instance are that its conditions leave.
    fn target_of(&self, instance: usize, vindex: &ColumnVindex, classes: &Classes) -> Option<Target> {
        let region = self.instances.get(instance)?.region;
        let conditions: Vec<&Condition> = self.conditions(region).collect();
        let columns: Option<Vec<Node>> =
            vindex.columns.iter().map(|column| self.known_node(instance, column)).collect();
        let columns = columns?;
        let coercions = columns.iter().map(|column| coercion(self.info(*column), &vindex.vindex)).collect();
        KeyColumns { vindex: &vindex.vindex, columns, coercions, classes }.all(&conditions)
    }

    /// Where the statement goes.
    pub(super) fn routing(&mut self) -> Result<Routing, SqlError> {
        let keyspace = self.keyspace()?;
        let catalog = self.context.catalog;
        if !catalog.is_sharded(&keyspace) {
            return Ok(Routing { keyspace, kind: RoutingKind::Unsharded });
        }
        let mut components = self.components();
        let kind = match components.len() {
            0 => RoutingKind::AnyShard,
            1 => match components.pop() {
                Some(component) => RoutingKind::Together(component),
                None => RoutingKind::AnyShard,
            },
            _ => RoutingKind::Apart(components),
        };
        Ok(Routing { keyspace, kind })
    }

    /// The one keyspace in which the statement can run; names of tables that have a copy there are changed to it.
    fn keyspace(&mut self) -> Result<Arc<str>, SqlError> {
        let catalog = self.context.catalog;
        let mut names: Vec<Arc<str>> = Vec::new();
        for occurrence in &self.occurrences {
            let table = &occurrence.table;
            if table.is_placed() && !names.contains(&table.keyspace) {
                names.push(Arc::clone(&table.keyspace));
            }
        }
        match names.as_slice() {
            [] => return Ok(super::any_keyspace(self.context)),
            [keyspace] => return Ok(Arc::clone(keyspace)),
            _ => {}
        }
        let groups: Vec<Option<u32>> = names.iter().map(|name| catalog.server_group(name)).collect();
        let sharded: Vec<&Arc<str>> = names.iter().filter(|name| catalog.is_sharded(name)).collect();
        if sharded.is_empty()
            && groups.iter().all(|group| group.is_some() && *group == groups.first().copied().flatten())
        {
            // Databases of one server: the session's own, if it is among them, so that unqualified names are right.
            let own = names.iter().find(|name| Some(&***name) == self.context.database);
            return Ok(Arc::clone(own.or(names.first()).unwrap_or(&Arc::from(""))));
        }
        let mut candidates: Vec<Arc<str>> = sharded.into_iter().cloned().collect();
        candidates.extend(names.iter().filter(|name| !catalog.is_sharded(name)).cloned());
        for candidate in &candidates {
            if self.move_to(candidate) {
                return Ok(Arc::clone(candidate));
            }
        }
        let tables: Vec<String> = self
            .occurrences
            .iter()
            .filter(|occurrence| !matches!(occurrence.table.kind, ResolvedKind::System))
            .map(|occurrence| format!("{}.{}", occurrence.table.keyspace, occurrence.table.table))
            .collect();
        Err(SqlError::new(
            Code::CrossKeyspace,
            format!(
                "unsupported: the statement names tables of several keyspaces ({}); make the small ones reference tables of \
                 the other keyspace",
                tables.join(", ")
            ),
        ))
    }

    /// Take every table from this keyspace, if it has all of them or copies of them.
    fn move_to(&mut self, keyspace: &str) -> bool {
        let mut moved: Vec<Option<Resolved>> = Vec::new();
        for occurrence in &self.occurrences {
            let table = &occurrence.table;
            if !table.is_placed() || *table.keyspace == *keyspace {
                moved.push(None);
                continue;
            }
            match super::names::counterpart(self.context, table, keyspace) {
                Some(copy) => moved.push(Some(copy)),
                None => return false,
            }
        }
        for (index, copy) in moved.into_iter().enumerate() {
            let Some(copy) = copy else { continue };
            if let Some(instance) = self.instances.get_mut(index) {
                instance.table = copy.clone();
            }
            if let Some(occurrence) = self.occurrences.get_mut(index) {
                occurrence.table = copy;
            }
        }
        true
    }
}

fn at(matrix: &[Vec<bool>], row: usize, column: usize) -> bool {
    matrix.get(row).and_then(|row| row.get(column)).copied().unwrap_or(false)
}

fn pinned(table: &shardgate_vschema::model::Table) -> Target {
    match &table.pinned {
        Some(id) => Target::Pinned(id.clone()),
        None => Target::Scatter,
    }
}

/// All of the targets hold; single ones make the others needless.
fn narrowest(mut targets: Vec<Target>) -> Target {
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
struct KeyColumns<'k> {
    vindex: &'k Arc<Vindex>,
    columns: Vec<Node>,
    coercions: Vec<Coercion>,
    classes: &'k Classes,
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

    /// The target where all conditions hold; `None`: they don't narrow it.
    fn all(&self, conditions: &[&Condition]) -> Option<Target> {
        let mut flat = Vec::new();
        flatten(conditions, &mut flat);
        let found = if self.columns.len() == 1 { self.single(&flat) } else { self.several(&flat) };
        (!found.is_empty()).then(|| narrowest(found))
    }

    fn any(&self, list: &[Condition]) -> Option<Target> {
        let parts: Option<Vec<Target>> = list.iter().map(|condition| self.all(&[condition])).collect();
        parts.filter(|parts| !parts.is_empty()).map(Target::AnyOf)
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
                    Target::In { vindex: Arc::clone(self.vindex), values }
                }),
                Condition::InRows { nodes, rows } => self.rows(nodes, rows),
                Condition::Range { node, from: low, to: high } if self.column(*node).is_some() => {
                    if self.vindex.is_order_preserving() {
                        from = from.or_else(|| low.as_ref().and_then(|value| self.key(0, value, false)));
                        to = to.or_else(|| high.as_ref().and_then(|value| self.key(0, value, false)));
                    }
                    None
                }
                Condition::Any(list) => self.any(list),
                _ => None,
            };
            found.extend(target);
        }
        if from.is_some() || to.is_some() {
            found.push(Target::Range { vindex: Arc::clone(self.vindex), from, to });
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
            return Some(Target::In { vindex: Arc::clone(self.vindex), values });
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
            match condition {
                Condition::InRows { nodes, rows } => found.extend(self.rows(nodes, rows)),
                Condition::Any(list) => found.extend(self.any(list)),
                _ => {}
            }
        }
        found
    }

    fn equal(&self, values: Vec<KeyExpr>) -> Target {
        Target::Equal { vindex: Arc::clone(self.vindex), values }
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

/// Whether the target is one shard at most, whatever the values are.
pub(super) fn is_certainly_one(target: &Target, fingerprint: &Fingerprint) -> bool {
    match target {
        Target::Unsharded | Target::AnyShard | Target::Pinned(_) | Target::OneShard { .. } => true,
        Target::Equal { vindex, values } => {
            values.len() == vindex.column_count().max(1)
                && vindex.is_unique()
                && values.iter().all(|key| is_certainly_known(key, fingerprint))
        }
        Target::AllOf(targets) => targets.iter().any(|target| is_certainly_one(target, fingerprint)),
        Target::AnyOf(targets) => match targets.as_slice() {
            [target] => is_certainly_one(target, fingerprint),
            _ => false,
        },
        Target::Scatter | Target::Alike | Target::In { .. } | Target::Range { .. } => false,
    }
}

/// Whether the key's value always has one form: the literal's kind is part of the fingerprint.
fn is_certainly_known(key: &KeyExpr, fingerprint: &Fingerprint) -> bool {
    let kind = match &key.value {
        ValueExpr::Slot(slot) | ValueExpr::Negated(slot) => match fingerprint.slot_literals(*slot) {
            [literal] => literal.kind,
            _ => return false,
        },
        ValueExpr::Null | ValueExpr::Int(_) | ValueExpr::Default => LiteralKind::Integer,
        ValueExpr::Arithmetic(..) | ValueExpr::Evaluate(_) | ValueExpr::Stored(_) => return false,
    };
    match key.coercion {
        Coercion::AsIs => true,
        Coercion::Integer { .. } => kind == LiteralKind::Integer,
        Coercion::Text { pads } => !pads && kind == LiteralKind::Text,
        Coercion::Bytes { fixed } => fixed.is_none() && matches!(kind, LiteralKind::Text | LiteralKind::Hex),
        Coercion::Ambiguous | Coercion::FoldedText => false,
    }
}
