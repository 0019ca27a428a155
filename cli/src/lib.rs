//! The shardgate binary.
