//! Further data of an authentication method, from the server.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_more_data.html>

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::reader::Reader;

/// `AuthMoreData`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthMoreData<'a> {
    /// The method's data.
    pub data: Cow<'a, [u8]>,
}

impl<'a> AuthMoreData<'a> {
    /// The first byte.
    pub const HEADER: u8 = 0x01;

    /// Reads the payload.
    ///
    /// # Errors
    /// If the packet is malformed.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("auth more data", payload);
        let header = reader.u8("header")?;
        if header != Self::HEADER {
            return Err(reader.invalid("header", u64::from(header)));
        }
        Ok(AuthMoreData { data: Cow::Borrowed(reader.take_rest()) })
    }

    /// Appends the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::HEADER);
        out.extend_from_slice(&self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_fast_login_is_read_and_written() {
        let packet = AuthMoreData::decode(b"\x01\x03").unwrap();
        assert_eq!(&*packet.data, b"\x03");
        let mut out = Vec::new();
        packet.encode(&mut out);
        assert_eq!(out, b"\x01\x03");
    }
}
