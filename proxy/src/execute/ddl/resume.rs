//! What the journals say of statements before, and what became of a shard whose answer was lost.

use super::journal::{Entry, Member, State};
use super::object::{Object, UNKNOWN};
use crate::error::StatementError;
use crate::session::Session;
use shardgate_router::error::Code;
use shardgate_router::plan::Ddl;
use std::collections::BTreeMap;

/// Whether a shard has carried a statement out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It has.
    Done,
    /// It has not.
    NotDone,
}

/// Give each member its row: that of the same statement if it isn't finished, else a new one. Rows of statements that
/// are finished, or have never begun, are deleted.
///
/// # Errors
/// When another statement about the same objects isn't finished.
pub(super) async fn prepare(
    session: &mut Session,
    ddl: &Ddl,
    text: &[u8],
    objects: &[Object],
    members: &mut [Member],
    entries: Vec<Vec<Entry>>,
) -> Result<(), StatementError> {
    let mut statements: BTreeMap<String, Vec<Option<Entry>>> = BTreeMap::new();
    let count = members.len();
    for (index, entries) in entries.into_iter().enumerate() {
        for entry in entries {
            let rows = statements.entry(entry.id.clone()).or_insert_with(|| vec![None; count]);
            if let Some(row) = rows.get_mut(index) {
                *row = Some(entry);
            }
        }
    }
    let keys: Vec<String> = objects.iter().map(Object::key).collect();
    for (id, rows) in statements {
        let about = rows.iter().flatten().any(|row| row.objects.iter().any(|object| keys.contains(object)));
        // Of other objects nothing is known: their statement may be running.
        if !about {
            continue;
        }
        let all = |state| rows.iter().flatten().all(|row| row.state == state);
        if all(State::Done) || all(State::Pending) {
            for (member, row) in members.iter_mut().zip(&rows) {
                if row.is_some() {
                    member.forget(session, &id).await?;
                }
            }
            continue;
        }
        let same = rows.iter().flatten().all(|row| row.statement == text);
        if !same {
            return Err(conflict(ddl, &id, &rows, members));
        }
        for (member, row) in members.iter_mut().zip(rows) {
            member.entry = row;
        }
    }
    if members.iter().any(|member| member.entry.is_some()) {
        let without: Vec<String> =
            members.iter().filter(|member| member.entry.is_none()).map(|member| member.place.to_string()).collect();
        if !without.is_empty() {
            let message = format!(
                "an unfinished statement has no row in the journal of {}: see where it is done (`shardgate check` compares \
                 the shards), finish it there, and delete its rows from `_shardgate`.ddl_journal on the others",
                without.join(", ")
            );
            return Err(StatementError::sql(Code::PartialDdl, message));
        }
        return Ok(());
    }
    let id = match members.first_mut() {
        Some(first) => first.new_id(session).await?,
        None => return Ok(()),
    };
    for index in 0..members.len() {
        let Some(member) = members.get_mut(index) else { break };
        if let Err(error) = member.begin(session, &id, text, objects).await {
            // Nothing has begun: what is written already says no more than that.
            for member in members.iter_mut().take(index) {
                if let Err(error) = member.forget(session, &id).await {
                    tracing::warn!(shard = %member.place, %error, "the journal row of a data definition is left");
                }
            }
            return Err(error);
        }
    }
    Ok(())
}

fn conflict(ddl: &Ddl, id: &str, rows: &[Option<Entry>], members: &[Member]) -> StatementError {
    let of = |wanted: State| -> String {
        let shards = members.iter().zip(rows).filter(|(_, row)| row.as_ref().is_some_and(|row| row.state == wanted));
        shards.map(|(member, _)| member.place.to_string()).collect::<Vec<_>>().join(", ")
    };
    let statement = rows.iter().flatten().next().map(|row| String::from_utf8_lossy(&row.statement).into_owned());
    let (done, running, pending) = (of(State::Done), of(State::Running), of(State::Pending));
    let parts: Vec<String> = [("done on", done), ("not known on", running), ("not begun on", pending)]
        .into_iter()
        .filter(|(_, shards)| !shards.is_empty())
        .map(|(what, shards)| format!("{what} {shards}"))
        .collect();
    let message = format!(
        "another data definition of the same objects isn't finished in `{}`: {} ({}); repeat that statement to finish it, or, \
         if all shards have been brought into the same state by hand, forget it on each shard: USE `{}:SHARD`; DELETE FROM \
         `_shardgate`.ddl_journal WHERE id = '{id}'",
        ddl.keyspace,
        statement.unwrap_or_default(),
        parts.join("; "),
        ddl.keyspace
    );
    StatementError::sql(Code::PartialDdl, message)
}

/// What became of a shard whose answer was lost, by what its objects were before and what they are where it is done.
///
/// # Errors
/// When that can't be said.
pub(super) async fn decide(
    session: &mut Session,
    objects: &[Object],
    members: &mut [Member],
    index: usize,
) -> Result<Decision, StatementError> {
    let done = members.iter().position(|member| member.entry.as_ref().is_some_and(|entry| entry.state == State::Done));
    let finished = match done.and_then(|at| members.get_mut(at)) {
        Some(member) => Some(member.definition(session, objects).await?),
        None => None,
    };
    let Some(member) = members.get_mut(index) else {
        return Err(StatementError::sql(Code::Internal, "a shard of a data definition was lost"));
    };
    let before = member.entry.as_ref().map(|entry| entry.before.clone()).unwrap_or_default();
    let now = member.definition(session, objects).await?;
    judge(&before, &now, finished.as_deref()).ok_or_else(|| {
        let message = format!(
            "whether shard {} has carried the statement out can't be told: its definitions are neither those of before nor \
             those of a shard that has; bring it into the right state by hand (USE `{}:{}`), and forget the statement on all \
             shards (DELETE FROM `_shardgate`.ddl_journal)",
            member.place,
            member.place.keyspace,
            member.place.shard.name.as_str()
        );
        StatementError::sql(Code::PartialDdl, message)
    })
}

/// `None`: it can't be told.
fn judge(before: &str, now: &str, finished: Option<&str>) -> Option<Decision> {
    if [Some(before), Some(now), finished].into_iter().flatten().any(|text| text.contains(UNKNOWN)) {
        return None;
    }
    // What changes no definition may be done again.
    if now == before {
        return Some(Decision::NotDone);
    }
    (finished == Some(now)).then_some(Decision::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_answer_is_decided_by_definitions_alone() {
        assert_eq!(judge("a", "a", Some("b")), Some(Decision::NotDone));
        assert_eq!(judge("a", "b", Some("b")), Some(Decision::Done));
        assert_eq!(judge("a", "a", None), Some(Decision::NotDone));
        assert_eq!(judge("a", "a", Some("a")), Some(Decision::NotDone));
        assert_eq!(judge("a", "c", Some("b")), None);
        assert_eq!(judge("a", "b", None), None);
        assert_eq!(judge(UNKNOWN, UNKNOWN, Some(UNKNOWN)), None);
    }
}
