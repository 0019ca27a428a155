//! How MySQL compares a value with a column, as far as it decides where the row can be.
//!
//! A vindex maps one form of a value; MySQL finds a row by every form that it takes as equal (`5`, `'5'`, `5.0`). A
//! [`Coercion`] turns a value into the form that the row was placed by, or says that this can't be known, and then the
//! statement goes to every shard.

use shardgate_vschema::Value;
use std::borrow::Cow;

/// What happens to a value before it is compared with a vindex column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coercion {
    /// The column's type isn't known: the value is mapped as it is.
    AsIs,
    /// An integer column with these bounds.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: u64,
    },
    /// DECIMAL, FLOAT, DOUBLE, BIT, YEAR, temporal types, ENUM, SET: several texts are one value.
    Ambiguous,
    /// Text whose collation makes different bytes equal, with a vindex over bytes.
    FoldedText,
    /// Text that is compared byte by byte, or whose vindex folds as the collation does.
    Text {
        /// The collation ignores spaces at the end (all but `utf8mb4_0900_*` and `binary`).
        pads: bool,
    },
    /// BINARY, VARBINARY, BLOB.
    Bytes {
        /// The length of BINARY(n), to which values are filled with zero bytes.
        fixed: Option<u32>,
    },
}

/// What a comparison can find.
#[derive(Debug, Clone, PartialEq)]
pub enum Coerced<'a> {
    /// Rows whose column is this value, and no others.
    Value(Value<'a>),
    /// No row.
    NoRow,
    /// Rows of any shard.
    Unknown,
}

/// Integers up to here are exact as doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Coercion {
    /// What `column = value` can find, for a value that isn't NULL.
    pub fn compared<'a>(self, value: Value<'a>) -> Coerced<'a> {
        match (self, value) {
            (Coercion::AsIs, value) => Coerced::Value(value),
            (Coercion::Integer { min, max }, value) => integer_compared(min, max, value),
            (Coercion::Text { pads }, Value::Text(text)) => match text.last() {
                Some(b' ') if pads => Coerced::Unknown,
                _ => Coerced::Value(Value::Text(text)),
            },
            (Coercion::Bytes { fixed }, Value::Text(bytes) | Value::Bytes(bytes)) => match fixed {
                Some(length) if bytes.len() != length as usize => Coerced::Unknown,
                _ => Coerced::Value(Value::Bytes(bytes)),
            },
            (Coercion::Ambiguous | Coercion::FoldedText | Coercion::Text { .. } | Coercion::Bytes { .. }, _) => {
                Coerced::Unknown
            }
        }
    }

    /// The form that a column of this kind stores a value in, for a row that is inserted. `None`: a value that the
    /// column can't take as it is.
    pub fn stored<'a>(self, value: Value<'a>) -> Option<Value<'a>> {
        Some(match (self, value) {
            (_, Value::Null) => Value::Null,
            (Coercion::Integer { min, max }, value) => {
                let number = match &value {
                    Value::Int(number) => i128::from(*number),
                    Value::UInt(number) => i128::from(*number),
                    Value::Float(number) if number.abs() < EXACT => number.round() as i128,
                    Value::Decimal(text) => rounded(text)?,
                    Value::Text(text) => rounded(std::str::from_utf8(text).ok()?.trim())?,
                    Value::Bytes(bytes) => big_endian(bytes)?,
                    Value::Float(_) | Value::Null => return None,
                };
                in_range(min, max, number)?
            }
            (Coercion::Bytes { fixed: Some(length) }, Value::Text(bytes) | Value::Bytes(bytes))
                if bytes.len() < length as usize =>
            {
                let mut bytes = bytes.into_owned();
                bytes.resize(length as usize, 0);
                Value::Bytes(Cow::Owned(bytes))
            }
            (_, value) => value,
        })
    }
}

fn in_range<'a>(min: i64, max: u64, number: i128) -> Option<Value<'a>> {
    if number < i128::from(min) || number > i128::from(max) {
        return None;
    }
    i64::try_from(number).map(Value::Int).or_else(|_| u64::try_from(number).map(Value::UInt)).ok()
}

fn integer_compared<'a>(min: i64, max: u64, value: Value<'a>) -> Coerced<'a> {
    let exact = |number: i128| in_range(min, max, number).map_or(Coerced::NoRow, Coerced::Value);
    match value {
        Value::Int(number) => exact(i128::from(number)),
        Value::UInt(number) => exact(i128::from(number)),
        Value::Float(number) if number.abs() < EXACT => {
            if number.fract() == 0.0 {
                exact(number as i128)
            } else {
                Coerced::NoRow
            }
        }
        Value::Decimal(text) => match whole(&text) {
            Some(Some(number)) => exact(number),
            Some(None) => Coerced::NoRow,
            None => Coerced::Unknown,
        },
        // MySQL converts a text that is a whole number exactly; any other text it compares as a double, and then
        // `'5abc'` finds 5.
        Value::Text(text) => {
            let digits = text.strip_prefix(b"-").unwrap_or(&text);
            let number = std::str::from_utf8(&text).ok().and_then(|text| text.parse::<i128>().ok());
            match number {
                Some(number) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                    match in_range(min, max, number) {
                        Some(value) => Coerced::Value(value),
                        None if (number as f64).abs() < EXACT => Coerced::NoRow,
                        None => Coerced::Unknown,
                    }
                }
                _ => Coerced::Unknown,
            }
        }
        Value::Float(_) | Value::Bytes(_) => Coerced::Unknown,
        Value::Null => Coerced::NoRow,
    }
}

/// The integer that a decimal is: `Some(None)` if it has a fraction, `None` if the text isn't a plain decimal.
fn whole(text: &str) -> Option<Option<i128>> {
    let (number, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = match number {
        "" | "-" | "+" => 0,
        number => number.parse::<i128>().ok()?,
    };
    Some(fraction.bytes().all(|byte| byte == b'0').then_some(number))
}

/// A decimal rounded half away from zero, as MySQL stores it in an integer column.
fn rounded(text: &str) -> Option<i128> {
    let (number, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || text.is_empty() {
        return None;
    }
    let negative = number.starts_with('-');
    let number = match number {
        "" | "-" | "+" if !fraction.is_empty() => 0,
        number => number.parse::<i128>().ok()?,
    };
    let up = fraction.bytes().next().is_some_and(|digit| digit >= b'5');
    Some(match (up, negative) {
        (false, _) => number,
        (true, false) => number + 1,
        (true, true) => number - 1,
    })
}

fn big_endian(bytes: &[u8]) -> Option<i128> {
    let mut number: u64 = 0;
    for byte in bytes {
        number = number.checked_mul(256)?.checked_add(u64::from(*byte))?;
    }
    Some(i128::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: Coercion = Coercion::Integer { min: i32::MIN as i64, max: i32::MAX as u64 };
    const BIGINT: Coercion = Coercion::Integer { min: i64::MIN, max: i64::MAX as u64 };

    fn decimal(text: &str) -> Value<'_> {
        Value::Decimal(Cow::Borrowed(text))
    }

    #[test]
    fn forms_of_one_integer_find_the_same_row() {
        for value in
            [Value::Int(5), Value::UInt(5), Value::Float(5.0), decimal("5.00"), Value::text("5"), Value::text("05")]
        {
            assert_eq!(INT.compared(value.clone()), Coerced::Value(Value::Int(5)), "{value:?}");
        }
        assert_eq!(INT.compared(Value::text("-5")), Coerced::Value(Value::Int(-5)));
    }

    #[test]
    fn numbers_that_no_integer_equals_find_no_row() {
        for value in [
            decimal("5.5"),
            Value::Float(5.5),
            Value::Int(1 << 40),
            decimal("99999999999999999999"),
            Value::text("3000000000"),
        ] {
            assert_eq!(INT.compared(value.clone()), Coerced::NoRow, "{value:?}");
        }
    }

    #[test]
    fn what_mysql_compares_as_doubles_can_be_on_any_shard() {
        for value in [
            Value::text("5abc"),
            Value::text("5.5"),
            Value::text(""),
            Value::text(" 5"),
            Value::Float(1e300),
            Value::bytes(b"5"),
        ] {
            assert_eq!(BIGINT.compared(value.clone()), Coerced::Unknown, "{value:?}");
        }
        assert_eq!(BIGINT.compared(Value::text("9223372036854775808")), Coerced::Unknown);
    }

    #[test]
    fn text_routes_only_where_equal_means_equal_bytes() {
        let exact = Coercion::Text { pads: true };
        assert_eq!(exact.compared(Value::text("a")), Coerced::Value(Value::text("a")));
        assert_eq!(exact.compared(Value::text("a ")), Coerced::Unknown);
        assert_eq!(Coercion::Text { pads: false }.compared(Value::text("a ")), Coerced::Value(Value::text("a ")));
        assert_eq!(exact.compared(Value::Int(5)), Coerced::Unknown);
        assert_eq!(Coercion::FoldedText.compared(Value::text("a")), Coerced::Unknown);
    }

    #[test]
    fn a_stored_value_is_rounded_and_padded_as_the_column_does() {
        assert_eq!(INT.stored(decimal("5.5")), Some(Value::Int(6)));
        assert_eq!(INT.stored(decimal("-5.5")), Some(Value::Int(-6)));
        assert_eq!(INT.stored(Value::text("7")), Some(Value::Int(7)));
        assert_eq!(INT.stored(Value::text("x")), None);
        assert_eq!(INT.stored(Value::Int(1 << 40)), None);
        let fixed = Coercion::Bytes { fixed: Some(4) };
        assert_eq!(fixed.stored(Value::bytes(b"ab")), Some(Value::bytes(b"ab\0\0")));
        assert_eq!(fixed.compared(Value::bytes(b"ab")), Coerced::Unknown);
    }
}
