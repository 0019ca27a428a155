//! The number of a state of the store, and what is known of it.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::time::SystemTime;

/// The number of a state of the store: 1, 2, 3 ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Revision {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// What is known of a revision besides its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionInfo {
    /// The number.
    pub revision: Revision,
    /// When it was made, to the second.
    pub time: SystemTime,
    /// Who made it.
    pub author: String,
    /// Why.
    pub comment: String,
}
