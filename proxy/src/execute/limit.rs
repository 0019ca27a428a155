//! Cut rows to an offset and a count.

use super::rows::{Row, RowStream};
use crate::error::StatementError;
use shardgate_wire::ColumnDefinition;

/// The rows of the input from `offset` on, at most `count` of them. After the last one the input isn't read further.
pub(crate) struct Limit<S> {
    input: S,
    skip: u64,
    left: u64,
}

impl<S: RowStream> Limit<S> {
    /// Skip `offset` rows, then return `count`.
    pub(crate) fn new(input: S, offset: u64, count: u64) -> Self {
        Limit { input, skip: offset, left: count }
    }
}

impl<S: RowStream> RowStream for Limit<S> {
    fn columns(&self) -> &[ColumnDefinition<'static>] {
        self.input.columns()
    }

    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        while self.left > 0 {
            if !self.input.next(row).await? {
                self.left = 0;
            } else if self.skip > 0 {
                self.skip -= 1;
            } else {
                self.left -= 1;
                return Ok(true);
            }
        }
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
    fn nothing_is_read_after_the_last_row() {
        let columns = [column("n", ColumnType::Long)];
        for (offset, count) in [(0, 4), (2, 2), (0, 0)] {
            let rows = Rows::new(&columns, NUMBERS).failing();
            assert_eq!(collect(&mut Limit::new(rows, offset, count)).unwrap().len() as u64, count);
        }
        assert!(collect(&mut Limit::new(Rows::new(&columns, NUMBERS).failing(), 0, 5)).is_err());
    }
}
