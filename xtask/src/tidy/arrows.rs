//! Which crate may depend on which: ARCHITECTURE.md says why.

use crate::repository::Repository;
use anyhow::Context as _;

/// The project's crates that each crate's product code may depend on. Crates that aren't listed may depend on all.
const ARROWS: [(&str, &[&str]); 5] = [
    ("vschema", &[]),
    ("wire", &[]),
    ("topology", &["vschema"]),
    ("router", &["vschema"]),
    ("proxy", &["router", "topology", "wire", "vschema"]),
];

/// Crates without sockets, clocks and randomness.
const PURE: [&str; 3] = ["vschema", "wire", "router"];

/// What only impure code needs.
const IMPURE: [&str; 13] = [
    "arc-swap",
    "axum",
    "getrandom",
    "libc",
    "mysql_async",
    "notify",
    "rand",
    "rustix",
    "rustls",
    "socket2",
    "tokio",
    "tokio-rustls",
    "tracing",
];

/// Packages that only some crates may know.
const KNOWN_BY: [(&str, &[&str]); 4] = [
    ("anyhow", &["cli", "xtask", "integration-tests"]),
    ("opensrv-mysql", &["integration-tests"]),
    ("serde-saphyr", &["vschema"]),
    ("sqlparser", &["router"]),
];

pub(super) fn check(repository: &Repository, faults: &mut Vec<String>) -> anyhow::Result<()> {
    for folder in repository.crates()? {
        let manifest = repository.read(&format!("{folder}/Cargo.toml"))?;
        faults.extend(crate_faults(&folder, &manifest).with_context(|| format!("{folder}/Cargo.toml"))?);
    }
    Ok(())
}

fn crate_faults(folder: &str, manifest: &str) -> anyhow::Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse()?;
    let names = |section: &str| -> Vec<String> {
        manifest
            .get(section)
            .and_then(toml::Value::as_table)
            .map_or_else(Vec::new, |table| table.keys().cloned().collect())
    };
    let product: Vec<String> = names("dependencies").into_iter().chain(names("build-dependencies")).collect();
    let all: Vec<String> = product.iter().cloned().chain(names("dev-dependencies")).collect();
    let mut faults = Vec::new();
    if let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == folder) {
        let own = product.iter().filter_map(|name| name.strip_prefix("shardgate-"));
        faults.extend(
            own.filter(|to| !allowed.contains(to))
                .map(|to| format!("{folder}/Cargo.toml: {folder} must not depend on {to}: dependencies point down")),
        );
    }
    if PURE.contains(&folder) {
        faults.extend(product.iter().filter(|name| IMPURE.contains(&name.as_str())).map(|name| {
            format!("{folder}/Cargo.toml: {folder} is pure (no sockets, clocks, randomness), so it must not depend on {name}")
        }));
    }
    for (package, crates) in KNOWN_BY {
        if all.iter().any(|name| name == package) && !crates.contains(&folder) {
            faults.push(format!("{folder}/Cargo.toml: only {} may depend on {package}", crates.join(", ")));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_that_point_up_are_found() {
        let faults = |folder, manifest| crate_faults(folder, manifest).unwrap();
        assert!(faults("router", "[dependencies]\nshardgate-vschema = { workspace = true }\n").is_empty());
        assert_eq!(
            faults("router", "[dependencies]\nshardgate-topology = { workspace = true }\n"),
            ["router/Cargo.toml: router must not depend on topology: dependencies point down"]
        );
        assert!(faults("router", "[dependencies.tokio]\nworkspace = true\n")[0].contains("router is pure"));
        assert!(faults("router", "[dev-dependencies]\ntokio = '1'\n").is_empty());
        assert!(faults("proxy", "[dev-dependencies]\nserde-saphyr = '2'\n")[0].contains("only vschema may depend on"));
        assert!(faults("cli", "[dependencies]\nshardgate-proxy = '1'\nanyhow = '1'\n").is_empty());
    }
}
