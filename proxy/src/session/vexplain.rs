//! VEXPLAIN: how a statement would run, or how it ran.

use super::query::Statement;
use super::{KeyspaceRef, Session};
use crate::backend::Trace;
use crate::error::StatementError;
use crate::execute::{self, SessionView};
use crate::show::ShowResult;
use shardgate_router::args::Arguments;
use shardgate_router::error::Code;
use shardgate_router::explain;
use shardgate_router::fingerprint::{self, Fingerprint};
use shardgate_router::plan::{ExplainFormat, Operator, Plan, Target};
use shardgate_wire::ColumnType;
use std::sync::Arc;
use std::time::Instant;

impl Session {
    /// VEXPLAIN. PLAN only plans the statement; QUERIES and TRACE run it.
    pub(super) async fn vexplain(
        &mut self,
        statement: &Statement<'_>,
        format: ExplainFormat,
        plan: &Arc<Plan>,
        text: &str,
    ) -> Result<(), StatementError> {
        let mut fingerprint = Fingerprint::new();
        fingerprint::scan(text.as_bytes(), self.state.mode.lex, &mut fingerprint)
            .map_err(|error| StatementError::sql(Code::Syntax, error.to_string()))?;
        let result = match format {
            ExplainFormat::Plan | ExplainFormat::Vitess => {
                let shown = self.explained(plan, text, &fingerprint)?;
                ShowResult {
                    columns: vec![("VEXPLAIN".into(), ColumnType::VarString)],
                    rows: shown.lines().map(|line| vec![Some(line.to_owned())]).collect(),
                }
            }
            ExplainFormat::Queries | ExplainFormat::Trace => {
                match self.traced(format, plan, text, &fingerprint).await? {
                    Some(result) => result,
                    // The shard's error is the answer already.
                    None => return Ok(()),
                }
            }
            ExplainFormat::All | ExplainFormat::Keys => {
                let message = "unsupported: VEXPLAIN ALL and KEYS; VEXPLAIN PLAN shows where a statement goes, QUERIES \
                               and TRACE run it and show what each shard got";
                return Err(StatementError::sql(Code::Unsupported, message));
            }
        };
        self.answer(statement, &result)
    }

    /// Run the statement, keep its rows from the client, and show what the shards got.
    async fn traced(
        &mut self,
        format: ExplainFormat,
        plan: &Arc<Plan>,
        text: &str,
        fingerprint: &Fingerprint,
    ) -> Result<Option<ShowResult>, StatementError> {
        self.check_rights(plan)?;
        let args = Arguments { text: text.as_bytes(), fingerprint, parameters: None, mode: self.state.mode.lex };
        let statement = Statement {
            args,
            plan: Arc::clone(plan),
            frames: None,
            binary: false,
            execution: None,
            names: None,
            collector: None,
        };
        let trace = Arc::new(Trace::default());
        let (length, seq) = (self.client.out.len(), self.client.seq);
        let begun = Instant::now();
        self.connections.trace = Some(Arc::clone(&trace));
        self.client.stream.mute();
        let ran = Box::pin(execute::run(self, &statement)).await;
        self.client.stream.unmute();
        self.connections.trace = None;
        let took = begun.elapsed();
        if self.relayed_error && ran.is_ok() {
            // An error behind rows has a number that the client, which got none of them, doesn't expect.
            if self.client.out.get(length + 3) == Some(&seq.0) {
                return Ok(None);
            }
            self.client.out.truncate(length);
            self.client.seq = seq;
            let message = "unsupported: VEXPLAIN of a statement that fails after its first rows; run it by itself to see the error";
            return Err(StatementError::sql(Code::Unsupported, message));
        }
        self.client.out.truncate(length);
        self.client.seq = seq;
        ran?;
        let sent = trace.take();
        let milliseconds = |took: std::time::Duration| format!("{:.3}", took.as_secs_f64() * 1000.0);
        let mut rows: Vec<Vec<Option<String>>> = Vec::new();
        for (number, sent) in sent.iter().enumerate() {
            let (keyspace, shard) = sent.place.split_once('/').unwrap_or((&sent.place, ""));
            let mut row = vec![
                Some((number + 1).to_string()),
                Some(keyspace.to_owned()),
                Some(shard.to_owned()),
                Some(sent.sql.clone()),
            ];
            if format == ExplainFormat::Trace {
                row.extend([Some(sent.bytes.to_string()), Some(milliseconds(sent.took))]);
            }
            rows.push(row);
        }
        let mut columns = vec![
            ("#".into(), ColumnType::LongLong),
            ("keyspace".into(), ColumnType::VarString),
            ("shard".into(), ColumnType::VarString),
            ("query".into(), ColumnType::VarString),
        ];
        if format == ExplainFormat::Trace {
            columns.extend([("bytes".into(), ColumnType::LongLong), ("milliseconds".into(), ColumnType::VarString)]);
            let bytes: u64 = sent.iter().map(|sent| sent.bytes).sum();
            rows.push(vec![
                None,
                None,
                None,
                Some("the whole statement".to_owned()),
                Some(bytes.to_string()),
                Some(milliseconds(took)),
            ]);
        }
        Ok(Some(ShowResult { columns, rows }))
    }

    /// A plan, and the shards that its target comes to for this statement's values.
    fn explained(&self, plan: &Plan, text: &str, fingerprint: &Fingerprint) -> Result<String, StatementError> {
        let args = Arguments { text: text.as_bytes(), fingerprint, parameters: None, mode: self.state.mode.lex };
        let mut shown = explain::to_text(plan, &args);
        let Some((name, target)) = routed(&plan.root) else { return Ok(shown) };
        let keyspace = KeyspaceRef::find(&self.snapshot, name)?;
        let version = &*self.snapshot.server_version;
        let session = SessionView { state: &self.state, id: self.id, version, evaluated: &[] };
        let set = target.resolve(&args, &session, keyspace.ranges())?;
        let mut shards = Vec::new();
        for index in set.indices() {
            shards.push(keyspace.place(*index as usize, self.state.target.tablet, 0)?.to_string());
        }
        let any = if set.is_any() { " (or any other)" } else { "" };
        shown.push_str(&format!("\nShards: {}{any}\n", shards.join(", ")));
        Ok(shown)
    }
}

/// The keyspace and target of a plan that has one target for all of it.
fn routed(operator: &Operator) -> Option<(&str, &Target)> {
    let route = match operator {
        Operator::Route(route) => route,
        Operator::MergeSort(sort) => &sort.input,
        Operator::Aggregate(aggregate) => &aggregate.input,
        Operator::Compute(compute) => &compute.input.input,
        Operator::Limit(limit) => return routed(&limit.input),
        _ => return None,
    };
    Some((&route.keyspace, &route.target))
}
