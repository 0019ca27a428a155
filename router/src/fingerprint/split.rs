//! Several statements in one text.

use super::scan::scan_until;
use super::{Fingerprint, LexMode, is_identifier_byte};
use std::ops::Range;

/// Where the statements of a text stand, without their `;`. Empty ones at the end are left out, empty ones between
/// others are kept, since MySQL answers them with an error.
///
/// The body of a stored program may hold `;`, so from `CREATE ... PROCEDURE` (FUNCTION, TRIGGER, EVENT) with a BEGIN on,
/// the rest of the text is one statement. So is a rest that can't be cut into tokens.
pub fn split_statements(text: &[u8], mode: LexMode) -> Vec<Range<usize>> {
    let mut fingerprint = Fingerprint::new();
    let mut statements = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..).unwrap_or_default();
        let Ok(length) = scan_until(rest, mode, &mut fingerprint, true) else {
            statements.push(start..text.len());
            return statements;
        };
        let Some(end) = fingerprint.terminator() else {
            if !is_blank(fingerprint.key()) {
                statements.push(start..text.len());
            }
            break;
        };
        if fingerprint.first_word().len() == 6 && creates_program(fingerprint.key()) {
            statements.push(start..text.len());
            return statements;
        }
        statements.push(start..start + end);
        start += length;
    }
    while statements
        .last()
        .is_some_and(|last: &Range<usize>| text.get(last.clone()).is_some_and(|s| s.trim_ascii().is_empty()))
    {
        statements.pop();
    }
    statements
}

/// Nothing but spaces, comments and `;`.
fn is_blank(key: &[u8]) -> bool {
    key.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, 0x0e | b';'))
}

fn creates_program(key: &[u8]) -> bool {
    let mut words = key.split(|byte| !is_identifier_byte(*byte)).filter(|word| !word.is_empty());
    words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"create"))
        && words.any(|word| {
            [&b"procedure"[..], b"function", b"trigger", b"event"].iter().any(|kind| word.eq_ignore_ascii_case(kind))
        })
        && words.any(|word| word.eq_ignore_ascii_case(b"begin"))
}
