//! Vindexes from their description in the vschema: a type and parameters.

use std::collections::{BTreeMap, HashMap};

use super::cfc::{Cfc, ComponentHash};
use super::lookup::{Lookup, LookupKind, LookupOptions, LookupTable, ReadLock};
use super::multicol::{MultiCol, Part, share_bytes};
use super::params::{Params, VindexFault, VindexFaultPlace};
use super::region::RegionBytes;
use super::scalar::{Scalar, StaticMap};
use super::{Function, Vindex};
use crate::yaml::did_you_mean;

/// Reads the text of a file that a parameter names (`json_path`, `region_map`), or says why it can't.
pub type FileLoader<'f> = &'f dyn Fn(&str) -> Result<String, String>;

/// The names of all vindex types.
pub const VINDEX_TYPES: &[&str] = &[
    "binary",
    "binary_md5",
    "cfc",
    "consistent_lookup",
    "consistent_lookup_unique",
    "hash",
    "lookup",
    "lookup_hash",
    "lookup_hash_unique",
    "lookup_unicodeloosemd5_hash",
    "lookup_unicodeloosemd5_hash_unique",
    "lookup_unique",
    "multicol",
    "null",
    "numeric",
    "numeric_static_map",
    "region_experimental",
    "region_json",
    "reverse_bits",
    "unicode_loose_md5",
    "unicode_loose_xxhash",
    "xxhash",
];

/// The types that map one value by a function, which `multicol` and `fallback_type` can use.
const SCALAR_TYPES: &[&str] = &[
    "binary",
    "binary_md5",
    "hash",
    "numeric",
    "numeric_static_map",
    "reverse_bits",
    "unicode_loose_md5",
    "unicode_loose_xxhash",
    "xxhash",
];

impl Vindex {
    /// Makes the vindex `name` of a type and its parameters. `files` reads the files that parameters name.
    ///
    /// # Errors
    /// All faults of the description.
    pub fn create(
        name: &str,
        vindex_type: &str,
        params: &BTreeMap<String, String>,
        files: FileLoader<'_>,
    ) -> Result<Self, Vec<VindexFault>> {
        let mut reader = Params::new(vindex_type, params);
        let function = match vindex_type {
            "cfc" => cfc(&mut reader).map(Function::Cfc),
            "multicol" => multicol(&mut reader, files).map(Function::MultiCol),
            "null" => Some(Function::Null),
            "region_experimental" => region_bytes(&mut reader).map(Function::RegionExperimental),
            "region_json" => region_json(&mut reader, files),
            "lookup" => lookup(&mut reader, LookupKind::Lookup, false),
            "lookup_unique" => lookup(&mut reader, LookupKind::Lookup, true),
            "lookup_hash" => lookup(&mut reader, LookupKind::LookupHash, false),
            "lookup_hash_unique" => lookup(&mut reader, LookupKind::LookupHash, true),
            "lookup_unicodeloosemd5_hash" => lookup(&mut reader, LookupKind::LookupUnicodeLooseMd5Hash, false),
            "lookup_unicodeloosemd5_hash_unique" => lookup(&mut reader, LookupKind::LookupUnicodeLooseMd5Hash, true),
            "consistent_lookup" => lookup(&mut reader, LookupKind::ConsistentLookup, false),
            "consistent_lookup_unique" => lookup(&mut reader, LookupKind::ConsistentLookup, true),
            other if SCALAR_TYPES.contains(&other) => scalar(other, &mut reader, files).map(Function::Scalar),
            other => return Err(vec![unknown_type(other, VINDEX_TYPES)]),
        };
        let faults = reader.finish();
        match function {
            Some(function) if faults.is_empty() => Ok(Self::new(name, function)),
            _ => Err(faults),
        }
    }
}

fn unknown_type(name: &str, known: &[&str]) -> VindexFault {
    let message = format!("unknown vindex type `{name}`");
    VindexFault { place: VindexFaultPlace::Type, message, hint: did_you_mean(name, known.iter().copied()) }
}

fn scalar(vindex_type: &str, params: &mut Params<'_>, files: FileLoader<'_>) -> Option<Scalar> {
    Some(match vindex_type {
        "binary" => Scalar::Binary,
        "binary_md5" => Scalar::BinaryMd5,
        "hash" => Scalar::Hash,
        "numeric" => Scalar::Numeric,
        "numeric_static_map" => Scalar::NumericStaticMap(static_map(params, files)?),
        "reverse_bits" => Scalar::ReverseBits,
        "unicode_loose_md5" => Scalar::UnicodeLooseMd5,
        "unicode_loose_xxhash" => Scalar::UnicodeLooseXxHash,
        _ => Scalar::XxHash,
    })
}

fn static_map(params: &mut Params<'_>, files: FileLoader<'_>) -> Option<StaticMap> {
    let (json, path) = (params.optional("json"), params.optional("json_path"));
    let fallback = match params.optional("fallback_type") {
        None => None,
        Some(name @ ("numeric_static_map" | "null")) => {
            params.fault(
                "fallback_type",
                format!("`{name}` can't be a fallback: it needs parameters or ignores the value"),
            );
            None
        }
        Some(name) if SCALAR_TYPES.contains(&name) => {
            scalar(name, &mut Params::new(name, &BTreeMap::new()), files).map(Box::new)
        }
        Some(name) => {
            let VindexFault { message, hint, .. } = unknown_type(name, SCALAR_TYPES);
            params.faults.push(VindexFault {
                place: VindexFaultPlace::Param("fallback_type".to_owned()),
                message,
                hint,
            });
            None
        }
    };
    let (param, text) = match (json, path) {
        (Some(json), None) => ("json", json.to_owned()),
        (None, Some(path)) => ("json_path", load("json_path", path, params, files)?),
        (Some(_), Some(_)) => {
            params.fault("json_path", "give either `json` or `json_path`, not both");
            return None;
        }
        (None, None) => {
            let message = "a vindex of type `numeric_static_map` needs the parameter `json` or `json_path`".to_owned();
            params.faults.push(VindexFault { place: VindexFaultPlace::Params, message, hint: None });
            return None;
        }
    };
    let ids: BTreeMap<String, u64> = from_json(param, &text, params)?;
    let mut numbers = HashMap::with_capacity(ids.len());
    for (key, id) in ids {
        match key.parse::<u64>() {
            Ok(number) if !key.starts_with('+') => {
                numbers.insert(number, id);
            }
            _ => params.fault(param, format!("the key `{key}` is not an unsigned number")),
        }
    }
    Some(StaticMap { ids: numbers, fallback })
}

fn load(param: &str, path: &str, params: &mut Params<'_>, files: FileLoader<'_>) -> Option<String> {
    files(path).map_err(|reason| params.fault(param, format!("the file `{path}` can't be read: {reason}"))).ok()
}

fn from_json<T: serde::de::DeserializeOwned>(param: &str, text: &str, params: &mut Params<'_>) -> Option<T> {
    let fault = |error: serde_json::Error| params.fault(param, format!("expected a JSON object of numbers: {error}"));
    serde_json::from_str(text).map_err(fault).ok()
}

fn region_bytes(params: &mut Params<'_>) -> Option<RegionBytes> {
    match params.required("region_bytes")? {
        "1" => Some(RegionBytes::One),
        "2" => Some(RegionBytes::Two),
        other => {
            params.fault("region_bytes", format!("expected 1 or 2, found `{other}`"));
            None
        }
    }
}

fn region_json(params: &mut Params<'_>, files: FileLoader<'_>) -> Option<Function> {
    let bytes = region_bytes(params);
    let path = params.required("region_map")?;
    let text = load("region_map", path, params, files)?;
    Some(Function::RegionJson { regions: from_json("region_map", &text, params)?, bytes: bytes? })
}

fn cfc(params: &mut Params<'_>) -> Option<Cfc> {
    let (hash, offsets) = (params.optional("hash").unwrap_or(""), params.optional("offsets").unwrap_or(""));
    let hash = match hash {
        "" => return Some(Cfc::Plain),
        "md5" => ComponentHash::Md5,
        "xxhash64" => ComponentHash::XxHash64,
        other => {
            params.fault("hash", format!("expected `md5` or `xxhash64`, found `{other}`"));
            return None;
        }
    };
    let list: Vec<usize> = match serde_json::from_str(offsets) {
        Ok(list) => list,
        Err(_) if offsets.is_empty() => {
            params.required("offsets");
            return None;
        }
        Err(_) => Vec::new(),
    };
    if list.first().is_none_or(|first| *first == 0) || !list.is_sorted_by(|a, b| a < b) {
        params.fault(
            "offsets",
            format!("expected ascending numbers above 0 in brackets, such as [2,4], found `{offsets}`"),
        );
        return None;
    }
    Some(Cfc::Hashed { hash, offsets: list })
}

fn multicol(params: &mut Params<'_>, files: FileLoader<'_>) -> Option<MultiCol> {
    let (bytes, vindexes) = (params.optional("column_bytes"), params.optional("column_vindex"));
    let count = match params.required("column_count")?.parse::<usize>() {
        Ok(count) if (1..=8).contains(&count) => count,
        _ => {
            params.fault("column_count", "expected a number from 1 to 8");
            return None;
        }
    };
    let widths = multicol_bytes(bytes.unwrap_or(""), count, params);
    let functions = multicol_functions(vindexes.unwrap_or(""), count, params, files)?;
    let columns = functions.into_iter().zip(widths?).map(|(function, bytes)| Part { function, bytes }).collect();
    Some(MultiCol { columns })
}

fn multicol_bytes(list: &str, count: usize, params: &mut Params<'_>) -> Option<Vec<usize>> {
    let mut given: Vec<Option<usize>> = Vec::new();
    if !list.is_empty() {
        for item in list.split(',') {
            match item.parse::<usize>() {
                _ if item.is_empty() => given.push(None),
                Ok(bytes) if bytes <= 8 => given.push(Some(bytes)),
                _ => {
                    params.fault("column_bytes", format!("`{item}` is not a number of bytes from 0 to 8"));
                    return None;
                }
            }
        }
    }
    if given.len() > count {
        params.fault("column_bytes", format!("{} numbers are given for {count} columns", given.len()));
        return None;
    }
    given.resize(count, None);
    let shared = share_bytes(&given);
    if shared.is_none() {
        params.fault("column_bytes", "the columns' bytes come to more than the 8 of a keyspace id, with at least 1 for each column whose number isn't given");
    }
    shared
}

fn multicol_functions(list: &str, count: usize, params: &mut Params<'_>, files: FileLoader<'_>) -> Option<Vec<Scalar>> {
    let names: Vec<&str> = if list.is_empty() { Vec::new() } else { list.split(',').map(str::trim).collect() };
    if names.len() > count {
        params.fault("column_vindex", format!("{} vindex types are given for {count} columns", names.len()));
        return None;
    }
    let mut functions = Vec::with_capacity(count);
    for index in 0..count {
        let name = names.get(index).copied().filter(|name| !name.is_empty()).unwrap_or("hash");
        if !SCALAR_TYPES.contains(&name) {
            let VindexFault { hint, .. } = unknown_type(name, SCALAR_TYPES);
            let message = format!("`{name}` is not a vindex type that maps one value without a lookup");
            params.faults.push(VindexFault {
                place: VindexFaultPlace::Param("column_vindex".to_owned()),
                message,
                hint,
            });
            continue;
        }
        let mut own = Params::new(name, params.given());
        let function = scalar(name, &mut own, files);
        for known in own.known().to_vec() {
            params.know(known);
        }
        params.faults.extend(own.faults);
        functions.extend(function);
    }
    (functions.len() == count).then_some(functions)
}

fn lookup(params: &mut Params<'_>, kind: LookupKind, unique: bool) -> Option<Function> {
    let mut options = LookupOptions {
        batch_lookup: params.boolean("batch_lookup"),
        ignore_nulls: params.boolean("ignore_nulls"),
        write_only: params.boolean("write_only"),
        ..LookupOptions::default()
    };
    if kind != LookupKind::ConsistentLookup {
        options.autocommit = params.boolean("autocommit");
        options.multi_shard_autocommit = params.boolean("multi_shard_autocommit");
    }
    if kind == LookupKind::Lookup {
        options.no_verify = params.boolean("no_verify");
    }
    match params.optional("read_lock") {
        None | Some("exclusive") => {}
        Some("shared") => options.read_lock = ReadLock::Shared,
        Some("none") => options.read_lock = ReadLock::None,
        Some(other) => params.fault("read_lock", format!("expected `exclusive`, `shared` or `none`, found `{other}`")),
    }
    let (table, from, to) = (params.required("table"), params.required("from"), params.required("to"));
    let (table, from, to) = (table?, from?, to?);
    let (keyspace, table) = match table.split_once('.') {
        None => (None, table),
        Some((keyspace, table)) => (Some(keyspace), table),
    };
    if table.is_empty() || table.contains('.') || keyspace == Some("") {
        params.fault("table", "expected `table` or `keyspace.table`");
        return None;
    }
    let from: Vec<String> = from.split(',').map(|column| column.trim().to_owned()).collect();
    if from.iter().any(String::is_empty) {
        params.fault("from", "expected column names with commas between");
        return None;
    }
    let table = LookupTable {
        keyspace: keyspace.map(str::to_owned),
        table: table.to_owned(),
        from,
        to: to.to_owned(),
        options,
    };
    Some(Function::Lookup(Box::new(Lookup { kind, unique, table })))
}
