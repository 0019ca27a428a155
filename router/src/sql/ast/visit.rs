//! Walking the tree: each `walk_*` visits the children of a node, in the order of the text.

use super::*;

/// What is done at each node. Every method's default goes on into the children.
pub trait Visitor {
    /// An expression, before its children.
    fn expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }

    /// A query: the statement's, a subquery, a derived table, a CTE. Do nothing here to stay in one query.
    fn query(&mut self, query: &Query) {
        walk_query(self, query);
    }

    /// A query block.
    fn select(&mut self, select: &Select) {
        walk_select(self, select);
    }

    /// `TABLE t`, as a query's body or an operand of one.
    fn table_statement(&mut self, _table: &TableStatement) {}

    /// A table reference.
    fn table_ref(&mut self, table: &TableRef) {
        walk_table_ref(self, table);
    }
}

/// Visits what is in a statement.
pub fn walk_statement<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::Query(query) => visitor.query(query),
        Statement::Insert(insert) => walk_insert(visitor, insert),
        Statement::Update(update) => {
            walk_with(visitor, update.with.as_ref());
            update.tables.iter().for_each(|table| visitor.table_ref(table));
            walk_assignments(visitor, &update.assignments);
            update.where_.iter().for_each(|expr| visitor.expr(expr));
            update.order_by.iter().for_each(|item| visitor.expr(&item.expr));
            update.limit.iter().for_each(|expr| visitor.expr(expr));
        }
        Statement::Delete(delete) => {
            walk_with(visitor, delete.with.as_ref());
            if let DeleteForm::Multi { from, .. } = &delete.form {
                from.iter().for_each(|table| visitor.table_ref(table));
            }
            delete.where_.iter().for_each(|expr| visitor.expr(expr));
            delete.order_by.iter().for_each(|item| visitor.expr(&item.expr));
            delete.limit.iter().for_each(|expr| visitor.expr(expr));
        }
    }
}

/// Visits the expressions and the query of an INSERT.
pub fn walk_insert<V: Visitor + ?Sized>(visitor: &mut V, insert: &Insert) {
    match &insert.source {
        InsertSource::Values { rows, .. } => {
            rows.iter().flat_map(|row| &row.values).for_each(|expr| visitor.expr(expr))
        }
        InsertSource::Set { assignments, .. } => walk_assignments(visitor, assignments),
        InsertSource::Query(query) => visitor.query(query),
    }
    walk_assignments(visitor, &insert.on_duplicate);
}

fn walk_assignments<V: Visitor + ?Sized>(visitor: &mut V, assignments: &[Assignment]) {
    assignments.iter().for_each(|assignment| visitor.expr(&assignment.value));
}

fn walk_with<V: Visitor + ?Sized>(visitor: &mut V, with: Option<&With>) {
    with.iter().flat_map(|with| &with.ctes).for_each(|cte| visitor.query(&cte.query));
}

/// Visits the parts of a query: CTEs, body, ORDER BY, LIMIT.
pub fn walk_query<V: Visitor + ?Sized>(visitor: &mut V, query: &Query) {
    walk_with(visitor, query.with.as_ref());
    walk_query_body(visitor, &query.body);
    query.order_by.iter().for_each(|item| visitor.expr(&item.expr));
    if let Some(limit) = &query.limit {
        visitor.expr(&limit.count);
        limit.offset.iter().for_each(|expr| visitor.expr(expr));
    }
}

/// Visits the operands of a query's body.
pub fn walk_query_body<V: Visitor + ?Sized>(visitor: &mut V, body: &QueryBody) {
    match body {
        QueryBody::Select(select) => visitor.select(select),
        QueryBody::Table(table) => visitor.table_statement(table),
        QueryBody::Values(values) => {
            values.rows.iter().flat_map(|row| &row.values).for_each(|expr| visitor.expr(expr));
        }
        QueryBody::Parenthesised(inner) => visitor.query(&inner.query),
        QueryBody::SetOperation(operation) => {
            walk_query_body(visitor, &operation.left);
            walk_query_body(visitor, &operation.right);
        }
    }
}

/// Visits the parts of a query block.
pub fn walk_select<V: Visitor + ?Sized>(visitor: &mut V, select: &Select) {
    for item in &select.items {
        if let SelectItemKind::Expr { expr, .. } = &item.kind {
            visitor.expr(expr);
        }
    }
    select.from.iter().for_each(|table| visitor.table_ref(table));
    select.where_.iter().for_each(|expr| visitor.expr(expr));
    select.group_by.iter().flat_map(|group| &group.items).for_each(|expr| visitor.expr(expr));
    select.having.iter().for_each(|expr| visitor.expr(expr));
    select.windows.iter().for_each(|window| walk_window_spec(visitor, &window.spec));
    select.qualify.iter().for_each(|expr| visitor.expr(expr));
}

/// Visits the parts of a table reference.
pub fn walk_table_ref<V: Visitor + ?Sized>(visitor: &mut V, table: &TableRef) {
    match table {
        TableRef::Table(table) => table.sample.iter().for_each(|sample| visitor.expr(&sample.percentage)),
        TableRef::Derived(derived) => visitor.query(&derived.query),
        TableRef::Json(json) => visitor.expr(&json.expr),
        TableRef::Join(join) => {
            visitor.table_ref(&join.left);
            visitor.table_ref(&join.right);
            if let JoinCondition::On(condition) = &join.condition {
                visitor.expr(condition);
            }
        }
        TableRef::List(list) => list.tables.iter().for_each(|table| visitor.table_ref(table)),
    }
}

/// Visits the expressions of a window specification.
pub fn walk_window_spec<V: Visitor + ?Sized>(visitor: &mut V, spec: &WindowSpec) {
    spec.partition_by.iter().for_each(|expr| visitor.expr(expr));
    spec.order_by.iter().for_each(|item| visitor.expr(&item.expr));
    if let Some(frame) = &spec.frame {
        for bound in std::iter::once(&frame.start).chain(&frame.end) {
            match bound {
                FrameBound::Preceding(expr) | FrameBound::Following(expr) => visitor.expr(expr),
                FrameBound::IntervalPreceding(interval) | FrameBound::IntervalFollowing(interval) => {
                    visitor.expr(&interval.amount);
                }
                FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing | FrameBound::CurrentRow => {}
            }
        }
    }
}

fn walk_over<V: Visitor + ?Sized>(visitor: &mut V, over: &Over) {
    if let Over::Spec(spec) = over {
        walk_window_spec(visitor, spec);
    }
}

/// Visits the operands of an expression, its subqueries included.
pub fn walk_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &Expr) {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Param(_)
        | ExprKind::Column(_)
        | ExprKind::DefaultOf(_)
        | ExprKind::Default
        | ExprKind::InsertValue(_)
        | ExprKind::UserVariable(_)
        | ExprKind::SystemVariable(_) => {}
        ExprKind::Assign(assign) => visitor.expr(&assign.value),
        ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Row(list) => list.iter().for_each(|e| visitor.expr(e)),
        ExprKind::Unary(_, operand) | ExprKind::Collate(operand, _) => visitor.expr(operand),
        ExprKind::Binary(_, operands) => {
            visitor.expr(&operands.0);
            visitor.expr(&operands.1);
        }
        ExprKind::Is(is) => visitor.expr(&is.expr),
        ExprKind::InList(list) => {
            visitor.expr(&list.expr);
            list.list.iter().for_each(|e| visitor.expr(e));
        }
        ExprKind::InQuery(query) => {
            visitor.expr(&query.expr);
            visitor.query(&query.query);
        }
        ExprKind::Quantified(quantified) => {
            visitor.expr(&quantified.expr);
            visitor.query(&quantified.query);
        }
        ExprKind::Between(between) => {
            visitor.expr(&between.expr);
            visitor.expr(&between.low);
            visitor.expr(&between.high);
        }
        ExprKind::Like(like) => {
            visitor.expr(&like.expr);
            visitor.expr(&like.pattern);
            like.escape.iter().for_each(|e| visitor.expr(e));
        }
        ExprKind::Regexp(regexp) => {
            visitor.expr(&regexp.expr);
            visitor.expr(&regexp.pattern);
        }
        ExprKind::Exists(query) | ExprKind::Subquery(query) => visitor.query(query),
        ExprKind::DateArithmetic(arithmetic) => {
            if arithmetic.interval_first {
                visitor.expr(&arithmetic.interval.amount);
                visitor.expr(&arithmetic.date);
            } else {
                visitor.expr(&arithmetic.date);
                visitor.expr(&arithmetic.interval.amount);
            }
        }
        ExprKind::JsonPath(path) => {
            visitor.expr(&path.column);
            visitor.expr(&path.path);
        }
        ExprKind::Match(m) => visitor.expr(&m.against),
        ExprKind::Case(case) => {
            case.operand.iter().for_each(|e| visitor.expr(e));
            for (when, then) in &case.arms {
                visitor.expr(when);
                visitor.expr(then);
            }
            case.otherwise.iter().for_each(|e| visitor.expr(e));
        }
        ExprKind::Function(call) => call.args.iter().for_each(|e| visitor.expr(e)),
        ExprKind::Aggregate(aggregate) => {
            aggregate.args.iter().for_each(|e| visitor.expr(e));
            aggregate.order_by.iter().for_each(|item| visitor.expr(&item.expr));
            aggregate.over.iter().for_each(|over| walk_over(visitor, over));
        }
        ExprKind::Window(call) => {
            call.args.iter().for_each(|e| visitor.expr(e));
            walk_over(visitor, &call.over);
        }
        ExprKind::Special(call) => walk_special(visitor, call),
        ExprKind::Odbc(inner) => visitor.expr(&inner.1),
    }
}

fn walk_special<V: Visitor + ?Sized>(visitor: &mut V, call: &SpecialCall) {
    match call {
        SpecialCall::Cast { expr, .. }
        | SpecialCall::Convert { expr, .. }
        | SpecialCall::ConvertUsing { expr, .. }
        | SpecialCall::Extract { expr, .. }
        | SpecialCall::GetFormat { expr, .. }
        | SpecialCall::WeightString { expr, .. }
        | SpecialCall::JsonValue { expr, .. } => visitor.expr(expr),
        SpecialCall::Char { args, .. } => args.iter().for_each(|e| visitor.expr(e)),
        SpecialCall::Trim { remove, expr, .. } => {
            remove.iter().for_each(|e| visitor.expr(e));
            visitor.expr(expr);
        }
        SpecialCall::Position { needle, haystack } => {
            visitor.expr(needle);
            visitor.expr(haystack);
        }
        SpecialCall::DateAdd { date, interval, .. } => {
            visitor.expr(date);
            visitor.expr(&interval.amount);
        }
        SpecialCall::TimestampUnit { args, .. } => {
            visitor.expr(&args.0);
            visitor.expr(&args.1);
        }
    }
}
