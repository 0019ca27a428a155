//! Authentication.

mod nonce;

pub use nonce::Nonce;
