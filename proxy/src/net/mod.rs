//! The hot path's socket I/O, behind one narrow door: a [`Stream`] that reads into a [`Buffer`] and writes slices.
//!
//! **Invariant:** outside this module no code of the data path knows what kind of socket a stream is, so another way of
//! doing I/O (io_uring) can take its place here.

mod buffer;
mod stream;

pub(crate) use buffer::Buffer;
pub(crate) use stream::Stream;
