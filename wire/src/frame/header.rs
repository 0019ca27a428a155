//! A frame's four header bytes, and the sequence ids that a conversation counts.

/// Bytes in front of each frame's payload.
pub const HEADER_LEN: usize = 4;

/// The longest payload of one frame. A frame of exactly this length is followed by another of the same packet.
pub const MAX_FRAME_PAYLOAD: usize = 0xFF_FFFF;

/// The next sequence id of a conversation. It starts at 0 with each command and counts over both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seq(pub u8);

impl Seq {
    /// The id for the next frame. The one after 255 is 0.
    pub fn take(&mut self) -> u8 {
        let id = self.0;
        self.0 = self.0.wrapping_add(1);
        id
    }
}

/// The decoded header of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Length of the payload behind the header, at most [`MAX_FRAME_PAYLOAD`].
    pub len: usize,
    /// The frame's sequence id.
    pub seq: u8,
}

impl FrameHeader {
    /// Reads a header; all four bytes are needed.
    #[inline]
    pub fn decode(bytes: [u8; HEADER_LEN]) -> Self {
        let [a, b, c, seq] = bytes;
        FrameHeader { len: u32::from_le_bytes([a, b, c, 0]) as usize, seq }
    }

    /// The header's bytes. The length must be at most [`MAX_FRAME_PAYLOAD`]; higher bits are cut off.
    #[inline]
    pub fn encode(self) -> [u8; HEADER_LEN] {
        let [a, b, c, _] = (self.len as u32).to_le_bytes();
        [a, b, c, self.seq]
    }

    /// Whether another frame of the same packet follows.
    #[inline]
    pub fn continues(self) -> bool {
        self.len == MAX_FRAME_PAYLOAD
    }
}
