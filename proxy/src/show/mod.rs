//! The rows of the SHOW statements that the proxy answers itself, from one snapshot and the counters.

mod databases;
mod grants;
mod like;
mod processes;
mod processlist;
mod proxy;
mod shards;
mod vschema;

pub(crate) use processes::{Ended, Kill, ProcessCommand, ProcessHandle, Processes};

use crate::backend::PoolStats;
use crate::config::{Right, User};
use crate::control::ControlStatus;
use crate::error::StatementError;
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;
use shardgate_router::error::Code;
use shardgate_router::plan::{Show, ShowFilter};
use shardgate_wire::ColumnType;
use std::time::Instant;

/// The rows of a SHOW.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShowResult {
    /// Names and types of the columns.
    pub(crate) columns: Vec<(String, ColumnType)>,
    /// The rows; a value for each column.
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

impl ShowResult {
    /// No rows yet, columns of text.
    fn of_text(columns: &[&str]) -> Self {
        let columns = columns.iter().map(|name| ((*name).to_owned(), ColumnType::VarString)).collect();
        ShowResult { columns, rows: Vec::new() }
    }

    fn push<const N: usize>(&mut self, row: [String; N]) {
        self.rows.push(row.into_iter().map(Some).collect());
    }
}

/// What a SHOW looks at.
pub(crate) struct ShowContext<'a> {
    /// The statement's snapshot.
    pub(crate) snapshot: &'a Snapshot,
    /// How the control plane stands.
    pub(crate) status: &'a ControlStatus,
    /// Counters.
    pub(crate) metrics: &'a Metrics,
    /// The backend pools.
    pub(crate) pools: &'a [PoolStats],
    /// The connections.
    pub(crate) processes: &'a Processes,
    /// Who asks: only what the user has a right for is shown.
    pub(crate) user: &'a User,
    /// The session's target as text, empty without one.
    pub(crate) target: &'a str,
    /// The target's keyspace.
    pub(crate) keyspace: Option<&'a str>,
    /// Data definitions that aren't finished, as lines of SHOW SHARDGATE STATUS.
    pub(crate) ddl: &'a [(String, String)],
    /// Now.
    pub(crate) now: Instant,
}

impl ShowContext<'_> {
    /// Whether the user may see anything of a keyspace.
    fn sees(&self, keyspace: &str) -> bool {
        self.user.right(keyspace).is_some()
    }

    /// Whether the user may see what concerns the proxy as a whole.
    fn is_admin(&self) -> bool {
        self.user.everywhere == Some(Right::Admin)
    }

    fn require_admin(&self, statement: &str) -> Result<(), StatementError> {
        if self.is_admin() {
            return Ok(());
        }
        let text = format!(
            "{statement} command denied to user '{}': it shows the whole proxy, so it takes the right `\"*\": admin`",
            self.user.name
        );
        Err(StatementError::sql(Code::CommandDenied, text))
    }
}

/// The rows of a SHOW; `None` for WARNINGS and ERRORS, which only the session has.
///
/// # Errors
/// If the user has no right for it, it names something that doesn't exist, or has a WHERE.
pub(crate) fn show(show: &Show, context: &ShowContext<'_>) -> Result<Option<ShowResult>, StatementError> {
    Ok(Some(match show {
        Show::Databases(filter) => databases::databases(filter.as_ref(), context)?,
        Show::Shards(filter) => shards::shards(filter.as_ref(), context)?,
        Show::Tablets(filter) => shards::tablets(filter.as_ref(), context)?,
        Show::Target => {
            let mut result = ShowResult::of_text(&["Target"]);
            result.push([context.target.to_owned()]);
            result
        }
        Show::VschemaTables => vschema::tables(context)?,
        Show::VschemaVindexes(None) => vschema::vindexes(context),
        Show::VschemaVindexes(Some(table)) => vschema::vindexes_of(table, context)?,
        Show::VschemaKeyspaces => vschema::keyspaces(context),
        Show::ShardgateStatus => proxy::status(context)?,
        Show::ShardgatePools => proxy::pools(context)?,
        Show::ShardgateTransactions => proxy::transactions(context)?,
        Show::ShardgateWorkflows => proxy::workflows(context)?,
        Show::Grants(name) => grants::grants(name.as_deref(), context)?,
        Show::Processlist { full } => processlist::processlist(*full, context),
        Show::Warnings { .. } => return Ok(None),
    }))
}

/// Whether a name passes the statement's LIKE.
fn passes(filter: Option<&ShowFilter>, statement: &str, name: &str) -> Result<bool, StatementError> {
    match filter {
        None => Ok(true),
        Some(ShowFilter::Like(pattern)) => Ok(like::like(pattern, name)),
        Some(ShowFilter::Where(condition)) => {
            let text = format!("unsupported: {statement} WHERE {condition}; use LIKE 'pattern' instead");
            Err(StatementError::sql(Code::Unsupported, text))
        }
    }
}

#[cfg(test)]
mod tests;
