//! What came of all the comparisons.

use std::collections::BTreeMap;

use super::compare::Verdict;
use super::corpus::Statement;
use super::tier::Tier;

/// How many statements with differences are shown.
const SHOWN: usize = 60;

#[derive(Debug, Default)]
pub(super) struct Tally {
    equal: u64,
    refused: BTreeMap<String, u64>,
    /// By statement: the first difference, and where there were any.
    different: BTreeMap<String, (String, Vec<String>)>,
    order: Vec<String>,
    tiers: BTreeMap<Tier, u64>,
}

impl Tally {
    pub(super) fn note(&mut self, label: &str, statement: &Statement, verdict: Verdict) {
        match verdict {
            Verdict::Equal => self.equal += 1,
            Verdict::Refused(message) => {
                *self.refused.entry(format!("{}\n      {message}", statement.text)).or_default() += 1
            }
            Verdict::Different(what) => {
                // Seen at once in a long run.
                eprintln!("different on {label}: {}\n    {what}", statement.text);
                let text = format!("{} {:?}", statement.text, statement.values);
                let order = &mut self.order;
                let (_, labels) = self.different.entry(text.clone()).or_insert_with(|| {
                    order.push(text);
                    (what, Vec::new())
                });
                labels.push(label.to_owned());
            }
        }
    }

    /// Notes the way that a statement took.
    pub(super) fn took(&mut self, tier: Tier) {
        *self.tiers.entry(tier).or_default() += 1;
    }

    /// Fails if anything was refused.
    pub(super) fn refuses_nothing(&self, what: &str) {
        let refused: Vec<&String> = self.refused.keys().take(SHOWN).collect();
        assert!(refused.is_empty(), "{what}, refused: {refused:#?}");
    }

    /// Prints the figures, and fails if there were differences.
    pub(super) fn finish(self, what: &str) {
        let refused: u64 = self.refused.values().sum();
        let different: u64 = self.different.values().map(|(_, labels)| labels.len() as u64).sum();
        let all = (self.equal + refused + different).max(1) as f64;
        let share = |count: u64| count as f64 * 100.0 / all;
        println!(
            "{what}: {} equal ({:.1} %), {different} different ({:.1} %), {refused} refused ({:.1} %, {} statements)",
            self.equal,
            share(self.equal),
            share(different),
            share(refused),
            self.refused.len()
        );
        for refused in self.refused.keys().take(SHOWN) {
            println!("{what}, refused: {refused}");
        }
        let all: u64 = self.tiers.values().sum();
        let tiers = self
            .tiers
            .iter()
            .map(|(tier, count)| format!("{count} {tier} ({:.1} %)", *count as f64 * 100.0 / all.max(1) as f64));
        if all > 0 {
            println!("{what}, on several shards: {}", tiers.collect::<Vec<_>>().join(", "));
        }
        if std::env::var_os("SHARDGATE_ORACLE_REFUSALS").is_some() {
            for (statement, count) in &self.refused {
                println!("  refused {count} times: {statement}");
            }
        }
        let mut report = String::new();
        for text in self.order.iter().take(SHOWN) {
            if let Some((what, labels)) = self.different.get(text) {
                report.push_str(&format!("{text}\n    {what}\n    on {}\n", labels.join("; ")));
            }
        }
        assert!(self.different.is_empty(), "{different} differences in {} statements:\n{report}", self.order.len());
    }
}
