//! A SELECT from a vindex: the proxy maps the values, and a server runs the statement over the rows.

use super::metadata::answer;
use super::route::{place, render, shards};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Place, Session, TabletType};
use shardgate_router::error::Code;
use shardgate_router::literal::{write_identifier, write_literal, write_string};
use shardgate_router::plan::{KnownValue, VindexRows};
use shardgate_vschema::{Destination, KeyRange, KeyspaceId, Value};
use std::borrow::Cow;

/// A value, where the vindex sends it, and the shard if that is one.
struct VindexRow {
    id: Vec<u8>,
    found: Found,
}

enum Found {
    KeyspaceId(KeyspaceId, String),
    Range(KeyRange),
}

/// Run the statement.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    vindex: &VindexRows,
) -> Result<Reach, StatementError> {
    let (keyspace, set) = shards(session, statement, &vindex.keyspace, &vindex.target)?;
    let place = place(session, &keyspace, &set)?;
    let rows = rows(session, statement, vindex)?;
    let text = text(session, statement, vindex, &place, &rows)?;
    answer(session, statement, place, &text, &[], None).await?;
    Ok(Reach::OneShard)
}

/// A text whose description is the statement's.
pub(super) fn describing_text(
    session: &Session,
    statement: &Statement<'_>,
    vindex: &VindexRows,
    place: &Place,
) -> Result<Vec<u8>, StatementError> {
    text(session, statement, vindex, place, &[])
}

/// What the vindex makes of the statement's values.
fn rows(session: &Session, statement: &Statement<'_>, vindex: &VindexRows) -> Result<Vec<VindexRow>, StatementError> {
    let version = &*session.snapshot.server_version;
    let view = super::SessionView { state: &session.state, id: session.id, version, evaluated: &[] };
    let mut values: Vec<Value<'_>> = Vec::new();
    for known in &vindex.values {
        match known {
            KnownValue::Value(value) => values.push(value.evaluate(&statement.args, &view)?),
            KnownValue::List(slot) => {
                for literal in statement.args.fingerprint.slot_literals(*slot) {
                    values.push(statement.args.literal(*literal)?);
                }
            }
            KnownValue::Name(name) => values.push(Value::text(name)),
            KnownValue::Current => {
                let current = session.state.target.keyspace.as_deref();
                values.push(current.map_or(Value::Null, |name| Value::Text(Cow::Owned(name.as_bytes().to_vec()))));
            }
        }
    }
    let keyspace = KeyspaceRef::find(&session.snapshot, &vindex.of)?;
    let mut found: Vec<VindexRow> = Vec::new();
    for value in values.iter().filter(|value| !matches!(value, Value::Null)) {
        let id = match value {
            Value::Text(text) => text.to_vec(),
            Value::Bytes(bytes) => bytes.to_vec(),
            number => {
                let mut text = Vec::new();
                write_literal(number, session.state.mode.lex, &mut text);
                text
            }
        };
        if found.iter().any(|row| row.id == id) {
            continue;
        }
        let destination = vindex.vindex.map(std::slice::from_ref(value));
        let destination = destination.map_err(|error| StatementError::sql(Code::VindexMapping, error.to_string()))?;
        let ids = match destination {
            Destination::None => Vec::new(),
            Destination::KeyspaceId(id) => vec![id],
            Destination::KeyspaceIds(ids) => ids,
            Destination::KeyRange(range) => {
                found.push(VindexRow { id, found: Found::Range(range) });
                continue;
            }
            Destination::AllShards => {
                found.push(VindexRow { id, found: Found::Range(KeyRange::whole()) });
                continue;
            }
        };
        for keyspace_id in ids {
            let index = keyspace.ranges().iter().position(|range| range.contains(&keyspace_id));
            let shard = match index {
                Some(index) => keyspace.place(index, TabletType::Primary, 0)?.shard.name.to_string(),
                None => String::new(),
            };
            found.push(VindexRow { id: id.clone(), found: Found::KeyspaceId(keyspace_id, shard) });
        }
    }
    Ok(found)
}

fn text(
    session: &Session,
    statement: &Statement<'_>,
    vindex: &VindexRows,
    place: &Place,
    rows: &[VindexRow],
) -> Result<Vec<u8>, StatementError> {
    let mut text = render(session, statement, &vindex.before, place, &[], None)?;
    text.push(b'(');
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            text.extend_from_slice(b" UNION ALL ");
        }
        let binary = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => {
                let mut literal = Vec::new();
                write_literal(&Value::Bytes(Cow::Borrowed(bytes)), session.state.mode.lex, &mut literal);
                format!("CAST({} AS BINARY)", String::from_utf8_lossy(&literal))
            }
            None => "CAST(NULL AS BINARY)".to_owned(),
        };
        let words = |word: Option<&str>| {
            let mut literal = Vec::new();
            if let Some(word) = word {
                write_string(word.as_bytes(), session.state.mode.lex, &mut literal);
            }
            match word {
                Some(_) => format!("CAST({} AS CHAR)", String::from_utf8_lossy(&literal)),
                None => "CAST(NULL AS CHAR)".to_owned(),
            }
        };
        let fields = match &row.found {
            Found::KeyspaceId(id, shard) => [
                binary(Some(&row.id)),
                binary(Some(id.as_bytes())),
                binary(None),
                binary(None),
                words(Some(&id.to_string())),
                words(Some(shard)),
            ],
            Found::Range(range) => [
                binary(Some(&row.id)),
                binary(None),
                binary(Some(range.start())),
                binary(Some(range.end())),
                words(None),
                words(None),
            ],
        };
        select(&fields, &mut text);
    }
    if rows.is_empty() {
        let (binary, words) = ("CAST(NULL AS BINARY)".to_owned(), "CAST(NULL AS CHAR)".to_owned());
        let binaries = [&binary, &binary, &binary, &binary].map(String::clone);
        let [id, keyspace_id, start, end] = binaries;
        select(&[id, keyspace_id, start, end, words.clone(), words], &mut text);
        text.extend_from_slice(b" FROM DUAL WHERE FALSE");
    }
    text.push(b')');
    if let Some(alias) = &vindex.alias {
        text.extend_from_slice(b" AS ");
        write_identifier(alias, &mut text);
    }
    text.extend(render(session, statement, &vindex.behind, place, &[], None)?);
    Ok(text)
}

/// Append a SELECT of a row.
fn select(fields: &[String; 6], out: &mut Vec<u8>) {
    out.extend_from_slice(b"SELECT ");
    for (index, (field, name)) in fields.iter().zip(VindexRows::COLUMNS).enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(format!("{field} AS {name}").as_bytes());
    }
}
