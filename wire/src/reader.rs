//! Reads the protocol's basic types from a packet's payload, borrowed and bounds-checked.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html>

use crate::error::DecodeError;

/// A cursor over one packet's payload. Each method names the field it reads, for the error's text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    packet: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(packet: &'static str, payload: &'a [u8]) -> Self {
        Reader { packet, rest: payload }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn truncated(&self, field: &'static str) -> DecodeError {
        DecodeError::Truncated { packet: self.packet, field }
    }

    pub(crate) fn invalid(&self, field: &'static str, value: u64) -> DecodeError {
        DecodeError::Invalid { packet: self.packet, field, value }
    }

    /// The next `len` bytes.
    pub(crate) fn bytes(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.rest.split_at_checked(len).ok_or_else(|| self.truncated(field))?;
        self.rest = tail;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.truncated(field))?;
        self.rest = tail;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        Ok(self.array::<1>(field)?[0])
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array(field)?))
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array(field)?))
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array(field)?))
    }

    /// A length-encoded integer.
    pub(crate) fn lenenc(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        match self.u8(field)? {
            byte @ 0..=0xFA => Ok(u64::from(byte)),
            0xFC => Ok(u64::from(self.u16(field)?)),
            0xFD => {
                let [a, b, c] = self.array::<3>(field)?;
                Ok(u64::from(u32::from_le_bytes([a, b, c, 0])))
            }
            0xFE => self.u64(field),
            byte => Err(self.invalid(field, u64::from(byte))),
        }
    }

    /// A length-encoded string.
    pub(crate) fn lenenc_bytes(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let len = self.lenenc(field)?;
        let len = usize::try_from(len).map_err(|_| self.truncated(field))?;
        self.bytes(field, len)
    }

    /// A length-encoded string where 0xFB stands for NULL, as in text rows.
    pub(crate) fn lenenc_bytes_or_null(&mut self, field: &'static str) -> Result<Option<&'a [u8]>, DecodeError> {
        if let Some((0xFB, tail)) = self.rest.split_first() {
            self.rest = tail;
            return Ok(None);
        }
        self.lenenc_bytes(field).map(Some)
    }

    /// A string that a zero byte ends. The zero is consumed and not returned.
    pub(crate) fn nul_terminated(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let end = memchr::memchr(0, self.rest).ok_or_else(|| self.truncated(field))?;
        let text = self.bytes(field, end)?;
        self.bytes(field, 1)?;
        Ok(text)
    }

    /// A string that a zero byte or the packet's end ends.
    pub(crate) fn nul_terminated_or_rest(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        if memchr::memchr(0, self.rest).is_some() { self.nul_terminated(field) } else { Ok(self.take_rest()) }
    }

    /// Everything up to the packet's end.
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lenenc_integers_are_read_in_all_four_widths() {
        let mut reader =
            Reader::new("test", b"\xfa\xfc\x01\x02\xfd\x01\x02\x03\xfe\x01\x02\x03\x04\x05\x06\x07\x08\x00");
        assert_eq!(reader.lenenc("a"), Ok(250));
        assert_eq!(reader.lenenc("b"), Ok(0x0201));
        assert_eq!(reader.lenenc("c"), Ok(0x030201));
        assert_eq!(reader.lenenc("d"), Ok(0x0807060504030201));
        assert_eq!(reader.lenenc("e"), Ok(0));
        assert_eq!(reader.lenenc("f"), Err(DecodeError::Truncated { packet: "test", field: "f" }));
    }

    #[test]
    fn a_length_beyond_the_packet_is_an_error() {
        let mut reader = Reader::new("test", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffabc");
        assert_eq!(reader.lenenc_bytes("s"), Err(DecodeError::Truncated { packet: "test", field: "s" }));
    }
}
