//! Statements that the proxy answers itself, or that change the session.

use super::handshake::{self, LoginError};
use super::query::Statement;
use super::state::Warning;
use super::temporaries::Temporaries;
use super::{End, Session};
use crate::error::StatementError;
use crate::execute::{self, Protocol, ReplyContext, simple_result};
use crate::show::{self, Kill, ShowContext, ShowResult};
use shardgate_router::error::Code;
use shardgate_router::plan::{KillScope, Local, PrepareSource, Show};
use shardgate_wire::ColumnType;
use shardgate_wire::command::ChangeUser;
use shardgate_wire::reply::OkPacket;
use std::sync::Arc;
use std::time::Instant;

impl Session {
    /// Run a statement of the proxy's own and append its answer.
    pub(crate) async fn local(&mut self, statement: &Statement<'_>, local: &Local) -> Result<(), StatementError> {
        if !matches!(local, Local::Show(Show::Warnings { .. })) {
            self.state.warnings.clear();
        }
        match local {
            Local::Empty => return Err(StatementError::sql(Code::EmptyQuery, "Query was empty")),
            Local::Begin(start) => self.begin(*start).await?,
            Local::Commit(chaining) => self.commit(*chaining).await?,
            Local::Rollback(chaining) => self.roll_back(*chaining).await?,
            Local::Savepoint(name) => self.savepoint(name).await?,
            Local::RollbackTo(name) => self.roll_back_to(name).await?,
            Local::Release(name) => self.release_savepoint(name).await?,
            Local::Use(target) => self.use_target(target).await?,
            Local::Set(assignments) => {
                self.set(statement, assignments).await?;
                if self.relayed_error {
                    return Ok(());
                }
            }
            Local::Show(show) => {
                let ddl = match show {
                    Show::ShardgateStatus if self.is_admin() => Box::pin(execute::unfinished_ddl(self)).await,
                    _ => Vec::new(),
                };
                return self.show(statement, show, &ddl);
            }
            Local::Kill { scope, id } => self.kill(*id, *scope)?,
            Local::Explain { format, plan, text } => return self.vexplain(statement, *format, plan, text).await,
            Local::ColumnUses(document) => {
                self.check_rights(&statement.plan)?;
                let columns = vec![("ColumnUsage".to_owned(), ColumnType::VarString)];
                let rows = vec![vec![Some(document.to_string())]];
                return self.answer(statement, &ShowResult { columns, rows });
            }
            Local::Prepare { name, from } => {
                self.prepare_named(name, from).await?;
                self.state.row_count = 0;
                let ok = OkPacket {
                    status: self.status(),
                    info: b"Statement prepared".as_slice().into(),
                    ..OkPacket::default()
                };
                self.client.ok(&ok);
                return Ok(());
            }
            Local::Execute { name, using } => return self.execute_named(name, using).await,
            Local::Deallocate(name) => self.deallocate(name)?,
            Local::NoOperation => {}
        }
        self.state.row_count = 0;
        self.ok();
        Ok(())
    }

    fn reply_context(&self, statement: &Statement<'_>) -> ReplyContext {
        ReplyContext {
            protocol: if statement.binary { Protocol::Binary } else { Protocol::Text },
            capabilities: self.client.capabilities,
            status: self.reply_status(),
            warnings: 0,
        }
    }

    pub(super) fn answer(&mut self, statement: &Statement<'_>, result: &ShowResult) -> Result<(), StatementError> {
        let context = self.reply_context(statement);
        let columns: Vec<(&str, ColumnType)> = result.columns.iter().map(|(name, kind)| (&**name, *kind)).collect();
        self.state.found_rows = result.rows.len() as u64;
        self.state.row_count = -1;
        simple_result(&columns, &result.rows, &context, &mut self.client.out, &mut self.client.seq)
    }

    fn show(&mut self, statement: &Statement<'_>, show: &Show, ddl: &[(String, String)]) -> Result<(), StatementError> {
        if let Show::Warnings { offset, count, count_only, errors_only } = show {
            return self.show_warnings(statement, *offset, *count, *count_only, *errors_only);
        }
        let shared = &self.worker.shared;
        let context = ShowContext {
            snapshot: &self.snapshot,
            status: &shared.control.status(),
            metrics: &shared.metrics,
            pools: &shared.pools.stats(),
            processes: &shared.processes,
            user: &self.state.user,
            target: &self.state.target.to_string(),
            keyspace: self.state.target.keyspace.as_deref(),
            ddl,
            now: Instant::now(),
        };
        match show::show(show, &context)? {
            Some(result) => self.answer(statement, &result),
            None => Err(StatementError::sql(Code::Internal, "a SHOW that only the session can answer")),
        }
    }

    fn show_warnings(
        &mut self,
        statement: &Statement<'_>,
        offset: u64,
        count: u64,
        count_only: bool,
        errors_only: bool,
    ) -> Result<(), StatementError> {
        let wanted: Vec<&Warning> =
            self.state.warnings.iter().filter(|warning| !errors_only || warning.level == "Error").collect();
        let result = if count_only {
            let name = if errors_only { "@@session.error_count" } else { "@@session.warning_count" };
            ShowResult {
                columns: vec![(name.into(), ColumnType::LongLong)],
                rows: vec![vec![Some(self.state.warning_count(errors_only).to_string())]],
            }
        } else {
            let skip = usize::try_from(offset).unwrap_or(usize::MAX);
            let take = usize::try_from(count).unwrap_or(usize::MAX);
            let rows = wanted.into_iter().skip(skip).take(take);
            let row = |warning: &Warning| {
                vec![Some(warning.level.clone()), Some(warning.code.to_string()), Some(warning.message.clone())]
            };
            ShowResult {
                columns: vec![
                    ("Level".into(), ColumnType::VarString),
                    ("Code".into(), ColumnType::Long),
                    ("Message".into(), ColumnType::VarString),
                ],
                rows: rows.map(row).collect(),
            }
        };
        self.answer(statement, &result)
    }

    /// Whether the user may do all there is.
    fn is_admin(&self) -> bool {
        self.state.user.everywhere == Some(crate::config::Right::Admin)
    }

    /// KILL, COM_PROCESS_KILL: another connection of the same user, or any for an administrator.
    pub(super) fn kill(&mut self, id: u64, scope: KillScope) -> Result<(), StatementError> {
        let processes = &self.worker.shared.processes;
        let unknown = || StatementError::sql(Code::UnknownThread, format!("Unknown thread id: {id}"));
        let owner = processes.user_of(id).ok_or_else(unknown)?;
        let admin = self.is_admin();
        if *owner != *self.state.user.name && !admin {
            let message = format!("You are not owner of thread {id}");
            return Err(StatementError::sql(Code::NotOwner, message));
        }
        let kill = match scope {
            KillScope::Connection => Kill::Connection,
            KillScope::Query => Kill::Query,
        };
        if processes.kill(id, kill) { Ok(()) } else { Err(unknown()) }
    }

    /// PREPARE name FROM text.
    async fn prepare_named(&mut self, name: &str, from: &PrepareSource) -> Result<(), StatementError> {
        let text: Vec<u8> = match from {
            PrepareSource::Text(text) => text.as_bytes().to_vec(),
            PrepareSource::Variable(variable) => self.variable_text(variable),
        };
        let key: Box<str> = name.to_lowercase().into();
        if let Some(id) = self.named.remove(&key) {
            self.com_stmt_close(id);
        }
        let (id, _) = self.prepare_text(&text).await?;
        self.named.insert(key, id);
        Ok(())
    }

    fn deallocate(&mut self, name: &str) -> Result<(), StatementError> {
        match self.named.remove(&*name.to_lowercase()) {
            Some(id) => {
                self.com_stmt_close(id);
                Ok(())
            }
            None => Err(unknown_statement(name, "DEALLOCATE PREPARE")),
        }
    }

    async fn execute_named(&mut self, name: &str, using: &[Box<str>]) -> Result<(), StatementError> {
        let id = self.named.get(&*name.to_lowercase()).copied().ok_or_else(|| unknown_statement(name, "EXECUTE"))?;
        self.execute_with_variables(id, using).await
    }

    /// COM_CHANGE_USER: the session starts anew as another user.
    pub(super) async fn com_change_user(&mut self, command: &ChangeUser<'_>) -> Result<(), End> {
        self.connections.reset().await;
        self.temporaries = Temporaries::default();
        self.transaction = super::Transaction::default();
        self.prepared.clear();
        self.named.clear();
        let host = self.state.login.rsplit_once('@').map_or("localhost", |(_, host)| host).to_owned();
        let mut input = super::Input::new();
        let login = handshake::change_user(&self.worker, &mut self.client, &mut input, command, &host).await;
        match login {
            Ok(state) => {
                self.process.set_user(Arc::clone(&state.user.name));
                self.state = state;
                self.client.flush().await.map_err(End::Io)
            }
            Err(LoginError::Io(error)) => Err(End::Io(error)),
            Err(LoginError::Protocol(message)) => Err(End::Protocol(message)),
            Err(LoginError::Denied { .. } | LoginError::Refused(_)) => Err(End::Proxy),
        }
    }
}

fn unknown_statement(name: &str, verb: &str) -> StatementError {
    StatementError::sql(Code::UnknownStatement, format!("Unknown prepared statement handler ({name}) given to {verb}"))
}
