//! A blocking client that keeps everything a server says: column definitions, flags, OK packets, errors to the byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use shardgate_wire::auth::{ClientAuth, ClientStep, KeySource, Link, Login, Tls};
use shardgate_wire::command::{CommandCode, CommandWriter};
use shardgate_wire::frame::{self, Pull, Seq};
use shardgate_wire::handshake::Attributes;
use shardgate_wire::reply::{Class, ErrPacket, OkPacket, Phase, classify};
use shardgate_wire::row::{BinaryRow, TextRow, write_as_text};
use shardgate_wire::stmt::{Param, PrepareOk};
use shardgate_wire::{Capabilities, ColumnDefinition, StatusFlags};

use crate::endpoint::Endpoint;
use crate::error::HarnessError;

/// A reply that takes longer is a hang.
const PATIENCE: Duration = Duration::from_secs(60);
const MAX_PACKET: usize = 1 << 30;

/// One result of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum RawReply {
    /// An OK.
    Ok {
        /// Rows that were changed.
        affected_rows: u64,
        /// The first generated value.
        insert_id: u64,
        /// How many warnings there are.
        warnings: u16,
        /// The text for people.
        info: String,
        /// The session's status.
        status: StatusFlags,
    },
    /// A result set.
    Rows {
        /// Its columns.
        columns: Vec<ColumnDefinition<'static>>,
        /// Its rows, each value as a text row has it.
        rows: Vec<Vec<Option<Vec<u8>>>>,
        /// How many warnings there are.
        warnings: u16,
        /// The session's status.
        status: StatusFlags,
    },
    /// An error.
    Err {
        /// MySQL's number.
        errno: u16,
        /// The SQLSTATE.
        sqlstate: String,
        /// The text.
        message: String,
    },
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq)]
pub enum RawValue {
    /// NULL.
    Null,
    /// A BIGINT.
    Int(i64),
    /// A DOUBLE.
    Double(f64),
    /// A string.
    Text(String),
}

/// A connection.
#[derive(Debug)]
pub struct RawClient {
    stream: TcpStream,
    input: Vec<u8>,
    seq: Seq,
    capabilities: Capabilities,
    what: String,
    /// The connection's id as the greeting gave it.
    pub connection_id: u32,
}

impl RawClient {
    /// Logs in without TLS.
    ///
    /// # Errors
    /// What the server or the operating system says.
    pub fn connect(endpoint: &Endpoint) -> Result<Self, HarnessError> {
        Self::connect_with(endpoint, Capabilities::EMPTY)
    }

    /// As [`RawClient::connect`], with further capabilities.
    ///
    /// # Errors
    /// As [`RawClient::connect`].
    pub fn connect_with(endpoint: &Endpoint, further: Capabilities) -> Result<Self, HarnessError> {
        let what = format!("{}:{}", endpoint.host, endpoint.port);
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port))
            .and_then(|stream| {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Ok(stream)
            })
            .map_err(HarnessError::io(format!("connecting to {what}")))?;
        let mut client = Self {
            stream,
            input: Vec::new(),
            seq: Seq::default(),
            capabilities: Capabilities::EMPTY,
            what,
            connection_id: 0,
        };
        client.log_in(endpoint, further)?;
        Ok(client)
    }

    fn log_in(&mut self, endpoint: &Endpoint, further: Capabilities) -> Result<(), HarnessError> {
        let spoken = Capabilities::SPOKEN
            - Capabilities::SSL
            - Capabilities::FOUND_ROWS
            - Capabilities::NO_SCHEMA
            - Capabilities::IGNORE_SPACE
            - Capabilities::LOCAL_FILES
            - Capabilities::INTERACTIVE
            - Capabilities::SESSION_TRACK
            - Capabilities::QUERY_ATTRIBUTES;
        let wanted = spoken | further;
        let database = Some(endpoint.database.as_bytes()).filter(|database| !database.is_empty());
        let mut login = ClientAuth::new(Login {
            user: endpoint.user.as_bytes(),
            password: endpoint.password.as_bytes(),
            database,
            capabilities: wanted,
            collation: 255,
            max_packet: 1 << 26,
            attributes: Attributes::default(),
            tls: Tls::Never,
            secure: false,
            key: KeySource::AskServer,
        });
        // Padding of the RSA exchange on this machine's own loopback: nothing to keep from anyone.
        let mut random = |bytes: &mut [u8]| bytes.fill(7);
        loop {
            let packet = self.packet()?;
            let (mut out, mut seq) = (Vec::new(), self.seq);
            let step = login.on_packet(&packet, &mut Link { out: &mut out, seq: &mut seq, random: &mut random });
            let step = step.map_err(|error| self.broken(format!("the login failed: {error}")))?;
            self.seq = seq;
            self.send(&out)?;
            match step {
                ClientStep::Read => {}
                ClientStep::StartTls => return Err(self.broken("the login asked for TLS".to_owned())),
                ClientStep::Done(server) => {
                    self.capabilities = server.capabilities;
                    self.connection_id = server.connection_id;
                    return Ok(());
                }
            }
        }
    }

    /// Runs a text: all its results.
    ///
    /// # Errors
    /// The connection broke, or the reply is malformed.
    pub fn query(&mut self, text: &str) -> Result<Vec<RawReply>, HarnessError> {
        let mut payload = Vec::new();
        CommandWriter::new(self.capabilities).query(&mut payload, text.as_bytes());
        self.command(&payload)?;
        self.results(false)
    }

    /// Prepares a text, executes it once and closes it. An error of preparing is the reply.
    ///
    /// # Errors
    /// The connection broke, or the reply is malformed.
    pub fn execute(&mut self, text: &str, values: &[RawValue]) -> Result<Vec<RawReply>, HarnessError> {
        match self.prepare(text)? {
            Ok(prepared) => {
                let replies = self.execute_prepared(prepared, values)?;
                self.close_statement(prepared)?;
                Ok(replies)
            }
            Err(reply) => Ok(vec![reply]),
        }
    }

    /// Prepares a text, or says the server's error.
    ///
    /// # Errors
    /// The connection broke, or the reply is malformed.
    pub fn prepare(&mut self, text: &str) -> Result<Result<PrepareOk, RawReply>, HarnessError> {
        let mut payload = Vec::new();
        CommandWriter::new(self.capabilities).stmt_prepare(&mut payload, text.as_bytes());
        self.command(&payload)?;
        let packet = self.packet()?;
        if packet.first() == Some(&ErrPacket::HEADER) {
            return Ok(Err(self.error(&packet)?));
        }
        let prepared = PrepareOk::decode(&packet).map_err(|error| self.malformed(&error))?;
        for _ in 0..u32::from(prepared.params) + u32::from(prepared.columns) {
            self.packet()?;
        }
        Ok(Ok(prepared))
    }

    /// Executes a prepared statement.
    ///
    /// # Errors
    /// The connection broke, the reply is malformed, or there are too few values.
    pub fn execute_prepared(
        &mut self,
        prepared: PrepareOk,
        values: &[RawValue],
    ) -> Result<Vec<RawReply>, HarnessError> {
        if values.len() != usize::from(prepared.params) {
            let what = format!("{} values for {} parameters", values.len(), prepared.params);
            return Err(self.broken(what));
        }
        let mut payload = vec![CommandCode::StmtExecute as u8];
        payload.extend_from_slice(&prepared.statement_id.to_le_bytes());
        payload.extend_from_slice(&[0, 1, 0, 0, 0]);
        if !values.is_empty() {
            let mut nulls = vec![0u8; values.len().div_ceil(8)];
            let (mut types, mut data) = (Vec::new(), Vec::new());
            for (at, value) in values.iter().enumerate() {
                types.extend_from_slice(&match value {
                    RawValue::Null => [6, 0],
                    RawValue::Int(_) => [8, 0],
                    RawValue::Double(_) => [5, 0],
                    RawValue::Text(_) => [253, 0],
                });
                match value {
                    RawValue::Null => {
                        if let Some(byte) = nulls.get_mut(at / 8) {
                            *byte |= 1 << (at % 8);
                        }
                    }
                    RawValue::Int(number) => data.extend_from_slice(&number.to_le_bytes()),
                    RawValue::Double(number) => data.extend_from_slice(&number.to_le_bytes()),
                    RawValue::Text(text) => {
                        shardgate_wire::row::write_text_value(&mut data, Some(text.as_bytes()));
                    }
                }
            }
            payload.extend(nulls);
            payload.push(1);
            payload.extend(types);
            payload.extend(data);
        }
        self.command(&payload)?;
        self.results(true)
    }

    fn close_statement(&mut self, prepared: PrepareOk) -> Result<(), HarnessError> {
        let mut payload = Vec::new();
        CommandWriter::new(self.capabilities).stmt(&mut payload, CommandCode::StmtClose, prepared.statement_id);
        self.command(&payload)
    }

    /// Sends a command's payload, without reading a reply.
    fn command(&mut self, payload: &[u8]) -> Result<(), HarnessError> {
        self.seq = Seq::default();
        let mut out = Vec::with_capacity(payload.len() + 4);
        frame::append_payload(&mut out, &mut self.seq, payload);
        self.send(&out)
    }

    fn results(&mut self, binary: bool) -> Result<Vec<RawReply>, HarnessError> {
        let mut replies = Vec::new();
        loop {
            let reply = self.result(binary)?;
            let more = match &reply {
                RawReply::Ok { status, .. } | RawReply::Rows { status, .. } => {
                    status.contains(StatusFlags::MORE_RESULTS)
                }
                RawReply::Err { .. } => false,
            };
            replies.push(reply);
            if !more {
                return Ok(replies);
            }
        }
    }

    fn result(&mut self, binary: bool) -> Result<RawReply, HarnessError> {
        let packet = self.packet()?;
        match classify(Phase::Response, self.capabilities, packet.first().copied(), packet.len()) {
            Class::Ok => {
                let ok = self.ok(&packet)?;
                Ok(RawReply::Ok {
                    affected_rows: ok.affected_rows,
                    insert_id: ok.insert_id,
                    warnings: ok.warnings,
                    info: String::from_utf8_lossy(&ok.info).into_owned(),
                    status: ok.status,
                })
            }
            Class::Err => self.error(&packet),
            Class::ColumnCount => self.rows(&packet, binary),
            class => Err(self.broken(format!("answered with a packet of class {class:?}"))),
        }
    }

    fn rows(&mut self, count: &[u8], binary: bool) -> Result<RawReply, HarnessError> {
        let count = match *count {
            [count] => usize::from(count),
            [0xFC, low, high] => usize::from(u16::from_le_bytes([low, high])),
            _ => return Err(self.broken(format!("sent the column count {count:?}"))),
        };
        let mut columns = Vec::with_capacity(count);
        for _ in 0..count {
            let packet = self.packet()?;
            let column = ColumnDefinition::decode(&packet).map_err(|error| self.malformed(&error))?;
            columns.push(column.into_owned());
        }
        let mut rows = Vec::new();
        loop {
            let packet = self.packet()?;
            match classify(Phase::Rows, self.capabilities, packet.first().copied(), packet.len()) {
                Class::Ok => {
                    let ok = self.ok(&packet)?;
                    return Ok(RawReply::Rows { columns, rows, warnings: ok.warnings, status: ok.status });
                }
                Class::Err => return self.error(&packet),
                _ if binary => rows.push(self.binary_row(&packet, &columns)?),
                _ => {
                    let values = TextRow::new(&packet).map(|value| value.map(|value| value.map(<[u8]>::to_vec)));
                    let row: Vec<_> = values.collect::<Result<_, _>>().map_err(|error| self.malformed(&error))?;
                    if row.len() != columns.len() {
                        return Err(self.broken(format!("sent {} values for {} columns", row.len(), columns.len())));
                    }
                    rows.push(row);
                }
            }
        }
    }

    fn binary_row(
        &self,
        packet: &[u8],
        columns: &[ColumnDefinition<'static>],
    ) -> Result<Vec<Option<Vec<u8>>>, HarnessError> {
        let row = BinaryRow::new(packet, columns).map_err(|error| self.malformed(&error))?;
        let mut values = Vec::with_capacity(columns.len());
        for (value, column) in row.zip(columns) {
            let value = value.map_err(|error| self.malformed(&error))?;
            values.push(match value {
                Param::Null => None,
                value => {
                    let mut text = Vec::new();
                    write_as_text(&mut text, &value, column);
                    Some(text)
                }
            });
        }
        if values.len() != columns.len() {
            return Err(self.broken(format!("sent {} values for {} columns", values.len(), columns.len())));
        }
        Ok(values)
    }

    fn ok<'p>(&self, packet: &'p [u8]) -> Result<OkPacket<'p>, HarnessError> {
        OkPacket::decode(packet, self.capabilities).map_err(|error| self.malformed(&error))
    }

    fn error(&self, packet: &[u8]) -> Result<RawReply, HarnessError> {
        let error = ErrPacket::decode(packet).map_err(|error| self.malformed(&error))?;
        Ok(RawReply::Err {
            errno: error.errno,
            sqlstate: String::from_utf8_lossy(&error.sqlstate).into_owned(),
            message: String::from_utf8_lossy(&error.message).into_owned(),
        })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), HarnessError> {
        let what = format!("sending to {}", self.what);
        self.stream.write_all(bytes).map_err(HarnessError::io(what))
    }

    fn packet(&mut self) -> Result<Vec<u8>, HarnessError> {
        loop {
            let need = match frame::pull(&self.input, &mut self.seq, MAX_PACKET) {
                Ok(Pull::Packet(packet)) => {
                    let consumed = packet.consumed;
                    let payload = packet.payload.into_owned();
                    self.input.drain(..consumed);
                    return Ok(payload);
                }
                Ok(Pull::Need(need)) => need,
                Err(error) => return Err(self.broken(error.to_string())),
            };
            let mut buffer = vec![0; need.saturating_sub(self.input.len()).max(16 << 10)];
            let read = self.stream.read(&mut buffer);
            let read = read.map_err(HarnessError::io(format!("reading from {}", self.what)))?;
            if read == 0 {
                return Err(self.broken("closed the connection".to_owned()));
            }
            self.input.extend_from_slice(buffer.get(..read).unwrap_or_default());
        }
    }

    fn malformed(&self, error: &shardgate_wire::DecodeError) -> HarnessError {
        self.broken(format!("sent a malformed packet: {error}"))
    }

    fn broken(&self, what: String) -> HarnessError {
        HarnessError::Client { client: "raw".to_owned(), what: format!("{} {what}", self.what) }
    }
}
