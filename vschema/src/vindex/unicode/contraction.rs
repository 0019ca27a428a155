//! Contractions: characters that are collated as one, also with combining marks of other classes between.

use super::table::Table;
use super::{Elements, MAX_MARKS, append};

/// Follows the tree of contractions along a text.
struct Scan<'t> {
    table: &'static Table,
    /// As far as the scan may go.
    text: &'t str,
    node: usize,
    /// No contraction goes on from here.
    done: bool,
    /// The last node where a contraction ended, and the place in the text behind it.
    best: (usize, usize),
}

impl Scan<'_> {
    /// Goes on from `at` as far as characters match; returns the place behind the last that did.
    fn scan(&mut self, mut at: usize) -> usize {
        for character in self.text.get(at..).unwrap_or("").chars() {
            let Some(node) = self.table.next_node(self.node, character) else { break };
            self.node = node;
            at += character.len_utf8();
            if self.table.result(node).is_some() {
                self.best = (node, at);
            }
            if self.table.is_leaf(node) {
                self.done = true;
                break;
            }
        }
        at
    }
}

/// Appends the elements of the longest contraction of a starter (whose node is `root`) with what follows, and then those
/// of the marks that stand within it. Returns how many bytes of `suffix` they take.
pub(crate) fn match_contraction(table: &'static Table, elements: &mut Elements, root: usize, suffix: &str) -> usize {
    let mut scan = Scan { table, text: suffix, node: root, done: false, best: (root, 0) };
    let mut at = scan.scan(0);
    // Marks within the contraction, and as many of them as stand before its end.
    let mut between = String::new();
    let mut within = 0;
    let rest = |at: usize| suffix.get(at..).and_then(|rest| rest.chars().next()).filter(|c| !c.is_ascii());
    let first = if scan.done { None } else { rest(at) };
    if let Some((character, mark)) = first.and_then(|character| Some((character, table.mark(character)?))) {
        let mut skipped_from = at;
        at += character.len_utf8();
        let mut last_class = mark.trail;
        if let Some(end) = segment_end(table, suffix.get(at..).unwrap_or("")) {
            scan.text = suffix.get(..at + end).unwrap_or(suffix);
        }
        while !scan.done
            && let Some(character) = rest(at)
            && let Some(mark) = table.mark(character)
            && last_class < mark.lead
        {
            last_class = mark.trail;
            let matched = scan.scan(at);
            if matched == at {
                at += character.len_utf8();
                continue;
            }
            between.push_str(suffix.get(skipped_from..at).unwrap_or(""));
            if scan.best.1 == matched {
                within = between.len();
            }
            (at, skipped_from) = (matched, matched);
        }
    }
    let (node, length) = scan.best;
    elements.extend_from_slice(table.result(node).unwrap_or(&[]));
    let mut marks = between.get(..within).unwrap_or("");
    while let Some(length) = append(table, elements, marks) {
        marks = marks.get(length..).unwrap_or("");
    }
    length
}

/// The end of the combining marks that a text begins with, if it has more than them.
fn segment_end(table: &Table, text: &str) -> Option<usize> {
    let mut marks = 0;
    for (at, character) in text.char_indices() {
        let Some(mark) = table.mark(character) else { return Some(at) };
        marks += mark.count;
        if marks > MAX_MARKS {
            return Some(at);
        }
    }
    None
}
