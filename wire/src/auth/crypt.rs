//! MySQL's own stored form of a `caching_sha2_password` password: Drepper's SHA-256 crypt, with twenty bytes of salt.
//!
//! <https://dev.mysql.com/doc/refman/9.7/en/caching-sha2-pluggable-authentication.html>
//! <https://www.akkadia.org/drepper/SHA-crypt.txt>

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::account::VerifierError;
use super::hex;

const SALT_LEN: usize = 20;
const DIGEST_LEN: usize = 43;
/// MySQL's `caching_sha2_password_digest_rounds`, by default up to MySQL 8.4.
const DEFAULT_ROUNDS: u32 = 5000;
/// A check takes the time of so many rounds at least (the default of MySQL 9.7), whatever the hash, so that time
/// doesn't tell one account from another or from none.
const MIN_CHECK_ROUNDS: u32 = 10_000;
/// The digits of the hash's own base 64.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `$A$005$`, the salt and the digest, as `mysql.user.authentication_string` has it.
#[derive(Clone, PartialEq, Eq)]
pub struct CryptHash {
    rounds: u32,
    salt: [u8; SALT_LEN],
    digest: [u8; DIGEST_LEN],
}

impl CryptHash {
    /// Makes the hash of a password, with 5000 rounds. The salt should be random; MySQL's is ASCII.
    pub fn of_password(password: &[u8], salt: [u8; SALT_LEN]) -> Self {
        CryptHash { rounds: DEFAULT_ROUNDS, salt, digest: digest(password, &salt, DEFAULT_ROUNDS) }
    }

    /// Checks a password against a hash, or (for as long) against none.
    pub(super) fn check_password(hash: Option<&Self>, password: &[u8]) -> bool {
        let rounds = hash.map_or(0, |hash| hash.rounds);
        let matches = hash.is_some_and(|hash| digest(password, &hash.salt, rounds).ct_eq(&hash.digest).into());
        let padding = digest(password, &[b'x'; SALT_LEN], MIN_CHECK_ROUNDS.saturating_sub(rounds));
        std::hint::black_box(padding);
        matches
    }

    /// The stored form; salts needn't be text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("$A${:03X}$", self.rounds / 1000).into_bytes();
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.digest);
        out
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// If it isn't one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VerifierError> {
        let parse = || {
            let rest = bytes.strip_prefix(b"$A$")?;
            let (rounds, rest) = rest.split_first_chunk::<3>()?;
            let rounds = u32::from_str_radix(std::str::from_utf8(rounds).ok()?, 16).ok()?;
            let (salt, digest) = rest.strip_prefix(b"$")?.split_first_chunk::<SALT_LEN>()?;
            let digest = <[u8; DIGEST_LEN]>::try_from(digest).ok()?;
            let is_valid = rounds > 0 && digest.iter().all(|byte| ALPHABET.contains(byte));
            is_valid.then_some(CryptHash { rounds: rounds * 1000, salt: *salt, digest })
        };
        parse().ok_or(VerifierError::Crypt)
    }
}

impl std::str::FromStr for CryptHash {
    type Err = VerifierError;

    /// Reads the stored form, as it is or in hex with or without `0x` (as SHOW CREATE USER prints it with
    /// `print_identified_with_as_hex`).
    fn from_str(text: &str) -> Result<Self, VerifierError> {
        if text.starts_with('$') {
            return CryptHash::from_bytes(text.as_bytes());
        }
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        CryptHash::from_bytes(&hex::decode(digits).ok_or(VerifierError::Crypt)?)
    }
}

impl std::fmt::Debug for CryptHash {
    /// Keeps the hash out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CryptHash(..)")
    }
}

/// Appends `block` again and again up to `len` bytes.
fn repeat(hash: &mut Sha256, block: &[u8], len: usize) {
    let mut left = len;
    while left > 0 {
        let part = block.get(..left).unwrap_or(block);
        hash.update(part);
        left -= part.len();
    }
}

/// The digest in its base 64. The steps' numbers are those of the specification.
fn digest(password: &[u8], salt: &[u8], rounds: u32) -> [u8; DIGEST_LEN] {
    // 4 to 8
    let b: [u8; 32] = Sha256::new().chain_update(password).chain_update(salt).chain_update(password).finalize().into();
    // 1 to 3, 9 to 12
    let mut a = Sha256::new().chain_update(password).chain_update(salt);
    repeat(&mut a, &b, password.len());
    let mut bits = password.len();
    while bits > 0 {
        if bits & 1 == 1 {
            a.update(b);
        } else {
            a.update(password);
        }
        bits >>= 1;
    }
    let mut state: [u8; 32] = a.finalize().into();
    // 13 to 16
    let mut dp = Sha256::new();
    for _ in 0..password.len() {
        dp.update(password);
    }
    let p = produce(&dp.finalize(), password.len());
    // 17 to 20
    let mut ds = Sha256::new();
    for _ in 0..16 + usize::from(state[0]) {
        ds.update(salt);
    }
    let s = produce(&ds.finalize(), salt.len());
    // 21
    for round in 0..rounds {
        let mut c = Sha256::new();
        let odd = round % 2 == 1;
        c.update(if odd { p.as_slice() } else { &state });
        if round % 3 != 0 {
            c.update(&s);
        }
        if round % 7 != 0 {
            c.update(&p);
        }
        c.update(if odd { &state } else { p.as_slice() });
        state = c.finalize().into();
    }
    encode(&state)
}

/// The first `len` bytes of `block` repeated without end.
fn produce(block: &[u8], len: usize) -> Vec<u8> {
    block.iter().copied().cycle().take(len).collect()
}

/// 22: base 64 of the digest's bytes in the specification's order, which steps by ten modulo thirty.
fn encode(state: &[u8; 32]) -> [u8; DIGEST_LEN] {
    const ORDER: [[usize; 3]; 10] = [
        [0, 10, 20],
        [21, 1, 11],
        [12, 22, 2],
        [3, 13, 23],
        [24, 4, 14],
        [15, 25, 5],
        [6, 16, 26],
        [27, 7, 17],
        [18, 28, 8],
        [9, 19, 29],
    ];
    let groups = ORDER.iter().map(|&[a, b, c]| ((state[a], state[b], state[c]), 4));
    let last = std::iter::once(((0, state[31], state[30]), 3));
    let digits = groups.chain(last).flat_map(|((a, b, c), count)| {
        let value = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
        (0..count).map(move |digit| ALPHABET[(value >> (6 * digit) & 0x3F) as usize])
    });
    let mut out = [0; DIGEST_LEN];
    for (out, digit) in out.iter_mut().zip(digits) {
        *out = digit;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published hashes of MySQL 8 with their passwords: salt and digest in hex.
    const KNOWN: [(&str, &str, &str); 2] = [
        (
            "hashcat",
            "F9CC98CE08892924F50A213B6BC571A2C11778C5",
            "625479393559393965414D45316477456B484F41316E64484742577A2E3162785353526B7554584647562F",
        ),
        (
            "password",
            "06437A150142644D74187A6A2F0D7971094F2575",
            "48667A67485366745A304F6A487A73704250663465337A7530325157687A51364A384D737554424939702E",
        ),
    ];

    #[test]
    fn hashes_made_by_mysql_are_checked() {
        for (password, salt, digest) in KNOWN {
            let hash: CryptHash = format!("0x24412430303524{salt}{digest}").parse().unwrap();
            assert!(CryptHash::check_password(Some(&hash), password.as_bytes()), "{password}");
            assert!(!CryptHash::check_password(Some(&hash), b"another"));
            let salt = hex::decode(salt).unwrap().try_into().unwrap();
            assert_eq!(CryptHash::of_password(password.as_bytes(), salt), hash);
            assert_eq!(CryptHash::from_bytes(&hash.to_bytes()), Ok(hash));
        }
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in ["", "$A$005$short", "0x24", "sha256d:00", "$5$rounds=5000$abc$def"] {
            assert_eq!(text.parse::<CryptHash>(), Err(VerifierError::Crypt), "{text}");
        }
    }

    /// `hex(authentication_string)` of users made with MySQL 9.7.4, whose hashes have 10,000 rounds.
    #[test]
    fn hashes_of_mysql_9_7_are_checked() {
        for (password, hash) in [
            (
                "s\u{e9}cret p\u{e4}ssword",
                "24412430304124060A054759371646107E056E2D66336A19473634456B6B4952574B6D4A7067624351635162446351586D4E30556A\
                 706443456B4D465A7941676D5679713842",
            ),
            (
                "a",
                "24412430304124493F3F36553F59344734443455013A4B7C7A6A03487642594E6A5241664D564166304559435169632F65304B4673\
                 6479416461537777684A69646D50564837",
            ),
            (
                "this is a password that is longer than sixty-four bytes so that every branch is taken 0123456789",
                "244124303041241813572B6C6B1F5F2377477D6A123E6C601D03676779714F454E5A7865346A2F717A44506839585262795654736D\
                 7A35476D302F41524738384A6C79455935",
            ),
        ] {
            let hash: CryptHash = hash.parse().unwrap();
            assert_eq!(hash.rounds, 10_000);
            assert!(CryptHash::check_password(Some(&hash), password.as_bytes()), "{password}");
            assert!(!CryptHash::check_password(Some(&hash), b""));
        }
    }

    #[test]
    fn no_password_passes_without_a_hash() {
        assert!(!CryptHash::check_password(None, b""));
        assert!(!CryptHash::check_password(None, b"x"));
    }
}
