//! Goes through an expression and binds the subqueries in it.

use super::{Binder, Candidates, EntrySource, Place, Scope};
use crate::literal::quoted;
use crate::planner::analysis::{QualifiedColumn, StatementAggregate};
use crate::planner::columns::visible_columns;
use crate::planner::ctes::Ctes;
use crate::sql::ast::{Aggregate, ColumnRef, Expr, ExprKind, Query, Visitor, walk_expr};

/// Goes through an expression: subqueries are bound where they stand.
pub(super) struct Walk<'w, 'b, 'a> {
    pub(super) binder: &'w mut Binder<'b, 'a>,
    pub(super) region: usize,
    pub(super) scope: &'w Scope<'w>,
    pub(super) ctes: Option<&'w Ctes<'w>>,
}

impl Walk<'_, '_, '_> {
    /// Note the database that a column is written with.
    fn qualified(&mut self, column: &ColumnRef) {
        if let Some(schema) = &column.schema
            && self.binder.within.is_none()
        {
            let found = QualifiedColumn { schema: schema.span, database: schema.value.clone() };
            self.binder.analysis.qualified.push(found);
        }
    }
}

impl Visitor for Walk<'_, '_, '_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column(column) | ExprKind::DefaultOf(column) | ExprKind::InsertValue(column) => {
                self.qualified(column);
            }
            ExprKind::Match(found) => {
                found.columns.iter().for_each(|column| self.qualified(column));
                walk_expr(self, expr);
            }
            ExprKind::Aggregate(aggregate) => {
                let outer = self.scope.parent.is_some() && self.binder.is_of_outside(aggregate, self.scope);
                if outer && aggregate.over.is_none() {
                    self.binder.analysis.outer_aggregate.get_or_insert(expr.span);
                    if self.scope.parent.is_some_and(|parent| parent.parent.is_none())
                        && let Some(argument) = aggregate.args.first()
                    {
                        let found = StatementAggregate { argument: argument.span, column: self.any_column() };
                        self.binder.analysis.aggregates_of_statement.push(found);
                    }
                }
                walk_expr(self, expr);
            }
            _ => walk_expr(self, expr),
        }
    }

    fn query(&mut self, query: &Query) {
        self.binder.query(query, Some(self.scope), Place::Subquery(self.region), self.ctes);
    }
}

impl Walk<'_, '_, '_> {
    /// A column of the block's tables.
    fn any_column(&self) -> Option<String> {
        self.scope.entries.iter().find_map(|entry| {
            let name = match &entry.source {
                EntrySource::Instance(index) => {
                    let table = &self.binder.analysis.instances.get(*index)?.table;
                    visible_columns(self.binder.analysis.context, table)?.into_iter().next()?
                }
                EntrySource::Query(output) => output.columns.first()?.0.clone(),
                EntrySource::Opaque => return None,
            };
            Some(format!("{}.{}", quoted(&entry.name), quoted(&name)))
        })
    }
}

impl Binder<'_, '_> {
    /// Whether all columns that the function aggregates are of blocks around this one: then it is one of theirs.
    fn is_of_outside(&self, aggregate: &Aggregate, scope: &Scope<'_>) -> bool {
        struct Found(Vec<ColumnRef>);
        impl Visitor for Found {
            fn expr(&mut self, expr: &Expr) {
                if let ExprKind::Column(column) = &expr.kind {
                    self.0.push((**column).clone());
                }
                walk_expr(self, expr);
            }

            fn query(&mut self, _: &Query) {}
        }
        let mut found = Found(Vec::new());
        aggregate.args.iter().for_each(|arg| found.expr(arg));
        let is_own = |column: &ColumnRef| match &column.table {
            Some(table) => scope.entries.iter().any(|entry| table.is(&entry.name)),
            None => !matches!(self.candidates(&scope.entries, &column.column.value, true), Candidates::None),
        };
        !found.0.is_empty() && !found.0.iter().any(is_own)
    }
}
