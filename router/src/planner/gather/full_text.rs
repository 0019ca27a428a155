//! MATCH ... AGAINST as a condition of gathered rows: no full-text index holds these, but the shard that a row comes from
//! tells whether it is found. That travels as a column of the temporary table, which `*` doesn't show.

use crate::fingerprint::{Fingerprint, LiteralKind};
use crate::literal::quoted;
use crate::plan::{GatherMatch, GatherSource};
use crate::planner::condition::value;
use crate::planner::edit::Edits;
use crate::schema::Table;
use crate::sql::ast::{ColumnRef, Expr, Match, Parsed, Span, eq_ignore_case};

/// A table of a FROM clause that the walk is in.
pub(super) struct Named<'t> {
    /// How the statement calls it.
    pub(super) name: Box<str>,
    /// Its columns; `None`: they aren't known here.
    pub(super) table: Option<&'t Table>,
    /// Where it is among the gathered ones; `None`: it isn't.
    pub(super) source: Option<usize>,
}

/// A FROM clause.
pub(super) struct Block<'t> {
    /// Its tables.
    pub(super) named: Vec<Named<'t>>,
    /// Whether it has others beside them: derived tables, JSON_TABLE.
    pub(super) derived: bool,
}

/// The table whose columns these are, by the FROM clauses around them, the innermost last; `None`: it isn't certain.
pub(super) fn owner<'b, 't>(blocks: &'b [Block<'t>], columns: &[ColumnRef]) -> Option<&'b Named<'t>> {
    let mut owners = columns.iter().map(|column| owner_of(blocks, column));
    let first = owners.next()??;
    owners.all(|owner| owner.is_some_and(|owner| std::ptr::eq(owner, first))).then_some(first)
}

fn owner_of<'b, 't>(blocks: &'b [Block<'t>], column: &ColumnRef) -> Option<&'b Named<'t>> {
    for block in blocks.iter().rev() {
        let found: Vec<&Named<'t>> = match &column.table {
            Some(table) => block.named.iter().filter(|named| eq_ignore_case(&named.name, &table.value)).collect(),
            None if block.derived || block.named.iter().any(|named| named.table.is_none()) => return None,
            None => {
                let has = |named: &&Named<'t>| named.table.is_some_and(|t| t.column(&column.column.value).is_some());
                block.named.iter().filter(has).collect()
            }
        };
        match found.as_slice() {
            [] => {}
            [one] => return Some(one),
            _ => return None,
        }
    }
    None
}

/// What a shard is asked about its rows; `None`: what is looked for isn't known before the statement runs.
pub(super) fn asked(expr: &Expr, found: &Match, parsed: &Parsed, fingerprint: &Fingerprint) -> Option<GatherMatch> {
    value(&found.against, fingerprint)?;
    if !parsed.can_cut(expr.span) {
        return None;
    }
    let mut edits = Edits::default();
    for column in &found.columns {
        // On the shard the table has the statement's name for it, in whichever database.
        if let (Some(schema), Some(table)) = (&column.schema, &column.table) {
            edits.replace(Span::new(schema.span.start, table.span.start), Vec::new());
        }
    }
    let sql = edits.part(expr.span, fingerprint).ok()?;
    Some(GatherMatch { name: Box::from(""), sql })
}

/// Whether what is looked for is a parameter of a prepared statement.
pub(super) fn is_parameter(found: &Match, fingerprint: &Fingerprint) -> bool {
    fingerprint.literals().iter().any(|literal| {
        matches!(literal.kind, LiteralKind::Parameter(_))
            && found.against.span.start <= literal.start
            && literal.start < found.against.span.end
    })
}

/// Add the column to the table: how the statement reads it.
pub(super) fn add(source: &mut GatherSource, mut asked: GatherMatch) -> String {
    asked.name = format!("_shardgate_match_{}", source.matches.len() + 1).into();
    // A row that an outer join has made up is found by no search.
    let read = format!("COALESCE({}.{}, 0)", quoted(&source.alias), quoted(&asked.name));
    source.matches.push(asked);
    read
}
