//! Rows whose shard key MySQL computes: they are stored for trial, before they are placed.

use super::names::Resolved;
use super::statement::Planning;
use crate::error::{Code, SqlError};
use crate::literal::quoted;
use crate::plan::{Piece, Template, Trial, TrialColumn};
use crate::schema::ColumnDefault;
use crate::sql::ast::{self, Expr, ExprKind, InsertSource, eq_ignore_case};
use shardgate_vschema::model::ColumnVindex;
use std::sync::Arc;

/// The columns of the vindex that MySQL has to compute before the rows can be placed. `defaults`: whether a row says
/// DEFAULT for a column.
pub(super) fn columns(
    planning: &Planning<'_>,
    table: &Resolved,
    vindex: &ColumnVindex,
    names: &[Box<str>],
    defaults: &dyn Fn(&str) -> bool,
) -> Result<Vec<TrialColumn>, SqlError> {
    let Some(live) = table.live(planning.context) else { return Ok(Vec::new()) };
    let auto = table.vtable().and_then(|vtable| vtable.auto_increment.as_ref());
    let mut found = Vec::new();
    for name in &vindex.columns {
        let named = names.iter().any(|known| eq_ignore_case(known, name));
        if auto.is_some_and(|auto| eq_ignore_case(&auto.column, name)) || (named && !defaults(name)) {
            continue;
        }
        let Some(column) = live.column(name) else { continue };
        let expression = matches!(column.default, ColumnDefault::Expression(_));
        let missing = matches!(column.default, ColumnDefault::None) && !column.nullable && !column.auto_increment;
        if !column.generated && !expression && !missing {
            continue;
        }
        let refused = |reason: &str| {
            Err(SqlError::new(
                Code::Unsupported,
                format!(
                    "unsupported: an INSERT into `{}` without a value for `{name}`, which places the row: {reason}",
                    table.table
                ),
            ))
        };
        if missing && !column.generated && !super::rekey::is_kept(column.data_type) {
            continue;
        }
        if !super::rekey::is_kept(column.data_type) {
            return refused("a computed value of this type isn't read back exactly");
        }
        if column.generated && planning.functions.volatile.is_some() {
            return refused("it is computed from values that differ each time");
        }
        found.push(TrialColumn { name: Arc::clone(name), given: expression, missing: missing && !column.generated });
    }
    Ok(found)
}

/// Whether a row says DEFAULT for a column.
pub(super) fn names_default(insert: &ast::Insert, names: &[Box<str>], column: &str) -> bool {
    let is_default = |expr: &Expr| matches!(expr.kind, ExprKind::Default);
    let place = names.iter().position(|name| eq_ignore_case(name, column));
    match &insert.source {
        InsertSource::Values { rows, .. } => {
            rows.iter().any(|row| place.and_then(|place| row.values.get(place)).is_some_and(is_default))
        }
        InsertSource::Set { assignments, .. } => {
            place.and_then(|place| assignments.get(place)).is_some_and(|assignment| is_default(&assignment.value))
        }
        InsertSource::Query(_) => false,
    }
}

/// The trial of rows with these columns; `set`: a row is written as assignments.
pub(super) fn plan(
    insert: &ast::Insert,
    names: &[Box<str>],
    added: &[&str],
    set: bool,
    columns: Vec<TrialColumn>,
) -> Trial {
    let ignore = if insert.ignore { "IGNORE " } else { "" };
    let mut head = format!("INSERT {ignore}INTO `{}` ", Trial::TABLE);
    if !set {
        let names: Vec<String> = names.iter().map(|name| &**name).chain(added.iter().copied()).map(quoted).collect();
        head.push_str(&format!("({}) VALUES ", names.join(", ")));
    }
    Trial { head: Template { pieces: vec![Piece::Sql(head.into())] }, columns }
}
