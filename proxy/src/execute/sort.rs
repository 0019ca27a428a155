//! Hold rows within a limit, and sort them.

use super::rows::Row;
use crate::error::StatementError;
use shardgate_router::error::Code;

/// What one statement may hold in the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HoldLimits {
    /// `limits.max_gathered_rows`.
    pub(crate) rows: u64,
    /// `limits.max_gathered_bytes`.
    pub(crate) bytes: u64,
}

/// Rows that are held until all are there, with the keys that they are sorted by.
pub(crate) struct HeldRows {
    limits: HoldLimits,
    bytes: u64,
    rows: Vec<(Box<[u8]>, Row)>,
}

impl HeldRows {
    /// No rows yet.
    pub(crate) fn new(limits: HoldLimits) -> Self {
        HeldRows { limits, bytes: 0, rows: Vec::new() }
    }

    /// Hold one more row.
    ///
    /// # Errors
    /// `TooManyRows` if there would be more than the limits allow.
    pub(crate) fn push(&mut self, key: &[u8], row: &Row) -> Result<(), StatementError> {
        let size = size_of::<(Box<[u8]>, Row)>() + key.len() + row.bytes.len() + size_of_val(row.fields.as_slice());
        self.bytes += size as u64;
        let (rows, HoldLimits { rows: most_rows, bytes: most_bytes }) = (self.rows.len() as u64 + 1, self.limits);
        if rows > most_rows {
            let text =
                format!("holding groups in the proxy takes more than limits.max_gathered_rows ({most_rows}) groups");
            return Err(StatementError::sql(Code::TooManyRows, text));
        }
        if self.bytes > most_bytes {
            let text = format!(
                "holding groups in the proxy takes more than limits.max_gathered_bytes ({most_bytes}): {rows} groups are too much"
            );
            return Err(StatementError::sql(Code::TooManyRows, text));
        }
        self.rows.push((key.into(), row.clone()));
        Ok(())
    }

    /// The rows by ascending key; those of equal keys in the order in which they came.
    pub(crate) fn sorted(mut self) -> std::vec::IntoIter<(Box<[u8]>, Row)> {
        self.rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.rows.into_iter()
    }
}
