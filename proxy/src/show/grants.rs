//! SHOW GRANTS, as MySQL would say what the rights of shardgate.yaml come to.

use super::{ShowContext, ShowResult};
use crate::config::{Right, User};
use crate::error::StatementError;
use shardgate_router::error::Code;

/// The rights of a user; `None`: of the one who asks.
pub(super) fn grants(name: Option<&str>, context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    let user = match name {
        None => context.user,
        Some(name) if *name == *context.user.name => context.user,
        Some(name) => {
            context.require_admin("SHOW GRANTS FOR another user")?;
            context.snapshot.config.users.get(name).map(|user| &**user).ok_or_else(|| {
                let text = format!("There is no such grant defined for user '{name}' on host '%'");
                StatementError::sql(Code::NoSuchGrant, text)
            })?
        }
    };
    let mut result = ShowResult::of_text(&[&format!("Grants for {}@%", user.name)]);
    for (right, place) in rights(user) {
        result.push([format!("GRANT {} ON {place} TO {}@`%`", privileges(right), quoted(&user.name))]);
    }
    Ok(result)
}

/// What is granted where, as MySQL lists it: first for all databases, then by database.
fn rights(user: &User) -> Vec<(Option<Right>, String)> {
    let mut found = vec![(user.everywhere, "*.*".to_owned())];
    found.extend(user.keyspaces.iter().map(|(name, right)| (Some(*right), format!("{}.*", quoted(name)))));
    found
}

fn privileges(right: Option<Right>) -> &'static str {
    match right {
        None => "USAGE",
        Some(Right::Read) => "SELECT, SHOW VIEW",
        Some(Right::Write) => {
            "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, SHOW VIEW"
        }
        Some(Right::Admin) => "ALL PRIVILEGES",
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
