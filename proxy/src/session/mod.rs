//! A client's session: from its login to its end, one command after another.
//!
//! **Invariant:** one task owns a session. It reads the client's socket, talks to the shards and writes to the client;
//! nothing is handed over to another task or thread.

mod aftermath;
mod connections;
mod handshake;
mod local;
mod place;
mod prepared;
pub(crate) mod query;
mod rights;
mod set;
mod state;
mod temporaries;
mod transaction;
mod variables;
mod vexplain;

use crate::client::{Client, Input, InputError};
pub(crate) use aftermath::DEADLOCK;
pub(crate) use connections::{Connections, Lease, Needs, Transaction};
pub(crate) use handshake::{AuthCache, Login, LoginError, log_in};
pub(crate) use place::{KeyspaceRef, Place, TabletType};
use prepared::Prepared;
pub(crate) use prepared::{Described, Execution};
pub(crate) use shardgate_router::literal::quoted as quote_name;
pub(crate) use state::{SessionState, Warning};
use temporaries::Temporaries;

use crate::backend::{Alarm, Profile};
use crate::error::StatementError;
use crate::show::{Ended, ProcessHandle};
use crate::snapshot::Snapshot;
use crate::worker::Worker;
use shardgate_router::error::Code;
use shardgate_router::fingerprint::Fingerprint;
use shardgate_router::plan::KillScope;
use shardgate_wire::command::{Command, CommandCode};
use shardgate_wire::frame::Seq;
use shardgate_wire::reply::OkPacket;
use shardgate_wire::{Capabilities, StatusFlags};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The first byte of COM_QUERY.
const QUERY: u8 = CommandCode::Query as u8;

/// A client's session.
pub(crate) struct Session {
    /// Where it runs.
    pub(crate) worker: Arc<Worker>,
    /// The client.
    pub(crate) client: Client,
    /// The connection's id, as KILL takes it.
    pub(crate) id: u32,
    /// What the current statement sees.
    pub(crate) snapshot: Arc<Snapshot>,
    /// What it remembers.
    pub(crate) state: SessionState,
    /// Backend connections that it holds.
    pub(crate) connections: Connections,
    /// The open transaction.
    pub(crate) transaction: Transaction,
    /// Its temporary tables.
    pub(crate) temporaries: Temporaries,
    /// Prepared statements by id.
    prepared: HashMap<u32, Prepared>,
    /// Ids of statements that were prepared by PREPARE, by lower-case name.
    named: HashMap<Box<str>, u32>,
    next_statement: u32,
    /// Its entry in the process list.
    pub(crate) process: ProcessHandle,
    /// When to look after a statement that takes long.
    pub(crate) alarm: Alarm,
    /// Reused by each statement.
    fingerprint: Fingerprint,
    /// What backend connections must have in common with the client's.
    pub(crate) profile: Profile,
    /// The session must end after this command: its transaction was lost with a shard, or RELEASE.
    pub(crate) ending: bool,
    /// How long the current statement may run.
    pub(crate) query_timeout: Option<Duration>,
    /// The statement's reply, relayed as it came, was an error.
    pub(crate) relayed_error: bool,
}

/// Why a session ends.
#[derive(Debug)]
pub(crate) enum End {
    /// The client said so, or closed the connection.
    Client,
    /// The client's connection broke.
    Io(io::Error),
    /// The client doesn't follow the protocol.
    Protocol(String),
    /// It was killed.
    Killed,
    /// The proxy is going down.
    Drained,
    /// The proxy said so.
    Proxy,
}

impl Session {
    /// A session of a client that has logged in.
    pub(crate) fn new(worker: Arc<Worker>, client: Client, login: Login, process: ProcessHandle) -> Session {
        let profile = Profile::of(client.capabilities);
        let snapshot = worker.snapshot();
        let Login { id, state } = login;
        Session {
            worker,
            client,
            id,
            snapshot,
            state,
            connections: Connections::default(),
            transaction: Transaction::default(),
            temporaries: Temporaries::default(),
            prepared: HashMap::new(),
            named: HashMap::new(),
            next_statement: 0,
            process,
            alarm: Alarm::default(),
            fingerprint: Fingerprint::new(),
            profile,
            ending: false,
            query_timeout: None,
            relayed_error: false,
        }
    }

    /// Serve the client until the session ends. All that it held is given back.
    pub(crate) async fn run(&mut self, input: &mut Input) -> End {
        let end = loop {
            match self.next(input).await {
                Ok(()) if self.ending => break End::Proxy,
                Ok(()) => {}
                Err(end) => break end,
            }
        };
        if let End::Protocol(message) = &end {
            let text = format!("{}: {message}", Code::MalformedPacket);
            self.client.error(Code::MalformedPacket.errno(), Code::MalformedPacket.sqlstate(), &text);
        }
        if matches!(end, End::Drained) {
            self.client.seq = Seq(0);
            let text = format!("{}: Server shutdown in progress", Code::ShuttingDown);
            self.client.error(Code::ShuttingDown.errno(), Code::ShuttingDown.sqlstate(), &text);
        }
        // Whether the client still reads the last words makes no difference.
        let _ = self.client.flush().await;
        let _ = self.client.stream.shutdown().await;
        self.connections.reset().await;
        end
    }

    /// Wait for a command and run it.
    async fn next(&mut self, input: &mut Input) -> Result<(), End> {
        let max = usize::try_from(self.snapshot.config.limits.max_allowed_packet).unwrap_or(usize::MAX);
        let mut seq = Seq(0);
        let idle = !self.transaction.open && !self.connections.in_transaction();
        self.process.set_idle(Instant::now());
        // Where the reply to a packet that can't be read belongs.
        self.client.seq = Seq(1);
        let received = tokio::select! {
            biased;
            received = input.next(&mut self.client.stream, &mut seq, max) => received,
            ended = self.process.ended(idle) => return Err(match ended {
                Ended::Killed => End::Killed,
                Ended::Drained => End::Drained,
            }),
        };
        match received {
            Ok(()) => {}
            Err(InputError::Closed) => return Err(End::Client),
            Err(InputError::Io(error)) => return Err(End::Io(error)),
            Err(InputError::Frame(error)) => return Err(self.refuse_frame(&error)),
        }
        self.client.seq = seq;
        self.client.more_results = false;
        self.command(input).await
    }

    /// Answer a packet that is too long as MySQL does; the connection can't go on.
    fn refuse_frame(&mut self, error: &shardgate_wire::frame::FrameError) -> End {
        match error {
            shardgate_wire::frame::FrameError::TooLarge { .. } => {
                self.client.seq = Seq(1);
                let code = Code::PacketTooLarge;
                self.client.error(code.errno(), code.sqlstate(), &format!("{code}: {error}"));
                End::Proxy
            }
            other => End::Protocol(other.to_string()),
        }
    }

    /// Run the command that `input` holds.
    async fn command(&mut self, input: &Input) -> Result<(), End> {
        let payload = input.payload();
        // The command that must be fast, before all others.
        if let Some((&QUERY, text)) = payload.split_first() {
            return self.com_query(text, Some(input.frames())).await.map_err(End::Io);
        }
        let command = match Command::decode(payload, self.client.capabilities) {
            Ok(command) => command,
            Err(error) => return Err(End::Protocol(error.to_string())),
        };
        let result = match command {
            Command::Quit => return Err(End::Client),
            Command::Query(query) => return self.com_query(query.text, None).await.map_err(End::Io),
            Command::StmtPrepare { text } => self.com_stmt_prepare(text).await,
            Command::StmtExecute { statement_id, payload } => {
                return self.com_stmt_execute(statement_id, payload).await.map_err(End::Io);
            }
            Command::StmtClose { statement_id } => {
                self.com_stmt_close(statement_id);
                return Ok(());
            }
            Command::StmtSendLongData { statement_id, param, data } => {
                self.com_stmt_send_long_data(statement_id, param, data);
                return Ok(());
            }
            Command::StmtReset { statement_id } => self.com_stmt_reset(statement_id),
            Command::Ping => {
                self.ok();
                Ok(())
            }
            Command::InitDb { database } => {
                self.begin_statement();
                self.use_target(&String::from_utf8_lossy(database)).await.map(|()| self.ok())
            }
            Command::FieldList { table, wildcard } => self.com_field_list(table, wildcard).await,
            Command::ResetConnection => {
                self.reset().await;
                self.ok();
                Ok(())
            }
            Command::ChangeUser(change) => return self.com_change_user(&change).await,
            Command::SetOption { multi_statements } => {
                self.com_set_option(multi_statements);
                Ok(())
            }
            Command::Statistics => {
                self.com_statistics();
                Ok(())
            }
            Command::ProcessKill { connection_id } => {
                self.kill(u64::from(connection_id), KillScope::Connection).map(|()| self.ok())
            }
            Command::Debug | Command::StmtFetch { .. } | Command::Other { .. } | Command::Unknown { .. } => {
                let byte = payload.first().copied().unwrap_or_default();
                Err(StatementError::sql(Code::UnknownCommand, format!("Unknown command (0x{byte:02x})")))
            }
        };
        if let Err(error) = result {
            self.fail(error).map_err(End::Io)?;
        }
        self.client.flush().await.map_err(End::Io)
    }

    /// The status flags of the session.
    pub(crate) fn status(&self) -> StatusFlags {
        let mut status = StatusFlags(0);
        if self.state.autocommit() {
            status |= StatusFlags::AUTOCOMMIT;
        }
        if self.transaction.open || self.connections.in_transaction() {
            status |= StatusFlags::IN_TRANS;
        }
        if self.state.mode.lex.no_backslash_escapes {
            status |= StatusFlags::NO_BACKSLASH_ESCAPES;
        }
        status
    }

    /// Append an OK without rows.
    pub(crate) fn ok(&mut self) {
        let ok = OkPacket { status: self.status(), ..OkPacket::default() };
        self.client.ok(&ok);
    }

    /// Append the ERR for a failed statement, and note what SHOW WARNINGS will say. An error of the client's own
    /// connection is handed back.
    pub(crate) fn fail(&mut self, error: StatementError) -> io::Result<()> {
        match &error {
            StatementError::Client(_) => {}
            StatementError::Sql(sql) => {
                self.state.failed(sql.code.errno(), &sql.to_string(), None);
                self.worker.metrics.error(sql.code);
            }
            StatementError::Shard(shard) => {
                let message = String::from_utf8_lossy(&shard.message).into_owned();
                self.state.failed(shard.errno, &message, Some(&shard.origin));
            }
        }
        match error {
            StatementError::Client(error) => Err(error),
            error => {
                self.client.statement_error(&error);
                Ok(())
            }
        }
    }

    /// Back to the state after the login: COM_RESET_CONNECTION.
    async fn reset(&mut self) {
        self.connections.reset().await;
        self.transaction = Transaction::default();
        self.temporaries = Temporaries::default();
        self.prepared.clear();
        self.named.clear();
        let settings = handshake::initial_settings(self.state.collation);
        let target = std::mem::take(&mut self.state.target);
        let mut state =
            SessionState::new(Arc::clone(&self.state.user), Arc::clone(&self.state.login), settings, &self.snapshot);
        state.target = target;
        state.collation = self.state.collation;
        state.multi_statements = self.client.capabilities.contains(Capabilities::MULTI_STATEMENTS);
        self.state = state;
    }

    /// COM_SET_OPTION.
    fn com_set_option(&mut self, multi_statements: bool) {
        self.state.multi_statements = multi_statements;
        let end = OkPacket { status: self.status(), ..OkPacket::default() };
        let capabilities = self.client.capabilities;
        self.client.packet(|out| end.encode_end(out, capabilities));
    }

    /// COM_STATISTICS: one line of text.
    fn com_statistics(&mut self) {
        let metrics = &self.worker.shared.metrics;
        let uptime = metrics.started().elapsed().as_secs();
        let statements: u64 = total_statements(metrics);
        let threads = metrics.open_connections();
        let rate = if uptime == 0 { 0.0 } else { statements as f64 / uptime as f64 };
        let text =
            format!("Uptime: {uptime}  Threads: {threads}  Questions: {statements}  Queries per second avg: {rate:.3}");
        self.client.packet(|out| out.extend_from_slice(text.as_bytes()));
    }
}

/// Statements since the start.
fn total_statements(metrics: &crate::metrics::Metrics) -> u64 {
    let totals = metrics.statements();
    crate::metrics::CLASSES.iter().map(|class| totals.of_class(*class)).sum()
}
