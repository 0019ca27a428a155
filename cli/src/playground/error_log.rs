//! The end of a server's error log, for messages.

use std::fs;
use std::path::Path;

/// How many lines a message quotes.
const LINES: usize = 15;

/// The last lines of the file, or a line that says why there are none.
pub(super) fn tail(path: &Path) -> String {
    match fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            lines.iter().skip(lines.len().saturating_sub(LINES)).map(|line| format!("    {line}\n")).collect()
        }
        Err(error) => format!("    (no error log: {error})\n"),
    }
}
