//! Values without a table: time, the proxy's number, and a counter, in one positive BIGINT.

use std::io;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Milliseconds between 1970 and the generator's epoch, 2025-01-01 UTC: 41 bits reach into the year 2094.
const EPOCH_MILLIS: u64 = 1_735_689_600_000;
const NODE_BITS: u32 = 10;
const COUNTER_BITS: u32 = 12;

/// The number of a proxy among those that write to the same tables: 0 to 1023.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(u16);

impl NodeId {
    /// The number that is stored in the file; where there is no file, a random one is stored.
    ///
    /// # Errors
    /// If the file can't be read or written, or holds something else.
    pub(crate) fn load_or_create(file: &Path) -> io::Result<Self> {
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(&text).ok_or_else(|| {
                let found = text.trim();
                let what = format!("{}: `{found}` is no node number: write one from 0 to 1023", file.display());
                io::Error::new(io::ErrorKind::InvalidData, what)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let node = NodeId(rand::random_range(0..1 << NODE_BITS));
                std::fs::write(file, format!("{}\n", node.0))?;
                Ok(node)
            }
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        text.trim().parse::<u16>().ok().filter(|number| *number < 1 << NODE_BITS).map(NodeId)
    }
}

/// Gives out values that grow, and that no other node gives out.
#[derive(Debug)]
pub(crate) struct Snowflake {
    node: NodeId,
    /// Milliseconds since the epoch and the counter below them, of the last value. It runs ahead of the clock when more
    /// than 4096 values are taken in a millisecond, and when the clock is set back.
    last: AtomicU64,
}

impl Snowflake {
    /// The generator of this node.
    pub(crate) fn new(node: NodeId) -> Self {
        Snowflake { node, last: AtomicU64::new(0) }
    }

    /// So many values in a row, each larger than all before; `None` for more than a millisecond holds (4096).
    pub(crate) fn take(&self, count: u64, now: SystemTime) -> Option<RangeInclusive<u64>> {
        const FULL: u64 = 1 << COUNTER_BITS;
        if count == 0 || count > FULL {
            return None;
        }
        let millis = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
        let clock = u64::try_from(millis).unwrap_or(u64::MAX).saturating_sub(EPOCH_MILLIS) << COUNTER_BITS;
        let first = |last: u64| {
            let next = (last + 1).max(clock);
            // All of them in one millisecond, since only there they are in a row.
            if next % FULL + count <= FULL { next } else { (next / FULL + 1) * FULL }
        };
        let taken = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(first(last) + count - 1));
        // The closure always gives a value, so both arms hold the one before.
        let first = first(taken.unwrap_or_else(|last| last));
        let (millis, counter) = (first / FULL, first % FULL);
        let value = (millis << (NODE_BITS + COUNTER_BITS)) | (u64::from(self.node.0) << COUNTER_BITS) | counter;
        Some(value..=value + count - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(EPOCH_MILLIS + millis)
    }

    #[test]
    fn a_value_holds_time_node_and_counter() {
        let snowflake = Snowflake::new(NodeId(5));
        let first = (7 << 22) | (5 << 12);
        assert_eq!(snowflake.take(2, at(7)), Some(first..=first + 1));
        assert_eq!(snowflake.take(1, at(7)), Some(first + 2..=first + 2));
        assert_eq!(snowflake.take(1, at(8)).map(|values| *values.start()), Some((8 << 22) | (5 << 12)));
    }

    #[test]
    fn values_grow_when_the_clock_is_set_back_and_when_a_millisecond_is_full() {
        let snowflake = Snowflake::new(NodeId(1023));
        let mut values: Vec<u64> = Vec::new();
        for (count, millis) in [(4000, 100), (4000, 100), (4096, 100), (10, 3), (10, 101), (1, 200)] {
            values.extend(snowflake.take(count, at(millis)).unwrap());
        }
        assert!(values.is_sorted_by(|a, b| a < b));
        assert_eq!(values.len(), 12_117);
        assert!(values.iter().all(|value| i64::try_from(*value).is_ok() && (value >> 12) & 1023 == 1023));
        assert_eq!(snowflake.take(0, at(1)), None);
        assert_eq!(snowflake.take(4097, at(1)), None);
    }

    #[test]
    fn the_number_of_a_node_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node-id");
        let node = NodeId::load_or_create(&file).unwrap();
        assert_eq!(NodeId::load_or_create(&file).unwrap(), node);
        std::fs::write(&file, "1024").unwrap();
        assert!(NodeId::load_or_create(&file).unwrap_err().to_string().contains("`1024` is no node number"));
    }
}
