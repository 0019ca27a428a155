//! Statements that go to one server as they are.

use super::cursor::Cursor;
use super::demand::names as names_any;
use super::functions::USER_LOCKS;
use super::local::local;
use super::{Context, any_keyspace, lock_home, pass, simple};
use crate::error::{Code, SqlError};
use crate::plan::{Effects, Local, Plan, StatementClass, Target};

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
        // The same on every server.
        "HELP" => {
            let keyspace = any_keyspace(context);
            return Ok(simple(StatementClass::Show, keyspace, Target::Unsharded, Effects::default()));
        }
        "UNLOCK" if sharded || context.database.is_none() => {
            return Ok(local(StatementClass::Other, Local::NoOperation));
        }
        _ if !KNOWN.contains(&&*word) => return pass(context).map_err(|_| cursor.unexpected()),
        _ => {}
    }
    // A procedure is where its name says.
    let named = if word == "CALL" { database_of_call(cursor) } else { None };
    let place = Context { database: named.as_deref().or(context.database), ..*context };
    let mut plan = pass(&place).map_err(|error| match error.code {
        Code::Unsupported if word == "CALL" => SqlError::new(
            Code::Unsupported,
            "unsupported: CALL in a sharded keyspace, whose procedures see one shard's rows; USE `keyspace:shard` calls it on \
             that shard",
        ),
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
            // What it leaves (temporary tables, variables) is the session's, and nobody else's.
            Effects { pins_connection: true, taints_connection: true, ..Effects::default() }
        }
        "FLUSH" | "INSTALL" | "UNINSTALL" | "CHANGE" | "RESET" | "STOP" | "START" | "CACHE" => {
            Effects { implicit_commit: true, ..Effects::default() }
        }
        _ => Effects { taints_connection: true, ..Effects::default() },
    };
    plan.effects = effects;
    Ok(plan)
}

/// The database that CALL names its procedure with.
fn database_of_call(cursor: &mut Cursor<'_>) -> Option<Box<str>> {
    let mark = cursor.mark();
    cursor.next();
    let named = cursor.qualified_name().ok().and_then(|(schema, _)| schema);
    cursor.back(mark);
    named.map(|name| name.value)
}
