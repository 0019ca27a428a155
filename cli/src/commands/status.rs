//! `shardgate status`: what a running proxy says of itself.

use crate::http::get;
use crate::output::{Format, print, print_json, table};
use anyhow::Context as _;
use serde_json::Value;
use std::process::ExitCode;

/// Print what a running proxy says of itself
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shardgate status --admin http://127.0.0.1:15000\n\nWhere `admin` has a token, it is read from SHARDGATE_ADMIN_TOKEN."
)]
pub(crate) struct Args {
    /// The proxy's admin address
    #[arg(
        long,
        value_name = "URL",
        env = "SHARDGATE_ADMIN",
        hide_env_values = true,
        default_value = "http://127.0.0.1:15000"
    )]
    admin: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let body = get(&args.admin, "/api/status")?;
    let status: Value =
        serde_json::from_str(&body).with_context(|| format!("{}/api/status: the answer isn't JSON", args.admin))?;
    match args.format {
        Format::Json => print_json(&status)?,
        Format::Table => {
            let mut rows = Vec::new();
            flatten("", &status, &mut rows);
            print(&table(["what", "value"], rows))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One row for each leaf of the answer, with its path.
fn flatten(path: &str, value: &Value, rows: &mut Vec<[String; 2]>) {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| flatten(&join(key), value, rows)),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().enumerate().for_each(|(index, item)| flatten(&join(&index.to_string()), item, rows));
        }
        Value::Array(items) => rows.push([path.to_owned(), items.iter().map(scalar).collect::<Vec<_>>().join(", ")]),
        scalar_value => rows.push([path.to_owned(), scalar(scalar_value)]),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_leaf_of_the_answer_is_a_row() {
        let mut rows = Vec::new();
        flatten(
            "",
            &json!({"version": "1", "store": {"revision": 3, "fault": null}, "pools": [{"free": 1}], "tags": ["a", "b"]}),
            &mut rows,
        );
        let text: Vec<String> = rows.iter().map(|[what, value]| format!("{what}={value}")).collect();
        assert_eq!(text, ["version=1", "store.revision=3", "store.fault=-", "pools.0.free=1", "tags=a, b"]);
    }
}
