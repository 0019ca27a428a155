//! One connection to a shard's MySQL, and what is known of its state.

use super::pool::Permit;
use super::trace::Recorder;
use crate::error::ShardError;
use crate::net::{Buffer, Stream};
use crate::settings::Settings;
use shardgate_wire::Capabilities;
use shardgate_wire::command::CommandCode;
use shardgate_wire::frame::{self, Pull, Seq};
use shardgate_wire::reply::{ErrPacket, OkPacket};
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinHandle;

/// Bytes of a backend's read buffer, and so the largest piece that is relayed at once.
pub(crate) const READ_SIZE: usize = 16 << 10;
/// Prepared statements that one connection keeps, at most.
const MAX_STATEMENTS: usize = 256;
/// Bytes of one packet that the proxy itself reads from a shard: MySQL's own upper limit.
const MAX_PACKET: usize = 1 << 30;

/// What must be equal between a client's connection and the backend connection that its replies come from, because it
/// changes their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    /// OK packets instead of EOF packets.
    pub(crate) deprecate_eof: bool,
    /// Affected rows are found rows.
    pub(crate) found_rows: bool,
    /// The parser ignores spaces after function names.
    pub(crate) ignore_space: bool,
}

impl Profile {
    /// How many profiles there are; [`Profile::index`] is below it.
    pub(crate) const COUNT: usize = 8;

    /// The profile of a client with these capabilities.
    pub(crate) fn of(capabilities: Capabilities) -> Profile {
        Profile {
            deprecate_eof: capabilities.contains(Capabilities::DEPRECATE_EOF),
            found_rows: capabilities.contains(Capabilities::FOUND_ROWS),
            ignore_space: capabilities.contains(Capabilities::IGNORE_SPACE),
        }
    }

    /// The capabilities that it stands for.
    pub(crate) fn capabilities(self) -> Capabilities {
        let mut capabilities = Capabilities(0);
        for (set, flag) in [
            (self.deprecate_eof, Capabilities::DEPRECATE_EOF),
            (self.found_rows, Capabilities::FOUND_ROWS),
            (self.ignore_space, Capabilities::IGNORE_SPACE),
        ] {
            if set {
                capabilities |= flag;
            }
        }
        capabilities
    }

    /// A small number for it.
    pub(crate) fn index(self) -> usize {
        usize::from(self.deprecate_eof) | usize::from(self.found_rows) << 1 | usize::from(self.ignore_space) << 2
    }
}

/// Why an exchange with a shard failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackendError {
    /// The shard answered with an error; the connection is fine.
    #[error("error {}: {}", .0.errno, String::from_utf8_lossy(&.0.message))]
    Answered(Box<ShardError>),
    /// The connection broke or can't be made.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The server sent something that isn't the protocol.
    #[error("malformed reply: {0}")]
    Protocol(String),
    /// No answer in time.
    #[error("no answer within {0:?} while {1}")]
    Timeout(std::time::Duration, &'static str),
    /// The login was refused or isn't possible.
    #[error("login: {0}")]
    Login(String),
}

impl BackendError {
    /// Wrap an I/O error.
    pub(super) fn io(what: &'static str) -> impl FnOnce(io::Error) -> BackendError {
        move |source| BackendError::Io { what, source }
    }
}

/// A statement that is prepared on a backend connection.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// The text, shared by all who prepare the same; compared by address.
    pub(crate) text: Arc<[u8]>,
    /// The server's id for it.
    pub(crate) id: u32,
}

/// A statement, and what its names and literals were read by: the database and the settings when it was prepared.
#[derive(Debug)]
struct Kept {
    statement: Statement,
    database: Option<Arc<str>>,
    settings: Arc<Settings>,
}

/// One connection to a shard's MySQL.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(super) stream: Stream,
    pub(super) buffer: Buffer,
    out: Vec<u8>,
    seq: Seq,
    /// The sequence id of the first packet of the reply to the command that was queued last: behind its frames.
    reply_seq: Seq,
    /// What it was logged in with.
    pub(crate) profile: Profile,
    /// The server's id for the connection, for KILL.
    pub(crate) thread_id: u32,
    /// `keyspace/shard (instance)` of its last use, for messages.
    pub(crate) origin: Arc<str>,
    /// The current database.
    pub(crate) database: Option<Arc<str>>,
    /// What is set on it.
    pub(crate) settings: Arc<Settings>,
    /// Statements prepared on it, least recently used first.
    statements: Vec<Kept>,
    /// Its state can't be described by `settings` any more: it must be reset before another session gets it.
    pub(crate) tainted: bool,
    /// A reply wasn't read to its end, or the protocol is out of step: it must be closed.
    pub(crate) broken: bool,
    /// A KILL QUERY that may still come to it, and would hit whatever runs then.
    pub(crate) kill: Option<JoinHandle<()>>,
    /// Notes what is sent and comes back, for VEXPLAIN.
    pub(crate) recorder: Option<Box<Recorder>>,
    /// When it was made.
    pub(crate) created: Instant,
    /// When it was given back.
    pub(crate) idle_since: Instant,
    /// The place that it takes among the instance's connections.
    pub(super) _permit: Permit,
}

impl Backend {
    /// A connection over a socket that isn't logged in yet.
    pub(super) fn new(stream: Stream, profile: Profile, origin: Arc<str>, permit: Permit, now: Instant) -> Backend {
        Backend {
            stream,
            buffer: Buffer::with_size(READ_SIZE),
            out: Vec::new(),
            seq: Seq(0),
            reply_seq: Seq(1),
            profile,
            thread_id: 0,
            origin,
            database: None,
            settings: Settings::empty(),
            statements: Vec::new(),
            tainted: false,
            broken: false,
            kill: None,
            recorder: None,
            created: now,
            idle_since: now,
            _permit: permit,
        }
    }

    /// Append a command to what the next [`Backend::flush`] sends.
    pub(crate) fn queue_command(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut seq = Seq(0);
        frame::append(&mut self.out, &mut seq, write);
        self.seq = seq;
        self.reply_seq = seq;
    }

    /// Append a COM_QUERY to what the next flush sends.
    pub(crate) fn queue_query(&mut self, sql: &[u8]) {
        if let Some(recorder) = &mut self.recorder {
            recorder.sent(sql);
        }
        self.queue_command(|out| {
            out.push(CommandCode::Query as u8);
            out.extend_from_slice(sql);
        });
    }

    /// The buffer for what is sent and the sequence ids, for the login.
    pub(super) fn login_parts(&mut self) -> (&mut Vec<u8>, &mut Seq) {
        (&mut self.out, &mut self.seq)
    }

    /// Send what is queued.
    pub(crate) async fn flush(&mut self) -> Result<(), BackendError> {
        self.broken = true;
        let sent = self.stream.write_all(&self.out).await;
        self.out.clear();
        if self.out.capacity() > 1 << 20 {
            self.out = Vec::new();
        }
        sent.map_err(BackendError::io("sending to the shard"))?;
        self.broken = false;
        Ok(())
    }

    /// Send what is queued, and behind it frames that the client made, as they are.
    pub(crate) async fn flush_with(&mut self, frames: &[u8]) -> Result<(), BackendError> {
        let count = frames.len() / (frame::HEADER_LEN + frame::MAX_FRAME_PAYLOAD) + 1;
        self.reply_seq = Seq((count % 256) as u8);
        if self.out.is_empty() {
            self.broken = true;
            self.stream.write_all(frames).await.map_err(BackendError::io("sending to the shard"))?;
            self.broken = false;
            return Ok(());
        }
        self.out.extend_from_slice(frames);
        self.flush().await
    }

    /// Read the next packet of a reply that the proxy itself consumes, into `payload`.
    pub(crate) async fn read_packet(&mut self, payload: &mut Vec<u8>) -> Result<(), BackendError> {
        self.broken = true;
        loop {
            let need = match frame::pull(self.buffer.bytes(), &mut self.seq, MAX_PACKET) {
                Ok(Pull::Packet(packet)) => {
                    payload.clear();
                    payload.extend_from_slice(&packet.payload);
                    let consumed = packet.consumed;
                    self.buffer.consume(consumed);
                    self.broken = false;
                    return Ok(());
                }
                Ok(Pull::Need(need)) => need,
                Err(error) => return Err(BackendError::Protocol(error.to_string())),
            };
            self.buffer.reserve(need);
            self.fill().await?;
        }
    }

    /// Read some bytes; at least one.
    pub(super) async fn fill(&mut self) -> Result<(), BackendError> {
        match self.stream.read(&mut self.buffer).await {
            Ok(0) => {
                self.broken = true;
                let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection");
                Err(BackendError::Io { what: "reading from the shard", source })
            }
            Ok(count) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.received(count);
                }
                Ok(())
            }
            Err(source) => {
                self.broken = true;
                Err(BackendError::Io { what: "reading from the shard", source })
            }
        }
    }

    /// Whether a whole packet is in the buffer.
    pub(super) fn has_packet(&mut self) -> Result<bool, BackendError> {
        let mut seq = self.seq;
        match frame::pull(self.buffer.bytes(), &mut seq, MAX_PACKET) {
            Ok(Pull::Packet(_)) => Ok(true),
            Ok(Pull::Need(need)) => {
                self.buffer.reserve(need);
                Ok(false)
            }
            Err(error) => Err(BackendError::Protocol(error.to_string())),
        }
    }

    /// Expect the sequence ids of a reply to start at `seq`.
    pub(crate) fn expect_seq(&mut self, seq: u8) {
        self.seq = Seq(seq);
    }

    /// Expect the reply to the command that was queued last.
    pub(crate) fn expect_reply(&mut self) {
        self.seq = self.reply_seq;
    }

    /// The reply's first packet, which must be OK or ERR.
    pub(crate) async fn read_ok(&mut self) -> Result<OkSummary, BackendError> {
        let mut payload = Vec::new();
        self.expect_seq(1);
        self.read_packet(&mut payload).await?;
        self.ok_or_error(&payload)
    }

    /// The reply to the command that was queued last was a request for a file: what follows continues its packets.
    pub(crate) fn begin_file(&mut self) {
        self.seq = self.reply_seq;
        self.seq.take();
    }

    /// Append a part of the file that the server asked for, which isn't empty, to what the next flush sends.
    pub(crate) fn queue_file_part(&mut self, part: &[u8]) {
        frame::append_payload(&mut self.out, &mut self.seq, part);
    }

    /// Append the end of the file; the reply to the command follows it.
    pub(crate) fn queue_file_end(&mut self) {
        frame::append_payload(&mut self.out, &mut self.seq, b"");
        self.reply_seq = self.seq;
    }

    /// Take a packet as OK or ERR.
    pub(crate) fn ok_or_error(&mut self, payload: &[u8]) -> Result<OkSummary, BackendError> {
        match payload.first() {
            Some(0xFF) => Err(self.answered(payload)),
            Some(0x00 | 0xFE) => {
                let ok = OkPacket::decode(payload, self.profile.capabilities()).map_err(|error| {
                    self.broken = true;
                    BackendError::Protocol(error.to_string())
                })?;
                Ok(OkSummary::of(&ok))
            }
            _ => {
                self.broken = true;
                Err(BackendError::Protocol("expected OK or an error".to_owned()))
            }
        }
    }

    /// The error of an ERR packet.
    pub(crate) fn answered(&mut self, payload: &[u8]) -> BackendError {
        match ErrPacket::decode(payload) {
            Ok(packet) => BackendError::Answered(Box::new(ShardError {
                errno: packet.errno,
                sqlstate: packet.sqlstate,
                message: packet.message.to_vec(),
                origin: Arc::clone(&self.origin),
            })),
            Err(error) => {
                self.broken = true;
                BackendError::Protocol(error.to_string())
            }
        }
    }

    /// Run a statement of the proxy's own that answers OK.
    pub(crate) async fn run(&mut self, sql: &[u8]) -> Result<OkSummary, BackendError> {
        self.queue_query(sql);
        self.flush().await?;
        self.read_ok().await
    }

    /// Wait until a KILL QUERY that was sent for this connection has been carried out, and let a statement of no
    /// consequence take it if the one that it was for has ended before.
    pub(crate) async fn settle_kill(&mut self) {
        let Some(kill) = self.kill.take() else { return };
        if kill.await.is_err() {
            self.broken = true;
        }
        if !self.broken && !matches!(self.run(b"DO 0").await, Ok(_) | Err(BackendError::Answered(_))) {
            self.broken = true;
        }
    }

    /// The statement with this text, if it is prepared here for the current database and settings. It counts as used.
    pub(crate) fn statement(&mut self, text: &Arc<[u8]>) -> Option<&mut Statement> {
        let at = self.position(text)?;
        let last = self.statements.len() - 1;
        if at != last {
            let statement = self.statements.remove(at);
            self.statements.push(statement);
        }
        self.statements.last_mut().map(|kept| &mut kept.statement)
    }

    fn position(&self, text: &Arc<[u8]>) -> Option<usize> {
        self.statements.iter().rposition(|kept| {
            Arc::ptr_eq(&kept.statement.text, text)
                && kept.database == self.database
                && (Arc::ptr_eq(&kept.settings, &self.settings) || kept.settings == self.settings)
        })
    }

    /// Remember a statement that was prepared here. The one that was not used for longest is closed if there are too
    /// many.
    pub(crate) fn remember(&mut self, statement: Statement) {
        if self.statements.len() >= MAX_STATEMENTS {
            let oldest = self.statements.remove(0);
            self.close_statement(oldest.statement.id);
        }
        let (database, settings) = (self.database.clone(), Arc::clone(&self.settings));
        self.statements.push(Kept { statement, database, settings });
    }

    /// Forget a statement, and close it with the next command.
    pub(crate) fn forget(&mut self, text: &Arc<[u8]>) {
        if let Some(at) = self.position(text) {
            let kept = self.statements.remove(at);
            self.close_statement(kept.statement.id);
        }
    }

    fn close_statement(&mut self, id: u32) {
        self.queue_command(|out| {
            out.push(CommandCode::StmtClose as u8);
            out.extend_from_slice(&id.to_le_bytes());
        });
    }

    /// Bring the connection back to the state after its login, so that another session can have it.
    pub(crate) async fn reset(&mut self) -> Result<(), BackendError> {
        self.statements.clear();
        self.queue_command(|out| out.push(CommandCode::ResetConnection as u8));
        self.flush().await?;
        self.read_ok().await?;
        // COM_RESET_CONNECTION keeps the database; the character sets go back to the login's.
        self.settings = super::login::login_settings();
        self.tainted = false;
        Ok(())
    }

    /// The reply doesn't follow the protocol: nothing more can be read from this connection.
    pub(crate) fn malformed(&mut self, what: &str) -> BackendError {
        self.broken = true;
        BackendError::Protocol(what.to_owned())
    }

    /// Whether it was in the pool since its login.
    pub(crate) fn is_used(&self) -> bool {
        self.idle_since > self.created
    }

    /// Whether the server has closed the connection, found without waiting.
    pub(crate) async fn is_stale(&mut self) -> bool {
        !self.buffer.is_empty() || self.stream.is_stale().await
    }

    /// Say COM_QUIT and close.
    pub(crate) async fn quit(mut self) {
        self.queue_command(|out| out.push(CommandCode::Quit as u8));
        // The connection ends either way; a server that doesn't take the good-bye notices the closed socket.
        if self.flush().await.is_ok() {
            let _ = self.stream.shutdown().await;
        }
    }
}

/// What an OK packet says.
#[derive(Debug, Clone, Default)]
pub(crate) struct OkSummary {
    /// Affected rows.
    pub(crate) affected_rows: u64,
    /// The insert id.
    pub(crate) last_insert_id: u64,
    /// Status flags.
    pub(crate) status: u16,
    /// Warnings.
    pub(crate) warnings: u16,
    /// The text, such as `Records: 2  Duplicates: 0  Warnings: 0`.
    pub(crate) info: Vec<u8>,
}

impl OkSummary {
    fn of(ok: &OkPacket<'_>) -> OkSummary {
        OkSummary {
            affected_rows: ok.affected_rows,
            last_insert_id: ok.insert_id,
            status: ok.status.0,
            warnings: ok.warnings,
            info: ok.info.to_vec(),
        }
    }
}
