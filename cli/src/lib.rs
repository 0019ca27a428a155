//! The shardgate binary.

pub mod playground;
