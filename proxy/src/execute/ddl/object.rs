//! What a data definition defines, and how a shard says that it is defined.

use crate::error::StatementError;
use crate::execute::scratch::Scratch;
use crate::session::{Session, quote_name};
use shardgate_router::plan::{DdlObject, ObjectKind};

/// An object of a keyspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    kind: ObjectKind,
    name: String,
}

/// What a server answers to SHOW CREATE of what isn't there: no table, no routine, no trigger, no event.
const ABSENT: [u16; 4] = [1146, 1305, 1360, 1539];

impl Object {
    /// The objects of a plan.
    pub(super) fn all(objects: &[DdlObject]) -> Vec<Object> {
        objects.iter().map(|object| Object { kind: object.kind, name: object.name.to_string() }).collect()
    }

    /// What stands for it in the journal: two definitions of one key are about the same object. Tables and views share
    /// their names.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.kind.name(), self.name.replace('\n', " "))
    }

    /// How a shard says that it is defined.
    pub(super) async fn definition(
        &self,
        session: &mut Session,
        scratch: &mut Scratch,
    ) -> Result<String, StatementError> {
        let (word, column) = match self.kind {
            ObjectKind::Table => ("TABLE", 1),
            ObjectKind::Procedure => ("PROCEDURE", 2),
            ObjectKind::Function => ("FUNCTION", 2),
            ObjectKind::Trigger => ("TRIGGER", 2),
            ObjectKind::Event => ("EVENT", 3),
        };
        let text = format!("SHOW CREATE {word} {}", quote_name(&self.name));
        match scratch.query(session, text.as_bytes()).await {
            Ok(whole) => {
                let shown = whole.rows.first().and_then(|row| row.field(column));
                Ok(shown.map_or_else(|| UNKNOWN.to_owned(), |text| lasting(&String::from_utf8_lossy(text))))
            }
            Err(StatementError::Shard(error)) if ABSENT.contains(&error.errno) => Ok("absent".to_owned()),
            Err(StatementError::Shard(error)) => Ok(format!("error {}", error.errno)),
            Err(error) => Err(error),
        }
    }
}

/// The definition of an object that the proxy's user may not read.
pub(super) const UNKNOWN: &str = "(not readable)";

/// A definition without what changes by itself: the counter of AUTO_INCREMENT.
fn lasting(shown: &str) -> String {
    let Some(at) = shown.rfind("\n) ") else { return shown.to_owned() };
    let (columns, options) = shown.split_at(at);
    let Some((before, counter)) = options.split_once(" AUTO_INCREMENT=") else { return shown.to_owned() };
    format!("{columns}{before}{}", counter.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::lasting;

    #[test]
    fn a_counter_is_no_part_of_a_definition() {
        let shown =
            "CREATE TABLE `t` (\n  `id` int DEFAULT ' AUTO_INCREMENT=1'\n) ENGINE=InnoDB AUTO_INCREMENT=77 COMMENT='x'";
        let lasting_one = "CREATE TABLE `t` (\n  `id` int DEFAULT ' AUTO_INCREMENT=1'\n) ENGINE=InnoDB COMMENT='x'";
        assert_eq!(lasting(shown), lasting_one);
        assert_eq!(lasting(lasting_one), lasting_one);
    }
}
