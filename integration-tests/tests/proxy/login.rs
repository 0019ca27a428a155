//! Who gets in, by which exchange, and what the others are told.

use mysql_async::prelude::Queryable;
use mysql_async::{ChangeUserOpts, Conn, OptsBuilder, SslOpts};
use shardgate_integration_tests::{Cluster, Endpoint};

use crate::fixture::{app, failure, mysql, one, printed, server_error, shared};

async fn endpoint(user: &str, database: &str) -> Endpoint {
    shared().await.proxy(user, database)
}

async fn log_in(options: OptsBuilder) -> Result<String, mysql_async::Error> {
    let mut connection = Conn::new(options).await?;
    let user: Option<String> = connection.query_first("SELECT 'in'").await?;
    connection.disconnect().await?;
    Ok(user.unwrap_or_default())
}

fn over_tls(options: OptsBuilder) -> OptsBuilder {
    options.ssl_opts(SslOpts::default().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true))
}

#[tokio::test]
async fn the_fast_exchange_works_from_the_first_login() {
    assert_eq!(log_in(endpoint("app", "goods").await.opts()).await.expect("a login"), "in");
}

#[tokio::test]
async fn a_salted_hash_takes_the_full_exchange_over_tls_or_by_rsa_and_is_fast_from_then_on() {
    let endpoint = endpoint("crypt", "single").await;
    // Without TLS first: the password goes encrypted by the proxy's RSA key.
    let output = mysql(&endpoint, &["--ssl-mode=DISABLED", "--get-server-public-key"], "SELECT 'in'");
    assert_eq!(printed(&output), "in");
    assert_eq!(log_in(over_tls(endpoint.opts())).await.expect("over TLS"), "in");
    assert_eq!(log_in(endpoint.opts()).await.expect("the fast exchange"), "in");
    let wrong = Endpoint { password: "wrong".to_owned(), ..endpoint };
    for options in [&["--ssl-mode=DISABLED", "--get-server-public-key"][..], &["--ssl-mode=REQUIRED"]] {
        let said = failure(&mysql(&wrong, options, "SELECT 1"));
        assert!(said.contains("ERROR 1045 (28000)"), "{said}");
    }
}

#[tokio::test]
async fn a_salted_hash_takes_the_full_exchange_over_tls_on_a_fresh_proxy() {
    let tls =
        Cluster::builder().unsharded("login_tls", &[]).extra(&same_users().await).start().await.expect("a cluster");
    let endpoint = tls.proxy("crypt", "login_tls");
    let said = failure(&mysql(&endpoint, &["--ssl-mode=DISABLED"], "SELECT 1"));
    assert!(said.contains("ERROR 2061"), "without TLS and the key the client doesn't send its password: {said}");
    assert_eq!(printed(&mysql(&endpoint, &["--ssl-mode=REQUIRED"], "SELECT 'in'")), "in");
}

/// The `crypt` user of the shared cluster as a section for another.
async fn same_users() -> String {
    let text = std::fs::read_to_string(shared().await.folder().join("shardgate.yaml")).expect("the configuration");
    text.lines().filter(|line| line.starts_with("  crypt:")).map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn a_user_with_a_native_hash_logs_in_by_the_native_method() {
    let endpoint = endpoint("native", "single").await;
    assert_eq!(log_in(endpoint.opts()).await.expect("a login"), "in");
    let wrong = Endpoint { password: "wrong".to_owned(), ..endpoint };
    let (errno, _) = server_error(log_in(wrong.opts()).await);
    assert_eq!(errno, 1045);
}

#[tokio::test]
async fn an_unknown_user_is_told_the_same_as_one_with_a_wrong_password() {
    let good = endpoint("app", "").await;
    let mut told = Vec::new();
    for (user, password) in [("app", "wrong"), ("nobody", "wrong"), ("app", ""), ("nobody", "")] {
        let endpoint = Endpoint { user: user.to_owned(), password: password.to_owned(), ..good.clone() };
        let (errno, message) = server_error(log_in(endpoint.opts()).await);
        assert_eq!(errno, 1045, "{user}: {message}");
        let word = if password.is_empty() { "NO" } else { "YES" };
        assert!(
            message.ends_with(&format!("Access denied for user '{user}'@'127.0.0.1' (using password: {word})")),
            "{message}"
        );
        told.push(message.replace(user, "USER"));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[2], told[3]);
}

#[tokio::test]
async fn an_unknown_database_is_1049_and_one_without_a_right_is_1044() {
    let (errno, message) = server_error(log_in(endpoint("app", "nowhere").await.opts()).await);
    assert_eq!(errno, 1049, "{message}");
    assert!(message.contains("'nowhere'"), "{message}");
    let narrow = endpoint("narrow", "goods").await;
    let (errno, message) = server_error(log_in(narrow.opts()).await);
    assert_eq!(errno, 1044, "{message}");
}

#[tokio::test]
async fn a_statement_beyond_the_users_rights_is_1142_and_has_no_effect() {
    let mut narrow = endpoint("narrow", "single").await.connect().await.expect("a login");
    let count: i64 = one(&mut narrow, "SELECT COUNT(*) FROM things WHERE name = 'never'").await;
    assert_eq!(count, 0);
    let (errno, message) = server_error(narrow.query_drop("INSERT INTO things (name) VALUES ('never')").await);
    assert_eq!(errno, 1142, "{message}");
    assert!(message.contains("'narrow'") && message.contains("things"), "{message}");
    let (errno, _) = server_error(narrow.query_drop("SELECT * FROM goods.items WHERE id = 1").await);
    assert_eq!(errno, 1142);
    let (errno, _) = server_error(narrow.query_drop("USE goods").await);
    assert_eq!(errno, 1044);
    let mut app = app("single").await;
    let (errno, _) = server_error(app.query_drop("DROP TABLE things").await);
    assert_eq!(errno, 1142, "data definition is for administrators");
    let count: i64 = one(&mut narrow, "SELECT COUNT(*) FROM things WHERE name = 'never'").await;
    assert_eq!(count, 0);
}

#[tokio::test]
async fn the_mysql_command_gets_tls_when_it_requires_it() {
    let endpoint = endpoint("app", "goods").await;
    // It ends with an error where there is no TLS.
    assert_eq!(printed(&mysql(&endpoint, &["--ssl-mode=REQUIRED"], "SELECT 1")), "1");
}

#[tokio::test]
async fn the_unix_socket_serves_and_is_safe_for_a_password() {
    let shared = shared().await;
    let option = format!("--socket={}", shared.socket.display());
    for user in ["app", "crypt"] {
        let endpoint = shared.proxy(user, "single");
        assert_eq!(printed(&mysql(&endpoint, &[&option, "--ssl-mode=DISABLED"], "SELECT DATABASE()")), "single");
    }
}

#[tokio::test]
async fn change_user_begins_a_new_session_as_another_user() {
    let mut connection = app("goods").await;
    connection.query_drop("SET @mine = 1, sql_mode = 'ANSI_QUOTES'").await.expect("a SET");
    connection.query_drop("BEGIN").await.expect("a BEGIN");
    connection.query_drop("INSERT INTO items (id, name) VALUES (7001, 'gone')").await.expect("a row");
    let dash = ChangeUserOpts::new()
        .with_user(Some("dash".to_owned()))
        .with_pass(Some("dash".to_owned()))
        .with_db_name(Some("single".to_owned()));
    connection.change_user(dash).await.expect("another user");
    let row: Option<(String, Option<i64>, String)> =
        connection.query_first("SELECT DATABASE(), @mine, @@sql_mode").await.expect("a row");
    let (database, mine, mode) = row.expect("a row");
    assert_eq!((database.as_str(), mine), ("single", None));
    assert!(!mode.contains("ANSI_QUOTES"), "{mode}");
    let (errno, _) = server_error(connection.query_drop("INSERT INTO things (name) VALUES ('x')").await);
    assert_eq!(errno, 1142, "it is dash who can't write");
    let count: i64 = one(&mut connection, "SELECT COUNT(*) FROM goods.items WHERE id = 7001").await;
    assert_eq!(count, 0, "the transaction was rolled back");

    let wrong = ChangeUserOpts::new().with_user(Some("app".to_owned())).with_pass(Some("wrong".to_owned()));
    let (errno, _) = server_error(connection.change_user(wrong).await);
    assert_eq!(errno, 1045);
    assert!(connection.ping().await.is_err(), "a failed COM_CHANGE_USER ends the connection");
}

#[tokio::test]
async fn reset_connection_brings_the_session_back_to_its_login() {
    let mut connection = app("goods").await;
    connection.query_drop("SET @mine = 1, time_zone = '+03:00'").await.expect("a SET");
    connection.query_drop("BEGIN").await.expect("a BEGIN");
    connection.query_drop("INSERT INTO items (id, name) VALUES (7002, 'gone')").await.expect("a row");
    connection.query_drop("CREATE TEMPORARY TABLE single.scratch (a INT)").await.expect("a temporary table");
    assert!(connection.reset().await.expect("a reset"));
    let row: Option<(String, Option<i64>, String)> =
        connection.query_first("SELECT DATABASE(), @mine, @@time_zone").await.expect("a row");
    assert_eq!(row, Some(("goods".to_owned(), None, "SYSTEM".to_owned())));
    let count: i64 = one(&mut connection, "SELECT COUNT(*) FROM items WHERE id = 7002").await;
    assert_eq!(count, 0, "the transaction was rolled back");
    let (errno, _) = server_error(connection.query_drop("SELECT * FROM single.scratch").await);
    assert_eq!(errno, 1146, "the temporary table is gone");
}

#[tokio::test]
async fn one_client_more_than_max_connections_is_1040_until_another_leaves() {
    let cluster =
        Cluster::builder().unsharded("login_limits", &[]).extra("limits: {max_connections: 2}\n").start().await;
    let cluster = cluster.expect("a cluster");
    let endpoint = cluster.proxy("app", "login_limits");
    let first = endpoint.connect().await.expect("a login");
    let _second = endpoint.connect().await.expect("a login");
    let (errno, message) = server_error(Conn::new(endpoint.opts()).await);
    assert_eq!(errno, 1040, "{message}");
    first.disconnect().await.expect("a log-out");
    let mut attempts = 0;
    while let Err(error) = Conn::new(endpoint.opts()).await {
        attempts += 1;
        assert!(attempts < 200, "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
