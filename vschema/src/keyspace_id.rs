//! A row's place in its keyspace.

use std::fmt;

use smallvec::SmallVec;

use crate::hex;

/// The binary key that a primary vindex computes for a row; the shard whose key range contains it holds the row.
///
/// Ids of up to 16 bytes (all fixed-size vindexes produce 8 or 16) are kept inline, without an allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyspaceId(SmallVec<[u8; 16]>);

impl KeyspaceId {
    /// The id with exactly these bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }

    /// The id whose eight bytes are `value` in big-endian order.
    #[must_use]
    pub fn from_u64(value: u64) -> Self {
        Self::new(&value.to_be_bytes())
    }

    /// Reads an id from hex digits, as `Display` writes it (an even number of digits, either case).
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn from_hex(text: &str) -> Result<Self, hex::HexError> {
        Ok(Self(hex::decode(text)?))
    }

    /// Whether the id is kept without an allocation.
    #[cfg(test)]
    pub(crate) fn is_inline(&self) -> bool {
        !self.0.spilled()
    }

    /// The id's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyspaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for KeyspaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyspaceId({self})")
    }
}

impl From<[u8; 8]> for KeyspaceId {
    fn from(bytes: [u8; 8]) -> Self {
        Self::new(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_sixteen_bytes_needs_no_allocation() {
        assert!(KeyspaceId::new(&[7; 16]).is_inline());
        assert!(KeyspaceId::from_u64(1).is_inline());
    }

    #[test]
    fn hex_text_reads_back_as_the_same_id() {
        let id = KeyspaceId::new(&[0x16, 0x6b, 0x40, 0xb4]);
        assert_eq!(id.to_string(), "166b40b4");
        assert_eq!(KeyspaceId::from_hex("166B40b4").unwrap(), id);
        assert!(KeyspaceId::from_hex("166").is_err());
        assert!(KeyspaceId::from_hex("16gg").is_err());
    }
}
