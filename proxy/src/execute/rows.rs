//! Streams of text rows, and what the merging operators ask of them.

use crate::error::StatementError;
use shardgate_wire::ColumnDefinition;
use std::ops::Range;

/// One row of the text protocol: the packet's payload, and where each field lies in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// The payload.
    pub(crate) bytes: Vec<u8>,
    /// Each field's bytes; `None` is NULL.
    pub(crate) fields: Vec<Option<Range<u32>>>,
}

impl Row {
    /// A field's text; `None` is NULL, and also a column that the row doesn't have.
    pub(crate) fn field(&self, column: u32) -> Option<&[u8]> {
        let range = self.fields.get(column as usize)?.as_ref()?;
        self.bytes.get(range.start as usize..range.end as usize)
    }
}

/// Rows, one after another. Dropping it before its end abandons the rest.
pub(crate) trait RowStream {
    /// The columns, hidden ones included.
    fn columns(&self) -> &[ColumnDefinition<'static>];

    /// Put the next row into `row` (its buffers are reused); false at the end.
    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError>;
}
