//! Names of things in a vschema file.

use std::sync::Arc;

use crate::model::{TableName, TabletType};
use crate::yaml::{At, KeyAt};

/// MySQL's longest identifier, in characters.
const MAX_NAME: usize = 64;

/// Checks a name that is a key: MySQL's bounds, and no characters that a target (`keyspace:shard@type`), a qualified name
/// or a rule (`table@type`) gives a meaning to.
pub(crate) fn check_name(key: &KeyAt<'_>, what: &str) {
    let name = key.text();
    if name.is_empty() {
        key.fault(format!("a {what} needs a name"));
    } else if name.chars().count() > MAX_NAME {
        key.fault(format!("the name of a {what} has at most {MAX_NAME} characters"));
    } else if let Some(bad) = name
        .chars()
        .find(|c| matches!(c, '.' | '@') || c.is_control() || (what == "keyspace" && matches!(c, ':' | '/' | '`')))
    {
        key.fault(format!("the name of a {what} can't have the character `{}`", bad.escape_default()));
    }
}

/// A column's name.
pub(crate) fn column_name(at: &At<'_>) -> Option<Arc<str>> {
    let name = at.string()?;
    if name.is_empty() || name.chars().count() > MAX_NAME {
        at.fault(format!("a column's name has 1 to {MAX_NAME} characters"));
        return None;
    }
    Some(Arc::from(name))
}

/// A table's name as rules and references write it: `table`, `keyspace.table`.
pub(crate) struct Qualified<'d> {
    pub(crate) keyspace: Option<&'d str>,
    pub(crate) table: &'d str,
}

impl<'d> Qualified<'d> {
    /// Splits a name; backquotes around the parts are taken off.
    pub(crate) fn read(at: &At<'_>, text: &'d str) -> Option<Self> {
        let bare = |part: &'d str| part.strip_prefix('`').and_then(|part| part.strip_suffix('`')).unwrap_or(part);
        let mut parts = text.split('.').map(bare);
        let name = match (parts.next(), parts.next(), parts.next()) {
            (Some(table), None, _) => Self { keyspace: None, table },
            (Some(keyspace), Some(table), None) => Self { keyspace: Some(keyspace), table },
            _ => {
                at.fault(format!("expected `table` or `keyspace.table`, found `{text}`"));
                return None;
            }
        };
        if name.table.is_empty() || name.keyspace == Some("") {
            at.fault(format!("expected `table` or `keyspace.table`, found `{text}`"));
            return None;
        }
        Some(name)
    }

    /// The full name, if the keyspace is given; else a fault.
    pub(crate) fn full(&self, at: &At<'_>) -> Option<TableName> {
        let Some(keyspace) = self.keyspace else {
            at.fault_with_hint(format!("the table `{}` needs its keyspace", self.table), "write `keyspace.table`");
            return None;
        };
        Some(TableName { keyspace: Arc::from(keyspace), table: Arc::from(self.table) })
    }
}

/// Splits `name@replica` into the name and the tablet type.
pub(crate) fn split_tablet_type<'d>(at: &At<'_>, text: &'d str) -> Option<(&'d str, Option<TabletType>)> {
    let Some((name, word)) = text.split_once('@') else { return Some((text, None)) };
    let tablet_type = TabletType::by_name(word);
    if tablet_type.is_none() {
        at.unknown("tablet type", word, ["primary", "replica", "rdonly"]);
    }
    Some((name, Some(tablet_type?)))
}
