//! Hex digits to bytes and back.

use std::fmt;

use smallvec::{Array, SmallVec};

/// Why a text isn't a string of bytes in hex.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Two digits make a byte, so their number must be even.
    #[error("`{text}` has an odd number of hex digits: two digits make a byte (write `0{text}` or `{text}0`)")]
    OddLength {
        /// The text as given.
        text: String,
    },
    /// A character that is no hex digit.
    #[error("`{character}` in `{text}` is not a hex digit")]
    NotADigit {
        /// The text as given.
        text: String,
        /// The first character at fault.
        character: char,
    },
}

/// Decodes pairs of hex digits, in either case.
pub(crate) fn decode<A: Array<Item = u8>>(text: &str) -> Result<SmallVec<A>, HexError> {
    if let Some(character) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(HexError::NotADigit { text: text.to_owned(), character });
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(HexError::OddLength { text: text.to_owned() });
    }
    Ok(pairs.iter().map(|[high, low]| nibble(*high) << 4 | nibble(*low)).collect())
}

/// The value of an ASCII hex digit.
fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

/// Writes bytes as lower-case hex.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
