//! Read the values of subqueries first, and run the statement with them.

use super::change::write_field;
use super::{found, route, typed_rows};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_router::plan::{Operator, Pulled};

/// Run the subqueries, then the statement with their values in their places.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    pulled: &Pulled,
) -> Result<Reach, StatementError> {
    let place = session.any_place()?;
    let mut text = Vec::with_capacity(statement.args.text.len());
    let mut queries = pulled.queries.iter().zip(0u32..);
    for part in &pulled.parts {
        text.extend_from_slice(&route::render_at(session, statement, part, &place)?);
        let Some((query, number)) = queries.next() else { break };
        let query = route::render_at(session, statement, query, &place)?;
        let mut whole = match found::rows(session, &query).await {
            Err(StatementError::Shard(error)) if number >= pulled.of_values && error.errno == 1054 => {
                return Err(of_the_row(&error.message));
            }
            Err(StatementError::Sql(error)) if number >= pulled.of_values && error.code == Code::UnknownColumn => {
                return Err(of_the_row(error.message.as_bytes()));
            }
            found => found?,
        };
        if whole.rows.is_empty() {
            let message = "a subquery that stands for one value has brought no row with it";
            return Err(StatementError::sql(Code::Internal, message));
        }
        typed_rows::complete(session, statement, &query, &mut whole, std::iter::once(0)).await?;
        write_field(&whole, 0, 0, &mut text);
    }
    let fingerprint = session.scanned(&text, "the statement with its subqueries' values")?;
    let plan = session.plan(&text, &fingerprint, false)?;
    if matches!(plan.root, Operator::Pulled(_)) {
        return Err(StatementError::sql(Code::Internal, "a statement still has the subqueries that have their values"));
    }
    session.check_rights(&plan)?;
    let Statement { binary, names, collector, .. } = *statement;
    let with_values = Statement { binary, names, collector, ..Statement::of_text(session, &text, &fingerprint, plan) };
    Box::pin(super::run(session, &with_values)).await
}

/// The error where a subquery of ON DUPLICATE KEY UPDATE isn't complete by itself.
fn of_the_row(error: &[u8]) -> StatementError {
    let message = format!(
        "unsupported: a subquery in ON DUPLICATE KEY UPDATE that reads columns of the row, and tables of other shards ({}); \
         read the value first",
        String::from_utf8_lossy(error)
    );
    StatementError::sql(Code::Unsupported, message)
}
