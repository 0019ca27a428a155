//! Whether a text names each temporary table once: MySQL doesn't open one twice in a statement.

use crate::fingerprint::Fingerprint;
use crate::plan::{Operator, Piece, Pos, Template};
use crate::sql::ast::Span;

/// Whether what the shards run repeats no part of the text in which one of these tables is named. `text`: the text that
/// names each by a table of its own.
pub(super) fn names_each_once(input: &Operator, text: &Template, tables: &[Span], fingerprint: &Fingerprint) -> bool {
    let computed: Vec<&Template> = match compute(input) {
        Some(compute) => compute.values.iter().chain(&compute.having).collect(),
        None => Vec::new(),
    };
    let sent: Vec<&Template> = input.combined().map(|route| &route.sql).into_iter().collect();
    tables.iter().all(|table| {
        // What stands before the name is the client's own text, even where the name is replaced.
        let at = table.start.saturating_sub(1) as usize;
        let count =
            |templates: &[&Template]| templates.iter().map(|found| copies(found, at, fingerprint)).sum::<usize>();
        let most = copies(text, at, fingerprint);
        count(&sent) <= most && count(&computed) <= most
    })
}

fn compute(operator: &Operator) -> Option<&crate::plan::Compute> {
    match operator {
        Operator::Compute(compute) => Some(compute),
        Operator::Limit(limit) => compute(&limit.input),
        _ => None,
    }
}

/// How often this byte of the client's text is in the template.
fn copies(template: &Template, at: usize, fingerprint: &Fingerprint) -> usize {
    if template.is_unchanged() {
        return 1;
    }
    let byte = |place: &Pos| {
        let start = place.after.and_then(|slot| fingerprint.slot_range(slot)).map_or(0, |range| range.end);
        start + place.offset as usize
    };
    let holds = |piece: &&Piece| matches!(piece, Piece::Source { from, to } if (byte(from)..byte(to)).contains(&at));
    template.pieces.iter().filter(holds).count()
}
