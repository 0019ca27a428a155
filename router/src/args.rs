//! What a plan needs to run once: the client's text with its slots, and the parameters.

use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, LexMode, Literal, LiteralKind, literal_value};
use shardgate_vschema::Value;

/// The parameters of a prepared statement's execution.
pub trait Parameters: Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// Parameter `index`, counted from 0.
    fn value(&self, index: usize) -> Value<'_>;

    /// Append parameter `index` as an SQL literal that means the same value and type.
    fn write_literal(&self, index: usize, out: &mut Vec<u8>);
}

/// What a plan needs to run once.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    /// The client's text.
    pub text: &'a [u8],
    /// Where its literals are.
    pub fingerprint: &'a Fingerprint,
    /// The parameters; `None`: a text statement.
    pub parameters: Option<&'a dyn Parameters>,
    /// How the text's literals are read.
    pub mode: LexMode,
}

impl<'a> Arguments<'a> {
    /// The value of a literal or parameter.
    ///
    /// # Errors
    /// When a parameter has no value, or the literal has none (`x'4'`).
    pub fn literal(&self, literal: Literal) -> Result<Value<'a>, SqlError> {
        if let LiteralKind::Parameter(index) = literal.kind {
            return match self.parameters {
                Some(parameters) if usize::from(index) < parameters.count() => Ok(parameters.value(usize::from(index))),
                _ => Err(SqlError::new(
                    Code::Syntax,
                    "a `?` has no value: parameters belong in prepared statements only".to_owned(),
                )),
            };
        }
        literal_value(self.text, literal, self.mode).ok_or_else(|| {
            let text = self.text.get(literal.range()).unwrap_or_default();
            SqlError::new(Code::Syntax, format!("the literal {} has no value", String::from_utf8_lossy(text)))
        })
    }
}
