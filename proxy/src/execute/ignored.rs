//! A row that IGNORE leaves as it was: its change is undone to a savepoint, and what it met becomes a warning.

use super::ok_sum::OkSum;
use super::write;
use crate::error::StatementError;
use crate::session::{Session, Warning};
use shardgate_wire::Capabilities;

/// End the change of one row, which began with this savepoint: what it came to. `update`: it is an UPDATE's; `said`: the
/// warnings of the change.
pub(super) async fn settle(
    session: &mut Session,
    savepoint: &str,
    done: Result<OkSum, StatementError>,
    update: bool,
    said: &mut Vec<Warning>,
) -> Result<OkSum, StatementError> {
    let sum = match done {
        Err(StatementError::Shard(error)) if write::is_ignored(error.errno) => {
            session.roll_back_to(savepoint).await?;
            said.push(Warning::of_error(&error));
            let matched = session.client.capabilities.contains(Capabilities::FOUND_ROWS);
            match update {
                true => OkSum::left_as_it_was(matched, said.len()),
                false => OkSum::only_warnings(said.len()),
            }
        }
        done => done?,
    };
    session.release_savepoint(savepoint).await?;
    Ok(sum)
}
