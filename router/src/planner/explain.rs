//! EXPLAIN and DESCRIBE of a statement: the plan that a MySQL has for it, which is that of one shard.

use super::cursor::Cursor;
use super::local::{explain, variable_name};
use super::{Context, rows, show};
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::plan::{
    Expand, ExplainFormat, Explained, Gather, Metadata, Operator, Piece, Plan, Route, StatementClass, Target, Template,
    ValueExpr,
};
use crate::sql::token::TokenKind;

/// EXPLAIN, DESCRIBE, DESC, with the cursor on the word.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Plan, SqlError> {
    cursor.next();
    let mut analyze = false;
    loop {
        if cursor.eat("ANALYZE") {
            analyze = true;
        } else if !cursor.eat("EXTENDED") && !cursor.eat("PARTITIONS") {
            break;
        }
    }
    let mut into = None;
    if cursor.eat("FORMAT") {
        if !cursor.eat_token(TokenKind::Eq) {
            return Err(cursor.unexpected());
        }
        let format = cursor.name()?;
        if format.value.eq_ignore_ascii_case("vitess") || format.value.eq_ignore_ascii_case("vtexplain") {
            return explain(cursor, context, ExplainFormat::Vitess);
        }
        if cursor.eat("INTO") {
            into = Some(variable_name(cursor.token.span.of(cursor.text), context));
            cursor.next();
        }
    }
    let mut database = None;
    if cursor.eat("FOR") {
        if cursor.eat("CONNECTION") {
            return Err(SqlError::new(
                Code::Unsupported,
                "unsupported: EXPLAIN FOR CONNECTION: a connection to the proxy is no connection to one MySQL; EXPLAIN its \
                 statement (SHOW PROCESSLIST shows it), or ask the shard's own MySQL",
            ));
        }
        if !cursor.eat("SCHEMA") && !cursor.eat("DATABASE") {
            return Err(cursor.unexpected());
        }
        let name = cursor.name()?.value;
        if context.catalog.is_renamed(&name) {
            let message =
                "unsupported: EXPLAIN FOR SCHEMA of a keyspace whose database has another name; USE it instead";
            return Err(SqlError::new(Code::Unsupported, message));
        }
        database = Some(name);
    }
    match cursor.word().as_str() {
        "SELECT" | "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "WITH" | "TABLE" | "VALUES" => {}
        _ if cursor.token.kind == TokenKind::LeftParen => {}
        _ => return show::describe(cursor, fingerprint, context),
    }
    let context = Context { database: database.as_deref().or(context.database), ..*context };
    let mut plan = rows(cursor.text, cursor.token.span.start as usize, fingerprint, &context)?;
    if analyze && plan.tables.iter().any(|table| table.written) {
        let one =
            matches!(&plan.root, Operator::Route(route) if super::route::is_certainly_one(&route.target, fingerprint));
        if !one {
            let message =
                "unsupported: EXPLAIN ANALYZE of a statement that writes on several shards; EXPLAIN doesn't run it";
            return Err(SqlError::new(Code::Unsupported, message));
        }
    }
    plan.class = StatementClass::Show;
    plan.effects.writes_variables.extend(into);
    plan.root = explained(plan.root, fingerprint)?;
    Ok(plan)
}

/// What answers for the statement.
fn explained(operator: Operator, fingerprint: &Fingerprint) -> Result<Operator, SqlError> {
    let (route, gathered) = match operator {
        Operator::Route(route) => (route, false),
        Operator::MergeSort(sort) => (sort.input, false),
        Operator::Aggregate(aggregate) => (aggregate.input, false),
        Operator::Compute(compute) => (compute.input.input, false),
        Operator::Limit(limit) => return explained(*limit.input, fingerprint),
        Operator::Metadata(metadata) => {
            let Metadata { keyspace, target, alone, .. } = metadata;
            (Route { keyspace, target, sql: alone, sql_alone: None, hidden: 0 }, false)
        }
        Operator::Change(change) => match change.alone {
            Some(route) => (route, false),
            None => {
                return Err(unsupported("that changes tables of several servers; VEXPLAIN shows how they are found"));
            }
        },
        Operator::Broadcast(broadcast) => return explained(Operator::Gather(broadcast.gathered), fingerprint),
        Operator::Gather(Gather { alone: Some(route), .. }) | Operator::Expand(Expand { alone: Some(route), .. }) => {
            (route, true)
        }
        // The session that gets the rows of all these servers explains what it does with them.
        operator @ Operator::Gather(_) => return Ok(operator),
        Operator::Expand(_) => {
            return Err(unsupported("over views of several servers; VEXPLAIN shows how their rows are gathered"));
        }
        Operator::Insert(mut insert) => {
            let row = if insert.rows.is_empty() { None } else { Some(insert.rows.swap_remove(0)) };
            let mut pieces = insert.prefix.pieces;
            pieces.extend(row.into_iter().flat_map(|row| row.sql.pieces).flat_map(without_computed));
            pieces.extend(insert.suffix.pieces);
            let sql = Template { pieces };
            let target = if insert.vindex.is_some() { Target::AnyShard } else { insert.target };
            let keyspace = insert.keyspace;
            return Ok(Operator::Route(Route { keyspace, target: one_of(target), sql, sql_alone: None, hidden: 0 }));
        }
        Operator::InsertRows(insert) => match insert.alone {
            Some(route) => (route, true),
            None => return Err(unsupported("whose rows come from other tables than they go to; VEXPLAIN shows it")),
        },
        Operator::VindexRows(_) => {
            return Err(unsupported("that reads a vindex, which the proxy maps by itself; VEXPLAIN shows it"));
        }
        Operator::Explained(_)
        | Operator::Summed(_)
        | Operator::Load(_)
        | Operator::StagedLoad(_)
        | Operator::Pulled(_)
        | Operator::Ddl(_)
        | Operator::Dropped(_)
        | Operator::Maintained(_)
        | Operator::Temporary(_)
        | Operator::CreateFrom(_)
        | Operator::NextValues { .. }
        | Operator::Local(_) => return Err(unsupported("of this kind; VEXPLAIN shows what becomes of it")),
    };
    let Route { keyspace, target, sql, sql_alone, .. } = route;
    let sql = sql_alone.unwrap_or(sql);
    let mut targets = match target {
        Target::OneShard { targets, .. } => targets,
        target => vec![target],
    };
    if let [target] = targets.as_slice()
        && super::route::is_certainly_one(target, fingerprint)
        && let Some(target) = targets.pop()
    {
        return Ok(Operator::Route(Route { keyspace, target, sql, sql_alone: None, hidden: 0 }));
    }
    Ok(Operator::Explained(Box::new(Explained { keyspace, targets, sql, gathered })))
}

/// A row's text, for which no value is drawn from a sequence, or computed before.
fn without_computed(piece: Piece) -> Vec<Piece> {
    match piece {
        Piece::Generated | Piece::GeneratedOr(_) => vec![Piece::Sql("0".into())],
        Piece::Value(ValueExpr::Stored(_)) => vec![Piece::Sql("DEFAULT".into())],
        Piece::Value(ValueExpr::Evaluate(template)) => template.pieces,
        piece => vec![piece],
    }
}

/// One of the shards of a target that are alike.
fn one_of(target: Target) -> Target {
    match target {
        Target::Alike | Target::Scatter => Target::AnyShard,
        target => target,
    }
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: EXPLAIN of a statement {what}"))
}
