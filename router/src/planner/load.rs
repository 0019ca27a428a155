//! LOAD DATA and LOAD XML.

use super::columns::{placement, visible_columns};
use super::cursor::{Cursor, Name};
use super::edit::Edits;
use super::insert::auto_increment;
use super::names::{self, Resolved, ResolvedKind};
use super::{Context, pass, statement};
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, unquote};
use crate::load_text::LoadFormat;
use crate::plan::{Effects, Load, Operator, Piece, Plan, Route, StatementClass, TableUse, Target};
use crate::sql::ast::{Ident, Span, TableName, eq_ignore_case};
use crate::sql::token::TokenKind;
use std::sync::Arc;

/// Character sets of which no character's second byte can be taken for ASCII, so that a text can be cut byte by byte.
const CUT_BY_BYTES: [&str; 9] =
    ["utf8mb4", "utf8mb3", "utf8", "ascii", "binary", "latin1", "latin2", "latin5", "cp1251"];

/// What is read of a statement.
struct Clauses {
    local: bool,
    xml: bool,
    file: Box<[u8]>,
    table: (Option<Name>, Name),
    charset: Option<Box<str>>,
    format: LoadFormat,
    /// `IGNORE n LINES`, and how many.
    ignored: Option<(Span, u64)>,
    /// The list of columns and variables: where it begins, and the columns' names (`None`: a variable).
    list: Option<(u32, Vec<Option<Box<str>>>)>,
    /// Columns that SET assigns.
    assigned: Vec<Box<str>>,
    variables: bool,
}

/// Plan the statement, with the cursor on LOAD.
pub(super) fn plan(
    cursor: &mut Cursor<'_>,
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Plan, SqlError> {
    // What isn't read (LOAD INDEX INTO CACHE) goes where one server gets everything.
    let Some(clauses) = read(cursor, context)? else { return pass(context) };
    let (schema, name) = &clauses.table;
    let ident = |name: &Name| Ident { span: name.span, value: name.value.clone() };
    let span = Span::new(schema.as_ref().map_or(name.span.start, |schema| schema.span.start), name.span.end);
    let table = names::resolve(context, &TableName { span, schema: schema.as_ref().map(ident), name: ident(name) })?;
    let mut edits = Edits::default();
    if table.moved || schema.as_ref().is_some_and(|schema| context.catalog.is_renamed(&schema.value)) {
        let mut written = Vec::from(*b".");
        crate::literal::write_identifier(&table.table, &mut written);
        let written = String::from_utf8_lossy(&written).into_owned();
        edits.replace(span, vec![Piece::Database(Arc::clone(&table.keyspace)), Piece::Sql(written.into())]);
    }
    let used = TableUse { keyspace: Arc::clone(&table.keyspace), table: Arc::clone(&table.table), written: true };
    let effects = Effects { taints_connection: clauses.variables, asks_for_file: clauses.local, ..Effects::default() };
    let whole = |target| -> Result<Operator, SqlError> {
        let sql = edits.whole(cursor.text, fingerprint)?;
        let keyspace = Arc::clone(&table.keyspace);
        Ok(Operator::Route(Route { keyspace, target, sql, sql_alone: None, hidden: 0 }))
    };
    let mut pins = Vec::new();
    let root = match &table.kind {
        ResolvedKind::System => return Err(unsupported("LOAD into a table of the server's own")),
        ResolvedKind::View => return Err(unsupported("LOAD into a view of a sharded keyspace; load into its table")),
        ResolvedKind::Unsharded(_) => whole(Target::Unsharded)?,
        ResolvedKind::Pinned(vtable) => whole(vtable.pinned.clone().map_or(Target::Scatter, Target::Pinned))?,
        ResolvedKind::Reference(_) => {
            return Err(unsupported("LOAD DATA into a reference table, which every shard has; use INSERT"));
        }
        ResolvedKind::Sharded(_) => {
            pins = statement::literal_slots(fingerprint);
            Operator::Load(Box::new(split(clauses, &table, edits, cursor.text, fingerprint, context)?))
        }
    };
    let pins = statement::pins(cursor.text, fingerprint, &pins);
    Ok(Plan { class: StatementClass::Load, tables: vec![used], pins, effects, lookups: Vec::new(), root })
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: {what}"))
}

/// Load into a table whose rows are split.
fn split(
    clauses: Clauses,
    table: &Resolved,
    mut edits: Edits,
    text: &[u8],
    fingerprint: &Fingerprint,
    context: &Context<'_>,
) -> Result<Load, SqlError> {
    if !clauses.local {
        return Err(unsupported(
            "LOAD DATA without LOCAL into a sharded table: the file would have to be on each shard's server; say LOCAL",
        ));
    }
    if clauses.xml {
        return Err(unsupported("LOAD XML into a sharded table; LOAD DATA LOCAL is supported"));
    }
    let format = clauses.format;
    if format.field_end.is_empty() {
        return Err(unsupported("fields of fixed width in a LOAD DATA into a sharded table"));
    }
    let markers = format
        .field_end
        .iter()
        .chain(&format.line_end)
        .chain(&format.line_start)
        .chain(&format.enclosed)
        .chain(&format.escape);
    if !markers.copied().all(|byte| byte.is_ascii()) {
        return Err(unsupported("terminators beyond ASCII in a LOAD DATA into a sharded table"));
    }
    if let Some(charset) = &clauses.charset
        && !CUT_BY_BYTES.iter().any(|known| eq_ignore_case(known, charset))
    {
        return Err(unsupported(&format!("a file in {charset} in a LOAD DATA into a sharded table")));
    }
    let utf8 = clauses.charset.as_deref().is_some_and(|name| name.to_ascii_lowercase().starts_with("utf8"));
    let (Some(vtable), Some(vindex)) = (table.vtable(), table.primary_vindex()) else {
        return Err(super::internal("a sharded table has no vindex"));
    };
    refuse_lookups(context, table)?;
    let columns: Vec<Option<Box<str>>> = match &clauses.list {
        Some((_, columns)) => columns.clone(),
        None => visible_columns(context, table)
            .ok_or_else(|| {
                let message = format!("the columns of `{}` aren't known: name them in the LOAD DATA", table.table);
                SqlError::new(Code::NoColumnList, message)
            })?
            .into_iter()
            .map(Some)
            .collect(),
    };
    let place = |name: &str| {
        columns.iter().position(|column| column.as_deref().is_some_and(|column| eq_ignore_case(column, name)))
    };
    if let Some(column) =
        vindex.columns.iter().find(|key| clauses.assigned.iter().any(|assigned| eq_ignore_case(assigned, key)))
    {
        return Err(unsupported(&format!("SET of the shard key's column '{column}' in a LOAD DATA")));
    }
    let fields = columns.len();
    let auto = vtable.auto_increment.as_ref().map(auto_increment);
    let given = auto.as_ref().and_then(|auto| place(&auto.column));
    let generated = auto.filter(|auto| {
        given.is_none() && !clauses.assigned.iter().any(|assigned| eq_ignore_case(assigned, &auto.column))
    });
    if let Some(auto) = &generated {
        let quoted = crate::literal::quoted(&auto.column);
        match &clauses.list {
            Some((start, _)) if fields > 0 => edits.insert(start + 1, format!("{quoted}, ")),
            _ => {
                return Err(SqlError::new(
                    Code::NoColumnList,
                    format!("name the columns in the LOAD DATA into {}", table.table),
                ));
            }
        }
    }
    let mut key = Vec::with_capacity(vindex.columns.len());
    for column in &vindex.columns {
        let field = place(column);
        let is_generated = generated.as_ref().is_some_and(|auto| eq_ignore_case(&auto.column, column));
        if field.is_none() && !is_generated {
            let message =
                format!("Field '{column}' doesn't have a default value: it is the shard key of {}", table.table);
            return Err(SqlError::new(Code::NoShardKey, message));
        }
        key.push(field);
    }
    if let Some((span, _)) = clauses.ignored {
        edits.replace(span, Vec::new());
    }
    Ok(Load {
        keyspace: Arc::clone(&table.keyspace),
        table: Arc::clone(&table.table),
        file: clauses.file,
        format,
        ignored_lines: clauses.ignored.map_or(0, |(_, count)| count),
        fields,
        placement: placement(context, table, vindex),
        key,
        generated,
        given,
        utf8,
        sql: edits.whole(text, fingerprint)?,
    })
}

/// The clauses, in the order of MySQL's grammar. `None`: it isn't about a file.
fn read(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<Clauses>, SqlError> {
    cursor.next();
    let xml = cursor.at("XML");
    if !xml && !cursor.at("DATA") {
        return Ok(None);
    }
    cursor.next();
    let _ = cursor.eat("LOW_PRIORITY") || cursor.eat("CONCURRENT");
    let local = cursor.eat("LOCAL");
    if !cursor.eat("INFILE") {
        return Ok(None);
    }
    let file = string(cursor, context)?.into();
    let _ = cursor.eat("REPLACE") || cursor.eat("IGNORE");
    if !cursor.eat_all(&["INTO", "TABLE"]) {
        return Err(cursor.unexpected());
    }
    let table = cursor.qualified_name()?;
    let mut clauses = Clauses {
        local,
        xml,
        file,
        table,
        charset: None,
        format: LoadFormat {
            field_end: b"\t".to_vec(),
            enclosed: None,
            escape: (!context.mode.lex.no_backslash_escapes).then_some(b'\\'),
            line_end: b"\n".to_vec(),
            line_start: Vec::new(),
        },
        ignored: None,
        list: None,
        assigned: Vec::new(),
        variables: false,
    };
    if xml {
        return Ok(Some(clauses));
    }
    if cursor.eat("PARTITION") {
        parenthesised(cursor)?;
    }
    if cursor.eat_all(&["CHARACTER", "SET"]) || cursor.eat("CHARSET") {
        clauses.charset = Some(cursor.name()?.value);
    }
    format(cursor, context, &mut clauses)?;
    let start = cursor.token.span.start;
    if cursor.eat("IGNORE") {
        let digits = cursor.token.span.of(cursor.text);
        let count = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        let count = count.ok_or_else(|| cursor.unexpected())?;
        cursor.next();
        if !cursor.eat("LINES") && !cursor.eat("ROWS") {
            return Err(cursor.unexpected());
        }
        clauses.ignored = Some((Span::new(start, cursor.before), count));
    }
    list(cursor, &mut clauses)?;
    if cursor.eat("SET") {
        assignments(cursor, &mut clauses)?;
    }
    cursor.end()?;
    Ok(Some(clauses))
}

/// FIELDS and LINES.
fn format(cursor: &mut Cursor<'_>, context: &Context<'_>, clauses: &mut Clauses) -> Result<(), SqlError> {
    if cursor.eat("FIELDS") || cursor.eat("COLUMNS") {
        loop {
            if cursor.eat_all(&["TERMINATED", "BY"]) {
                clauses.format.field_end = string(cursor, context)?;
            } else if cursor.eat_all(&["OPTIONALLY", "ENCLOSED", "BY"]) || cursor.eat_all(&["ENCLOSED", "BY"]) {
                clauses.format.enclosed = one_byte(cursor, context)?;
            } else if cursor.eat_all(&["ESCAPED", "BY"]) {
                clauses.format.escape = one_byte(cursor, context)?;
            } else {
                break;
            }
        }
    }
    if cursor.eat("LINES") {
        loop {
            if cursor.eat_all(&["TERMINATED", "BY"]) {
                clauses.format.line_end = string(cursor, context)?;
            } else if cursor.eat_all(&["STARTING", "BY"]) {
                clauses.format.line_start = string(cursor, context)?;
            } else {
                break;
            }
        }
    }
    Ok(())
}

/// The list of columns and variables.
fn list(cursor: &mut Cursor<'_>, clauses: &mut Clauses) -> Result<(), SqlError> {
    let start = cursor.token.span.start;
    if !cursor.eat_token(TokenKind::LeftParen) {
        return Ok(());
    }
    let mut columns = Vec::new();
    while !cursor.eat_token(TokenKind::RightParen) {
        if cursor.token.kind == TokenKind::UserVariable {
            cursor.next();
            clauses.variables = true;
            columns.push(None);
        } else {
            // `table.column` and `column` are one.
            let (_, name) = cursor.qualified_name()?;
            columns.push(Some(name.value));
        }
        if !cursor.eat_token(TokenKind::Comma) && cursor.token.kind != TokenKind::RightParen {
            return Err(cursor.unexpected());
        }
    }
    if !columns.is_empty() {
        clauses.list = Some((start, columns));
    }
    Ok(())
}

/// The columns that SET assigns; the expressions are the server's to read.
fn assignments(cursor: &mut Cursor<'_>, clauses: &mut Clauses) -> Result<(), SqlError> {
    loop {
        let (_, name) = cursor.qualified_name()?;
        clauses.assigned.push(name.value);
        if !cursor.eat_token(TokenKind::Eq) && !cursor.eat_token(TokenKind::Assign) {
            return Err(cursor.unexpected());
        }
        while !cursor.at_end() && cursor.token.kind != TokenKind::Comma {
            clauses.variables |= cursor.token.kind == TokenKind::UserVariable;
            if cursor.token.kind == TokenKind::LeftParen {
                clauses.variables |= parenthesised(cursor)?;
            } else {
                cursor.next();
            }
        }
        if !cursor.eat_token(TokenKind::Comma) {
            return Ok(());
        }
    }
}

/// Go over a parenthesis and what is in it; whether a user variable is.
fn parenthesised(cursor: &mut Cursor<'_>) -> Result<bool, SqlError> {
    let mut depth = 0usize;
    let mut variables = false;
    loop {
        match cursor.token.kind {
            TokenKind::LeftParen => depth += 1,
            TokenKind::RightParen => depth = depth.saturating_sub(1),
            TokenKind::UserVariable => variables = true,
            _ if cursor.at_end() => return Err(cursor.unexpected()),
            _ => {}
        }
        if depth == 0 && cursor.token.kind != TokenKind::RightParen {
            return Err(cursor.unexpected());
        }
        cursor.next();
        if depth == 0 {
            return Ok(variables);
        }
    }
}

/// A string or a hexadecimal literal.
fn string(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Vec<u8>, SqlError> {
    let source = cursor.token.span.of(cursor.text);
    let value = match cursor.token.kind {
        TokenKind::String => unquote(source, context.mode.lex).into_owned(),
        TokenKind::Hex => hex(source).ok_or_else(|| cursor.unexpected())?,
        _ => return Err(cursor.unexpected()),
    };
    cursor.next();
    Ok(value)
}

fn one_byte(cursor: &mut Cursor<'_>, context: &Context<'_>) -> Result<Option<u8>, SqlError> {
    match string(cursor, context)?.as_slice() {
        [] => Ok(None),
        [byte] => Ok(Some(*byte)),
        _ => Err(SqlError::new(
            Code::Syntax,
            "Field separator argument is not what is expected; check the manual".to_owned(),
        )),
    }
}

/// The bytes of `0x0a` or `x'0a'`.
fn hex(source: &[u8]) -> Option<Vec<u8>> {
    let digits = source.strip_prefix(b"0x").or_else(|| source.get(1..)?.strip_prefix(b"'")?.strip_suffix(b"'"))?;
    let digits = std::str::from_utf8(digits).ok()?;
    let padded = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() };
    (0..padded.len()).step_by(2).map(|at| u8::from_str_radix(padded.get(at..at + 2)?, 16).ok()).collect()
}

/// The rows of a file aren't known before they are read, and so aren't the lookup rows that they need.
fn refuse_lookups(context: &Context<'_>, table: &Resolved) -> Result<(), SqlError> {
    match super::lookup::owned(context, table)?.first() {
        None => Ok(()),
        Some(owned) => Err(unsupported(&format!(
            "LOAD DATA into `{}`, which owns the lookup vindex `{}`; use INSERT",
            table.table,
            owned.vindex.name()
        ))),
    }
}
