//! The values of one sequence that are reserved and not yet given out.

use std::ops::{Range, RangeInclusive};

/// Blocks smaller than this aren't fetched ahead: whoever sets a small cache doesn't want gaps.
const SMALLEST_PREFETCHED: u64 = 10;

/// Values of one sequence that are reserved and not yet given out, in the order in which they are given.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    current: Range<u64>,
    next: Option<Range<u64>>,
    /// The size of the last block that was reserved.
    size: u64,
    /// Behind the highest value that was ever reserved here.
    end: u64,
}

impl Blocks {
    /// Give out so many values in a row, if there are.
    pub(super) fn take(&mut self, count: u64) -> Option<RangeInclusive<u64>> {
        loop {
            let behind = self.current.start.checked_add(count)?;
            if count > 0 && behind <= self.current.end {
                let taken = self.current.start..=behind - 1;
                self.current.start = behind;
                return Some(taken);
            }
            let next = self.next.take()?;
            if next.start == self.current.end {
                self.current.end = next.end;
            } else {
                // The rest is too short, and other values follow it elsewhere: it stays a gap.
                self.current = next;
            }
        }
    }

    /// A block has been reserved.
    pub(super) fn add(&mut self, block: Range<u64>) {
        self.size = block.end - block.start;
        self.end = self.end.max(block.end);
        if self.current.is_empty() {
            self.current = block;
        } else if let Some(next) = self.next.as_mut().filter(|next| next.end == block.start) {
            next.end = block.end;
        } else if let Some(next) = self.next.replace(block) {
            // Two blocks wait already: the current rest is given up for the newest, larger one.
            self.current = next;
        }
    }

    /// Whether it is time to reserve the next block.
    pub(super) fn is_low(&self) -> bool {
        self.next.is_none() && self.size >= SMALLEST_PREFETCHED && self.current.end - self.current.start < self.size / 4
    }

    /// Behind the highest value that was ever reserved here; 0 before the first block.
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_given_once_and_in_order() {
        let mut blocks = Blocks::default();
        assert_eq!(blocks.take(1), None);
        blocks.add(1..11);
        assert_eq!(blocks.take(1), Some(1..=1));
        assert_eq!(blocks.take(4), Some(2..=5));
        blocks.add(11..21);
        assert_eq!(blocks.take(7), Some(6..=12));
        assert_eq!(blocks.take(8), Some(13..=20));
        assert_eq!(blocks.take(1), None);
        assert_eq!(blocks.end(), 21);
    }

    #[test]
    fn a_rest_that_does_not_reach_the_next_block_is_left_out() {
        let mut blocks = Blocks::default();
        blocks.add(1..11);
        assert_eq!(blocks.take(8), Some(1..=8));
        blocks.add(101..111);
        assert_eq!(blocks.take(1), Some(9..=9));
        assert_eq!(blocks.take(3), Some(101..=103));
    }

    #[test]
    fn the_next_block_is_due_when_a_quarter_is_left() {
        let mut blocks = Blocks::default();
        assert!(!blocks.is_low());
        blocks.add(1..101);
        blocks.take(75);
        assert!(!blocks.is_low());
        blocks.take(1);
        assert!(blocks.is_low());
        blocks.add(101..201);
        assert!(!blocks.is_low());
        let mut small = Blocks::default();
        small.add(1..2);
        small.take(1);
        assert!(!small.is_low());
    }

    #[test]
    fn nothing_is_given_for_a_count_of_zero_or_beyond_the_numbers() {
        let mut blocks = Blocks::default();
        blocks.add(5..10);
        assert_eq!(blocks.take(0), None);
        assert_eq!(blocks.take(u64::MAX), None);
    }
}
