//! A statement over tables of `information_schema` and rows of several shards: with the former's rows in its text it is
//! planned anew, as any query with a JSON_TABLE.

use super::{Gathered, text};
use crate::error::StatementError;
use crate::execute::information_schema::{columns_of, gather};
use crate::execute::view::SessionView;
use crate::execute::{self, gather as gathering};
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{Described, Session};
use shardgate_router::error::Code;
use shardgate_router::fingerprint::Fingerprint;
use shardgate_router::plan::{Gather, Metadata, Operator, RenderContext, Template};
use shardgate_router::session::SameNames;
use std::sync::Arc;

/// The statement with the rows of `information_schema`, cut into tokens.
pub(in crate::execute) struct Anew {
    text: Vec<u8>,
    fingerprint: Fingerprint,
}

impl Anew {
    fn of(
        session: &Session,
        statement: &Statement<'_>,
        metadata: &Metadata,
        tables: &[Gathered],
    ) -> Result<Anew, StatementError> {
        let version = &*session.snapshot.server_version;
        let view = SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
        // Databases are called as clients call them.
        let context = RenderContext { session: &view, databases: &SameNames, generated: None };
        let rendered = |template: &Template| {
            let mut text = Vec::with_capacity(statement.args.text.len() + 64);
            template.render(&statement.args, &context, &mut text)?;
            Ok(text)
        };
        let text = text(session, metadata, tables, &rendered)?;
        let fingerprint = session.scanned(&text, "a statement with rows of information_schema")?;
        Ok(Anew { text, fingerprint })
    }

    fn statement<'s>(
        &'s self,
        session: &mut Session,
        outer: &Statement<'s>,
        prepared: bool,
    ) -> Result<Statement<'s>, StatementError> {
        let plan = Arc::new(session.plan_once(&self.text, &self.fingerprint, prepared)?);
        if matches!(plan.root, Operator::Metadata(_)) {
            let message = "a statement with rows of information_schema in it still reads these tables";
            return Err(StatementError::sql(Code::Internal, message));
        }
        let Statement { binary, names, collector, .. } = *outer;
        let own = Statement::of_text(session, &self.text, &self.fingerprint, plan);
        Ok(Statement { binary, names, collector, ..own })
    }

    /// Gather the rows, and run the statement with them.
    pub(in crate::execute) async fn run(
        session: &mut Session,
        statement: &Statement<'_>,
        metadata: &Metadata,
    ) -> Result<Reach, StatementError> {
        let mut tables = Vec::with_capacity(metadata.tables.len());
        for table in &metadata.tables {
            tables.push(gather(session, statement, table).await?);
        }
        let anew = Anew::of(session, statement, metadata, &tables)?;
        let inner = anew.statement(session, statement, false)?;
        session.state.hushed = super::declared(&tables);
        let result = Box::pin(execute::run(session, &inner)).await;
        session.state.hushed = 0;
        result
    }

    /// Let a scratch session describe the statement where its other tables are in several keyspaces.
    pub(in crate::execute) async fn describe(
        session: &mut Session,
        statement: &Statement<'_>,
        metadata: &Metadata,
    ) -> Result<Described, StatementError> {
        let mut tables = Vec::with_capacity(metadata.tables.len());
        for table in &metadata.tables {
            tables.push(Gathered { columns: columns_of(session, table).await?, rows: Vec::new() });
        }
        let anew = Anew::of(session, statement, metadata, &tables)?;
        let inner = anew.statement(session, statement, true)?;
        let gather: Option<&Gather> = match &inner.plan.root {
            Operator::Gather(gather) => Some(gather),
            Operator::Broadcast(broadcast) => Some(&broadcast.gathered),
            _ => None,
        };
        let gather = gather.ok_or_else(|| {
            StatementError::sql(Code::Internal, "a statement over several keyspaces isn't planned as one that gathers")
        })?;
        let (parameters, mut columns) = gathering::describe(session, &inner, gather).await?;
        super::disguise(&mut columns, &tables);
        Ok((parameters, columns))
    }
}
