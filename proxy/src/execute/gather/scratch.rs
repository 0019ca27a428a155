//! A scratch session: a connection that serves one statement and is reset before anything else gets it, which drops its
//! temporary tables. It is never one of the session's own: creating a table commits a transaction.

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
pub(super) struct Scratch {
    /// Its connection.
    pub(super) lease: Lease,
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

/// While tables are created: their definitions are UTF-8.
static CREATING: LazyLock<Arc<Settings>> = LazyLock::new(|| Arc::new(settings("utf8mb4", "utf8mb4_0900_ai_ci")));
/// While tables are filled: the values are bytes.
static FILLING: LazyLock<Arc<Settings>> = LazyLock::new(|| Arc::new(settings("binary", "binary")));

impl Scratch {
    /// A scratch session at this place, ready to create tables.
    pub(super) async fn open(session: &mut Session, place: Place) -> Result<Scratch, StatementError> {
        let (pools, profile) = (&session.worker.pools, session.profile);
        let mut lease = session.connections.apart(pools, place, profile, &CREATING).await?;
        lease.backend.tainted = true;
        let mut scratch = Scratch { lease, deadline: head::deadline(session) };
        if let Some(database) = scratch.lease.place.database.clone()
            && scratch.lease.backend.database.as_ref() != Some(&database)
        {
            let text = format!("USE {}", quote_name(&database));
            if let Err(error) = scratch.run(session, text.as_bytes()).await {
                scratch.close(session).await;
                return Err(error);
            }
            scratch.lease.backend.database = Some(database);
        }
        if let Err(error) = scratch.set(session, &CREATING).await {
            scratch.close(session).await;
            return Err(error);
        }
        Ok(scratch)
    }

    /// From creating tables to filling them.
    pub(super) async fn begin_filling(&mut self, session: &mut Session) -> Result<(), StatementError> {
        self.set(session, &FILLING).await
    }

    /// From filling tables to the statement itself: with the session's settings and variables.
    pub(super) async fn enter(&mut self, session: &Session, statement: &Statement<'_>) -> Result<(), StatementError> {
        let needs = Needs { variables: &statement.plan.effects.reads_variables, transaction: false };
        self.lease.prepare(&session.state, &session.transaction, needs).await
    }

    async fn set(&mut self, session: &mut Session, settings: &Arc<Settings>) -> Result<(), StatementError> {
        if let Some(text) = settings.difference(&self.lease.backend.settings) {
            self.run(session, text.as_bytes()).await?;
        }
        self.lease.backend.settings = Arc::clone(settings);
        Ok(())
    }

    /// Run a statement of the proxy's own that has no rows.
    pub(super) async fn run(&mut self, session: &mut Session, text: &[u8]) -> Result<OkSummary, StatementError> {
        self.lease.backend.queue_query(text);
        match self.head(session).await? {
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
        result.map(|(columns, rows)| Whole { columns, rows })
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

fn failed(place: &Place, error: BackendError) -> StatementError {
    match error {
        BackendError::Answered(mut shard) => {
            shard.origin = place.to_string().into();
            StatementError::Shard(shard)
        }
        error => StatementError::sql(
            Code::ConnectionLost,
            format!("the connection to shard {place}, on which the statement's rows were gathered, broke: {error}"),
        ),
    }
}
