//! Texts that no file may hold: the hosts of package registries, which every user's own tools name.

use crate::repository::Repository;
use std::fs;

/// The hosts, in two parts each, so that this file may hold them.
const HOSTS: [(&str, &str); 10] = [
    ("crates", ".io"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("rubygems", ".org"),
    ("proxy.golang", ".org"),
    ("repo.maven.apache", ".org"),
    ("repo1.maven", ".org"),
    ("deb.debian", ".org"),
];

/// Files that tools write with such hosts in them.
const LOCK_FILES: [&str; 4] = ["Cargo.lock", "package-lock.json", "go.sum", "poetry.lock"];

pub(super) fn check(repository: &Repository, faults: &mut Vec<String>) -> anyhow::Result<()> {
    for path in repository.files()? {
        let name = path.rsplit('/').next().unwrap_or(&path);
        if LOCK_FILES.contains(&name) {
            continue;
        }
        // What isn't text holds no host that anybody reads.
        if let Ok(text) = String::from_utf8(fs::read(repository.path(&path))?) {
            faults.extend(host_faults(&path, &text));
        }
    }
    Ok(())
}

fn host_faults(path: &str, text: &str) -> Vec<String> {
    let hosts: Vec<String> = HOSTS.iter().map(|(name, end)| format!("{name}{end}")).collect();
    let found = |line: &str| hosts.iter().find(|host| line.contains(host.as_str())).cloned();
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            found(line).map(|host| format!("{path}:{}: names the registry host {host}", index + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_registries_are_found_with_their_line() {
        let text = format!("a\nhttps://{}{}/b\n", "crates", ".io");
        assert_eq!(host_faults("x.md", &text).len(), 1);
        assert!(host_faults("x.md", &text)[0].starts_with("x.md:2: "));
        assert!(host_faults("x.md", "crates and io\n").is_empty());
    }
}
