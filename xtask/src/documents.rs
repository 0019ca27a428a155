//! Documents that are written from the code.

mod command_line;
mod errors;

/// Path and text of each document.
#[must_use]
pub fn generated() -> Vec<(&'static str, String)> {
    vec![("docs/errors.md", errors::text()), ("docs/cli.md", command_line::text())]
}
