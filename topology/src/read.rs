//! From the text of topology.yaml to the model.

use crate::address::Address;
use crate::instance::{Instance, InstanceId, Role};
use crate::keyspace::KeyspaceTopology;
use crate::shard::Shard;
use crate::topology::Topology;
use shardgate_vschema::ShardName;
use shardgate_vschema::yaml::{At, Document, Faults, Fields, KeyAt};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The only version of the format.
const VERSION: u32 = 1;
/// MySQL's limit on the names of databases, in characters.
const MAX_NAME: usize = 64;
/// Longest path of a Unix socket on Linux, in bytes.
const MAX_SOCKET: usize = 107;
/// Databases that every MySQL has for itself.
const SYSTEM_DATABASES: [&str; 4] = ["mysql", "information_schema", "performance_schema", "sys"];

impl Topology {
    /// Reads topology.yaml; `file` is the name that faults carry.
    ///
    /// # Errors
    /// Every fault of the text, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        Document::parse(file, text)?.read(read)
    }
}

/// Reads the document. Every part is read even if another has faults, so that all are reported.
pub(crate) fn read(root: At<'_>) -> Option<Topology> {
    let mut fields = root.fields()?;
    read_version(&mut fields);
    let default = fields.optional("default").map(|at| read_default(&at));
    let keyspaces: Vec<Option<KeyspaceTopology>> = fields
        .optional("keyspaces")
        .map(|at| at.entries().iter().map(|(key, at)| read_keyspace(key, at)).collect())
        .unwrap_or_default();
    fields.finish();
    let default = match default {
        Some(default) => Some(default?),
        None => None,
    };
    Some(Topology::new(default, keyspaces.into_iter().collect::<Option<_>>()?))
}

fn read_version(fields: &mut Fields<'_>) {
    let Some(at) = fields.required("version") else { return };
    if at.integer::<u32>().is_some_and(|version| version != VERSION) {
        at.fault_with_hint("this version of the format isn't known", format!("write `version: {VERSION}`"));
    }
}

fn read_default(at: &At<'_>) -> Option<Shard> {
    let mut fields = at.fields()?;
    let instances = fields.required("instances").map(|at| (read_instances(&at), at));
    fields.finish();
    let (instances, at) = instances?;
    let instances = instances?;
    for instance in instances.iter().filter(|instance| instance.database.is_some()) {
        at.fault_with_hint(
            format!("{} has a `database`, but every database of the default MySQL keeps its name", instance.id),
            "make it a keyspace if one of its databases should have another name",
        );
    }
    shard(ShardName::unsharded(), instances, &at)
}

fn read_keyspace(key: &KeyAt<'_>, at: &At<'_>) -> Option<KeyspaceTopology> {
    check_name(key.text(), "keyspace", |message| key.fault(message));
    let mut fields = at.fields()?;
    let database = fields.optional("database").and_then(|at| {
        let name = at.string()?;
        check_name(name, "database", |message| at.fault(message));
        Some(Arc::<str>::from(name))
    });
    let shards = fields.required("shards");
    fields.finish();
    let shards = shards?;
    let (mut serving, mut spare, mut complete) = (Vec::new(), Vec::new(), true);
    for (key, at) in shards.entries() {
        match read_shard(&key, &at) {
            Some((shard, true)) => serving.push(shard),
            Some((shard, false)) => spare.push(shard),
            None => complete = false,
        }
    }
    // A shard that couldn't be read would be reported as a gap, too.
    if !complete {
        return None;
    }
    let name: Arc<str> = Arc::from(key.text());
    let database = database.unwrap_or_else(|| Arc::clone(&name));
    check_places(&serving, &spare, &database, &shards);
    KeyspaceTopology::new(name, database, serving, spare)
        .map_err(|faults| faults.iter().for_each(|fault| shards.fault(fault.to_string())))
        .ok()
}

/// Reads a shard, and whether it serves.
fn read_shard(key: &KeyAt<'_>, at: &At<'_>) -> Option<(Shard, bool)> {
    let name = key.parse::<ShardName>();
    let mut fields = at.fields()?;
    let serving = fields.optional("serving").map_or(Some(true), |at| at.boolean());
    let instances = fields.required("instances").map(|at| (read_instances(&at), at));
    fields.finish();
    let (instances, at) = instances?;
    Some((shard(name?, instances?, &at)?, serving?))
}

fn shard(name: ShardName, instances: Vec<Instance>, at: &At<'_>) -> Option<Shard> {
    Shard::new(name, instances).map_err(|faults| faults.iter().for_each(|fault| at.fault(fault.to_string()))).ok()
}

fn read_instances(at: &At<'_>) -> Option<Vec<Instance>> {
    let instances: Vec<Option<Instance>> = at.list().iter().map(read_instance).collect();
    if !at.is_list() {
        return None;
    }
    instances.into_iter().collect()
}

fn read_instance(at: &At<'_>) -> Option<Instance> {
    let mut fields = at.fields()?;
    let address = fields.optional("address");
    let socket = fields.optional("socket");
    let mut faulty = false;
    let mut or_faulty = |failed: bool| faulty |= failed;
    let place = match (&address, &socket) {
        (Some(address), None) => address.parse::<Address>(),
        (None, Some(socket)) => read_socket(socket),
        (Some(_), Some(socket)) => {
            socket.fault("an instance has an `address` or a `socket`, not both");
            None
        }
        (None, None) => {
            at.fault_with_hint("an instance needs an `address`", "write `address: host:3306`, or `socket: /path`");
            None
        }
    };
    let database = fields.optional("database").map(|at| {
        let name = at.string();
        or_faulty(name.is_none());
        check_name(name.unwrap_or("-"), "database", |message| at.fault(message));
        Arc::<str>::from(name.unwrap_or_default())
    });
    let roles = [(Role::Primary.as_str(), Role::Primary), (Role::Replica.as_str(), Role::Replica)];
    let role = fields.optional("role").map(|at| at.one_of("role", &roles));
    let weight = fields.optional("weight").map_or(Some(1), |at| at.integer::<u32>());
    let zone = fields.optional("zone").map(|at| at.string().map(Arc::<str>::from));
    let tags = fields.optional("tags").map(|at| at.list().iter().map(|at| at.string().map(Arc::<str>::from)).collect());
    fields.finish();
    or_faulty(role == Some(None) || zone == Some(None));
    let tags: Option<Vec<Arc<str>>> = tags.unwrap_or_else(|| Some(Vec::new()));
    let (address, weight, tags) = (place?, weight?, tags?);
    (!faulty).then(|| Instance {
        id: InstanceId::from(&address),
        address,
        database,
        role: role.flatten(),
        weight,
        zone: zone.flatten(),
        tags,
    })
}

fn read_socket(at: &At<'_>) -> Option<Address> {
    let path = at.string()?;
    if !Path::new(path).is_absolute() {
        at.fault_with_hint("the path of a socket must be absolute", "begin it with `/`");
        return None;
    }
    if path.len() > MAX_SOCKET {
        at.fault(format!("the path of a socket can have {MAX_SOCKET} bytes at most, and this has {}", path.len()));
        return None;
    }
    Some(Address::Unix(PathBuf::from(path)))
}

/// Reports a name that can't be a database's, or that a target (`keyspace:shard@replica`) couldn't say.
fn check_name(name: &str, what: &str, fault: impl Fn(String)) {
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | '.' | ':' | '@' | '`');
    if name.is_empty() || name.chars().count() > MAX_NAME {
        fault(format!("the name of a {what} has 1 to {MAX_NAME} characters"));
    } else if let Some(c) = name.chars().find(|c| forbidden(*c)) {
        fault(format!("the name of a {what} can't hold `{}`", c.escape_default()));
    } else if name.ends_with(' ') {
        fault(format!("the name of a {what} can't end with a space"));
    } else if SYSTEM_DATABASES.iter().any(|system| system.eq_ignore_ascii_case(name)) {
        fault(format!("`{name}` is one of MySQL's own databases, so it can't be a {what}"));
    }
}

/// Reports shards of one keyspace that would be the same tables of the same server.
fn check_places(serving: &[Shard], spare: &[Shard], database: &Arc<str>, at: &At<'_>) {
    let mut taken: HashMap<(&InstanceId, &Arc<str>), &ShardName> = HashMap::new();
    for shard in serving.iter().chain(spare) {
        for instance in &shard.instances {
            let physical = instance.database.as_ref().unwrap_or(database);
            match taken.insert((&instance.id, physical), &shard.name) {
                Some(first) if *first != shard.name => at.fault_with_hint(
                    format!("shards `{first}` and `{}` are both database `{physical}` on {}", shard.name, instance.id),
                    "give each its own `database` on that server",
                ),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        Topology::parse("t.yaml", text).unwrap_err().0.iter().map(ToString::to_string).collect()
    }

    const SAMPLE: &str = r#"
version: 1
default:
  instances: [{address: 127.0.0.1:33060}]
keyspaces:
  commerce:
    shards:
      "-": {instances: [{address: 127.0.0.1:33070}]}
  customer:
    database: cust
    shards:
      "-80":
        instances:
          - {address: 127.0.0.1:33071}
          - {address: 127.0.0.1:33171, tags: [analytics], zone: b, role: replica, weight: 3}
      "80-": {instances: [{socket: /run/mysqld/a.sock, database: cust_1}]}
      "-40": {serving: false, instances: [{address: "[::1]:3306"}]}
"#;

    #[test]
    fn every_key_of_the_format_is_read() {
        let topology = Topology::parse("t.yaml", SAMPLE).unwrap();
        assert_eq!(topology.default.as_ref().unwrap().primary().id.as_str(), "127.0.0.1:33060");
        let customer = topology.keyspace("customer").unwrap();
        assert_eq!((&*customer.name, &*customer.database, customer.renamed()), ("customer", "cust", true));
        let [low, high] = customer.shards.as_slice() else { panic!("two serving shards") };
        let replica = low.replicas().next().unwrap();
        assert_eq!((replica.weight, replica.zone.as_deref(), replica.role), (3, Some("b"), Some(Role::Replica)));
        assert_eq!(replica.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["analytics"]);
        assert_eq!(high.primary().address, Address::Unix(PathBuf::from("/run/mysqld/a.sock")));
        assert_eq!(&**customer.physical_database(high.primary()), "cust_1");
        assert_eq!(customer.spare[0].name.as_str(), "-40");
    }

    #[test]
    fn all_faults_are_reported_with_their_places() {
        let text = "\
version: 2
keyspace: {}
keyspaces:
  customer:
    shards:
      '-80': {instances: [{address: localhost, rol: replica}]}
      '80-': {instances: []}
  orders:
    shards:
      '-40': {instances: [{address: 'a:1'}]}
      '80-': {instances: [{address: 'b:1', role: leader}]}
  sys:
    shards: {'-': {instances: [{address: 'c:1'}]}}
";
        assert_eq!(
            faults(text),
            [
                "t.yaml:1:10: version: this version of the format isn't known: write `version: 1`",
                "t.yaml:2:1: keyspace: unknown key `keyspace`: did you mean `keyspaces`?",
                "t.yaml:6:37: keyspaces.customer.shards.-80.instances[0].address: `localhost` has no port: write `localhost:3306`",
                "t.yaml:6:48: keyspaces.customer.shards.-80.instances[0].rol: unknown key `rol`: did you mean `role`?",
                "t.yaml:7:26: keyspaces.customer.shards.80-.instances: no instance: a shard needs at least one MySQL server",
                "t.yaml:11:50: keyspaces.orders.shards.80-.instances[0].role: unknown role `leader`: known are `primary`, `replica`",
                "t.yaml:12:3: keyspaces.sys: `sys` is one of MySQL's own databases, so it can't be a keyspace",
            ]
        );
    }

    #[test]
    fn gaps_and_overlaps_are_named() {
        let keyspace = |shards: &str| faults(&format!("version: 1\nkeyspaces:\n  k:\n    shards: {shards}\n"));
        let shard = |name: &str, port: u16| format!("'{name}': {{instances: [{{address: 'h:{port}'}}]}}");
        assert_eq!(
            keyspace(&format!("{{{}, {}}}", shard("-40", 1), shard("80-", 2))),
            ["t.yaml:4:13: keyspaces.k.shards: no shard holds 40-80"]
        );
        assert_eq!(
            keyspace(&format!("{{{}, {}}}", shard("-80", 1), shard("40-", 2))),
            ["t.yaml:4:13: keyspaces.k.shards: shards -80 and 40- both hold 40-80"]
        );
        assert_eq!(keyspace("{}"), ["t.yaml:4:13: keyspaces.k.shards: no shard holds -"]);
    }

    #[test]
    fn two_shards_cannot_be_the_same_database_of_the_same_server() {
        let text = "version: 1\nkeyspaces:\n  k:\n    shards:\n      '-80': {instances: [{address: 'h:1'}]}\n      '80-': {instances: [{address: 'h:1'}]}\n";
        let fault = &faults(text)[0];
        assert!(fault.contains("shards `-80` and `80-` are both database `k` on h:1"), "{fault}");
        let apart = text.replacen("'h:1'}", "'h:1', database: k0}", 1);
        assert!(Topology::parse("t.yaml", &apart).is_ok());
    }

    #[test]
    fn an_instance_has_an_address_or_a_socket() {
        let instance = |instance: &str| faults(&format!("version: 1\ndefault: {{instances: [{{{instance}}}]}}\n"));
        assert!(instance("address: 'h:1', socket: /s")[0].contains("not both"));
        assert!(instance("zone: b")[0].contains("needs an `address`"));
        assert!(instance("socket: s")[0].contains("must be absolute"));
        assert!(instance("address: 'h:1', database: d")[0].contains("keeps its name"));
    }

    #[test]
    fn names_that_a_target_could_not_say_are_refused() {
        let named = |name: &str| {
            let text = format!(
                "version: 1\nkeyspaces: {{\"{name}\": {{shards: {{'-': {{instances: [{{address: 'h:1'}}]}}}}}}}}\n"
            );
            Topology::parse("t.yaml", &text).map_err(|faults| faults.0[0].message.clone())
        };
        assert!(named("a:b").unwrap_err().contains("can't hold `:`"));
        assert!(named("a@b").unwrap_err().contains("can't hold `@`"));
        assert!(named("a ").unwrap_err().contains("end with a space"));
        assert!(named("MySQL").unwrap_err().contains("MySQL's own"));
        assert!(named(&"a".repeat(65)).unwrap_err().contains("1 to 64"));
        assert!(named("größe-2 x").is_ok());
    }
}
