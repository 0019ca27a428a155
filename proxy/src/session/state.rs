//! What a session remembers between statements, apart from its connections.

use super::place::TabletType;
use crate::config::{TransactionMode, User};
use crate::error::{ShardError, StatementError};
use crate::execute::LookedUp;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use shardgate_router::error::Code;
use shardgate_router::fingerprint::SqlMode;
use shardgate_vschema::ShardName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The default database: a keyspace, perhaps one shard of it, and which instances.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Target {
    /// The keyspace; `None`: no database selected.
    pub(crate) keyspace: Option<Arc<str>>,
    /// One shard only.
    pub(crate) shard: Option<ShardName>,
    /// Primary or replica.
    pub(crate) tablet: TabletType,
}

impl Target {
    /// Read `keyspace`, `keyspace@replica`, `keyspace:-80`, `keyspace:-80@replica`, or `@replica`. Vitess's `keyspace/shard` too. `Err` holds the part that is
    /// wrong.
    pub(crate) fn parse(text: &str) -> Result<Target, String> {
        let (rest, tablet) = match text.rsplit_once('@') {
            Some((rest, "primary" | "PRIMARY" | "master")) => (rest, TabletType::Primary),
            Some((rest, "replica" | "REPLICA" | "rdonly")) => (rest, TabletType::Replica),
            Some((_, other)) => return Err(format!("@{other}")),
            None => (text, TabletType::Primary),
        };
        let (keyspace, shard) = match rest.split_once([':', '/']) {
            Some((keyspace, shard)) => (keyspace, Some(shard.parse().map_err(|_| shard.to_owned())?)),
            None => (rest, None),
        };
        let keyspace = (!keyspace.is_empty()).then(|| Arc::from(keyspace));
        Ok(Target { keyspace, shard, tablet })
    }
}

impl Target {
    /// The target of this text, if it exists and the user may use it. A text without a keyspace keeps the session's.
    pub(crate) fn find(snapshot: &Snapshot, state: &SessionState, text: &str) -> Result<Target, StatementError> {
        let unknown = |what: &str| {
            let message = format!("Unknown database '{text}': {what}");
            StatementError::sql(Code::UnknownTarget, message)
        };
        let mut target =
            Target::parse(text).map_err(|part| unknown(&format!("`{part}` is no shard or tablet type")))?;
        if target.keyspace.is_none() {
            target.keyspace.clone_from(&state.target.keyspace);
        }
        if let Some(name) = &target.keyspace {
            let adopted =
                snapshot.catalog.default.as_ref().is_some_and(|server| server.databases.iter().any(|d| d == name));
            match snapshot.topology.keyspaces.get(name) {
                Some(keyspace) => {
                    if let Some(shard) = &target.shard
                        && keyspace.shard(shard.as_str()).is_none()
                    {
                        return Err(unknown(&format!("keyspace {name} has no shard `{}`", shard.as_str())));
                    }
                }
                None if adopted && target.shard.is_none() => {}
                None if is_system(name) => {}
                None => {
                    return Err(StatementError::sql(Code::UnknownDatabase, format!("Unknown database '{name}'")));
                }
            }
            let allowed = is_system(name) || state.user.right(name).is_some();
            if !allowed {
                let message = format!("Access denied for user '{}' to database '{name}'", state.login);
                return Err(StatementError::sql(Code::DatabaseDenied, message));
            }
        }
        Ok(target)
    }
}

/// Whether a database is one of the server's own.
pub(crate) fn is_system(name: &str) -> bool {
    ["information_schema", "mysql", "performance_schema", "sys"].iter().any(|system| name.eq_ignore_ascii_case(system))
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.keyspace.as_deref().unwrap_or_default())?;
        if let Some(shard) = &self.shard {
            write!(f, ":{}", shard.as_str())?;
        }
        match self.tablet {
            TabletType::Primary => Ok(()),
            TabletType::Replica => f.write_str("@replica"),
        }
    }
}

/// The number of the note that says where an error came from.
const ORIGIN: u16 = 1105;

/// One line of SHOW WARNINGS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    /// `Note`, `Warning` or `Error`.
    pub(crate) level: String,
    /// MySQL's number.
    pub(crate) code: u16,
    /// The text.
    pub(crate) message: String,
}

impl Warning {
    /// What IGNORE makes of a shard's error.
    pub(crate) fn of_error(error: &ShardError) -> Warning {
        let message = String::from_utf8_lossy(&error.message).into_owned();
        Warning { level: "Warning".to_owned(), code: error.errno, message }
    }
}

/// Warnings of columns that are declared with a collation of utf8mb3.
const OLD_COLLATION: u16 = 3778;

/// The `sql_select_limit` that limits nothing.
const ALL_ROWS: &str = "18446744073709551615";

/// What a session remembers between statements.
#[derive(Debug, Clone)]
pub(crate) struct SessionState {
    /// Who is logged in.
    pub(crate) user: Arc<User>,
    /// `user@host` as the client gave it.
    pub(crate) login: Arc<str>,
    /// The default database.
    pub(crate) target: Target,
    /// The collation that the login named, by its id.
    pub(crate) collation: u16,
    /// The `sql_mode` of the servers, which holds until the session sets its own.
    default_sql_mode: Arc<str>,
    /// System variables that were set.
    pub(crate) settings: Arc<Settings>,
    /// User variables as SQL literals, by lower-case name.
    pub(crate) variables: BTreeMap<Box<str>, Box<str>>,
    /// How statements are read, as the settings say.
    pub(crate) mode: SqlMode,
    /// `LAST_INSERT_ID()`.
    pub(crate) last_insert_id: u64,
    /// `FOUND_ROWS()`.
    pub(crate) found_rows: u64,
    /// `ROW_COUNT()`.
    pub(crate) row_count: i64,
    /// What SHOW WARNINGS lists.
    pub(crate) warnings: Vec<Warning>,
    /// How many warnings the running statement gets, from each server, of columns that the proxy has declared for it.
    pub(crate) hushed: usize,
    /// The session's transaction_mode.
    pub(crate) transaction_mode: TransactionMode,
    /// What the running statement has looked up.
    pub(crate) looked_up: LookedUp,
    /// Whether multi-statements are allowed now (COM_SET_OPTION).
    pub(crate) multi_statements: bool,
}

impl SessionState {
    /// The configuration was read again: the user has the rights that it names now, or none if it doesn't name the user.
    #[cold]
    pub(crate) fn renew_user(&mut self, snapshot: &Snapshot) {
        let name = &self.user.name;
        let user = snapshot.config.users.get(name).cloned();
        self.user = user.unwrap_or_else(|| Arc::new(User::without_rights(Arc::clone(name))));
    }

    /// A fresh session of a user.
    pub(crate) fn new(user: Arc<User>, login: Arc<str>, settings: Arc<Settings>, snapshot: &Snapshot) -> SessionState {
        let mut state = SessionState {
            user,
            login,
            target: Target::default(),
            collation: 0,
            default_sql_mode: Arc::clone(&snapshot.sql_mode),
            settings: Settings::empty(),
            variables: BTreeMap::new(),
            mode: SqlMode::default(),
            last_insert_id: 0,
            found_rows: 0,
            row_count: -1,
            warnings: Vec::new(),
            hushed: 0,
            transaction_mode: snapshot.config.transactions.mode,
            looked_up: LookedUp::new(),
            multi_statements: false,
        };
        state.set_settings(settings);
        state
    }

    /// Take other settings over.
    pub(crate) fn set_settings(&mut self, settings: Arc<Settings>) {
        let sql_mode = settings.text("sql_mode").unwrap_or(&self.default_sql_mode);
        self.mode = SqlMode::new(sql_mode, settings.text("character_set_client").unwrap_or("utf8mb4"));
        self.settings = settings;
    }

    /// Whether `autocommit` is on.
    pub(crate) fn autocommit(&self) -> bool {
        !matches!(self.settings.text("autocommit"), Some("0" | "OFF"))
    }

    /// Whether `sql_select_limit` is set to less than all rows.
    pub(crate) fn select_limit(&self) -> bool {
        self.settings.get("sql_select_limit").is_some_and(|limit| limit != ALL_ROWS)
    }

    /// How many warnings, errors included, or errors only the last statement gave, as one MySQL would count them: where
    /// an error came from isn't one.
    pub(crate) fn warning_count(&self, errors_only: bool) -> u64 {
        let counts = |warning: &&Warning| match errors_only {
            true => warning.level == "Error",
            false => warning.code != ORIGIN || warning.level != "Note",
        };
        self.warnings.iter().filter(counts).count() as u64
    }

    /// Drop the warnings of columns that the proxy has declared, with the collations that `information_schema` has.
    pub(crate) fn hush_warnings(&mut self) {
        let mut left = self.hushed;
        self.warnings.retain(|warning| {
            let own = left > 0 && warning.code == OLD_COLLATION;
            left -= usize::from(own);
            !own
        });
    }

    /// Note what an error leaves behind.
    pub(crate) fn failed(&mut self, code: u16, message: &str, origin: Option<&str>) {
        self.row_count = -1;
        self.warnings.clear();
        self.warnings.push(Warning { level: "Error".to_owned(), code, message: message.to_owned() });
        if let Some(origin) = origin {
            let message = format!("the error above is from {origin}");
            self.warnings.push(Warning { level: "Note".to_owned(), code: ORIGIN, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_in_all_their_forms() {
        for (text, keyspace, shard, tablet) in [
            ("customer", Some("customer"), None, TabletType::Primary),
            ("customer@replica", Some("customer"), None, TabletType::Replica),
            ("customer:-80", Some("customer"), Some("-80"), TabletType::Primary),
            ("customer:80-@replica", Some("customer"), Some("80-"), TabletType::Replica),
            ("@replica", None, None, TabletType::Replica),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.keyspace.as_deref(), keyspace, "{text}");
            assert_eq!(target.shard.as_ref().map(ShardName::as_str), shard, "{text}");
            assert_eq!(target.tablet, tablet, "{text}");
            assert_eq!(target.to_string(), text);
        }
        assert_eq!(Target::parse("customer@nowhere"), Err("@nowhere".to_owned()));
    }
}
