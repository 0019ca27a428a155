//! Values of literals, from their text.

use std::borrow::Cow;

use super::ast::{Literal, LiteralKind, Span};
use super::lexer::Lexer;
use super::options::ParseOptions;
use super::token::TokenKind;

/// The bytes that a string literal stands for, in the statement's character set: escapes done, adjacent parts joined.
/// Nothing for a literal that isn't a string (or a temporal literal, which gives its string).
pub fn string_value<'a>(
    text: &'a [u8],
    span: Span,
    literal: &Literal,
    options: &ParseOptions,
) -> Option<Cow<'a, [u8]>> {
    use LiteralKind::*;
    if !matches!(literal.kind, String | NationalString | Date | Time | Timestamp) {
        return None;
    }
    // The literal's end ends the text for this lexer, but offsets stay those of the statement.
    let mut lexer = Lexer::new(text.get(..span.end as usize)?, span.start as usize, options);
    let mut value: Option<Cow<'a, [u8]>> = None;
    loop {
        let token = lexer.next();
        let bytes = token.span.of(text);
        match token.kind {
            TokenKind::String | TokenKind::NationalString => {
                let bytes = if token.kind == TokenKind::NationalString { bytes.get(1..)? } else { bytes };
                let part = unescape(bytes, options);
                match &mut value {
                    None => value = Some(part),
                    Some(value) => value.to_mut().extend_from_slice(&part),
                }
            }
            TokenKind::End => return value,
            TokenKind::Error(_) => return None,
            _ => {}
        }
    }
}

/// The first part of a string literal, which MySQL names a column by.
pub(crate) fn first_part<'a>(text: &'a [u8], span: Span, options: &ParseOptions) -> Cow<'a, [u8]> {
    let mut lexer = Lexer::new(text.get(..span.end as usize).unwrap_or_default(), span.start as usize, options);
    loop {
        let token = lexer.next();
        let bytes = token.span.of(text);
        match token.kind {
            TokenKind::String => return unescape(bytes, options),
            TokenKind::NationalString => return unescape(bytes.get(1..).unwrap_or_default(), options),
            TokenKind::End | TokenKind::Error(_) => return Cow::Borrowed(&[]),
            _ => {}
        }
    }
}

/// The bytes that `x'0a'`, `0x0a`, `b'1'` or `0b1` stands for; an odd `0xa` is `0x0a`. Nothing for another text.
pub fn binary_value(text: &[u8]) -> Option<Vec<u8>> {
    let (radix, digits) = match text {
        [b'x' | b'X', b'\'', digits @ .., b'\''] | [b'0', b'x', digits @ ..] => (16, digits),
        [b'b' | b'B', b'\'', digits @ .., b'\''] | [b'0', b'b', digits @ ..] => (2, digits),
        _ => return None,
    };
    let per_byte = if radix == 16 { 2 } else { 8 };
    digits
        .rchunks(per_byte)
        .rev()
        .map(|chunk| u8::from_str_radix(std::str::from_utf8(chunk).ok()?, radix).ok())
        .collect()
}

/// A name without its quotes: the first byte is the quote, and a doubled quote inside is one.
pub(crate) fn unquote(bytes: &[u8]) -> Cow<'_, [u8]> {
    let [quote, inner @ .., _] = bytes else { return Cow::Borrowed(bytes) };
    if !inner.contains(quote) {
        return Cow::Borrowed(inner);
    }
    let mut value = Vec::with_capacity(inner.len());
    let mut rest = inner.iter();
    while let Some(byte) = rest.next() {
        value.push(*byte);
        if byte == quote {
            rest.next();
        }
    }
    Cow::Owned(value)
}

/// A quoted string's content.
pub(crate) fn unescape<'a>(bytes: &'a [u8], options: &ParseOptions) -> Cow<'a, [u8]> {
    let [quote, inner @ .., _] = bytes else { return Cow::Borrowed(bytes) };
    let escapes = !options.sql_mode.no_backslash_escapes;
    if !inner.iter().any(|byte| byte == quote || (escapes && *byte == b'\\')) {
        return Cow::Borrowed(inner);
    }
    let by_char = options.charset.has_ascii_trail_bytes();
    let mut value = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [byte, after @ ..] = rest {
        rest = after;
        if by_char && *byte >= 0x80 {
            let more = options.charset.char_len(&inner[inner.len() - after.len() - 1..]) - 1;
            value.push(*byte);
            let (trail, after) = after.split_at(more.min(after.len()));
            value.extend_from_slice(trail);
            rest = after;
        } else if *byte == b'\\' && escapes {
            let Some((escaped, after)) = after.split_first() else { break };
            rest = after;
            match escaped {
                b'n' => value.push(b'\n'),
                b't' => value.push(b'\t'),
                b'r' => value.push(b'\r'),
                b'b' => value.push(8),
                b'0' => value.push(0),
                b'Z' => value.push(26),
                // Kept for LIKE, which reads them itself.
                b'%' | b'_' => value.extend_from_slice(&[b'\\', *escaped]),
                other => value.push(*other),
            }
        } else {
            value.push(*byte);
            if byte == quote {
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::options::{ClientCharset, SqlMode};

    fn value(text: &str) -> Vec<u8> {
        unescape(text.as_bytes(), &ParseOptions::default()).into_owned()
    }

    #[test]
    fn escapes_and_doubled_quotes_stand_for_their_characters() {
        assert_eq!(value(r"'a\n\t\r\b\0\Z\\\'\x'"), b"a\n\t\r\x08\0\x1a\\'x");
        assert_eq!(value(r"'50\%\_'"), br"50\%\_");
        assert_eq!(value("'it''s \"x\"'"), b"it's \"x\"");
        assert_eq!(value("\"it's \"\"x\"\"\""), b"it's \"x\"");
    }

    #[test]
    fn a_backslash_is_a_character_under_no_backslash_escapes() {
        let sql_mode = SqlMode { no_backslash_escapes: true, ..Default::default() };
        let options = ParseOptions { sql_mode, ..Default::default() };
        assert_eq!(&*unescape(br"'a\n'", &options), br"a\n");
    }

    #[test]
    fn the_second_byte_of_a_character_is_no_backslash() {
        let options = ParseOptions { charset: ClientCharset::from_name("gbk"), ..Default::default() };
        assert_eq!(&*unescape(b"'\x95\\\\n'", &options), b"\x95\\\n");
    }

    #[test]
    fn hex_and_bit_literals_stand_for_bytes() {
        assert_eq!(binary_value(b"x'0aFF'"), Some(vec![10, 255]));
        assert_eq!(binary_value(b"0xabc"), Some(vec![0x0a, 0xbc]));
        assert_eq!(binary_value(b"b'100000001'"), Some(vec![1, 1]));
        assert_eq!(binary_value(b"0b11"), Some(vec![3]));
        assert_eq!(binary_value(b"12"), None);
    }
}
