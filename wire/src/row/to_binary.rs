//! Binary rows made of values as text.

use thiserror::Error;

use super::binary::BITMAP_OFFSET;
use super::column::ColumnDefinition;
use crate::flags::ColumnType;
use crate::stmt::{Date, DateTime, Layout, Time};
use crate::writer;

/// A text that isn't a value of its column's type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("column {column} ({column_type:?}): `{text}` is not a value of its type")]
pub struct ConvertError {
    /// The column's number, from 0.
    pub column: usize,
    /// Its type.
    pub column_type: ColumnType,
    /// The text.
    pub text: String,
}

/// Appends the payload of a binary row whose values come as in a text row; NULL as none. Columns without a value are
/// NULL.
///
/// # Errors
/// If a text isn't a value of its column's type. What was appended is to be cut off again.
pub fn write_binary_row<'v>(
    out: &mut Vec<u8>,
    columns: &[ColumnDefinition<'_>],
    values: impl IntoIterator<Item = Option<&'v [u8]>>,
) -> Result<(), ConvertError> {
    out.push(0);
    let nulls = out.len();
    out.resize(nulls + (columns.len() + BITMAP_OFFSET).div_ceil(8), 0);
    let mut values = values.into_iter();
    for (at, column) in columns.iter().enumerate() {
        match values.next().flatten() {
            Some(text) => write_value(out, column, text).ok_or_else(|| ConvertError {
                column: at,
                column_type: column.column_type,
                text: String::from_utf8_lossy(text).into_owned(),
            })?,
            None => {
                let bit = at + BITMAP_OFFSET;
                if let Some(byte) = out.get_mut(nulls + bit / 8) {
                    *byte |= 1 << (bit % 8);
                }
            }
        }
    }
    Ok(())
}

fn write_value(out: &mut Vec<u8>, column: &ColumnDefinition<'_>, text: &[u8]) -> Option<()> {
    match (column.column_type, Layout::of(column.column_type)?) {
        (ColumnType::Float, _) => out.extend_from_slice(&number::<f32>(text)?.to_le_bytes()),
        (ColumnType::Double, _) => out.extend_from_slice(&number::<f64>(text)?.to_le_bytes()),
        (ColumnType::Date | ColumnType::NewDate, _) => Date::parse(text)?.to_binary(out),
        (ColumnType::Time | ColumnType::Time2, _) => Time::parse(text)?.to_binary(out),
        (_, Layout::Temporal) => DateTime::parse(text)?.to_binary(out),
        (_, Layout::Fixed(len)) => {
            let bytes = if column.is_unsigned() || column.column_type == ColumnType::Year {
                number::<u64>(text)?.to_le_bytes()
            } else {
                number::<i64>(text)?.to_le_bytes()
            };
            let (kept, cut) = bytes.split_at_checked(len)?;
            let is_negative = !column.is_unsigned() && kept.last()? & 0x80 != 0;
            let fill = if is_negative { 0xFF } else { 0 };
            if cut.iter().any(|byte| *byte != fill) {
                return None;
            }
            out.extend_from_slice(kept);
        }
        (_, Layout::Lenenc) => writer::lenenc_bytes(out, text),
        (_, Layout::Empty) => return None,
    }
    Some(())
}

fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{BinaryRow, write_as_text};
    use super::*;
    use crate::flags::ColumnFlags;

    fn column(column_type: ColumnType, unsigned: bool, decimals: u8) -> ColumnDefinition<'static> {
        let flags = if unsigned { ColumnFlags::UNSIGNED } else { ColumnFlags::EMPTY };
        ColumnDefinition { flags, decimals, ..ColumnDefinition::new(b"a", column_type) }
    }

    #[test]
    fn text_becomes_binary_and_text_again() {
        let cases: [(ColumnDefinition<'_>, &str); 19] = [
            (column(ColumnType::Tiny, false, 0), "-128"),
            (column(ColumnType::Tiny, true, 0), "255"),
            (column(ColumnType::Short, false, 0), "-32768"),
            (column(ColumnType::Int24, false, 0), "-8388608"),
            (column(ColumnType::Long, true, 0), "4294967295"),
            (column(ColumnType::LongLong, false, 0), "-9223372036854775808"),
            (column(ColumnType::LongLong, true, 0), "18446744073709551615"),
            (column(ColumnType::Year, true, 0), "2024"),
            (column(ColumnType::Float, false, 31), "0.1"),
            (column(ColumnType::Double, false, 31), "1.25e20"),
            (column(ColumnType::NewDecimal, false, 2), "-12.50"),
            (column(ColumnType::Date, false, 0), "2024-02-29"),
            (column(ColumnType::Date, false, 0), "0000-00-00"),
            (column(ColumnType::DateTime, false, 6), "2024-02-29 01:02:03.000004"),
            (column(ColumnType::Timestamp, false, 0), "2024-02-29 01:02:03"),
            (column(ColumnType::Time, false, 3), "-838:59:59.500"),
            (column(ColumnType::VarString, false, 31), "text"),
            (column(ColumnType::Json, false, 31), "{}"),
            (column(ColumnType::Bit, true, 0), "\u{1}"),
        ];
        let columns: Vec<_> =
            cases.iter().map(|(column, _)| column.clone()).chain([column(ColumnType::Long, false, 0)]).collect();
        let mut payload = Vec::new();
        let values = cases.iter().map(|(_, text)| Some(text.as_bytes())).chain([None]);
        write_binary_row(&mut payload, &columns, values).unwrap();
        let values: Vec<_> = BinaryRow::new(&payload, &columns).unwrap().map(Result::unwrap).collect();
        assert_eq!(values.len(), columns.len());
        assert_eq!(values.last(), Some(&crate::stmt::Param::Null));
        for ((column, text), value) in cases.iter().zip(&values) {
            let mut out = Vec::new();
            write_as_text(&mut out, value, column);
            assert_eq!(String::from_utf8(out).unwrap(), *text);
        }
    }

    #[test]
    fn what_does_not_fit_the_type_is_an_error() {
        for (column_type, unsigned, text) in [
            (ColumnType::Tiny, false, "128"),
            (ColumnType::Tiny, false, "-129"),
            (ColumnType::Tiny, true, "256"),
            (ColumnType::Long, true, "-1"),
            (ColumnType::Long, false, "abc"),
            (ColumnType::Date, false, "2024"),
            (ColumnType::Double, false, ""),
            (ColumnType::Null, false, "x"),
        ] {
            let error = write_binary_row(&mut Vec::new(), &[column(column_type, unsigned, 0)], [Some(text.as_bytes())]);
            assert_eq!(error.unwrap_err().text, text);
        }
    }
}
