//! Send rows of some tables to the shards of the others, and run the statement there.

use super::{Gather, GatherSource, Operator};

/// Send the rows that matter of some tables to each shard of the others, into temporary tables, and run `input` there:
/// a *broadcast join*. To `input` these tables are what reference tables are, the same on each shard.
#[derive(Debug, Clone, PartialEq)]
pub struct Broadcast {
    /// The tables whose rows travel.
    pub sources: Vec<GatherSource>,
    /// Names that were put in, and what is written in their place: a column without an alias is called by its text.
    pub names: Vec<(Box<str>, Box<str>)>,
    /// What runs on the shards and merges their rows.
    pub input: Operator,
    /// What runs instead in a transaction, which has connections of its own, and if all tables are on one shard.
    pub gathered: Gather,
}
