//! shardgate.yaml: listeners, users, pools, limits.

mod backend;
mod load;
mod model;
mod password;
mod read;
mod secret;
#[cfg(test)]
mod tests;
mod units;
mod users;

pub use load::ConfigError;
pub use model::{
    Backend, BackendTls, CertificateSource, Config, Limits, Listen, Pool, Right, ServerTls, StoreConfig, TlsMode,
    TransactionMode, Transactions, User,
};
pub use password::{PasswordHash, PasswordHashError};
pub use secret::Secret;
