//! One concept, one file: long files hold several.

use crate::repository::Repository;

/// The most lines that a file of Rust may have.
const MAX_LINES: usize = 800;
/// What the first lines of a generated table say; such files may be longer.
const GENERATED: &str = "generated from";

pub(super) fn check(repository: &Repository, faults: &mut Vec<String>) -> anyhow::Result<()> {
    for path in repository.files()?.into_iter().filter(|path| path.ends_with(".rs")) {
        faults.extend(length_fault(&path, &repository.read(&path)?));
    }
    Ok(())
}

fn length_fault(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let generated = text.lines().take(3).any(|line| line.contains(GENERATED));
    (lines > MAX_LINES && !generated)
        .then(|| format!("{path}: {lines} lines: split it by its concepts ({MAX_LINES} at most)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found_unless_they_are_generated() {
        let text = "//! A.\n".repeat(MAX_LINES);
        assert_eq!(length_fault("a.rs", &text), None);
        let longer = text.clone() + "//! B.\n";
        assert!(length_fault("a.rs", &longer).unwrap().starts_with("a.rs: 801 lines"));
        assert_eq!(length_fault("a.rs", &format!("//! Words, generated from a list.\n{longer}")), None);
    }
}
