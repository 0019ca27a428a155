//! SELECT from a vindex: what it makes of values, as in Vitess.

use super::metadata::known_values;
use super::statement::Planning;
use super::{Context, any_keyspace};
use crate::catalog::Database;
use crate::error::{Code, SqlError};
use crate::plan::{KnownValue, Operator, Plan, StatementClass, TableUse, Target, VindexRows};
use crate::sql::ast::{
    BinaryOp, ColumnRef, Expr, ExprKind, Query, QueryBody, SelectItemKind, Span, TableFactor, TableName, TableRef,
    Visitor, walk_expr, walk_select,
};
use shardgate_vschema::Vindex;
use std::sync::Arc;

/// Plan the query if a vindex is what it reads.
pub(super) fn plan(planning: &Planning<'_>, query: &Query) -> Result<Option<Plan>, SqlError> {
    let QueryBody::Select(select) = &query.body else { return Ok(None) };
    let [TableRef::Table(factor)] = select.from.as_slice() else { return Ok(None) };
    let Some((of, vindex)) = find(planning.context, &factor.name)? else { return Ok(None) };
    if vindex.column_count() > 1 {
        let message = format!(
            "unsupported: a SELECT from the vindex `{}`, whose keys have {} columns; `shardgate keyspace-id` shows what it \
             makes of values",
            vindex.name(),
            vindex.column_count()
        );
        return Err(SqlError::new(Code::Unsupported, message));
    }
    let values = select.where_.as_ref().and_then(|condition| ids(condition, factor, planning));
    let Some(values) = values else {
        let message = format!(
            "a SELECT from the vindex `{}` needs the values to map: WHERE id = value, or WHERE id IN (values)",
            vindex.name()
        );
        return Err(SqlError::new(Code::VindexCondition, message));
    };
    let mut qualifiers = Qualifiers(Vec::new());
    walk_select(&mut qualifiers, select);
    query.order_by.iter().for_each(|item| qualifiers.expr(&item.expr));
    for item in &select.items {
        if let SelectItemKind::AllOf(name) = &item.kind
            && let Some(schema) = &name.schema
        {
            qualifiers.0.push(Span::new(schema.span.start, name.name.span.start));
        }
    }
    let mut edits = planning.edits.clone();
    qualifiers.0.into_iter().for_each(|span| edits.replace(span, Vec::new()));
    let name = factor.name.span;
    let part = |from: u32, to: u32| edits.part(Span::new(from, to), planning.fingerprint);
    let (before, behind) = (part(0, name.start)?, part(name.end, planning.text.len() as u32)?);
    let keyspace = any_keyspace(planning.context);
    let target = if planning.context.catalog.is_sharded(&keyspace) { Target::AnyShard } else { Target::Unsharded };
    let alias = factor.alias.is_none().then(|| factor.name.name.value.clone());
    let table = TableUse { keyspace: Arc::clone(&of), table: Arc::from(vindex.name()), written: false };
    let root = VindexRows { keyspace, target, of, vindex, values, before, behind, alias };
    Ok(Some(Plan {
        class: StatementClass::Select,
        tables: vec![table],
        demands: Vec::new(),
        pins: super::statement::pins(planning.text, planning.fingerprint, &planning.pins),
        effects: planning.functions.effects.clone(),
        lookups: Vec::new(),
        root: Operator::VindexRows(Box::new(root)),
    }))
}

/// A keyspace's name and one of its vindexes.
type OfKeyspace = (Arc<str>, Arc<Vindex>);

/// The vindex that a table's name means, and its keyspace; a table of the name comes first.
fn find(context: &Context<'_>, name: &TableName) -> Result<Option<OfKeyspace>, SqlError> {
    let catalog = context.catalog;
    let written = &*name.name.value;
    let is_table = |keyspace: &str| {
        catalog.vschema.table(keyspace, written).is_some() || catalog.schema.table(keyspace, written).is_some()
    };
    let found = match name.schema.as_ref().map(|schema| &*schema.value).or(context.database) {
        Some(keyspace) => {
            if is_table(keyspace) || !matches!(catalog.database(keyspace), Some(Database::Keyspace(_))) {
                return Ok(None);
            }
            let keyspace = catalog.vschema.keyspace(keyspace);
            keyspace.and_then(|keyspace| Some((keyspace, keyspace.vindex(written)?)))
        }
        None => {
            let has = catalog.vschema.keyspaces().any(|keyspace| keyspace.vindex(written).is_some());
            if !has || catalog.keyspaces.iter().any(|keyspace| is_table(&keyspace.name)) {
                return Ok(None);
            }
            let found = catalog.vschema.find_vindex(written);
            Some(found.map_err(|error| SqlError::new(Code::AmbiguousTable, error.to_string()))?)
        }
    };
    Ok(found.map(|(keyspace, vindex)| (Arc::clone(&keyspace.name), Arc::clone(vindex))))
}

/// The values of `id` that a row must have by one of the conjuncts.
fn ids(condition: &Expr, factor: &TableFactor, planning: &Planning<'_>) -> Option<Vec<KnownValue>> {
    let is_id = |expr: &Expr| match &expr.kind {
        ExprKind::Column(column) => {
            let table = column.table.as_ref();
            column.column.is("id") && table.is_none_or(|table| table.is(&factor.exposed_name().value))
        }
        _ => false,
    };
    let known = |list: &[Expr]| known_values(list, planning.fingerprint);
    match &condition.kind {
        ExprKind::And(list) => list.iter().find_map(|expr| ids(expr, factor, planning)),
        ExprKind::Binary(BinaryOp::Eq, operands) if is_id(&operands.0) => known(std::slice::from_ref(&operands.1)),
        ExprKind::Binary(BinaryOp::Eq, operands) if is_id(&operands.1) => known(std::slice::from_ref(&operands.0)),
        ExprKind::InList(list) if !list.negated && is_id(&list.expr) => known(&list.list),
        _ => None,
    }
}

/// Databases before the names of columns.
struct Qualifiers(Vec<Span>);

impl Visitor for Qualifiers {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Column(column) = &expr.kind {
            let ColumnRef { schema, table, .. } = &**column;
            if let (Some(schema), Some(table)) = (schema, table) {
                self.0.push(Span::new(schema.span.start, table.span.start));
            }
        }
        walk_expr(self, expr);
    }
}
