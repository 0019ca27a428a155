//! The warnings of a statement that ran on several shards.

use crate::session::Warning;

/// `Division by 0`: said for each row, with the same text.
const DIVISION_BY_ZERO: u16 = 1365;

/// The warnings that one MySQL would have given. What every shard says is about the statement and is said once;
/// everything else is about rows and is said as often as the shards say it.
pub(super) fn merged(shards: Vec<Vec<Warning>>) -> Vec<Warning> {
    let count = |list: &[Warning], warning: &Warning| list.iter().filter(|other| *other == warning).count();
    let everywhere =
        |warning: &Warning| warning.code != DIVISION_BY_ZERO && shards.iter().all(|list| count(list, warning) > 0);
    let mut all: Vec<Warning> = Vec::new();
    for list in &shards {
        for warning in list {
            let most = shards.iter().map(|list| count(list, warning)).max().unwrap_or_default();
            if !everywhere(warning) || count(&all, warning) < most {
                all.push(warning.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(code: u16, message: &str) -> Warning {
        Warning { level: "Warning".to_owned(), code, message: message.to_owned() }
    }

    #[test]
    fn what_every_shard_says_of_the_statement_is_said_once() {
        let deprecated = warning(1287, "'x' is deprecated");
        let row = warning(1292, "Truncated incorrect DOUBLE value: 'a'");
        let zero = warning(DIVISION_BY_ZERO, "Division by 0");
        let shards = vec![vec![deprecated.clone(), row.clone(), zero.clone()], vec![deprecated.clone(), zero.clone()]];
        assert_eq!(merged(shards), [deprecated, row, zero.clone(), zero]);
        assert_eq!(merged(vec![Vec::new(), Vec::new()]), []);
    }
}
