//! COM_QUERY: one statement or several, planned and executed.

use super::state::Warning;
use super::{Execution, Session, StatementError, quote_name};
use crate::execute;
use crate::metrics::{Outcome, PlanCacheOutcome, Reach};
use crate::show::ProcessCommand;
use shardgate_router::args::Arguments;
use shardgate_router::cache::CacheKey;
use shardgate_router::error::{Code, SqlError};
use shardgate_router::fingerprint::{self, DirectiveName, Fingerprint, SqlMode};
use shardgate_router::plan::Plan;
use shardgate_router::planner::{self, Context};
use shardgate_router::sql::options::ClientCharset;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A statement that is being executed.
pub(crate) struct Statement<'a> {
    /// Text, literals, parameters.
    pub(crate) args: Arguments<'a>,
    /// Its plan.
    pub(crate) plan: Arc<Plan>,
    /// The client's packet with its headers, if it holds exactly this statement.
    pub(crate) frames: Option<&'a [u8]>,
    /// Rows go to the client in the binary protocol.
    pub(crate) binary: bool,
    /// The execution of a prepared statement that this is.
    pub(crate) execution: Option<Execution<'a>>,
    /// The names of its columns, if they are others than the shards give them.
    pub(crate) names: Option<&'a [Box<[u8]>]>,
    /// Where its rows go, if not to the client.
    pub(crate) collector: Option<&'a execute::Collector>,
}

impl<'a> Statement<'a> {
    /// A text without parameters, as it was planned for this session. Its rows go to the client as text.
    #[inline]
    pub(crate) fn of_text(session: &Session, text: &'a [u8], fingerprint: &'a Fingerprint, plan: Arc<Plan>) -> Self {
        let args = Arguments { text, fingerprint, parameters: None, mode: session.state.mode.lex };
        Statement { args, plan, frames: None, binary: false, execution: None, names: None, collector: None }
    }
}

impl Session {
    /// COM_QUERY. An error is one of the client's connection; others are answered.
    #[inline]
    pub(super) async fn com_query(&mut self, text: &[u8], frames: Option<&[u8]>) -> io::Result<()> {
        let mut fingerprint = std::mem::take(&mut self.fingerprint);
        let result = match fingerprint::scan(text, self.state.mode.lex, &mut fingerprint) {
            Ok(()) if fingerprint.has_more_statements() && self.state.multi_statements => {
                self.several(text, &mut fingerprint).await
            }
            Ok(()) => self.one(text, frames, &fingerprint).await.map(|_| ()),
            Err(error) => self.unscannable(text, &error).await,
        };
        self.fingerprint = fingerprint;
        result?;
        self.client.flush().await
    }

    /// Run the statements of a text one after another; the first that fails ends them.
    async fn several(&mut self, text: &[u8], fingerprint: &mut Fingerprint) -> io::Result<()> {
        let statements = fingerprint::split_statements(text, self.state.mode.lex);
        let last = statements.len().saturating_sub(1);
        for (index, range) in statements.into_iter().enumerate() {
            let Some(statement) = text.get(range) else { continue };
            self.client.more_results = index < last;
            let done = match fingerprint::scan(statement, self.state.mode.lex, fingerprint) {
                Ok(()) => self.one(statement, None, fingerprint).await?,
                Err(error) => {
                    self.unscannable(statement, &error).await?;
                    false
                }
            };
            if !done || self.ending {
                break;
            }
        }
        self.client.more_results = false;
        Ok(())
    }

    /// A text that can't be cut into tokens.
    async fn unscannable(&mut self, text: &[u8], error: &fingerprint::LexError) -> io::Result<()> {
        self.begin_statement();
        let plan = planner::plan_malformed(text, error, &self.context(false));
        match plan {
            // One server has the whole keyspace: its error is MySQL's own, or it reads what this proxy can't.
            Ok(plan) => {
                let fingerprint = Fingerprint::new();
                let statement = Statement::of_text(self, text, &fingerprint, Arc::new(plan));
                self.run_statement(statement).await.map(|_| ())
            }
            Err(error) => self.fail(error.into()),
        }
    }

    /// Run one statement; whether it succeeded.
    #[inline]
    async fn one(&mut self, text: &[u8], frames: Option<&[u8]>, fingerprint: &Fingerprint) -> io::Result<bool> {
        self.begin_statement();
        let plan = match self.plan(text, fingerprint, false) {
            Ok(plan) => plan,
            Err(error) => {
                self.fail(error.into())?;
                return Ok(false);
            }
        };
        let statement = Statement { frames, ..Statement::of_text(self, text, fingerprint, plan) };
        self.run_statement(statement).await
    }

    /// A text of the proxy's own making, cut into tokens; `what` it is, for the error.
    pub(crate) fn scanned(&self, text: &[u8], what: &str) -> Result<Fingerprint, StatementError> {
        let mut fingerprint = Fingerprint::new();
        fingerprint::scan(text, self.state.mode.lex, &mut fingerprint)
            .map_err(|error| StatementError::sql(Code::Internal, format!("{what} can't be read: {error}")))?;
        Ok(fingerprint)
    }

    /// The plan of a text, from the cache or new.
    #[inline]
    pub(crate) fn plan(
        &mut self,
        text: &[u8],
        fingerprint: &Fingerprint,
        prepared: bool,
    ) -> Result<Arc<Plan>, SqlError> {
        if let Err(error) = self.temporaries.check() {
            self.ending = true;
            return Err(error);
        }
        let key = CacheKey {
            database: self.state.target.keyspace.as_deref(),
            mode: self.mode(),
            prepared,
            shard_targeted: self.state.target.shard.is_some(),
            select_limit: self.state.select_limit(),
            generation: self.snapshot.generation,
        };
        let plans = self.temporaries.plans().unwrap_or(&self.worker.plans);
        if let Some(plan) = plans.get(&key, fingerprint, text) {
            self.worker.metrics.plan_cache(PlanCacheOutcome::Hit);
            return Ok(plan);
        }
        self.worker.metrics.plan_cache(PlanCacheOutcome::Miss);
        let plan = match planner::plan(text, fingerprint, &self.context(prepared)) {
            Ok(plan) => Arc::new(plan),
            // Names can't be resolved while the schema isn't there: that is what the client should hear.
            Err(error) => return Err(key.database.and_then(|name| self.not_ready(name)).unwrap_or(error)),
        };
        let plans = self.temporaries.plans().unwrap_or(&self.worker.plans);
        plans.insert(&key, fingerprint, Arc::clone(&plan));
        Ok(plan)
    }

    /// The plan of a text that isn't asked for again: the cache has it not.
    pub(crate) fn plan_once(&self, text: &[u8], fingerprint: &Fingerprint, prepared: bool) -> Result<Plan, SqlError> {
        planner::plan(text, fingerprint, &self.context(prepared))
    }

    /// The plan of a query in which the queries of its views stand.
    pub(crate) fn plan_gathered(
        &self,
        text: &[u8],
        fingerprint: &Fingerprint,
        prepared: bool,
    ) -> Result<Plan, SqlError> {
        planner::plan_gathered(text, fingerprint, &self.context(prepared))
    }

    /// What a statement is planned in.
    fn context(&self, prepared: bool) -> Context<'_> {
        Context {
            catalog: &self.snapshot.catalog,
            database: self.state.target.keyspace.as_deref(),
            mode: self.mode(),
            charset: ClientCharset::from_name(self.state.settings.text("character_set_client").unwrap_or("utf8mb4")),
            server_version: self.snapshot.mysql_version,
            prepared,
            shard_targeted: self.state.target.shard.is_some(),
            select_limit: self.state.select_limit(),
        }
    }

    /// Why a keyspace's schema isn't there, if it isn't.
    fn not_ready(&self, keyspace: &str) -> Option<SqlError> {
        match self.worker.shared.control.not_ready(keyspace)? {
            StatementError::Sql(error) => Some(error),
            StatementError::Shard(_) | StatementError::Client(_) => None,
        }
    }

    /// How texts are read: the sql_mode, and IGNORE_SPACE as a capability.
    fn mode(&self) -> SqlMode {
        let mut mode = self.state.mode;
        mode.ignore_space |= self.profile.ignore_space;
        mode
    }

    /// COM_FIELD_LIST: the columns of a table, as a shard describes them.
    pub(super) async fn com_field_list(&mut self, table: &[u8], wildcard: &[u8]) -> Result<(), StatementError> {
        self.begin_statement();
        let table = String::from_utf8_lossy(table).into_owned();
        let text = format!("SELECT * FROM {} LIMIT 0", quote_name(&table));
        let mut fingerprint = Fingerprint::new();
        fingerprint::scan(text.as_bytes(), self.state.mode.lex, &mut fingerprint)
            .map_err(|error| StatementError::sql(Code::UnknownTable, format!("table `{table}`: {error}")))?;
        let plan = self.plan(text.as_bytes(), &fingerprint, false)?;
        self.check_rights(&plan)?;
        let statement = Statement::of_text(self, text.as_bytes(), &fingerprint, plan);
        execute::field_list(self, &statement, &table, wildcard).await
    }

    /// Execute a planned statement and answer the client; whether it succeeded.
    #[inline]
    pub(super) async fn run_statement(&mut self, statement: Statement<'_>) -> io::Result<bool> {
        let started = Instant::now();
        let class = statement.plan.class;
        let command = if statement.binary { ProcessCommand::Execute } else { ProcessCommand::Query };
        self.process.set_statement(command, statement.args.fingerprint.key(), started);
        self.relayed_error = false;
        self.query_timeout = query_timeout(&statement).or(self.snapshot.config.limits.query_timeout);
        let result = match self.check_rights(&statement.plan) {
            Ok(()) => execute::run(self, &statement).await,
            Err(error) => Err(error),
        };
        let (outcome, reach, done) = match result {
            Ok(reach) if self.relayed_error => (Outcome::Error, reach, false),
            Ok(reach) => (Outcome::Ok, reach, true),
            Err(StatementError::Client(error)) => return Err(error),
            Err(error) => {
                self.fail(error)?;
                (Outcome::Error, Reach::Local, false)
            }
        };
        self.end_characteristics();
        self.warn_of_directives(&statement);
        self.worker.metrics.statement(class, reach, outcome, started.elapsed());
        Ok(done)
    }

    /// A directive of an unknown name has no effect, which SHOW WARNINGS says.
    #[inline]
    fn warn_of_directives(&mut self, statement: &Statement<'_>) {
        for directive in statement.args.fingerprint.directives(statement.args.text) {
            if directive.name == DirectiveName::Unknown {
                let name = String::from_utf8_lossy(directive.written);
                let message = format!("unknown directive {name} in a /*vt+ */ or /*sg+ */ comment; it was ignored");
                self.state.warnings.push(Warning { level: "Warning".to_owned(), code: 1105, message });
            }
        }
    }
}

/// How long the statement itself says that it may run (QUERY_TIMEOUT_MS). 0 and what is no number say nothing.
fn query_timeout(statement: &Statement<'_>) -> Option<Duration> {
    let mut directives = statement.args.fingerprint.directives(statement.args.text);
    let directive = directives.find(|directive| directive.name == DirectiveName::QueryTimeoutMs)?;
    let milliseconds: u64 = std::str::from_utf8(directive.value?).ok()?.parse().ok()?;
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}
