//! The order of rows, as the column definitions in the shards' replies decide it.
//!
//! Each row gets a key, a string of bytes, so that rows are in MySQL's order where their keys are in the order of bytes,
//! and equal where they are equal. A row's values are read once, however often the row is compared.

use super::rows::Row;
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
                let text = format!("column {} has a value and its weight in column {} is NULL", self.column, self.source);
                return Err(StatementError::sql(Code::Internal, text));
            }
            None => out.push(0),
            Some(value) => {
                out.push(1);
                let understood = match self.kind {
                    Kind::Null => false,
                    Kind::Integer => append_integer(value, out),
                    Kind::Decimal => append_decimal(value, out),
                    Kind::Double => append_double(value, out),
                    Kind::Bits => append_bits(value, out),
                    Kind::Time => append_time(value, out),
                    Kind::Bytes if last && !self.descending => {
                        out.extend_from_slice(value);
                        true
                    }
                    Kind::Bytes => append_bytes(value, out),
                    Kind::Padded(padding) => append_padded(value, padding.unit(), out),
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

/// 65 bits, the sign bit turned around so that negative numbers come first.
fn append_integer(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() {
        return false;
    }
    let mut absolute = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        let next = absolute.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit)));
        match next {
            Some(next) if digit < 10 => absolute = next,
            _ => return false,
        }
    }
    let value = if negative { -i128::from(absolute) } else { i128::from(absolute) };
    let [.., a, b, c, d, e, f, g, h, i] = (value + (1 << 64)).to_be_bytes();
    out.extend_from_slice(&[a, b, c, d, e, f, g, h, i]);
    true
}

/// Sign, count of digits before the point (negative: of zeros behind it), digits without zeros at either end, end mark.
fn append_decimal(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (negative, number) = split_sign(text);
    let point = number.iter().position(|&byte| byte == b'.');
    let (integer, fraction) = match point {
        Some(at) => (number.get(..at).unwrap_or_default(), number.get(at + 1..).unwrap_or_default()),
        None => (number, [].as_slice()),
    };
    let digits = || integer.iter().chain(fraction);
    if digits().count() == 0 || !digits().all(u8::is_ascii_digit) {
        return false;
    }
    let Some(first) = digits().position(|&byte| byte != b'0') else {
        out.push(0x80);
        return true;
    };
    let zeros = digits().rev().take_while(|&&byte| byte == b'0').count();
    let significant = digits().count() - zeros - first;
    let Ok(exponent) = u16::try_from(integer.len() as i64 - first as i64 + 0x8000) else { return false };
    let start = out.len();
    out.push(0x81);
    out.extend_from_slice(&exponent.to_be_bytes());
    out.extend(digits().skip(first).take(significant));
    out.push(0);
    if negative {
        for byte in out.iter_mut().skip(start) {
            *byte = !*byte;
        }
    }
    true
}

/// The bits of the value, turned around so that their order is the numbers' order.
fn append_double(text: &[u8], out: &mut Vec<u8>) -> bool {
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    let Some(value) = value.filter(|value| value.is_finite()) else { return false };
    // -0 equals 0.
    let bits = (value + 0.0).to_bits();
    let sign = 1 << 63;
    out.extend_from_slice(&(if bits & sign == 0 { bits | sign } else { !bits }).to_be_bytes());
    true
}

fn append_bits(value: &[u8], out: &mut Vec<u8>) -> bool {
    if value.len() > 8 {
        return false;
    }
    let number = value.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    out.extend_from_slice(&number.to_be_bytes());
    true
}

/// `[-]h..h:mm:ss[.f..f]`, as signed microseconds.
fn append_time(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (negative, rest) = split_sign(text);
    let (whole, fraction) = match rest.iter().position(|&byte| byte == b'.') {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => (rest, [].as_slice()),
    };
    if fraction.len() > 6 {
        return false;
    }
    let (mut micros, mut fields) = (0i64, 0);
    for field in whole.split(|&byte| byte == b':') {
        let Some(number) = small_number(field) else { return false };
        micros = micros * 60 + number;
        fields += 1;
    }
    let Some(fraction_value) = (if fraction.is_empty() { Some(0) } else { small_number(fraction) }) else { return false };
    micros = micros * 1_000_000 + fraction_value * 10i64.pow(6 - fraction.len() as u32);
    if fields != 3 {
        return false;
    }
    let signed = if negative { -micros } else { micros };
    out.extend_from_slice(&(signed as u64 ^ 1 << 63).to_be_bytes());
    true
}

/// Up to six digits.
fn small_number(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 6 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |number, &byte| number * 10 + i64::from(byte - b'0')))
}

/// With an end mark that sorts before every byte: a zero byte is followed by 0xFF, the end by another zero byte.
fn append_bytes(value: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = value;
    while let Some(zero) = memchr::memchr(0, rest) {
        let (head, tail) = rest.split_at(zero + 1);
        out.extend_from_slice(head);
        out.push(0xFF);
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(&[0, 0]);
    true
}

/// Weights without the spaces at the end, so that they compare as if there were spaces without end: each space is
/// followed by whether what comes behind the spaces is less than a space (1), nothing (2), or greater (3).
fn append_padded(value: &[u8], unit: &[u8], out: &mut Vec<u8>) -> bool {
    let mut weights = value.chunks(unit.len().max(1)).peekable();
    loop {
        let mut spaces = 0;
        while weights.next_if_eq(&unit).is_some() {
            spaces += 1;
        }
        let Some(weight) = weights.next() else {
            out.extend_from_slice(unit);
            out.push(2);
            return true;
        };
        for _ in 0..spaces {
            out.extend_from_slice(unit);
            out.push(if weight < unit { 1 } else { 3 });
        }
        out.extend_from_slice(weight);
    }
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
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
        let values = ["NULL", "-1.7976931348623157e308", "-2", "-1e-16", "-0", "=0", "5e-324", "0.1", "9", "10", "1e15"];
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
            let values = [None, Some(""), Some("\0"), Some("\0\0"), Some("\0a"), Some("a"), Some("a\0"), Some("a\u{1}"), Some("b")];
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
                assert_eq!(code(Comparator::new(&[main.clone()], &[by(0, None, false)])), Some(Code::Internal));
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
        assert_eq!(new(&[text.clone()], by(0, None, false)), Some(Code::Internal));
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
        let comparator = Comparator::new(&[column("t", ColumnType::Blob), weights("w")], &[by(0, Some(1), false)]).unwrap();
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
