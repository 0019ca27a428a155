//! Commands: what a client asks for behind the handshake.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

mod change_user;
mod code;
mod decode;
mod encode;
mod query;

pub use change_user::ChangeUser;
pub use code::CommandCode;
pub use decode::{Command, CommandError};
pub use encode::CommandWriter;
pub use query::Query;
