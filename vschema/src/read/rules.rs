//! The rules of the file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::keyspace::Draft;
use super::names::{Qualified, split_tablet_type};
use crate::model::{KeyspaceRoutingRule, MirrorRule, RoutingRule, RuleSource, ShardRoutingRule, TableName};
use crate::yaml::{At, Fields};

type Drafts<'a, 'd> = &'a BTreeMap<&'d str, Draft<'d>>;

/// Reads `{rules: [...]}`, each rule's fields by `read`.
fn rules<'d, T>(at: Option<At<'d>>, mut read: impl FnMut(&mut Fields<'d>) -> Option<T>) -> Vec<T> {
    let Some(mut fields) = at.and_then(|at| at.fields()) else { return Vec::new() };
    let list = fields.optional("rules").map(|at| at.list()).unwrap_or_default();
    fields.finish();
    let mut read = |at: &At<'d>| {
        let mut fields = at.fields()?;
        let rule = read(&mut fields);
        fields.finish();
        rule
    };
    list.iter().filter_map(&mut read).collect()
}

pub(crate) fn routing_rules(at: Option<At<'_>>, drafts: Drafts<'_, '_>) -> Vec<RoutingRule> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    rules(at, |fields| {
        let from = fields.required("from_table");
        let to_tables = fields.with_key("to_tables").map(|(_, at)| at);
        let from_at = from?;
        let (name, tablet_type) = split_tablet_type(&from_at, from_at.string()?)?;
        let name = Qualified::read(&from_at, name)?;
        let from = RuleSource { keyspace: name.keyspace.map(Arc::from), table: Arc::from(name.table), tablet_type };
        if !seen.insert(from.to_string()) {
            from_at.fault(format!("a rule for `{from}` is already given"));
        }
        let targets = to_tables.as_ref().map(At::list).unwrap_or_default();
        let to = match targets.as_slice() {
            [] => None,
            [target] => {
                let name = Qualified::read(target, target.string()?)?.full(target)?;
                check_table(target, &name, drafts);
                Some(name)
            }
            [_, second, ..] => {
                second.fault("a table name is routed to one table");
                return None;
            }
        };
        Some(RoutingRule { from, to })
    })
}

pub(crate) fn shard_routing_rules(at: Option<At<'_>>, drafts: Drafts<'_, '_>) -> Vec<ShardRoutingRule> {
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    rules(at, |fields| {
        let (from, to, shard) =
            (fields.required("from_keyspace"), fields.required("to_keyspace"), fields.required("shard"));
        let (from_at, to, shard_at) = (from?, to?, shard?);
        let from = from_at.string()?;
        let to = keyspace(&to, drafts)?;
        let shard: crate::shard_name::ShardName = shard_at.parse()?;
        if !seen.insert((from.to_owned(), shard.to_string())) {
            shard_at.fault(format!("a rule for `{from}:{shard}` is already given"));
        }
        Some(ShardRoutingRule { from: Arc::from(from), shard, to })
    })
}

pub(crate) fn keyspace_routing_rules(at: Option<At<'_>>, drafts: Drafts<'_, '_>) -> Vec<KeyspaceRoutingRule> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    rules(at, |fields| {
        let (from, to) = (fields.required("from_keyspace"), fields.required("to_keyspace"));
        let (from_at, to) = (from?, to?);
        let text = from_at.string()?;
        let (from, tablet_type) = split_tablet_type(&from_at, text)?;
        if !seen.insert(text.to_owned()) {
            from_at.fault(format!("a rule for `{text}` is already given"));
        }
        Some(KeyspaceRoutingRule { from: Arc::from(from), tablet_type, to: keyspace(&to, drafts)? })
    })
}

pub(crate) fn mirror_rules(at: Option<At<'_>>, drafts: Drafts<'_, '_>) -> Vec<MirrorRule> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    rules(at, |fields| {
        let (from, to, percent) =
            (fields.required("from_table"), fields.required("to_table"), fields.optional("percent"));
        let (from_at, to_at) = (from?, to?);
        let text = from_at.string()?;
        let (name, tablet_type) = split_tablet_type(&from_at, text)?;
        let from = Qualified::read(&from_at, name)?.full(&from_at)?;
        let to = Qualified::read(&to_at, to_at.string()?)?.full(&to_at)?;
        check_table(&from_at, &from, drafts);
        check_table(&to_at, &to, drafts);
        if from.keyspace == to.keyspace {
            to_at.fault("a table is mirrored to a table of another keyspace");
        }
        if !seen.insert(text.to_owned()) {
            from_at.fault(format!("a rule for `{text}` is already given"));
        }
        let share = percent.as_ref().map_or(Some(0.0), At::number)?;
        if let Some(at) = percent.filter(|_| !(0.0..=100.0).contains(&share)) {
            at.fault(format!("expected a percentage from 0 to 100, found {share}"));
        }
        Some(MirrorRule { from, tablet_type, to, percent: share })
    })
}

fn keyspace(at: &At<'_>, drafts: Drafts<'_, '_>) -> Option<Arc<str>> {
    let name = at.string()?;
    if !drafts.contains_key(name) {
        at.unknown("keyspace", name, drafts.keys().copied());
        return None;
    }
    Some(Arc::from(name))
}

/// The keyspace must be known, and so must the table if the keyspace is sharded: an unsharded one can have tables that
/// the vschema doesn't describe.
fn check_table(at: &At<'_>, name: &TableName, drafts: Drafts<'_, '_>) {
    match drafts.get(&*name.keyspace) {
        None => at.unknown("keyspace", &name.keyspace, drafts.keys().copied()),
        Some(draft) if draft.sharded && !draft.tables.contains_key(&*name.table) => {
            let known: Vec<String> = draft.tables.keys().map(|table| format!("{}.{table}", name.keyspace)).collect();
            at.unknown("table", &name.to_string(), known.iter().map(String::as_str));
        }
        Some(_) => {}
    }
}
