//! The wait for a shard's answer to a statement that it shares with other shards.

use crate::backend::{BackendError, Head};
use crate::error::ShardError;
use crate::session::{Lease, Session};
use shardgate_router::error::Code;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a shard may take to answer once its statement was killed.
const KILL_GRACE: Duration = Duration::from_secs(5);
/// How often is looked whether the client is still there.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// Until when the statement that begins now may run.
pub(super) fn deadline(session: &Session) -> Option<Instant> {
    session.query_timeout.map(|limit| Instant::now() + limit)
}

/// Read the head of the reply of the statement that was sent. The statement is killed on the shard when KILL asks for
/// it, at the deadline, and when the client has gone; what the shard says to that is the answer.
pub(super) async fn read_head(
    session: &mut Session,
    lease: &mut Lease,
    deadline: Option<Instant>,
) -> Result<Head, BackendError> {
    let (pool, thread_id) = (Arc::clone(&lease.pool), lease.backend.thread_id);
    let Session { process, client, .. } = session;
    let mut kill = None;
    let mut grace: Option<Instant> = None;
    let mut timed_out = false;
    let result = {
        let mut head = std::pin::pin!(lease.backend.read_head());
        loop {
            let look = Instant::now() + LOOK_AFTER;
            let until = grace.or(deadline).map_or(look, |until| until.min(look));
            let stop = tokio::select! {
                biased;
                head = &mut head => break head,
                _ = process.killed(), if grace.is_none() => true,
                () = tokio::time::sleep_until(until) => {
                    let now = Instant::now();
                    match grace {
                        Some(grace) if now >= grace => {
                            break Err(BackendError::Timeout(KILL_GRACE, "stopping the statement"));
                        }
                        Some(_) => false,
                        None => {
                            timed_out = deadline.is_some_and(|deadline| now >= deadline);
                            timed_out || client.stream.is_closed().await
                        }
                    }
                }
            };
            if stop {
                grace = Some(Instant::now() + KILL_GRACE);
                kill = Some(pool.kill_query(thread_id));
            }
        }
    };
    let result = match result {
        Err(BackendError::Answered(error)) if timed_out && error.errno == Code::Interrupted.errno() => {
            Err(BackendError::Answered(Box::new(ShardError::time_is_up())))
        }
        result => result,
    };
    if matches!(result, Err(BackendError::Timeout(..))) {
        lease.backend.broken = true;
    }
    if kill.is_some() {
        lease.backend.kill = kill;
    }
    result
}
