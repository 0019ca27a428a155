//! Frames: a three-byte length, a sequence id, and up to 16 MiB - 1 of payload. A payload of that size or more takes
//! several frames, the last of them shorter (and perhaps empty).
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

mod append;
mod header;
mod pull;

pub use append::{append, append_payload};
pub use header::{FrameHeader, HEADER_LEN, MAX_FRAME_PAYLOAD, Seq};
pub use pull::{FrameError, Packet, Pull, pull};
