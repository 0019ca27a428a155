//! The way that the proxy takes for a statement, as it says itself.

use std::fmt;

use shardgate_integration_tests::RawReply;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// One shard gets the statement.
    Whole,
    /// Several shards' answers are put together.
    Merged,
    /// Rows are gathered, and a MySQL answers from them.
    Gathered,
}

impl Tier {
    /// From the answer to VEXPLAIN PLAN; `None`: the proxy does it by itself, or not at all.
    pub(super) fn of_plan(replies: &[RawReply]) -> Option<Self> {
        let [RawReply::Rows { rows, .. }] = replies else { return None };
        let lines: Vec<String> = rows
            .iter()
            .filter_map(|row| row.first()?.as_deref())
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let operators: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.contains(':')).collect();
        let shards = lines.iter().find_map(|line| line.strip_prefix("Shards: "));
        match operators.first() {
            _ if operators.iter().any(|operator| operator.starts_with("Gather") || *operator == "Expand") => {
                Some(Self::Gathered)
            }
            Some(&"Local" | &"Explain" | &"ColumnUses" | &"VindexRows") | None => None,
            Some(&"Explained") => Some(Self::Whole),
            Some(&"Route") if shards.is_some_and(|shards| !shards.contains(", ")) => Some(Self::Whole),
            Some(_) => Some(Self::Merged),
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole => "whole",
            Self::Merged => "merged",
            Self::Gathered => "gathered",
        })
    }
}
