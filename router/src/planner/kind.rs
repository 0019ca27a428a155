//! What values an expression has, as far as it is certain before it runs.

use super::analysis::Node;
use super::columns::ColumnInfo;
use super::keys::Keys;
use crate::schema::DataType;
use crate::sql::ast::{AggregateFunction, BinaryOp, Expr, ExprKind, LiteralKind, UnaryOp};

/// A family of types whose values are compared alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Integers.
    Integer,
    /// DECIMAL.
    Decimal,
    /// DOUBLE; FLOAT isn't, since its text doesn't have all of its digits.
    Double,
    /// DATE.
    Date,
    /// DATETIME.
    DateTime,
    /// TIME.
    Time,
    /// BINARY, VARBINARY, BLOB.
    Bytes,
    /// CHAR, VARCHAR, TEXT of this collation.
    Text(Box<str>),
}

impl Kind {
    /// Of a column.
    pub(super) fn of_column(info: &ColumnInfo) -> Option<Self> {
        match info.data_type {
            data_type if data_type.is_integer() => Some(Kind::Integer),
            data_type if data_type.is_binary() => Some(Kind::Bytes),
            data_type if data_type.is_text() => info.collation.clone().map(Kind::Text),
            DataType::Decimal => Some(Kind::Decimal),
            DataType::Double => Some(Kind::Double),
            DataType::Date => Some(Kind::Date),
            DataType::DateTime => Some(Kind::DateTime),
            DataType::Time => Some(Kind::Time),
            _ => None,
        }
    }

    /// Whether it is a number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Kind::Integer | Kind::Decimal | Kind::Double)
    }

    /// Whether values of both kinds are compared as values of one kind that the shards' replies tell.
    pub(super) fn unites_with(&self, other: &Kind) -> bool {
        self == other || self.is_number() && other.is_number()
    }
}

impl Keys<'_, '_, '_, '_> {
    /// The kind of a column.
    pub(super) fn kind_of_node(&self, node: Node) -> Option<Kind> {
        self.analysis.info(node).and_then(Kind::of_column)
    }

    /// The kind of an expression, if it is certain.
    pub(super) fn kind_of(&mut self, expr: &Expr) -> Option<Kind> {
        if let Some(node) = self.node(expr) {
            return self.kind_of_node(node);
        }
        match &expr.kind {
            ExprKind::Literal(literal) if literal.introducer.is_none() => match literal.kind {
                LiteralKind::Integer => Some(Kind::Integer),
                LiteralKind::Decimal => Some(Kind::Decimal),
                LiteralKind::Float => Some(Kind::Double),
                _ => None,
            },
            ExprKind::Unary(UnaryOp::Minus | UnaryOp::Plus, operand) => {
                self.kind_of(operand).filter(|kind| kind.is_number())
            }
            ExprKind::Binary(op, operands) => match op {
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => {
                    let both = [self.kind_of(&operands.0)?, self.kind_of(&operands.1)?];
                    if !both.iter().all(Kind::is_number) {
                        return None;
                    }
                    if both.contains(&Kind::Double) {
                        Some(Kind::Double)
                    } else if both.contains(&Kind::Decimal) || *op == BinaryOp::Div {
                        Some(Kind::Decimal)
                    } else {
                        Some(Kind::Integer)
                    }
                }
                BinaryOp::IntDiv => Some(Kind::Integer),
                op if op.is_comparison() => Some(Kind::Integer),
                _ => None,
            },
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Is(_)
            | ExprKind::InList(_)
            | ExprKind::Between(_)
            | ExprKind::Like(_)
            | ExprKind::Regexp(_) => Some(Kind::Integer),
            ExprKind::Function(call) if call.schema.is_none() => match call.name.value.to_ascii_uppercase().as_str() {
                "YEAR" | "MONTH" | "DAY" | "DAYOFMONTH" | "DAYOFWEEK" | "DAYOFYEAR" | "QUARTER" | "WEEK" | "HOUR"
                | "MINUTE" | "SECOND" | "LENGTH" | "CHAR_LENGTH" | "ISNULL" | "SIGN" => Some(Kind::Integer),
                "DATE" => Some(Kind::Date),
                "ABS" => match call.args.as_slice() {
                    [arg] => self.kind_of(arg).filter(Kind::is_number),
                    _ => None,
                },
                _ => None,
            },
            ExprKind::Aggregate(call) if call.over.is_none() => match (call.function, call.args.as_slice()) {
                (AggregateFunction::CountAll | AggregateFunction::Count, _) => Some(Kind::Integer),
                (AggregateFunction::Min | AggregateFunction::Max, [arg]) => self.kind_of(arg),
                (AggregateFunction::Sum | AggregateFunction::Avg, [arg]) => match self.kind_of(arg)? {
                    Kind::Integer | Kind::Decimal => Some(Kind::Decimal),
                    Kind::Double => Some(Kind::Double),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
}
