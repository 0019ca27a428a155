//! What a client reports.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use serde::Deserialize;

/// The checks that every client runs.
pub const CHECKS: &[&str] = &[
    "connect",
    "text_query",
    "insert",
    "prepared_insert",
    "prepared_select",
    "null",
    "decimal",
    "date",
    "datetime",
    "utf8",
    "binary",
    "double",
    "multi_row",
    "affected_rows",
    "commit",
    "rollback",
    "duplicate_key_error",
    "unknown_table_error",
    "syntax_error",
    "after_error",
    "big_value",
];

/// What the clients write and expect to read again.
pub(super) const TEXT: &str = "Zoë 太郎 😀 'quoted' \"double\" back\\slash";
/// A decimal that no double holds.
pub(super) const DECIMAL: &str = "-12345678901234.5678";
/// A date before 1970.
pub(super) const DATE: &str = "1815-12-10";
/// A moment with microseconds.
pub(super) const DATETIME: &str = "2024-02-29 23:59:58.123456";

/// More than a megabyte, so that it takes many segments and, compressed or not, several buffers.
pub(super) fn big_text() -> String {
    "0123456789abcdef".repeat(70_000)
}

/// The outcome of one client's checks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientReport {
    /// The client and its version.
    pub client: String,
    /// The server's version as the client was told it.
    pub server: String,
    /// `ok` or what went wrong, by check.
    pub checks: BTreeMap<String, String>,
}

impl ClientReport {
    pub(super) fn new(client: impl Into<String>) -> Self {
        Self { client: client.into(), server: String::new(), checks: BTreeMap::new() }
    }

    pub(super) fn note<E: Display>(&mut self, check: &str, outcome: Result<(), E>) {
        let text = outcome.map_or_else(|error| error.to_string(), |()| "ok".to_owned());
        self.checks.insert(check.to_owned(), text);
    }

    /// Every check of [`CHECKS`] that didn't pass or wasn't run, as `check: what went wrong`.
    pub fn failures(&self) -> Vec<String> {
        let outcome = |check: &&str| match self.checks.get(*check).map(String::as_str) {
            Some("ok") => None,
            Some(text) => Some(format!("{check}: {text}")),
            None => Some(format!("{check}: was not run")),
        };
        CHECKS.iter().filter_map(outcome).collect()
    }
}

pub(super) fn same<T: PartialEq + Debug>(got: T, want: T) -> Result<(), String> {
    if got == want { Ok(()) } else { Err(format!("got {got:?}, not {want:?}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_was_not_run_is_a_failure() {
        let mut report = ClientReport::new("c");
        for check in CHECKS {
            report.note::<String>(check, Ok(()));
        }
        assert!(report.failures().is_empty());
        report.checks.remove("commit");
        report.note("null", Err("lost"));
        assert_eq!(report.failures(), ["null: lost", "commit: was not run"]);
    }
}
