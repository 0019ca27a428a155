//! What the proxy's user may do.

use crate::check::Visit;
use crate::check::facts::InstanceFacts;
use crate::check::finding::Finding;
use crate::control::OWN_DATABASE;

/// Without these, statements of clients fail.
const NEEDED: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];
/// Without these, DDL of clients fails.
const NEEDED_FOR_DDL: [&str; 4] = ["CREATE", "DROP", "ALTER", "INDEX"];

/// Without these on the proxy's own database, DDL over several shards runs without a journal.
const NEEDED_FOR_JOURNAL: [&str; 5] = ["CREATE", "SELECT", "INSERT", "UPDATE", "DELETE"];

/// Rights that the proxy's user lacks on a shard's database. Nothing is said if it has roles, whose rights SHOW GRANTS
/// doesn't list, and of the default MySQL, whose rights are those that the application had.
pub(crate) fn missing(visit: &Visit, facts: &InstanceFacts) -> Vec<Finding> {
    let Some(database) = visit.database() else { return Vec::new() };
    let grants: Vec<Grant<'_>> = facts.grants.iter().map(|line| parse(line)).collect();
    if grants.iter().any(|grant| matches!(grant, Grant::Role)) {
        return Vec::new();
    }
    let has_on = |database: &str, right: &str| {
        grants.iter().any(|grant| match grant {
            Grant::Rights { rights, scope } => {
                covers(scope, database)
                    && rights.iter().any(|given| given == "ALL PRIVILEGES" || given.eq_ignore_ascii_case(right))
            }
            Grant::Role => false,
        })
    };
    let lacking_on = |database: &str, rights: &[&str]| -> Vec<String> {
        rights.iter().filter(|right| !has_on(database, right)).map(|right| (*right).to_owned()).collect()
    };
    let lacking = |rights: &[&str]| lacking_on(database, rights);
    let mut findings = Vec::new();
    let (needed, for_ddl) = (lacking(&NEEDED), lacking(&NEEDED_FOR_DDL));
    let hint = |rights: &[String]| format!("GRANT {} ON `{database}`.* TO the proxy's user", rights.join(", "));
    if !needed.is_empty() {
        let message = format!("the proxy's user has no right to {}", needed.join(", "));
        findings.push(Finding::error(visit.place(), message).with_hint(hint(&needed).as_str()));
    }
    if !for_ddl.is_empty() {
        let message = format!("the proxy's user has no right to {}, so DDL of clients fails", for_ddl.join(", "));
        findings.push(Finding::warning(visit.place(), message).with_hint(hint(&for_ddl).as_str()));
    } else if !lacking_on(OWN_DATABASE, &NEEDED_FOR_JOURNAL).is_empty() {
        let message =
            "the proxy's user may not keep a journal, so DDL that breaks off on one shard has to be finished by hand";
        let hint = format!("GRANT {} ON `{OWN_DATABASE}`.* TO the proxy's user", NEEDED_FOR_JOURNAL.join(", "));
        findings.push(Finding::warning(visit.place(), message).with_hint(hint.as_str()));
    }
    findings
}

/// One line of SHOW GRANTS.
enum Grant<'a> {
    /// Rights on a scope such as `*.*` or `` `customer`.* ``.
    Rights { rights: Vec<String>, scope: &'a str },
    /// A role.
    Role,
}

fn parse(line: &str) -> Grant<'_> {
    let body = line.strip_prefix("GRANT ").unwrap_or(line);
    match body.split_once(" ON ") {
        None => Grant::Role,
        Some((rights, rest)) => Grant::Rights {
            rights: rights.split(", ").map(str::to_owned).collect(),
            scope: rest.split_once(" TO ").map_or(rest, |(scope, _)| scope),
        },
    }
}

/// Whether a scope covers all of a database. The wildcards `_` and `%` of a database's name are looked at only as far as
/// MySQL's own escapes go (`\_`).
fn covers(scope: &str, database: &str) -> bool {
    let Some(name) = scope.strip_suffix(".*") else { return false };
    let name = name.trim_matches('`').replace("``", "`");
    name == "*" || matches(&name, database)
}

/// MySQL's pattern for names of databases in grants.
fn matches(pattern: &str, name: &str) -> bool {
    let mut pattern_chars = pattern.chars();
    match pattern_chars.next() {
        None => name.is_empty(),
        Some('%') => {
            let rest = pattern_chars.as_str();
            name.char_indices()
                .map(|(at, _)| at)
                .chain([name.len()])
                .any(|at| name.get(at..).is_some_and(|tail| matches(rest, tail)))
        }
        Some(first) => {
            let (wanted, rest) = match first {
                '\\' => match pattern_chars.next() {
                    Some(escaped) => (Some(escaped), pattern_chars.as_str()),
                    None => (Some('\\'), ""),
                },
                '_' => (None, pattern_chars.as_str()),
                other => (Some(other), pattern_chars.as_str()),
            };
            let mut name_chars = name.chars();
            name_chars.next().is_some_and(|c| wanted.is_none_or(|wanted| wanted == c))
                && matches(rest, name_chars.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_patterns_as_mysql_reads_them() {
        for scope in ["*.*", "`customer`.*", "`cust%`.*", "`custome_`.*", "`%`.*"] {
            assert!(covers(scope, "customer"), "{scope}");
        }
        for scope in ["`other`.*", "`customer`.`orders`", "`cust\\_mer`.*", "`cust`.*"] {
            assert!(!covers(scope, "customer"), "{scope}");
        }
        assert!(covers("`a\\_b`.*", "a_b"));
    }

    #[test]
    fn rights_and_roles_are_told_apart() {
        let Grant::Rights { rights, scope } = parse("GRANT SELECT, INSERT ON `customer`.* TO `p`@`%`") else {
            panic!("rights")
        };
        assert_eq!((rights.len(), scope), (2, "`customer`.*"));
        assert!(matches!(parse("GRANT `writer`@`%` TO `p`@`%`"), Grant::Role));
    }

    #[test]
    fn rights_that_are_missing_are_named_unless_roles_may_give_them() {
        let visit = &crate::check::test_world::visits()[0];
        let lacking = |grants: &[&str]| {
            let grants = grants.iter().map(|line| (*line).to_owned()).collect();
            missing(visit, &InstanceFacts { grants, ..InstanceFacts::default() })
        };
        let own = "GRANT ALL PRIVILEGES ON `k`.* TO `p`@`%`";
        assert!(lacking(&[own, "GRANT ALL PRIVILEGES ON `\\_shardgate`.* TO `p`@`%`"]).is_empty());
        let found = lacking(&["GRANT USAGE ON *.* TO `p`@`%`", own]);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("journal"), "{}", found[0]);
        let found = lacking(&["GRANT SELECT, INSERT, UPDATE, CREATE, DROP, ALTER, INDEX ON *.* TO `p`@`%`"]);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].to_string(),
            "error: k/-80 h:1: the proxy's user has no right to DELETE: GRANT DELETE ON `k`.* TO the proxy's user"
        );
        assert_eq!(lacking(&["GRANT USAGE ON *.* TO `p`@`%`"]).len(), 2);
        assert!(lacking(&["GRANT `writer`@`%` TO `p`@`%`"]).is_empty());
    }
}
