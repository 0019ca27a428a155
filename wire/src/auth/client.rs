//! The client's side of a login.

use std::borrow::Cow;

use thiserror::Error;

use super::link::Link;
use super::method::Method;
use super::native::native_scramble;
use super::nonce::Nonce;
use super::rsa_key::{KeyError, encrypt_password};
use super::sha256d::sha256_scramble;
use crate::error::DecodeError;
use crate::flags::{Capabilities, StatusFlags};
use crate::handshake::{Attributes, AuthMoreData, AuthSwitchRequest, Greeting, HandshakeResponse41, SslRequest};
use crate::reply::{ErrPacket, OkPacket};

/// `caching_sha2_password`: the fast exchange went well; an OK follows.
const FAST_OK: &[u8] = &[3];
/// `caching_sha2_password`: the server needs the password itself.
const FULL: &[u8] = &[4];
/// `caching_sha2_password`: asks for the server's public key.
const KEY_REQUEST: &[u8] = &[2];

/// Whether to use TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    Never,
    /// If the server offers it.
    Preferred,
    /// Always; a server that doesn't offer it is an error.
    Required,
}

/// Where the server's RSA key comes from when a full exchange has neither TLS nor a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource<'a> {
    /// The key in PEM.
    Pinned(&'a str),
    /// The server is asked. Someone who can stand between both could give a key of his own.
    AskServer,
    /// Nowhere: such an exchange is an error.
    Refuse,
}

/// What a login needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// The user's name.
    pub user: &'a [u8],
    /// The password; empty for none.
    pub password: &'a [u8],
    /// The default database.
    pub database: Option<&'a [u8]>,
    /// The capabilities to ask for. CONNECT_WITH_DB, SSL and those that a login can't do without are seen to here.
    pub capabilities: Capabilities,
    /// The collation's id, if it has eight bits.
    pub collation: u8,
    /// The longest packet to take, in bytes.
    pub max_packet: u32,
    /// Attributes to send if the server takes them.
    pub attributes: Attributes<'a>,
    /// Whether to use TLS.
    pub tls: Tls,
    /// Whether the connection is safe without TLS (a Unix socket).
    pub secure: bool,
    /// Where the server's key comes from.
    pub key: KeySource<'a>,
}

/// A login that failed. The connection must be closed.
#[derive(Debug, Error)]
pub enum ClientAuthError {
    /// The server's own error.
    #[error("the server refused the login: {0}")]
    Refused(ErrPacket<'static>),
    /// A malformed packet.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// TLS is required and wasn't offered.
    #[error("TLS is required, and the server doesn't offer it")]
    NoTls,
    /// The server can't speak the protocol since MySQL 4.1.
    #[error("the server lacks capabilities that a login needs: {0:?}")]
    Capabilities(Capabilities),
    /// The account uses a method that isn't spoken here.
    #[error(
        "the account uses the authentication method `{0}`; only caching_sha2_password and mysql_native_password are supported"
    )]
    Method(String),
    /// The password would have to go in clear or by an unknown key.
    #[error("the server needs the password itself: use TLS, a Unix socket, or give the server's RSA public key")]
    NoSecureWay,
    /// The server's key can't be used.
    #[error("the server's RSA key can't be used")]
    Key(#[from] KeyError),
    /// A packet, or a call, that doesn't fit the exchange's state.
    #[error("unexpected {what} during the login")]
    Unexpected {
        /// What came.
        what: &'static str,
    },
}

/// What the caller does next. In every case it sends what [`Link::out`] got, first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientStep {
    /// Read the server's next packet and pass it to [`ClientAuth::on_packet`].
    Read,
    /// Do the TLS handshake and call [`ClientAuth::tls_started`].
    StartTls,
    /// The login is done.
    Done(ServerInfo),
}

/// What the server said during the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Its version.
    pub version: Vec<u8>,
    /// The connection's id, which KILL takes.
    pub connection_id: u32,
    /// The capabilities that hold on the connection.
    pub capabilities: Capabilities,
    /// The lower eight bits of the server's default collation.
    pub collation: u8,
    /// The session's status.
    pub status: StatusFlags,
    /// The encoded changes of the session's state in the last OK.
    pub session_changes: Vec<u8>,
}

/// Where a login stands.
#[derive(Debug)]
enum State {
    /// The greeting is to come.
    Greeting,
    /// TLS is to be started.
    Tls {
        method: Method,
    },
    /// The answer was sent; a verdict or another request is to come.
    Answered {
        method: Method,
    },
    /// The public key is to come.
    Key,
    Done,
}

/// The client's side of one login, from the greeting to the verdict.
#[derive(Debug)]
pub struct ClientAuth<'a> {
    login: Login<'a>,
    state: State,
    nonce: Nonce,
    is_tls: bool,
    info: ServerInfo,
}

impl<'a> ClientAuth<'a> {
    /// A login whose first packet, the server's greeting, is to be read.
    pub fn new(login: Login<'a>) -> Self {
        ClientAuth {
            login,
            state: State::Greeting,
            nonce: Nonce::from_random([0; Nonce::LEN]),
            is_tls: false,
            info: ServerInfo {
                version: Vec::new(),
                connection_id: 0,
                capabilities: Capabilities::EMPTY,
                collation: 0,
                status: StatusFlags::EMPTY,
                session_changes: Vec::new(),
            },
        }
    }

    /// Takes the payload of the server's next packet.
    ///
    /// # Errors
    /// If the server refuses the login, or the login can't go on.
    pub fn on_packet(&mut self, payload: &[u8], link: &mut Link<'_>) -> Result<ClientStep, ClientAuthError> {
        if payload.first() == Some(&ErrPacket::HEADER) {
            self.state = State::Done;
            return Err(ClientAuthError::Refused(ErrPacket::decode(payload)?.into_owned()));
        }
        match (std::mem::replace(&mut self.state, State::Done), payload.first()) {
            (State::Greeting, _) => self.greeting(payload, link),
            (State::Answered { .. }, Some(&OkPacket::HEADER)) => {
                let ok = OkPacket::decode(payload, self.info.capabilities)?;
                self.info.status = ok.status;
                self.info.session_changes = ok.session_changes.into_owned();
                Ok(ClientStep::Done(self.info.clone()))
            }
            (State::Answered { .. }, Some(&AuthSwitchRequest::HEADER)) => self.switch(payload, link),
            (State::Answered { method: Method::CachingSha2 }, Some(&AuthMoreData::HEADER)) => {
                match &*AuthMoreData::decode(payload)?.data {
                    FAST_OK => {
                        self.state = State::Answered { method: Method::CachingSha2 };
                        Ok(ClientStep::Read)
                    }
                    FULL => self.full(link),
                    _ => Err(ClientAuthError::Unexpected { what: "authentication data" }),
                }
            }
            (State::Key, Some(&AuthMoreData::HEADER)) => {
                let packet = AuthMoreData::decode(payload)?;
                self.encrypted(&String::from_utf8_lossy(&packet.data), link)
            }
            _ => Err(ClientAuthError::Unexpected { what: "packet" }),
        }
    }

    /// The TLS handshake is done.
    ///
    /// # Errors
    /// If it wasn't asked for.
    pub fn tls_started(&mut self, link: &mut Link<'_>) -> Result<ClientStep, ClientAuthError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Tls { method } => {
                self.is_tls = true;
                Ok(self.respond(method, link))
            }
            _ => Err(ClientAuthError::Unexpected { what: "start of TLS" }),
        }
    }

    fn greeting(&mut self, payload: &[u8], link: &mut Link<'_>) -> Result<ClientStep, ClientAuthError> {
        const NEEDED: Capabilities =
            Capabilities(Capabilities::PROTOCOL_41.0 | Capabilities::SECURE_CONNECTION.0 | Capabilities::PLUGIN_AUTH.0);
        let greeting = Greeting::decode(payload)?;
        let mut wanted = self.login.capabilities | NEEDED | Capabilities::LONG_PASSWORD | Capabilities::CONNECT_WITH_DB;
        if self.login.database.is_none() {
            wanted = wanted - Capabilities::CONNECT_WITH_DB;
        }
        let wanted = match self.login.tls {
            Tls::Never => wanted - Capabilities::SSL,
            Tls::Preferred | Tls::Required => wanted | Capabilities::SSL,
        };
        // MariaDB doesn't announce LONG_PASSWORD (the bit means something else there), but takes it.
        let capabilities = wanted & (greeting.capabilities | Capabilities::LONG_PASSWORD) & Capabilities::SPOKEN;
        if !capabilities.contains(NEEDED) {
            return Err(ClientAuthError::Capabilities(NEEDED - capabilities));
        }
        self.nonce = greeting.nonce;
        self.info.version = greeting.server_version.to_vec();
        self.info.connection_id = greeting.connection_id;
        self.info.capabilities = capabilities;
        self.info.collation = greeting.collation;
        self.info.status = greeting.status;
        // If the server's default method isn't spoken here, the account's may be; the nonce is good for any.
        let method = Method::by_name(&greeting.plugin).unwrap_or(Method::CachingSha2);
        if capabilities.contains(Capabilities::SSL) {
            let request =
                SslRequest { capabilities, max_packet: self.login.max_packet, collation: self.login.collation };
            link.send(|out| request.encode(out));
            self.state = State::Tls { method };
            return Ok(ClientStep::StartTls);
        }
        if self.login.tls == Tls::Required {
            return Err(ClientAuthError::NoTls);
        }
        Ok(self.respond(method, link))
    }

    /// Sends the handshake response.
    fn respond(&mut self, method: Method, link: &mut Link<'_>) -> ClientStep {
        let response = HandshakeResponse41 {
            capabilities: self.info.capabilities,
            max_packet: self.login.max_packet,
            collation: self.login.collation,
            user: Cow::Borrowed(self.login.user),
            auth_data: Cow::Owned(self.answer(method)),
            database: self.login.database.map(Cow::Borrowed),
            plugin: Some(Cow::Borrowed(method.name().as_bytes())),
            attributes: self.login.attributes,
            zstd_level: None,
        };
        link.send(|out| response.encode(out));
        self.state = State::Answered { method };
        ClientStep::Read
    }

    fn answer(&self, method: Method) -> Vec<u8> {
        match method {
            Method::CachingSha2 => sha256_scramble(self.login.password, &self.nonce),
            Method::Native => native_scramble(self.login.password, &self.nonce),
        }
    }

    fn switch(&mut self, payload: &[u8], link: &mut Link<'_>) -> Result<ClientStep, ClientAuthError> {
        let request = AuthSwitchRequest::decode(payload)?;
        let method = Method::by_name(&request.plugin)
            .ok_or_else(|| ClientAuthError::Method(String::from_utf8_lossy(&request.plugin).into_owned()))?;
        self.nonce = Nonce::from_wire(&request.data).ok_or(ClientAuthError::Unexpected { what: "nonce" })?;
        let mut answer = self.answer(method);
        if answer.is_empty() && method == Method::CachingSha2 {
            // MySQL takes a zero byte for the empty password.
            answer.push(0);
        }
        link.send(|out| out.extend_from_slice(&answer));
        self.state = State::Answered { method };
        Ok(ClientStep::Read)
    }

    /// The server needs the password itself.
    fn full(&mut self, link: &mut Link<'_>) -> Result<ClientStep, ClientAuthError> {
        if self.is_tls || self.login.secure {
            link.send(|out| {
                out.extend_from_slice(self.login.password);
                out.push(0);
            });
            self.state = State::Answered { method: Method::CachingSha2 };
            return Ok(ClientStep::Read);
        }
        match self.login.key {
            KeySource::Pinned(pem) => self.encrypted(pem, link),
            KeySource::AskServer => {
                link.send(|out| out.extend_from_slice(KEY_REQUEST));
                self.state = State::Key;
                Ok(ClientStep::Read)
            }
            KeySource::Refuse => Err(ClientAuthError::NoSecureWay),
        }
    }

    fn encrypted(&mut self, pem: &str, link: &mut Link<'_>) -> Result<ClientStep, ClientAuthError> {
        let encrypted = encrypt_password(pem, self.login.password, &self.nonce, link.random)?;
        link.send(|out| out.extend_from_slice(&encrypted));
        self.state = State::Answered { method: Method::CachingSha2 };
        Ok(ClientStep::Read)
    }
}
