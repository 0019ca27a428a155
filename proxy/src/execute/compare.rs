//! The order of rows, as the column definitions in the shards' replies decide it.
//!
//! Each row gets a key, a string of bytes, so that rows are in MySQL's order where their keys are in the order of bytes,
//! and equal where they are equal. A row's values are read once, however often the row is compared.

use super::rows::Row;
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_router::plan::SortKey;
use shardgate_wire::{ColumnDefinition, ColumnFlags, ColumnType};

/// The id of the collation `binary`, which numbers, times and byte strings have in column definitions.
const BINARY: u16 = 63;

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
                let numbered = ColumnFlags::ENUM | ColumnFlags::SET;
                if main.charset == BINARY && (main.flags & numbered) == ColumnFlags::EMPTY {
                    Kind::Bytes
                } else {
                    let weight = key.weight.ok_or_else(|| no_weights(main))?;
                    return Ok(part(weight, weight_kind(main, definition(weight)?)?));
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
            if weight.charset == BINARY =>
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

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    }
}
