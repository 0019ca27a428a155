//! The text that a shard gets: the client's own, edited in place.

use super::SlotId;
use crate::args::Arguments;
use crate::error::{Code, SqlError};
use crate::fingerprint::LiteralKind;
use crate::literal::{write_identifier, write_literal};
use crate::session::{Databases, SessionValues};
use shardgate_vschema::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// A place in the client's text that stays right when literals have other lengths: `offset` bytes after the end of the
/// slot before it. The text between slots is the same for all statements of one fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// The slot that ends before this place; `None`: counted from the start of the text.
    pub after: Option<SlotId>,
    /// Bytes behind that slot's end (or the start of the text).
    pub offset: u32,
}

impl Pos {
    /// The start of the text.
    pub const START: Pos = Pos { after: None, offset: 0 };
}

/// A value that only the session knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionValue {
    /// `LAST_INSERT_ID()` without an argument.
    LastInsertId,
    /// `FOUND_ROWS()`.
    FoundRows,
    /// `ROW_COUNT()`.
    RowCount,
    /// `CONNECTION_ID()`.
    ConnectionId,
    /// `DATABASE()`, `SCHEMA()`.
    Database,
    /// `USER()`, `SESSION_USER()`, `SYSTEM_USER()`.
    User,
    /// `CURRENT_USER`, `CURRENT_USER()`.
    CurrentUser,
    /// `VERSION()`, `@@version`.
    Version,
    /// `@@autocommit`.
    Autocommit,
    /// `@@warning_count`.
    WarningCount,
    /// `@@error_count`.
    ErrorCount,
    /// `@@transaction_mode`.
    TransactionMode,
    /// `@@workload`.
    Workload,
}

/// A value that is known when the statement runs.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueExpr {
    /// `NULL`.
    Null,
    /// `DEFAULT`, or a column that isn't named.
    Default,
    /// A literal or a parameter.
    Slot(SlotId),
    /// A number with a minus sign before it.
    Negated(SlotId),
    /// An integer that the planner knows (`TRUE`, a count that was left out).
    Int(i64),
    /// An operation on two integer literals, as a key. What doesn't fit into 64 bits is a number that no key is, and that
    /// says nothing about the shard.
    Arithmetic(Arithmetic, Box<(ValueExpr, ValueExpr)>),
    /// A constant expression without a column, which a shard computes first (`SELECT expr`).
    Evaluate(Template),
    /// What a [`super::Trial`] makes of the row's column; the template stands for the value.
    Stored(Template),
}

/// Operations on integers whose results are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

impl Arithmetic {
    /// The result, if it fits into 64 bits.
    fn of(self, left: &Value<'_>, right: &Value<'_>) -> Option<Value<'static>> {
        let integer = |value: &Value<'_>| match value {
            Value::Int(number) => Some(i128::from(*number)),
            Value::UInt(number) => Some(i128::from(*number)),
            // More digits than 64 bits hold.
            Value::Decimal(text) => text.parse().ok(),
            _ => None,
        };
        let (left, right) = (integer(left)?, integer(right)?);
        let result = match self {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Subtract => left.checked_sub(right),
            Arithmetic::Multiply => left.checked_mul(right),
        }?;
        i64::try_from(result).map(Value::Int).or_else(|_| u64::try_from(result).map(Value::UInt)).ok()
    }
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// The client's text between two places. Parameters in it are put in as literals where the plan runs as text.
    Source {
        /// First byte.
        from: Pos,
        /// Byte after the last.
        to: Pos,
    },
    /// Text of the planner's.
    Sql(Box<str>),
    /// The name of this keyspace's database on the shard, quoted.
    Database(Arc<str>),
    /// A value of the session, as a literal.
    Session(SessionValue),
    /// A value, as a literal.
    Value(ValueExpr),
    /// The value that was generated for the row's auto_increment column.
    Generated,
    /// That value, or the one that the client gave, if none was generated for this row.
    GeneratedOr(ValueExpr),
    /// The sum of a LIMIT's offset and count (saturating), which is what each shard must return.
    LimitSum {
        /// Rows to skip.
        offset: ValueExpr,
        /// Rows to return.
        count: ValueExpr,
    },
}

/// The text for a shard. Without pieces: the client's text, byte for byte.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    /// In order.
    pub pieces: Vec<Piece>,
}

impl Template {
    /// The client's text as it is.
    pub const UNCHANGED: Template = Template { pieces: Vec::new() };

    /// Whether the client's text is sent as it is.
    pub fn is_unchanged(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// What a template needs to become text, besides the arguments.
#[derive(Clone, Copy)]
pub struct RenderContext<'a> {
    /// The session.
    pub session: &'a dyn SessionValues,
    /// The databases of the shard that the text is for.
    pub databases: &'a dyn Databases,
    /// The value for [`Piece::Generated`].
    pub generated: Option<u64>,
}

impl Pos {
    /// The place in this text.
    ///
    /// # Errors
    /// When the text isn't of the plan's fingerprint.
    pub fn resolve(self, args: &Arguments<'_>) -> Result<usize, SqlError> {
        let base = match self.after {
            None => Some(0),
            Some(slot) => args.fingerprint.slot_range(slot).map(|range| range.end),
        };
        base.map(|base| base + self.offset as usize).filter(|at| *at <= args.text.len()).ok_or_else(|| {
            SqlError::new(Code::Internal, "a place of the plan isn't in the statement's text".to_owned())
        })
    }
}

impl ValueExpr {
    /// The value.
    ///
    /// # Errors
    /// When a parameter is missing.
    pub fn evaluate<'a>(&self, args: &Arguments<'a>, session: &'a dyn SessionValues) -> Result<Value<'a>, SqlError> {
        match self {
            ValueExpr::Null | ValueExpr::Default => Ok(Value::Null),
            ValueExpr::Int(number) => Ok(Value::Int(*number)),
            ValueExpr::Slot(slot) => match args.fingerprint.slot_literals(*slot) {
                [literal] => args.literal(*literal),
                _ => Err(SqlError::new(Code::Internal, "a slot of the plan isn't one value".to_owned())),
            },
            ValueExpr::Negated(slot) => {
                let value = ValueExpr::Slot(*slot).evaluate(args, session)?;
                Ok(negated(value))
            }
            ValueExpr::Arithmetic(operation, operands) => {
                let (left, right) = (operands.0.evaluate(args, session)?, operands.1.evaluate(args, session)?);
                Ok(operation.of(&left, &right).unwrap_or(Value::Float(f64::MAX)))
            }
            ValueExpr::Evaluate(template) | ValueExpr::Stored(template) => {
                session.evaluated(template).ok_or_else(|| {
                    SqlError::new(Code::Internal, "an expression of the plan hasn't been computed".to_owned())
                })
            }
        }
    }
}

fn negated(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Int(number) => Value::Int(-number),
        Value::UInt(number) => match 0i64.checked_sub_unsigned(number) {
            Some(number) => Value::Int(number),
            None => Value::Decimal(Cow::Owned(format!("-{number}"))),
        },
        Value::Float(number) => Value::Float(-number),
        Value::Decimal(text) => Value::Decimal(match text.strip_prefix('-') {
            Some(text) => Cow::Owned(text.to_owned()),
            None => Cow::Owned(format!("-{text}")),
        }),
        other => other,
    }
}

impl Template {
    /// Append the text for a shard. Parameters that `args` has are put in as literals.
    ///
    /// # Errors
    /// When the arguments aren't those of the plan's statement, or a LIMIT isn't a number.
    pub fn render(&self, args: &Arguments<'_>, context: &RenderContext<'_>, out: &mut Vec<u8>) -> Result<(), SqlError> {
        if self.is_unchanged() {
            source(args, 0, args.text.len(), out);
            return Ok(());
        }
        for piece in &self.pieces {
            match piece {
                Piece::Source { from, to } => source(args, from.resolve(args)?, to.resolve(args)?, out),
                Piece::Sql(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Database(keyspace) => write_identifier(context.databases.database(keyspace), out),
                Piece::Session(value) => write_session_value(*value, args, context, out),
                Piece::Value(ValueExpr::Default) => out.extend_from_slice(b"DEFAULT"),
                Piece::Value(value) => write_value(value, args, context, out)?,
                Piece::GeneratedOr(given) => match context.generated {
                    Some(number) => write_literal(&Value::UInt(number), args.mode, out),
                    None => write_value(given, args, context, out)?,
                },
                Piece::Generated => match context.generated {
                    Some(number) => write_literal(&Value::UInt(number), args.mode, out),
                    None => {
                        return Err(SqlError::new(Code::Internal, "a generated value is missing".to_owned()));
                    }
                },
                Piece::LimitSum { offset, count } => {
                    let sum =
                        limit(offset, args, context.session)?.saturating_add(limit(count, args, context.session)?);
                    write_literal(&Value::UInt(sum), args.mode, out);
                }
            }
        }
        Ok(())
    }
}

/// A session's value; a count or an id as the unsigned number that it is.
fn write_session_value(value: SessionValue, args: &Arguments<'_>, context: &RenderContext<'_>, out: &mut Vec<u8>) {
    use SessionValue::{ConnectionId, ErrorCount, LastInsertId, WarningCount};
    let is_unsigned = matches!(value, ConnectionId | ErrorCount | LastInsertId | WarningCount);
    if is_unsigned {
        out.extend_from_slice(b"CAST(");
    }
    write_literal(&context.session.value(value), args.mode, out);
    if is_unsigned {
        out.extend_from_slice(b" AS UNSIGNED)");
    }
}

/// The text between two places, with parameters put in.
fn source(args: &Arguments<'_>, from: usize, to: usize, out: &mut Vec<u8>) {
    let mut copied = from;
    if let Some(parameters) = args.parameters {
        let literals = args.fingerprint.literals();
        let first = literals.partition_point(|literal| (literal.start as usize) < from);
        for literal in literals.get(first..).unwrap_or_default() {
            if literal.end as usize > to {
                break;
            }
            if let LiteralKind::Parameter(index) = literal.kind {
                out.extend_from_slice(args.text.get(copied..literal.start as usize).unwrap_or_default());
                parameters.write_literal(usize::from(index), out);
                copied = literal.end as usize;
            }
        }
    }
    out.extend_from_slice(args.text.get(copied..to).unwrap_or_default());
}

/// A value as a literal; a parameter writes itself, so that its type stays.
fn write_value(
    value: &ValueExpr,
    args: &Arguments<'_>,
    context: &RenderContext<'_>,
    out: &mut Vec<u8>,
) -> Result<(), SqlError> {
    if let ValueExpr::Slot(slot) = value
        && let Some(range) = args.fingerprint.slot_range(*slot)
    {
        source(args, range.start, range.end, out);
        return Ok(());
    }
    write_literal(&value.evaluate(args, context.session)?, args.mode, out);
    Ok(())
}

/// The number of a LIMIT.
///
/// # Errors
/// When it isn't a whole number that isn't negative.
pub fn limit(value: &ValueExpr, args: &Arguments<'_>, session: &dyn SessionValues) -> Result<u64, SqlError> {
    let value = value.evaluate(args, session)?;
    match &value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::UInt(number) => Some(*number),
        Value::Decimal(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(u64::MAX),
        _ => None,
    }
    .ok_or_else(|| {
        SqlError::new(Code::Syntax, format!("LIMIT takes whole numbers, not {}", crate::literal::show(&value)))
    })
}
