//! Stored functions that read or write tables: on a shard they see that shard's rows only.

use super::Context;
use crate::error::{Code, SqlError};
use crate::sql::ast::{Expr, ExprKind, FunctionCall, Statement, Visitor, walk_expr, walk_statement};

/// Refuse a statement that calls such a function of a sharded keyspace.
pub(super) fn check(context: &Context<'_>, statement: &Statement) -> Result<(), SqlError> {
    let mut calls = Calls { context, found: None };
    walk_statement(&mut calls, statement);
    match calls.found {
        None => Ok(()),
        Some(name) => Err(SqlError::new(
            Code::Unsupported,
            format!(
                "unsupported: the function `{name}` of a sharded keyspace reads or writes tables, of which each shard has its \
                 own rows only; do in the statement what it does, or call it on one shard (USE `keyspace:shard`)"
            ),
        )),
    }
}

struct Calls<'c, 'a> {
    context: &'c Context<'a>,
    found: Option<String>,
}

impl Calls<'_, '_> {
    fn call(&mut self, call: &FunctionCall) {
        let catalog = self.context.catalog;
        let Some(database) = call.schema.as_ref().map(|schema| &*schema.value).or(self.context.database) else {
            return;
        };
        if !catalog.is_sharded(database) {
            return;
        }
        let Some(schema) = catalog.schema.keyspace(database) else { return };
        if schema.functions.is_empty() {
            return;
        }
        if schema.functions.get(call.name.value.to_lowercase().as_str()) == Some(&true) {
            self.found.get_or_insert_with(|| call.name.value.to_string());
        }
    }
}

impl Visitor for Calls<'_, '_> {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Function(call) = &expr.kind {
            self.call(call);
        }
        walk_expr(self, expr);
    }
}
