//! `cfc`: a key of concatenated components of fixed width, hashed component by component, so that a prefix of whole
//! components is a key range.

use md5::{Digest, Md5};
use smallvec::SmallVec;
use xxhash_rust::xxh64::xxh64;

use super::range;
use crate::destination::Destination;
use crate::keyspace_id::KeyspaceId;

/// How keys become ids.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cfc {
    /// The key is the id.
    Plain,
    /// Each component is hashed by itself; the ends of all components but the last, ascending and not empty.
    Hashed { hash: ComponentHash, offsets: Vec<usize> },
}

/// The hash of a component. It is cut off at the component's own length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ComponentHash {
    Md5,
    XxHash64,
}

impl ComponentHash {
    fn append(self, component: &[u8], id: &mut SmallVec<[u8; 64]>) {
        match self {
            Self::Md5 => id.extend(Md5::digest(component).into_iter().take(component.len())),
            Self::XxHash64 => id.extend(xxh64(component, 0).to_le_bytes().into_iter().take(component.len())),
        }
    }
}

impl Cfc {
    /// The id of a whole key.
    ///
    /// # Errors
    /// If the key is shorter than its components but the last.
    pub(crate) fn keyspace_id(&self, key: &[u8]) -> Result<KeyspaceId, String> {
        match self {
            Self::Plain => Ok(KeyspaceId::new(key)),
            Self::Hashed { offsets, .. } => {
                let needed = offsets.last().copied().unwrap_or(0);
                if key.len() < needed {
                    return Err(format!("the key has {} bytes, and its components need {needed}", key.len()));
                }
                Ok(KeyspaceId::new(&self.components(key)))
            }
        }
    }

    /// Where all keys that match a LIKE pattern are: the range of its literal beginning.
    pub(crate) fn map_like(&self, pattern: &[u8]) -> Destination {
        let prefix = literal_prefix(pattern);
        match self {
            Self::Plain => range::of_prefix(&prefix),
            Self::Hashed { .. } => range::of_prefix(&self.components(&prefix)),
        }
    }

    /// The hashes of the whole components of `key`, and of the rest if the key has them all.
    fn components(&self, key: &[u8]) -> SmallVec<[u8; 64]> {
        let mut id = SmallVec::new();
        let Self::Hashed { hash, offsets } = self else { return SmallVec::from_slice(key) };
        let mut start = 0;
        for offset in offsets {
            let Some(component) = key.get(start..*offset) else { return id };
            hash.append(component, &mut id);
            start = *offset;
        }
        match key.get(start..) {
            Some(rest) if !rest.is_empty() => hash.append(rest, &mut id),
            _ => {}
        }
        id
    }
}

/// The bytes of a LIKE pattern up to its first `%` or `_`, escapes resolved.
fn literal_prefix(pattern: &[u8]) -> Vec<u8> {
    let mut prefix = Vec::new();
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' | b'_' => break,
            b'\\' => prefix.push(match bytes.next() {
                Some(b'0') => 0,
                Some(b'b') => 0x08,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'Z') => 0x1a,
                Some(escaped) => *escaped,
                None => b'\\',
            }),
            other => prefix.push(*other),
        }
    }
    prefix
}
