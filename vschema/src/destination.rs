//! Where a vindex sends a value.

use std::fmt;

use crate::key_range::KeyRange;
use crate::keyspace_id::KeyspaceId;

/// The part of a keyspace where the rows of a value can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Nowhere: no row can have this value (for example NULL in an equality).
    None,
    /// In the shard that holds this id.
    KeyspaceId(KeyspaceId),
    /// In the shards that hold these ids.
    KeyspaceIds(Vec<KeyspaceId>),
    /// In the shards that hold part of this range.
    KeyRange(KeyRange),
    /// In any shard.
    AllShards,
}

impl Destination {
    /// Whether the shard that holds `range` can have rows of the value.
    #[must_use]
    pub fn reaches(&self, range: &KeyRange) -> bool {
        match self {
            Self::None => false,
            Self::KeyspaceId(id) => range.contains(id),
            Self::KeyspaceIds(ids) => ids.iter().any(|id| range.contains(id)),
            Self::KeyRange(own) => own.intersects(range),
            Self::AllShards => true,
        }
    }
}

/// For people: an id or a range in hex, or words.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::KeyspaceId(id) => id.fmt(f),
            Self::KeyspaceIds(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                f.write_str(&ids.join(","))
            }
            Self::KeyRange(range) => range.fmt(f),
            Self::AllShards => f.write_str("all shards"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_reaches_the_shards_that_can_have_its_rows() {
        let shards: Vec<KeyRange> = ["-40", "40-80", "80-"].iter().map(|text| text.parse().unwrap()).collect();
        let reached = |destination: Destination| {
            shards.iter().filter(|range| destination.reaches(range)).map(ToString::to_string).collect::<Vec<_>>()
        };
        let id = |hex| KeyspaceId::from_hex(hex).unwrap();
        assert!(reached(Destination::None).is_empty());
        assert_eq!(reached(Destination::KeyspaceId(id("40"))), ["40-80"]);
        assert_eq!(reached(Destination::KeyspaceIds(vec![id("00"), id("ff")])), ["-40", "80-"]);
        assert_eq!(reached(Destination::KeyRange("3f-80".parse().unwrap())), ["-40", "40-80"]);
        assert_eq!(reached(Destination::AllShards), ["-40", "40-80", "80-"]);
    }
}
