//! `SELECT NEXT n VALUES FROM sequence`.

use super::output::{Protocol, ReplyContext, simple_result};
use super::view::SessionView;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_router::plan::{Sequence, ValueExpr, limit};
use shardgate_wire::ColumnType;

/// Reserve values and answer with the first of them, as Vitess does.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    sequence: &Sequence,
    count: &ValueExpr,
) -> Result<Reach, StatementError> {
    let count = {
        let version = &*session.snapshot.server_version;
        let view = SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
        limit(count, &statement.args, &view)?
    };
    if count == 0 {
        return Err(StatementError::sql(Code::Syntax, "NEXT takes a count of at least 1"));
    }
    let values = session.worker.shared.sequences.next(sequence, count).await?;
    let context = ReplyContext {
        protocol: if statement.binary { Protocol::Binary } else { Protocol::Text },
        capabilities: session.client.capabilities,
        status: session.reply_status(),
        warnings: 0,
    };
    let rows = [[Some(values.start().to_string())]];
    let client = &mut session.client;
    simple_result(&[("nextval", ColumnType::LongLong)], rows, &context, &mut client.out, &mut client.seq)?;
    Ok(Reach::OneShard)
}
