//! Connections to the shards' MySQL servers: login, pools, and the exchange of a command and its reply.

mod connection;
mod exchange;
mod login;
mod pool;
mod rows;
mod tls;
mod trace;

pub(crate) use connection::{Backend, BackendError, OkSummary, Profile, Statement};
pub(crate) use exchange::{Alarm, RelayError, Watch};
pub(crate) use login::{Credentials, login_settings, random};
pub(crate) use pool::{AcquireError, InstancePool, Limits, PoolStats, Pools, SharedPools};
pub(crate) use rows::{Head, Step};
pub(crate) use tls::backend_tls;
pub(crate) use trace::{Addressee, Recorder, Sent, Trace};
