//! Prepared statements.
//!
//! A statement is planned once. On one shard with the client's own text, COM_STMT_EXECUTE is the client's packet with
//! another statement id; the text is prepared once on each connection. Every other plan runs as text with the parameters
//! put in.

use super::Session;
use super::query::Statement;
use crate::error::StatementError;
use crate::execute;
use crate::settings::Settings;
use shardgate_router::args::{Arguments, Parameters};
use shardgate_router::error::Code;
use shardgate_router::fingerprint::{self, Fingerprint};
use shardgate_router::plan::{Local, Operator, Show};
use shardgate_vschema::Value;
use shardgate_wire::charset::Charset;
use shardgate_wire::stmt::{ExecuteParams, LiteralStyle, LongData, Param, ParamType, PrepareOk, write_literal};
use shardgate_wire::{ColumnDefinition, ColumnFlags, ColumnType};
use std::borrow::Cow;
use std::io;
use std::sync::{Arc, OnceLock};

/// Statements that one session may hold, at most (MySQL's `max_prepared_stmt_count` is for the server).
const MAX_PREPARED: usize = 16_382;

/// A statement that a client has prepared.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Its text; one copy for all sessions of the worker.
    pub(crate) text: Arc<[u8]>,
    fingerprint: Arc<Fingerprint>,
    /// How many parameters it has.
    pub(crate) parameters: u16,
    /// The names of its columns, if one may hold a `?`: a shard that gets a literal in its place says that.
    names: Option<Arc<[Box<[u8]>]>>,
    /// The types of its last execution that brought some.
    types: Vec<ParamType>,
    long_data: LongData,
    /// Bytes of long data that were refused because they exceed max_allowed_packet.
    overflow: bool,
}

/// The parameters of an execution, as the router wants them. Only those that a plan asks for are typed.
struct Bound<'a> {
    params: &'a ExecuteParams<'a>,
    settings: Arc<Settings>,
    no_backslash_escapes: bool,
    /// How literals are written; found out when one is.
    style: OnceLock<LiteralStyle>,
}

impl Bound<'_> {
    fn style(&self) -> LiteralStyle {
        *self.style.get_or_init(|| {
            let name = self.settings.text("character_set_client").unwrap_or("utf8mb4");
            let charset = Charset::by_name(name).unwrap_or_else(Charset::utf8mb4);
            LiteralStyle { charset, no_backslash_escapes: self.no_backslash_escapes }
        })
    }
}

impl Parameters for Bound<'_> {
    fn count(&self) -> usize {
        self.params.len()
    }

    fn value(&self, index: usize) -> Value<'_> {
        self.params.get(index).map_or(Value::Null, value)
    }

    fn write_literal(&self, index: usize, out: &mut Vec<u8>) {
        // Parameters without a value or a literal were refused before the plan ran.
        let written = self.params.get(index).is_ok_and(|param| write_literal(out, &param, self.style()).is_ok());
        debug_assert!(written);
    }
}

fn not_preparable() -> StatementError {
    let message = "This command is not supported in the prepared statement protocol yet";
    StatementError::sql(Code::NotPreparable, message)
}

/// Whether every parameter has a value and a literal.
fn check(params: &ExecuteParams<'_>) -> Result<(), StatementError> {
    let wrong = |reason: String| {
        Err(StatementError::sql(Code::WrongArguments, format!("Incorrect arguments to mysqld_stmt_execute: {reason}")))
    };
    for (index, param) in params.iter().enumerate() {
        match param {
            Ok(Param::Float(number)) if !number.is_finite() => {
                return wrong(format!("parameter {index} is not a finite number"));
            }
            Ok(Param::Double(number)) if !number.is_finite() => {
                return wrong(format!("parameter {index} is not a finite number"));
            }
            Ok(_) => {}
            Err(error) => return wrong(error.to_string()),
        }
    }
    Ok(())
}

/// A parameter as a vindex value.
fn value(param: Param<'_>) -> Value<'_> {
    match param {
        Param::Null => Value::Null,
        Param::Int(number) => Value::Int(number),
        Param::UInt(number) => Value::UInt(number),
        Param::Float(number) => Value::Float(f64::from(number)),
        Param::Double(number) => Value::Float(number),
        Param::Decimal(text) => Value::Decimal(String::from_utf8_lossy(text)),
        Param::Text(text) => Value::Text(Cow::Borrowed(text)),
        Param::Binary(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
        Param::Date(date) => Value::Text(Cow::Owned(date.to_string().into_bytes())),
        Param::DateTime(time) => {
            let mut text = Vec::new();
            time.write(&mut text, if time.micros == 0 { 0 } else { 6 });
            Value::Text(Cow::Owned(text))
        }
        Param::Time(time) => {
            let mut text = Vec::new();
            time.write(&mut text, if time.micros == 0 { 0 } else { 6 });
            Value::Text(Cow::Owned(text))
        }
    }
}

impl Session {
    /// COM_STMT_PREPARE.
    pub(super) async fn com_stmt_prepare(&mut self, text: &[u8]) -> Result<(), StatementError> {
        self.begin_statement();
        let (id, described) = self.prepare_text(text).await?;
        let (parameters, columns) = described;
        let ok = PrepareOk {
            statement_id: id,
            columns: u16::try_from(columns.len()).unwrap_or(u16::MAX),
            params: u16::try_from(parameters.len()).unwrap_or(u16::MAX),
            warnings: 0,
        };
        let status = self.status();
        let deprecate_eof = self.profile.deprecate_eof;
        let client = &mut self.client;
        client.packet(|out| ok.encode(out));
        for list in [&parameters, &columns] {
            for column in list {
                client.packet(|out| column.encode(out));
            }
            if !list.is_empty() && !deprecate_eof {
                client.packet(|out| shardgate_wire::reply::EofPacket { status, warnings: 0 }.encode(out));
            }
        }
        Ok(())
    }

    /// Plan a text, let a server describe its parameters and columns, and keep it.
    pub(super) async fn prepare_text(&mut self, text: &[u8]) -> Result<(u32, Described), StatementError> {
        if self.prepared.len() >= MAX_PREPARED {
            let message = format!("Can't create more than {MAX_PREPARED} prepared statements in one session");
            return Err(StatementError::sql(Code::TooManyStatements, message));
        }
        let mut fingerprint = Fingerprint::new();
        fingerprint::scan(text, self.state.mode.lex, &mut fingerprint).map_err(|error| {
            StatementError::sql(Code::Syntax, format!("You have an error in your SQL syntax: {error}"))
        })?;
        // The body of a stored program is a part of its statement.
        if fingerprint.has_more_statements() && fingerprint::split_statements(text, self.state.mode.lex).len() > 1 {
            let message = "You have an error in your SQL syntax: a prepared statement is one statement";
            return Err(StatementError::sql(Code::Syntax, message));
        }
        let plan = self.plan(text, &fingerprint, true)?;
        self.check_rights(&plan)?;
        if let Operator::Local(
            Local::Begin(_)
            | Local::Savepoint(_)
            | Local::RollbackTo(_)
            | Local::Release(_)
            | Local::Use(_)
            | Local::Show(Show::Warnings { .. })
            | Local::Prepare { .. }
            | Local::Execute { .. }
            | Local::Deallocate(_),
        )
        | Operator::Load(_)
        | Operator::StagedLoad(_) = &plan.root
        {
            return Err(not_preparable());
        }
        if matches!(&plan.root, Operator::Maintained(maintained) if !maintained.preparable) {
            return Err(not_preparable());
        }
        let parameters = u16::try_from(fingerprint.parameter_count()).unwrap_or(u16::MAX);
        let text = self.worker.intern(text);
        let statement = Statement { binary: true, ..Statement::of_text(self, &text, &fingerprint, plan) };
        let described = match &statement.plan.root {
            Operator::Local(_)
            | Operator::NextValues { .. }
            | Operator::Pulled(_)
            | Operator::Maintained(_)
            | Operator::CreateFrom(_) => (Vec::new(), Vec::new()),
            // No server has all its tables.
            Operator::InsertRows(insert) if !insert.described_here => (Vec::new(), Vec::new()),
            Operator::Change(change) if change.alone.is_none() => (Vec::new(), Vec::new()),
            _ => execute::describe(self, &statement, &text).await?,
        };
        let (mut of_parameters, columns) = described;
        // Those that no server has described.
        of_parameters.resize_with(usize::from(parameters), parameter);
        let id = self.next_statement_id();
        let prepared = Prepared {
            text,
            fingerprint: Arc::new(fingerprint),
            parameters,
            names: names_with_parameters(&columns),
            types: Vec::new(),
            long_data: LongData::default(),
            overflow: false,
        };
        self.prepared.insert(id, prepared);
        Ok((id, (of_parameters, columns)))
    }

    fn next_statement_id(&mut self) -> u32 {
        loop {
            self.next_statement = self.next_statement.wrapping_add(1).max(1);
            if !self.prepared.contains_key(&self.next_statement) {
                return self.next_statement;
            }
        }
    }

    /// COM_STMT_CLOSE; has no answer. The connections' own statements stay for others.
    pub(super) fn com_stmt_close(&mut self, id: u32) {
        self.prepared.remove(&id);
    }

    /// COM_STMT_SEND_LONG_DATA; has no answer, so a mistake shows at the execution.
    pub(super) fn com_stmt_send_long_data(&mut self, id: u32, parameter: u16, data: &[u8]) {
        let max = usize::try_from(self.snapshot.config.limits.max_allowed_packet).unwrap_or(usize::MAX);
        if let Some(prepared) = self.prepared.get_mut(&id) {
            if prepared.long_data.len() + data.len() > max || parameter >= prepared.parameters {
                prepared.overflow = true;
            } else {
                prepared.long_data.append(parameter, data);
            }
        }
    }

    /// COM_STMT_RESET.
    pub(super) fn com_stmt_reset(&mut self, id: u32) -> Result<(), StatementError> {
        let prepared = self.prepared.get_mut(&id).ok_or_else(|| unknown(id, "mysqld_stmt_reset"))?;
        prepared.long_data.clear();
        prepared.overflow = false;
        self.ok();
        Ok(())
    }

    /// COM_STMT_EXECUTE.
    pub(super) async fn com_stmt_execute(&mut self, id: u32, payload: &[u8]) -> io::Result<()> {
        self.begin_statement();
        let Some(mut prepared) = self.prepared.remove(&id) else {
            self.fail(unknown(id, "mysqld_stmt_execute"))?;
            return self.client.flush().await;
        };
        let result = self.execute_prepared(&mut prepared, payload).await;
        prepared.long_data.clear();
        prepared.overflow = false;
        self.prepared.insert(id, prepared);
        result?;
        self.client.flush().await
    }

    async fn execute_prepared(&mut self, prepared: &mut Prepared, payload: &[u8]) -> io::Result<()> {
        if prepared.overflow {
            let message = "Parameter of prepared statement which is set through mysql_send_long_data() is longer than 'max_allowed_packet' bytes, or has no such number";
            return self.fail(StatementError::sql(Code::PacketTooLarge, message));
        }
        let plan = match self.plan(&prepared.text, &prepared.fingerprint, true) {
            Ok(plan) => plan,
            Err(error) => return self.fail(error.into()),
        };
        let Prepared { text, fingerprint, parameters, names, types, long_data, .. } = prepared;
        let decoded = ExecuteParams::decode(payload, self.client.capabilities, *parameters, types, long_data);
        let params = match decoded {
            Ok(params) => params,
            Err(error) => {
                let message = format!("Incorrect arguments to mysqld_stmt_execute: {error}");
                return self.fail(StatementError::sql(Code::WrongArguments, message));
            }
        };
        if let Err(error) = check(&params) {
            return self.fail(error);
        }
        let bound = Bound {
            params: &params,
            settings: Arc::clone(&self.state.settings),
            no_backslash_escapes: self.state.mode.lex.no_backslash_escapes,
            style: OnceLock::new(),
        };
        let args = Arguments { text, fingerprint, parameters: Some(&bound), mode: self.state.mode.lex };
        let statement = Statement {
            args,
            plan,
            frames: None,
            binary: true,
            execution: Some(Execution { text, params: &params }),
            names: names.as_deref(),
            collector: None,
        };
        let done = self.run_statement(statement).await;
        let new_types = params.new_types().map(Iterator::collect::<Vec<_>>);
        if let Some(new_types) = new_types {
            *types = new_types;
        }
        done.map(|_| ())
    }

    /// EXECUTE name USING @a, @b: the variables' values are the parameters, and the rows come as text.
    pub(super) async fn execute_with_variables(&mut self, id: u32, using: &[Box<str>]) -> Result<(), StatementError> {
        let prepared = self.prepared.get(&id).ok_or_else(|| unknown(id, "EXECUTE"))?;
        if using.len() != usize::from(prepared.parameters) {
            return Err(StatementError::sql(Code::WrongArguments, "Incorrect arguments to EXECUTE"));
        }
        let text = Arc::clone(&prepared.text);
        let fingerprint = Arc::clone(&prepared.fingerprint);
        let names = prepared.names.clone();
        let names = names.as_deref();
        let mut values: Vec<(Value<'static>, String)> = Vec::with_capacity(using.len());
        for name in using {
            values.push(self.variable_value(name));
        }
        let plan = self.plan(&text, &fingerprint, true)?;
        self.check_rights(&plan)?;
        let bound = Variables(values);
        let args =
            Arguments { text: &text, fingerprint: &fingerprint, parameters: Some(&bound), mode: self.state.mode.lex };
        let statement = Statement { args, plan, frames: None, binary: false, execution: None, names, collector: None };
        Box::pin(execute::run(self, &statement)).await.map(|_| ())
    }
}

/// What MySQL says of a parameter whose type it doesn't know.
fn parameter() -> ColumnDefinition<'static> {
    ColumnDefinition { flags: ColumnFlags::BINARY, ..ColumnDefinition::new(b"?", ColumnType::VarString) }
}

/// The columns' names, if a parameter is in one.
fn names_with_parameters(columns: &[ColumnDefinition<'static>]) -> Option<Arc<[Box<[u8]>]>> {
    let named = columns.iter().any(|column| column.name.contains(&b'?'));
    named.then(|| columns.iter().map(|column| column.name.as_ref().into()).collect())
}

/// Definitions of a statement's parameters and columns.
pub(crate) type Described = (Vec<ColumnDefinition<'static>>, Vec<ColumnDefinition<'static>>);

/// An execution by COM_STMT_EXECUTE, which a single shard can get as it is.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    /// The statement's text, shared by all who prepare it.
    pub(crate) text: &'a Arc<[u8]>,
    /// The parameters.
    pub(crate) params: &'a ExecuteParams<'a>,
}

/// Values of user variables and their literals.
struct Variables(Vec<(Value<'static>, String)>);

impl Parameters for Variables {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn value(&self, index: usize) -> Value<'_> {
        self.0.get(index).map_or(Value::Null, |(value, _)| value.clone())
    }

    fn write_literal(&self, index: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.get(index).map_or("NULL", |(_, literal)| literal).as_bytes());
    }
}

fn unknown(id: u32, what: &str) -> StatementError {
    StatementError::sql(Code::UnknownStatement, format!("Unknown prepared statement handler ({id}) given to {what}"))
}
