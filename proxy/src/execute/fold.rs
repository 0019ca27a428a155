//! How one output column comes from the shards' rows of one group.

use super::compare::Comparator;
use super::decimal::Decimal;
use super::double::write_double;
use super::rows::Row;
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_router::plan::{AggregateColumn, BitOperation, SortKey};
use shardgate_wire::{ColumnDefinition, ColumnType};

/// A field's value: empty and NULL, or a text. The buffer is reused from group to group.
#[derive(Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    present: bool,
}

impl Text {
    fn set(&mut self, value: Option<&[u8]>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.present = value.is_some();
    }

    /// `None` is NULL.
    pub(crate) fn get(&self) -> Option<&[u8]> {
        self.present.then_some(&self.bytes)
    }
}

/// A sum that goes on; NULL until the first value.
#[derive(Debug)]
enum Total {
    Exact(Option<Decimal>),
    Double { sum: Option<f64>, decimals: u8 },
}

impl Total {
    /// For a column with sums.
    fn new(columns: &[ColumnDefinition<'static>], column: u32) -> Result<Self, StatementError> {
        let definition = definition(columns, column)?;
        match definition.column_type {
            ColumnType::Float | ColumnType::Double => Ok(Total::Double { sum: None, decimals: definition.decimals }),
            ColumnType::Decimal
            | ColumnType::NewDecimal
            | ColumnType::Tiny
            | ColumnType::Short
            | ColumnType::Long
            | ColumnType::Int24
            | ColumnType::LongLong => Ok(Total::Exact(None)),
            other => {
                let name = String::from_utf8_lossy(&definition.name);
                Err(StatementError::sql(Code::Internal, format!("column `{name}` of type {other:?} can't be summed")))
            }
        }
    }

    fn clear(&mut self) {
        match self {
            Total::Exact(sum) => *sum = None,
            Total::Double { sum, .. } => *sum = None,
        }
    }

    fn add(&mut self, value: Option<&[u8]>) -> Result<(), StatementError> {
        let Some(value) = value else { return Ok(()) };
        match self {
            Total::Exact(sum) => {
                let addend = Decimal::parse(value).ok_or_else(|| not_a_number(value))?;
                match sum {
                    Some(sum) => sum.add(&addend),
                    None => *sum = Some(addend),
                }
            }
            Total::Double { sum, .. } => {
                let addend = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
                let addend = addend.filter(|addend| addend.is_finite()).ok_or_else(|| not_a_number(value))?;
                *sum = Some(sum.unwrap_or(0.0) + addend);
            }
        }
        Ok(())
    }
}

/// One output column in the making.
enum Fold {
    /// The value in the group's first row.
    First { column: u32 },
    /// The sum of counts.
    Count { column: u32, total: u64 },
    /// The sum of sums.
    Sum { column: u32, total: Total },
    /// The smallest or largest value. `best` is its key; no key: only NULLs were seen.
    Extreme { column: u32, order: Comparator, largest: bool, best: Vec<u8>, candidate: Vec<u8> },
    /// The weights that belong to the value of the extreme with this index.
    Follow { column: u32, leader: usize },
    /// The bits of all.
    Bits { column: u32, operation: BitOperation, total: u64 },
    /// The sum of sums by the sum of counts.
    Average { sum: u32, count: u32, total: Total, rows: u64, decimals: u8 },
}

/// A column and its value.
pub(crate) struct Cell {
    fold: Fold,
    value: Text,
    /// Only rows count that are new among the group's distinct rows.
    distinct: bool,
    /// Whether the last row's value became the group's: those who follow take theirs from the same row.
    taken: bool,
}

impl Cell {
    /// Column `index` of the rows, made as the plan says; without a plan it has the value of the first row.
    pub(crate) fn new(
        columns: &[ColumnDefinition<'static>],
        index: usize,
        plan: Option<&AggregateColumn>,
    ) -> Result<Self, StatementError> {
        let column = index as u32;
        let definition = definition(columns, column)?;
        let (plan, distinct) = match plan {
            Some(AggregateColumn::Distinct(inner)) => (Some(&**inner), true),
            plan => (plan, false),
        };
        let fold = match plan {
            None | Some(AggregateColumn::First) => Fold::First { column },
            Some(AggregateColumn::Count) => Fold::Count { column, total: 0 },
            Some(AggregateColumn::Sum) => Fold::Sum { column, total: Total::new(columns, column)? },
            Some(AggregateColumn::Min(key)) => Fold::extreme(columns, key, false)?,
            Some(AggregateColumn::Max(key)) => Fold::extreme(columns, key, true)?,
            Some(&AggregateColumn::Avg { sum, count }) => {
                let total = Total::new(columns, sum)?;
                Fold::Average { sum, count, total, rows: 0, decimals: definition.decimals }
            }
            Some(&AggregateColumn::Bits(operation)) => Fold::Bits { column, operation, total: neutral(operation) },
            Some(AggregateColumn::Distinct(_)) => {
                return Err(StatementError::sql(Code::Internal, "an aggregate is distinct twice"));
            }
        };
        Ok(Cell { fold, value: Text::default(), distinct, taken: false })
    }

    /// If this is a MIN or MAX by weights: the column that the weights are in.
    pub(crate) fn weight(plan: &AggregateColumn) -> Option<u32> {
        match plan {
            AggregateColumn::Min(key) | AggregateColumn::Max(key) => key.weight,
            _ => None,
        }
    }

    /// Take the values from the rows that the extreme at `leader` takes its own from.
    pub(crate) fn follow(&mut self, leader: usize) {
        if let Fold::First { column } = self.fold {
            self.fold = Fold::Follow { column, leader };
        }
    }

    /// Which cell this one follows.
    pub(crate) fn leader(&self) -> Option<usize> {
        match self.fold {
            Fold::Follow { leader, .. } => Some(leader),
            _ => None,
        }
    }

    /// Start a group without rows.
    pub(crate) fn clear(&mut self) {
        self.value.set(None);
        self.taken = false;
        match &mut self.fold {
            Fold::First { .. } | Fold::Follow { .. } => {}
            Fold::Count { total, .. } => *total = 0,
            Fold::Sum { total, .. } => total.clear(),
            Fold::Extreme { best, .. } => best.clear(),
            Fold::Bits { operation, total, .. } => *total = neutral(*operation),
            Fold::Average { total, rows, .. } => {
                total.clear();
                *rows = 0;
            }
        }
    }

    /// Whether the last row's value became the group's.
    pub(crate) fn taken(&self) -> bool {
        self.taken
    }

    /// Take the value of the row that the leader took its own from.
    pub(crate) fn take(&mut self, row: &Row) {
        if let Fold::Follow { column, .. } = self.fold {
            self.value.set(row.field(column));
        }
    }

    /// Add a row; `first`: it is the group's first, `new`: the first of its distinct values there.
    ///
    /// # Errors
    /// `Internal` if a value isn't of its column's type.
    pub(crate) fn add(&mut self, row: &Row, first: bool, new: bool) -> Result<(), StatementError> {
        if self.distinct && !new {
            return Ok(());
        }
        match &mut self.fold {
            Fold::First { column } => {
                if first {
                    self.value.set(row.field(*column));
                }
            }
            Fold::Follow { .. } => {}
            Fold::Count { column, total } => *total = add_count(*total, row.field(*column))?,
            Fold::Sum { column, total } => total.add(row.field(*column))?,
            Fold::Extreme { column, order, largest, best, candidate } => {
                self.taken = false;
                let value = row.field(*column);
                if value.is_some() {
                    candidate.clear();
                    order.key(row, candidate)?;
                    let better = if *largest { candidate > best } else { candidate < best };
                    self.taken = better || best.is_empty();
                } else if first {
                    self.taken = true;
                }
                if self.taken {
                    self.value.set(value);
                    if value.is_some() {
                        std::mem::swap(best, candidate);
                    }
                }
            }
            Fold::Bits { column, operation, total } => {
                let text = row.field(*column).unwrap_or(b"NULL");
                let bits = std::str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok());
                let bits = bits.ok_or_else(|| not_a_number(text))?;
                *total = match operation {
                    BitOperation::And => *total & bits,
                    BitOperation::Or => *total | bits,
                    BitOperation::Xor => *total ^ bits,
                };
            }
            Fold::Average { sum, count, total, rows, .. } => {
                total.add(row.field(*sum))?;
                *rows = add_count(*rows, row.field(*count))?;
            }
        }
        Ok(())
    }

    /// The group's value; `None` is NULL.
    pub(crate) fn finish(&mut self) -> Option<&[u8]> {
        let Text { bytes, present } = &mut self.value;
        let text = bytes;
        match &self.fold {
            Fold::First { .. } | Fold::Follow { .. } | Fold::Extreme { .. } => {}
            Fold::Count { total, .. } | Fold::Bits { total, .. } => {
                text.clear();
                text.extend_from_slice(total.to_string().as_bytes());
                *present = true;
            }
            Fold::Sum { total, .. } => {
                text.clear();
                *present = match total {
                    Total::Exact(sum) => sum.as_ref().map(|sum| sum.write(text)).is_some(),
                    Total::Double { sum, decimals } => sum.map(|sum| write_double(sum, *decimals, text)).is_some(),
                };
            }
            Fold::Average { total, rows, decimals, .. } => {
                text.clear();
                *present = match total {
                    Total::Exact(sum) => sum
                        .as_ref()
                        .and_then(|sum| sum.average(*rows, u32::from(*decimals)))
                        .map(|average| average.write(text))
                        .is_some(),
                    Total::Double { sum, .. } => {
                        sum.filter(|_| *rows > 0).map(|sum| write_double(sum / *rows as f64, *decimals, text)).is_some()
                    }
                };
            }
        }
        self.value.get()
    }
}

/// The bits of no rows.
fn neutral(operation: BitOperation) -> u64 {
    match operation {
        BitOperation::And => u64::MAX,
        BitOperation::Or | BitOperation::Xor => 0,
    }
}

impl Fold {
    fn extreme(columns: &[ColumnDefinition<'static>], key: &SortKey, largest: bool) -> Result<Self, StatementError> {
        let ascending = SortKey { descending: false, ..key.clone() };
        let order = Comparator::new(columns, &[ascending])?;
        Ok(Fold::Extreme { column: key.column, order, largest, best: Vec::new(), candidate: Vec::new() })
    }
}

fn definition<'a>(
    columns: &'a [ColumnDefinition<'static>],
    column: u32,
) -> Result<&'a ColumnDefinition<'static>, StatementError> {
    columns.get(column as usize).ok_or_else(|| {
        let text = format!("the aggregate needs column {column}, the shards sent {}", columns.len());
        StatementError::sql(Code::Internal, text)
    })
}

fn not_a_number(value: &[u8]) -> StatementError {
    let value = String::from_utf8_lossy(value);
    StatementError::sql(Code::Internal, format!("a shard sent `{value}`, which can't be summed"))
}

fn add_count(total: u64, value: Option<&[u8]>) -> Result<u64, StatementError> {
    let text = value.unwrap_or(b"NULL");
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok());
    number.and_then(|number| total.checked_add(number)).ok_or_else(|| not_a_number(text))
}
