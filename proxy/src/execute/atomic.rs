//! Statements that take several steps on several shards: all of them or none.

use crate::error::StatementError;
use crate::session::Session;

/// The savepoint that a statement of several steps is undone to, if it fails inside a transaction.
const SAVEPOINT: &str = "_shardgate_steps";

/// What a statement's steps are part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steps {
    /// A transaction of their own, which commits where every transaction over several shards does.
    Own,
    /// One that is open; the statement has a savepoint in it.
    Within,
    /// One that the statement begins and leaves open, because autocommit is off.
    Begun,
}

/// Before the first step.
pub(super) async fn begin(session: &mut Session) -> Result<Steps, StatementError> {
    if session.transaction.open || session.connections.in_transaction() {
        session.savepoint(SAVEPOINT).await?;
        return Ok(Steps::Within);
    }
    session.transaction.open = true;
    Ok(if session.state.autocommit() { Steps::Own } else { Steps::Begun })
}

/// After the last step: keep what was done, or undo it.
pub(super) async fn end<T>(
    session: &mut Session,
    steps: Steps,
    result: Result<T, StatementError>,
) -> Result<T, StatementError> {
    match (steps, result) {
        (Steps::Own, Ok(done)) => session.commit_all().await.map(|()| done),
        (Steps::Begun, Ok(done)) => Ok(done),
        (Steps::Within, Ok(done)) => session.release_savepoint(SAVEPOINT).await.map(|()| done),
        (Steps::Own | Steps::Begun, Err(error)) => {
            session.roll_back_all().await?;
            Err(error)
        }
        (Steps::Within, Err(error)) => {
            // A deadlock or a lost connection has ended the transaction, and its savepoints with it.
            if session.transaction.savepoints.iter().any(|name| **name == *SAVEPOINT) {
                session.roll_back_to(SAVEPOINT).await?;
                session.release_savepoint(SAVEPOINT).await?;
            }
            Err(error)
        }
    }
}
