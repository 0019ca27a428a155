//! Binary values as the text that the same column has in a text row.

use super::column::ColumnDefinition;
use super::float_text::{write_double, write_float};
use crate::flags::{ColumnFlags, ColumnType};
use crate::stmt::Param;

/// Appends a value's text. Nothing for NULL: the caller tells it apart.
pub fn write_as_text(out: &mut Vec<u8>, value: &Param<'_>, column: &ColumnDefinition<'_>) {
    let micros_shown = |micros: u32| match column.decimals {
        decimals @ 0..=6 => decimals,
        // An expression of unknown precision.
        _ if micros == 0 => 0,
        _ => 6,
    };
    let start = out.len();
    match *value {
        Param::Null => {}
        Param::Int(value) if column.column_type == ColumnType::Year => {
            out.extend_from_slice(format!("{value:04}").as_bytes());
        }
        Param::UInt(value) if column.column_type == ColumnType::Year => {
            out.extend_from_slice(format!("{value:04}").as_bytes());
        }
        Param::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Param::UInt(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Param::Float(value) => write_float(out, value, column.decimals),
        Param::Double(value) => write_double(out, value, column.decimals),
        Param::Decimal(text) | Param::Text(text) | Param::Binary(text) => out.extend_from_slice(text),
        Param::Date(date) => out.extend_from_slice(date.to_string().as_bytes()),
        Param::DateTime(value) => value.write(out, micros_shown(value.micros)),
        Param::Time(value) => value.write(out, micros_shown(value.micros)),
    }
    if column.flags.contains(ColumnFlags::ZEROFILL) && !matches!(value, Param::Null | Param::Decimal(_)) {
        let missing = (column.length as usize).min(255).saturating_sub(out.len() - start);
        out.splice(start..start, std::iter::repeat_n(b'0', missing));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stmt::{Date, DateTime, Time};

    fn text(value: Param<'_>, column: &ColumnDefinition<'_>) -> String {
        let mut out = b">".to_vec();
        write_as_text(&mut out, &value, column);
        String::from_utf8(out).unwrap().split_off(1)
    }

    #[test]
    fn values_are_written_as_in_a_text_row() {
        let column = |column_type, decimals| ColumnDefinition { decimals, ..ColumnDefinition::new(b"a", column_type) };
        let date = Date { year: 2024, month: 2, day: 29 };
        let datetime = Param::DateTime(DateTime { date, hour: 1, minute: 2, second: 3, micros: 500_000 });
        let time = Time { negative: true, days: 1, hours: 2, minutes: 3, seconds: 4, micros: 0 };
        assert_eq!(text(Param::Int(-5), &column(ColumnType::Long, 0)), "-5");
        assert_eq!(text(Param::UInt(69), &column(ColumnType::Year, 0)), "0069");
        assert_eq!(text(Param::Date(date), &column(ColumnType::Date, 0)), "2024-02-29");
        assert_eq!(text(datetime, &column(ColumnType::DateTime, 3)), "2024-02-29 01:02:03.500");
        assert_eq!(text(datetime, &column(ColumnType::DateTime, 31)), "2024-02-29 01:02:03.500000");
        assert_eq!(text(Param::Time(time), &column(ColumnType::Time, 0)), "-26:03:04");
        assert_eq!(text(Param::Decimal(b"1.50"), &column(ColumnType::NewDecimal, 2)), "1.50");
    }

    #[test]
    fn zerofill_columns_are_filled_up() {
        let flags = ColumnFlags::ZEROFILL | ColumnFlags::UNSIGNED;
        let column = ColumnDefinition { flags, length: 5, ..ColumnDefinition::new(b"a", ColumnType::Long) };
        assert_eq!(text(Param::UInt(42), &column), "00042");
        assert_eq!(text(Param::UInt(123456), &column), "123456");
    }
}
