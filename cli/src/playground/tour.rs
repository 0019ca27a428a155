//! A tour of the shop through the proxy: each query, where it went, and its rows.

use std::fmt::Write as _;
use std::net::SocketAddr;

use comfy_table::{Table, presets};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row, Value};

use super::shop;

/// How many rows of a result are shown.
const SHOWN_ROWS: usize = 8;

struct Step {
    caption: &'static str,
    sql: &'static str,
    /// Whether to ask the proxy for the statement's plan first.
    plan: bool,
}

const fn step(caption: &'static str, sql: &'static str) -> Step {
    Step { caption, sql, plan: true }
}

const fn without_plan(caption: &'static str, sql: &'static str) -> Step {
    Step { caption, sql, plan: false }
}

const STEPS: &[Step] = &[
    without_plan("The keyspaces that the proxy serves", "SHOW KEYSPACES"),
    without_plan("and their shards", "SHOW VITESS_SHARDS"),
    step(
        "An unsharded keyspace: the statement goes as it is to its one MySQL",
        "SELECT sku, name, price FROM commerce.product ORDER BY price DESC LIMIT 3",
    ),
    step("One customer: one shard", "SELECT id, name, country, balance FROM customer WHERE id = 42"),
    step(
        "A customer with orders, joined: they lie beside each other, so still one shard",
        "SELECT c.name, o.id AS order_id, o.status, o.total FROM customer c JOIN orders o ON o.customer_id = c.id \
         WHERE c.id = 42 ORDER BY o.id",
    ),
    step(
        "Some customers: only their shards, each asked for its own",
        "SELECT id, name FROM customer WHERE id IN (1, 2, 3, 4) ORDER BY id",
    ),
    step(
        "The greatest orders: every shard sorts its own, the proxy merges",
        "SELECT id, customer_id, total FROM orders ORDER BY total DESC, id LIMIT 5",
    ),
    step(
        "Totals by status: every shard adds up its own, the proxy adds up the sums",
        "SELECT status, COUNT(*) AS orders, SUM(total) AS total, AVG(total) AS average FROM orders \
         GROUP BY status ORDER BY status",
    ),
    step(
        "A reference table has a copy on every shard, so each joins with its own",
        "SELECT n.name, COUNT(*) AS customers FROM customer c JOIN country n ON n.code = c.country \
         GROUP BY n.name ORDER BY customers DESC, n.name LIMIT 5",
    ),
    step(
        "A new customer: the id comes from a sequence, and decides the shard",
        "INSERT INTO customer (email, name, country) VALUES ('new@example.com', 'Νέα Πελάτισσα', 'DE')",
    ),
    without_plan("The id, as any client asks for it", "SELECT LAST_INSERT_ID()"),
    step(
        "Found again by something that isn't the shard key: every shard is asked",
        "SELECT id, name FROM customer WHERE email = 'new@example.com'",
    ),
    without_plan("An error is MySQL's own", "SELECT nothing FROM customer WHERE id = 42"),
];

/// Runs the tour as user `app` against the proxy, and prints it through `print`.
///
/// # Errors
/// The connection to the proxy fails; a statement that fails is part of what is shown.
pub(super) async fn tour(proxy: SocketAddr, print: impl Fn(&str)) -> Result<(), mysql_async::Error> {
    let opts: Opts = OptsBuilder::default()
        .ip_or_hostname(proxy.ip().to_string())
        .tcp_port(proxy.port())
        .user(Some("app"))
        .pass(Some("app"))
        .db_name(Some(shop::CUSTOMER))
        .prefer_socket(false)
        .into();
    let mut connection = Conn::new(opts).await?;
    connection.query_drop("SET NAMES utf8mb4").await?;
    for step in STEPS {
        print(&format!("-- {}\n{};", step.caption, step.sql));
        if step.plan
            && let Ok(plan) = connection.query::<Row, _>(format!("VEXPLAIN PLAN {}", step.sql)).await
        {
            print(&plan_text(&plan));
        }
        let outcome = match connection.query_iter(step.sql).await {
            Ok(result) => {
                let names = result.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
                let affected = result.affected_rows();
                result.collect_and_drop::<Row>().await.map(|rows| rows_text(names, &rows, affected))
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(text) => print(&text),
            Err(mysql_async::Error::Server(error)) => {
                print(&format!("ERROR {} ({}): {}\n", error.code, error.state, error.message));
            }
            Err(error) => return Err(error),
        }
    }
    connection.disconnect().await
}

/// A plan as the proxy describes it, a line for each line or row of the description.
fn plan_text(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let fields: Vec<String> = (0..row.len()).filter_map(|i| row.as_ref(i)).map(field_text).collect();
        for line in fields.join("  ").lines() {
            // Writing to a String can't fail.
            let _ = writeln!(text, "    {line}");
        }
    }
    text.trim_end().to_owned()
}

fn rows_text(names: Vec<String>, rows: &[Row], affected: u64) -> String {
    if names.is_empty() {
        return format!("{affected} row{} affected\n", if affected == 1 { "" } else { "s" });
    }
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(names);
    for row in rows.iter().take(SHOWN_ROWS) {
        table.add_row((0..row.len()).map(|i| row.as_ref(i).map_or_else(String::new, field_text)));
    }
    let more = rows.len().saturating_sub(SHOWN_ROWS);
    if more > 0 { format!("{table}\n... and {more} more rows\n") } else { format!("{table}\n") }
}

fn field_text(value: &Value) -> String {
    match value {
        Value::NULL => "NULL".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.as_sql(true),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::super::{Mysqld, MysqldBinary, MysqldOptions, Template};
    use super::*;

    /// With both keyspaces on one plain MySQL, the tour's statements (but the proxy's own) have the answers that they
    /// must have through the proxy too.
    #[tokio::test]
    async fn every_statement_of_the_tour_has_an_answer_on_a_plain_mysql() {
        let folder = tempfile::tempdir().unwrap();
        let template = Template::of(&MysqldBinary::find(None).unwrap()).unwrap();
        let options =
            MysqldOptions { user: "app".to_owned(), password: "app".to_owned(), ..MysqldOptions::new(folder.path()) };
        let server = Mysqld::start(&template, options).unwrap();
        let opts = || Opts::from_url(&server.url("")).unwrap();
        shop::load(opts(), &[("-".parse().unwrap(), opts())]).await.unwrap();
        // The id that the proxy would take from the sequence.
        let mut connection = Conn::new(opts()).await.unwrap();
        connection.query_drop("ALTER TABLE customer.customer MODIFY id BIGINT NOT NULL AUTO_INCREMENT").await.unwrap();

        let shown = RefCell::new(String::new());
        tour(([127, 0, 0, 1], server.port()).into(), |text| shown.borrow_mut().push_str(text)).await.unwrap();
        let shown = shown.into_inner();
        let errors: Vec<&str> = shown.lines().filter(|line| line.contains("ERROR ")).collect();
        assert_eq!(errors.len(), 3, "SHOW KEYSPACES, SHOW VITESS_SHARDS and the error that is shown:\n{shown}");
        for text in ["1 row affected", "| 1001 ", "Νέα Πελάτισσα", "TEA-", "shipped", "ERROR 1054 (42S22)"]
        {
            assert!(shown.contains(text), "{text} is not in:\n{shown}");
        }
    }
}
