//! Replies that the proxy makes itself: result sets from merged rows and from its own knowledge.

use super::row_writer;
use super::rows::Row;
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_wire::frame::{self, Seq};
use shardgate_wire::reply::{EofPacket, OkPacket};
use shardgate_wire::row::write_binary_row;
use shardgate_wire::{Capabilities, ColumnDefinition, ColumnType, StatusFlags};

/// How values lie in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// As text: the reply to COM_QUERY.
    Text,
    /// By type: the reply to COM_STMT_EXECUTE.
    Binary,
}

/// Writes a result set in packets: [`ResultEncoder::head`], each [`ResultEncoder::row`], [`ResultEncoder::end`].
pub(crate) struct ResultEncoder {
    columns: Vec<ColumnDefinition<'static>>,
    protocol: Protocol,
    capabilities: Capabilities,
}

impl ResultEncoder {
    /// Of rows with these columns, without the last `hidden` ones, for a client with these capabilities.
    pub(crate) fn new(
        columns: &[ColumnDefinition<'static>],
        hidden: u32,
        protocol: Protocol,
        capabilities: Capabilities,
    ) -> Self {
        let visible = columns.len().saturating_sub(hidden as usize);
        ResultEncoder { columns: columns.iter().take(visible).cloned().collect(), protocol, capabilities }
    }

    /// With these names of the columns, if they are as many.
    pub(crate) fn named(mut self, names: Option<&[Box<[u8]>]>) -> Self {
        let names = names.filter(|names| names.len() == self.columns.len()).unwrap_or_default();
        for (column, name) in self.columns.iter_mut().zip(names) {
            // A column of MySQL's temporary table has the name twice.
            if column.org_name == column.name {
                column.org_name = name.to_vec().into();
            }
            column.name = name.to_vec().into();
        }
        self
    }

    /// Append the count of columns and their definitions.
    pub(crate) fn head(&self, status: StatusFlags, out: &mut Vec<u8>, seq: &mut Seq) {
        frame::append(out, seq, |out| write_count(self.columns.len(), out));
        for column in &self.columns {
            frame::append(out, seq, |out| column.encode(out));
        }
        if !self.capabilities.deprecate_eof() {
            frame::append(out, seq, |out| EofPacket { status, warnings: 0 }.encode(out));
        }
    }

    /// Append a row; its hidden fields are left out.
    ///
    /// # Errors
    /// `Internal` if the row has fewer fields than there are columns, or a value isn't of its column's type.
    pub(crate) fn row(&self, row: &Row, out: &mut Vec<u8>, seq: &mut Seq) -> Result<(), StatementError> {
        let visible = self.columns.len();
        match self.protocol {
            Protocol::Text => {
                let payload = visible_end(row, visible).and_then(|end| row.bytes.get(..end));
                let payload = payload.ok_or_else(|| {
                    let text = format!("a row has {} fields, the result {visible} columns", row.fields.len());
                    StatementError::sql(Code::Internal, text)
                })?;
                frame::append_payload(out, seq, payload);
                Ok(())
            }
            Protocol::Binary => {
                let mut result = Ok(());
                frame::append(out, seq, |out| {
                    let fields = (0..visible as u32).map(|column| row.field(column));
                    result = write_binary_row(out, &self.columns, fields);
                });
                result.map_err(|error| StatementError::sql(Code::Internal, format!("a shard's row: {error}")))
            }
        }
    }

    /// Append what ends the rows.
    pub(crate) fn end(&self, status: StatusFlags, warnings: u16, out: &mut Vec<u8>, seq: &mut Seq) {
        end_rows(status, warnings, self.capabilities, out, seq);
    }
}

/// Append what ends the rows of a result.
pub(super) fn end_rows(
    status: StatusFlags,
    warnings: u16,
    capabilities: Capabilities,
    out: &mut Vec<u8>,
    seq: &mut Seq,
) {
    let ok = OkPacket { status, warnings, ..OkPacket::default() };
    frame::append(out, seq, |out| ok.encode_end(out, capabilities));
}

/// A length-encoded count of columns, of which MySQL has at most 4096.
fn write_count(count: usize, out: &mut Vec<u8>) {
    match u8::try_from(count) {
        Ok(count @ 0..=0xFA) => out.push(count),
        _ => {
            out.push(0xFC);
            out.extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
        }
    }
}

/// Where the first `visible` fields of a row end in its bytes; `None` if it has fewer.
fn visible_end(row: &Row, visible: usize) -> Option<usize> {
    if row.fields.len() == visible {
        return Some(row.bytes.len());
    }
    let fields = row.fields.get(..visible)?;
    // A NULL takes one byte.
    let nulls = fields.iter().rev().take_while(|field| field.is_none()).count();
    let end = fields.iter().rev().flatten().next().map_or(0, |range| range.end as usize);
    Some(end + nulls)
}

/// The longest text in a result of the proxy's own, in characters, as its columns' definitions say it.
const TEXT_CHARS: u32 = 255;

/// A column of a result of the proxy's own.
fn own_column<'a>(name: &'a str, column_type: ColumnType) -> ColumnDefinition<'a> {
    match column_type {
        ColumnType::VarString => ColumnDefinition::text(name.as_bytes(), TEXT_CHARS),
        // System variables that count are unsigned.
        ColumnType::LongLong => ColumnDefinition::bigint(name.as_bytes(), name.starts_with("@@")),
        other => ColumnDefinition::new(name.as_bytes(), other),
    }
}

/// What a reply of the proxy's own making depends on beside its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReplyContext {
    /// How values lie in rows.
    pub(crate) protocol: Protocol,
    /// The client's capabilities.
    pub(crate) capabilities: Capabilities,
    /// The session's status; MORE_RESULTS if another result follows.
    pub(crate) status: StatusFlags,
    /// How many warnings SHOW WARNINGS would list.
    pub(crate) warnings: u16,
}

/// Append a whole result set of the proxy's own. `None` is NULL.
///
/// # Errors
/// `Internal` if a value isn't of its column's type.
pub(crate) fn simple_result<R: AsRef<[Option<String>]>>(
    columns: &[(&str, ColumnType)],
    rows: impl IntoIterator<Item = R>,
    context: &ReplyContext,
    out: &mut Vec<u8>,
    seq: &mut Seq,
) -> Result<(), StatementError> {
    let columns: Vec<_> =
        columns.iter().map(|&(name, column_type)| own_column(name, column_type).into_owned()).collect();
    let encoder = ResultEncoder::new(&columns, 0, context.protocol, context.capabilities);
    encoder.head(context.status, out, seq);
    let mut row = Row::default();
    for fields in rows {
        row_writer::clear(&mut row);
        for field in fields.as_ref() {
            row_writer::push(&mut row, field.as_deref().map(str::as_bytes));
        }
        encoder.row(&row, out, seq)?;
    }
    encoder.end(context.status, context.warnings, out, seq);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::testing::{code, column, decimals, row, weights};
    use shardgate_wire::frame::{MAX_FRAME_PAYLOAD, Pull};
    use shardgate_wire::row::{BinaryRow, TextRow};
    use shardgate_wire::stmt::Param;

    const OLD: Capabilities = Capabilities::PROTOCOL_41;
    const NEW: Capabilities = Capabilities(Capabilities::PROTOCOL_41.0 | Capabilities::DEPRECATE_EOF.0);

    /// The payloads of all packets, whose sequence ids start at 1.
    fn packets(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut seq = Seq(1);
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let Pull::Packet(packet) = frame::pull(bytes, &mut seq, usize::MAX).unwrap() else {
                panic!("half a packet")
            };
            all.push(packet.payload.to_vec());
            bytes = &bytes[packet.consumed..];
        }
        all
    }

    fn encode(
        columns: &[ColumnDefinition<'static>],
        hidden: u32,
        protocol: Protocol,
        capabilities: Capabilities,
        rows: &[Row],
    ) -> Vec<Vec<u8>> {
        let (mut out, mut seq) = (Vec::new(), Seq(1));
        let encoder = ResultEncoder::new(columns, hidden, protocol, capabilities);
        encoder.head(StatusFlags::AUTOCOMMIT, &mut out, &mut seq);
        for row in rows {
            encoder.row(row, &mut out, &mut seq).unwrap();
        }
        encoder.end(StatusFlags::AUTOCOMMIT | StatusFlags::MORE_RESULTS, 3, &mut out, &mut seq);
        packets(&out)
    }

    #[test]
    fn text_rows_lose_their_hidden_fields_and_nothing_else() {
        let columns = [column("a", ColumnType::Long), column("b", ColumnType::VarString), weights("w"), weights("v")];
        let rows = [
            row(&[Some("1"), Some("x"), Some("W"), None]),
            row(&[Some("2"), None, Some("W"), Some("V")]),
            row(&[None, None, None, None]),
            row(&[None, Some(""), None, None]),
        ];
        let packets = encode(&columns, 2, Protocol::Text, NEW, &rows);
        assert_eq!(packets[0], [2]);
        assert_eq!(ColumnDefinition::decode(&packets[1]).unwrap(), columns[0]);
        assert_eq!(ColumnDefinition::decode(&packets[2]).unwrap(), columns[1]);
        assert_eq!(
            packets[3..7],
            [b"\x011\x01x".to_vec(), b"\x012\xfb".to_vec(), b"\xfb\xfb".to_vec(), b"\xfb\x00".to_vec()]
        );
        assert_eq!(packets[7], b"\xfe\x00\x00\x0a\x00\x03\x00");
        assert_eq!(packets.len(), 8);
    }

    #[test]
    fn without_deprecate_eof_the_columns_end_with_an_eof_too() {
        let packets = encode(&[column("a", ColumnType::Long)], 0, Protocol::Text, OLD, &[row(&[Some("1")])]);
        assert_eq!(
            packets[2..],
            [b"\xfe\x00\x00\x02\x00".to_vec(), b"\x011".to_vec(), b"\xfe\x03\x00\x0a\x00".to_vec()]
        );
    }

    #[test]
    fn binary_rows_have_the_values_of_their_types() {
        let columns = [
            column("a", ColumnType::Long),
            decimals("d", 2),
            column("t", ColumnType::VarString),
            column("f", ColumnType::Double),
            weights("w"),
        ];
        let rows = [row(&[Some("-7"), Some("1.50"), None, Some("1e20"), Some("W")])];
        let packets = encode(&columns, 1, Protocol::Binary, NEW, &rows);
        let values: Vec<_> = BinaryRow::new(&packets[5], &columns[..4]).unwrap().map(Result::unwrap).collect();
        assert_eq!(values, [Param::Int(-7), Param::Decimal(b"1.50"), Param::Null, Param::Double(1e20)]);
    }

    #[test]
    fn a_row_that_does_not_fit_the_columns_is_an_internal_error() {
        let columns = [column("a", ColumnType::Long), column("b", ColumnType::Long)];
        for (protocol, row) in [(Protocol::Text, row(&[Some("1")])), (Protocol::Binary, row(&[Some("1"), Some("x")]))] {
            let encoder = ResultEncoder::new(&columns, 0, protocol, NEW);
            assert_eq!(code(encoder.row(&row, &mut Vec::new(), &mut Seq(1))), Some(Code::Internal));
        }
    }

    #[test]
    fn long_rows_take_several_frames() {
        let long = "x".repeat(MAX_FRAME_PAYLOAD + 10);
        let columns = [column("a", ColumnType::Blob), column("b", ColumnType::Blob)];
        for (protocol, at) in [(Protocol::Text, 0), (Protocol::Binary, 2)] {
            let packets = encode(&columns, 1, protocol, NEW, &[row(&[Some(&long), Some("hidden")])]);
            assert_eq!(packets[2][at], 0xFE);
            assert!(packets[2].ends_with(b"xxx") && packets[2].len() > MAX_FRAME_PAYLOAD);
        }
    }

    #[test]
    fn results_of_the_proxy_itself_are_whole() {
        let columns = [("Shards", ColumnType::VarString), ("Count", ColumnType::LongLong)];
        let rows = [vec![Some("k/-80".to_owned()), Some("5".to_owned())], vec![None, Some("0".to_owned())]];
        let context =
            ReplyContext { protocol: Protocol::Text, capabilities: NEW, status: StatusFlags::AUTOCOMMIT, warnings: 0 };
        let (mut out, mut seq) = (Vec::new(), Seq(1));
        simple_result(&columns, &rows, &context, &mut out, &mut seq).unwrap();
        let text = packets(&out);
        assert_eq!(&*ColumnDefinition::decode(&text[1]).unwrap().name, b"Shards");
        let first: Vec<_> = TextRow::new(&text[3]).map(Result::unwrap).collect();
        assert_eq!(first, [Some(b"k/-80".as_slice()), Some(b"5")]);
        assert_eq!(text[4..], [b"\xfb\x010".to_vec(), b"\xfe\x00\x00\x02\x00\x00\x00".to_vec()]);
        let (mut out, mut seq) = (Vec::new(), Seq(1));
        let context = ReplyContext { protocol: Protocol::Binary, ..context };
        simple_result(&columns, &rows, &context, &mut out, &mut seq).unwrap();
        assert_eq!(packets(&out).len(), 6);
    }
}
