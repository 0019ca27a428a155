//! What is known of a column: its type in the live schema, else in the vschema.

use super::Context;
use super::names::Resolved;
use crate::coerce::Coercion;
use crate::plan::{PlacedColumn, Placement};
use crate::schema::DataType;
use crate::sql::ast::eq_ignore_case;
use shardgate_vschema::Vindex;
use shardgate_vschema::model::ColumnVindex;
use std::sync::Arc;

/// A column's type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ColumnInfo {
    pub(super) data_type: DataType,
    pub(super) unsigned: bool,
    pub(super) length: Option<u64>,
    pub(super) collation: Option<Box<str>>,
    pub(super) nullable: bool,
}

/// A column of a table; `None`: nothing is known of its type.
pub(super) fn column_info(context: &Context<'_>, table: &Resolved, name: &str) -> Option<ColumnInfo> {
    if let Some(live) = table.live(context) {
        let column = live.column(name)?;
        return Some(ColumnInfo {
            data_type: column.data_type,
            unsigned: column.unsigned,
            length: column.length,
            collation: column.collation.as_deref().map(Box::from),
            nullable: column.nullable,
        });
    }
    let column = table.vtable()?.columns.iter().find(|column| eq_ignore_case(&column.name, name))?;
    let (data_type, unsigned) = vitess_type(column.column_type?.as_str());
    Some(ColumnInfo {
        data_type,
        unsigned,
        length: column.size.and_then(|size| u64::try_from(size).ok()),
        collation: column.collation_name.as_deref().map(Box::from),
        nullable: column.nullable.unwrap_or(true),
    })
}

fn vitess_type(name: &str) -> (DataType, bool) {
    let unsigned = name.starts_with("UINT");
    let data_type = match name.trim_start_matches('U') {
        "INT8" => DataType::TinyInt,
        "INT16" => DataType::SmallInt,
        "INT24" => DataType::MediumInt,
        "INT32" => DataType::Int,
        "INT64" => DataType::BigInt,
        "FLOAT32" => DataType::Float,
        "FLOAT64" => DataType::Double,
        other => DataType::of(other),
    };
    (data_type, unsigned)
}

/// The names of a table's visible columns in order, if all are known.
pub(super) fn visible_columns(context: &Context<'_>, table: &Resolved) -> Option<Vec<Box<str>>> {
    if let Some(live) = table.live(context) {
        return Some(live.visible().map(|column| Box::from(&*column.name)).collect());
    }
    let vtable = table.vtable().filter(|vtable| vtable.column_list_authoritative)?;
    Some(vtable.columns.iter().filter(|column| !column.invisible).map(|column| Box::from(&*column.name)).collect())
}

/// Whether the table has the column; `None`: not known.
pub(super) fn has_column(context: &Context<'_>, table: &Resolved, name: &str) -> Option<bool> {
    if let Some(live) = table.live(context) {
        return Some(live.column(name).is_some());
    }
    let vtable = table.vtable()?;
    let named = vtable.columns.iter().any(|column| eq_ignore_case(&column.name, name))
        || vtable.column_vindexes.iter().flat_map(|vindex| &vindex.columns).any(|column| eq_ignore_case(column, name))
        || vtable.auto_increment.as_ref().is_some_and(|generated| eq_ignore_case(&generated.column, name));
    if named {
        return Some(true);
    }
    vtable.column_list_authoritative.then_some(false)
}

/// How MySQL compares values with a vindex column of this type.
pub(super) fn coercion(info: Option<&ColumnInfo>, vindex: &Vindex) -> Coercion {
    let Some(info) = info else { return Coercion::AsIs };
    let data_type = info.data_type;
    if data_type.is_integer() {
        let bits = match data_type {
            DataType::TinyInt => 8,
            DataType::SmallInt => 16,
            DataType::MediumInt => 24,
            DataType::Int => 32,
            _ => 64,
        };
        return if info.unsigned {
            Coercion::Integer { min: 0, max: u64::MAX >> (64 - bits) }
        } else {
            Coercion::Integer { min: i64::MIN >> (64 - bits), max: (i64::MAX >> (64 - bits)) as u64 }
        };
    }
    if data_type.is_text() {
        let Some(collation) = info.collation.as_deref() else { return Coercion::AsIs };
        if is_byte_wise(collation) {
            return Coercion::Text { pads: !collation.starts_with("utf8mb4_0900_") && collation != "binary" };
        }
        return if vindex.vindex_type().starts_with("unicode_loose") {
            Coercion::Text { pads: false }
        } else {
            Coercion::FoldedText
        };
    }
    if data_type.is_binary() {
        let fixed = info.length.filter(|_| data_type == DataType::Binary).and_then(|length| u32::try_from(length).ok());
        return Coercion::Bytes { fixed };
    }
    Coercion::Ambiguous
}

/// How a row's shard follows from its columns of this vindex, the table's primary one.
pub(super) fn placement(context: &Context<'_>, table: &Resolved, vindex: &ColumnVindex) -> Placement {
    let columns = vindex.columns.iter().map(|column| PlacedColumn {
        name: Arc::clone(column),
        coercion: coercion(column_info(context, table, column).as_ref(), &vindex.vindex),
    });
    Placement { vindex: Arc::clone(&vindex.vindex), columns: columns.collect() }
}

/// Whether the collation takes only equal bytes as equal.
pub(super) fn is_byte_wise(collation: &str) -> bool {
    collation == "binary" || collation.ends_with("_bin")
}

/// Whether `a = b` of two columns means that both have the same value in the same form.
pub(super) fn comparable(left: Option<&ColumnInfo>, right: Option<&ColumnInfo>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return true };
    if left.data_type.is_integer() {
        return right.data_type.is_integer();
    }
    if left.data_type.is_text() {
        return right.data_type.is_text() && left.collation == right.collation;
    }
    if left.data_type.is_binary() {
        return right.data_type.is_binary();
    }
    left.data_type == right.data_type
}
