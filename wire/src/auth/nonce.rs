//! The server's challenge.

/// The twenty bytes that a login's passwords are scrambled with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; Nonce::LEN]);

impl Nonce {
    /// Its length in bytes.
    pub const LEN: usize = 20;

    /// Makes a nonce out of random bytes. Like MySQL's, its bytes are ASCII and neither zero nor `$`: some clients
    /// take it for a string.
    pub fn from_random(random: [u8; Nonce::LEN]) -> Self {
        Nonce(random.map(|byte| match byte & 0x7F {
            0 => 1,
            b'$' => b'%',
            byte => byte,
        }))
    }

    /// Takes a nonce off a packet: twenty bytes, perhaps with the zero byte that ends them there.
    pub fn from_wire(data: &[u8]) -> Option<Self> {
        match data {
            [bytes @ .., 0] if bytes.len() == Self::LEN => bytes.try_into().ok().map(Nonce),
            bytes => bytes.try_into().ok().map(Nonce),
        }
    }

    /// Takes a nonce off a greeting, where it stands in two parts.
    pub(crate) fn from_parts(head: &[u8], tail: &[u8]) -> Option<Self> {
        Self::from_wire(&[head, tail].concat())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; Nonce::LEN] {
        &self.0
    }

    /// The bytes and the zero byte that ends them on the wire.
    pub(crate) fn to_wire(self) -> [u8; Nonce::LEN + 1] {
        let mut wire = [0; Nonce::LEN + 1];
        for (to, from) in wire.iter_mut().zip(self.0) {
            *to = from;
        }
        wire
    }
}

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nonce({})", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_ascii_without_zero_and_dollar() {
        for byte in 0..=255 {
            let nonce = Nonce::from_random([byte; 20]);
            assert!(nonce.as_bytes().iter().all(|b| (1..128).contains(b) && *b != b'$'), "{byte}");
        }
    }

    #[test]
    fn the_wire_form_is_read_back() {
        let nonce = Nonce::from_random(*b"abcdefghijklmnopqrst");
        assert_eq!(Nonce::from_wire(&nonce.to_wire()), Some(nonce));
        assert_eq!(Nonce::from_wire(b"short\0"), None);
    }
}
