//! Secrets of shardgate.yaml: in the file itself, in an environment variable, or in a file of their own.

use crate::config::read::Surroundings;
use shardgate_topology::Secret;
use shardgate_vschema::yaml::{At, Fields, KeyAt};
use std::os::unix::fs::PermissionsExt as _;

/// The three keys that may give a secret, of which one may be there.
pub(crate) struct SecretKeys {
    /// What it is, for messages.
    pub(crate) what: &'static str,
    /// The secret itself.
    pub(crate) inline: &'static str,
    /// The name of an environment variable.
    pub(crate) environment: &'static str,
    /// The path of a file.
    pub(crate) file: &'static str,
}

/// A password.
pub(crate) const PASSWORD: SecretKeys =
    SecretKeys { what: "password", inline: "password", environment: "password_env", file: "password_file" };
/// A token.
pub(crate) const TOKEN: SecretKeys =
    SecretKeys { what: "token", inline: "token", environment: "token_env", file: "token_file" };

/// Where a secret stands.
#[derive(Clone, Copy)]
enum Place {
    Inline,
    Environment,
    File,
}

/// Reads a secret from the one place that is named; `Some(None)`: no place is.
pub(crate) fn read_secret(
    fields: &mut Fields<'_>,
    around: &Surroundings<'_>,
    keys: &SecretKeys,
) -> Option<Option<Secret>> {
    let SecretKeys { what, inline, environment, file } = *keys;
    let places: Vec<(KeyAt<'_>, At<'_>, Place)> =
        [(inline, Place::Inline), (environment, Place::Environment), (file, Place::File)]
            .into_iter()
            .filter_map(|(key, place)| fields.with_key(key).map(|(key, at)| (key, at, place)))
            .collect();
    if let [(first, _, _), (second, _, _), ..] = places.as_slice() {
        second.fault(format!("the {what} is already given by `{}`: keep one of them", first.text()));
    }
    let Some((key, at, place)) = places.into_iter().next() else { return Some(None) };
    let text = at.string()?;
    let secret = match place {
        Place::Inline => {
            if let Some(mode) = around.exposed_mode {
                key.fault_with_hint(
                    format!("others can read this file (its mode is {mode:03o}), so a {what} can't stand in it"),
                    format!("chmod 600 the file, or use `{environment}` or `{file}`"),
                );
                return None;
            }
            Some(text.to_owned())
        }
        Place::Environment => {
            let value = (around.variable)(text);
            if value.is_none() {
                at.fault(format!("the environment variable `{text}` isn't set, or isn't UTF-8"));
            }
            value
        }
        Place::File => read_file(&at, text, around, what),
    };
    secret.map(|secret| Some(Secret::new(secret)))
}

fn read_file(at: &At<'_>, text: &str, around: &Surroundings<'_>, what: &str) -> Option<String> {
    let path = around.path(text);
    let read = std::fs::metadata(&path)
        .and_then(|metadata| Ok((metadata.permissions().mode() & 0o777, std::fs::read_to_string(&path)?)));
    match read {
        Ok((mode, _)) if mode & 0o007 != 0 => {
            at.fault_with_hint(
                format!("anybody can read {} (its mode is {mode:03o}), so a {what} can't stand in it", path.display()),
                "chmod 600 the file",
            );
            None
        }
        Ok((_, content)) => Some(content.trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => {
            at.fault(format!("{} can't be read: {error}", path.display()));
            None
        }
    }
}
