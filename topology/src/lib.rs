//! Where shards are: keyspaces, shards and instances, the stores that hold them, and their watches.
//!
//! [`Topology`] is an immutable model: a statement keeps the one that it started with. What this crate deliberately
//! doesn't do: know SQL, or decide which shard holds a row (`shardgate-vschema` has the functions, the router the
//! decision).

mod address;
mod check;
mod emit;
mod instance;
mod keyspace;
mod read;
mod secret;
mod shard;
pub mod store;
mod topology;

pub use address::{Address, AddressError};
pub use check::read_documents;
pub use instance::{Instance, InstanceId, Role};
pub use keyspace::{KeyspaceFault, KeyspaceTopology};
pub use secret::Secret;
pub use shard::{Shard, ShardFault};
pub use topology::{ServerGroup, Topology};
