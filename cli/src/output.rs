//! What commands print: tables for people, JSON for scripts.

use clap::ValueEnum;
use comfy_table::{Table, presets};
use std::io::{self, Write as _};

/// How a command prints its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For scripts.
    Json,
}

/// Prints a text to standard output, as it is. A reader who has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints a text and a line end.
pub(crate) fn print_line(text: &str) -> io::Result<()> {
    print(&format!("{text}\n"))
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &serde_json::Value) -> io::Result<()> {
    print_line(&format!("{value:#}"))
}

/// Rows under a header, without lines around, so that they can be cut and pasted.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_their_headers() {
        let rows = [["-80".to_owned(), "1".to_owned()], ["80-".to_owned(), "12".to_owned()]];
        assert_eq!(table(["shard", "rows"], rows), "shard  rows\n-80    1\n80-    12\n");
    }
}
