//! Streams a table's rows from its shards into its temporary table.

use super::definition::Definition;
use super::literal;
use crate::backend::OkSummary;
use crate::error::StatementError;
use crate::execute::rows::{Row, RowStream};
use crate::execute::scratch::{Scratch, run_all};
use crate::execute::shard_rows::ShardRows;
use crate::execute::wait::watched;
use crate::execute::{route, scatter, typed_json};
use crate::session::query::Statement;
use crate::session::{Session, quote_name};
use shardgate_router::error::Code;
use shardgate_router::plan::{GatherColumn, GatherSource, Piece, Template, Transfer};
use std::borrow::Cow;
use tokio::time::Instant;

/// Bytes of an INSERT at which it is sent.
const CHUNK: usize = 1 << 20;
/// A key of the row is taken.
const DUPLICATE: u16 = 1062;
/// A column that isn't filled has no default.
const NO_DEFAULT: u16 = 1364;
/// A value was changed: also said of the number 0 for an ENUM, which is what is meant.
const TRUNCATED: u16 = 1265;

/// What a statement may still gather.
#[derive(Clone)]
pub(super) struct Budget {
    rows: u64,
    bytes: u64,
    max_rows: u64,
    max_bytes: u64,
    /// What is done with the rows.
    purpose: &'static str,
}

impl Budget {
    /// All that the limits allow.
    pub(super) fn of(session: &Session, purpose: &'static str) -> Budget {
        let limits = &session.snapshot.config.limits;
        let (max_rows, max_bytes) = (limits.max_gathered_rows, limits.max_gathered_bytes);
        Budget { rows: 0, bytes: 0, max_rows, max_bytes, purpose }
    }

    fn take(&mut self, row: &Row, source: &GatherSource) -> Result<(), StatementError> {
        self.rows += 1;
        self.bytes += row.bytes.len() as u64;
        let (limit, most, what) = if self.rows > self.max_rows {
            ("max_gathered_rows", self.max_rows, "rows")
        } else if self.bytes > self.max_bytes {
            ("max_gathered_bytes", self.max_bytes, "bytes")
        } else {
            return Ok(());
        };
        let message = format!(
            "the statement's rows have to be {} (VEXPLAIN says why), and with those of {}.{} they are more \
             than limits.{limit} ({most} {what}): narrow the statement with conditions on single tables, or raise limits.{limit} \
             in shardgate.yaml",
            self.purpose, source.keyspace, source.table
        );
        Err(StatementError::sql(Code::TooManyRows, message))
    }
}

/// Whether two temporary tables get the same rows.
pub(super) fn is_same(one: &GatherSource, other: &GatherSource) -> bool {
    one.keyspace == other.keyspace
        && one.table == other.table
        && one.partitions == other.partitions
        && one.target == other.target
        && one.columns == other.columns
        && one.filters == other.filters
        && one.matches == other.matches
        && one.locking == other.locking
}

/// The filling of one temporary table.
pub(super) struct Filling<'f> {
    source: &'f GatherSource,
    /// `None`: rows are read only, for a table that isn't there yet.
    definition: Option<&'f Definition>,
    columns: Cow<'f, [GatherColumn]>,
}

impl<'f> Filling<'f> {
    pub(super) fn new(source: &'f GatherSource, definition: &'f Definition) -> Self {
        let columns =
            if source.columns.is_empty() { definition.columns().into() } else { source.columns.as_slice().into() };
        Filling { source, definition: Some(definition), columns }
    }

    /// The reading of a table whose columns are known.
    pub(super) fn reading(source: &'f GatherSource) -> Self {
        Filling { source, definition: None, columns: source.columns.as_slice().into() }
    }

    fn names(&self) -> String {
        let columns = self.columns.iter().map(|column| quote_name(&column.name));
        columns.chain(self.source.matches.iter().map(|asked| quote_name(&asked.name))).collect::<Vec<_>>().join(", ")
    }

    /// Fill the table with the rows of another temporary table.
    pub(super) async fn copy(
        &self,
        session: &mut Session,
        scratches: &mut [Scratch],
        from: &GatherSource,
    ) -> Result<(), StatementError> {
        let (columns, into, from) = (self.names(), quote_name(&self.source.temporary), quote_name(&from.temporary));
        let text = format!("INSERT INTO {into} ({columns}) SELECT {columns} FROM {from}");
        self.insert(session, scratches, text.as_bytes()).await
    }

    /// Ask the table's shards for its rows.
    pub(super) async fn open(
        &self,
        session: &mut Session,
        statement: &Statement<'_>,
    ) -> Result<Vec<ShardRows>, StatementError> {
        let template = self.select(session, statement)?;
        let (keyspace, shards) = route::shards(session, statement, &self.source.keyspace, &self.source.target)?;
        scatter::open(session, statement, &template, &keyspace, &shards).await
    }

    /// Fill the table from its shards.
    pub(super) async fn run(
        &self,
        session: &mut Session,
        statement: &Statement<'_>,
        scratches: &mut [Scratch],
        budget: &mut Budget,
    ) -> Result<(), StatementError> {
        let mut inputs = self.open(session, statement).await?;
        let result = self.pour(session, scratches, &mut inputs, budget).await;
        scatter::finish(session, inputs, result).await
    }

    /// The JSON columns.
    fn documents(&self) -> impl Iterator<Item = &GatherColumn> {
        self.columns.iter().filter(|column| column.transfer == Transfer::Json)
    }

    /// The query for the shards: the columns, the outcomes of searches, and the types of values in the documents.
    fn select(&self, session: &Session, statement: &Statement<'_>) -> Result<Template, StatementError> {
        let source = self.source;
        let columns: Vec<String> = self.columns.iter().map(literal::reading).collect();
        // A document's types are found by recursion, as deep as a document may be.
        let hint =
            if self.documents().next().is_some() { "/*+ SET_VAR(cte_max_recursion_depth = 1000) */ " } else { "" };
        let mut pieces = vec![Piece::Sql(format!("SELECT {hint}{}", columns.join(", ")).into())];
        for asked in &source.matches {
            // The rank itself depends on the rows of all shards.
            pieces.push(Piece::Sql(", SIGN(".into()));
            pieces.extend(asked.sql.pieces.iter().cloned());
            pieces.push(Piece::Sql(")".into()));
        }
        for column in self.documents() {
            let types = typed_json::types_of(&format!("{}.{}", quote_name(&source.alias), quote_name(&column.name)));
            pieces.push(Piece::Sql(format!(", CAST({types} AS BINARY)").into()));
        }
        let from = format!(" FROM {}{} AS {}", quote_name(&source.table), source.partitions, quote_name(&source.alias));
        pieces.push(Piece::Sql(from.into()));
        let mut link = " WHERE (";
        for filter in &source.filters {
            if filter.holds(&statement.args)? {
                pieces.push(Piece::Sql(link.into()));
                pieces.extend(filter.sql.pieces.iter().cloned());
                pieces.push(Piece::Sql(")".into()));
                link = " AND (";
            }
        }
        if session.state.settings.get("sql_select_limit").is_some() {
            pieces.push(Piece::Sql(" LIMIT 18446744073709551615".into()));
        }
        pieces.push(Piece::Sql(source.locking.clone()));
        Ok(Template { pieces })
    }

    async fn pour(
        &self,
        session: &mut Session,
        scratches: &mut [Scratch],
        inputs: &mut [ShardRows],
        budget: &mut Budget,
    ) -> Result<(), StatementError> {
        let deadline = scratches.first().and_then(|scratch| scratch.deadline);
        let mut text = Vec::new();
        loop {
            let more = self.read(session, inputs, deadline, budget, &mut text, &mut |_| Ok(())).await?;
            if !text.is_empty() {
                self.insert(session, scratches, &text).await?;
                text.clear();
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Append rows to an INSERT until it is long enough to be sent: whether there may be more. Each row is shown to `seen`.
    pub(super) async fn read(
        &self,
        session: &mut Session,
        inputs: &mut [ShardRows],
        deadline: Option<Instant>,
        budget: &mut Budget,
        text: &mut Vec<u8>,
        seen: &mut (dyn FnMut(&Row) -> Result<(), StatementError> + Send),
    ) -> Result<bool, StatementError> {
        let mut row = Row::default();
        // Those that have ended say so again.
        for mut input in inputs {
            while text.len() < CHUNK {
                if !watched(&session.process, &mut session.client.stream, deadline, input.next(&mut row)).await? {
                    break;
                }
                budget.take(&row, self.source)?;
                seen(&row)?;
                if text.is_empty() {
                    let into = quote_name(&self.source.temporary);
                    text.extend_from_slice(format!("INSERT INTO {into} ({}) VALUES ", self.names()).as_bytes());
                } else {
                    text.push(b',');
                }
                self.write_row(&row, text)?;
            }
            if text.len() >= CHUNK {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Append a row's values.
    fn write_row(&self, row: &Row, text: &mut Vec<u8>) -> Result<(), StatementError> {
        let width = (self.columns.len() + self.source.matches.len()) as u32;
        let mut documents = width..;
        text.push(b'(');
        for (index, column) in (0u32..).zip(self.columns.iter()) {
            if index > 0 {
                text.push(b',');
            }
            let types = (column.transfer == Transfer::Json).then(|| documents.next()).flatten();
            match (row.field(index), types.and_then(|at| row.field(at))) {
                (Some(document), Some(types)) => {
                    let written = typed_json::literal(document, types)
                        .map_err(|problem| problem.gathered(&format!("`{}`.`{}`", self.source.table, column.name)))?;
                    text.extend_from_slice(&written);
                }
                (value, _) => literal::write(value, column.transfer, text),
            }
        }
        for index in self.columns.len() as u32..width {
            if index > 0 {
                text.push(b',');
            }
            literal::write(row.field(index), Transfer::Number, text);
        }
        text.push(b')');
        Ok(())
    }

    /// Run an INSERT on each scratch session.
    pub(super) async fn insert(
        &self,
        session: &mut Session,
        scratches: &mut [Scratch],
        text: &[u8],
    ) -> Result<(), StatementError> {
        let results = run_all(session, scratches, text).await;
        for (scratch, result) in scratches.iter_mut().zip(results) {
            self.inserted(session, scratch, text, result).await?;
        }
        Ok(())
    }

    /// Look at what an INSERT came to. Rows of several shards may have equal keys, which only one shard would refuse:
    /// then the keys aren't unique in the temporary table.
    async fn inserted(
        &self,
        session: &mut Session,
        scratch: &mut Scratch,
        text: &[u8],
        mut result: Result<OkSummary, StatementError>,
    ) -> Result<(), StatementError> {
        if matches!(&result, Err(StatementError::Shard(error)) if error.errno == DUPLICATE)
            && let Some(loosen) = self.definition.and_then(|definition| definition.loosen(&self.source.temporary))
        {
            scratch.run(session, loosen.as_bytes()).await?;
            result = scratch.run(session, text).await;
        }
        if result?.warnings == 0 {
            return Ok(());
        }
        let warnings = scratch.query(session, b"SHOW WARNINGS").await?;
        for warning in &warnings.rows {
            let field = |at| warning.field(at).map(String::from_utf8_lossy).unwrap_or_default();
            let (code, message) = (field(1).parse().unwrap_or_default(), field(2));
            if !self.is_expected(code, &message) {
                let (keyspace, table) = (&self.source.keyspace, &self.source.table);
                let text = format!(
                    "unsupported: a row of table {keyspace}.{table} can't be gathered as it is: {message} ({code})"
                );
                return Err(StatementError::sql(Code::Unsupported, text));
            }
        }
        Ok(())
    }

    fn is_expected(&self, code: u16, message: &str) -> bool {
        match code {
            NO_DEFAULT => true,
            TRUNCATED => self.columns.iter().any(|column| {
                column.transfer == Transfer::Index && message.contains(&format!("for column '{}' at", column.name))
            }),
            _ => false,
        }
    }
}
