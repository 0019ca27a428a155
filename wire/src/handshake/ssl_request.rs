//! The client's wish to go on over TLS: the head of its handshake response, alone.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html>

use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::reader::Reader;

/// `SSLRequest`. The TLS handshake follows at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SslRequest {
    /// The client's capabilities.
    pub capabilities: Capabilities,
    /// The longest packet that the client takes, in bytes.
    pub max_packet: u32,
    /// The lower eight bits of the client's collation.
    pub collation: u8,
}

impl SslRequest {
    /// The length of the payload.
    pub const LEN: usize = 32;

    /// Whether the payload of a client's first packet is an SSL request rather than a handshake response.
    pub fn matches(payload: &[u8]) -> bool {
        payload.len() == Self::LEN
            && Self::decode(payload).is_ok_and(|request| request.capabilities.contains(Capabilities::SSL))
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// If the packet is malformed.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_from(&mut Reader::new("SSL request", payload))
    }

    /// Reads the fields that an SSL request shares with a handshake response.
    pub(crate) fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let capabilities = Capabilities(reader.u32("capabilities")?);
        if !capabilities.contains(Capabilities::PROTOCOL_41) {
            return Err(reader.invalid("capabilities", u64::from(capabilities.0)));
        }
        let max_packet = reader.u32("max packet")?;
        let collation = reader.u8("collation")?;
        reader.bytes("reserved", 23)?;
        Ok(SslRequest { capabilities, max_packet, collation })
    }

    /// Appends the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.capabilities.0.to_le_bytes());
        out.extend_from_slice(&self.max_packet.to_le_bytes());
        out.push(self.collation);
        out.extend_from_slice(&[0; 23]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_from_a_response_and_survives_a_round_trip() {
        let request = SslRequest {
            capabilities: Capabilities::PROTOCOL_41 | Capabilities::SSL,
            max_packet: 1 << 24,
            collation: 255,
        };
        let mut out = Vec::new();
        request.encode(&mut out);
        assert_eq!(out[..9], *b"\x00\x0a\x00\x00\x00\x00\x00\x01\xff");
        assert!(SslRequest::matches(&out));
        assert_eq!(SslRequest::decode(&out), Ok(request));
        out.extend_from_slice(b"user\0");
        assert!(!SslRequest::matches(&out));
    }
}
