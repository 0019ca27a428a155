//! Classes of bytes.

/// What a byte can begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// An operator or punctuation that needs no look.
    Plain,
    /// Space, tab, line ends.
    Space,
    /// A letter, `_`, `$` or a byte of a multi-byte character.
    Word,
    /// A digit.
    Digit,
    /// `'`.
    Single,
    /// `"`.
    Double,
    /// `` ` ``.
    Backtick,
    /// `/`.
    Slash,
    /// `-`.
    Dash,
    /// `#`.
    Hash,
    /// `*`.
    Star,
    /// `.`.
    Dot,
    /// `@`.
    At,
    /// `?`.
    Question,
    /// `;`.
    Semicolon,
    /// A byte that isn't allowed outside quotes.
    Control,
}

const fn class(byte: u8) -> Class {
    match byte {
        b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => Class::Space,
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80..=0xff => Class::Word,
        b'0'..=b'9' => Class::Digit,
        b'\'' => Class::Single,
        b'"' => Class::Double,
        b'`' => Class::Backtick,
        b'/' => Class::Slash,
        b'-' => Class::Dash,
        b'#' => Class::Hash,
        b'*' => Class::Star,
        b'.' => Class::Dot,
        b'@' => Class::At,
        b'?' => Class::Question,
        b';' => Class::Semicolon,
        0x00..=0x1f | 0x7f => Class::Control,
        _ => Class::Plain,
    }
}

const fn classes() -> [Class; 256] {
    let mut table = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class(byte as u8);
        byte += 1;
    }
    table
}

pub(super) static CLASSES: [Class; 256] = classes();

/// Whether the byte can be part of an identifier without quotes.
#[inline]
pub(crate) fn is_identifier_byte(byte: u8) -> bool {
    matches!(CLASSES[byte as usize], Class::Word | Class::Digit)
}

#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(CLASSES[byte as usize], Class::Space)
}
