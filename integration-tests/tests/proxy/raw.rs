//! A client of its own hand: packets as bytes, right ones and wrong ones.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use sha2::{Digest, Sha256};
use shardgate_integration_tests::Endpoint;

/// CLIENT_LONG_PASSWORD, LONG_FLAG, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, MULTI_RESULTS, PLUGIN_AUTH.
const BASE: u32 = 0x1 | 0x4 | 0x200 | 0x2000 | 0x8000 | 0x2_0000 | 0x8_0000;
/// CLIENT_CONNECT_WITH_DB.
const CONNECT_WITH_DB: u32 = 0x8;
/// CLIENT_MULTI_STATEMENTS.
pub(crate) const MULTI_STATEMENTS: u32 = 0x1_0000;
/// CLIENT_DEPRECATE_EOF.
pub(crate) const DEPRECATE_EOF: u32 = 0x100_0000;
/// `utf8mb4_general_ci`.
const UTF8MB4: u8 = 45;

/// A connection.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    pub(crate) seq: u8,
    capabilities: u32,
}

/// What a statement came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Ok { affected: u64, insert_id: u64, status: u16 },
    Err { errno: u16, state: String, message: String },
    Rows { columns: usize, rows: Vec<Vec<Option<Vec<u8>>>>, status: u16 },
}

impl Reply {
    /// Errno and SQLSTATE of the error that this must be.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, &str) {
        match self {
            Self::Err { errno, state, .. } => (*errno, state),
            other => panic!("not an error: {other:?}"),
        }
    }

    /// The rows as text, fields joined by `|`.
    #[track_caller]
    pub(crate) fn text(&self) -> Vec<String> {
        match self {
            Self::Rows { rows, .. } => {
                rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|")).collect()
            }
            other => panic!("not rows: {other:?}"),
        }
    }

    /// Status flags.
    #[track_caller]
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Ok { status, .. } | Self::Rows { status, .. } => *status,
            other => panic!("no status: {other:?}"),
        }
    }

    /// SERVER_MORE_RESULTS_EXISTS.
    pub(crate) fn has_more(&self) -> bool {
        self.status() & 8 != 0
    }
}

fn shown(field: &Option<Vec<u8>>) -> String {
    field.as_ref().map_or("NULL".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

impl Raw {
    /// Connects, and reads nothing.
    pub(crate) fn open(endpoint: &Endpoint) -> Self {
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        Self { stream, seq: 0, capabilities: 0 }
    }

    /// Logs in with these capabilities beside the usual ones, and this collation.
    pub(crate) fn log_in_as(endpoint: &Endpoint, capabilities: u32, collation: u8) -> Self {
        let mut raw = Self::open(endpoint);
        let greeting = raw.read().expect("a greeting");
        raw.capabilities = BASE | capabilities | if endpoint.database.is_empty() { 0 } else { CONNECT_WITH_DB };
        let response = hello(endpoint, raw.capabilities, collation, &scramble(&endpoint.password, &nonce(&greeting)));
        raw.send_next(&response);
        let more = raw.read().expect("an answer");
        assert_eq!(more, [1, 3], "the fast exchange: {}", String::from_utf8_lossy(&more));
        let verdict = raw.read().expect("a verdict");
        assert_eq!(verdict.first(), Some(&0), "{}", String::from_utf8_lossy(&verdict));
        raw
    }

    /// The same with the collation `utf8mb4_general_ci`.
    pub(crate) fn log_in(endpoint: &Endpoint, capabilities: u32) -> Self {
        Self::log_in_as(endpoint, capabilities, UTF8MB4)
    }

    /// Sends a payload as the next packet of the exchange.
    pub(crate) fn send_next(&mut self, payload: &[u8]) {
        let mut chunks = payload.chunks(0xFF_FFFF).collect::<Vec<_>>();
        if payload.len().is_multiple_of(0xFF_FFFF) {
            chunks.push(&[]);
        }
        for chunk in chunks {
            let length = u32::try_from(chunk.len()).expect("a short chunk").to_le_bytes();
            self.stream.write_all(&[length[0], length[1], length[2], self.seq]).expect("sending");
            self.stream.write_all(chunk).expect("sending");
            self.seq = self.seq.wrapping_add(1);
        }
    }

    /// Sends a command.
    pub(crate) fn command(&mut self, payload: &[u8]) {
        self.seq = 0;
        self.send_next(payload);
    }

    /// Reads a packet, however many frames it has. Sequence ids must be right.
    pub(crate) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut payload = Vec::new();
        loop {
            let mut header = [0; 4];
            self.stream.read_exact(&mut header)?;
            let length = usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
            assert_eq!(header[3], self.seq, "the sequence id");
            self.seq = self.seq.wrapping_add(1);
            let start = payload.len();
            payload.resize(start + length, 0);
            self.stream.read_exact(&mut payload[start..])?;
            if length < 0xFF_FFFF {
                return Ok(payload);
            }
        }
    }

    /// Reads a packet, whatever its sequence id is.
    pub(crate) fn stream_packet(&mut self) -> Vec<u8> {
        let mut header = [0; 4];
        self.stream.read_exact(&mut header).expect("a packet");
        let mut payload = vec![0; usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16];
        self.stream.read_exact(&mut payload).expect("a packet");
        payload
    }

    /// Whether the server has closed the connection, once all that it sent is read.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    /// Sends COM_QUERY and reads the first reply.
    pub(crate) fn query(&mut self, sql: &str) -> Reply {
        self.query_bytes(sql.as_bytes())
    }

    /// The same with a statement in any character set.
    pub(crate) fn query_bytes(&mut self, sql: &[u8]) -> Reply {
        self.command(&[&[3], sql].concat());
        self.reply()
    }

    /// Reads the reply of a statement in the text protocol.
    pub(crate) fn reply(&mut self) -> Reply {
        let first = self.read().expect("a reply");
        match first.first() {
            Some(0) => ok(&first[1..]),
            Some(0xFF) => err(&first),
            _ => {
                let mut at = 0;
                let columns = usize::try_from(length(&first, &mut at)).expect("a count");
                for _ in 0..columns {
                    self.read().expect("a column");
                }
                let deprecate_eof = self.capabilities & DEPRECATE_EOF != 0;
                if !deprecate_eof {
                    let eof = self.read().expect("an end");
                    assert_eq!((eof.first(), eof.len()), (Some(&0xFE), 5), "an EOF packet");
                }
                self.rows(columns, deprecate_eof)
            }
        }
    }

    fn rows(&mut self, columns: usize, deprecate_eof: bool) -> Reply {
        let mut rows = Vec::new();
        loop {
            let packet = self.read().expect("a row");
            match packet.first() {
                Some(0xFF) => return err(&packet),
                Some(0xFE) if !deprecate_eof && packet.len() == 5 => {
                    let status = u16::from_le_bytes([packet[3], packet[4]]);
                    return Reply::Rows { columns, rows, status };
                }
                Some(0xFE) if deprecate_eof && packet.len() < 0xFF_FFFF => {
                    let status = ok(&packet[1..]).status();
                    return Reply::Rows { columns, rows, status };
                }
                _ => {
                    let mut at = 0;
                    rows.push((0..columns).map(|_| field(&packet, &mut at)).collect());
                }
            }
        }
    }
}

/// The 20 bytes that a greeting asks to be answered.
pub(crate) fn nonce(greeting: &[u8]) -> Vec<u8> {
    let version = greeting.iter().skip(1).position(|byte| *byte == 0).expect("a version") + 2;
    let first = &greeting[version + 4..version + 12];
    let second = &greeting[version + 31..version + 43];
    [first, second].concat()
}

/// The fast answer of `caching_sha2_password`.
pub(crate) fn scramble(password: &str, nonce: &[u8]) -> Vec<u8> {
    let once = Sha256::digest(password.as_bytes());
    let twice = Sha256::digest(once);
    let mask = Sha256::digest([twice.as_slice(), nonce].concat());
    once.iter().zip(mask.iter()).map(|(a, b)| a ^ b).collect()
}

/// A HandshakeResponse41.
pub(crate) fn hello(endpoint: &Endpoint, capabilities: u32, collation: u8, answer: &[u8]) -> Vec<u8> {
    let mut packet = capabilities.to_le_bytes().to_vec();
    packet.extend_from_slice(&(64u32 << 20).to_le_bytes());
    packet.push(collation);
    packet.extend_from_slice(&[0; 23]);
    packet.extend_from_slice(endpoint.user.as_bytes());
    packet.push(0);
    packet.push(u8::try_from(answer.len()).expect("a short answer"));
    packet.extend_from_slice(answer);
    if capabilities & CONNECT_WITH_DB != 0 {
        packet.extend_from_slice(endpoint.database.as_bytes());
        packet.push(0);
    }
    packet.extend_from_slice(b"caching_sha2_password\0");
    packet
}

fn ok(body: &[u8]) -> Reply {
    let mut at = 0;
    let affected = length(body, &mut at);
    let insert_id = length(body, &mut at);
    Reply::Ok { affected, insert_id, status: u16::from_le_bytes([body[at], body[at + 1]]) }
}

/// An ERR packet.
pub(crate) fn err(packet: &[u8]) -> Reply {
    assert_eq!(packet.first(), Some(&0xFF), "an error packet: {packet:?}");
    let errno = u16::from_le_bytes([packet[1], packet[2]]);
    let (state, message) = match packet.get(3) {
        Some(b'#') => (String::from_utf8_lossy(&packet[4..9]).into_owned(), &packet[9..]),
        _ => (String::new(), &packet[3..]),
    };
    Reply::Err { errno, state, message: String::from_utf8_lossy(message).into_owned() }
}

/// A length-encoded number.
fn length(bytes: &[u8], at: &mut usize) -> u64 {
    let first = bytes[*at];
    let size = match first {
        0xFC => 2,
        0xFD => 3,
        0xFE => 8,
        _ => 0,
    };
    *at += 1;
    if size == 0 {
        return u64::from(first);
    }
    let number = bytes[*at..*at + size].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    *at += size;
    number
}

fn field(row: &[u8], at: &mut usize) -> Option<Vec<u8>> {
    if row[*at] == 0xFB {
        *at += 1;
        return None;
    }
    let size = usize::try_from(length(row, at)).expect("a length");
    let value = row[*at..*at + size].to_vec();
    *at += size;
    Some(value)
}
