//! The packets of a reply that are read as a whole: few, and short.

use super::classify::Class;
use super::{EofPacket, ErrPacket, OkPacket};
use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::reader::Reader;
use crate::stmt::PrepareOk;

/// A decoded packet that moves a reply on.
#[derive(Debug)]
pub(super) enum Terminator<'a> {
    Ok(OkPacket<'a>),
    Eof(EofPacket),
    Err(ErrPacket<'a>),
    ColumnCount(u64),
    PrepareOk(PrepareOk),
}

impl<'a> Terminator<'a> {
    /// Whether packets of this kind are read as a whole.
    pub(super) fn needed_for(class: Class) -> bool {
        matches!(class, Class::Ok | Class::Eof | Class::Err | Class::ColumnCount | Class::PrepareOk)
    }

    /// Reads the payload of a packet of such a kind.
    pub(super) fn decode(class: Class, payload: &'a [u8], capabilities: Capabilities) -> Result<Self, DecodeError> {
        match class {
            Class::Ok => OkPacket::decode(payload, capabilities).map(Terminator::Ok),
            Class::Eof => EofPacket::decode(payload).map(Terminator::Eof),
            Class::Err => ErrPacket::decode(payload).map(Terminator::Err),
            Class::PrepareOk => PrepareOk::decode(payload).map(Terminator::PrepareOk),
            _ => Reader::new("column count", payload).lenenc("count").map(Terminator::ColumnCount),
        }
    }
}
