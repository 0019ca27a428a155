//! What a statement's tables have to do with each other: instances of tables, and the conditions that hold for the
//! rows of each.
//!
//! **Regions.** A condition restricts the rows of a table only if a row that fails it can't matter. Conditions are kept
//! in regions, which form a tree: a query block has one; the side of an outer join that is filled with NULLs has one of
//! its own, with the join's ON; a subquery has one under the place where it stands. What holds in a region holds in
//! those under it, never the other way round.

use super::Context;
use super::bind::{Bound, Output};
use super::columns::{ColumnInfo, column_info, comparable};
use super::condition::Condition;
use super::names::Resolved;
use crate::fingerprint::Fingerprint;
use crate::schema;
use crate::sql::ast::Span;
use hashbrown::HashMap;

/// A column of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node(pub(super) u32);

/// A table at one place of the statement.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    /// The table.
    pub(super) table: Resolved,
    /// The region whose conditions restrict its rows.
    pub(super) region: usize,
}

/// What a region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegionKind {
    /// The statement's own query block.
    Top,
    /// A derived table or CTE whose rows are what conditions outside make of them too.
    Transparent,
    /// As [`RegionKind::Transparent`], but its rows have an order that the statement may hand on.
    Ordered,
    /// A derived table, CTE or operand of UNION that is computed by itself.
    Isolated,
    /// An operand of the statement's own UNION, INTERSECT or EXCEPT.
    Operand,
    /// A subquery in an expression.
    Subquery,
    /// The side of an outer join that is filled with NULLs.
    NullSide,
    /// Such a side whose outer join is an inner one, because a condition outside refuses NULLs.
    Joined,
}

/// Conditions that hold together.
#[derive(Debug, Clone)]
pub(super) struct Region {
    pub(super) kind: RegionKind,
    pub(super) parent: Option<usize>,
    pub(super) conditions: Vec<Condition>,
}

/// A table's name in the text.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    /// The name with its database.
    pub(super) span: Span,
    /// The database, if written.
    pub(super) schema: Option<Span>,
    /// Which table it is.
    pub(super) table: Resolved,
    /// Whether it has no alias and one can stand behind it.
    pub(super) can_alias: bool,
    /// It stands in the query of a view, not in the text.
    pub(super) in_view: bool,
}

/// A column that is written with its database.
#[derive(Debug, Clone)]
pub(super) struct QualifiedColumn {
    /// The database in the text.
    pub(super) schema: Span,
    /// Its name.
    pub(super) database: Box<str>,
}

/// An aggregate function in a subquery whose columns are all of the statement around it.
pub(super) struct StatementAggregate {
    /// Its first argument.
    pub(super) argument: Span,
    /// A column of the subquery's own tables, as it is named there; `None`: there is none that is known.
    pub(super) column: Option<String>,
}

/// Everything of the analysis.
pub(super) struct Analysis<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) fingerprint: &'a Fingerprint,
    pub(super) instances: Vec<Instance>,
    pub(super) regions: Vec<Region>,
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) qualified: Vec<QualifiedColumn>,
    /// The operands of the statement's own set operations, in the order of the text.
    pub(super) operands: Vec<(Bound, Output)>,
    /// Names of tables whose rows travel to the shards of the others.
    pub(super) travelling: Vec<Span>,
    /// Conditions `left IN (SELECT right ...)` of rows of a region: the region, and both columns.
    pub(super) memberships: Vec<(usize, Node, Node)>,
    /// An aggregate function in a subquery that aggregates the rows of a block around it.
    pub(super) outer_aggregate: Option<Span>,
    /// Aggregate functions of columns of the statement's own tables, in subqueries right within it.
    pub(super) aggregates_of_statement: Vec<StatementAggregate>,
    nodes: Vec<(usize, Box<str>)>,
    index: HashMap<(usize, Box<str>), Node>,
    infos: Vec<Option<ColumnInfo>>,
}

impl<'a> Analysis<'a> {
    pub(super) fn new(context: &'a Context<'a>, fingerprint: &'a Fingerprint) -> Self {
        Analysis {
            context,
            fingerprint,
            instances: Vec::new(),
            regions: Vec::new(),
            occurrences: Vec::new(),
            qualified: Vec::new(),
            operands: Vec::new(),
            travelling: Vec::new(),
            memberships: Vec::new(),
            outer_aggregate: None,
            aggregates_of_statement: Vec::new(),
            nodes: Vec::new(),
            index: HashMap::new(),
            infos: Vec::new(),
        }
    }

    pub(super) fn region(&mut self, kind: RegionKind, parent: Option<usize>) -> usize {
        self.regions.push(Region { kind, parent, conditions: Vec::new() });
        self.regions.len() - 1
    }

    pub(super) fn add_condition(&mut self, region: usize, condition: Condition) {
        if let Some(region) = self.regions.get_mut(region) {
            match condition {
                Condition::Other => {}
                Condition::All(list) => region.conditions.extend(list),
                condition => region.conditions.push(condition),
            }
        }
    }

    /// The places of the text where a view is named, with the view.
    pub(super) fn views(&self) -> impl Iterator<Item = (&Occurrence, &'a schema::Table)> {
        let named = self.occurrences.iter().filter(|occurrence| !occurrence.in_view);
        named.filter_map(|occurrence| Some((occurrence, occurrence.table.view(self.context)?)))
    }

    /// The node of an instance's column.
    pub(super) fn node(&mut self, instance: usize, column: &str) -> Node {
        let name: Box<str> = column.to_lowercase().into();
        if let Some(node) = self.index.get(&(instance, name.clone())) {
            return *node;
        }
        let node = Node(self.nodes.len() as u32);
        let info = self.instances.get(instance).and_then(|found| column_info(self.context, &found.table, column));
        self.infos.push(info);
        self.nodes.push((instance, name.clone()));
        self.index.insert((instance, name), node);
        node
    }

    /// The instance of a node.
    pub(super) fn instance_of(&self, node: Node) -> Option<usize> {
        self.nodes.get(node.0 as usize).map(|(instance, _)| *instance)
    }

    /// Whether a node's column is one of its table's shard key.
    pub(super) fn is_key(&self, node: Node) -> bool {
        let Some((instance, column)) = self.nodes.get(node.0 as usize) else { return false };
        let vindex = self.instances.get(*instance).and_then(|instance| instance.table.primary_vindex());
        vindex.is_some_and(|vindex| vindex.columns.iter().any(|key| crate::sql::ast::eq_ignore_case(key, column)))
    }

    /// The type of a node's column.
    pub(super) fn info(&self, node: Node) -> Option<&ColumnInfo> {
        self.infos.get(node.0 as usize)?.as_ref()
    }

    /// The node of a column, if it has been met.
    pub(super) fn known_node(&self, instance: usize, column: &str) -> Option<Node> {
        self.index.get(&(instance, Box::from(column.to_lowercase()))).copied()
    }

    /// A region and those around it, innermost first.
    pub(super) fn chain(&self, region: usize) -> impl Iterator<Item = &Region> {
        let mut next = Some(region);
        // A parent always has a smaller number, so this ends.
        std::iter::from_fn(move || {
            let region = self.regions.get(next?)?;
            next = region.parent;
            Some(region)
        })
    }

    /// The conditions that restrict rows in a region. A condition outside of the side of an outer join that is filled
    /// with NULLs doesn't restrict that side's rows if it looks at them: it sees the NULLs that are there when a row isn't.
    pub(super) fn conditions(&self, region: usize) -> impl Iterator<Item = &Condition> {
        let mut passed: Vec<usize> = Vec::new();
        let mut next = Some(region);
        let chain = std::iter::from_fn(move || {
            let at = next?;
            let found = self.regions.get(at)?;
            next = found.parent;
            let inside = passed.clone();
            if found.kind == RegionKind::NullSide {
                passed.push(at);
            }
            Some((found, inside))
        });
        chain.flat_map(move |(region, inside)| {
            region.conditions.iter().filter(move |condition| !inside.iter().any(|side| self.looks_at(condition, *side)))
        })
    }

    /// Whether a condition names a column of a table in a region or in one under it.
    fn looks_at(&self, condition: &Condition, region: usize) -> bool {
        let within = |node: &Node| {
            let instance = self.instance_of(*node).and_then(|instance| self.instances.get(instance));
            let mut at = instance.map(|instance| instance.region);
            while let Some(found) = at {
                if found == region {
                    return true;
                }
                at = self.regions.get(found).and_then(|region| region.parent);
            }
            false
        };
        match condition {
            Condition::Equal { node, .. } | Condition::InSlot { node, .. } | Condition::Range { node, .. } => {
                within(node)
            }
            Condition::Columns { left, right, .. } => within(left) || within(right),
            Condition::InRows { nodes, .. } => nodes.iter().flatten().any(within),
            Condition::Any(list) | Condition::All(list) => list.iter().any(|part| self.looks_at(part, region)),
            Condition::Never | Condition::Other => false,
        }
    }

    /// Which columns are equal for the rows of a region.
    pub(super) fn classes(&self, region: usize) -> Classes {
        let mut classes = Classes { parents: (0..self.nodes.len() as u32).collect() };
        for condition in self.conditions(region) {
            if let Condition::Columns { left, right, .. } = condition
                && comparable(self.info(*left), self.info(*right))
            {
                classes.join(*left, *right);
            }
        }
        classes
    }

    /// Make inner joins of outer joins whose NULLs a condition refuses.
    pub(super) fn join_refused_null_sides(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for index in 0..self.regions.len() {
                let Some(region) = self.regions.get(index) else { continue };
                if region.kind != RegionKind::NullSide {
                    continue;
                }
                let Some(parent) = region.parent else { continue };
                let refused = self.conditions(parent).any(|condition| self.refuses_null(condition, index));
                if refused && let Some(region) = self.regions.get_mut(index) {
                    let conditions = std::mem::take(&mut region.conditions);
                    region.kind = RegionKind::Joined;
                    if let Some(parent) = self.regions.get_mut(parent) {
                        parent.conditions.extend(conditions);
                    }
                    changed = true;
                }
            }
        }
    }

    fn refuses_null(&self, condition: &Condition, region: usize) -> bool {
        let within = |node: &Node| {
            self.instance_of(*node)
                .and_then(|instance| self.instances.get(instance))
                .is_some_and(|instance| instance.region == region)
        };
        match condition {
            Condition::Equal { node, null_safe: false, .. }
            | Condition::InSlot { node, .. }
            | Condition::Range { node, .. } => within(node),
            Condition::Columns { left, right, null_safe: false } => within(left) || within(right),
            Condition::InRows { nodes, .. } => nodes.iter().flatten().any(within),
            Condition::Any(list) => {
                !list.is_empty() && list.iter().all(|condition| self.refuses_null(condition, region))
            }
            Condition::All(list) => list.iter().any(|condition| self.refuses_null(condition, region)),
            Condition::Equal { .. } | Condition::Columns { .. } | Condition::Never | Condition::Other => false,
        }
    }

    /// Whether the rows of the region are rows of the result, or of an operand of the statement's set operations: no outer
    /// join and no subquery stands between.
    pub(super) fn is_anchored(&self, region: usize) -> bool {
        use RegionKind::{Joined, Operand, Top, Transparent};
        self.chain(region).all(|region| matches!(region.kind, Top | Operand | Transparent | Joined))
            && self.chain(region).last().is_some_and(|region| matches!(region.kind, Top | Operand))
    }

    /// The outermost region around a region.
    pub(super) fn root(&self, region: usize) -> usize {
        let mut at = region;
        while let Some(parent) = self.regions.get(at).and_then(|region| region.parent) {
            at = parent;
        }
        at
    }
}

/// Sets of equal columns.
pub(super) struct Classes {
    parents: Vec<u32>,
}

impl Classes {
    fn root(&self, node: Node) -> u32 {
        let mut at = node.0;
        while let Some(parent) = self.parents.get(at as usize).copied() {
            if parent == at {
                break;
            }
            at = parent;
        }
        at
    }

    fn join(&mut self, left: Node, right: Node) {
        let (left, right) = (self.root(left), self.root(right));
        if let Some(parent) = self.parents.get_mut(left as usize) {
            *parent = right;
        }
    }

    /// Whether two columns are equal.
    pub(super) fn same(&self, left: Node, right: Node) -> bool {
        self.root(left) == self.root(right)
    }
}
