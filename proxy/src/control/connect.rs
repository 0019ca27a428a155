//! The control plane's own connections to MySQL: few, never shared with statements of clients, and each step bounded in
//! time, since the driver has no time limits of its own.

use crate::config::{Backend, TlsMode};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, OptsBuilder, Row, SslOpts, Value};
use shardgate_topology::{Address, Instance, InstanceId};
use std::time::Duration;

/// How long connecting and logging in may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a step on an instance failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    /// It took too long.
    #[error("{instance}: {step} took longer than {} s", .limit.as_secs_f32())]
    Timeout {
        /// Where.
        instance: InstanceId,
        /// Doing what.
        step: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The server refused it, or the connection broke.
    #[error("{instance}: {step} failed: {source}")]
    Mysql {
        /// Where.
        instance: InstanceId,
        /// Doing what.
        step: &'static str,
        /// Why.
        source: mysql_async::Error,
    },
    /// The server answered with something that can't be.
    #[error("{instance}: {step}: {what}")]
    Answer {
        /// Where.
        instance: InstanceId,
        /// Doing what.
        step: &'static str,
        /// What is odd about the answer.
        what: String,
    },
}

impl ControlError {
    /// The server's errno, if the server refused the step.
    pub(crate) fn errno(&self) -> Option<u16> {
        match self {
            ControlError::Mysql { source: mysql_async::Error::Server(error), .. } => Some(error.code),
            _ => None,
        }
    }
}

/// A connection of the control plane.
#[derive(Debug)]
pub(crate) struct ControlConnection {
    conn: Conn,
    instance: InstanceId,
}

impl ControlConnection {
    /// Connect and log in.
    ///
    /// # Errors
    /// If that fails or takes longer than [`CONNECT_TIMEOUT`].
    pub(crate) async fn open(backend: &Backend, instance: &Instance) -> Result<Self, ControlError> {
        let connected = match log_in(options(backend, instance, true), &instance.id).await {
            Err(error) if backend.tls.mode == TlsMode::Preferred && is_without_tls(&error) => {
                log_in(options(backend, instance, false), &instance.id).await
            }
            connected => connected,
        };
        let conn = connected.map_err(|error| explain_name(backend, error))?;
        Ok(ControlConnection { conn, instance: instance.id.clone() })
    }

    /// The server.
    pub(crate) fn instance(&self) -> &InstanceId {
        &self.instance
    }

    /// Run a statement and read all its rows. After an error, also of time, the connection is of no more use.
    ///
    /// # Errors
    /// If the server refuses it, the connection breaks, or it takes longer than `limit`.
    pub(crate) async fn rows(
        &mut self,
        step: &'static str,
        sql: &str,
        limit: Duration,
    ) -> Result<Vec<Row>, ControlError> {
        let ControlConnection { conn, instance } = self;
        bounded(instance, step, limit, conn.query::<Row, _>(sql)).await
    }

    /// Run a statement without rows; the number of rows that it affected. After an error the connection is of no use.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub(crate) async fn run(&mut self, step: &'static str, sql: &str, limit: Duration) -> Result<u64, ControlError> {
        let ControlConnection { conn, instance } = self;
        bounded(instance, step, limit, conn.query_drop(sql)).await?;
        Ok(conn.affected_rows())
    }

    /// Say goodbye. The connection is gone afterwards, also if the server doesn't answer.
    pub(crate) async fn close(self) {
        let ControlConnection { conn, instance } = self;
        if let Err(error) =
            bounded(&instance, "closing the connection", Duration::from_secs(1), conn.disconnect()).await
        {
            tracing::debug!(%error, "a connection of the control plane ended without a goodbye");
        }
    }

    /// An error for an answer that can't be.
    pub(crate) fn odd(&self, step: &'static str, what: impl Into<String>) -> ControlError {
        ControlError::Answer { instance: self.instance.clone(), step, what: what.into() }
    }
}

async fn bounded<T>(
    instance: &InstanceId,
    step: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, mysql_async::Error>>,
) -> Result<T, ControlError> {
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(source)) => Err(ControlError::Mysql { instance: instance.clone(), step, source }),
        Err(_) => Err(ControlError::Timeout { instance: instance.clone(), step, limit }),
    }
}

async fn log_in(options: OptsBuilder, instance: &InstanceId) -> Result<Conn, ControlError> {
    bounded(instance, "connecting", CONNECT_TIMEOUT, Conn::new(options)).await
}

fn is_without_tls(error: &ControlError) -> bool {
    matches!(
        error,
        ControlError::Mysql { source: mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer), .. }
    )
}

/// The driver means to leave out the host's name with `verify_ca`, but doesn't recognise rustls's error for it, so it
/// checks the name as well. That is stricter than asked for, never laxer; the message says what helps.
fn explain_name(backend: &Backend, error: ControlError) -> ControlError {
    match error {
        ControlError::Mysql { instance, step, source }
            if backend.tls.mode == TlsMode::VerifyCa && source.to_string().contains("not valid for") =>
        {
            let what = format!(
                "{source}. With `tls: {{mode: verify_ca}}` the schema reader checks the host's name too: give the server \
                 a certificate that names its address, or use `mode: required`"
            );
            ControlError::Answer { instance, step, what }
        }
        error => error,
    }
}

fn options(backend: &Backend, instance: &Instance, with_tls: bool) -> OptsBuilder {
    let options = OptsBuilder::default()
        .user(Some(&*backend.user))
        .pass(Some(backend.password.expose()))
        .prefer_socket(false)
        .stmt_cache_size(0);
    match &instance.address {
        // What doesn't leave the machine isn't encrypted.
        Address::Unix(path) => options.socket(Some(path.display().to_string())),
        Address::Tcp { host, port } => {
            let tls = if with_tls { tls_options(backend) } else { None };
            options.ip_or_hostname(host.as_str()).tcp_port(*port).ssl_opts(tls)
        }
    }
}

fn tls_options(backend: &Backend) -> Option<SslOpts> {
    // The built-in roots stay where no certificate is looked at, only because rustls makes no client without a root.
    let unverified =
        || SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true);
    let verified = || {
        let roots = backend.tls.ca.iter().map(|ca| ca.clone().into()).collect();
        SslOpts::default().with_disable_built_in_roots(true).with_root_certs(roots)
    };
    match backend.tls.mode {
        TlsMode::Disabled => None,
        TlsMode::Preferred | TlsMode::Required => Some(unverified()),
        TlsMode::VerifyCa => Some(verified().with_danger_skip_domain_validation(true)),
        TlsMode::VerifyIdentity => Some(verified()),
    }
}

/// A field of a row of the text protocol; `None` is NULL, and a column that the row doesn't have.
pub(crate) fn text(row: &Row, column: usize) -> Option<String> {
    match row.as_ref(column)? {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    }
}

/// A field that is a number.
pub(crate) fn number<T: std::str::FromStr>(row: &Row, column: usize) -> Option<T> {
    text(row, column)?.parse().ok()
}

/// A string literal that holds whatever the text holds, under any sql_mode.
pub(crate) fn literal(text: &str) -> String {
    use std::fmt::Write as _;
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut sql = String::with_capacity(11 + 2 * text.len());
    sql.push_str("_utf8mb4 0x");
    for byte in text.bytes() {
        // Writing to a String can't fail.
        let _ = write!(sql, "{byte:02x}");
    }
    sql
}

/// An identifier in backticks.
pub(crate) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BackendTls;
    use crate::control::test_server::TestServer;
    use std::path::PathBuf;

    const LIMIT: Duration = Duration::from_secs(5);

    async fn ask(backend: &Backend, instance: &Instance, sql: &str) -> Result<Vec<Option<String>>, ControlError> {
        let mut connection = ControlConnection::open(backend, instance).await?;
        let rows = connection.rows("a test", sql, LIMIT).await?;
        connection.close().await;
        Ok(rows.first().map(|row| (0..row.len()).map(|column| text(row, column)).collect()).unwrap_or_default())
    }

    #[tokio::test]
    async fn each_tls_mode_encrypts_what_it_says() {
        let Some(server) = TestServer::from_environment() else { return };
        let instance = server.instance();
        let cipher = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
        let of = |mode, ca| Backend { tls: BackendTls { mode, ca }, ..server.backend() };
        for (mode, encrypted) in [(TlsMode::Disabled, false), (TlsMode::Preferred, true), (TlsMode::Required, true)] {
            let row = ask(&of(mode, None), &instance, cipher).await.unwrap();
            assert_eq!(row[1].as_deref() != Some(""), encrypted, "{mode:?}");
        }
        let row = ask(&server.backend(), &instance, "SELECT @@datadir, @@ssl_ca").await.unwrap();
        let ca = row[0].as_deref().map(|folder| PathBuf::from(folder).join(row[1].as_deref().unwrap_or_default()));
        if ca.as_ref().is_some_and(|ca| ca.is_file()) {
            // The certificate that MySQL makes for itself names no host.
            let error = ask(&of(TlsMode::VerifyCa, ca.clone()), &instance, cipher).await.unwrap_err();
            assert!(error.to_string().contains("a certificate that names its address"), "{error}");
            let error = ask(&of(TlsMode::VerifyIdentity, ca), &instance, cipher).await.unwrap_err();
            assert!(error.to_string().contains("connecting failed"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_is_reached_by_its_unix_socket() {
        let Some(server) = TestServer::from_environment() else { return };
        let socket = ask(&server.backend(), &server.instance(), "SELECT @@socket").await.unwrap();
        let instance = Instance::new(Address::Unix(socket[0].as_deref().unwrap().into()));
        let row = ask(&server.backend(), &instance, "SELECT USER()").await.unwrap();
        assert_eq!(row[0].as_deref(), Some("root@localhost"));
    }

    #[tokio::test]
    async fn a_statement_that_takes_too_long_is_given_up() {
        let Some(server) = TestServer::from_environment() else { return };
        let mut connection = ControlConnection::open(&server.backend(), &server.instance()).await.unwrap();
        let error = connection.run("sleeping", "DO SLEEP(60)", Duration::from_millis(50)).await.unwrap_err();
        assert!(error.to_string().contains("sleeping took longer than 0.05 s"), "{error}");
    }

    #[test]
    fn names_are_quoted_whatever_they_hold() {
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(literal("a'\\"), "_utf8mb4 0x61275c");
        assert_eq!(literal(""), "''");
    }
}
