//! MySQL's protocol, both roles, as bytes and sans-io state machines.
//!
//! Nothing here opens a socket, reads a clock or makes randomness: bytes go in, bytes and decisions come out. What a
//! statement means is nobody's business here either.
//!
//! | module | what it has |
//! | --- | --- |
//! | [`frame`] | packets into and out of buffers |
//! | [`flags`], [`charset`] | bit sets, type codes, collations |
//! | [`handshake`], [`auth`] | the connection phase: its packets, and logins of both sides as state machines |
//! | [`command`] | what clients ask for |
//! | [`reply`] | what ends a reply, and [`ReplyScanner`](reply::ReplyScanner), which finds it in a passing stream |
//! | [`stmt`] | prepared statements: parameters typed, and as SQL text |
//! | [`row`] | column definitions, and rows as text and in binary |
//!
//! Not here: compression, result sets without column definitions, authentication with several factors.
//!
//! # A login, seen from the server
//!
//! ```
//! use shardgate_wire::auth::{Account, Link, Nonce, ServerAuth, ServerStep};
//! use shardgate_wire::frame::{self, Pull, Seq};
//! use shardgate_wire::handshake::Greeting;
//! use shardgate_wire::{Capabilities, StatusFlags};
//!
//! # fn send(_: &mut Vec<u8>) {}
//! # fn receive() -> Vec<u8> {
//! #     b"\x3e\x00\x00\x01\x8d\xa6\x0f\x00\x00\x00\x00\x01\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00app\x00\x00db\x00caching_sha2_password\x00".to_vec()
//! # }
//! # fn random(bytes: &mut [u8]) { bytes.fill(7) }
//! # fn account(_user: &[u8]) -> Option<Account> { None }
//! let mut random_nonce = [0; Nonce::LEN];
//! random(&mut random_nonce);
//! let greeting = Greeting {
//!     server_version: b"9.7.0-shardgate".into(),
//!     connection_id: 1,
//!     nonce: Nonce::from_random(random_nonce),
//!     capabilities: Capabilities::SPOKEN - Capabilities::SSL,
//!     collation: 255,
//!     status: StatusFlags::AUTOCOMMIT,
//!     plugin: b"caching_sha2_password".into(),
//! };
//! let mut login = ServerAuth::new(greeting.nonce, greeting.capabilities, None, false);
//! let (mut input, mut out, mut seq) = (Vec::new(), Vec::new(), Seq::default());
//! frame::append(&mut out, &mut seq, |out| greeting.encode(out));
//! let verdict = loop {
//!     send(&mut out);
//!     out.clear();
//!     let packet = loop {
//!         match frame::pull(&input, &mut seq, 1 << 20)? {
//!             Pull::Packet(packet) => break packet,
//!             Pull::Need(_) => input.extend(receive()),
//!         }
//!     };
//!     let consumed = packet.consumed;
//!     let payload = packet.payload.into_owned();
//!     input.drain(..consumed);
//!     let mut link = Link { out: &mut out, seq: &mut seq, random: &mut random };
//!     let mut step = login.on_packet(&payload, &mut link)?;
//!     if step == ServerStep::LookUp {
//!         let account = login.hello().and_then(|hello| account(&hello.user));
//!         step = login.on_account(account, &mut link)?;
//!     }
//!     match step {
//!         ServerStep::Read => {}
//!         ServerStep::StartTls => login.tls_started()?,
//!         verdict => break verdict,
//!     }
//! };
//! assert!(matches!(verdict, ServerStep::Denied(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A login, seen from the client
//!
//! ```
//! use shardgate_wire::Capabilities;
//! use shardgate_wire::auth::{ClientAuth, ClientStep, KeySource, Link, Login, Tls};
//! use shardgate_wire::frame::{self, Pull, Seq};
//! use shardgate_wire::handshake::Attributes;
//!
//! # let mut answers = [
//! #     b"\x4b\x00\x00\x00\n9.7.4-2\x00\x0c\x00\x00\x00MA\x1fj%\x07]E\x00\xff\xf7\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x000\x18\\;\x16\x174\x13\x0e!\x05:\x00caching_sha2_password\x00".to_vec(),
//! #     b"\x02\x00\x00\x02\x01\x03\x07\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00".to_vec(),
//! # ].into_iter();
//! # let mut receive = || answers.next().unwrap_or_default();
//! # fn send(_: &[u8]) {}
//! # fn random(bytes: &mut [u8]) { bytes.fill(7) }
//! let mut login = ClientAuth::new(Login {
//!     user: b"app",
//!     password: b"secret",
//!     database: Some(b"shop"),
//!     capabilities: Capabilities::SPOKEN,
//!     collation: 255,
//!     max_packet: 1 << 26,
//!     attributes: Attributes::default(),
//!     tls: Tls::Preferred,
//!     secure: false,
//!     key: KeySource::Refuse,
//! });
//! let (mut input, mut out, mut seq) = (Vec::new(), Vec::new(), Seq::default());
//! let server = loop {
//!     let packet = loop {
//!         match frame::pull(&input, &mut seq, 1 << 20)? {
//!             Pull::Packet(packet) => break packet,
//!             Pull::Need(_) => input.extend(receive()),
//!         }
//!     };
//!     let consumed = packet.consumed;
//!     let payload = packet.payload.into_owned();
//!     input.drain(..consumed);
//!     let mut link = Link { out: &mut out, seq: &mut seq, random: &mut random };
//!     let step = login.on_packet(&payload, &mut link)?;
//!     send(&out);
//!     out.clear();
//!     match step {
//!         ClientStep::Read => {}
//!         ClientStep::StartTls => {
//!             // ... the TLS handshake ...
//!             login.tls_started(&mut Link { out: &mut out, seq: &mut seq, random: &mut random })?;
//!             send(&out);
//!             out.clear();
//!         }
//!         ClientStep::Done(server) => break server,
//!     }
//! };
//! assert_eq!(server.version, b"9.7.4-2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod auth;
pub mod charset;
pub mod command;
mod error;
pub mod flags;
pub mod frame;
pub mod handshake;
mod reader;
pub mod reply;
pub mod row;
pub mod stmt;
mod writer;

pub use error::DecodeError;
pub use flags::{Capabilities, ColumnFlags, ColumnType, StatusFlags};
pub use row::ColumnDefinition;
