//! Statements that the proxy answers itself: transactions, USE, KILL, PREPARE and the like.

use super::cursor::Cursor;
use super::{Context, internal};
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, unquote};
use crate::plan::{
    Chaining, Effects, ExplainFormat, KillScope, Local, Operator, Plan, PrepareSource, StatementClass, TransactionStart,
};
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// A plan that is a local statement.
pub(super) fn local(class: StatementClass, local: Local) -> Plan {
    Plan {
        class,
        tables: Vec::new(),
        demands: Vec::new(),
        pins: Vec::new(),
        effects: Effects::default(),
        lookups: Vec::new(),
        root: Operator::Local(local),
    }
}

/// Plan the statement if it is one of these.
pub(super) fn plan(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<Plan>, SqlError> {
    let transaction = |found| Ok(Some(local(StatementClass::Transaction, found)));
    let other = |found| Ok(Some(local(StatementClass::Other, found)));
    match cursor.word().as_str() {
        "BEGIN" => {
            cursor.next();
            cursor.eat("WORK");
            cursor.end()?;
            transaction(Local::Begin(TransactionStart::default()))
        }
        "START" if cursor.eat_all(&["START", "TRANSACTION"]) => transaction(Local::Begin(start(cursor)?)),
        "COMMIT" => {
            cursor.next();
            let chaining = chaining(cursor)?;
            transaction(Local::Commit(chaining))
        }
        "ROLLBACK" => {
            cursor.next();
            cursor.eat("WORK");
            if cursor.eat("TO") {
                cursor.eat("SAVEPOINT");
                let name = cursor.name()?.value;
                cursor.end()?;
                return transaction(Local::RollbackTo(name));
            }
            let chaining = chaining(cursor)?;
            transaction(Local::Rollback(chaining))
        }
        "SAVEPOINT" => {
            cursor.next();
            let name = cursor.name()?.value;
            cursor.end()?;
            transaction(Local::Savepoint(name))
        }
        "RELEASE" if cursor.eat_all(&["RELEASE", "SAVEPOINT"]) => {
            let name = cursor.name()?.value;
            cursor.end()?;
            transaction(Local::Release(name))
        }
        "USE" => {
            cursor.next();
            let target = target_name(cursor)?;
            cursor.end()?;
            other(Local::Use(target))
        }
        "KILL" => {
            cursor.next();
            let scope = if cursor.eat("QUERY") {
                KillScope::Query
            } else {
                cursor.eat("CONNECTION");
                KillScope::Connection
            };
            let text = cursor.token.span.of(cursor.text);
            let id = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            let Some(id) = id.filter(|_| cursor.token.kind == TokenKind::Integer) else {
                return Err(cursor.unexpected());
            };
            cursor.next();
            cursor.end()?;
            other(Local::Kill { scope, id })
        }
        "PREPARE" => {
            cursor.next();
            let name = cursor.name()?.value;
            if !cursor.eat("FROM") {
                return Err(cursor.unexpected());
            }
            let source = cursor.token.span.of(cursor.text);
            let from = match cursor.token.kind {
                TokenKind::String => {
                    let text = unquote(source, context.mode.lex);
                    PrepareSource::Text(context.charset.decode(&text).into_owned().into())
                }
                TokenKind::UserVariable => PrepareSource::Variable(variable_name(source, context)),
                _ => return Err(cursor.unexpected()),
            };
            cursor.next();
            cursor.end()?;
            other(Local::Prepare { name, from })
        }
        "EXECUTE" => {
            cursor.next();
            let name = cursor.name()?.value;
            let mut using = Vec::new();
            if cursor.eat("USING") {
                loop {
                    if cursor.token.kind != TokenKind::UserVariable {
                        return Err(cursor.unexpected());
                    }
                    using.push(variable_name(cursor.token.span.of(cursor.text), context));
                    cursor.next();
                    if !cursor.eat_token(TokenKind::Comma) {
                        break;
                    }
                }
            }
            cursor.end()?;
            other(Local::Execute { name, using })
        }
        "DEALLOCATE" | "DROP" if cursor.eat_all(&["DEALLOCATE", "PREPARE"]) || cursor.eat_all(&["DROP", "PREPARE"]) => {
            let name = cursor.name()?.value;
            cursor.end()?;
            other(Local::Deallocate(name))
        }
        _ => Ok(None),
    }
}

/// The name of a target, which needs no quotes where it holds `:`, `@` and `-`.
fn target_name(cursor: &mut Cursor<'_>) -> Result<Box<str>, SqlError> {
    let first = cursor.name()?;
    if cursor.at_end() {
        return Ok(first.value);
    }
    let rest = cursor.text.get(first.span.start as usize..).unwrap_or_default();
    let length = rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b';').unwrap_or(rest.len());
    let written = String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned();
    while !cursor.at_end() {
        cursor.next();
    }
    Ok(written.into())
}

/// The name of `@name`.
pub(super) fn variable_name(source: &[u8], context: &Context<'_>) -> Box<str> {
    let name = source.strip_prefix(b"@").unwrap_or(source);
    let name = unquote(name, context.mode.lex);
    context.charset.decode(&name).to_lowercase().into()
}

fn start(cursor: &mut Cursor<'_>) -> Result<TransactionStart, SqlError> {
    let mut start = TransactionStart::default();
    while !cursor.at_end() {
        if cursor.eat_all(&["WITH", "CONSISTENT", "SNAPSHOT"]) {
            start.consistent_snapshot = true;
        } else if cursor.eat_all(&["READ", "ONLY"]) {
            start.read_only = Some(true);
        } else if cursor.eat_all(&["READ", "WRITE"]) {
            start.read_only = Some(false);
        } else {
            return Err(cursor.unexpected());
        }
        if !cursor.eat_token(TokenKind::Comma) {
            break;
        }
    }
    cursor.end()?;
    Ok(start)
}

fn chaining(cursor: &mut Cursor<'_>) -> Result<Chaining, SqlError> {
    let mut found = Chaining::default();
    cursor.eat("WORK");
    if cursor.eat("AND") {
        found.chain = Some(!cursor.eat("NO"));
        if !cursor.eat("CHAIN") {
            return Err(cursor.unexpected());
        }
    }
    if cursor.eat_all(&["NO", "RELEASE"]) {
        found.release = Some(false);
    } else if cursor.eat("RELEASE") {
        found.release = Some(true);
    }
    cursor.end()?;
    Ok(found)
}

/// `VEXPLAIN [PLAN|QUERIES|ALL|TRACE|KEYS] statement`, and `EXPLAIN FORMAT=VITESS statement`: with the cursor on the
/// statement.
pub(super) fn explain(cursor: &Cursor<'_>, context: &Context<'_>, format: ExplainFormat) -> Result<Plan, SqlError> {
    let inner = cursor.text.get(cursor.token.span.start as usize..).unwrap_or_default();
    if cursor.at_end() {
        return Err(cursor.unexpected());
    }
    let mut fingerprint = Fingerprint::new();
    crate::fingerprint::scan(inner, context.mode.lex, &mut fingerprint)
        .map_err(|error| SqlError::new(Code::Syntax, error.to_string()))?;
    let plan = super::plan(inner, &fingerprint, context)?;
    if matches!(plan.root, Operator::Local(Local::Explain { .. })) {
        return Err(internal("VEXPLAIN of VEXPLAIN"));
    }
    let tables = plan.tables.clone();
    let text = String::from_utf8_lossy(inner).into_owned().into();
    let mut found = local(StatementClass::Show, Local::Explain { format, plan: Arc::new(plan), text });
    found.tables = tables;
    Ok(found)
}

/// VEXPLAIN KEYS, with the cursor on the statement, which isn't planned.
fn keys(cursor: &Cursor<'_>, context: &Context<'_>) -> Result<Plan, SqlError> {
    let inner = cursor.text.get(cursor.token.span.start as usize..).unwrap_or_default();
    if cursor.at_end() {
        return Err(cursor.unexpected());
    }
    let (document, tables) = super::column_uses::column_uses(inner, context)?;
    let mut found = local(StatementClass::Show, Local::ColumnUses(document.into()));
    found.tables = tables;
    Ok(found)
}

/// VEXPLAIN, with the cursor on the word.
pub(super) fn vexplain(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Plan, SqlError> {
    cursor.next();
    if cursor.eat("KEYS") {
        return keys(cursor, context);
    }
    let formats = [
        ("PLAN", ExplainFormat::Plan),
        ("QUERIES", ExplainFormat::Queries),
        ("ALL", ExplainFormat::All),
        ("TRACE", ExplainFormat::Trace),
    ];
    let format =
        formats.into_iter().find(|(word, _)| cursor.eat(word)).map_or(ExplainFormat::Plan, |(_, format)| format);
    explain(cursor, context, format)
}
