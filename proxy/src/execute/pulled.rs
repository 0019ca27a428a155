//! Read the values of subqueries first, and run the statement with them.

use super::{found, literal, route};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_router::fingerprint::{self, Fingerprint};
use shardgate_router::plan::{Operator, Pulled};

/// Run the subqueries, then the statement with their values in their places.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    pulled: &Pulled,
) -> Result<Reach, StatementError> {
    let place = session.any_place()?;
    let mut text = Vec::with_capacity(statement.args.text.len());
    let mut queries = pulled.queries.iter();
    for part in &pulled.parts {
        text.extend_from_slice(&route::render_at(session, statement, part, &place)?);
        let Some(query) = queries.next() else { break };
        let query = route::render_at(session, statement, query, &place)?;
        let whole = found::rows(session, &query).await?;
        let (column, row) = whole.columns.first().zip(whole.rows.first()).ok_or_else(|| {
            StatementError::sql(Code::Internal, "a subquery that stands for one value has brought no row with it")
        })?;
        literal::write(row.field(0), column, &mut text);
    }
    let mut fingerprint = Fingerprint::new();
    fingerprint::scan(&text, session.state.mode.lex, &mut fingerprint).map_err(|error| {
        StatementError::sql(Code::Internal, format!("the statement with its subqueries' values can't be read: {error}"))
    })?;
    let plan = session.plan(&text, &fingerprint, false)?;
    if matches!(plan.root, Operator::Pulled(_)) {
        return Err(StatementError::sql(Code::Internal, "a statement still has the subqueries that have their values"));
    }
    let Statement { binary, names, collector, .. } = *statement;
    let with_values = Statement { binary, names, collector, ..Statement::of_text(session, &text, &fingerprint, plan) };
    Box::pin(super::run(session, &with_values)).await
}
