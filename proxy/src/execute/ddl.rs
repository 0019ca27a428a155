//! Data definition on every shard.

use super::head;
use super::ok_sum::OkSum;
use super::route::{lease, render};
use super::scatter::answer_write;
use super::shard_rows::failed;
use crate::backend::Head;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, TabletType};
use shardgate_router::error::Code;
use shardgate_router::plan::Ddl;

/// Run a data definition on each shard, one after another; then read the schema again.
///
/// A failure on a shard stops it: the shards before have the change. The message says which, and that the same
/// statement (with IF EXISTS or IF NOT EXISTS) can be repeated.
pub(super) async fn run(session: &mut Session, statement: &Statement<'_>, ddl: &Ddl) -> Result<Reach, StatementError> {
    session.commit_all().await?;
    let keyspace = KeyspaceRef::find(&session.snapshot, &ddl.keyspace)?;
    let count = keyspace.ranges().len();
    let deadline = head::deadline(session);
    let mut sum = OkSum::default();
    let mut done: Vec<String> = Vec::new();
    let mut failure = None;
    for index in 0..count {
        let place = keyspace.place(index, TabletType::Primary, 0)?;
        let name = place.to_string();
        let text = render(session, statement, &ddl.sql, &place, &[], None)?;
        let mut lease = match lease(session, statement, place).await {
            Ok(lease) => lease,
            Err(error) => {
                failure = Some(error);
                break;
            }
        };
        lease.backend.queue_query(&text);
        let head = match lease.backend.flush().await {
            Ok(()) => head::read_head(session, &mut lease, deadline).await,
            Err(error) => Err(error),
        };
        match head {
            Ok(Head::Ok(ok)) => {
                sum.add_alike(&ok);
                session.after_statement(&statement.plan.effects, &mut lease, ok.warnings).await?;
                session.connections.put_back(lease).await;
                done.push(name);
            }
            Ok(Head::Rows(_)) => {
                lease.backend.broken = true;
                session.connections.put_back(lease).await;
                failure = Some(StatementError::sql(Code::Internal, "a data definition was answered with rows"));
                break;
            }
            Err(error) => {
                failure = Some(failed(session, statement.plan.class, lease, error).await);
                break;
            }
        }
    }
    if !done.is_empty() {
        session.refresh_schema(&ddl.keyspace).await;
    }
    match failure {
        None => {
            answer_write(session, &sum, None);
            Ok(Reach::SeveralShards)
        }
        Some(error) if done.is_empty() => Err(error),
        Some(error) => {
            let message = format!(
                "the statement is done on {} and failed then: {error}; repeat it on the other shards once the cause is gone (`USE keyspace:shard`)",
                done.join(", ")
            );
            Err(StatementError::sql(Code::PartialDdl, message))
        }
    }
}
