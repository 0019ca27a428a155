//! A table of the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keyspace::{Draft, VindexDraft, column_type};
use super::names::{Qualified, column_name};
use crate::keyspace_id::KeyspaceId;
use crate::model::{
    AutoIncrement, Column, ColumnVindex, Generator, Routed, Table, TableKind, TableName, TabletType, VSchema,
};
use crate::yaml::{At, KeyAt};

/// A table that was read, whose references to other tables aren't resolved yet.
pub(crate) struct TableDraft<'d> {
    name: &'d str,
    pub(crate) kind: Kind<'d>,
    column_vindexes: Vec<ColumnVindex>,
    auto_increment: Option<AutoIncrementDraft<'d>>,
    columns: Vec<Column>,
    column_list_authoritative: bool,
    pinned: Option<KeyspaceId>,
}

/// The kind of a table, its source by name.
pub(crate) enum Kind<'d> {
    Ordinary,
    Sequence,
    Reference(Option<(At<'d>, Qualified<'d>)>),
}

struct AutoIncrementDraft<'d> {
    column: Arc<str>,
    generator: GeneratorDraft<'d>,
}

enum GeneratorDraft<'d> {
    Sequence(At<'d>, Qualified<'d>),
    Snowflake,
}

impl<'d> TableDraft<'d> {
    pub(crate) fn read(
        key: &KeyAt<'d>,
        at: &At<'d>,
        sharded: bool,
        vindexes: &BTreeMap<&str, VindexDraft<'_>>,
    ) -> Option<Self> {
        let name = key.text();
        let mut fields = at.fields()?;
        let source = fields.optional("source").filter(|at| at.string() != Some(""));
        let kind = read_kind(fields.optional("type"), source);
        let pinned = fields.optional("pinned").filter(|at| at.string() != Some(""));
        let is_pinned = pinned.is_some();
        let pinned = pinned.and_then(|at| pinned_id(&at));
        let list_at = fields.optional("column_vindexes");
        let list = list_at.as_ref().map(At::list).unwrap_or_default();
        let mut column_vindexes: Vec<ColumnVindex> = Vec::new();
        for (index, at) in list.iter().enumerate() {
            let read = read_column_vindex(name, index, at, vindexes);
            if let Some(column_vindex) = read {
                if column_vindexes.contains(&column_vindex) {
                    at.fault("the same vindex of the same columns is already given");
                }
                column_vindexes.push(column_vindex);
            }
        }
        if sharded {
            match &kind {
                Kind::Sequence if !is_pinned => at.fault_with_hint(
                    "a sequence must be in an unsharded keyspace",
                    "move it there, or pin it to a keyspace id with `pinned`",
                ),
                Kind::Ordinary if !is_pinned && list.is_empty() => at.fault_with_hint(
                    "a table of a sharded keyspace needs `column_vindexes`: the first decides a row's shard",
                    "add it, or say `type: reference` if every shard has all rows",
                ),
                _ => {}
            }
        }
        let auto_increment = fields.optional("auto_increment").and_then(|at| read_auto_increment(&at));
        let columns = fields.optional("columns").map(|at| read_columns(&at)).unwrap_or_default();
        let authoritative = fields.optional("column_list_authoritative");
        fields.finish();
        let column_list_authoritative = authoritative.as_ref().and_then(At::boolean).unwrap_or(false);
        Some(Self { name, kind, column_vindexes, auto_increment, columns, column_list_authoritative, pinned })
    }

    /// Whether it is a reference table that stands behind a table of the same name in another keyspace.
    fn is_copy_of_its_name(&self) -> bool {
        matches!(&self.kind, Kind::Reference(Some((_, source))) if source.table == self.name)
    }

    pub(crate) fn resolve<'s>(
        &'s self,
        keyspace: &Draft<'_>,
        all: &BTreeMap<&str, Draft<'_>>,
        rules: &VSchema,
        sources: &mut BTreeMap<String, &'s str>,
    ) -> Table {
        let kind = match &self.kind {
            Kind::Ordinary => TableKind::Ordinary,
            Kind::Sequence => TableKind::Sequence,
            Kind::Reference(None) => TableKind::Reference { source: None },
            Kind::Reference(Some((at, name))) => {
                let source = resolve_source(at, name, keyspace, all);
                if let Some(source) = &source
                    && let Some(other) = sources.insert(source.to_string(), self.name)
                {
                    at.fault(format!("`{source}` is already the source of `{other}` in this keyspace"));
                }
                TableKind::Reference { source }
            }
        };
        let auto_increment = self.auto_increment.as_ref().and_then(|draft| {
            let generator = match &draft.generator {
                GeneratorDraft::Snowflake => Generator::Snowflake,
                GeneratorDraft::Sequence(at, name) => Generator::Sequence(resolve_sequence(at, name, all, rules)?),
            };
            Some(AutoIncrement { column: Arc::clone(&draft.column), generator })
        });
        Table {
            name: Arc::from(self.name),
            keyspace: Arc::clone(&keyspace.name),
            kind,
            column_vindexes: self.column_vindexes.clone(),
            auto_increment,
            columns: self.columns.clone(),
            column_list_authoritative: self.column_list_authoritative,
            pinned: self.pinned.clone(),
        }
    }
}

fn read_kind<'d>(type_at: Option<At<'d>>, source: Option<At<'d>>) -> Kind<'d> {
    #[derive(Clone, Copy, PartialEq)]
    enum Word {
        Ordinary,
        Sequence,
        Reference,
    }
    let words = [("reference", Word::Reference), ("sequence", Word::Sequence), ("", Word::Ordinary)];
    let word = type_at.as_ref().map(|at| match at.string() {
        Some("") => Some(Word::Ordinary),
        _ => at.one_of("table type", words.get(..2).unwrap_or(&words)),
    });
    // A type with a fault is taken for one that explains the rest of the table.
    let word = match word {
        None => Word::Ordinary,
        Some(None) => Word::Reference,
        Some(Some(word)) => word,
    };
    if let Some(source) = source.as_ref().filter(|_| word != Word::Reference) {
        source.fault_with_hint("only a reference table has a source", "add `type: reference`");
    }
    match word {
        Word::Ordinary => Kind::Ordinary,
        Word::Sequence => Kind::Sequence,
        Word::Reference => Kind::Reference(source.and_then(|at| {
            let name = Qualified::read(&at, at.string()?)?;
            Some((at, name))
        })),
    }
}

fn pinned_id(at: &At<'_>) -> Option<KeyspaceId> {
    KeyspaceId::from_hex(at.string()?).map_err(|error| at.fault(format!("no keyspace id: {error}"))).ok()
}

fn read_column_vindex(
    table: &str,
    index: usize,
    at: &At<'_>,
    vindexes: &BTreeMap<&str, VindexDraft<'_>>,
) -> Option<ColumnVindex> {
    let mut fields = at.fields()?;
    let name_at = fields.required("name");
    let (column, columns) = (fields.optional("column"), fields.optional("columns"));
    fields.finish();
    let column = column.filter(|at| at.string() != Some(""));
    let columns = columns.filter(|at| !at.is_list() || !at.list().is_empty());
    let columns: Vec<At<'_>> = match (column, columns) {
        (Some(column), None) => vec![column],
        (None, Some(columns)) => columns.list(),
        (Some(_), Some(columns)) => {
            columns.fault("give either `column` or `columns`, not both");
            return None;
        }
        (None, None) => {
            at.fault("the key `column` (or `columns`) is missing");
            return None;
        }
    };
    let mut read: Vec<Option<Arc<str>>> = Vec::with_capacity(columns.len());
    for at in &columns {
        let name = column_name(at);
        if name.as_ref().is_some_and(|name| read.iter().flatten().any(|other| other.eq_ignore_ascii_case(name))) {
            at.fault("the column is already given");
        }
        read.push(name);
    }
    let name_at = name_at?;
    let name = name_at.string()?;
    let Some(draft) = vindexes.get(name) else {
        name_at.unknown("vindex", name, vindexes.keys().copied());
        return None;
    };
    let vindex = draft.vindex()?;
    let owned = vindex.is_lookup() && draft.owner() == Some(table);
    let expected = vindex.column_count();
    if expected != columns.len() && (!vindex.is_lookup() || owned) {
        at.fault(format!("the vindex `{name}` takes {expected} column(s), and {} are given", columns.len()));
    }
    if index == 0 && !vindex.is_unique() {
        name_at.fault(format!("the primary vindex must be unique, and `{}` is not", vindex.vindex_type()));
    }
    if index == 0 && owned {
        name_at.fault("the primary vindex can't be owned by the table that it places");
    }
    if index > 0 && vindex.is_multi_column() {
        name_at.fault(format!("a vindex of type `{}` can only be the primary vindex", vindex.vindex_type()));
    }
    let columns = read.into_iter().collect::<Option<Vec<_>>>()?;
    Some(ColumnVindex { columns, vindex: Arc::clone(vindex), owned })
}

fn read_auto_increment<'d>(at: &At<'d>) -> Option<AutoIncrementDraft<'d>> {
    let mut fields = at.fields()?;
    let column = fields.required("column").and_then(|at| column_name(&at));
    let (sequence, generator) = (fields.optional("sequence"), fields.optional("generator"));
    fields.finish();
    let generator = match (sequence, generator) {
        (Some(at), None) => {
            let name = Qualified::read(&at, at.string()?)?;
            GeneratorDraft::Sequence(at, name)
        }
        (None, Some(at)) => {
            at.one_of("generator", &[("snowflake", ())])?;
            GeneratorDraft::Snowflake
        }
        (Some(_), Some(at)) => {
            at.fault("give either `sequence` or `generator`, not both");
            return None;
        }
        (None, None) => {
            at.fault("the key `sequence` (or `generator`) is missing");
            return None;
        }
    };
    Some(AutoIncrementDraft { column: column?, generator })
}

fn read_columns(at: &At<'_>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for at in at.list() {
        let Some(column) = read_column(&at) else { continue };
        if columns.iter().any(|other| other.name.eq_ignore_ascii_case(&column.name)) {
            at.fault(format!("the column `{}` is already given", column.name));
        }
        columns.push(column);
    }
    columns
}

fn read_column(at: &At<'_>) -> Option<Column> {
    let mut fields = at.fields()?;
    let name = fields.required("name").and_then(|at| column_name(&at));
    let text = |at: Option<At<'_>>| at.and_then(|at| at.string().map(str::to_owned));
    let column_type = fields.optional("type").and_then(|at| column_type(&at));
    let invisible = fields.optional("invisible").and_then(|at| at.boolean()).unwrap_or(false);
    let default = text(fields.optional("default"));
    let collation_name = text(fields.optional("collation_name"));
    let size = fields.optional("size").and_then(|at| at.integer());
    let scale = fields.optional("scale").and_then(|at| at.integer());
    let nullable = fields.optional("nullable").and_then(|at| at.boolean());
    let values = fields.optional("values").map(|at| at.list()).unwrap_or_default();
    let values = values.iter().filter_map(|at| at.string().map(str::to_owned)).collect();
    fields.finish();
    Some(Column { name: name?, column_type, invisible, default, collation_name, size, scale, nullable, values })
}

/// The table that a reference table is copied from.
fn resolve_source(
    at: &At<'_>,
    name: &Qualified<'_>,
    own: &Draft<'_>,
    all: &BTreeMap<&str, Draft<'_>>,
) -> Option<TableName> {
    let (keyspace, table) = find(at, name, all, |table| !table.is_copy_of_its_name())?;
    if keyspace.name == own.name {
        at.fault("the source must be in another keyspace");
        return None;
    }
    match &table.kind {
        Kind::Sequence => at.fault("a sequence can't be the source of a reference table"),
        Kind::Reference(Some(_)) => at.fault("the source is itself a copy; name the table that it is copied from"),
        _ => return Some(TableName { keyspace: Arc::clone(&keyspace.name), table: Arc::from(table.name) }),
    }
    None
}

/// The sequence table of a column; routing rules apply to its name.
fn resolve_sequence(
    at: &At<'_>,
    name: &Qualified<'_>,
    all: &BTreeMap<&str, Draft<'_>>,
    rules: &VSchema,
) -> Option<TableName> {
    let routed = match rules.routed(name.keyspace, name.table, TabletType::Primary) {
        Routed::To(to) => Some(to),
        _ => None,
    };
    let name = match routed {
        Some(to) => &Qualified { keyspace: Some(&to.keyspace), table: &to.table },
        None => name,
    };
    let (keyspace, table) = find(at, name, all, |table| matches!(table.kind, Kind::Sequence))?;
    if !matches!(table.kind, Kind::Sequence) {
        at.fault_with_hint(
            format!("`{}.{}` is no sequence", keyspace.name, table.name),
            "declare that table with `type: sequence`",
        );
        return None;
    }
    Some(TableName { keyspace: Arc::clone(&keyspace.name), table: Arc::from(table.name) })
}

/// Finds a table that the file describes; an unqualified name must be unique among those that fit.
fn find<'a, 'd>(
    at: &At<'_>,
    name: &Qualified<'_>,
    all: &'a BTreeMap<&str, Draft<'d>>,
    fits: impl Fn(&TableDraft<'_>) -> bool,
) -> Option<(&'a Draft<'d>, &'a TableDraft<'d>)> {
    if let Some(keyspace) = name.keyspace {
        let Some(draft) = all.get(keyspace) else {
            at.unknown("keyspace", keyspace, all.keys().copied());
            return None;
        };
        let found = draft.tables.get(name.table);
        if found.is_none() {
            let fitting = draft.tables.iter().filter(|(_, table)| fits(table));
            let known: Vec<String> = fitting.map(|(name, _)| format!("{keyspace}.{name}")).collect();
            at.unknown("table", &format!("{keyspace}.{}", name.table), known.iter().map(String::as_str));
        }
        return found.map(|table| (draft, table));
    }
    let found: Vec<_> = all
        .values()
        .filter(|draft| !draft.require_explicit_routing)
        .filter_map(|draft| draft.tables.get(name.table).filter(|table| fits(table)).map(|table| (draft, table)))
        .collect();
    match found.as_slice() {
        [one] => return Some(*one),
        [] => {
            let known = all.values().flat_map(|draft| draft.tables.iter()).filter(|(_, table)| fits(table));
            at.unknown("table", name.table, known.map(|(name, _)| *name));
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|(draft, table)| format!("`{}.{}`", draft.name, table.name)).collect();
            at.fault_with_hint(format!("`{}` is ambiguous", name.table), format!("write one of {}", names.join(", ")));
        }
    }
    None
}
