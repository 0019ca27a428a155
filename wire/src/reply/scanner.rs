//! Finds the end of a reply in a stream of bytes, without decoding or copying what passes.

use thiserror::Error;

use super::classify::{Class, classify};
use super::outcome::{End, Outcome};
use super::phase::{AfterColumns, Expect, Phase};
use super::terminator::Terminator;
use crate::error::DecodeError;
use crate::flags::{Capabilities, StatusFlags};
use crate::frame::{FrameHeader, HEADER_LEN, MAX_FRAME_PAYLOAD};
use crate::stmt::PrepareOk;

/// A frame's header and the payload byte behind it: what a packet's kind is told by.
const HEAD_LEN: usize = HEADER_LEN + 1;

/// Why the bytes can't be a reply. The backend's connection can't be used any more.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScanError {
    /// A packet that may not stand where it does.
    #[error("unexpected packet in a reply ({phase:?}): first byte {first:?}, length {len}")]
    Unexpected {
        /// Where the reply stood.
        phase: Phase,
        /// The first byte of the packet's payload, if it isn't empty.
        first: Option<u8>,
        /// The length of the packet's first frame.
        len: usize,
    },
    /// A packet that had to be read and couldn't be.
    #[error("malformed packet in a reply ({phase:?})")]
    Malformed {
        /// Where the reply stood.
        phase: Phase,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
}

/// How far a call of [`ReplyScanner::scan`] came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many of the bytes belong to this reply: all of them, unless it ended before.
    pub consumed: usize,
    /// The reply's outcome, if it ended.
    pub complete: Option<Outcome>,
}

/// Where in the stream of frames the next byte lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// At a packet's first frame; so many bytes of its head are in `head`.
    Head { have: u8 },
    /// In the header of a packet's further frame; so many bytes of it are in `head`.
    Continuation { have: u8 },
    /// In a payload that is passed over, `left` bytes before its end.
    Skip { left: usize, continues: bool },
    /// In a payload that is needed as a whole and gathered in `gathered`, `left` bytes before its end.
    Gather { class: Class, left: usize },
}

/// The state of one reply. It takes the stream in chunks of any size; see [`ReplyScanner::scan`].
///
/// Rows are passed over by the lengths in their headers, so their bytes aren't even read. Memory is taken only when
/// a packet that must be read as a whole (OK, ERR, ...) lies in two chunks, and for changes of the session's state.
#[derive(Debug, Clone)]
pub struct ReplyScanner {
    capabilities: Capabilities,
    phase: Phase,
    position: Position,
    head: [u8; HEAD_LEN],
    gathered: Vec<u8>,
    rows: u64,
    results: u32,
    session_changes: Vec<u8>,
    prepared: Option<PrepareOk>,
}

impl ReplyScanner {
    /// A scanner for the reply to the command that was sent on a connection of these capabilities.
    pub fn new(expect: Expect, capabilities: Capabilities) -> Self {
        ReplyScanner {
            capabilities,
            phase: expect.into(),
            position: Position::Head { have: 0 },
            head: [0; HEAD_LEN],
            gathered: Vec::new(),
            rows: 0,
            results: 0,
            session_changes: Vec::new(),
            prepared: None,
        }
    }

    /// Begins with the next command's reply on the same connection, keeping the memory.
    pub fn reset(&mut self, expect: Expect) {
        self.phase = expect.into();
        self.position = Position::Head { have: 0 };
        self.gathered.clear();
        self.session_changes.clear();
        self.rows = 0;
        self.results = 0;
        self.prepared = None;
    }

    /// Which packet comes next, or is being passed.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes the stream's next bytes. When the outcome is there, bytes behind `consumed` belong to another reply, and
    /// [`ReplyScanner::reset`] must be called before the next scan.
    ///
    /// # Errors
    /// If the bytes can't be a reply.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Progress, ScanError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let complete = match self.position {
                Position::Head { have: 0 } if self.phase == Phase::Rows => {
                    let (after, complete) = self.rows(rest)?;
                    rest = after;
                    complete
                }
                Position::Head { have } => self.head(have, &mut rest)?,
                Position::Continuation { have } => self.continuation(have, &mut rest),
                Position::Skip { left, continues } => self.skip(left, continues, &mut rest),
                Position::Gather { class, left } => self.gather(class, left, &mut rest)?,
            };
            if complete.is_some() {
                return Ok(Progress { consumed: bytes.len() - rest.len(), complete });
            }
        }
        Ok(Progress { consumed: bytes.len(), complete: None })
    }

    /// Passes over whole rows, the common case, as far as their heads lie within `rest`.
    #[inline]
    fn rows<'b>(&mut self, rest: &'b [u8]) -> Result<(&'b [u8], Option<Outcome>), ScanError> {
        let mut at = 0;
        let mut rows = 0;
        while let Some(&[a, b, c, _, first]) = rest.get(at..).and_then(|tail| tail.first_chunk::<HEAD_LEN>()) {
            let len = u32::from_le_bytes([a, b, c, 0]) as usize;
            if first >= 0xFE || len == 0 || len == MAX_FRAME_PAYLOAD {
                break;
            }
            rows += 1;
            at += HEADER_LEN + len;
        }
        self.rows += rows;
        match rest.get(at..) {
            Some([]) => Ok((&[], None)),
            Some(mut tail) => {
                let complete = self.head(0, &mut tail)?;
                Ok((tail, complete))
            }
            None => {
                self.position = Position::Skip { left: at - rest.len(), continues: false };
                Ok((&[], None))
            }
        }
    }

    /// A packet's first frame. `have` bytes of its head came before `rest`.
    fn head(&mut self, have: u8, rest: &mut &[u8]) -> Result<Option<Outcome>, ScanError> {
        if have == 0
            && let Some((&[a, b, c, seq, first], _)) = rest.split_first_chunk::<HEAD_LEN>()
        {
            let header = FrameHeader::decode([a, b, c, seq]);
            // Behind an empty packet's header stands the next packet.
            let class = self.classify((header.len > 0).then_some(first), header)?;
            if Terminator::needed_for(class)
                && let Some((packet, later)) = rest.split_at_checked(HEADER_LEN + header.len)
            {
                *rest = later;
                return self.read(class, packet.get(HEADER_LEN..).unwrap_or_default());
            }
        }
        let have = self.fill_head(have, HEAD_LEN, rest);
        let [a, b, c, seq, first] = self.head;
        let header = FrameHeader::decode([a, b, c, seq]);
        let first = match have {
            HEAD_LEN => Some(first),
            HEADER_LEN if header.len == 0 => None,
            have => {
                self.position = Position::Head { have: have as u8 };
                return Ok(None);
            }
        };
        let class = self.classify(first, header)?;
        let left = header.len.saturating_sub(1);
        if !Terminator::needed_for(class) {
            if class == Class::Row {
                self.rows += 1;
            }
            return Ok(self.skip(left, header.continues(), rest));
        }
        self.gathered.clear();
        self.gathered.extend(first);
        self.gather(class, left, rest)
    }

    /// The kind of a packet that may stand here.
    fn classify(&self, first: Option<u8>, header: FrameHeader) -> Result<Class, ScanError> {
        let class = classify(self.phase, self.capabilities, first, header.len);
        if class == Class::Malformed || (Terminator::needed_for(class) && header.continues()) {
            return Err(ScanError::Unexpected { phase: self.phase, first, len: header.len });
        }
        Ok(class)
    }

    /// Moves bytes from `rest` to `head` until it has `want`, or the payload is known to be empty. The head is filled
    /// in two steps, because an empty payload's header isn't followed by a byte of its own.
    fn fill_head(&mut self, have: u8, want: usize, rest: &mut &[u8]) -> usize {
        let mut have = usize::from(have);
        for target in [HEADER_LEN, want] {
            if let Some(room) = self.head.get_mut(have..target) {
                let (now, later) = rest.split_at(room.len().min(rest.len()));
                if let Some(room) = room.get_mut(..now.len()) {
                    room.copy_from_slice(now);
                }
                have += now.len();
                *rest = later;
            }
            if have < target || self.head.starts_with(&[0, 0, 0]) {
                break;
            }
        }
        have
    }

    /// The header of a packet's further frame.
    fn continuation(&mut self, have: u8, rest: &mut &[u8]) -> Option<Outcome> {
        let have = self.fill_head(have, HEADER_LEN, rest);
        if have < HEADER_LEN {
            self.position = Position::Continuation { have: have as u8 };
            return None;
        }
        let [a, b, c, seq, _] = self.head;
        let header = FrameHeader::decode([a, b, c, seq]);
        self.skip(header.len, header.continues(), rest)
    }

    /// `left` bytes of a payload that isn't read.
    fn skip(&mut self, left: usize, continues: bool, rest: &mut &[u8]) -> Option<Outcome> {
        if left > rest.len() {
            self.position = Position::Skip { left: left - rest.len(), continues };
            *rest = &[];
            return None;
        }
        *rest = rest.get(left..).unwrap_or_default();
        if continues {
            self.position = Position::Continuation { have: 0 };
            return None;
        }
        self.position = Position::Head { have: 0 };
        self.passed()
    }

    /// Gathers the rest of a payload, and acts on it when it is whole.
    fn gather(&mut self, class: Class, left: usize, rest: &mut &[u8]) -> Result<Option<Outcome>, ScanError> {
        let (now, later) = rest.split_at(left.min(rest.len()));
        self.gathered.extend_from_slice(now);
        *rest = later;
        if now.len() < left {
            self.position = Position::Gather { class, left: left - now.len() };
            return Ok(None);
        }
        let gathered = std::mem::take(&mut self.gathered);
        let complete = self.read(class, &gathered);
        self.gathered = gathered;
        complete
    }

    /// Reads a packet that is needed as a whole, and acts on it.
    fn read(&mut self, class: Class, payload: &[u8]) -> Result<Option<Outcome>, ScanError> {
        self.position = Position::Head { have: 0 };
        let malformed = |source| ScanError::Malformed { phase: self.phase, source };
        match Terminator::decode(class, payload, self.capabilities).map_err(malformed)? {
            Terminator::Ok(ok) => {
                self.session_changes.extend_from_slice(&ok.session_changes);
                let end = match self.phase {
                    Phase::Response | Phase::SingleOk => {
                        End::Ok { affected_rows: ok.affected_rows, insert_id: ok.insert_id }
                    }
                    _ => End::ResultSet,
                };
                Ok(self.result_ended(end, ok.status, ok.warnings))
            }
            Terminator::Eof(eof) => Ok(match self.phase {
                Phase::ColumnsEnd(AfterColumns::Rows) if eof.status.contains(StatusFlags::CURSOR_EXISTS) => {
                    self.result_ended(End::ResultSet, eof.status, eof.warnings)
                }
                Phase::ColumnsEnd(then) => self.columns_ended(then),
                Phase::SingleOk => {
                    self.result_ended(End::Ok { affected_rows: 0, insert_id: 0 }, eof.status, eof.warnings)
                }
                _ => self.result_ended(End::ResultSet, eof.status, eof.warnings),
            }),
            Terminator::Err(err) => {
                self.results += 1;
                Ok(Some(self.outcome(End::Err { errno: err.errno, sqlstate: err.sqlstate }, None, 0)))
            }
            Terminator::ColumnCount(0) => {
                Err(ScanError::Unexpected { phase: self.phase, first: payload.first().copied(), len: payload.len() })
            }
            Terminator::ColumnCount(left) => {
                self.phase = Phase::Columns { left, then: AfterColumns::Rows };
                Ok(None)
            }
            Terminator::PrepareOk(prepared) => {
                self.prepared = Some(prepared);
                let then = AfterColumns::PreparedColumns(prepared.columns);
                if prepared.params == 0 {
                    return Ok(self.columns_ended(then));
                }
                self.phase = Phase::Columns { left: u64::from(prepared.params), then };
                Ok(None)
            }
        }
    }

    /// A packet that isn't read passed by.
    fn passed(&mut self) -> Option<Outcome> {
        match self.phase {
            Phase::Columns { left: left @ 2.., then } => {
                self.phase = Phase::Columns { left: left - 1, then };
                None
            }
            Phase::Columns { then, .. } if self.capabilities.deprecate_eof() => self.columns_ended(then),
            Phase::Columns { then, .. } => {
                self.phase = Phase::ColumnsEnd(then);
                None
            }
            Phase::Response => Some(self.outcome(End::LocalInfile, None, 0)),
            Phase::Text => {
                self.results += 1;
                Some(self.outcome(End::Text, None, 0))
            }
            _ => None,
        }
    }

    /// A block of column definitions ended, with the EOF behind it if there is one.
    fn columns_ended(&mut self, then: AfterColumns) -> Option<Outcome> {
        match (then, self.prepared) {
            (AfterColumns::PreparedColumns(left @ 1..), _) => {
                self.phase = Phase::Columns { left: u64::from(left), then: AfterColumns::End };
                None
            }
            (AfterColumns::PreparedColumns(0) | AfterColumns::End, Some(prepared)) => {
                self.results += 1;
                Some(self.outcome(End::Prepared(prepared), None, prepared.warnings))
            }
            _ => {
                self.phase = Phase::Rows;
                None
            }
        }
    }

    /// An OK or EOF ended a result; another one follows if the status says so.
    fn result_ended(&mut self, end: End, status: StatusFlags, warnings: u16) -> Option<Outcome> {
        self.results += 1;
        if status.contains(StatusFlags::MORE_RESULTS) && self.phase != Phase::SingleOk {
            self.phase = Phase::Response;
            return None;
        }
        Some(self.outcome(end, Some(status), warnings))
    }

    fn outcome(&mut self, end: End, status: Option<StatusFlags>, warnings: u16) -> Outcome {
        Outcome {
            end,
            status,
            warnings,
            results: self.results,
            rows: self.rows,
            session_changes: std::mem::take(&mut self.session_changes),
        }
    }
}
