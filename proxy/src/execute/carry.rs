//! Carry changed rows to their new shards: they are read back as MySQL has stored them, inserted there, and deleted on the
//! old ones.

use super::change::by_key;
use super::insert_rows::RowsText;
use super::rounds::{self, ShardTexts};
use super::scatter::{self, Whole};
use super::{copies, evaluate, found};
use crate::error::{ShardError, StatementError};
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session};
use shardgate_router::error::Code;
use shardgate_router::literal::write_identifier;
use shardgate_router::plan::{CarriedRow, Placement};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Settings under which a stored row is read and stored again exactly as it is.
const EXACTLY: [(&str, &str); 3] = [
    ("character_set_results", "'utf8mb4'"),
    ("sql_mode", "'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'"),
    ("time_zone", "'+00:00'"),
];

/// Whose rows are carried.
pub(super) struct Carried<'c> {
    pub(super) table: &'c str,
    /// The columns that tell its rows apart.
    pub(super) key: Vec<&'c str>,
    pub(super) row: &'c CarriedRow,
    pub(super) placement: &'c Placement,
    pub(super) keyspace: &'c KeyspaceRef,
}

/// Rows of a shard that belong to another one from now on: the literals of their keys.
pub(super) struct Leaving {
    pub(super) shard: u32,
    pub(super) keys: Vec<Vec<u8>>,
}

/// What of a table would make a carried row do more than a changed one does.
pub(super) struct Obstacles {
    /// It has triggers that a carried row would fire.
    triggers: bool,
    /// Foreign keys that refer to it, and are looked after.
    pub(super) children: Vec<Child>,
    /// It has foreign keys of its own, and they are looked after.
    pub(super) child: bool,
}

/// A table with a foreign key, whose rows are where those are that it refers to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Child {
    /// The key's name.
    constraint: String,
    /// The table.
    table: String,
    /// Its columns.
    columns: Vec<String>,
    /// The columns that they refer to.
    pub(super) parent_columns: Vec<String>,
    /// A change of those is refused; else it changes the rows with it.
    restricts: bool,
}

impl Obstacles {
    /// Refuse to carry rows.
    pub(super) fn check(&self, table: &str) -> Result<(), StatementError> {
        self.check_triggers(table)?;
        if !self.children.is_empty() {
            return Err(refused(
                table,
                "a foreign key refers to the table, whose rows would stay behind; move those first",
            ));
        }
        Ok(())
    }

    /// Refuse to carry rows of a table with triggers.
    pub(super) fn check_triggers(&self, table: &str) -> Result<(), StatementError> {
        if self.triggers {
            return Err(refused(table, "the table has triggers, which a move would fire; delete and insert the rows"));
        }
        Ok(())
    }
}

impl Child {
    /// See that no row of the child table refers to these rows of its parent. `value` writes what a row has in one of the
    /// columns that are referred to.
    pub(super) async fn check(
        &self,
        session: &mut Session,
        keyspace: &KeyspaceRef,
        parent: &str,
        (shard, rows): (u32, &[usize]),
        value: impl Fn(usize, &str, &mut Vec<u8>),
    ) -> Result<(), StatementError> {
        let mut select = b"SELECT 1 FROM ".to_vec();
        write_identifier(&self.table, &mut select);
        let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let key = |number: usize, out: &mut Vec<u8>| {
            for (index, name) in self.parent_columns.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b", " } else { b"" });
                value(number, name, out);
            }
        };
        for text in by_key(&select, &names, rows, b" LIMIT 1 FOR SHARE", key) {
            let place = session.shard_place(keyspace, shard as usize)?;
            if scatter::run_text(session, place, &text).await?.rows.is_empty() {
                continue;
            }
            if !self.restricts {
                let reason =
                    format!("the foreign key `{}` of `{}` would change rows with it", self.constraint, self.table);
                return Err(refused(parent, &format!("{reason}; change those first")));
            }
            let message = format!(
                "Cannot delete or update a parent row: a foreign key constraint fails (`{}`, CONSTRAINT `{}` FOREIGN KEY (`{}`) \
                 REFERENCES `{parent}` (`{}`))",
                self.table,
                self.constraint,
                self.columns.join("`, `"),
                self.parent_columns.join("`, `")
            );
            return Err(StatementError::Shard(Box::new(ShardError {
                errno: 1451,
                sqlstate: *b"23000",
                message: message.into_bytes(),
                origin: Arc::from("the rows of a foreign key"),
            })));
        }
        Ok(())
    }
}

/// The error where rows can't be carried.
pub(super) fn refused(table: &str, reason: &str) -> StatementError {
    let message = format!(
        "unsupported: the statement changes the shard key of rows of `{table}`, which would move them to another shard, and \
         {reason}"
    );
    StatementError::sql(Code::Unsupported, message)
}

/// Ask a shard what is in the way. An UPDATE's own triggers aren't: they fire where the row is changed.
pub(super) async fn obstacles(
    session: &mut Session,
    keyspace: &KeyspaceRef,
    table: &str,
    shard: u32,
) -> Result<Obstacles, StatementError> {
    let mut name = Vec::new();
    shardgate_router::literal::write_string(table.as_bytes(), session.state.mode.lex, &mut name);
    let name = String::from_utf8_lossy(&name).into_owned();
    let query = format!(
        "SELECT (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND \
         EVENT_OBJECT_TABLE = {name} AND EVENT_MANIPULATION <> 'UPDATE'), (SELECT COUNT(*) FROM \
         information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = {name}), \
         @@foreign_key_checks"
    );
    let place = session.shard_place(keyspace, shard as usize)?;
    let facts = scatter::run_text(session, place, query.as_bytes()).await?;
    let fact = |at| facts.rows.first().and_then(|row| row.field(at)).is_some_and(|text| text != b"0");
    let children = if fact(2) { children(session, keyspace, &name, shard).await? } else { Vec::new() };
    Ok(Obstacles { triggers: fact(0), children, child: fact(1) && fact(2) })
}

/// The tables with foreign keys that refer to a table.
async fn children(
    session: &mut Session,
    keyspace: &KeyspaceRef,
    name: &str,
    shard: u32,
) -> Result<Vec<Child>, StatementError> {
    let query = format!(
        "SELECT k.CONSTRAINT_NAME, k.TABLE_NAME, k.COLUMN_NAME, k.REFERENCED_COLUMN_NAME, r.UPDATE_RULE FROM \
         information_schema.KEY_COLUMN_USAGE AS k JOIN information_schema.REFERENTIAL_CONSTRAINTS AS r ON r.CONSTRAINT_SCHEMA = \
         k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME WHERE k.REFERENCED_TABLE_SCHEMA = DATABASE() AND \
         k.REFERENCED_TABLE_NAME = {name} ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION"
    );
    let place = session.shard_place(keyspace, shard as usize)?;
    let before = found::set(session, &[("character_set_results", "'utf8mb4'")]);
    let read = scatter::run_text(session, place, query.as_bytes()).await;
    session.state.settings = before;
    let mut children: Vec<Child> = Vec::new();
    for row in read?.rows {
        let field = |at| row.field(at).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
        if children.last().is_none_or(|last| last.constraint != field(0)) {
            let restricts = matches!(field(4).as_str(), "RESTRICT" | "NO ACTION");
            children.push(Child { constraint: field(0), table: field(1), restricts, ..Child::default() });
        }
        if let Some(last) = children.last_mut() {
            last.columns.push(field(2));
            last.parent_columns.push(field(3));
        }
    }
    Ok(children)
}

/// Carry the rows. What a new shard has against a row is the error.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    carried: &Carried<'_>,
    leaving: &[Leaving],
) -> Result<(), StatementError> {
    let before = found::set(session, &EXACTLY);
    let result = carry(session, statement, carried, leaving).await;
    session.state.settings = before;
    result
}

async fn carry(
    session: &mut Session,
    statement: &Statement<'_>,
    carried: &Carried<'_>,
    leaving: &[Leaving],
) -> Result<(), StatementError> {
    let mut table = Vec::new();
    write_identifier(carried.table, &mut table);
    let mut arriving: BTreeMap<u32, Vec<Whole>> = BTreeMap::new();
    let mut deletes = Vec::new();
    let select = copies::select(carried.table, &carried.row.columns);
    let mut insert = b"INSERT INTO ".to_vec();
    insert.extend_from_slice(&table);
    for (index, column) in carried.row.columns.iter().take(carried.row.stored as usize).enumerate() {
        insert.extend_from_slice(if index > 0 { b", " } else { b" (" });
        write_identifier(&column.name, &mut insert);
    }
    insert.extend_from_slice(b") VALUES ");
    let mut delete = b"DELETE FROM ".to_vec();
    delete.extend_from_slice(&table);
    for part in leaving {
        let all: Vec<usize> = (0..part.keys.len()).collect();
        let key = |number: usize, out: &mut Vec<u8>| {
            out.extend_from_slice(part.keys.get(number).map_or(b"NULL".as_slice(), Vec::as_slice));
        };
        let mut read = 0;
        for text in by_key(&select, &carried.key, &all, b" FOR UPDATE", key) {
            let place = session.shard_place(carried.keyspace, part.shard as usize)?;
            let whole = scatter::run_text(session, place, &text).await?;
            read += whole.rows.len();
            let mut by_shard: BTreeMap<u32, Whole> = BTreeMap::new();
            for row in whole.rows {
                let values = carried.row.placed_by.iter().map(|at| {
                    let column = whole.columns.get(*at as usize);
                    column.map_or(shardgate_vschema::Value::Null, |column| evaluate::value(row.field(*at), column))
                });
                let shard = carried.placement.shard(values.collect(), carried.keyspace.ranges())?;
                let columns = &whole.columns;
                by_shard.entry(shard).or_insert_with(|| Whole::new(columns.clone(), Vec::new())).rows.push(row);
            }
            if by_shard.contains_key(&part.shard) {
                return Err(not_found(carried));
            }
            for (shard, rows) in by_shard {
                arriving.entry(shard).or_default().push(rows);
            }
        }
        if read != part.keys.len() {
            return Err(not_found(carried));
        }
        let texts = by_key(&delete, &carried.key, &all, b"", key).into_iter().map(|text| (text, None)).collect();
        deletes.push(ShardTexts { shard: part.shard, texts });
    }
    let mut inserts = Vec::new();
    for (shard, mut batches) in arriving {
        let mut texts = Vec::new();
        for batch in &mut batches {
            copies::complete(carried.table, &carried.row.columns, batch)?;
            let all: Vec<usize> = (0..batch.rows.len()).collect();
            let columns = carried.row.stored as usize;
            let writer =
                RowsText { prefix: &insert, found: batch, columns, generated: None, behind: &[], ignore: false };
            texts.extend(writer.of(&all, b""));
        }
        inserts.push(ShardTexts { shard, texts });
    }
    let mut unsaid = Vec::new();
    rounds::run(session, statement, carried.keyspace, inserts, false, &mut unsaid).await?;
    rounds::run(session, statement, carried.keyspace, deletes, false, &mut unsaid).await?;
    Ok(())
}

fn not_found(carried: &Carried<'_>) -> StatementError {
    let message = format!(
        "unsupported: the rows of `{}` that move to another shard are not found by the values that their key was given; \
         assign values of the columns' own types",
        carried.table
    );
    StatementError::sql(Code::Unsupported, message)
}
