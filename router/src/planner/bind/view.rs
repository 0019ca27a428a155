//! The query of a view, bound in the place of its name: it says where the view's rows are.
//!
//! Every shard has the view, so the text keeps its name. Nothing of the view's own text goes into a plan: its tables are
//! marked as not standing in the statement, and its literals choose no shards.

use super::{Binder, Output, Place};
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::planner::functions::Functions;
use crate::planner::names::Resolved;
use crate::planner::{Context, names, stored_functions, views};
use crate::sql::ast::{Statement, TableName};
use std::sync::LazyLock;

/// How deep views may name views.
const MAX_DEPTH: u32 = 32;
/// How many tables a statement's views may come to.
const MAX_TABLES: usize = 500;

static NO_LITERALS: LazyLock<Fingerprint> = LazyLock::new(Fingerprint::new);

/// The view whose query is bound.
#[derive(Clone, Copy)]
pub(super) struct Within<'v> {
    view: views::Source<'v>,
    depth: u32,
}

impl<'a> Binder<'_, 'a> {
    /// The literals that may choose shards.
    pub(super) fn fingerprint(&self) -> &'a Fingerprint {
        if self.within.is_some() { &NO_LITERALS } else { self.analysis.fingerprint }
    }

    /// The table of a name.
    pub(super) fn resolve(&self, name: &TableName) -> Result<Resolved, SqlError> {
        match &self.within {
            Some(within) => within.view.resolve(self.analysis.context, name),
            None => names::resolve(self.analysis.context, name),
        }
    }

    /// Bind the query of a view that stands in a region; its columns.
    pub(super) fn view(&mut self, table: &Resolved, region: usize) -> Output {
        let columns = match self.query_of_view(table, region) {
            Ok(output) => output,
            Err(error) => {
                self.error.get_or_insert(error);
                Output::default()
            }
        };
        let Some(live) = table.live(self.analysis.context) else { return columns };
        // Where an item of the view isn't a column, or its columns can't be counted, nothing is known of its values.
        let known = columns.complete && columns.columns.len() == live.columns.len();
        let node = |index: usize| columns.columns.get(index).filter(|_| known).and_then(|(_, node)| *node);
        let named = live.columns.iter().enumerate().map(|(index, column)| (Box::from(&*column.name), node(index)));
        Output { columns: named.collect(), complete: true, starts: Vec::new() }
    }

    fn query_of_view(&mut self, table: &Resolved, region: usize) -> Result<Output, SqlError> {
        let context = self.analysis.context;
        let depth = self.within.map_or(0, |within| within.depth) + 1;
        if depth > MAX_DEPTH || self.analysis.instances.len() > MAX_TABLES {
            return Err(views::unsupported(table, "it is made of too many views"));
        }
        let view = views::Source::of(context, table)?;
        let parsed = view.parse(context)?;
        let Statement::Query(query) = &parsed.statement else {
            return Err(views::unsupported(table, "its definition isn't a query"));
        };
        let called = Context { database: Some(&table.keyspace), ..*context };
        stored_functions::check(&called, &parsed.statement)?;
        let functions = Functions::of(&parsed.statement, view.text());
        if !functions.effects.session_values.is_empty() || functions.user_locks {
            return Err(views::unsupported(
                table,
                "it calls a function whose value only the session knows, such as CONNECTION_ID() or USER()",
            ));
        }
        if functions.ranks {
            return Err(views::unsupported(
                table,
                "how well a row matches its MATCH depends on the rows of all shards",
            ));
        }
        let within = Some(Within { view, depth });
        let mut inner = Binder { analysis: &mut *self.analysis, statement: &parsed.statement, error: None, within };
        let (output, _) = inner.query(query, None, Place::Derived(region), None);
        match inner.error {
            // A table that is gone: the shard says what is wrong with its view.
            Some(error) if error.code == Code::UnknownTable => Ok(Output::default()),
            Some(error) => Err(error),
            None => Ok(output),
        }
    }
}
