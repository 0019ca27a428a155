//! The temporary tables of a statement: created and filled on each of its scratch sessions.

use super::definition::{self, Definition};
use super::fill::{Budget, Filling, is_same};
use crate::error::StatementError;
use crate::execute::rows::Row;
use crate::execute::scratch::Scratch;
use crate::execute::wait::interrupted;
use crate::execute::{head, scatter};
use crate::session::Session;
use crate::session::query::Statement;
use shardgate_router::plan::{GatherSource, Link};
use shardgate_vschema::KeyRange;

/// The filling of a statement's temporary tables.
pub(in crate::execute) struct Fill<'f> {
    /// The keyspace that the scratch sessions are in.
    home: &'f str,
    sources: &'f [GatherSource],
    budget: Budget,
    /// The source whose rows were all read already, and an INSERT of them; empty: there are none.
    ahead: Option<(usize, Vec<u8>)>,
}

impl<'f> Fill<'f> {
    /// That of these sources. `purpose`: what is done with the rows, for the error that there are too many.
    pub(in crate::execute) fn new(
        session: &Session,
        home: &'f str,
        sources: &'f [GatherSource],
        purpose: &'static str,
    ) -> Self {
        Fill { home, sources, budget: Budget::of(session, purpose), ahead: None }
    }

    /// Read the rows of the link's source, if they are few, before it is known where they go. The shards that have rows for
    /// their values of the link's column; `None`: any may.
    pub(in crate::execute) async fn look_ahead(
        &mut self,
        session: &mut Session,
        statement: &Statement<'_>,
        link: &Link,
        ranges: &[KeyRange],
    ) -> Result<Option<Vec<u32>>, StatementError> {
        let Some(source) = self.sources.get(link.source) else { return Ok(None) };
        let filling = Filling::reading(source);
        let deadline = head::deadline(session);
        let mut inputs = filling.open(session, statement).await?;
        let mut found = Some(Vec::new());
        let mut note = |row: &Row| {
            if let Some(known) = &mut found {
                match link.shards(row.field(link.column as u32), ranges)? {
                    Some(shards) => shards.into_iter().for_each(|shard| {
                        if !known.contains(&shard) {
                            known.push(shard);
                        }
                    }),
                    None => found = None,
                }
            }
            Ok(())
        };
        let mut budget = self.budget.clone();
        let mut text = Vec::new();
        let read = filling.read(session, &mut inputs, deadline, &mut budget, &mut text, &mut note).await;
        // Nothing is held while connections for the statement are waited for: rows that aren't few are read again.
        let many = matches!(read, Ok(true));
        let stop = if many { Err(interrupted()) } else { read.map(|_| ()) };
        let finished = scatter::finish(session, inputs, stop).await;
        if many {
            return Ok(None);
        }
        finished?;
        self.budget = budget;
        self.ahead = Some((link.source, text));
        Ok(found)
    }

    /// Create and fill the tables on these scratch sessions.
    pub(in crate::execute) async fn run(
        mut self,
        session: &mut Session,
        statement: &Statement<'_>,
        scratches: &mut [Scratch],
    ) -> Result<(), StatementError> {
        let definitions: Vec<Definition> = definition::create_all(session, scratches, self.home, self.sources).await?;
        for (index, (source, definition)) in self.sources.iter().zip(&definitions).enumerate() {
            let filling = Filling::new(source, definition);
            let ahead = self.ahead.take_if(|(at, _)| *at == index);
            let same = self.sources.get(..index).unwrap_or_default().iter().find(|other| is_same(source, other));
            match (ahead, same) {
                (Some((_, text)), _) if text.is_empty() => {}
                (Some((_, text)), _) => filling.insert(session, scratches, &text).await?,
                (None, Some(other)) => filling.copy(session, scratches, other).await?,
                (None, None) => filling.run(session, statement, scratches, &mut self.budget).await?,
            }
        }
        Ok(())
    }
}
