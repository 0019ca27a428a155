//! From an [`Analysis`] to the shards.

use super::analysis::{Analysis, Classes, Node};
use super::columns::coercion;
use super::condition::Condition;
use super::lookup;
use super::names::{Resolved, ResolvedKind};
use super::table_keys::{KeyColumns, LookupColumn, LookupKey, TableKeys, narrowest};
use crate::coerce::Coercion;
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, LiteralKind};
use crate::plan::{ComparedColumn, KeyExpr, Target, ValueExpr};
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
                let (Some((index, ..)), Some(classes)) = (keyed.get(*equal), classes.get(*equal)) else {
                    continue;
                };
                let region = self.instances.get(*index).map_or(0, |instance| instance.region);
                anchored |= self.is_anchored(region);
                if let Some(target) = self.target_of(*index, classes)
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
        self.target_of(instance, &classes).unwrap_or(Target::Scatter)
    }

    /// Where the rows of an instance are that its conditions leave.
    fn target_of(&self, instance: usize, classes: &Classes) -> Option<Target> {
        let region = self.instances.get(instance)?.region;
        let conditions: Vec<&Condition> = self.conditions(region).collect();
        self.keys(instance, classes).all(&conditions)
    }

    /// The vindexes of an instance that can narrow its target.
    fn keys<'k>(&self, instance: usize, classes: &'k Classes) -> TableKeys<'k> {
        let mut found = TableKeys::default();
        let Some(table) = self.instances.get(instance).map(|instance| &instance.table) else { return found };
        let Some(vtable) = table.vtable() else { return found };
        for (index, vindex) in vtable.column_vindexes.iter().enumerate() {
            if vindex.vindex.is_lookup() {
                let met = |column: &Arc<str>| self.known_node(instance, column);
                if vindex.columns.iter().all(|column| met(column).is_none()) {
                    continue;
                }
                let Some(table) = lookup::readable(self.context, table, vindex) else { continue };
                let columns = vindex.columns.iter().zip(described(vindex)).map(|(column, name)| {
                    let node = met(column);
                    let info = node.and_then(|node| self.info(node));
                    let nullable = info.is_none_or(|info| info.nullable);
                    let strings = info.is_some_and(|info| info.data_type.is_text() || info.data_type.is_binary());
                    LookupColumn { column: ComparedColumn { name, strings }, node, nullable }
                });
                found.lookups.push(LookupKey {
                    vindex: Arc::clone(&vindex.vindex),
                    table,
                    columns: columns.collect(),
                    classes,
                });
            } else if index == 0 {
                let columns: Option<Vec<Node>> =
                    vindex.columns.iter().map(|column| self.known_node(instance, column)).collect();
                let Some(columns) = columns else { continue };
                let coercions = columns.iter().map(|column| coercion(self.info(*column), &vindex.vindex)).collect();
                found.functions.push(KeyColumns { vindex: Arc::clone(&vindex.vindex), columns, coercions, classes });
            }
        }
        found.lookups.sort_by_key(|lookup| lookup.vindex.cost());
        found
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

/// The columns of a lookup vindex's table.
fn described(vindex: &ColumnVindex) -> impl Iterator<Item = Arc<str>> {
    vindex.vindex.lookup_table().into_iter().flat_map(|table| &table.from).map(|name| Arc::from(name.as_str()))
}

fn pinned(table: &shardgate_vschema::model::Table) -> Target {
    match &table.pinned {
        Some(id) => Target::Pinned(id.clone()),
        None => Target::Scatter,
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
        // A lookup may find nothing where it hasn't been made.
        Target::Scatter | Target::Alike | Target::In { .. } | Target::Lookup(_) | Target::Range { .. } => false,
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
