//! The OK packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html>

use std::borrow::Cow;

use super::session_change::SessionChanges;
use crate::error::DecodeError;
use crate::flags::{Capabilities, StatusFlags};
use crate::reader::Reader;
use crate::writer;

/// `OK_Packet`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OkPacket<'a> {
    /// Rows that the statement changed (or found, with FOUND_ROWS).
    pub affected_rows: u64,
    /// The first value that AUTO_INCREMENT gave to a row, or 0.
    pub insert_id: u64,
    /// The session's status behind the statement.
    pub status: StatusFlags,
    /// How many warnings SHOW WARNINGS would list.
    pub warnings: u16,
    /// Text for people.
    pub info: Cow<'a, [u8]>,
    /// Changes of the session's state in their encoded form, see [`SessionChanges`]. They are on the wire with
    /// SESSION_TRACK and if the status has SESSION_STATE_CHANGED.
    pub session_changes: Cow<'a, [u8]>,
}

impl<'a> OkPacket<'a> {
    /// The first byte of the OK that answers a command.
    pub const HEADER: u8 = 0x00;
    /// The first byte of the OK that ends a result set, with DEPRECATE_EOF.
    pub const END_HEADER: u8 = 0xFE;

    /// Reads the payload, with either header.
    ///
    /// # Errors
    /// If the packet is malformed.
    pub fn decode(payload: &'a [u8], capabilities: Capabilities) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("OK", payload);
        let header = reader.u8("header")?;
        if header != Self::HEADER && header != Self::END_HEADER {
            return Err(reader.invalid("header", u64::from(header)));
        }
        let affected_rows = reader.lenenc("affected rows")?;
        let insert_id = reader.lenenc("insert id")?;
        let status = StatusFlags(reader.u16("status")?);
        let warnings = reader.u16("warnings")?;
        let mut ok = OkPacket { affected_rows, insert_id, status, warnings, ..OkPacket::default() };
        // Documented as the rest of the packet without session tracking, but every server sends its length.
        if !reader.is_empty() {
            ok.info = Cow::Borrowed(reader.lenenc_bytes("info")?);
            if capabilities.session_track() && status.contains(StatusFlags::SESSION_STATE_CHANGED) && !reader.is_empty()
            {
                ok.session_changes = Cow::Borrowed(reader.lenenc_bytes("session changes")?);
            }
        }
        Ok(ok)
    }

    /// Appends the payload of an OK that answers a command.
    pub fn encode(&self, out: &mut Vec<u8>, capabilities: Capabilities) {
        self.encode_as(Self::HEADER, out, capabilities);
    }

    /// Appends the payload of what ends a result set: an OK with DEPRECATE_EOF, an EOF without.
    pub fn encode_end(&self, out: &mut Vec<u8>, capabilities: Capabilities) {
        if capabilities.deprecate_eof() {
            self.encode_as(Self::END_HEADER, out, capabilities);
        } else {
            super::EofPacket { status: self.status, warnings: self.warnings }.encode(out);
        }
    }

    fn encode_as(&self, header: u8, out: &mut Vec<u8>, capabilities: Capabilities) {
        let tracks = capabilities.session_track() && !self.session_changes.is_empty();
        let status = if tracks {
            self.status | StatusFlags::SESSION_STATE_CHANGED
        } else {
            self.status - StatusFlags::SESSION_STATE_CHANGED
        };
        out.push(header);
        writer::lenenc(out, self.affected_rows);
        writer::lenenc(out, self.insert_id);
        out.extend_from_slice(&status.0.to_le_bytes());
        out.extend_from_slice(&self.warnings.to_le_bytes());
        if tracks || !self.info.is_empty() {
            writer::lenenc_bytes(out, &self.info);
            if tracks {
                writer::lenenc_bytes(out, &self.session_changes);
            }
        }
    }

    /// The session's changes, decoded.
    pub fn session_changes(&self) -> SessionChanges<'_> {
        SessionChanges::new(&self.session_changes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::SessionChange;
    use super::*;

    const TRACKING: Capabilities = Capabilities(Capabilities::SESSION_TRACK.0 | Capabilities::DEPRECATE_EOF.0);

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let bytes = b"\x00\x00\x00\x02\x00\x00\x00";
        let ok = OkPacket::decode(bytes, Capabilities::EMPTY).unwrap();
        assert_eq!(ok, OkPacket { status: StatusFlags::AUTOCOMMIT, ..OkPacket::default() });
        for capabilities in [Capabilities::EMPTY, TRACKING] {
            let mut out = Vec::new();
            ok.encode(&mut out, capabilities);
            assert_eq!(out, bytes);
        }
    }

    #[test]
    fn the_text_has_its_length_in_front_with_session_tracking_and_without() {
        // What MySQL 9 answers to an INSERT of two rows.
        let bytes = b"\x00\x02\x00\x02\x00\x00\x00\x26Records: 2  Duplicates: 0  Warnings: 0";
        for capabilities in [Capabilities::EMPTY, TRACKING] {
            let ok = OkPacket::decode(bytes, capabilities).unwrap();
            assert_eq!(&*ok.info, b"Records: 2  Duplicates: 0  Warnings: 0");
            let mut out = Vec::new();
            ok.encode(&mut out, capabilities);
            assert_eq!(out, bytes);
        }
    }

    #[test]
    fn session_changes_are_read_and_written_to_the_byte() {
        let bytes = b"\x00\x00\x00\x02\x40\x00\x00\x00\x07\x01\x05\x04test";
        let ok = OkPacket::decode(bytes, TRACKING).unwrap();
        let changes: Vec<_> = ok.session_changes().collect();
        assert_eq!(changes, [Ok(SessionChange::Schema(b"test"))]);
        let mut out = Vec::new();
        ok.encode(&mut out, TRACKING);
        assert_eq!(out, bytes);
        out.clear();
        ok.encode(&mut out, Capabilities::EMPTY);
        assert_eq!(out, b"\x00\x00\x00\x02\x00\x00\x00");
    }

    #[test]
    fn the_end_of_a_result_set_is_an_ok_or_an_eof() {
        let ok = OkPacket { status: StatusFlags::AUTOCOMMIT, warnings: 1, ..OkPacket::default() };
        let mut out = Vec::new();
        ok.encode_end(&mut out, TRACKING);
        assert_eq!(out, b"\xfe\x00\x00\x02\x00\x01\x00");
        assert_eq!(OkPacket::decode(&out, TRACKING).unwrap(), ok);
        out.clear();
        ok.encode_end(&mut out, Capabilities::EMPTY);
        assert_eq!(out, b"\xfe\x01\x00\x02\x00");
    }
}
