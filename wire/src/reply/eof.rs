//! The EOF packet, which ends columns and rows without DEPRECATE_EOF.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_eof_packet.html>

use crate::error::DecodeError;
use crate::flags::StatusFlags;
use crate::reader::Reader;

/// `EOF_Packet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EofPacket {
    /// The session's status.
    pub status: StatusFlags,
    /// How many warnings SHOW WARNINGS would list.
    pub warnings: u16,
}

impl EofPacket {
    /// The first byte.
    pub const HEADER: u8 = 0xFE;

    /// The payload is shorter than this; a longer one with the same first byte is a row.
    pub const MAX_LEN: usize = 9;

    /// Reads the payload.
    ///
    /// # Errors
    /// If the packet is malformed.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("EOF", payload);
        let header = reader.u8("header")?;
        if header != Self::HEADER {
            return Err(reader.invalid("header", u64::from(header)));
        }
        let warnings = reader.u16("warnings")?;
        let status = StatusFlags(reader.u16("status")?);
        Ok(EofPacket { status, warnings })
    }

    /// Appends the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::HEADER);
        out.extend_from_slice(&self.warnings.to_le_bytes());
        out.extend_from_slice(&self.status.0.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let eof = EofPacket::decode(b"\xfe\x00\x00\x02\x00").unwrap();
        assert_eq!(eof, EofPacket { status: StatusFlags::AUTOCOMMIT, warnings: 0 });
        let mut out = Vec::new();
        eof.encode(&mut out);
        assert_eq!(out, b"\xfe\x00\x00\x02\x00");
    }
}
