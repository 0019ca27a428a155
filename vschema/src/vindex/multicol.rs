//! `multicol`: the id is made of the first bytes of each column's own id.

use smallvec::SmallVec;

use super::range;
use super::scalar::Scalar;
use crate::destination::Destination;
use crate::keyspace_id::KeyspaceId;
use crate::value::Value;

/// The columns' functions and how many bytes of the id each makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MultiCol {
    pub(crate) columns: Vec<Part>,
}

/// One column's part of the id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) function: Scalar,
    pub(crate) bytes: usize,
}

impl MultiCol {
    /// The id of a full key, the range of all ids with its prefix for fewer values.
    pub(crate) fn map(&self, values: &[Value<'_>]) -> Destination {
        let mut id: SmallVec<[u8; 16]> = SmallVec::new();
        let mut width = 0;
        for (part, value) in self.columns.iter().zip(values) {
            // A value that its function refuses has no row, as in Vitess.
            let Ok(Some(own)) = part.function.keyspace_id(value) else { return Destination::None };
            // An id shorter than its part is filled up with zeros when another part follows.
            id.resize(id.len().max(width), 0);
            id.extend(own.as_bytes().iter().copied().take(part.bytes));
            width += part.bytes;
        }
        if values.len() == self.columns.len() {
            Destination::KeyspaceId(KeyspaceId::new(&id))
        } else {
            range::of_prefix(&id)
        }
    }

    pub(crate) fn cost(&self) -> u32 {
        self.columns.iter().map(|part| part.function.cost()).sum()
    }
}

/// How many bytes each column gets: those given, and the rest of the eight shared out to the others, the first ones
/// getting more. `None` if there isn't a byte for each of the others.
pub(crate) fn share_bytes(given: &[Option<usize>]) -> Option<Vec<usize>> {
    let used: usize = given.iter().flatten().sum();
    let mut left = 8_usize.checked_sub(used)?;
    let mut pending = given.iter().filter(|bytes| bytes.is_none()).count();
    if pending > left {
        return None;
    }
    let share = |bytes: &Option<usize>| {
        bytes.unwrap_or_else(|| {
            let share = left.div_ceil(pending.max(1));
            left -= share;
            pending = pending.saturating_sub(1);
            share
        })
    };
    Some(given.iter().map(share).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_not_given_are_shared_out() {
        assert_eq!(share_bytes(&[None, None]), Some(vec![4, 4]));
        assert_eq!(share_bytes(&[None, None, None]), Some(vec![3, 3, 2]));
        assert_eq!(share_bytes(&[Some(1), None, None]), Some(vec![1, 4, 3]));
        assert_eq!(share_bytes(&[Some(7), None, None]), None);
        assert_eq!(share_bytes(&[Some(9)]), None);
        assert_eq!(share_bytes(&[None; 8]), Some(vec![1; 8]));
    }
}
