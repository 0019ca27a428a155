//! Authentication, in both roles: the methods' arithmetic, what is stored to check a password, and the exchanges as
//! state machines without sockets.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>

mod account;
mod client;
mod crypt;
#[cfg(test)]
mod exchange_tests;
mod hello;
mod hex;
mod link;
mod method;
mod native;
mod nonce;
mod rsa_key;
mod server;
mod sha256d;

pub use account::{Account, CachingSha2Verifier, VerifierError};
pub use client::{ClientAuth, ClientAuthError, ClientStep, KeySource, Login, ServerInfo, Tls};
pub use crypt::CryptHash;
pub use hello::Hello;
pub use link::Link;
pub use method::Method;
pub use native::{NativeHash, native_scramble};
pub use nonce::Nonce;
pub use rsa_key::{KeyError, ServerKey, encrypt_password};
pub use server::{Accepted, Denied, ServerAuth, ServerAuthError, ServerStep};
pub use sha256d::{Sha256d, sha256_scramble};
