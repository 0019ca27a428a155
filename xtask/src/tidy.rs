//! What must stay true of the repository.

mod arrows;
mod documented;
mod length;

use crate::repository::Repository;

/// Everything that isn't as it should be, each with its place and what to do.
///
/// # Errors
/// If the repository can't be read.
pub fn faults(repository: &Repository) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    arrows::check(repository, &mut faults)?;
    length::check(repository, &mut faults)?;
    documented::check(repository, &mut faults)?;
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let faults = faults(&Repository::here()).unwrap();
        assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    }
}
