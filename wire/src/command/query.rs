//! COM_QUERY, with attributes or without.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html>

use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::reader::Reader;

/// The command's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// How many attributes there are.
    pub attribute_count: u64,
    /// What stands between the command's byte and the statement's text with QUERY_ATTRIBUTES: the counts and the
    /// attributes, encoded. Empty without.
    pub prefix: &'a [u8],
    /// The statement's text, in the client's character set.
    pub text: &'a [u8],
}

impl<'a> Query<'a> {
    #[inline]
    pub(super) fn decode(arguments: &'a [u8], capabilities: Capabilities) -> Result<Self, DecodeError> {
        if !capabilities.contains(Capabilities::QUERY_ATTRIBUTES) {
            return Ok(Query { attribute_count: 0, prefix: &[], text: arguments });
        }
        // The common case of a client that has attributes and sends none.
        if let Some(text) = arguments.strip_prefix(&[0, 1]) {
            let prefix = arguments.get(..2).unwrap_or_default();
            return Ok(Query { attribute_count: 0, prefix, text });
        }
        let mut reader = Reader::new("COM_QUERY", arguments);
        let attribute_count = reader.lenenc("attribute count")?;
        let sets = reader.lenenc("attribute set count")?;
        if sets != 1 {
            return Err(reader.invalid("attribute set count", sets));
        }
        if attribute_count > 0 {
            crate::stmt::skip_attributes(&mut reader, attribute_count)?;
        }
        let text = reader.take_rest();
        let prefix = arguments.get(..arguments.len() - text.len()).unwrap_or_default();
        Ok(Query { attribute_count, prefix, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_with_and_without_attributes() {
        let query = Query::decode(b"SELECT 1", Capabilities::EMPTY).unwrap();
        assert_eq!((query.text, query.prefix), (b"SELECT 1".as_slice(), b"".as_slice()));
        let query = Query::decode(b"\x00\x01SELECT 1", Capabilities::QUERY_ATTRIBUTES).unwrap();
        assert_eq!((query.text, query.prefix), (b"SELECT 1".as_slice(), b"\x00\x01".as_slice()));
    }

    #[test]
    fn attributes_are_passed_over() {
        // One attribute, "n1" = "v1", and a NULL one.
        let prefix = b"\x02\x01\x02\x01\xfe\x00\x02n1\x06\x00\x02n2\x02v1";
        let query_bytes = [prefix.as_slice(), b"SELECT 1"].concat();
        let query = Query::decode(&query_bytes, Capabilities::QUERY_ATTRIBUTES).unwrap();
        assert_eq!(query.attribute_count, 2);
        assert_eq!(query.prefix, prefix);
        assert_eq!(query.text, b"SELECT 1");
        for end in 0..prefix.len() {
            assert!(Query::decode(&prefix[..end], Capabilities::QUERY_ATTRIBUTES).is_err(), "cut at {end}");
        }
    }
}
