//! Why a text is no statement.

use super::token::LexError;

/// A text that is not a statement of MySQL's, or not one of those that this parser knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the statement can't be read at byte {offset}: {reason}")]
pub struct ParseError {
    /// Where the first token stands that doesn't fit; the text's length if more was expected.
    pub offset: u32,
    /// Why.
    pub reason: ParseErrorReason,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ParseErrorReason {
    /// A token that can't stand here.
    #[error("unexpected here")]
    Unexpected,
    /// Bytes that are no token.
    #[error(transparent)]
    Lex(#[from] LexError),
    /// More levels of nesting than the parser takes.
    #[error("nested too deep")]
    TooDeep,
    /// More tables, or common table expressions, than the planner takes.
    #[error("too many tables")]
    TooManyTables,
    /// Another kind of statement, as its first word says.
    #[error("not a statement that reads or writes rows")]
    OtherStatement,
    /// Four gibibytes or more.
    #[error("too long")]
    TooLong,
}

impl ParseError {
    /// The part of the text that MySQL shows after `near` in error 1064: at most 80 bytes from the token on.
    pub fn near<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let rest = text.get(self.offset as usize..).unwrap_or_default();
        rest.get(..80).unwrap_or(rest)
    }

    /// The line that error 1064 names, from 1.
    pub fn line(&self, text: &[u8]) -> usize {
        1 + text.iter().take(self.offset as usize).filter(|byte| **byte == b'\n').count()
    }
}
