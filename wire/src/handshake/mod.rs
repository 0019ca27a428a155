//! The packets of the connection phase.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

mod attributes;
mod auth_more_data;
mod auth_switch;
mod greeting;
mod response;
mod ssl_request;

pub use attributes::Attributes;
pub use auth_more_data::AuthMoreData;
pub use auth_switch::AuthSwitchRequest;
pub use greeting::Greeting;
pub use response::HandshakeResponse41;
pub use ssl_request::SslRequest;
