//! A client's login: greeting, TLS, password, default database.

use super::state::SessionState;
use crate::backend::random;
use crate::client::{Client, Input, InputError};
use crate::config::User;
use crate::error::StatementError;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::worker::Worker;
use shardgate_wire::auth::{
    Accepted, Account, CachingSha2Verifier, Denied, Hello, Link, Nonce, ServerAuth, ServerAuthError, ServerStep,
    Sha256d,
};
use shardgate_wire::charset::Collation;
use shardgate_wire::frame::Seq;
use shardgate_wire::handshake::Greeting;
use shardgate_wire::reply::OkPacket;
use shardgate_wire::{Capabilities, StatusFlags};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// What the greeting offers.
///
/// Not offered yet: compression, query attributes, session tracking.
const OFFERED: Capabilities = Capabilities(
    Capabilities::LONG_PASSWORD.0
        | Capabilities::FOUND_ROWS.0
        | Capabilities::LONG_FLAG.0
        | Capabilities::CONNECT_WITH_DB.0
        | Capabilities::NO_SCHEMA.0
        | Capabilities::ODBC.0
        | Capabilities::LOCAL_FILES.0
        | Capabilities::IGNORE_SPACE.0
        | Capabilities::PROTOCOL_41.0
        | Capabilities::INTERACTIVE.0
        | Capabilities::SSL.0
        | Capabilities::IGNORE_SIGPIPE.0
        | Capabilities::TRANSACTIONS.0
        | Capabilities::RESERVED.0
        | Capabilities::SECURE_CONNECTION.0
        | Capabilities::MULTI_STATEMENTS.0
        | Capabilities::MULTI_RESULTS.0
        | Capabilities::PS_MULTI_RESULTS.0
        | Capabilities::PLUGIN_AUTH.0
        | Capabilities::CONNECT_ATTRS.0
        | Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA.0
        | Capabilities::CAN_HANDLE_EXPIRED_PASSWORDS.0
        | Capabilities::DEPRECATE_EOF.0,
);

/// A packet of the login may be this long, in bytes.
const MAX_LOGIN_PACKET: usize = 64 << 10;

/// What full password exchanges taught: with it later logins of the same user take the fast exchange.
#[derive(Debug, Default)]
pub(crate) struct AuthCache {
    /// By user: the stored hash that it belongs to, and the fast one.
    learned: Mutex<HashMap<Arc<str>, (CachingSha2Verifier, Sha256d)>>,
}

impl AuthCache {
    fn get(&self, user: &User) -> Option<Sha256d> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let (hash, fast) = learned.get(&user.name)?;
        (user.password.as_ref() == Some(hash)).then(|| fast.clone())
    }

    fn put(&self, user: &User, fast: Sha256d) {
        if let Some(hash) = &user.password {
            let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
            learned.insert(Arc::clone(&user.name), (hash.clone(), fast));
        }
    }
}

/// A client that has logged in.
pub(crate) struct Login {
    /// The connection's id.
    pub(crate) id: u32,
    /// The session's first state.
    pub(crate) state: SessionState,
}

/// Why a client didn't get in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// The socket failed, or the client went away.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The client doesn't follow the protocol.
    #[error("{0}")]
    Protocol(String),
    /// It isn't who it says. It was told so.
    #[error("access denied for {user}@{host}")]
    Denied {
        /// As the client gave it.
        user: String,
        /// Its address.
        host: String,
    },
    /// It was refused for another reason, and told so.
    #[error("{0}")]
    Refused(StatementError),
}

impl From<InputError> for LoginError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Closed => LoginError::Io(io::Error::from(io::ErrorKind::UnexpectedEof)),
            InputError::Io(error) => LoginError::Io(error),
            InputError::Frame(error) => LoginError::Protocol(error.to_string()),
        }
    }
}

impl From<ServerAuthError> for LoginError {
    fn from(error: ServerAuthError) -> Self {
        LoginError::Protocol(error.to_string())
    }
}

/// The account of a user, as the exchange wants it.
fn account(user: &User, cache: &AuthCache) -> Account {
    Account { caching_sha2: user.password.clone(), cached: cache.get(user), native: user.native_password.clone() }
}

/// Greet a client and log it in.
pub(crate) async fn log_in(
    worker: &Worker,
    client: &mut Client,
    input: &mut Input,
    id: u32,
    host: &str,
) -> Result<Login, LoginError> {
    let snapshot = worker.snapshot();
    let mut nonce_bytes = [0; Nonce::LEN];
    random(&mut nonce_bytes);
    let nonce = Nonce::from_random(nonce_bytes);
    let greeting = Greeting {
        server_version: Cow::Borrowed(snapshot.server_version.as_bytes()),
        connection_id: id,
        nonce,
        capabilities: OFFERED,
        collation: Collation::UTF8MB4_0900_AI_CI as u8,
        status: StatusFlags::AUTOCOMMIT,
        plugin: Cow::Borrowed(b"caching_sha2_password"),
    };
    client.seq = Seq(0);
    client.packet(|out| greeting.encode(out));
    client.flush().await?;
    let secure = client.stream.is_secure();
    let auth = ServerAuth::new(nonce, OFFERED, Some(Arc::clone(&worker.shared.rsa)), secure);
    let (hello, user, login) = exchange(worker, client, input, auth, &snapshot, host).await?;
    client.capabilities = hello.capabilities & OFFERED;
    let state = first_state(&snapshot, client, &hello, user, login);
    finish(worker, client, state, &hello).await.map(|state| Login { id, state })
}

/// COM_CHANGE_USER: the same exchange without a greeting.
pub(crate) async fn change_user(
    worker: &Worker,
    client: &mut Client,
    input: &mut Input,
    command: &shardgate_wire::command::ChangeUser<'_>,
    host: &str,
) -> Result<SessionState, LoginError> {
    let snapshot = worker.snapshot();
    let nonce = Nonce::from_random([1; Nonce::LEN]);
    let secure = client.stream.is_secure();
    let key = Some(Arc::clone(&worker.shared.rsa));
    let auth = ServerAuth::change_user(command, nonce, client.capabilities, key, secure);
    let (hello, user, login) = exchange(worker, client, input, auth, &snapshot, host).await?;
    let state = first_state(&snapshot, client, &hello, user, login);
    finish(worker, client, state, &hello).await
}

/// The exchange up to the verdict.
async fn exchange(
    worker: &Worker,
    client: &mut Client,
    input: &mut Input,
    mut auth: ServerAuth,
    snapshot: &Snapshot,
    host: &str,
) -> Result<(Hello, Arc<User>, Arc<str>), LoginError> {
    let mut user: Option<Arc<User>> = None;
    let mut step = if auth.hello().is_some() { ServerStep::LookUp } else { ServerStep::Read };
    loop {
        client.flush().await?;
        step = match step {
            ServerStep::Read => {
                let mut seq = client.seq;
                input.next(&mut client.stream, &mut seq, MAX_LOGIN_PACKET).await?;
                client.seq = seq;
                let payload = input.payload();
                let mut link = Link { out: &mut client.out, seq: &mut client.seq, random: &mut random };
                auth.on_packet(payload, &mut link)?
            }
            ServerStep::StartTls => {
                // What came behind the request is the begin of TLS and nothing else: it is never read as a packet.
                let begin = input.take_rest();
                client.stream.accept_tls(worker.shared.tls.load_full(), &begin).await?;
                auth.tls_started()?;
                ServerStep::Read
            }
            ServerStep::LookUp => {
                let name = auth.hello().map(|hello| String::from_utf8_lossy(&hello.user).into_owned());
                user = name.and_then(|name| snapshot.config.users.get(name.as_str()).cloned());
                if snapshot.config.listen.tls.require && !client.stream.is_secure() {
                    return refuse_plain(client).await;
                }
                let account = user.as_ref().map(|user| account(user, &worker.shared.auth_cache));
                let mut link = Link { out: &mut client.out, seq: &mut client.seq, random: &mut random };
                auth.on_account(account, &mut link)?
            }
            ServerStep::Accepted(Accepted { learned, .. }) => {
                let (Some(hello), Some(user)) = (auth.hello(), user) else {
                    return Err(LoginError::Protocol("a login without a user".to_owned()));
                };
                if let Some(learned) = learned {
                    worker.shared.auth_cache.put(&user, learned);
                }
                let login = Arc::from(format!("{}@{host}", user.name));
                return Ok((hello.clone(), user, login));
            }
            ServerStep::Denied(denied) => {
                let name = auth.hello().map(|hello| hello.user.clone()).unwrap_or_default();
                deny(client, denied, &name, host).await?;
                return Err(LoginError::Denied {
                    user: String::from_utf8_lossy(&name).into_owned(),
                    host: host.to_owned(),
                });
            }
        };
    }
}

async fn deny(client: &mut Client, denied: Denied, user: &[u8], host: &str) -> io::Result<()> {
    let packet = denied.err_packet(user, host);
    let capabilities = client.capabilities | Capabilities::PROTOCOL_41;
    client.packet(|out| packet.encode(out, capabilities));
    client.flush().await
}

async fn refuse_plain<T>(client: &mut Client) -> Result<T, LoginError> {
    let message = "Connections using insecure transport are prohibited while listen.tls.require is on.";
    client.error(3159, "HY000", message);
    client.flush().await?;
    Err(LoginError::Protocol(message.to_owned()))
}

/// The settings that the client's collation decides.
fn settings_of(collation: u16) -> Settings {
    let known = Collation::by_id(collation).filter(|collation| collation.charset.for_clients);
    match known {
        Some(collation) => Settings::of_collation(collation.charset.name, collation.name),
        None => Settings::of_collation("utf8mb4", "utf8mb4_0900_ai_ci"),
    }
}

/// The settings of a session after its login or a reset: those of its login's collation. Sessions share them, so that a
/// backend connection that comes from another session is seen to fit at one look.
pub(super) fn initial_settings(collation: u16) -> Arc<Settings> {
    // There are some hundred collations; unknown ones all have the default's settings.
    static KNOWN: Mutex<BTreeMap<u16, Arc<Settings>>> = Mutex::new(BTreeMap::new());
    let collation = if Collation::by_id(collation).is_some() { collation } else { 0 };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry(collation).or_insert_with(|| {
        let settings = settings_of(collation);
        let login = crate::backend::login_settings();
        if settings == *login { login } else { Arc::new(settings) }
    }))
}

fn first_state(snapshot: &Snapshot, client: &Client, hello: &Hello, user: Arc<User>, login: Arc<str>) -> SessionState {
    let settings = initial_settings(hello.collation);
    let mut state = SessionState::new(user, login, settings, snapshot);
    state.collation = hello.collation;
    state.multi_statements = client.capabilities.contains(Capabilities::MULTI_STATEMENTS);
    state
}

/// Choose the default database and say OK.
async fn finish(
    worker: &Worker,
    client: &mut Client,
    mut state: SessionState,
    hello: &Hello,
) -> Result<SessionState, LoginError> {
    if let Some(database) = hello.database.as_ref().filter(|database| !database.is_empty()) {
        let name = String::from_utf8_lossy(database);
        match super::set::find_target(worker, &state, &name).await {
            Ok(target) => state.target = target,
            Err(error) => {
                client.statement_error(&error);
                return Err(LoginError::Refused(error));
            }
        }
    }
    client.ok(&OkPacket { status: StatusFlags::AUTOCOMMIT, ..OkPacket::default() });
    Ok(state)
}
