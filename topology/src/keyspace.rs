//! A keyspace: a logical database, and the shards that hold it.

use crate::instance::{Instance, InstanceId};
use crate::shard::Shard;
use shardgate_vschema::{KeyRange, KeyspaceId, ShardName, TilingFault, tiling_faults};
use std::sync::Arc;

/// A logical database and the shards that hold it. Invariant: the serving shards tile the whole space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyspaceTopology {
    /// Its name, as clients say it.
    pub name: Arc<str>,
    /// The database's name on the MySQL side.
    pub database: Arc<str>,
    /// The shards that serve, in the order of their ranges.
    pub shards: Vec<Arc<Shard>>,
    /// Shards that don't serve (yet, or any more): the targets of a resharding, or its sources after the switch.
    pub spare: Vec<Arc<Shard>>,
    ranges: Vec<KeyRange>,
    renamed: bool,
}

/// Why shards don't make a keyspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyspaceFault {
    /// A gap or an overlap.
    #[error("{0}")]
    Tiling(TilingFault),
    /// A shard that is one of several, and whose name says no range.
    #[error("shard `{0}` has no key range for a name: only the single shard of an unsharded keyspace can be called so")]
    NotARange(ShardName),
    /// A name twice.
    #[error("shard `{0}` is named twice")]
    Duplicate(ShardName),
}

impl KeyspaceTopology {
    /// The keyspace with these shards; the order of the lists doesn't matter.
    ///
    /// # Errors
    /// Every gap and overlap between the serving shards, and every name that can't be.
    pub fn new(
        name: Arc<str>,
        database: Arc<str>,
        shards: Vec<Shard>,
        spare: Vec<Shard>,
    ) -> Result<Self, Vec<KeyspaceFault>> {
        let sorted = |shards: Vec<Shard>| {
            let mut shards: Vec<Arc<Shard>> = shards.into_iter().map(Arc::new).collect();
            shards.sort_by(|a, b| a.name.cmp(&b.name));
            shards
        };
        let (shards, spare) = (sorted(shards), sorted(spare));
        let ranges: Vec<KeyRange> = shards.iter().map(|shard| shard.range.clone()).collect();
        let mut faults = Vec::new();
        let all = || shards.iter().chain(&spare);
        for (index, shard) in all().enumerate() {
            if all().take(index).any(|earlier| earlier.name == shard.name) {
                faults.push(KeyspaceFault::Duplicate(shard.name.clone()));
            }
        }
        let several = shards.len() > 1;
        faults.extend(
            shards
                .iter()
                .filter(|shard| several && !shard.name.is_key_range())
                .map(|shard| KeyspaceFault::NotARange(shard.name.clone())),
        );
        if faults.is_empty() {
            faults.extend(tiling_faults(&ranges).into_iter().map(KeyspaceFault::Tiling));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let renamed = shards
            .iter()
            .flat_map(|shard| &shard.instances)
            .any(|instance| *instance.database.as_ref().unwrap_or(&database) != name);
        Ok(Self { name, database, shards, spare, ranges, renamed })
    }

    /// The serving shards' ranges, in the same order as [`shards`](Self::shards).
    #[must_use]
    pub fn ranges(&self) -> &[KeyRange] {
        &self.ranges
    }

    /// Whether all rows are in one shard, whatever the vschema says.
    #[must_use]
    pub fn has_one_shard(&self) -> bool {
        self.shards.len() == 1
    }

    /// The serving shard of this name, in any case.
    #[must_use]
    pub fn shard(&self, name: &str) -> Option<&Arc<Shard>> {
        self.shards.iter().find(|shard| shard.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The serving shard that holds a row with this id, and its place in [`shards`](Self::shards).
    #[must_use]
    pub fn shard_of(&self, id: &KeyspaceId) -> Option<(usize, &Arc<Shard>)> {
        let behind = self.ranges.partition_point(|range| range.start() <= id.as_bytes());
        let index = behind.checked_sub(1)?;
        self.shards.get(index).map(|shard| (index, shard))
    }

    /// The name of the shard's database on one of its instances.
    #[must_use]
    pub fn physical_database<'a>(&'a self, instance: &'a Instance) -> &'a Arc<str> {
        instance.database.as_ref().unwrap_or(&self.database)
    }

    /// Whether the database has another name on some instance than the keyspace has, so that qualified names in a
    /// statement have to be changed on the way.
    #[must_use]
    pub fn renamed(&self) -> bool {
        self.renamed
    }

    /// Every instance of the serving shards, with its shard.
    pub fn instances(&self) -> impl Iterator<Item = (&Arc<Shard>, &Arc<Instance>)> {
        self.shards.iter().flat_map(|shard| shard.instances.iter().map(move |instance| (shard, instance)))
    }

    /// The servers of the only shard; `None` for a keyspace with several.
    pub(crate) fn only_servers(&self) -> Option<Vec<InstanceId>> {
        match self.shards.as_slice() {
            [shard] => Some(shard.servers().cloned().collect()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    fn shard(name: &str, port: u16, database: Option<&str>) -> Shard {
        let mut instance = Instance::new(Address::Tcp { host: "127.0.0.1".to_owned(), port });
        instance.database = database.map(Arc::from);
        Shard::new(name.parse().unwrap(), vec![instance]).unwrap()
    }

    fn keyspace(shards: Vec<Shard>) -> Result<KeyspaceTopology, Vec<String>> {
        KeyspaceTopology::new(Arc::from("customer"), Arc::from("customer"), shards, Vec::new())
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn shards_are_sorted_by_range_and_found_by_id() {
        let keyspace = keyspace(vec![shard("c0-", 1, None), shard("-80", 2, None), shard("80-c0", 3, None)]).unwrap();
        assert_eq!(keyspace.ranges().iter().map(ToString::to_string).collect::<Vec<_>>(), ["-80", "80-c0", "c0-"]);
        for (id, expected) in
            [("00", "-80"), ("7fff", "-80"), ("80", "80-c0"), ("bfff", "80-c0"), ("ff", "c0-"), ("", "-80")]
        {
            let (index, shard) = keyspace.shard_of(&KeyspaceId::from_hex(id).unwrap()).unwrap();
            assert_eq!(shard.name.as_str(), expected, "{id}");
            assert_eq!(keyspace.shards[index], *shard);
        }
        assert_eq!(keyspace.shard("80-C0").unwrap().name.as_str(), "80-c0");
        assert!(keyspace.shard("40-").is_none());
    }

    #[test]
    fn gaps_overlaps_and_names_without_a_range_are_named() {
        assert_eq!(keyspace(vec![shard("-80", 1, None)]).unwrap_err(), ["no shard holds 80-"]);
        assert_eq!(
            keyspace(vec![shard("-80", 1, None), shard("40-", 2, None)]).unwrap_err(),
            ["shards -80 and 40- both hold 40-80"]
        );
        assert!(keyspace(vec![shard("0", 1, None), shard("-", 2, None)]).unwrap_err()[0].contains("no key range"));
        assert_eq!(keyspace(vec![shard("-", 1, None), shard("-", 2, None)]).unwrap_err(), ["shard `-` is named twice"]);
    }

    #[test]
    fn a_database_with_another_name_anywhere_makes_it_renamed() {
        assert!(!keyspace(vec![shard("-", 1, None)]).unwrap().renamed());
        assert!(!keyspace(vec![shard("-", 1, Some("customer"))]).unwrap().renamed());
        let split = keyspace(vec![shard("-80", 1, Some("customer_0")), shard("80-", 1, Some("customer_1"))]).unwrap();
        assert!(split.renamed());
        assert_eq!(&**split.physical_database(split.shards[1].primary()), "customer_1");
    }
}
