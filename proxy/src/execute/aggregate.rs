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
/// The input has each group's rows next to each other, and in it those of equal `distinct` values:
/// [`MergeSort`](super::merge_sort::MergeSort) over the plan's keys, and where there are none, any order.
pub(crate) struct Aggregate<S> {
    input: S,
    columns: Vec<ColumnDefinition<'static>>,
    /// One for each column of the input.
    cells: Vec<Cell>,
    group: Comparator,
    distinct: Comparator,
    /// Whether the whole input is one group, which is there even without rows.
    scalar: bool,
    order: Option<Order>,
    state: State,
    /// The next group's first row, and its key.
    pending: Row,
    pending_key: Vec<u8>,
    pending_distinct: Vec<u8>,
    key: Vec<u8>,
    last_distinct: Vec<u8>,
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
        let visible =
            columns.len().checked_sub(plan.input.hidden as usize).filter(|&visible| visible <= plan.columns.len());
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
        let distinct = Comparator::new(columns, &plan.distinct)?;
        let order = match plan.order.as_slice() {
            [] => None,
            order => Some(Order::Unsorted { by: Comparator::new(columns, order)?, limits }),
        };
        Ok(Aggregate {
            columns: columns.iter().take(visible).cloned().collect(),
            input,
            cells,
            group,
            distinct,
            scalar: plan.group.is_empty(),
            order,
            state: State::Fresh,
            pending: Row::default(),
            pending_key: Vec::new(),
            pending_distinct: Vec::new(),
            key: Vec::new(),
            last_distinct: Vec::new(),
        })
    }

    /// Read the next row of the input into `pending`; false at the end.
    async fn read(&mut self) -> Result<bool, StatementError> {
        self.pending_key.clear();
        self.pending_distinct.clear();
        if !self.input.next(&mut self.pending).await? {
            self.state = State::Done;
            return Ok(false);
        }
        self.group.key(&self.pending, &mut self.pending_key)?;
        self.distinct.key(&self.pending, &mut self.pending_distinct)?;
        self.state = State::Pending;
        Ok(true)
    }

    /// Add the pending row to the group.
    fn absorb(&mut self, first: bool) -> Result<(), StatementError> {
        let new = first || self.pending_distinct != self.last_distinct;
        std::mem::swap(&mut self.last_distinct, &mut self.pending_distinct);
        for cell in &mut self.cells {
            cell.add(&self.pending, first, new)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::merge_sort::MergeSort;
    use crate::execute::testing::{Rows, code, collect, column, decimals, weights};
    use shardgate_router::plan::{AggregateColumn, Padding, Route, SortKey, Target, Template};
    use shardgate_wire::ColumnType;

    const LIMITS: HoldLimits = HoldLimits { rows: 100, bytes: 1 << 20 };

    fn by(column: u32) -> SortKey {
        SortKey { column, weight: None, padding: Padding::NONE, descending: false }
    }

    fn weighed(column: u32, weight: u32) -> SortKey {
        SortKey { column, weight: Some(weight), padding: Padding::NONE, descending: false }
    }

    fn plan(group: &[SortKey], columns: &[AggregateColumn], order: &[SortKey], hidden: u32) -> plan::Aggregate {
        let input =
            Route { keyspace: "k".into(), target: Target::Scatter, sql: Template::UNCHANGED, sql_alone: None, hidden };
        plan::Aggregate {
            input,
            group: group.to_vec(),
            distinct: Vec::new(),
            columns: columns.to_vec(),
            order: order.to_vec(),
        }
    }

    fn run(
        columns: &[ColumnDefinition<'static>],
        shards: &[&[&[&str]]],
        plan: &plan::Aggregate,
    ) -> Result<Vec<String>, StatementError> {
        let streams = shards.iter().map(|rows| Rows::new(columns, rows)).collect();
        collect(&mut Aggregate::new(MergeSort::new(streams, &plan.group)?, plan, LIMITS)?)
    }

    #[test]
    fn groups_of_several_shards_are_combined() {
        use AggregateColumn::{Count, First, Max, Min, Sum};
        let columns = [
            column("n", ColumnType::Long),
            column("count", ColumnType::LongLong),
            decimals("sum", 2),
            column("min", ColumnType::Long),
            column("max", ColumnType::Long),
        ];
        let plan = plan(&[by(0)], &[First, Count, Sum, Min(by(3)), Max(by(4))], &[], 0);
        let shards: [&[&[&str]]; 3] = [
            &[&["NULL", "1", "NULL", "NULL", "NULL"], &["2", "3", "1.10", "-5", "9"]],
            &[],
            &[&["NULL", "2", "0.50", "7", "7"], &["1", "1", "NULL", "NULL", "NULL"], &["2", "4", "-2.20", "-10", "10"]],
        ];
        let expected = ["NULL,3,0.50,7,7", "1,1,NULL,NULL,NULL", "2,7,-1.10,-10,10"];
        assert_eq!(run(&columns, &shards, &plan).unwrap(), expected);
    }

    #[test]
    fn a_scalar_aggregate_is_one_row_over_the_rows_of_all_shards() {
        use AggregateColumn::{Count, Max, Sum};
        let columns = [column("count", ColumnType::LongLong), decimals("sum", 0), column("max", ColumnType::DateTime)];
        let plan = plan(&[], &[Count, Sum, Max(by(2))], &[], 0);
        let shards: [&[&[&str]]; 2] = [&[&["0", "NULL", "NULL"]], &[&["2", "5", "2001-01-01 00:00:00"]]];
        assert_eq!(run(&columns, &shards, &plan).unwrap(), ["2,5,2001-01-01 00:00:00"]);
        let empty: [&[&[&str]]; 2] = [&[&["0", "NULL", "NULL"]], &[&["0", "NULL", "NULL"]]];
        assert_eq!(run(&columns, &empty, &plan).unwrap(), ["0,NULL,NULL"]);
        assert_eq!(run(&columns, &[&[], &[]], &plan).unwrap(), ["0,NULL,NULL"]);
    }

    #[test]
    fn groups_without_rows_are_no_rows() {
        let plan = plan(&[by(0)], &[AggregateColumn::First], &[], 0);
        assert!(run(&[column("n", ColumnType::Long)], &[&[], &[]], &plan).unwrap().is_empty());
    }

    #[test]
    fn an_average_has_the_digits_that_its_column_says() {
        use AggregateColumn::Avg;
        let avg = Avg { sum: 1, count: 2 };
        let plan = plan(&[], &[avg], &[], 2);
        let exact = [decimals("avg", 9), decimals("sum", 5), column("count", ColumnType::LongLong)];
        let shards: [&[&[&str]]; 2] = [&[&["0.000020000", "0.00002", "1"]], &[&["0.000000000", "0.00000", "2"]]];
        assert_eq!(run(&exact, &shards, &plan).unwrap(), ["0.000006666"]);
        let none: [&[&[&str]]; 2] = [&[&["NULL", "NULL", "0"]], &[&["NULL", "NULL", "0"]]];
        assert_eq!(run(&exact, &none, &plan).unwrap(), ["NULL"]);
        let double = [
            column("avg", ColumnType::Double),
            column("sum", ColumnType::Double),
            column("count", ColumnType::LongLong),
        ];
        let shards: [&[&[&str]]; 2] = [&[&["0.125", "0.125", "1"]], &[&["0", "0", "2"]]];
        assert_eq!(run(&double, &shards, &plan).unwrap(), ["0.041666666666666664"]);
        assert_eq!(run(&double, &none, &plan).unwrap(), ["NULL"]);
    }

    #[test]
    fn doubles_are_summed_as_doubles() {
        let plan = plan(&[], &[AggregateColumn::Sum], &[], 0);
        let shards: [&[&[&str]]; 3] = [&[&["0.1"]], &[&["0.2"]], &[&["1e20"]]];
        assert_eq!(run(&[column("s", ColumnType::Double)], &shards[..2], &plan).unwrap(), ["0.30000000000000004"]);
        assert_eq!(run(&[column("s", ColumnType::Double)], &shards, &plan).unwrap(), ["1e20"]);
        let fixed = [ColumnDefinition { decimals: 2, ..column("s", ColumnType::Double) }];
        let shards: [&[&[&str]]; 2] = [&[&["0.10"]], &[&["0.20"]]];
        assert_eq!(run(&fixed, &shards, &plan).unwrap(), ["0.30"]);
    }

    #[test]
    fn the_smallest_text_is_the_one_of_the_smallest_weight() {
        use AggregateColumn::{Max, Min};
        let text = || column("t", ColumnType::VarString);
        let columns = [text(), text(), weights("min"), weights("max")];
        let plan = plan(&[], &[Min(weighed(0, 2)), Max(weighed(1, 3))], &[], 2);
        let shards: [&[&[&str]]; 3] =
            [&[&["NULL", "NULL", "NULL", "NULL"]], &[&["B", "d", "2", "4"]], &[&["a", "b", "1", "2"]]];
        assert_eq!(run(&columns, &shards, &plan).unwrap(), ["a,d"]);
    }

    #[test]
    fn distinct_rows_are_groups_without_aggregates() {
        let columns = [column("t", ColumnType::VarString), weights("w")];
        let plan = plan(&[weighed(0, 1)], &[AggregateColumn::First], &[], 1);
        let shards: [&[&[&str]]; 2] = [&[&["a", "1"], &["b", "2"]], &[&["A", "1"], &["c", "3"]]];
        assert_eq!(run(&columns, &shards, &plan).unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn distinct_values_count_once_in_their_group() {
        use AggregateColumn::{Avg, Count, Distinct, First, Sum};
        let columns = [
            column("g", ColumnType::Long),
            column("count", ColumnType::LongLong),
            decimals("sum", 0),
            decimals("avg", 4),
            column("rows", ColumnType::LongLong),
            column("x", ColumnType::Long),
            column("one", ColumnType::LongLong),
        ];
        let distinct = |inner| Distinct(Box::new(inner));
        let made = [First, distinct(Count), distinct(Sum), distinct(Avg { sum: 2, count: 6 }), Count];
        let plan = plan::Aggregate { distinct: vec![by(5)], ..plan(&[by(0)], &made, &[], 2) };
        let shards: [&[&[&str]]; 2] = [
            &[&["1", "0", "NULL", "NULL", "2", "NULL", "0"], &["1", "1", "5", "5.0000", "3", "5", "1"]],
            &[
                &["1", "1", "5", "5.0000", "1", "5", "1"],
                &["1", "1", "8", "8.0000", "1", "8", "1"],
                &["2", "1", "5", "5.0000", "1", "5", "1"],
            ],
        ];
        let streams = shards.iter().map(|rows| Rows::new(&columns, rows)).collect();
        let merged = MergeSort::new(streams, &plan.keys()).unwrap();
        let rows = collect(&mut Aggregate::new(merged, &plan, LIMITS).unwrap()).unwrap();
        assert_eq!(rows, ["1,2,13,6.5000,7", "2,1,5,5.0000,1"]);
    }

    #[test]
    fn bits_are_combined_as_mysql_does() {
        use AggregateColumn::Bits;
        use shardgate_router::plan::BitOperation::{And, Or, Xor};
        let columns = ["and", "or", "xor"].map(|name| column(name, ColumnType::LongLong));
        let plan = plan(&[], &[Bits(And), Bits(Or), Bits(Xor)], &[], 0);
        let shards: [&[&[&str]]; 3] =
            [&[&["6", "5", "5"]], &[&["18446744073709551615", "0", "0"]], &[&["3", "9", "1"]]];
        assert_eq!(run(&columns, &shards, &plan).unwrap(), ["2,13,4"]);
        assert_eq!(run(&columns, &[&[]], &plan).unwrap(), ["18446744073709551615,0,0"]);
    }

    #[test]
    fn groups_are_sorted_where_their_order_is_another() {
        use AggregateColumn::{Avg, Count, First, Min};
        let columns = [
            column("n", ColumnType::Long),
            decimals("avg", 4),
            column("t", ColumnType::VarString),
            column("count", ColumnType::LongLong),
            decimals("sum", 0),
            weights("w"),
        ];
        let shards: [&[&[&str]]; 2] = [
            &[&["1", "1.0000", "b", "1", "1", "2"], &["2", "9.0000", "c", "1", "9", "3"]],
            &[&["1", "4.0000", "a", "2", "8", "1"], &["3", "3.0000", "A", "1", "3", "1"]],
        ];
        let visible = [First, Avg { sum: 4, count: 3 }, Min(weighed(2, 5))];
        let descending = |column| SortKey { descending: true, ..by(column) };
        let ordered = |columns_made: &[AggregateColumn], order: &[SortKey]| {
            run(&columns, &shards, &plan(&[by(0)], columns_made, order, 3)).unwrap()
        };
        // 1: (1 + 8) / 3; ties stay in the order of the groups.
        assert_eq!(ordered(&visible, &[descending(1)]), ["2,9.0000,c", "1,3.0000,a", "3,3.0000,A"]);
        assert_eq!(ordered(&visible, &[weighed(2, 5)]), ["1,3.0000,a", "3,3.0000,A", "2,9.0000,c"]);
        // By a hidden column that the plan combines as well.
        let counted = [visible.as_slice(), &[Count]].concat();
        assert_eq!(ordered(&counted, &[descending(3), descending(0)]), ["1,3.0000,a", "3,3.0000,A", "2,9.0000,c"]);
    }

    #[test]
    fn groups_beyond_the_limits_are_refused_by_the_name_of_the_limit() {
        let columns = [column("n", ColumnType::Long)];
        let plan = plan(&[by(0)], &[AggregateColumn::First], &[SortKey { descending: true, ..by(0) }], 0);
        let run = |limits| {
            let rows = Rows::new(&columns, &[&["1"], &["2"], &["3"]]);
            collect(&mut Aggregate::new(rows, &plan, limits).unwrap())
        };
        assert_eq!(run(HoldLimits { rows: 3, bytes: 1000 }).unwrap(), ["3", "2", "1"]);
        for (limits, name) in [
            (HoldLimits { rows: 2, bytes: 1000 }, "max_gathered_rows (2)"),
            (HoldLimits { rows: 3, bytes: 100 }, "max_gathered_bytes (100)"),
        ] {
            let error = run(limits).unwrap_err().to_string();
            assert!(error.starts_with("SG14010") && error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_plan_that_does_not_fit_the_columns_is_an_internal_error() {
        use AggregateColumn::{Count, First, Sum};
        let columns = [column("n", ColumnType::Long), column("t", ColumnType::VarString)];
        let new = |columns_made: &[AggregateColumn], hidden| {
            code(Aggregate::new(Rows::new(&columns, &[]), &plan(&[by(0)], columns_made, &[], hidden), LIMITS))
        };
        assert_eq!(new(&[First], 0), Some(Code::Internal));
        assert_eq!(new(&[First], 3), Some(Code::Internal));
        assert_eq!(new(&[First, First, First], 0), Some(Code::Internal));
        assert_eq!(new(&[First, Sum], 0), Some(Code::Internal));
        assert_eq!(new(&[First], 1), None);
        let counted = plan(&[by(0)], &[First, Count], &[], 0);
        assert_eq!(code(run(&columns, &[&[&["1", "x"]]], &counted)), Some(Code::Internal));
    }
}
