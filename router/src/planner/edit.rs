//! Edits of the client's text by spans, and the templates that they make.

use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::plan::{Piece, Pos, SlotId, Template};
use crate::sql::ast::Span;

/// Text that is put in the place of other text.
#[derive(Debug, Clone)]
struct Edit {
    span: Span,
    /// Edits at one place are made in the order in which they were added.
    pieces: Vec<Piece>,
}

/// Edits of one text.
#[derive(Debug, Clone, Default)]
pub(super) struct Edits {
    edits: Vec<Edit>,
}

impl Edits {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Put the pieces in the place of the span's text (an empty span: put them there).
    pub(super) fn replace(&mut self, span: Span, pieces: Vec<Piece>) {
        self.edits.push(Edit { span, pieces });
    }

    /// As [`Edits::replace`], with the edits within the span undone.
    pub(super) fn cover(&mut self, span: Span, pieces: Vec<Piece>) {
        self.edits.retain(|edit| !span.contains(edit.span));
        self.replace(span, pieces);
    }

    /// Make these edits, too.
    pub(super) fn append(&mut self, other: Edits) {
        self.edits.extend(other.edits);
    }

    /// Put text in at a place.
    pub(super) fn insert(&mut self, at: u32, text: impl Into<Box<str>>) {
        self.replace(Span::at(at), vec![Piece::Sql(text.into())]);
    }

    /// The template of the whole text.
    pub(super) fn whole(&self, text: &[u8], fingerprint: &Fingerprint) -> Result<Template, SqlError> {
        if self.edits.is_empty() {
            return Ok(Template::UNCHANGED);
        }
        let pieces = self.pieces(Span::new(0, text.len() as u32), fingerprint)?;
        Ok(Template { pieces })
    }

    /// The template of a part of the text, which may be empty.
    pub(super) fn part(&self, part: Span, fingerprint: &Fingerprint) -> Result<Template, SqlError> {
        let mut pieces = self.pieces(part, fingerprint)?;
        if pieces.is_empty() {
            // Without pieces a template is the whole text.
            pieces.push(Piece::Sql("".into()));
        }
        Ok(Template { pieces })
    }

    /// The pieces of a part of the text, with the edits in it. Edits at the part's edges belong to it.
    pub(super) fn pieces(&self, part: Span, fingerprint: &Fingerprint) -> Result<Vec<Piece>, SqlError> {
        let mut edits: Vec<&Edit> = self.edits.iter().filter(|edit| part.contains(edit.span)).collect();
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let mut pieces = Vec::new();
        let mut copied = part.start;
        for edit in edits {
            if edit.span.start < copied {
                return Err(internal("two edits of the text overlap"));
            }
            source(&mut pieces, copied, edit.span.start, fingerprint)?;
            pieces.extend(edit.pieces.iter().cloned());
            copied = edit.span.end;
        }
        source(&mut pieces, copied, part.end, fingerprint)?;
        Ok(pieces)
    }
}

fn source(pieces: &mut Vec<Piece>, from: u32, to: u32, fingerprint: &Fingerprint) -> Result<(), SqlError> {
    if from < to {
        pieces.push(Piece::Source { from: position(from, fingerprint)?, to: position(to, fingerprint)? });
    }
    Ok(())
}

/// A byte of the text as a place that holds for all texts of the fingerprint.
pub(super) fn position(at: u32, fingerprint: &Fingerprint) -> Result<Pos, SqlError> {
    let slots = fingerprint.slots();
    // The first slot that ends behind the place.
    let index = slots.partition_point(|slot| {
        let last = slot.first as usize + (slot.count as usize).saturating_sub(1);
        fingerprint.literals().get(last).is_some_and(|literal| literal.end <= at)
    });
    if let Some(next) = slots.get(index)
        && fingerprint.literals().get(next.first as usize).is_some_and(|literal| literal.start < at)
    {
        return Err(internal("an edit begins within a literal"));
    }
    let Some(before) = index.checked_sub(1) else { return Ok(Pos { after: None, offset: at }) };
    let slot = SlotId(before as u32);
    let end = fingerprint.slot_range(slot).map_or(0, |range| range.end as u32);
    Ok(Pos { after: Some(slot), offset: at - end })
}

fn internal(message: &str) -> SqlError {
    SqlError::new(Code::Internal, message.to_owned())
}
