//! What a plan needs to run once: the client's text with its slots, and the parameters.

use crate::fingerprint::Fingerprint;
use shardgate_vschema::Value;

/// The parameters of a prepared statement's execution.
pub trait Parameters {
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
}
