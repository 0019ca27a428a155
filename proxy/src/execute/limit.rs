//! Cut rows to an offset and a count.

use super::rows::{Row, RowStream};
use crate::error::StatementError;
use shardgate_wire::ColumnDefinition;

/// The rows of the input from `offset` on, at most `count` of them. After the last one the input isn't read further,
/// unless all of its rows are to be counted.
pub(crate) struct Limit<S> {
    input: S,
    skip: u64,
    left: u64,
    /// How many rows the input had so far, if they are counted.
    counted: Option<u64>,
}

impl<S: RowStream> Limit<S> {
    /// Skip `offset` rows, then return `count`.
    pub(crate) fn new(input: S, offset: u64, count: u64) -> Self {
        Limit { input, skip: offset, left: count, counted: None }
    }

    /// As [`Limit::new`]; the input is read to its end, and its rows are counted.
    pub(crate) fn counting(input: S, offset: u64, count: u64) -> Self {
        Limit { counted: Some(0), ..Limit::new(input, offset, count) }
    }

    /// How many rows the input had without the limit, if they were counted.
    pub(crate) fn counted(&self) -> Option<u64> {
        self.counted
    }

    async fn read(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        let more = self.input.next(row).await?;
        if more && let Some(counted) = &mut self.counted {
            *counted += 1;
        }
        Ok(more)
    }
}

impl<S: RowStream> RowStream for Limit<S> {
    fn columns(&self) -> &[ColumnDefinition<'static>] {
        self.input.columns()
    }

    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        while self.left > 0 {
            if !self.read(row).await? {
                self.left = 0;
                return Ok(false);
            } else if self.skip > 0 {
                self.skip -= 1;
            } else {
                self.left -= 1;
                return Ok(true);
            }
        }
        while self.counted.is_some() && self.read(row).await? {}
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::testing::{Rows, collect, column};
    use shardgate_wire::ColumnType;

    const NUMBERS: &[&[&str]] = &[&["1"], &["2"], &["3"], &["4"]];

    fn limited(offset: u64, count: u64) -> Vec<String> {
        let rows = Rows::new(&[column("n", ColumnType::Long)], NUMBERS);
        collect(&mut Limit::new(rows, offset, count)).unwrap()
    }

    #[test]
    fn rows_from_the_offset_on_up_to_the_count() {
        assert_eq!(limited(0, 2), ["1", "2"]);
        assert_eq!(limited(1, 2), ["2", "3"]);
        assert_eq!(limited(3, u64::MAX), ["4"]);
        assert!(limited(4, 1).is_empty());
        assert!(limited(u64::MAX, u64::MAX).is_empty());
    }

    #[test]
    fn all_rows_are_counted_where_that_is_asked_for() {
        for (offset, count, expected) in [(0, 2, 2), (3, 5, 1), (9, 1, 0), (0, 0, 0)] {
            let mut limit = Limit::counting(Rows::new(&[column("n", ColumnType::Long)], NUMBERS), offset, count);
            assert_eq!(collect(&mut limit).unwrap().len(), expected);
            assert_eq!(limit.counted(), Some(4));
        }
    }

    #[test]
    fn nothing_is_read_after_the_last_row() {
        let columns = [column("n", ColumnType::Long)];
        for (offset, count) in [(0, 4), (2, 2), (0, 0)] {
            let rows = Rows::new(&columns, NUMBERS).failing();
            assert_eq!(collect(&mut Limit::new(rows, offset, count)).unwrap().len() as u64, count);
        }
        assert!(collect(&mut Limit::new(Rows::new(&columns, NUMBERS).failing(), 0, 5)).is_err());
    }
}
