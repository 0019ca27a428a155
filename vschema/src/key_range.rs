//! Half-open ranges of keyspace ids.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use smallvec::SmallVec;

use crate::hex::{self, HexError};
use crate::keyspace_id::KeyspaceId;

/// One end of a range. Trailing zero bytes are dropped, since `80` and `8000` bound the same ids.
type Bound = SmallVec<[u8; 8]>;

/// The keyspace ids from `start` (inclusive) to `end` (exclusive), compared as byte strings. An empty start is the
/// beginning of the space, an empty end its end.
///
/// Text form as in Vitess: `-80`, `80-c0`, `c0-`, `-` for the whole space. Invariant: a range is never empty.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyRange {
    start: Bound,
    end: Bound,
}

/// Why a text or a pair of bounds isn't a key range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRangeError {
    /// No dash, or more than one.
    #[error(
        "`{text}` is not a key range: write start and end in hex with one dash between, such as `-80`, `80-c0` or `-`"
    )]
    NotARange {
        /// The text as given.
        text: String,
    },
    /// One of the bounds isn't hex.
    #[error("`{text}` is not a key range: {source}")]
    Hex {
        /// The text as given.
        text: String,
        /// What is wrong with the bound.
        source: HexError,
    },
    /// The start isn't below the end.
    #[error("key range `{start}-{end}` is empty: its start must be below its end")]
    Empty {
        /// The start in hex.
        start: String,
        /// The end in hex.
        end: String,
    },
}

fn bound(bytes: &[u8]) -> Bound {
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..length).map(Bound::from_slice).unwrap_or_default()
}

impl KeyRange {
    /// The whole space.
    #[must_use]
    pub fn whole() -> Self {
        Self { start: Bound::new(), end: Bound::new() }
    }

    /// The range from `start` to `end`; an empty `end` means the end of the space.
    ///
    /// # Errors
    /// If no id lies in the range.
    pub fn new(start: &[u8], end: &[u8]) -> Result<Self, KeyRangeError> {
        let range = Self { start: bound(start), end: bound(end) };
        let end_is_start_of_space = !end.is_empty() && range.end.is_empty();
        if end_is_start_of_space || (!range.end.is_empty() && range.start >= range.end) {
            let [start, end] = [start, end].map(|bytes| KeyspaceId::new(bytes).to_string());
            return Err(KeyRangeError::Empty { start, end });
        }
        Ok(range)
    }

    /// The first id of the range; empty at the beginning of the space.
    #[must_use]
    pub fn start(&self) -> &[u8] {
        &self.start
    }

    /// The first id behind the range; empty at the end of the space.
    #[must_use]
    pub fn end(&self) -> &[u8] {
        &self.end
    }

    /// Whether the range is the whole space.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.start.is_empty() && self.end.is_empty()
    }

    /// Whether the id lies in the range.
    #[must_use]
    pub fn contains(&self, id: &KeyspaceId) -> bool {
        let id = id.as_bytes();
        self.start.as_slice() <= id && (self.end.is_empty() || id < self.end.as_slice())
    }

    /// Whether some id lies in both ranges.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        (self.end.is_empty() || other.start < self.end) && (other.end.is_empty() || self.start < other.end)
    }

    /// The ids in both ranges, if there are any.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        self.intersects(other).then(|| Self {
            start: self.start.clone().max(other.start.clone()),
            end: if cmp_ends(&self.end, &other.end).is_le() { self.end.clone() } else { other.end.clone() },
        })
    }

    /// Whether every id of `other` lies in this range.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.start <= other.start && cmp_ends(&self.end, &other.end).is_ge()
    }
}

/// Compares two ends, where empty is the greatest.
pub(crate) fn cmp_ends(a: &[u8], b: &[u8]) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => a.cmp(b),
    }
}

/// By start, then by end.
impl Ord for KeyRange {
    fn cmp(&self, other: &Self) -> Ordering {
        self.start.cmp(&other.start).then_with(|| cmp_ends(&self.end, &other.end))
    }
}

impl PartialOrd for KeyRange {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for KeyRange {
    type Err = KeyRangeError;

    /// Reads `-80`, `80-c0`, `-`, and also `0` as the whole space (an unsharded shard's traditional name).
    fn from_str(text: &str) -> Result<Self, KeyRangeError> {
        if text == "0" {
            return Ok(Self::whole());
        }
        let (start, end) = text
            .split_once('-')
            .filter(|(_, end)| !end.contains('-'))
            .ok_or_else(|| KeyRangeError::NotARange { text: text.to_owned() })?;
        let decode = |digits: &str| -> Result<Bound, KeyRangeError> {
            hex::decode(digits).map_err(|source| KeyRangeError::Hex { text: text.to_owned(), source })
        };
        Self::new(&decode(start)?, &decode(end)?)
    }
}

impl fmt::Display for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.start)?;
        f.write_str("-")?;
        hex::write(f, &self.end)
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRange({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> KeyRange {
        text.parse().unwrap()
    }

    fn id(text: &str) -> KeyspaceId {
        KeyspaceId::from_hex(text).unwrap()
    }

    #[test]
    fn text_form_reads_back() {
        for text in ["-", "-80", "80-c0", "c0-", "8010-8020"] {
            assert_eq!(range(text).to_string(), text);
        }
        assert_eq!(range("0"), KeyRange::whole());
        assert_eq!(range("-C0").to_string(), "-c0");
        assert_eq!(range("8000-").to_string(), "80-");
    }

    #[test]
    fn a_range_contains_its_start_and_not_its_end() {
        let middle = range("40-80");
        assert!(middle.contains(&id("40")));
        assert!(middle.contains(&id("4000000000000000")));
        assert!(middle.contains(&id("7fffffffffffffff")));
        assert!(!middle.contains(&id("3fffffffffffffff")));
        assert!(!middle.contains(&id("80")));
        assert!(range("-").contains(&id("")));
        assert!(range("ff-").contains(&id("ffffffffffffffffff")));
    }

    #[test]
    fn texts_that_are_no_range_are_refused() {
        for text in ["", "1", "80", "8-", "zz-", "-40-80", "80-80", "80-40", "-00", "80-8000"] {
            assert!(text.parse::<KeyRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_are_ordered_by_start_then_end() {
        let mut ranges = ["80-", "-", "40-80", "-40", "40-60"].map(range);
        ranges.sort();
        assert_eq!(ranges.map(|r| r.to_string()), ["-40", "-", "40-60", "40-80", "80-"]);
    }

    #[test]
    fn intersection_is_what_both_contain() {
        assert_eq!(range("-80").intersection(&range("40-")), Some(range("40-80")));
        assert_eq!(range("-40").intersection(&range("40-")), None);
        assert_eq!(range("-").intersection(&range("80-c0")), Some(range("80-c0")));
        assert!(range("-80").covers(&range("40-80")));
        assert!(!range("-80").covers(&range("40-")));
    }
}
