//! docs/cli.md: every command's help.

use clap::Command;
use std::fmt::Write as _;

const HEAD: &str = "\
<!-- Written by `cargo run -p xtask -- docs` from the commands' own help. -->

# Command line

Every command ends with 0 when it has done what it was asked for, with 1 when it failed (the reason is on standard error), and with
2 when its arguments aren't right. `--format json` is for scripts.
";

/// The width of the help in the document, in characters.
const WIDTH: usize = 100;

pub(super) fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut root = shardgate_cli::command().term_width(WIDTH);
    root.build();
    describe(&mut root, "shardgate", &mut text);
    text
}

/// One section for a command that does something, and one for each below it.
fn describe(command: &mut Command, path: &str, text: &mut String) {
    if command.get_name() == "help" {
        return;
    }
    let help = command.clone().term_width(WIDTH).render_long_help().to_string();
    let help: String = help.trim().lines().fold(String::new(), |all, line| all + line.trim_end() + "\n");
    // Writing to a String can't fail.
    let _ = write!(text, "\n## {path}\n\n```text\n{help}```\n");
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        if let Some(below) = command.find_subcommand_mut(&name) {
            describe(below, &format!("{path} {name}"), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_does_something_has_an_example() {
        fn check(command: &Command, path: &str) {
            let mut below = command.get_subcommands().filter(|command| command.get_name() != "help").peekable();
            if below.peek().is_none() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example"), "{path} has no example in its --help");
            }
            below.for_each(|command| check(command, &format!("{path} {}", command.get_name())));
        }
        check(&shardgate_cli::command(), "shardgate");
    }

    #[test]
    fn the_document_does_not_depend_on_the_machine() {
        assert_eq!(text(), text());
        assert!(!text().contains("/root") && !text().contains("/home"));
    }
}
