//! `SELECT NEXT n VALUES FROM sequence`.

use super::cursor::Cursor;
use super::{Context, names};
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::plan::{Effects, Operator, Plan, Sequence, StatementClass, TableUse, ValueExpr};
use crate::sql::ast::{Ident, Span, TableName};
use crate::sql::token::TokenKind;
use shardgate_vschema::model::TableKind;

/// Plan the statement, with the cursor on SELECT. `None`: it is another.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Option<Plan>, SqlError> {
    if !cursor.eat_all(&["SELECT", "NEXT"]) {
        return Ok(None);
    }
    let count = match cursor.token.kind {
        TokenKind::Integer | TokenKind::Param => {
            let slot = fingerprint.slot_at(cursor.token.span.start as usize).ok_or_else(|| cursor.unexpected())?;
            cursor.next();
            if !cursor.eat("VALUES") {
                return Err(cursor.unexpected());
            }
            ValueExpr::Slot(slot)
        }
        _ if cursor.at("VALUE") => {
            cursor.next();
            ValueExpr::Int(1)
        }
        _ => return Ok(None),
    };
    if !cursor.eat("FROM") {
        return Err(cursor.unexpected());
    }
    let (schema, table) = cursor.qualified_name()?;
    cursor.end()?;
    let ident = |name: super::cursor::Name| Ident { span: name.span, value: name.value };
    let span = schema.as_ref().map_or(table.span, |schema| Span::new(schema.span.start, table.span.end));
    let name = TableName { span, schema: schema.map(ident), name: ident(table) };
    let found = names::resolve(context, &name)?;
    if found.vtable().is_none_or(|vtable| vtable.kind != TableKind::Sequence) {
        return Err(SqlError::new(
            Code::Unsupported,
            format!("unsupported: `{}` isn't a sequence: give it `type: sequence` in the vschema", found.table),
        ));
    }
    let tables = vec![TableUse { keyspace: found.keyspace.clone(), table: found.table.clone(), written: true }];
    let sequence = Sequence { keyspace: found.keyspace, table: found.table };
    Ok(Some(Plan {
        class: StatementClass::Select,
        tables,
        demands: Vec::new(),
        pins: Vec::new(),
        effects: Effects::default(),
        lookups: Vec::new(),
        root: Operator::NextValues { sequence, count },
    }))
}
