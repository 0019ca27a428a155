//! Where rows are by a lookup vindex: its table is asked before the statement runs.

use super::{SlotId, ValueExpr};
use crate::args::Arguments;
use crate::error::SqlError;
use crate::literal::{write_identifier, write_identifiers, write_literal};
use crate::session::SessionValues;
use shardgate_vschema::{Value, Vindex};
use std::sync::Arc;

/// A question to the table of a lookup vindex: the keyspace ids of these values.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The vindex.
    pub vindex: Arc<Vindex>,
    /// Its table.
    pub table: LookupTable,
    /// The columns of the table that are compared with the values.
    pub columns: Vec<ComparedColumn>,
    /// The values.
    pub keys: LookupKeys,
}

/// A column of a lookup table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedColumn {
    /// Its name.
    pub name: Arc<str>,
    /// It is of strings: with a number MySQL compares each row's as a number, and warns of each.
    pub strings: bool,
}

/// The table of a lookup vindex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupTable {
    /// Its keyspace.
    pub keyspace: Arc<str>,
    /// Its name.
    pub table: Arc<str>,
    /// The column with the keyspace ids.
    pub to: Arc<str>,
}

/// What is looked up.
#[derive(Debug, Clone, PartialEq)]
pub enum LookupKeys {
    /// Values for the columns, row by row.
    Rows(Vec<Vec<ValueExpr>>),
    /// The values of a list in one slot, for the one column.
    Slot(SlotId),
}

/// By the vindex's name: plans are compared by what they would do.
impl PartialEq for Lookup {
    fn eq(&self, other: &Self) -> bool {
        self.vindex.name() == other.vindex.name()
            && self.table == other.table
            && self.columns == other.columns
            && self.keys == other.keys
    }
}

impl LookupTable {
    /// The table's name with its keyspace's.
    pub fn write_name(&self, out: &mut Vec<u8>) {
        write_identifier(&self.keyspace, out);
        out.push(b'.');
        write_identifier(&self.table, out);
    }
}

impl Lookup {
    /// The query that finds the ids; `None` if the values can't be looked up in the form that the table has them in.
    ///
    /// # Errors
    /// When a parameter is missing.
    pub fn query(&self, args: &Arguments<'_>, session: &dyn SessionValues) -> Result<Option<Vec<u8>>, SqlError> {
        let mut text = b"SELECT ".to_vec();
        write_identifier(&self.table.to, &mut text);
        text.extend_from_slice(b" FROM ");
        self.table.write_name(&mut text);
        text.extend_from_slice(b" WHERE ");
        let several = self.columns.len() > 1;
        let (open, close): (&[u8], &[u8]) = if several { (b"(", b")") } else { (b"", b"") };
        text.extend_from_slice(open);
        write_identifiers(self.columns.iter().map(|column| &column.name), &mut text);
        text.extend_from_slice(close);
        text.extend_from_slice(b" IN (");
        match &self.keys {
            LookupKeys::Slot(slot) => {
                for (index, literal) in args.fingerprint.slot_literals(*slot).iter().enumerate() {
                    text.extend_from_slice(if index > 0 { b", " } else { b"" });
                    let value = args.literal(*literal)?;
                    if !self.write(0, value, args, &mut text) {
                        return Ok(None);
                    }
                }
            }
            LookupKeys::Rows(rows) => {
                for (index, row) in rows.iter().enumerate() {
                    text.extend_from_slice(if index > 0 { b", " } else { b"" });
                    text.extend_from_slice(open);
                    for (column, value) in row.iter().enumerate() {
                        text.extend_from_slice(if column > 0 { b", " } else { b"" });
                        let value = value.evaluate(args, session)?;
                        if !self.write(column, value, args, &mut text) {
                            return Ok(None);
                        }
                    }
                    text.extend_from_slice(close);
                }
            }
        }
        text.push(b')');
        Ok(Some(text))
    }

    /// Append a value for a column as the lookup table has it. `false`: it can't be told.
    fn write(&self, column: usize, value: Value<'_>, args: &Arguments<'_>, out: &mut Vec<u8>) -> bool {
        let string = matches!(value, Value::Null | Value::Text(_) | Value::Bytes(_));
        if !string && self.columns.get(column).is_some_and(|column| column.strings) {
            return false;
        }
        if !self.vindex.looks_up_hashes() || value == Value::Null {
            write_literal(&value, args.mode, out);
            return true;
        }
        let Some(Value::Text(text)) = args.mode.for_vindex(value) else { return false };
        let Ok(hash) = self.vindex.lookup_hash(&text) else { return false };
        write_literal(&Value::UInt(hash), args.mode, out);
        true
    }
}

/// A lookup vindex whose rows are written with those of the table that owns it; with those of another table they are
/// looked at: they must be there.
#[derive(Debug, Clone)]
pub struct OwnedLookup {
    /// The table that is written owns it.
    pub owned: bool,
    /// The vindex.
    pub vindex: Arc<Vindex>,
    /// Its table.
    pub table: LookupTable,
    /// The columns of the lookup table that have the values.
    pub from: Vec<Arc<str>>,
    /// The columns of the owner that the values are of.
    pub columns: Vec<Arc<str>>,
    /// What the owner's key over these columns is called in an error about a duplicate: `customer.email`.
    pub key: Box<str>,
    /// Whether a value is converted alike on its way into both tables, whatever it is; else only if it fits.
    pub converts_alike: bool,
}

/// By the vindex's name: plans are compared by what they would do.
impl PartialEq for OwnedLookup {
    fn eq(&self, other: &Self) -> bool {
        self.vindex.name() == other.vindex.name()
            && (&self.table, &self.from, &self.columns) == (&other.table, &other.from, &other.columns)
            && (self.owned, &self.key) == (other.owned, &other.key)
            && self.converts_alike == other.converts_alike
    }
}
