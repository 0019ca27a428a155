//! shardgate.yaml: listeners, users, pools, limits.

mod backend;
mod certificates;
mod load;
mod model;
mod read;
mod secrets;
mod store;
#[cfg(test)]
mod tests;
mod units;
mod users;

pub use certificates::{CertificateError, Certificates};
pub use load::{ConfigError, load_store};
pub use model::{
    AdminListen, Backend, BackendTls, CertificateSource, Config, Limits, Listen, Pool, Right, ServerTls, StoreConfig,
    TlsMode, TransactionMode, Transactions, User,
};
pub use shardgate_topology::Secret;
