//! SHOW SHARDS and SHOW VITESS_TABLETS, with Vitess's columns.

use super::{ShowContext, ShowResult, passes};
use crate::error::StatementError;
use shardgate_router::plan::ShowFilter;
use shardgate_topology::{Address, Role, Shard};

/// `keyspace/shard` of each serving shard. LIKE looks at the shard's name, or with a `/` in it at both.
pub(super) fn shards(filter: Option<&ShowFilter>, context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    let mut result = ShowResult::of_text(&["Shards"]);
    let both = matches!(filter, Some(ShowFilter::Like(pattern)) if pattern.contains('/'));
    for (keyspace, shard, _) in all_shards(context).into_iter().filter(|(_, _, serving)| *serving) {
        let name = format!("{keyspace}/{}", shard.name);
        if passes(filter, "SHOW SHARDS", if both { &name } else { shard.name.as_str() })? {
            result.push([name]);
        }
    }
    Ok(result)
}

/// Each instance of each shard. LIKE looks at the host's name.
pub(super) fn tablets(filter: Option<&ShowFilter>, context: &ShowContext<'_>) -> Result<ShowResult, StatementError> {
    let mut result = ShowResult::of_text(&[
        "Cell",
        "Keyspace",
        "Shard",
        "TabletType",
        "State",
        "Alias",
        "Hostname",
        "PrimaryTermStartTime",
    ]);
    for (keyspace, shard, serving) in all_shards(context) {
        for instance in &shard.instances {
            let role = if instance.id == shard.primary().id { Role::Primary } else { Role::Replica };
            let host = match &instance.address {
                Address::Tcp { host, .. } => host.clone(),
                Address::Unix(_) => "localhost".to_owned(),
            };
            if passes(filter, "SHOW VITESS_TABLETS", &host)? {
                result.push([
                    instance.zone.as_deref().unwrap_or_default().to_owned(),
                    keyspace.to_owned(),
                    shard.name.to_string(),
                    role.as_str().to_ascii_uppercase(),
                    if serving { "SERVING" } else { "NOT_SERVING" }.to_owned(),
                    instance.id.to_string(),
                    host,
                    String::new(),
                ]);
            }
        }
    }
    Ok(result)
}

/// Keyspace, shard, and whether it serves; the adopted MySQL's databases behind the named keyspaces.
fn all_shards<'a>(context: &'a ShowContext<'_>) -> Vec<(&'a str, &'a Shard, bool)> {
    let topology = &context.snapshot.topology;
    let named = topology.keyspaces.values().flat_map(|keyspace| {
        let serving = keyspace.shards.iter().map(|shard| (&*keyspace.name, &**shard, true));
        serving.chain(keyspace.spare.iter().map(|shard| (&*keyspace.name, &**shard, false)))
    });
    let databases = context.snapshot.catalog.default.iter().flat_map(|server| &server.databases);
    let adopted = databases.filter_map(|name| topology.default.as_ref().map(|shard| (&**name, &**shard, true)));
    named.chain(adopted).filter(|(keyspace, _, _)| context.sees(keyspace)).collect()
}
