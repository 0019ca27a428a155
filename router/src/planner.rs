//! From a statement's text to its plan.
//!
//! One file for each kind of statement or rule; [`plan`] chooses by the first word. Statements that read or write rows
//! are parsed into a tree, bound ([`bind`], [`analysis`]) and routed ([`route`]).

mod aggregate;
mod analysis;
mod bind;
mod broadcast;
mod change;
mod column_uses;
mod columns;
mod compute;
mod condition;
mod ctes;
mod cursor;
mod ddl;
mod demand;
mod edit;
mod expand;
mod explain;
mod foreign_keys;
mod full_text;
mod functions;
mod gather;
mod insert;
mod insert_query;
mod keys;
mod kind;
mod load;
mod local;
mod lookup;
mod merge;
mod metadata;
mod names;
mod other;
mod pulled;
mod rekey;
mod route;
mod select;
mod sequence;
mod set;
mod set_operation;
mod shape;
mod show;
mod show_metadata;
mod statement;
mod stored_functions;
mod table_keys;
mod trial;
mod view_insert;
mod views;
mod vindex_rows;
mod write;

use crate::catalog::{Catalog, Database};
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, LexError, SqlMode};
use crate::plan::{Access, Demand, Effects, Local, Operator, Plan, Route, StatementClass, Target, Template};
use crate::sql;
use crate::sql::ast::Statement;
use crate::sql::options::{ClientCharset, ParseOptions};
use crate::sql::token::TokenKind;
use cursor::Cursor;
pub use expand::plan_gathered;
use statement::Planning;
use std::sync::Arc;

/// What a statement is planned in.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What names mean.
    pub catalog: &'a Catalog,
    /// The session's default database: a keyspace or an adopted database, without shard and tablet type.
    pub database: Option<&'a str>,
    /// How the text is read.
    pub mode: SqlMode,
    /// The character set of the text.
    pub charset: ClientCharset,
    /// The version of the shards' MySQL, such as 90700, which decides about version comments.
    pub server_version: u32,
    /// Whether the statement is one of the prepared protocol.
    pub prepared: bool,
    /// Whether the session's target names a shard (`customer:-80`): then every statement for the keyspace passes to it
    /// as it is. Its plan is a route to any shard, which the executor takes to be that one.
    pub shard_targeted: bool,
    /// Whether the session has set `sql_select_limit`, which is for the rows of a statement's own query, wherever they
    /// come from.
    pub select_limit: bool,
}

impl<'a> Context<'a> {
    /// A session of UTF-8 and default modes.
    pub fn new(catalog: &'a Catalog, database: Option<&'a str>) -> Self {
        Context {
            catalog,
            database,
            mode: SqlMode::default(),
            charset: ClientCharset::default(),
            server_version: ParseOptions::default().server_version,
            prepared: false,
            shard_targeted: false,
            select_limit: false,
        }
    }

    fn parse_options(&self) -> ParseOptions {
        ParseOptions {
            sql_mode: sql::options::SqlMode {
                ansi_quotes: self.mode.lex.ansi_quotes,
                pipes_as_concat: self.mode.pipes_as_concat,
                no_backslash_escapes: self.mode.lex.no_backslash_escapes,
                high_not_precedence: self.mode.high_not_precedence,
                ignore_space: self.mode.ignore_space,
            },
            charset: self.charset,
            server_version: self.server_version,
            params: self.prepared,
        }
    }
}

/// The plan of a statement.
///
/// # Errors
/// When the statement can't be planned: the error is the client's reply.
pub fn plan(text: &[u8], fingerprint: &Fingerprint, context: &Context<'_>) -> Result<Plan, SqlError> {
    let options = context.parse_options();
    let mut cursor = Cursor::new(text, context, &options);
    if cursor.at_end() {
        return Ok(local::local(StatementClass::Other, Local::Empty));
    }
    let mut plan = match dispatch(&mut cursor, &options, fingerprint, context) {
        Ok(plan) => plan,
        // What isn't understood goes as it is where one server gets everything.
        Err(error) if error.code == Code::Syntax => pass(context).map_err(|_| error)?,
        Err(error) => return Err(error),
    };
    if !plan.demands.is_empty()
        && let Operator::Route(route) = &plan.root
    {
        plan.demands = demand::demands(text, &route.keyspace, context, &options);
    }
    if matches!(plan.class, StatementClass::Other | StatementClass::Call) && !matches!(plan.root, Operator::Local(_)) {
        user_variables(text, context, &options, &mut plan.effects);
    }
    if matches!(plan.root, Operator::Local(_)) {
        // Names, values and texts of the statement are in the plan.
        plan.pins = statement::pins(text, fingerprint, &statement::literal_slots(fingerprint));
    }
    Ok(plan)
}

fn dispatch<'t>(
    cursor: &mut Cursor<'t>,
    options: &'t ParseOptions,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Plan, SqlError> {
    if let Some(plan) = local::plan(cursor, context)? {
        return Ok(plan);
    }
    let word = cursor.word();
    match word.as_str() {
        "SET" => {
            let before = cursor.token.span.start;
            if let Some(plan) = set::plan(cursor, context, options)? {
                return Ok(plan);
            }
            cursor.jump(before, options);
        }
        "VEXPLAIN" => return local::vexplain(cursor, context),
        "ALTER" if cursor.eat_all(&["ALTER", "VSCHEMA"]) => {
            return Err(SqlError::new(
                Code::Unsupported,
                "unsupported: ALTER VSCHEMA; change vschema.yaml, or use `shardgate vschema apply`",
            ));
        }
        _ => {}
    }
    if context.shard_targeted {
        let own = match word.as_str() {
            "SHOW" => show::about_proxy(cursor, context)?,
            _ => ddl::of_temporary(cursor, context)?,
        };
        return own.map_or_else(|| pass(context), Ok);
    }
    match word.as_str() {
        "SELECT" => match sequence::plan(cursor, fingerprint, context)? {
            Some(plan) => Ok(plan),
            None => rows(cursor.text, 0, fingerprint, context),
        },
        "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "WITH" | "TABLE" | "VALUES" => {
            rows(cursor.text, 0, fingerprint, context)
        }
        _ if cursor.token.kind == TokenKind::LeftParen => rows(cursor.text, 0, fingerprint, context),
        "LOAD" => load::plan(cursor, fingerprint, context),
        "SHOW" => show::plan(cursor, fingerprint, context),
        "EXPLAIN" | "DESCRIBE" | "DESC" => explain::plan(cursor, fingerprint, context),
        _ => match ddl::plan(cursor, fingerprint, context)? {
            Some(plan) => Ok(plan),
            None => other::plan(cursor, context),
        },
    }
}

/// A statement that reads or writes rows, which begins at byte `start`.
fn rows(text: &[u8], start: usize, fingerprint: &Fingerprint, context: &Context<'_>) -> Result<Plan, SqlError> {
    let parsed = match sql::parser::parse_statement(text, start, &context.parse_options()) {
        Ok(parsed) => parsed,
        Err(error) => {
            return pass(context).map_err(|_| {
                let near = String::from_utf8_lossy(error.near(text)).into_owned();
                syntax(&near, error.line(text))
            });
        }
    };
    stored_functions::check(context, &parsed.statement)?;
    let planning = Planning::new(text, fingerprint, context, &parsed)?;
    match &parsed.statement {
        Statement::Query(query) => match vindex_rows::plan(&planning, query)? {
            Some(plan) => Ok(plan),
            None => select::plan(planning, query),
        },
        Statement::Insert(insert) => insert::plan(planning, insert),
        Statement::Update(update) => write::update(planning, update),
        Statement::Delete(delete) => write::delete(planning, delete),
    }
}

/// MySQL's error for a text that doesn't parse.
fn syntax(near: &str, line: usize) -> SqlError {
    SqlError::new(
        Code::Syntax,
        format!("You have an error in your SQL syntax; the statement can't be read near '{near}' at line {line}"),
    )
}

fn internal(message: &str) -> SqlError {
    SqlError::new(Code::Internal, message.to_owned())
}

/// The plan of a text that has no fingerprint: it goes as it is where the target is one server, whose error is
/// MySQL's own.
///
/// # Errors
/// [`Code::Syntax`] elsewhere.
pub fn plan_malformed(text: &[u8], error: &LexError, context: &Context<'_>) -> Result<Plan, SqlError> {
    pass(context).map_err(|_| {
        let at = match error {
            LexError::Unterminated { at } | LexError::ControlByte { at, .. } => *at,
            LexError::TooManyParameters | LexError::TooLong => 0,
        };
        let rest = text.get(at..).unwrap_or_default();
        let near = String::from_utf8_lossy(rest.get(..80).unwrap_or(rest)).into_owned();
        let line = 1 + text.iter().take(at).filter(|byte| **byte == b'\n').count();
        syntax(&near, line)
    })
}

/// Send the text as it is, if the session's database is all on one server.
fn pass(context: &Context<'_>) -> Result<Plan, SqlError> {
    let (keyspace, target): (Arc<str>, Target) = match context.database {
        None => match &context.catalog.default {
            Some(_) => (Arc::from(""), Target::Unsharded),
            None => return Err(SqlError::new(Code::NoDatabase, "No database selected")),
        },
        Some(name) => match context.catalog.database(name) {
            Some(Database::Keyspace(info)) if !info.sharded => (Arc::clone(&info.name), Target::Unsharded),
            Some(Database::Keyspace(info)) if context.shard_targeted => (Arc::clone(&info.name), Target::AnyShard),
            Some(Database::Keyspace(_) | Database::System) => {
                return Err(SqlError::new(Code::Unsupported, "the keyspace is sharded"));
            }
            Some(Database::Adopted) => (Arc::from(name), Target::Unsharded),
            None => return Err(names::unknown_database(name)),
        },
    };
    let effects = Effects { taints_connection: true, ..Effects::default() };
    // Until it is known to demand less.
    let demands = vec![Demand { keyspace: None, access: Access::Admin }];
    Ok(Plan { demands, ..simple(StatementClass::Other, keyspace, target, effects) })
}

/// The user variables of a statement that is sent without having been understood: each may be read, and assigned if
/// something in the statement assigns.
fn user_variables(text: &[u8], context: &Context<'_>, options: &ParseOptions, effects: &mut Effects) {
    let mut cursor = Cursor::new(text, context, options);
    let mut names: Vec<Box<str>> = Vec::new();
    let mut assigns = cursor.at("CALL");
    while !cursor.at_end() {
        match cursor.token.kind {
            TokenKind::UserVariable => {
                let name = local::variable_name(cursor.token.span.of(text), context);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            TokenKind::Assign => assigns = true,
            _ => assigns |= cursor.at("INTO"),
        }
        cursor.next();
    }
    if assigns {
        effects.writes_variables.clone_from(&names);
    }
    effects.reads_variables = names;
}

/// A plan that sends the text as it is.
fn simple(class: StatementClass, keyspace: Arc<str>, target: Target, effects: Effects) -> Plan {
    Plan {
        class,
        tables: Vec::new(),
        demands: Vec::new(),
        pins: Vec::new(),
        effects,
        lookups: Vec::new(),
        root: Operator::Route(Route { keyspace, target, sql: Template::UNCHANGED, sql_alone: None, hidden: 0 }),
    }
}

/// The keyspace whose first shard keeps the user locks of all sessions, whatever their database is.
fn lock_home(context: &Context<'_>) -> Arc<str> {
    let catalog = context.catalog;
    if catalog.default.is_some() {
        let own = context.database.filter(|name| matches!(catalog.database(name), Some(Database::Adopted)));
        return Arc::from(own.unwrap_or_default());
    }
    let unsharded = catalog.keyspaces.iter().find(|keyspace| !keyspace.sharded);
    unsharded.or(catalog.keyspaces.first()).map_or_else(|| Arc::from(""), |keyspace| Arc::clone(&keyspace.name))
}

/// The keyspace of a statement that names no table: the session's, else any.
fn any_keyspace(context: &Context<'_>) -> Arc<str> {
    let catalog = context.catalog;
    if let Some(name) = context.database
        && matches!(catalog.database(name), Some(Database::Keyspace(_) | Database::Adopted))
    {
        return Arc::from(name);
    }
    if catalog.default.is_some() {
        return Arc::from("");
    }
    let unsharded = catalog.keyspaces.iter().find(|keyspace| !keyspace.sharded);
    unsharded.or(catalog.keyspaces.first()).map_or_else(|| Arc::from(""), |keyspace| Arc::clone(&keyspace.name))
}
