//! What several shards' OK packets come to.

use crate::backend::OkSummary;

/// The sum of several OK packets.
#[derive(Debug, Clone, Default)]
pub(crate) struct OkSum {
    affected_rows: u64,
    insert_id: u64,
    warnings: u16,
    info: Option<Vec<u8>>,
}

impl OkSum {
    /// Add one.
    pub(crate) fn add(&mut self, ok: &OkSummary) {
        self.affected_rows = self.affected_rows.saturating_add(ok.affected_rows);
        if self.insert_id == 0 {
            self.insert_id = ok.last_insert_id;
        }
        self.warnings = self.warnings.saturating_add(ok.warnings);
        self.info = Some(match self.info.take() {
            None => ok.info.clone(),
            Some(info) => add_info(&info, &ok.info),
        });
    }

    /// Rows over all shards.
    pub(crate) fn affected_rows(&self) -> u64 {
        self.affected_rows
    }

    /// The first insert id.
    pub(crate) fn insert_id(&self) -> u64 {
        self.insert_id
    }

    /// Warnings over all shards.
    pub(crate) fn warnings(&self) -> u16 {
        self.warnings
    }

    /// The text, such as `Rows matched: 3  Changed: 2  Warnings: 0`, with the numbers added up.
    pub(crate) fn info(&self) -> &[u8] {
        self.info.as_deref().unwrap_or_default()
    }
}

impl OkSum {
    /// The same with the text that MySQL gives for an INSERT of several rows. Shards that got one row say nothing, so the
    /// duplicates are told from the counts.
    pub(crate) fn with_records(&self, records: u64) -> OkSum {
        let duplicates = records.abs_diff(self.affected_rows).min(records);
        let info = format!("Records: {records}  Duplicates: {duplicates}  Warnings: {}", self.warnings);
        OkSum { info: Some(info.into_bytes()), ..self.clone() }
    }
}

/// Add the numbers of two texts of the same form; of two forms the longer text is kept, since an empty one says nothing.
fn add_info(a: &[u8], b: &[u8]) -> Vec<u8> {
    let (left, right) = (parts(a), parts(b));
    let same = left.len() == right.len() && left.iter().zip(&right).all(|(x, y)| x.0 == y.0);
    if !same {
        return if a.len() >= b.len() { a.to_vec() } else { b.to_vec() };
    }
    let mut out = Vec::new();
    for ((text, x), (_, y)) in left.into_iter().zip(right) {
        out.extend_from_slice(text);
        if let (Some(x), Some(y)) = (x, y) {
            out.extend_from_slice(x.saturating_add(y).to_string().as_bytes());
        }
    }
    out
}

/// Cut a text into pieces of text, each with the number behind it.
fn parts(info: &[u8]) -> Vec<(&[u8], Option<u64>)> {
    let mut parts = Vec::new();
    let mut rest = info;
    while !rest.is_empty() {
        let text_end = rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(text_end);
        let number_end = tail.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, tail) = tail.split_at(number_end);
        let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        parts.push((text, number));
        rest = tail;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(affected_rows: u64, info: &str) -> OkSummary {
        OkSummary { affected_rows, info: info.as_bytes().to_vec(), ..OkSummary::default() }
    }

    #[test]
    fn counts_and_texts_are_added_up() {
        let mut sum = OkSum::default();
        sum.add(&ok(2, "Rows matched: 3  Changed: 2  Warnings: 0"));
        sum.add(&ok(1, "Rows matched: 10  Changed: 1  Warnings: 1"));
        assert_eq!(sum.affected_rows(), 3);
        assert_eq!(sum.info(), b"Rows matched: 13  Changed: 3  Warnings: 1");
    }

    #[test]
    fn a_single_row_on_one_shard_says_nothing_and_the_others_text_stays() {
        let mut sum = OkSum::default();
        sum.add(&ok(1, ""));
        sum.add(&ok(2, "Records: 2  Duplicates: 0  Warnings: 0"));
        assert_eq!(sum.info(), b"Records: 2  Duplicates: 0  Warnings: 0");
    }
}
