//! What the planning of every statement that reads or writes rows has in common.

use super::Context;
use super::analysis::{Analysis, Occurrence};
use super::edit::Edits;
use super::functions::Functions;
use super::names::ResolvedKind;
use super::route::{Component, RoutingKind};
use crate::catalog::MYSQL;
use crate::error::SqlError;
use crate::fingerprint::{Fingerprint, LiteralKind};
use crate::plan::{Operator, Piece, Pin, Plan, Route, SlotId, StatementClass, TableUse, Target, Template};
use crate::sql::ast::{Parsed, Span};
use std::sync::Arc;

/// A parsed statement that is being planned.
pub(super) struct Planning<'p> {
    pub(super) text: &'p [u8],
    pub(super) fingerprint: &'p Fingerprint,
    pub(super) context: &'p Context<'p>,
    pub(super) parsed: &'p Parsed,
    pub(super) functions: Functions,
    pub(super) edits: Edits,
    pub(super) pins: Vec<SlotId>,
    /// Spans of tables that are written.
    pub(super) written: Vec<Span>,
}

impl<'p> Planning<'p> {
    pub(super) fn new(
        text: &'p [u8],
        fingerprint: &'p Fingerprint,
        context: &'p Context<'p>,
        parsed: &'p Parsed,
    ) -> Result<Self, SqlError> {
        let functions = Functions::of(&parsed.statement, text);
        let mut edits = Edits::default();
        functions.edit(text, fingerprint, &mut edits)?;
        Ok(Planning { text, fingerprint, context, parsed, functions, edits, pins: Vec::new(), written: Vec::new() })
    }

    /// Edits for names that don't lead to their tables by themselves on a connection whose default database is the
    /// Whether the table is one of the database `mysql`, where the servers keep their accounts.
    fn is_in_mysql(&self, occurrence: &Occurrence) -> bool {
        let written = occurrence.schema.map(|span| String::from_utf8_lossy(span.of(self.text)));
        let database = written.as_deref().or(self.context.database).unwrap_or_default();
        database.trim_matches('`').eq_ignore_ascii_case(MYSQL)
    }

    /// keyspace's.
    pub(super) fn qualify(&mut self, analysis: &Analysis<'_>, keyspace: &str) {
        let catalog = self.context.catalog;
        for occurrence in analysis.occurrences.iter().filter(|occurrence| !occurrence.in_view) {
            let table = &occurrence.table;
            if matches!(table.kind, ResolvedKind::System) {
                if occurrence.schema.is_none()
                    && let Some(database) = self.context.database
                {
                    self.edits.insert(occurrence.span.start, format!("`{database}`."));
                }
                continue;
            }
            if !table.is_placed() {
                // The text is led to its temporary table.
                continue;
            }
            let database = Piece::Database(Arc::clone(&table.keyspace));
            if table.moved {
                let mut name = Vec::from(*b".");
                crate::literal::write_identifier(&table.table, &mut name);
                let written = Span::new(
                    occurrence.schema.map_or(occurrence.span.start, |schema| schema.end),
                    occurrence.span.end,
                );
                let written = String::from_utf8_lossy(written.of(self.text)).into_owned();
                let written = written.trim_start_matches(|char: char| char == '.' || char.is_whitespace()).to_owned();
                if occurrence.can_alias && written.trim_matches('`') != &*table.table {
                    name.extend_from_slice(format!(" AS {written}").as_bytes());
                }
                let name = String::from_utf8_lossy(&name).into_owned();
                self.edits.replace(occurrence.span, vec![database, Piece::Sql(name.into())]);
                continue;
            }
            match occurrence.schema {
                Some(schema) if catalog.is_renamed(&table.keyspace) => self.edits.replace(schema, vec![database]),
                Some(_) => {}
                None if *table.keyspace == *keyspace => {}
                None => {
                    let at = Span::at(occurrence.span.start);
                    self.edits.replace(at, vec![database, Piece::Sql(".".into())]);
                }
            }
        }
        for column in &analysis.qualified {
            let moved = analysis.occurrences.iter().find(|occurrence| {
                occurrence.table.moved
                    && occurrence.schema.is_some_and(|schema| schema.of(self.text) == column.schema.of(self.text))
            });
            match moved {
                // A temporary table is in the database where the statement runs.
                _ if !analysis.travelling.is_empty() && *column.database != *keyspace => {
                    self.edits.replace(column.schema, vec![Piece::Database(Arc::from(keyspace))]);
                }
                Some(occurrence) if !occurrence.table.is_placed() => {
                    self.edits.replace(column.schema, vec![Piece::Database(Arc::from(keyspace))]);
                }
                Some(occurrence) => {
                    self.edits.replace(column.schema, vec![Piece::Database(Arc::clone(&occurrence.table.keyspace))])
                }
                None if catalog.is_renamed(&column.database) => {
                    self.edits.replace(column.schema, vec![Piece::Database(Arc::from(&*column.database))]);
                }
                None => {}
            }
        }
    }

    /// The text with all edits.
    pub(super) fn template(&self) -> Result<Template, SqlError> {
        self.edits.whole(self.text, self.fingerprint)
    }

    /// A route of the whole text.
    pub(super) fn whole(&self, keyspace: &Arc<str>, target: Target) -> Result<Operator, SqlError> {
        let one = target == Target::Alike || super::route::is_certainly_one(&target, self.fingerprint);
        let target = if self.functions.ranks && !one {
            Target::OneShard { targets: vec![target], reason: RANKS.into() }
        } else {
            target
        };
        Ok(Operator::Route(Route {
            keyspace: Arc::clone(keyspace),
            target,
            sql: self.template()?,
            sql_alone: None,
            hidden: 0,
        }))
    }

    /// A route of the whole text that runs only if it is one shard.
    pub(super) fn one_shard(
        &self,
        keyspace: &Arc<str>,
        targets: Vec<Target>,
        reason: &str,
    ) -> Result<Operator, SqlError> {
        self.whole(keyspace, Target::OneShard { targets, reason: reason.into() })
    }

    /// Make the plan.
    pub(super) fn finish(self, class: StatementClass, analysis: &Analysis<'_>, root: Operator) -> Plan {
        let mut tables: Vec<TableUse> = Vec::new();
        for occurrence in analysis.occurrences.iter().filter(|occurrence| !occurrence.in_view) {
            let table = &occurrence.table;
            if matches!(table.kind, ResolvedKind::System) {
                if self.is_in_mysql(occurrence) {
                    let (keyspace, table) = (Arc::from(MYSQL), Arc::clone(&table.table));
                    tables.push(TableUse { keyspace, table, written: self.written.contains(&occurrence.span) });
                }
                continue;
            }
            let written = self.written.contains(&occurrence.span);
            match tables.iter_mut().find(|known| known.keyspace == table.keyspace && known.table == table.table) {
                Some(known) => known.written |= written,
                None => tables.push(TableUse {
                    keyspace: Arc::clone(&table.keyspace),
                    table: Arc::clone(&table.table),
                    written,
                }),
            }
        }
        let pins = pins(self.text, self.fingerprint, &self.pins);
        Plan {
            class,
            tables,
            demands: Vec::new(),
            pins,
            effects: self.functions.effects,
            lookups: root.lookups(),
            root,
        }
    }
}

/// Why a MATCH may need one shard.
pub(super) const RANKS: &str = "MATCH ... AGAINST as a number, with query expansion, or with LIMIT and no ORDER BY, where \
                                the first rows are those of the highest rank, depends on the rows of all shards";

/// Pins for these slots.
pub(super) fn pins(text: &[u8], fingerprint: &Fingerprint, slots: &[SlotId]) -> Vec<Pin> {
    let mut slots = slots.to_vec();
    slots.sort_unstable();
    slots.dedup();
    slots
        .into_iter()
        .filter_map(|slot| Some(Pin { slot, text: text.get(fingerprint.slot_range(slot)?)?.into() }))
        .collect()
}

/// All slots that hold literals.
pub(super) fn literal_slots(fingerprint: &Fingerprint) -> Vec<SlotId> {
    (0..fingerprint.slots().len() as u32)
        .map(SlotId)
        .filter(|slot| {
            !fingerprint
                .slot_literals(*slot)
                .iter()
                .all(|literal| matches!(literal.kind, LiteralKind::Comment | LiteralKind::Parameter(_)))
        })
        .collect()
}

/// The targets and the reason where a statement's tables must meet on one shard.
pub(super) fn apart(analysis: &Analysis<'_>, components: &[Component]) -> (Vec<Target>, String) {
    let names: Vec<&str> = components
        .iter()
        .filter_map(|component| analysis.instances.get(component.leader))
        .map(|instance| &*instance.table.table)
        .collect();
    let keys: Vec<String> = components
        .iter()
        .filter_map(|component| analysis.instances.get(component.leader))
        .filter_map(|instance| {
            let vindex = instance.table.primary_vindex()?;
            Some(format!("`{}`.`{}`", instance.table.table, vindex.columns.join("`, `")))
        })
        .collect();
    let reason = format!(
        "the tables {} aren't joined on their shard keys, so their rows may be on different shards; add conditions on {} \
         that choose one shard, or join on the shard key",
        names.join(", "),
        keys.join(" and ")
    );
    (targets_of(components), reason)
}

/// The components' targets.
pub(super) fn targets_of(components: &[Component]) -> Vec<Target> {
    components.iter().map(|component| component.target.clone()).collect()
}

/// What would send the statement to one shard.
pub(super) fn hint(analysis: &Analysis<'_>, kind: &RoutingKind) -> String {
    let RoutingKind::Together(component) = kind else { return String::new() };
    let Some(instance) = analysis.instances.get(component.leader) else { return String::new() };
    match instance.table.primary_vindex() {
        Some(vindex) => format!(
            "; a condition `{}` = ... sends it to one shard",
            vindex.columns.iter().map(|column| &**column).collect::<Vec<_>>().join("`, `")
        ),
        None => String::new(),
    }
}
