//! The commands' first bytes.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/my__command_8h.html>

use crate::reply::Expect;

/// Defines the enum and its conversion.
macro_rules! command_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A command's code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum CommandCode {
            $($(#[$doc])* $name = $code,)*
        }

        impl CommandCode {
            /// The command with this code, if there is one.
            pub fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($code => Some(CommandCode::$name),)*
                    _ => None,
                }
            }
        }
    };
}

command_codes! {
    /// Only inside the server.
    Sleep = 0x00,
    /// The client leaves.
    Quit = 0x01,
    /// Another default database.
    InitDb = 0x02,
    /// A statement as text.
    Query = 0x03,
    /// A table's columns.
    FieldList = 0x04,
    /// Removed.
    CreateDb = 0x05,
    /// Removed.
    DropDb = 0x06,
    /// Removed.
    Refresh = 0x07,
    /// Removed.
    Shutdown = 0x08,
    /// A line of figures.
    Statistics = 0x09,
    /// Removed.
    ProcessInfo = 0x0A,
    /// Only inside the server.
    Connect = 0x0B,
    /// Ends a connection.
    ProcessKill = 0x0C,
    /// The server writes to its log.
    Debug = 0x0D,
    /// Is the server alive?
    Ping = 0x0E,
    /// Only inside the server.
    Time = 0x0F,
    /// Removed.
    DelayedInsert = 0x10,
    /// Another login.
    ChangeUser = 0x11,
    /// The binary log from a position.
    BinlogDump = 0x12,
    /// Removed.
    TableDump = 0x13,
    /// Only inside the server.
    ConnectOut = 0x14,
    /// A replica introduces itself.
    RegisterSlave = 0x15,
    /// Prepares a statement.
    StmtPrepare = 0x16,
    /// Executes a prepared statement.
    StmtExecute = 0x17,
    /// A part of a long parameter.
    StmtSendLongData = 0x18,
    /// Forgets a prepared statement.
    StmtClose = 0x19,
    /// Forgets a prepared statement's long data and cursor.
    StmtReset = 0x1A,
    /// Multi-statements on or off.
    SetOption = 0x1B,
    /// Rows of a cursor.
    StmtFetch = 0x1C,
    /// Only inside the server.
    Daemon = 0x1D,
    /// The binary log from a set of GTIDs.
    BinlogDumpGtid = 0x1E,
    /// The session as after the login.
    ResetConnection = 0x1F,
    /// A copy of the server's data.
    Clone = 0x20,
    /// Of group replication.
    SubscribeGroupReplicationStream = 0x21,
}

impl CommandCode {
    /// Which reply the command gets; none: no reply, or (COM_CHANGE_USER, binary logs) another kind of exchange.
    pub fn expects(self) -> Option<Expect> {
        match self {
            CommandCode::Query | CommandCode::StmtExecute => Some(Expect::Query),
            CommandCode::StmtPrepare => Some(Expect::Prepare),
            CommandCode::StmtFetch => Some(Expect::Rows),
            CommandCode::FieldList => Some(Expect::FieldList),
            CommandCode::Statistics => Some(Expect::Text),
            CommandCode::Quit
            | CommandCode::StmtClose
            | CommandCode::StmtSendLongData
            | CommandCode::ChangeUser
            | CommandCode::BinlogDump
            | CommandCode::BinlogDumpGtid
            | CommandCode::TableDump
            | CommandCode::Clone
            | CommandCode::SubscribeGroupReplicationStream => None,
            _ => Some(Expect::SingleOk),
        }
    }
}
