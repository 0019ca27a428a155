//! What the commands print and with which code they end, run as processes.

// In a test a wrong value is to end it.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const TOPOLOGY: &str = "\
version: 1
keyspaces:
  commerce: {shards: {'-': {instances: [{address: 'h:1'}]}}}
  customer:
    shards:
      '-80': {instances: [{address: 'h:2'}]}
      '80-': {instances: [{address: 'h:3'}]}
";
const VSCHEMA: &str = "\
version: 1
keyspaces:
  customer:
    sharded: true
    vindexes: {hash: {type: hash}}
    tables: {customer: {column_vindexes: [{column: id, name: hash}]}}
";

fn shardgate(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shardgate"))
        .args(arguments)
        .current_dir(directory)
        .env("USER", "ann")
        .env_remove("SHARDGATE_CONFIG")
        .env_remove("SHARDGATE_ADMIN")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Exit code, standard output and standard error.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = shardgate(directory, arguments, "");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Standard output of a command that must succeed.
fn good(directory: &Path, arguments: &[&str]) -> String {
    let (code, out, error) = run(directory, arguments);
    assert_eq!(code, 0, "{arguments:?}: {out}{error}");
    out
}

fn json(directory: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&good(directory, arguments)).unwrap()
}

fn cluster() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("topology.yaml"), TOPOLOGY).unwrap();
    fs::write(directory.path().join("vschema.yaml"), VSCHEMA).unwrap();
    directory
}

#[test]
fn bad_usage_ends_with_2_and_help_with_0() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [&["nonsense"][..], &[], &["topology"], &["topology", "ranges"], &["topology", "apply"]] {
        assert_eq!(run(directory.path(), arguments).0, 2, "{arguments:?}");
    }
    assert!(good(directory.path(), &["--help"]).contains("topology"));
    assert!(good(directory.path(), &["topology", "apply", "--help"]).contains("Example:\n  shardgate topology apply"));
    assert!(good(directory.path(), &["--version"]).starts_with("shardgate "));
}

#[test]
fn a_password_on_standard_input_is_hashed_without_its_line_end() {
    let directory = tempfile::tempdir().unwrap();
    let expected = "sha256d:3bfc3d7ca254b2d951bd6aa00bbeb14ff3c0d8d703941aa643f506fee788ff55\n";
    for input in ["app", "app\n", "app\r\n"] {
        let output = shardgate(directory.path(), &["user", "hash"], input);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
    assert_eq!(shardgate(directory.path(), &["user", "hash"], "\n").status.code(), Some(1));
}

#[test]
fn ranges_split_the_space_evenly() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(good(directory.path(), &["topology", "ranges", "--shards", "4"]), "-40\n40-80\n80-c0\nc0-\n");
    let (code, _, error) = run(directory.path(), &["topology", "ranges", "--shards", "0"]);
    assert!(code == 1 && error.contains("not a number of shards"), "{error}");
}

#[test]
fn validation_prints_every_fault_and_ends_with_1() {
    let directory = cluster();
    let summary = good(directory.path(), &["vschema", "validate"]);
    assert_eq!(summary, "topology.yaml and vschema.yaml: valid, 2 keyspaces on 3 shards, 1 tables described\n");
    let faulty = VSCHEMA.replace("type: hash", "type: hsh").replace("sharded", "shardet");
    fs::write(directory.path().join("new.yaml"), faulty).unwrap();
    let (code, out, _) = run(directory.path(), &["vschema", "validate", "new.yaml"]);
    assert_eq!(code, 1);
    assert!(out.contains("new.yaml:4:5: ") && out.contains("did you mean `sharded`?"), "{out}");
    assert!(out.contains("new.yaml:5:") && out.contains("did you mean `hash`?"), "{out}");
    let (code, out, _) = run(directory.path(), &["vschema", "validate", "new.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["valid"], &report["faults"][0]["line"]), (1, &Value::Bool(false), &Value::from(4)));
    assert!(run(directory.path(), &["vschema", "validate", "absent.yaml"]).2.contains("absent.yaml can't be read"));
}

#[test]
fn a_file_is_checked_against_its_stores_other_document() {
    let directory = cluster();
    fs::write(directory.path().join("new.yaml"), VSCHEMA.replace("customer:\n", "customr:\n")).unwrap();
    assert_eq!(run(directory.path(), &["vschema", "validate", "new.yaml"]).0, 0, "by itself it is valid");
    let (code, out, _) = run(directory.path(), &["vschema", "validate", "new.yaml", "--store", "."]);
    assert_eq!(code, 1);
    assert!(out.contains("unknown keyspace of the topology `customr`: did you mean `customer`?"), "{out}");
}

#[test]
fn changes_are_shown_applied_listed_and_rolled_back() {
    let directory = cluster();
    let path = directory.path();
    fs::write(path.join("new.yaml"), TOPOLOGY.replace("h:3", "h:4")).unwrap();
    let difference = good(path, &["topology", "diff", "new.yaml"]);
    assert!(difference.contains("--- topology.yaml (revision 1)\n+++ new.yaml\n"), "{difference}");
    assert!(difference.contains("-      '80-': {instances: [{address: 'h:3'}]}\n+      '80-'"), "{difference}");
    let dry = good(path, &["topology", "apply", "new.yaml", "--dry-run"]);
    assert!(dry.ends_with("valid; nothing was applied\n"), "{dry}");
    assert!(good(path, &["topology", "apply", "new.yaml", "-m", "moved"]).ends_with("revision 2\n"));
    assert!(fs::read_to_string(path.join("topology.yaml")).unwrap().contains("h:4"));
    assert_eq!(good(path, &["topology", "apply", "new.yaml"]), "nothing changes; revision 2 stays\n");
    let history = json(path, &["vschema", "history", "--format", "json"]);
    assert_eq!((&history[1]["author"], &history[1]["comment"]), (&Value::from("ann"), &Value::from("moved")));
    let (code, _, error) = run(path, &["topology", "apply", "new.yaml", "--base", "1"]);
    assert!(code == 1 && error.contains("the store is at revision 2, not 1"), "{error}");
    let back = json(path, &["topology", "rollback", "1", "--format", "json"]);
    assert_eq!((&back["applied"], &back["revision"]), (&Value::Bool(true), &Value::from(3)));
    assert_eq!(good(path, &["topology", "show"]), TOPOLOGY);
    let old = json(path, &["topology", "show", "--revision", "2", "--format", "json"]);
    assert_eq!(old["document"]["keyspaces"]["customer"]["shards"]["80-"]["instances"][0]["address"], "h:4");
    assert!(good(path, &["topology", "diff", "--from", "2", "--to", "3"]).contains("+++ topology.yaml (revision 3)"));
    assert!(run(path, &["topology", "show", "--revision", "9"]).2.contains("there is no revision 9"));
}

#[test]
fn a_change_with_faults_is_refused_with_all_of_them() {
    let directory = cluster();
    fs::write(directory.path().join("new.yaml"), TOPOLOGY.replace("'-80'", "'-40'").replace("h:1", "h")).unwrap();
    let (code, _, error) = run(directory.path(), &["topology", "apply", "new.yaml"]);
    assert!(code == 1 && error.contains("`h` has no port") && error.contains("no shard holds 40-80"), "{error}");
    assert_eq!(good(directory.path(), &["topology", "show"]), TOPOLOGY);
}

#[test]
fn the_store_is_found_through_the_configuration_without_its_secrets() {
    let directory = cluster();
    let config = "version: 1\nstore: {file: .}\nbackend: {user: u, password_env: SURELY_NOT_SET}\n";
    fs::write(directory.path().join("shardgate.yaml"), config).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = directory.path().join("shardgate.yaml");
    assert_eq!(good(elsewhere.path(), &["topology", "show", "--config", file.to_str().unwrap()]), TOPOLOGY);
    let (code, _, error) = run(elsewhere.path(), &["topology", "show"]);
    assert!(code == 1 && error.contains("name the store with --store DIR"), "{error}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "a wrong directory is left alone");
}

#[test]
fn keyspace_ids_are_those_of_vitess_and_say_their_shard() {
    let directory = cluster();
    let arguments =
        ["keyspace-id", "--vschema", "vschema.yaml", "--topology", "topology.yaml", "--vindex", "hash", "1", "2", "4"];
    assert_eq!(
        good(directory.path(), &arguments),
        "value  keyspace id       shard\n1      166b40b44aba4bd6  -80\n2      06e7ea22ce92708f  -80\n4      d2fd8867d50d2dfe  80-\n"
    );
    let (code, _, error) = run(directory.path(), &["keyspace-id", "--vschema", "vschema.yaml", "--vindex", "hsh", "1"]);
    assert!(code == 1 && error.contains("there are: customer.hash"), "{error}");
    // As in Vitess, a text that is no number has no id, and no row can have it.
    let nowhere = good(directory.path(), &["keyspace-id", "--vschema", "vschema.yaml", "--vindex", "hash", "x"]);
    assert_eq!(nowhere, "value  keyspace id\nx      none\n");
}

#[test]
fn a_vindex_may_be_named_with_its_keyspace_and_values_be_quoted() {
    let directory = cluster();
    let id = |vindex: &str, value: &str| {
        good(directory.path(), &["keyspace-id", "--vschema", "vschema.yaml", "--vindex", vindex, value])
    };
    assert_eq!(id("customer.hash", "\"1\""), "value  keyspace id\n\"1\"    166b40b44aba4bd6\n");
    let (code, _, error) =
        run(directory.path(), &["keyspace-id", "--vschema", "vschema.yaml", "--vindex", "hahs", "1"]);
    assert!(code == 1 && error.contains("did you mean `hash`?"), "{error}");
}

#[test]
fn explain_takes_several_statements_and_parameters() {
    let directory = cluster();
    let explain = |sql: &str| {
        run(
            directory.path(),
            &["explain", "--vschema", "vschema.yaml", "--keyspace", "customer", "--format", "json", sql],
        )
    };
    let (code, out, error) = explain("SELECT id FROM customer WHERE id = ?; DELETE FROM customer WHERE id = 3;");
    let plans: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(plans[0]["plan"]["shards"], "hash(?)", "{plans}");
    assert_eq!(plans[1]["class"], "Delete", "{plans}");
    let (code, _, error) = explain(" ; ");
    assert!(code == 1 && error.contains("the statement is empty"), "{error}");
    let (code, out, error) = explain("VEXPLAIN KEYS SELECT id FROM customer WHERE id = 3");
    assert!(code == 0 && out.contains("customer.id ="), "{out}{error}");
}

#[test]
fn completions_are_made_for_shells() {
    let directory = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(good(directory.path(), &["completions", shell]).contains("keyspace-id"), "{shell}");
    }
}

#[test]
fn a_proxy_that_does_not_answer_is_an_error_that_says_what_to_look_at() {
    let directory = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, _, error) = run(directory.path(), &["status", "--admin", &format!("http://{free}")]);
    assert!(code == 1 && error.contains("is the proxy running"), "{error}");
}
