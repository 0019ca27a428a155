//! Reading a reply that the proxy itself consumes: its head, and row after row.

use super::connection::{Backend, BackendError, OkSummary};
use crate::row::Row;
use shardgate_wire::reply::EofPacket;
use shardgate_wire::{ColumnDefinition, StatusFlags};

/// The longest payload of a packet of one frame, in bytes.
const ONE_FRAME: usize = shardgate_wire::frame::MAX_FRAME_PAYLOAD;

/// The head of a reply to a text statement.
#[derive(Debug)]
pub(crate) enum Head {
    /// OK: no rows.
    Ok(OkSummary),
    /// Rows with these columns follow.
    Rows(Vec<ColumnDefinition<'static>>),
}

/// What [`Backend::read_row`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row.
    Row,
    /// The end of the rows.
    End {
        /// Status flags.
        status: StatusFlags,
        /// Warnings.
        warnings: u16,
    },
}

impl Backend {
    /// Read the head of the reply to the COM_QUERY that was sent. An error of the server leaves the connection usable.
    pub(crate) async fn read_head(&mut self) -> Result<Head, BackendError> {
        let mut payload = Vec::new();
        self.expect_reply();
        self.read_packet(&mut payload).await?;
        match payload.first() {
            Some(0x00 | 0xFF) => Ok(Head::Ok(self.ok_or_error(&payload)?)),
            Some(0xFB) => Err(self.malformed("the server asks for a file, which the statement can't give")),
            _ => {
                let count = column_count(&payload).ok_or_else(|| self.malformed("the column count can't be read"))?;
                let mut columns = Vec::with_capacity(count.min(4096));
                for _ in 0..count {
                    self.read_packet(&mut payload).await?;
                    let column = ColumnDefinition::decode(&payload);
                    let column = column.map_err(|error| self.malformed(&error.to_string()))?;
                    columns.push(column.into_owned());
                }
                if !self.profile.deprecate_eof {
                    self.read_packet(&mut payload).await?;
                }
                self.broken = true;
                Ok(Head::Rows(columns))
            }
        }
    }

    /// Read the next of the rows, which have `count` fields. Until their end the connection counts as broken, so that
    /// it can't be used for anything else.
    pub(crate) async fn read_row(&mut self, count: usize, row: &mut Row) -> Result<Step, BackendError> {
        let step = self.read_payload(&mut row.bytes).await?;
        if step == Step::Row && !split(row, count) {
            return Err(self.malformed("a row can't be read"));
        }
        Ok(step)
    }

    /// As [`Backend::read_row`], of a row in either protocol, which isn't looked into.
    pub(crate) async fn read_payload(&mut self, payload: &mut Vec<u8>) -> Result<Step, BackendError> {
        self.read_packet(payload).await?;
        match payload.first().copied() {
            Some(0xFF) => Err(self.answered(payload)),
            // A row starts with 0xFE only if its first field is longer than 16 MiB.
            Some(0xFE)
                if payload.len() < ONE_FRAME && (self.profile.deprecate_eof || payload.len() <= EofPacket::MAX_LEN) =>
            {
                let (status, warnings) = if self.profile.deprecate_eof {
                    let ok = self.ok_or_error(payload)?;
                    (StatusFlags(ok.status), ok.warnings)
                } else {
                    let eof = EofPacket::decode(payload).map_err(|error| self.malformed(&error.to_string()))?;
                    (eof.status, eof.warnings)
                };
                Ok(Step::End { status, warnings })
            }
            _ => {
                self.broken = true;
                Ok(Step::Row)
            }
        }
    }

    /// Run a query of the proxy's own and map its rows. A statement without rows has none.
    pub(crate) async fn query<T>(
        &mut self,
        sql: &[u8],
        mut map: impl FnMut(&Row) -> T,
    ) -> Result<(Vec<ColumnDefinition<'static>>, Vec<T>), BackendError> {
        self.queue_query(sql);
        self.flush().await?;
        let Head::Rows(columns) = self.read_head().await? else { return Ok((Vec::new(), Vec::new())) };
        let mut rows = Vec::new();
        let mut row = Row::default();
        while self.read_row(columns.len(), &mut row).await? == Step::Row {
            rows.push(map(&row));
        }
        Ok((columns, rows))
    }
}

/// The length-encoded count of columns, the only content of its packet.
fn column_count(payload: &[u8]) -> Option<usize> {
    match payload {
        [count @ 1..=0xFA] => Some(usize::from(*count)),
        [0xFC, low, high] => Some(usize::from(u16::from_le_bytes([*low, *high]))),
        _ => None,
    }
}

/// Find the fields of a text row; false if it isn't one of `count` fields.
fn split(row: &mut Row, count: usize) -> bool {
    row.fields.clear();
    let bytes = row.bytes.as_slice();
    let mut at = 0usize;
    for _ in 0..count {
        let Some(first) = bytes.get(at).copied() else { return false };
        at += 1;
        if first == 0xFB {
            row.fields.push(None);
            continue;
        }
        let width = match first {
            0xFC => 2,
            0xFD => 3,
            0xFE => 8,
            0xFF => return false,
            _ => 0,
        };
        let mut len = u64::from(first);
        if width > 0 {
            let Some(digits) = bytes.get(at..at + width) else { return false };
            len = digits.iter().rev().fold(0, |len, byte| len << 8 | u64::from(*byte));
            at += width;
        }
        let Some(end) = usize::try_from(len).ok().and_then(|len| at.checked_add(len)) else { return false };
        let (Ok(from), Ok(to)) = (u32::try_from(at), u32::try_from(end)) else { return false };
        if end > bytes.len() {
            return false;
        }
        row.fields.push(Some(from..to));
        at = end;
    }
    at == bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8], count: usize) -> Option<Vec<Option<Vec<u8>>>> {
        let mut row = Row { bytes: bytes.to_vec(), ..Row::default() };
        split(&mut row, count).then(|| (0..count as u32).map(|at| row.field(at).map(<[u8]>::to_vec)).collect())
    }

    #[test]
    fn fields_of_a_row_are_found() {
        assert_eq!(fields(b"\x01a\xfb\x00", 3), Some(vec![Some(b"a".to_vec()), None, Some(Vec::new())]));
        assert_eq!(fields(b"\xfc\x02\x00ab", 1), Some(vec![Some(b"ab".to_vec())]));
    }

    #[test]
    fn a_row_of_another_shape_is_refused() {
        for (bytes, count) in [
            (&b"\x02a"[..], 1),
            (b"\x01ab", 1),
            (b"\xff", 1),
            (b"\xfd\x01", 1),
            (b"", 1),
            (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 1),
        ] {
            assert_eq!(fields(bytes, count), None, "{bytes:?}");
        }
    }
}
