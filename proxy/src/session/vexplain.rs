//! VEXPLAIN: how a statement would run, or how it ran.

use super::query::Statement;
use super::{KeyspaceRef, Place, Session, TabletType};
use crate::backend::{Addressee, Sent, Trace};
use crate::error::StatementError;
use crate::execute::{self, SessionView};
use crate::show::ShowResult;
use serde_json::{Map, Value as Json, json};
use shardgate_router::args::Arguments;
use shardgate_router::error::Code;
use shardgate_router::explain;
use shardgate_router::fingerprint::{self, Fingerprint};
use shardgate_router::plan::{ExplainFormat, Operator, Plan, Target};
use shardgate_wire::ColumnType;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of how many of the texts that a statement sends VEXPLAIN ALL asks for the server's plan.
const MOST_EXPLAINED: usize = 100;

impl Session {
    /// VEXPLAIN. PLAN only plans the statement; QUERIES, TRACE and ALL run it.
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
        let inner = Statement::of_text(self, text.as_bytes(), &fingerprint, Arc::clone(plan));
        if matches!(format, ExplainFormat::Plan | ExplainFormat::Vitess) {
            let shown = self.explained(plan, &inner.args)?;
            let columns = vec![("VEXPLAIN".into(), ColumnType::VarString)];
            let rows = shown.lines().map(|line| vec![Some(line.to_owned())]).collect();
            return self.answer(statement, &ShowResult { columns, rows });
        }
        // A shard's error is the answer already.
        let Some((sent, took)) = self.traced(&inner).await? else { return Ok(()) };
        let result = match format {
            ExplainFormat::All => {
                let document = self.with_servers_plans(&inner, &sent).await?;
                let columns = vec![("VExplain".into(), ColumnType::VarString)];
                ShowResult { columns, rows: vec![vec![Some(document)]] }
            }
            ExplainFormat::Trace => queries(&sent, Some(took)),
            ExplainFormat::Queries | ExplainFormat::Plan | ExplainFormat::Vitess => queries(&sent, None),
        };
        self.answer(statement, &result)
    }

    /// Run the statement, keep its rows from the client, and say what the shards got; `None`: a shard refused it, and the
    /// client has the error.
    async fn traced(&mut self, statement: &Statement<'_>) -> Result<Option<(Vec<Sent>, Duration)>, StatementError> {
        self.check_rights(&statement.plan)?;
        let trace = Arc::new(Trace::default());
        let (length, seq) = (self.client.out.len(), self.client.seq);
        let begun = Instant::now();
        self.connections.trace = Some(Arc::clone(&trace));
        self.client.stream.mute();
        let ran = Box::pin(execute::run(self, statement)).await;
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
        Ok(Some((trace.take(), took)))
    }

    /// The plan as JSON, with each text that was sent and what its server's EXPLAIN says about it.
    async fn with_servers_plans(&mut self, statement: &Statement<'_>, sent: &[Sent]) -> Result<String, StatementError> {
        let mut document = explain::to_json(&statement.plan, &statement.args);
        let mut queries: Vec<Json> = Vec::new();
        for sent in sent {
            let mut query = Map::new();
            query.insert("keyspace".into(), json!(*sent.to.keyspace));
            query.insert("shard".into(), json!(sent.to.shard));
            query.insert("query".into(), json!(sent.sql));
            if sent.to.apart {
                query.insert("runs_on".into(), json!(format!("temporary tables on {}", sent.to.instance)));
            } else if is_explained(&sent.sql) && queries.len() < MOST_EXPLAINED {
                match self.servers_plan(statement, sent).await {
                    Ok(plan) => query.insert("mysql_explain_json".into(), plan),
                    Err(StatementError::Client(error)) => return Err(StatementError::Client(error)),
                    Err(error) => query.insert("mysql_explain_error".into(), json!(error.to_string())),
                };
            }
            queries.push(Json::Object(query));
        }
        if let Json::Object(document) = &mut document {
            document.insert("queries".into(), Json::Array(queries));
        }
        serde_json::to_string_pretty(&document)
            .map_err(|error| StatementError::sql(Code::Internal, format!("the plan can't be written as JSON: {error}")))
    }

    /// What the server that got a text says about it.
    async fn servers_plan(&mut self, statement: &Statement<'_>, sent: &Sent) -> Result<Json, StatementError> {
        let place = self.place_of(&sent.to)?;
        let text = format!("EXPLAIN FORMAT=JSON {}", sent.sql);
        let rows = execute::ask_as_session(self, statement, place, &text).await?;
        let plan = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        Ok(serde_json::from_str(&plan).unwrap_or(Json::String(plan)))
    }

    /// Where something was sent to.
    fn place_of(&self, to: &Addressee) -> Result<Place, StatementError> {
        let keyspace = KeyspaceRef::find(&self.snapshot, &to.keyspace)?;
        for index in 0..keyspace.ranges().len() {
            let mut place = keyspace.place(index, TabletType::Primary, 0)?;
            if place.shard.name.as_str() == to.shard {
                let instances = place.shard.instances.iter();
                if let Some(instance) = { instances }.find(|instance| instance.id.to_string() == to.instance) {
                    place.instance = Arc::clone(instance);
                }
                return Ok(place);
            }
        }
        let message = format!("shard {}/{} doesn't serve any more", to.keyspace, to.shard);
        Err(StatementError::sql(Code::UnknownTarget, message))
    }

    /// A plan, and the shards that its target comes to for this statement's values.
    fn explained(&self, plan: &Plan, args: &Arguments<'_>) -> Result<String, StatementError> {
        let mut shown = explain::to_text(plan, args);
        let Some((name, target)) = routed(&plan.root) else { return Ok(shown) };
        if !plan.lookups.is_empty() {
            // Which those are is known when it runs: PLAN sends nothing.
            shown.push_str("\nShards: those that the lookup finds\n");
            return Ok(shown);
        }
        let keyspace = KeyspaceRef::find(&self.snapshot, name)?;
        let version = &*self.snapshot.server_version;
        let session = SessionView { state: &self.state, id: self.id, version, evaluated: &[] };
        let set = target.resolve(args, &session, keyspace.ranges())?;
        let mut shards = Vec::new();
        for index in set.indices() {
            shards.push(keyspace.place(*index as usize, self.tablet(), 0)?.to_string());
        }
        let any = if set.is_any() { " (or any other)" } else { "" };
        shown.push_str(&format!("\nShards: {}{any}\n", shards.join(", ")));
        Ok(shown)
    }
}

/// Whether a server's EXPLAIN takes the text.
fn is_explained(text: &str) -> bool {
    const WORDS: [&str; 8] = ["SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "TABLE", "VALUES"];
    let mut rest = text.trim_start_matches(|char: char| char.is_whitespace() || char == '(');
    while let Some((_, behind)) = rest.strip_prefix("/*").and_then(|comment| comment.split_once("*/")) {
        rest = behind.trim_start_matches(|char: char| char.is_whitespace() || char == '(');
    }
    let word = rest.split(|char: char| !char.is_ascii_alphabetic()).next().unwrap_or_default();
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// What was sent, a row each; with how much came back and how long that took, and the whole in a last row.
fn queries(sent: &[Sent], took: Option<Duration>) -> ShowResult {
    let milliseconds = |took: Duration| format!("{:.3}", took.as_secs_f64() * 1000.0);
    let mut rows: Vec<Vec<Option<String>>> = Vec::new();
    for (number, sent) in sent.iter().enumerate() {
        let mut row = vec![
            Some((number + 1).to_string()),
            Some(sent.to.keyspace.to_string()),
            Some(sent.to.shard.clone()),
            Some(sent.sql.clone()),
        ];
        if took.is_some() {
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
    if let Some(took) = took {
        columns.extend([("bytes".into(), ColumnType::LongLong), ("milliseconds".into(), ColumnType::VarString)]);
        let bytes: u64 = sent.iter().map(|sent| sent.bytes).sum();
        let whole = Some("the whole statement".to_owned());
        rows.push(vec![None, None, None, whole, Some(bytes.to_string()), Some(milliseconds(took))]);
    }
    ShowResult { columns, rows }
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
