//! Whether what each shard computes of the same rows is the same on all.

use crate::planner::analysis::Occurrence;
use crate::sql::ast::{
    AggregateFunction, Expr, ExprKind, Query, QueryBody, Visitor, walk_expr, walk_query, walk_query_body,
};

/// Whether the parts of a statement that hold only travelling tables have one outcome, whatever order a shard takes their
/// rows in. Parts with a table that stays are judged where they are planned.
pub(super) fn is_repeatable(query: &Query, occurrences: &[Occurrence], travels: &[bool]) -> bool {
    // An operand of a set operation without a table that stays has its rows on every shard.
    let operands = matches!(query.body, QueryBody::SetOperation(_)) && takes_order(&query.body);
    let mut found = Parts { occurrences, travels, repeatable: !operands };
    // The statement's own block is merged, not repeated.
    if let Some(with) = &query.with {
        with.ctes.iter().for_each(|cte| found.query(&cte.query));
    }
    walk_query_body(&mut found, &query.body);
    query.order_by.iter().for_each(|item| walk_expr(&mut found, &item.expr));
    found.repeatable
}

struct Parts<'p> {
    occurrences: &'p [Occurrence],
    travels: &'p [bool],
    repeatable: bool,
}

impl Visitor for Parts<'_> {
    fn query(&mut self, query: &Query) {
        let mut within = self.occurrences.iter().zip(self.travels).filter(|(found, _)| query.span.contains(found.span));
        let stays = within.clone().any(|(_, travels)| !travels);
        if !stays && within.next().is_some() && (query.limit.is_some() || takes_order(&query.body)) {
            self.repeatable = false;
        }
        walk_query(self, query);
    }
}

/// Whether the outcome of a block may depend on the order of rows that nothing orders.
fn takes_order(body: &QueryBody) -> bool {
    struct Ordered(bool);
    impl Visitor for Ordered {
        fn expr(&mut self, expr: &Expr) {
            match &expr.kind {
                ExprKind::Window(_) => self.0 = true,
                ExprKind::Aggregate(aggregate) => {
                    use AggregateFunction as F;
                    let each = matches!(
                        aggregate.function,
                        F::GroupConcat | F::JsonArrayAgg | F::JsonObjectAgg | F::StCollect | F::AnyValue
                    );
                    self.0 |= each || aggregate.over.is_some();
                }
                _ => {}
            }
            walk_expr(self, expr);
        }

        fn query(&mut self, _: &Query) {}
    }
    let mut ordered = Ordered(false);
    walk_query_body(&mut ordered, body);
    ordered.0
}
