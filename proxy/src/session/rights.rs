//! What a user may do: rights are per keyspace, and stand in shardgate.yaml.

use super::Session;
use crate::config::{Right, User};
use crate::error::StatementError;
use shardgate_router::catalog::MYSQL;
use shardgate_router::error::Code;
use shardgate_router::plan::{Access, Demand, Plan, StatementClass, TableUse};

impl Session {
    /// Whether the user may do this.
    pub(crate) fn check_rights(&self, plan: &Plan) -> Result<(), StatementError> {
        let user = &self.state.user;
        plan.tables.iter().try_for_each(|used| check_table(user, used, plan))?;
        plan.demands.iter().try_for_each(|demand| check_demand(user, demand))
    }

    /// Whether the user may change what holds for whole servers.
    pub(super) fn check_server_rights(&self) -> Result<(), StatementError> {
        check_demand(&self.state.user, &Demand { keyspace: None, access: Access::Admin })
    }
}

fn check_table(user: &User, used: &TableUse, plan: &Plan) -> Result<(), StatementError> {
    let needed = match plan.class {
        _ if *used.keyspace == *MYSQL => Right::Admin,
        StatementClass::Ddl if !used.written => Right::Read,
        // A temporary table is the session's own.
        StatementClass::Ddl if plan.effects.pins_connection => Right::Write,
        StatementClass::Ddl => Right::Admin,
        _ if used.written => Right::Write,
        _ => Right::Read,
    };
    if user.right(&used.keyspace).is_some_and(|right| right >= needed) {
        return Ok(());
    }
    let verb = match needed {
        Right::Read => "SELECT",
        Right::Write => "INSERT, UPDATE, DELETE",
        Right::Admin if plan.class == StatementClass::Ddl => "DDL",
        Right::Admin => "SELECT, INSERT, UPDATE, DELETE",
    };
    let message = format!("{verb} command denied to user '{}' for table '{}.{}'", user.name, used.keyspace, used.table);
    Err(StatementError::sql(Code::CommandDenied, message))
}

fn check_demand(user: &User, Demand { keyspace, access }: &Demand) -> Result<(), StatementError> {
    let (needed, word) = match access {
        Access::Read => (Right::Read, "read"),
        Access::Write => (Right::Write, "write"),
        Access::Admin => (Right::Admin, "admin"),
    };
    let has = match keyspace {
        Some(keyspace) => user.right(keyspace),
        None => user.everywhere,
    };
    if has.is_some_and(|right| right >= needed) {
        return Ok(());
    }
    let place =
        keyspace.as_ref().map_or_else(|| "all keyspaces (\"*\")".to_owned(), |name| format!("keyspace `{name}`"));
    let message = format!("command denied to user '{}': it takes the right `{word}` for {place}", user.name);
    Err(StatementError::sql(Code::CommandDenied, message))
}
