//! The vschemas of Vitess's planner tests load, except for what exists only in those tests.

use std::fs;
use std::path::{Path, PathBuf};

use shardgate_vschema::VSchema;

/// The folder with the vschemas, if this checkout has it beside itself.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/vitess-plan-cases/vschemas");
    folder.is_dir().then_some(folder)
}

#[test]
fn vitess_vschemas_load_but_for_what_only_its_tests_have() {
    let Some(folder) = folder() else { return };
    let mut loaded = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let faults: Vec<String> = match VSchema::parse(&name, &text, &|_| Err("not given".to_owned())) {
            Ok(schema) => {
                let yaml = schema.to_yaml().unwrap();
                let again = VSchema::parse("again.yaml", &yaml, &|_| Err("not given".to_owned()));
                assert_eq!(again.unwrap(), schema, "{name}");
                loaded += 1;
                continue;
            }
            Err(faults) => faults.0.iter().map(|fault| format!("{}: {}", fault.path, fault.message)).collect(),
        };
        let expected: &[&str] = match name.as_str() {
            "mirror_schema.json" => &[
                "mirror_rules.rules[2].to_table: a table is mirrored to a table of another keyspace",
                "mirror_rules.rules[7].from_table: unknown keyspace `sharded_src1`",
            ],
            "rails_schema.json" => &["keyspaces.user.vindexes.binary_md5.type: unknown vindex type `hash_test`"],
            "schema.json" => SCHEMA_FAULTS,
            _ => &[],
        };
        assert_eq!(faults, expected, "{name}");
    }
    assert!(loaded >= 4, "only {loaded} loaded");
}

/// Vindex types that only Vitess's tests register, or that were put in their place without their parameters, and a rule
/// that is wrong on purpose.
const SCHEMA_FAULTS: &[&str] = &[
    "routing_rules.rules[6].to_tables[0]: unknown keyspace `noks`",
    "keyspaces.user.vindexes.cola_kid_map: a vindex of type `lookup_unique` needs the parameter `table`",
    "keyspaces.user.vindexes.cola_kid_map: a vindex of type `lookup_unique` needs the parameter `from`",
    "keyspaces.user.vindexes.cola_kid_map: a vindex of type `lookup_unique` needs the parameter `to`",
    "keyspaces.user.vindexes.email_user_map: a vindex of type `lookup_unique` needs the parameter `table`",
    "keyspaces.user.vindexes.email_user_map: a vindex of type `lookup_unique` needs the parameter `from`",
    "keyspaces.user.vindexes.email_user_map: a vindex of type `lookup_unique` needs the parameter `to`",
    "keyspaces.user.vindexes.address_user_map: a vindex of type `lookup_unique` needs the parameter `table`",
    "keyspaces.user.vindexes.address_user_map: a vindex of type `lookup_unique` needs the parameter `from`",
    "keyspaces.user.vindexes.address_user_map: a vindex of type `lookup_unique` needs the parameter `to`",
    "keyspaces.user.vindexes.costly_map.type: unknown vindex type `lookup_cost`",
    "keyspaces.user.vindexes.vindex2: a vindex of type `lookup_unique` needs the parameter `table`",
    "keyspaces.user.vindexes.vindex2: a vindex of type `lookup_unique` needs the parameter `from`",
    "keyspaces.user.vindexes.vindex2: a vindex of type `lookup_unique` needs the parameter `to`",
    "keyspaces.user.vindexes.colc_map: a vindex of type `lookup_unique` needs the parameter `table`",
    "keyspaces.user.vindexes.colc_map: a vindex of type `lookup_unique` needs the parameter `from`",
    "keyspaces.user.vindexes.colc_map: a vindex of type `lookup_unique` needs the parameter `to`",
    "keyspaces.user.vindexes.unq_lkp_bf_vdx.params.cost: a vindex of type `lookup_unique` has no parameter `cost`",
    "keyspaces.user.vindexes.unq_lkp_vdx.params.cost: a vindex of type `lookup_unique` has no parameter `cost`",
    "keyspaces.second_user.vindexes.hash_dup.type: unknown vindex type `hash_test`",
    "keyspaces.sharded_fk_allow.vindexes.hash_vin.type: unknown vindex type `hash_test`",
];
