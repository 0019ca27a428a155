//! MySQL's own command line.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use shardgate_cli::playground::MysqldBinary;

use super::Variant;
use super::report::{ClientReport, DATE, DATETIME, DECIMAL, TEXT, big_text, same};
use crate::endpoint::Endpoint;
use crate::error::HarnessError;

pub(super) fn check(endpoint: &Endpoint, base: u64, variant: Variant) -> Result<ClientReport, HarnessError> {
    let missing = || HarnessError::Client { client: "mysql".to_owned(), what: "is not there".to_owned() };
    let binary = MysqldBinary::find(None)?;
    let client = binary.client("mysql").ok_or_else(missing)?;
    let mysql = |sql: &str| -> Result<String, String> { run(&client, endpoint, variant, sql) };
    let note = |id: u64| mysql(&format!("SELECT note FROM client_check WHERE id = {id};"));
    let mut report = ClientReport::new(format!("mysql {}", binary.version()));

    report.note("connect", mysql("SELECT 1;").and_then(|text| same(text.as_str(), "1")));
    let version = mysql("SELECT VERSION();").map(|text| report.server = text);
    report.note("text_query", version);
    let delete: String = (base..base + 10).map(|id| format!("DELETE FROM client_check WHERE id = {id};\n")).collect();
    let insert = format!("{delete}INSERT INTO client_check (id, name) VALUES ({base}, 'text');");
    report.note("insert", mysql(&insert).map(drop));

    let id = base + 1;
    let (text, blob) = (quoted(TEXT), (0..=255).map(|byte: u8| format!("{byte:02x}")).collect::<String>());
    let insert = format!(
        "INSERT INTO client_check (id, name, amount, born, seen, data, ratio, note) \
         VALUES ({id}, {text}, {DECIMAL}, '{DATE}', '{DATETIME}', x'{blob}', 0.1, NULL);"
    );
    report.note("prepared_insert", mysql(&insert).map(drop));
    let row = mysql(&format!("SELECT amount, born, seen, ratio, note FROM client_check WHERE id = {id};"));
    let row = row.map(|row| row.split('\t').map(str::to_owned).collect::<Vec<_>>());
    report.note("prepared_select", row.as_ref().map(drop));
    let row = row.unwrap_or_default();
    let expected = [("decimal", DECIMAL), ("date", DATE), ("datetime", DATETIME), ("double", "0.1"), ("null", "NULL")];
    for (column, (check, value)) in expected.into_iter().enumerate() {
        report.note(check, same(row.get(column).map_or("", String::as_str), value));
    }
    let name = mysql(&format!("SELECT name FROM client_check WHERE id = {id};"));
    report.note("utf8", name.and_then(|name| same(name.as_str(), TEXT)));
    let data = mysql(&format!("SELECT HEX(data) FROM client_check WHERE id = {id};"));
    report.note("binary", data.and_then(|data| same(data.to_lowercase(), blob)));

    let rows: Vec<String> = (base + 2..base + 7).map(|id| format!("({id}, 'row {}')", id - base)).collect();
    let ids: Vec<String> = (base + 2..base + 7).map(|id| id.to_string()).collect();
    let multi_row = format!(
        "INSERT INTO client_check (id, name) VALUES {};\n\
         SELECT name FROM client_check WHERE id IN ({}) ORDER BY id DESC;",
        rows.join(", "),
        ids.join(", ")
    );
    let expected = "row 6\nrow 5\nrow 4\nrow 3\nrow 2";
    report.note("multi_row", mysql(&multi_row).and_then(|text| same(text.as_str(), expected)));
    // The client prints the number of changed rows only when it is told to be verbose.
    let update = format!("UPDATE client_check SET name = 'changed' WHERE id = {base};\nSELECT ROW_COUNT();");
    report.note("affected_rows", mysql(&update).and_then(|text| same(text.as_str(), "1")));

    let transaction = |value: &str, end: &str| {
        mysql(&format!("BEGIN;\nUPDATE client_check SET note = '{value}' WHERE id = {base};\n{end};"))?;
        same(note(base)?.as_str(), "kept")
    };
    report.note("commit", transaction("kept", "COMMIT"));
    report.note("rollback", transaction("gone", "ROLLBACK"));
    let again = format!("INSERT INTO client_check (id, name) VALUES ({base}, 'again');");
    report.note("duplicate_key_error", fails(mysql(&again), "ERROR 1062 (23000)"));
    report.note("unknown_table_error", fails(mysql("SELECT * FROM no_such_table;"), "ERROR 1146 (42S02)"));
    report.note("syntax_error", fails(mysql("SELEKT 1;"), "ERROR 1064 (42000)"));
    let after = mysql(&format!("SELECT name FROM client_check WHERE id = {base};"));
    report.note("after_error", after.and_then(|text| same(text.as_str(), "changed")));
    let (big, id) = (big_text(), base + 7);
    let insert = mysql(&format!("INSERT INTO client_check (id, name, note) VALUES ({id}, 'big', '{big}');"));
    report.note("big_value", insert.and_then(|_| same(note(id)? == big, true)));
    Ok(report)
}

/// Feeds statements to the client and returns what it prints: rows only, tabs between fields.
fn run(client: &std::path::Path, endpoint: &Endpoint, variant: Variant, sql: &str) -> Result<String, String> {
    let mut command = Command::new(client);
    command
        .args(["--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4", "--protocol=TCP"])
        .arg(format!("--host={}", endpoint.host))
        .arg(format!("--port={}", endpoint.port))
        .arg(format!("--user={}", endpoint.user))
        .arg(format!("--database={}", endpoint.database))
        .env("MYSQL_PWD", &endpoint.password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match variant {
        Variant::Tls => command.arg("--ssl-mode=REQUIRED"),
        Variant::Plain | Variant::Text => command.args(["--ssl-mode=DISABLED", "--get-server-public-key"]),
    };
    let mut child = command.spawn().map_err(|error| format!("{} can't be started: {error}", client.display()))?;
    let (input, sql) = (child.stdin.take(), sql.to_owned());
    // On a thread of its own, so that neither side waits for the other with full pipes. If the client ends early, what
    // it printed says why.
    let writer = thread::spawn(move || input.map(|mut input| input.write_all(sql.as_bytes())));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    drop(writer.join());
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = errors.lines().filter(|line| !line.contains("[Warning]")).collect();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
    } else {
        Err(errors.join("\n"))
    }
}

fn fails(outcome: Result<String, String>, begin: &str) -> Result<(), String> {
    match outcome {
        Err(error) if error.starts_with(begin) => Ok(()),
        Err(error) => Err(format!("got {error:?}, not {begin}")),
        Ok(_) => Err("no error".to_owned()),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
