//! The ERR packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html>

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::reader::Reader;

/// `ERR_Packet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrPacket<'a> {
    /// MySQL's error number.
    pub errno: u16,
    /// The SQLSTATE. `HY000` if the packet had none.
    pub sqlstate: [u8; 5],
    /// The text.
    pub message: Cow<'a, [u8]>,
}

impl<'a> ErrPacket<'a> {
    /// The first byte.
    pub const HEADER: u8 = 0xFF;

    /// Reads the payload, with a SQLSTATE or (before the handshake's end) without.
    ///
    /// # Errors
    /// If the packet is malformed.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("ERR", payload);
        let header = reader.u8("header")?;
        if header != Self::HEADER {
            return Err(reader.invalid("header", u64::from(header)));
        }
        let errno = reader.u16("error number")?;
        let mut sqlstate = *b"HY000";
        if reader.rest().first() == Some(&b'#') {
            reader.u8("SQLSTATE marker")?;
            sqlstate = reader.array("SQLSTATE")?;
        }
        Ok(ErrPacket { errno, sqlstate, message: Cow::Borrowed(reader.take_rest()) })
    }

    /// Appends the payload. The SQLSTATE is on the wire with PROTOCOL_41 only: an error in place of the greeting has
    /// none (no capabilities yet).
    pub fn encode(&self, out: &mut Vec<u8>, capabilities: Capabilities) {
        out.push(Self::HEADER);
        out.extend_from_slice(&self.errno.to_le_bytes());
        if capabilities.contains(Capabilities::PROTOCOL_41) {
            out.push(b'#');
            out.extend_from_slice(&self.sqlstate);
        }
        out.extend_from_slice(&self.message);
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> ErrPacket<'static> {
        ErrPacket { errno: self.errno, sqlstate: self.sqlstate, message: Cow::Owned(self.message.into_owned()) }
    }
}

impl std::fmt::Display for ErrPacket<'_> {
    /// As the `mysql` client prints an error.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sqlstate = String::from_utf8_lossy(&self.sqlstate);
        write!(f, "ERROR {} ({sqlstate}): {}", self.errno, String::from_utf8_lossy(&self.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol page's example.
    const EXAMPLE: &[u8] = b"\xff\x48\x04\x23\x48\x59\x30\x30\x30\x4e\x6f\x20\x74\x61\x62\x6c\x65\x73\x20\x75\x73\x65\
        \x64";

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let err = ErrPacket::decode(EXAMPLE).unwrap();
        assert_eq!(err.to_string(), "ERROR 1096 (HY000): No tables used");
        let mut out = Vec::new();
        err.encode(&mut out, Capabilities::PROTOCOL_41);
        assert_eq!(out, EXAMPLE);
    }

    #[test]
    fn an_error_in_place_of_the_greeting_has_no_sqlstate() {
        let err = ErrPacket::decode(b"\xff\x10\x04Too many connections").unwrap();
        assert_eq!((err.errno, &err.sqlstate), (1040, b"HY000"));
        let mut out = Vec::new();
        err.encode(&mut out, Capabilities::EMPTY);
        assert_eq!(out, b"\xff\x10\x04Too many connections");
    }
}
