//! `shardgate check`: whether the MySQL servers are as the proxy needs them.
//!
//! [`facts`] logs in to every instance and writes down what it says of itself; everything else is pure: each module looks
//! at facts, configuration, topology and vschema, and reports findings.

mod facts;
mod finding;
mod grants;
mod schemas;
mod settings;
#[cfg(test)]
mod test_world;
mod users;
mod vindexes;

pub use finding::{Finding, Severity};

use crate::config::Config;
use facts::{InstanceFacts, gather};
use shardgate_topology::store::Stored;
use shardgate_topology::{Instance, KeyspaceTopology, Shard};
use std::sync::Arc;
use tokio::task::JoinSet;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The instances that answered, in the order of the topology.
    pub instances: Vec<CheckedInstance>,
    /// What isn't as it should be, errors first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing was found that keeps the proxy from working.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// An instance that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedInstance {
    /// Which: `keyspace/shard address`.
    pub place: String,
    /// What it calls its version.
    pub version: String,
    /// How many tables the shard has on it; `None` for the default MySQL.
    pub tables: Option<usize>,
}

/// One instance of the topology, as the checks see it.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// The keyspace; `None` for the default MySQL.
    pub(crate) keyspace: Option<Arc<KeyspaceTopology>>,
    pub(crate) shard: Arc<Shard>,
    pub(crate) instance: Arc<Instance>,
}

impl Visit {
    /// Which: `keyspace/shard address`.
    pub(crate) fn place(&self) -> String {
        match &self.keyspace {
            Some(keyspace) => format!("{}/{} {}", keyspace.name, self.shard.name, self.instance.id),
            None => format!("default {}", self.instance.id),
        }
    }

    pub(crate) fn is_primary(&self) -> bool {
        self.instance.id == self.shard.primary().id
    }

    /// The shard's database on this instance.
    pub(crate) fn database(&self) -> Option<&Arc<str>> {
        self.keyspace.as_ref().map(|keyspace| keyspace.physical_database(&self.instance))
    }
}

/// Log in to every instance and look at everything.
pub async fn check(config: &Arc<Config>, stored: &Stored) -> Report {
    let visits = visits(stored);
    let mut answers: Vec<Option<InstanceFacts>> = vec![None; visits.len()];
    let mut findings = Vec::new();
    let mut running = JoinSet::new();
    for (index, visit) in visits.iter().cloned().enumerate() {
        let config = Arc::clone(config);
        running.spawn(async move { (index, gather(&config.backend, &visit).await) });
    }
    while let Some(joined) = running.join_next().await {
        match joined {
            Ok((index, Ok(facts))) => {
                if let Some(answer) = answers.get_mut(index) {
                    *answer = Some(facts);
                }
            }
            Ok((index, Err(error))) => {
                let Some(visit) = visits.get(index) else { continue };
                let text = error.to_string();
                // The place says which instance it is.
                let message = text.strip_prefix(&format!("{}: ", visit.instance.id)).unwrap_or(&text);
                findings.push(Finding::error(visit.place(), message).with_hint(facts::hint(&error)));
            }
            Err(error) => findings.push(Finding::error("check", error.to_string())),
        }
    }
    let answered: Vec<(&Visit, &InstanceFacts)> =
        visits.iter().zip(&answers).filter_map(|(visit, facts)| Some((visit, facts.as_ref()?))).collect();
    let mut report = Report { findings, ..Report::default() };
    for (visit, facts) in &answered {
        report.instances.push(CheckedInstance {
            place: visit.place(),
            version: facts.variable("version").to_owned(),
            tables: facts.tables.as_ref().map(std::collections::BTreeMap::len),
        });
        report.findings.extend(settings::of_one(config, visit, facts));
        report.findings.extend(grants::missing(visit, facts));
    }
    for keyspace in stored.topology.keyspaces.values() {
        let own: Vec<(&Visit, &InstanceFacts)> = answered
            .iter()
            .filter(|(visit, _)| visit.keyspace.as_ref().is_some_and(|of| of.name == keyspace.name))
            .map(|(visit, facts)| (*visit, *facts))
            .collect();
        report.findings.extend(settings::that_differ(&own));
        report.findings.extend(schemas::differences(&own));
        if let Some(first) = own.iter().find_map(|(_, facts)| facts.tables.as_ref()) {
            let described = stored.vschema.keyspace(&keyspace.name).map(AsRef::as_ref);
            report.findings.extend(vindexes::faults(&keyspace.name, described, first));
        }
    }
    report.findings.extend(users::faults(config, &stored.topology));
    report.findings.sort_by_key(|finding| finding.severity);
    report
}

fn visits(stored: &Stored) -> Vec<Visit> {
    let topology = &stored.topology;
    let of_shard = |keyspace: Option<&Arc<KeyspaceTopology>>, shard: &Arc<Shard>| -> Vec<Visit> {
        let visit = |instance: &Arc<Instance>| Visit {
            keyspace: keyspace.cloned(),
            shard: Arc::clone(shard),
            instance: Arc::clone(instance),
        };
        shard.instances.iter().map(visit).collect()
    };
    let default = topology.default.iter().flat_map(|shard| of_shard(None, shard));
    let keyspaces = topology
        .keyspaces
        .values()
        .flat_map(|keyspace| keyspace.shards.iter().flat_map(move |shard| of_shard(Some(keyspace), shard)));
    default.chain(keyspaces).collect()
}
