//! SHOW and DESCRIBE.

use super::cursor::{Cursor, Name};
use super::edit::Edits;
use super::local::local;
use super::{Context, any_keyspace, names, show_metadata};
use crate::catalog::Database;
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, unquote};
use crate::plan::{Effects, Local, Operator, Piece, Plan, Route, Show, ShowFilter, StatementClass, Summed, Target};
use crate::sql::ast::{Ident, TableName};
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// Plan a SHOW, with the cursor on the word.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Plan, SqlError> {
    cursor.next();
    if let Some(plan) = show_metadata::plan(cursor, fingerprint, context)? {
        return Ok(plan);
    }
    if let Some(show) = own(cursor, context)? {
        return Ok(local(StatementClass::Show, Local::Show(show)));
    }
    forwarded(cursor, fingerprint, context)
}

/// The plan of a SHOW about the proxy, with the cursor on the word, for a session whose target is one shard; `None`: the
/// shard answers it. Databases are the shard's own.
pub(super) fn about_proxy(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<Plan>, SqlError> {
    let mark = cursor.mark();
    cursor.next();
    let of_shard = matches!(cursor.word().as_str(), "DATABASES" | "SCHEMAS");
    let show = if of_shard { None } else { own(cursor, context)? };
    cursor.back(mark);
    Ok(show.map(|show| local(StatementClass::Show, Local::Show(show))))
}

/// A SHOW that the proxy answers.
fn own(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<Show>, SqlError> {
    let show = match cursor.word().as_str() {
        "DATABASES" | "SCHEMAS" | "KEYSPACES" | "VITESS_KEYSPACES" => {
            cursor.next();
            Show::Databases(filter(cursor, context)?)
        }
        "SHARDS" | "VITESS_SHARDS" => {
            cursor.next();
            Show::Shards(filter(cursor, context)?)
        }
        "VITESS_TABLETS" => {
            cursor.next();
            Show::Tablets(filter(cursor, context)?)
        }
        "VITESS_TARGET" => {
            cursor.next();
            Show::Target
        }
        "VSCHEMA" => {
            cursor.next();
            match cursor.word().as_str() {
                "TABLES" => {
                    cursor.next();
                    Show::VschemaTables
                }
                "KEYSPACES" => {
                    cursor.next();
                    Show::VschemaKeyspaces
                }
                "VINDEXES" => {
                    cursor.next();
                    let table =
                        if cursor.eat("ON") || cursor.eat("FROM") || cursor.eat("IN") {
                            let (schema, table) = cursor.qualified_name()?;
                            Some(schema.map_or(table.value.clone(), |schema| {
                                format!("{}.{}", schema.value, table.value).into()
                            }))
                        } else {
                            None
                        };
                    Show::VschemaVindexes(table)
                }
                _ => return Err(cursor.unexpected()),
            }
        }
        "SHARDGATE" => {
            cursor.next();
            let show = match cursor.word().as_str() {
                "STATUS" => Show::ShardgateStatus,
                "POOLS" => Show::ShardgatePools,
                "TRANSACTIONS" => Show::ShardgateTransactions,
                "WORKFLOWS" => Show::ShardgateWorkflows,
                _ => return Err(cursor.unexpected()),
            };
            cursor.next();
            show
        }
        "GRANTS" => {
            cursor.next();
            Show::Grants(if cursor.eat("FOR") { grantee(cursor)? } else { None })
        }
        "CREATE" if cursor.eat_all(&["CREATE", "USER"]) => {
            return Err(SqlError::new(
                Code::Unsupported,
                "unsupported: SHOW CREATE USER: the proxy's users are those of shardgate.yaml; SHOW GRANTS shows their rights",
            ));
        }
        "FULL" | "PROCESSLIST" if cursor.eat_all(&["FULL", "PROCESSLIST"]) => Show::Processlist { full: true },
        "PROCESSLIST" => {
            cursor.next();
            Show::Processlist { full: false }
        }
        "WARNINGS" | "ERRORS" => {
            let errors_only = cursor.at("ERRORS");
            cursor.next();
            let (offset, count) = limit(cursor)?;
            Show::Warnings { offset, count, count_only: false, errors_only }
        }
        "COUNT" => {
            cursor.next();
            let star = cursor.eat_token(TokenKind::LeftParen)
                && cursor.eat_token(TokenKind::Star)
                && cursor.eat_token(TokenKind::RightParen);
            let errors_only = cursor.at("ERRORS");
            if !star || !(cursor.eat("WARNINGS") || cursor.eat("ERRORS")) {
                return Err(cursor.unexpected());
            }
            Show::Warnings { offset: 0, count: u64::MAX, count_only: true, errors_only }
        }
        _ => return Ok(None),
    };
    cursor.end()?;
    Ok(Some(show))
}

/// The user of SHOW GRANTS FOR; `None`: the one who asks.
fn grantee(cursor: &mut Cursor<'_>) -> Result<Option<Box<str>>, SqlError> {
    if cursor.eat("CURRENT_USER") {
        if cursor.eat_token(TokenKind::LeftParen) && !cursor.eat_token(TokenKind::RightParen) {
            return Err(cursor.unexpected());
        }
        return Ok(None);
    }
    let name = cursor.name()?.value;
    // `@host`: a user of the proxy may come from anywhere.
    while !cursor.at_end() && !cursor.at("USING") {
        cursor.next();
    }
    Ok(Some(name))
}

fn filter(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<ShowFilter>, SqlError> {
    if cursor.eat("LIKE") {
        if cursor.token.kind != TokenKind::String {
            return Err(cursor.unexpected());
        }
        let pattern = unquote(cursor.token.span.of(cursor.text), context.mode.lex);
        let pattern = context.charset.decode(&pattern).into_owned();
        cursor.next();
        return Ok(Some(ShowFilter::Like(pattern.into())));
    }
    if cursor.eat("WHERE") {
        let start = cursor.token.span.start as usize;
        while !cursor.at_end() {
            cursor.next();
        }
        let text = cursor.text.get(start..cursor.before as usize).unwrap_or_default();
        return Ok(Some(ShowFilter::Where(String::from_utf8_lossy(text).into_owned().into())));
    }
    Ok(None)
}

fn limit(cursor: &mut Cursor<'_>) -> Result<(u64, u64), SqlError> {
    if !cursor.eat("LIMIT") {
        return Ok((0, u64::MAX));
    }
    let number = |cursor: &mut Cursor<'_>| {
        let text = cursor.token.span.of(cursor.text);
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok());
        let number = number.ok_or_else(|| cursor.unexpected());
        cursor.next();
        number
    };
    let first = number(cursor)?;
    if cursor.eat_token(TokenKind::Comma) {
        return Ok((first, number(cursor)?));
    }
    if cursor.eat("OFFSET") {
        return Ok((number(cursor)?, first));
    }
    Ok((0, first))
}

/// What a forwarded SHOW is about.
#[derive(Default)]
struct About {
    database: Option<Name>,
    table: Option<Name>,
}

/// First words of SHOW statements that tell of one server: its logs, its replication, what its engines and connections do.
const PER_SERVER: [&str; 9] =
    ["BINARY", "BINLOG", "ENGINE", "OPEN", "PROFILE", "PROFILES", "RELAYLOG", "REPLICA", "REPLICAS"];

/// Whether one server has the session's database, or all databases.
fn is_one_server(context: &Context<'_>) -> bool {
    let catalog = context.catalog;
    match context.database.and_then(|name| catalog.database(name)) {
        Some(Database::Keyspace(info)) => !info.sharded,
        Some(Database::Adopted) => true,
        Some(Database::System) | None => {
            catalog.is_one_server()
                || catalog.keyspaces.len() <= 1 && catalog.keyspaces.iter().all(|info| !info.sharded)
        }
    }
}

/// A SHOW that a server of the keyspace answers.
fn forwarded(cursor: &mut Cursor<'_>, fingerprint: &Fingerprint, context: &Context<'_>) -> Result<Plan, SqlError> {
    while ["FULL", "EXTENDED", "GLOBAL", "SESSION", "LOCAL"].iter().any(|word| cursor.eat(word)) {}
    let is_index = ["INDEX", "INDEXES", "KEYS"].iter().any(|word| cursor.at(word));
    let mut about = About::default();
    let mut needs_database = false;
    if PER_SERVER.iter().any(|word| cursor.at(word)) && !is_one_server(context) {
        return Err(SqlError::new(
            Code::Unsupported,
            format!(
                "unsupported: SHOW {} is about one MySQL server; USE `keyspace:shard` asks that of a shard",
                cursor.word()
            ),
        ));
    }
    match cursor.word().as_str() {
        "COLUMNS" | "FIELDS" | "INDEX" | "INDEXES" | "KEYS" => {
            cursor.next();
            needs_database = true;
            if cursor.eat("FROM") || cursor.eat("IN") {
                let (schema, table) = cursor.qualified_name()?;
                about = About { database: schema, table: Some(table) };
                if cursor.eat("FROM") || cursor.eat("IN") {
                    about.database = Some(cursor.name()?);
                }
            }
        }
        "CREATE" => {
            cursor.next();
            let what = cursor.word();
            cursor.next();
            cursor.eat_all(&["IF", "NOT", "EXISTS"]);
            let (schema, name) = cursor.qualified_name()?;
            needs_database = true;
            about = match what.as_str() {
                "DATABASE" | "SCHEMA" => About { database: Some(name), table: None },
                "USER" => {
                    needs_database = false;
                    About::default()
                }
                _ => About { database: schema, table: Some(name) },
            };
        }
        "TABLES" | "TABLE" | "OPEN" | "TRIGGERS" | "EVENTS" => {
            needs_database = true;
            while !cursor.at_end() && !cursor.at("LIKE") && !cursor.at("WHERE") {
                if cursor.eat("FROM") || cursor.eat("IN") {
                    about.database = Some(cursor.name()?);
                    break;
                }
                cursor.next();
            }
        }
        _ => {}
    }
    let is_cut = cursor.at("WHERE");
    let table = about.table.as_ref().map(|table| table.value.clone());
    let mut plan = route(cursor.text, fingerprint, context, about, needs_database)?;
    match plan.root {
        Operator::Route(mut found)
            if is_index
                && !is_cut
                && found.target == Target::AnyShard
                // A copy of a table is whole on each shard.
                && table.is_some_and(|table| {
                    context.catalog.vschema.table(&found.keyspace, &table).is_some_and(|table| !table.is_reference())
                }) =>
        {
            // Table, name and number in the index; cardinality.
            found.target = Target::Scatter;
            plan.root = Operator::Summed(Box::new(Summed { route: found, key: vec![0, 2, 3], sum: 6 }));
        }
        root => plan.root = root,
    }
    Ok(plan)
}

/// DESCRIBE of a table, with the cursor on its name.
pub(super) fn describe(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Plan, SqlError> {
    let (database, table) = cursor.qualified_name()?;
    route(cursor.text, fingerprint, context, About { database, table: Some(table) }, true)
}

fn route(
    text: &[u8],
    fingerprint: &Fingerprint,
    context: &Context<'_>,
    about: About,
    needs_database: bool,
) -> Result<Plan, SqlError> {
    let catalog = context.catalog;
    let mut edits = Edits::default();
    let own = |database: &str| -> Result<Arc<str>, SqlError> {
        match catalog.database(database) {
            Some(Database::Keyspace(_) | Database::Adopted) => Ok(Arc::from(database)),
            Some(Database::System) => Ok(any_keyspace(context)),
            None => Err(names::unknown_database(database)),
        }
    };
    let keyspace = match (&about.database, &about.table, context.database) {
        (Some(database), _, _) => {
            if catalog.is_renamed(&database.value) {
                edits.replace(database.span, vec![Piece::Database(Arc::from(&*database.value))]);
            }
            own(&database.value)?
        }
        (None, _, Some(database)) => own(database)?,
        (None, Some(table), None) => {
            let ident = Ident { span: table.span, value: table.value.clone() };
            let found = names::resolve(context, &TableName { span: table.span, schema: None, name: ident });
            match found {
                Ok(found) => found.keyspace,
                Err(error) if catalog.default.is_some() && error.code == Code::NoDatabase => Arc::from(""),
                Err(error) => return Err(error),
            }
        }
        (None, None, None) if needs_database && catalog.default.is_none() => {
            return Err(SqlError::new(Code::NoDatabase, "No database selected"));
        }
        (None, None, None) => any_keyspace(context),
    };
    // What isn't about the keyspace is about the server, and that should be the same one each time.
    let own = about.database.is_some() || about.table.is_some() || needs_database;
    let temporary = about.table.as_ref().and_then(|table| catalog.temporary(&keyspace, &table.value));
    let target = match temporary.and_then(|table| table.keyspace_id.clone()) {
        Some(id) => Target::Pinned(id),
        None if own && catalog.is_sharded(&keyspace) => Target::AnyShard,
        None => Target::Unsharded,
    };
    Ok(Plan {
        class: StatementClass::Show,
        tables: Vec::new(),
        demands: Vec::new(),
        pins: Vec::new(),
        effects: Effects::default(),
        lookups: Vec::new(),
        root: Operator::Route(Route {
            keyspace,
            target,
            sql: edits.whole(text, fingerprint)?,
            sql_alone: None,
            hidden: 0,
        }),
    })
}
