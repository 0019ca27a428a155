//! "Did you mean ...?"

/// The known name that is most like `name`, if one is near enough to be meant.
pub fn closest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = name.to_lowercase();
    // A third of the letters may be wrong, and a very long name can't be a slip of the pen.
    let allowed = (name.chars().count() / 3).clamp(1, 4);
    if name.len() > 200 {
        return None;
    }
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= 200)
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The hint that names the closest known name, else the list of those known if there are few.
pub fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(meant) = closest(name, known.iter().copied()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let few = (1..=16).contains(&known.len());
    few.then(|| format!("known are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")))
}

/// How many letters are to be inserted, deleted, replaced or swapped with their neighbour to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&last, j) + usize::from(letter != other);
            let mut best = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(other) && b.get(j - 1) == Some(letter);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_recognised() {
        let known = ["xxhash", "hash", "binary_md5", "column_vindexes"];
        assert_eq!(closest("xxhsh", known), Some("xxhash"));
        assert_eq!(closest("binary_mb5", known), Some("binary_md5"));
        assert_eq!(closest("colum_vindexs", known), Some("column_vindexes"));
        assert_eq!(closest("ahsh", known), Some("hash"));
        assert_eq!(closest("foreign", known), None);
    }

    #[test]
    fn a_few_known_names_are_listed_when_none_is_close() {
        assert_eq!(did_you_mean("zzz", ["a_name", "b_name"]).unwrap(), "known are `a_name`, `b_name`");
        assert_eq!(did_you_mean("zzz", []), None);
    }
}
