//! The server's request to authenticate by another method.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html>

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::reader::Reader;
use crate::writer;

const PACKET: &str = "auth switch request";

/// `AuthSwitchRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthSwitchRequest<'a> {
    /// The method to go on with.
    pub plugin: Cow<'a, [u8]>,
    /// The method's first data; the nonce and the zero byte behind it for the methods here.
    pub data: Cow<'a, [u8]>,
}

impl<'a> AuthSwitchRequest<'a> {
    /// The first byte.
    pub const HEADER: u8 = 0xFE;

    /// Reads the payload.
    ///
    /// # Errors
    /// If the packet is malformed. The request of MySQL before 4.1 (0xFE alone) is refused.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, payload);
        let header = reader.u8("header")?;
        if header != Self::HEADER {
            return Err(reader.invalid("header", u64::from(header)));
        }
        if reader.is_empty() {
            return Err(DecodeError::Unsupported { packet: PACKET, what: "the authentication of MySQL before 4.1" });
        }
        let plugin = Cow::Borrowed(reader.nul_terminated("plugin")?);
        Ok(AuthSwitchRequest { plugin, data: Cow::Borrowed(reader.take_rest()) })
    }

    /// Appends the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::HEADER);
        writer::nul_terminated(out, &self.plugin);
        out.extend_from_slice(&self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol page's example.
    const EXAMPLE: &[u8] = b"\xfemysql_native_password\x00\x7a\x51\x67\x34\x69\x6f\x4e\x79\x79\x3d\x72\x48\x4e\x2f\
        \x3e\x2d\x62\x29\x41\x00";

    #[test]
    fn the_example_is_read_and_written_to_the_byte() {
        let request = AuthSwitchRequest::decode(EXAMPLE).unwrap();
        assert_eq!(&*request.plugin, b"mysql_native_password");
        assert_eq!(&*request.data, b"zQg4ioNyy=rHN/>-b)A\0");
        let mut out = Vec::new();
        request.encode(&mut out);
        assert_eq!(out, EXAMPLE);
    }

    #[test]
    fn the_request_of_old_servers_is_refused() {
        assert!(matches!(AuthSwitchRequest::decode(b"\xfe"), Err(DecodeError::Unsupported { .. })));
    }
}
