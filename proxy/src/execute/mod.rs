//! Execution: each operator of a plan has a file of the same name.

mod aggregate;
mod ask;
mod atomic;
mod broadcast;
mod carry;
mod change;
mod changed_lookups;
mod compare;
mod compute;
mod copies;
mod create_from;
mod ddl;
mod decimal;
mod double;
mod dropped;
mod evaluate;
mod expand;
mod explained;
mod fold;
mod found;
mod gather;
mod head;
mod ignored;
mod information_schema;
mod insert;
mod insert_one_by_one;
mod insert_rows;
mod limit;
mod literal;
mod load;
mod local_file;
mod lookup;
mod lookup_rows;
mod maintained;
mod merge_sort;
mod metadata;
mod moves;
mod next_values;
mod ok_sum;
mod output;
mod own_write;
mod prepared;
mod pulled;
mod rekey;
mod rounds;
mod route;
mod row_numbers;
mod row_writer;
mod rows;
mod scatter;
mod scratch;
mod shard_rows;
mod sort;
mod sort_key;
mod staged_load;
mod summed;
mod temporary;
#[cfg(test)]
mod testing;
mod trial;
mod typed_json;
mod typed_rows;
mod view;
mod vindex_rows;
mod wait;
mod warnings;
mod write;

pub(crate) use ask::ask_as_session;
pub(crate) use ddl::unfinished as unfinished_ddl;
pub(crate) use found::Collector;
pub(crate) use information_schema::SystemColumn;
pub(crate) use lookup::LookedUp;
pub(crate) use output::{Protocol, ReplyContext, simple_result};
pub(crate) use prepared::{describe, field_list};
pub(crate) use rows::Row;
pub(crate) use view::SessionView;

use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::{Session, query::Statement};
use shardgate_router::plan::Operator;

/// Execute a statement and append its reply to what the client gets. An error hasn't been answered yet.
#[inline]
pub(crate) async fn run(session: &mut Session, statement: &Statement<'_>) -> Result<Reach, StatementError> {
    if !statement.plan.lookups.is_empty() {
        return Box::pin(run_looking_up(session, statement)).await;
    }
    match &statement.plan.root {
        Operator::Route(route) => route::run(session, statement, route).await,
        other => run_other(session, statement, other).await,
    }
}

/// A statement whose shards lookup tables tell.
async fn run_looking_up(session: &mut Session, statement: &Statement<'_>) -> Result<Reach, StatementError> {
    let result = match lookup::read(session, statement).await {
        Ok(()) => run_other(session, statement, &statement.plan.root).await,
        Err(error) => Err(error),
    };
    session.state.looked_up.clear();
    result
}

/// What isn't a plain route. Boxed, so that the future of the usual case stays small.
async fn run_other(
    session: &mut Session,
    statement: &Statement<'_>,
    operator: &Operator,
) -> Result<Reach, StatementError> {
    match operator {
        Operator::Route(route) => Box::pin(route::run(session, statement, route)).await,
        Operator::MergeSort(_) | Operator::Aggregate(_) | Operator::Compute(_) | Operator::Limit(_) => {
            Box::pin(scatter::run(session, statement, operator)).await
        }
        Operator::Gather(gather) => Box::pin(gather::run(session, statement, gather)).await,
        Operator::Broadcast(broadcast) => Box::pin(broadcast::run(session, statement, broadcast)).await,
        Operator::Expand(expand) => Box::pin(expand::run(session, statement, expand)).await,
        Operator::Insert(insert) => Box::pin(insert::run(session, statement, insert)).await,
        Operator::Pulled(pulled) => Box::pin(pulled::run(session, statement, pulled)).await,
        Operator::InsertRows(insert) => Box::pin(insert_rows::run(session, statement, insert)).await,
        Operator::Change(change) => Box::pin(change::run(session, statement, change)).await,
        Operator::Load(load) => Box::pin(load::run(session, statement, load)).await,
        Operator::StagedLoad(load) => Box::pin(staged_load::run(session, statement, load)).await,
        Operator::Ddl(ddl) => Box::pin(ddl::run(session, statement, ddl)).await,
        Operator::Dropped(dropped) => Box::pin(dropped::run(session, dropped)).await,
        Operator::Maintained(maintained) => Box::pin(maintained::run(session, statement, maintained)).await,
        Operator::Temporary(temporary) => Box::pin(temporary::run(session, statement, temporary)).await,
        Operator::CreateFrom(from) => Box::pin(create_from::run(session, statement, from)).await,
        Operator::Metadata(metadata) => Box::pin(metadata::run(session, statement, metadata)).await,
        Operator::Summed(summed) => Box::pin(summed::run(session, statement, summed)).await,
        Operator::Explained(explained) => Box::pin(explained::run(session, statement, explained)).await,
        Operator::VindexRows(vindex) => Box::pin(vindex_rows::run(session, statement, vindex)).await,
        Operator::NextValues { sequence, count } => {
            Box::pin(next_values::run(session, statement, sequence, count)).await
        }
        Operator::Local(local) => {
            Box::pin(session.local(statement, local)).await?;
            Ok(Reach::Local)
        }
    }
}
