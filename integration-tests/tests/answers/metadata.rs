//! What `information_schema`, SHOW and dumps say about keyspaces that are on several servers.

use shardgate_cli::playground::MysqldBinary;
use shardgate_integration_tests::{Endpoint, shared_plain_mysql};

use crate::session::Session;
use crate::town::{app, on_shards, town};

#[test]
fn tables_of_all_servers_are_in_one_list() {
    // Without a default database, from a session of any keyspace, alone and inside other queries.
    for database in ["", "town", "hall"] {
        let mut session = Session::new(&town().proxy("admin", database));
        let tables = "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_name IN ('person', 'memo') ORDER BY 1";
        assert_eq!(session.rows(tables).concat(), ["hall", "town"], "{database}");
        let derived = "SELECT COUNT(*) FROM (SELECT * FROM information_schema.columns WHERE column_name = 'owner_id' \
                       UNION ALL SELECT * FROM information_schema.columns WHERE column_name = 'body') AS c \
                       WHERE table_schema IN ('town', 'hall')";
        assert_eq!(session.number(derived), 2, "{database}");
    }
}

#[test]
fn rows_and_sizes_are_those_of_all_shards() {
    let mut session = app();
    let ids: Vec<String> = (90_000..90_040).map(|id| format!("({id}, {id})")).collect();
    session.ok(&format!("INSERT INTO account (id, amount) VALUES {}", ids.join(", ")));
    let mut admin = Session::new(&town().proxy("admin", "town"));
    admin.rows("ANALYZE TABLE account");
    let query = "SELECT data_length, table_rows FROM information_schema.tables WHERE table_name = 'account' AND table_schema = 'town'";
    let shards = on_shards("town", query.replace("'town'", "DATABASE()").as_str());
    let sum = |at: usize| -> u64 { shards.iter().map(|rows| rows[0][at].parse::<u64>().expect("a number")).sum() };
    let rows = session.rows(query);
    assert_eq!(rows, [[sum(0).to_string(), sum(1).to_string()]]);
    assert!(sum(1) >= 40);
    let status = session.rows("SHOW TABLE STATUS LIKE 'account'").concat();
    assert_eq!((status[0].as_str(), &status[4]), ("account", &sum(1).to_string()));
    session.ok("DELETE FROM account WHERE id >= 90000");
}

#[test]
fn users_see_the_keyspaces_that_they_have_a_right_for_only() {
    let mut session = app();
    let seen = session.rows("SELECT schema_name FROM information_schema.schemata ORDER BY 1").concat();
    assert_eq!(seen, ["hall", "information_schema", "mysql", "performance_schema", "sys", "town"]);
    assert_eq!(session.rows("SHOW DATABASES WHERE `Database` LIKE 't%'").concat(), ["town"]);
}

#[test]
fn user_locks_exclude_sessions_of_all_keyspaces() {
    let (mut one, mut other) = (app(), Session::new(&town().proxy("app", "hall")));
    assert_eq!(one.number("SELECT GET_LOCK('metadata', 0)"), 1);
    for database in ["town", "hall", ""] {
        let mut session = Session::new(&town().proxy("app", database));
        assert_eq!(session.number("SELECT GET_LOCK('metadata', 0)"), 0, "{database}");
        assert_eq!(session.number("SELECT IS_FREE_LOCK('metadata')"), 0, "{database}");
    }
    one.ok("DO RELEASE_LOCK('metadata')");
    assert_eq!(other.number("SELECT GET_LOCK('metadata', 0)"), 1);
    assert_eq!(one.error("SELECT GET_LOCK('metadata', 0), id FROM person").0, 1235);
    assert_eq!(other.number("SELECT RELEASE_ALL_LOCKS()"), 1);
}

#[test]
fn a_statement_whose_time_is_up_gets_mysqls_error() {
    let mut session = app();
    let ids: Vec<String> = (95_001..95_020).map(|id| format!("({id}, 'x')")).collect();
    session.ok(&format!("INSERT INTO person (id, name) VALUES {}", ids.join(", ")));
    // On one shard, and on several.
    for text in [
        "/*vt+ QUERY_TIMEOUT_MS=50 */ WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) \
         SELECT /*+ SET_VAR(cte_max_recursion_depth = 4294967295) */ COUNT(*) FROM n",
        "/*vt+ QUERY_TIMEOUT_MS=50 */ SELECT id FROM person WHERE id > 95000 AND BENCHMARK(100000000, SHA2('x', 256)) = 0",
    ] {
        let (errno, message) = session.error(text);
        assert_eq!(errno, 3024, "{text}: {message}");
        assert_eq!(session.number("SELECT 1"), 1);
    }
    session.ok("DELETE FROM person WHERE id > 95000");
}

#[test]
fn a_dump_of_a_sharded_keyspace_restores_into_one_mysql() {
    let mut session = app();
    // Pets of other numbers are other tests'.
    session.ok("DELETE FROM pet WHERE id BETWEEN 9001 AND 9005");
    session.ok("INSERT INTO pet (id, owner_id, name) VALUES (9001, 1, 'Zoë'), (9002, 2, NULL), (9003, 3, 'it''s'), (9004, 4, ''), (9005, 5, 'x')");
    let Ok(binary) = MysqldBinary::find(None) else { return };
    let (Some(dump), Some(client)) = (binary.client("mysqldump"), binary.client("mysql")) else {
        println!("there is no mysqldump beside the server's programs");
        return;
    };
    let plain = shared_plain_mysql("").expect("a plain MySQL");
    let options = |endpoint: &Endpoint| {
        vec![
            "--no-defaults".to_owned(),
            "--protocol=TCP".to_owned(),
            "--ssl-mode=DISABLED".to_owned(),
            "--get-server-public-key".to_owned(),
            format!("--host={}", endpoint.host),
            format!("--port={}", endpoint.port),
            format!("--user={}", endpoint.user),
        ]
    };
    let proxy = town().proxy("admin", "town");
    let output = std::process::Command::new(dump)
        .args(options(&proxy))
        .args(["--single-transaction", "--routines", "--triggers", "--events", "--set-gtid-purged=OFF"])
        .arg("town")
        .env("MYSQL_PWD", &proxy.password)
        .output()
        .expect("mysqldump runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut direct = Session::new(&plain);
    direct.ok("CREATE DATABASE dumped_town");
    let plain = plain.with_database("dumped_town");
    let mut restore = std::process::Command::new(client)
        .args(options(&plain))
        .arg("dumped_town")
        .env("MYSQL_PWD", &plain.password)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("mysql runs");
    std::io::Write::write_all(&mut restore.stdin.take().expect("its input"), text.as_bytes()).expect("it reads");
    assert!(restore.wait().expect("its end").success());
    let query = "SELECT * FROM pet WHERE id BETWEEN 9001 AND 9005 ORDER BY id";
    assert_eq!(Session::new(&plain).rows(query), session.rows(query));
    assert_eq!(session.rows(query).len(), 5);
    direct.ok("DROP DATABASE dumped_town");
}

#[test]
fn cardinalities_are_added_up_over_shards() {
    let mut app = app();
    let ids: Vec<String> = (95_000..95_050).map(|id| format!("({id}, 'x')")).collect();
    app.ok(&format!("INSERT INTO badge (id, note) VALUES {}", ids.join(", ")));
    Session::new(&town().proxy("admin", "town")).rows("ANALYZE TABLE badge");
    let sum: u64 = on_shards("town", "SHOW INDEX FROM badge")
        .iter()
        .map(|rows| rows[0][6].parse::<u64>().expect("a number"))
        .sum();
    let rows = app.rows("SHOW KEYS FROM badge");
    assert_eq!((rows.len(), rows[0][2].as_str(), rows[0][6].clone()), (1, "PRIMARY", sum.to_string()));
    assert!(sum >= 50, "{rows:?}");
    app.ok("DELETE FROM badge WHERE id >= 95000");
    assert_eq!(app.error("SHOW INDEX FROM nowhere").0, 1146);
}

#[test]
fn users_are_those_of_the_proxy_and_not_those_of_its_servers() {
    let mut app = app();
    assert_eq!(app.columns("SHOW GRANTS FOR CURRENT_USER()"), ["Grants for app@%"]);
    assert!(app.rows("SHOW GRANTS").concat().concat().contains("SELECT, INSERT, UPDATE, DELETE"));
    assert_eq!(app.error("SHOW GRANTS FOR admin").0, 1142);
    assert!(app.error("SHOW CREATE USER CURRENT_USER()").1.contains("shardgate.yaml"));
    let mut admin = Session::new(&town().proxy("admin", "town"));
    assert_eq!(admin.value("SHOW GRANTS FOR 'admin'@'%'"), "GRANT ALL PRIVILEGES ON *.* TO `admin`@`%`");
    assert!(admin.rows("SHOW GRANTS FOR dash").concat().concat().contains("GRANT SELECT"));
    assert_eq!(admin.error("SHOW GRANTS FOR nobody").0, 1141);
}

#[test]
fn what_is_about_one_server_is_asked_of_one_server_only() {
    let (mut sharded, mut unsharded) = (app(), Session::new(&town().proxy("app", "hall")));
    for statement in
        ["SHOW BINARY LOGS", "SHOW ENGINE INNODB STATUS", "SHOW REPLICA STATUS", "SHOW OPEN TABLES", "SHOW PROFILES"]
    {
        assert!(sharded.error(statement).1.contains("is about one MySQL server"), "{statement}");
        unsharded.rows(statement);
    }
    let id = sharded.rows("SHOW VARIABLES LIKE 'server_id'");
    assert!((0..4).all(|_| sharded.rows("SHOW VARIABLES LIKE 'server_id'") == id));
    assert!(!sharded.rows("HELP 'contents'").is_empty());
}

#[test]
fn where_an_error_came_from_is_shown_and_not_counted() {
    let mut app = app();
    assert_eq!(app.error("SELECT nothing FROM person WHERE id = 1").0, 1054);
    assert_eq!(app.number("SELECT @@warning_count"), 1);
    assert_eq!(app.error("SELECT nothing FROM person").0, 1054);
    assert_eq!(app.number("SHOW COUNT(*) WARNINGS"), 1);
    let rows = app.rows("SHOW WARNINGS");
    assert_eq!((rows.len(), rows[0][1].as_str(), rows[1][0].as_str()), (2, "1054", "Note"));
    assert!(rows[1][2].contains("from town/"), "{rows:?}");
    assert_eq!(app.rows("SHOW ERRORS").len(), 1);
}

#[test]
fn the_accounts_of_the_servers_are_for_who_may_do_all() {
    let town = town();
    let mut app = Session::new(&town.proxy("app", "town"));
    for text in [
        "SELECT user, authentication_string FROM mysql.user",
        "TABLE `mysql`.`user`",
        "SELECT 1 FROM person, mysql.user",
    ] {
        let (errno, message) = app.error(text);
        assert_eq!(errno, 1142, "{text}: {message}");
    }
    let mut admin = Session::new(&town.proxy("admin", "town"));
    assert!(admin.number("SELECT COUNT(*) FROM mysql.user") > 0);
}
