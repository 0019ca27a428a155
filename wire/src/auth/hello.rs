//! What a client said about itself at login.

use crate::command::ChangeUser;
use crate::flags::Capabilities;
use crate::handshake::{Attributes, HandshakeResponse41};

/// A client's handshake response or COM_CHANGE_USER, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The client's capabilities; what holds is their intersection with the server's.
    pub capabilities: Capabilities,
    /// The longest packet that the client takes, in bytes; 0 if it didn't say.
    pub max_packet: u32,
    /// The client's collation; only its lower eight bits in a handshake response.
    pub collation: u16,
    /// The user's name.
    pub user: Vec<u8>,
    /// The default database.
    pub database: Option<Vec<u8>>,
    /// The authentication method that the client proposes.
    pub plugin: Option<Vec<u8>>,
    /// The encoded attributes, see [`Hello::attributes`].
    attributes: Vec<u8>,
    pub(super) auth_data: Vec<u8>,
}

impl Hello {
    pub(super) fn of_response(response: &HandshakeResponse41<'_>) -> Self {
        Hello {
            capabilities: response.capabilities,
            max_packet: response.max_packet,
            collation: u16::from(response.collation),
            user: response.user.to_vec(),
            database: response.database.as_deref().map(<[u8]>::to_vec),
            plugin: response.plugin.as_deref().map(<[u8]>::to_vec),
            attributes: response.attributes.encoded().to_vec(),
            auth_data: response.auth_data.to_vec(),
        }
    }

    pub(super) fn of_change_user(command: &ChangeUser<'_>, capabilities: Capabilities) -> Self {
        Hello {
            capabilities,
            max_packet: 0,
            collation: command.collation.unwrap_or_default(),
            user: command.user.to_vec(),
            database: command.database.map(<[u8]>::to_vec),
            plugin: command.plugin.map(<[u8]>::to_vec),
            attributes: command.attributes.encoded().to_vec(),
            auth_data: command.auth_data.to_vec(),
        }
    }

    /// The client's attributes, such as `program_name`.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::from_encoded(&self.attributes).unwrap_or_default()
    }
}
