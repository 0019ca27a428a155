//! Statements that go to one server as they are, and EXPLAIN.

use super::cursor::Cursor;
use super::functions::USER_LOCKS;
use super::local::{explain, local};
use super::{Context, any_keyspace, lock_home, pass, rows, show, simple};
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::plan::{Effects, ExplainFormat, Local, Metadata, Operator, Plan, Route, StatementClass, Target};
use crate::sql::token::TokenKind;

/// First words of MySQL's statements that are sent as they are.
const KNOWN: [&str; 28] = [
    "ALTER",
    "BINLOG",
    "CACHE",
    "CALL",
    "CHANGE",
    "CLONE",
    "DO",
    "EXPLAIN",
    "FLUSH",
    "FOR",
    "GET",
    "HANDLER",
    "HELP",
    "IMPORT",
    "INSTALL",
    "LOCK",
    "PURGE",
    "RESET",
    "RESIGNAL",
    "RESTART",
    "SET",
    "SHUTDOWN",
    "SIGNAL",
    "START",
    "STOP",
    "UNINSTALL",
    "UNLOCK",
    "XA",
];

/// Plan a statement that no other part knows.
pub(super) fn plan(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Plan, SqlError> {
    let word = cursor.word();
    let sharded = context.database.is_some_and(|name| context.catalog.is_sharded(name));
    match word.as_str() {
        "DO" => {
            if names_any(cursor, &USER_LOCKS) {
                let effects = Effects { pins_connection: true, ..Effects::default() };
                return Ok(simple(StatementClass::LockingSelect, lock_home(context), Target::Unsharded, effects));
            }
            let keyspace = any_keyspace(context);
            if context.catalog.is_sharded(&keyspace) && names_any(cursor, &["SELECT", "TABLE", "VALUES"]) {
                return Err(SqlError::new(
                    Code::Unsupported,
                    "unsupported: DO with a subquery in a sharded keyspace; SELECT the expressions instead",
                ));
            }
            let target = if context.catalog.is_sharded(&keyspace) { Target::AnyShard } else { Target::Unsharded };
            return Ok(simple(StatementClass::Other, keyspace, target, Effects::default()));
        }
        "UNLOCK" if sharded || context.database.is_none() => {
            return Ok(local(StatementClass::Other, Local::NoOperation));
        }
        _ if !KNOWN.contains(&&*word) => return pass(context).map_err(|_| cursor.unexpected()),
        _ => {}
    }
    let mut plan = pass(context).map_err(|error| match error.code {
        Code::Unsupported => SqlError::new(
            Code::Unsupported,
            format!("unsupported: {word} in a sharded keyspace; USE `keyspace:shard` sends statements to one shard"),
        ),
        _ => error,
    })?;
    let effects = match word.as_str() {
        "LOCK" => Effects { pins_connection: true, implicit_commit: true, ..Effects::default() },
        "UNLOCK" => Effects { implicit_commit: true, ..Effects::default() },
        "HANDLER" => Effects { pins_connection: true, ..Effects::default() },
        "XA" => Effects { pins_connection: true, taints_connection: true, ..Effects::default() },
        "CALL" => {
            plan.class = StatementClass::Call;
            Effects { taints_connection: true, ..Effects::default() }
        }
        "FLUSH" | "INSTALL" | "UNINSTALL" | "CHANGE" | "RESET" | "STOP" | "START" | "CACHE" => {
            Effects { implicit_commit: true, ..Effects::default() }
        }
        _ => Effects { taints_connection: true, ..Effects::default() },
    };
    plan.effects = effects;
    Ok(plan)
}

/// Whether one of these words stands behind the cursor.
fn names_any(cursor: &mut Cursor<'_>, words: &[&str]) -> bool {
    let mark = cursor.mark();
    let mut found = false;
    while !cursor.at_end() && !found {
        found = words.iter().any(|name| cursor.at(name));
        cursor.next();
    }
    cursor.back(mark);
    found
}

/// EXPLAIN, DESCRIBE, DESC, with the cursor on the word.
pub(super) fn plan_explain(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Plan, SqlError> {
    cursor.next();
    let options = ["EXTENDED", "PARTITIONS", "ANALYZE"];
    while options.iter().any(|option| cursor.eat(option)) {}
    if cursor.eat("FORMAT") {
        if !cursor.eat_token(TokenKind::Eq) {
            return Err(cursor.unexpected());
        }
        let format = cursor.name()?;
        if format.value.eq_ignore_ascii_case("vitess") || format.value.eq_ignore_ascii_case("vtexplain") {
            return explain(cursor, context, ExplainFormat::Vitess);
        }
        if cursor.eat("INTO") {
            cursor.next();
        }
    }
    match cursor.word().as_str() {
        "SELECT" | "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "WITH" | "TABLE" | "VALUES" => {}
        "FOR" => return plan(cursor, context),
        _ if cursor.token.kind == TokenKind::LeftParen => {}
        _ => return show::describe(cursor, fingerprint, context),
    }
    let start = cursor.token.span.start as usize;
    let mut plan = rows(cursor.text, start, fingerprint, context)?;
    plan.class = StatementClass::Show;
    let mut operator = plan.root;
    loop {
        operator = match operator {
            Operator::Route(route) => {
                plan.root = Operator::Route(one_shard(route, fingerprint));
                return Ok(plan);
            }
            Operator::MergeSort(sort) => Operator::Route(sort.input),
            Operator::Aggregate(aggregate) => Operator::Route(aggregate.input),
            Operator::Compute(compute) => Operator::Route(compute.input.input),
            Operator::Limit(limit) => *limit.input,
            Operator::Metadata(metadata) => {
                let Metadata { keyspace, target, alone, .. } = metadata;
                Operator::Route(Route { keyspace, target, sql: alone, sql_alone: None, hidden: 0 })
            }
            Operator::Change(change) => Operator::Route(change.alone),
            Operator::Gather(gather) => match gather.alone {
                Some(route) => Operator::Route(route),
                None => {
                    return Err(SqlError::new(
                        Code::Unsupported,
                        "unsupported: EXPLAIN of a statement over tables of several keyspaces; VEXPLAIN shows how they are \
                         gathered",
                    ));
                }
            },
            Operator::Insert(_)
            | Operator::InsertRows(_)
            | Operator::Load(_)
            | Operator::Ddl(_)
            | Operator::NextValues { .. }
            | Operator::Local(_) => {
                return Err(SqlError::new(
                    Code::Unsupported,
                    "unsupported: EXPLAIN of a statement whose rows are placed one by one; VEXPLAIN shows where they go",
                ));
            }
        };
    }
}

/// The server's EXPLAIN, which only one shard can answer.
fn one_shard(route: Route, fingerprint: &Fingerprint) -> Route {
    let sql = route.sql_alone.unwrap_or(route.sql);
    let target = match route.target {
        target if super::route::is_certainly_one(&target, fingerprint) => target,
        target => Target::OneShard {
            targets: vec![target],
            reason: "EXPLAIN of a statement on several shards; VEXPLAIN shows what each shard gets".into(),
        },
    };
    Route { sql, target, sql_alone: None, hidden: 0, keyspace: route.keyspace }
}
