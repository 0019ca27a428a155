//! From a statement's text to its plan.

use crate::catalog::Catalog;
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, LexError, SqlMode};
use crate::plan::{Effects, Operator, Plan, Route, StatementClass, Target, Template};

/// What a statement is planned in.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What names mean.
    pub catalog: &'a Catalog,
    /// The session's default database: a keyspace or an adopted database, without shard and tablet type.
    pub database: Option<&'a str>,
    /// How the text is read.
    pub mode: SqlMode,
    /// Whether the statement is one of the prepared protocol.
    pub prepared: bool,
    /// Whether the session's target names a shard (`customer:-80`): then every statement for the keyspace passes to it
    /// as it is. Its plan is a route to any shard, which the executor takes to be that one.
    pub shard_targeted: bool,
}

/// The plan of a statement.
///
/// # Errors
/// When the statement can't be planned: the error is the client's reply.
pub fn plan(text: &[u8], fingerprint: &Fingerprint, context: &Context<'_>) -> Result<Plan, SqlError> {
    let _ = (text, fingerprint);
    pass(context)
}

/// The plan of a text that has no fingerprint: it goes as it is where the target is one server, whose error is
/// MySQL's own.
///
/// # Errors
/// [`Code::Syntax`] elsewhere.
pub fn plan_malformed(text: &[u8], error: &LexError, context: &Context<'_>) -> Result<Plan, SqlError> {
    let _ = text;
    pass(context).map_err(|_| SqlError::new(Code::Syntax, error.to_string()))
}

fn pass(context: &Context<'_>) -> Result<Plan, SqlError> {
    let database = context.database.ok_or_else(|| SqlError::new(Code::NoDatabase, "No database selected"))?;
    let keyspace = context.catalog.keyspaces.iter().find(|keyspace| *keyspace.name == *database && !keyspace.sharded);
    let keyspace = keyspace.ok_or_else(|| SqlError::new(Code::Unsupported, "the keyspace is sharded"))?;
    Ok(Plan {
        class: StatementClass::Other,
        tables: Vec::new(),
        pins: Vec::new(),
        effects: Effects::default(),
        root: Operator::Route(Route {
            keyspace: keyspace.name.clone(),
            target: Target::Unsharded,
            sql: Template::UNCHANGED,
            sql_alone: None,
            hidden: 0,
        }),
    })
}
