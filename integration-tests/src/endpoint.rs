//! Something that speaks MySQL's protocol: a server or the proxy.

use mysql_async::{Conn, Opts, OptsBuilder};

use crate::error::HarnessError;

/// Where and as whom a client logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
    /// The default database; empty: none.
    pub database: String,
}

impl Endpoint {
    /// On 127.0.0.1.
    pub fn local(port: u16, user: &str, password: &str, database: &str) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port,
            user: user.to_owned(),
            password: password.to_owned(),
            database: database.to_owned(),
        }
    }

    /// The same with another default database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// For mysql_async: over TCP, and without a question of its own at the start.
    pub fn opts(&self) -> OptsBuilder {
        OptsBuilder::default()
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .user(Some(self.user.clone()))
            .pass(Some(self.password.clone()))
            .db_name(Some(self.database.clone()).filter(|database| !database.is_empty()))
            .prefer_socket(false)
            .max_allowed_packet(Some(64 << 20))
            .wait_timeout(Some(28_800))
    }

    /// Logs in.
    ///
    /// # Errors
    /// What the server or the operating system says.
    pub async fn connect(&self) -> Result<Conn, HarnessError> {
        let what = format!("logging in to {}:{} as {}", self.host, self.port, self.user);
        Conn::new(Opts::from(self.opts())).await.map_err(HarnessError::mysql(what))
    }
}
