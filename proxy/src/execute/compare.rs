//! The order of rows, as the column definitions in the shards' replies decide it.
//!
//! Each row gets a key, a string of bytes, so that rows are in MySQL's order where their keys are in the order of bytes,
//! and equal where they are equal. A row's values are read once, however often the row is compared.

use super::rows::Row;
use super::sort_key;
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_router::plan::{Padding, SortKey};
use shardgate_wire::charset::Collation;
use shardgate_wire::{ColumnDefinition, ColumnFlags, ColumnType};

/// What numbers, times and byte strings have in column definitions.
const BINARY: u16 = Collation::BINARY;

/// How the values of one column are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Only NULL.
    Null,
    /// Integers and YEAR.
    Integer,
    /// DECIMAL.
    Decimal,
    /// FLOAT and DOUBLE.
    Double,
    /// BIT: up to eight bytes, the highest first.
    Bits,
    /// TIME: signed, and its hours have two or three digits.
    Time,
    /// Byte by byte: byte strings and weights, and dates, whose text is in their order.
    Bytes,
    /// Weights of text, the shorter filled up with the weight of a space.
    Padded(Padding),
}

/// One key of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// The column that the statement orders by.
    column: u32,
    /// The column whose values decide: the same, or the hidden one with the weights.
    source: u32,
    kind: Kind,
    descending: bool,
}

/// Makes the keys of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparator {
    parts: Vec<Part>,
}

impl Comparator {
    /// For these keys over rows of these columns.
    ///
    /// # Errors
    /// `Unsupported` for types whose order the proxy doesn't know (JSON, geometry, vectors); `Internal` if the plan
    /// names a column that isn't there, or has no weights for text, ENUM or SET.
    pub(crate) fn new(columns: &[ColumnDefinition<'static>], keys: &[SortKey]) -> Result<Self, StatementError> {
        let parts = keys.iter().map(|key| Part::new(columns, key)).collect::<Result<_, _>>()?;
        Ok(Comparator { parts })
    }

    /// Whether another, of the same keys, compares alike. Where one knows of nothing but NULL it takes the other's way.
    pub(crate) fn agree(&mut self, other: &Comparator) -> bool {
        for (part, other) in self.parts.iter_mut().zip(&other.parts) {
            if part.kind == Kind::Null {
                *part = other.clone();
            }
            if other.kind != Kind::Null && part != other {
                return false;
            }
        }
        self.parts.len() == other.parts.len()
    }

    /// Append the row's key.
    ///
    /// # Errors
    /// `Internal` if a value isn't of its column's type, or has no weight.
    pub(crate) fn key(&self, row: &Row, out: &mut Vec<u8>) -> Result<(), StatementError> {
        for (index, part) in self.parts.iter().enumerate() {
            part.append(row, index + 1 == self.parts.len(), out)?;
        }
        Ok(())
    }
}

impl Part {
    fn new(columns: &[ColumnDefinition<'static>], key: &SortKey) -> Result<Self, StatementError> {
        let definition = |column: u32| {
            columns.get(column as usize).ok_or_else(|| {
                let count = columns.len();
                StatementError::sql(Code::Internal, format!("the order needs column {column}, the shards sent {count}"))
            })
        };
        let main = definition(key.column)?;
        let part = |source: u32, kind: Kind| Part { column: key.column, source, kind, descending: key.descending };
        let kind = match main.column_type {
            ColumnType::Tiny
            | ColumnType::Short
            | ColumnType::Long
            | ColumnType::Int24
            | ColumnType::LongLong
            | ColumnType::Bool
            | ColumnType::Year => Kind::Integer,
            ColumnType::Decimal | ColumnType::NewDecimal => Kind::Decimal,
            ColumnType::Double => Kind::Double,
            ColumnType::Float => {
                // The text of a FLOAT has six digits, so values that differ may look the same; a DOUBLE has them all.
                if let Some(weight) = key.weight
                    && definition(weight)?.column_type == ColumnType::Double
                {
                    return Ok(part(weight, Kind::Double));
                }
                Kind::Double
            }
            ColumnType::Null => Kind::Null,
            ColumnType::Bit => Kind::Bits,
            ColumnType::Time | ColumnType::Time2 => Kind::Time,
            ColumnType::Date
            | ColumnType::NewDate
            | ColumnType::DateTime
            | ColumnType::DateTime2
            | ColumnType::Timestamp
            | ColumnType::Timestamp2 => Kind::Bytes,
            ColumnType::VarChar
            | ColumnType::VarString
            | ColumnType::String
            | ColumnType::TinyBlob
            | ColumnType::MediumBlob
            | ColumnType::LongBlob
            | ColumnType::Blob
            | ColumnType::Enum
            | ColumnType::Set => {
                let numbered = (main.flags & (ColumnFlags::ENUM | ColumnFlags::SET)) != ColumnFlags::EMPTY;
                if main.collation == BINARY && !numbered {
                    Kind::Bytes
                } else {
                    let weight = key.weight.ok_or_else(|| no_weights(main))?;
                    // The weight of an ENUM or SET is its number, which isn't padded.
                    let kind = match weight_kind(main, definition(weight)?)? {
                        Kind::Bytes if !numbered && key.padding != Padding::NONE => Kind::Padded(key.padding),
                        kind => kind,
                    };
                    return Ok(part(weight, kind));
                }
            }
            ColumnType::Json
            | ColumnType::Geometry
            | ColumnType::Vector
            | ColumnType::TypedArray
            | ColumnType::Invalid => {
                let (name, kind) = (String::from_utf8_lossy(&main.name), main.column_type);
                let text = format!("order or comparison of column `{name}` across shards: its type is {kind:?}");
                return Err(StatementError::sql(Code::Unsupported, text));
            }
        };
        Ok(part(key.column, kind))
    }

    fn append(&self, row: &Row, last: bool, out: &mut Vec<u8>) -> Result<(), StatementError> {
        let start = out.len();
        match row.field(self.source) {
            None if self.source != self.column && row.field(self.column).is_some() => {
                let text =
                    format!("column {} has a value and its weight in column {} is NULL", self.column, self.source);
                return Err(StatementError::sql(Code::Internal, text));
            }
            None => out.push(0),
            Some(value) => {
                out.push(1);
                let understood = match self.kind {
                    Kind::Null => false,
                    Kind::Integer => sort_key::append_integer(value, out),
                    Kind::Decimal => sort_key::append_decimal(value, out),
                    Kind::Double => sort_key::append_double(value, out),
                    Kind::Bits => sort_key::append_bits(value, out),
                    Kind::Time => sort_key::append_time(value, out),
                    Kind::Bytes if last && !self.descending => {
                        out.extend_from_slice(value);
                        true
                    }
                    Kind::Bytes => sort_key::append_bytes(value, out),
                    Kind::Padded(padding) => sort_key::append_padded(value, padding.unit(), out),
                };
                if !understood {
                    let (value, kind) = (String::from_utf8_lossy(value), self.kind);
                    let text = format!("a shard sent `{value}` in column {}, which is no {kind:?}", self.source);
                    return Err(StatementError::sql(Code::Internal, text));
                }
            }
        }
        if self.descending {
            for byte in out.iter_mut().skip(start) {
                *byte = !*byte;
            }
        }
        Ok(())
    }
}

fn no_weights(column: &ColumnDefinition<'static>) -> StatementError {
    let name = String::from_utf8_lossy(&column.name);
    StatementError::sql(Code::Internal, format!("text column `{name}` has no column of weights to compare by"))
}

/// How weights are compared: what WEIGHT_STRING returns, or the number of an ENUM or SET.
fn weight_kind(column: &ColumnDefinition<'static>, weight: &ColumnDefinition<'static>) -> Result<Kind, StatementError> {
    match weight.column_type {
        ColumnType::VarChar
        | ColumnType::VarString
        | ColumnType::String
        | ColumnType::TinyBlob
        | ColumnType::MediumBlob
        | ColumnType::LongBlob
        | ColumnType::Blob
            if weight.collation == BINARY =>
        {
            Ok(Kind::Bytes)
        }
        ColumnType::Tiny | ColumnType::Short | ColumnType::Long | ColumnType::Int24 | ColumnType::LongLong => {
            Ok(Kind::Integer)
        }
        ColumnType::Double => Ok(Kind::Double),
        ColumnType::Null => Ok(Kind::Null),
        _ => Err(no_weights(column)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::testing::{code, column, decimals, row, weights};
    use bigdecimal::BigDecimal;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    fn key(columns: &[ColumnDefinition<'static>], keys: &[SortKey], fields: &[Option<&str>]) -> Vec<u8> {
        let mut out = Vec::new();
        Comparator::new(columns, keys).unwrap().key(&row(fields), &mut out).unwrap();
        out
    }

    fn by(column: u32, weight: Option<u32>, descending: bool) -> SortKey {
        SortKey { column, weight, padding: Padding::NONE, descending }
    }

    /// Values in MySQL's order, `=` before those that equal the one before; checked alone and in front of a second key.
    #[track_caller]
    fn check(column_type: ColumnType, values: &[&str]) {
        let columns = [column("a", column_type), column("b", ColumnType::Long)];
        for descending in [false, true] {
            for keys in [vec![by(0, None, descending)], vec![by(0, None, descending), by(1, None, false)]] {
                let keyed = |value: &str| {
                    let value = value.trim_start_matches('=');
                    key(&columns, &keys, &[(value != "NULL").then_some(value), Some("1")])
                };
                for pair in values.windows(2) {
                    let expected = match (pair[1].starts_with('='), descending) {
                        (true, _) => Ordering::Equal,
                        (false, false) => Ordering::Less,
                        (false, true) => Ordering::Greater,
                    };
                    assert_eq!(keyed(pair[0]).cmp(&keyed(pair[1])), expected, "{pair:?} descending: {descending}");
                }
            }
        }
    }

    #[test]
    fn integers_are_ordered_by_value() {
        let signed = ["NULL", "-9223372036854775808", "-10", "-9", "0", "=-0", "9", "10", "9223372036854775807"];
        check(ColumnType::LongLong, &signed);
        check(ColumnType::Long, &["00005", "00010", "=10", "18446744073709551615"]);
        check(ColumnType::Year, &["NULL", "0000", "1901", "2155"]);
    }

    #[test]
    fn decimals_are_ordered_by_value() {
        check(
            ColumnType::NewDecimal,
            &[
                "NULL",
                "-99999999999999999999999999999999999999999999999999999999999999999",
                "-10.00",
                "-9.99",
                "-1.25",
                "-1.20",
                "=-1.2",
                "-0.001",
                "0",
                "=0.00",
                "=-0.00",
                "0.0001",
                "0.01",
                "0.5",
                "1",
                "=1.000",
                "=01",
                "1.000000000000000000000000000001",
                "9.5",
                "10",
                "99999999999999999999999999999999999.999999999999999999999999999999",
            ],
        );
    }

    #[test]
    fn doubles_are_ordered_by_value() {
        let values =
            ["NULL", "-1.7976931348623157e308", "-2", "-1e-16", "-0", "=0", "5e-324", "0.1", "9", "10", "1e15"];
        check(ColumnType::Double, &values);
        check(ColumnType::Float, &["-1e20", "1.1", "1e20"]);
    }

    #[test]
    fn times_are_ordered_by_value() {
        let values = [
            "NULL",
            "-838:59:59.000000",
            "-12:00:01.5",
            "=-12:00:01.500000",
            "-00:00:00.000001",
            "00:00:00",
            "=-00:00:00",
            "00:00:01",
            "09:59:59",
            "99:59:59",
            "100:00:00",
            "838:59:59.000",
        ];
        check(ColumnType::Time, &values);
    }

    #[test]
    fn dates_are_ordered_by_their_text() {
        check(ColumnType::Date, &["NULL", "0000-00-00", "0001-01-01", "2001-00-00", "2001-01-01", "9999-12-31"]);
        check(ColumnType::DateTime, &["0000-00-00 00:00:00.00", "2001-01-01 23:59:59.99", "2001-01-02 00:00:00.00"]);
    }

    #[test]
    fn byte_strings_and_bits_are_ordered_byte_by_byte() {
        let binary = |flags| ColumnDefinition { collation: BINARY, flags, ..column("b", ColumnType::VarString) };
        let columns = [binary(ColumnFlags::BINARY), column("n", ColumnType::Long)];
        for keys in [vec![by(0, None, false)], vec![by(0, None, false), by(1, None, true)]] {
            let values = [
                None,
                Some(""),
                Some("\0"),
                Some("\0\0"),
                Some("\0a"),
                Some("a"),
                Some("a\0"),
                Some("a\u{1}"),
                Some("b"),
            ];
            let keyed: Vec<_> = values.iter().map(|&value| key(&columns, &keys, &[value, Some("7")])).collect();
            assert!(keyed.is_sorted_by(|a, b| a < b), "{keyed:?}");
        }
        check(ColumnType::Bit, &["NULL", "\0\0", "=\0", "\u{1}", "\u{1}\0", "\u{1}\u{1}"]);
    }

    #[test]
    fn a_longer_byte_string_comes_first_where_the_order_is_descending() {
        let columns = [ColumnDefinition { collation: BINARY, ..column("b", ColumnType::Blob) }];
        let keyed = |value| key(&columns, &[by(0, None, true)], &[Some(value)]);
        assert!(keyed("ab") < keyed("a") && keyed("a\0") < keyed("a") && keyed("b") < keyed("ab"));
    }

    #[test]
    fn text_is_ordered_by_its_weights() {
        let columns = [column("t", ColumnType::VarString), weights("w"), column("n", ColumnType::Long)];
        let keys = [by(0, Some(1), false), by(2, None, false)];
        let keyed = |text, weight, number| key(&columns, &keys, &[text, weight, Some(number)]);
        assert!(keyed(None, None, "9") < keyed(Some("b"), Some("\u{1}"), "1"));
        assert!(keyed(Some("b"), Some("\u{1}"), "1") < keyed(Some("a"), Some("\u{2}"), "1"));
        assert_eq!(keyed(Some("a"), Some("\u{2}"), "1"), keyed(Some("A"), Some("\u{2}"), "1"));
        assert!(keyed(Some("a"), Some("\u{2}"), "1") < keyed(Some("A"), Some("\u{2}"), "2"));
    }

    #[test]
    fn spaces_at_the_end_of_padded_text_do_not_count() {
        let columns = [column("t", ColumnType::VarString), weights("w"), column("n", ColumnType::Long)];
        for (collation, unit) in [("latin1_swedish_ci", 1), ("utf8mb4_general_ci", 2), ("utf8mb4_bin", 3)] {
            let padding = Padding::of_collation(collation).unwrap();
            // The weights of these collations are the characters' numbers, in so many bytes.
            let weigh = |text: &str| -> String {
                text.chars().flat_map(|letter| std::iter::repeat_n('\0', unit - 1).chain([letter])).collect()
            };
            for keys in [vec![by(0, Some(1), false)], vec![by(0, Some(1), true), by(2, None, false)]] {
                let keys: Vec<_> = keys.into_iter().map(|key| SortKey { padding, ..key }).collect();
                let keyed = |text: &str| key(&columns, &keys, &[Some(text), Some(&weigh(text)), Some("1")]);
                let ordered = ["\t", "  \t", "", "  !", " !", "A\t", "A \t", "A", "A !", "A!", "AA", "AA A", "B"];
                let expected = if keys[0].descending { Ordering::Greater } else { Ordering::Less };
                for pair in ordered.windows(2) {
                    assert_eq!(keyed(pair[0]).cmp(&keyed(pair[1])), expected, "{collation} {pair:?}");
                    assert_eq!(keyed(pair[0]), keyed(&format!("{}   ", pair[0])), "{collation}");
                }
            }
        }
    }

    #[test]
    fn enums_and_sets_are_ordered_by_their_number() {
        for flags in [ColumnFlags::ENUM, ColumnFlags::SET] {
            let main = ColumnDefinition { flags, ..column("e", ColumnType::String) };
            let binary = ColumnDefinition { collation: BINARY, ..main.clone() };
            for main in [main, binary] {
                // `e + 0` is a DOUBLE, CAST AS UNSIGNED a BIGINT, and WEIGHT_STRING of the column has the number's bytes.
                for (number, values) in [
                    (column("n", ColumnType::Double), ["1", "2", "10"]),
                    (column("n", ColumnType::LongLong), ["1", "2", "10"]),
                    (weights("n"), ["\u{1}", "\u{2}", "\u{a}"]),
                ] {
                    let columns = [main.clone(), number];
                    let keyed = values.map(|value| key(&columns, &[by(0, Some(1), false)], &[Some("z"), Some(value)]));
                    assert!(keyed.is_sorted_by(|a, b| a < b));
                }
                assert_eq!(
                    code(Comparator::new(std::slice::from_ref(&main), &[by(0, None, false)])),
                    Some(Code::Internal)
                );
            }
        }
    }

    #[test]
    fn a_float_is_ordered_by_its_double_where_there_is_one() {
        let columns = [column("f", ColumnType::Float), column("d", ColumnType::Double)];
        let keyed = |double| key(&columns, &[by(0, Some(1), false)], &[Some("16777200"), Some(double)]);
        assert!(keyed("16777215") < keyed("16777216"));
    }

    #[test]
    fn weights_of_other_types_are_not_needed() {
        let columns = [column("n", ColumnType::Long), weights("w")];
        let keyed = |number| key(&columns, &[by(0, Some(1), false)], &[Some(number), None]);
        assert!(keyed("9") < keyed("10"));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let new = |columns: &[ColumnDefinition<'static>], key| code(Comparator::new(columns, &[key]));
        for column_type in [ColumnType::Json, ColumnType::Geometry, ColumnType::Vector] {
            let columns = [ColumnDefinition { collation: BINARY, ..column("j", column_type) }, weights("w")];
            assert_eq!(new(&columns, by(0, Some(1), false)), Some(Code::Unsupported));
        }
        let text = column("t", ColumnType::VarString);
        let binary_collation = ColumnDefinition { flags: ColumnFlags::BINARY, ..text.clone() };
        assert_eq!(new(std::slice::from_ref(&text), by(0, None, false)), Some(Code::Internal));
        assert_eq!(new(&[binary_collation], by(0, None, false)), Some(Code::Internal));
        assert_eq!(new(&[text.clone(), text.clone()], by(0, Some(1), false)), Some(Code::Internal));
        assert_eq!(new(&[text], by(1, None, false)), Some(Code::Internal));
    }

    #[test]
    fn values_that_do_not_fit_their_type_are_errors() {
        let error = |column_type, value| {
            let comparator = Comparator::new(&[column("c", column_type)], &[by(0, None, false)]).unwrap();
            code(comparator.key(&row(&[Some(value)]), &mut Vec::new()))
        };
        for (column_type, value) in [
            (ColumnType::Long, ""),
            (ColumnType::Long, "-"),
            (ColumnType::Long, "1x"),
            (ColumnType::LongLong, "99999999999999999999"),
            (ColumnType::NewDecimal, "1e5"),
            (ColumnType::NewDecimal, "."),
            (ColumnType::Double, "inf"),
            (ColumnType::Double, "abc"),
            (ColumnType::Time, "12:00"),
            (ColumnType::Time, "12:00:00.1234567"),
            (ColumnType::Bit, "123456789"),
            (ColumnType::Null, "x"),
        ] {
            assert_eq!(error(column_type, value), Some(Code::Internal), "{column_type:?} {value}");
        }
        let comparator =
            Comparator::new(&[column("t", ColumnType::Blob), weights("w")], &[by(0, Some(1), false)]).unwrap();
        assert_eq!(code(comparator.key(&row(&[Some("x"), None]), &mut Vec::new())), Some(Code::Internal));
        assert_eq!(code(comparator.key(&row(&[None, None]), &mut Vec::new())), None);
    }

    proptest! {
        #[test]
        fn decimal_keys_are_in_the_order_of_the_numbers(
            a in "-?[0-9]{1,20}(\\.[0-9]{1,10})?",
            b in "-?[0-9]{1,20}(\\.[0-9]{1,10})?",
            descending: bool,
        ) {
            let keyed = |text: &str| key(&[decimals("d", 10)], &[by(0, None, descending)], &[Some(text)]);
            let expected = a.parse::<BigDecimal>().unwrap().cmp(&b.parse().unwrap());
            let expected = if descending { expected.reverse() } else { expected };
            prop_assert_eq!(keyed(&a).cmp(&keyed(&b)), expected);
        }

        #[test]
        fn integer_keys_are_in_the_order_of_the_numbers(a: i64, b: i64, c: u64) {
            let keyed = |text: String| key(&[column("n", ColumnType::LongLong)], &[by(0, None, false)], &[Some(&text)]);
            prop_assert_eq!(keyed(a.to_string()).cmp(&keyed(b.to_string())), a.cmp(&b));
            prop_assert_eq!(keyed(a.to_string()).cmp(&keyed(c.to_string())), i128::from(a).cmp(&i128::from(c)));
        }

        #[test]
        fn double_keys_are_in_the_order_of_the_numbers(a in prop::num::f64::NORMAL, b in prop::num::f64::NORMAL) {
            let keyed = |value: f64| key(&[column("d", ColumnType::Double)], &[by(0, None, false)], &[Some(&value.to_string())]);
            prop_assert_eq!(Some(keyed(a).cmp(&keyed(b))), a.partial_cmp(&b));
        }

        #[test]
        fn keys_of_several_columns_are_in_the_order_of_the_columns(
            a in prop::collection::vec("[\0\u{1}a]{0,4}", 2), b in prop::collection::vec("[\0\u{1}a]{0,4}", 2)
        ) {
            let columns = [weights("a"), weights("b")];
            let keyed = |row: &[String]| key(&columns, &[by(0, None, false), by(1, None, false)], &[Some(&row[0]), Some(&row[1])]);
            prop_assert_eq!(keyed(&a).cmp(&keyed(&b)), a.cmp(&b));
        }
    }
}
