//! Scalar subqueries in the values of an INSERT that read what isn't where its rows are placed.

use super::edit::Edits;
use super::statement::Planning;
use crate::error::SqlError;
use crate::plan::{Operator, Piece, Pulled};
use crate::sql::ast::{Expr, ExprKind, Query, QueryBody, SelectItemKind, Span, Visitor, walk_expr};

/// Pull the scalar subqueries out of the values of an INSERT, and of its ON DUPLICATE KEY UPDATE. `None` if what stands at
/// `elsewhere` is in others, too.
pub(super) fn plan(
    planning: &Planning<'_>,
    values: &[&Expr],
    updates: &[&Expr],
    elsewhere: &[Span],
) -> Result<Option<Operator>, SqlError> {
    let mut found = Subqueries { spans: Vec::new(), elsewhere };
    values.iter().for_each(|expr| found.expr(expr));
    let of_values = found.spans.len() as u32;
    updates.iter().for_each(|expr| found.expr(expr));
    let spans = found.spans;
    let pulled = |place: &Span| spans.iter().any(|span| span.contains(*place));
    if !elsewhere.iter().all(pulled) || !spans.iter().all(|span| planning.parsed.can_cut(*span)) {
        return Ok(None);
    }
    let (text, fingerprint) = (Edits::default(), planning.fingerprint);
    let (mut queries, mut parts) = (Vec::new(), Vec::new());
    let mut copied = 0;
    for span in spans {
        let mut query = text.part(span, fingerprint)?;
        query.pieces.insert(0, Piece::Sql("SELECT ".into()));
        queries.push(query);
        parts.push(text.part(Span::new(copied, span.start), fingerprint)?);
        copied = span.end;
    }
    parts.push(text.part(Span::new(copied, planning.text.len() as u32), fingerprint)?);
    Ok(Some(Operator::Pulled(Pulled { queries, of_values, parts })))
}

/// Where the outermost subqueries of these expressions stand, of every kind.
pub(super) fn subqueries(expressions: &[&Expr]) -> Vec<Span> {
    struct Collect(Vec<Span>);
    impl Visitor for Collect {
        fn query(&mut self, query: &Query) {
            self.0.push(query.span);
        }
    }
    let mut collect = Collect(Vec::new());
    expressions.iter().for_each(|expr| collect.expr(expr));
    collect.0
}

/// The outermost subqueries of one value that read a table at one of these places.
struct Subqueries<'e> {
    spans: Vec<Span>,
    elsewhere: &'e [Span],
}

impl Visitor for Subqueries<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Subquery(query) => {
                let reads = self.elsewhere.iter().any(|place| expr.span.contains(*place));
                if reads && has_one_column(query) {
                    self.spans.push(expr.span);
                }
            }
            _ => walk_expr(self, expr),
        }
    }

    fn query(&mut self, _: &Query) {}
}

fn has_one_column(query: &Query) -> bool {
    let mut body = &query.body;
    loop {
        body = match body {
            QueryBody::Select(select) => {
                return matches!(select.items.as_slice(), [item] if matches!(item.kind, SelectItemKind::Expr { .. }));
            }
            QueryBody::Parenthesised(inner) => &inner.query.body,
            QueryBody::SetOperation(operation) => &operation.left,
            QueryBody::Table(_) | QueryBody::Values(_) => return false,
        };
    }
}
