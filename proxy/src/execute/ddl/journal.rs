//! The journal of a data definition: a row on each shard, in the proxy's own database there, that says how far it came.
//!
//! Rows are written on all shards before the first runs the statement, and deleted when all have run it. So what is left
//! of a statement that broke off says on which shards it is done, and the definition that its objects had before says
//! what came of a shard whose answer was lost.

use super::object::Object;
use crate::control::OWN_DATABASE;
use crate::error::StatementError;
use crate::execute::scratch::Scratch;
use crate::session::{Place, Session};
use shardgate_router::error::Code;
use std::fmt::Write as _;

/// No such table.
const NO_TABLE: u16 = 1146;
/// No such database.
const NO_DATABASE: u16 = 1049;
/// What a server answers that doesn't let the proxy's user have a journal: access denied to a database, to a table, to
/// anything, read only.
const DENIED: [u16; 5] = [1044, 1142, 1227, 1290, 1836];

/// How far a shard came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The statement hasn't been sent.
    Pending,
    /// It has been sent; whether it took effect isn't known unless an answer comes.
    Running,
    /// It took effect.
    Done,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Running => "running",
            State::Done => "done",
        }
    }

    fn of(name: &[u8]) -> Option<State> {
        [State::Pending, State::Running, State::Done].into_iter().find(|state| state.name().as_bytes() == name)
    }
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Of the statement: the same on all shards.
    pub(super) id: String,
    /// The statement.
    pub(super) statement: Vec<u8>,
    /// Its objects' keys.
    pub(super) objects: Vec<String>,
    /// How far this shard came.
    pub(super) state: State,
    /// The objects' definitions before.
    pub(super) before: String,
    /// When it began.
    pub(super) since: String,
}

/// A shard of a data definition, with a session of the proxy's own on it.
pub(super) struct Member {
    /// The shard.
    pub(super) place: Place,
    session: Scratch,
    /// Its row of the statement.
    pub(super) entry: Option<Entry>,
}

/// Whether a shard keeps a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It does.
    Yes,
    /// The proxy's user may not.
    Denied,
}

impl Member {
    /// A session on a shard.
    pub(super) async fn open(session: &mut Session, place: Place) -> Result<Member, StatementError> {
        Ok(Member::new(Scratch::open(session, place).await?))
    }

    /// With this session.
    pub(super) fn new(session: Scratch) -> Member {
        Member { place: session.lease.place.clone(), session, entry: None }
    }

    /// Done with it.
    pub(super) async fn close(self, session: &mut Session) {
        self.session.close(session).await;
    }

    /// Keep other definitions of these objects away until the session is closed.
    pub(super) async fn lock(
        &mut self,
        session: &mut Session,
        keyspace: &str,
        objects: &[Object],
    ) -> Result<(), StatementError> {
        let mut names: Vec<String> = objects.iter().map(|object| lock_name(keyspace, &object.key())).collect();
        // In one order, so that no two wait for each other.
        names.sort();
        names.dedup();
        for name in names {
            let text = format!("SELECT GET_LOCK('{name}', -1)");
            self.session.query(session, text.as_bytes()).await?;
        }
        Ok(())
    }

    /// Make the journal's table, if it isn't there.
    pub(super) async fn create(&mut self, session: &mut Session) -> Result<Kept, StatementError> {
        let table = format!(
            "CREATE TABLE IF NOT EXISTS `{OWN_DATABASE}`.ddl_journal (keyspace VARCHAR(128) CHARACTER SET utf8mb4 COLLATE \
             utf8mb4_bin NOT NULL, shard VARCHAR(64) CHARACTER SET ascii NOT NULL, id CHAR(36) CHARACTER SET ascii NOT NULL, \
             statement LONGBLOB NOT NULL, objects LONGTEXT CHARACTER SET utf8mb4 NOT NULL, state ENUM('pending', 'running', \
             'done') NOT NULL, definition LONGTEXT CHARACTER SET utf8mb4 NOT NULL, since TIMESTAMP NOT NULL DEFAULT \
             CURRENT_TIMESTAMP, PRIMARY KEY (keyspace, shard, id)) ENGINE=InnoDB"
        );
        for text in [format!("CREATE DATABASE IF NOT EXISTS `{OWN_DATABASE}`"), table] {
            match self.session.run(session, text.as_bytes()).await {
                Ok(_) => {}
                Err(error) if is_any(&error, &DENIED) => return Ok(Kept::Denied),
                Err(error) => return Err(error),
            }
        }
        Ok(Kept::Yes)
    }

    /// The rows of this shard. `None`: there is no journal yet; or the proxy's user may not read one.
    pub(super) async fn read(
        &mut self,
        session: &mut Session,
    ) -> Result<Result<Option<Vec<Entry>>, Kept>, StatementError> {
        let text = format!(
            "SELECT id, statement, objects, state, definition, since FROM `{OWN_DATABASE}`.ddl_journal WHERE {}",
            self.condition(None)
        );
        match self.session.query(session, text.as_bytes()).await {
            Ok(whole) => {
                let entry = |row: &crate::execute::Row| {
                    let text = |at| row.field(at).map(|field| String::from_utf8_lossy(field).into_owned());
                    Some(Entry {
                        id: text(0)?,
                        statement: row.field(1)?.to_vec(),
                        objects: text(2)?.lines().map(str::to_owned).collect(),
                        state: State::of(row.field(3)?)?,
                        before: text(4)?,
                        since: text(5)?,
                    })
                };
                let entries: Option<Vec<Entry>> = whole.rows.iter().map(entry).collect();
                let entries = entries.ok_or_else(|| {
                    let message = format!("the journal of data definitions on shard {} can't be read", self.place);
                    StatementError::sql(Code::Internal, message)
                })?;
                Ok(Ok(Some(entries)))
            }
            Err(error) if is_any(&error, &[NO_TABLE, NO_DATABASE]) => Ok(Ok(None)),
            Err(error) if is_any(&error, &DENIED) => Ok(Err(Kept::Denied)),
            Err(error) => Err(error),
        }
    }

    /// A name for a new statement.
    pub(super) async fn new_id(&mut self, session: &mut Session) -> Result<String, StatementError> {
        let whole = self.session.query(session, b"SELECT UUID()").await?;
        let id = whole.rows.first().and_then(|row| row.field(0)).map(|id| String::from_utf8_lossy(id).into_owned());
        id.ok_or_else(|| StatementError::sql(Code::Internal, format!("shard {} made no UUID", self.place)))
    }

    /// Write the row of a statement that begins.
    pub(super) async fn begin(
        &mut self,
        session: &mut Session,
        id: &str,
        statement: &[u8],
        objects: &[Object],
    ) -> Result<(), StatementError> {
        let before = self.definition(session, objects).await?;
        let keys: Vec<String> = objects.iter().map(Object::key).collect();
        let text = format!(
            "INSERT INTO `{OWN_DATABASE}`.ddl_journal (keyspace, shard, id, statement, objects, state, definition) \
             VALUES ({}, {}, '{id}', {}, {}, 'pending', {})",
            utf8(&self.place.keyspace),
            utf8(self.place.shard.name.as_str()),
            hex(statement),
            utf8(&keys.join("\n")),
            utf8(&before)
        );
        self.session.run(session, text.as_bytes()).await?;
        self.entry = Some(Entry {
            id: id.to_owned(),
            statement: statement.to_vec(),
            objects: keys,
            state: State::Pending,
            before,
            since: String::new(),
        });
        Ok(())
    }

    /// Write how far the shard came.
    pub(super) async fn set(&mut self, session: &mut Session, state: State) -> Result<(), StatementError> {
        let Some(entry) = &self.entry else { return Ok(()) };
        let text = format!(
            "UPDATE `{OWN_DATABASE}`.ddl_journal SET state = '{}' WHERE {}",
            state.name(),
            self.condition(Some(&entry.id))
        );
        self.session.run(session, text.as_bytes()).await?;
        if let Some(entry) = &mut self.entry {
            entry.state = state;
        }
        Ok(())
    }

    /// Delete the row of a statement.
    pub(super) async fn forget(&mut self, session: &mut Session, id: &str) -> Result<(), StatementError> {
        let text = format!("DELETE FROM `{OWN_DATABASE}`.ddl_journal WHERE {}", self.condition(Some(id)));
        self.session.run(session, text.as_bytes()).await?;
        self.entry = None;
        Ok(())
    }

    /// How the objects are defined here now.
    pub(super) async fn definition(
        &mut self,
        session: &mut Session,
        objects: &[Object],
    ) -> Result<String, StatementError> {
        let mut out = String::new();
        for object in objects {
            let found = object.definition(session, &mut self.session).await?;
            let _ = writeln!(out, "{}: {found}", object.key());
        }
        Ok(out)
    }

    fn condition(&self, id: Option<&str>) -> String {
        let mut text =
            format!("keyspace = {} AND shard = {}", utf8(&self.place.keyspace), utf8(self.place.shard.name.as_str()));
        if let Some(id) = id {
            let _ = write!(text, " AND id = {}", utf8(id));
        }
        text
    }
}

/// Whether a server answered with one of these errors.
fn is_any(error: &StatementError, wanted: &[u16]) -> bool {
    matches!(error, StatementError::Shard(shard) if wanted.contains(&shard.errno))
}

/// A string literal that is read alike under any sql_mode and character set.
fn utf8(text: &str) -> String {
    if text.is_empty() { "''".to_owned() } else { format!("_utf8mb4 {}", hex(text.as_bytes())) }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2 + 3);
    text.push_str("x'");
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\'');
    text
}

/// The name of a lock, of which a server takes 64 characters: of what is too long, a part and a number.
fn lock_name(keyspace: &str, object: &str) -> String {
    // FNV-1a: any function that spreads will do; two objects of one name wait for each other without need.
    let hash = keyspace
        .bytes()
        .chain([0])
        .chain(object.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let head: String = keyspace.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    format!("_shardgate_ddl_{head}_{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_have_names_that_a_server_takes() {
        let long = "k".repeat(200);
        for (keyspace, object) in [("customer", "table t"), (long.as_str(), "view v'"), ("", "")] {
            let name = lock_name(keyspace, object);
            assert!(name.len() <= 64 && !name.contains('\''), "{name}");
        }
        assert_ne!(lock_name("a", "table b"), lock_name("a", "table c"));
        assert_ne!(lock_name("ab", "c"), lock_name("a", "bc"));
    }

    #[test]
    fn texts_are_written_so_that_no_mode_changes_them() {
        assert_eq!(utf8("a'\\"), "_utf8mb4 x'61275c'");
        assert_eq!(utf8(""), "''");
    }
}
