//! `caching_sha2_password`'s fast exchange: SHA-256 with a nonce.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::hex;
use super::nonce::Nonce;

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn xor(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    let mut out = a;
    for (out, b) in out.iter_mut().zip(b) {
        *out ^= b;
    }
    out
}

/// A client's answer to the nonce: `SHA256(password) ^ SHA256(SHA256(SHA256(password)), nonce)`. The answer for an
/// empty password is empty.
pub fn sha256_scramble(password: &[u8], nonce: &Nonce) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = sha256(&[password]);
    xor(once, sha256(&[&sha256(&[&once]), nonce.as_bytes()])).to_vec()
}

/// `SHA256(SHA256(password))`: with it stored, the fast exchange works from the first login on.
#[derive(Clone, PartialEq, Eq)]
pub struct Sha256d(pub [u8; 32]);

impl Sha256d {
    /// The hash of a password.
    pub fn of_password(password: &[u8]) -> Self {
        Sha256d(sha256(&[&sha256(&[password])]))
    }

    /// Whether `answer` is the answer of a client that knows the password.
    pub(super) fn check_answer(&self, answer: &[u8; 32], nonce: &Nonce) -> bool {
        let once = xor(*answer, sha256(&[&self.0, nonce.as_bytes()]));
        sha256(&[&once]).ct_eq(&self.0).into()
    }

    pub(super) fn check_password(&self, password: &[u8]) -> bool {
        Sha256d::of_password(password).0.ct_eq(&self.0).into()
    }
}

impl std::fmt::Display for Sha256d {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256d:{}", hex::encode(&self.0))
    }
}

impl std::fmt::Debug for Sha256d {
    /// Keeps the hash out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256d(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha256_of_sha256() {
        assert_eq!(
            Sha256d::of_password(b"password").to_string(),
            "sha256d:73641c99f7719f57d8f4beb11a303afcd190243a51ced8782ca6d3dbe014d146"
        );
    }

    #[test]
    fn only_the_right_password_passes() {
        let nonce = Nonce::from_random(*b"abcdefghijklmnopqrst");
        let hash = Sha256d::of_password(b"secret");
        let answer = |password: &[u8]| <[u8; 32]>::try_from(sha256_scramble(password, &nonce)).unwrap();
        assert!(hash.check_answer(&answer(b"secret"), &nonce));
        assert!(!hash.check_answer(&answer(b"Secret"), &nonce));
        assert!(!hash.check_answer(&answer(b"secret"), &Nonce::from_random([9; 20])));
        assert!(hash.check_password(b"secret"));
        assert!(!hash.check_password(b"secret "));
        assert!(sha256_scramble(b"", &nonce).is_empty());
    }
}
