//! Which shards a statement goes to, as a function of its literals and parameters.

use super::{Lookup, SlotId, ValueExpr};
use crate::args::Arguments;
use crate::coerce::{Coerced, Coercion};
use crate::error::{Code, SqlError};
use crate::session::SessionValues;
use shardgate_vschema::{Destination, KeyRange, KeyspaceId, Value, Vindex};
use smallvec::SmallVec;
use std::ops::Bound;
use std::sync::Arc;

/// How a value meets a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`, `IN`: NULL finds nothing.
    Equal,
    /// `<=>`, `IS NULL`: NULL finds NULL.
    NullSafe,
    /// The value is stored in the column.
    Stored,
}

/// A value that is compared with a vindex column for equality, or stored in it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyExpr {
    /// The value.
    pub value: ValueExpr,
    /// How MySQL converts it before it compares it with the column.
    pub coercion: Coercion,
    /// What it is for.
    pub comparison: Comparison,
}

impl KeyExpr {
    /// The value in the form that rows are placed by.
    ///
    /// # Errors
    /// When a parameter is missing, or a value can't be stored in the column.
    pub fn value<'a>(&self, args: &Arguments<'a>, session: &'a dyn SessionValues) -> Result<Coerced<'a>, SqlError> {
        let value = self.value.evaluate(args, session)?;
        let Some(value) = args.mode.for_vindex(value) else {
            return match self.comparison {
                Comparison::Equal | Comparison::NullSafe => Ok(Coerced::Unknown),
                Comparison::Stored => Err(SqlError::new(
                    Code::VindexMapping,
                    "the shard key's value isn't valid in the connection's character set".to_owned(),
                )),
            };
        };
        match (self.comparison, value) {
            (Comparison::Equal, Value::Null) => Ok(Coerced::NoRow),
            (Comparison::NullSafe, Value::Null) => Ok(Coerced::Value(Value::Null)),
            (Comparison::Equal | Comparison::NullSafe, value) => Ok(self.coercion.compared(value)),
            (Comparison::Stored, value) => match self.coercion.stored(value.clone()) {
                Some(value) => Ok(Coerced::Value(value)),
                None => Err(SqlError::new(
                    Code::VindexMapping,
                    format!("the value {} doesn't fit the shard key's column", crate::literal::show(&value)),
                )),
            },
        }
    }
}

/// The values of an IN list.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyList {
    /// A folded list of literals or parameters in one slot.
    Slot {
        /// The slot.
        slot: SlotId,
        /// How MySQL converts each.
        coercion: Coercion,
    },
    /// Values one by one.
    Values(Vec<KeyExpr>),
}

/// Which shards.
#[derive(Debug, Clone)]
pub enum Target {
    /// The only shard of an unsharded keyspace.
    Unsharded,
    /// Any one shard: reference tables, statements without a table, contradictions.
    AnyShard,
    /// Every shard.
    Scatter,
    /// Every shard, each of which does the same to its copy of the same rows (writes of reference tables).
    Alike,
    /// Where this key's keyspace ids are. One value for each column of the vindex (fewer: a prefix).
    Equal {
        /// The vindex.
        vindex: Arc<Vindex>,
        /// A value for each column.
        values: Vec<KeyExpr>,
    },
    /// Where the keyspace ids of any value in the list are (single-column vindexes).
    In {
        /// The vindex.
        vindex: Arc<Vindex>,
        /// The values.
        values: KeyList,
    },
    /// Where a lookup vindex's table says; every shard, if it hasn't been asked.
    Lookup(Arc<Lookup>),
    /// Between two values, for vindexes that keep order. A bound that is `None` is open.
    Range {
        /// The vindex.
        vindex: Arc<Vindex>,
        /// Lower bound, inclusive.
        from: Option<KeyExpr>,
        /// Upper bound, inclusive.
        to: Option<KeyExpr>,
    },
    /// The shards of any of these (OR).
    AnyOf(Vec<Target>),
    /// The shards that are in all of these (AND).
    AllOf(Vec<Target>),
    /// Where this keyspace id is: a pinned table.
    Pinned(KeyspaceId),
    /// The one shard that each of these is; an error if they are several shards.
    OneShard {
        /// One for each set of tables that are placed together.
        targets: Vec<Target>,
        /// What the statement does that can't be done on several shards, and what would make it work.
        reason: Box<str>,
    },
}

/// By the vindexes' names and the values: plans are compared by what they would do.
impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Target::Unsharded, Target::Unsharded)
            | (Target::AnyShard, Target::AnyShard)
            | (Target::Scatter, Target::Scatter)
            | (Target::Alike, Target::Alike) => true,
            (Target::Equal { vindex: a, values: x }, Target::Equal { vindex: b, values: y }) => {
                a.name() == b.name() && x == y
            }
            (Target::In { vindex: a, values: x }, Target::In { vindex: b, values: y }) => {
                a.name() == b.name() && x == y
            }
            (Target::Range { vindex: a, from, to }, Target::Range { vindex: b, from: from_b, to: to_b }) => {
                a.name() == b.name() && from == from_b && to == to_b
            }
            (Target::Lookup(a), Target::Lookup(b)) => a == b,
            (Target::Pinned(a), Target::Pinned(b)) => a == b,
            (Target::OneShard { targets: a, reason: x }, Target::OneShard { targets: b, reason: y }) => {
                a == b && x == y
            }
            (Target::AnyOf(a), Target::AnyOf(b)) | (Target::AllOf(a), Target::AllOf(b)) => a == b,
            _ => false,
        }
    }
}

/// Indices of a keyspace's serving shards, ascending, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardSet {
    indices: SmallVec<[u32; 4]>,
    any: bool,
}

impl ShardSet {
    /// One shard.
    pub fn one(index: u32) -> Self {
        ShardSet { indices: SmallVec::from_slice(&[index]), any: false }
    }

    /// Any one shard: the first, unless the caller prefers another.
    pub fn any() -> Self {
        ShardSet { indices: SmallVec::from_slice(&[0]), any: true }
    }

    /// All of `count` shards.
    pub fn all(count: usize) -> Self {
        ShardSet { indices: (0..count as u32).collect(), any: false }
    }

    /// Those of these shards that are in the set; one of the set's, if none is.
    pub fn narrowed(&self, indices: &[u32]) -> Self {
        let common: SmallVec<[u32; 4]> = self.indices.iter().copied().filter(|index| indices.contains(index)).collect();
        match (common.is_empty(), self.indices.first()) {
            (true, Some(first)) => Self::one(*first),
            _ => Self::from_indices(common),
        }
    }

    /// The indices.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// The index, if it is one shard.
    pub fn single(&self) -> Option<u32> {
        match self.indices.as_slice() {
            [index] => Some(*index),
            _ => None,
        }
    }

    /// Whether any other shard would do as well.
    pub fn is_any(&self) -> bool {
        self.any
    }

    fn from_indices(mut indices: SmallVec<[u32; 4]>) -> Self {
        indices.sort_unstable();
        indices.dedup();
        if indices.is_empty() { Self::any() } else { ShardSet { indices, any: false } }
    }

    /// Both; a set that is "any" holds no row.
    fn union(self, other: Self) -> Self {
        match (self.any, other.any) {
            (true, _) => other,
            (_, true) => self,
            (false, false) => Self::from_indices(self.indices.into_iter().chain(other.indices).collect()),
        }
    }

    fn intersection(self, other: &Self) -> Self {
        if self.any || other.any {
            return Self::any();
        }
        Self::from_indices(self.indices.into_iter().filter(|index| other.indices.contains(index)).collect())
    }
}

impl Target {
    /// Collect what it asks of lookup vindexes.
    pub fn lookups(&self, into: &mut Vec<Arc<Lookup>>) {
        match self {
            Target::Lookup(lookup) if !into.iter().any(|known| Arc::ptr_eq(known, lookup)) => {
                into.push(Arc::clone(lookup));
            }
            Target::AnyOf(targets) | Target::AllOf(targets) | Target::OneShard { targets, .. } => {
                targets.iter().for_each(|target| target.lookups(into));
            }
            _ => {}
        }
    }

    /// The shards that this is for these arguments: indices into `ranges`, which are the serving shards' key ranges,
    /// ascending and without gaps.
    ///
    /// # Errors
    /// When a vindex refuses a value, or a parameter is missing.
    pub fn resolve(
        &self,
        args: &Arguments<'_>,
        session: &dyn SessionValues,
        ranges: &[KeyRange],
    ) -> Result<ShardSet, SqlError> {
        match self {
            Target::Unsharded => Ok(ShardSet::one(0)),
            Target::AnyShard => Ok(ShardSet::any()),
            Target::Scatter | Target::Alike => Ok(ShardSet::all(ranges.len())),
            Target::Equal { vindex, values } => {
                let mut keys: SmallVec<[Value<'_>; 2]> = SmallVec::new();
                let mut unknown = false;
                for value in values {
                    match value.value(args, session)? {
                        // What follows an unknown column can't narrow a prefix either.
                        Coerced::Value(value) if !unknown => keys.push(value),
                        Coerced::Value(_) => {}
                        Coerced::NoRow => return Ok(ShardSet::any()),
                        Coerced::Unknown => unknown = true,
                    }
                }
                if keys.len() < values.len() && (keys.is_empty() || !vindex.is_partial()) {
                    return Ok(ShardSet::all(ranges.len()));
                }
                shards_of(map(vindex, &keys)?, ranges)
            }
            Target::In { vindex, values } => {
                let mut indices = SmallVec::new();
                let mut add = |key: Coerced<'_>| -> Result<bool, SqlError> {
                    match key {
                        Coerced::Value(value) => {
                            let set = shards_of(map(vindex, std::slice::from_ref(&value))?, ranges)?;
                            if !set.any {
                                indices.extend(set.indices);
                            }
                            Ok(true)
                        }
                        Coerced::NoRow => Ok(true),
                        Coerced::Unknown => Ok(false),
                    }
                };
                match values {
                    KeyList::Slot { slot, coercion } => {
                        for literal in args.fingerprint.slot_literals(*slot) {
                            let key = match args.literal(*literal)? {
                                Value::Null => Coerced::NoRow,
                                value => args
                                    .mode
                                    .for_vindex(value)
                                    .map_or(Coerced::Unknown, |value| coercion.compared(value)),
                            };
                            if !add(key)? {
                                return Ok(ShardSet::all(ranges.len()));
                            }
                        }
                    }
                    KeyList::Values(values) => {
                        for value in values {
                            if !add(value.value(args, session)?)? {
                                return Ok(ShardSet::all(ranges.len()));
                            }
                        }
                    }
                }
                Ok(ShardSet::from_indices(indices))
            }
            Target::Lookup(lookup) => match session.looked_up(lookup) {
                Some(ids) => shards_of(Destination::KeyspaceIds(ids.to_vec()), ranges),
                None => Ok(ShardSet::all(ranges.len())),
            },
            Target::Range { vindex, from, to } => {
                let bound = |key: &Option<KeyExpr>| -> Result<Option<Coerced<'_>>, SqlError> {
                    key.as_ref().map(|key| key.value(args, session)).transpose()
                };
                let (from, to) = (bound(from)?, bound(to)?);
                // A bound that isn't a value of the column's own kind narrows nothing.
                let included = |bound: &Option<Coerced<'_>>| match bound {
                    Some(Coerced::Value(value)) => Bound::Included(value.clone().into_owned()),
                    _ => Bound::Unbounded,
                };
                let (from, to) = (included(&from), included(&to));
                let destination = vindex
                    .map_range(from.as_ref(), to.as_ref())
                    .map_err(|error| SqlError::new(Code::VindexMapping, error.to_string()))?;
                shards_of(destination, ranges)
            }
            Target::AnyOf(targets) => {
                let mut all = ShardSet::any();
                for target in targets {
                    all = all.union(target.resolve(args, session, ranges)?);
                }
                Ok(all)
            }
            Target::AllOf(targets) => {
                let mut common: Option<ShardSet> = None;
                for target in targets {
                    let set = target.resolve(args, session, ranges)?;
                    common = Some(match common {
                        Some(common) => common.intersection(&set),
                        None => set,
                    });
                }
                Ok(common.unwrap_or_else(ShardSet::any))
            }
            Target::Pinned(id) => Ok(ShardSet::one(shard_of(id, ranges)?)),
            Target::OneShard { targets, reason } => {
                let mut all = ShardSet::any();
                for target in targets {
                    all = all.union(target.resolve(args, session, ranges)?);
                }
                match all.single() {
                    Some(_) => Ok(all),
                    None => Err(SqlError::new(Code::Unsupported, format!("unsupported: {reason}"))),
                }
            }
        }
    }
}

fn map(vindex: &Vindex, values: &[Value<'_>]) -> Result<Destination, SqlError> {
    vindex.map(values).map_err(|error| SqlError::new(Code::VindexMapping, error.to_string()))
}

/// The shard that holds this id.
///
/// # Errors
/// `Internal` when none does.
pub fn shard_of(id: &KeyspaceId, ranges: &[KeyRange]) -> Result<u32, SqlError> {
    let behind = ranges.partition_point(|range| range.start() <= id.as_bytes());
    let index = behind.checked_sub(1).filter(|index| ranges.get(*index).is_some_and(|range| range.contains(id)));
    index.map(|index| index as u32).ok_or_else(|| {
        SqlError::new(Code::Internal, format!("no serving shard holds the keyspace id {id}: the shards have a gap"))
    })
}

/// The shards of a destination.
pub(super) fn shards_of(destination: Destination, ranges: &[KeyRange]) -> Result<ShardSet, SqlError> {
    match destination {
        Destination::None => Ok(ShardSet::any()),
        Destination::KeyspaceId(id) => Ok(ShardSet::one(shard_of(&id, ranges)?)),
        Destination::KeyspaceIds(ids) => {
            let mut indices = SmallVec::new();
            for id in &ids {
                indices.push(shard_of(id, ranges)?);
            }
            Ok(ShardSet::from_indices(indices))
        }
        Destination::KeyRange(wanted) => Ok(ShardSet::from_indices(
            ranges
                .iter()
                .enumerate()
                .filter(|(_, range)| range.intersects(&wanted))
                .map(|(index, _)| index as u32)
                .collect(),
        )),
        Destination::AllShards => Ok(ShardSet::all(ranges.len())),
    }
}
