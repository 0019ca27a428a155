//! Run a query with the queries of its views in the place of their names, on gathered tables.

use super::view::SessionView;
use super::{gather, prepared, route};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{Described, KeyspaceRef, Session};
use shardgate_router::error::Code;
use shardgate_router::fingerprint::Fingerprint;
use shardgate_router::plan::{Expand, Gather, Operator, RenderContext, ShardSet};
use shardgate_router::session::SameNames;
use shardgate_wire::ColumnDefinition;
use std::sync::Arc;

/// The statement with the views' queries, cut into tokens.
struct Expanded {
    text: Vec<u8>,
    fingerprint: Fingerprint,
}

impl Expanded {
    fn of(session: &Session, statement: &Statement<'_>, expand: &Expand) -> Result<Expanded, StatementError> {
        let version = &*session.snapshot.server_version;
        let view = SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
        // The text is planned again: databases are called as clients call them.
        let context = RenderContext { session: &view, databases: &SameNames, generated: None };
        let mut text = Vec::with_capacity(statement.args.text.len() + 256);
        expand.sql.render(&statement.args, &context, &mut text)?;
        let fingerprint = session.scanned(&text, "a statement with its views' queries")?;
        Ok(Expanded { text, fingerprint })
    }

    /// As a statement of its own, which gathers.
    fn statement<'s>(
        &'s self,
        session: &Session,
        outer: &Statement<'s>,
        prepared: bool,
    ) -> Result<Statement<'s>, StatementError> {
        let plan = session.plan_gathered(&self.text, &self.fingerprint, prepared)?;
        let Statement { binary, names, collector, .. } = *outer;
        let own = Statement::of_text(session, &self.text, &self.fingerprint, Arc::new(plan));
        Ok(Statement { binary, names, collector, ..own })
    }
}

fn gathering<'s>(statement: &'s Statement<'_>) -> Result<&'s Gather, StatementError> {
    match &statement.plan.root {
        Operator::Gather(gather) => Ok(gather),
        _ => Err(StatementError::sql(Code::Internal, "a statement with its views' queries isn't gathered")),
    }
}

/// Run a statement whole if its tables are on one shard, else with the views' queries on gathered tables.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    expand: &Expand,
) -> Result<Reach, StatementError> {
    if let Some(alone) = &expand.alone
        && gather::is_alone(session, statement, alone)?
    {
        return route::run(session, statement, alone).await;
    }
    let expanded = Expanded::of(session, statement, expand)?;
    let inner = expanded.statement(session, statement, false)?;
    let known = columns(session, statement, expand).await;
    gather::run_as(session, &inner, gathering(&inner)?, &known).await?;
    Ok(Reach::SeveralShards)
}

/// What a shard, which has the views, says of the columns; nothing where the tables are in several keyspaces.
async fn columns(session: &mut Session, statement: &Statement<'_>, expand: &Expand) -> Vec<ColumnDefinition<'static>> {
    let Some(alone) = &expand.alone else { return Vec::new() };
    let place = KeyspaceRef::find(&session.snapshot, &alone.keyspace)
        .and_then(|keyspace| route::place(session, &keyspace, &ShardSet::any()));
    let described = match place {
        Ok(place) => {
            let database = place.database.clone();
            let found = prepared::columns_of(session, statement, &alone.sql, place).await;
            found.map(|mut columns| {
                for column in &mut columns {
                    if database.as_deref().is_some_and(|database| *database.as_bytes() == *column.schema) {
                        column.schema = alone.keyspace.as_bytes().to_vec().into();
                    }
                }
                columns
            })
        }
        Err(error) => Err(error),
    };
    described.unwrap_or_else(|error| {
        // The rows are right without; if the statement is wrong, it will say so itself.
        tracing::debug!(%error, "no shard describes the columns of a statement over views");
        Vec::new()
    })
}

/// Let a scratch session describe the parameters and columns of a statement whose tables are in several keyspaces.
pub(super) async fn describe(
    session: &mut Session,
    statement: &Statement<'_>,
    expand: &Expand,
) -> Result<Described, StatementError> {
    let expanded = Expanded::of(session, statement, expand)?;
    let inner = expanded.statement(session, statement, true)?;
    gather::describe(session, &inner, gathering(&inner)?).await
}
