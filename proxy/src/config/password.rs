//! What shardgate.yaml holds in place of a user's password.

use std::fmt;

/// What `caching_sha2_password` checks a password against.
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordHash {
    /// SHA256 of SHA256 of the password (`sha256d:` and 64 hex digits): enough for the fast exchange from the first login.
    Sha256d([u8; 32]),
    /// MySQL's own stored form: 20 bytes of salt, and the 43 characters of the salted hash. The first login takes the
    /// full exchange.
    Crypt {
        /// SHA-256 rounds, in thousands (MySQL writes 5).
        rounds: u16,
        /// The salt.
        salt: [u8; 20],
        /// The hash in crypt's base 64.
        digest: [u8; 43],
    },
}

/// Why a text is no hash of a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordHashError {
    /// Digits that are none, or not 64 of them.
    #[error("`sha256d:` must be followed by 64 hex digits, as `shardgate user hash` prints them")]
    Sha256d,
    /// MySQL's form, but damaged.
    #[error(
        "not MySQL's `$A$005$`, 20 bytes of salt and 43 characters of hash: copy it in hex from SHOW CREATE USER with \
         `print_identified_with_as_hex` on, since the salt's bytes don't survive copying as text"
    )]
    Crypt,
    /// Neither.
    #[error(
        "not a password hash: write `sha256d:` and 64 hex digits (`shardgate user hash` makes it from a password), or \
         MySQL's `$A$005$...` in hex"
    )]
    Unknown,
    /// No hash for `mysql_native_password`.
    #[error("not a hash of mysql_native_password: write `*` and 40 hex digits, as MySQL's `SHOW CREATE USER` does")]
    Native,
}

const CRYPT_PREFIX: &[u8] = b"$A$";

impl PasswordHash {
    /// Reads `sha256d:` with hex, or MySQL's stored form as text or in hex (with or without `0x`).
    ///
    /// # Errors
    /// Says what the text should be.
    pub fn parse(text: &str) -> Result<Self, PasswordHashError> {
        if let Some(digits) = text.strip_prefix("sha256d:") {
            return decode_hex(digits).map(Self::Sha256d).ok_or(PasswordHashError::Sha256d);
        }
        if text.as_bytes().starts_with(CRYPT_PREFIX) {
            return Self::from_crypt(text.as_bytes()).ok_or(PasswordHashError::Crypt);
        }
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return decode_hex::<70>(digits).and_then(|bytes| Self::from_crypt(&bytes)).ok_or(PasswordHashError::Crypt);
        }
        Err(PasswordHashError::Unknown)
    }

    /// Reads `$A$`, three hex digits of rounds, `$`, salt and hash.
    fn from_crypt(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(CRYPT_PREFIX)?;
        let (rounds, rest) = rest.split_first_chunk::<3>()?;
        let (salt, digest) = rest.strip_prefix(b"$")?.split_first_chunk::<20>()?;
        let rounds = u16::from_str_radix(std::str::from_utf8(rounds).ok()?, 16).ok().filter(|rounds| *rounds > 0)?;
        let digest: [u8; 43] = digest.try_into().ok()?;
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
        digest.iter().all(is_base64).then_some(Self::Crypt { rounds, salt: *salt, digest })
    }
}

/// Reads a hash of `mysql_native_password`: `*` and 40 hex digits.
///
/// # Errors
/// Says what the text should be.
pub fn parse_native(text: &str) -> Result<[u8; 20], PasswordHashError> {
    text.strip_prefix('*').and_then(decode_hex).ok_or(PasswordHashError::Native)
}

fn decode_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits = digits.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256d(_) => "PasswordHash(sha256d:***)",
            Self::Crypt { .. } => "PasswordHash($A$***)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "0123456789012345678901234567890123456789abc";

    #[test]
    fn both_forms_are_read() {
        let digits = "00ff".repeat(16);
        let PasswordHash::Sha256d(bytes) = PasswordHash::parse(&format!("sha256d:{digits}")).unwrap() else { panic!() };
        assert_eq!(bytes[..4], [0, 255, 0, 255]);
        let crypt = format!("$A$005$abcdefghijklmnopqrst{DIGEST}");
        let hash = PasswordHash::parse(&crypt).unwrap();
        let expected = PasswordHash::Crypt {
            rounds: 5,
            salt: *b"abcdefghijklmnopqrst",
            digest: DIGEST.as_bytes().try_into().unwrap(),
        };
        assert_eq!(hash, expected);
        let hex: String = crypt.bytes().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(PasswordHash::parse(&hex).unwrap(), expected);
        assert_eq!(PasswordHash::parse(&format!("0x{hex}")).unwrap(), expected);
    }

    #[test]
    fn what_is_no_hash_is_refused_with_what_to_write() {
        for (text, part) in [
            ("sha256d:12", "64 hex digits"),
            ("$A$005$short", "print_identified_with_as_hex"),
            ("24412430", "print_identified_with_as_hex"),
            ("secret", "shardgate user hash"),
            ("", "shardgate user hash"),
        ] {
            let message = PasswordHash::parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn native_hashes_are_read_as_mysql_prints_them() {
        let text = "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19";
        assert_eq!(parse_native(text).unwrap()[..2], [0x24, 0x70]);
        assert!(parse_native("2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19").is_err());
    }

    #[test]
    fn a_hash_is_not_shown() {
        let hash = PasswordHash::parse(&format!("sha256d:{}", "ab".repeat(32))).unwrap();
        assert!(!format!("{hash:?}").contains("ab"));
    }
}
