//! Questions of the proxy's own to a server, with few rows as the answer.

use super::head;
use super::route;
use super::rows::Row;
use crate::backend::{BackendError, Head, Step};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{Lease, Place, Session};
use crate::settings::Settings;
use std::sync::Arc;

/// A row.
pub(super) type Fields = Vec<Option<String>>;

/// Ask a server, in UTF-8 whatever the session's character set is.
pub(super) async fn ask(session: &mut Session, place: Place, text: &str) -> Result<Vec<Fields>, StatementError> {
    let mut settings = (*session.state.settings).clone();
    settings.set_names("utf8mb4", Some("utf8mb4"), "utf8mb4_general_ci");
    ask_with(session, place, text, settings).await
}

/// Ask a server for a definition, in UTF-8 and in the usual quotes whatever the session has set.
pub(super) async fn ask_definition(
    session: &mut Session,
    place: Place,
    text: &str,
) -> Result<Vec<Fields>, StatementError> {
    let settings = defining(&session.state.settings);
    ask_with(session, place, text, settings).await
}

/// The session's settings, but for how definitions are written.
pub(super) fn defining(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    settings.set_names("utf8mb4", Some("utf8mb4"), "utf8mb4_general_ci");
    settings.set("sql_mode", "''".to_owned());
    settings.set("sql_quote_show_create", "1".to_owned());
    settings
}

async fn ask_with(
    session: &mut Session,
    place: Place,
    text: &str,
    settings: Settings,
) -> Result<Vec<Fields>, StatementError> {
    let settings = Arc::new(settings);
    let mut lease = session.connections.lease(&session.worker.pools, place, session.profile, &settings).await?;
    if let Some(set) = settings.difference(&lease.backend.settings) {
        if let Err(error) = lease.backend.run(set.as_bytes()).await {
            let error = lease.failed(&error);
            lease.backend.tainted = true;
            session.connections.put_back(lease).await;
            return Err(error);
        }
        lease.backend.settings = Arc::clone(&settings);
    }
    answered(session, lease, text).await
}

/// Ask as the session would: in its database, with its settings and in its transaction.
pub(crate) async fn ask_as_session(
    session: &mut Session,
    statement: &Statement<'_>,
    place: Place,
    text: &str,
) -> Result<Vec<Fields>, StatementError> {
    let lease = route::lease(session, statement, place).await?;
    answered(session, lease, text).await
}

async fn answered(session: &mut Session, mut lease: Lease, text: &str) -> Result<Vec<Fields>, StatementError> {
    let result = rows(session, &mut lease, text).await.map_err(|error| lease.failed(&error));
    session.connections.put_back(lease).await;
    result
}

async fn rows(session: &mut Session, lease: &mut Lease, text: &str) -> Result<Vec<Fields>, BackendError> {
    lease.backend.queue_query(text.as_bytes());
    let deadline = head::deadline(session);
    lease.backend.flush().await?;
    let Head::Rows(columns) = head::read_head(session, lease, deadline).await? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut row = Row::default();
    while lease.backend.read_row(columns.len(), &mut row).await? == Step::Row {
        let fields = (0..columns.len() as u32).map(|at| row.field(at));
        found.push(fields.map(|field| field.map(|bytes| String::from_utf8_lossy(bytes).into_owned())).collect());
    }
    Ok(found)
}
