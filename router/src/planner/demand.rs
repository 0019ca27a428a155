//! What a text demands of its user that goes to a server as it is: to one shard (`USE keyspace:shard`), or because it isn't
//! understood. What can't be told to be less is a matter for those who may do everything.

use super::Context;
use super::cursor::Cursor;
use crate::catalog::{MYSQL, is_system_database};
use crate::plan::{Access, Demand};
use crate::sql::ast::{
    DeleteForm, Statement, TableName, TableRef, TableStatement, Visitor, walk_statement, walk_table_ref,
};
use crate::sql::options::ParseOptions;
use crate::sql::parser::parse_statement;
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// Objects of the server, not of a database: their CREATE, ALTER and DROP concern all keyspaces.
const OF_SERVER: [&str; 11] = [
    "DATABASE",
    "INSTANCE",
    "LOGFILE",
    "RESOURCE",
    "ROLE",
    "SCHEMA",
    "SERVER",
    "SPATIAL",
    "TABLESPACE",
    "UNDO",
    "USER",
];

/// What SHOW may show to everybody who may read the keyspace.
const SHOWN: [&str; 33] = [
    "CHARACTER",
    "CHARSET",
    "COLLATION",
    "COLUMNS",
    "COUNT",
    "CREATE",
    "DATABASES",
    "ENGINES",
    "ERRORS",
    "EVENTS",
    "EXTENDED",
    "FIELDS",
    "FULL",
    "FUNCTION",
    "GLOBAL",
    "INDEX",
    "INDEXES",
    "KEYS",
    "LOCAL",
    "OPEN",
    "PLUGINS",
    "PRIVILEGES",
    "PROCEDURE",
    "PROFILE",
    "PROFILES",
    "SCHEMAS",
    "SESSION",
    "STATUS",
    "STORAGE",
    "TABLE",
    "TABLES",
    "TRIGGERS",
    "VARIABLES",
];

/// First words of statements that read or write rows.
const ROWS: [&str; 8] = ["DELETE", "INSERT", "REPLACE", "SELECT", "TABLE", "UPDATE", "VALUES", "WITH"];

/// The demands of a text that goes to the keyspace's server as it is.
pub(super) fn demands(text: &[u8], keyspace: &Arc<str>, context: &Context<'_>, options: &ParseOptions) -> Vec<Demand> {
    let mut cursor = Cursor::new(text, context, options);
    match demanded(&mut cursor, options) {
        Demanded::Nothing => Vec::new(),
        Demanded::Server => vec![Demand { keyspace: None, access: Access::Admin }],
        Demanded::Keyspace(access) => vec![Demand { keyspace: Some(Arc::clone(keyspace)), access }],
        Demanded::Tables(schemas, access) => of_tables(schemas, access, keyspace),
    }
}

/// What a text demands, by its kind.
enum Demanded {
    Nothing,
    /// This of the keyspace.
    Keyspace(Access),
    /// This of the databases that qualify its tables, and of the keyspace for those without one.
    Tables(Vec<Option<String>>, Access),
    /// Everything.
    Server,
}

fn of_tables(schemas: Vec<Option<String>>, access: Access, keyspace: &Arc<str>) -> Vec<Demand> {
    let mut demands = vec![Demand { keyspace: Some(Arc::clone(keyspace)), access }];
    for name in schemas.into_iter().flatten() {
        let readable = is_system_database(&name) && !name.eq_ignore_ascii_case(MYSQL) && access == Access::Read;
        let demand = match &name {
            _ if readable || *name == **keyspace => continue,
            // The accounts, and what is nobody's to change.
            _ if is_system_database(&name) => Demand { keyspace: None, access: Access::Admin },
            _ => Demand { keyspace: Some(Arc::from(name)), access },
        };
        if !demands.contains(&demand) {
            demands.push(demand);
        }
    }
    demands
}

fn demanded(cursor: &mut Cursor<'_>, options: &ParseOptions) -> Demanded {
    match cursor.word().as_str() {
        // The text of the statement that is explained follows after some words.
        "EXPLAIN" | "DESCRIBE" | "DESC" => explained(cursor, options),
        word if ROWS.contains(&word) => rows(cursor, options),
        "" if cursor.token.kind == TokenKind::LeftParen => rows(cursor, options),
        // Without LOCAL the file is the server's.
        "LOAD" if names(cursor, &["LOCAL"]) => Demanded::Keyspace(Access::Write),
        "SHOW" => {
            cursor.next();
            let shown = SHOWN.contains(&&*cursor.word()) && !names(cursor, &["USER"]);
            if shown { Demanded::Keyspace(Access::Read) } else { Demanded::Server }
        }
        "CREATE" | "DROP" | "ALTER" | "RENAME" => {
            cursor.next();
            match cursor.word().as_str() {
                "TEMPORARY" => Demanded::Keyspace(Access::Write),
                word if OF_SERVER.contains(&word) => Demanded::Server,
                _ => Demanded::Keyspace(Access::Admin),
            }
        }
        "TRUNCATE" => Demanded::Keyspace(Access::Admin),
        "ANALYZE" | "CALL" | "CHECK" | "CHECKSUM" | "OPTIMIZE" | "REPAIR" => Demanded::Keyspace(Access::Write),
        "XA" if !names(cursor, &["RECOVER"]) => Demanded::Keyspace(Access::Write),
        "LOCK" if !names(cursor, &["INSTANCE"]) => {
            Demanded::Keyspace(if names(cursor, &["WRITE"]) { Access::Write } else { Access::Read })
        }
        "DO" | "HANDLER" => Demanded::Keyspace(Access::Read),
        "GET" | "HELP" | "RESIGNAL" | "SIGNAL" | "UNLOCK" => Demanded::Nothing,
        _ => Demanded::Server,
    }
}

/// EXPLAIN of a statement, or DESCRIBE of a table; EXPLAIN FOR CONNECTION shows others' statements.
fn explained(cursor: &mut Cursor<'_>, options: &ParseOptions) -> Demanded {
    if names(cursor, &["CONNECTION"]) {
        return Demanded::Server;
    }
    while !cursor.at_end() && !ROWS.contains(&&*cursor.word()) && cursor.token.kind != TokenKind::LeftParen {
        cursor.next();
    }
    match rows(cursor, options) {
        // Nothing is changed by it.
        Demanded::Tables(schemas, _) => Demanded::Tables(schemas, Access::Read),
        other if !cursor.at_end() => other,
        _ => Demanded::Keyspace(Access::Read),
    }
}

/// A statement that reads or writes rows.
fn rows(cursor: &mut Cursor<'_>, options: &ParseOptions) -> Demanded {
    // A file that the server writes.
    if names(cursor, &["OUTFILE", "DUMPFILE"]) {
        return Demanded::Server;
    }
    let Ok(parsed) = parse_statement(cursor.text, cursor.token.span.start as usize, options) else {
        return Demanded::Keyspace(Access::Admin);
    };
    let mut found = Schemas(Vec::new());
    walk_statement(&mut found, &parsed.statement);
    let access = match &parsed.statement {
        Statement::Query(_) => Access::Read,
        Statement::Insert(insert) => {
            found.name(&insert.table);
            Access::Write
        }
        Statement::Update(_) => Access::Write,
        Statement::Delete(delete) => {
            match &delete.form {
                DeleteForm::Single(table) => found.name(&table.name),
                DeleteForm::Multi { targets, .. } => targets.iter().for_each(|table| found.name(table)),
            }
            Access::Write
        }
    };
    Demanded::Tables(found.0, access)
}

/// The databases that tables are qualified by.
struct Schemas(Vec<Option<String>>);

impl Schemas {
    fn name(&mut self, table: &TableName) {
        self.0.push(table.schema.as_ref().map(|schema| schema.value.to_string()));
    }
}

impl Visitor for Schemas {
    fn table_statement(&mut self, table: &TableStatement) {
        self.name(&table.table);
    }

    fn table_ref(&mut self, table: &TableRef) {
        if let TableRef::Table(table) = table {
            self.name(&table.name);
        }
        walk_table_ref(self, table);
    }
}

/// Whether one of these words stands behind the cursor, which stays where it is.
pub(super) fn names(cursor: &mut Cursor<'_>, words: &[&str]) -> bool {
    let mark = cursor.mark();
    let mut found = false;
    while !cursor.at_end() && !found {
        found = words.iter().any(|name| cursor.at(name));
        cursor.next();
    }
    cursor.back(mark);
    found
}
