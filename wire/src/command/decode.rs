//! Tells the commands apart and reads their arguments.

use thiserror::Error;

use super::change_user::ChangeUser;
use super::code::CommandCode;
use super::query::Query;
use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::reader::Reader;

/// A command that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// The payload is empty.
    #[error("an empty command packet")]
    Empty,
    /// The arguments are malformed.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

/// A client's command, borrowed from the packet's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// COM_QUIT.
    Quit,
    /// COM_INIT_DB.
    InitDb {
        /// The new default database.
        database: &'a [u8],
    },
    /// COM_QUERY.
    Query(Query<'a>),
    /// COM_FIELD_LIST.
    FieldList {
        /// The table.
        table: &'a [u8],
        /// A LIKE pattern for the columns; empty: all.
        wildcard: &'a [u8],
    },
    /// COM_STATISTICS.
    Statistics,
    /// COM_PROCESS_KILL.
    ProcessKill {
        /// The connection's id.
        connection_id: u32,
    },
    /// COM_DEBUG.
    Debug,
    /// COM_PING.
    Ping,
    /// COM_CHANGE_USER.
    ChangeUser(ChangeUser<'a>),
    /// COM_RESET_CONNECTION.
    ResetConnection,
    /// COM_SET_OPTION.
    SetOption {
        /// Whether multi-statements are on from now on.
        multi_statements: bool,
    },
    /// COM_STMT_PREPARE.
    StmtPrepare {
        /// The statement's text.
        text: &'a [u8],
    },
    /// COM_STMT_EXECUTE. [`ExecuteParams`](crate::stmt::ExecuteParams) reads the rest.
    StmtExecute {
        /// The statement's id.
        statement_id: u32,
        /// The whole payload.
        payload: &'a [u8],
    },
    /// COM_STMT_SEND_LONG_DATA. It has no reply.
    StmtSendLongData {
        /// The statement's id.
        statement_id: u32,
        /// The parameter's number, from 0.
        param: u16,
        /// The next part of its value.
        data: &'a [u8],
    },
    /// COM_STMT_CLOSE. It has no reply.
    StmtClose {
        /// The statement's id.
        statement_id: u32,
    },
    /// COM_STMT_RESET.
    StmtReset {
        /// The statement's id.
        statement_id: u32,
    },
    /// COM_STMT_FETCH.
    StmtFetch {
        /// The statement's id.
        statement_id: u32,
        /// How many rows at most.
        rows: u32,
    },
    /// A command that is known and not read here: removed ones, those of replication, those inside the server.
    Other {
        /// Which.
        code: CommandCode,
        /// Its arguments.
        arguments: &'a [u8],
    },
    /// A byte that no command has.
    Unknown {
        /// The byte.
        code: u8,
    },
}

impl<'a> Command<'a> {
    /// Reads the payload of a command's packet on a connection of these capabilities.
    ///
    /// # Errors
    /// If it is empty, or the arguments are malformed.
    #[inline]
    pub fn decode(payload: &'a [u8], capabilities: Capabilities) -> Result<Self, CommandError> {
        let (&byte, arguments) = payload.split_first().ok_or(CommandError::Empty)?;
        let Some(code) = CommandCode::from_byte(byte) else { return Ok(Command::Unknown { code: byte }) };
        Ok(match code {
            CommandCode::Query => Command::Query(Query::decode(arguments, capabilities)?),
            CommandCode::StmtExecute => {
                let statement_id = Reader::new("COM_STMT_EXECUTE", arguments).u32("statement id")?;
                Command::StmtExecute { statement_id, payload }
            }
            CommandCode::Quit => Command::Quit,
            CommandCode::InitDb => Command::InitDb { database: arguments },
            CommandCode::FieldList => {
                let mut reader = Reader::new("COM_FIELD_LIST", arguments);
                let table = reader.nul_terminated("table")?;
                let wildcard = reader.take_rest();
                Command::FieldList { table, wildcard: wildcard.strip_suffix(&[0]).unwrap_or(wildcard) }
            }
            CommandCode::Statistics => Command::Statistics,
            CommandCode::ProcessKill => {
                let connection_id = Reader::new("COM_PROCESS_KILL", arguments).u32("connection id")?;
                Command::ProcessKill { connection_id }
            }
            CommandCode::Debug => Command::Debug,
            CommandCode::Ping => Command::Ping,
            CommandCode::ChangeUser => Command::ChangeUser(ChangeUser::decode(arguments, capabilities)?),
            CommandCode::ResetConnection => Command::ResetConnection,
            CommandCode::SetOption => {
                let mut reader = Reader::new("COM_SET_OPTION", arguments);
                match reader.u16("option")? {
                    0 => Command::SetOption { multi_statements: true },
                    1 => Command::SetOption { multi_statements: false },
                    option => return Err(reader.invalid("option", u64::from(option)).into()),
                }
            }
            CommandCode::StmtPrepare => Command::StmtPrepare { text: arguments },
            CommandCode::StmtSendLongData => {
                let mut reader = Reader::new("COM_STMT_SEND_LONG_DATA", arguments);
                let statement_id = reader.u32("statement id")?;
                let param = reader.u16("parameter")?;
                Command::StmtSendLongData { statement_id, param, data: reader.take_rest() }
            }
            CommandCode::StmtClose => {
                Command::StmtClose { statement_id: Reader::new("COM_STMT_CLOSE", arguments).u32("statement id")? }
            }
            CommandCode::StmtReset => {
                Command::StmtReset { statement_id: Reader::new("COM_STMT_RESET", arguments).u32("statement id")? }
            }
            CommandCode::StmtFetch => {
                let mut reader = Reader::new("COM_STMT_FETCH", arguments);
                let statement_id = reader.u32("statement id")?;
                Command::StmtFetch { statement_id, rows: reader.u32("rows")? }
            }
            code => Command::Other { code, arguments },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_read_from_its_bytes() {
        let wire: [(&[u8], Command<'_>); 17] = [
            (b"\x01", Command::Quit),
            (b"\x02shop", Command::InitDb { database: b"shop" }),
            (b"\x03SELECT 1", Command::Query(Query { attribute_count: 0, prefix: b"", text: b"SELECT 1" })),
            (b"\x04orders\0id%", Command::FieldList { table: b"orders", wildcard: b"id%" }),
            (b"\x09", Command::Statistics),
            (b"\x0c\x07\x00\x00\x00", Command::ProcessKill { connection_id: 7 }),
            (b"\x0d", Command::Debug),
            (b"\x0e", Command::Ping),
            (b"\x1f", Command::ResetConnection),
            (b"\x1b\x00\x00", Command::SetOption { multi_statements: true }),
            (b"\x16SELECT ?", Command::StmtPrepare { text: b"SELECT ?" }),
            (b"\x18\x01\x00\x00\x00\x02\x00abc", Command::StmtSendLongData { statement_id: 1, param: 2, data: b"abc" }),
            (b"\x19\x01\x00\x00\x00", Command::StmtClose { statement_id: 1 }),
            (b"\x1a\x01\x00\x00\x00", Command::StmtReset { statement_id: 1 }),
            (b"\x1c\x01\x00\x00\x00\x0a\x00\x00\x00", Command::StmtFetch { statement_id: 1, rows: 10 }),
            (b"\x12\x00", Command::Other { code: CommandCode::BinlogDump, arguments: b"\0" }),
            (b"\x99", Command::Unknown { code: 0x99 }),
        ];
        for (bytes, command) in wire {
            assert_eq!(Command::decode(bytes, Capabilities::EMPTY), Ok(command));
        }
    }

    #[test]
    fn malformed_arguments_are_errors() {
        for bytes in [b"".as_slice(), b"\x04orders", b"\x0c\x01", b"\x1b\x02\x00", b"\x19", b"\x18\x01\x00\x00\x00\x01"]
        {
            assert!(Command::decode(bytes, Capabilities::EMPTY).is_err(), "{bytes:?}");
        }
    }
}
