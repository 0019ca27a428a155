//! shardgate.yaml: listeners, users, pools, limits.

mod model;
mod password;
mod secret;

pub use model::{
    Backend, BackendTls, CertificateSource, Config, Limits, Listen, Pool, Right, ServerTls, StoreConfig, TlsMode,
    TransactionMode, Transactions, User,
};
pub use password::{PasswordHash, PasswordHashError};
pub use secret::Secret;
