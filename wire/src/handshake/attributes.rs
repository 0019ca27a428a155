//! Connection attributes: names and values that a client says about itself.

use crate::error::DecodeError;
use crate::reader::Reader;
use crate::writer;

/// Connection attributes as they came, in the order of the packet. The bytes were checked when they were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes<'a> {
    encoded: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Takes the attributes in their encoded form (without the total length in front).
    pub(crate) fn new(packet: &'static str, encoded: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(packet, encoded);
        while !reader.is_empty() {
            reader.lenenc_bytes("attribute name")?;
            reader.lenenc_bytes("attribute value")?;
        }
        Ok(Attributes { encoded })
    }

    /// Reads the total length and the attributes behind it.
    pub(crate) fn decode(packet: &'static str, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Self::new(packet, reader.lenenc_bytes("attributes")?)
    }

    /// Appends the total length and the attributes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        writer::lenenc_bytes(out, self.encoded);
    }

    /// Encodes names and values, for use with [`Attributes::from_encoded`].
    pub fn encode_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in pairs {
            writer::lenenc_bytes(&mut out, name.as_bytes());
            writer::lenenc_bytes(&mut out, value.as_bytes());
        }
        out
    }

    /// Takes what [`Attributes::encode_pairs`] made.
    ///
    /// # Errors
    /// If the bytes aren't length-encoded pairs.
    pub fn from_encoded(encoded: &'a [u8]) -> Result<Self, DecodeError> {
        Self::new("connection attributes", encoded)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut reader = Reader::new("connection attributes", self.encoded);
        std::iter::from_fn(move || Some((reader.lenenc_bytes("name").ok()?, reader.lenenc_bytes("value").ok()?)))
    }

    /// The encoded bytes.
    pub fn encoded(&self) -> &'a [u8] {
        self.encoded
    }
}
