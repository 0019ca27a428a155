//! What is stored of an account to check its password.

use std::str::FromStr;

use thiserror::Error;

use super::crypt::CryptHash;
use super::hex;
use super::method::Method;
use super::native::NativeHash;
use super::sha256d::Sha256d;

/// A stored password hash that isn't one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VerifierError {
    /// The prefix says `sha256d:`.
    #[error("a `sha256d:` hash has 64 hex digits behind the colon")]
    Sha256d,
    /// The prefix says `$A$`, or there is none.
    #[error(
        "expected `sha256d:` and 64 hex digits, or MySQL's `$A$005$...` of 70 bytes as it is or as 140 hex digits with or without `0x`"
    )]
    Crypt,
    /// For `mysql_native_password`.
    #[error("a mysql_native_password hash is `*` and 40 hex digits")]
    Native,
}

/// The stored hash of an account that uses `caching_sha2_password`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CachingSha2Verifier {
    /// `sha256d:...`
    Sha256d(Sha256d),
    /// `$A$005$...`
    Crypt(CryptHash),
}

impl CachingSha2Verifier {
    /// Checks a password that came in clear. It takes the same time for both kinds of hash and without one.
    pub(super) fn check_password(verifier: Option<&Self>, password: &[u8]) -> bool {
        let (sha256d, crypt) = match verifier {
            Some(CachingSha2Verifier::Sha256d(hash)) => (Some(hash), None),
            Some(CachingSha2Verifier::Crypt(hash)) => (None, Some(hash)),
            None => (None, None),
        };
        let by_crypt = CryptHash::check_password(crypt, password);
        let by_sha256d = sha256d.unwrap_or(&Sha256d([0; 32])).check_password(password);
        by_crypt | by_sha256d
    }
}

impl FromStr for CachingSha2Verifier {
    type Err = VerifierError;

    fn from_str(text: &str) -> Result<Self, VerifierError> {
        match text.strip_prefix("sha256d:") {
            Some(digits) => {
                let hash = hex::decode(digits).and_then(|bytes| bytes.try_into().ok()).ok_or(VerifierError::Sha256d)?;
                Ok(CachingSha2Verifier::Sha256d(Sha256d(hash)))
            }
            None => text.parse().map(CachingSha2Verifier::Crypt),
        }
    }
}

/// What is known of an account's password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// The hash for `caching_sha2_password`.
    pub caching_sha2: Option<CachingSha2Verifier>,
    /// What an earlier login by a full exchange gave, see [`Accepted::learned`](super::Accepted): with it the fast
    /// exchange works for a `$A$005$` hash too.
    pub cached: Option<Sha256d>,
    /// The hash for `mysql_native_password`.
    pub native: Option<NativeHash>,
}

impl Account {
    /// The method to use with a client that proposes `proposed`.
    pub(super) fn method(&self, proposed: Option<Method>) -> Method {
        match (&self.caching_sha2, &self.native) {
            (_, Some(_)) if proposed == Some(Method::Native) => Method::Native,
            (None, Some(_)) => Method::Native,
            _ => Method::CachingSha2,
        }
    }

    /// The hash that the fast exchange checks.
    pub(super) fn fast(&self) -> Option<&Sha256d> {
        match &self.caching_sha2 {
            Some(CachingSha2Verifier::Sha256d(hash)) => Some(hash),
            Some(CachingSha2Verifier::Crypt(_)) => self.cached.as_ref(),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_hash_are_read_and_checked() {
        let digits = "73641c99f7719f57d8f4beb11a303afcd190243a51ced8782ca6d3dbe014d146";
        let sha256d: CachingSha2Verifier = format!("sha256d:{digits}").parse().unwrap();
        let crypt = CachingSha2Verifier::Crypt(CryptHash::of_password(b"password", [b'a'; 20]));
        for verifier in [&sha256d, &crypt] {
            assert!(CachingSha2Verifier::check_password(Some(verifier), b"password"));
            assert!(!CachingSha2Verifier::check_password(Some(verifier), b"passwort"));
        }
        assert!(!CachingSha2Verifier::check_password(None, b"password"));
        assert_eq!("sha256d:12".parse::<CachingSha2Verifier>(), Err(VerifierError::Sha256d));
        assert_eq!("secret".parse::<CachingSha2Verifier>(), Err(VerifierError::Crypt));
    }

    #[test]
    fn native_is_offered_only_to_accounts_that_have_its_hash() {
        let sha2 = Some(CachingSha2Verifier::Sha256d(Sha256d([1; 32])));
        let native = Some(NativeHash::of_password(b"x"));
        let account = |caching_sha2, native| Account { caching_sha2, cached: None, native };
        let both = account(sha2.clone(), native.clone());
        assert_eq!(both.method(Some(Method::Native)), Method::Native);
        assert_eq!(both.method(Some(Method::CachingSha2)), Method::CachingSha2);
        assert_eq!(account(None, native).method(Some(Method::CachingSha2)), Method::Native);
        assert_eq!(account(sha2, None).method(Some(Method::Native)), Method::CachingSha2);
        assert_eq!(Account::default().method(Some(Method::Native)), Method::CachingSha2);
    }
}
