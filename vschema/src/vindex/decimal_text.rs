//! The text form of values, which is what Vitess's vindexes look at.

use std::fmt::Write as _;

use smallvec::SmallVec;

use crate::value::Value;

/// Calls `f` with the value's text form: the digits of a number, the bytes of a string, nothing for NULL.
pub(crate) fn with_bytes<R>(value: &Value<'_>, f: impl FnOnce(&[u8]) -> R) -> R {
    match value {
        Value::Null => f(&[]),
        Value::Int(number) => f(&integer_text(number.unsigned_abs(), *number < 0)),
        Value::UInt(number) => f(&integer_text(*number, false)),
        Value::Float(number) => f(float_text(*number).as_bytes()),
        Value::Decimal(text) => f(text.as_bytes()),
        Value::Text(bytes) | Value::Bytes(bytes) => f(bytes),
    }
}

/// The value as an unsigned number, if its text form is one: spaces around are ignored, signs, fractions and numbers
/// of more than 64 bits are not accepted (Vitess's `Value.ToCastUint64`).
pub(crate) fn to_u64(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::UInt(number) => Some(*number),
        _ => with_bytes(value, parse_u64),
    }
}

fn parse_u64(text: &[u8]) -> Option<u64> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
    let start = text.iter().position(|byte| !is_space(byte))?;
    let end = text.iter().rposition(|byte| !is_space(byte))?;
    text.get(start..=end)?.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Decimal digits, on the stack.
fn integer_text(mut magnitude: u64, negative: bool) -> SmallVec<[u8; 24]> {
    let mut text = SmallVec::new();
    loop {
        text.push(b'0' + (magnitude % 10) as u8);
        magnitude /= 10;
        if magnitude == 0 {
            break;
        }
    }
    if negative {
        text.push(b'-');
    }
    text.reverse();
    text
}

/// The shortest digits that read back as the same number, in the form of Go's `%g`: an exponent of at least two digits
/// from a million on and below 0.0001.
fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..GO_SHORTEST_PRECISION).contains(&exponent) {
        let mut text = mantissa.to_owned();
        let sign = if exponent < 0 { '-' } else { '+' };
        // Writing to a String can't fail.
        let _ = write!(text, "e{sign}{:02}", exponent.unsigned_abs());
        return text;
    }
    format!("{number}")
}

/// Go's `strconv` uses this precision to choose between the two forms of the shortest representation.
const GO_SHORTEST_PRECISION: i32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value<'_>) -> String {
        with_bytes(&value, |bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn integers_are_decimal_digits() {
        assert_eq!(text(Value::Int(0)), "0");
        assert_eq!(text(Value::Int(i64::MIN)), i64::MIN.to_string());
        assert_eq!(text(Value::UInt(u64::MAX)), u64::MAX.to_string());
    }

    #[test]
    fn unsigned_numbers_may_have_spaces_around_and_nothing_else() {
        let parse = |text: &str| to_u64(&Value::text(text));
        assert_eq!(parse("12"), Some(12));
        assert_eq!(parse(" \t12\r\n"), Some(12));
        assert_eq!(parse("18446744073709551615"), Some(u64::MAX));
        for refused in ["", " ", "-1", "+1", "1.0", "1 2", "1a", "0x1", "18446744073709551616"] {
            assert_eq!(parse(refused), None, "{refused}");
        }
    }
}
