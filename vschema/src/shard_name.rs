//! A shard's name, which for a sharded keyspace is its key range.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::key_range::{KeyRange, KeyRangeError};

/// The name of a shard within its keyspace, in lower case: a key range in hex (`-80`, `80-`), or for the only shard of
/// an unsharded keyspace `-`, `0` or a word. Ordered by key range, then by text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShardName {
    text: Arc<str>,
}

/// Why a text can't name a shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardNameError {
    /// It has a dash, so it must be a key range, and isn't.
    #[error(transparent)]
    KeyRange(#[from] KeyRangeError),
    /// Neither a key range nor a word.
    #[error(
        "`{text}` is not a shard name: write a key range in hex such as `-80`, or for an unsharded keyspace `0` or `-`"
    )]
    NotAName {
        /// The text as given.
        text: String,
    },
}

impl ShardName {
    /// The usual name of an unsharded keyspace's only shard, `-`.
    #[must_use]
    pub fn unsharded() -> Self {
        Self { text: Arc::from("-") }
    }

    /// The name as written, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The ids that a shard of this name holds; the whole space for a name that is no key range.
    #[must_use]
    pub fn key_range(&self) -> KeyRange {
        self.text.parse().unwrap_or_else(|_| KeyRange::whole())
    }

    /// Whether the name is a key range (`-` included), so that the shard can be one of several.
    #[must_use]
    pub fn is_key_range(&self) -> bool {
        self.text.contains('-')
    }
}

impl FromStr for ShardName {
    type Err = ShardNameError;

    fn from_str(text: &str) -> Result<Self, ShardNameError> {
        if text.contains('-') {
            text.parse::<KeyRange>()?;
        } else if text.is_empty() || text.len() > 64 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(ShardNameError::NotAName { text: text.to_owned() });
        }
        Ok(Self { text: Arc::from(text.to_ascii_lowercase()) })
    }
}

impl From<&KeyRange> for ShardName {
    fn from(range: &KeyRange) -> Self {
        Self { text: Arc::from(range.to_string()) }
    }
}

impl Ord for ShardName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key_range().cmp(&other.key_range()).then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for ShardName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl AsRef<str> for ShardName {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// For look-ups by text in hash maps (the hash of a name is the hash of its text).
impl Borrow<str> for ShardName {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ShardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ShardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShardName({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_dash_must_be_a_key_range() {
        assert_eq!("-C0".parse::<ShardName>().unwrap().as_str(), "-c0");
        assert_eq!("80-".parse::<ShardName>().unwrap().key_range().to_string(), "80-");
        assert!("a-80-".parse::<ShardName>().is_err());
        assert!("x-y".parse::<ShardName>().is_err());
    }

    #[test]
    fn an_unsharded_shard_holds_the_whole_space() {
        for text in ["0", "-", "main"] {
            assert!(text.parse::<ShardName>().unwrap().key_range().is_whole(), "{text}");
        }
        assert!(!"0".parse::<ShardName>().unwrap().is_key_range());
        assert!("".parse::<ShardName>().is_err());
        assert!("a b".parse::<ShardName>().is_err());
    }

    #[test]
    fn names_sort_by_key_range() {
        let mut names = ["c0-", "-40", "40-80", "80-c0"].map(|t| t.parse::<ShardName>().unwrap());
        names.sort();
        assert_eq!(names.map(|n| n.to_string()), ["-40", "40-80", "80-c0", "c0-"]);
    }
}
