//! INSERT and REPLACE through views of sharded keyspaces.
//!
//! Each shard has the view, and so the text stays as it is: what doesn't go into the view, and WITH CHECK OPTION, are the
//! shard's to refuse. Here is found which columns of which table the rows give, by which they are placed.

use super::Context;
use super::names::{Resolved, ResolvedKind};
use super::shape::Shape;
use super::statement::Planning;
use super::trial;
use super::views::{Source, unsupported};
use crate::error::{Code, SqlError};
use crate::schema::{self, ColumnDefault};
use crate::sql::ast::{
    self, Assignment, ColumnRef, Expr, ExprKind, Ident, InsertColumns, InsertSource, Query, QueryBody, SelectItemKind,
    Statement, TableRef, eq_ignore_case,
};
use shardgate_vschema::model::TableKind;

/// How deep views may be over views.
const MAX_DEPTH: u32 = 32;

/// The table below a view, and the name that it has for each of the view's columns.
struct Base {
    table: Resolved,
    columns: Vec<(Box<str>, Box<str>)>,
}

impl Base {
    fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().find(|(own, _)| eq_ignore_case(own, name)).map(|(_, base)| &**base)
    }
}

/// The table that gets the rows, and the statement with that table's names for the columns.
pub(super) fn plan(
    planning: &Planning<'_>,
    insert: &ast::Insert,
    view: &Resolved,
) -> Result<(Resolved, ast::Insert), SqlError> {
    let base = base(planning.context, view, 1)?;
    let mut insert = insert.clone();
    match (&mut insert.source, &mut insert.columns) {
        (InsertSource::Set { assignments, .. }, _) => assigned(assignments, &base)?,
        (_, Some(columns)) if !columns.columns.is_empty() => {
            columns.columns.iter_mut().try_for_each(|column| rename(&mut column.column, &base))?;
        }
        (InsertSource::Values { rows, .. }, _) if rows.iter().all(|row| row.values.is_empty()) => {}
        _ => {
            let at = insert.partitions.last().map_or(insert.table.span, |last| last.span).end;
            let span = ast::Span::at(at);
            let column = |name: &str| Ident { span, value: name.into() };
            let columns = base.columns.iter().map(|(_, name)| ColumnRef {
                span,
                schema: None,
                table: None,
                column: column(name),
            });
            insert.columns = Some(InsertColumns { span, columns: columns.collect() });
        }
    }
    assigned(&mut insert.on_duplicate, &base)?;
    check(planning, &insert, view, &base.table)?;
    Ok((base.table, insert))
}

fn assigned(assignments: &mut [Assignment], base: &Base) -> Result<(), SqlError> {
    assignments.iter_mut().try_for_each(|assignment| rename(&mut assignment.column.column, base))
}

fn rename(column: &mut Ident, base: &Base) -> Result<(), SqlError> {
    match base.column(&column.value) {
        Some(name) => column.value = name.into(),
        None => {
            let message = format!("Unknown column '{}' in 'field list'", column.value);
            return Err(SqlError::new(Code::UnknownColumn, message));
        }
    }
    Ok(())
}

/// Refuse what would need more of the text to be edited, or rows to be found again.
fn check(planning: &Planning<'_>, insert: &ast::Insert, view: &Resolved, table: &Resolved) -> Result<(), SqlError> {
    let refused = |why: &str| Err(unsupported(view, &format!("{why}; insert into its table `{}`", table.table)));
    if !insert.partitions.is_empty() {
        return refused("PARTITION doesn't go with a view");
    }
    if !super::lookup::owned(planning.context, table)?.is_empty() {
        return refused("INSERT through it into a table with a lookup vindex");
    }
    let updates: Vec<&Expr> = insert.on_duplicate.iter().map(|assignment| &assignment.value).collect();
    if !super::pulled::subqueries(&updates).is_empty() {
        return refused("INSERT through it with a subquery in ON DUPLICATE KEY UPDATE");
    }
    let names = super::insert::columns(planning, insert, table)?;
    let auto = table.vtable().and_then(|vtable| vtable.auto_increment.as_ref());
    if let Some(auto) = auto
        && !names.iter().any(|name| eq_ignore_case(name, &auto.column))
    {
        return refused(&format!("INSERT through it without `{}`, which the proxy numbers", auto.column));
    }
    let Some(vindex) = table.primary_vindex() else { return Ok(()) };
    // Each shard would warn of it.
    let is_missing = |column: &&schema::Column| {
        matches!(column.default, ColumnDefault::None)
            && !(column.nullable || column.auto_increment || column.generated)
            && !names.iter().any(|name| eq_ignore_case(name, &column.name))
    };
    if insert.ignore
        && let Some(missing) = table.live(planning.context).and_then(|live| live.columns.iter().find(is_missing))
    {
        return refused(&format!(
            "INSERT IGNORE through it without a value for `{}`, which has no default",
            missing.name
        ));
    }
    let defaults = |column: &str| trial::names_default(insert, &names, column);
    if !trial::columns(planning, table, vindex, &names, &defaults)?.is_empty() {
        return refused("INSERT through it without a value for the shard key");
    }
    let live = table.live(planning.context);
    let moves = |name: &str| {
        let computed = live.and_then(|live| Some((live, live.column(name)?))).filter(|(_, column)| column.generated);
        insert.on_duplicate.iter().any(|assignment| {
            assignment.column.column.is(name)
                || computed.is_some_and(|(live, column)| {
                    live.bases_of(column).iter().any(|base| assignment.column.column.is(&base.name))
                })
        })
    };
    match vindex.columns.iter().any(|name| moves(name)) {
        true => refused("ON DUPLICATE KEY UPDATE of the shard key through it"),
        false => Ok(()),
    }
}

/// Look through a view that is made of plain columns of one table.
fn base(context: &Context<'_>, view: &Resolved, depth: u32) -> Result<Base, SqlError> {
    let refused = |why: &str| Err(unsupported(view, &format!("INSERT through it, since {why}; insert into its table")));
    let none = || {
        let message = format!("The target table {} of the INSERT is not insertable-into", view.table);
        Err(SqlError::new(Code::NotInsertable, message))
    };
    if depth > MAX_DEPTH {
        return refused("it is made of too many views");
    }
    let source = Source::of(context, view)?;
    let parsed = source.parse(context)?;
    let Statement::Query(query) = &parsed.statement else { return refused("its query isn't known") };
    let Query { with: None, body, limit, .. } = &**query else { return refused("its query isn't a simple one") };
    let QueryBody::Select(select) = body else { return none() };
    let shape = Shape::of(select);
    let folds = select.options.distinct || select.group_by.is_some() || shape.aggregates || shape.windows;
    if limit.is_some() || folds || select.having.is_some() || select.from.is_empty() {
        return none();
    }
    let [TableRef::Table(factor)] = select.from.as_slice() else {
        return refused("it is over several tables");
    };
    // Each shard would look for its own rows only.
    if select.where_.as_ref().is_some_and(|condition| !super::pulled::subqueries(&[condition]).is_empty()) {
        return refused("its condition has a subquery");
    }
    let mut columns: Vec<(Box<str>, Box<str>)> = Vec::with_capacity(select.items.len());
    for (item, own) in select.items.iter().zip(source.columns()) {
        let SelectItemKind::Expr { expr: Expr { kind: ExprKind::Column(column), .. }, .. } = &item.kind else {
            return none();
        };
        let base = &column.column.value;
        if columns.iter().any(|(_, other)| eq_ignore_case(other, base)) {
            return none();
        }
        columns.push(((&*own.name).into(), base.clone()));
    }
    if columns.len() != source.columns().len() {
        return refused("its columns aren't known");
    }
    let table = source.resolve(context, &factor.name)?;
    match &table.kind {
        ResolvedKind::View => {
            let inner = base(context, &table, depth + 1)?;
            let through = |(own, name): (Box<str>, Box<str>)| Some((own, Box::from(inner.column(&name)?)));
            match columns.into_iter().map(through).collect() {
                Some(columns) => Ok(Base { table: inner.table, columns }),
                None => refused("its columns aren't known"),
            }
        }
        ResolvedKind::System => none(),
        ResolvedKind::Reference(vtable) if matches!(vtable.kind, TableKind::Reference { source: Some(_) }) => {
            refused("its table is a copy, whose rows are written at their source")
        }
        _ => Ok(Base { table, columns }),
    }
}
