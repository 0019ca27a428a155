//! The `users` of shardgate.yaml.

use crate::config::model::{Right, User};
use shardgate_vschema::yaml::{At, KeyAt};
use shardgate_wire::auth::{CachingSha2Verifier, NativeHash};
use std::collections::BTreeMap;
use std::sync::Arc;

/// MySQL's limit on the names of users, in characters.
const MAX_NAME: usize = 32;

/// What stands for every keyspace.
const EVERYWHERE: &str = "*";

/// Reads all users; nobody is a fault, since such a proxy serves nobody.
pub(crate) fn read_users(at: &At<'_>) -> Option<BTreeMap<Arc<str>, Arc<User>>> {
    let entries = at.entries();
    if entries.is_empty() {
        at.fault_with_hint(
            "nobody may log in",
            "add a user: `app: {password_hash: \"sha256d:...\", keyspaces: {\"*\": write}}`",
        );
    }
    let users: Vec<Option<User>> = entries.iter().map(|(key, at)| read_user(key, at)).collect();
    users.into_iter().map(|user| user.map(|user| (Arc::clone(&user.name), Arc::new(user)))).collect()
}

fn read_user(key: &KeyAt<'_>, at: &At<'_>) -> Option<User> {
    if key.text().is_empty() || key.text().chars().count() > MAX_NAME {
        key.fault(format!("the name of a user has 1 to {MAX_NAME} characters"));
    }
    let mut fields = at.fields()?;
    let password = fields.optional("password_hash").map(|at| {
        let text = at.string()?;
        text.parse::<CachingSha2Verifier>().map_err(|error| at.fault(error.to_string())).ok()
    });
    let native = fields.optional("native_password_hash").map(|at| {
        let text = at.string()?;
        text.parse::<NativeHash>().map_err(|error| at.fault(error.to_string())).ok()
    });
    if let Some((key, _)) = fields.with_key("password") {
        key.fault_with_hint(
            "a user's password isn't written here, only its hash",
            "write `password_hash` with what `shardgate user hash` prints",
        );
    }
    let keyspaces = fields.optional("keyspaces");
    fields.finish();
    if password.is_none() && native.is_none() {
        at.fault_with_hint(
            "the user has no `password_hash`, so nothing could log in",
            "`shardgate user hash` makes one from a password",
        );
    }
    let Some(keyspaces) = keyspaces else {
        at.fault_with_hint("the user has no right for any keyspace", "add `keyspaces: {\"*\": read}` or name some");
        return None;
    };
    let (keyspaces, everywhere) = read_rights(&keyspaces)?;
    let password = password.map_or(Some(None), |hash| hash.map(Some))?;
    let native_password = native.map_or(Some(None), |hash| hash.map(Some))?;
    Some(User { name: Arc::from(key.text()), password, native_password, keyspaces, everywhere })
}

/// Rights by keyspace, and the one for all others.
type Rights = (BTreeMap<Arc<str>, Right>, Option<Right>);

fn read_rights(at: &At<'_>) -> Option<Rights> {
    let words = [("read", Right::Read), ("write", Right::Write), ("admin", Right::Admin)];
    let rights: Vec<(&str, Option<Right>)> =
        at.entries().iter().map(|(key, at)| (key.text(), at.one_of("right", &words))).collect();
    if !at.is_mapping() {
        if at.is_list() {
            at.fault_with_hint("rights are a mapping, not a list", "write `keyspaces: {commerce: write}`");
        }
        return None;
    }
    let mut named = BTreeMap::new();
    let mut everywhere = None;
    for (keyspace, right) in rights {
        match keyspace {
            EVERYWHERE => everywhere = Some(right?),
            _ => {
                named.insert(Arc::from(keyspace), right?);
            }
        }
    }
    Some((named, everywhere))
}
