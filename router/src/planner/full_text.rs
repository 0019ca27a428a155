//! MATCH ... AGAINST: as a condition it is true of a row by the row alone (InnoDB has no threshold of how many rows have a
//! word), so every shard can tell it of its own rows. As a number it is a rank, which the number of rows with a word
//! decides, and these are on all shards; and a search with query expansion looks at other rows.

use crate::sql::ast::{
    BinaryOp, DeleteForm, Expr, ExprKind, JoinCondition, LiteralKind, Match, MatchMode, Query, QueryBody, Select,
    SelectItemKind, Statement, TableRef, UnaryOp, Visitor, walk_expr, walk_query, walk_statement, walk_table_ref,
};

/// Whether a MATCH of the statement depends on other rows than the one that it is of.
pub(super) fn ranks(statement: &Statement, text: &[u8]) -> bool {
    let mut ranks = Ranks { text, found: false };
    match statement {
        // Their WHERE is a condition; the rest of them isn't.
        Statement::Update(update) => {
            update.with.iter().flat_map(|with| &with.ctes).for_each(|cte| ranks.query(&cte.query));
            update.tables.iter().for_each(|table| ranks.table_ref(table));
            update.assignments.iter().for_each(|assignment| ranks.expr(&assignment.value));
            update.where_.iter().for_each(|expr| ranks.condition(expr));
            update.order_by.iter().for_each(|item| ranks.expr(&item.expr));
        }
        Statement::Delete(delete) => {
            delete.with.iter().flat_map(|with| &with.ctes).for_each(|cte| ranks.query(&cte.query));
            if let DeleteForm::Multi { from, .. } = &delete.form {
                from.iter().for_each(|table| ranks.table_ref(table));
            }
            delete.where_.iter().for_each(|expr| ranks.condition(expr));
            delete.order_by.iter().for_each(|item| ranks.expr(&item.expr));
        }
        Statement::Query(_) | Statement::Insert(_) => walk_statement(&mut ranks, statement),
    }
    ranks.found
}

struct Ranks<'t> {
    text: &'t [u8],
    found: bool,
}

impl Ranks<'_> {
    /// An expression of which only the truth matters.
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(list) | ExprKind::Or(list) => list.iter().for_each(|expr| self.condition(expr)),
            ExprKind::Unary(UnaryOp::Not, operand) => self.condition(operand),
            ExprKind::Is(is) => self.condition(&is.expr),
            ExprKind::Binary(BinaryOp::Xor, operands) => {
                self.condition(&operands.0);
                self.condition(&operands.1);
            }
            // A rank of a row that was found is above zero, and of others it is zero.
            ExprKind::Binary(BinaryOp::Gt | BinaryOp::Ne, operands) if self.is_zero(&operands.1) => {
                self.condition(&operands.0);
            }
            ExprKind::Binary(BinaryOp::Lt | BinaryOp::Ne, operands) if self.is_zero(&operands.0) => {
                self.condition(&operands.1);
            }
            ExprKind::Match(found) => self.of_one_row(found),
            _ => self.expr(expr),
        }
    }

    fn of_one_row(&mut self, found: &Match) {
        self.found |= matches!(found.mode, MatchMode::NaturalLanguageWithExpansion | MatchMode::WithExpansion);
        self.expr(&found.against);
    }

    fn is_zero(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Literal(literal) if literal.kind == LiteralKind::Integer)
            && expr.span.of(self.text).iter().all(|byte| *byte == b'0')
    }
}

/// Whether a condition has a MATCH whose mode sorts the rows found.
struct Sorts(bool);

impl Visitor for Sorts {
    fn query(&mut self, _: &Query) {}

    fn expr(&mut self, expr: &Expr) {
        self.0 |= matches!(&expr.kind, ExprKind::Match(found) if found.mode != MatchMode::Boolean);
        walk_expr(self, expr);
    }
}

impl Visitor for Ranks<'_> {
    fn query(&mut self, query: &Query) {
        // Without ORDER BY the rows found come by their rank, so these are the first of them.
        if let (Some(_), [], QueryBody::Select(select)) = (&query.limit, query.order_by.as_slice(), &query.body) {
            let mut sorts = Sorts(false);
            select.where_.iter().for_each(|condition| sorts.expr(condition));
            self.found |= sorts.0;
        }
        walk_query(self, query);
    }

    fn expr(&mut self, expr: &Expr) {
        self.found |= matches!(expr.kind, ExprKind::Match(_));
        walk_expr(self, expr);
    }

    fn select(&mut self, select: &Select) {
        for item in &select.items {
            if let SelectItemKind::Expr { expr, .. } = &item.kind {
                self.expr(expr);
            }
        }
        select.from.iter().for_each(|table| self.table_ref(table));
        select.where_.iter().chain(&select.having).for_each(|expr| self.condition(expr));
        select.group_by.iter().flat_map(|group| &group.items).for_each(|expr| self.expr(expr));
        for window in &select.windows {
            crate::sql::ast::walk_window_spec(self, &window.spec);
        }
        select.qualify.iter().for_each(|expr| self.condition(expr));
    }

    fn table_ref(&mut self, table: &TableRef) {
        match table {
            TableRef::Join(join) => {
                self.table_ref(&join.left);
                self.table_ref(&join.right);
                if let JoinCondition::On(condition) = &join.condition {
                    self.condition(condition);
                }
            }
            _ => walk_table_ref(self, table),
        }
    }
}
