//! Making a connection to a shard's MySQL: socket, TLS, login.

use super::connection::{Backend, BackendError, Profile};
use super::pool::Permit;
use crate::net::Stream;
use crate::settings::Settings;
use rand::RngCore;
use shardgate_topology::Address;
use shardgate_wire::Capabilities;
use shardgate_wire::auth::{ClientAuth, ClientAuthError, ClientStep, KeySource, Link, Login, Tls};
use shardgate_wire::charset::Collation;
use shardgate_wire::frame::Seq;
use shardgate_wire::handshake::Attributes;
use std::sync::{Arc, LazyLock};
use std::time::Instant;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use zeroize::Zeroizing;

/// What every connection to a shard asks for, besides its profile.
const CAPABILITIES: Capabilities = Capabilities(
    Capabilities::LONG_PASSWORD.0
        | Capabilities::LONG_FLAG.0
        | Capabilities::LOCAL_FILES.0
        | Capabilities::PROTOCOL_41.0
        | Capabilities::TRANSACTIONS.0
        | Capabilities::SECURE_CONNECTION.0
        | Capabilities::MULTI_RESULTS.0
        | Capabilities::PS_MULTI_RESULTS.0
        | Capabilities::PLUGIN_AUTH.0
        | Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA.0
        | Capabilities::CONNECT_ATTRS.0,
);

/// The longest packet to take, in bytes: MySQL's own upper limit.
const MAX_PACKET: u32 = 1 << 30;

/// How to log in to the shards.
pub(crate) struct Credentials {
    /// The user.
    pub(crate) user: String,
    /// Its password.
    pub(crate) password: Zeroizing<String>,
    /// TLS, if it isn't disabled.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// TLS isn't optional.
    pub(crate) require_tls: bool,
}

impl std::fmt::Debug for Credentials {
    /// Keeps the password out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.user)
    }
}

/// What is set on a connection after its login.
pub(crate) fn login_settings() -> Arc<Settings> {
    static SETTINGS: LazyLock<Arc<Settings>> =
        LazyLock::new(|| Arc::new(Settings::of_collation("utf8mb4", "utf8mb4_0900_ai_ci")));
    Arc::clone(&SETTINGS)
}

/// Connect and log in, without a place in a pool.
pub(super) async fn connect_unpooled(address: &Address, credentials: &Credentials) -> Result<Backend, BackendError> {
    let profile = Profile { deprecate_eof: true, found_rows: false, ignore_space: false };
    connect(address, credentials, profile, None).await
}

/// Connect and log in.
pub(super) async fn connect(
    address: &Address,
    credentials: &Credentials,
    profile: Profile,
    permit: Permit,
) -> Result<Backend, BackendError> {
    let (stream, name, local) = match address {
        Address::Tcp { host, port } => {
            let socket = TcpStream::connect((host.as_str(), *port)).await.map_err(BackendError::io("connecting"))?;
            socket.set_nodelay(true).map_err(BackendError::io("connecting"))?;
            let local = socket.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
            let name = ServerName::try_from(host.clone())
                .map_err(|_| BackendError::Login(format!("`{host}` isn't a name that TLS can verify")))?;
            (Stream::from(socket), name, local)
        }
        Address::Unix(path) => {
            let socket = UnixStream::connect(path).await.map_err(BackendError::io("connecting"))?;
            let name = ServerName::try_from("localhost").map_err(|error| BackendError::Login(error.to_string()))?;
            (Stream::from(socket), name, true)
        }
    };
    let mut backend = Backend::new(stream, profile, Arc::from(address.to_string()), permit, Instant::now());
    let tls = match &credentials.tls {
        Some(_) if credentials.require_tls => Tls::Required,
        // Bytes that don't leave the machine need no encryption unless it is asked for.
        Some(_) if !local => Tls::Preferred,
        _ => Tls::Never,
    };
    login(&mut backend, credentials, tls, name).await?;
    Ok(backend)
}

async fn login(
    backend: &mut Backend,
    credentials: &Credentials,
    tls: Tls,
    name: ServerName<'static>,
) -> Result<(), BackendError> {
    let mut auth = ClientAuth::new(Login {
        user: credentials.user.as_bytes(),
        password: credentials.password.as_bytes(),
        database: None,
        capabilities: CAPABILITIES | backend.profile.capabilities(),
        collation: Collation::UTF8MB4_0900_AI_CI as u8,
        max_packet: MAX_PACKET,
        attributes: Attributes::default(),
        tls,
        secure: backend.stream.is_secure(),
        key: KeySource::AskServer,
    });
    let mut payload = Vec::new();
    let mut step = ClientStep::Read;
    loop {
        match step {
            ClientStep::Read => {
                backend.read_packet(&mut payload).await?;
                step = backend.with_link(|link| auth.on_packet(&payload, link)).map_err(login_error)?;
            }
            ClientStep::StartTls => {
                backend.send_queued().await?;
                let config = credentials
                    .tls
                    .clone()
                    .ok_or_else(|| BackendError::Login("TLS was asked for and isn't configured".to_owned()))?;
                backend.stream.connect_tls(config, name.clone()).await.map_err(BackendError::io("starting TLS"))?;
                step = backend.with_link(|link| auth.tls_started(link)).map_err(login_error)?;
            }
            ClientStep::Done(info) => {
                let missing =
                    (CAPABILITIES | backend.profile.capabilities()) - info.capabilities - Capabilities::CONNECT_ATTRS;
                if missing.contains(Capabilities::DEPRECATE_EOF) && backend.profile.deprecate_eof {
                    return Err(BackendError::Login(
                        "the server can't do without EOF packets (DEPRECATE_EOF), as MySQL 5.7.5 and newer can"
                            .to_owned(),
                    ));
                }
                backend.thread_id = info.connection_id;
                backend.settings = login_settings();
                return Ok(());
            }
        }
        backend.send_queued().await?;
    }
}

fn login_error(error: ClientAuthError) -> BackendError {
    match error {
        ClientAuthError::Refused(packet) => BackendError::Login(packet.to_string()),
        other => BackendError::Login(other.to_string()),
    }
}

/// Random bytes for the exchange.
pub(crate) fn random(bytes: &mut [u8]) {
    rand::rng().fill_bytes(bytes);
}

impl Backend {
    /// Run a step of the login with the connection's buffers.
    fn with_link<T>(&mut self, step: impl FnOnce(&mut Link<'_>) -> T) -> T {
        let (out, seq) = self.login_parts();
        step(&mut Link { out, seq, random: &mut random })
    }

    /// Send what the login queued, if anything.
    async fn send_queued(&mut self) -> Result<(), BackendError> {
        let (out, _): (&mut Vec<u8>, &mut Seq) = self.login_parts();
        if out.is_empty() {
            return Ok(());
        }
        self.flush().await
    }
}
