//! Writes the commands that a client of ours sends.

use super::code::CommandCode;
use crate::flags::Capabilities;

/// Appends commands' payloads, as a connection of the given capabilities takes them.
#[derive(Debug, Clone, Copy)]
pub struct CommandWriter {
    capabilities: Capabilities,
}

impl CommandWriter {
    /// A writer for a connection of these capabilities.
    pub fn new(capabilities: Capabilities) -> Self {
        CommandWriter { capabilities }
    }

    /// COM_QUERY without attributes.
    pub fn query(self, out: &mut Vec<u8>, text: &[u8]) {
        self.query_parts(out, &[text]);
    }

    /// COM_QUERY without attributes, of a text that lies in pieces.
    pub fn query_parts(self, out: &mut Vec<u8>, parts: &[&[u8]]) {
        out.push(CommandCode::Query as u8);
        if self.capabilities.contains(Capabilities::QUERY_ATTRIBUTES) {
            out.extend_from_slice(&[0, 1]);
        }
        for part in parts {
            out.extend_from_slice(part);
        }
    }

    /// COM_INIT_DB.
    pub fn init_db(self, out: &mut Vec<u8>, database: &[u8]) {
        out.push(CommandCode::InitDb as u8);
        out.extend_from_slice(database);
    }

    /// COM_FIELD_LIST.
    pub fn field_list(self, out: &mut Vec<u8>, table: &[u8], wildcard: &[u8]) {
        out.push(CommandCode::FieldList as u8);
        crate::writer::nul_terminated(out, table);
        out.extend_from_slice(wildcard);
    }

    /// COM_PROCESS_KILL.
    pub fn process_kill(self, out: &mut Vec<u8>, connection_id: u32) {
        out.push(CommandCode::ProcessKill as u8);
        out.extend_from_slice(&connection_id.to_le_bytes());
    }

    /// COM_SET_OPTION.
    pub fn set_option(self, out: &mut Vec<u8>, multi_statements: bool) {
        out.push(CommandCode::SetOption as u8);
        out.extend_from_slice(&u16::from(!multi_statements).to_le_bytes());
    }

    /// A command without arguments: COM_QUIT, COM_PING, COM_RESET_CONNECTION, COM_STATISTICS, COM_DEBUG.
    pub fn bare(self, out: &mut Vec<u8>, code: CommandCode) {
        out.push(code as u8);
    }

    /// COM_STMT_PREPARE.
    pub fn stmt_prepare(self, out: &mut Vec<u8>, text: &[u8]) {
        out.push(CommandCode::StmtPrepare as u8);
        out.extend_from_slice(text);
    }

    /// COM_STMT_CLOSE or COM_STMT_RESET.
    pub fn stmt(self, out: &mut Vec<u8>, code: CommandCode, statement_id: u32) {
        out.push(code as u8);
        out.extend_from_slice(&statement_id.to_le_bytes());
    }

    /// COM_STMT_SEND_LONG_DATA.
    pub fn stmt_send_long_data(self, out: &mut Vec<u8>, statement_id: u32, param: u16, data: &[u8]) {
        out.push(CommandCode::StmtSendLongData as u8);
        out.extend_from_slice(&statement_id.to_le_bytes());
        out.extend_from_slice(&param.to_le_bytes());
        out.extend_from_slice(data);
    }

    /// COM_STMT_FETCH.
    pub fn stmt_fetch(self, out: &mut Vec<u8>, statement_id: u32, rows: u32) {
        out.push(CommandCode::StmtFetch as u8);
        out.extend_from_slice(&statement_id.to_le_bytes());
        out.extend_from_slice(&rows.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, Query};
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for capabilities in [Capabilities::EMPTY, Capabilities::QUERY_ATTRIBUTES] {
            let writer = CommandWriter::new(capabilities);
            let check = |write: &dyn Fn(&mut Vec<u8>), command: Command<'_>| {
                let mut out = Vec::new();
                write(&mut out);
                assert_eq!(Command::decode(&out, capabilities), Ok(command));
            };
            let prefix: &[u8] = if capabilities == Capabilities::EMPTY { b"" } else { b"\x00\x01" };
            let query = Query { attribute_count: 0, prefix, text: b"SELECT 1" };
            check(&|out| writer.query_parts(out, &[b"SELECT ", b"1"]), Command::Query(query));
            check(&|out| writer.init_db(out, b"shop"), Command::InitDb { database: b"shop" });
            let field_list = Command::FieldList { table: b"t", wildcard: b"a%" };
            check(&|out| writer.field_list(out, b"t", b"a%"), field_list);
            check(&|out| writer.process_kill(out, 9), Command::ProcessKill { connection_id: 9 });
            check(&|out| writer.set_option(out, true), Command::SetOption { multi_statements: true });
            check(&|out| writer.set_option(out, false), Command::SetOption { multi_statements: false });
            check(&|out| writer.bare(out, CommandCode::Ping), Command::Ping);
            check(&|out| writer.stmt_prepare(out, b"DO ?"), Command::StmtPrepare { text: b"DO ?" });
            let close = Command::StmtClose { statement_id: 3 };
            check(&|out| writer.stmt(out, CommandCode::StmtClose, 3), close);
            let long_data = Command::StmtSendLongData { statement_id: 3, param: 1, data: b"xy" };
            check(&|out| writer.stmt_send_long_data(out, 3, 1, b"xy"), long_data);
            check(&|out| writer.stmt_fetch(out, 3, 10), Command::StmtFetch { statement_id: 3, rows: 10 });
        }
    }
}
