//! How the values of each type lie in parameter blocks and binary rows.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html#sect_protocol_binary_resultset_row_value>

use crate::error::DecodeError;
use crate::flags::ColumnType;
use crate::reader::Reader;

/// A value's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Nothing at all.
    Empty,
    /// So many bytes.
    Fixed(usize),
    /// A byte with the length, and so many bytes.
    Temporal,
    /// A length-encoded string.
    Lenenc,
}

impl Layout {
    /// The form of a type's values; none: the type has no place on the wire.
    pub(crate) fn of(column_type: ColumnType) -> Option<Layout> {
        Some(match column_type {
            ColumnType::Null => Layout::Empty,
            ColumnType::Tiny | ColumnType::Bool => Layout::Fixed(1),
            ColumnType::Short | ColumnType::Year => Layout::Fixed(2),
            ColumnType::Long | ColumnType::Int24 | ColumnType::Float => Layout::Fixed(4),
            ColumnType::LongLong | ColumnType::Double => Layout::Fixed(8),
            ColumnType::Date
            | ColumnType::Time
            | ColumnType::DateTime
            | ColumnType::Timestamp
            | ColumnType::NewDate
            | ColumnType::Timestamp2
            | ColumnType::DateTime2
            | ColumnType::Time2 => Layout::Temporal,
            ColumnType::Decimal
            | ColumnType::NewDecimal
            | ColumnType::VarChar
            | ColumnType::Bit
            | ColumnType::Vector
            | ColumnType::Json
            | ColumnType::Enum
            | ColumnType::Set
            | ColumnType::TinyBlob
            | ColumnType::MediumBlob
            | ColumnType::LongBlob
            | ColumnType::Blob
            | ColumnType::VarString
            | ColumnType::String
            | ColumnType::Geometry => Layout::Lenenc,
            ColumnType::TypedArray | ColumnType::Invalid => return None,
        })
    }

    /// Takes one value: its bytes without a length in front.
    pub(crate) fn take<'a>(self, reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
        match self {
            Layout::Empty => Ok(&[]),
            Layout::Fixed(len) => reader.bytes("value", len),
            Layout::Temporal => {
                let len = usize::from(reader.u8("value")?);
                reader.bytes("value", len)
            }
            Layout::Lenenc => reader.lenenc_bytes("value"),
        }
    }
}
