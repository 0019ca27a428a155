//! Changes of a session's state, in OK packets.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html#sect_protocol_basic_ok_packet_sessinfo>

use crate::error::DecodeError;
use crate::reader::Reader;
use crate::writer;

const PACKET: &str = "OK";

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionChange<'a> {
    /// A system variable that `session_track_system_variables` lists has a new value.
    SystemVariable {
        /// Its name.
        name: &'a [u8],
        /// Its value as text.
        value: &'a [u8],
    },
    /// The default database is another.
    Schema(&'a [u8]),
    /// Something in the session's state changed (`session_track_state_change`): `1` or `0`.
    State(&'a [u8]),
    /// The GTIDs of the transaction (`session_track_gtids`).
    Gtids(&'a [u8]),
    /// Statements that would make the open transaction's characteristics again.
    TransactionCharacteristics(&'a [u8]),
    /// Eight characters that say what the open transaction did so far.
    TransactionState(&'a [u8]),
    /// A kind that isn't known here.
    Other {
        /// The kind's code.
        kind: u8,
        /// Its data.
        data: &'a [u8],
    },
}

impl<'a> SessionChange<'a> {
    fn decode(kind: u8, data: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, data);
        Ok(match kind {
            0 => SessionChange::SystemVariable {
                name: reader.lenenc_bytes("variable name")?,
                value: reader.lenenc_bytes("variable value")?,
            },
            1 => SessionChange::Schema(reader.lenenc_bytes("schema")?),
            2 => SessionChange::State(reader.lenenc_bytes("state change")?),
            3 => {
                reader.u8("GTID encoding")?;
                SessionChange::Gtids(reader.lenenc_bytes("GTIDs")?)
            }
            4 => SessionChange::TransactionCharacteristics(reader.lenenc_bytes("transaction characteristics")?),
            5 => SessionChange::TransactionState(reader.lenenc_bytes("transaction state")?),
            kind => SessionChange::Other { kind, data },
        })
    }

    /// Appends the change to the encoded changes of an OK packet.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut data = Vec::new();
        let kind = match *self {
            SessionChange::SystemVariable { name, value } => {
                writer::lenenc_bytes(&mut data, name);
                writer::lenenc_bytes(&mut data, value);
                0
            }
            SessionChange::Schema(text) => {
                writer::lenenc_bytes(&mut data, text);
                1
            }
            SessionChange::State(text) => {
                writer::lenenc_bytes(&mut data, text);
                2
            }
            SessionChange::Gtids(text) => {
                data.push(0);
                writer::lenenc_bytes(&mut data, text);
                3
            }
            SessionChange::TransactionCharacteristics(text) => {
                writer::lenenc_bytes(&mut data, text);
                4
            }
            SessionChange::TransactionState(text) => {
                writer::lenenc_bytes(&mut data, text);
                5
            }
            SessionChange::Other { kind, data: text } => {
                data.extend_from_slice(text);
                kind
            }
        };
        out.push(kind);
        writer::lenenc_bytes(out, &data);
    }
}

/// An iterator over encoded changes. It ends behind the first malformed one.
#[derive(Debug, Clone)]
pub struct SessionChanges<'a> {
    reader: Reader<'a>,
}

impl<'a> SessionChanges<'a> {
    /// Reads the changes of [`OkPacket::session_changes`](super::OkPacket) or [`Outcome`](super::Outcome).
    pub fn new(encoded: &'a [u8]) -> Self {
        SessionChanges { reader: Reader::new(PACKET, encoded) }
    }
}

impl<'a> Iterator for SessionChanges<'a> {
    type Item = Result<SessionChange<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let change = self.reader.u8("change kind").and_then(|kind| {
            let data = self.reader.lenenc_bytes("change data")?;
            SessionChange::decode(kind, data)
        });
        if change.is_err() {
            self.reader.take_rest();
        }
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_a_round_trip() {
        let changes = [
            SessionChange::SystemVariable { name: b"autocommit", value: b"OFF" },
            SessionChange::Schema(b"customer"),
            SessionChange::State(b"1"),
            SessionChange::Gtids(b"3e11fa47-71ca-11e1-9e33-c80aa9429562:1"),
            SessionChange::TransactionCharacteristics(b"START TRANSACTION READ ONLY;"),
            SessionChange::TransactionState(b"T___W___"),
            SessionChange::Other { kind: 9, data: b"xyz" },
        ];
        let mut out = Vec::new();
        for change in &changes {
            change.encode(&mut out);
        }
        let decoded: Result<Vec<_>, _> = SessionChanges::new(&out).collect();
        assert_eq!(decoded.unwrap(), changes);
    }

    #[test]
    fn a_malformed_change_is_an_error_and_the_last() {
        let items: Vec<_> = SessionChanges::new(b"\x01\x05abc").collect();
        assert_eq!(items.len(), 1);
        assert!(items[0].is_err());
    }
}
