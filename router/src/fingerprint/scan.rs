//! The scanner.
//!
//! It follows MySQL's lexer (`sql/sql_lex.cc`) where that decides what a literal is: `1e5` is a number and `1ea` an
//! identifier, digits behind `name.` are a name, `--` opens a comment only before a space or control byte, strings
//! that follow each other are one.

use super::bytes::{CLASSES, Class, is_identifier_byte, is_space};
use super::{CharsetClass, FOLDED, Fingerprint, LexError, LexMode, Literal, LiteralKind, Slot};

/// Make the fingerprint of a text. On an error what is in `into` is of no use.
///
/// # Errors
/// When the text can't be cut into tokens, in which case no server can run it either.
pub fn scan(text: &[u8], mode: LexMode, into: &mut Fingerprint) -> Result<(), LexError> {
    scan_until(text, mode, into, false).map(|_| ())
}

/// As [`scan`]; with `one` it stops behind the first `;`. Returns where it stopped.
pub(super) fn scan_until(text: &[u8], mode: LexMode, into: &mut Fingerprint, one: bool) -> Result<usize, LexError> {
    into.clear();
    if text.len() > 1 << 30 {
        return Err(LexError::TooLong);
    }
    Scanner { text, mode, into, pos: 0, copied: 0, version_comments: 0 }.run(one)
}

struct Scanner<'a> {
    text: &'a [u8],
    mode: LexMode,
    into: &'a mut Fingerprint,
    pos: usize,
    /// The text up to here is in the key.
    copied: usize,
    /// How many `/*!` are open.
    version_comments: u32,
}

impl Scanner<'_> {
    fn run(mut self, one: bool) -> Result<usize, LexError> {
        while let Some(byte) = self.text.get(self.pos).copied() {
            match CLASSES[byte as usize] {
                Class::Space => self.pos += 1,
                Class::Word => self.word()?,
                Class::Plain => {
                    self.content();
                    self.pos += 1;
                }
                Class::Semicolon => {
                    self.into.terminator.get_or_insert(self.pos as u32);
                    self.pos += 1;
                    if one {
                        break;
                    }
                }
                class => self.other(byte, class)?,
            }
        }
        if self.version_comments > 0 && !one {
            return Err(LexError::Unterminated { at: self.text.len() });
        }
        self.into.key.extend_from_slice(self.text.get(self.copied..self.pos).unwrap_or_default());
        Ok(self.pos)
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// Note that there is something other than space and comments here.
    #[inline]
    fn content(&mut self) {
        if self.into.terminator.is_some() {
            self.into.more = true;
        }
    }

    #[inline]
    fn skip_spaces(&self, mut at: usize) -> usize {
        while is_space(self.byte(at)) {
            at += 1;
        }
        at
    }

    /// The end of the identifier bytes from `at` on.
    #[inline]
    fn word_end(&self, mut at: usize) -> usize {
        if self.mode.charset == CharsetClass::Plain {
            while self.text.get(at).is_some_and(|byte| is_identifier_byte(*byte)) {
                at += 1;
            }
            return at;
        }
        while let Some(byte) = self.text.get(at).copied() {
            if !is_identifier_byte(byte) {
                break;
            }
            at += self.width(at);
        }
        at
    }

    fn width(&self, at: usize) -> usize {
        self.mode.charset.width(self.text.get(at..).unwrap_or_default())
    }

    /// Put the text before `start` and a marker into the key, and go on behind `end`.
    #[inline]
    fn push(&mut self, start: usize, end: usize, kind: LiteralKind) {
        self.into.key.extend_from_slice(self.text.get(self.copied..start).unwrap_or_default());
        self.into.key.push(kind.marker());
        self.into.slots.push(Slot { first: self.into.literals.len() as u32, count: 1, folded: false });
        self.into.literals.push(Literal { start: start as u32, end: end as u32, kind });
        self.copied = end;
        self.pos = end;
    }

    fn word(&mut self) -> Result<(), LexError> {
        self.content();
        let start = self.pos;
        let end = self.word_end(start);
        if end - start == 1
            && self.byte(end) == b'\''
            && let Some((end, kind)) = self.prefixed(start)?
        {
            self.push(start, end, kind);
            return Ok(());
        }
        if self.into.first_word.end == 0 {
            self.into.first_word = start as u32..end as u32;
        }
        self.pos = end;
        if end - start == 2 && (self.byte(start) | 0x20) == b'i' && (self.byte(start + 1) | 0x20) == b'n' {
            return self.in_list();
        }
        self.qualified();
        Ok(())
    }

    /// The `.name` behind a name, whose digits are no number.
    fn qualified(&mut self) {
        while self.byte(self.pos) == b'.' {
            self.pos = self.word_end(self.pos + 1);
        }
    }

    /// `x'4a'`, `b'01'`, `N'text'`.
    fn prefixed(&self, start: usize) -> Result<Option<(usize, LiteralKind)>, LexError> {
        Ok(match self.byte(start) | 0x20 {
            b'x' => Some((self.quoted_end(start + 1)?, LiteralKind::Hex)),
            b'b' => Some((self.quoted_end(start + 1)?, LiteralKind::Bits)),
            b'n' => Some((self.strings_end(start + 1)?, LiteralKind::National)),
            _ => None,
        })
    }

    fn other(&mut self, byte: u8, class: Class) -> Result<(), LexError> {
        let at = self.pos;
        match class {
            Class::Digit => {
                self.content();
                match self.number(at) {
                    (end, Some(kind)) => self.push(at, end, kind),
                    (end, None) => {
                        self.pos = end;
                        self.qualified();
                    }
                }
            }
            Class::Single => {
                self.content();
                let end = self.strings_end(at)?;
                self.push(at, end, LiteralKind::Text);
            }
            Class::Double if !self.mode.ansi_quotes => {
                self.content();
                let end = self.strings_end(at)?;
                self.push(at, end, LiteralKind::Text);
            }
            Class::Double | Class::Backtick => {
                self.content();
                self.pos = self.quoted_name_end(at)?;
                self.qualified();
            }
            Class::Dot => {
                self.content();
                match self.number(at) {
                    (end, Some(kind)) => self.push(at, end, kind),
                    _ => self.pos += 1,
                }
            }
            Class::Dash => {
                let next = self.text.get(at + 2).copied().unwrap_or(b' ');
                if self.byte(at + 1) == b'-' && (is_space(next) || next < 0x20 || next == 0x7f) {
                    self.line_comment();
                } else {
                    self.content();
                    self.pos += 1;
                }
            }
            Class::Hash => self.line_comment(),
            Class::Slash if self.byte(at + 1) == b'*' => self.block_comment()?,
            Class::Star if self.version_comments > 0 && self.byte(at + 1) == b'/' => {
                self.version_comments -= 1;
                self.pos += 2;
            }
            Class::At => {
                self.content();
                self.variable()?;
            }
            Class::Question => {
                self.content();
                let kind = self.parameter()?;
                self.push(at, at + 1, kind);
            }
            Class::Control => return Err(LexError::ControlByte { at, byte }),
            _ => {
                self.content();
                self.pos += 1;
            }
        }
        Ok(())
    }

    fn parameter(&mut self) -> Result<LiteralKind, LexError> {
        let index = self.into.parameters;
        self.into.parameters = index.checked_add(1).ok_or(LexError::TooManyParameters)?;
        Ok(LiteralKind::Parameter(index))
    }

    /// `@name`, `@'name'`, `@@scope.name`: never a literal.
    fn variable(&mut self) -> Result<(), LexError> {
        self.pos += 1;
        if self.byte(self.pos) == b'@' {
            self.pos += 1;
        }
        self.pos = match self.byte(self.pos) {
            b'\'' => self.quoted_end(self.pos)?,
            b'"' if !self.mode.ansi_quotes => self.quoted_end(self.pos)?,
            b'"' | b'`' => self.quoted_name_end(self.pos)?,
            _ => self.word_end(self.pos),
        };
        self.qualified();
        Ok(())
    }

    fn line_comment(&mut self) {
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let end = self.pos + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.push(self.pos, end, LiteralKind::Comment);
    }

    fn block_comment(&mut self) -> Result<(), LexError> {
        let start = self.pos;
        let closed = |from: usize| {
            let rest = self.text.get(from..).unwrap_or_default();
            memchr::memmem::find(rest, b"*/").map(|at| from + at + 2).ok_or(LexError::Unterminated { at: start })
        };
        match self.byte(start + 2) {
            b'!' => {
                self.content();
                let digits = (start + 3..start + 9).take_while(|at| self.byte(*at).is_ascii_digit()).count();
                self.pos = start + 3 + if digits >= 5 { digits } else { 0 };
                self.version_comments += 1;
            }
            b'+' => {
                self.pos = closed(start + 3)?;
            }
            _ => {
                let end = closed(start + 2)?;
                if matches!(self.text.get(start + 2..start + 5), Some(b"vt+" | b"sg+")) {
                    self.into.directives = true;
                }
                self.push(start, end, LiteralKind::Comment);
            }
        }
        Ok(())
    }

    /// Fold the list behind IN if it holds literals of one kind only.
    fn in_list(&mut self) -> Result<(), LexError> {
        let open = self.skip_spaces(self.pos);
        if self.byte(open) != b'(' {
            return Ok(());
        }
        let (first, parameters) = (self.into.literals.len(), self.into.parameters);
        let mut at = self.skip_spaces(open + 1);
        let mut marker = None;
        let closed = loop {
            let Some((end, kind)) = self.simple_literal(at)? else { break false };
            if *marker.get_or_insert(kind.marker()) != kind.marker() {
                break false;
            }
            self.into.literals.push(Literal { start: at as u32, end: end as u32, kind });
            at = self.skip_spaces(end);
            match self.byte(at) {
                b',' => at = self.skip_spaces(at + 1),
                b')' => break true,
                _ => break false,
            }
        };
        let (Some(head), Some(tail), true) =
            (self.into.literals.get(first).copied(), self.into.literals.last().copied(), closed)
        else {
            self.into.literals.truncate(first);
            self.into.parameters = parameters;
            return Ok(());
        };
        self.into.key.extend_from_slice(self.text.get(self.copied..head.start as usize).unwrap_or_default());
        self.into.key.push(head.kind.marker() | FOLDED);
        let count = (self.into.literals.len() - first) as u32;
        self.into.slots.push(Slot { first: first as u32, count, folded: true });
        self.copied = tail.end as usize;
        self.pos = tail.end as usize;
        Ok(())
    }

    fn simple_literal(&mut self, at: usize) -> Result<Option<(usize, LiteralKind)>, LexError> {
        Ok(match self.byte(at) {
            b'0'..=b'9' | b'.' => match self.number(at) {
                (end, Some(kind)) => Some((end, kind)),
                _ => None,
            },
            b'\'' => Some((self.strings_end(at)?, LiteralKind::Text)),
            b'"' if !self.mode.ansi_quotes => Some((self.strings_end(at)?, LiteralKind::Text)),
            b'x' | b'X' | b'b' | b'B' | b'n' | b'N' if self.byte(at + 1) == b'\'' => self.prefixed(at)?,
            b'?' => Some((at + 1, self.parameter()?)),
            _ => None,
        })
    }

    /// The end of what begins with a digit or point at `at`, and its kind if it is a number.
    fn number(&self, at: usize) -> (usize, Option<LiteralKind>) {
        let digits = |mut at: usize| {
            while self.byte(at).is_ascii_digit() {
                at += 1;
            }
            at
        };
        let mut end = digits(at);
        if end > at {
            if end == at + 1 && self.byte(at) == b'0' {
                for (letter, kind) in [(b'x', LiteralKind::Hex), (b'b', LiteralKind::Bits)] {
                    if self.byte(end) == letter {
                        let mut last = end + 1;
                        while match kind {
                            LiteralKind::Hex => self.byte(last).is_ascii_hexdigit(),
                            _ => matches!(self.byte(last), b'0' | b'1'),
                        } {
                            last += 1;
                        }
                        if last > end + 1 && !is_identifier_byte(self.byte(last)) {
                            return (last, Some(kind));
                        }
                    }
                }
            }
            if is_identifier_byte(self.byte(end)) {
                return match self.exponent_end(end) {
                    Some(end) => (end, Some(LiteralKind::Float)),
                    None => (self.word_end(end), None),
                };
            }
            if self.byte(end) != b'.' {
                return (end, Some(LiteralKind::Integer));
            }
            end = digits(end + 1);
        } else {
            end = digits(at + 1);
            if end == at + 1 {
                return (at, None);
            }
        }
        match self.exponent_end(end) {
            Some(end) => (end, Some(LiteralKind::Float)),
            None => (end, Some(LiteralKind::Decimal)),
        }
    }

    /// The end of `e5`, `E+5`, `e-5` at `at`.
    fn exponent_end(&self, at: usize) -> Option<usize> {
        if self.byte(at) | 0x20 != b'e' {
            return None;
        }
        let first = if matches!(self.byte(at + 1), b'+' | b'-') { at + 2 } else { at + 1 };
        let mut end = first;
        while self.byte(end).is_ascii_digit() {
            end += 1;
        }
        (end > first).then_some(end)
    }

    /// The byte behind the string at `open` and the strings that follow it.
    fn strings_end(&self, open: usize) -> Result<usize, LexError> {
        let mut end = self.quoted_end(open)?;
        loop {
            let next = self.skip_spaces(end);
            match self.byte(next) {
                b'\'' => end = self.quoted_end(next)?,
                b'"' if !self.mode.ansi_quotes => end = self.quoted_end(next)?,
                _ => return Ok(end),
            }
        }
    }

    /// The byte behind the string whose quote is at `open`.
    fn quoted_end(&self, open: usize) -> Result<usize, LexError> {
        let quote = self.byte(open);
        let mut at = open + 1;
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let found = match (self.mode.charset, self.mode.no_backslash_escapes) {
                (CharsetClass::Plain, false) => memchr::memchr2(quote, b'\\', rest),
                (CharsetClass::Plain, true) => memchr::memchr(quote, rest),
                (charset, literal) => find_in(charset, rest, quote, !literal),
            };
            at += found.ok_or(LexError::Unterminated { at: open })?;
            if self.byte(at) != quote || self.byte(at + 1) == quote {
                at += 2;
            } else {
                return Ok(at + 1);
            }
        }
    }

    /// The byte behind the quoted identifier at `open`.
    fn quoted_name_end(&self, open: usize) -> Result<usize, LexError> {
        let quote = self.byte(open);
        let mut at = open + 1;
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let found = match self.mode.charset {
                CharsetClass::Plain => memchr::memchr(quote, rest),
                charset => find_in(charset, rest, quote, false),
            };
            at += found.ok_or(LexError::Unterminated { at: open })?;
            if self.byte(at + 1) == quote {
                at += 2;
            } else {
                return Ok(at + 1);
            }
        }
    }
}

/// Find the quote (or a backslash) among multi-byte characters.
fn find_in(charset: CharsetClass, bytes: &[u8], quote: u8, backslash: bool) -> Option<usize> {
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        match charset.width(bytes.get(at..).unwrap_or_default()) {
            1 if byte == quote || (backslash && byte == b'\\') => return Some(at),
            width => at += width,
        }
    }
    None
}
