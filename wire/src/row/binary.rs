//! Rows of COM_STMT_EXECUTE: values in binary, by their columns' types.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>

use super::column::ColumnDefinition;
use crate::error::DecodeError;
use crate::reader::Reader;
use crate::stmt::{Layout, Param};

const PACKET: &str = "binary row";
/// Bits in front of the first column's in the NULL bitmap.
pub(super) const BITMAP_OFFSET: usize = 2;

/// The values of a row, in order. The iterator ends behind the last column, or the first malformed value.
#[derive(Debug, Clone)]
pub struct BinaryRow<'a, 'c> {
    columns: &'c [ColumnDefinition<'c>],
    at: usize,
    nulls: &'a [u8],
    reader: Reader<'a>,
}

impl<'a, 'c> BinaryRow<'a, 'c> {
    /// Takes a row's payload.
    ///
    /// # Errors
    /// If its header is malformed.
    pub fn new(payload: &'a [u8], columns: &'c [ColumnDefinition<'c>]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, payload);
        let header = reader.u8("header")?;
        if header != 0 {
            return Err(reader.invalid("header", u64::from(header)));
        }
        let nulls = reader.bytes("NULL bitmap", (columns.len() + BITMAP_OFFSET).div_ceil(8))?;
        Ok(BinaryRow { columns, at: 0, nulls, reader })
    }

    fn value(&mut self, column: &ColumnDefinition<'_>, at: usize) -> Result<Param<'a>, DecodeError> {
        let bit = at + BITMAP_OFFSET;
        if self.nulls.get(bit / 8).is_some_and(|byte| byte & (1 << (bit % 8)) != 0) {
            return Ok(Param::Null);
        }
        let layout = Layout::of(column.column_type);
        let layout = layout.ok_or_else(|| self.reader.invalid("column type", column.column_type as u64))?;
        let bytes = layout.take(&mut self.reader)?;
        Param::new(column.column_type, column.is_unsigned(), bytes)
    }
}

impl<'a> Iterator for BinaryRow<'a, '_> {
    type Item = Result<Param<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let column = self.columns.get(at)?;
        self.at += 1;
        let value = self.value(column, at);
        if value.is_err() {
            self.at = self.columns.len();
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::ColumnType;

    #[test]
    fn the_example_is_read() {
        let columns = [ColumnDefinition::text(b"col1", 3)];
        let row: Vec<_> = BinaryRow::new(b"\x00\x00\x06foobar", &columns).unwrap().collect();
        assert_eq!(row, [Ok(Param::Text(b"foobar"))]);
    }

    #[test]
    fn nulls_take_no_bytes() {
        let columns = [ColumnDefinition::bigint(b"a", false), ColumnDefinition::new(b"b", ColumnType::Tiny)];
        let row: Vec<_> = BinaryRow::new(b"\x00\x04\xff", &columns).unwrap().collect();
        assert_eq!(row, [Ok(Param::Null), Ok(Param::Int(-1))]);
        let row: Vec<_> = BinaryRow::new(b"\x00\x00\xff", &columns).unwrap().collect();
        assert_eq!(row.len(), 1);
        assert!(row[0].is_err());
        assert!(BinaryRow::new(b"\x01\x00", &columns).is_err());
    }
}
