//! `shardgate keyspace-id`: where a vindex sends values.

use crate::commands::validate::{read_topology, read_vschema};
use crate::output::{Format, print, print_json, table};
use anyhow::{Context as _, anyhow, bail};
use serde_json::{Value as Json, json};
use shardgate_topology::KeyspaceTopology;
use shardgate_vschema::model::Keyspace;
use shardgate_vschema::{Destination, FindVindexError, KeyRange, VSchema, Value, Vindex, typed_value};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Print which keyspace id a vindex computes for values, and which shard holds it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shardgate keyspace-id --vschema vschema.yaml --vindex xxhash 1 2 3\n  shardgate keyspace-id --vschema vschema.yaml --topology topology.yaml --keyspace customer --vindex by_name \"'O''Hara'\"\n\nA value is a number, a word, text in 'single quotes', bytes as 0x1f, or NULL. For a vindex over several columns\neach VALUE holds one value for each of them, with commas between: 1,us"
)]
pub(crate) struct Args {
    /// The vschema.yaml
    #[arg(long, value_name = "FILE")]
    vschema: PathBuf,
    /// The vindex, or KEYSPACE.VINDEX
    #[arg(long, value_name = "NAME")]
    vindex: String,
    /// The keyspace, if several have a vindex of this name
    #[arg(long, value_name = "NAME")]
    keyspace: Option<String>,
    /// The topology.yaml, for the shards
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// The values
    #[arg(value_name = "VALUE", required = true, allow_negative_numbers = true)]
    values: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let vschema = read_vschema(&args.vschema)??;
    let (keyspace, vindex) = find(&vschema, args)?;
    let shards = match &args.topology {
        None => None,
        Some(file) => {
            let topology = read_topology(file)??;
            let shards = topology.keyspace(&keyspace.name).cloned();
            Some(shards.ok_or_else(|| anyhow!("{} has no keyspace `{}`", file.display(), keyspace.name))?)
        }
    };
    let mut rows = Vec::new();
    for text in &args.values {
        let values = row(text, vindex.column_count())?;
        let destination = vindex.map(&values).with_context(|| format!("value {text}"))?;
        rows.push((
            text,
            destination_text(&destination),
            shards.as_ref().map(|shards| shard_names(shards, &destination)),
        ));
    }
    match args.format {
        Format::Json => {
            let rows = rows
                .into_iter()
                .map(|(value, id, shards)| json!({"value": value, "keyspace_id": id, "shards": shards}));
            print_json(&Json::Array(rows.collect()))?;
        }
        Format::Table if shards.is_some() => print(&table(
            ["value", "keyspace id", "shard"],
            rows.into_iter().map(|(value, id, shards)| [value.clone(), id, shards.unwrap_or_default().join(" ")]),
        ))?,
        Format::Table => {
            print(&table(["value", "keyspace id"], rows.into_iter().map(|(value, id, _)| [value.clone(), id])))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The vindex that is meant, and its keyspace.
fn find<'v>(vschema: &'v VSchema, args: &Args) -> anyhow::Result<(&'v Arc<Keyspace>, &'v Arc<Vindex>)> {
    let name = match &args.keyspace {
        Some(keyspace) if !args.vindex.contains('.') => format!("{keyspace}.{}", args.vindex),
        _ => args.vindex.clone(),
    };
    let error = match vschema.find_vindex(&name) {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    if matches!(error, FindVindexError::Ambiguous { .. }) {
        bail!("{error}, or say which with --keyspace");
    }
    let known: Vec<String> = vschema
        .keyspaces()
        .flat_map(|keyspace| keyspace.vindexes.keys().map(|vindex| format!("{}.{vindex}", keyspace.name)))
        .collect();
    bail!("{error}; there are: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") })
}

/// The values of one VALUE: one for each column.
fn row(text: &str, columns: usize) -> anyhow::Result<Vec<Value<'static>>> {
    if columns == 1 {
        return Ok(vec![value(text)?]);
    }
    text.split(',').map(|part| value(part.trim())).collect()
}

/// A value as SQL would write it; a word without quotes is text, too.
fn value(text: &str) -> anyhow::Result<Value<'static>> {
    if let Some(quote @ ('\'' | '"')) = text.chars().next()
        && (text.len() < 2 || !text.ends_with(quote))
    {
        bail!("`{text}` has no quote at its end");
    }
    Ok(typed_value(text).with_context(|| format!("value {text}"))?.into_owned())
}

fn destination_text(destination: &Destination) -> String {
    match destination {
        Destination::None => "none".to_owned(),
        Destination::KeyspaceId(id) => id.to_string(),
        Destination::KeyspaceIds(ids) => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Destination::KeyRange(range) => format!("range {range}"),
        Destination::AllShards => "any".to_owned(),
    }
}

fn shard_names(keyspace: &KeyspaceTopology, destination: &Destination) -> Vec<String> {
    let of_range = |range: &KeyRange| {
        keyspace
            .shards
            .iter()
            .filter(|shard| shard.range.intersects(range))
            .map(|shard| shard.name.to_string())
            .collect()
    };
    let of_id = |id| keyspace.shard_of(id).map(|(_, shard)| shard.name.to_string());
    match destination {
        Destination::None => Vec::new(),
        Destination::KeyspaceId(id) => of_id(id).into_iter().collect(),
        Destination::KeyspaceIds(ids) => ids.iter().filter_map(of_id).collect(),
        Destination::KeyRange(range) => of_range(range),
        Destination::AllShards => of_range(&KeyRange::whole()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn values_have_the_type_that_sql_would_give_them() {
        assert_eq!(value("1").unwrap(), Value::Int(1));
        assert_eq!(value("-1").unwrap(), Value::Int(-1));
        assert_eq!(value("18446744073709551615").unwrap(), Value::UInt(u64::MAX));
        assert_eq!(value("1.50").unwrap(), Value::Decimal(Cow::Borrowed("1.50")));
        assert_eq!(value("'1'").unwrap(), Value::text("1"));
        assert_eq!(value("'O''Hara'").unwrap(), Value::text("O'Hara"));
        assert_eq!(value("abc").unwrap(), Value::text("abc"));
        assert_eq!(value("0x1f").unwrap(), Value::bytes(&[0x1f]));
        assert_eq!(value("null").unwrap(), Value::Null);
        assert_eq!(value("\"a\"").unwrap(), Value::text("a"));
        assert!(value("'").is_err() && value("'open").is_err() && value("0x1").is_err());
    }
}
