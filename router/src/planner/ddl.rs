//! Data definition and maintenance: what kind, and which tables.
//!
//! The words are read by our lexer, which knows where they stand in the text. `sqlparser` reads the same text: where it
//! understands it and finds other tables, the statement is refused rather than run on a guess.

mod dropped;
mod maintained;
mod source;
mod temporary;
mod view;

use super::cursor::{Cursor, Name};
use super::edit::Edits;
use super::{Context, foreign_keys, names};
use crate::catalog::Database;
use crate::error::{Code, SqlError};
use crate::fingerprint::Fingerprint;
use crate::plan::{
    Access, Ddl, DdlKind, DdlObject, Demand, Effects, Local, ObjectKind, Operator, Piece, Plan, Route, StatementClass,
    TableUse, Target, Template,
};
use crate::sql::ast::{Ident, TableName};
use crate::sql::token::TokenKind;
use sqlparser::ast as other;
use std::sync::Arc;

/// What a definition is about.
struct Definition {
    kind: DdlKind,
    tables: Vec<(Option<Name>, Name)>,
    /// CREATE TEMPORARY TABLE, DROP TEMPORARY TABLE.
    temporary: bool,
    /// IF NOT EXISTS, of CREATE TABLE.
    if_not_exists: bool,
    /// IF EXISTS, of DROP TABLE and DROP VIEW.
    if_exists: bool,
    /// CREATE DATABASE and the like: the database.
    database: Option<Name>,
    /// Whether the first table is made by the statement.
    creates: bool,
    /// A trigger, procedure, function or event, which `tables` has instead.
    routine: Option<ObjectKind>,
    /// CREATE VIEW, ALTER VIEW: the cursor stands behind the view's name.
    has_query: bool,
}

/// Plan a definition, with the cursor on its first word. `None`: it isn't one.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Option<Plan>, SqlError> {
    let Some(definition) = read(cursor)? else { return Ok(None) };
    check_with_sqlparser(cursor.text, &definition)?;
    if definition.kind == DdlKind::Database {
        return database(context, &definition).map(Some);
    }
    let mut keyspaces: Vec<Arc<str>> = Vec::new();
    let mut edits = Edits::default();
    let mut tables: Vec<TableUse> = Vec::new();
    for (schema, name) in &definition.tables {
        let keyspace = keyspace_of(context, schema.as_ref(), name, definition.creates)?;
        if let Some(schema) = schema
            && context.catalog.is_renamed(&schema.value)
        {
            edits.replace(schema.span, vec![Piece::Database(Arc::clone(&keyspace))]);
        }
        tables.push(TableUse { keyspace: Arc::clone(&keyspace), table: Arc::from(&*name.value), written: true });
        if !keyspaces.contains(&keyspace) {
            keyspaces.push(keyspace);
        }
    }
    if definition.kind == DdlKind::Maintenance
        && let Some(root) = maintained::plan(cursor.text, fingerprint, context, &definition, &tables)?
    {
        let effects = Effects { implicit_commit: true, ..Effects::default() };
        return Ok(Some(temporary::finished(StatementClass::Show, &tables, effects, root)));
    }
    let keyspace = match keyspaces.as_slice() {
        [] => default_keyspace(context)?,
        [keyspace] => Arc::clone(keyspace),
        [first, rest @ ..] => {
            let group = context.catalog.server_group(first);
            if group.is_none() || rest.iter().any(|other| context.catalog.server_group(other) != group) {
                if let Some(plan) = dropped::plan(context, &definition, &tables, &keyspaces)? {
                    return Ok(Some(plan));
                }
                return Err(SqlError::new(
                    Code::CrossKeyspace,
                    format!(
                        "unsupported: a definition that names tables of several keyspaces ({})",
                        keyspaces.join(", ")
                    ),
                ));
            }
            Arc::clone(first)
        }
    };
    // In another keyspace's database a name alone would be another table.
    for ((schema, name), table) in definition.tables.iter().zip(&tables) {
        if schema.is_none() && table.keyspace != keyspace && !table.keyspace.is_empty() {
            let qualifier = vec![Piece::Database(Arc::clone(&table.keyspace)), Piece::Sql(".".into())];
            edits.replace(crate::sql::ast::Span::at(name.span.start), qualifier);
        }
    }
    let sharded = context.catalog.is_sharded(&keyspace);
    let hidden = tables.iter().any(|table| context.catalog.temporary(&table.keyspace, &table.table).is_some());
    if definition.kind == DdlKind::Truncate && !hidden {
        refuse_owners(context, &keyspace, &tables)?;
    }
    if sharded
        && definition.routine.is_none()
        && !definition.temporary
        && !hidden
        && let Some(table) = tables.first()
    {
        foreign_keys::check(cursor.text, context, &context.parse_options(), &keyspace, &table.table)?;
    }
    if definition.kind == DdlKind::View && definition.has_query {
        view::query(cursor, fingerprint, context, &keyspace, &mut edits)?;
    }
    let mut effects = Effects { implicit_commit: true, ..Effects::default() };
    if definition.kind == DdlKind::CreateTable
        && let Some(from) = source::plan(cursor, fingerprint, context, &definition, &keyspace, &mut tables, &mut edits)?
    {
        if definition.temporary {
            effects = Effects { pins_connection: true, ..Effects::default() };
        }
        let root = Operator::CreateFrom(Box::new(from));
        return Ok(Some(temporary::finished(StatementClass::Ddl, &tables, effects, root)));
    }
    let sql = edits.whole(cursor.text, fingerprint)?;
    let named = tables.get(..definition.tables.len()).unwrap_or(&tables);
    if let Some(plan) = temporary::plan(cursor, context, &definition, &keyspace, named, sql.clone())? {
        return Ok(Some(Plan { tables, ..plan }));
    }
    if definition.kind == DdlKind::Maintenance {
        let keyspace = Arc::clone(&keyspace);
        let root = Operator::Route(Route { keyspace, target: Target::Unsharded, sql, sql_alone: None, hidden: 0 });
        return Ok(Some(temporary::finished(StatementClass::Show, &tables, effects, root)));
    }
    let kind = definition.routine.unwrap_or(ObjectKind::Table);
    let objects = named.iter().map(|table| DdlObject { kind, name: Arc::clone(&table.table) }).collect();
    // Accounts and what else is a server's.
    let of_server = Demand { keyspace: None, access: Access::Admin };
    let demands = if tables.is_empty() { vec![of_server] } else { Vec::new() };
    let root = Operator::Ddl(Ddl { keyspace, kind: definition.kind, objects, sql });
    Ok(Some(Plan { class: StatementClass::Ddl, tables, demands, pins: Vec::new(), effects, lookups: Vec::new(), root }))
}

/// The plan of a definition of temporary tables, for a session whose target is one shard; `None`: it is no such thing.
pub(super) fn of_temporary(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<Plan>, SqlError> {
    let mark = cursor.mark();
    let definition = read(cursor);
    cursor.back(mark);
    // What isn't understood is for the shard.
    let Ok(Some(definition)) = definition else { return Ok(None) };
    let kind = definition.kind;
    let is_of_tables =
        matches!(kind, DdlKind::CreateTable | DdlKind::AlterTable | DdlKind::DropTable | DdlKind::Truncate);
    let is_hidden = |(schema, name): &(Option<Name>, Name)| {
        let keyspace = schema.as_ref().map(|schema| &*schema.value).or(context.database);
        keyspace.is_some_and(|keyspace| context.catalog.temporary(keyspace, &name.value).is_some())
    };
    let changes = kind != DdlKind::CreateTable && definition.tables.iter().any(is_hidden);
    if !is_of_tables || !(definition.temporary || changes) {
        return Ok(None);
    }
    let mut tables: Vec<TableUse> = Vec::new();
    let mut keyspace = None;
    for (schema, name) in &definition.tables {
        let own = keyspace_of(context, schema.as_ref(), name, true)?;
        tables.push(TableUse { keyspace: Arc::clone(&own), table: Arc::from(&*name.value), written: true });
        keyspace = Some(own);
    }
    let Some(keyspace) = keyspace else { return Ok(None) };
    read(cursor)?;
    temporary::plan(cursor, context, &definition, &keyspace, &tables, Template::UNCHANGED)
}

/// TRUNCATE says nothing of the rows that it removes, and so their lookup rows would stay.
fn refuse_owners(context: &Context<'_>, keyspace: &str, tables: &[TableUse]) -> Result<(), SqlError> {
    for table in tables {
        let described = context.catalog.vschema.table(keyspace, &table.table);
        let owned = described.and_then(|table| table.column_vindexes.iter().find(|vindex| vindex.owned));
        if let Some(owned) = owned {
            let message = format!(
                "unsupported: TRUNCATE of `{}`, which owns the lookup vindex `{}`; DELETE removes its rows and their lookup \
                 rows",
                table.table,
                owned.vindex.name()
            );
            return Err(SqlError::new(Code::Unsupported, message));
        }
    }
    Ok(())
}

fn default_keyspace(context: &Context<'_>) -> Result<Arc<str>, SqlError> {
    match context.database {
        Some(name) => match context.catalog.database(name) {
            Some(Database::Keyspace(_) | Database::Adopted) => Ok(Arc::from(name)),
            Some(Database::System) => Ok(super::any_keyspace(context)),
            None => Err(names::unknown_database(name)),
        },
        None if context.catalog.default.is_some() => Ok(Arc::from("")),
        None => Err(SqlError::new(Code::NoDatabase, "No database selected")),
    }
}

fn keyspace_of(context: &Context<'_>, schema: Option<&Name>, name: &Name, creates: bool) -> Result<Arc<str>, SqlError> {
    if let Some(schema) = schema {
        return match context.catalog.database(&schema.value) {
            Some(Database::Keyspace(_) | Database::Adopted) => Ok(Arc::from(&*schema.value)),
            Some(Database::System) => Ok(super::any_keyspace(context)),
            None => Err(names::unknown_database(&schema.value)),
        };
    }
    if context.database.is_some() || creates {
        return default_keyspace(context);
    }
    let ident = Ident { span: name.span, value: name.value.clone() };
    match names::resolve(context, &TableName { span: name.span, schema: None, name: ident }) {
        Ok(found) => Ok(found.keyspace),
        Err(error) if error.code == Code::NoDatabase => default_keyspace(context),
        Err(error) => Err(error),
    }
}

/// CREATE, ALTER and DROP DATABASE: only the adopted MySQL's databases come and go so.
fn database(context: &Context<'_>, definition: &Definition) -> Result<Plan, SqlError> {
    let keyspace: Arc<str> = match &definition.database {
        Some(name) if context.catalog.keyspace(&name.value).is_some() => {
            if definition.creates {
                return Ok(super::local::local(StatementClass::Ddl, Local::NoOperation));
            }
            return Err(SqlError::new(
                Code::Unsupported,
                format!("unsupported: `{}` is a keyspace; keyspaces are changed in topology.yaml", name.value),
            ));
        }
        _ if context.catalog.default.is_some() => Arc::from(""),
        _ => {
            return Err(SqlError::new(
                Code::Unsupported,
                "unsupported: a new database is a keyspace, which is added in topology.yaml",
            ));
        }
    };
    let effects = Effects { implicit_commit: true, ..Effects::default() };
    let named = definition.database.as_ref().map(|name| Arc::from(&*name.value)).or(context.database.map(Arc::from));
    let demand = Demand { keyspace: named, access: Access::Admin };
    let ddl = Ddl { keyspace, kind: DdlKind::Database, objects: Vec::new(), sql: Template::UNCHANGED };
    Ok(Plan {
        class: StatementClass::Ddl,
        tables: Vec::new(),
        demands: vec![demand],
        pins: Vec::new(),
        effects,
        lookups: Vec::new(),
        root: Operator::Ddl(ddl),
    })
}

fn read(cursor: &mut Cursor<'_>) -> Result<Option<Definition>, SqlError> {
    let mut definition = Definition {
        kind: DdlKind::Other,
        tables: Vec::new(),
        temporary: false,
        if_not_exists: false,
        if_exists: false,
        database: None,
        creates: false,
        routine: None,
        has_query: false,
    };
    let verb = cursor.word();
    match verb.as_str() {
        "CREATE" | "ALTER" | "DROP" => {
            cursor.next();
            object(cursor, &verb, &mut definition)?;
        }
        "RENAME" => {
            cursor.next();
            if cursor.eat("TABLE") || cursor.eat("TABLES") {
                definition.kind = DdlKind::RenameTable;
                loop {
                    definition.tables.push(cursor.qualified_name()?);
                    if !cursor.eat("TO") {
                        return Err(cursor.unexpected());
                    }
                    definition.tables.push(cursor.qualified_name()?);
                    if !cursor.eat_token(TokenKind::Comma) {
                        break;
                    }
                }
            } else {
                definition.kind = DdlKind::Account;
            }
        }
        "TRUNCATE" => {
            cursor.next();
            cursor.eat("TABLE");
            definition.kind = DdlKind::Truncate;
            definition.tables.push(cursor.qualified_name()?);
        }
        "ANALYZE" | "OPTIMIZE" | "CHECK" | "REPAIR" | "CHECKSUM" => {
            cursor.next();
            let _ = cursor.eat("NO_WRITE_TO_BINLOG") || cursor.eat("LOCAL");
            if !cursor.eat("TABLE") && !cursor.eat("TABLES") {
                return Err(cursor.unexpected());
            }
            definition.kind = DdlKind::Maintenance;
            list(cursor, &mut definition)?;
        }
        "GRANT" | "REVOKE" => definition.kind = DdlKind::Account,
        _ => return Ok(None),
    }
    Ok(Some(definition))
}

fn list(cursor: &mut Cursor<'_>, definition: &mut Definition) -> Result<(), SqlError> {
    loop {
        definition.tables.push(cursor.qualified_name()?);
        if !cursor.eat_token(TokenKind::Comma) {
            return Ok(());
        }
    }
}

/// What CREATE, ALTER or DROP is about.
fn object(cursor: &mut Cursor<'_>, verb: &str, definition: &mut Definition) -> Result<(), SqlError> {
    let creates = verb == "CREATE";
    // Options before the object's word: OR REPLACE, DEFINER = user@host, ALGORITHM = MERGE, SQL SECURITY INVOKER, UNIQUE.
    for _ in 0..32 {
        match cursor.word().as_str() {
            "TABLE" | "TABLES" => {
                cursor.next();
                definition.kind = match verb {
                    "CREATE" => DdlKind::CreateTable,
                    "ALTER" => DdlKind::AlterTable,
                    _ => DdlKind::DropTable,
                };
                definition.creates = creates;
                definition.if_not_exists = cursor.eat_all(&["IF", "NOT", "EXISTS"]);
                definition.if_exists = cursor.eat_all(&["IF", "EXISTS"]);
                return if verb == "DROP" {
                    list(cursor, definition)
                } else {
                    definition.tables.push(cursor.qualified_name()?);
                    Ok(())
                };
            }
            "VIEW" => {
                cursor.next();
                definition.kind = DdlKind::View;
                definition.creates = creates;
                definition.has_query = verb != "DROP";
                definition.if_not_exists = cursor.eat_all(&["IF", "NOT", "EXISTS"]);
                definition.if_exists = cursor.eat_all(&["IF", "EXISTS"]);
                return if verb == "DROP" {
                    list(cursor, definition)
                } else {
                    definition.tables.push(cursor.qualified_name()?);
                    Ok(())
                };
            }
            "INDEX" => {
                cursor.next();
                definition.kind = DdlKind::AlterTable;
                while !cursor.at_end() && !cursor.at("ON") {
                    cursor.next();
                }
                if !cursor.eat("ON") {
                    return Err(cursor.unexpected());
                }
                definition.tables.push(cursor.qualified_name()?);
                return Ok(());
            }
            "DATABASE" | "SCHEMA" => {
                cursor.next();
                definition.kind = DdlKind::Database;
                definition.creates = creates;
                let _ = cursor.eat_all(&["IF", "NOT", "EXISTS"]) || cursor.eat_all(&["IF", "EXISTS"]);
                definition.database = cursor.name().ok();
                return Ok(());
            }
            word @ ("PROCEDURE" | "FUNCTION" | "TRIGGER" | "EVENT") => {
                definition.kind = DdlKind::Routine;
                definition.creates = true;
                definition.routine = Some(match word {
                    "PROCEDURE" => ObjectKind::Procedure,
                    "FUNCTION" => ObjectKind::Function,
                    "TRIGGER" => ObjectKind::Trigger,
                    _ => ObjectKind::Event,
                });
                cursor.next();
                let _ = cursor.eat_all(&["IF", "NOT", "EXISTS"]) || cursor.eat_all(&["IF", "EXISTS"]);
                definition.tables.push(cursor.qualified_name()?);
                return Ok(());
            }
            "USER" | "ROLE" => {
                definition.kind = DdlKind::Account;
                return Ok(());
            }
            "TEMPORARY" => {
                cursor.next();
                definition.temporary = true;
            }
            _ if cursor.at_end() => return Err(cursor.unexpected()),
            _ => {
                cursor.next();
            }
        }
    }
    Ok(())
}

/// Refuse a definition of tables in which `sqlparser` sees other tables than the lexer did.
fn check_with_sqlparser(text: &[u8], definition: &Definition) -> Result<(), SqlError> {
    if text.len() > 64 << 10 {
        return Ok(());
    }
    let Ok(text) = std::str::from_utf8(text) else { return Ok(()) };
    let parser = sqlparser::parser::Parser::new(&sqlparser::dialect::MySqlDialect {}).with_recursion_limit(64);
    let Ok(statements) = parser.try_with_sql(text).and_then(|mut parser| parser.parse_statements()) else {
        return Ok(());
    };
    let [statement] = statements.as_slice() else { return Ok(()) };
    let found: Vec<&other::ObjectName> = match statement {
        other::Statement::CreateTable(create) => vec![&create.name],
        other::Statement::AlterTable(alter) => vec![&alter.name],
        other::Statement::CreateIndex(index) => vec![&index.table_name],
        other::Statement::Drop { object_type: other::ObjectType::Table | other::ObjectType::View, names, .. } => {
            names.iter().collect()
        }
        other::Statement::Truncate(truncate) => truncate.table_names.iter().map(|table| &table.name).collect(),
        _ => return Ok(()),
    };
    let same = found.len() == definition.tables.len()
        && found.iter().zip(&definition.tables).all(|(found, (schema, name))| {
            let parts: Vec<&str> = found.0.iter().filter_map(|part| part.as_ident()).map(|part| &*part.value).collect();
            match (parts.as_slice(), schema) {
                ([table], None) => **table == *name.value,
                ([database, table], Some(schema)) => **database == *schema.value && **table == *name.value,
                _ => false,
            }
        });
    if same {
        return Ok(());
    }
    Err(SqlError::new(
        Code::Unsupported,
        "unsupported: it isn't certain which tables this definition is about; write their names without other words around",
    ))
}
