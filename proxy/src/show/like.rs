//! `LIKE`, as SHOW has it: without case, `%`, `_`, and `\` before either.

/// Whether `text` matches the pattern, compared without case.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Symbol> = symbols(pattern);
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut at, mut symbol) = (0, 0);
    // Where to go on if it doesn't match: behind the last `%`, one character of the text later.
    let mut retry: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at) {
        match pattern.get(symbol) {
            Some(Symbol::Any) => {
                symbol += 1;
                retry = Some((symbol, at));
            }
            Some(Symbol::One) => {
                at += 1;
                symbol += 1;
            }
            Some(Symbol::Character(expected)) if expected == character => {
                at += 1;
                symbol += 1;
            }
            _ => {
                let Some((behind, from)) = retry else { return false };
                at = from + 1;
                symbol = behind;
                retry = Some((behind, at));
            }
        }
    }
    pattern.get(symbol..).unwrap_or_default().iter().all(|rest| matches!(rest, Symbol::Any))
}

enum Symbol {
    Any,
    One,
    Character(char),
}

fn symbols(pattern: &str) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => symbols.push(Symbol::Any),
            '_' => symbols.push(Symbol::One),
            '\\' => {
                let escaped = characters.next().unwrap_or('\\');
                symbols.extend(escaped.to_lowercase().map(Symbol::Character));
            }
            other => symbols.extend(other.to_lowercase().map(Symbol::Character)),
        }
    }
    symbols
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn wildcards_match_as_in_mysql() {
        for (pattern, text) in [
            ("%", ""),
            ("cust%", "Customer"),
            ("%er", "customer"),
            ("c_st%m%", "customer"),
            ("%a%b%", "xaxxbx"),
            ("a\\_b", "a_b"),
            ("100\\%", "100%"),
            ("%aab", "aaaab"),
            ("", ""),
            ("GRÖSSE", "grösse"),
        ] {
            assert!(like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("cust", "customer"), ("a\\_b", "axb"), ("_", ""), ("%a_", "ba"), ("", "a")] {
            assert!(!like(pattern, text), "{pattern} {text}");
        }
    }
}
