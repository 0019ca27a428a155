//! The fingerprint of a statement: its text without literals, and where the literals stand.
//!
//! [`scan`] reads the client's bytes once and allocates nothing when its [`Fingerprint`] is reused. The key that it
//! makes is the text byte for byte, with each slot replaced by one control byte that says the slot's kind. Two texts
//! of one key therefore differ in their literals and comments only, and what lies between two slots is the same.

mod bytes;
mod decode;
mod directive;
mod mode;
mod scan;
mod split;
#[cfg(test)]
mod tests;

pub use decode::{literal_value, unquote};
pub use directive::{Directive, DirectiveName, Directives};
pub use mode::{CharsetClass, LexMode, SqlMode};
pub use scan::scan;
pub use split::split_statements;

pub(crate) use bytes::is_identifier_byte;

use crate::plan::SlotId;
use std::ops::Range;

/// What stands in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    /// Digits only.
    Integer,
    /// Digits with a point.
    Decimal,
    /// A number with an exponent.
    Float,
    /// A quoted string; adjacent ones are one literal.
    Text,
    /// `N'text'`.
    National,
    /// `0x4a` or `x'4a'`.
    Hex,
    /// `0b01` or `b'01'`.
    Bits,
    /// `?`, with its index counted from 0.
    Parameter(u16),
    /// A comment that is neither `/*! */` nor `/*+ */`.
    Comment,
}

impl LiteralKind {
    /// The byte that stands for it in the key. None of them is allowed in SQL outside quotes.
    pub(crate) fn marker(self) -> u8 {
        match self {
            LiteralKind::Integer => 0x01,
            LiteralKind::Decimal => 0x02,
            LiteralKind::Float => 0x03,
            LiteralKind::Text => 0x04,
            LiteralKind::National => 0x05,
            LiteralKind::Hex => 0x06,
            LiteralKind::Bits => 0x07,
            LiteralKind::Parameter(_) => 0x08,
            LiteralKind::Comment => 0x0e,
        }
    }
}

/// Added to a marker where the slot is a folded list.
pub(crate) const FOLDED: u8 = 0x10;

/// A literal in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Literal {
    /// Its first byte.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
    /// What it is.
    pub kind: LiteralKind,
}

impl Literal {
    /// Its place in the text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A slot: one literal, or a folded `IN` list of literals of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Index of its first literal.
    pub first: u32,
    /// How many literals; more or less than one only where `folded`.
    pub count: u32,
    /// Whether it is the list in `IN (...)`.
    pub folded: bool,
}

/// A statement's key, literals and slots. Meant to be reused: its buffers keep their memory.
#[derive(Debug, Clone, Default)]
pub struct Fingerprint {
    pub(crate) key: Vec<u8>,
    pub(crate) literals: Vec<Literal>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) parameters: u16,
    pub(crate) first_word: Range<u32>,
    pub(crate) terminator: Option<u32>,
    pub(crate) more: bool,
    pub(crate) directives: bool,
}

impl Fingerprint {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text with markers in place of its slots.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The literals, parameters and comments, in the order of the text.
    pub fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// The slots, in the order of the text.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The literals of a slot; empty if there is no such slot.
    pub fn slot_literals(&self, slot: SlotId) -> &[Literal] {
        let Some(slot) = self.slots.get(slot.0 as usize) else { return &[] };
        let first = slot.first as usize;
        self.literals.get(first..first + slot.count as usize).unwrap_or_default()
    }

    /// Where a slot stands in the text, from its first literal's start to its last one's end.
    pub fn slot_range(&self, slot: SlotId) -> Option<Range<usize>> {
        let literals = self.slot_literals(slot);
        Some(literals.first()?.start as usize..literals.last()?.end as usize)
    }

    /// The slot that starts at this byte of the text.
    pub fn slot_at(&self, start: usize) -> Option<SlotId> {
        let index = self.slots.partition_point(|slot| {
            self.literals.get(slot.first as usize).is_some_and(|literal| (literal.start as usize) < start)
        });
        let slot = SlotId(u32::try_from(index).ok()?);
        (self.slot_range(slot)?.start == start).then_some(slot)
    }

    /// How many parameters (`?`) there are.
    pub fn parameter_count(&self) -> usize {
        usize::from(self.parameters)
    }

    /// Where the first word (letters, digits, `_`) stands; empty if the text starts otherwise.
    pub fn first_word(&self) -> Range<usize> {
        self.first_word.start as usize..self.first_word.end as usize
    }

    /// Whether another statement follows behind a `;`.
    pub fn has_more_statements(&self) -> bool {
        self.more
    }

    /// The first `;` outside quotes and comments.
    pub fn terminator(&self) -> Option<usize> {
        self.terminator.map(|at| at as usize)
    }

    /// The directives of the text's `/*vt+ */` and `/*sg+ */` comments.
    pub fn directives<'a>(&'a self, text: &'a [u8]) -> Directives<'a> {
        let comments = if self.directives { self.literals.as_slice() } else { &[] };
        Directives::new(text, comments)
    }

    /// The key as people read it: `?` in place of literals, `(?)` for a folded list, comments left out.
    pub fn readable(&self) -> String {
        let mut out = Vec::with_capacity(self.key.len());
        for byte in &self.key {
            match byte {
                0x0e => {}
                0x01..=0x08 | 0x11..=0x18 => out.push(b'?'),
                byte => out.push(*byte),
            }
        }
        String::from_utf8_lossy(&out).trim().to_owned()
    }

    pub(crate) fn clear(&mut self) {
        self.key.clear();
        self.literals.clear();
        self.slots.clear();
        self.parameters = 0;
        self.first_word = 0..0;
        self.terminator = None;
        self.more = false;
        self.directives = false;
    }
}

/// Why a text has no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LexError {
    /// A string, quoted identifier or comment that isn't closed.
    #[error("what opens at byte {at} isn't closed")]
    Unterminated {
        /// Where it opens.
        at: usize,
    },
    /// A control byte outside quotes.
    #[error("the byte 0x{byte:02x} at {at} isn't allowed outside quotes")]
    ControlByte {
        /// Where.
        at: usize,
        /// Which.
        byte: u8,
    },
    /// More parameters than the protocol has.
    #[error("more than 65535 parameters")]
    TooManyParameters,
    /// A text above 1 GiB.
    #[error("the text is longer than 1 GiB")]
    TooLong,
}
