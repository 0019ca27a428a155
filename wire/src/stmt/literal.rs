//! Parameters as SQL text, for statements that run as text with their values put in.

use thiserror::Error;

use super::param::Param;
use super::temporal::Date;
use crate::charset::Charset;

/// A value that has no literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LiteralError {
    /// NaN or an infinity.
    #[error("a parameter is not a finite number, which SQL text can't express")]
    NotFinite,
    /// A DECIMAL whose text isn't a number.
    #[error("a DECIMAL parameter holds text that isn't a number")]
    NotANumber,
}

/// How the session that gets the text reads it.
#[derive(Debug, Clone, Copy)]
pub struct LiteralStyle {
    /// `character_set_client`, which the text is in.
    pub charset: &'static Charset,
    /// Whether sql_mode has NO_BACKSLASH_ESCAPES.
    pub no_backslash_escapes: bool,
}

/// Appends a value as a literal that has the type and the value of the parameter.
///
/// # Errors
/// If there is no such literal.
pub fn write_literal(out: &mut Vec<u8>, value: &Param<'_>, style: LiteralStyle) -> Result<(), LiteralError> {
    match *value {
        Param::Null => out.extend_from_slice(b"NULL"),
        Param::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Param::UInt(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Param::Float(value) => write_double(out, f64::from(value))?,
        Param::Double(value) => write_double(out, value)?,
        Param::Decimal(text) if is_decimal(text) => out.extend_from_slice(text),
        Param::Decimal(_) => return Err(LiteralError::NotANumber),
        Param::Text(text) if style.charset.ascii_trail && !text.is_ascii() => {
            // A quote or a backslash may be a part of a character: bytes can't be escaped one by one.
            out.push(b'_');
            out.extend_from_slice(style.charset.name.as_bytes());
            out.push(b' ');
            write_hex(out, text);
        }
        Param::Text(text) => write_quoted(out, text, style),
        Param::Binary(bytes) => {
            // With the introducer it is a string in every context, where X'..' alone may be a number.
            out.extend_from_slice(b"_binary ");
            write_hex(out, bytes);
        }
        Param::Date(date) => write_temporal(out, is_real(date), "DATE", |out| {
            out.extend_from_slice(date.to_string().as_bytes());
        }),
        Param::DateTime(value) => write_temporal(out, is_real(value.date), "TIMESTAMP", |out| {
            value.write(out, if value.micros == 0 { 0 } else { 6 });
        }),
        Param::Time(value) => {
            let in_range = u64::from(value.days) * 24 + u64::from(value.hours) < 839;
            write_temporal(out, in_range, "TIME", |out| value.write(out, if value.micros == 0 { 0 } else { 6 }));
        }
    }
    Ok(())
}

/// A number with an exponent is a DOUBLE in MySQL, one without a DECIMAL.
fn write_double(out: &mut Vec<u8>, value: f64) -> Result<(), LiteralError> {
    if !value.is_finite() {
        return Err(LiteralError::NotFinite);
    }
    out.extend_from_slice(format!("{value:e}").as_bytes());
    Ok(())
}

/// Digits with at most one point, perhaps a sign and an exponent.
fn is_decimal(text: &[u8]) -> bool {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let mut parts = unsigned.splitn(2, |byte| matches!(byte, b'e' | b'E'));
    let mantissa = parts.next().unwrap_or_default();
    let exponent = parts.next();
    let mantissa_is_number = match mantissa.iter().position(|byte| *byte == b'.') {
        Some(at) => {
            digits(&[mantissa.get(..at).unwrap_or_default(), mantissa.get(at + 1..).unwrap_or_default()].concat())
        }
        None => digits(mantissa),
    };
    mantissa_is_number
        && exponent
            .is_none_or(|text| digits(text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text)))
}

fn write_quoted(out: &mut Vec<u8>, text: &[u8], style: LiteralStyle) {
    out.reserve(text.len() + 2);
    out.push(b'\'');
    for &byte in text {
        match byte {
            b'\'' => out.extend_from_slice(b"''"),
            b'\\' if !style.no_backslash_escapes => out.extend_from_slice(b"\\\\"),
            0 if !style.no_backslash_escapes => out.extend_from_slice(b"\\0"),
            byte => out.push(byte),
        }
    }
    out.push(b'\'');
}

fn write_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    out.reserve(bytes.len() * 2 + 3);
    out.extend_from_slice(b"X'");
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xF)]]);
    }
    out.push(b'\'');
}

/// A typed literal, or (for what those refuse and a parameter may be) a string.
fn write_temporal(out: &mut Vec<u8>, typed: bool, keyword: &str, write: impl FnOnce(&mut Vec<u8>)) {
    if typed {
        out.extend_from_slice(keyword.as_bytes());
    }
    out.push(b'\'');
    write(out);
    out.push(b'\'');
}

/// Whether no part is zero; what sql_mode says about zeros holds for typed literals only.
fn is_real(date: Date) -> bool {
    date.year != 0 && date.month != 0 && date.day != 0
}

#[cfg(test)]
mod tests {
    use super::super::{DateTime, Time};
    use super::*;

    fn literal(value: Param<'_>, charset: &str, no_backslash_escapes: bool) -> String {
        let style = LiteralStyle { charset: Charset::by_name(charset).unwrap(), no_backslash_escapes };
        let mut out = Vec::new();
        write_literal(&mut out, &value, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_type_has_its_literal() {
        let date = Date { year: 2024, month: 2, day: 29 };
        let datetime = DateTime { date, hour: 1, minute: 2, second: 3, micros: 40 };
        let time = Time { negative: true, days: 1, hours: 2, minutes: 3, seconds: 4, micros: 0 };
        for (value, text) in [
            (Param::Null, "NULL"),
            (Param::Int(i64::MIN), "-9223372036854775808"),
            (Param::UInt(u64::MAX), "18446744073709551615"),
            (Param::Double(1.5), "1.5e0"),
            (Param::Double(0.1), "1e-1"),
            (Param::Float(0.1), "1.0000000149011612e-1"),
            (Param::Decimal(b"-12.50"), "-12.50"),
            (Param::Decimal(b".5"), ".5"),
            (Param::Binary(b"\x00'\xff"), "_binary X'0027FF'"),
            (Param::Date(date), "DATE'2024-02-29'"),
            (Param::Date(Date::default()), "'0000-00-00'"),
            (Param::DateTime(datetime), "TIMESTAMP'2024-02-29 01:02:03.000040'"),
            (Param::Time(time), "TIME'-26:03:04'"),
        ] {
            assert_eq!(literal(value, "utf8mb4", false), text);
        }
    }

    #[test]
    fn text_is_escaped_as_the_session_reads_it() {
        let text = Param::Text("it's \\ \u{e9}".as_bytes());
        assert_eq!(literal(text, "utf8mb4", false), "'it''s \\\\ \u{e9}'");
        assert_eq!(literal(text, "utf8mb4", true), "'it''s \\ \u{e9}'");
        // In GBK, the backslash here is the second byte of a character.
        assert_eq!(literal(Param::Text(b"\x95\x5c' OR 1"), "gbk", false), "_gbk X'955C27204F522031'");
        assert_eq!(literal(Param::Text(b"a'b"), "gbk", false), "'a''b'");
    }

    #[test]
    fn what_has_no_literal_is_an_error() {
        let style = LiteralStyle { charset: Charset::by_name("utf8mb4").unwrap(), no_backslash_escapes: false };
        let write = |value| write_literal(&mut Vec::new(), &value, style);
        assert_eq!(write(Param::Double(f64::NAN)), Err(LiteralError::NotFinite));
        for text in ["1 OR 1", "", ".", "-", "1e", "1.2.3", "0x10"] {
            assert_eq!(write(Param::Decimal(text.as_bytes())), Err(LiteralError::NotANumber), "{text}");
        }
    }
}
