//! Edits of a statement's text by span: the client's text stays as it is, byte for byte, around them.

use super::ast::Span;

/// Edits that are collected in any order and applied at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    edits: Vec<Edit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    span: Span,
    text: Vec<u8>,
}

/// Two edits of the same bytes, or one outside of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits want the same bytes.
    #[error("bytes {}..{} and {}..{} of the statement are edited twice; this is a fault of the planner", first.start, first.end, second.start, second.end)]
    Overlap {
        /// The edit that begins first.
        first: Span,
        /// The other.
        second: Span,
    },
    /// An edit is not within the text.
    #[error("bytes {}..{} are outside of a statement of {length} bytes; this is a fault of the planner", span.start, span.end)]
    Outside {
        /// Where it would edit.
        span: Span,
        /// The text's length.
        length: usize,
    },
}

impl Edits {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Puts `text` in the place of a span's bytes.
    pub fn replace(&mut self, span: Span, text: impl Into<Vec<u8>>) -> &mut Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// Puts `text` before the byte at `offset`; several at one offset stand in the order in which they were added.
    pub fn insert(&mut self, offset: u32, text: impl Into<Vec<u8>>) -> &mut Self {
        self.replace(Span::at(offset), text)
    }

    /// Takes a span's bytes away. Two tokens around it may grow together: leave a space where that can be.
    pub fn delete(&mut self, span: Span) -> &mut Self {
        self.replace(span, Vec::new())
    }

    /// The text with all edits done.
    ///
    /// Errors: two edits overlap (an insertion inside of a replaced span too), or one is outside of the text.
    pub fn apply(&self, text: &[u8]) -> Result<Vec<u8>, EditError> {
        let mut edits: Vec<&Edit> = self.edits.iter().collect();
        // Stable: insertions at one offset keep their order, and come before a replacement that begins there.
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
        let mut out = Vec::with_capacity(text.len() + added);
        let mut done = Span::at(0);
        for edit in edits {
            if edit.span.start < done.end {
                return Err(EditError::Overlap { first: done, second: edit.span });
            }
            let between = text.get(done.end as usize..edit.span.start as usize);
            let outside = EditError::Outside { span: edit.span, length: text.len() };
            if edit.span.end as usize > text.len() || edit.span.end < edit.span.start {
                return Err(outside);
            }
            out.extend_from_slice(between.ok_or(outside)?);
            out.extend_from_slice(&edit.text);
            done = edit.span;
        }
        out.extend_from_slice(text.get(done.end as usize..).unwrap_or_default());
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_applied_in_the_order_of_the_text_and_leave_the_rest() {
        let mut edits = Edits::new();
        edits
            .insert(16, " LIMIT 1")
            .replace(Span::new(14, 15), "u")
            .delete(Span::new(7, 8))
            .insert(7, "b")
            .insert(7, "c");
        assert_eq!(edits.apply(b"select a from t ").unwrap(), b"select bc from u  LIMIT 1");
    }

    #[test]
    fn overlapping_and_outside_edits_are_errors() {
        let mut edits = Edits::new();
        edits.replace(Span::new(0, 3), "x").insert(1, "y");
        assert_eq!(edits.apply(b"abc"), Err(EditError::Overlap { first: Span::new(0, 3), second: Span::at(1) }));
        let mut edits = Edits::new();
        edits.insert(4, "y");
        assert_eq!(edits.apply(b"abc"), Err(EditError::Outside { span: Span::at(4), length: 3 }));
    }
}
