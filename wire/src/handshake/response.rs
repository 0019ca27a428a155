//! The client's answer to the greeting.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html>

use std::borrow::Cow;

use super::attributes::Attributes;
use super::ssl_request::SslRequest;
use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::reader::Reader;
use crate::writer;

const PACKET: &str = "handshake response";

/// `HandshakeResponse41`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeResponse41<'a> {
    /// The client's capabilities. They say which of the fields below are on the wire.
    pub capabilities: Capabilities,
    /// The longest packet that the client takes, in bytes.
    pub max_packet: u32,
    /// The lower eight bits of the client's collation.
    pub collation: u8,
    /// The user's name.
    pub user: Cow<'a, [u8]>,
    /// The answer to the nonce, by `plugin`'s rules.
    pub auth_data: Cow<'a, [u8]>,
    /// The default database, with CONNECT_WITH_DB. An empty name is none.
    pub database: Option<Cow<'a, [u8]>>,
    /// The authentication method of `auth_data`, with PLUGIN_AUTH.
    pub plugin: Option<Cow<'a, [u8]>>,
    /// Attributes, with CONNECT_ATTRS.
    pub attributes: Attributes<'a>,
    /// The zstd level, with ZSTD_COMPRESSION_ALGORITHM.
    pub zstd_level: Option<u8>,
}

impl<'a> HandshakeResponse41<'a> {
    /// Reads the payload.
    ///
    /// # Errors
    /// If the packet is malformed or of the protocol before MySQL 4.1.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, payload);
        let SslRequest { capabilities, max_packet, collation } = SslRequest::decode_from(&mut reader)?;
        let has = |flag| capabilities.contains(flag);
        let user = Cow::Borrowed(reader.nul_terminated("user")?);
        let auth_data = if has(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA) {
            reader.lenenc_bytes("auth data")?
        } else if has(Capabilities::SECURE_CONNECTION) {
            let len = usize::from(reader.u8("auth data")?);
            reader.bytes("auth data", len)?
        } else {
            reader.nul_terminated("auth data")?
        };
        let database = if has(Capabilities::CONNECT_WITH_DB) && !reader.is_empty() {
            Some(reader.nul_terminated_or_rest("database")?).filter(|name| !name.is_empty())
        } else {
            None
        };
        let plugin = if has(Capabilities::PLUGIN_AUTH) && !reader.is_empty() {
            Some(Cow::Borrowed(reader.nul_terminated_or_rest("plugin")?))
        } else {
            None
        };
        let attributes = if has(Capabilities::CONNECT_ATTRS) && !reader.is_empty() {
            Attributes::decode(PACKET, &mut reader)?
        } else {
            Attributes::default()
        };
        let zstd_level = if has(Capabilities::ZSTD_COMPRESSION_ALGORITHM) && !reader.is_empty() {
            Some(reader.u8("zstd level")?)
        } else {
            None
        };
        Ok(HandshakeResponse41 {
            capabilities,
            max_packet,
            collation,
            user,
            auth_data: Cow::Borrowed(auth_data),
            database: database.map(Cow::Borrowed),
            plugin,
            attributes,
            zstd_level,
        })
    }

    /// Appends the payload, with the fields that `capabilities` says. Without PLUGIN_AUTH_LENENC_CLIENT_DATA, auth
    /// data is cut off at 255 bytes, the most that form can hold.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let has = |flag| self.capabilities.contains(flag);
        let head =
            SslRequest { capabilities: self.capabilities, max_packet: self.max_packet, collation: self.collation };
        head.encode(out);
        writer::nul_terminated(out, &self.user);
        if has(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA) {
            writer::lenenc_bytes(out, &self.auth_data);
        } else if has(Capabilities::SECURE_CONNECTION) {
            let data = self.auth_data.get(..255).unwrap_or(&self.auth_data);
            out.push(data.len() as u8);
            out.extend_from_slice(data);
        } else {
            writer::nul_terminated(out, &self.auth_data);
        }
        if has(Capabilities::CONNECT_WITH_DB) {
            writer::nul_terminated(out, self.database.as_deref().unwrap_or_default());
        }
        if has(Capabilities::PLUGIN_AUTH) {
            writer::nul_terminated(out, self.plugin.as_deref().unwrap_or_default());
        }
        if has(Capabilities::CONNECT_ATTRS) {
            self.attributes.encode(out);
        }
        if has(Capabilities::ZSTD_COMPRESSION_ALGORITHM) {
            out.push(self.zstd_level.unwrap_or(3));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol page's example: MySQL 5.5.8 with PLUGIN_AUTH and CONNECT_WITH_DB.
    const EXAMPLE: &[u8] = b"\x8d\xa6\x0f\x00\x00\x00\x00\x01\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00pam\x00\x14\xab\x09\xee\xf6\xbc\xb1\x32\x3e\x61\x14\x38\x65\xc0\x99\
        \x1d\x95\x7d\x75\xd4\x47test\x00mysql_native_password\x00";

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let response = HandshakeResponse41::decode(EXAMPLE).unwrap();
        assert_eq!(&*response.user, b"pam");
        assert_eq!(response.auth_data.len(), 20);
        assert_eq!(response.database.as_deref(), Some(b"test".as_slice()));
        assert_eq!(response.plugin.as_deref(), Some(b"mysql_native_password".as_slice()));
        let mut out = Vec::new();
        response.encode(&mut out);
        assert_eq!(out, EXAMPLE);
    }

    #[test]
    fn attributes_and_long_auth_data_survive_a_round_trip() {
        let attributes = Attributes::encode_pairs([("_client_name", "libmysql"), ("program_name", "x")]);
        let response = HandshakeResponse41 {
            capabilities: Capabilities::SPOKEN | Capabilities::ZSTD_COMPRESSION_ALGORITHM,
            max_packet: 1 << 24,
            collation: 255,
            user: Cow::Borrowed(b"app"),
            auth_data: Cow::Owned(vec![7; 300]),
            database: Some(Cow::Borrowed(b"customer@replica")),
            plugin: Some(Cow::Borrowed(b"caching_sha2_password")),
            attributes: Attributes::from_encoded(&attributes).unwrap(),
            zstd_level: Some(9),
        };
        let mut out = Vec::new();
        response.encode(&mut out);
        let decoded = HandshakeResponse41::decode(&out).unwrap();
        assert_eq!(decoded, response);
        let pairs: Vec<_> = decoded.attributes.iter().collect();
        assert_eq!(pairs, [(b"_client_name".as_slice(), b"libmysql".as_slice()), (b"program_name", b"x")]);
    }
}
