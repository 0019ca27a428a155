//! A vindex can be asked what it makes of values.

use shardgate_integration_tests::RawValue;

use crate::session::Session;
use crate::town::{app, on_shards, town};

#[test]
fn a_vindex_shows_the_keyspace_id_and_the_shard_of_values() {
    let mut app = app();
    // As Vitess's documentation has it for the vindex `hash`.
    let row = app.rows("SELECT id, hex_keyspace_id, range_start, range_end, shard FROM hash WHERE id = 1").concat();
    assert_eq!(row, ["1", "166b40b44aba4bd6", "NULL", "NULL", "-80"]);
    let names: Vec<String> = app.columns("SELECT * FROM xxhash WHERE id = 5");
    assert_eq!(names, ["id", "keyspace_id", "range_start", "range_end", "hex_keyspace_id", "shard"]);
    assert_eq!(app.rows("SELECT HEX(keyspace_id) = UPPER(hex_keyspace_id) FROM xxhash WHERE id = 5").concat(), ["1"]);
    // The shard is the one that has the row.
    app.ok("INSERT INTO badge (id) VALUES (80001), (80002), (80003), (80004), (80005), (80006)");
    let ids = "80001, 80002, 80003, 80004, 80005, 80006";
    let shown = app.rows(&format!("SELECT x.id, shard FROM town.xxhash AS x WHERE x.id IN ({ids}) ORDER BY x.id"));
    assert_eq!(shown.len(), 6);
    for (rows, shard) in
        on_shards("town", "SELECT id FROM badge WHERE id > 80000 ORDER BY id").iter().zip(["-80", "80-"])
    {
        let here: Vec<&String> = shown.iter().filter(|row| row[1] == shard).map(|row| &row[0]).collect();
        assert_eq!(here, rows.iter().map(|row| &row[0]).collect::<Vec<_>>(), "{shard}");
    }
    app.ok("DELETE FROM badge WHERE id > 80000");
    // The rest of the statement is MySQL's.
    let counted = app.rows("SELECT shard, COUNT(*) FROM xxhash WHERE id IN (1, 2, 3) AND shard = '-80' GROUP BY shard");
    assert!(counted.len() <= 1, "{counted:?}");
    assert_eq!(
        app.rows("SELECT town.hash.id FROM town.hash WHERE 1 = town.hash.id AND shard = '80-'"),
        Vec::<Vec<String>>::new()
    );
    assert_eq!(app.rows("SELECT * FROM hash WHERE id = NULL"), Vec::<Vec<String>>::new());
    assert_eq!(
        app.prepared("SELECT hex_keyspace_id FROM hash WHERE id = ?", RawValue::Int(1)).concat(),
        ["166b40b44aba4bd6"]
    );
}

#[test]
fn a_vindex_is_found_without_a_database_and_only_by_those_who_may_read_its_keyspace() {
    let mut session = Session::new(&town().proxy("app", ""));
    assert_eq!(session.value("SELECT shard FROM hash WHERE id = 1"), "-80");
    assert_eq!(session.error("SELECT * FROM hash").0, 1105);
    assert!(session.error("SELECT * FROM town.hash WHERE id > 5").1.starts_with("SG09017"));
    assert_eq!(session.error("SELECT nothing FROM town.hash WHERE id = 5").0, 1054);
    assert_eq!(app().error("SELECT * FROM no_vindex WHERE id = 5").0, 1146);
}
