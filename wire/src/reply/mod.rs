//! Replies of the command phase: the packets that end one, and the scanner that finds its end in a stream.

mod classify;
mod eof;
mod err;
mod ok;
mod outcome;
mod phase;
mod scanner;
#[cfg(test)]
mod scanner_tests;
mod session_change;
mod terminator;

pub use classify::{Class, classify};
pub use eof::EofPacket;
pub use err::ErrPacket;
pub use ok::OkPacket;
pub use outcome::{End, Outcome};
pub use phase::{AfterColumns, Expect, Phase};
pub use scanner::{Progress, ReplyScanner, ScanError};
pub use session_change::{SessionChange, SessionChanges};
