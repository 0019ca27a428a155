//! SET, USE: what changes the session.

use super::place::KeyspaceRef;
use super::query::Statement;
use super::state::{Target, is_system};
use super::variables::literal;
use super::{Place, Session, SessionState, TabletType};
use crate::config::TransactionMode;
use crate::error::StatementError;
use crate::execute::{self, Row};
use crate::settings::{Settings, numbered};
use crate::worker::Worker;
use shardgate_router::error::Code;
use shardgate_router::fingerprint::{self, Fingerprint};
use shardgate_router::plan::{Assignment, SetScope, SetValue};
use shardgate_wire::charset::Collation;
use std::sync::Arc;

/// Variables that exist in Vitess and the proxy only.
const OWN: [&str; 3] = ["transaction_mode", "workload", "query_timeout"];

/// Variables that set more than themselves, and all that has to be read back after them.
const CHARSET: [&str; 3] = ["character_set_client", "character_set_results", "collation_connection"];

impl Session {
    /// USE, COM_INIT_DB.
    pub(super) async fn use_target(&mut self, text: &str) -> Result<(), StatementError> {
        let target = find_target(&self.worker, &self.state, text).await?;
        if self.transaction.open && target.tablet != self.state.target.tablet {
            let message = "the tablet type can't change inside a transaction; COMMIT or ROLLBACK first";
            return Err(StatementError::sql(Code::UnknownTarget, message));
        }
        self.process.set_target(Some(Arc::from(target.to_string())));
        self.state.target = target;
        Ok(())
    }

    /// SET.
    pub(super) async fn set(
        &mut self,
        statement: &Statement<'_>,
        assignments: &[Assignment],
    ) -> Result<(), StatementError> {
        let before = Arc::clone(&self.state.settings);
        let cacheable = assignments.iter().all(|assignment| {
            matches!(assignment.scope, SetScope::Session)
                && !OWN.contains(&&*assignment.name)
                && is_constant(&assignment.value)
        });
        if cacheable && let Some(known) = self.worker.known_set(statement.args.text, &before) {
            return self.take_settings(known).await;
        }
        let mut settings: Vec<&Assignment> = Vec::new();
        for assignment in assignments {
            if let (SetValue::Query(_), false) = (&assignment.value, assignment.scope == SetScope::User) {
                let message = format!(
                    "unsupported: a subquery in SET {0}: give a user variable its value first, as in \
                     SET @x = (SELECT ...); SET {0} = @x",
                    assignment.name
                );
                return Err(StatementError::sql(Code::Unsupported, message));
            }
            match assignment.scope {
                SetScope::Session if OWN.contains(&&*assignment.name) => self.set_own(assignment)?,
                SetScope::Session => settings.push(assignment),
                SetScope::User => match &assignment.value {
                    SetValue::Query(text) => {
                        self.set_by_query(&assignment.name, text).await?;
                        if self.relayed_error {
                            return Ok(());
                        }
                    }
                    _ => self.set_user_variable(assignment).await?,
                },
                SetScope::NextTransaction => {
                    if self.transaction.open || self.connections.in_transaction() {
                        let message = "Transaction characteristics can't be changed while a transaction is in progress";
                        return Err(StatementError::sql(Code::TransactionInProgress, message));
                    }
                    let SetValue::Expression(text) = &assignment.value else { continue };
                    // Without a scope, these two are for the next transaction.
                    let name = super::quote_name(&assignment.name);
                    self.transaction.characteristics.push(format!("SET @@{name} = {text}").into());
                }
                SetScope::Global | SetScope::Persist | SetScope::PersistOnly => self.set_global(assignment).await?,
            }
        }
        if settings.is_empty() {
            return Ok(());
        }
        let after = Arc::new(self.ask_server(&settings).await?);
        if cacheable {
            self.worker.remember_set(statement.args.text, &before, &after);
        }
        self.take_settings(after).await
    }

    /// Settings that the server has agreed to are the session's from now on.
    async fn take_settings(&mut self, settings: Arc<Settings>) -> Result<(), StatementError> {
        let was_off = !self.state.autocommit();
        self.state.set_settings(settings);
        if was_off && self.state.autocommit() {
            // Turning autocommit on commits what is open.
            self.commit_all().await?;
        }
        Ok(())
    }

    /// Let a server evaluate the assignments, and read back what it made of them.
    async fn ask_server(&mut self, assignments: &[&Assignment]) -> Result<Settings, StatementError> {
        let place = self.any_place()?;
        let needs = super::Needs { variables: &[], transaction: false };
        let mut lease = self.connections.lease(&self.worker.pools, place, self.profile, &self.state.settings).await?;
        let result = async {
            lease.prepare(&self.state, &super::Transaction::default(), needs).await?;
            let variables: Vec<Box<str>> = self.state.variables.keys().cloned().collect();
            if assignments.iter().any(|assignment| !is_constant(&assignment.value)) && !variables.is_empty() {
                let needs = super::Needs { variables: &variables, transaction: false };
                lease.prepare(&self.state, &super::Transaction::default(), needs).await?;
            }
            let parts: Vec<String> = assignments.iter().map(|assignment| assignment_text(assignment)).collect();
            let text = format!("SET {}", parts.join(", "));
            lease.backend.run(text.as_bytes()).await.map_err(|error| lease.failed(&error))?;
            let mut names: Vec<&str> = Vec::new();
            for assignment in assignments {
                if is_charset(&assignment.name) {
                    names.extend(CHARSET);
                } else {
                    names.push(&assignment.name);
                }
            }
            let list: Vec<String> = names.iter().map(|name| format!("@@SESSION.`{name}`")).collect();
            let query = format!("SELECT {}", list.join(", "));
            let (columns, rows) =
                lease.backend.query(query.as_bytes(), Row::clone).await.map_err(|error| lease.failed(&error))?;
            let mut settings = (*self.state.settings).clone();
            if let Some(row) = rows.first() {
                for ((index, name), column) in (0u32..).zip(&names).zip(&columns) {
                    let value = row.field(index).map_or_else(|| "NULL".to_owned(), |text| value_text(text, column));
                    settings.set(name, results_value(name, column, &value).unwrap_or(value));
                }
            }
            Ok(settings)
        }
        .await;
        match &result {
            Ok(settings) => lease.backend.settings = Arc::new(settings.clone()),
            // Part of it may have been set.
            Err(_) => lease.backend.tainted = true,
        }
        self.connections.put_back(lease).await;
        result
    }

    /// A server that can be asked what doesn't depend on data.
    pub(crate) fn any_place(&mut self) -> Result<Place, StatementError> {
        let own = self.state.target.keyspace.clone().filter(|name| !is_system(name));
        let name = match own {
            Some(name) => name,
            None if self.snapshot.topology.default.is_some() => Arc::from(""),
            None => {
                let first = self.snapshot.topology.keyspaces.keys().next();
                first.cloned().ok_or_else(|| StatementError::sql(Code::NotReady, "the topology has no keyspace"))?
            }
        };
        let keyspace = KeyspaceRef::find(&self.snapshot, &name)?;
        let count = keyspace.ranges().len();
        for index in 0..count {
            let place = keyspace.place(index, TabletType::Primary, 0)?;
            if self.connections.holds(&place) {
                return Ok(place);
            }
        }
        let turn = self.worker.next_turn().checked_rem(count).unwrap_or_default();
        keyspace.place(turn, TabletType::Primary, 0)
    }

    /// `SET @x = expression`: a server computes it.
    async fn set_user_variable(&mut self, assignment: &Assignment) -> Result<(), StatementError> {
        let place = self.any_place()?;
        let SetValue::Expression(text) = &assignment.value else {
            return Err(StatementError::sql(Code::Syntax, "DEFAULT is no value for a user variable"));
        };
        let variables: Vec<Box<str>> = self.state.variables.keys().cloned().collect();
        let needs = super::Needs { variables: &variables, transaction: false };
        let mut lease = self.connections.lease(&self.worker.pools, place, self.profile, &self.state.settings).await?;
        let result = match lease.prepare(&self.state, &super::Transaction::default(), needs).await {
            Ok(()) => {
                let set = format!("SET @{} = {text}", super::quote_name(&assignment.name));
                match lease.backend.run(set.as_bytes()).await {
                    Ok(_) => self.fetch_variables(&mut lease, std::slice::from_ref(&assignment.name)).await,
                    Err(error) => Err(lease.failed(&error)),
                }
            }
            Err(error) => Err(error),
        };
        self.connections.put_back(lease).await;
        result
    }

    /// `SET @x = (SELECT ...)`: the tables' rows may be anywhere, so it is planned as the query that it is. If the answer
    /// is an error that a shard's relayed reply has brought the client, `relayed_error` is set.
    async fn set_by_query(&mut self, name: &str, expression: &str) -> Result<(), StatementError> {
        let text = format!("SELECT {expression} INTO @{}", super::quote_name(name));
        let mut fingerprint = Fingerprint::new();
        fingerprint::scan(text.as_bytes(), self.state.mode.lex, &mut fingerprint)
            .map_err(|error| StatementError::sql(Code::Syntax, format!("SET @{name}: {error}")))?;
        let plan = self.plan(text.as_bytes(), &fingerprint, false)?;
        self.check_rights(&plan)?;
        let statement = Statement::of_text(self, text.as_bytes(), &fingerprint, plan);
        let (length, seq) = (self.client.out.len(), self.client.seq);
        Box::pin(execute::run(self, &statement)).await?;
        if !self.relayed_error {
            // SET has an answer of its own.
            self.client.out.truncate(length);
            self.client.seq = seq;
        }
        Ok(())
    }

    /// A variable of the proxy's own.
    fn set_own(&mut self, assignment: &Assignment) -> Result<(), StatementError> {
        let text = match &assignment.value {
            SetValue::Default => String::new(),
            SetValue::Expression(text) | SetValue::Query(text) => {
                text.trim_matches(['\'', '"', '`']).to_ascii_lowercase()
            }
        };
        let wrong = |allowed: &str| {
            let message = format!("Variable '{}' can't be set to the value of '{text}'; {allowed}", assignment.name);
            Err(StatementError::sql(Code::WrongVariableValue, message))
        };
        match (&*assignment.name, text.as_str()) {
            ("transaction_mode", "") => self.state.transaction_mode = self.snapshot.config.transactions.mode,
            ("transaction_mode", "single") => self.state.transaction_mode = TransactionMode::Single,
            ("transaction_mode", "multi") => self.state.transaction_mode = TransactionMode::Multi,
            ("transaction_mode", _) => return wrong("it takes 'single' and 'multi'; 'atomic' isn't supported yet"),
            ("workload", "" | "oltp" | "olap" | "unspecified") => {}
            ("workload", _) => return wrong("it takes 'oltp' and 'olap'"),
            _ => return wrong("it is set in shardgate.yaml"),
        }
        Ok(())
    }

    /// SET GLOBAL, SET PERSIST: for the one server that the session's database is on.
    async fn set_global(&mut self, assignment: &Assignment) -> Result<(), StatementError> {
        self.check_server_rights()?;
        let one_server = match self.state.target.keyspace.as_deref() {
            Some(name) if !is_system(name) => KeyspaceRef::find(&self.snapshot, name)?.ranges().len() == 1,
            _ => self.snapshot.topology.default.is_some(),
        };
        if !one_server {
            let message = format!(
                "unsupported: SET GLOBAL {} on several MySQL servers; set it on each shard's own connection (`USE keyspace:shard`) or in their my.cnf",
                assignment.name
            );
            return Err(StatementError::sql(Code::Unsupported, message));
        }
        let place = self.any_place()?;
        let needs = super::Needs { variables: &[], transaction: false };
        let mut lease = self.connections.lease(&self.worker.pools, place, self.profile, &self.state.settings).await?;
        let result = match lease.prepare(&self.state, &super::Transaction::default(), needs).await {
            Ok(()) => {
                let text = format!("SET {}", assignment_text(assignment));
                lease.backend.run(text.as_bytes()).await.map(|_| ()).map_err(|error| lease.failed(&error))
            }
            Err(error) => Err(error),
        };
        self.connections.put_back(lease).await;
        result
    }
}

/// The target of a text. A database of the default MySQL that isn't known may have been made by others just now: that
/// server is asked before the name is refused.
pub(super) async fn find_target(worker: &Worker, state: &SessionState, text: &str) -> Result<Target, StatementError> {
    let snapshot = worker.snapshot();
    let found = Target::find(&snapshot, state, text);
    let unknown = matches!(&found, Err(StatementError::Sql(error)) if error.code == Code::UnknownDatabase);
    if !unknown || snapshot.topology.default.is_none() {
        return found;
    }
    let name = text.split(['@', ':', '/']).next().unwrap_or(text);
    worker.shared.control.refresh(name).await?;
    Target::find(&worker.snapshot(), state, text)
}

fn is_charset(name: &str) -> bool {
    CHARSET.contains(&name) || matches!(name, "names" | "charset" | "character_set_connection")
}

fn is_constant(value: &SetValue) -> bool {
    match value {
        SetValue::Default => true,
        SetValue::Expression(text) => !text.contains(['@', '(']),
        SetValue::Query(_) => false,
    }
}

/// An assignment as the server gets it.
fn assignment_text(assignment: &Assignment) -> String {
    let value = match &assignment.value {
        SetValue::Default => "DEFAULT",
        SetValue::Expression(text) | SetValue::Query(text) => text,
    };
    let scope = match assignment.scope {
        SetScope::Global => "GLOBAL",
        SetScope::Persist => "PERSIST",
        SetScope::PersistOnly => "PERSIST_ONLY",
        SetScope::Session | SetScope::User | SetScope::NextTransaction => "SESSION",
    };
    match (&*assignment.name, &assignment.collate) {
        ("names", Some(collate)) => format!("NAMES {value} COLLATE {collate}"),
        ("names", None) => format!("NAMES {value}"),
        ("charset", _) => format!("CHARACTER SET {value}"),
        (name, _) => format!("@@{scope}.`{name}` = {value}"),
    }
}

/// The value of `character_set_results` by the number of its collation, if that isn't the default one of the character
/// set: the server says texts to be of this collation, that of the variables among them.
fn results_value(name: &str, column: &shardgate_wire::ColumnDefinition<'_>, value: &str) -> Option<String> {
    let collation = Collation::by_id(column.collation).filter(|_| name == CHARSET[1])?;
    numbered(collation).filter(|_| value.trim_matches('\'') == collation.charset.name)
}

/// The value of a system variable as a literal that SET takes: numbers bare, all else in quotes.
fn value_text(text: &[u8], column: &shardgate_wire::ColumnDefinition<'_>) -> String {
    let value = literal(text, column);
    match value.split_once(" x'") {
        Some(_) => format!("'{}'", String::from_utf8_lossy(text).replace('\\', "\\\\").replace('\'', "''")),
        None => value,
    }
}
