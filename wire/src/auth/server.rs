//! The server's side of a login.

use std::borrow::Cow;
use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use super::account::{Account, CachingSha2Verifier};
use super::hello::Hello;
use super::link::Link;
use super::method::Method;
use super::native::NativeHash;
use super::nonce::Nonce;
use super::rsa_key::ServerKey;
use super::sha256d::Sha256d;
use crate::command::ChangeUser;
use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::handshake::{AuthMoreData, AuthSwitchRequest, HandshakeResponse41, SslRequest};
use crate::reply::ErrPacket;

/// `caching_sha2_password`: the fast exchange went well.
const FAST_OK: u8 = 3;
/// `caching_sha2_password`: the password itself is needed.
const FULL: u8 = 4;
/// `caching_sha2_password`: the client wants the public key.
const KEY_REQUEST: &[u8] = &[2];

/// A client's packet that may not come where it did. The connection must be closed, perhaps behind an ERR 1043.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ServerAuthError {
    /// A malformed packet.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A call that doesn't fit the exchange's state.
    #[error("a login can't take {what} in this state")]
    State {
        /// What came.
        what: &'static str,
    },
    /// The client asked for TLS though the greeting didn't offer it.
    #[error("the client asks for TLS, which was not offered")]
    TlsNotOffered,
}

/// What the caller does next. In every case it sends what [`Link::out`] got, first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerStep {
    /// Read the client's next packet and pass it to [`ServerAuth::on_packet`].
    Read,
    /// Do the TLS handshake (the client's next byte belongs to it), call [`ServerAuth::tls_started`], and read on.
    StartTls,
    /// Look up the account of [`ServerAuth::hello`] and call [`ServerAuth::on_account`].
    LookUp,
    /// The client is who it says. Answer with OK (or with an error, for another reason).
    Accepted(Accepted),
    /// It isn't. Answer with [`Denied::err_packet`] and close.
    Denied(Denied),
}

/// A login that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// By which method.
    pub method: Method,
    /// The hash for fast logins from now on, if this was a full exchange for a `$A$005$` hash. To be kept in memory
    /// only, and given as [`Account::cached`] as long as the stored hash stays the same.
    pub learned: Option<Sha256d>,
}

/// Why a login failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The account doesn't exist, or its password is another.
    WrongPassword {
        /// Whether the client sent any password.
        using_password: bool,
    },
    /// The client can't change to the account's method.
    ClientTooOld,
    /// The password can't come on this connection: neither TLS nor a key.
    NoSecureWay,
}

impl Denied {
    /// The error for the client, with MySQL's number and text. `host` is the client's address as it is shown.
    pub fn err_packet(self, user: &[u8], host: &str) -> ErrPacket<'static> {
        let user = String::from_utf8_lossy(user);
        let (errno, sqlstate, message) = match self {
            Denied::WrongPassword { using_password } => {
                let using = if using_password { "YES" } else { "NO" };
                (1045, *b"28000", format!("Access denied for user '{user}'@'{host}' (using password: {using})"))
            }
            Denied::ClientTooOld => (
                1251,
                *b"08004",
                "Client does not support authentication protocol requested by server; consider upgrading MySQL client"
                    .to_owned(),
            ),
            Denied::NoSecureWay => (
                3159,
                *b"HY000",
                "Connections using insecure transport are prohibited: this login needs TLS or a Unix socket".to_owned(),
            ),
        };
        ErrPacket { errno, sqlstate, message: Cow::Owned(message.into_bytes()) }
    }
}

/// Where a login stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// The client's first packet (or its first one over TLS) is to come.
    Response {
        is_tls: bool,
    },
    /// TLS is to be started.
    Tls,
    /// The account is to be looked up.
    Account,
    /// The answer to an auth switch request is to come.
    Switched(Method),
    /// The password, or a request for the key, is to come.
    Password,
    Done,
}

/// The server's side of one login, from the packet behind the greeting (or from COM_CHANGE_USER) to the verdict.
///
/// An unknown user takes the same way, with the same packets and in the same time, as a wrong password.
#[derive(Debug)]
pub struct ServerAuth {
    state: State,
    nonce: Nonce,
    offered: Capabilities,
    key: Option<Arc<ServerKey>>,
    secure: bool,
    is_change_user: bool,
    hello: Option<Hello>,
    account: Option<Account>,
}

impl ServerAuth {
    /// A login behind a greeting with this nonce and these capabilities. `key` is for clients without TLS; `secure`
    /// says that the connection is safe without TLS (a Unix socket).
    pub fn new(nonce: Nonce, offered: Capabilities, key: Option<Arc<ServerKey>>, secure: bool) -> Self {
        ServerAuth {
            state: State::Response { is_tls: false },
            nonce,
            offered,
            key,
            secure,
            is_change_user: false,
            hello: None,
            account: None,
        }
    }

    /// A login by COM_CHANGE_USER on a connection of these capabilities; `secure` is true with TLS too. The next step
    /// is to look up the account.
    pub fn change_user(
        command: &ChangeUser<'_>,
        nonce: Nonce,
        capabilities: Capabilities,
        key: Option<Arc<ServerKey>>,
        secure: bool,
    ) -> Self {
        ServerAuth {
            state: State::Account,
            is_change_user: true,
            hello: Some(Hello::of_change_user(command, capabilities)),
            ..ServerAuth::new(nonce, capabilities, key, secure)
        }
    }

    /// What the client said about itself; there from [`ServerStep::LookUp`] on.
    pub fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    /// The TLS handshake is done.
    ///
    /// # Errors
    /// If it wasn't asked for.
    pub fn tls_started(&mut self) -> Result<(), ServerAuthError> {
        if self.state != State::Tls {
            return Err(ServerAuthError::State { what: "the start of TLS" });
        }
        self.state = State::Response { is_tls: true };
        self.secure = true;
        Ok(())
    }

    /// Takes the payload of the client's next packet.
    ///
    /// # Errors
    /// If the packet is malformed or may not come here.
    pub fn on_packet(&mut self, payload: &[u8], link: &mut Link<'_>) -> Result<ServerStep, ServerAuthError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Response { is_tls: false } if SslRequest::matches(payload) => {
                if !self.offered.contains(Capabilities::SSL) {
                    return Err(ServerAuthError::TlsNotOffered);
                }
                self.state = State::Tls;
                Ok(ServerStep::StartTls)
            }
            State::Response { .. } => {
                self.hello = Some(Hello::of_response(&HandshakeResponse41::decode(payload)?));
                self.state = State::Account;
                Ok(ServerStep::LookUp)
            }
            State::Switched(Method::Native) => Ok(self.native(payload)),
            State::Switched(Method::CachingSha2) => Ok(self.caching_sha2(payload, link)),
            State::Password => Ok(self.password(payload, link)),
            State::Tls | State::Account | State::Done => Err(ServerAuthError::State { what: "a packet" }),
        }
    }

    /// Takes the account that was looked up; none: there is no such user.
    ///
    /// # Errors
    /// If no account was asked for.
    pub fn on_account(&mut self, account: Option<Account>, link: &mut Link<'_>) -> Result<ServerStep, ServerAuthError> {
        let hello = match (std::mem::replace(&mut self.state, State::Done), &mut self.hello) {
            (State::Account, Some(hello)) => hello,
            _ => return Err(ServerAuthError::State { what: "an account" }),
        };
        let can_switch = hello.capabilities.contains(Capabilities::PLUGIN_AUTH);
        let proposed = match &hello.plugin {
            Some(name) => Method::by_name(name),
            // Clients that know no names know the native method only.
            None if can_switch => None,
            None => Some(Method::Native),
        };
        let answer = Zeroizing::new(std::mem::take(&mut hello.auth_data));
        let method = account.as_ref().map_or(Method::CachingSha2, |account| account.method(proposed));
        self.account = account;
        // COM_CHANGE_USER's data is an answer to a nonce that the client may not have any more.
        if proposed != Some(method) || self.is_change_user {
            if !can_switch {
                return Ok(ServerStep::Denied(Denied::ClientTooOld));
            }
            return Ok(self.switch(method, link));
        }
        Ok(match method {
            Method::Native => self.native(&answer),
            Method::CachingSha2 => self.caching_sha2(&answer, link),
        })
    }

    /// Asks the client to begin again, by the account's method and with a new nonce.
    fn switch(&mut self, method: Method, link: &mut Link<'_>) -> ServerStep {
        let mut random = [0; Nonce::LEN];
        (link.random)(&mut random);
        self.nonce = Nonce::from_random(random);
        let data = self.nonce.to_wire();
        let request =
            AuthSwitchRequest { plugin: Cow::Borrowed(method.name().as_bytes()), data: Cow::Borrowed(data.as_slice()) };
        link.send(|out| request.encode(out));
        self.state = State::Switched(method);
        ServerStep::Read
    }

    fn native(&mut self, answer: &[u8]) -> ServerStep {
        let hash = self.account.as_ref().and_then(|account| account.native.as_ref());
        let decoy = NativeHash::of_password(b"decoy");
        let matches = hash.unwrap_or(&decoy).check(answer, &self.nonce);
        if matches && hash.is_some() {
            return ServerStep::Accepted(Accepted { method: Method::Native, learned: None });
        }
        ServerStep::Denied(Denied::WrongPassword { using_password: !is_empty_answer(answer) })
    }

    fn caching_sha2(&mut self, answer: &[u8], link: &mut Link<'_>) -> ServerStep {
        if is_empty_answer(answer) {
            return self.check_password(&[]);
        }
        let hash = self.account.as_ref().and_then(Account::fast);
        let matches = match <&[u8; 32]>::try_from(answer) {
            Ok(answer) => hash.unwrap_or(&Sha256d([0; 32])).check_answer(answer, &self.nonce),
            Err(_) => false,
        };
        if matches && hash.is_some() {
            link.send(|out| AuthMoreData { data: Cow::Borrowed(&[FAST_OK]) }.encode(out));
            return ServerStep::Accepted(Accepted { method: Method::CachingSha2, learned: None });
        }
        if !self.secure && self.key.is_none() {
            return ServerStep::Denied(Denied::NoSecureWay);
        }
        link.send(|out| AuthMoreData { data: Cow::Borrowed(&[FULL]) }.encode(out));
        self.state = State::Password;
        ServerStep::Read
    }

    /// The client's packet of a full exchange: a request for the key, the password encrypted with it, or (on a safe
    /// connection) the password and a zero byte. A password of the byte 2 alone is two bytes long on the wire.
    fn password(&mut self, payload: &[u8], link: &mut Link<'_>) -> ServerStep {
        match &self.key {
            Some(key) if payload == KEY_REQUEST => {
                link.send(|out| AuthMoreData { data: Cow::Borrowed(key.public_pem().as_bytes()) }.encode(out));
                // From here on the password comes encrypted, on a safe connection too.
                self.secure = false;
                self.state = State::Password;
                ServerStep::Read
            }
            _ if self.secure => {
                let password = Zeroizing::new(payload.strip_suffix(&[0]).unwrap_or(payload).to_vec());
                self.check_password(&password)
            }
            Some(key) => match key.decrypt_password(payload, &self.nonce, link.random) {
                Some(password) => self.check_password(&password),
                None => ServerStep::Denied(Denied::WrongPassword { using_password: true }),
            },
            None => ServerStep::Denied(Denied::NoSecureWay),
        }
    }

    fn check_password(&mut self, password: &[u8]) -> ServerStep {
        let verifier = self.account.as_ref().and_then(|account| account.caching_sha2.as_ref());
        if !CachingSha2Verifier::check_password(verifier, password) {
            return ServerStep::Denied(Denied::WrongPassword { using_password: !password.is_empty() });
        }
        let learned = matches!(verifier, Some(CachingSha2Verifier::Crypt(_))).then(|| Sha256d::of_password(password));
        ServerStep::Accepted(Accepted { method: Method::CachingSha2, learned })
    }
}

/// The answer for an empty password: nothing, or a zero byte.
fn is_empty_answer(answer: &[u8]) -> bool {
    matches!(answer, [] | [0])
}
