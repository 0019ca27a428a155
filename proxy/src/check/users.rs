//! The users' rights against the topology.

use crate::check::finding::Finding;
use crate::config::Config;
use shardgate_topology::Topology;

/// Rights for keyspaces that there aren't. With a default MySQL every name may be one of its databases.
pub(crate) fn faults(config: &Config, topology: &Topology) -> Vec<Finding> {
    if topology.default.is_some() {
        return Vec::new();
    }
    let unknown = config.users.values().flat_map(|user| {
        user.keyspaces
            .keys()
            .filter(|keyspace| topology.keyspace(keyspace).is_none())
            .map(move |keyspace| (user, keyspace))
    });
    unknown
        .map(|(user, keyspace)| {
            let message = format!("has a right for keyspace `{keyspace}`, which the topology doesn't have");
            Finding::warning(format!("user {}", user.name), message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::test_world::{config, topology};

    #[test]
    fn rights_for_keyspaces_that_are_not_there_are_named() {
        let found = faults(&config(), &topology());
        let text: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["warning: user app: has a right for keyspace `kk`, which the topology doesn't have"]);
    }
}
