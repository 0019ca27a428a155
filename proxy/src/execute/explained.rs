//! EXPLAIN of a statement that several shards run: one of them answers, and a note says so.

use super::metadata::answer;
use super::route::{place, render, run_alone, shards};
use crate::error::StatementError;
use crate::metrics::Reach;
use crate::session::query::Statement;
use crate::session::{Session, Warning};
use shardgate_router::plan::{Explained, ShardSet};
use std::collections::BTreeSet;

/// Run the statement.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement<'_>,
    explained: &Explained,
) -> Result<Reach, StatementError> {
    let mut found = BTreeSet::new();
    let mut any = None;
    for target in &explained.targets {
        let (_, set) = shards(session, statement, &explained.keyspace, target)?;
        if set.is_any() {
            any = Some(set);
        } else {
            found.extend(set.indices().iter().copied());
        }
    }
    let set = found.first().map(|first| ShardSet::one(*first)).or(any).unwrap_or_else(ShardSet::any);
    let (keyspace, _) = shards(session, statement, &explained.keyspace, &shardgate_router::plan::Target::AnyShard)?;
    let place = place(session, &keyspace, &set)?;
    if found.len() < 2 {
        run_alone(session, statement, &explained.sql, place).await?;
        return Ok(Reach::OneShard);
    }
    let how = if explained.gathered {
        "their rows are gathered, and the statement runs on those"
    } else {
        "each runs its part of the statement"
    };
    let message = format!(
        "the plan is that of shard {}/{}, one of {}: {how}; VEXPLAIN shows what each gets",
        place.keyspace,
        place.shard.name,
        found.len()
    );
    let note = Warning { level: "Note".to_owned(), code: NOTE, message };
    let text = render(session, statement, &explained.sql, &place, &[], None)?;
    answer(session, statement, place, &text, &[], Some(note)).await?;
    Ok(Reach::OneShard)
}

/// The number of the notes that MySQL gives with EXPLAIN.
const NOTE: u16 = 1003;
