//! Appends packets to an output buffer, split into frames where they are too long for one.

use super::header::{FrameHeader, HEADER_LEN, MAX_FRAME_PAYLOAD, Seq};

/// Appends one packet whose payload `write` appends to the buffer it gets. Nothing is copied unless the payload is
/// longer than one frame can be.
///
/// `write` must only append.
pub fn append(out: &mut Vec<u8>, seq: &mut Seq, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_LEN]);
    let payload = start + HEADER_LEN;
    write(out);
    let len = out.len().saturating_sub(payload);
    if len >= MAX_FRAME_PAYLOAD {
        let whole = out.split_off(payload);
        out.truncate(start);
        append_payload(out, seq, &whole);
    } else if let Some(header) = out.get_mut(start..payload) {
        header.copy_from_slice(&FrameHeader { len, seq: seq.take() }.encode());
    }
}

/// Appends one packet with the given payload.
pub fn append_payload(out: &mut Vec<u8>, seq: &mut Seq, payload: &[u8]) {
    out.reserve(payload.len() + HEADER_LEN * (1 + payload.len() / MAX_FRAME_PAYLOAD));
    let mut rest = payload;
    loop {
        let (head, tail) = rest.split_at(rest.len().min(MAX_FRAME_PAYLOAD));
        out.extend_from_slice(&FrameHeader { len: head.len(), seq: seq.take() }.encode());
        out.extend_from_slice(head);
        rest = tail;
        if head.len() < MAX_FRAME_PAYLOAD {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_payload_takes_one_frame() {
        let mut out = b"before".to_vec();
        let mut seq = Seq(7);
        append(&mut out, &mut seq, |out| out.extend_from_slice(b"\x0e"));
        assert_eq!(out, b"before\x01\x00\x00\x07\x0e");
        assert_eq!(seq, Seq(8));
    }

    #[test]
    fn a_payload_of_exactly_one_full_frame_gets_an_empty_one_behind_it() {
        let payload = vec![0x61; MAX_FRAME_PAYLOAD];
        let mut by_write = Vec::new();
        let mut seq = Seq(255);
        append(&mut by_write, &mut seq, |out| out.extend_from_slice(&payload));
        assert_eq!(seq, Seq(1));
        assert_eq!(by_write.len(), MAX_FRAME_PAYLOAD + 8);
        assert_eq!(by_write[..5], *b"\xff\xff\xff\xff\x61");
        assert_eq!(by_write[MAX_FRAME_PAYLOAD + 4..], *b"\x00\x00\x00\x00");
        let mut by_payload = Vec::new();
        append_payload(&mut by_payload, &mut Seq(255), &payload);
        assert!(by_payload == by_write);
    }
}
