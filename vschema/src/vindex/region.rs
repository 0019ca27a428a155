//! `region_experimental` and `region_json`: a region's number before the hash of another column.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::decimal_text::{to_u64, with_bytes};
use super::{hash, range};
use crate::destination::Destination;
use crate::keyspace_id::KeyspaceId;
use crate::value::Value;

/// How many bytes the region takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegionBytes {
    One,
    Two,
}

/// The region's bytes: the lowest ones of its number, as in Vitess, which cuts greater numbers off.
fn prefix(region: u64, bytes: RegionBytes) -> SmallVec<[u8; 16]> {
    let [.., high, low] = region.to_be_bytes();
    match bytes {
        RegionBytes::One => SmallVec::from_slice(&[low]),
        RegionBytes::Two => SmallVec::from_slice(&[high, low]),
    }
}

fn with_hash(mut id: SmallVec<[u8; 16]>, number: u64) -> Destination {
    id.extend_from_slice(hash::null_des(number).as_bytes());
    Destination::KeyspaceId(KeyspaceId::new(&id))
}

/// `region_experimental`: columns are the region's number and the hashed number; the region alone is a range.
pub(crate) fn map_experimental(bytes: RegionBytes, values: &[Value<'_>]) -> Destination {
    let (region, hashed) = match values {
        [region] => (region, None),
        [region, hashed] => (region, Some(hashed)),
        _ => return Destination::None,
    };
    let Some(region) = to_u64(region) else { return Destination::None };
    let prefix = prefix(region, bytes);
    match hashed.map(to_u64) {
        None => range::of_prefix(&prefix),
        Some(Some(number)) => with_hash(prefix, number),
        Some(None) => Destination::None,
    }
}

/// `region_json`: columns are the hashed number and a name whose region's number is in the map.
pub(crate) fn map_json(bytes: RegionBytes, regions: &HashMap<String, u64>, values: &[Value<'_>]) -> Destination {
    let [hashed, name] = values else { return Destination::None };
    let Some(number) = to_u64(hashed) else { return Destination::None };
    let region = with_bytes(name, |name| std::str::from_utf8(name).ok().and_then(|name| regions.get(name).copied()));
    region.map_or(Destination::None, |region| with_hash(prefix(region, bytes), number))
}
