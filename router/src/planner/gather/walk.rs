//! Goes through a statement and gives each place where a table is named a temporary table of its own.
//!
//! MySQL opens a temporary table once in a statement, and a CTE's tables once for each use of the CTE. So the second use
//! of a table gets a table of another name, and the second use of a CTE a copy of the CTE with tables of its own.

use super::Gathered;
use super::columns;
use super::filter::{Block, Filters};
use super::full_text;
use super::namesakes::Namesake;
use crate::error::{Code, SqlError};
use crate::literal::quoted;
use crate::plan::{GatherSource, Piece, Target};
use crate::planner::analysis::{Analysis, Occurrence, RegionKind};
use crate::planner::edit::Edits;
use crate::planner::names::ResolvedKind;
use crate::planner::statement::Planning;
use crate::schema::Table;
use crate::sql::ast::{
    Cte, Expr, ExprKind, LockStrength, LockWait, Locking, Match, Query, Select, Span, Statement, TableFactor,
    TableName, TableRef, TableStatement, Visitor, With, walk_expr, walk_query_body, walk_select, walk_statement,
    walk_table_ref,
};
use std::collections::HashSet;
use std::sync::Arc;

/// How many temporary tables one statement may need, at most.
const MAX_SOURCES: usize = 200;

/// A CTE that can be named.
struct Known {
    name: Box<str>,
    /// Its query.
    span: Span,
    /// Whether its rows come from tables, so that each use needs a copy.
    holds_tables: bool,
    /// Its uses, and where the edits of the copy for each are; `None`: the CTE itself.
    copies: Vec<Option<usize>>,
    /// Stands for a recursive one within itself: the name that it has there.
    itself: Option<Box<str>>,
}

/// Goes through a statement.
pub(super) struct Walk<'w, 'a> {
    planning: &'w Planning<'w>,
    analysis: &'w Analysis<'a>,
    home: &'w str,
    targets: &'w [Target],
    /// Which tables are gathered, by their place in the analysis; `None`: all.
    travels: Option<&'w [bool]>,
    named: HashSet<String>,
    sources: Vec<GatherSource>,
    /// Where each of them is in the analysis.
    places: Vec<usize>,
    known: Vec<Known>,
    /// Edits of the client's text, and of each copy of a part of it.
    contexts: Vec<Edits>,
    /// Where the walk is.
    context: usize,
    /// What the text has everywhere.
    base: Edits,
    /// Names that were put in, and what is written in their place.
    names: Vec<(Box<str>, Box<str>)>,
    locks: Vec<Locking>,
    /// Tables that get names of their own.
    namesakes: Vec<Namesake>,
    /// The FROM clauses around where the walk is.
    blocks: Vec<full_text::Block<'w>>,
    error: Option<SqlError>,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(
        planning: &'w Planning<'w>,
        analysis: &'w Analysis<'a>,
        home: &'w str,
        targets: &'w [Target],
        travels: Option<&'w [bool]>,
        named: HashSet<String>,
        base: Edits,
    ) -> Self {
        Walk {
            planning,
            analysis,
            home,
            targets,
            travels,
            named,
            sources: Vec::new(),
            places: Vec::new(),
            known: Vec::new(),
            contexts: vec![base.clone()],
            context: 0,
            base,
            names: Vec::new(),
            locks: Vec::new(),
            namesakes: Vec::new(),
            blocks: Vec::new(),
            error: None,
        }
    }

    /// As it is, but with names of their own for these tables.
    pub(super) fn with_namesakes(self, namesakes: Vec<Namesake>) -> Self {
        Walk { namesakes, ..self }
    }

    pub(super) fn finish(self) -> Result<Gathered, SqlError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        // What a shard is asked about its rows isn't in the text that the scratch session gets.
        let repeats = self.contexts.len() > 1 || self.sources.iter().any(|source| !source.matches.is_empty());
        let edits = self.contexts.into_iter().next().unwrap_or_default();
        Ok(Gathered { sources: self.sources, edits, names: self.names, places: self.places, repeats })
    }

    /// All of a statement.
    pub(super) fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Query(_) | Statement::Insert(_) => walk_statement(self, statement),
            Statement::Update(update) => self.scope(update.with.as_ref(), |walk| {
                walk.block(&Block::of_tables(&update.tables, update.where_.as_ref()), true);
                update.tables.iter().for_each(|table| walk.table_ref(table));
                update.assignments.iter().for_each(|assignment| walk.expr(&assignment.value));
                update.where_.iter().for_each(|expr| walk.expr(expr));
                update.order_by.iter().for_each(|item| walk.expr(&item.expr));
            }),
            Statement::Delete(delete) => self.scope(delete.with.as_ref(), |walk| {
                let (tables, single) = crate::planner::bind::delete_tables(&delete.form);
                let mut block = Block::of_tables(tables, delete.where_.as_ref());
                single.iter().for_each(|factor| block.add_factor(factor, 0));
                walk.block(&block, true);
                tables.iter().for_each(|table| walk.table_ref(table));
                delete.where_.iter().for_each(|expr| walk.expr(expr));
                delete.order_by.iter().for_each(|item| walk.expr(&item.expr));
            }),
        }
    }

    /// Whether the table at this place of the analysis is gathered.
    fn travels(&self, place: usize) -> bool {
        self.travels.is_none_or(|travels| travels.get(place).copied().unwrap_or(true))
    }

    fn fail(&mut self, what: impl Into<String>) {
        let error = SqlError::new(Code::Unsupported, format!("unsupported: {}", what.into()));
        self.error.get_or_insert(error);
    }

    /// Edit the text where the walk is.
    fn edit(&mut self, span: Span, pieces: Vec<Piece>) {
        if let Some(edits) = self.contexts.get_mut(self.context) {
            edits.replace(span, pieces);
        }
    }

    /// Put another name in the place of one that is written.
    fn rename(&mut self, span: Span, name: String) {
        let written = String::from_utf8_lossy(span.of(self.planning.text)).into_owned();
        self.names.push((name.clone().into(), written.into()));
        self.edit(span, vec![Piece::Sql(name.into())]);
    }

    /// Go through what can name the CTEs of a WITH, then through the CTEs, the last first: each may name those before.
    fn scope(&mut self, with: Option<&With>, then: impl FnOnce(&mut Self)) {
        let Some(with) = with else { return then(self) };
        let first = self.known.len();
        for cte in &with.ctes {
            let holds_tables = self.holds_tables(cte);
            let name = cte.name.value.clone();
            self.known.push(Known { name, span: cte.query.span, holds_tables, copies: Vec::new(), itself: None });
        }
        then(self);
        for cte in with.ctes.iter().rev() {
            let Some(known) = self.known.pop() else { break };
            self.cte(cte, with.recursive, known);
        }
        self.known.truncate(first);
    }

    /// Go through a CTE, and through each of its copies.
    fn cte(&mut self, cte: &Cte, recursive: bool, known: Known) {
        let outer = self.context;
        let count = known.copies.len().max(1);
        for number in 0..count {
            // The first use is that of the CTE itself, which stands where the walk is.
            self.context = known.copies.get(number).copied().flatten().unwrap_or(outer);
            let name = copy_name(&known.name, number);
            if recursive {
                let itself = Some(name.clone().into());
                let (name, span) = (known.name.clone(), known.span);
                self.known.push(Known { itself, copies: Vec::new(), name, span, holds_tables: true });
            }
            self.query(&cte.query);
            if recursive {
                self.known.pop();
            }
            if number > 0 {
                self.add_copy(cte, &name, outer);
            }
        }
        self.context = outer;
    }

    /// Put a copy of a CTE behind it.
    fn add_copy(&mut self, cte: &Cte, name: &str, outer: usize) {
        let fingerprint = self.planning.fingerprint;
        if !self.planning.parsed.can_cut(cte.query.span) {
            return self.fail("a CTE that is used more than once and has the edge of a version comment in it");
        }
        let mut head = format!(", {} ", quoted(name));
        if !cte.columns.is_empty() {
            let columns: Vec<String> = cte.columns.iter().map(|column| quoted(&column.value)).collect();
            head.push_str(&format!("({}) ", columns.join(", ")));
        }
        head.push_str("AS (");
        let mut pieces = vec![Piece::Sql(head.into())];
        let body = self.contexts.get(self.context).map(|edits| edits.pieces(cte.query.span, fingerprint));
        match body.unwrap_or_else(|| Ok(Vec::new())) {
            Ok(body) => pieces.extend(body),
            Err(error) => {
                self.error.get_or_insert(error);
                return;
            }
        }
        pieces.push(Piece::Sql(")".into()));
        self.context = outer;
        self.edit(Span::at(cte.span.end), pieces);
    }

    fn holds_tables(&self, cte: &Cte) -> bool {
        struct Names(Vec<Box<str>>);
        impl Visitor for Names {
            fn table_statement(&mut self, table: &TableStatement) {
                self.0.push(table.table.name.value.clone());
            }

            fn table_ref(&mut self, table: &TableRef) {
                if let TableRef::Table(factor) = table
                    && factor.name.schema.is_none()
                {
                    self.0.push(factor.name.name.value.clone());
                }
                walk_table_ref(self, table);
            }
        }
        let occurrences = &self.analysis.occurrences;
        let is_gathered = |(place, occurrence): (usize, &Occurrence)| {
            !matches!(occurrence.table.kind, ResolvedKind::System)
                && cte.query.span.contains(occurrence.span)
                && self.travels(place)
        };
        if occurrences.iter().enumerate().any(is_gathered) {
            return true;
        }
        let mut names = Names(Vec::new());
        names.query(&cte.query);
        names.0.iter().any(|name| {
            let known = self.known.iter().rev().find(|known| crate::sql::ast::eq_ignore_case(&known.name, name));
            known.is_some_and(|known| known.holds_tables)
        })
    }

    /// The name of a CTE, if it is one: its use is noted.
    fn cte_use(&mut self, name: &TableName, can_alias: bool) -> bool {
        if name.schema.is_some() {
            return false;
        }
        let Some(at) = self.known.iter().rposition(|known| name.name.is(&known.name)) else { return false };
        let new = self.contexts.len();
        let Some(known) = self.known.get_mut(at) else { return false };
        let used: Box<str> = match &known.itself {
            Some(itself) => itself.clone(),
            None if !known.holds_tables => return true,
            None => {
                let number = known.copies.len();
                known.copies.push((number > 0).then_some(new));
                copy_name(&known.name, number).into()
            }
        };
        let is_copy = known.itself.is_none() && known.copies.len() > 1;
        if is_copy {
            self.contexts.push(self.base.clone());
            if self.contexts.len() > MAX_SOURCES {
                self.fail("a statement whose CTEs are used so often that they can't be copied for each use");
            }
            // Each copy would have values of its own.
            let volatiles = &self.planning.functions.volatiles;
            if volatiles.iter().any(|volatile| self.known.iter().any(|known| known.span.contains(*volatile))) {
                self.fail("RAND() or UUID() in a CTE, where a CTE over several shards is used more than once");
            }
        }
        if !name.name.is(&used) {
            let mut text = quoted(&used);
            if can_alias {
                text.push_str(&format!(" AS {}", quoted(&name.name.value)));
            }
            self.rename(name.span, text);
        }
        true
    }

    /// The tables of a query block that are named in its FROM.
    fn block(&mut self, block: &Block<'_>, all: bool) {
        let analysis = self.analysis;
        let occurrences: Vec<Option<(usize, &Occurrence)>> = block
            .factors
            .iter()
            .map(|factor| {
                let span = factor.factor.name.span;
                analysis.occurrences.iter().enumerate().find(|(_, occurrence)| occurrence.span == span)
            })
            .collect();
        let tables: Vec<Option<&Table>> = occurrences
            .iter()
            .map(|found| found.and_then(|(_, occurrence)| occurrence.table.live(self.planning.context)))
            .collect();
        let mut named = full_text::Block { named: Vec::new(), derived: block.derived };
        for (index, factor) in block.factors.iter().enumerate() {
            named.named.push(full_text::Named {
                name: factor.factor.exposed_name().value.clone(),
                table: tables.get(index).copied().flatten(),
                source: None,
            });
            let can_alias = factor.factor.alias.is_none();
            if self.cte_use(&factor.factor.name, can_alias) {
                continue;
            }
            let Some(Some((place, occurrence))) = occurrences.get(index) else { continue };
            if !self.travels(*place) {
                continue;
            }
            let filters = Filters {
                fingerprint: self.planning.fingerprint,
                parsed: self.planning.parsed,
                block,
                tables: &tables,
                index,
                where_restricts: self.where_restricts(*place, factor.null_sides),
            };
            if self.system(occurrence) {
                continue;
            }
            let all = all || factor.natural || factor.star;
            let mut source = self.source(*place, occurrence, all);
            source.alias = factor.factor.exposed_name().value.clone();
            source.filters = filters.find();
            source.locking = self.locking(factor.factor);
            if let Some(last) = factor.factor.partitions.last() {
                let names: Vec<String> = factor.factor.partitions.iter().map(|name| quoted(&name.value)).collect();
                source.partitions = format!(" PARTITION ({})", names.join(", ")).into();
                // A temporary table has no partitions.
                let rest = self.planning.text.get(last.span.end as usize..).unwrap_or_default();
                let close = rest.iter().position(|byte| *byte == b')').unwrap_or_default() as u32 + 1;
                self.edit(Span::new(factor.factor.name.span.end, last.span.end + close), Vec::new());
            }
            self.name(occurrence, &mut source, can_alias);
            if let Some(named) = named.named.last_mut() {
                named.source = Some(self.sources.len());
            }
            self.sources.push(source);
            self.places.push(*place);
        }
        self.blocks.push(named);
    }

    /// MATCH ... AGAINST, of which only the truth matters.
    fn full_text(&mut self, expr: &Expr, found: &Match) {
        let (parsed, fingerprint) = (self.planning.parsed, self.planning.fingerprint);
        let source = match full_text::owner(&self.blocks, &found.columns) {
            Some(named) if named.table.is_some() => named.source,
            _ => return self.fail("MATCH of gathered rows where it isn't certain whose columns it names"),
        };
        let Some(source) = source.and_then(|at| self.sources.get_mut(at)) else { return };
        let Some(asked) = full_text::asked(expr, found, parsed, fingerprint) else {
            return self
                .fail("MATCH of gathered rows that looks for what isn't a literal, which no full-text index holds");
        };
        let elsewhere = *source.keyspace != *self.home;
        let read = full_text::add(source, asked);
        if elsewhere && full_text::is_parameter(found, fingerprint) {
            return self.fail("MATCH of gathered rows of several keyspaces that looks for a parameter");
        }
        if let Some(edits) = self.contexts.get_mut(self.context) {
            edits.cover(expr.span, vec![Piece::Sql(read.into())]);
        }
    }

    /// A table of MySQL's own, which the scratch session has too; false: it is none.
    fn system(&mut self, occurrence: &Occurrence) -> bool {
        let system = matches!(occurrence.table.kind, ResolvedKind::System);
        if system
            && occurrence.schema.is_none()
            && let Some(database) = self.planning.context.database
        {
            self.edit(Span::at(occurrence.span.start), vec![Piece::Sql(format!("{}.", quoted(database)).into())]);
        }
        system
    }

    /// Whether WHERE restricts the rows of a table that stands on the side with NULLs of so many outer joins.
    fn where_restricts(&self, place: usize, null_sides: usize) -> bool {
        let region = self.analysis.instances.get(place).map_or(0, |instance| instance.region);
        let joined =
            |region: usize| self.analysis.regions.get(region).is_some_and(|region| region.kind == RegionKind::Joined);
        null_sides == 0 || (null_sides == 1 && joined(region))
    }

    fn source(&self, place: usize, occurrence: &Occurrence, all: bool) -> GatherSource {
        let table = &occurrence.table;
        let live = table.live(self.planning.context);
        GatherSource {
            keyspace: Arc::clone(&table.keyspace),
            table: live.map_or_else(|| Arc::clone(&table.table), |live| Arc::clone(&live.name)),
            alias: Box::from(&*table.table),
            partitions: Box::from(""),
            target: self.targets.get(place).cloned().unwrap_or(Target::Scatter),
            temporary: Box::from(""),
            columns: live.map(|live| columns::of(live, &self.named, all)).unwrap_or_default(),
            filters: Vec::new(),
            matches: Vec::new(),
            locking: Box::from(""),
        }
    }

    /// Name the temporary table, and lead the text to it.
    fn name(&mut self, occurrence: &Occurrence, source: &mut GatherSource, can_alias: bool) {
        if self.sources.len() >= MAX_SOURCES {
            self.fail("a statement that names so many tables over several shards");
        }
        let analysis = self.analysis;
        let in_place = *source.keyspace == *self.home && !occurrence.table.moved;
        let taken = |name: &str, sources: &[GatherSource]| {
            sources.iter().any(|source| source.temporary.eq_ignore_ascii_case(name))
        };
        let stays = analysis.occurrences.iter().enumerate().any(|(place, other)| {
            !self.travels(place)
                && *other.table.keyspace == *self.home
                && other.table.table.eq_ignore_ascii_case(&source.table)
        });
        let namesake = self.namesakes.iter().position(|namesake| namesake.table == occurrence.span);
        if in_place && !stays && namesake.is_none() && !taken(&source.table, &self.sources) {
            source.temporary = Box::from(&*source.table);
            if let Some(schema) = occurrence.schema
                && self.planning.context.catalog.is_renamed(self.home)
            {
                let database = Piece::Database(Arc::from(self.home));
                self.edit(schema, vec![database]);
            }
            return;
        }
        let named =
            |name: &str| self.analysis.occurrences.iter().any(|other| other.table.table.eq_ignore_ascii_case(name));
        let short: String = source.table.chars().take(56).collect();
        let mut number = 2;
        let mut name = format!("{short}__{number}");
        while taken(&name, &self.sources) || named(&name) {
            number += 1;
            name = format!("{short}__{number}");
        }
        let mut text = quoted(&name);
        if let Some(namesake) = namesake.map(|at| self.namesakes.swap_remove(at)) {
            for column in namesake.columns {
                // The database is there for nothing else.
                let written = String::from_utf8_lossy(column.of(self.planning.text)).into_owned();
                self.names.push((text.clone().into(), written.into()));
                if let Some(edits) = self.contexts.get_mut(self.context) {
                    edits.cover(column, vec![Piece::Sql(text.clone().into())]);
                }
            }
        } else if can_alias {
            text.push_str(&format!(" AS {}", quoted(&source.alias)));
        }
        source.temporary = name.into();
        self.rename(occurrence.span, text);
    }

    /// The locking clause for a table of the block.
    fn locking(&self, factor: &TableFactor) -> Box<str> {
        let name = &factor.exposed_name().value;
        let found = self.locks.iter().find(|lock| {
            lock.of.is_empty() || lock.of.iter().any(|table| crate::sql::ast::eq_ignore_case(&table.name.value, name))
        });
        let Some(lock) = found else { return Box::from("") };
        let strength = match lock.strength {
            LockStrength::Update => " FOR UPDATE",
            LockStrength::Share => " FOR SHARE",
            LockStrength::LockInShareMode => " LOCK IN SHARE MODE",
        };
        let wait = match lock.wait {
            Some(LockWait::NoWait) => " NOWAIT",
            Some(LockWait::SkipLocked) => " SKIP LOCKED",
            None => "",
        };
        format!("{strength}{wait}").into()
    }
}

impl Visitor for Walk<'_, '_> {
    fn table_statement(&mut self, statement: &TableStatement) {
        let name = &statement.table;
        if self.cte_use(name, false) {
            return;
        }
        let analysis = self.analysis;
        let found = analysis.occurrences.iter().enumerate().find(|(_, occurrence)| occurrence.span == name.span);
        let Some((place, occurrence)) = found.filter(|(place, _)| self.travels(*place)) else { return };
        if self.system(occurrence) {
            return;
        }
        let mut source = self.source(place, occurrence, true);
        self.name(occurrence, &mut source, false);
        self.sources.push(source);
        self.places.push(place);
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Match(found) => self.full_text(expr, found),
            _ => walk_expr(self, expr),
        }
    }

    fn query(&mut self, query: &Query) {
        if self.error.is_some() {
            return;
        }
        let outside = std::mem::replace(&mut self.locks, query.locking.clone());
        self.scope(query.with.as_ref(), |walk| {
            walk_query_body(walk, &query.body);
            query.order_by.iter().for_each(|item| walk.expr(&item.expr));
            if let Some(limit) = &query.limit {
                walk.expr(&limit.count);
                limit.offset.iter().for_each(|expr| walk.expr(expr));
            }
        });
        self.locks = outside;
    }

    fn select(&mut self, select: &Select) {
        let blocks = self.blocks.len();
        self.block(&Block::of(select), false);
        let locks = std::mem::take(&mut self.locks);
        walk_select(self, select);
        self.locks = locks;
        self.blocks.truncate(blocks);
    }
}

/// The name of a CTE's copy.
fn copy_name(name: &str, number: usize) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}__{}", number + 1) }
}
