//! Key ranges that come from vindexes: prefixes of ids, and intervals of ordered values.

use std::ops::Bound;

use super::scalar::Scalar;
use super::{Function, Vindex, VindexError};
use crate::destination::Destination;
use crate::key_range::KeyRange;
use crate::value::Value;

/// All ids that begin with `prefix`.
pub(crate) fn of_prefix(prefix: &[u8]) -> Destination {
    if prefix.is_empty() {
        return Destination::AllShards;
    }
    KeyRange::new(prefix, &successor(prefix)).map_or(Destination::AllShards, Destination::KeyRange)
}

/// The first byte string of the same or a smaller length behind all that begin with `prefix`; empty at the end.
fn successor(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

impl Vindex {
    /// Whether ids have the order of the values, so that [`Vindex::map_range`] narrows the destination.
    #[must_use]
    pub fn is_order_preserving(&self) -> bool {
        matches!(self.function, Function::Scalar(Scalar::Binary | Scalar::Numeric))
    }

    /// Where rows between two values are (`BETWEEN`, `<`, `>=`). [`Destination::AllShards`] if the vindex doesn't
    /// preserve the order, or a bound isn't a value whose order the vindex knows.
    ///
    /// `numeric` takes numbers (a lower bound below zero is the beginning); `binary` takes binary strings only, since
    /// other strings are ordered by their collation.
    ///
    /// # Errors
    /// As [`Vindex::map`].
    pub fn map_range(&self, from: Bound<&Value<'_>>, to: Bound<&Value<'_>>) -> Result<Destination, VindexError> {
        let (Some(from), Some(to)) = (self.range_bound(from, true)?, self.range_bound(to, false)?) else {
            return Ok(Destination::AllShards);
        };
        let (start, end) = match (from, to) {
            (Edge::Nothing, _) | (_, Edge::Nothing) => return Ok(Destination::None),
            (Edge::At(start), Edge::At(end)) => (start, end),
            (Edge::At(start), Edge::Open) => (start, Vec::new()),
            (Edge::Open, Edge::At(end)) => (Vec::new(), end),
            (Edge::Open, Edge::Open) => return Ok(Destination::AllShards),
        };
        Ok(match KeyRange::new(&start, &end) {
            Ok(range) if range.is_whole() => Destination::AllShards,
            Ok(range) => Destination::KeyRange(range),
            Err(_) => Destination::None,
        })
    }

    /// The edge of the key range that a bound makes; `None` if the vindex doesn't know the order of the value.
    fn range_bound(&self, bound: Bound<&Value<'_>>, lower: bool) -> Result<Option<Edge>, VindexError> {
        let value = match bound {
            Bound::Unbounded => return Ok(Some(Edge::Open)),
            Bound::Included(value) | Bound::Excluded(value) => value,
        };
        let Function::Scalar(scalar) = &self.function else { return Ok(None) };
        match (scalar, value) {
            (_, Value::Null) => return Ok(Some(Edge::Nothing)),
            (Scalar::Numeric, Value::Int(number)) if *number < 0 => {
                return Ok(Some(if lower { Edge::Open } else { Edge::Nothing }));
            }
            (Scalar::Numeric, Value::Int(_) | Value::UInt(_)) | (Scalar::Binary, Value::Bytes(_)) => {}
            _ => return Ok(None),
        }
        let Some(id) = scalar.keyspace_id(value).map_err(|reason| self.unmappable(reason))? else { return Ok(None) };
        let id = id.as_bytes();
        // The range is [start, end): an included upper bound and an excluded lower bound move to the next id.
        Ok(Some(match (scalar, bound, lower) {
            (Scalar::Numeric, Bound::Included(_), false) => match successor(id) {
                end if end.is_empty() => Edge::Open,
                end => Edge::At(end),
            },
            (Scalar::Numeric, Bound::Excluded(_), true) => match successor(id) {
                start if start.is_empty() => Edge::Nothing,
                start => Edge::At(start),
            },
            (Scalar::Numeric, _, _) | (_, _, true) => Edge::At(id.to_vec()),
            // Key ranges ignore zeros at the end of their bounds, so a bound that has some must move behind them.
            (_, Bound::Excluded(_), false) if id.is_empty() => Edge::Nothing,
            (_, Bound::Excluded(_), false) if id.last() != Some(&0) => Edge::At(id.to_vec()),
            _ => Edge::At([id, &[0, 1]].concat()),
        }))
    }
}

/// One edge of a key range.
enum Edge {
    /// No limit on this side.
    Open,
    /// The range starts or ends at this id.
    At(Vec<u8>),
    /// No row fulfils the condition.
    Nothing,
}
