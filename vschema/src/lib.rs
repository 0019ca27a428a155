//! What is sharded and how: the vschema model, its validation, vindex functions, keyspace ids and key ranges.
//!
//! The crate is pure: it has no sockets, clocks or randomness, and it reads no files. The text of a file goes in, an
//! immutable model or the list of all its faults comes out.

mod destination;
mod hex;
mod inspect;
mod key_range;
mod keyspace_id;
pub mod model;
mod read;
mod shard_name;
mod tiling;
mod value;
mod vindex;
pub mod yaml;

pub use destination::Destination;
pub use hex::HexError;
pub use inspect::{FindVindexError, Inspection, inspect, typed_value};
pub use key_range::{KeyRange, KeyRangeError};
pub use keyspace_id::KeyspaceId;
pub use model::VSchema;
pub use shard_name::{ShardName, ShardNameError};
pub use tiling::{ShardCountError, TilingFault, even_ranges, tiling_faults};
pub use value::Value;
pub use vindex::{
    FileLoader, LookupOptions, LookupTable, ReadLock, VINDEX_TYPES, Vindex, VindexError, VindexFault, VindexFaultPlace,
};
