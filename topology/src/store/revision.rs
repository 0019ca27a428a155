//! The number of a state of the store, and what is known of it.

use serde::Deserialize;
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

/// [`RevisionInfo`] as stores keep it, in JSON.
#[derive(Deserialize)]
struct Kept {
    revision: u64,
    time: String,
    author: String,
    comment: String,
    /// Tells whose attempt it was that made the revision, where several may have tried.
    #[serde(default)]
    attempt: Option<String>,
}

impl RevisionInfo {
    /// The text that a store keeps.
    pub(crate) fn to_kept(&self, attempt: Option<String>) -> String {
        let mut kept = serde_json::json!({
            "revision": self.revision.0,
            "time": humantime::format_rfc3339_seconds(self.time).to_string(),
            "author": self.author,
            "comment": self.comment,
        });
        if let Some(attempt) = attempt {
            kept["attempt"] = attempt.into();
        }
        format!("{kept:#}\n")
    }

    /// What a store's text says, and whose attempt it was; or what is wrong with it.
    pub(crate) fn from_kept(revision: Revision, text: &str) -> Result<(Self, Option<String>), String> {
        let Kept { revision: number, time, author, comment, attempt } =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        if number != revision.0 {
            return Err(format!("it says that it is revision {number}"));
        }
        let time = humantime::parse_rfc3339(&time).map_err(|error| format!("`time`: {error}"))?;
        Ok((Self { revision, time, author, comment }, attempt))
    }
}
