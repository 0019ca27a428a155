//! Waiting for the shards of a statement that the proxy combines.

use crate::error::StatementError;
use crate::net::Stream;
use crate::show::ProcessHandle;
use shardgate_router::error::Code;
use std::io;
use std::time::Duration;
use tokio::time::Instant;

/// How often a statement without a next row looks whether its client is still there.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// The error of a statement that was killed.
pub(super) fn interrupted() -> StatementError {
    StatementError::sql(Code::Interrupted, "Query execution was interrupted")
}

/// The error of a statement whose time is up, if it is.
pub(super) fn time_is_up(deadline: Option<Instant>) -> Option<StatementError> {
    let message = "Query execution was interrupted, maximum statement execution time exceeded";
    let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
    over.then(|| StatementError::sql(Code::QueryTimeout, message))
}

/// Wait for `next`, unless the statement is killed, its time is over or its client has gone.
///
/// # Errors
/// Those of `next`, `Interrupted`, `QueryTimeout`, and the client's.
pub(super) async fn watched<T>(
    process: &ProcessHandle,
    client: &mut Stream,
    deadline: Option<Instant>,
    next: impl Future<Output = Result<T, StatementError>>,
) -> Result<T, StatementError> {
    let mut next = std::pin::pin!(next);
    loop {
        let look = Instant::now() + LOOK_AFTER;
        tokio::select! {
            biased;
            next = &mut next => return next,
            _ = process.killed() => return Err(interrupted()),
            () = tokio::time::sleep_until(deadline.map_or(look, |deadline| deadline.min(look))) => {
                if let Some(error) = time_is_up(deadline) {
                    return Err(error);
                }
                if client.is_closed().await {
                    return Err(StatementError::Client(io::Error::from(io::ErrorKind::ConnectionAborted)));
                }
            }
        }
    }
}
