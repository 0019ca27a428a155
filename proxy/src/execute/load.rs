//! Load a client's file, each row on its shard.
//!
//! The rows' bytes aren't changed: each shard runs the client's statement on the rows that are its own, at the same time
//! as the others. What a shard hasn't taken yet slows down the client.

use super::atomic;
use super::head;
use super::local_file::{self, AskedFile};
use super::ok_sum::OkSum;
use super::route::{lease, render, targeted_shard};
use super::scatter::answer_write;
use super::shard_rows::failed;
use super::write;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Lease, Session, TabletType};
use shardgate_router::error::Code;
use shardgate_router::load_text::LoadStep;
use shardgate_router::plan::Load;

/// Bytes of rows that are gathered for a shard before they are sent.
const SEND_AT: usize = 32 << 10;

/// A shard that takes rows.
struct Part {
    index: usize,
    lease: Lease,
    rows: Vec<u8>,
}

/// What is done with the file.
struct Loading<'l> {
    load: &'l Load,
    keyspace: KeyspaceRef,
    /// The shard that the session chose for all rows.
    only: Option<usize>,
    parts: Vec<Part>,
    /// What was read and isn't a whole row yet.
    text: Vec<u8>,
    /// There's no use in looking for a row's end before the text is so long.
    look_at: usize,
    ignored_lines: u64,
    /// Rows so far.
    rows: u64,
    /// The first value of the sequence.
    first_generated: Option<u64>,
}

/// Run a LOAD DATA LOCAL INFILE.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    load: &Load,
) -> Result<Reach, StatementError> {
    local_file::check(session)?;
    let keyspace = KeyspaceRef::find(&session.snapshot, &load.keyspace)?;
    let only = targeted_shard(session, &keyspace, &load.keyspace)?;
    let mut loading = Loading {
        load,
        keyspace,
        only,
        parts: Vec::new(),
        text: Vec::new(),
        look_at: 1,
        ignored_lines: load.ignored_lines,
        rows: 0,
        first_generated: None,
    };
    let steps = atomic::begin(session).await?;
    // One shard first: what it has against the statement is said before the client sends anything.
    let first = only.unwrap_or_default();
    let opened = Loading::open(&mut loading.parts, &loading.keyspace, load, session, statement, first).await;
    let result = match opened {
        Ok(_) => loading.run(session, statement).await,
        Err(error) => Err(error),
    };
    let reach = if loading.parts.len() > 1 { Reach::SeveralShards } else { Reach::OneShard };
    let (result, first_generated) = loading.end(session, statement, result).await;
    let sum = atomic::end(session, steps, result).await?;
    answer_write(session, &sum, first_generated);
    Ok(reach)
}

impl Loading<'_> {
    /// Ask the client for its file, and give each shard its rows.
    async fn run(&mut self, session: &mut Session, statement: &Statement<'_>) -> Result<(), StatementError> {
        let mut file = AskedFile::ask(session, &self.load.file).await?;
        let mut result = Ok(());
        loop {
            let more = file.advance(session, &mut result).await?;
            if result.is_err() {
                // The client takes an answer only behind its file.
                file.skip(session).await?;
                return result;
            }
            self.text.extend_from_slice(if more { file.part() } else { b"" });
            result = self.take_rows(session, statement, !more).await;
            if !more {
                return result;
            }
        }
    }

    /// Give the rows that are there to their shards.
    async fn take_rows(
        &mut self,
        session: &mut Session,
        statement: &Statement<'_>,
        ended: bool,
    ) -> Result<(), StatementError> {
        if self.text.len() < self.look_at && !ended {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            if self.ignored_lines > 0 && !rest.is_empty() {
                match self.load.format.line(rest, ended) {
                    Some(len) => {
                        at += len;
                        self.ignored_lines -= 1;
                        continue;
                    }
                    None => break,
                }
            }
            let LoadStep::Row(row) = self.load.format.row(rest, self.load.fields, ended) else { break };
            self.rows += 1;
            let generated = self.generate(session).await?;
            let index = match self.only {
                Some(index) => index,
                None => {
                    let ranges = self.keyspace.ranges();
                    self.load.shard_of(&row.fields, generated, self.rows, ranges)? as usize
                }
            };
            let field_end = &self.load.format.field_end;
            let part = self.parts.iter_mut().find(|part| part.index == index);
            let part = match part {
                Some(part) => part,
                None => Self::open(&mut self.parts, &self.keyspace, self.load, session, statement, index).await?,
            };
            part.rows.extend_from_slice(&self.load.format.line_start);
            if let Some(number) = generated {
                part.rows.extend_from_slice(number.to_string().as_bytes());
                part.rows.extend_from_slice(field_end);
            }
            part.rows.extend_from_slice(rest.get(row.start..row.len).unwrap_or_default());
            at += row.len;
            if part.rows.len() >= SEND_AT {
                part.send().await.map_err(|error| part.lease.failed(&error))?;
            }
        }
        self.text = text.get(at..).unwrap_or_default().to_vec();
        self.look_at = self.text.len() * 2 + 1;
        Ok(())
    }

    async fn generate(&mut self, session: &Session) -> Result<Option<u64>, StatementError> {
        let Some(auto) = &self.load.generated else { return Ok(None) };
        let mut values = match &auto.sequence {
            Some(sequence) => session.worker.shared.sequences.next(sequence, 1).await?,
            None => session.worker.shared.sequences.snowflake(1)?,
        };
        let value = values.next();
        self.first_generated = self.first_generated.or(value);
        Ok(value)
    }

    /// Begin the statement on a shard.
    async fn open<'p>(
        parts: &'p mut Vec<Part>,
        keyspace: &KeyspaceRef,
        load: &Load,
        session: &mut Session,
        statement: &Statement<'_>,
        index: usize,
    ) -> Result<&'p mut Part, StatementError> {
        let place = keyspace.place(index, TabletType::Primary, 0)?;
        let text = render(session, statement, &load.sql, &place, &[], None)?;
        let mut lease = lease(session, statement, place).await?;
        if let Err(error) = local_file::request(&mut lease.backend, &text).await {
            return Err(failed(session, statement.plan.class, lease, error).await);
        }
        parts.push(Part { index, lease, rows: Vec::new() });
        parts.last_mut().ok_or_else(|| StatementError::sql(Code::Internal, "a shard's part was lost"))
    }

    /// End each shard's file and add up what the shards answer, or their first error. After an error the answers don't
    /// count: what the shards have loaded is undone.
    async fn end(
        self,
        session: &mut Session,
        statement: &Statement<'_>,
        result: Result<(), StatementError>,
    ) -> (Result<OkSum, StatementError>, Option<u64>) {
        let deadline = head::deadline(session);
        let mut failure = result.err();
        let mut sum = OkSum::default();
        let mut warnings = Vec::new();
        let mut leases = Vec::with_capacity(self.parts.len());
        for mut part in self.parts {
            if failure.is_some() {
                part.rows.clear();
            }
            match part.finish().await {
                Ok(()) => leases.push(part.lease),
                Err(error) => {
                    let error = failed(session, statement.plan.class, part.lease, error).await;
                    failure = failure.or(Some(error));
                }
            }
        }
        for lease in leases {
            let (lease, answer) = write::answer(session, statement, lease, deadline, &mut warnings).await;
            match answer {
                Ok(ok) => sum.add(&ok),
                Err(error) => failure = failure.or(Some(error)),
            }
            if let Some(lease) = lease {
                session.connections.put_back(lease).await;
            }
        }
        session.state.warnings = warnings;
        (failure.map_or(Ok(sum), Err), self.first_generated)
    }
}

impl Part {
    /// Send the rows that were gathered.
    async fn send(&mut self) -> Result<(), crate::backend::BackendError> {
        self.lease.backend.queue_file_part(&self.rows);
        self.rows.clear();
        self.lease.backend.flush().await
    }

    /// Send the last rows and the end of the file.
    async fn finish(&mut self) -> Result<(), crate::backend::BackendError> {
        if !self.rows.is_empty() {
            self.lease.backend.queue_file_part(&self.rows);
        }
        self.lease.backend.queue_file_end();
        self.lease.backend.flush().await
    }
}
