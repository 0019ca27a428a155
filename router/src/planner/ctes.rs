//! Which common table expressions a query can name.

use crate::sql::ast::{Cte, Statement, TableName, TableRef, Visitor, walk_statement, walk_table_ref};

/// Common table expressions that can be named.
pub(super) struct Ctes<'s> {
    pub(super) parent: Option<&'s Ctes<'s>>,
    pub(super) name: &'s str,
    pub(super) content: CteContent<'s>,
}

#[derive(Clone, Copy)]
pub(super) enum CteContent<'s> {
    /// Used once: stands where it is named. With what can be named in it.
    Inline(&'s Cte, Option<&'s Ctes<'s>>),
    /// Computed by itself.
    Shared,
}

/// The one of this name.
pub(super) fn find_cte<'s>(ctes: Option<&'s Ctes<'s>>, name: &TableName) -> Option<&'s Ctes<'s>> {
    if name.schema.is_some() {
        return None;
    }
    let mut next = ctes;
    while let Some(cte) = next {
        if name.name.is(cte.name) {
            return Some(cte);
        }
        next = cte.parent;
    }
    None
}

/// How often the statement uses the name as a table's.
pub(super) fn count_uses(name: &str, statement: &Statement) -> usize {
    let mut uses = Uses { name, count: 0 };
    walk_statement(&mut uses, statement);
    uses.count
}

/// Counts how often a name is used as a table's.
struct Uses<'n> {
    name: &'n str,
    count: usize,
}

impl Visitor for Uses<'_> {
    fn table_ref(&mut self, table: &TableRef) {
        if let TableRef::Table(table) = table
            && table.name.schema.is_none()
            && table.name.name.is(self.name)
        {
            self.count += 1;
        }
        walk_table_ref(self, table);
    }
}
