//! The typed value of a parameter.

use super::temporal::{Date, DateTime, Time};
use crate::error::DecodeError;
use crate::flags::ColumnType;
use crate::reader::Reader;

/// A parameter's value, or a binary row's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// An integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A FLOAT.
    Float(f32),
    /// A DOUBLE.
    Double(f64),
    /// A DECIMAL, as text.
    Decimal(&'a [u8]),
    /// Text in the character set of the connection (of the column, in a row).
    Text(&'a [u8]),
    /// Bytes.
    Binary(&'a [u8]),
    /// A date.
    Date(Date),
    /// A date and time of day.
    DateTime(DateTime),
    /// A span of time.
    Time(Time),
}

impl<'a> Param<'a> {
    /// Types the bytes of a value, without a length in front.
    pub(crate) fn new(column_type: ColumnType, unsigned: bool, bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("value", bytes);
        let int = |signed: i64, value: u64| if unsigned { Param::UInt(value) } else { Param::Int(signed) };
        let invalid = |field| DecodeError::Invalid { packet: "value", field, value: bytes.len() as u64 };
        Ok(match column_type {
            ColumnType::Null => Param::Null,
            ColumnType::Tiny | ColumnType::Bool => {
                let value = reader.u8("integer")?;
                int(i64::from(value as i8), u64::from(value))
            }
            ColumnType::Short | ColumnType::Year => {
                let value = reader.u16("integer")?;
                int(i64::from(value as i16), u64::from(value))
            }
            ColumnType::Long | ColumnType::Int24 => {
                let value = reader.u32("integer")?;
                int(i64::from(value as i32), u64::from(value))
            }
            ColumnType::LongLong => {
                let value = reader.u64("integer")?;
                int(value as i64, value)
            }
            ColumnType::Float => Param::Float(f32::from_bits(reader.u32("float")?)),
            ColumnType::Double => Param::Double(f64::from_bits(reader.u64("double")?)),
            ColumnType::Date | ColumnType::NewDate => {
                Param::Date(Date::from_binary(bytes).ok_or_else(|| invalid("date's length"))?)
            }
            ColumnType::DateTime | ColumnType::Timestamp | ColumnType::DateTime2 | ColumnType::Timestamp2 => {
                Param::DateTime(DateTime::from_binary(bytes).ok_or_else(|| invalid("datetime's length"))?)
            }
            ColumnType::Time | ColumnType::Time2 => {
                Param::Time(Time::from_binary(bytes).ok_or_else(|| invalid("time's length"))?)
            }
            ColumnType::Decimal | ColumnType::NewDecimal => Param::Decimal(bytes),
            ColumnType::VarChar
            | ColumnType::VarString
            | ColumnType::String
            | ColumnType::Enum
            | ColumnType::Set
            | ColumnType::Json => Param::Text(bytes),
            ColumnType::Bit
            | ColumnType::Vector
            | ColumnType::TinyBlob
            | ColumnType::MediumBlob
            | ColumnType::LongBlob
            | ColumnType::Blob
            | ColumnType::Geometry => Param::Binary(bytes),
            ColumnType::TypedArray | ColumnType::Invalid => return Err(invalid("type")),
        })
    }
}
