//! Several statements on each of several shards, one round after another.

use super::ok_sum::OkSum;
use super::write::{self, InsertedRows, Part};
use crate::error::StatementError;
use crate::session::query::Statement;
use crate::session::{KeyspaceRef, Session, Warning};

/// Bytes of text from which on the next statement of a shard begins.
pub(super) const BATCH_BYTES: usize = 256 << 10;
/// Rows that one statement names at most.
pub(super) const BATCH_ROWS: usize = 1000;

/// The statements of one shard.
#[derive(Debug)]
pub(super) struct ShardTexts {
    /// The shard's number.
    pub(super) shard: u32,
    /// Its statements, with the rows that they insert.
    pub(super) texts: Vec<(Vec<u8>, Option<InsertedRows>)>,
}

/// Run all; what they came to is added up. `alike`: every shard does the same to its copy of the rows.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    keyspace: &KeyspaceRef,
    shards: Vec<ShardTexts>,
    alike: bool,
    warnings: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let mut sum = OkSum::default();
    let mut queues: Vec<_> = shards.into_iter().map(|shard| (shard.shard, shard.texts.into_iter())).collect();
    loop {
        let repeats = warnings.iter().any(|warning| write::is_of_parsing(warning.code));
        let mut parts = Vec::new();
        for (shard, texts) in &mut queues {
            let Some((text, rows)) = texts.next() else { continue };
            let place = session.shard_place(keyspace, *shard as usize)?;
            parts.push(Part { place, text, rows, alike, repeats });
        }
        if parts.is_empty() {
            return Ok(sum);
        }
        let round = write::run(session, statement, parts, false).await?;
        warnings.append(&mut session.state.warnings);
        sum.join(&round);
    }
}
