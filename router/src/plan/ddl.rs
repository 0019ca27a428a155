//! Data definition on every shard.

use super::Template;
use std::sync::Arc;

/// What a data definition changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DdlKind {
    /// CREATE TABLE.
    CreateTable,
    /// ALTER TABLE, CREATE INDEX, DROP INDEX.
    AlterTable,
    /// DROP TABLE.
    DropTable,
    /// RENAME TABLE.
    RenameTable,
    /// TRUNCATE.
    Truncate,
    /// CREATE, ALTER or DROP VIEW.
    View,
    /// CREATE, ALTER or DROP of a trigger, procedure, function or event.
    Routine,
    /// CREATE, ALTER or DROP DATABASE.
    Database,
    /// ANALYZE, OPTIMIZE, CHECK, REPAIR, CHECKSUM TABLE.
    Maintenance,
    /// Users, roles, grants.
    Account,
    /// Anything else.
    Other,
}

/// A data definition, run on every shard of its keyspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Ddl {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// What it changes.
    pub kind: DdlKind,
    /// Tables it names.
    pub tables: Vec<Arc<str>>,
    /// What each shard gets.
    pub sql: Template,
}
