//! What a query block does beyond selecting rows.

use crate::sql::ast::{Expr, ExprKind, Query, Select, SelectItemKind, Visitor, walk_expr};

/// Features of a query block, subqueries left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Aggregate functions that group.
    pub(super) aggregates: bool,
    /// Window functions.
    pub(super) windows: bool,
}

impl Shape {
    /// The features of a block.
    pub(super) fn of(select: &Select) -> Self {
        let mut shape = Shape::default();
        for item in &select.items {
            if let SelectItemKind::Expr { expr, .. } = &item.kind {
                shape.add(expr);
            }
        }
        select.having.iter().for_each(|expr| shape.add(expr));
        shape
    }

    /// The features of an expression.
    pub(super) fn of_expr(expr: &Expr) -> Self {
        let mut shape = Shape::default();
        shape.add(expr);
        shape
    }

    fn add(&mut self, expr: &Expr) {
        self.expr(expr);
    }
}

impl Visitor for Shape {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Aggregate(aggregate) if aggregate.over.is_none() => self.aggregates = true,
            ExprKind::Aggregate(_) | ExprKind::Window(_) => self.windows = true,
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn query(&mut self, _: &Query) {}
}
