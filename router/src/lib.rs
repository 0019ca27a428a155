//! SQL + vschema + schema in, a plan out. Pure: no sockets, no clocks, no randomness.
//!
//! The way of a statement: [`fingerprint::scan`] takes the literals out of the client's text and finds where they stand;
//! the [`cache::PlanCache`] maps what is left to a [`plan::Plan`]; on a miss [`planner::plan`] parses the text
//! ([`sql`]), binds it to the [`catalog::Catalog`] and decides the route. A plan doesn't hold a literal's value, only
//! the slot that it stands in ([`plan::SlotId`]), so one plan serves every execution of the same statement.
//!
//! What this crate deliberately doesn't do: talk to anybody, know which instance holds a shard, or evaluate SQL
//! expressions. Where a value must be computed, MySQL computes it.

pub mod args;
pub mod cache;
pub mod catalog;
pub mod coerce;
pub mod error;
pub mod explain;
pub mod fingerprint;
pub mod information_schema;
pub mod literal;
pub mod load_text;
pub mod plan;
pub mod planner;
pub mod schema;
pub mod schema_sql;
pub mod session;
pub mod sql;
pub mod temporary;
