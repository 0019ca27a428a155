//! SHOW DATABASES, SHOW KEYSPACES.

use super::{ShowContext, ShowResult, passes};
use crate::control::SYSTEM_DATABASES;
use crate::error::StatementError;
use shardgate_router::plan::ShowFilter;
use std::collections::BTreeSet;

/// Keyspaces, the adopted MySQL's databases and MySQL's own, as one server that holds them all lists them.
pub(super) fn databases(filter: Option<&ShowFilter>, context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    let column = match filter {
        Some(ShowFilter::Like(pattern)) => format!("Database ({pattern})"),
        _ => "Database".to_owned(),
    };
    let mut result = ShowResult::of_text(&[&column]);
    let catalog = &context.snapshot.catalog;
    let named = catalog.keyspaces.iter().map(|keyspace| &*keyspace.name);
    let adopted = catalog.default.iter().flat_map(|server| server.databases.iter().map(|name| &**name));
    let own: BTreeSet<&str> = named.chain(adopted).filter(|name| context.sees(name)).collect();
    let all: BTreeSet<&str> = own.into_iter().chain(SYSTEM_DATABASES).collect();
    for name in all {
        if passes(filter, "SHOW DATABASES", name)? {
            result.push([name.to_owned()]);
        }
    }
    Ok(result)
}
