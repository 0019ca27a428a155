//! Definitions of the session's temporary tables, on the connection that the session keeps for them.

use super::ask::{Fields, ask_definition};
use super::ok_sum::OkSum;
use super::route::{self, render};
use super::scatter::answer_write;
use super::{head, shard_rows};
use crate::backend::Head;
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Place, Session, TabletType, quote_name};
use shardgate_router::error::Code;
use shardgate_router::plan::{Temporary, TemporaryChange};
use shardgate_router::schema::{Column, ColumnDefault, DataType, Table, UniqueKey};
use shardgate_vschema::{KeyRange, KeyspaceId};
use shardgate_wire::StatusFlags;
use std::sync::Arc;

/// Run a definition of temporary tables.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    temporary: &Temporary,
) -> Result<Reach, StatementError> {
    let sum = carry_out(session, statement, temporary).await?;
    answer_write(session, &sum, None);
    Ok(Reach::OneShard)
}

/// As [`run`], without an answer to the client.
pub(super) async fn carry_out(
    session: &mut Session,
    statement: &Statement<'_>,
    temporary: &Temporary,
) -> Result<OkSum, StatementError> {
    let keyspace = KeyspaceRef::find(&session.snapshot, &temporary.keyspace)?;
    let place = home(session, &keyspace, temporary)?;
    let deadline = head::deadline(session);
    let text = render(session, statement, &temporary.sql, &place, &[], None)?;
    let mut lease = route::lease(session, statement, place.clone()).await?;
    // Whoever gets it next mustn't find the tables.
    lease.backend.tainted = true;
    lease.backend.queue_query(&text);
    let answer = match lease.backend.flush().await {
        Ok(()) => head::read_head(session, &mut lease, deadline).await,
        Err(error) => Err(error),
    };
    let ok = match answer {
        Ok(Head::Ok(ok)) => ok,
        Ok(Head::Rows(_)) => {
            lease.backend.broken = true;
            session.connections.put_back(lease).await;
            return Err(StatementError::sql(
                Code::Internal,
                "a definition of a temporary table was answered with rows",
            ));
        }
        Err(error) => return Err(shard_rows::failed(session, statement.plan.class, lease, error).await),
    };
    lease.in_transaction = StatusFlags(ok.status).contains(StatusFlags::IN_TRANS);
    session.state.warnings.clear();
    if ok.warnings > 0 {
        session.fetch_warnings(&mut lease).await;
    }
    let name = &temporary.keyspace;
    let made = match &temporary.change {
        TemporaryChange::Create(table) => Some(table),
        TemporaryChange::Drop(tables) => {
            tables.iter().for_each(|table| session.temporaries.forget(name, table));
            None
        }
        TemporaryChange::Alter { table, renamed } => {
            if table != renamed {
                session.temporaries.forget(name, table);
            }
            Some(renamed)
        }
    };
    lease.temporary = made.is_some() || session.temporaries.is_at(&place);
    session.connections.put_back(lease).await;
    if let Some(table) = made {
        match describe(session, &place, table).await {
            Ok(live) => {
                let id = keyspace_id(session, name, &keyspace, &place);
                session.temporaries.note(name, live, id, place);
            }
            Err(error) => {
                // What the session has isn't known.
                session.ending = true;
                return Err(error);
            }
        }
    }
    let mut sum = OkSum::default();
    sum.add_alike(&ok, None);
    Ok(sum)
}

/// Where the tables are: with those that there are, on the shard that the session's target names, or on one of all that
/// sessions share out among them.
fn home(session: &Session, keyspace: &KeyspaceRef, temporary: &Temporary) -> Result<Place, StatementError> {
    let name = &temporary.keyspace;
    let known = match &temporary.change {
        TemporaryChange::Create(table) | TemporaryChange::Alter { table, .. } => {
            session.temporaries.place_of(name, table)
        }
        TemporaryChange::Drop(tables) => tables.iter().find_map(|table| session.temporaries.place_of(name, table)),
    };
    if let Some(place) = known {
        return Ok(place.clone());
    }
    let targeted = route::targeted_shard(session, keyspace, name)?;
    match (targeted, session.temporaries.home(name)) {
        (None, Some(home)) => Ok(home.clone()),
        (Some(shard), _) => keyspace.place(shard, TabletType::Primary, 0),
        (None, None) => {
            let count = keyspace.ranges().len().max(1);
            keyspace.place(session.id as usize % count, TabletType::Primary, 0)
        }
    }
}

/// A keyspace id of a shard, if the keyspace is sharded.
fn keyspace_id(session: &Session, name: &str, keyspace: &KeyspaceRef, place: &Place) -> Option<KeyspaceId> {
    if !session.snapshot.catalog.is_sharded(name) {
        return None;
    }
    let range = keyspace.index_of(place).and_then(|index| keyspace.ranges().get(index)).map(KeyRange::start);
    // The first range begins with the empty id, in front of all others.
    Some(KeyspaceId::new(range.filter(|start| !start.is_empty()).unwrap_or(&[0])))
}

/// What SHOW CREATE TABLE says of a temporary table.
pub(super) async fn shown(session: &mut Session, keyspace: &str, table: &str) -> Result<String, StatementError> {
    let place = session.temporaries.place_of(keyspace, table).cloned();
    let place = place.ok_or_else(|| StatementError::sql(Code::Internal, "a temporary table isn't where it was"))?;
    let text = format!("SHOW CREATE TABLE {}", qualified(&place, table));
    let rows = ask_definition(session, place, &text).await?;
    let shown = rows.into_iter().next().and_then(|row| row.into_iter().nth(1).flatten());
    shown.ok_or_else(|| StatementError::sql(Code::Internal, format!("SHOW CREATE TABLE `{table}` has said nothing")))
}

fn qualified(place: &Place, table: &str) -> String {
    match &place.database {
        Some(database) => format!("{}.{}", quote_name(database), quote_name(table)),
        None => quote_name(table),
    }
}

/// The columns and keys of a temporary table, which `information_schema` doesn't tell.
async fn describe(session: &mut Session, place: &Place, table: &str) -> Result<Table, StatementError> {
    let name = qualified(place, table);
    let columns = ask_definition(session, place.clone(), &format!("SHOW FULL COLUMNS FROM {name}")).await?;
    let keys = ask_definition(session, place.clone(), &format!("SHOW INDEX FROM {name}")).await?;
    let mut live = Table { name: Arc::from(table), ..Table::default() };
    live.columns = columns.iter().filter_map(column).collect();
    for row in &keys {
        let field = |at: usize| row.get(at).and_then(Option::as_deref);
        // Non_unique, Key_name, Column_name, which an expression hasn't.
        let (Some("0"), Some(key)) = (field(1), field(2)) else { continue };
        let part = Arc::from(field(4).unwrap_or_default());
        match live.unique_keys.last_mut() {
            Some(last) if *last.name == *key => last.columns.push(part),
            _ => {
                let primary = key == "PRIMARY";
                live.unique_keys.push(UniqueKey { name: Arc::from(key), primary, columns: vec![part] });
            }
        }
    }
    live.unique_keys.retain(|key| key.columns.iter().all(|column| !column.is_empty()));
    live.unique_keys.sort_by_key(|key| !key.primary);
    Ok(live)
}

/// A column by a row of SHOW FULL COLUMNS: Field, Type, Collation, Null, Key, Default, Extra.
fn column(row: &Fields) -> Option<Column> {
    let field = |at: usize| row.get(at).and_then(Option::as_deref);
    let written = field(1)?.to_ascii_lowercase();
    let word: String = written.chars().take_while(char::is_ascii_alphanumeric).collect();
    let data_type = DataType::of(&word);
    let extra = field(6).unwrap_or_default().to_ascii_uppercase();
    let numbers: Vec<u64> = match written.split_once('(').and_then(|(_, rest)| rest.split_once(')')) {
        Some((inner, _)) => inner.split(',').filter_map(|number| number.trim().parse().ok()).collect(),
        None => Vec::new(),
    };
    let scale = match data_type {
        DataType::Time | DataType::DateTime | DataType::Timestamp => Some(numbers.first().copied().unwrap_or(0)),
        DataType::Decimal | DataType::Float | DataType::Double => numbers.get(1).copied(),
        _ => None,
    };
    let has_length = matches!(
        data_type,
        DataType::Char | DataType::VarChar | DataType::Binary | DataType::VarBinary | DataType::Bit
    );
    let generated = extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED");
    let default = match field(5) {
        Some(value) if !generated && extra.contains("DEFAULT_GENERATED") => ColumnDefault::Expression(Arc::from(value)),
        Some(value) if !generated => ColumnDefault::Constant(Arc::from(value)),
        _ => ColumnDefault::None,
    };
    let collation = field(2).map(Arc::from);
    let charset = field(2).and_then(|collation| collation.split('_').next()).map(Arc::from);
    Some(Column {
        unsigned: written.contains("unsigned"),
        length: if has_length { numbers.first().copied() } else { None },
        scale: scale.and_then(|scale| u32::try_from(scale).ok()),
        charset,
        collation,
        nullable: field(3) == Some("YES"),
        default,
        generated,
        expression: None,
        auto_increment: extra.contains("AUTO_INCREMENT"),
        invisible: extra.contains("INVISIBLE"),
        ..Column::new(field(0)?, data_type)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: [Option<&str>; 7]) -> Column {
        column(&fields.iter().map(|field| field.map(str::to_owned)).collect()).unwrap()
    }

    #[test]
    fn columns_are_read_as_they_are_shown() {
        let number = of([
            Some("id"),
            Some("decimal(10,2) unsigned"),
            None,
            Some("NO"),
            Some("PRI"),
            None,
            Some("auto_increment"),
        ]);
        assert_eq!((number.data_type, number.scale, number.unsigned), (DataType::Decimal, Some(2), true));
        assert!(number.auto_increment && !number.nullable && number.collation.is_none());
        let text = of([Some("s"), Some("varchar(20)"), Some("utf8mb4_bin"), Some("YES"), None, Some("x"), Some("")]);
        assert_eq!((text.length, text.charset.as_deref(), text.scale), (Some(20), Some("utf8mb4"), None));
        assert_eq!(text.default, ColumnDefault::Constant(Arc::from("x")));
        let time = of([Some("t"), Some("datetime"), None, Some("YES"), None, Some("now()"), Some("DEFAULT_GENERATED")]);
        assert_eq!((time.scale, time.default), (Some(0), ColumnDefault::Expression(Arc::from("now()"))));
    }
}
