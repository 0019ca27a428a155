//! docs/errors.md: the proxy's own errors.

use shardgate_router::error::Code;
use std::fmt::Write as _;

const HEAD: &str = "\
<!-- Written by `cargo run -p xtask -- docs` from router/src/error.rs. -->

# Errors

A shard's own error reaches the client unchanged. The proxy's own errors begin with one of these codes; errno and SQLSTATE are
MySQL's where MySQL has one. A code whose meaning is that of a Vitess error has its number.
";

pub(super) fn text() -> String {
    let mut codes = Code::ALL.to_vec();
    codes.sort_by_key(|code| code.number());
    let mut text = HEAD.to_owned();
    for code in codes {
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "\n## {code}\n\nerrno {}, SQLSTATE {}\n\n- Cause: {}\n- Remedy: {}\n",
            code.errno(),
            code.sqlstate(),
            code.cause(),
            code.remedy()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_entry() {
        let text = text();
        for code in Code::ALL {
            assert_eq!(text.matches(&format!("\n## {code}\n")).count(), 1, "{code}");
        }
    }
}
