//! Which column of a travelling table tells the shards that can have partners for its rows.

use crate::coerce::Coercion;
use crate::plan::{GatherSource, Link, Target};
use crate::planner::analysis::{Analysis, Node};
use crate::planner::columns::{ColumnInfo, coercion, comparable};
use crate::planner::gather::Gathered;
use crate::planner::route::{Routing, RoutingKind};

/// A column that equals the shard key of the table that stays in every row that matters. Of several, that of the table
/// which has the narrowest target.
pub(super) fn find(analysis: &mut Analysis<'_>, routing: &Routing, travelling: &Gathered) -> Option<Link> {
    let RoutingKind::Together(component) = &routing.kind else { return None };
    if !component.anchored {
        return None;
    }
    let mut found: Option<(bool, Link)> = None;
    for member in component.members.clone() {
        let instance = analysis.instances.get(member)?;
        let region = instance.region;
        let Some(vindex) = instance.table.primary_vindex().cloned() else { continue };
        let [key] = vindex.columns.as_slice() else { continue };
        if !analysis.is_anchored(region) {
            continue;
        }
        let key = analysis.node(member, key);
        let compared = coercion(analysis.info(key), &vindex.vindex);
        let number = match compared {
            Coercion::Integer { .. } => true,
            Coercion::Text { .. } => false,
            _ => continue,
        };
        for (source, (gathered, place)) in travelling.sources.iter().zip(&travelling.places).enumerate() {
            // The places of a CTE's copies are those of the CTE.
            if travelling.places.iter().filter(|other| *other == place).count() > 1 {
                continue;
            }
            let Some(column) = equal_column(analysis, region, key, gathered, *place, number) else { continue };
            let narrow = matches!(gathered.target, Target::Equal { .. } | Target::In { .. });
            if found.as_ref().is_none_or(|(other, _)| narrow && !other) {
                let vindex = vindex.vindex.clone();
                found = Some((narrow, Link { source, column, number, vindex, coercion: compared }));
            }
        }
    }
    found.map(|(_, link)| link)
}

/// The gathered column of the instance that equals the key in the rows of a region, or whose values hold the key's.
fn equal_column(
    analysis: &Analysis<'_>,
    region: usize,
    key: Node,
    source: &GatherSource,
    place: usize,
    number: bool,
) -> Option<usize> {
    let classes = analysis.classes(region);
    let is_around = |other: usize| {
        let mut at = Some(region);
        std::iter::from_fn(|| {
            let here = at?;
            at = analysis.regions.get(here).and_then(|region| region.parent);
            Some(here)
        })
        .any(|here| here == other)
    };
    let is_member = |node: Node| {
        let comparable = |left: Node| comparable(analysis.info(left), analysis.info(node));
        let mut memberships = analysis.memberships.iter();
        memberships
            .any(|(of, left, right)| *right == node && classes.same(key, *left) && comparable(*left) && is_around(*of))
    };
    source.columns.iter().position(|column| {
        let node = analysis.known_node(place, &column.name);
        let node = node.filter(|node| classes.same(key, *node) || is_member(*node));
        node.and_then(|node| analysis.info(node)).is_some_and(|info| is_sent_as_mapped(info, number))
    })
}

/// Whether a shard sends the column's values in the form that a vindex maps.
fn is_sent_as_mapped(info: &ColumnInfo, number: bool) -> bool {
    if number {
        return info.data_type.is_integer();
    }
    let utf8 = |collation: &str| collation.starts_with("utf8mb4_") || collation.starts_with("ascii_");
    info.data_type.is_text() && info.collation.as_deref().is_some_and(utf8)
}
