//! What users see is documented: error codes, commands, metrics.

use crate::documents;
use crate::repository::Repository;
use std::collections::BTreeSet;

/// Where the metrics are defined, and where they are documented.
const METRICS_CODE: &str = "proxy/src/metrics/";
const METRICS_DOCUMENT: &str = "docs/metrics.md";
/// What the name of each metric begins with.
const METRICS_PREFIX: &str = "shardgate_";

pub(super) fn check(repository: &Repository, faults: &mut Vec<String>) -> anyhow::Result<()> {
    for (path, text) in documents::generated() {
        if !repository.path(path).exists() || repository.read(path)? != text {
            faults.push(format!("{path}: not up to date: write it anew with `cargo run -p xtask -- docs`"));
        }
    }
    let mut code = String::new();
    for path in repository.files()?.into_iter().filter(|path| path.starts_with(METRICS_CODE)) {
        code.push_str(&repository.read(&path)?);
    }
    faults.extend(metric_faults(&code, &repository.read(METRICS_DOCUMENT)?));
    Ok(())
}

/// Metrics that the code has and the document hasn't, or the other way round.
fn metric_faults(code: &str, document: &str) -> Vec<String> {
    let (in_code, documented) = (names(code, '"'), names(document, '`'));
    let missing = in_code.difference(&documented).map(|name| format!("{METRICS_DOCUMENT}: `{name}` isn't documented"));
    let stale = documented.difference(&in_code).map(|name| format!("{METRICS_DOCUMENT}: there is no metric `{name}`"));
    missing.chain(stale).collect()
}

/// The metrics' names between two of these quotes.
fn names(text: &str, quote: char) -> BTreeSet<&str> {
    let is_name = |name: &&str| {
        name.strip_prefix(METRICS_PREFIX)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
    };
    text.split(quote).filter(is_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_in_code_and_document_alike() {
        let code = r#"A = Gauge "shardgate_a" [] "Text."; B = Counter "shardgate_b_total" [];"#;
        assert!(metric_faults(code, "| `shardgate_a` | | `shardgate_b_total` |").is_empty());
        assert_eq!(
            metric_faults(code, "| `shardgate_a` | `shardgate_c` |"),
            [
                "docs/metrics.md: `shardgate_b_total` isn't documented",
                "docs/metrics.md: there is no metric `shardgate_c`"
            ]
        );
    }
}
