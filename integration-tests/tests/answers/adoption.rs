//! In front of today's MySQL (`default:`): nothing changes.

use std::sync::OnceLock;

use shardgate_cli::playground::MysqldBinary;
use shardgate_integration_tests::sysbench::{SysbenchOptions, prepare, run};
use shardgate_integration_tests::{Cluster, Endpoint, shared_plain_mysql};

use crate::session::Session;
use crate::town::wait;

/// A proxy with nothing but a default MySQL, and that MySQL.
fn adopted() -> &'static (Cluster, Endpoint) {
    static ADOPTED: OnceLock<(Cluster, Endpoint)> = OnceLock::new();
    ADOPTED.get_or_init(|| {
        let plain = shared_plain_mysql("").expect("a plain MySQL");
        let address = format!("{}:{}", plain.host, plain.port);
        let builder = Cluster::builder().default_server(&address);
        (wait(builder.start()).expect("a cluster"), plain)
    })
}

fn admin(database: &str) -> Session {
    Session::new(&adopted().0.proxy("admin", database))
}

fn direct(database: &str) -> Session {
    Session::new(&adopted().1.with_database(database))
}

#[test]
fn databases_are_made_used_and_dropped() {
    let mut session = admin("");
    session.ok("CREATE DATABASE adopted_made");
    session.ok("USE adopted_made");
    session.ok("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20))");
    assert_eq!(session.ok("INSERT INTO t (a) VALUES ('x'), ('y')"), (2, 1));
    assert_eq!(session.number("SELECT LAST_INSERT_ID()"), 1);
    assert_eq!(direct("adopted_made").rows("SELECT a FROM t ORDER BY id").concat(), ["x", "y"]);
    assert!(session.rows("SHOW DATABASES").concat().contains(&"adopted_made".to_owned()));
    assert_eq!(session.rows("SHOW TABLES").concat(), ["t"]);
    assert_eq!(session.value("SELECT DATABASE()"), "adopted_made");
    // What another session makes there is there at once.
    direct("adopted_made").ok("CREATE TABLE outside (id INT)");
    assert_eq!(session.number("SELECT COUNT(*) FROM outside"), 0);
    session.ok("DROP DATABASE adopted_made");
    assert_eq!(session.error("SELECT * FROM adopted_made.t").0, 1049);
}

#[test]
fn statements_go_over_databases() {
    let mut session = admin("");
    for name in ["adopted_one", "adopted_two"] {
        session.ok(&format!("CREATE DATABASE {name}"));
        session.ok(&format!("CREATE TABLE {name}.t (id INT PRIMARY KEY, a VARCHAR(20))"));
        session.ok(&format!("INSERT INTO {name}.t VALUES (1, '{name}')"));
    }
    let rows = session.rows("SELECT x.a, y.a FROM adopted_one.t x JOIN adopted_two.t y USING (id)").concat();
    assert_eq!(rows, ["adopted_one", "adopted_two"]);
    session.ok("UPDATE adopted_one.t x JOIN adopted_two.t y USING (id) SET x.a = y.a");
    assert_eq!(session.value("SELECT a FROM adopted_one.t"), "adopted_two");
    session.ok("INSERT INTO adopted_one.t SELECT id + 1, a FROM adopted_two.t");
    session.ok("BEGIN");
    session.ok("DELETE FROM adopted_one.t");
    session.ok("DELETE FROM adopted_two.t");
    session.ok("ROLLBACK");
    assert_eq!(session.number("SELECT COUNT(*) FROM adopted_one.t"), 2);
    session.ok("RENAME TABLE adopted_one.t TO adopted_two.moved");
    assert_eq!(session.number("SELECT COUNT(*) FROM adopted_two.moved"), 2);
    session.ok("DROP DATABASE adopted_one");
    session.ok("DROP DATABASE adopted_two");
}

#[test]
fn what_belongs_to_a_session_stays_with_it() {
    let mut session = admin("");
    session.ok("CREATE DATABASE adopted_session");
    session.ok("USE adopted_session");
    session.ok("CREATE TEMPORARY TABLE scratch (id INT)");
    session.ok("INSERT INTO scratch VALUES (1), (2)");
    assert_eq!(session.number("SELECT COUNT(*) FROM scratch"), 2);
    let mut other = admin("adopted_session");
    assert_eq!(other.error("SELECT * FROM scratch").0, 1146);
    assert_eq!(session.number("SELECT GET_LOCK('adopted', 0)"), 1);
    assert_eq!(other.number("SELECT GET_LOCK('adopted', 0)"), 0);
    assert_eq!(session.number("SELECT RELEASE_LOCK('adopted')"), 1);
    assert_eq!(other.number("SELECT GET_LOCK('adopted', 0)"), 1);
    session.ok("CREATE TABLE locked (id INT PRIMARY KEY)");
    session.ok("LOCK TABLES locked WRITE");
    session.ok("INSERT INTO locked VALUES (1)");
    other.ok("SET lock_wait_timeout = 1");
    assert_eq!(other.error("INSERT INTO locked VALUES (2)").0, 1205);
    session.ok("UNLOCK TABLES");
    other.ok("INSERT INTO locked VALUES (2)");
    session.ok("SET @a = 7");
    assert_eq!(session.number("SELECT @a + 1"), 8);
    session.ok("DROP DATABASE adopted_session");
}

#[test]
fn procedures_and_what_the_proxy_does_not_know_pass() {
    let mut session = admin("");
    session.ok("CREATE DATABASE adopted_code");
    session.ok("USE adopted_code");
    session.ok("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
    session.ok("CREATE PROCEDURE fill(IN n INT) BEGIN DECLARE i INT DEFAULT 0; WHILE i < n DO INSERT INTO t VALUES (i, i * i); SET i = i + 1; END WHILE; SELECT COUNT(*) FROM t; END");
    // The last of several results is the procedure's OK.
    session.ok("CALL fill(5)");
    assert_eq!(session.number("SELECT SUM(a) FROM t"), 30);
    session.ok("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 1");
    session.ok("INSERT INTO t VALUES (100, 1)");
    assert_eq!(session.number("SELECT a FROM t WHERE id = 100"), 2);
    session.ok("CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2");
    assert_eq!(session.number("SELECT twice(21)"), 42);
    session.ok("CREATE VIEW v AS SELECT id, a FROM t WHERE id < 3");
    assert_eq!(session.number("SELECT COUNT(*) FROM v"), 3);
    session.ok("HANDLER t OPEN");
    assert_eq!(session.rows("HANDLER t READ FIRST").concat(), ["0", "0"]);
    session.ok("HANDLER t CLOSE");
    session.rows("EXPLAIN SELECT * FROM t WHERE id = 1");
    session.rows("ANALYZE TABLE t");
    session.rows("CHECK TABLE t");
    session.rows("SHOW TABLE STATUS");
    session.rows("SHOW CREATE PROCEDURE fill");
    session.rows("SHOW PROCESSLIST");
    session.rows("SHOW STATUS LIKE 'Uptime'");
    session.rows("SHOW GLOBAL VARIABLES LIKE 'version'");
    session.rows("SHOW ENGINE INNODB STATUS");
    session.rows("SELECT * FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'adopted_code'");
    session.rows("SELECT jt.x FROM JSON_TABLE('[1,2]', '$[*]' COLUMNS (x INT PATH '$')) AS jt");
    session.ok("XA START 'adopted'");
    session.ok("XA END 'adopted'");
    session.ok("XA ROLLBACK 'adopted'");
    let wrong = "SELECT FROM WHERE nonsense";
    assert_eq!(session.error(wrong), direct("adopted_code").error(wrong));
    session.ok("DROP DATABASE adopted_code");
}

#[test]
fn sysbench_runs_without_an_error() {
    direct("").ok("CREATE DATABASE adopted_bench");
    let endpoint = adopted().0.proxy("admin", "adopted_bench");
    prepare(&endpoint, SysbenchOptions::short("oltp_read_write", false)).expect("tables");
    for (script, prepared) in [("oltp_read_write", true), ("oltp_point_select", false)] {
        let report = run(&endpoint, SysbenchOptions { events: 100, ..SysbenchOptions::short(script, prepared) });
        assert_eq!(report.expect("a run").reconnects, 0);
    }
}

#[test]
fn mysqldump_says_the_same_as_without_the_proxy() {
    let mut session = direct("");
    session.ok("CREATE DATABASE adopted_dump");
    session.ok("USE adopted_dump");
    session
        .ok("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(30), b BLOB, c DECIMAL(9,3), d DATETIME(6))");
    session
        .ok("INSERT INTO t (a, b, c, d) VALUES ('Zoë', X'00FF', 1.5, '2024-02-29 23:59:59.5'), (NULL, NULL, -2, NULL)");
    session.ok("CREATE VIEW v AS SELECT a FROM t");
    session.ok("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.c = 1");
    let Some(dump) = mysqldump() else {
        println!("there is no mysqldump beside the server's programs");
        return;
    };
    let through = dump(&adopted().0.proxy("admin", ""));
    let without = dump(&adopted().1);
    assert!(without.contains("INSERT INTO `t`"), "{without}");
    assert_eq!(through, without);
}

/// A function that dumps the database, without lines that hold the time or the server's address.
fn mysqldump() -> Option<impl Fn(&Endpoint) -> String> {
    let program = MysqldBinary::find(None).ok()?.client("mysqldump")?;
    Some(move |endpoint: &Endpoint| {
        let output = std::process::Command::new(&program)
            .args(["--no-defaults", "--protocol=TCP", "--routines", "--triggers", "--single-transaction", "--hex-blob"])
            .args(["--skip-dump-date", "--column-statistics=0", "--set-gtid-purged=OFF", "--ssl-mode=DISABLED"])
            .args(["--get-server-public-key", "--skip-comments"])
            .arg(format!("--host={}", endpoint.host))
            .arg(format!("--port={}", endpoint.port))
            .arg(format!("--user={}", endpoint.user))
            .env("MYSQL_PWD", &endpoint.password)
            .arg("adopted_dump")
            .output()
            .expect("mysqldump runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    })
}
