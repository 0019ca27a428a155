//! Maintain tables on the servers that have them, and say of each what one server would.

use super::route::{self, render};
use super::summed::{Bytes, rows_of, send};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{Session, Warning, quote_name};
use shardgate_router::plan::{Maintained, MaintainedTable};

/// Run the statement for one table after another.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    maintained: &Maintained,
) -> Result<Reach, StatementError> {
    let mut columns = Vec::new();
    let mut rows: Vec<Bytes> = Vec::new();
    let mut warnings: Vec<Warning> = Vec::new();
    for table in &maintained.tables {
        let (keyspace, shards) = route::shards(session, statement, &table.keyspace, &table.target)?;
        let places = match shards.single() {
            Some(_) => vec![route::place(session, &keyspace, &shards)?],
            None => {
                let each = shards.indices().iter().map(|index| session.shard_place(&keyspace, *index as usize));
                each.collect::<Result<Vec<_>, _>>()?
            }
        };
        let mut said: Vec<Vec<Bytes>> = Vec::with_capacity(places.len());
        for place in places {
            let mut text = render(session, statement, &maintained.head, &place, &[], None)?;
            if let Some(database) = &place.database {
                text.extend_from_slice(quote_name(database).as_bytes());
                text.push(b'.');
            }
            text.extend_from_slice(quote_name(&table.table).as_bytes());
            text.extend_from_slice(&render(session, statement, &maintained.tail, &place, &[], None)?);
            let database = place.database.clone();
            let (found, mut own) = rows_of(session, statement, place, &text).await?;
            columns = found;
            own.iter_mut().for_each(|row| call(row, table, database.as_deref()));
            said.push(own);
            for mut warning in std::mem::take(&mut session.state.warnings) {
                warning.message = logical(&warning.message, table, database.as_deref());
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
        }
        rows.extend(if maintained.adds_up { added_up(said) } else { said_once(said) });
    }
    session.state.warnings = warnings;
    send(session, statement, &columns, &rows)?;
    Ok(Reach::SeveralShards)
}

/// The first column names the table with its database, and what is said may name it, too.
fn call(row: &mut Bytes, table: &MaintainedTable, database: Option<&str>) {
    let mut fields = row.iter_mut();
    if let Some(name) = fields.next() {
        *name = Some(format!("{}.{}", table.keyspace, table.table).into_bytes());
    }
    if database.is_some_and(|database| *database == *table.keyspace) {
        return;
    }
    for field in fields.flatten() {
        *field = logical(&String::from_utf8_lossy(field), table, database).into_bytes();
    }
}

/// A text in which the table has its keyspace's name.
fn logical(text: &str, table: &MaintainedTable, database: Option<&str>) -> String {
    let Some(database) = database else { return text.to_owned() };
    text.replace(&format!("{database}.{}", table.table), &format!("{}.{}", table.keyspace, table.table))
}

/// The checksum of all shards' rows: of 32 bits, and NULL where one has no table.
fn added_up(said: Vec<Vec<Bytes>>) -> Vec<Bytes> {
    let mut said = said.into_iter().map(|rows| rows.into_iter().next());
    let Some(Some(mut row)) = said.next() else { return Vec::new() };
    let number = |row: &Bytes| -> Option<u32> {
        std::str::from_utf8(row.get(1)?.as_deref()?).ok()?.parse::<u64>().ok().map(|sum| sum as u32)
    };
    let mut sum = number(&row);
    for other in said {
        sum = sum.zip(other.as_ref().and_then(number)).map(|(sum, more)| sum.wrapping_add(more));
    }
    if let Some(field) = row.get_mut(1) {
        *field = sum.map(|sum| sum.to_string().into_bytes());
    }
    vec![row]
}

/// What the shards say of a table, each thing once. That all is well only if every shard says so.
fn said_once(said: Vec<Vec<Bytes>>) -> Vec<Bytes> {
    let is_well = |row: &Bytes| {
        let field = |at: usize| row.get(at).and_then(Option::as_deref);
        field(2) == Some(b"status") && field(3) == Some(b"OK")
    };
    let all_well = said.iter().all(|rows| rows.iter().any(is_well));
    let mut rows: Vec<Bytes> = Vec::new();
    let mut last = None;
    for row in said.into_iter().flatten() {
        if is_well(&row) {
            last = Some(row).filter(|_| all_well);
        } else if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows.extend(last);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[&str]) -> Bytes {
        fields.iter().map(|field| Some(field.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_all_shards_say_is_said_once() {
        let well = row(&["k.t", "check", "status", "OK"]);
        let bad = row(&["k.t", "check", "error", "Corrupt"]);
        assert_eq!(said_once(vec![vec![well.clone()], vec![well.clone()]]), std::slice::from_ref(&well));
        assert_eq!(said_once(vec![vec![well], vec![bad.clone()]]), [bad]);
    }

    #[test]
    fn checksums_add_up_within_their_width() {
        let sum = added_up(vec![vec![row(&["k.t", "4294967295"])], vec![row(&["k.t", "3"])]]);
        assert_eq!(sum, [row(&["k.t", "2"])]);
        assert_eq!(
            added_up(vec![vec![row(&["k.t", "1"])], vec![vec![None, None]]]),
            [vec![Some(b"k.t".to_vec()), None]]
        );
    }
}
