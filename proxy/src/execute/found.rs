//! Rows that a write needs first: their query is planned and run as a client's would be, and its rows are held.

use super::broadcast;
use super::expand;
use super::gather;
use super::metadata;
use super::route;
use super::rows::Row;
use super::scatter::{self, Whole};
use super::sort::HoldLimits;
use crate::error::{ShardError, StatementError};
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{Session, Warning};
use crate::settings::Settings;
use shardgate_router::error::Code;
use shardgate_router::fingerprint::Fingerprint;
use shardgate_router::plan::Operator;
use shardgate_wire::ColumnDefinition;
use std::sync::{Arc, Mutex, PoisonError};

/// Holds the rows of a statement, which go to no client.
#[derive(Debug)]
pub(crate) struct Collector {
    limits: HoldLimits,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    columns: Vec<ColumnDefinition<'static>>,
    rows: Vec<Row>,
    bytes: u64,
}

impl Collector {
    fn new(limits: HoldLimits) -> Self {
        Collector { limits, held: Mutex::default() }
    }

    /// The columns of the rows that come.
    pub(super) fn columns(&self, columns: &[ColumnDefinition<'static>], hidden: u32) {
        let visible = columns.len().saturating_sub(hidden as usize);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.columns = columns.get(..visible).unwrap_or(columns).to_vec();
    }

    /// Hold a row.
    ///
    /// # Errors
    /// `TooManyRows` above the limits.
    pub(super) fn push(&self, row: &Row) -> Result<(), StatementError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.bytes += (size_of::<Row>() + row.bytes.len() + size_of_val(row.fields.as_slice())) as u64;
        let HoldLimits { rows, bytes } = self.limits;
        let exceeded = if held.rows.len() as u64 >= rows {
            Some(format!("limits.max_gathered_rows ({rows})"))
        } else {
            (held.bytes > bytes).then(|| format!("limits.max_gathered_bytes ({bytes})"))
        };
        if let Some(limit) = exceeded {
            let message = format!(
                "the statement has to find its rows before it writes, and they are more than {limit} allows; write fewer \
                 rows at once, or raise the limit"
            );
            return Err(StatementError::sql(Code::TooManyRows, message));
        }
        held.rows.push(row.clone());
        Ok(())
    }

    fn take(self) -> Whole {
        let held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        Whole::new(held.columns, held.rows)
    }
}

/// A setting that is for the client's own queries.
const SELECT_LIMIT: &str = "sql_select_limit";

/// The rows of a query of the session's own making. Texts are in utf8mb4.
pub(super) async fn rows(session: &mut Session, text: &[u8]) -> Result<Whole, StatementError> {
    run(session, text, true).await
}

/// As [`rows`], for a query that is itself a lookup: its own targets aren't looked up.
pub(super) async fn rows_without_lookups(session: &mut Session, text: &[u8]) -> Result<Whole, StatementError> {
    run(session, text, false).await
}

async fn run(session: &mut Session, text: &[u8], look_up: bool) -> Result<Whole, StatementError> {
    let fingerprint = session.scanned(text, "the query that finds the rows")?;
    let before = set(session, &[("character_set_results", "'utf8mb4'")]);
    let result = collect(session, text, &fingerprint, look_up).await;
    session.state.settings = before;
    result
}

async fn collect(
    session: &mut Session,
    text: &[u8],
    fingerprint: &Fingerprint,
    look_up: bool,
) -> Result<Whole, StatementError> {
    let plan = session.plan(text, fingerprint, false)?;
    let limits = &session.snapshot.config.limits;
    let collector = Collector::new(HoldLimits { rows: limits.max_gathered_rows, bytes: limits.max_gathered_bytes });
    let statement = Statement { collector: Some(&collector), ..Statement::of_text(session, text, fingerprint, plan) };
    // What the statement that these rows are for has looked up stays its own.
    let outer = std::mem::take(&mut session.state.looked_up);
    let result = match look_up && !statement.plan.lookups.is_empty() {
        true => super::lookup::read(session, &statement).await,
        false => Ok(()),
    };
    let result = match result {
        Ok(()) => read(session, &statement).await,
        Err(error) => Err(error),
    };
    session.state.looked_up = outer;
    result?;
    Ok(collector.take())
}

/// Run a statement that reads; its rows go to its collector.
async fn read(session: &mut Session, statement: &Statement<'_>) -> Result<Reach, StatementError> {
    match &statement.plan.root {
        Operator::Route(route) => route::run(session, statement, route).await,
        operator @ (Operator::MergeSort(_) | Operator::Aggregate(_) | Operator::Compute(_) | Operator::Limit(_)) => {
            scatter::run(session, statement, operator).await
        }
        Operator::Gather(gather) => gather::run(session, statement, gather).await,
        Operator::Broadcast(broadcast) => broadcast::run(session, statement, broadcast).await,
        Operator::Expand(expand) => expand::run(session, statement, expand).await,
        Operator::Metadata(metadata) => metadata::run(session, statement, metadata).await,
        _ => Err(StatementError::sql(Code::Internal, "the query that finds the rows isn't one that reads rows")),
    }
}

/// Change settings for statements of the proxy's own, which no `sql_select_limit` cuts; the settings before, to be put back.
pub(super) fn set(session: &mut Session, changes: &[(&str, &str)]) -> Arc<Settings> {
    let before = Arc::clone(&session.state.settings);
    let limited = before.get(SELECT_LIMIT).is_some();
    if limited || changes.iter().any(|(name, value)| before.get(name) != Some(value)) {
        let mut settings = Settings::clone(&before);
        changes.iter().for_each(|(name, value)| settings.set(name, (*value).to_owned()));
        settings.unset(SELECT_LIMIT);
        session.state.settings = Arc::new(settings);
    }
    before
}

/// The session's sql_mode has this mode.
pub(super) fn has_mode(session: &Session, wanted: &str) -> bool {
    let sql_mode = session.state.settings.text("sql_mode").unwrap_or(&session.snapshot.sql_mode);
    sql_mode.split(',').any(|name| name.eq_ignore_ascii_case(wanted))
}

/// Warnings of a SELECT that are errors of a statement that writes, in strict mode.
const STRICT: [u16; 15] = [1048, 1260, 1264, 1265, 1292, 1301, 1365, 1366, 1406, 1411, 1441, 3020, 3141, 3156, 3751];

/// The warnings of the query that found the rows, as a statement that writes has them.
///
/// # Errors
/// The first that is an error in strict mode.
pub(super) fn warnings(session: &mut Session, ignore: bool) -> Result<Vec<Warning>, StatementError> {
    let warnings = std::mem::take(&mut session.state.warnings);
    let strict = has_mode(session, "STRICT_TRANS_TABLES") || has_mode(session, "STRICT_ALL_TABLES");
    // Division by zero has a mode of its own.
    let errors = |warning: &&Warning| {
        warning.level == "Warning"
            && STRICT.contains(&warning.code)
            && (warning.code != 1365 || has_mode(session, "ERROR_FOR_DIVISION_BY_ZERO"))
    };
    match warnings.iter().find(errors) {
        Some(warning) if strict && !ignore => {
            let sqlstate = match warning.code {
                1365 => *b"22012",
                1264 | 1406 => *b"22001",
                1048 => *b"23000",
                1265 => *b"01000",
                1292 | 1441 => *b"22007",
                _ => *b"HY000",
            };
            Err(StatementError::Shard(Box::new(ShardError {
                errno: warning.code,
                sqlstate: if warning.code == 1264 { *b"22003" } else { sqlstate },
                message: warning.message.clone().into_bytes(),
                origin: Arc::from("the rows that were found"),
            })))
        }
        _ => Ok(warnings),
    }
}
