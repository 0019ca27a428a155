//! COM_CHANGE_USER: another login on the same connection.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html>

use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::handshake::Attributes;
use crate::reader::Reader;
use crate::writer;

const PACKET: &str = "COM_CHANGE_USER";

/// The command's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeUser<'a> {
    /// The user's name.
    pub user: &'a [u8],
    /// The answer to the nonce; many clients leave it empty and wait for an auth switch request.
    pub auth_data: &'a [u8],
    /// The default database; an empty name is none.
    pub database: Option<&'a [u8]>,
    /// The collation's id.
    pub collation: Option<u16>,
    /// The authentication method of `auth_data`.
    pub plugin: Option<&'a [u8]>,
    /// Attributes, with CONNECT_ATTRS.
    pub attributes: Attributes<'a>,
}

impl<'a> ChangeUser<'a> {
    pub(super) fn decode(arguments: &'a [u8], capabilities: Capabilities) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, arguments);
        let user = reader.nul_terminated("user")?;
        let auth_data = if capabilities.contains(Capabilities::SECURE_CONNECTION) {
            let len = usize::from(reader.u8("auth data")?);
            reader.bytes("auth data", len)?
        } else {
            reader.nul_terminated("auth data")?
        };
        let database = Some(reader.nul_terminated_or_rest("database")?).filter(|name| !name.is_empty());
        let mut command =
            ChangeUser { user, auth_data, database, collation: None, plugin: None, attributes: Attributes::default() };
        if reader.rest().len() < 2 {
            return Ok(command);
        }
        command.collation = Some(reader.u16("collation")?);
        if capabilities.contains(Capabilities::PLUGIN_AUTH) && !reader.is_empty() {
            command.plugin = Some(reader.nul_terminated_or_rest("plugin")?);
        }
        if capabilities.contains(Capabilities::CONNECT_ATTRS) && !reader.is_empty() {
            command.attributes = Attributes::decode(PACKET, &mut reader)?;
        }
        Ok(command)
    }

    /// Appends the payload, with the command's byte. Auth data is cut off at 255 bytes, the most that it can have.
    pub fn encode(&self, out: &mut Vec<u8>, capabilities: Capabilities) {
        out.push(super::CommandCode::ChangeUser as u8);
        writer::nul_terminated(out, self.user);
        if capabilities.contains(Capabilities::SECURE_CONNECTION) {
            let data = self.auth_data.get(..255).unwrap_or(self.auth_data);
            out.push(data.len() as u8);
            out.extend_from_slice(data);
        } else {
            writer::nul_terminated(out, self.auth_data);
        }
        writer::nul_terminated(out, self.database.unwrap_or_default());
        let Some(collation) = self.collation else { return };
        out.extend_from_slice(&collation.to_le_bytes());
        if capabilities.contains(Capabilities::PLUGIN_AUTH) {
            writer::nul_terminated(out, self.plugin.unwrap_or_default());
        }
        if capabilities.contains(Capabilities::CONNECT_ATTRS) {
            self.attributes.encode(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_read_and_written_to_the_byte() {
        let capabilities = Capabilities::SECURE_CONNECTION | Capabilities::PLUGIN_AUTH;
        let bytes = b"\x11root\0\x00test\0\x21\x00caching_sha2_password\0";
        let command = ChangeUser::decode(&bytes[1..], capabilities).unwrap();
        assert_eq!(command.user, b"root");
        assert_eq!(command.database, Some(b"test".as_slice()));
        assert_eq!(command.collation, Some(33));
        assert_eq!(command.plugin, Some(b"caching_sha2_password".as_slice()));
        let mut out = Vec::new();
        command.encode(&mut out, capabilities);
        assert_eq!(out, bytes);
    }

    #[test]
    fn old_clients_end_behind_the_database() {
        let command = ChangeUser::decode(b"root\0\0\0", Capabilities::SECURE_CONNECTION).unwrap();
        assert_eq!((command.database, command.collation), (None, None));
    }
}
