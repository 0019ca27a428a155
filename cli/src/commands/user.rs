//! `shardgate user`: what shardgate.yaml says of users.

use crate::output::{Format, print_json, print_line};
use anyhow::{Context as _, bail};
use clap::Subcommand;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Read as _};
use std::process::ExitCode;

/// Prepare users for shardgate.yaml
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the `password_hash` of a password, which is read from the terminal or from standard input
    #[command(
        after_help = "Examples:\n  shardgate user hash\n  shardgate user hash < password-file\n\nThe result goes into shardgate.yaml:\n  users:\n    app: {password_hash: \"sha256d:...\", keyspaces: {\"*\": write}}"
    )]
    Hash {
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Hash { format } => {
            let hash = hash(&read_password()?);
            match format {
                Format::Table => print_line(&hash)?,
                Format::Json => print_json(&serde_json::json!({"password_hash": hash}))?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Asks twice at a terminal; else takes standard input up to its end, without a line end.
fn read_password() -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("the password on standard input can't be read")?;
        let password = text.strip_suffix('\n').unwrap_or(&text);
        let password = password.strip_suffix('\r').unwrap_or(password);
        if password.is_empty() {
            bail!("standard input holds no password");
        }
        return Ok(password.to_owned());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if password.is_empty() {
        bail!("an empty password would let everybody in");
    }
    if rpassword::prompt_password("The same again: ")? != password {
        bail!("the two passwords differ");
    }
    Ok(password)
}

/// SHA256 of SHA256 of the password, as `password_hash` says it.
fn hash(password: &str) -> String {
    Sha256::digest(Sha256::digest(password)).iter().fold("sha256d:".to_owned(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha256_of_sha256() {
        // printf app | openssl sha256 -binary | openssl sha256
        assert_eq!(hash("app"), "sha256d:3bfc3d7ca254b2d951bd6aa00bbeb14ff3c0d8d703941aa643f506fee788ff55");
    }
}
