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

/// What sort of object a definition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A table or a view, which share their names.
    Table,
    /// A stored procedure.
    Procedure,
    /// A stored function.
    Function,
    /// A trigger.
    Trigger,
    /// An event.
    Event,
}

impl ObjectKind {
    /// Its word in MySQL, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Table => "table",
            ObjectKind::Procedure => "procedure",
            ObjectKind::Function => "function",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Event => "event",
        }
    }
}

/// An object of the keyspace that a definition is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DdlObject {
    /// Its sort.
    pub kind: ObjectKind,
    /// Its name.
    pub name: Arc<str>,
}

/// A data definition, run on every shard of its keyspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Ddl {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// What it changes.
    pub kind: DdlKind,
    /// What it defines.
    pub objects: Vec<DdlObject>,
    /// What each shard gets.
    pub sql: Template,
}
