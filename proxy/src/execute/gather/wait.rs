//! Waits that KILL, the statement's time limit and the client's leaving end.

use crate::error::StatementError;
use crate::session::Session;
use shardgate_router::error::Code;
use std::io;
use std::time::Duration;
use tokio::time::Instant;

/// How often is looked whether the client is still there.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// Wait for what a server answers. If the wait ends before, the connection is out of step.
pub(super) async fn watched<T>(
    session: &mut Session,
    deadline: Option<Instant>,
    answer: impl Future<Output = Result<T, StatementError>>,
) -> Result<T, StatementError> {
    let Session { process, client, .. } = session;
    let mut answer = std::pin::pin!(answer);
    loop {
        let look = Instant::now() + LOOK_AFTER;
        tokio::select! {
            biased;
            answered = &mut answer => return answered,
            _ = process.killed() => {
                return Err(StatementError::sql(Code::Interrupted, "Query execution was interrupted"));
            }
            () = tokio::time::sleep_until(deadline.map_or(look, |deadline| deadline.min(look))) => {
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    let message = "Query execution was interrupted, maximum statement execution time exceeded";
                    return Err(StatementError::sql(Code::QueryTimeout, message));
                }
                if client.stream.is_closed().await {
                    return Err(StatementError::Client(io::Error::from(io::ErrorKind::ConnectionAborted)));
                }
            }
        }
    }
}
