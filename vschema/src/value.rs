//! Values of a shard key, as a statement or a row gives them.

use std::borrow::Cow;

/// A value that a vindex maps, with the type it has in the statement.
///
/// Vitess's vindexes look at the text form of most values, so the type matters only where Vitess tells them apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating-point number.
    Float(f64),
    /// A decimal in its text form, such as `12.50`.
    Decimal(Cow<'a, str>),
    /// Characters, in the bytes of the connection's character set (UTF-8 for the `unicode_loose` vindexes).
    Text(Cow<'a, [u8]>),
    /// A binary string.
    Bytes(Cow<'a, [u8]>),
}

impl<'a> Value<'a> {
    /// A text value that borrows.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text.as_bytes()))
    }

    /// A binary string that borrows.
    #[must_use]
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }

    /// The same value, owning its bytes.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(number),
            Self::UInt(number) => Value::UInt(number),
            Self::Float(number) => Value::Float(number),
            Self::Decimal(text) => Value::Decimal(Cow::Owned(text.into_owned())),
            Self::Text(bytes) => Value::Text(Cow::Owned(bytes.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }
}
