//! Values as SQL literals.

use crate::fingerprint::{CharsetClass, LexMode};
use shardgate_vschema::Value;
use std::io::Write;

/// Append a value as an SQL literal that has the same value and type.
pub fn write_literal(value: &Value<'_>, mode: LexMode, out: &mut Vec<u8>) {
    // Writing to a vector can't fail.
    let _ = match value {
        Value::Null => out.write_all(b"NULL"),
        Value::Int(number) => write!(out, "{number}"),
        Value::UInt(number) => write!(out, "{number}"),
        Value::Float(number) => write!(out, "{number:e}"),
        Value::Decimal(text) => write!(out, "{text}"),
        Value::Text(text) => {
            write_string(text, mode, out);
            Ok(())
        }
        Value::Bytes(bytes) => {
            out.extend_from_slice(b"x'");
            for byte in bytes.iter() {
                let _ = write!(out, "{byte:02x}");
            }
            out.write_all(b"'")
        }
    };
}

/// Append a string literal.
pub fn write_string(text: &[u8], mode: LexMode, out: &mut Vec<u8>) {
    out.push(b'\'');
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        let width = match mode.charset {
            CharsetClass::Plain => 1,
            charset => charset.width(text.get(at..).unwrap_or_default()),
        };
        if width > 1 {
            out.extend_from_slice(text.get(at..at + width).unwrap_or_default());
        } else {
            match byte {
                b'\'' => out.extend_from_slice(b"''"),
                b'\\' if !mode.no_backslash_escapes => out.extend_from_slice(b"\\\\"),
                0 if !mode.no_backslash_escapes => out.extend_from_slice(b"\\0"),
                byte => out.push(byte),
            }
        }
        at += width;
    }
    out.push(b'\'');
}

/// A name in backquotes.
pub fn quoted(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len() + 2);
    write_identifier(name, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Append names, quoted, with commas between them.
pub fn write_identifiers(names: impl IntoIterator<Item = impl AsRef<str>>, out: &mut Vec<u8>) {
    for (index, name) in names.into_iter().enumerate() {
        out.extend_from_slice(if index > 0 { b", " } else { b"" });
        write_identifier(name.as_ref(), out);
    }
}

/// Append an identifier in backticks.
pub fn write_identifier(name: &str, out: &mut Vec<u8>) {
    out.push(b'`');
    for byte in name.bytes() {
        if byte == b'`' {
            out.push(b'`');
        }
        out.push(byte);
    }
    out.push(b'`');
}

/// A value for a message.
pub(crate) fn show(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    write_literal(value, LexMode::default(), &mut out);
    let mut text = String::from_utf8_lossy(&out).into_owned();
    if let Some((end, _)) = text.char_indices().nth(100) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}
