//! The collation behind `unicode_loose_md5` and `unicode_loose_xxhash`: strings that differ only in case, accents or
//! width have the same primary weights, and so the same keyspace id.
//!
//! Vitess froze the collation of an early Go text package (CLDR 23, Unicode 6.2) for this. The table was derived from
//! Vitess 0.24 by the program in `tools/vitess`, and the results are compared with Vitess's in `tests/unicode.rs`.

mod contraction;
mod table;

use smallvec::SmallVec;

use contraction::match_contraction;
use table::{Element, Entry, Table};

/// Elements that aren't put out yet. They are few, since they are put out at each base character.
type Elements = SmallVec<[Element; 32]>;

/// The longest run of combining marks that is put in order as one.
const MAX_MARKS: usize = 30;

/// Calls `put` with the weights of a text, a few bytes at a time: two bytes for a weight up to 0x7fff, else three, of
/// which the first has its highest bit set. Trailing spaces don't count.
///
/// # Errors
/// If the text isn't UTF-8.
pub(crate) fn primary_weights(text: &[u8], mut put: impl FnMut(&[u8])) -> Result<(), String> {
    let text = std::str::from_utf8(text).map_err(|error| {
        format!("a text that isn't UTF-8 (at byte {}) has no place in a collation", error.valid_up_to())
    })?;
    let table = Table::built_in().ok_or("the built-in collation table is damaged")?;
    let mut walk = Walk { table, rest: text.trim_end_matches(' '), elements: Elements::new() };
    while let Some(count) = walk.segment() {
        for element in walk.elements.drain(..count) {
            let weight = element.primary();
            let [_, high, middle, low] = weight.to_be_bytes();
            match weight {
                0 => {}
                1..=0x7fff => put(&[middle, low]),
                _ => put(&[high | 0x80, middle, low]),
            }
        }
    }
    Ok(())
}

/// A text on its way to weights.
struct Walk<'t> {
    table: &'static Table,
    rest: &'t str,
    elements: Elements,
}

impl Walk<'_> {
    /// Appends the elements of the next character or contraction.
    fn append_next(&mut self) -> bool {
        let Some(length) = append(self.table, &mut self.elements, self.rest) else { return false };
        self.rest = self.rest.get(length..).unwrap_or("");
        true
    }

    fn class(&self, index: usize) -> u8 {
        self.elements.get(index).map_or(0, |element| element.class())
    }

    /// How many of the elements can be put out: base characters as they are, combining marks when all marks that
    /// follow are there and in the order of their classes. `None` at the end of the text.
    fn segment(&mut self) -> Option<usize> {
        if self.elements.is_empty() && !self.append_next() {
            return None;
        }
        let mut last = self.class(self.elements.len().saturating_sub(1));
        if last == 0 {
            return Some(self.elements.len());
        }
        if self.class(0) == 0 {
            return Some(self.elements.iter().take_while(|element| element.class() == 0).count());
        }
        loop {
            let start = self.elements.len();
            if !self.append_next() {
                return Some(self.elements.len());
            }
            let class = self.class(start);
            if class == 0 || self.elements.len() > MAX_MARKS {
                return Some(start);
            }
            if class < last {
                self.insert_in_order(start, class);
            } else {
                last = class;
            }
        }
    }

    /// Moves the elements from `start` on before those of a higher class.
    fn insert_in_order(&mut self, start: usize, class: u8) {
        let mut to = start.saturating_sub(1);
        while to > 0 && class < self.class(to - 1) {
            to -= 1;
        }
        if let Some(block) = self.elements.get_mut(to..) {
            block.rotate_left(start - to);
        }
    }
}

/// Appends the elements of the first character or contraction of a text; returns its length, `None` if there is none.
fn append(table: &'static Table, elements: &mut Elements, text: &str) -> Option<usize> {
    let character = text.chars().next()?;
    let length = character.len_utf8();
    match table.entry(character) {
        Entry::Sequence(sequence) => elements.extend_from_slice(sequence),
        Entry::Implicit => elements.push(table.implicit(character)),
        Entry::Hangul => append_hangul(table, elements, character),
        Entry::Starter(node) => {
            let suffix = text.get(length..).unwrap_or("");
            return Some(length + match_contraction(table, elements, node, suffix));
        }
    }
    Some(length)
}

/// The elements of a Hangul syllable are those of its two or three jamo (Unicode, section 3.12).
fn append_hangul(table: &'static Table, elements: &mut Elements, syllable: char) {
    const VOWELS: u32 = 21;
    const TAILS: u32 = 28;
    let index = u32::from(syllable) - 0xac00;
    let (lead, vowel, tail) = (index / (VOWELS * TAILS), index / TAILS % VOWELS, index % TAILS);
    let jamo = [Some(0x1100 + lead), Some(0x1161 + vowel), (tail > 0).then_some(0x11a7 + tail)];
    for jamo in jamo.into_iter().flatten().filter_map(char::from_u32) {
        if let Entry::Sequence(sequence) = table.entry(jamo) {
            elements.extend_from_slice(sequence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(text: &str) -> Vec<u8> {
        let mut weights = Vec::new();
        primary_weights(text.as_bytes(), |bytes| weights.extend_from_slice(bytes)).unwrap();
        weights
    }

    #[test]
    fn case_accents_and_trailing_spaces_dont_count() {
        assert_eq!(weights("Ünïcode  "), weights("UNICODE"));
        assert_eq!(weights("e\u{301}"), weights("é"));
        assert_eq!(weights("ﬁ"), weights("FI"));
        assert_ne!(weights("a b"), weights("ab"));
        assert_ne!(weights("a"), weights("b"));
        assert!(weights("   ").is_empty());
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        let error = primary_weights(b"ab\xff", |_| {}).unwrap_err();
        assert!(error.contains("byte 2"), "{error}");
    }
}
