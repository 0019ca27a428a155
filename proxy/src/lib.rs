//! Listeners, sessions, execution of plans, backend pools, transactions, admin HTTP.
//!
//! A statement's way: `session` reads a command, `shardgate-router` plans it, `execute` runs the plan's operators over
//! connections of the `backend` pools, and the reply goes to the client's socket from the same task. Data paths run on
//! worker threads with a runtime, a pool and a plan cache each (`worker`); `control` (store watch, schema reading) and
//! `admin` (HTTP) run on a runtime of their own and publish immutable snapshots (`snapshot`).

mod admin;
mod backend;
pub mod check;
mod client;
pub mod config;
mod control;
mod error;
mod execute;
mod metrics;
mod net;
mod row;
mod sequence;
mod server;
mod session;
mod settings;
mod show;
mod snapshot;
mod worker;

pub use server::{Proxy, ReloadError, ServeError, ServeOptions, serve};
