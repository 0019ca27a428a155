//! The server's first packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use std::borrow::Cow;

use crate::auth::Nonce;
use crate::error::DecodeError;
use crate::flags::{Capabilities, StatusFlags};
use crate::reader::Reader;
use crate::writer;

const PACKET: &str = "greeting";
/// The length of the first part of the nonce, which stands before the capabilities.
const NONCE_HEAD: usize = 8;

/// `HandshakeV10`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting<'a> {
    /// The server's version, as `SELECT VERSION()` says it.
    pub server_version: Cow<'a, [u8]>,
    /// The connection's id, which KILL takes.
    pub connection_id: u32,
    /// What the passwords are scrambled with.
    pub nonce: Nonce,
    /// What the server can do.
    pub capabilities: Capabilities,
    /// The lower eight bits of the server's default collation.
    pub collation: u8,
    /// The server's status.
    pub status: StatusFlags,
    /// The authentication method that the nonce is for. Empty if the server has no PLUGIN_AUTH.
    pub plugin: Cow<'a, [u8]>,
}

impl<'a> Greeting<'a> {
    /// Reads the payload. A server that refuses the connection sends an ERR packet (first byte 0xFF) instead, see
    /// [`ErrPacket`](crate::reply::ErrPacket).
    ///
    /// # Errors
    /// If the packet is malformed, is of another protocol version, or has a nonce of another length than 20 bytes.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, payload);
        let version = reader.u8("protocol version")?;
        if version != 10 {
            return Err(reader.invalid("protocol version", u64::from(version)));
        }
        let server_version = Cow::Borrowed(reader.nul_terminated("server version")?);
        let connection_id = reader.u32("connection id")?;
        let nonce_head = reader.array::<NONCE_HEAD>("nonce")?;
        reader.u8("filler")?;
        let capabilities_low = reader.u16("capabilities")?;
        let collation = reader.u8("collation")?;
        let status = StatusFlags(reader.u16("status")?);
        let capabilities_high = reader.u16("capabilities")?;
        let capabilities = Capabilities(u32::from(capabilities_low) | u32::from(capabilities_high) << 16);
        let nonce_len = usize::from(reader.u8("nonce length")?);
        reader.bytes("reserved", 10)?;
        if !capabilities.contains(Capabilities::SECURE_CONNECTION) {
            return Err(DecodeError::Unsupported { packet: PACKET, what: "the authentication of MySQL before 4.1" });
        }
        let tail_len = nonce_len.saturating_sub(NONCE_HEAD).max(13);
        let tail = reader.bytes("nonce", tail_len)?;
        let nonce = Nonce::from_parts(&nonce_head, tail)
            .ok_or_else(|| reader.invalid("nonce length", (NONCE_HEAD + tail_len) as u64))?;
        let plugin = if capabilities.contains(Capabilities::PLUGIN_AUTH) {
            Cow::Borrowed(reader.nul_terminated_or_rest("plugin")?)
        } else {
            Cow::Borrowed(&[][..])
        };
        Ok(Greeting { server_version, connection_id, nonce, capabilities, collation, status, plugin })
    }

    /// Appends the payload. SECURE_CONNECTION and PROTOCOL_41 are always announced: there is no other way here.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let capabilities = self.capabilities | Capabilities::SECURE_CONNECTION | Capabilities::PROTOCOL_41;
        let plugin_auth = capabilities.contains(Capabilities::PLUGIN_AUTH);
        let (head, tail) = self.nonce.as_bytes().split_at(NONCE_HEAD);
        let [low_a, low_b, high_a, high_b] = capabilities.0.to_le_bytes();
        out.push(10);
        writer::nul_terminated(out, &self.server_version);
        out.extend_from_slice(&self.connection_id.to_le_bytes());
        writer::nul_terminated(out, head);
        out.extend_from_slice(&[low_a, low_b, self.collation]);
        out.extend_from_slice(&self.status.0.to_le_bytes());
        out.extend_from_slice(&[high_a, high_b]);
        out.push(if plugin_auth { Nonce::LEN as u8 + 1 } else { 0 });
        out.extend_from_slice(&[0; 10]);
        writer::nul_terminated(out, tail);
        if plugin_auth {
            writer::nul_terminated(out, &self.plugin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol page's example, from MySQL 5.5.
    const EXAMPLE: &[u8] = b"\x0a5.5.2-m2\x00\x0b\x00\x00\x00\x64\x76\x48\x40\x49\x2d\x43\x4a\x00\xff\xf7\x08\x02\x00\
        \x0f\x80\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
        \x2a\x34\x64\x7c\x63\x5a\x77\x6b\x34\x5e\x5d\x3a\x00mysql_native_password\x00";

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let greeting = Greeting::decode(EXAMPLE).unwrap();
        assert_eq!(&*greeting.server_version, b"5.5.2-m2");
        assert_eq!(greeting.connection_id, 11);
        assert_eq!(greeting.nonce.as_bytes(), b"dvH@I-CJ*4d|cZwk4^]:");
        assert_eq!(greeting.capabilities, Capabilities(0x800f_f7ff));
        assert_eq!(greeting.collation, 8);
        assert_eq!(greeting.status, StatusFlags::AUTOCOMMIT);
        assert_eq!(&*greeting.plugin, b"mysql_native_password");
        let mut out = Vec::new();
        greeting.encode(&mut out);
        assert_eq!(out, EXAMPLE);
    }

    /// Captured from MySQL 9.7.4.
    const MYSQL_9_7: &[u8] = b"\n9.7.4-2\x00\x0c\x00\x00\x00MA\x1fj%\x07]E\x00\xff\xff\xff\x02\x00\xff\xdf\x15\
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x000\x18\\;\x16\x174\x13\x0e!\x05:\x00caching_sha2_password\x00";

    #[test]
    fn the_greeting_of_mysql_9_7_is_read_and_written_to_the_byte() {
        let greeting = Greeting::decode(MYSQL_9_7).unwrap();
        assert_eq!(&*greeting.server_version, b"9.7.4-2");
        assert_eq!((greeting.connection_id, greeting.collation), (12, 255));
        assert_eq!(greeting.capabilities, Capabilities(0xdfff_ffff));
        assert_eq!(&*greeting.plugin, b"caching_sha2_password");
        let mut out = Vec::new();
        greeting.encode(&mut out);
        assert_eq!(out, MYSQL_9_7);
    }

    #[test]
    fn every_cut_is_an_error() {
        for end in 0..EXAMPLE.len() - 22 {
            assert!(Greeting::decode(&EXAMPLE[..end]).is_err(), "cut at {end}");
        }
    }
}
