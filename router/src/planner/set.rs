//! SET.

use super::Context;
use super::cursor::Cursor;
use super::local::{local, variable_name};
use crate::error::SqlError;
use crate::plan::{Assignment, Local, Plan, SetScope, SetValue, StatementClass};
use crate::sql::ast::{Expr, Query, Visitor};
use crate::sql::options::ParseOptions;
use crate::sql::parser::parse_expr;
use crate::sql::token::TokenKind;

/// Plan a SET, with the cursor on the word. `None`: one that a server must run (SET PASSWORD, SET ROLE).
pub(super) fn plan<'t>(
    cursor: &mut Cursor<'t>,
    context: &Context<'_>,
    options: &'t ParseOptions,
) -> Result<Option<Plan>, SqlError> {
    cursor.next();
    if cursor.at("PASSWORD") || cursor.at("ROLE") || cursor.at("RESOURCE") || cursor.at("DEFAULT") {
        return Ok(None);
    }
    let mut assignments = Vec::new();
    let mut scope = SetScope::Session;
    loop {
        if cursor.eat_all(&["TRANSACTION"]) {
            transaction(cursor, SetScope::NextTransaction, &mut assignments)?;
            break;
        }
        one(cursor, context, options, &mut scope, &mut assignments)?;
        if !cursor.eat_token(TokenKind::Comma) {
            break;
        }
    }
    cursor.end()?;
    Ok(Some(local(StatementClass::Set, Local::Set(assignments))))
}

fn scope_word(cursor: &mut Cursor<'_>) -> Option<SetScope> {
    let words = [
        ("GLOBAL", SetScope::Global),
        ("SESSION", SetScope::Session),
        ("LOCAL", SetScope::Session),
        ("PERSIST_ONLY", SetScope::PersistOnly),
        ("PERSIST", SetScope::Persist),
    ];
    words.into_iter().find(|(word, _)| cursor.eat(word)).map(|(_, scope)| scope)
}

fn one<'t>(
    cursor: &mut Cursor<'t>,
    context: &Context<'_>,
    options: &'t ParseOptions,
    scope: &mut SetScope,
    assignments: &mut Vec<Assignment>,
) -> Result<(), SqlError> {
    let plain = |scope, name: Box<str>, value| Assignment { scope, name, value, collate: None };
    match cursor.token.kind {
        TokenKind::UserVariable => {
            let name = variable_name(cursor.token.span.of(cursor.text), context);
            cursor.next();
            let value = value(cursor, options)?;
            assignments.push(plain(SetScope::User, name, value));
            return Ok(());
        }
        TokenKind::SystemVariable => {
            cursor.next();
            let mut own = SetScope::Session;
            let mut name = cursor.name()?.value.to_lowercase();
            if cursor.eat_token(TokenKind::Dot) {
                let second = cursor.name()?.value.to_lowercase();
                match name.as_str() {
                    "global" => own = SetScope::Global,
                    "session" | "local" => {}
                    "persist" => own = SetScope::Persist,
                    "persist_only" => own = SetScope::PersistOnly,
                    _ => {
                        name = format!("{name}.{second}");
                        let value = value(cursor, options)?;
                        assignments.push(plain(own, name.into(), value));
                        return Ok(());
                    }
                }
                name = second;
                if cursor.eat_token(TokenKind::Dot) {
                    name = format!("{name}.{}", cursor.name()?.value.to_lowercase());
                }
            } else if matches!(name.as_str(), "transaction_isolation" | "transaction_read_only") {
                own = SetScope::NextTransaction;
            }
            let value = value(cursor, options)?;
            assignments.push(plain(own, name.into(), value));
            return Ok(());
        }
        _ => {}
    }
    if cursor.eat("NAMES") {
        return names(cursor, "names", assignments);
    }
    if cursor.eat_all(&["CHARACTER", "SET"]) || cursor.eat_all(&["CHAR", "SET"]) || cursor.eat("CHARSET") {
        return names(cursor, "charset", assignments);
    }
    if let Some(written) = scope_word(cursor) {
        *scope = written;
        if cursor.eat("TRANSACTION") {
            return transaction(cursor, written, assignments);
        }
    }
    let mut name = cursor.name()?.value.to_lowercase();
    if cursor.eat_token(TokenKind::Dot) {
        name = format!("{name}.{}", cursor.name()?.value.to_lowercase());
    }
    let value = value(cursor, options)?;
    assignments.push(plain(*scope, name.into(), value));
    Ok(())
}

/// `= value` or `:= value`.
fn value<'t>(cursor: &mut Cursor<'t>, options: &'t ParseOptions) -> Result<SetValue, SqlError> {
    if !cursor.eat_token(TokenKind::Eq) && !cursor.eat_token(TokenKind::Assign) {
        return Err(cursor.unexpected());
    }
    let start = cursor.token.span.start;
    // Words that are no expressions: ON, OFF, ALL, BINARY, ROW, SYSTEM, utf8mb4 and the like.
    if !cursor.word().is_empty() || cursor.token.kind == TokenKind::Charset {
        let word = cursor.word();
        let span = cursor.token.span;
        let mark = cursor.mark();
        cursor.next();
        if cursor.at_end() || cursor.token.kind == TokenKind::Comma {
            return Ok(if word == "DEFAULT" {
                SetValue::Default
            } else {
                SetValue::Expression(String::from_utf8_lossy(span.of(cursor.text)).into_owned().into())
            });
        }
        cursor.back(mark);
    }
    let Ok((expr, next)) = parse_expr(cursor.before_comments_end(), start as usize, options) else {
        return Err(cursor.unexpected());
    };
    let mut end = start;
    while !cursor.at_end() && cursor.token.span.start < next {
        end = cursor.token.span.end;
        cursor.next();
    }
    let text = cursor.text.get(start as usize..end as usize).unwrap_or_default();
    let text = String::from_utf8_lossy(text).into_owned().into();
    Ok(if holds_query(&expr) { SetValue::Query(text) } else { SetValue::Expression(text) })
}

/// Whether a subquery is in the expression.
fn holds_query(expr: &Expr) -> bool {
    struct Queries(bool);
    impl Visitor for Queries {
        fn query(&mut self, _: &Query) {
            self.0 = true;
        }
    }
    let mut found = Queries(false);
    found.expr(expr);
    found.0
}

fn names(cursor: &mut Cursor<'_>, what: &str, assignments: &mut Vec<Assignment>) -> Result<(), SqlError> {
    cursor.eat_token(TokenKind::Eq);
    let value = if cursor.eat("DEFAULT") {
        SetValue::Default
    } else {
        SetValue::Expression(cursor.name()?.value.to_lowercase().into())
    };
    let collate = if cursor.eat("COLLATE") { Some(cursor.name()?.value.to_lowercase().into()) } else { None };
    assignments.push(Assignment { scope: SetScope::Session, name: what.into(), value, collate });
    Ok(())
}

/// `ISOLATION LEVEL ...`, `READ ONLY`, `READ WRITE`.
fn transaction(cursor: &mut Cursor<'_>, scope: SetScope, assignments: &mut Vec<Assignment>) -> Result<(), SqlError> {
    loop {
        let (name, value) = if cursor.eat_all(&["ISOLATION", "LEVEL"]) {
            let level = if cursor.eat_all(&["READ", "COMMITTED"]) {
                "'READ-COMMITTED'"
            } else if cursor.eat_all(&["READ", "UNCOMMITTED"]) {
                "'READ-UNCOMMITTED'"
            } else if cursor.eat_all(&["REPEATABLE", "READ"]) {
                "'REPEATABLE-READ'"
            } else if cursor.eat("SERIALIZABLE") {
                "'SERIALIZABLE'"
            } else {
                return Err(cursor.unexpected());
            };
            ("transaction_isolation", level)
        } else if cursor.eat_all(&["READ", "ONLY"]) {
            ("transaction_read_only", "1")
        } else if cursor.eat_all(&["READ", "WRITE"]) {
            ("transaction_read_only", "0")
        } else {
            return Err(cursor.unexpected());
        };
        let value = SetValue::Expression(value.into());
        assignments.push(Assignment { scope, name: name.into(), value, collate: None });
        if !cursor.eat_token(TokenKind::Comma) {
            return Ok(());
        }
    }
}
