//! Make text rows.

use super::rows::Row;
use shardgate_wire::row::write_text_value;

/// Empty the row; its buffers stay.
pub(crate) fn clear(row: &mut Row) {
    row.bytes.clear();
    row.fields.clear();
}

/// Append a field. A row is less than 4 GiB long, as packets are.
pub(crate) fn push(row: &mut Row, value: Option<&[u8]>) {
    write_text_value(&mut row.bytes, value);
    row.fields.push(value.map(|value| {
        let end = row.bytes.len();
        (end - value.len()) as u32..end as u32
    }));
}
