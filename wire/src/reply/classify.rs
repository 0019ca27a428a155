//! What a packet of a reply is. The one place where replies are told apart by their first byte.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response.html>

use super::phase::Phase;
use super::{EofPacket, ErrPacket, OkPacket};
use crate::flags::Capabilities;
use crate::frame::MAX_FRAME_PAYLOAD;

/// The first byte of a LOCAL INFILE request.
const LOCAL_INFILE: u8 = 0xFB;

/// The kind of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// An OK packet, with either header.
    Ok,
    /// An EOF packet.
    Eof,
    /// An ERR packet.
    Err,
    /// The server asks for a file of the client's.
    LocalInfile,
    /// The number of a result set's columns.
    ColumnCount,
    /// A column definition.
    Column,
    /// A row.
    Row,
    /// The first packet of a prepared statement.
    PrepareOk,
    /// Text without a header.
    Text,
    /// No packet that may stand here.
    Malformed,
}

/// Tells the kind of a packet from the phase it comes in, its first payload byte (none: it is empty), and the payload
/// length of its first frame. Further frames of the packet have no kind of their own.
#[inline]
pub fn classify(phase: Phase, capabilities: Capabilities, first: Option<u8>, len: usize) -> Class {
    let Some(first) = first else {
        return if phase == Phase::Text { Class::Text } else { Class::Malformed };
    };
    match (phase, first) {
        (_, ErrPacket::HEADER) => Class::Err,
        (Phase::Response, OkPacket::HEADER) => Class::Ok,
        (Phase::Response, LOCAL_INFILE) => Class::LocalInfile,
        (Phase::Response, 1..=0xFD) if len <= 9 => Class::ColumnCount,
        (Phase::Columns { .. }, 0..=0xFD) => Class::Column,
        (Phase::ColumnsEnd(_), EofPacket::HEADER) if len < EofPacket::MAX_LEN => Class::Eof,
        (Phase::Rows, first) => end(capabilities, first, len).unwrap_or(Class::Row),
        (Phase::FieldList, first) => end(capabilities, first, len).unwrap_or(Class::Column),
        (Phase::PrepareResponse, 0) => Class::PrepareOk,
        (Phase::SingleOk, OkPacket::HEADER) => Class::Ok,
        (Phase::SingleOk, first) => end(capabilities, first, len).unwrap_or(Class::Malformed),
        (Phase::Text, _) => Class::Text,
        _ => Class::Malformed,
    }
}

/// What ends a list of packets. A row whose first value takes 16 MiB or more begins with 0xFE too, but its first frame
/// is full; without DEPRECATE_EOF even a short row could, so the length tells.
#[inline]
fn end(capabilities: Capabilities, first: u8, len: usize) -> Option<Class> {
    if first != OkPacket::END_HEADER {
        None
    } else if capabilities.deprecate_eof() {
        (len < MAX_FRAME_PAYLOAD).then_some(Class::Ok)
    } else {
        (len < EofPacket::MAX_LEN).then_some(Class::Eof)
    }
}

#[cfg(test)]
mod tests {
    use super::super::AfterColumns;
    use super::*;

    const OLD: Capabilities = Capabilities::EMPTY;
    const NEW: Capabilities = Capabilities::DEPRECATE_EOF;

    #[test]
    fn the_same_first_byte_means_different_things_in_different_phases() {
        let columns = Phase::Columns { left: 1, then: AfterColumns::Rows };
        let columns_end = Phase::ColumnsEnd(AfterColumns::Rows);
        for (phase, capabilities, first, len, class) in [
            (Phase::Response, NEW, 0x00, 7, Class::Ok),
            (Phase::Response, NEW, 0xFF, 20, Class::Err),
            (Phase::Response, NEW, 0xFB, 10, Class::LocalInfile),
            (Phase::Response, NEW, 0x01, 1, Class::ColumnCount),
            (Phase::Response, NEW, 0xFC, 3, Class::ColumnCount),
            (Phase::Response, NEW, 0xFE, 7, Class::Malformed),
            (columns, OLD, 0x03, 40, Class::Column),
            (columns, OLD, 0xFF, 40, Class::Err),
            (columns_end, OLD, 0xFE, 5, Class::Eof),
            (columns_end, OLD, 0x03, 40, Class::Malformed),
            (Phase::Rows, NEW, 0x00, 7, Class::Row),
            (Phase::Rows, NEW, 0xFB, 1, Class::Row),
            (Phase::Rows, NEW, 0xFF, 7, Class::Err),
            (Phase::Rows, NEW, 0xFE, 7, Class::Ok),
            (Phase::Rows, NEW, 0xFE, 70_000, Class::Ok),
            (Phase::Rows, NEW, 0xFE, MAX_FRAME_PAYLOAD, Class::Row),
            (Phase::Rows, OLD, 0xFE, 5, Class::Eof),
            (Phase::Rows, OLD, 0xFE, 9, Class::Row),
            (Phase::Rows, OLD, 0xFE, MAX_FRAME_PAYLOAD, Class::Row),
            (Phase::FieldList, OLD, 0x03, 40, Class::Column),
            (Phase::FieldList, OLD, 0xFE, 5, Class::Eof),
            (Phase::FieldList, NEW, 0xFE, 7, Class::Ok),
            (Phase::PrepareResponse, NEW, 0x00, 12, Class::PrepareOk),
            (Phase::SingleOk, NEW, 0x00, 7, Class::Ok),
            (Phase::SingleOk, OLD, 0xFE, 5, Class::Eof),
            (Phase::SingleOk, NEW, 0xFE, 7, Class::Ok),
            (Phase::SingleOk, NEW, 0x05, 7, Class::Malformed),
            (Phase::Text, NEW, b'U', 100, Class::Text),
        ] {
            assert_eq!(classify(phase, capabilities, Some(first), len), class, "{phase:?} {first:#x} {len}");
        }
        assert_eq!(classify(Phase::Rows, NEW, None, 0), Class::Malformed);
        assert_eq!(classify(Phase::Text, NEW, None, 0), Class::Text);
    }
}
