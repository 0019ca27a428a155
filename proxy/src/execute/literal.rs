//! Values of rows as SQL literals of the same value and type, whatever the session's character set and sql_mode are.

use shardgate_wire::charset::Collation;
use shardgate_wire::{ColumnDefinition, ColumnType};
use std::io::Write;

/// Append a field of a text row.
pub(super) fn write(field: Option<&[u8]>, column: &ColumnDefinition<'_>, out: &mut Vec<u8>) {
    let Some(bytes) = field else {
        out.extend_from_slice(b"NULL");
        return;
    };
    let temporal = match column.column_type {
        ColumnType::Date => Some("DATE"),
        ColumnType::Time => Some("TIME"),
        ColumnType::DateTime | ColumnType::Timestamp => Some("TIMESTAMP"),
        _ => None,
    };
    match column.column_type {
        ColumnType::Tiny
        | ColumnType::Short
        | ColumnType::Int24
        | ColumnType::Long
        | ColumnType::LongLong
        | ColumnType::Year
        | ColumnType::Decimal
        | ColumnType::NewDecimal => out.extend_from_slice(bytes),
        ColumnType::Float | ColumnType::Double => {
            out.extend_from_slice(bytes);
            // An exponent makes the literal a double.
            if !bytes.iter().any(|byte| matches!(byte, b'e' | b'E')) {
                out.extend_from_slice(b"e0");
            }
        }
        ColumnType::Bit => {
            let number = bytes.iter().fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
            // Writing to a vector can't fail.
            let _ = write!(out, "{number}");
        }
        // A date with zeros in it may be refused as a literal; as a text it is stored as it is.
        _ if temporal.is_some() && !has_zero_date(column.column_type, bytes) => {
            out.extend_from_slice(temporal.unwrap_or_default().as_bytes());
            out.push(b'\'');
            out.extend_from_slice(bytes);
            out.push(b'\'');
        }
        ColumnType::Json => {
            out.extend_from_slice(b"CAST(_utf8mb4 x'");
            hex(bytes, out);
            out.extend_from_slice(b"' AS JSON)");
        }
        _ => {
            let charset = match column.collation {
                _ if temporal.is_some() => "utf8mb4",
                Collation::BINARY => "binary",
                collation => Collation::by_id(collation).map_or("utf8mb4", |known| known.charset.name),
            };
            let _ = write!(out, "_{charset} x'");
            hex(bytes, out);
            out.push(b'\'');
        }
    }
}

fn has_zero_date(column_type: ColumnType, text: &[u8]) -> bool {
    column_type != ColumnType::Time
        && (text.starts_with(b"0000") || text.get(5..7) == Some(b"00") || text.get(8..10) == Some(b"00"))
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        let digits = [byte >> 4, byte & 15].map(|digit| DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0'));
        out.extend_from_slice(&digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::testing::column;

    fn written(field: Option<&[u8]>, column_type: ColumnType) -> String {
        let mut out = Vec::new();
        write(field, &column("c", column_type), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_as_literals_of_their_types() {
        assert_eq!(written(None, ColumnType::Long), "NULL");
        assert_eq!(written(Some(b"-5"), ColumnType::LongLong), "-5");
        assert_eq!(written(Some(b"1.50"), ColumnType::NewDecimal), "1.50");
        assert_eq!(written(Some(b"0.1"), ColumnType::Double), "0.1e0");
        assert_eq!(written(Some(b"1e300"), ColumnType::Double), "1e300");
        assert_eq!(written(Some(b"\x01\x02"), ColumnType::Bit), "258");
        assert_eq!(written(Some(b"2024-02-29"), ColumnType::Date), "DATE'2024-02-29'");
        assert_eq!(written(Some(b"0000-00-00"), ColumnType::Date), "_utf8mb4 x'303030302d30302d3030'");
        assert_eq!(written(Some(b"-10:00:00.50"), ColumnType::Time), "TIME'-10:00:00.50'");
        assert_eq!(written(Some(b"a'\\"), ColumnType::VarString), "_utf8mb4 x'61275c'");
        assert_eq!(written(Some(b""), ColumnType::VarString), "_utf8mb4 x''");
        assert_eq!(written(Some(b"\xff"), ColumnType::Geometry), "_binary x'ff'");
    }
}
