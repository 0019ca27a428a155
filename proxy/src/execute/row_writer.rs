//! Make text rows.

use super::rows::Row;

/// The byte that stands for NULL in a text row.
const NULL: u8 = 0xFB;

/// Empty the row; its buffers stay.
pub(crate) fn clear(row: &mut Row) {
    row.bytes.clear();
    row.fields.clear();
}

/// Append a field. A row is less than 4 GiB long, as packets are.
pub(crate) fn push(row: &mut Row, value: Option<&[u8]>) {
    match value {
        None => {
            row.bytes.push(NULL);
            row.fields.push(None);
        }
        Some(value) => {
            write_length(&mut row.bytes, value.len() as u64);
            let start = row.bytes.len() as u32;
            row.bytes.extend_from_slice(value);
            row.fields.push(Some(start..row.bytes.len() as u32));
        }
    }
}

/// Append a length-encoded integer.
///
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html>
pub(crate) fn write_length(out: &mut Vec<u8>, value: u64) {
    let [a, b, c, ..] = value.to_le_bytes();
    match value {
        0..=0xFA => out.push(a),
        0xFB..=0xFFFF => out.extend_from_slice(&[0xFC, a, b]),
        0x1_0000..=0xFF_FFFF => out.extend_from_slice(&[0xFD, a, b, c]),
        _ => {
            out.push(0xFE);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}
