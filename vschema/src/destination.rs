//! Where a vindex sends a value.

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
