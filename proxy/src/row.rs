//! A row of the text protocol.

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
