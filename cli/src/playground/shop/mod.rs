//! The sample shop: what is in it, how it is sharded, and how its rows get to the shards they belong on.
//!
//! Keyspace `commerce` is one MySQL: products, the source of the reference table `country`, and the sequences.
//! Keyspace `customer` is sharded by the customer's id; a customer's orders and order lines lie beside the customer.

mod load;
mod rows;
mod schema;

pub use load::{LoadError, load};
pub use schema::VSCHEMA;

/// The unsharded keyspace.
pub const COMMERCE: &str = "commerce";
/// The sharded keyspace.
pub const CUSTOMER: &str = "customer";
