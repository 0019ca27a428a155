//! Both documents together: each by itself, and what one says of the other.

use crate::store::{DocumentKind, Documents};
use crate::topology::Topology;
use shardgate_vschema::VSchema;
use shardgate_vschema::yaml::{At, Document, Faults, KeyAt};
use std::fs;
use std::path::Path;

/// Reads both documents. `directory` is where their files are (or would be): faults name the files in it, and the files
/// that vindex parameters name are read from it.
///
/// # Errors
/// Every fault of both documents; if each is valid by itself, everything in which they don't fit together.
pub fn read_documents(directory: &Path, documents: &Documents) -> Result<(Topology, VSchema), Faults> {
    read_documents_of(|kind| directory.join(kind.file_name()).display().to_string(), directory, documents)
}

/// As [`read_documents`], for documents that have names of their own.
pub(crate) fn read_documents_of(
    name: impl Fn(DocumentKind) -> String,
    directory: &Path,
    documents: &Documents,
) -> Result<(Topology, VSchema), Faults> {
    let file = |path: &str| {
        let path = directory.join(path);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let [topology_name, vschema_name] = DocumentKind::ALL.map(name);
    let topology = Topology::parse(&topology_name, &documents.topology);
    let vschema = VSchema::parse(&vschema_name, &documents.vschema, &file);
    let (topology, vschema) = match (topology, vschema) {
        (Ok(topology), Ok(vschema)) => (topology, vschema),
        (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => return Err(faults),
        (Err(Faults(mut faults)), Err(Faults(others))) => {
            faults.extend(others);
            return Err(Faults(faults));
        }
    };
    check_together(
        &Document::parse(&topology_name, &documents.topology)?,
        &Document::parse(&vschema_name, &documents.vschema)?,
        &topology,
        &vschema,
    )?;
    Ok((topology, vschema))
}

/// Checks what two valid documents say of each other.
fn check_together(
    topology_text: &Document,
    vschema_text: &Document,
    topology: &Topology,
    vschema: &VSchema,
) -> Result<(), Faults> {
    let of_topology = topology_text.read(|root| {
        for key in keyspace_keys(&root) {
            let shards = topology.keyspace(key.text()).map_or(1, |keyspace| keyspace.shards.len());
            if shards > 1 && vschema.keyspace(key.text()).is_none() {
                key.fault_with_hint(
                    format!(
                        "keyspace `{}` has {shards} shards, and the vschema doesn't say how it is split",
                        key.text()
                    ),
                    "add it to vschema.yaml with `sharded: true`",
                );
            }
        }
        Some(())
    });
    let of_vschema = vschema_text.read(|root| {
        for key in keyspace_keys(&root) {
            let Some(keyspace) = vschema.keyspace(key.text()) else { continue };
            check_keyspace(&key, keyspace.sharded, topology);
        }
        Some(())
    });
    match (of_topology, of_vschema) {
        (Ok(()), Ok(())) => Ok(()),
        (Err(faults), Ok(())) | (Ok(()), Err(faults)) => Err(faults),
        (Err(Faults(mut faults)), Err(Faults(others))) => {
            faults.extend(others);
            Err(Faults(faults))
        }
    }
}

/// Checks a keyspace of the vschema against the topology.
fn check_keyspace(key: &KeyAt<'_>, sharded: bool, topology: &Topology) {
    let Some(keyspace) = topology.keyspace(key.text()) else {
        match &topology.default {
            // It is a database of the default MySQL.
            Some(_) if !sharded => {}
            Some(_) => key.fault_with_hint(
                "a sharded keyspace can't be on the default MySQL, and the topology has no keyspace of this name",
                "add it with its shards to topology.yaml",
            ),
            None => key.unknown("keyspace of the topology", topology.keyspaces.keys().map(AsRef::as_ref)),
        }
        return;
    };
    match keyspace.shards.as_slice() {
        [only] if sharded && !only.name.is_key_range() => key.fault_with_hint(
            format!("the keyspace is sharded here, but its only shard in the topology is called `{}`", only.name),
            "call the shard `-`",
        ),
        [] | [_] => {}
        several if !sharded => key.fault_with_hint(
            format!("the keyspace isn't sharded here, but has {} shards in the topology", several.len()),
            "write `sharded: true` and give its tables vindexes",
        ),
        _ => {}
    }
}

/// The keys of the mapping `keyspaces`.
fn keyspace_keys<'d>(root: &At<'d>) -> Vec<KeyAt<'d>> {
    let keyspaces = root.entries().into_iter().find(|(key, _)| key.text() == "keyspaces");
    keyspaces.map(|(_, at)| at.entries().into_iter().map(|(key, _)| key).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPOLOGY: &str = "\
version: 1
keyspaces:
  commerce: {shards: {'0': {instances: [{address: 'h:1'}]}}}
  customer:
    shards:
      '-80': {instances: [{address: 'h:2'}]}
      '80-': {instances: [{address: 'h:3'}]}
";
    const VSCHEMA: &str = "\
version: 1
keyspaces:
  commerce: {tables: {}}
  customer: {sharded: true, vindexes: {xxhash: {type: xxhash}}}
";

    fn check(topology: &str, vschema: &str) -> Vec<String> {
        let documents = Documents { topology: topology.into(), vschema: vschema.into() };
        match read_documents(Path::new(""), &documents) {
            Ok(_) => Vec::new(),
            Err(Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn documents_that_fit_together_are_accepted() {
        assert_eq!(check(TOPOLOGY, VSCHEMA), [""; 0]);
    }

    #[test]
    fn faults_of_both_documents_are_reported_at_once() {
        let faults = check("version: 2\n", "version: 2\nkeyspaces: {}\n");
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(
            faults[0].starts_with("topology.yaml:1:10") && faults[1].starts_with("vschema.yaml:1:10"),
            "{faults:?}"
        );
    }

    #[test]
    fn a_keyspace_of_the_vschema_must_be_in_the_topology() {
        let misspelt = VSCHEMA.replace("commerce", "comerce");
        assert_eq!(
            check(TOPOLOGY, &misspelt),
            [
                "vschema.yaml:3:3: keyspaces.comerce: unknown keyspace of the topology `comerce`: did you mean `commerce`?"
            ]
        );
        let adopted = format!("{TOPOLOGY}default: {{instances: [{{address: 'h:9'}}]}}\n");
        assert_eq!(check(&adopted, &misspelt), [""; 0]);
        let fault = &check(&adopted, &VSCHEMA.replace("customer", "custom"))[1];
        assert!(fault.contains("a sharded keyspace can't be on the default MySQL"), "{fault}");
    }

    #[test]
    fn a_keyspace_with_several_shards_must_be_sharded_in_the_vschema() {
        let missing = check(TOPOLOGY, "version: 1\nkeyspaces: {}\n");
        assert_eq!(missing.len(), 1);
        assert!(missing[0].starts_with("topology.yaml:4:3: keyspaces.customer: keyspace `customer` has 2 shards"));
        let unsharded = check(TOPOLOGY, "version: 1\nkeyspaces: {customer: {}}\n");
        assert!(unsharded[0].contains("isn't sharded here, but has 2 shards"), "{unsharded:?}");
    }

    #[test]
    fn the_only_shard_of_a_sharded_keyspace_is_named_by_its_range() {
        let sharded = VSCHEMA.replace("{tables: {}}", "{sharded: true}");
        assert!(check(TOPOLOGY, &sharded)[0].contains("its only shard in the topology is called `0`"));
        assert_eq!(check(&TOPOLOGY.replace("'0'", "'-'"), &sharded), [""; 0]);
    }

    #[test]
    fn files_that_vindexes_name_are_read_beside_the_vschema() {
        let directory = tempfile::tempdir().unwrap();
        let vschema = "version: 1\nkeyspaces:\n  customer: {sharded: true, vindexes: {m: {type: numeric_static_map, params: {json_path: map.json}}}}\n";
        let documents = Documents { topology: TOPOLOGY.into(), vschema: vschema.into() };
        let faults = read_documents(directory.path(), &documents).unwrap_err().to_string();
        assert!(faults.contains("map.json"), "{faults}");
        std::fs::write(directory.path().join("map.json"), "{\"1\": 2}").unwrap();
        assert!(read_documents(directory.path(), &documents).is_ok());
    }
}
