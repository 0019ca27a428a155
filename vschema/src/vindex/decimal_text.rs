//! The text form of values, which is what Vitess's vindexes look at.

use crate::value::Value;

/// Calls `f` with the value's text form: the digits of a number, the bytes of a string, nothing for NULL.
pub(crate) fn with_bytes<R>(value: &Value<'_>, f: impl FnOnce(&[u8]) -> R) -> R {
    match value {
        Value::Null => f(&[]),
        Value::Int(number) => with_integer_text(number.unsigned_abs(), *number < 0, f),
        Value::UInt(number) => with_integer_text(*number, false, f),
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
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !is_space(byte))?;
    let end = text.iter().rposition(|byte| !is_space(byte))?;
    text.get(start..=end)?.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Calls `f` with decimal digits that are made on the stack.
fn with_integer_text<R>(mut magnitude: u64, negative: bool, f: impl FnOnce(&[u8]) -> R) -> R {
    // 20 digits and a sign, filled from the end.
    let mut buffer = [b'-'; 21];
    let mut start = buffer.len();
    for place in buffer.iter_mut().rev() {
        *place = b'0' + (magnitude % 10) as u8;
        start -= 1;
        magnitude /= 10;
        if magnitude == 0 {
            break;
        }
    }
    // The byte before the digits still is the sign.
    f(buffer.get(start - usize::from(negative)..).unwrap_or(&buffer))
}

/// The shortest digits that read back as the same number, in MySQL's form as Vitess has it: with an exponent from 1e15
/// on and below 1e-15.
fn float_text(number: f64) -> String {
    let magnitude = number.abs();
    if number == 0.0 || (1e-15..1e15).contains(&magnitude) {
        return format!("{number}");
    }
    format!("{number:e}")
}

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
        assert_eq!(parse(" \t12\t "), Some(12));
        assert_eq!(parse("18446744073709551615"), Some(u64::MAX));
        for refused in ["", " ", "-1", "+1", "1.0", "1 2", "1a", "1\n", "0x1", "18446744073709551616"] {
            assert_eq!(parse(refused), None, "{refused}");
        }
    }
}
