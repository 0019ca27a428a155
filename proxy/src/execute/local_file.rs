//! LOAD DATA LOCAL: the client's file, from the client to where it is wanted.

use super::head;
use super::route::relay;
use super::wait;
use crate::backend::{Backend, BackendError, RelayError};
use crate::client::{Client, Input, InputError};
use crate::error::StatementError;
use crate::session::{Lease, Session};
use shardgate_router::error::Code;
use shardgate_wire::Capabilities;
use shardgate_wire::frame::Seq;
use shardgate_wire::reply::{Expect, Outcome};
use std::io;
use tokio::time::Instant;

/// The first byte of the packet that asks for a file.
const REQUEST: u8 = 0xFB;

/// A file that a client sends, packet by packet.
struct LocalFile {
    input: Input,
    ended: bool,
}

impl LocalFile {
    /// The file that the client was asked for.
    fn new() -> Self {
        LocalFile { input: Input::new(), ended: false }
    }

    /// The next part; `None` at the end.
    async fn next(&mut self, client: &mut Client, max: usize) -> io::Result<Option<&[u8]>> {
        if self.ended {
            return Ok(None);
        }
        let mut seq = client.seq;
        let received = self.input.next(&mut client.stream, &mut seq, max).await;
        client.seq = seq;
        match received {
            Ok(()) => {}
            Err(InputError::Io(error)) => return Err(error),
            Err(InputError::Closed) => return Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
            Err(InputError::Frame(error)) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
        if self.input.payload().is_empty() {
            self.ended = true;
            return if self.input.take_rest().is_empty() {
                Ok(None)
            } else {
                Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the client sent a command before its file was answered",
                ))
            };
        }
        Ok(Some(self.input.payload()))
    }
}

/// A file that the proxy itself asks the client for, for the time that its statement has.
pub(super) struct AskedFile {
    file: LocalFile,
    max: usize,
    deadline: Option<Instant>,
}

impl AskedFile {
    /// Ask the client for the file of this name.
    pub(super) async fn ask(session: &mut Session, name: &[u8]) -> Result<Self, StatementError> {
        session.client.packet(|out| {
            out.push(REQUEST);
            out.extend_from_slice(name);
        });
        session.client.flush().await.map_err(StatementError::Client)?;
        Ok(AskedFile { file: LocalFile::new(), max: max_packet(session), deadline: head::deadline(session) })
    }

    /// Go on to the next part; whether there is one. A kill, and time that is up, become the `result`: the client takes an
    /// answer only behind its file, so the rest has to be read all the same.
    pub(super) async fn advance(
        &mut self,
        session: &mut Session,
        result: &mut Result<(), StatementError>,
    ) -> Result<bool, StatementError> {
        loop {
            let more = tokio::select! {
                biased;
                _ = session.process.killed(), if result.is_ok() => {
                    *result = Err(wait::interrupted());
                    continue;
                }
                part = self.file.next(&mut session.client, self.max) => part.map_err(StatementError::Client)?.is_some(),
            };
            if let (Ok(()), Some(error)) = (&*result, wait::time_is_up(self.deadline)) {
                *result = Err(error);
            }
            return Ok(more);
        }
    }

    /// The part that [`advance`](Self::advance) went on to.
    pub(super) fn part(&self) -> &[u8] {
        self.file.input.payload()
    }

    /// Read the rest and throw it away.
    pub(super) async fn skip(&mut self, session: &mut Session) -> Result<(), StatementError> {
        while self.file.next(&mut session.client, self.max).await.map_err(StatementError::Client)?.is_some() {}
        Ok(())
    }
}

/// The longest packet that a client may send.
fn max_packet(session: &Session) -> usize {
    usize::try_from(session.snapshot.config.limits.max_allowed_packet).unwrap_or(usize::MAX)
}

/// Refuse a statement that asks for a file if the client can't be asked.
pub(super) fn check(session: &Session) -> Result<(), StatementError> {
    if !session.client.capabilities.contains(Capabilities::LOCAL_FILES) {
        let message = "Loading local data is disabled; this must be enabled on both the client and server sides: the client \
             didn't offer it at its login (`mysql --local-infile=1`)";
        return Err(StatementError::sql(Code::LocalFilesOff, message));
    }
    if session.client.more_results || session.client.seq != Seq(1) {
        let message = "unsupported: LOAD DATA LOCAL among several statements of one text; send it alone";
        return Err(StatementError::sql(Code::Unsupported, message));
    }
    Ok(())
}

/// A shard asked for the client's file, and the request is the end of what the client gets next: pass the file on, and
/// relay the shard's answer to it.
pub(super) async fn pass_on(session: &mut Session, lease: &mut Lease) -> Result<Outcome, RelayError> {
    let max = max_packet(session);
    let client = &mut session.client;
    client.seq = Seq(2);
    client.flush().await.map_err(RelayError::Client)?;
    lease.backend.begin_file();
    let mut file = LocalFile::new();
    let lost = |error| RelayError::Backend { error, relayed: 0 };
    loop {
        let part = tokio::select! {
            biased;
            () = session.process.connection_killed() => {
                let killed = io::Error::new(io::ErrorKind::ConnectionAborted, "killed while it sent a file");
                return Err(RelayError::Client(killed));
            }
            part = file.next(client, max) => part.map_err(RelayError::Client)?,
        };
        match part {
            Some(part) => {
                lease.backend.queue_file_part(part);
                lease.backend.flush().await.map_err(lost)?;
            }
            None => break,
        }
    }
    lease.backend.queue_file_end();
    lease.backend.flush().await.map_err(lost)?;
    relay(session, lease, Expect::Query).await
}

/// Send a LOAD DATA LOCAL and read the server's request for the file, which isn't sent yet.
pub(super) async fn request(backend: &mut Backend, text: &[u8]) -> Result<(), BackendError> {
    backend.queue_query(text);
    backend.flush().await?;
    let mut payload = Vec::new();
    backend.expect_reply();
    backend.read_packet(&mut payload).await?;
    match payload.first() {
        Some(&REQUEST) => Ok(()),
        Some(0xFF) => Err(backend.answered(&payload)),
        _ => Err(backend.malformed("the server didn't ask for the file that it is to load")),
    }
}
