//! The definition of a column, in front of a result set's rows.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html>

use std::borrow::Cow;

use crate::charset::Collation;
use crate::error::DecodeError;
use crate::flags::{ColumnFlags, ColumnType};
use crate::reader::Reader;
use crate::writer;

const PACKET: &str = "column definition";
/// The length of the fields behind the names.
const FIXED_LEN: u64 = 12;

/// `ColumnDefinition41`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition<'a> {
    /// The database.
    pub schema: Cow<'a, [u8]>,
    /// The table, or its alias.
    pub table: Cow<'a, [u8]>,
    /// The table.
    pub org_table: Cow<'a, [u8]>,
    /// The column, or its alias.
    pub name: Cow<'a, [u8]>,
    /// The column.
    pub org_name: Cow<'a, [u8]>,
    /// The collation's id; 63 (binary) for what isn't text.
    pub collation: u16,
    /// The longest value, in bytes of the collation's character set.
    pub length: u32,
    /// The type.
    pub column_type: ColumnType,
    /// Flags.
    pub flags: ColumnFlags,
    /// Digits behind the point; 31: as many as there are.
    pub decimals: u8,
    /// The default value as text, in replies to COM_FIELD_LIST only.
    pub default: Option<Option<Cow<'a, [u8]>>>,
}

impl<'a> ColumnDefinition<'a> {
    /// A column without a table.
    pub fn new(name: &'a [u8], column_type: ColumnType) -> Self {
        ColumnDefinition {
            schema: Cow::Borrowed(&[]),
            table: Cow::Borrowed(&[]),
            org_table: Cow::Borrowed(&[]),
            name: Cow::Borrowed(name),
            org_name: Cow::Borrowed(&[]),
            collation: Collation::BINARY,
            length: 0,
            column_type,
            flags: ColumnFlags::EMPTY,
            decimals: 0,
            default: None,
        }
    }

    /// A column of text without a table, of at most `max_chars` characters of utf8mb4.
    pub fn text(name: &'a [u8], max_chars: u32) -> Self {
        ColumnDefinition {
            collation: Collation::UTF8MB4_0900_AI_CI,
            length: max_chars.saturating_mul(4),
            decimals: 31,
            ..ColumnDefinition::new(name, ColumnType::VarString)
        }
    }

    /// A BIGINT column without a table.
    pub fn bigint(name: &'a [u8], unsigned: bool) -> Self {
        let sign = if unsigned { ColumnFlags::UNSIGNED } else { ColumnFlags::EMPTY };
        ColumnDefinition {
            length: 20 + u32::from(!unsigned),
            flags: ColumnFlags::BINARY | ColumnFlags::NUM | sign,
            ..ColumnDefinition::new(name, ColumnType::LongLong)
        }
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// If the packet is malformed.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, payload);
        reader.lenenc_bytes("catalog")?;
        let mut name = |field| reader.lenenc_bytes(field).map(Cow::Borrowed);
        let schema = name("schema")?;
        let table = name("table")?;
        let org_table = name("original table")?;
        let alias = name("name")?;
        let org_name = name("original name")?;
        let fixed = reader.lenenc("length of fixed fields")?;
        if fixed < FIXED_LEN {
            return Err(reader.invalid("length of fixed fields", fixed));
        }
        let collation = reader.u16("collation")?;
        let length = reader.u32("length")?;
        let code = reader.u8("type")?;
        let column_type = ColumnType::from_code(code).ok_or_else(|| reader.invalid("type", u64::from(code)))?;
        let flags = ColumnFlags(reader.u16("flags")?);
        let decimals = reader.u8("decimals")?;
        reader.u16("filler")?;
        let default = if reader.is_empty() {
            None
        } else {
            Some(reader.lenenc_bytes_or_null("default value")?.map(Cow::Borrowed))
        };
        Ok(ColumnDefinition {
            schema,
            table,
            org_table,
            name: alias,
            org_name,
            collation,
            length,
            column_type,
            flags,
            decimals,
            default,
        })
    }

    /// Appends the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        writer::lenenc_bytes(out, b"def");
        for name in [&self.schema, &self.table, &self.org_table, &self.name, &self.org_name] {
            writer::lenenc_bytes(out, name);
        }
        writer::lenenc(out, FIXED_LEN);
        out.extend_from_slice(&self.collation.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.push(self.column_type as u8);
        out.extend_from_slice(&self.flags.0.to_le_bytes());
        out.extend_from_slice(&[self.decimals, 0, 0]);
        if let Some(default) = &self.default {
            super::write_text_value(out, default.as_deref());
        }
    }

    /// The same, owning its names.
    pub fn into_owned(self) -> ColumnDefinition<'static> {
        let own = |name: Cow<'a, [u8]>| Cow::Owned(name.into_owned());
        ColumnDefinition {
            schema: own(self.schema),
            table: own(self.table),
            org_table: own(self.org_table),
            name: own(self.name),
            org_name: own(self.org_name),
            collation: self.collation,
            length: self.length,
            column_type: self.column_type,
            flags: self.flags,
            decimals: self.decimals,
            default: self.default.map(|default| default.map(own)),
        }
    }

    /// Whether integers are unsigned.
    pub fn is_unsigned(&self) -> bool {
        self.flags.contains(ColumnFlags::UNSIGNED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SELECT @@version_comment LIMIT 1`, as the protocol's pages show it.
    const EXAMPLE: &[u8] =
        b"\x03def\x00\x00\x00\x11@@version_comment\x00\x0c\x08\x00\x1c\x00\x00\x00\xfd\x00\x00\x1f\x00\x00";

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let column = ColumnDefinition::decode(EXAMPLE).unwrap();
        assert_eq!(&*column.name, b"@@version_comment");
        assert_eq!((column.collation, column.length, column.decimals), (8, 28, 31));
        assert_eq!(column.column_type, ColumnType::VarString);
        let mut out = Vec::new();
        column.encode(&mut out);
        assert_eq!(out, EXAMPLE);
        for end in 0..EXAMPLE.len() {
            assert!(ColumnDefinition::decode(&EXAMPLE[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn defaults_of_field_lists_survive() {
        for default in [None, Some(Cow::Borrowed(b"0".as_slice()))] {
            let column = ColumnDefinition { default: Some(default), ..ColumnDefinition::bigint(b"id", true) };
            let mut out = Vec::new();
            column.encode(&mut out);
            assert_eq!(ColumnDefinition::decode(&out), Ok(column.clone()));
            assert_eq!(column.clone().into_owned(), column);
        }
    }
}
