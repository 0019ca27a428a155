//! What a data definition came to on the shards, and what the journals tell of those that broke off.

use super::journal::{Member, State};
use crate::backend::OkSummary;
use crate::error::StatementError;
use crate::execute::ok_sum::OkSum;
use crate::session::{KeyspaceRef, Session, TabletType};
use shardgate_router::error::Code;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a shard didn't carry a definition out.
#[derive(Debug)]
pub(super) enum Failure {
    /// It certainly didn't.
    NotDone(StatementError),
    /// It may have.
    Unknown(StatementError),
}

/// What a data definition came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The journal has it.
    journaled: bool,
    sum: OkSum,
    /// Shards that have carried it out, now or before.
    finished: Vec<String>,
    /// Whether any of them did so now.
    changed: bool,
    /// The shard that stopped it, and why.
    pub(super) failure: Option<(String, Failure)>,
    /// Shards that it wasn't sent to.
    pub(super) pending: Vec<String>,
}

impl Outcome {
    /// Of a statement that the journal has.
    pub(super) fn journaled() -> Self {
        Outcome { journaled: true, ..Outcome::default() }
    }

    /// A shard carried it out.
    pub(super) fn done(&mut self, shard: String, ok: &OkSummary) {
        self.sum.add_alike(ok, None);
        self.changed = true;
        self.finished.push(shard);
    }

    /// A shard had carried it out before.
    pub(super) fn done_before(&mut self, shard: String) {
        self.finished.push(shard);
    }

    /// A shard failed.
    pub(super) fn failed(&mut self, shard: String, failure: Failure) {
        self.failure = Some((shard, failure));
    }

    /// Whether the keyspace may be other than before.
    pub(super) fn has_effect(&self) -> bool {
        self.changed || matches!(self.failure, Some((_, Failure::Unknown(_))))
    }

    /// Whether it certainly took effect nowhere.
    pub(super) fn is_without_trace(&self) -> bool {
        self.finished.is_empty() && matches!(self.failure, Some((_, Failure::NotDone(_))))
    }

    /// What the client hears.
    pub(super) fn answer(self) -> Result<OkSum, StatementError> {
        let without_trace = self.is_without_trace();
        let Outcome { journaled, sum, finished, failure, pending, .. } = self;
        let Some((shard, failure)) = failure else { return Ok(sum) };
        let (what, error) = match failure {
            Failure::NotDone(error) if without_trace => return Err(error),
            Failure::NotDone(error) => ("it failed on", error),
            Failure::Unknown(error) => ("it isn't known whether it took effect on", error),
        };
        let mut message = String::new();
        if !finished.is_empty() {
            message.push_str(&format!("the statement is done on {}; ", finished.join(", ")));
        }
        message.push_str(&format!("{what} {shard}: {error}"));
        if !pending.is_empty() {
            message.push_str(&format!("; it wasn't sent to {}", pending.join(", ")));
        }
        message.push_str(if journaled {
            "; once the cause is gone, repeat the statement as it is: that finishes it where it isn't done (SHOW SHARDGATE \
             STATUS lists it until then)"
        } else {
            "; repeat it on the other shards once the cause is gone (`USE keyspace:shard`)"
        });
        Err(StatementError::sql(Code::PartialDdl, message))
    }
}

/// A statement that isn't finished, and the shards that have come so far.
#[derive(Default)]
struct Unfinished {
    statement: String,
    since: String,
    shards: BTreeMap<&'static str, Vec<String>>,
}

/// The data definitions that aren't finished, as lines of SHOW SHARDGATE STATUS: names and values.
pub(crate) async fn unfinished(session: &mut Session) -> Vec<(String, String)> {
    let snapshot = Arc::clone(&session.snapshot);
    let mut lines = Vec::new();
    for (name, keyspace) in &snapshot.topology.keyspaces {
        if keyspace.has_one_shard() {
            continue;
        }
        let reference = KeyspaceRef::Keyspace(Arc::clone(keyspace));
        let mut found: BTreeMap<String, Unfinished> = BTreeMap::new();
        for index in 0..keyspace.shards.len() {
            if let Err(error) = add(session, &reference, index, &mut found).await {
                lines.push((format!("keyspace {name} ddl"), format!("a shard's journal can't be read: {error}")));
            }
        }
        for unfinished in found.into_values() {
            let Unfinished { statement, since, shards } = unfinished;
            if shards.keys().eq(["done"].iter()) {
                // All that is left is to forget it.
                continue;
            }
            let shards: Vec<String> =
                shards.iter().map(|(state, names)| format!("{state} on {}", names.join(", "))).collect();
            let value = format!("unfinished since {since}: {statement}; {}; repeat it to finish it", shards.join("; "));
            lines.push((format!("keyspace {name} ddl"), value));
        }
    }
    lines
}

async fn add(
    session: &mut Session,
    keyspace: &KeyspaceRef,
    index: usize,
    found: &mut BTreeMap<String, Unfinished>,
) -> Result<(), StatementError> {
    let mut member = Member::open(session, keyspace.place(index, TabletType::Primary, 0)?).await?;
    let entries = member.read(session).await;
    let shard = member.place.to_string();
    member.close(session).await;
    let Ok(Some(entries)) = entries? else { return Ok(()) };
    for entry in entries {
        let state = match entry.state {
            State::Pending => "not begun",
            State::Running => "not known",
            State::Done => "done",
        };
        let known = found.entry(entry.id).or_default();
        known.statement = String::from_utf8_lossy(&entry.statement).into_owned();
        known.since = entry.since;
        known.shards.entry(state).or_default().push(shard.clone());
    }
    Ok(())
}
