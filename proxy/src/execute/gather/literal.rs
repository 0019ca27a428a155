//! Values of a shard's reply as literals of an INSERT, and the expressions by which they are read.

use crate::session::quote_name;
use shardgate_router::plan::{GatherColumn, Transfer};

/// The expression that reads a column so that nothing that the session has set changes the value.
pub(super) fn reading(column: &GatherColumn) -> String {
    let name = quote_name(&column.name);
    match column.transfer {
        Transfer::Number | Transfer::Raw | Transfer::Temporal => name,
        // Multiplied, because -0 + 0 is 0.
        Transfer::Float => format!("{name} * 1e0"),
        Transfer::Index => format!("CAST({name} AS UNSIGNED)"),
        Transfer::Bytes | Transfer::Json => format!("CAST({name} AS BINARY)"),
        Transfer::Instant => format!("UNIX_TIMESTAMP({name})"),
    }
}

/// Append a value as a literal. The connection's character set is `utf8mb4`, and its sql_mode knows backslashes.
pub(super) fn write(value: Option<&[u8]>, transfer: Transfer, out: &mut Vec<u8>) {
    let Some(value) = value else { return out.extend_from_slice(b"NULL") };
    match transfer {
        Transfer::Number | Transfer::Index => out.extend_from_slice(value),
        Transfer::Float => {
            out.extend_from_slice(value);
            // Without an exponent it would be a DECIMAL, which has no -0.
            if !value.contains(&b'e') {
                out.extend_from_slice(b"e0");
            }
        }
        Transfer::Bytes | Transfer::Raw => quoted(b"_binary'", value, out),
        Transfer::Json => quoted(b"_utf8mb4'", value, out),
        Transfer::Temporal => quoted(b"'", value, out),
        // 0 is the zero date, which is no time.
        Transfer::Instant if value.iter().all(|byte| matches!(byte, b'0' | b'.')) => out.push(b'0'),
        Transfer::Instant => {
            out.extend_from_slice(b"FROM_UNIXTIME(");
            out.extend_from_slice(value);
            out.push(b')');
        }
    }
}

fn quoted(open: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(open);
    for byte in value {
        if matches!(byte, b'\'' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_what_their_columns_hold() {
        for (value, transfer, literal) in [
            (None, Transfer::Json, "NULL"),
            (Some("-0"), Transfer::Float, "-0e0"),
            (Some("1.5e300"), Transfer::Float, "1.5e300"),
            (Some("0.000"), Transfer::Instant, "0"),
            (Some("1700000000.5"), Transfer::Instant, "FROM_UNIXTIME(1700000000.5)"),
            (Some("a'b\\"), Transfer::Bytes, "_binary'a\\'b\\\\'"),
            (Some("{}"), Transfer::Json, "_utf8mb4'{}'"),
            (Some("2024-01-01"), Transfer::Temporal, "'2024-01-01'"),
        ] {
            let mut out = Vec::new();
            write(value.map(str::as_bytes), transfer, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), literal);
        }
    }
}
