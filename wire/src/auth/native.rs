//! `mysql_native_password`: SHA-1, twice.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use super::account::VerifierError;
use super::hex;
use super::nonce::Nonce;

fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn xor(a: [u8; 20], b: [u8; 20]) -> [u8; 20] {
    let mut out = a;
    for (out, b) in out.iter_mut().zip(b) {
        *out ^= b;
    }
    out
}

/// A client's answer to the nonce: `SHA1(password) ^ SHA1(nonce, SHA1(SHA1(password)))`. The answer for an empty
/// password is empty.
pub fn native_scramble(password: &[u8], nonce: &Nonce) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = sha1(&[password]);
    xor(once, sha1(&[nonce.as_bytes(), &sha1(&[&once])])).to_vec()
}

/// `SHA1(SHA1(password))`, stored as `*` and 40 hex digits.
#[derive(Clone, PartialEq, Eq)]
pub struct NativeHash([u8; 20]);

impl NativeHash {
    /// The hash of a password.
    pub fn of_password(password: &[u8]) -> Self {
        NativeHash(sha1(&[&sha1(&[password])]))
    }

    /// Whether `answer` is the answer of a client that knows the password.
    pub(super) fn check(&self, answer: &[u8], nonce: &Nonce) -> bool {
        let once = match <[u8; 20]>::try_from(answer) {
            Ok(answer) => sha1(&[&xor(answer, sha1(&[nonce.as_bytes(), &self.0]))]),
            // The answer for an empty password is empty.
            Err(_) if answer.is_empty() || answer == [0] => sha1(&[&sha1(&[])]),
            Err(_) => return false,
        };
        once.ct_eq(&self.0).into()
    }
}

impl std::str::FromStr for NativeHash {
    type Err = VerifierError;

    fn from_str(text: &str) -> Result<Self, VerifierError> {
        let bytes = text.strip_prefix('*').and_then(hex::decode).ok_or(VerifierError::Native)?;
        Ok(NativeHash(bytes.try_into().map_err(|_| VerifierError::Native)?))
    }
}

impl std::fmt::Display for NativeHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "*{}", hex::encode(&self.0).to_uppercase())
    }
}

impl std::fmt::Debug for NativeHash {
    /// Keeps the hash out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NativeHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_equals_mysqls() {
        // SELECT PASSWORD('password') on MySQL 5.7.
        let hash = NativeHash::of_password(b"password");
        assert_eq!(hash.to_string(), "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
        assert_eq!("*2470c0c06dee42fd1618bb99005adca2ec9d1e19".parse(), Ok(hash));
        assert_eq!("2470c0".parse::<NativeHash>(), Err(VerifierError::Native));
    }

    #[test]
    fn only_the_right_password_passes() {
        let nonce = Nonce::from_random(*b"abcdefghijklmnopqrst");
        let hash = NativeHash::of_password(b"secret");
        assert!(hash.check(&native_scramble(b"secret", &nonce), &nonce));
        assert!(!hash.check(&native_scramble(b"Secret", &nonce), &nonce));
        assert!(!hash.check(b"", &nonce));
        assert!(!hash.check(b"short", &nonce));
        let other = Nonce::from_random(*b"abcdefghijklmnopqrsT");
        assert!(!hash.check(&native_scramble(b"secret", &nonce), &other));
        assert!(NativeHash::of_password(b"").check(b"", &nonce));
    }
}
