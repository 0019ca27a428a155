//! A keyspace of the file: first by itself, then with the names of other keyspaces resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::{check_name, column_name};
use super::table::TableDraft;
use crate::model::{ColumnType, ForeignKeyMode, Keyspace, MultiTenantSpec, VSchema, VindexDefinition};
use crate::vindex::{FileLoader, Vindex, VindexFault, VindexFaultPlace};
use crate::yaml::{At, KeyAt};

/// A keyspace that was read, whose references to other keyspaces aren't resolved yet.
pub(crate) struct Draft<'d> {
    pub(crate) name: Arc<str>,
    pub(crate) sharded: bool,
    pub(crate) require_explicit_routing: bool,
    pub(crate) tables: BTreeMap<&'d str, TableDraft<'d>>,
    foreign_key_mode: ForeignKeyMode,
    multi_tenant_spec: Option<MultiTenantSpec>,
    vindexes: BTreeMap<Arc<str>, VindexDefinition>,
}

/// A vindex of the file, `None` inside if its description is faulty (so that it still counts as known).
pub(crate) struct VindexDraft<'d> {
    definition: Option<VindexDefinition>,
    owner: Option<(At<'d>, &'d str)>,
}

impl VindexDraft<'_> {
    pub(crate) fn vindex(&self) -> Option<&Arc<Vindex>> {
        self.definition.as_ref().map(|definition| &definition.vindex)
    }

    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.as_ref().map(|(_, owner)| *owner)
    }
}

impl<'d> Draft<'d> {
    pub(crate) fn read(key: &KeyAt<'d>, at: &At<'d>, files: FileLoader<'_>) -> Option<Self> {
        let mut fields = at.fields()?;
        let sharded = fields.optional("sharded").and_then(|at| at.boolean()).unwrap_or(false);
        let explicit = fields.optional("require_explicit_routing").and_then(|at| at.boolean()).unwrap_or(false);
        let foreign_key_mode = fields.optional("foreign_key_mode").and_then(|at| foreign_key_mode(&at));
        let multi_tenant_spec = fields.optional("multi_tenant_spec").and_then(|at| multi_tenant_spec(&at));
        let vindexes = fields.optional("vindexes").map(|at| read_vindexes(&at, files)).unwrap_or_default();
        let mut tables = BTreeMap::new();
        if let Some(list) = fields.optional("tables") {
            for (key, at) in list.entries() {
                check_name(&key, "table");
                tables.extend(TableDraft::read(&key, &at, sharded, &vindexes).map(|table| (key.text(), table)));
            }
        }
        fields.finish();
        check_owners(&vindexes, &tables);
        let vindexes = vindexes
            .into_iter()
            .filter_map(|(name, draft)| draft.definition.map(|definition| (Arc::from(name), definition)))
            .collect();
        Some(Self {
            name: Arc::from(key.text()),
            sharded,
            require_explicit_routing: explicit,
            tables,
            foreign_key_mode: foreign_key_mode.unwrap_or_default(),
            multi_tenant_spec,
            vindexes,
        })
    }

    /// The keyspace with the names in it resolved; faults are recorded on the way.
    pub(crate) fn resolve(&self, all: &BTreeMap<&str, Draft<'_>>, rules: &VSchema) -> Keyspace {
        let mut sources: BTreeMap<String, &str> = BTreeMap::new();
        let tables = self
            .tables
            .iter()
            .map(|(name, draft)| (Arc::from(*name), Arc::new(draft.resolve(self, all, rules, &mut sources))))
            .collect();
        Keyspace {
            name: Arc::clone(&self.name),
            sharded: self.sharded,
            require_explicit_routing: self.require_explicit_routing,
            foreign_key_mode: self.foreign_key_mode,
            multi_tenant_spec: self.multi_tenant_spec.clone(),
            vindexes: self.vindexes.clone(),
            tables,
        }
    }
}

fn foreign_key_mode(at: &At<'_>) -> Option<ForeignKeyMode> {
    at.one_of(
        "foreign key mode",
        &[
            ("unmanaged", ForeignKeyMode::Unmanaged),
            ("managed", ForeignKeyMode::Managed),
            ("disallow", ForeignKeyMode::Disallow),
            ("unspecified", ForeignKeyMode::Unmanaged),
        ],
    )
}

fn multi_tenant_spec(at: &At<'_>) -> Option<MultiTenantSpec> {
    let mut fields = at.fields()?;
    let name = fields.required("tenant_id_column_name").and_then(|at| column_name(&at));
    let column_type = fields.required("tenant_id_column_type").and_then(|at| column_type(&at));
    fields.finish();
    Some(MultiTenantSpec { tenant_id_column_name: name?, tenant_id_column_type: column_type? })
}

/// A column type by Vitess's name.
pub(crate) fn column_type(at: &At<'_>) -> Option<ColumnType> {
    let name = at.string()?;
    let found = ColumnType::by_name(name);
    if found.is_none() {
        at.unknown("column type", name, crate::model::COLUMN_TYPES.iter().copied());
    }
    found
}

fn read_vindexes<'d>(at: &At<'d>, files: FileLoader<'_>) -> BTreeMap<&'d str, VindexDraft<'d>> {
    let mut vindexes: BTreeMap<&'d str, VindexDraft<'d>> = BTreeMap::new();
    for (key, at) in at.entries() {
        check_name(&key, "vindex");
        if let Some(other) = vindexes.keys().find(|other| other.eq_ignore_ascii_case(key.text())) {
            key.fault(format!("the vindex `{other}` has the same name in other case"));
        }
        vindexes.extend(read_vindex(key.text(), &at, files).map(|draft| (key.text(), draft)));
    }
    vindexes
}

fn read_vindex<'d>(name: &str, at: &At<'d>, files: FileLoader<'_>) -> Option<VindexDraft<'d>> {
    let mut fields = at.fields()?;
    let type_at = fields.required("type");
    let owner = fields.optional("owner").and_then(|at| at.string().map(|owner| (at.clone(), owner)));
    let owner = owner.filter(|(_, owner)| !owner.is_empty());
    let params_at = fields.optional("params");
    fields.finish();
    let mut params = BTreeMap::new();
    let mut places: BTreeMap<&str, At<'_>> = BTreeMap::new();
    for (key, value) in params_at.iter().flat_map(At::entries) {
        if let Some(text) = value.string() {
            params.insert(key.text().to_owned(), text.to_owned());
            places.insert(key.text(), value);
        }
    }
    let definition = type_at.and_then(|type_at| {
        let created = Vindex::create(name, type_at.string()?, &params, files);
        let fault = |VindexFault { place, message, hint }: VindexFault| {
            let place = match &place {
                VindexFaultPlace::Type => &type_at,
                VindexFaultPlace::Params => params_at.as_ref().unwrap_or(at),
                VindexFaultPlace::Param(param) => places.get(param.as_str()).unwrap_or(at),
            };
            match hint {
                Some(hint) => place.fault_with_hint(message, hint),
                None => place.fault(message),
            }
        };
        let vindex = created.map_err(|faults| faults.into_iter().for_each(fault)).ok()?;
        let owner = owner.as_ref().map(|(_, owner)| Arc::from(*owner));
        Some(VindexDefinition { vindex: Arc::new(vindex), params, owner })
    });
    Some(VindexDraft { definition, owner })
}

/// The owner of a lookup vindex must be a table of the keyspace. Vitess ignores the owner of other vindexes.
fn check_owners(vindexes: &BTreeMap<&str, VindexDraft<'_>>, tables: &BTreeMap<&str, TableDraft<'_>>) {
    for draft in vindexes.values() {
        let is_lookup = draft.vindex().is_none_or(|vindex| vindex.is_lookup());
        if let Some((at, owner)) = draft.owner.as_ref().filter(|(_, owner)| is_lookup && !tables.contains_key(owner)) {
            at.unknown("table", owner, tables.keys().copied());
        }
    }
}
