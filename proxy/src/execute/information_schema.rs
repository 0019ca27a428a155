//! What the servers' `information_schema` say about the databases of keyspaces, put together and with the names that
//! clients use.

use super::ask::{Fields, ask};
use crate::control::{OWN_DATABASE, SYSTEM_DATABASES, identifier};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Place, Session, TabletType};
use shardgate_router::error::Code;
use shardgate_router::information_schema::{Layout, names_database};
use shardgate_router::plan::{KnownValue, MetadataTable};
use shardgate_vschema::Value;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// A column of a table of `information_schema`, as the server declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemColumn {
    /// Its name.
    pub(crate) name: Box<str>,
    /// Its type.
    pub(crate) sql_type: Box<str>,
    /// Its collation, of text.
    pub(crate) collation: Option<Box<str>>,
    /// Whether NULL is allowed.
    pub(crate) nullable: bool,
}

impl SystemColumn {
    /// Whether MySQL warns of its collation.
    pub(super) fn is_old(&self) -> bool {
        self.collation.as_deref().is_some_and(|collation| collation.starts_with("utf8mb3_"))
    }

    /// Whether its values stand in JSON as they are.
    fn is_bare(&self) -> bool {
        ["int", "bigint", "smallint", "tinyint", "mediumint", "decimal", "double", "float", "json"]
            .iter()
            .any(|prefix| self.sql_type.starts_with(prefix))
    }
}

/// The rows of a table.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Their columns.
    pub(super) columns: Vec<SystemColumn>,
    /// The rows.
    pub(super) rows: Vec<Fields>,
}

impl Gathered {
    /// The rows as a JSON array of arrays, in ASCII.
    pub(super) fn json(&self) -> String {
        let mut out = String::from("[");
        for (number, row) in self.rows.iter().enumerate() {
            out.push_str(if number > 0 { ",[" } else { "[" });
            for (index, (field, column)) in row.iter().zip(&self.columns).enumerate() {
                if index > 0 {
                    out.push(',');
                }
                match field {
                    None => out.push_str("null"),
                    Some(text) if column.is_bare() => out.push_str(text),
                    Some(text) => json_string(text, &mut out),
                }
            }
            out.push(']');
        }
        out.push(']');
        out
    }
}

fn json_string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(char),
            _ => {
                let mut units = [0u16; 2];
                for unit in char.encode_utf16(&mut units) {
                    // Writing to a String can't fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// A server that is asked, and what for.
struct Source {
    place: Place,
    /// Databases on it, and the names that clients have for them.
    databases: Vec<(Arc<str>, Arc<str>)>,
    /// MySQL's own databases too.
    system: bool,
    /// All other databases too, those of keyspaces (listed here) left out: the server is the adopted one.
    others: Option<Vec<Arc<str>>>,
}

/// Gather the rows of a table.
pub(super) async fn gather(
    session: &mut Session,
    statement: &Statement<'_>,
    table: &MetadataTable,
) -> Result<Gathered, StatementError> {
    let columns = columns_of(session, table).await?;
    let schemas = texts(session, statement, table.schemas.as_deref())?;
    let names = texts(session, statement, table.names.as_deref())?;
    let layout = table.layout;
    let has = |name: &&str| columns.iter().any(|column| &*column.name == *name);
    let summed: Vec<&str> = layout.sums.iter().chain(layout.maxima).copied().filter(|name| has(name)).collect();
    let sources = sources(session, schemas.as_deref())?;
    let limit = session.snapshot.config.limits.max_gathered_rows;
    let mut rows: Vec<Fields> = Vec::new();
    for source in &sources {
        let Some(condition) = condition(layout, source, schemas.as_deref(), names.as_deref()) else { continue };
        let found = ask(session, source.place.clone(), &query(layout, &columns, &condition)).await?;
        let logical: HashMap<&str, &Arc<str>> =
            source.databases.iter().map(|(physical, logical)| (&**physical, logical)).collect();
        for mut row in found {
            rename(&columns, &logical, &mut row);
            if visible(session, layout, &columns, &row) {
                rows.push(row);
            }
        }
        if rows.len() as u64 > limit {
            let message = format!(
                "information_schema.{} has more rows than limits.max_gathered_rows ({limit}) allows to gather from the \
                 servers; a condition `{} = ...` narrows it, or raise the limit",
                layout.name, layout.schema
            );
            return Err(StatementError::sql(Code::TooManyRows, message));
        }
    }
    if !summed.is_empty() {
        add_shards(session, layout, &columns, &summed, schemas.as_deref(), names.as_deref(), &mut rows).await?;
    }
    Ok(Gathered { columns, rows })
}

/// The columns that are gathered, as the servers declare them.
pub(super) async fn columns_of(
    session: &mut Session,
    table: &MetadataTable,
) -> Result<Vec<SystemColumn>, StatementError> {
    let layout = table.layout;
    let version = session.snapshot.mysql_version;
    let all = match session.worker.system_columns(version, layout.name) {
        Some(known) => known,
        None => {
            let text = format!(
                "SELECT COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE FROM information_schema.COLUMNS \
                 WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = '{}' ORDER BY ORDINAL_POSITION",
                layout.name
            );
            let place = session.any_place()?;
            let found = ask(session, place, &text).await?;
            let column = |row: Fields| match <[Option<String>; 4]>::try_from(row) {
                Ok([Some(name), Some(sql_type), collation, nullable]) => Some(SystemColumn {
                    name: name.into(),
                    sql_type: sql_type.into(),
                    collation: collation.map(String::into_boxed_str),
                    nullable: nullable.is_none_or(|nullable| nullable != "NO"),
                }),
                _ => None,
            };
            let found: Arc<[SystemColumn]> = found.into_iter().filter_map(column).collect();
            session.worker.remember_system_columns(version, layout.name, &found);
            found
        }
    };
    if all.is_empty() {
        let message = format!("Unknown table '{}' in information_schema", layout.name);
        return Err(StatementError::sql(Code::UnknownTable, message));
    }
    let wanted = |column: &&SystemColumn| {
        let Some(columns) = &table.columns else { return true };
        let named = |name: &str| columns.iter().any(|wanted| **wanted == *name.to_ascii_uppercase());
        let averaged = ["TABLE_ROWS", "DATA_LENGTH"].contains(&&*column.name) && named("AVG_ROW_LENGTH");
        let key = layout.key.contains(&&*column.name);
        &*column.name == layout.schema || key || averaged || named(&column.name)
    };
    Ok(all.iter().filter(wanted).cloned().collect())
}

/// The texts that a name is compared with; `None`: they aren't all known for sure.
fn texts(
    session: &Session,
    statement: &Statement<'_>,
    known: Option<&[KnownValue]>,
) -> Result<Option<Vec<String>>, StatementError> {
    let Some(known) = known else { return Ok(None) };
    let version = &*session.snapshot.server_version;
    let view = super::SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
    let mut found = Vec::new();
    for value in known {
        let values: Vec<Value<'_>> = match value {
            KnownValue::Name(name) => {
                found.push(name.to_string());
                continue;
            }
            KnownValue::Current => {
                found.extend(session.state.target.keyspace.as_deref().map(str::to_owned));
                continue;
            }
            KnownValue::Value(value) => vec![value.evaluate(&statement.args, &view)?],
            KnownValue::List(slot) => {
                let literals = statement.args.fingerprint.slot_literals(*slot).iter();
                literals.map(|literal| statement.args.literal(*literal)).collect::<Result<_, _>>()?
            }
        };
        for value in values {
            match value {
                Value::Null => {}
                Value::Text(text) if text.is_ascii() => found.push(String::from_utf8_lossy(&text).into_owned()),
                _ => return Ok(None),
            }
        }
    }
    Ok(Some(found))
}

/// Whether a name may equal one of these, under any collation.
fn may_be(name: &str, texts: Option<&[String]>) -> bool {
    texts.is_none_or(|texts| texts.iter().any(|text| text.trim_end().to_lowercase() == name.to_lowercase()))
}

/// The servers that have something to say: the first shard of each keyspace speaks for it.
fn sources(session: &mut Session, schemas: Option<&[String]>) -> Result<Vec<Source>, StatementError> {
    let snapshot = Arc::clone(&session.snapshot);
    let home = if snapshot.topology.default.is_some() {
        KeyspaceRef::find(&snapshot, "")?.place(0, TabletType::Primary, 0)?
    } else {
        let first = snapshot.topology.keyspaces.keys().next();
        let first = first.ok_or_else(|| StatementError::sql(Code::NotReady, "the topology has no keyspace"))?;
        KeyspaceRef::find(&snapshot, first)?.place(0, TabletType::Primary, 0)?
    };
    let adopted = snapshot.topology.default.is_some();
    let mut found = vec![Source {
        place: home,
        databases: Vec::new(),
        system: SYSTEM_DATABASES.iter().any(|name| may_be(name, schemas)),
        others: adopted.then(Vec::new),
    }];
    for (name, keyspace) in &snapshot.topology.keyspaces {
        let reference = KeyspaceRef::Keyspace(Arc::clone(keyspace));
        let count = keyspace.shards.len();
        for index in 0..count {
            let place = reference.place(index, TabletType::Primary, 0)?;
            let physical = place.database.clone().unwrap_or_else(|| Arc::clone(name));
            let at = found.iter().position(|source| source.place.instance.id == place.instance.id);
            if let Some(others) = at.and_then(|at| found.get_mut(at)).and_then(|source| source.others.as_mut()) {
                others.push(Arc::clone(&physical));
            }
            if index > 0 || !may_be(name, schemas) || session.state.user.right(name).is_none() {
                continue;
            }
            match at.and_then(|at| found.get_mut(at)) {
                Some(source) => source.databases.push((physical, Arc::clone(name))),
                None => found.push(Source {
                    place,
                    databases: vec![(physical, Arc::clone(name))],
                    system: false,
                    others: None,
                }),
            }
        }
    }
    Ok(found)
}

/// The condition that a server is asked with; `None`: it needn't be.
fn condition(layout: &Layout, source: &Source, schemas: Option<&[String]>, names: Option<&[String]>) -> Option<String> {
    let column = identifier(layout.schema);
    let list = |names: &mut dyn Iterator<Item = &str>| names.map(literal).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    let mut own: Vec<&str> = source.databases.iter().map(|(physical, _)| &**physical).collect();
    if source.system {
        own.extend(SYSTEM_DATABASES.iter().filter(|name| may_be(name, schemas)));
    }
    if !own.is_empty() {
        parts.push(format!("{column} IN ({})", list(&mut own.into_iter())));
    }
    if let Some(hidden) = &source.others {
        let hidden = hidden.iter().map(|name| &**name).chain(SYSTEM_DATABASES).chain([OWN_DATABASE]);
        let mut part = format!("{column} NOT IN ({})", list(&mut { hidden }));
        if let Some(schemas) = schemas {
            if schemas.is_empty() {
                part.clear();
            } else {
                part.push_str(&format!(" AND {column} IN ({})", list(&mut schemas.iter().map(String::as_str))));
            }
        }
        if !part.is_empty() {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        return None;
    }
    let mut condition = format!("({})", parts.join(" OR "));
    if let (Some(column), Some(names)) = (layout.table, names) {
        if names.is_empty() {
            return None;
        }
        let names = list(&mut names.iter().map(String::as_str));
        condition.push_str(&format!(" AND {} IN ({names})", identifier(column)));
    }
    Some(condition)
}

/// A string literal under any sql_mode.
fn literal(text: &str) -> String {
    if text.contains('\\') || !text.is_ascii() {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        return format!("_utf8mb4 x'{hex}'");
    }
    format!("'{}'", text.replace('\'', "''"))
}

fn query(layout: &Layout, columns: &[SystemColumn], condition: &str) -> String {
    let list: Vec<String> = columns.iter().map(|column| identifier(&column.name)).collect();
    format!("SELECT {} FROM information_schema.{} WHERE {condition}", list.join(", "), layout.name)
}

/// Put the clients' names in the place of the databases' own.
fn rename(columns: &[SystemColumn], logical: &HashMap<&str, &Arc<str>>, row: &mut Fields) {
    for (column, field) in columns.iter().zip(row) {
        let Some(text) = field else { continue };
        if names_database(&column.name) {
            if let Some(name) = logical.get(text.as_str()) {
                name.as_ref().clone_into(text);
            }
        } else if &*column.name == "VIEW_DEFINITION" {
            for (physical, logical) in logical.iter().filter(|(physical, logical)| ***physical != ****logical) {
                *text = requalified(text, physical, logical);
            }
        }
    }
}

/// The text of a view or the like, as a server writes it, with another database before names.
pub(super) fn requalified(text: &str, from: &str, to: &str) -> String {
    let (wanted, put) = (format!("{}.", identifier(from)), format!("{}.", identifier(to)));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['`', '\'', '"']) {
        let (before, quoted) = rest.split_at(at);
        out.push_str(before);
        if let Some(behind) = quoted.strip_prefix(&*wanted) {
            out.push_str(&put);
            rest = behind;
            continue;
        }
        let quote = quoted.chars().next().unwrap_or('`');
        let mut escaped = false;
        let end = quoted.char_indices().skip(1).find(|(_, char)| {
            let ends = *char == quote && !escaped;
            escaped = *char == '\\' && quote != '`' && !escaped;
            ends
        });
        let (string, behind) = quoted.split_at(end.map_or(quoted.len(), |(at, char)| at + char.len_utf8()));
        out.push_str(string);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether the user may see the row.
fn visible(session: &Session, layout: &Layout, columns: &[SystemColumn], row: &Fields) -> bool {
    let schema = columns.iter().position(|column| &*column.name == layout.schema);
    let schema = schema.and_then(|at| row.get(at)).and_then(Option::as_deref).unwrap_or_default();
    SYSTEM_DATABASES.contains(&schema) || session.state.user.right(schema).is_some()
}

/// Add what the further shards of each keyspace have.
async fn add_shards(
    session: &mut Session,
    layout: &Layout,
    columns: &[SystemColumn],
    summed: &[&str],
    schemas: Option<&[String]>,
    names: Option<&[String]>,
    rows: &mut [Fields],
) -> Result<(), StatementError> {
    let snapshot = Arc::clone(&session.snapshot);
    let at = |name: &str| columns.iter().position(|column| &*column.name == name);
    let mut keys: Vec<usize> = at(layout.schema).into_iter().collect();
    keys.extend(layout.key.iter().filter_map(|name| at(name)));
    let key = |row: &Fields| keys.iter().map(|at| row.get(*at).cloned().flatten()).collect::<Fields>();
    let places: HashMap<Fields, usize> = rows.iter().enumerate().map(|(number, row)| (key(row), number)).collect();
    for (name, keyspace) in &snapshot.topology.keyspaces {
        if keyspace.has_one_shard() || !may_be(name, schemas) || session.state.user.right(name).is_none() {
            continue;
        }
        let reference = KeyspaceRef::Keyspace(Arc::clone(keyspace));
        for index in 1..keyspace.shards.len() {
            let place = reference.place(index, TabletType::Primary, 0)?;
            let physical = place.database.clone().unwrap_or_else(|| Arc::clone(name));
            let source = Source {
                place: place.clone(),
                databases: vec![(Arc::clone(&physical), Arc::clone(name))],
                system: false,
                others: None,
            };
            let Some(condition) = condition(layout, &source, schemas, names) else { continue };
            let logical = HashMap::from([(&*physical, name)]);
            for mut row in ask(session, place, &query(layout, columns, &condition)).await? {
                rename(columns, &logical, &mut row);
                let Some(total) = places.get(&key(&row)).and_then(|number| rows.get_mut(*number)) else { continue };
                let table = at("TABLE_NAME").and_then(|at| row.get(at)).and_then(Option::as_deref).unwrap_or_default();
                let copy = snapshot.catalog.vschema.table(name, table).is_some_and(|table| table.is_reference());
                if copy {
                    continue;
                }
                for column in summed.iter().filter_map(|name| at(name)) {
                    let greatest = columns.get(column).is_some_and(|column| layout.maxima.contains(&&*column.name));
                    if let (Some(total), Some(Some(value))) = (total.get_mut(column), row.get(column)) {
                        *total = Some(combined(total.as_deref(), value, greatest));
                    }
                }
                average(total, at("AVG_ROW_LENGTH"), at("DATA_LENGTH"), at("TABLE_ROWS"));
            }
        }
    }
    Ok(())
}

/// Two shards' values as one. Times compare as text.
fn combined(total: Option<&str>, value: &str, greatest: bool) -> String {
    let Some(total) = total else { return value.to_owned() };
    match (total.parse::<u64>(), value.parse::<u64>()) {
        (Ok(a), Ok(b)) if greatest => a.max(b).to_string(),
        (Ok(a), Ok(b)) => a.saturating_add(b).to_string(),
        _ => total.max(value).to_owned(),
    }
}

fn average(row: &mut Fields, average: Option<usize>, length: Option<usize>, count: Option<usize>) {
    let number = |at: Option<usize>| row.get(at?)?.as_deref()?.parse::<u64>().ok();
    let value = number(length).zip(number(count)).map(|(length, count)| length.checked_div(count).unwrap_or(0));
    if let (Some(field), Some(value)) = (average.and_then(|at| row.get_mut(at)), value) {
        *field = Some(value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_json_that_any_character_set_can_carry() {
        let column = |name: &str, sql_type: &str| SystemColumn {
            name: name.into(),
            sql_type: sql_type.into(),
            collation: Some("utf8mb3_bin".into()),
            nullable: true,
        };
        let table = Gathered {
            columns: vec![column("A", "varchar(64)"), column("B", "bigint unsigned")],
            rows: vec![vec![Some("Zo\u{eb} \"\\ \u{1f600}".to_owned()), Some("5".to_owned())], vec![None, None]],
        };
        assert_eq!(table.json(), r#"[["Zo\u00eb \"\\ \ud83d\ude00",5],[null,null]]"#);
    }

    #[test]
    fn a_views_text_gets_the_other_database_before_names_only() {
        let text = "select `k_1`.`t`.`id` AS `k_1`,'`k_1`.x' AS `q` from `k_1`.`t` where `k_1x`.`a` = 'it\\'s `k_1`.'";
        let changed = "select `k`.`t`.`id` AS `k_1`,'`k_1`.x' AS `q` from `k`.`t` where `k_1x`.`a` = 'it\\'s `k_1`.'";
        assert_eq!(requalified(text, "k_1", "k"), changed);
    }

    #[test]
    fn shards_values_are_added_or_compared() {
        assert_eq!(combined(Some("5"), "7", false), "12");
        assert_eq!(combined(Some("9"), "10", true), "10");
        assert_eq!(combined(Some("2024-01-01 00:00:00"), "2024-02-01 00:00:00", true), "2024-02-01 00:00:00");
        assert_eq!(combined(None, "1", false), "1");
        let mut row = vec![Some("1".to_owned()), Some("16384".to_owned()), Some("3".to_owned())];
        average(&mut row, Some(0), Some(1), Some(2));
        assert_eq!(row[0].as_deref(), Some("5461"));
    }
}
