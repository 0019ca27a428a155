//! Load a client's file, each row on its shard.

use super::{AutoIncrement, Placement, Template};
use crate::error::{Code, SqlError};
use crate::load_text::{LoadField, LoadFormat};
use shardgate_vschema::{KeyRange, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// LOAD DATA LOCAL INFILE into a table whose rows are split.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// The keyspace.
    pub keyspace: Arc<str>,
    /// The table.
    pub table: Arc<str>,
    /// The file's name, which the client is asked for.
    pub file: Box<[u8]>,
    /// How its rows are written.
    pub format: LoadFormat,
    /// Lines at its start that are passed over.
    pub ignored_lines: u64,
    /// Fields of a row that are columns or variables.
    pub fields: usize,
    /// How a row's shard follows from its columns.
    pub placement: Placement,
    /// Which field of a row each of these columns is, counted from 0; `None`: the sequence fills it.
    pub key: Vec<Option<usize>>,
    /// The auto_increment column, if a sequence fills it: its value is put in front of each row as a field.
    pub generated: Option<AutoIncrement>,
    /// The auto_increment column's field, if the file has it.
    pub given: Option<usize>,
    /// Whether bytes beyond ASCII in a key are UTF-8, as the columns' own.
    pub utf8: bool,
    /// What each shard gets.
    pub sql: Template,
}

impl Load {
    /// The shard of a row: an index into the serving shards' key ranges. `generated` is what the sequence gave the row.
    ///
    /// # Errors
    /// When the row has no value for a column of the vindex, or the vindex has no single shard for it; `number` is the
    /// row's, for the message.
    pub fn shard_of(
        &self,
        fields: &[LoadField],
        generated: Option<u64>,
        number: u64,
        ranges: &[KeyRange],
    ) -> Result<u32, SqlError> {
        let wrong = |code, message: &str| {
            Err(SqlError::new(code, format!("row {number} of the file for {}: {message}", self.table)))
        };
        if let Some(LoadField::Null) | None = self.given.map_or(Some(&LoadField::Text(Vec::new())), |at| fields.get(at))
        {
            return wrong(
                Code::NoShardKey,
                "the auto_increment column is there without a value; leave the column out of the file, or give each \
                 row a value",
            );
        }
        let mut values = Vec::with_capacity(self.key.len());
        for (field, column) in self.key.iter().zip(&self.placement.columns) {
            let value = match (field, generated) {
                (None, Some(generated)) => Value::UInt(generated),
                (None, None) => return wrong(Code::Internal, "no value was generated for it"),
                (Some(field), _) => match fields.get(*field) {
                    Some(LoadField::Text(text)) => Value::Text(Cow::Borrowed(text)),
                    Some(LoadField::Null) => Value::Null,
                    None => {
                        let message = format!("there is no field for the shard key's column '{}'", column.name);
                        return wrong(Code::NoShardKey, &message);
                    }
                },
            };
            if let Value::Text(text) = &value
                && !self.utf8
                && !text.is_ascii()
            {
                let message = format!(
                    "the value of the shard key's column '{}' isn't ASCII; say CHARACTER SET utf8mb4 if the file is",
                    column.name
                );
                return wrong(Code::VindexMapping, &message);
            }
            values.push(value);
        }
        self.placement.shard(values, ranges).or_else(|error| wrong(error.code, &error.message))
    }
}
