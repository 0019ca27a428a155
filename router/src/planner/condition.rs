//! Conditions as far as they can choose shards: columns against values, columns against columns, AND and OR of them.

use super::analysis::Node;
use crate::fingerprint::Fingerprint;
use crate::plan::{Arithmetic, SlotId, ValueExpr};
use crate::sql::ast::{BinaryOp, Expr, ExprKind, IsTest, LiteralKind, UnaryOp};

/// A condition. What can't choose a shard is [`Condition::Other`].
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// `column = value`, `column <=> value`, `column IS NULL`.
    Equal { node: Node, value: ValueExpr, null_safe: bool },
    /// `column = column`.
    Columns { left: Node, right: Node, null_safe: bool },
    /// `column IN (...)`, the list in one slot.
    InSlot { node: Node, slot: SlotId },
    /// `column IN (...)`, `(column, column) IN ((...), ...)`: a value for each column in each row; `None`: not a value.
    InRows { nodes: Vec<Option<Node>>, rows: Vec<Vec<Option<ValueExpr>>> },
    /// Between two values, both included or open.
    Range { node: Node, from: Option<ValueExpr>, to: Option<ValueExpr> },
    /// All of these.
    All(Vec<Condition>),
    /// Any of these.
    Any(Vec<Condition>),
    /// One that no row fulfils: `FALSE`, `NULL`.
    Never,
    /// One that says nothing about shards.
    Other,
}

/// Finds the column that an expression is.
pub(super) trait Columns {
    /// The node of the column, if the expression is one whose table is known.
    fn node(&mut self, expr: &Expr) -> Option<Node>;
}

/// Read a condition.
pub(super) fn condition(expr: &Expr, columns: &mut dyn Columns, fingerprint: &Fingerprint) -> Condition {
    match &expr.kind {
        ExprKind::And(list) => Condition::All(list.iter().map(|e| condition(e, columns, fingerprint)).collect()),
        ExprKind::Or(list) => Condition::Any(list.iter().map(|e| condition(e, columns, fingerprint)).collect()),
        ExprKind::Binary(op, operands) => comparison(*op, &operands.0, &operands.1, columns, fingerprint),
        ExprKind::Between(between) if !between.negated => match columns.node(&between.expr) {
            Some(node) => {
                Condition::Range { node, from: key(&between.low, fingerprint), to: key(&between.high, fingerprint) }
            }
            None => Condition::Other,
        },
        ExprKind::Is(is) if !is.negated && is.test == IsTest::Null => match columns.node(&is.expr) {
            Some(node) => Condition::Equal { node, value: ValueExpr::Null, null_safe: true },
            None => Condition::Other,
        },
        ExprKind::Literal(literal) if matches!(literal.kind, LiteralKind::False | LiteralKind::Null) => {
            Condition::Never
        }
        ExprKind::InList(list) if !list.negated => in_list(&list.expr, &list.list, columns, fingerprint),
        _ => Condition::Other,
    }
}

fn comparison(
    op: BinaryOp,
    left: &Expr,
    right: &Expr,
    columns: &mut dyn Columns,
    fingerprint: &Fingerprint,
) -> Condition {
    if let (ExprKind::Row(lefts), ExprKind::Row(rights)) = (&left.kind, &right.kind) {
        if !matches!(op, BinaryOp::Eq | BinaryOp::NullSafeEq) || lefts.len() != rights.len() {
            return Condition::Other;
        }
        let pairs = lefts.iter().zip(rights);
        return Condition::All(pairs.map(|(l, r)| comparison(op, l, r, columns, fingerprint)).collect());
    }
    let (node, other, op) = match (columns.node(left), columns.node(right)) {
        (Some(left), Some(right)) => {
            return match op {
                BinaryOp::Eq => Condition::Columns { left, right, null_safe: false },
                BinaryOp::NullSafeEq => Condition::Columns { left, right, null_safe: true },
                _ => Condition::Other,
            };
        }
        (Some(node), None) => (node, right, op),
        (None, Some(node)) => (node, left, mirrored(op)),
        (None, None) => return Condition::Other,
    };
    let Some(value) = key(other, fingerprint) else { return Condition::Other };
    match op {
        BinaryOp::Eq => Condition::Equal { node, value, null_safe: false },
        BinaryOp::NullSafeEq => Condition::Equal { node, value, null_safe: true },
        BinaryOp::Lt | BinaryOp::Le => Condition::Range { node, from: None, to: Some(value) },
        BinaryOp::Gt | BinaryOp::Ge => Condition::Range { node, from: Some(value), to: None },
        _ => Condition::Other,
    }
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

fn in_list(left: &Expr, list: &[Expr], columns: &mut dyn Columns, fingerprint: &Fingerprint) -> Condition {
    if let ExprKind::Row(lefts) = &left.kind {
        let nodes: Vec<Option<Node>> = lefts.iter().map(|e| columns.node(e)).collect();
        let rows = list
            .iter()
            .map(|row| match &row.kind {
                ExprKind::Row(values) => values.iter().map(|e| key(e, fingerprint)).collect(),
                _ => Vec::new(),
            })
            .collect();
        return Condition::InRows { nodes, rows };
    }
    let Some(node) = columns.node(left) else { return Condition::Other };
    if let Some(first) = list.first()
        && let Some(slot) = fingerprint.slot_at(first.span.start as usize)
        && fingerprint.slots().get(slot.0 as usize).is_some_and(|slot| slot.folded)
    {
        return Condition::InSlot { node, slot };
    }
    Condition::InRows { nodes: vec![Some(node)], rows: list.iter().map(|e| vec![key(e, fingerprint)]).collect() }
}

/// The value that a column is compared with: a literal, a parameter, or a sum, difference or product of integer literals.
fn key(expr: &Expr, fingerprint: &Fingerprint) -> Option<ValueExpr> {
    let ExprKind::Binary(op, operands) = &expr.kind else { return value(expr, fingerprint) };
    let operation = match op {
        BinaryOp::Add => Arithmetic::Add,
        BinaryOp::Sub => Arithmetic::Subtract,
        BinaryOp::Mul => Arithmetic::Multiply,
        _ => return None,
    };
    let (left, right) = (integer(&operands.0, fingerprint)?, integer(&operands.1, fingerprint)?);
    Some(ValueExpr::Arithmetic(operation, Box::new((left, right))))
}

fn integer(expr: &Expr, fingerprint: &Fingerprint) -> Option<ValueExpr> {
    let literal = match &expr.kind {
        ExprKind::Unary(UnaryOp::Minus | UnaryOp::Plus, operand) => operand,
        _ => expr,
    };
    let is_integer = matches!(&literal.kind, ExprKind::Literal(literal)
        if literal.kind == LiteralKind::Integer && literal.introducer.is_none());
    if is_integer { value(expr, fingerprint) } else { None }
}

/// The value that an expression is, if it is a literal or a parameter.
pub(super) fn value(expr: &Expr, fingerprint: &Fingerprint) -> Option<ValueExpr> {
    match &expr.kind {
        ExprKind::Literal(literal) if literal.introducer.is_none() => match literal.kind {
            LiteralKind::Null => Some(ValueExpr::Null),
            LiteralKind::True => Some(ValueExpr::Int(1)),
            LiteralKind::False => Some(ValueExpr::Int(0)),
            LiteralKind::Date | LiteralKind::Time | LiteralKind::Timestamp => None,
            _ => slot(expr, fingerprint).map(ValueExpr::Slot),
        },
        ExprKind::Param(_) => slot(expr, fingerprint).map(ValueExpr::Slot),
        ExprKind::Unary(UnaryOp::Plus, operand) => value(operand, fingerprint),
        ExprKind::Unary(UnaryOp::Minus, operand) => match &operand.kind {
            ExprKind::Literal(literal)
                if matches!(literal.kind, LiteralKind::Integer | LiteralKind::Decimal | LiteralKind::Float) =>
            {
                slot(operand, fingerprint).map(ValueExpr::Negated)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The slot whose text is exactly the expression's.
pub(super) fn slot(expr: &Expr, fingerprint: &Fingerprint) -> Option<SlotId> {
    let slot = fingerprint.slot_at(expr.span.start as usize)?;
    let folded = fingerprint.slots().get(slot.0 as usize).is_none_or(|slot| slot.folded);
    (!folded && fingerprint.slot_range(slot)? == expr.span.range()).then_some(slot)
}
