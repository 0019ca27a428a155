//! The OK of a statement that changed rows on several shards.

use crate::backend::OkSummary;

/// The labels of the numbers in an OK's text.
const INSERT_LABELS: [&str; 3] = ["Records", "Duplicates", WARNINGS];
const UPDATE_LABELS: [&str; 3] = ["Rows matched", CHANGED, WARNINGS];
const CHANGED: &str = "Changed";
const WARNINGS: &str = "Warnings";

/// Sums the OKs of the shards up to the one that a single MySQL would have sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OkSum {
    affected_rows: u64,
    insert_id: u64,
    warnings: u16,
    /// The numbers of the text with their labels, such as `Rows matched: 2  Changed: 1  Warnings: 0`.
    info: Vec<(String, u64)>,
}

impl OkSum {
    /// Add a shard's OK.
    pub(crate) fn add(&mut self, ok: &OkSummary) {
        self.add_counts(ok);
        self.add_info(numbers(&ok.info));
    }

    /// Add a shard's OK for what all shards do alike, to their copies of the same rows: it counts once. `inserted`: how many
    /// rows an INSERT has, and whether it is an INSERT IGNORE, as for [`add_rows`](Self::add_rows).
    pub(crate) fn add_alike(&mut self, ok: &OkSummary, inserted: Option<(u64, bool)>) {
        self.affected_rows = self.affected_rows.max(ok.affected_rows);
        self.warnings = self.warnings.max(ok.warnings);
        if self.info.is_empty() {
            self.info = match inserted {
                Some((rows, ignore)) => rows_info(ok, rows, ignore),
                None => numbers(&ok.info),
            };
        }
    }

    /// Add a shard's OK for `rows` of an INSERT's or REPLACE's rows. For a single row MySQL sends no text, so the text
    /// of the whole statement, which has more, is made from the count of affected rows; `ignore`: it is an INSERT
    /// IGNORE.
    pub(crate) fn add_rows(&mut self, ok: &OkSummary, rows: u64, ignore: bool) {
        self.add_counts(ok);
        self.add_info(rows_info(ok, rows, ignore));
    }

    /// Add what another step of the same statement came to.
    pub(crate) fn join(&mut self, other: &OkSum) {
        self.affected_rows = self.affected_rows.saturating_add(other.affected_rows);
        self.warnings = self.warnings.saturating_add(other.warnings);
        if self.insert_id == 0 {
            self.insert_id = other.insert_id;
        }
        self.add_info(other.info.clone());
    }

    /// What a file came to whose rows were loaded into a temporary table, which this is the OK of, and stored from there:
    /// `rows` of them.
    pub(crate) fn stored(self, stored: &OkSum, rows: u64, replace: bool, warnings: usize) -> Self {
        let number = |label: &str| self.info.iter().find(|(known, _)| known == label).map_or(0, |(_, number)| *number);
        let (mut deleted, mut skipped) = (number("Deleted"), number("Skipped"));
        if replace {
            deleted += stored.affected_rows.saturating_sub(rows);
        } else {
            skipped += rows.saturating_sub(stored.affected_rows);
        }
        let records = number("Records");
        let warnings = u16::try_from(warnings).unwrap_or(u16::MAX);
        let labels = ["Records", "Deleted", "Skipped", WARNINGS].map(str::to_owned);
        let values = [records, deleted, skipped, u64::from(warnings)];
        OkSum {
            affected_rows: records.saturating_sub(skipped).saturating_add(deleted),
            insert_id: stored.insert_id,
            warnings,
            info: labels.into_iter().zip(values).collect(),
        }
    }

    /// Add warnings that no shard's OK counts.
    pub(crate) fn add_warnings(&mut self, count: u16) {
        self.warnings = self.warnings.saturating_add(count);
        if let Some((_, number)) = self.info.iter_mut().find(|(label, _)| label == WARNINGS) {
            *number = number.saturating_add(u64::from(count));
        }
    }

    /// Leave out warnings that no client is told of.
    pub(crate) fn remove_warnings(&mut self, count: u16) {
        self.warnings = self.warnings.saturating_sub(count);
        if let Some((_, number)) = self.info.iter_mut().find(|(label, _)| label == WARNINGS) {
            *number = number.saturating_sub(u64::from(count));
        }
    }

    /// A row of an INSERT IGNORE that was left out with a warning. `touched`: rows that were found count as affected.
    pub(crate) fn left_out(counted: bool, touched: bool) -> Self {
        let info = match counted {
            true => INSERT_LABELS.iter().map(|&label| (label.to_owned(), 1)).collect(),
            false => Vec::new(),
        };
        OkSum { affected_rows: u64::from(touched), insert_id: 0, warnings: 1, info }
    }

    /// A row of an UPDATE IGNORE that a duplicate left as it was, with so many warnings. `matched`: rows that were found
    /// count as affected.
    pub(crate) fn left_as_it_was(matched: bool, warnings: usize) -> Self {
        let warnings = u16::try_from(warnings).unwrap_or(u16::MAX);
        let values = [1, 0, u64::from(warnings)];
        OkSum {
            affected_rows: u64::from(matched),
            insert_id: 0,
            warnings,
            info: UPDATE_LABELS.iter().map(|&label| label.to_owned()).zip(values).collect(),
        }
    }

    /// Nothing but so many warnings.
    pub(crate) fn only_warnings(warnings: usize) -> Self {
        OkSum { warnings: u16::try_from(warnings).unwrap_or(u16::MAX), ..OkSum::default() }
    }

    /// Rows that an UPDATE changed, by its text.
    pub(crate) fn changed_rows(&self) -> u64 {
        self.info.iter().find(|(label, _)| label == CHANGED).map_or(self.affected_rows, |(_, number)| *number)
    }

    /// The text of an UPDATE, also if it changed nothing.
    pub(crate) fn complete_update(&mut self) {
        self.complete(UPDATE_LABELS);
    }

    /// The text of an INSERT ... SELECT, also if there was no row.
    pub(crate) fn complete_insert(&mut self) {
        self.complete(INSERT_LABELS);
    }

    fn complete(&mut self, labels: [&str; 3]) {
        if self.info.is_empty() {
            let values = [0, 0, u64::from(self.warnings)];
            self.info = labels.iter().map(|&label| label.to_owned()).zip(values).collect();
        }
    }

    fn add_counts(&mut self, ok: &OkSummary) {
        self.affected_rows = self.affected_rows.saturating_add(ok.affected_rows);
        self.warnings = self.warnings.saturating_add(ok.warnings);
        if self.insert_id == 0 {
            self.insert_id = ok.last_insert_id;
        }
    }

    fn add_info(&mut self, info: Vec<(String, u64)>) {
        if self.info.is_empty() {
            self.info = info;
        } else {
            for ((_, sum), (_, number)) in self.info.iter_mut().zip(info) {
                *sum = sum.saturating_add(number);
            }
        }
    }

    /// Affected rows.
    pub(crate) fn affected_rows(&self) -> u64 {
        self.affected_rows
    }

    /// The first insert id that isn't 0.
    pub(crate) fn insert_id(&self) -> u64 {
        self.insert_id
    }

    /// Warnings.
    pub(crate) fn warnings(&self) -> u16 {
        self.warnings
    }

    /// The text; empty if no shard sent one.
    pub(crate) fn info(&self) -> String {
        let parts: Vec<String> = self.info.iter().map(|(label, number)| format!("{label}: {number}")).collect();
        parts.join("  ")
    }
}

/// The numbers of the text about an INSERT's rows, also where a shard sent none because it got a single row.
fn rows_info(ok: &OkSummary, rows: u64, ignore: bool) -> Vec<(String, u64)> {
    let info = numbers(&ok.info);
    if !info.is_empty() {
        return info;
    }
    // A duplicate is a row that IGNORE left out, or one that was replaced or updated, which counts twice.
    let duplicates = if ignore { rows.saturating_sub(ok.affected_rows) } else { ok.affected_rows.saturating_sub(rows) };
    let values = [rows, duplicates, u64::from(ok.warnings)];
    INSERT_LABELS.iter().map(|&label| label.to_owned()).zip(values).collect()
}

/// The numbers of a text and their labels; none if it isn't of that form.
fn numbers(info: &[u8]) -> Vec<(String, u64)> {
    let text = String::from_utf8_lossy(info);
    let parts = text.split("  ").map(|part| {
        let (label, number) = part.rsplit_once(": ")?;
        Some((label.to_owned(), number.parse().ok()?))
    });
    parts.collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(affected_rows: u64, warnings: u16, info: &str) -> OkSummary {
        OkSummary { affected_rows, warnings, info: info.as_bytes().to_vec(), ..OkSummary::default() }
    }

    #[test]
    fn the_text_of_an_update_counts_over_all_shards() {
        let mut sum = OkSum::default();
        assert_eq!(sum.info(), "");
        sum.add(&ok(1, 0, "Rows matched: 2  Changed: 1  Warnings: 0"));
        sum.add(&ok(0, 1, "Rows matched: 0  Changed: 0  Warnings: 1"));
        assert_eq!(sum.info(), "Rows matched: 2  Changed: 1  Warnings: 1");
        assert_eq!((sum.affected_rows(), sum.warnings()), (1, 1));
    }

    #[test]
    fn copies_of_the_same_rows_count_once() {
        let mut sum = OkSum::default();
        sum.add_alike(&ok(5, 1, "Rows matched: 6  Changed: 5  Warnings: 1"), None);
        sum.add_alike(&ok(5, 1, "Rows matched: 6  Changed: 5  Warnings: 1"), None);
        assert_eq!((sum.affected_rows(), sum.warnings()), (5, 1));
        assert_eq!(sum.info(), "Rows matched: 6  Changed: 5  Warnings: 1");
    }

    #[test]
    fn a_delete_has_no_text() {
        let mut sum = OkSum::default();
        sum.add(&ok(3, 0, ""));
        sum.add(&ok(4, 0, ""));
        assert_eq!((sum.affected_rows(), sum.info().as_str()), (7, ""));
    }

    #[test]
    fn an_insert_split_into_single_rows_has_the_text_of_the_whole() {
        let mut sum = OkSum::default();
        sum.add_rows(&ok(2, 0, "Records: 2  Duplicates: 0  Warnings: 0"), 2, false);
        sum.add_rows(&ok(1, 0, ""), 1, false);
        assert_eq!(sum.info(), "Records: 3  Duplicates: 0  Warnings: 0");
    }

    #[test]
    fn duplicates_of_single_rows_are_known_by_their_affected_rows() {
        let text = |ok: &OkSummary, ignore| {
            let mut sum = OkSum::default();
            sum.add_rows(ok, 1, ignore);
            sum.info()
        };
        // Ignored; replaced or updated; updated to the same values.
        assert_eq!(text(&ok(0, 1, ""), true), "Records: 1  Duplicates: 1  Warnings: 1");
        assert_eq!(text(&ok(2, 0, ""), false), "Records: 1  Duplicates: 1  Warnings: 0");
        assert_eq!(text(&ok(0, 0, ""), false), "Records: 1  Duplicates: 0  Warnings: 0");
    }

    #[test]
    fn the_first_insert_id_is_kept() {
        let mut sum = OkSum::default();
        for last_insert_id in [0, 7, 9] {
            sum.add(&OkSummary { last_insert_id, ..OkSummary::default() });
        }
        assert_eq!(sum.insert_id(), 7);
    }
}
