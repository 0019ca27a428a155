//! One command and its reply: relayed to the client as it is, or thrown away.

use super::connection::{Backend, BackendError};
use super::pool::InstancePool;
use crate::client::Client;
use crate::error::ShardError;
use crate::net::Stream;
use crate::show::ProcessHandle;
use shardgate_router::error::Code;
use shardgate_wire::frame;
use shardgate_wire::reply::{End, EofPacket, ErrPacket, Expect, OkPacket, Outcome, ReplyScanner};
use shardgate_wire::{Capabilities, StatusFlags};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep};

/// How long a shard may take to answer after its statement was killed, before its connection is given up.
const KILL_GRACE: Duration = Duration::from_secs(5);

/// Last pieces up to this size are copied so that the backend can be given back before the client is written to.
const COPY_LIMIT: usize = 16 << 10;
/// A statement that runs for longer than this is looked after: whether its client is still there.
const LOOK_AFTER: Duration = Duration::from_secs(1);
/// The largest piece that is read at once, in a long result.
const MAX_READ: usize = 64 << 10;

/// Why a reply wasn't relayed to its end.
#[derive(Debug)]
pub(crate) enum RelayError {
    /// The shard's side failed.
    Backend {
        /// How.
        error: BackendError,
        /// Bytes that the client got already. 0: nothing, so an error packet can take the reply's place.
        relayed: u64,
    },
    /// The client's side failed.
    Client(io::Error),
    /// The statement was killed or its time was up, and the shard didn't answer to that.
    Interrupted {
        /// Bytes that the client got already.
        relayed: u64,
    },
}

/// What can end a wait for a shard before the shard answers.
pub(crate) struct Watch<'a> {
    /// The session's entry, where KILL asks.
    process: &'a ProcessHandle,
    /// Until when the statement may run.
    deadline: Option<Instant>,
    /// Where the statement can be killed.
    pool: &'a Arc<InstancePool>,
    /// Until when the shard may answer, once the statement was killed.
    grace: Option<Instant>,
    /// The KILL QUERY that was sent.
    kill: Option<JoinHandle<()>>,
    /// It was killed because its time was up.
    timed_out: bool,
    /// When to look after the statement.
    alarm: &'a mut Alarm,
}

/// A session's timer for statements that take long. It isn't set for each statement, which would cost a system call
/// wherever nothing else waits for an earlier time: one that an earlier statement has set is left to ring, which is
/// never too late.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Wait until `until`, or until an earlier time.
    async fn ring(&mut self, until: Instant) {
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if sleep.is_elapsed() || sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        sleep.as_mut().await;
    }
}

impl<'a> Watch<'a> {
    /// Watch over a statement on a connection of this pool.
    pub(crate) fn new(
        process: &'a ProcessHandle,
        deadline: Option<Instant>,
        pool: &'a Arc<InstancePool>,
        alarm: &'a mut Alarm,
    ) -> Self {
        Watch { process, deadline, pool, grace: None, kill: None, timed_out: false, alarm }
    }

    /// Kill the statement, and wait a while for the shard's answer to it.
    fn stop(&mut self, thread_id: u32) {
        self.grace = Some(Instant::now() + KILL_GRACE);
        self.deadline = None;
        self.kill = Some(self.pool.kill_query(thread_id));
    }
}

impl Backend {
    /// Relay the reply of the command in flight to the client, undecoded. Memory is constant; a slow client slows down
    /// only this reply. The last piece is left in `tail` for the caller to write, once the backend is given back.
    #[inline]
    pub(crate) async fn relay(
        &mut self,
        client: &mut Stream,
        tail: &mut Vec<u8>,
        expect: Expect,
        watch: &mut Watch<'_>,
    ) -> Result<Outcome, RelayError> {
        let mut scanner = ReplyScanner::new(expect, self.profile.capabilities());
        let mut relayed = 0u64;
        self.broken = true;
        loop {
            self.fill_or_stop(client, watch, relayed).await?;
            let progress = match scanner.scan(self.buffer.bytes()) {
                Ok(progress) => progress,
                Err(error) => {
                    let error = BackendError::Protocol(error.to_string());
                    return Err(RelayError::Backend { error, relayed });
                }
            };
            let bytes = self.buffer.bytes().get(..progress.consumed).unwrap_or_default();
            match progress.complete {
                Some(mut outcome) => {
                    if watch.timed_out && is_interrupted(&outcome) {
                        let start = last_packet(bytes);
                        tail.extend_from_slice(bytes.get(..start).unwrap_or_default());
                        let seq = bytes.get(start + 3).copied().unwrap_or_default();
                        let capabilities = self.profile.capabilities();
                        frame::append(tail, &mut frame::Seq(seq), |out| time_is_up(&mut outcome, capabilities, out));
                    } else if bytes.len() <= COPY_LIMIT {
                        tail.extend_from_slice(bytes);
                    } else {
                        client.write_all(bytes).await.map_err(RelayError::Client)?;
                    }
                    self.buffer.consume(progress.consumed);
                    self.broken = !self.buffer.is_empty();
                    self.kill = watch.kill.take();
                    return Ok(outcome);
                }
                None => {
                    client.write_all(bytes).await.map_err(RelayError::Client)?;
                    relayed += progress.consumed as u64;
                    self.buffer.consume(progress.consumed);
                    self.buffer.grow(MAX_READ);
                }
            }
        }
    }

    /// Read from the shard, unless the statement is stopped before.
    #[inline]
    async fn fill_or_stop(
        &mut self,
        client: &mut Stream,
        watch: &mut Watch<'_>,
        relayed: u64,
    ) -> Result<(), RelayError> {
        loop {
            let look = Instant::now() + LOOK_AFTER;
            let until = watch.grace.or(watch.deadline).map_or(look, |until| until.min(look));
            tokio::select! {
                biased;
                filled = self.fill() => {
                    return filled.map_err(|error| RelayError::Backend { error, relayed });
                }
                _ = watch.process.killed(), if watch.grace.is_none() => watch.stop(self.thread_id),
                () = watch.alarm.ring(until) => {
                    let now = Instant::now();
                    if client.is_closed().await {
                        drop(watch.pool.kill_query(self.thread_id));
                        return Err(RelayError::Client(io::Error::from(io::ErrorKind::ConnectionAborted)));
                    }
                    match (watch.grace, watch.deadline) {
                        (Some(grace), _) if now >= grace => return Err(RelayError::Interrupted { relayed }),
                        (None, Some(deadline)) if now >= deadline => {
                            watch.timed_out = true;
                            watch.stop(self.thread_id);
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// As [`Backend::relay`], packet by packet: where the reply isn't the first of the client's command, so that the
    /// sequence ids differ, or another one follows, so that the status must say so.
    pub(crate) async fn relay_renumbered(
        &mut self,
        client: &mut Client,
        expect: Expect,
        watch: &mut Watch<'_>,
    ) -> Result<Outcome, RelayError> {
        let capabilities = self.profile.capabilities();
        let mut scanner = ReplyScanner::new(expect, capabilities);
        let mut relayed = 0u64;
        let mut payload = Vec::new();
        self.expect_reply();
        loop {
            while !self.has_packet().map_err(|error| RelayError::Backend { error, relayed })? {
                self.broken = true;
                self.fill_or_stop(&mut client.stream, watch, relayed).await?;
            }
            self.read_packet(&mut payload).await.map_err(|error| RelayError::Backend { error, relayed })?;
            let mut framed = Vec::with_capacity(payload.len() + frame::HEADER_LEN);
            frame::append_payload(&mut framed, &mut frame::Seq(0), &payload);
            let progress = scanner.scan(&framed).map_err(|error| {
                self.broken = true;
                RelayError::Backend { error: BackendError::Protocol(error.to_string()), relayed }
            })?;
            if let Some(mut outcome) = progress.complete {
                if watch.timed_out && is_interrupted(&outcome) {
                    payload.clear();
                    time_is_up(&mut outcome, capabilities, &mut payload);
                }
                if client.more_results && !outcome.is_err() {
                    announce_more(&mut payload, capabilities);
                }
                client.packet(|out| out.extend_from_slice(&payload));
                self.kill = watch.kill.take();
                return Ok(outcome);
            }
            client.packet(|out| out.extend_from_slice(&payload));
            if client.out.len() >= COPY_LIMIT {
                relayed += client.out.len() as u64;
                client.flush().await.map_err(RelayError::Client)?;
            }
            self.broken = true;
        }
    }
}

/// Whether the reply is the server's answer to KILL QUERY.
fn is_interrupted(outcome: &Outcome) -> bool {
    outcome.errno() == Some(Code::Interrupted.errno())
}

/// Where the last packet of whole packets begins.
fn last_packet(bytes: &[u8]) -> usize {
    let mut start = 0;
    while let Some([a, b, c, _]) = bytes.get(start..start + frame::HEADER_LEN) {
        let next = start + frame::HEADER_LEN + u32::from_le_bytes([*a, *b, *c, 0]) as usize;
        if next >= bytes.len() {
            break;
        }
        start = next;
    }
    start
}

/// The error of a statement that the proxy stopped because its time was up, in the place of the server's.
fn time_is_up(outcome: &mut Outcome, capabilities: Capabilities, out: &mut Vec<u8>) {
    let error = ShardError::time_is_up();
    outcome.end = End::Err { errno: error.errno, sqlstate: error.sqlstate };
    ErrPacket { errno: error.errno, sqlstate: error.sqlstate, message: error.message.into() }.encode(out, capabilities);
}

/// Set the flag in a reply's last packet that says that another result follows.
fn announce_more(payload: &mut Vec<u8>, capabilities: Capabilities) {
    if payload.first() == Some(&EofPacket::HEADER) && !capabilities.deprecate_eof() {
        if let Ok(mut eof) = EofPacket::decode(payload) {
            eof.status |= StatusFlags::MORE_RESULTS;
            payload.clear();
            eof.encode(payload);
        }
        return;
    }
    let end = payload.first() == Some(&OkPacket::END_HEADER);
    let Ok(ok) = OkPacket::decode(payload, capabilities) else { return };
    let mut ok =
        OkPacket { info: ok.info.into_owned().into(), session_changes: ok.session_changes.into_owned().into(), ..ok };
    ok.status |= StatusFlags::MORE_RESULTS;
    payload.clear();
    if end { ok.encode_end(payload, capabilities) } else { ok.encode(payload, capabilities) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_packet_of_a_reply_is_found() {
        let mut bytes = Vec::new();
        let mut seq = frame::Seq(1);
        assert_eq!(last_packet(&bytes), 0);
        frame::append_payload(&mut bytes, &mut seq, b"one");
        assert_eq!(last_packet(&bytes), 0);
        frame::append_payload(&mut bytes, &mut seq, b"");
        assert_eq!(last_packet(&bytes), 7);
        frame::append_payload(&mut bytes, &mut seq, b"three");
        assert_eq!(last_packet(&bytes), 11);
    }

    #[tokio::test]
    async fn an_alarm_that_was_set_for_later_rings_in_time() {
        let mut alarm = Alarm::default();
        let begin = Instant::now();
        tokio::select! {
            biased;
            () = alarm.ring(begin + Duration::from_secs(3600)) => panic!("an hour too early"),
            () = tokio::task::yield_now() => {}
        }
        for _ in 0..2 {
            let until = Instant::now() + Duration::from_millis(5);
            alarm.ring(until).await;
            assert!(Instant::now() >= until);
        }
        assert!(begin.elapsed() < Duration::from_secs(60));
    }
}
