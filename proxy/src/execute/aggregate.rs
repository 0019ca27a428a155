//! Combine partial aggregates of several shards.

use super::compare::Comparator;
use super::fold::Cell;
use super::row_writer;
use super::rows::{Row, RowStream};
use super::sort::{HeldRows, HoldLimits};
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_router::plan;
use shardgate_wire::ColumnDefinition;

/// How far the input was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not at all.
    Fresh,
    /// `pending` is the first row of the next group.
    Pending,
    /// To its end; `pending` holds nothing.
    Done,
}

/// Combines neighbours of the same group. The rows come out with the visible columns only.
///
/// The input has each group's rows next to each other: [`MergeSort`](super::merge_sort::MergeSort) over the plan's
/// `group`, and where that is empty, any order.
pub(crate) struct Aggregate<S> {
    input: S,
    columns: Vec<ColumnDefinition<'static>>,
    /// One for each column of the input.
    cells: Vec<Cell>,
    group: Comparator,
    /// Whether the whole input is one group, which is there even without rows.
    scalar: bool,
    order: Option<Order>,
    state: State,
    /// The next group's first row, and its key.
    pending: Row,
    pending_key: Vec<u8>,
    key: Vec<u8>,
}

/// The order of the groups where it isn't the input's.
enum Order {
    /// Groups are to be held; `None` once they are taken to be sorted.
    Unsorted { by: Comparator, limits: HoldLimits },
    /// All groups, sorted.
    Sorted(std::vec::IntoIter<(Box<[u8]>, Row)>),
}

impl<S: RowStream> Aggregate<S> {
    /// Combine the rows of `input` as the plan says. `limits` bounds the groups that are held where they must be sorted.
    ///
    /// A plan may say how hidden columns are made, too (its `columns` are then more than the visible ones), so that
    /// groups can be ordered by them. A hidden column that is the weight of a MIN or MAX has the weight of its value.
    ///
    /// # Errors
    /// As [`Comparator::new`], and `Internal` if the plan doesn't fit the columns.
    pub(crate) fn new(input: S, plan: &plan::Aggregate, limits: HoldLimits) -> Result<Self, StatementError> {
        let columns = input.columns();
        let visible = columns.len().checked_sub(plan.input.hidden as usize).filter(|&visible| visible <= plan.columns.len());
        let Some(visible) = visible.filter(|_| plan.columns.len() <= columns.len()) else {
            let (planned, hidden, sent) = (plan.columns.len(), plan.input.hidden, columns.len());
            let text = format!("the aggregate makes {planned} columns and hides {hidden}, the shards sent {sent}");
            return Err(StatementError::sql(Code::Internal, text));
        };
        let cells = (0..columns.len()).map(|index| Cell::new(columns, index, plan.columns.get(index)));
        let mut cells = cells.collect::<Result<Vec<_>, _>>()?;
        for (leader, column) in plan.columns.iter().enumerate() {
            if let Some(weight) = Cell::weight(column)
                && let Some(cell) = cells.get_mut(weight as usize)
            {
                cell.follow(leader);
            }
        }
        let group = Comparator::new(columns, &plan.group)?;
        let order = match plan.order.as_slice() {
            [] => None,
            order => Some(Order::Unsorted { by: Comparator::new(columns, order)?, limits }),
        };
        Ok(Aggregate {
            columns: columns.iter().take(visible).cloned().collect(),
            input,
            cells,
            group,
            scalar: plan.group.is_empty(),
            order,
            state: State::Fresh,
            pending: Row::default(),
            pending_key: Vec::new(),
            key: Vec::new(),
        })
    }

    /// Read the next row of the input into `pending`; false at the end.
    async fn read(&mut self) -> Result<bool, StatementError> {
        self.pending_key.clear();
        if !self.input.next(&mut self.pending).await? {
            self.state = State::Done;
            return Ok(false);
        }
        self.group.key(&self.pending, &mut self.pending_key)?;
        self.state = State::Pending;
        Ok(true)
    }

    /// Add the pending row to the group.
    fn absorb(&mut self, first: bool) -> Result<(), StatementError> {
        for cell in &mut self.cells {
            cell.add(&self.pending, first)?;
        }
        for index in 0..self.cells.len() {
            let leader = self.cells.get(index).and_then(Cell::leader);
            if leader.and_then(|leader| self.cells.get(leader)).is_some_and(Cell::taken)
                && let Some(cell) = self.cells.get_mut(index)
            {
                cell.take(&self.pending);
            }
        }
        Ok(())
    }

    /// Combine the next group into the cells; false if there is none.
    async fn combine(&mut self) -> Result<bool, StatementError> {
        for cell in &mut self.cells {
            cell.clear();
        }
        match self.state {
            State::Done => return Ok(false),
            State::Fresh => {
                if !self.read().await? {
                    return Ok(self.scalar);
                }
            }
            State::Pending => {}
        }
        std::mem::swap(&mut self.key, &mut self.pending_key);
        self.absorb(true)?;
        while self.read().await? && self.pending_key == self.key {
            self.absorb(false)?;
        }
        Ok(true)
    }

    /// Write the cells' values, `count` of them.
    fn write(&mut self, count: usize, row: &mut Row) {
        row_writer::clear(row);
        for cell in self.cells.iter_mut().take(count) {
            row_writer::push(row, cell.finish());
        }
    }

    /// Hold all groups and sort them.
    async fn sort(&mut self, by: &Comparator, limits: HoldLimits) -> Result<HeldRows, StatementError> {
        let mut held = HeldRows::new(limits);
        let (mut whole, mut visible, mut key) = (Row::default(), Row::default(), Vec::new());
        while self.combine().await? {
            self.write(self.cells.len(), &mut whole);
            key.clear();
            by.key(&whole, &mut key)?;
            self.write(self.columns.len(), &mut visible);
            held.push(&key, &visible)?;
        }
        Ok(held)
    }
}

impl<S: RowStream> RowStream for Aggregate<S> {
    fn columns(&self) -> &[ColumnDefinition<'static>] {
        &self.columns
    }

    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        if self.order.is_none() {
            let more = self.combine().await?;
            if more {
                self.write(self.columns.len(), row);
            }
            return Ok(more);
        }
        if let Some(Order::Unsorted { by, limits }) = &self.order {
            let (by, limits) = (by.clone(), *limits);
            let held = self.sort(&by, limits).await?;
            self.order = Some(Order::Sorted(held.sorted()));
        }
        let Some(Order::Sorted(rows)) = &mut self.order else { return Ok(false) };
        let Some((_, next)) = rows.next() else { return Ok(false) };
        *row = next;
        Ok(true)
    }
}
