//! Transactions over one shard or several.
//!
//! On one shard a transaction is MySQL's own. Over several shards the parts commit one after another, in the order in
//! which they joined: best effort. A failure in the middle is reported with the shards that have committed.

use super::connections::{Connections, Held, Transaction};
use super::place::Place;
use super::quote_name;
use super::{Lease, Session};
use crate::backend::BackendError;
use crate::config::TransactionMode;
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_router::plan::{Chaining, TransactionStart};

impl Session {
    /// BEGIN, START TRANSACTION: commits an open one first, as MySQL does. No shard hears of it before its first
    /// statement.
    pub(super) async fn begin(&mut self, start: TransactionStart) -> Result<(), StatementError> {
        self.commit_all().await?;
        self.transaction.open = true;
        self.transaction.start = start;
        Ok(())
    }

    /// COMMIT.
    pub(super) async fn commit(&mut self, chaining: Chaining) -> Result<(), StatementError> {
        let start = self.transaction.start;
        self.commit_all().await?;
        self.after_end(chaining, start);
        Ok(())
    }

    /// ROLLBACK.
    pub(super) async fn roll_back(&mut self, chaining: Chaining) -> Result<(), StatementError> {
        let start = self.transaction.start;
        self.roll_back_all().await?;
        self.after_end(chaining, start);
        Ok(())
    }

    fn after_end(&mut self, chaining: Chaining, start: TransactionStart) {
        let completion = self.state.settings.text("completion_type").unwrap_or_default();
        let chains = completion == "1" || completion.eq_ignore_ascii_case("CHAIN");
        let releases = completion == "2" || completion.eq_ignore_ascii_case("RELEASE");
        if chaining.chain.unwrap_or(chains) {
            self.transaction.open = true;
            self.transaction.start = start;
        }
        if chaining.release.unwrap_or(releases) {
            self.ending = true;
        }
    }

    /// Commit the open transaction on all its shards, if there is one.
    pub(crate) async fn commit_all(&mut self) -> Result<(), StatementError> {
        let mut parts = self.connections.take_transaction().into_iter();
        self.close_transaction();
        let mut committed: Vec<String> = Vec::new();
        while let Some(mut part) = parts.next() {
            let committed_part = tokio::select! {
                biased;
                answered = part.backend.run(b"COMMIT") => answered,
                () = self.process.connection_killed() => {
                    part.backend.broken = true;
                    Err(BackendError::Protocol("KILL came before the answer".to_owned()))
                }
            };
            match committed_part {
                Ok(_) => {
                    committed.push(part.place.to_string());
                    self.connections.return_held(part).await;
                }
                Err(error) => {
                    let error = commit_error(&part, &error, &committed);
                    if !part.backend.broken {
                        roll_back_part(&mut self.connections, part).await;
                    }
                    for rest in parts {
                        roll_back_part(&mut self.connections, rest).await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Roll the open transaction back on all its shards, if there is one.
    pub(crate) async fn roll_back_all(&mut self) -> Result<(), StatementError> {
        self.close_transaction();
        for part in self.connections.take_transaction() {
            roll_back_part(&mut self.connections, part).await;
        }
        Ok(())
    }

    /// One part of the transaction is gone (a deadlock, a lost connection): the others must not survive it.
    pub(crate) async fn roll_back_others(&mut self) {
        self.close_transaction();
        for part in self.connections.take_transaction() {
            roll_back_part(&mut self.connections, part).await;
        }
    }

    /// What SET TRANSACTION said goes with the transaction that it was for.
    fn close_transaction(&mut self) {
        let mut characteristics = std::mem::take(&mut self.transaction.characteristics);
        if self.transaction.open || self.transaction.characteristics_used {
            characteristics.clear();
        }
        self.transaction = Transaction { characteristics, ..Transaction::default() };
    }

    /// A statement is done: what SET TRANSACTION said was for it alone, if it was no part of a longer transaction.
    #[inline]
    pub(super) fn end_characteristics(&mut self) {
        let transaction = &mut self.transaction;
        if transaction.characteristics_used && !transaction.open && !self.connections.in_transaction() {
            transaction.characteristics.clear();
            transaction.characteristics_used = false;
        }
    }

    /// In `transaction_mode=single` a transaction has one shard.
    pub(crate) fn check_transaction_mode(&self, place: &Place) -> Result<(), StatementError> {
        if self.state.transaction_mode == TransactionMode::Single && self.connections.in_transaction_elsewhere(place) {
            let message =
                format!("the transaction is on another shard and can't go on at {place}: transaction_mode is single");
            return Err(StatementError::sql(Code::SingleShardTransaction, message));
        }
        Ok(())
    }

    /// SAVEPOINT: on all shards of the transaction, and on those that join later.
    pub(crate) async fn savepoint(&mut self, name: &str) -> Result<(), StatementError> {
        let statement = format!("SAVEPOINT {}", quote_name(name));
        self.on_all_parts(&statement).await?;
        // With autocommit off there is always a transaction, even if no shard has heard of it.
        if self.transaction.open || self.connections.in_transaction() || !self.state.autocommit() {
            self.transaction.savepoints.retain(|known| !known.eq_ignore_ascii_case(name));
            self.transaction.savepoints.push(name.into());
        }
        Ok(())
    }

    /// ROLLBACK TO SAVEPOINT.
    pub(crate) async fn roll_back_to(&mut self, name: &str) -> Result<(), StatementError> {
        let at = self.savepoint_position(name)?;
        self.on_all_parts(&format!("ROLLBACK TO SAVEPOINT {}", quote_name(name))).await?;
        self.transaction.savepoints.truncate(at + 1);
        Ok(())
    }

    /// RELEASE SAVEPOINT.
    pub(crate) async fn release_savepoint(&mut self, name: &str) -> Result<(), StatementError> {
        let at = self.savepoint_position(name)?;
        self.on_all_parts(&format!("RELEASE SAVEPOINT {}", quote_name(name))).await?;
        self.transaction.savepoints.truncate(at);
        Ok(())
    }

    fn savepoint_position(&self, name: &str) -> Result<usize, StatementError> {
        let found = self.transaction.savepoints.iter().position(|known| known.eq_ignore_ascii_case(name));
        found.ok_or_else(|| StatementError::sql(Code::UnknownSavepoint, format!("SAVEPOINT {name} does not exist")))
    }

    /// Run a statement on every shard of the transaction.
    async fn on_all_parts(&mut self, statement: &str) -> Result<(), StatementError> {
        let mut result = Ok(());
        for mut part in self.connections.take_transaction() {
            if let Err(error) = part.backend.run(statement.as_bytes()).await {
                result = Err(part_error(&part, &error));
            }
            if part.backend.broken {
                self.ending = true;
                self.roll_back_others().await;
                break;
            }
            self.connections.hold_part(part);
        }
        result
    }

    /// Kill what runs on a connection, because nobody waits for it any more.
    pub(crate) fn kill_backend(&self, lease: &Lease) {
        // Nobody uses the connection again.
        drop(lease.pool.kill_query(lease.backend.thread_id));
    }
}

async fn roll_back_part(connections: &mut Connections, mut part: Held) {
    // A part that can't be rolled back is on a broken connection: closing it rolls back.
    let rolled_back = tokio::time::timeout(part.pool.acquire_timeout(), part.backend.run(b"ROLLBACK")).await;
    if !matches!(rolled_back, Ok(Ok(_))) {
        part.backend.broken = true;
    }
    connections.return_held(part).await;
}

fn part_error(part: &Held, error: &BackendError) -> StatementError {
    match error {
        BackendError::Answered(shard) => {
            let mut shard = shard.clone();
            shard.origin = part.place.to_string().into();
            StatementError::Shard(shard)
        }
        error => StatementError::sql(
            Code::ConnectionLost,
            format!("shard {}: {error}; the transaction was rolled back", part.place),
        ),
    }
}

fn commit_error(part: &Held, error: &BackendError, committed: &[String]) -> StatementError {
    let before = if committed.is_empty() {
        "no other shard had committed; the others were rolled back".to_owned()
    } else {
        format!("committed already: {}; the rest was rolled back", committed.join(", "))
    };
    match error {
        BackendError::Answered(_) if committed.is_empty() => part_error(part, error),
        BackendError::Answered(shard) => {
            let text = String::from_utf8_lossy(&shard.message);
            let message = format!("COMMIT failed on shard {} (error {}: {text}); {before}", part.place, shard.errno);
            StatementError::sql(Code::PartialCommit, message)
        }
        error => {
            let message = format!(
                "the connection to shard {} broke after COMMIT was sent ({error}): this part may be committed or not; {before}",
                part.place
            );
            StatementError::sql(Code::OutcomeUnknown, message)
        }
    }
}
