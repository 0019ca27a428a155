//! The tree of a MySQL statement that reads or writes rows: SELECT, TABLE, VALUES, WITH, INSERT, REPLACE, UPDATE, DELETE.
//!
//! Names are MySQL's own (query expression, query block, table factor, predicate ...). Every node carries the byte
//! [`Span`] of its text in the client's statement, so that a planner can leave the text alone and edit it in place.
//!
//! How to walk it:
//!
//! * `match` [`Statement`], then follow the fields; everything below a node is reachable by [`walk_expr`],
//!   [`walk_query`], [`walk_query_body`] and [`walk_table_ref`] with a [`Visitor`], which goes into subqueries unless
//!   [`Visitor::query`] says otherwise.
//! * A [`Query`] is what MySQL calls a query expression: WITH, a [`QueryBody`], ORDER BY, LIMIT, locking, INTO. A plain
//!   `SELECT ... ORDER BY ... LIMIT ...` is a `Query` whose body is [`QueryBody::Select`]: its ORDER BY and LIMIT are the
//!   query's. Parenthesised queries are [`QueryBody::Parenthesised`], because `(SELECT ... LIMIT 1) LIMIT 2` has two levels.
//! * AND and OR are flat: `a AND b AND (c AND d)` is one [`ExprKind::And`] of four, as MySQL itself keeps them.
//! * Parentheses around an expression or a join make no node. A span never includes the redundant parentheses around its
//!   node, so `&text[expr.span.range()]` is always a whole expression, but it needs parentheses of its own when it is
//!   put beside other operators. [`SelectItem::span`] does include them, because MySQL names the column by them.
//! * A node that crosses the edge of a version comment (`/*!80000 ... */`) can't be cut out of the text: ask
//!   [`Parsed::can_cut`]; [`super::printer`] prints any node from the tree instead.

mod dml;
mod expr;
mod query;
mod table;
mod visit;

pub use dml::*;
pub use expr::*;
pub use query::*;
pub use table::*;
pub use visit::*;

use std::ops::Range;

/// A range of bytes of the statement's text: from `start` up to, but without, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The empty span at `offset`: a place where text can be put in.
    pub const fn at(offset: u32) -> Self {
        Self { start: offset, end: offset }
    }

    /// As a range of indexes.
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Its length in bytes.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it has no bytes.
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies within this span.
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Its bytes of `text`; empty if the span is not of this text.
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.range()).unwrap_or_default()
    }
}

/// A name as written: an identifier, quoted or not.
#[derive(Debug, Clone)]
pub struct Ident {
    /// Its text with quotes.
    pub span: Span,
    /// Its name without quotes, as UTF-8, in the case in which it was written.
    pub value: Box<str>,
}

impl Ident {
    /// Whether it is this name, for names that MySQL compares without case: columns, aliases of columns, functions,
    /// indexes, CTE names. (Tables, aliases of tables and databases go by `lower_case_table_names`.)
    pub fn is(&self, name: &str) -> bool {
        eq_ignore_case(&self.value, name)
    }
}

/// Whether two names are the same without case, in any alphabet (accents matter, as in MySQL's names).
pub fn eq_ignore_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase))
}

/// A parsed statement and what is known of its text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The statement.
    pub statement: Statement,
    /// How many `?` parameters it has; they are numbered from 0 in order of their place in the text.
    pub params: u32,
    /// The marks of version comments whose content is executed, `/*!80000` and `*/`, in order of place.
    pub version_marks: Vec<Span>,
    /// Version comments for newer servers, which are not executed, in order of place.
    pub skipped_comments: Vec<Span>,
    /// Text from the first token to the last, without a `;` that ends it.
    pub span: Span,
    /// Where the next statement of a multi-statement text begins, after the `;`; the text's length if there is none.
    pub next: u32,
}

impl Parsed {
    /// Whether the text of this span means the same when cut out: it holds whole version comments only.
    pub fn can_cut(&self, span: Span) -> bool {
        // Marks come in pairs, opening then closing.
        self.version_marks.chunks(2).all(|pair| {
            let inside = pair.iter().filter(|mark| span.contains(**mark)).count();
            let within_comment = matches!(pair, [open, close] if open.end <= span.start && span.end <= close.start);
            inside == pair.len()
                || (inside == 0 && (within_comment || pair.iter().all(|m| m.end <= span.start || m.start >= span.end)))
        })
    }
}

/// A statement.
#[derive(Debug, Clone)]
pub enum Statement {
    /// SELECT, TABLE, VALUES, or a set operation of them, with or without WITH.
    Query(Box<Query>),
    /// INSERT or REPLACE.
    Insert(Box<Insert>),
    /// UPDATE of one or many tables.
    Update(Box<Update>),
    /// DELETE from one or many tables.
    Delete(Box<Delete>),
}
