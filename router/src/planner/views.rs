//! Views as text: what their definitions say, and statements with the definitions in the place of the names.

use super::Context;
use super::edit::Edits;
use super::functions::Functions;
use super::names::{self, Resolved};
use super::statement::Planning;
use crate::catalog::Database;
use crate::error::{Code, SqlError};
use crate::literal::quoted;
use crate::plan::Piece;
use crate::schema;
use crate::sql;
use crate::sql::ast::{
    Expr, ExprKind, Parsed, Query, QueryBody, Select, SelectItemKind, Span, TableFactor, TableName, TableRef,
    TableStatement, Visitor, walk_expr, walk_query, walk_select, walk_table_ref,
};
use crate::sql::options::ParseOptions;

/// How deep views may name views.
const MAX_DEPTH: u32 = 32;
/// How long the text of a statement may get by its views.
const MAX_BYTES: usize = 4 << 20;

/// A refusal of a statement that names a view.
pub(super) fn unsupported(view: &Resolved, why: &str) -> SqlError {
    let message = format!("unsupported: the view `{}`.`{}`: {why}", view.keyspace, view.table);
    SqlError::new(Code::Unsupported, message)
}

/// A view that is looked into.
#[derive(Clone, Copy)]
pub(super) struct Source<'v> {
    keyspace: &'v str,
    name: &'v str,
    columns: &'v [schema::Column],
    view: &'v schema::View,
}

impl<'v> Source<'v> {
    /// Of a view that a name means.
    pub(super) fn of(context: &Context<'v>, table: &Resolved) -> Result<Self, SqlError> {
        let catalog = context.catalog;
        let live = table.view(context);
        let Some((live, view)) = live.and_then(|live| Some((live, live.view.as_ref()?))) else {
            return Err(unsupported(
                table,
                "its definition isn't known; the backend user needs the SHOW VIEW privilege to read it",
            ));
        };
        // The catalog's own name, which lives as long as it does.
        let keyspace = catalog.keyspace(&table.keyspace).map(|info| &*info.name);
        let Some(keyspace) = keyspace else { return Err(unsupported(table, "it isn't in a keyspace")) };
        Ok(Source { keyspace, name: &live.name, columns: &live.columns, view })
    }

    fn refuse(&self, why: &str) -> SqlError {
        let message = format!("unsupported: the view `{}`.`{}`: {why}", self.keyspace, self.name);
        SqlError::new(Code::Unsupported, message)
    }

    /// The text of its query.
    pub(super) fn text(&self) -> &'v [u8] {
        self.view.definition.as_bytes()
    }

    /// Its columns, as the items of its query are called.
    pub(super) fn columns(&self) -> &'v [schema::Column] {
        self.columns
    }

    /// Its query.
    pub(super) fn parse(&self, context: &Context<'_>) -> Result<Parsed, SqlError> {
        let options = ParseOptions { server_version: context.server_version, ..ParseOptions::default() };
        sql::parser::parse_statement(self.view.definition.as_bytes(), 0, &options)
            .map_err(|error| self.refuse(&format!("its definition can't be read: {error}")))
    }

    /// The keyspace of a database that is named in the definition.
    fn keyspace_of<'n>(&'n self, database: &'n str) -> &'n str {
        if *database == *self.view.database { self.keyspace } else { database }
    }

    /// The table of a name in the definition. Routing rules are about what clients name.
    pub(super) fn resolve(&self, context: &Context<'_>, name: &TableName) -> Result<Resolved, SqlError> {
        let database = name.schema.as_ref().map_or(self.keyspace, |schema| self.keyspace_of(&schema.value));
        let found = names::in_database(context, database, &name.name.value)?;
        if context.catalog.temporary(&found.keyspace, &found.table).is_some() {
            return Err(self.refuse(&format!(
                "it is over `{}`, which a temporary table of the session hides, but not from views",
                found.table
            )));
        }
        let same = *found.keyspace == *self.keyspace;
        match context.catalog.database(self.keyspace) {
            Some(Database::Keyspace(info)) if info.sharded && !same => {
                Err(self.refuse(&format!("it is over `{database}`.`{}`, which its shards don't have", found.table)))
            }
            _ => Ok(found),
        }
    }

    /// The definition in parentheses, with the definitions of the views in it in the place of their names, and the
    /// keyspaces' names for the databases.
    fn expanded(&self, context: &Context<'_>, depth: u32) -> Result<String, SqlError> {
        if depth > MAX_DEPTH {
            return Err(self.refuse("it is made of too many views"));
        }
        let parsed = self.parse(context)?;
        let text = &*self.view.definition;
        let mut found = Names::of(&parsed);
        let mut edits: Vec<(Span, String)> = Vec::new();
        for name in found.tables.drain(..) {
            let Some(schema) = &name.name.schema else { continue };
            let table = self.resolve(context, &name.name)?;
            if table.view(context).is_some() {
                let inner = Source::of(context, &table)?;
                let body = inner.expanded(context, depth + 1)?;
                edits.push((name.name.span, body));
                edits.push((Span::at(name.end), inner.alias(name.alias.is_none().then_some(&*name.name.name.value))));
            } else if *self.keyspace_of(&schema.value) != *schema.value {
                edits.push((schema.span, quoted(self.keyspace_of(&schema.value))));
            }
        }
        // Items are called by the view's own columns; in it a table's name is enough.
        edits.extend(found.qualifiers.into_iter().map(|span| (span, String::new())));
        edits.sort_by_key(|(span, _)| (span.start, span.end));
        let mut out = String::with_capacity(text.len() + 2);
        out.push('(');
        let mut copied = 0;
        for (span, new) in edits {
            out.push_str(text.get(copied..span.start as usize).unwrap_or_default());
            out.push_str(&new);
            copied = span.end as usize;
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        out.push(')');
        if out.len() > MAX_BYTES { Err(self.refuse("its text is too long")) } else { Ok(out) }
    }

    /// What stands behind the definition as a derived table: its name, unless it has one, and its columns.
    fn alias(&self, name: Option<&str>) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        let name = name.map(|name| format!(" AS {}", quoted(name))).unwrap_or_default();
        format!("{name} ({})", columns.join(", "))
    }
}

/// Edits that put the definitions of all views in the place of their names, for the statement to be planned again; what
/// the session knows is put in, too.
///
/// # Errors
/// When a definition can't be put in: why.
pub(super) fn expand(planning: &Planning<'_>, views: &[(Span, Resolved)]) -> Result<Edits, SqlError> {
    let context = planning.context;
    let mut edits = Edits::default();
    planning.functions.edit(planning.text, planning.fingerprint, &mut edits)?;
    let found = Names::of(planning.parsed);
    for (span, table) in views {
        let source = Source::of(context, table)?;
        let functions = Functions::of(&source.parse(context)?.statement, source.text());
        if !functions.effects.session_values.is_empty() || functions.user_locks {
            return Err(source.refuse("it calls a function whose value only the session knows"));
        }
        let text = source.expanded(context, 1)?;
        if context.mode.lex.no_backslash_escapes && text.contains('\\') {
            return Err(source.refuse("its definition has a `\\`, and sql_mode has NO_BACKSLASH_ESCAPES"));
        }
        if !text.is_ascii() && context.charset.encoding().is_some() {
            return Err(source.refuse("its definition isn't ASCII, and the session's character set isn't UTF-8"));
        }
        if let Some(named) = found.tables.iter().find(|named| named.name.span == *span) {
            let alias = source.alias(named.alias.is_none().then_some(&*named.name.name.value));
            if found.locked.contains(span) {
                return Err(
                    source.refuse("FOR UPDATE and FOR SHARE of a view whose rows are gathered lock none of them")
                );
            }
            if named.hinted {
                return Err(source.refuse("index hints and partitions don't go with a view"));
            }
            edits.replace(*span, vec![Piece::Sql(text.into())]);
            edits.insert(named.end, alias);
        } else if let Some((whole, name)) = found.statements.iter().find(|(_, name)| name.span == *span) {
            let alias = source.alias(Some(&*name.name.value));
            edits.replace(*whole, vec![Piece::Sql(format!("SELECT * FROM {text}{alias}").into())]);
        } else {
            return Err(source.refuse("it stands where its definition can't"));
        }
    }
    // `db.view.column`: what stands in the view's place has no database.
    for (schema, database, table) in &found.columns {
        let is_view = views.iter().any(|(_, view)| *view.keyspace == **database && *view.table == **table);
        if is_view {
            edits.replace(*schema, Vec::new());
        }
    }
    Ok(edits)
}

/// A table's name where an alias can stand behind it.
struct Named {
    name: TableName,
    alias: Option<Box<str>>,
    /// Behind the name and its alias.
    end: u32,
    hinted: bool,
}

/// What a statement names.
#[derive(Default)]
struct Names {
    tables: Vec<Named>,
    /// `TABLE t`: its span, and the name.
    statements: Vec<(Span, TableName)>,
    /// Tables whose rows a locking clause of their own query locks.
    locked: Vec<Span>,
    /// The database and point of columns that are written with their database.
    qualifiers: Vec<Span>,
    /// The same with the database and the table.
    columns: Vec<(Span, Box<str>, Box<str>)>,
}

impl Names {
    fn of(parsed: &Parsed) -> Self {
        let mut names = Names::default();
        crate::sql::ast::walk_statement(&mut names, &parsed.statement);
        names
    }

    fn factor(&mut self, factor: &TableFactor) {
        self.tables.push(Named {
            name: factor.name.clone(),
            alias: factor.alias.as_ref().map(|alias| alias.value.clone()),
            end: factor.alias.as_ref().map_or(factor.name.span.end, |alias| alias.span.end),
            hinted: !factor.partitions.is_empty() || !factor.index_hints.is_empty() || factor.sample.is_some(),
        });
    }
}

impl Visitor for Names {
    fn query(&mut self, query: &Query) {
        if !query.locking.is_empty()
            && let QueryBody::Select(select) = &query.body
        {
            select.from.iter().for_each(|table| locked(table, &mut self.locked));
        }
        walk_query(self, query);
    }

    fn select(&mut self, select: &Select) {
        for item in &select.items {
            if let SelectItemKind::AllOf(name) = &item.kind
                && let Some(schema) = &name.schema
            {
                let span = Span::new(schema.span.start, name.name.span.start);
                self.columns.push((span, schema.value.clone(), name.name.value.clone()));
            }
        }
        walk_select(self, select);
    }

    fn table_statement(&mut self, table: &TableStatement) {
        self.statements.push((table.span, table.table.clone()));
    }

    fn table_ref(&mut self, table: &TableRef) {
        if let TableRef::Table(factor) = table {
            self.factor(factor);
        }
        walk_table_ref(self, table);
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Column(column) = &expr.kind
            && let (Some(schema), Some(table)) = (&column.schema, &column.table)
        {
            let span = Span::new(schema.span.start, table.span.start);
            self.qualifiers.push(span);
            self.columns.push((span, schema.value.clone(), table.value.clone()));
        }
        walk_expr(self, expr);
    }
}

fn locked(table: &TableRef, into: &mut Vec<Span>) {
    match table {
        TableRef::Table(factor) => into.push(factor.name.span),
        TableRef::Join(join) => {
            locked(&join.left, into);
            locked(&join.right, into);
        }
        TableRef::List(list) => list.tables.iter().for_each(|table| locked(table, into)),
        TableRef::Derived(_) | TableRef::Json(_) => {}
    }
}
