//! SHOW statements about databases, tables and programs, as the queries on `information_schema` that they stand for:
//! where no one server answers them with the names that clients use, or for all shards.

use super::Context;
use super::any_keyspace;
use super::cursor::Cursor;
use super::edit::Edits;
use super::statement::{literal_slots, pins};
use crate::catalog::Database;
use crate::error::SqlError;
use crate::fingerprint::{Fingerprint, unquote};
use crate::information_schema::layout;
use crate::literal::write_identifier;
use crate::plan::{
    Effects, KnownValue, Metadata, MetadataPart, MetadataTable, Operator, Piece, Plan, StatementClass, Target, Template,
};
use crate::sql::ast::Span;
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// A SHOW as a query.
struct Query {
    table: &'static str,
    /// Columns and their names in the result.
    items: Vec<(&'static str, String)>,
    /// The column that LIKE is about.
    liked: &'static str,
    order: &'static str,
    condition: Option<&'static str>,
    /// Whether it is about one database, which FROM names, else the session's.
    of_database: bool,
}

const TABLE_STATUS: [(&str, &str); 18] = [
    ("TABLE_NAME", "Name"),
    ("ENGINE", "Engine"),
    ("VERSION", "Version"),
    ("ROW_FORMAT", "Row_format"),
    ("TABLE_ROWS", "Rows"),
    ("AVG_ROW_LENGTH", "Avg_row_length"),
    ("DATA_LENGTH", "Data_length"),
    ("MAX_DATA_LENGTH", "Max_data_length"),
    ("INDEX_LENGTH", "Index_length"),
    ("DATA_FREE", "Data_free"),
    ("AUTO_INCREMENT", "Auto_increment"),
    ("CREATE_TIME", "Create_time"),
    ("UPDATE_TIME", "Update_time"),
    ("CHECK_TIME", "Check_time"),
    ("TABLE_COLLATION", "Collation"),
    ("CHECKSUM", "Checksum"),
    ("CREATE_OPTIONS", "Create_options"),
    ("TABLE_COMMENT", "Comment"),
];

const TRIGGERS: [(&str, &str); 11] = [
    ("TRIGGER_NAME", "Trigger"),
    ("EVENT_MANIPULATION", "Event"),
    ("EVENT_OBJECT_TABLE", "Table"),
    ("ACTION_STATEMENT", "Statement"),
    ("ACTION_TIMING", "Timing"),
    ("CREATED", "Created"),
    ("SQL_MODE", "sql_mode"),
    ("DEFINER", "Definer"),
    ("CHARACTER_SET_CLIENT", "character_set_client"),
    ("COLLATION_CONNECTION", "collation_connection"),
    ("DATABASE_COLLATION", "Database Collation"),
];

const EVENTS: [(&str, &str); 15] = [
    ("EVENT_SCHEMA", "Db"),
    ("EVENT_NAME", "Name"),
    ("DEFINER", "Definer"),
    ("TIME_ZONE", "Time zone"),
    ("EVENT_TYPE", "Type"),
    ("EXECUTE_AT", "Execute at"),
    ("INTERVAL_VALUE", "Interval value"),
    ("INTERVAL_FIELD", "Interval field"),
    ("STARTS", "Starts"),
    ("ENDS", "Ends"),
    ("STATUS", "Status"),
    ("ORIGINATOR", "Originator"),
    ("CHARACTER_SET_CLIENT", "character_set_client"),
    ("COLLATION_CONNECTION", "collation_connection"),
    ("DATABASE_COLLATION", "Database Collation"),
];

const ROUTINES: [(&str, &str); 12] = [
    ("ROUTINE_SCHEMA", "Db"),
    ("ROUTINE_NAME", "Name"),
    ("ROUTINE_TYPE", "Type"),
    ("EXTERNAL_LANGUAGE", "Language"),
    ("DEFINER", "Definer"),
    ("LAST_ALTERED", "Modified"),
    ("CREATED", "Created"),
    ("SECURITY_TYPE", "Security_type"),
    ("ROUTINE_COMMENT", "Comment"),
    ("CHARACTER_SET_CLIENT", "character_set_client"),
    ("COLLATION_CONNECTION", "collation_connection"),
    ("DATABASE_COLLATION", "Database Collation"),
];

fn owned(items: &[(&'static str, &'static str)]) -> Vec<(&'static str, String)> {
    items.iter().map(|(column, name)| (*column, (*name).to_owned())).collect()
}

/// Plan the SHOW if it is one of these, with the cursor behind the word; `None`, and the cursor where it was, if not.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Option<Plan>, SqlError> {
    if context.catalog.is_one_server() {
        return Ok(None);
    }
    let mark = cursor.mark();
    let found = show(cursor, fingerprint, context)?;
    if found.is_none() {
        cursor.back(mark);
    }
    Ok(found)
}

fn show(cursor: &mut Cursor<'_>, fingerprint: &Fingerprint, context: &Context<'_>) -> Result<Option<Plan>, SqlError> {
    let mut full = false;
    while ["FULL", "EXTENDED"].iter().any(|word| cursor.eat(word)) {
        full = true;
    }
    if cursor.eat("CREATE") {
        return create_database(cursor, context);
    }
    let mut sums = false;
    let mut query = match cursor.word().as_str() {
        "TABLES" => {
            cursor.next();
            let mut items = vec![("TABLE_NAME", String::new())];
            if full {
                items.push(("TABLE_TYPE", "Table_type".to_owned()));
            }
            let (liked, order) = ("TABLE_NAME", "TABLE_NAME");
            Query { table: "TABLES", items, liked, order, condition: None, of_database: true }
        }
        "TABLE" if cursor.eat_all(&["TABLE", "STATUS"]) => {
            sums = true;
            let (liked, order) = ("TABLE_NAME", "TABLE_NAME");
            Query { table: "TABLES", items: owned(&TABLE_STATUS), liked, order, condition: None, of_database: true }
        }
        "TRIGGERS" => {
            cursor.next();
            let (liked, order) = ("EVENT_OBJECT_TABLE", "EVENT_OBJECT_TABLE");
            Query { table: "TRIGGERS", items: owned(&TRIGGERS), liked, order, condition: None, of_database: true }
        }
        "EVENTS" => {
            cursor.next();
            let (liked, order) = ("EVENT_NAME", "EVENT_SCHEMA, EVENT_NAME");
            Query { table: "EVENTS", items: owned(&EVENTS), liked, order, condition: None, of_database: true }
        }
        "PROCEDURE" | "FUNCTION" => {
            let condition =
                if cursor.at("PROCEDURE") { "ROUTINE_TYPE = 'PROCEDURE'" } else { "ROUTINE_TYPE = 'FUNCTION'" };
            cursor.next();
            if !cursor.eat("STATUS") {
                return Ok(None);
            }
            let mut items = owned(&ROUTINES);
            // The language came with MySQL 9.
            items.retain(|(column, _)| context.server_version >= 90_000 || *column != "EXTERNAL_LANGUAGE");
            let (liked, order) = ("ROUTINE_NAME", "ROUTINE_SCHEMA, ROUTINE_NAME");
            Query { table: "ROUTINES", items, liked, order, condition: Some(condition), of_database: false }
        }
        "DATABASES" | "SCHEMAS" => {
            cursor.next();
            if !cursor.at("WHERE") {
                return Ok(None);
            }
            let items = vec![("SCHEMA_NAME", "Database".to_owned())];
            let (liked, order) = ("SCHEMA_NAME", "SCHEMA_NAME");
            Query { table: "SCHEMATA", items, liked, order, condition: None, of_database: false }
        }
        _ => return Ok(None),
    };
    let mut database = None;
    if query.of_database {
        let named = if cursor.eat("FROM") || cursor.eat("IN") { Some(cursor.name()?.value) } else { None };
        let Some(name) = named.or_else(|| context.database.map(Box::from)) else { return Ok(None) };
        // Where one server has the database under its own name, that server answers for itself.
        let Some(Database::Keyspace(info)) = context.catalog.database(&name) else { return Ok(None) };
        if !(info.renamed || sums && info.sharded) {
            return Ok(None);
        }
        database = Some(name);
    }
    let mut filter = Filter::None;
    if cursor.eat("LIKE") {
        if cursor.token.kind != TokenKind::String {
            return Err(cursor.unexpected());
        }
        filter = Filter::Like(cursor.next().span);
    } else if cursor.eat("WHERE") {
        let start = cursor.token.span.start;
        while !cursor.at_end() {
            cursor.next();
        }
        filter = Filter::Where(Span::new(start, cursor.before));
    }
    cursor.end()?;
    if query.table == "TABLES" && !sums {
        let pattern = match filter {
            Filter::Like(span) => {
                let pattern = unquote(span.of(cursor.text), context.mode.lex);
                format!(" ({})", context.charset.decode(&pattern))
            }
            Filter::None | Filter::Where(_) => String::new(),
        };
        if let Some((_, name)) = query.items.first_mut() {
            *name = format!("Tables_in_{}{pattern}", database.as_deref().unwrap_or_default());
        }
    }
    assemble(cursor.text, fingerprint, context, &query, database, filter).map(Some)
}

/// SHOW CREATE DATABASE of a keyspace whose database has another name.
fn create_database(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<Plan>, SqlError> {
    if !cursor.eat("DATABASE") && !cursor.eat("SCHEMA") {
        return Ok(None);
    }
    let conditional = if cursor.eat_all(&["IF", "NOT", "EXISTS"]) { "/*!32312 IF NOT EXISTS*/ " } else { "" };
    let name = cursor.name()?.value;
    cursor.end()?;
    if !context.catalog.is_renamed(&name) {
        return Ok(None);
    }
    let Some(layout) = layout("SCHEMATA") else { return Err(super::internal("a SHOW of an unknown table")) };
    let literal = |text: &str| {
        let mut literal = Vec::new();
        crate::literal::write_string(text.as_bytes(), context.mode.lex, &mut literal);
        String::from_utf8_lossy(&literal).into_owned()
    };
    let mut identifier = Vec::new();
    write_identifier(&name, &mut identifier);
    let begin = literal(&format!(
        "CREATE DATABASE {conditional}{} /*!40100 DEFAULT CHARACTER SET ",
        String::from_utf8_lossy(&identifier)
    ));
    // The collation is written where it isn't the character set's, and for that of utf8mb4, which once was another.
    let text = format!(
        "SELECT SCHEMA_NAME AS `Database`, CONCAT({begin}, DEFAULT_CHARACTER_SET_NAME, \
         IF(DEFAULT_COLLATION_NAME = 'utf8mb4_0900_ai_ci' OR DEFAULT_COLLATION_NAME NOT IN (SELECT COLLATION_NAME FROM \
         information_schema.COLLATIONS WHERE IS_DEFAULT = 'Yes'), CONCAT(' COLLATE ', DEFAULT_COLLATION_NAME), ''), \
         ' */ /*!80016 DEFAULT ENCRYPTION=''', LEFT(DEFAULT_ENCRYPTION, 1), ''' */') AS `Create Database` FROM "
    );
    let sql = |text: String| MetadataPart::Text(Template { pieces: vec![Piece::Sql(text.into())] });
    let parts = vec![
        sql(text),
        MetadataPart::Rows { table: 0, alias: Some("SCHEMATA".into()) },
        sql(format!(" WHERE SCHEMA_NAME = {}", literal(&name))),
    ];
    let table =
        MetadataTable { layout, columns: None, schemas: Some(vec![KnownValue::Name(name.clone())]), names: None };
    let keyspace: Arc<str> = Arc::from(&*name);
    let target = if context.catalog.is_sharded(&keyspace) { Target::AnyShard } else { Target::Unsharded };
    let root = Operator::Metadata(Metadata {
        keyspace,
        target,
        across: false,
        tables: vec![table],
        parts,
        alone: Template::UNCHANGED,
    });
    Ok(Some(Plan {
        class: StatementClass::Show,
        tables: Vec::new(),
        demands: Vec::new(),
        pins: Vec::new(),
        effects: Effects::default(),
        lookups: Vec::new(),
        root,
    }))
}

#[derive(Clone, Copy)]
enum Filter {
    None,
    Like(Span),
    Where(Span),
}

fn assemble(
    text: &[u8],
    fingerprint: &Fingerprint,
    context: &Context<'_>,
    query: &Query,
    database: Option<Box<str>>,
    filter: Filter,
) -> Result<Plan, SqlError> {
    let Some(layout) = layout(query.table) else { return Err(super::internal("a SHOW of an unknown table")) };
    let sql = |text: String| MetadataPart::Text(Template { pieces: vec![Piece::Sql(text.into())] });
    let source = |span: Span| Ok::<_, SqlError>(MetadataPart::Text(Edits::default().part(span, fingerprint)?));
    let list: Vec<String> = query
        .items
        .iter()
        .map(|(column, name)| {
            let mut item = format!("{column} AS ").into_bytes();
            write_identifier(name, &mut item);
            String::from_utf8_lossy(&item).into_owned()
        })
        .collect();
    let outer = if matches!(filter, Filter::Where(_)) { "SELECT * FROM (" } else { "" };
    let mut parts = vec![
        sql(format!("{outer}SELECT {} FROM ", list.join(", "))),
        MetadataPart::Rows { table: 0, alias: Some(query.table.into()) },
    ];
    let mut conditions: Vec<String> = query.condition.map(str::to_owned).into_iter().collect();
    if let Some(database) = &database {
        let mut literal = Vec::new();
        crate::literal::write_string(database.as_bytes(), context.mode.lex, &mut literal);
        conditions.push(format!("{} = {}", layout.schema, String::from_utf8_lossy(&literal)));
    }
    let mut written = false;
    for condition in conditions {
        parts.push(sql(format!(" {} {condition}", if written { "AND" } else { "WHERE" })));
        written = true;
    }
    if let Filter::Like(span) = filter {
        parts.push(sql(format!(" {} {} LIKE ", if written { "AND" } else { "WHERE" }, query.liked)));
        parts.push(source(span)?);
    }
    parts.push(sql(format!(" ORDER BY {}", query.order)));
    if let Filter::Where(span) = filter {
        let alias = query.table;
        parts.push(sql(format!(" LIMIT 18446744073709551615) AS `{alias}` WHERE ")));
        parts.push(source(span)?);
    }
    let keyspace: Arc<str> = match &database {
        Some(name) => Arc::from(&**name),
        None => any_keyspace(context),
    };
    let target = if context.catalog.is_sharded(&keyspace) { Target::AnyShard } else { Target::Unsharded };
    let columns = query.items.iter().map(|(column, _)| Box::from(*column)).collect();
    let table = MetadataTable {
        layout,
        columns: Some(columns),
        schemas: database.map(|name| vec![KnownValue::Name(name)]),
        names: None,
    };
    let root = Operator::Metadata(Metadata {
        keyspace,
        target,
        across: false,
        tables: vec![table],
        parts,
        alone: Template::UNCHANGED,
    });
    Ok(Plan {
        class: StatementClass::Show,
        tables: Vec::new(),
        // Patterns are in names of columns.
        demands: Vec::new(),
        pins: pins(text, fingerprint, &literal_slots(fingerprint)),
        effects: Effects::default(),
        lookups: Vec::new(),
        root,
    })
}
