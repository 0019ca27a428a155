//! What a vindex does with values that a person types: the core of `shardgate keyspace-id`.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::destination::Destination;
use crate::hex::{self, HexError};
use crate::model::{Keyspace, VSchema};
use crate::shard_name::ShardName;
use crate::value::Value;
use crate::vindex::{Vindex, VindexError};
use crate::yaml::did_you_mean;

/// Where the rows of some values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// What the vindex says.
    pub destination: Destination,
    /// The shards of those given that can have the rows, in the order given.
    pub shards: Vec<ShardName>,
}

/// Maps values by a vindex and picks the shards.
///
/// # Errors
/// As [`Vindex::map`].
pub fn inspect(vindex: &Vindex, values: &[Value<'_>], shards: &[ShardName]) -> Result<Inspection, VindexError> {
    let destination = vindex.map(values)?;
    let shards = shards.iter().filter(|shard| destination.reaches(&shard.key_range())).cloned().collect();
    Ok(Inspection { destination, shards })
}

/// Types a value as a person means it: `null`, whole numbers, decimals, bytes as `0x` and hex digits; anything else is
/// text, and so is what stands in single or double quotes (doubled within, as in SQL).
///
/// # Errors
/// If `0x` isn't followed by pairs of hex digits.
pub fn typed_value(text: &str) -> Result<Value<'_>, HexError> {
    if text.eq_ignore_ascii_case("null") {
        return Ok(Value::Null);
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let bytes: SmallVec<[u8; 16]> = hex::decode(digits)?;
        return Ok(Value::Bytes(Cow::Owned(bytes.to_vec())));
    }
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let doubled = format!("{quote}{quote}");
            if inner.contains(&doubled) {
                return Ok(Value::Text(Cow::Owned(inner.replace(&doubled, &quote.to_string()).into_bytes())));
            }
            return Ok(Value::text(inner));
        }
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits(digits) {
        if let Ok(number) = text.parse() {
            return Ok(Value::Int(number));
        }
        if let Ok(number) = text.parse() {
            return Ok(Value::UInt(number));
        }
        return Ok(Value::Decimal(Cow::Borrowed(text)));
    }
    let is_decimal = digits.split_once('.').is_some_and(|(whole, part)| all_digits(whole) && all_digits(part));
    Ok(if is_decimal { Value::Decimal(Cow::Borrowed(text)) } else { Value::text(text) })
}

/// Why a name doesn't name a vindex.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindVindexError {
    /// There is none of the name.
    #[error("there is no vindex `{name}`{}", hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default())]
    Unknown {
        /// The name as given.
        name: String,
        /// What may be meant.
        hint: Option<String>,
    },
    /// Several keyspaces have one of the name.
    #[error("the vindex `{name}` is in several keyspaces: write one of {}", keyspaces.iter().map(|keyspace| format!("`{keyspace}.{name}`")).collect::<Vec<_>>().join(", "))]
    Ambiguous {
        /// The name as given.
        name: String,
        /// The keyspaces.
        keyspaces: Vec<String>,
    },
}

impl VSchema {
    /// The vindex that `name` or `keyspace.name` means, and its keyspace. As in Vitess, an unqualified name must be
    /// unique among the keyspaces that don't require explicit routing.
    ///
    /// # Errors
    /// If there is no such vindex, or several.
    pub fn find_vindex(&self, name: &str) -> Result<(&Arc<Keyspace>, &Arc<Vindex>), FindVindexError> {
        let found: Vec<(&Arc<Keyspace>, &Arc<Vindex>)> = match name.split_once('.') {
            Some((keyspace, vindex)) => {
                let keyspace = self.keyspace(keyspace);
                keyspace.and_then(|keyspace| Some((keyspace, keyspace.vindex(vindex)?))).into_iter().collect()
            }
            None => self
                .keyspaces()
                .filter(|keyspace| !keyspace.require_explicit_routing)
                .filter_map(|keyspace| Some((keyspace, keyspace.vindex(name)?)))
                .collect(),
        };
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                let known: Vec<String> =
                    self.keyspaces()
                        .flat_map(|keyspace| keyspace.vindexes.keys().map(move |vindex| (keyspace, vindex)))
                        .map(|(keyspace, vindex)| {
                            if name.contains('.') { format!("{}.{vindex}", keyspace.name) } else { vindex.to_string() }
                        })
                        .collect();
                let hint = did_you_mean(name, known.iter().map(String::as_str));
                Err(FindVindexError::Unknown { name: name.to_owned(), hint })
            }
            several => Err(FindVindexError::Ambiguous {
                name: name.to_owned(),
                keyspaces: several.iter().map(|(keyspace, _)| keyspace.name.to_string()).collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "keyspaces:\n  a: {sharded: true, vindexes: {hash: {type: hash}, md5: {type: binary_md5}}}\n  \
                          b: {sharded: true, vindexes: {hash: {type: hash}}}\n";

    fn schema() -> VSchema {
        VSchema::parse("v", SCHEMA, &|_| Err(String::new())).unwrap()
    }

    #[test]
    fn values_are_typed_as_a_person_means_them() {
        let cases = [
            ("null", Value::Null),
            ("12", Value::Int(12)),
            ("-12", Value::Int(-12)),
            ("18446744073709551615", Value::UInt(u64::MAX)),
            ("18446744073709551616", Value::Decimal("18446744073709551616".into())),
            ("1.50", Value::Decimal("1.50".into())),
            ("0x6162", Value::bytes(b"ab")),
            ("'12'", Value::text("12")),
            ("\"null\"", Value::text("null")),
            ("'O''Hara'", Value::text("O'Hara")),
            ("a@b.c", Value::text("a@b.c")),
            ("1e3", Value::text("1e3")),
            ("", Value::text("")),
            ("'", Value::text("'")),
        ];
        for (text, value) in cases {
            assert_eq!(typed_value(text).unwrap(), value, "{text}");
        }
        assert!(typed_value("0x6").is_err());
    }

    #[test]
    fn the_id_and_its_shard_are_found() {
        let schema = schema();
        let (_, hash) = schema.find_vindex("a.hash").unwrap();
        let shards = ["-80", "80-"].map(|name| name.parse().unwrap());
        let inspection = inspect(hash, &[Value::Int(1)], &shards).unwrap();
        assert_eq!(inspection.destination.to_string(), "166b40b44aba4bd6");
        assert_eq!(inspection.shards.iter().map(ShardName::as_str).collect::<Vec<_>>(), ["-80"]);
    }

    #[test]
    fn an_unqualified_vindex_must_be_unique() {
        let schema = schema();
        assert_eq!(schema.find_vindex("md5").unwrap().1.vindex_type(), "binary_md5");
        let error = schema.find_vindex("hash").unwrap_err();
        assert_eq!(error.to_string(), "the vindex `hash` is in several keyspaces: write one of `a.hash`, `b.hash`");
        assert_eq!(schema.find_vindex("mb5").unwrap_err().to_string(), "there is no vindex `mb5`: did you mean `md5`?");
        assert!(schema.find_vindex("c.hash").is_err());
    }
}
