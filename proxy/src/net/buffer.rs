//! A read buffer: bytes come in at the end and are consumed at the start.

/// The size of a fresh buffer, in bytes. Enough for most commands, small enough for thousands of idle clients.
const INITIAL: usize = 4 << 10;

/// A read buffer. What was read and not consumed yet is [`Buffer::bytes`].
#[derive(Debug)]
pub(crate) struct Buffer {
    data: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    /// An empty buffer.
    pub(crate) fn new() -> Self {
        Buffer { data: vec![0; INITIAL], start: 0, end: 0 }
    }

    /// An empty buffer that reads up to `size` bytes at once.
    pub(crate) fn with_size(size: usize) -> Self {
        Buffer { data: vec![0; size], start: 0, end: 0 }
    }

    /// What was read and not consumed.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.data.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether nothing is left.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Drop `count` bytes from the start.
    #[inline]
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Make room so that `len` unconsumed bytes can lie in the buffer at once. The room grows at most by doubling
    /// each time it is full, so that a header that announces a long packet doesn't take its memory before its bytes come.
    pub(crate) fn reserve(&mut self, len: usize) {
        if self.start > 0 && self.start + len > self.data.len() {
            self.data.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.data.len() {
            let grown =
                (self.data.len() * 2).min(len.max(INITIAL).next_multiple_of(INITIAL)).max(self.data.len() + INITIAL);
            self.data.resize(grown, 0);
        }
    }

    /// Read up to twice as much at once from now on, at most `limit` bytes. Only for an empty buffer.
    pub(crate) fn grow(&mut self, limit: usize) {
        let size = (self.data.len() * 2).min(limit);
        if self.is_empty() && size > self.data.len() {
            self.data = vec![0; size];
        }
    }

    /// Give memory back after a long packet, once the buffer is empty: go back to the initial size if it is above
    /// `limit` bytes.
    pub(crate) fn shrink_to(&mut self, limit: usize) {
        if self.is_empty() && self.data.len() > limit {
            self.data = vec![0; INITIAL];
        }
    }

    /// The room behind the bytes; never empty.
    #[inline]
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.end == self.data.len() {
            let len = self.end - self.start + 1;
            self.reserve(len);
        }
        self.data.get_mut(self.end..).unwrap_or_default()
    }

    /// `count` bytes of the room were filled.
    #[inline]
    pub(super) fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.data.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(buffer: &mut Buffer, bytes: &[u8]) {
        for byte in bytes {
            buffer.room()[0] = *byte;
            buffer.filled(1);
        }
    }

    #[test]
    fn bytes_come_out_in_order_over_many_refills() {
        let mut buffer = Buffer::new();
        let all: Vec<u8> = (0..50_000u32).map(|i| (i % 251) as u8).collect();
        let mut got = Vec::new();
        for chunk in all.chunks(1234) {
            put(&mut buffer, chunk);
            let take = buffer.bytes().len().min(777);
            got.extend_from_slice(&buffer.bytes()[..take]);
            buffer.consume(take);
        }
        got.extend_from_slice(buffer.bytes());
        assert!(got == all);
    }

    #[test]
    fn an_announced_length_takes_no_memory_before_its_bytes_come() {
        let mut buffer = Buffer::new();
        put(&mut buffer, b"abcd");
        buffer.reserve(16 << 20);
        assert!(buffer.data.len() <= 2 * INITIAL);
        buffer.consume(4);
        buffer.shrink_to(INITIAL);
        assert_eq!(buffer.data.len(), INITIAL);
    }
}
