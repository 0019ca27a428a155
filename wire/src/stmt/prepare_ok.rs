//! The first packet of the reply to COM_STMT_PREPARE.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html>

use crate::error::DecodeError;
use crate::reader::Reader;

/// `COM_STMT_PREPARE_OK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrepareOk {
    /// The statement's id.
    pub statement_id: u32,
    /// How many columns its result set has; 0 if it has none.
    pub columns: u16,
    /// How many parameters it has.
    pub params: u16,
    /// How many warnings SHOW WARNINGS would list.
    pub warnings: u16,
}

impl PrepareOk {
    /// Reads the payload.
    ///
    /// # Errors
    /// If the packet is malformed.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("prepare OK", payload);
        let header = reader.u8("header")?;
        if header != 0 {
            return Err(reader.invalid("header", u64::from(header)));
        }
        let statement_id = reader.u32("statement id")?;
        let columns = reader.u16("columns")?;
        let params = reader.u16("parameters")?;
        // Servers before MySQL 5.0 end here.
        let warnings = if reader.is_empty() {
            0
        } else {
            reader.u8("filler")?;
            reader.u16("warnings")?
        };
        Ok(PrepareOk { statement_id, columns, params, warnings })
    }

    /// Appends the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(0);
        out.extend_from_slice(&self.statement_id.to_le_bytes());
        out.extend_from_slice(&self.columns.to_le_bytes());
        out.extend_from_slice(&self.params.to_le_bytes());
        out.push(0);
        out.extend_from_slice(&self.warnings.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let bytes = b"\x00\x01\x00\x00\x00\x01\x00\x02\x00\x00\x00\x00";
        let prepared = PrepareOk::decode(bytes).unwrap();
        assert_eq!(prepared, PrepareOk { statement_id: 1, columns: 1, params: 2, warnings: 0 });
        let mut out = Vec::new();
        prepared.encode(&mut out);
        assert_eq!(out, bytes);
    }
}
