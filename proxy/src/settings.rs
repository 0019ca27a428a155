//! What a session has SET, kept in the session and carried to each borrowed connection as a difference.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use shardgate_wire::charset::Collation;

/// The settings of a session, or of a backend connection: system variables that differ from the server's own values.
///
/// Immutable and shared: two sessions with the same settings mostly hold the same `Arc`, so the usual comparison is one
/// of pointers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    /// Variable (lower case) → its value as an SQL literal, as the server itself said it.
    variables: BTreeMap<Box<str>, Box<str>>,
}

/// Variables that the greeting's collation decides, in the order in which they must be set.
const CHARSET_VARIABLES: [&str; 3] = ["character_set_client", "character_set_results", "collation_connection"];

/// Variables that MySQL leaves as they are when they are set to DEFAULT (seen on 9.7), although their global value is another.
const UNMOVED_BY_DEFAULT: [&str; 2] = ["foreign_key_checks", "unique_checks"];

static EMPTY: LazyLock<Arc<Settings>> = LazyLock::new(|| Arc::new(Settings::default()));

impl Settings {
    /// Nothing set.
    pub(crate) fn empty() -> Arc<Settings> {
        Arc::clone(&EMPTY)
    }

    /// The settings of a connection whose handshake named this collation.
    pub(crate) fn of_collation(charset: &str, collation: &str) -> Settings {
        let mut settings = Settings::default();
        settings.set_names(charset, Some(charset), collation);
        settings
    }

    /// What `SET NAMES` sets. `results` is `None` for `character_set_results = NULL`.
    pub(crate) fn set_names(&mut self, charset: &str, results: Option<&str>, collation: &str) {
        let [client, result_set, connection] = CHARSET_VARIABLES;
        self.set(client, format!("'{charset}'"));
        self.set(result_set, results.map_or_else(|| "NULL".to_owned(), |name| results_of(name, collation)));
        self.set(connection, format!("'{collation}'"));
    }

    /// Take a variable back to the server's own value.
    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Set a variable to a value, given as an SQL literal.
    pub(crate) fn set(&mut self, name: &str, literal: String) {
        self.variables.insert(name.into(), literal.into());
    }

    /// The value of a variable as an SQL literal, if the session has set it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|literal| &**literal)
    }

    /// The value of a variable without quotes.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let literal = self.get(name)?;
        Some(literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(literal))
    }

    /// All variables and values as one text, for keys of maps.
    pub(crate) fn fingerprint(&self) -> String {
        self.variables.iter().flat_map(|(name, value)| [&**name, "=", &**value, ";"]).collect()
    }

    /// The variables that are set.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(|name| &**name)
    }

    /// The `SET` that takes a connection from `current` to these settings; `None` if there is no difference.
    pub(crate) fn difference(&self, current: &Settings) -> Option<String> {
        let mut sql = String::new();
        let mut add = |name: &str, value: &str| {
            sql.push_str(if sql.is_empty() { "SET " } else { ", " });
            // Writing to a String can't fail.
            let _ = write!(sql, "@@SESSION.`{name}` = {value}");
        };
        let differs = |name: &str| self.get(name).filter(|value| current.get(name) != Some(value));
        for name in CHARSET_VARIABLES {
            if let Some(value) = differs(name) {
                add(name, value);
            }
        }
        for name in current.names().filter(|name| self.get(name).is_none()) {
            match UNMOVED_BY_DEFAULT.contains(&name) {
                true => add(name, &format!("@@GLOBAL.`{name}`")),
                false => add(name, "DEFAULT"),
            }
        }
        for (name, value) in &self.variables {
            if !CHARSET_VARIABLES.contains(&&**name) && current.get(name) != Some(value) {
                add(name, value);
            }
        }
        (!sql.is_empty()).then_some(sql)
    }
}

/// The value of `character_set_results` after SET NAMES: columns are said to have its collation, which only a number
/// tells where it isn't the character set's default one.
fn results_of(charset: &str, collation: &str) -> String {
    Collation::by_name(collation)
        .filter(|known| known.charset.name.eq_ignore_ascii_case(charset))
        .and_then(numbered)
        .unwrap_or_else(|| format!("'{charset}'"))
}

/// The number of a collation that isn't its character set's default one, as SET takes it.
pub(crate) fn numbered(collation: &Collation) -> Option<String> {
    (!collation.is_default).then(|| collation.id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_with_the_same_settings_needs_nothing() {
        let settings = Settings::of_collation("utf8mb4", "utf8mb4_0900_ai_ci");
        assert_eq!(settings.difference(&settings.clone()), None);
    }

    #[test]
    fn results_have_a_collation_of_their_own_only_where_it_is_no_default() {
        let of = |charset, collation| {
            Settings::of_collation(charset, collation).text("character_set_results").map(str::to_owned)
        };
        assert_eq!(of("utf8mb4", "utf8mb4_bin").as_deref(), Some("46"));
        assert_eq!(of("latin1", "latin1_swedish_ci").as_deref(), Some("latin1"));
    }

    #[test]
    fn the_difference_sets_what_is_wanted_and_takes_back_what_is_not() {
        let mut current = Settings::of_collation("utf8mb4", "utf8mb4_0900_ai_ci");
        current.set("sql_mode", "'ANSI'".to_owned());
        current.set("autocommit", "0".to_owned());
        let mut wanted = Settings::of_collation("latin1", "latin1_swedish_ci");
        wanted.set("autocommit", "1".to_owned());
        assert_eq!(
            wanted.difference(&current).as_deref(),
            Some(
                "SET @@SESSION.`character_set_client` = 'latin1', @@SESSION.`character_set_results` = 'latin1', \
                 @@SESSION.`collation_connection` = 'latin1_swedish_ci', @@SESSION.`sql_mode` = DEFAULT, \
                 @@SESSION.`autocommit` = 1"
            )
        );
        assert_eq!(wanted.text("character_set_client"), Some("latin1"));
    }

    #[test]
    fn checks_that_default_does_not_turn_on_again_are_taken_from_the_server() {
        let mut current = Settings::default();
        current.set("foreign_key_checks", "0".to_owned());
        assert_eq!(
            Settings::default().difference(&current).as_deref(),
            Some("SET @@SESSION.`foreign_key_checks` = @@GLOBAL.`foreign_key_checks`")
        );
    }
}
