//! The collation table: built by `tools/vitess`, kept as bytes, read once.

use std::sync::LazyLock;

static BYTES: &[u8] = include_bytes!("table.bin");

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| Table::read(BYTES));

/// A collation element: the canonical combining class and the primary weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element(u32);

impl Element {
    pub(crate) fn class(self) -> u8 {
        (self.0 >> 24) as u8
    }

    pub(crate) fn primary(self) -> u32 {
        self.0 & 0x00ff_ffff
    }
}

/// What the table says of a character.
pub(crate) enum Entry {
    /// The elements.
    Sequence(&'static [Element]),
    /// One element computed from the code point.
    Implicit,
    /// The elements of its jamo.
    Hangul,
    /// The beginning of contractions: the node of their tree.
    Starter(usize),
}

/// A combining mark, or a character that decomposes into some: its first and last class, and how many marks there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) lead: u8,
    pub(crate) trail: u8,
    pub(crate) count: usize,
}

/// The table's sections, as `tools/vitess/table.go` writes them.
pub(crate) struct Table {
    /// The block of each 64 code points.
    index: Vec<u16>,
    /// Blocks: 0 implicit, 1 Hangul, else a sequence's number and 2.
    blocks: Vec<u16>,
    /// Where each sequence begins among the elements, and the end.
    sequences: Vec<u32>,
    elements: Vec<Element>,
    /// The first sequence of a contraction starter; starters' nodes are numbered in the same order from 0.
    first_starter: usize,
    /// Where each node's edges begin, and the end.
    nodes: Vec<u32>,
    /// The sequence of a contraction that ends at the node, and 1; 0 for none.
    results: Vec<u16>,
    edges: Vec<u32>,
    targets: Vec<u16>,
    marks: Vec<u32>,
    classes: Vec<u32>,
    /// Ranges of ideographs without an entry: starts and ends in turn.
    ideographs: Vec<u32>,
}

/// Takes numbers from the front of the table's bytes.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    /// A count and as many items.
    fn section<const N: usize, T>(&mut self, item: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(count.checked_mul(N)?)?;
        self.0 = rest;
        Some(bytes.as_chunks::<N>().0.iter().map(|bytes| item(*bytes)).collect())
    }
}

impl Table {
    /// The table, read at its first use; `None` if the bytes are damaged.
    pub(crate) fn built_in() -> Option<&'static Self> {
        TABLE.as_ref()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let table = Self {
            index: reader.section(u16::from_le_bytes)?,
            blocks: reader.section(u16::from_le_bytes)?,
            sequences: reader.section(u32::from_le_bytes)?,
            elements: reader.section(|bytes| Element(u32::from_le_bytes(bytes)))?,
            first_starter: usize::try_from(reader.number()?).ok()?,
            nodes: reader.section(u32::from_le_bytes)?,
            results: reader.section(u16::from_le_bytes)?,
            edges: reader.section(u32::from_le_bytes)?,
            targets: reader.section(u16::from_le_bytes)?,
            marks: reader.section(u32::from_le_bytes)?,
            classes: reader.section(u32::from_le_bytes)?,
            ideographs: reader.section(u32::from_le_bytes)?,
        };
        reader.0.is_empty().then_some(table)
    }

    pub(crate) fn entry(&'static self, character: char) -> Entry {
        let code = u32::from(character) as usize;
        let block = self.index.get(code >> 6).map_or(0, |block| usize::from(*block));
        match self.blocks.get((block << 6) | (code & 63)).copied().unwrap_or(0) {
            0 => Entry::Implicit,
            1 => Entry::Hangul,
            number => {
                let sequence = usize::from(number) - 2;
                match sequence.checked_sub(self.first_starter) {
                    Some(node) => Entry::Starter(node),
                    None => Entry::Sequence(self.sequence(sequence)),
                }
            }
        }
    }

    fn sequence(&'static self, number: usize) -> &'static [Element] {
        let at = |index: usize| self.sequences.get(index).map_or(0, |offset| *offset as usize);
        self.elements.get(at(number)..at(number + 1)).unwrap_or(&[])
    }

    /// The element of a character that has no entry: ideographs go before other characters.
    pub(crate) fn implicit(&self, character: char) -> Element {
        let code = u32::from(character);
        let is_ideograph = self.ideographs.partition_point(|edge| *edge <= code) % 2 == 1;
        Element(match (is_ideograph, code) {
            (true, 0x4e00..=0x9fff | 0xf900..=0xfaff) => code + 0x10000,
            (true, _) => code + 0x20000,
            (false, _) => code + 0x50000,
        })
    }

    /// The elements of the contraction that ends at a node.
    pub(crate) fn result(&'static self, node: usize) -> Option<&'static [Element]> {
        let result = self.results.get(node).copied().unwrap_or(0);
        result.checked_sub(1).map(|number| self.sequence(usize::from(number)))
    }

    /// The node that follows a node at a character.
    pub(crate) fn next_node(&self, node: usize, character: char) -> Option<usize> {
        let first = *self.nodes.get(node)? as usize;
        let edges = self.edges.get(first..*self.nodes.get(node + 1)? as usize)?;
        let edge = edges.binary_search(&u32::from(character)).ok()?;
        self.targets.get(first + edge).map(|target| usize::from(*target))
    }

    /// Whether no contraction goes on from a node.
    pub(crate) fn is_leaf(&self, node: usize) -> bool {
        self.nodes.get(node) == self.nodes.get(node + 1)
    }

    /// The classes of a character that begins with a combining mark.
    pub(crate) fn mark(&self, character: char) -> Option<Mark> {
        let index = self.marks.binary_search(&u32::from(character)).ok()?;
        let [lead, trail, count, _] = self.classes.get(index)?.to_le_bytes();
        Some(Mark { lead, trail, count: usize::from(count) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_whole() {
        let table = Table::built_in().unwrap();
        assert_eq!(table.index.len(), 0x11_0000 >> 6);
        assert!(table.index.iter().all(|block| (usize::from(*block) + 1) << 6 <= table.blocks.len()));
        assert!(table.sequences.is_sorted() && table.nodes.is_sorted() && table.marks.is_sorted());
        assert_eq!(*table.sequences.last().unwrap() as usize, table.elements.len());
        assert_eq!(*table.nodes.last().unwrap() as usize, table.edges.len());
    }

    #[test]
    fn a_damaged_table_is_recognised() {
        for length in [0, 1, 5, 1000, BYTES.len() - 1] {
            assert!(Table::read(&BYTES[..length]).is_none(), "{length}");
        }
    }
}
