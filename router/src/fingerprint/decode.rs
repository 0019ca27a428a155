//! What a literal's text means.

use super::{CharsetClass, LexMode, Literal, LiteralKind};
use shardgate_vschema::Value;
use std::borrow::Cow;

/// The value of a literal. `None` for parameters and comments, and for text that MySQL refuses (`x'4'`).
pub fn literal_value<'a>(text: &'a [u8], literal: Literal, mode: LexMode) -> Option<Value<'a>> {
    let source = text.get(literal.range())?;
    Some(match literal.kind {
        LiteralKind::Integer => integer(source)?,
        LiteralKind::Decimal => Value::Decimal(Cow::Borrowed(std::str::from_utf8(source).ok()?)),
        LiteralKind::Float => Value::Float(std::str::from_utf8(source).ok()?.parse().ok()?),
        LiteralKind::Text => Value::Text(unquote(source, mode)),
        LiteralKind::National => Value::Text(unquote(source.get(1..)?, mode)),
        LiteralKind::Hex => Value::Bytes(Cow::Owned(hex(source)?)),
        LiteralKind::Bits => Value::Bytes(Cow::Owned(bits(source)?)),
        LiteralKind::Parameter(_) | LiteralKind::Comment => return None,
    })
}

fn integer(digits: &[u8]) -> Option<Value<'_>> {
    let mut value: u64 = 0;
    for digit in digits {
        match value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0'))) {
            Some(next) => value = next,
            None => return Some(Value::Decimal(Cow::Borrowed(std::str::from_utf8(digits).ok()?))),
        }
    }
    Some(i64::try_from(value).map_or(Value::UInt(value), Value::Int))
}

/// The digits between the quotes or behind `0x`, and whether they were quoted.
fn digits(source: &[u8]) -> Option<(&[u8], bool)> {
    match source {
        [b'0', _, digits @ ..] => Some((digits, false)),
        [_, b'\'', digits @ .., b'\''] => Some((digits, true)),
        _ => None,
    }
}

fn hex(source: &[u8]) -> Option<Vec<u8>> {
    let (digits, quoted) = digits(source)?;
    if quoted && digits.len() % 2 == 1 {
        return None;
    }
    let nibble = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let (head, pairs) = digits.split_at(digits.len() % 2);
    let mut bytes = Vec::with_capacity(digits.len().div_ceil(2));
    for digit in head {
        bytes.push(nibble(*digit)?);
    }
    for pair in pairs.chunks_exact(2) {
        let [high, low] = pair else { return None };
        bytes.push(nibble(*high)? << 4 | nibble(*low)?);
    }
    Some(bytes)
}

fn bits(source: &[u8]) -> Option<Vec<u8>> {
    let (digits, _) = digits(source)?;
    let mut bytes = vec![0u8; digits.len().div_ceil(8)];
    for (place, digit) in digits.iter().rev().enumerate() {
        match digit {
            b'0' => {}
            b'1' => *bytes.iter_mut().rev().nth(place / 8)? |= 1 << (place % 8),
            _ => return None,
        }
    }
    Some(bytes)
}

/// The characters of one or more adjacent quoted strings, without quotes and escapes. Text that isn't quoted is
/// returned as it is.
pub fn unquote(source: &[u8], mode: LexMode) -> Cow<'_, [u8]> {
    let escapes = !mode.no_backslash_escapes;
    let Some(quote) = source.first().copied().filter(|byte| matches!(byte, b'\'' | b'"' | b'`')) else {
        return Cow::Borrowed(source);
    };
    let inner = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
    if memchr::memchr2(quote, b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    // `None` between two adjacent strings.
    let mut open = None;
    while let Some(byte) = source.get(at).copied() {
        let Some(quote) = open else {
            if matches!(byte, b'\'' | b'"' | b'`') {
                open = Some(byte);
            }
            at += 1;
            continue;
        };
        let width = match mode.charset {
            CharsetClass::Plain => 1,
            charset => charset.width(source.get(at..).unwrap_or_default()),
        };
        if width > 1 {
            out.extend_from_slice(source.get(at..at + width).unwrap_or_default());
            at += width;
        } else if byte == quote {
            if source.get(at + 1) == Some(&quote) {
                out.push(quote);
                at += 2;
            } else {
                open = None;
                at += 1;
            }
        } else if byte == b'\\' && escapes && quote != b'`' {
            if let Some(escaped) = source.get(at + 1).copied() {
                escape(escaped, &mut out);
            }
            at += 2;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    Cow::Owned(out)
}

fn escape(escaped: u8, out: &mut Vec<u8>) {
    match escaped {
        b'0' => out.push(0),
        b'b' => out.push(8),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        b'Z' => out.push(0x1a),
        b'%' | b'_' => out.extend_from_slice(&[b'\\', escaped]),
        other => out.push(other),
    }
}
