//! How much memory the proxy takes for large results of two shards: rows of both merged in order, and a million groups.
//!
//! `scripts/with-mysql.sh cargo run --release -p shardgate-integration-tests --example bounded_memory [ROWS]`, after
//! `cargo build --release -p shardgate-cli`. Prints, for each statement, its rows and time, the proxy's memory before it
//! and its peak while it ran (`VmRSS` and `VmHWM` of Linux).

use mysql_async::Row;
use mysql_async::prelude::Queryable;
use shardgate_integration_tests::Cluster;
use std::error::Error;
use std::time::Instant;

/// Rows that one INSERT makes: the digits of six places.
const BLOCK: u64 = 1_000_000;

const STATEMENTS: [&str; 6] = [
    "SELECT id, v FROM big ORDER BY v, id LIMIT 10",
    "SELECT id, v FROM big ORDER BY v, id LIMIT 1000000, 10",
    "SELECT id, v FROM big ORDER BY v, id",
    "SELECT g, COUNT(*), SUM(v), AVG(v) FROM big GROUP BY g",
    "SELECT COUNT(DISTINCT v) FROM big",
    "SELECT g, SUM(v) / COUNT(*) AS m FROM big WHERE g < 200000 GROUP BY g HAVING m > 500000 ORDER BY m DESC LIMIT 10",
];

/// A line of `/proc/PID/status`, in MiB.
fn memory(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<f64>().unwrap_or(f64::NAN) / 1024.0
}

async fn fill(cluster: &Cluster, rows: u64) -> Result<(), Box<dyn Error>> {
    let digits = "SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 \
                  UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9";
    let shards = cluster.shards("large")?;
    let blocks = rows.div_ceil(BLOCK * shards.len() as u64);
    for (number, (_, endpoint)) in shards.iter().enumerate() {
        let mut connection = endpoint.connect().await?;
        for block in 0..blocks {
            let first = (number as u64 * blocks + block) * BLOCK;
            let text = format!(
                "INSERT INTO big WITH d AS ({digits}) SELECT {first} + i, i, (({first} + i) * 7919) % 1000003 FROM \
                 (SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n AS i \
                 FROM d a, d b, d c, d d, d e, d f) x ORDER BY i"
            );
            connection.query_drop(text).await?;
        }
    }
    println!("{} rows on {} shards, {BLOCK} groups", blocks * BLOCK * shards.len() as u64, shards.len());
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let rows = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000_000);
    let vschema = "version: 1\nkeyspaces:\n  large:\n    sharded: true\n    vindexes:\n      hash: {type: hash}\n    tables:\n      big:\n        \
                   column_vindexes:\n          - {column: id, name: hash}\n";
    let mut cluster = Cluster::builder()
        .sharded("large", 2, &["CREATE TABLE big (id BIGINT PRIMARY KEY, g INT NOT NULL, v INT NOT NULL)"])
        .vschema(vschema)
        .own_servers()
        .start()
        .await?;
    fill(&cluster, rows).await?;
    let endpoint = cluster.proxy("app", "large");
    let pid = cluster.process().pid().ok_or("the proxy doesn't run")?;
    println!("| statement | rows | seconds | MiB before | MiB at most |\n| --- | ---: | ---: | ---: | ---: |");
    for statement in STATEMENTS {
        let mut connection = endpoint.connect().await?;
        // The peak is counted anew.
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5")?;
        let before = memory(pid, "VmRSS:");
        let start = Instant::now();
        let mut result = connection.query_iter(statement).await?;
        let mut count = 0u64;
        while result.next().await?.map(|_: Row| count += 1).is_some() {}
        let seconds = start.elapsed().as_secs_f64();
        println!("| `{statement}` | {count} | {seconds:.1} | {before:.1} | {:.1} |", memory(pid, "VmHWM:"));
    }
    Ok(())
}
