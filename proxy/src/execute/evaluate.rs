//! Constant expressions that a plan needs the value of: a shard computes them first.

use super::route::render_at;
use super::scatter;
use crate::error::StatementError;
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::error::Code;
use shardgate_router::plan::Template;
use shardgate_vschema::Value;
use shardgate_wire::charset::Collation;
use shardgate_wire::{ColumnDefinition, ColumnFlags, ColumnType};
use std::borrow::Cow;

/// Templates and what they came to.
pub(super) type Evaluated = Vec<(Template, Value<'static>)>;

/// Let a server compute the expressions that the plan needs, in one query.
pub(super) async fn all(session: &mut Session, statement: &Statement<'_>) -> Result<Evaluated, StatementError> {
    let templates = statement.plan.evaluations();
    if templates.is_empty() {
        return Ok(Vec::new());
    }
    let place = session.any_place()?;
    let mut query = b"SELECT ".to_vec();
    for (index, template) in templates.iter().copied().enumerate() {
        if index > 0 {
            query.extend_from_slice(b", ");
        }
        query.extend_from_slice(&render_at(session, statement, template, &place)?);
    }
    let variables = &statement.plan.effects.reads_variables;
    let whole = scatter::run_text_with(session, place, &query, variables).await?;
    let row = whole.rows.first().ok_or_else(|| {
        StatementError::sql(Code::Internal, "the server computed no row for the statement's constant expressions")
    })?;
    let values = (0u32..).zip(&whole.columns).map(|(index, column)| value(row.field(index), column));
    Ok(templates.into_iter().cloned().zip(values).collect())
}

/// A field of a text row as the value that it stands for.
pub(super) fn value(field: Option<&[u8]>, column: &ColumnDefinition<'_>) -> Value<'static> {
    let Some(bytes) = field else { return Value::Null };
    let text = || String::from_utf8_lossy(bytes);
    match column.column_type {
        ColumnType::Tiny
        | ColumnType::Short
        | ColumnType::Int24
        | ColumnType::Long
        | ColumnType::LongLong
        | ColumnType::Year => {
            if column.flags.contains(ColumnFlags::UNSIGNED) {
                text().parse().map_or(Value::Null, Value::UInt)
            } else {
                text().parse().map_or(Value::Null, Value::Int)
            }
        }
        ColumnType::Float | ColumnType::Double => text().parse().map_or(Value::Null, Value::Float),
        ColumnType::Decimal | ColumnType::NewDecimal => Value::Decimal(Cow::Owned(text().into_owned())),
        _ if column.collation == Collation::BINARY => Value::Bytes(Cow::Owned(bytes.to_vec())),
        _ => Value::Text(Cow::Owned(bytes.to_vec())),
    }
}
