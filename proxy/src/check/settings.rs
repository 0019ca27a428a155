//! Settings of the servers.

use crate::check::Visit;
use crate::check::facts::InstanceFacts;
use crate::check::finding::Finding;
use crate::config::Config;
use shardgate_topology::Role;
use std::collections::BTreeMap;

/// The oldest MySQL that is supported, as major version.
const OLDEST_MYSQL: u64 = 8;

/// Variables that should be alike on all primaries of a keyspace, with what a difference does.
const ALIKE: [(&str, &str); 6] = [
    ("sql_mode", "the same statement means different things on different shards"),
    ("time_zone", "times differ between shards"),
    ("character_set_server", "new tables differ between shards"),
    ("collation_server", "new tables differ between shards"),
    ("transaction_isolation", "transactions see different things on different shards"),
    ("lower_case_table_names", "names of tables are told apart differently on different shards"),
];

/// What is wrong with the settings of one instance.
pub(crate) fn of_one(config: &Config, visit: &Visit, facts: &InstanceFacts) -> Vec<Finding> {
    let place = visit.place();
    let mut findings = Vec::new();
    if visit.is_primary() && facts.is_on("read_only") {
        findings.push(
            Finding::error(&place, "the shard's primary is read_only")
                .with_hint("another instance may be the primary: name it first, or with `role: primary`"),
        );
    }
    if !visit.is_primary() && visit.instance.role == Some(Role::Replica) && !facts.is_on("read_only") {
        findings.push(Finding::warning(&place, "a replica that isn't read_only can be written to by mistake"));
    }
    let version = facts.variable("version");
    let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok());
    if !version.contains("MariaDB") && major.is_some_and(|major| major < OLDEST_MYSQL) {
        findings.push(Finding::warning(&place, format!("MySQL {version} is older than what is tested (8.0)")));
    }
    let wanted = u64::from(config.pool.max_connections_per_instance);
    if let Some(most) = facts.number("max_connections").filter(|most| *most < wanted) {
        let message = format!(
            "the server takes {most} connections, and `pool.max_connections_per_instance` of this proxy alone is {wanted}"
        );
        findings.push(Finding::warning(&place, message).with_hint("raise max_connections, or lower the pool's limit"));
    }
    let wanted = config.limits.max_allowed_packet;
    if let Some(most) = facts.number("max_allowed_packet").filter(|most| *most < wanted) {
        let message = format!(
            "the server takes packets of {most} bytes, and `limits.max_allowed_packet` lets clients send {wanted}"
        );
        findings.push(
            Finding::warning(&place, message).with_hint("raise max_allowed_packet of the server, or lower the limit"),
        );
    }
    findings
}

/// Settings that differ between the primaries of a keyspace.
pub(crate) fn that_differ(instances: &[(&Visit, &InstanceFacts)]) -> Vec<Finding> {
    let primaries: Vec<&(&Visit, &InstanceFacts)> = instances.iter().filter(|(visit, _)| visit.is_primary()).collect();
    let Some(keyspace) = primaries.first().and_then(|(visit, _)| visit.keyspace.as_ref()) else { return Vec::new() };
    let mut findings = Vec::new();
    for (name, effect) in ALIKE {
        let mut values: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (visit, facts) in &primaries {
            values.entry(facts.variable(name)).or_default().push(visit.shard.name.to_string());
        }
        if values.len() > 1 {
            let values: Vec<String> =
                values.iter().map(|(value, shards)| format!("`{value}` on {}", shards.join(", "))).collect();
            let message = format!("{name} differs: {}; {effect}", values.join(", "));
            findings.push(Finding::warning(&*keyspace.name, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::test_world::{config, visits};

    fn facts(variables: &[(&str, &str)]) -> InstanceFacts {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        InstanceFacts { variables, ..InstanceFacts::default() }
    }

    fn messages(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_server_needs_no_word() {
        let good = facts(&[
            ("version", "9.7.0"),
            ("read_only", "OFF"),
            ("max_connections", "151"),
            ("max_allowed_packet", "67108864"),
        ]);
        assert_eq!(messages(&of_one(&config(), &visits()[0], &good)), [""; 0]);
    }

    #[test]
    fn settings_that_make_statements_fail_are_named() {
        let bad = facts(&[
            ("version", "5.7.44"),
            ("read_only", "ON"),
            ("max_connections", "50"),
            ("max_allowed_packet", "1048576"),
        ]);
        let messages = messages(&of_one(&config(), &visits()[0], &bad));
        let expected = [
            "error: k/-80 h:1: the shard's primary is read_only",
            "warning: k/-80 h:1: MySQL 5.7.44 is older",
            "warning: k/-80 h:1: the server takes 50 connections",
            "warning: k/-80 h:1: the server takes packets of 1048576 bytes",
        ];
        assert_eq!(messages.len(), expected.len(), "{messages:#?}");
        for (message, expected) in messages.iter().zip(expected) {
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn settings_that_differ_between_shards_are_named_with_their_values() {
        let [first, second] = [facts(&[("sql_mode", "ANSI")]), facts(&[("sql_mode", "")])];
        let visits = visits();
        let found = messages(&that_differ(&[(&visits[0], &first), (&visits[1], &second)]));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("warning: k: sql_mode differs: `` on 80-, `ANSI` on -80"), "{found:?}");
        assert!(that_differ(&[(&visits[0], &first), (&visits[1], &first)]).is_empty());
    }
}
