//! Tables of one name in several keyspaces, which a statement tells apart by their databases. Where it runs they are all in
//! one database, so each but those of one keyspace gets a name of its own.

use crate::catalog::is_system_database;
use crate::error::{Code, SqlError};
use crate::planner::analysis::Analysis;
use crate::planner::statement::Planning;
use crate::sql::ast::{
    ColumnRef, Expr, ExprKind, Ident, Select, SelectItemKind, Span, Statement, TableName, TableRef, Visitor, walk_expr,
    walk_select, walk_statement, walk_table_ref,
};

/// A table that gets a name of its own.
pub(super) struct Namesake {
    /// Its name in the FROM clause.
    pub(super) table: Span,
    /// Its name in columns that are written with their databases.
    pub(super) columns: Vec<Span>,
}

/// The tables that need names of their own, where the statement runs in `home`.
///
/// # Errors
/// When they can't be given to all their columns for sure.
pub(super) fn find(planning: &Planning<'_>, analysis: &Analysis<'_>, home: &str) -> Result<Vec<Namesake>, SqlError> {
    let mut found = Names::default();
    walk_statement(&mut found, &planning.parsed.statement);
    let tables: Vec<Named<'_>> = found.tables.iter().filter_map(|table| Named::of(table, planning, analysis)).collect();
    let mut namesakes = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for table in &tables {
        if seen.iter().any(|name| name.eq_ignore_ascii_case(table.name)) {
            continue;
        }
        seen.push(table.name);
        let group: Vec<&Named<'_>> =
            tables.iter().filter(|other| other.name.eq_ignore_ascii_case(table.name)).collect();
        if group.iter().all(|other| other.database == table.database) {
            continue;
        }
        let columns = || found.columns.iter().filter(|(_, name, _)| name.eq_ignore_ascii_case(table.name));
        let bare = columns().any(|(database, ..)| database.is_none());
        let qualified = columns().any(|(database, ..)| database.is_some());
        if bare && !qualified {
            // Each block's are of its own table, or MySQL says that there are two.
            continue;
        }
        let refused = |what: &str| {
            let message = format!(
                "unsupported: tables called `{}` of several keyspaces, {what}; give the tables aliases, and write the columns \
                 with these",
                table.name
            );
            Err(SqlError::new(Code::Unsupported, message))
        };
        if bare {
            return refused("where some columns are written with their databases and some with the table only");
        }
        let kept = group.iter().find(|one| one.database == home).or(group.first()).map_or("", |one| one.database);
        for one in group.iter().filter(|one| one.database != kept) {
            if group.iter().filter(|other| other.database == one.database).count() > 1 {
                return refused("one of which is named more than once");
            }
            if one.aliased || found.with || !matches!(planning.parsed.statement, Statement::Query(_)) {
                return refused("one of which is an alias, or in a statement with WITH or one that writes");
            }
            let is_its = |database: &Option<Box<str>>| database.as_deref() == Some(one.database);
            let columns = columns().filter(|(database, ..)| is_its(database)).map(|(.., span)| *span).collect();
            namesakes.push(Namesake { table: one.span, columns });
        }
    }
    Ok(namesakes)
}

/// A table of a FROM clause.
struct Named<'n> {
    /// What columns are written with.
    name: &'n str,
    database: &'n str,
    aliased: bool,
    span: Span,
}

impl<'n> Named<'n> {
    /// That of a table that is gathered: no CTE.
    fn of(table: &'n Found, planning: &'n Planning<'_>, analysis: &Analysis<'_>) -> Option<Self> {
        analysis.occurrences.iter().find(|occurrence| occurrence.span == table.span)?;
        let database = table.database.as_deref().or(planning.context.database)?;
        let is_its = !is_system_database(database);
        is_its.then_some(Named { name: &table.name, database, aliased: table.aliased, span: table.span })
    }
}

struct Found {
    name: Box<str>,
    database: Option<Box<str>>,
    aliased: bool,
    span: Span,
}

/// The names of tables, in FROM clauses and in columns.
#[derive(Default)]
struct Names {
    tables: Vec<Found>,
    /// The database and table that a column is written with, and where.
    columns: Vec<(Option<Box<str>>, Box<str>, Span)>,
    with: bool,
}

impl Names {
    fn column(&mut self, column: &ColumnRef) {
        if let Some(table) = &column.table {
            self.add(column.schema.as_ref(), table);
        }
    }

    fn add(&mut self, schema: Option<&Ident>, table: &Ident) {
        let start = schema.map_or(table.span.start, |schema| schema.span.start);
        let database = schema.map(|schema| schema.value.clone());
        self.columns.push((database, table.value.clone(), Span::new(start, table.span.end)));
    }
}

impl Visitor for Names {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column(column) | ExprKind::DefaultOf(column) | ExprKind::InsertValue(column) => {
                self.column(column)
            }
            ExprKind::Match(found) => found.columns.iter().for_each(|column| self.column(column)),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn query(&mut self, query: &crate::sql::ast::Query) {
        self.with |= query.with.is_some();
        // Which tables are locked is told by their names.
        for lock in &query.locking {
            lock.of.iter().for_each(|TableName { schema, name, .. }| self.add(schema.as_ref(), name));
        }
        crate::sql::ast::walk_query(self, query);
    }

    fn select(&mut self, select: &Select) {
        for item in &select.items {
            if let SelectItemKind::AllOf(TableName { schema, name, .. }) = &item.kind {
                self.add(schema.as_ref(), name);
            }
        }
        walk_select(self, select);
    }

    fn table_ref(&mut self, table: &TableRef) {
        if let TableRef::Table(factor) = table {
            self.tables.push(Found {
                name: factor.exposed_name().value.clone(),
                database: factor.name.schema.as_ref().map(|schema| schema.value.clone()),
                aliased: factor.alias.is_some(),
                span: factor.name.span,
            });
        }
        walk_table_ref(self, table);
    }
}
