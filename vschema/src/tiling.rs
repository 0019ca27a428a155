//! Whether key ranges cover the space exactly once, and ranges that do.

use std::fmt;

use crate::key_range::{KeyRange, cmp_ends};

/// One place where key ranges don't tile the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TilingFault {
    /// No range holds these ids.
    Gap(KeyRange),
    /// Two ranges hold the same ids.
    Overlap {
        /// The range that starts first.
        first: KeyRange,
        /// The range that starts within it.
        second: KeyRange,
        /// The ids that both hold.
        common: KeyRange,
    },
}

impl fmt::Display for TilingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap(range) => write!(f, "no shard holds {range}"),
            Self::Overlap { first, second, common } => write!(f, "shards {first} and {second} both hold {common}"),
        }
    }
}

/// Finds every gap and every overlap, in order of the keyspace. Empty when the ranges tile the whole space.
#[must_use]
pub fn tiling_faults(ranges: &[KeyRange]) -> Vec<TilingFault> {
    let mut sorted: Vec<&KeyRange> = ranges.iter().collect();
    sorted.sort();
    let mut faults = Vec::new();
    // The range that reaches furthest so far; ids up to its end are held by some range.
    let mut furthest: Option<&KeyRange> = None;
    for range in sorted {
        let reached = furthest.map_or(&[][..], KeyRange::end);
        match furthest {
            Some(first) if first.intersects(range) => {
                if let Some(common) = first.intersection(range) {
                    faults.push(TilingFault::Overlap { first: first.clone(), second: range.clone(), common });
                }
            }
            _ => faults.extend(
                KeyRange::new(reached, range.start()).ok().filter(|_| !range.start().is_empty()).map(TilingFault::Gap),
            ),
        }
        if furthest.is_none_or(|first| cmp_ends(range.end(), first.end()).is_gt()) {
            furthest = Some(range);
        }
    }
    match furthest {
        None => faults.push(TilingFault::Gap(KeyRange::whole())),
        Some(last) if !last.end().is_empty() => {
            faults.extend(KeyRange::new(last.end(), &[]).ok().map(TilingFault::Gap));
        }
        Some(_) => {}
    }
    faults
}

/// The number of shards can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{shards} is not a number of shards: between 1 and 65536 can be made")]
pub struct ShardCountError {
    /// The number asked for.
    pub shards: usize,
}

/// `shards` ranges of almost equal size that tile the space, with bounds of one byte (up to 256 shards) or two, as
/// Vitess's `GenerateShardRanges` makes them.
///
/// # Errors
/// For 0 and for more than 65536.
pub fn even_ranges(shards: usize) -> Result<Vec<KeyRange>, ShardCountError> {
    let error = ShardCountError { shards };
    let width = match shards {
        1..=256 => 1,
        257..=65536 => 2,
        _ => return Err(error),
    };
    let space = 1_usize << (8 * width);
    // Vitess computes the bounds in floating point and cuts the fraction off.
    let share = space as f64 / shards as f64;
    let bound = |i: usize| -> Vec<u8> {
        let at = (i as f64 * share) as usize;
        if i == 0 || i == shards { Vec::new() } else { at.to_be_bytes()[size_of::<usize>() - width..].to_vec() }
    };
    (0..shards).map(|i| KeyRange::new(&bound(i), &bound(i + 1)).map_err(|_| error.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(ranges: &[&str]) -> Vec<String> {
        let ranges: Vec<KeyRange> = ranges.iter().map(|text| text.parse().unwrap()).collect();
        tiling_faults(&ranges).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ranges_that_tile_have_no_fault() {
        assert!(faults(&["-"]).is_empty());
        assert!(faults(&["80-", "-40", "40-80"]).is_empty());
        assert!(faults(&["-8000", "80-"]).is_empty());
    }

    #[test]
    fn every_gap_and_overlap_is_named() {
        assert_eq!(faults(&[]), ["no shard holds -"]);
        assert_eq!(faults(&["-40", "80-"]), ["no shard holds 40-80"]);
        assert_eq!(faults(&["40-80"]), ["no shard holds -40", "no shard holds 80-"]);
        assert_eq!(faults(&["-80", "40-"]), ["shards -80 and 40- both hold 40-80"]);
        assert_eq!(
            faults(&["-", "40-60", "50-70"]),
            ["shards - and 40-60 both hold 40-60", "shards - and 50-70 both hold 50-70"]
        );
        assert_eq!(faults(&["-80", "-80", "80-"]), ["shards -80 and -80 both hold -80"]);
    }

    #[test]
    fn even_ranges_tile_the_space() {
        for shards in (1..=300).chain([4096, 65535, 65536]) {
            let ranges = even_ranges(shards).unwrap();
            assert_eq!(ranges.len(), shards);
            assert!(tiling_faults(&ranges).is_empty(), "{shards}");
        }
        assert!(even_ranges(0).is_err());
        assert!(even_ranges(65537).is_err());
    }

    #[test]
    fn even_ranges_are_those_of_vitess() {
        let text = |shards| even_ranges(shards).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(text(1), ["-"]);
        assert_eq!(text(2), ["-80", "80-"]);
        assert_eq!(text(4), ["-40", "40-80", "80-c0", "c0-"]);
        assert_eq!(text(3), ["-55", "55-aa", "aa-"]);
    }
}
