//! LOAD DATA LOCAL INFILE: the `mysql` program loads the same files into a plain MySQL and through the proxy into
//! sharded and unsharded tables, and both say and hold the same.

use std::fs;
use std::path::{Path, PathBuf};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, WhiteListFsHandler};
use shardgate_integration_tests::{Cluster, Endpoint};
use tokio::sync::OnceCell;

use crate::fixture::{mysql, one, printed, server_error};

const TABLES: [&str; 4] = [
    "CREATE TABLE goods (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40) CHARACTER SET utf8mb4, price DECIMAL(8,2), \
     added DATE, made INT AS (LENGTH(name)) STORED)",
    "CREATE TABLE words (word VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY, n INT)",
    "CREATE TABLE orders (id BIGINT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(40))",
    "CREATE TABLE parts (code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, tenant BIGINT AS (LENGTH(code)) \
     STORED NOT NULL, seen TIMESTAMP NULL, kind ENUM('a','b') DEFAULT 'b', doc JSON, raw VARBINARY(10), PRIMARY KEY (tenant, code))",
];
const VSCHEMA: &str = "version: 1
keyspaces:
  loaded:
    sharded: true
    vindexes:
      xxhash: {type: xxhash}
      words: {type: unicode_loose_xxhash}
      bytes: {type: binary_md5}
    tables:
      goods: {column_vindexes: [{column: id, name: xxhash}]}
      words: {column_vindexes: [{column: word, name: bytes}]}
      parts: {column_vindexes: [{column: tenant, name: xxhash}]}
      orders:
        column_vindexes: [{column: id, name: xxhash}]
        auto_increment: {column: id, sequence: loaded_single.orders_seq}
  loaded_plain:
    tables: {}
  loaded_single:
    tables:
      orders_seq: {type: sequence}
      goods: {}
";
const SEQUENCE: [&str; 2] = [
    "CREATE TABLE orders_seq (id INT NOT NULL PRIMARY KEY, next_id BIGINT NOT NULL, cache BIGINT NOT NULL) \
     COMMENT 'vitess_sequence'",
    "INSERT INTO orders_seq VALUES (0, 1000, 100)",
];

struct World {
    cluster: Cluster,
    plain: Endpoint,
    folder: tempfile::TempDir,
}

impl World {
    /// Writes a file that can be loaded.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path
    }

    fn proxy(&self, keyspace: &str) -> Endpoint {
        self.cluster.proxy("app", keyspace)
    }
}

/// A cluster whose servers take files, and one of its servers to compare with.
async fn world() -> &'static World {
    static WORLD: OnceCell<World> = OnceCell::const_new();
    WORLD
        .get_or_init(|| async {
            let cluster = Cluster::builder()
                .sharded("loaded", 3, &TABLES)
                .unsharded("loaded_single", &[TABLES[0], SEQUENCE[0], SEQUENCE[1]])
                .unsharded("loaded_plain", &[TABLES[0], TABLES[1], TABLES[3]])
                .vschema(VSCHEMA)
                .start()
                .await
                .expect("a cluster");
            let (_, plain) = cluster.shards("loaded_plain").expect("shards").remove(0);
            World { cluster, plain, folder: tempfile::tempdir().expect("a folder") }
        })
        .await
}

/// What `mysql` prints for statements, times left out.
fn run(endpoint: &Endpoint, sql: &str) -> String {
    let output = mysql(endpoint, &["--local-infile=1", "-vv"], sql);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text.lines().map(|line| match (line.rfind(" ("), line.ends_with(" sec)")) {
        (Some(at), true) => &line[..at],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs the same on a plain MySQL and through the proxy.
#[track_caller]
fn same(world: &World, keyspace: &str, sql: &str) -> String {
    let (plain, proxy) = (run(&world.plain, sql), run(&world.proxy(keyspace), sql));
    assert_eq!(plain, proxy, "{sql}");
    proxy
}

fn load(path: &Path, rest: &str) -> String {
    format!("LOAD DATA LOCAL INFILE '{}' {rest}; SHOW COUNT(*) WARNINGS; ", path.display())
}

#[tokio::test]
async fn a_file_is_loaded_as_one_server_would() {
    let world = world().await;
    let tabs =
        world.file("tabs.txt", "1\tone\t1.5\t2024-01-31\n2\ttab\\tin\\\nit\t\\N\t\\N\n3\tdrei\t9\t2024-02-30\n4\n");
    let csv = "id,name,price,x\r\n10,\"a \"\"quoted\"\", one\",1.25,y\r\n11,NULL,\"2.00\",n\r\n12,\"two\r\nlines\",3,n\r\n\
               13,\"cut\",4,n,too,many\r\n";
    let csv = world.file("rows.csv", csv);
    let started = world.file("started.txt", "a comment\nno > 20\teins\n30\tnot this\n> 21\tzwei\n>22\tnor this\nlast");
    let quoted = "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\r\\n'";
    // Rows of other numbers are another test's.
    let all = "SELECT * FROM goods WHERE id < 1000 ORDER BY id; DELETE FROM goods WHERE id < 1000;";
    for keyspace in ["loaded", "loaded_single"] {
        for sql in [
            load(&tabs, "INTO TABLE goods (id, name, price, added)"),
            load(&started, "INTO TABLE goods LINES STARTING BY '> ' (id, name)"),
            load(&csv, &format!("INTO TABLE goods {quoted} IGNORE 1 LINES (id, name, price, @x)")),
            load(
                &csv,
                &format!(
                    "IGNORE INTO TABLE goods CHARACTER SET utf8mb4 {quoted} IGNORE 1 ROWS (@dummy, name, price, @x) \
                     SET added = IF(@x = 'y', '2020-02-02', NULL), id = 77"
                ),
            ),
        ] {
            same(world, keyspace, &format!("{sql}{all}"));
        }
        // A duplicate is left out, or replaces.
        let twice = load(&tabs, "INTO TABLE goods (id, name, price, added)");
        let other = world.file("other.txt", "1\tuno\n5\tcinque\n");
        let replaced = load(&other, "REPLACE INTO TABLE goods (id, name)");
        same(world, keyspace, &format!("{twice}{twice}{replaced}{all}"));
    }
}

#[tokio::test]
async fn text_keys_are_placed_by_what_the_column_stores() {
    let world = world().await;
    let file = world.file("words.txt", "Äpfel\t1\nplain\t2\nec\\thappe\t3\n");
    let sql = load(&file, "INTO TABLE words CHARACTER SET utf8mb4");
    let asked = "SELECT n FROM words WHERE word = 'Äpfel'; SELECT n FROM words WHERE word = 'plain'; \
                 SELECT n FROM words WHERE word = 'ec\\thappe'; DELETE FROM words;";
    let said = same(world, "loaded", &format!("{sql}{asked}"));
    assert!(said.contains("3 rows affected"), "{said}");
    // Without the clause the bytes' meaning isn't known: nothing is loaded.
    let said = run(&world.proxy("loaded"), &load(&file, "INTO TABLE words"));
    assert!(said.contains("row 1 of the file for words") && said.contains("CHARACTER SET utf8mb4"), "{said}");
    assert_eq!(printed(&mysql(&world.proxy("loaded"), &[], "SELECT COUNT(*) FROM words")), "0");
}

/// What the file alone doesn't tell the shards of is stored in a temporary table first.
#[tokio::test]
async fn files_that_do_not_tell_their_shards_are_loaded_as_one_server_would() {
    let world = world().await;
    let all = "SELECT * FROM goods WHERE id BETWEEN 1000 AND 1999 ORDER BY id; DELETE FROM goods WHERE id BETWEEN 1000 AND \
               1999;";
    let tabs = world.file("set.txt", "1\tone\t1.5\n2\ttwo\tx\n3\tthree\t2.005\n2\tagain\t7\n");
    let fixed = world.file("fixed.txt", "0000000000000001001eins                                    000000012\n");
    let xml = world.file(
        "rows.xml",
        "<?xml version=\"1.0\"?><list><row id=\"1200\" name=\"attribute\"/><row><id>1201</id><name>element &amp; more</name>\
         <price>2.5</price></row><row><field name='id'>1202</field><field name='name'>field</field></row></list>",
    );
    let items =
        world.file("items.xml", "<list><item id=\"1210\" name=\"an item\"/><row id=\"1211\" name=\"no\"/></list>");
    for sql in [
        load(&tabs, "INTO TABLE goods (@number, name, price) SET id = @number + 1000"),
        load(&tabs, "REPLACE INTO TABLE goods (@number, name, price) SET id = @number + 1000, added = '2024-02-30'"),
        format!("SET @base = 1500; {}", load(&tabs, "INTO TABLE goods (@n, name, price) SET id = @base + @n")),
        format!("{}SELECT @n, @p; ", load(&tabs, "INTO TABLE goods (@n, name, @p) SET price = @p * 2, id = 1100 + @n")),
        load(&fixed, "INTO TABLE goods FIELDS TERMINATED BY '' ENCLOSED BY '' (id, name, price)"),
        load(&xml, "INTO TABLE goods").replace("LOAD DATA", "LOAD XML"),
        load(&xml, "REPLACE INTO TABLE goods (id, @name) SET name = UPPER(@name)").replace("LOAD DATA", "LOAD XML"),
        load(&items, "INTO TABLE goods ROWS IDENTIFIED BY '<item>'").replace("LOAD DATA", "LOAD XML"),
        load(&tabs, "INTO TABLE goods (@number, name, nope) SET id = @number + 1000"),
        load(&tabs, "INTO TABLE goods IGNORE 1 LINES (@number, name, @x) SET id = LENGTH(name) + 1300, price = @x"),
    ] {
        same(world, "loaded", &format!("{sql}{all}"));
    }
    // Two of its bytes are those of a terminator.
    let gbk = world.file("gbk.txt", b"\x95\x5c\t1\n\x81\x5c\t2\nplain\t3\n");
    let sql = load(&gbk, "INTO TABLE words CHARACTER SET gbk");
    let said =
        same(world, "loaded", &format!("{sql}SELECT word, HEX(word), n FROM words ORDER BY n; DELETE FROM words;"));
    assert!(said.contains("3 rows affected"), "{said}");
    // A generated shard key, and types that aren't read as they are written.
    let parts = world.file(
        "parts.txt",
        "ab\t2024-06-01 12:00:00\ta\t{\"n\": 1.50}\tx\\0y\nabc\t\\N\tq\t[]\t\\N\nabcd\t2024-03-31 02:30:00\tb\t\\N\tz\n",
    );
    let sql = load(&parts, "INTO TABLE parts (code, seen, kind, doc, raw)");
    let set =
        load(&parts, "INTO TABLE parts (code, @s, kind, @d, raw) SET seen = @s, doc = JSON_OBJECT('d', DATE(@s))");
    let all =
        "SELECT code, tenant, seen, kind + 0, kind, doc, JSON_TYPE(doc->'$.d'), HEX(raw) FROM parts ORDER BY code;";
    same(world, "loaded", &format!("SET time_zone = '+02:00'; {sql}{all}DELETE FROM parts;"));
    same(world, "loaded", &format!("SET time_zone = '+02:00'; {set}{all}{set}{sql}{all}DELETE FROM parts;"));
    let said = run(&world.proxy("loaded"), &load(&tabs, "INTO TABLE goods (@n) SET id = (SELECT MAX(n) FROM words)"));
    assert!(said.contains("a subquery in SET of a LOAD DATA"), "{said}");
    let said = run(&world.proxy("loaded"), &load(&tabs, "INTO TABLE goods (id)").replace(" LOCAL", ""));
    assert!(said.contains("LOAD DATA without LOCAL"), "{said}");
}

#[tokio::test]
async fn a_sequence_numbers_the_rows_of_a_file() {
    let world = world().await;
    let rows: String = (0..300).map(|number| format!("{number},note {number}\n")).collect();
    let file = world.file("orders.csv", rows);
    let sql = load(&file, "INTO TABLE orders FIELDS TERMINATED BY ',' (customer, note)");
    let endpoint = world.proxy("loaded");
    let said = run(&endpoint, &format!("{sql}SELECT LAST_INSERT_ID() = MIN(id) AS first FROM orders"));
    assert!(said.contains("300 rows affected"), "{said}");
    let mut connection = endpoint.connect().await.expect("a login");
    let query = "SELECT COUNT(*), SUM(customer), MIN(id), MAX(id) FROM orders";
    let got: Option<(i64, i64, i64, i64)> = connection.query_first(query).await.expect("rows");
    assert_eq!(got, Some((300, 299 * 150, 1000, 1299)));
    for (shard, endpoint) in world.cluster.shards("loaded").expect("shards") {
        let mut shard_connection = endpoint.connect().await.expect("a login");
        let count: Option<i64> = shard_connection.query_first("SELECT COUNT(*) FROM orders").await.expect("rows");
        assert!(count.is_some_and(|count| count > 50), "{shard}: {count:?}");
    }
    // A row is found by its number, so it lies where it belongs.
    let numbers: Vec<i64> = connection.query("SELECT id FROM orders LIMIT 20").await.expect("rows");
    for number in numbers {
        let found: Vec<i64> =
            connection.query(format!("SELECT id FROM orders WHERE id = {number}")).await.expect("a row");
        assert_eq!(found, [number]);
    }
}

#[tokio::test]
async fn a_row_that_has_no_place_undoes_the_whole_file() {
    let world = world().await;
    let good: String = (1..=5000).map(|number| format!("{}\tname\n", 100_000 + number)).collect();
    let file = world.file("broken.txt", format!("{good}x\tname\n{good}"));
    let endpoint = world.proxy("loaded");
    let count = "SELECT COUNT(*) FROM goods WHERE id > 100000";
    let said = run(&endpoint, &format!("{}SELECT 1", load(&file, "INTO TABLE goods (id, name)")));
    assert!(said.contains("row 5001 of the file for goods") && said.contains("'id'"), "{said}");
    assert_eq!(printed(&mysql(&endpoint, &[], count)), "0");
    // Within a transaction only the statement is undone, and the session goes on.
    let fine = world.file("fine.txt", "100001\tname\n");
    let files = WhiteListFsHandler::new([fine.clone(), file.clone()]);
    let mut connection = Conn::new(endpoint.opts().local_infile_handler(Some(files))).await.expect("a login");
    let sql = |path: &Path| format!("LOAD DATA LOCAL INFILE '{}' INTO TABLE goods (id, name)", path.display());
    connection.query_drop("BEGIN").await.expect("a transaction");
    connection.query_drop(sql(&fine)).await.expect("a file");
    assert_eq!(connection.affected_rows(), 1);
    let (code, message) = server_error(connection.query_drop(sql(&file)).await);
    assert_eq!(code, 1366, "{message}");
    connection.query_drop("COMMIT").await.expect("the end of the transaction");
    assert_eq!(one::<i64>(&mut connection, count).await, 1);
    run(&endpoint, "DELETE FROM goods WHERE id > 100000");
}

#[tokio::test]
async fn a_client_that_gives_no_files_is_told_so() {
    let world = world().await;
    let file = world.file("none.txt", "1\tx\n");
    let sql = load(&file, "INTO TABLE goods (id, name)");
    for keyspace in ["loaded", "loaded_single"] {
        let output = mysql(&world.proxy(keyspace), &["--local-infile=0"], &sql);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("ERROR 3948") || said.contains("ERROR 2068"), "{said}");
    }
}
