//! Streams of text rows, and what the merging operators ask of them.

use crate::error::StatementError;
pub(crate) use crate::row::Row;
use shardgate_wire::ColumnDefinition;

/// Rows, one after another. Dropping it before its end abandons the rest.
pub(crate) trait RowStream {
    /// The columns, hidden ones included.
    fn columns(&self) -> &[ColumnDefinition<'static>];

    /// Put the next row into `row` (its buffers are reused); false at the end.
    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError>;
}
