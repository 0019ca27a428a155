//! The client's side of a session: its socket, its packets, and replies that the proxy makes itself.

use crate::error::StatementError;
use crate::net::{Buffer, Stream};
use shardgate_wire::frame::{self, FrameError, Pull, Seq};
use shardgate_wire::reply::{ErrPacket, OkPacket};
use shardgate_wire::{Capabilities, StatusFlags};
use std::io;

/// A buffer that held a longer packet is given back when the packet is done.
const KEEP: usize = 16 << 10;

/// Why no further packet can be had from a client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// The client closed the connection, between two packets.
    #[error("closed")]
    Closed,
    /// The connection broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What came isn't the protocol.
    #[error("{0}")]
    Frame(#[from] FrameError),
}

/// What a client sent, packet by packet.
#[derive(Debug)]
pub(crate) struct Input {
    buffer: Buffer,
    /// Bytes of the buffer that the current packet takes, headers included.
    frames: usize,
    /// The payload of a packet of several frames.
    long: Option<Vec<u8>>,
}

impl Input {
    /// Nothing yet.
    pub(crate) fn new() -> Input {
        Input { buffer: Buffer::new(), frames: 0, long: None }
    }

    /// Wait for the next packet. `seq` is the sequence id that it must have, and becomes the next one.
    pub(crate) async fn next(&mut self, stream: &mut Stream, seq: &mut Seq, max: usize) -> Result<(), InputError> {
        self.finish();
        loop {
            let need = match frame::pull(self.buffer.bytes(), seq, max)? {
                Pull::Packet(packet) => {
                    self.frames = packet.consumed;
                    if let std::borrow::Cow::Owned(long) = packet.payload {
                        self.long = Some(long);
                    }
                    return Ok(());
                }
                Pull::Need(need) => need,
            };
            self.buffer.reserve(need);
            if stream.read(&mut self.buffer).await? == 0 {
                let closed = self.buffer.is_empty();
                return Err(if closed {
                    InputError::Closed
                } else {
                    io::Error::from(io::ErrorKind::UnexpectedEof).into()
                });
            }
        }
    }

    /// The current packet's payload.
    pub(crate) fn payload(&self) -> &[u8] {
        match &self.long {
            Some(long) => long,
            None => self.frames().get(frame::HEADER_LEN..).unwrap_or_default(),
        }
    }

    /// The current packet with its headers, as it came.
    pub(crate) fn frames(&self) -> &[u8] {
        self.buffer.bytes().get(..self.frames).unwrap_or_default()
    }

    /// Done with the current packet; takes what was read behind it.
    pub(crate) fn take_rest(&mut self) -> Vec<u8> {
        self.finish();
        let rest = self.buffer.bytes().to_vec();
        self.buffer.consume(rest.len());
        rest
    }

    /// Done with the current packet.
    fn finish(&mut self) {
        self.buffer.consume(self.frames);
        self.frames = 0;
        self.long = None;
        self.buffer.shrink_to(KEEP);
    }
}

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Client {
    /// The socket.
    pub(crate) stream: Stream,
    /// Bytes to send with the next [`Client::flush`].
    pub(crate) out: Vec<u8>,
    /// The sequence id of the next packet to the client.
    pub(crate) seq: Seq,
    /// What client and proxy agreed on.
    pub(crate) capabilities: Capabilities,
    /// Whether another result follows the one that is being made (multi-statements).
    pub(crate) more_results: bool,
}

impl Client {
    /// A client that hasn't said anything yet.
    pub(crate) fn new(stream: Stream) -> Client {
        Client { stream, out: Vec::new(), seq: Seq(0), capabilities: Capabilities(0), more_results: false }
    }

    /// Append a packet.
    pub(crate) fn packet(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        frame::append(&mut self.out, &mut self.seq, write);
    }

    /// Append an OK.
    pub(crate) fn ok(&mut self, ok: &OkPacket<'_>) {
        let mut ok = ok.clone();
        if self.more_results {
            ok.status |= StatusFlags::MORE_RESULTS;
        }
        let capabilities = self.capabilities;
        self.packet(|out| ok.encode(out, capabilities));
    }

    /// Append an ERR.
    pub(crate) fn error(&mut self, errno: u16, sqlstate: &str, message: &str) {
        let mut state = *b"HY000";
        if let Ok(known) = <[u8; 5]>::try_from(sqlstate.as_bytes()) {
            state = known;
        }
        let packet = ErrPacket { errno, sqlstate: state, message: message.as_bytes().into() };
        let capabilities = self.capabilities | Capabilities::PROTOCOL_41;
        self.packet(|out| packet.encode(out, capabilities));
    }

    /// Append the ERR for a failed statement.
    pub(crate) fn statement_error(&mut self, error: &StatementError) {
        match error {
            StatementError::Sql(error) => {
                self.error(error.code.errno(), error.code.sqlstate(), &error.to_string());
            }
            StatementError::Shard(error) => {
                let packet = ErrPacket {
                    errno: error.errno,
                    sqlstate: error.sqlstate,
                    message: error.message.as_slice().into(),
                };
                let capabilities = self.capabilities;
                self.packet(|out| packet.encode(out, capabilities));
            }
            StatementError::Client(_) => {}
        }
    }

    /// Send what was appended.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let sent = self.stream.write_all(&self.out).await;
        self.out.clear();
        if self.out.capacity() > KEEP {
            self.out.shrink_to(KEEP);
        }
        sent
    }
}
