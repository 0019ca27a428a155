//! A scratch session: a connection that serves the proxy for one statement and is reset before anything else gets it,
//! which drops its temporary tables and user locks. It is never one of the session's own: creating a table commits a transaction.

use crate::backend::{BackendError, Head, OkSummary};
use crate::error::StatementError;
use crate::execute::head;
use crate::execute::rows::Row;
use crate::execute::scatter::Whole;
use crate::execute::wait::watched;
use crate::session::query::Statement;
use crate::session::{Lease, Needs, Place, Session, quote_name};
use crate::settings::Settings;
use shardgate_router::error::Code;
use std::sync::{Arc, LazyLock};
use tokio::time::Instant;

/// A scratch session.
pub(in crate::execute) struct Scratch {
    /// Its connection.
    pub(in crate::execute) lease: Lease,
    /// Until when the statement may run.
    pub(super) deadline: Option<Instant>,
}

/// What is set while tables are created and filled: nothing that changes or refuses a value.
fn settings(charset: &str, collation: &str) -> Settings {
    let mut settings = Settings::of_collation(charset, collation);
    settings.set("sql_mode", "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'".to_owned());
    settings.set("time_zone", "'+00:00'".to_owned());
    settings.set("sql_quote_show_create", "1".to_owned());
    settings.set("max_error_count", "65535".to_owned());
    settings.set("autocommit", "1".to_owned());
    settings
}

/// While tables are created and filled: definitions and names are UTF-8, and values say what they are.
static WORKING: LazyLock<Arc<Settings>> = LazyLock::new(|| Arc::new(settings("utf8mb4", "utf8mb4_0900_ai_ci")));

impl Scratch {
    /// A scratch session at this place, ready to create tables.
    pub(super) async fn open(session: &mut Session, place: Place) -> Result<Scratch, StatementError> {
        let mut opened = Scratch::open_all(session, vec![place]).await?;
        opened.pop().ok_or_else(|| StatementError::sql(Code::Internal, "a scratch session was lost"))
    }

    /// Scratch sessions at these places, ready to create tables.
    pub(in crate::execute) async fn open_all(
        session: &mut Session,
        places: Vec<Place>,
    ) -> Result<Vec<Scratch>, StatementError> {
        let deadline = head::deadline(session);
        let mut scratches = Vec::with_capacity(places.len());
        let mut result = Ok(());
        let permits = session.worker.pools.scratches(places.len()).await.ok_or_else(|| {
            let waited = session.worker.pools.acquire_timeout();
            let message = format!(
                "no connections for temporary tables within {waited:?}: too many statements over several shards run that \
                 need them; run fewer at once, or raise pool.max_connections_per_instance"
            );
            StatementError::sql(Code::PoolExhausted, message)
        })?;
        for place in places {
            let (pools, profile) = (&session.worker.pools, session.profile);
            match session.connections.apart(pools, place, profile, &WORKING).await {
                Ok(mut lease) => {
                    lease.backend.tainted = true;
                    lease.scratch = Some(Arc::clone(&permits));
                    scratches.push(Scratch { lease, deadline });
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        if result.is_ok() {
            result = enter(session, &mut scratches, &WORKING).await;
        }
        match result {
            Ok(()) => Ok(scratches),
            Err(error) => {
                close_all(session, scratches).await;
                Err(error)
            }
        }
    }

    /// From filling tables to the statement itself: with the session's settings and variables.
    pub(super) async fn enter(&mut self, session: &Session, statement: &Statement<'_>) -> Result<(), StatementError> {
        let needs = Needs { variables: &statement.plan.effects.reads_variables, transaction: false };
        self.lease.prepare(&session.state, &session.transaction, needs).await
    }

    /// Run a statement of the proxy's own that has no rows.
    pub(super) async fn run(&mut self, session: &mut Session, text: &[u8]) -> Result<OkSummary, StatementError> {
        self.lease.backend.queue_query(text);
        let head = self.head(session).await?;
        self.without_rows(head)
    }

    fn without_rows(&mut self, head: Head) -> Result<OkSummary, StatementError> {
        match head {
            Head::Ok(ok) => Ok(ok),
            Head::Rows(_) => {
                self.lease.backend.broken = true;
                Err(StatementError::sql(Code::Internal, "a statement without rows was answered with rows"))
            }
        }
    }

    /// Send what is queued and read the head of the answer.
    pub(super) async fn head(&mut self, session: &mut Session) -> Result<Head, StatementError> {
        let head = match self.lease.backend.flush().await {
            Ok(()) => head::read_head(session, &mut self.lease, self.deadline).await,
            Err(error) => Err(error),
        };
        head.map_err(|error| self.failed(error))
    }

    /// Run a query of the proxy's own.
    pub(super) async fn query(&mut self, session: &mut Session, text: &[u8]) -> Result<Whole, StatementError> {
        let deadline = self.deadline;
        let Lease { backend, place, .. } = &mut self.lease;
        let answer = async { backend.query(text, Row::clone).await.map_err(|error| failed(place, error)) };
        let result = watched(&session.process, &mut session.client.stream, deadline, answer).await;
        if result.is_err() {
            self.stop(session);
        }
        result.map(|(columns, rows)| Whole::new(columns, rows))
    }

    /// What still runs isn't waited for.
    pub(super) fn stop(&mut self, session: &Session) {
        if self.lease.backend.broken {
            session.kill_backend(&self.lease);
        }
    }

    /// A failure of the connection, for the client.
    pub(super) fn failed(&self, error: BackendError) -> StatementError {
        failed(&self.lease.place, error)
    }

    /// Done: the connection is reset and given back, or closed.
    pub(super) async fn close(self, session: &mut Session) {
        session.connections.put_back(self.lease).await;
    }
}

/// Back to creating tables, and to reading their definitions.
pub(super) async fn begin_defining(session: &mut Session, scratch: &mut Scratch) -> Result<(), StatementError> {
    enter(session, std::slice::from_mut(scratch), &WORKING).await
}

/// Bring scratch sessions to their databases and these settings.
async fn enter(
    session: &mut Session,
    scratches: &mut [Scratch],
    settings: &Arc<Settings>,
) -> Result<(), StatementError> {
    for scratch in scratches.iter_mut() {
        let backend = &mut scratch.lease.backend;
        // Not one of `run_each`'s texts, because most often there is nothing to do.
        if let Some(database) =
            scratch.lease.place.database.as_ref().filter(|name| backend.database.as_ref() != Some(*name))
        {
            let text = format!("USE {}", quote_name(database));
            let database = Arc::clone(database);
            scratch.run(session, text.as_bytes()).await?;
            scratch.lease.backend.database = Some(database);
        }
    }
    let texts =
        scratches.iter().map(|scratch| settings.difference(&scratch.lease.backend.settings).map(String::into_bytes));
    let texts: Vec<Option<Vec<u8>>> = texts.collect();
    run_each(session, scratches, &texts).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    for scratch in scratches {
        scratch.lease.backend.settings = Arc::clone(settings);
    }
    Ok(())
}

/// Run a statement of the proxy's own that has no rows on several scratch sessions at once.
pub(super) async fn run_all(
    session: &mut Session,
    scratches: &mut [Scratch],
    text: &[u8],
) -> Vec<Result<OkSummary, StatementError>> {
    for scratch in scratches.iter_mut() {
        scratch.lease.backend.queue_query(text);
    }
    heads(session, scratches, |_| true).await
}

/// As [`run_all`], each with a text of its own, or none.
async fn run_each(
    session: &mut Session,
    scratches: &mut [Scratch],
    texts: &[Option<Vec<u8>>],
) -> Vec<Result<OkSummary, StatementError>> {
    for (scratch, text) in scratches.iter_mut().zip(texts) {
        if let Some(text) = text {
            scratch.lease.backend.queue_query(text);
        }
    }
    heads(session, scratches, |index| texts.get(index).is_some_and(Option::is_some)).await
}

/// Send what is queued on all, and read all answers, so that no connection is left with one unread.
async fn heads(
    session: &mut Session,
    scratches: &mut [Scratch],
    asked: impl Fn(usize) -> bool,
) -> Vec<Result<OkSummary, StatementError>> {
    let mut sent = Vec::with_capacity(scratches.len());
    for (index, scratch) in scratches.iter_mut().enumerate() {
        sent.push(if asked(index) { Some(scratch.lease.backend.flush().await) } else { None });
    }
    let mut results = Vec::with_capacity(scratches.len());
    for (scratch, sent) in scratches.iter_mut().zip(sent) {
        let deadline = scratch.deadline;
        results.push(match sent {
            None => Ok(OkSummary::default()),
            Some(Err(error)) => Err(scratch.failed(error)),
            Some(Ok(())) => match head::read_head(session, &mut scratch.lease, deadline).await {
                Ok(head) => scratch.without_rows(head),
                Err(error) => Err(scratch.failed(error)),
            },
        });
    }
    results
}

/// Done with several.
pub(in crate::execute) async fn close_all(session: &mut Session, scratches: Vec<Scratch>) {
    for scratch in scratches {
        scratch.close(session).await;
    }
}

fn failed(place: &Place, error: BackendError) -> StatementError {
    match error {
        BackendError::Answered(mut shard) => {
            shard.origin = place.to_string().into();
            StatementError::Shard(shard)
        }
        error => StatementError::sql(
            Code::ConnectionLost,
            format!("the connection to shard {place}, on which the proxy worked for the statement, broke: {error}"),
        ),
    }
}
