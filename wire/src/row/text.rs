//! Rows of COM_QUERY: every value as text.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html>

use crate::error::DecodeError;
use crate::reader::Reader;
use crate::writer;

/// The values of a row, in order; NULL as none. The iterator ends with the payload, or behind the first malformed
/// value.
#[derive(Debug, Clone)]
pub struct TextRow<'a> {
    reader: Reader<'a>,
}

impl<'a> TextRow<'a> {
    /// Takes a row's payload.
    pub fn new(payload: &'a [u8]) -> Self {
        TextRow { reader: Reader::new("text row", payload) }
    }

    /// The value of the column `at`, counted from 0.
    ///
    /// # Errors
    /// If the row is malformed or has fewer values.
    pub fn get(payload: &'a [u8], at: usize) -> Result<Option<&'a [u8]>, DecodeError> {
        let missing = DecodeError::Truncated { packet: "text row", field: "value" };
        TextRow::new(payload).nth(at).ok_or(missing)?
    }
}

impl<'a> Iterator for TextRow<'a> {
    type Item = Result<Option<&'a [u8]>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let value = self.reader.lenenc_bytes_or_null("value");
        if value.is_err() {
            self.reader.take_rest();
        }
        Some(value)
    }
}

/// Appends one value of a row.
#[inline]
pub fn write_text_value(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => writer::lenenc_bytes(out, value),
        None => out.push(0xFB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_nulls_are_read_and_written_to_the_byte() {
        let payload = b"\x011\xfb\x00\x05hello";
        let values: Vec<_> = TextRow::new(payload).map(Result::unwrap).collect();
        assert_eq!(values, [Some(b"1".as_slice()), None, Some(b""), Some(b"hello")]);
        let mut out = Vec::new();
        for value in values {
            write_text_value(&mut out, value);
        }
        assert_eq!(out, payload);
        assert_eq!(TextRow::get(payload, 3), Ok(Some(b"hello".as_slice())));
        assert!(TextRow::get(payload, 4).is_err());
    }

    #[test]
    fn a_malformed_value_is_an_error_and_the_last() {
        let items: Vec<_> = TextRow::new(b"\x011\x05he").collect();
        assert_eq!(items.len(), 2);
        assert!(items[1].is_err());
    }
}
