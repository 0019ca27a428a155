//! Queries over views whose rows have to be gathered.

use super::analysis::Analysis;
use super::bind::Binder;
use super::gather;
use super::names::Resolved;
use super::statement::Planning;
use super::{Context, syntax, views};
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::plan::{Expand, Operator, Plan, Route, StatementClass};
use crate::sql;
use crate::sql::ast::{Span, Statement};
use std::sync::Arc;

/// The operator for a statement that names views.
pub(super) fn operator(
    planning: &Planning<'_>,
    analysis: &Analysis<'_>,
    keyspace: &Arc<str>,
    alone: Option<Route>,
    reason: &str,
) -> Result<Operator, SqlError> {
    let named: Vec<(Span, Resolved)> =
        analysis.views().map(|(occurrence, _)| (occurrence.span, occurrence.table.clone())).collect();
    let edits = views::expand(planning, &named)?;
    let sql = edits.whole(planning.text, planning.fingerprint)?;
    Ok(Operator::Expand(Expand { keyspace: Arc::clone(keyspace), alone, sql, reason: reason.into() }))
}

/// The plan of a query in which the views' own queries stand: its tables are gathered, wherever they are.
///
/// # Errors
/// When the query can't be gathered: why.
pub fn plan_gathered(text: &[u8], fingerprint: &Fingerprint, context: &Context<'_>) -> Result<Plan, SqlError> {
    let parsed = sql::parser::parse_statement(text, 0, &context.parse_options())
        .map_err(|error| syntax(&String::from_utf8_lossy(error.near(text)), error.line(text)))?;
    let Statement::Query(query) = &parsed.statement else {
        return Err(super::internal("a statement that isn't a query was to be gathered"));
    };
    let planning = Planning::new(text, fingerprint, context, &parsed)?;
    let mut analysis = Analysis::new(context, fingerprint);
    Binder::new(&mut analysis, &parsed.statement).query_statement(query)?;
    let root = match analysis.routing() {
        Ok(routing) => {
            let reason = "a view's rows are on several shards";
            gather::operator(&planning, &mut analysis, &routing.keyspace, None, reason)?
        }
        Err(error) if error.code == Code::CrossKeyspace => gather::across(&planning, &mut analysis)?,
        Err(error) => return Err(error),
    };
    Ok(planning.finish(StatementClass::Select, &analysis, root))
}
