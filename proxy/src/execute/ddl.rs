//! Data definition on every shard.
//!
//! On several shards it is journaled: what breaks off can be finished by repeating the statement.

mod journal;
mod object;
mod outcome;
mod resume;

use super::head;
use super::ok_sum::OkSum;
use super::route::{lease, render};
use super::scatter::answer_write;
use super::scratch::Scratch;
use super::shard_rows::failed;
use crate::backend::{BackendError, Head, OkSummary};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Place, Session, TabletType};
use journal::{Kept, Member, State};
use object::Object;
use outcome::{Failure, Outcome};
use shardgate_router::error::Code;
use shardgate_router::plan::{Ddl, DdlKind};

pub(crate) use outcome::unfinished;

/// Run a data definition on each shard, one after another; then read the schema again.
pub(super) async fn run(session: &mut Session, statement: &Statement<'_>, ddl: &Ddl) -> Result<Reach, StatementError> {
    let sum = carry_out(session, statement, ddl).await?;
    answer_write(session, &sum, None);
    Ok(Reach::SeveralShards)
}

/// As [`run`], without an answer to the client.
pub(super) async fn carry_out(
    session: &mut Session,
    statement: &Statement<'_>,
    ddl: &Ddl,
) -> Result<OkSum, StatementError> {
    session.commit_all().await?;
    let keyspace = KeyspaceRef::find(&session.snapshot, &ddl.keyspace)?;
    let places: Vec<Place> = (0..keyspace.ranges().len())
        .map(|index| keyspace.place(index, TabletType::Primary, 0))
        .collect::<Result<_, _>>()?;
    let outcome = if places.len() > 1 && is_journaled(ddl) {
        journaled(session, statement, ddl, places).await
    } else {
        plain(session, statement, ddl, places).await
    };
    if outcome.as_ref().map_or(true, Outcome::has_effect) {
        session.refresh_schema(&ddl.keyspace).await;
    }
    outcome?.answer()
}

/// Whether a statement that broke off must not simply run again. TRUNCATE may; accounts and databases aren't of a shard.
fn is_journaled(ddl: &Ddl) -> bool {
    let kind = matches!(
        ddl.kind,
        DdlKind::CreateTable
            | DdlKind::AlterTable
            | DdlKind::DropTable
            | DdlKind::RenameTable
            | DdlKind::View
            | DdlKind::Routine
    );
    kind && !ddl.objects.is_empty()
}

/// Without a journal. A failure on a shard stops it: the shards before have the change.
async fn plain(
    session: &mut Session,
    statement: &Statement<'_>,
    ddl: &Ddl,
    places: Vec<Place>,
) -> Result<Outcome, StatementError> {
    let mut outcome = Outcome::default();
    for place in places {
        let name = place.to_string();
        if outcome.failure.is_some() {
            outcome.pending.push(name);
            continue;
        }
        match run_on(session, statement, ddl, place).await {
            Ok(ok) => outcome.done(name, &ok),
            Err(failure) => outcome.failed(name, failure),
        }
    }
    Ok(outcome)
}

/// With a journal, or to the end of a statement that the journal knows.
async fn journaled(
    session: &mut Session,
    statement: &Statement<'_>,
    ddl: &Ddl,
    places: Vec<Place>,
) -> Result<Outcome, StatementError> {
    // A shard that is down keeps the statement from all: nothing has happened yet.
    let scratches = Scratch::open_all(session, places.clone()).await?;
    let mut members: Vec<Member> = scratches.into_iter().map(Member::new).collect();
    let outcome = with_members(session, statement, ddl, &mut members).await;
    for member in members {
        member.close(session).await;
    }
    match outcome? {
        Some(outcome) => Ok(outcome),
        None => {
            tracing::warn!(
                keyspace = %ddl.keyspace,
                "a data definition runs without a journal: the proxy's user may not create the database `_shardgate` on a shard"
            );
            plain(session, statement, ddl, places).await
        }
    }
}

/// `None`: a shard keeps no journal.
async fn with_members(
    session: &mut Session,
    statement: &Statement<'_>,
    ddl: &Ddl,
    members: &mut [Member],
) -> Result<Option<Outcome>, StatementError> {
    let objects = Object::all(&ddl.objects);
    if let Some(first) = members.first_mut() {
        first.lock(session, &ddl.keyspace, &objects).await?;
    }
    let mut entries = Vec::with_capacity(members.len());
    for member in &mut *members {
        match member.read(session).await? {
            Ok(Some(found)) => entries.push(found),
            Ok(None) => match member.create(session).await? {
                Kept::Yes => entries.push(Vec::new()),
                Kept::Denied => return Ok(None),
            },
            Err(_) => return Ok(None),
        }
    }
    let text = statement_text(statement);
    resume::prepare(session, ddl, text, &objects, members, entries).await?;
    // Those that haven't begun come first: what they become says what became of one whose answer was lost.
    let (mut first, mut unknown) = (Vec::new(), Vec::new());
    for (index, member) in members.iter().enumerate() {
        match member.entry.as_ref().map(|entry| entry.state) {
            Some(State::Running) => unknown.push(index),
            _ => first.push(index),
        }
    }
    let mut outcome = Outcome::journaled();
    for index in first.into_iter().chain(unknown) {
        step(session, statement, ddl, &objects, members, index, &mut outcome).await;
    }
    if outcome.is_without_trace() || outcome.failure.is_none() {
        for member in members {
            let Some(id) = member.entry.as_ref().map(|entry| entry.id.clone()) else { continue };
            if let Err(error) = member.forget(session, &id).await {
                // The next definition finds a statement that is done everywhere, and forgets it.
                tracing::warn!(shard = %member.place, %error, "the journal row of a finished data definition is left");
            }
        }
    }
    Ok(Some(outcome))
}

/// The text by which a statement is known again.
fn statement_text<'s>(statement: &Statement<'s>) -> &'s [u8] {
    let text = statement.args.text.trim_ascii();
    text.strip_suffix(b";").unwrap_or(text).trim_ascii_end()
}

/// Bring one shard on.
async fn step(
    session: &mut Session,
    statement: &Statement<'_>,
    ddl: &Ddl,
    objects: &[Object],
    members: &mut [Member],
    index: usize,
    outcome: &mut Outcome,
) {
    let Some(member) = members.get(index) else { return };
    let name = member.place.to_string();
    match member.entry.as_ref().map(|entry| entry.state) {
        Some(State::Done) => return outcome.done_before(name),
        _ if outcome.failure.is_some() => return outcome.pending.push(name),
        Some(State::Running) => match resume::decide(session, objects, members, index).await {
            Ok(resume::Decision::Done) => {
                let Some(member) = members.get_mut(index) else { return };
                return match member.set(session, State::Done).await {
                    Ok(()) => outcome.done_before(name),
                    Err(error) => outcome.failed(name, Failure::Unknown(error)),
                };
            }
            Ok(resume::Decision::NotDone) => {}
            Err(error) => return outcome.failed(name, Failure::Unknown(error)),
        },
        _ => {}
    }
    let Some(member) = members.get_mut(index) else { return };
    if let Err(error) = member.set(session, State::Running).await {
        return outcome.failed(name, Failure::NotDone(error));
    }
    let place = member.place.clone();
    match run_on(session, statement, ddl, place).await {
        Ok(ok) => match member.set(session, State::Done).await {
            Ok(()) => outcome.done(name, &ok),
            Err(error) => outcome.failed(name, Failure::Unknown(error)),
        },
        Err(Failure::NotDone(error)) => match member.set(session, State::Pending).await {
            Ok(()) if is_as_done(session, objects, members, index).await => outcome.done_before(name),
            Ok(()) => outcome.failed(name, Failure::NotDone(error)),
            // The row says that it may have happened, which will be looked into.
            Err(journal) => {
                tracing::warn!(shard = %name, error = %journal, "the journal of a data definition can't be written");
                outcome.failed(name, Failure::Unknown(error));
            }
        },
        Err(failure) => outcome.failed(name, failure),
    }
}

/// Whether a shard that refused the statement is as those that have carried it out, and wasn't so before: somebody has
/// finished it there by hand, or a server was still at it when its answer was lost.
async fn is_as_done(session: &mut Session, objects: &[Object], members: &mut [Member], index: usize) -> bool {
    let decision = resume::decide(session, objects, members, index).await;
    let Some(member) = members.get_mut(index) else { return false };
    match decision {
        Ok(resume::Decision::Done) => match member.set(session, State::Done).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(shard = %member.place, %error, "the journal of a data definition can't be written");
                false
            }
        },
        Ok(resume::Decision::NotDone) => false,
        Err(error) => {
            tracing::debug!(shard = %member.place, %error, "a shard that refused a data definition can't be compared");
            false
        }
    }
}

/// Run the statement on one shard.
async fn run_on(
    session: &mut Session,
    statement: &Statement<'_>,
    ddl: &Ddl,
    place: Place,
) -> Result<OkSummary, Failure> {
    let deadline = head::deadline(session);
    let text = render(session, statement, &ddl.sql, &place, &[], None).map_err(Failure::NotDone)?;
    let mut lease = lease(session, statement, place).await.map_err(Failure::NotDone)?;
    lease.backend.queue_query(&text);
    let head = match lease.backend.flush().await {
        Ok(()) => head::read_head(session, &mut lease, deadline).await,
        Err(error) => Err(error),
    };
    match head {
        Ok(Head::Ok(ok)) => {
            if let Err(error) = session.after_statement(&statement.plan.effects, &mut lease, ok.warnings).await {
                tracing::warn!(shard = %lease.place, %error, "what a data definition left in its session can't be read");
            }
            session.connections.put_back(lease).await;
            Ok(ok)
        }
        Ok(Head::Rows(_)) => {
            lease.backend.broken = true;
            session.connections.put_back(lease).await;
            let error = StatementError::sql(Code::Internal, "a data definition was answered with rows");
            Err(Failure::Unknown(error))
        }
        Err(error) => {
            let answered = matches!(error, BackendError::Answered(_));
            let error = failed(session, statement.plan.class, lease, error).await;
            Err(if answered { Failure::NotDone(error) } else { Failure::Unknown(error) })
        }
    }
}
