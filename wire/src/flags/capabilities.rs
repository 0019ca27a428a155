//! What client and server can do; each names its own in the handshake, and the intersection holds.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html>

bit_set! {
    /// Capability flags of a connection.
    Capabilities(u32) {
        /// Nothing today; a MySQL (not MariaDB) peer sets it.
        LONG_PASSWORD = 1;
        /// Affected rows count the rows found, not those changed.
        FOUND_ROWS = 1 << 1;
        /// Longer column flags.
        LONG_FLAG = 1 << 2;
        /// The handshake response names a database.
        CONNECT_WITH_DB = 1 << 3;
        /// `database.table.column` isn't allowed.
        NO_SCHEMA = 1 << 4;
        /// The zlib-compressed protocol.
        COMPRESS = 1 << 5;
        /// Nothing today.
        ODBC = 1 << 6;
        /// The client can send LOAD DATA LOCAL's files.
        LOCAL_FILES = 1 << 7;
        /// The parser ignores spaces before `(`.
        IGNORE_SPACE = 1 << 8;
        /// The protocol since MySQL 4.1.
        PROTOCOL_41 = 1 << 9;
        /// `interactive_timeout` instead of `wait_timeout`.
        INTERACTIVE = 1 << 10;
        /// TLS.
        SSL = 1 << 11;
        /// Nothing on the wire.
        IGNORE_SIGPIPE = 1 << 12;
        /// The server sends status flags.
        TRANSACTIONS = 1 << 13;
        /// The protocol since MySQL 4.1, by its old name.
        RESERVED = 1 << 14;
        /// Authentication data of 20 bytes.
        SECURE_CONNECTION = 1 << 15;
        /// Several statements in one COM_QUERY.
        MULTI_STATEMENTS = 1 << 16;
        /// Several results for one COM_QUERY.
        MULTI_RESULTS = 1 << 17;
        /// Several results for one COM_STMT_EXECUTE.
        PS_MULTI_RESULTS = 1 << 18;
        /// Authentication methods by name.
        PLUGIN_AUTH = 1 << 19;
        /// The client sends connection attributes.
        CONNECT_ATTRS = 1 << 20;
        /// The client's authentication data is length-encoded.
        PLUGIN_AUTH_LENENC_CLIENT_DATA = 1 << 21;
        /// The client can handle expired passwords.
        CAN_HANDLE_EXPIRED_PASSWORDS = 1 << 22;
        /// OK packets carry changes of the session's state.
        SESSION_TRACK = 1 << 23;
        /// OK packets take the place of EOF packets.
        DEPRECATE_EOF = 1 << 24;
        /// Result sets may come without column definitions.
        OPTIONAL_RESULTSET_METADATA = 1 << 25;
        /// The zstd-compressed protocol.
        ZSTD_COMPRESSION_ALGORITHM = 1 << 26;
        /// COM_QUERY and COM_STMT_EXECUTE carry attributes.
        QUERY_ATTRIBUTES = 1 << 27;
        /// More than one authentication factor.
        MULTI_FACTOR_AUTHENTICATION = 1 << 28;
        /// Reserved for more than 32 flags.
        CAPABILITY_EXTENSION = 1 << 29;
        /// The client verifies the server's certificate; not on the wire.
        SSL_VERIFY_SERVER_CERT = 1 << 30;
        /// The client keeps its options after a failed connect; not on the wire.
        REMEMBER_OPTIONS = 1 << 31;
    }
}

impl Capabilities {
    /// What this crate can speak in either role. A server offers a subset of it, and a client asks for one.
    ///
    /// Not in it: compression, optional result set metadata, several authentication factors.
    pub const SPOKEN: Capabilities = Capabilities(
        Self::LONG_PASSWORD.0
            | Self::FOUND_ROWS.0
            | Self::LONG_FLAG.0
            | Self::CONNECT_WITH_DB.0
            | Self::NO_SCHEMA.0
            | Self::ODBC.0
            | Self::LOCAL_FILES.0
            | Self::IGNORE_SPACE.0
            | Self::PROTOCOL_41.0
            | Self::INTERACTIVE.0
            | Self::SSL.0
            | Self::IGNORE_SIGPIPE.0
            | Self::TRANSACTIONS.0
            | Self::RESERVED.0
            | Self::SECURE_CONNECTION.0
            | Self::MULTI_STATEMENTS.0
            | Self::MULTI_RESULTS.0
            | Self::PS_MULTI_RESULTS.0
            | Self::PLUGIN_AUTH.0
            | Self::CONNECT_ATTRS.0
            | Self::PLUGIN_AUTH_LENENC_CLIENT_DATA.0
            | Self::CAN_HANDLE_EXPIRED_PASSWORDS.0
            | Self::SESSION_TRACK.0
            | Self::DEPRECATE_EOF.0
            | Self::QUERY_ATTRIBUTES.0,
    );

    /// Whether EOF packets are replaced by OK packets.
    #[inline]
    pub const fn deprecate_eof(self) -> bool {
        self.contains(Self::DEPRECATE_EOF)
    }

    /// Whether OK packets carry changes of the session's state.
    #[inline]
    pub const fn session_track(self) -> bool {
        self.contains(Self::SESSION_TRACK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_names_the_bits() {
        let text = format!("{:?}", Capabilities::PROTOCOL_41 | Capabilities::SSL);
        assert_eq!(text, "{PROTOCOL_41, SSL}");
    }
}
