//! Takes whole packets out of an input buffer.

use std::borrow::Cow;

use thiserror::Error;

use super::header::{FrameHeader, HEADER_LEN, MAX_FRAME_PAYLOAD, Seq};

/// Why the input can't be a stream of packets. The connection can't be used any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A frame has another sequence id than the conversation's next.
    #[error("packets out of order: expected sequence id {expected}, got {got}")]
    OutOfOrder {
        /// The next id of the conversation.
        expected: u8,
        /// The id in the frame's header.
        got: u8,
    },
    /// The packet is longer than `max_allowed_packet`.
    #[error("got a packet bigger than 'max_allowed_packet' bytes ({max})")]
    TooLarge {
        /// The limit in bytes.
        max: usize,
    },
}

/// A whole packet, taken out of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Borrowed from the input, unless the packet took several frames.
    pub payload: Cow<'a, [u8]>,
    /// How many bytes of the input the packet took, headers included.
    pub consumed: usize,
}

/// What the input holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pull<'a> {
    /// A whole packet.
    Packet(Packet<'a>),
    /// The input must have at least this many bytes (counted from its start) before another try can succeed.
    Need(usize),
}

/// Takes the first packet out of `input`. `seq` moves on only if there is a whole packet.
///
/// `max_payload` bounds the packet's payload in bytes; it is checked as soon as the header is there, so that a packet
/// which is too long needs no buffer.
#[inline]
pub fn pull<'a>(input: &'a [u8], seq: &mut Seq, max_payload: usize) -> Result<Pull<'a>, FrameError> {
    let Some((header, rest)) = input.split_first_chunk::<HEADER_LEN>() else { return Ok(Pull::Need(HEADER_LEN)) };
    let header = FrameHeader::decode(*header);
    check(header, *seq, header.len, max_payload)?;
    if header.continues() {
        return pull_long(input, seq, max_payload);
    }
    match rest.get(..header.len) {
        Some(payload) => {
            seq.take();
            Ok(Pull::Packet(Packet { payload: Cow::Borrowed(payload), consumed: HEADER_LEN + header.len }))
        }
        None => Ok(Pull::Need(HEADER_LEN + header.len)),
    }
}

fn check(header: FrameHeader, expected: Seq, total: usize, max: usize) -> Result<(), FrameError> {
    if header.seq != expected.0 {
        return Err(FrameError::OutOfOrder { expected: expected.0, got: header.seq });
    }
    if total > max {
        return Err(FrameError::TooLarge { max });
    }
    Ok(())
}

/// The packet of several frames: first finds its end by the headers, then joins the payloads.
#[cold]
fn pull_long<'a>(input: &'a [u8], seq: &mut Seq, max_payload: usize) -> Result<Pull<'a>, FrameError> {
    let mut next = *seq;
    let (mut at, mut total) = (0, 0);
    loop {
        let Some(header) = input.get(at..).and_then(|rest| rest.first_chunk::<HEADER_LEN>()) else {
            return Ok(Pull::Need(at + HEADER_LEN));
        };
        let header = FrameHeader::decode(*header);
        total += header.len;
        check(header, next, total, max_payload)?;
        next.take();
        at += HEADER_LEN + header.len;
        if !header.continues() {
            break;
        }
    }
    let Some(frames) = input.get(..at) else { return Ok(Pull::Need(at)) };
    let mut payload = Vec::with_capacity(total);
    for frame in frames.chunks(HEADER_LEN + MAX_FRAME_PAYLOAD) {
        payload.extend_from_slice(frame.get(HEADER_LEN..).unwrap_or_default());
    }
    *seq = next;
    Ok(Pull::Packet(Packet { payload: Cow::Owned(payload), consumed: at }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::append_payload;

    const MAX: usize = 64 << 20;

    #[test]
    fn a_packet_is_borrowed_and_the_next_one_left() {
        let input = b"\x01\x00\x00\x00\x0e\x01\x00\x00\x00\x01";
        let mut seq = Seq(0);
        let Pull::Packet(packet) = pull(input, &mut seq, MAX).unwrap() else { panic!("no packet") };
        assert_eq!(packet, Packet { payload: Cow::Borrowed(b"\x0e".as_slice()), consumed: 5 });
        assert_eq!(seq, Seq(1));
    }

    #[test]
    fn what_is_missing_is_said_from_the_start_of_the_input() {
        assert_eq!(pull(b"\x05\x00", &mut Seq(0), MAX), Ok(Pull::Need(4)));
        assert_eq!(pull(b"\x05\x00\x00\x00ab", &mut Seq(0), MAX), Ok(Pull::Need(9)));
    }

    #[test]
    fn a_wrong_sequence_id_is_an_error_and_keeps_the_count() {
        let mut seq = Seq(0);
        let error = pull(b"\x01\x00\x00\x03\x0e", &mut seq, MAX);
        assert_eq!(error, Err(FrameError::OutOfOrder { expected: 0, got: 3 }));
        assert_eq!(seq, Seq(0));
    }

    #[test]
    fn a_packet_over_the_limit_is_refused_by_its_header_alone() {
        assert_eq!(pull(b"\x01\x04\x00\x00", &mut Seq(0), 1024), Err(FrameError::TooLarge { max: 1024 }));
    }

    #[test]
    fn frames_of_one_packet_are_joined() {
        for len in [MAX_FRAME_PAYLOAD, MAX_FRAME_PAYLOAD + 1, 2 * MAX_FRAME_PAYLOAD, 2 * MAX_FRAME_PAYLOAD + 5] {
            let payload: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let mut input = Vec::new();
            let mut written = Seq(4);
            append_payload(&mut input, &mut written, &payload);
            let mut seq = Seq(4);
            assert!(matches!(pull(&input[..input.len() - 1], &mut seq, MAX), Ok(Pull::Need(n)) if n == input.len()));
            let Pull::Packet(packet) = pull(&input, &mut seq, MAX).unwrap() else { panic!("no packet") };
            assert_eq!(packet.consumed, input.len());
            assert!(packet.payload == payload);
            assert_eq!(seq, written);
            assert_eq!(pull(&input, &mut Seq(4), len - 1), Err(FrameError::TooLarge { max: len - 1 }));
        }
    }
}
