//! A mapping with known keys.

use super::at::{At, KeyAt};

/// The fields of a mapping. Each known key is asked for once; [`Fields::finish`] then records the keys that nobody asked
/// for. Keys are given here in snake_case and may be written in the file in camelCase.
#[derive(Debug)]
#[must_use = "call `finish`, which records unknown keys"]
pub struct Fields<'d> {
    at: At<'d>,
    entries: Vec<Option<(KeyAt<'d>, At<'d>)>>,
    known: Vec<&'static str>,
}

impl<'d> Fields<'d> {
    pub(crate) fn new(at: At<'d>) -> Self {
        let entries = at.entries().into_iter().map(Some).collect();
        Self { at, entries, known: Vec::new() }
    }

    /// The mapping itself.
    #[must_use]
    pub fn at(&self) -> &At<'d> {
        &self.at
    }

    /// The field's value, if the file has the key and the value isn't null.
    pub fn optional(&mut self, key: &'static str) -> Option<At<'d>> {
        self.with_key(key).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// The field's key and value (which may be null), if the file has the key.
    pub fn with_key(&mut self, key: &'static str) -> Option<(KeyAt<'d>, At<'d>)> {
        self.known.push(key);
        let mut found: Option<(KeyAt<'d>, At<'d>)> = None;
        for entry in &mut self.entries {
            let Some((name, value)) = entry.take_if(|(name, _)| is_same_key(name.text(), key)) else { continue };
            match &found {
                None => found = Some((name, value)),
                Some((first, _)) => name.fault(format!("`{}` is already given, as `{}`", name.text(), first.text())),
            }
        }
        found
    }

    /// The field's value. A missing key (or null) is recorded as a fault of the mapping.
    pub fn required(&mut self, key: &'static str) -> Option<At<'d>> {
        let value = self.optional(key);
        if value.is_none() {
            self.at.fault(format!("the key `{key}` is missing"));
        }
        value
    }

    /// Records every key that wasn't asked for.
    pub fn finish(self) {
        for (key, _) in self.entries.into_iter().flatten() {
            key.unknown("key", self.known.iter().copied());
        }
    }
}

/// Whether a key as written means the snake_case key `known`.
fn is_same_key(written: &str, known: &str) -> bool {
    if written == known {
        return true;
    }
    let mut known = known.chars();
    for letter in written.chars() {
        if letter.is_ascii_uppercase() {
            if known.next() != Some('_') || known.next() != Some(letter.to_ascii_lowercase()) {
                return false;
            }
        } else if letter == '_' || known.next() != Some(letter) {
            return false;
        }
    }
    known.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_in_snake_case_and_in_camel_case() {
        for written in ["column_vindexes", "columnVindexes"] {
            assert!(is_same_key(written, "column_vindexes"), "{written}");
        }
        for written in
            ["columnvindexes", "ColumnVindexes", "column_Vindexes", "columnVindexe", "columnVindexess", "column"]
        {
            assert!(!is_same_key(written, "column_vindexes"), "{written}");
        }
    }
}
