//! LOAD DATA and LOAD XML.

use super::columns::{placement, visible_columns};
use super::cursor::{Cursor, Name};
use super::edit::Edits;
use super::insert::auto_increment;
use super::names::{self, Resolved, ResolvedKind};
use super::{Context, local, pass, statement};
use crate::error::{Code, SqlError};
use crate::fingerprint::{Fingerprint, unquote};
use crate::load_text::LoadFormat;
use crate::plan::{
    CopiedColumn, Effects, Load, Operator, Piece, Plan, Route, StagedLoad, StatementClass, TableUse, Target, Template,
};
use crate::schema::{self, ColumnDefault};
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
    /// SET has a subquery.
    queries: bool,
    /// User variables, of the list and of SET.
    variables: Vec<Box<str>>,
    /// Those of the list.
    listed: Vec<Box<str>>,
    /// REPLACE.
    replace: bool,
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
    // Those of the list are assigned before they are read; to be set first would give them another collation.
    let mut effects = Effects {
        taints_connection: !clauses.variables.is_empty(),
        asks_for_file: clauses.local,
        reads_variables: clauses.variables.iter().filter(|&name| !clauses.listed.contains(name)).cloned().collect(),
        writes_variables: clauses.variables.clone(),
        ..Effects::default()
    };
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
            refuse(&clauses)?;
            match reason_to_stage(&clauses, &table, context)? {
                Some(reason) => {
                    let sql = edits.whole(cursor.text, fingerprint)?;
                    Operator::StagedLoad(Box::new(staged(clauses, &table, sql, reason, context)?))
                }
                None => {
                    // The last row is on one of several shards.
                    effects.writes_variables.clear();
                    Operator::Load(Box::new(split(clauses, &table, edits, cursor.text, fingerprint, context)?))
                }
            }
        }
    };
    let pins = statement::pins(cursor.text, fingerprint, &pins);
    Ok(Plan {
        class: StatementClass::Load,
        tables: vec![used],
        demands: Vec::new(),
        pins,
        effects,
        lookups: Vec::new(),
        root,
    })
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new(Code::Unsupported, format!("unsupported: {what}"))
}

/// Refuse what isn't done for a table whose rows are split.
fn refuse(clauses: &Clauses) -> Result<(), SqlError> {
    if !clauses.local {
        return Err(unsupported(
            "LOAD DATA without LOCAL into a sharded table: the file would have to be on each shard's server; say LOCAL",
        ));
    }
    if clauses.queries {
        return Err(unsupported(
            "a subquery in SET of a LOAD DATA into a sharded table; read the value into a user variable first",
        ));
    }
    Ok(())
}

/// Why the file itself doesn't tell the shards of its rows; `None`: it does.
fn reason_to_stage(clauses: &Clauses, table: &Resolved, context: &Context<'_>) -> Result<Option<String>, SqlError> {
    let Some(vindex) = table.primary_vindex() else { return Err(super::internal("a sharded table has no vindex")) };
    if clauses.xml {
        return Ok(Some("it is XML".to_owned()));
    }
    let format = &clauses.format;
    if format.field_end.is_empty() {
        return Ok(Some("its fields are of fixed width".to_owned()));
    }
    let markers = format
        .field_end
        .iter()
        .chain(&format.line_end)
        .chain(&format.line_start)
        .chain(&format.enclosed)
        .chain(&format.escape);
    if !markers.copied().all(|byte| byte.is_ascii()) {
        return Ok(Some("its terminators aren't ASCII".to_owned()));
    }
    if let Some(charset) = &clauses.charset
        && !CUT_BY_BYTES.iter().any(|known| eq_ignore_case(known, charset))
    {
        return Ok(Some(format!("it isn't cut byte by byte in the character set {charset}")));
    }
    if let Some(owned) = super::lookup::owned(context, table)?.first() {
        return Ok(Some(format!("rows of the lookup vindex `{}` go with its rows", owned.vindex.name())));
    }
    let auto = table.vtable().and_then(|vtable| vtable.auto_increment.as_ref());
    for key in &vindex.columns {
        if clauses.assigned.iter().any(|name| eq_ignore_case(name, key)) {
            return Ok(Some(format!("SET assigns `{key}`")));
        }
        let listed = match &clauses.list {
            Some((_, columns)) => columns.iter().flatten().any(|name| eq_ignore_case(name, key)),
            None => true,
        };
        let computed = table
            .live(context)
            .and_then(|live| live.column(key))
            .is_some_and(|column| column.generated || !matches!(column.default, ColumnDefault::None));
        if !listed && computed && !auto.is_some_and(|auto| eq_ignore_case(&auto.column, key)) {
            return Ok(Some(format!("MySQL computes `{key}`")));
        }
    }
    Ok(None)
}

/// Load into a temporary table first.
fn staged(
    clauses: Clauses,
    table: &Resolved,
    sql: Template,
    reason: String,
    context: &Context<'_>,
) -> Result<StagedLoad, SqlError> {
    let Some(live) = table.live(context) else {
        return Err(unsupported(&format!("LOAD DATA into `{}` before its columns are known", table.table)));
    };
    let is_given = |name: &str| {
        let listed = match &clauses.list {
            Some((_, columns)) => columns.iter().flatten().any(|column| eq_ignore_case(column, name)),
            None => true,
        };
        listed || clauses.assigned.iter().any(|assigned| eq_ignore_case(assigned, name))
    };
    let auto = table.vtable().and_then(|vtable| vtable.auto_increment.as_ref());
    let counts = |column: &schema::Column| {
        column.auto_increment || auto.is_some_and(|auto| eq_ignore_case(&auto.column, &column.name))
    };
    if let Some(column) = live.columns.iter().find(|column| counts(column) && is_given(&column.name)) {
        return Err(unsupported(&format!(
            "LOAD DATA with values for `{}`, which is numbered, where the file doesn't tell the shards of its rows ({reason}); \
             leave the column out",
            column.name
        )));
    }
    let inserted = live.columns.iter().filter(|column| !column.generated && !counts(column));
    Ok(StagedLoad {
        keyspace: Arc::clone(&table.keyspace),
        table: Arc::clone(&table.table),
        file: clauses.file,
        replace: clauses.replace,
        columns: inserted.map(CopiedColumn::of).collect(),
        reason: reason.into(),
        sql,
    })
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
    let format = clauses.format;
    let utf8 = clauses.charset.as_deref().is_some_and(|name| name.to_ascii_lowercase().starts_with("utf8"));
    let (Some(vtable), Some(vindex)) = (table.vtable(), table.primary_vindex()) else {
        return Err(super::internal("a sharded table has no vindex"));
    };
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
    let replace = cursor.eat("REPLACE");
    let _ = replace || cursor.eat("IGNORE");
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
        queries: false,
        variables: Vec::new(),
        listed: Vec::new(),
        replace,
    };
    if cursor.eat("PARTITION") {
        parenthesised(cursor, context, &mut clauses)?;
    }
    if cursor.eat_all(&["CHARACTER", "SET"]) || cursor.eat("CHARSET") {
        clauses.charset = Some(cursor.name()?.value);
    }
    if xml {
        if cursor.eat_all(&["ROWS", "IDENTIFIED", "BY"]) {
            string(cursor, context)?;
        }
    } else {
        format(cursor, context, &mut clauses)?;
    }
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
    list(cursor, context, &mut clauses)?;
    if cursor.eat("SET") {
        assignments(cursor, context, &mut clauses)?;
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
fn list(cursor: &mut Cursor<'_>, context: &Context<'_>, clauses: &mut Clauses) -> Result<(), SqlError> {
    let start = cursor.token.span.start;
    if !cursor.eat_token(TokenKind::LeftParen) {
        return Ok(());
    }
    let mut columns = Vec::new();
    while !cursor.eat_token(TokenKind::RightParen) {
        if cursor.token.kind == TokenKind::UserVariable {
            clauses.note_variable(cursor, context);
            cursor.next();
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
    clauses.listed.clone_from(&clauses.variables);
    if !columns.is_empty() {
        clauses.list = Some((start, columns));
    }
    Ok(())
}

/// The columns that SET assigns; the expressions are the server's to read.
fn assignments(cursor: &mut Cursor<'_>, context: &Context<'_>, clauses: &mut Clauses) -> Result<(), SqlError> {
    loop {
        let (_, name) = cursor.qualified_name()?;
        clauses.assigned.push(name.value);
        if !cursor.eat_token(TokenKind::Eq) && !cursor.eat_token(TokenKind::Assign) {
            return Err(cursor.unexpected());
        }
        while !cursor.at_end() && cursor.token.kind != TokenKind::Comma {
            clauses.note_variable(cursor, context);
            if cursor.token.kind == TokenKind::LeftParen {
                parenthesised(cursor, context, clauses)?;
            } else {
                cursor.next();
            }
        }
        if !cursor.eat_token(TokenKind::Comma) {
            return Ok(());
        }
    }
}

impl Clauses {
    /// Note the user variable that the cursor is at, if it is at one.
    fn note_variable(&mut self, cursor: &Cursor<'_>, context: &Context<'_>) {
        if cursor.token.kind != TokenKind::UserVariable {
            return;
        }
        let name = local::variable_name(cursor.token.span.of(cursor.text), context);
        if !self.variables.contains(&name) {
            self.variables.push(name);
        }
    }
}

/// Go over a parenthesis and what is in it.
fn parenthesised(cursor: &mut Cursor<'_>, context: &Context<'_>, clauses: &mut Clauses) -> Result<(), SqlError> {
    let mut depth = 0usize;
    loop {
        match cursor.token.kind {
            TokenKind::LeftParen => depth += 1,
            TokenKind::RightParen => depth = depth.saturating_sub(1),
            _ if cursor.at_end() => return Err(cursor.unexpected()),
            _ => {
                clauses.note_variable(cursor, context);
                clauses.queries |= ["SELECT", "TABLE", "WITH"].iter().any(|word| cursor.at(word));
            }
        }
        if depth == 0 && cursor.token.kind != TokenKind::RightParen {
            return Err(cursor.unexpected());
        }
        cursor.next();
        if depth == 0 {
            return Ok(());
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
