//! What an exchange writes to and draws from.

use std::convert::Infallible;

use rsa::rand_core::{TryCryptoRng, TryRng};

use crate::frame::{self, Seq};

/// The outer world of an exchange, for one step: where packets go, the conversation's sequence ids, and randomness.
pub struct Link<'a> {
    /// Packets are appended here; the caller sends them before it reads again.
    pub out: &'a mut Vec<u8>,
    /// The ids of both directions; the caller takes the peer's packets with [`frame::pull`] and this.
    pub seq: &'a mut Seq,
    /// Fills a slice with bytes that nobody can foresee.
    pub random: &'a mut dyn FnMut(&mut [u8]),
}

impl Link<'_> {
    pub(super) fn send(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        frame::append(self.out, self.seq, write);
    }
}

/// Gives a source of random bytes the form that the `rsa` crate takes.
pub(super) struct Random<'a>(pub(super) &'a mut dyn FnMut(&mut [u8]));

impl TryRng for Random<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random<'_> {}
