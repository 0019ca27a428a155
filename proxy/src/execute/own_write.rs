//! Writes of the proxy's own making, planned as a client's would be, in the session's transaction.

use super::insert;
use super::ok_sum::OkSum;
use super::route::{self, render};
use super::scatter;
use super::write::Part;
use crate::error::StatementError;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_router::plan::{Operator, Target};

/// Run an INSERT with VALUES, an UPDATE or a DELETE. The warnings of the client's own statement stay as they are.
pub(super) async fn run(session: &mut Session, text: &[u8]) -> Result<OkSum, StatementError> {
    let fingerprint = session.scanned(text, "a write of the proxy's own")?;
    let plan = session.plan(text, &fingerprint, false)?;
    let statement = Statement::of_text(session, text, &fingerprint, plan);
    let warnings = std::mem::take(&mut session.state.warnings);
    let result = match &statement.plan.root {
        Operator::Route(route) => {
            let (keyspace, shards) = route::shards(session, &statement, &route.keyspace, &route.target)?;
            let mut parts = Vec::new();
            for index in shards.indices() {
                let place = session.shard_place(&keyspace, *index as usize)?;
                let text = render(session, &statement, &route.sql, &place, &[], None)?;
                parts.push(Part { place, text, rows: None, alike: route.target == Target::Alike, repeats: false });
            }
            scatter::write(session, &statement, parts).await
        }
        Operator::Insert(insert) if insert.lookups.is_empty() && insert.rekey.is_none() => {
            Box::pin(insert::rows(session, &statement, insert)).await.map(|inserted| inserted.sum)
        }
        _ => {
            let message = format!(
                "unsupported: the rows of a lookup vindex's table aren't written by `{}`: the table must be a plain one, \
                 which owns no lookup vindex itself",
                String::from_utf8_lossy(text.get(..200).unwrap_or(text))
            );
            Err(StatementError::sql(Code::Unsupported, message))
        }
    };
    session.state.warnings = warnings;
    result
}
