//! Merge the ordered rows of several shards.

use super::compare::Comparator;
use super::rows::{Row, RowStream};
use crate::error::StatementError;
use shardgate_router::error::Code;
use shardgate_router::plan::SortKey;
use shardgate_wire::{ColumnDefinition, ColumnType};

/// One shard's rows, and the next of them.
struct Input<S> {
    stream: S,
    /// The next row, if `live`.
    row: Row,
    /// Its key.
    key: Vec<u8>,
    /// Whether the stream hasn't ended.
    live: bool,
}

/// How far the merge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No row was read.
    Fresh,
    /// The winner's row was taken: its stream must be read before the next row is known.
    Taken,
    /// All streams have ended.
    Done,
}

/// Merges streams that are each in the order of the keys. Equal rows come in the order of the streams; without keys,
/// the streams come one after another.
///
/// A tournament tree: each inner node holds the input that lost there, so a row costs one comparison for each level. A
/// stream is read again only when the next row is asked for.
pub(crate) struct MergeSort<S> {
    columns: Vec<ColumnDefinition<'static>>,
    inputs: Vec<Input<S>>,
    comparator: Comparator,
    /// At 0 the winner of all, at each inner node (from 1 on) the loser of the match there.
    tree: Vec<usize>,
    state: State,
}

/// Let a column hold what it holds on another shard, too; false if its type is another there. A shard that sees at once
/// that it has no rows or only NULL may give an integer another width, or a text another kind of string; and a YEAR is
/// a number where it went through a temporary table.
fn widen(column: &mut ColumnDefinition<'static>, other: &ColumnDefinition<'static>) -> bool {
    let width = |kind: ColumnType| match kind {
        ColumnType::Tiny | ColumnType::Bool => Some(1),
        ColumnType::Short | ColumnType::Year => Some(2),
        ColumnType::Int24 => Some(3),
        ColumnType::Long => Some(4),
        ColumnType::LongLong => Some(8),
        _ => None,
    };
    let length = |kind: ColumnType| match kind {
        ColumnType::VarChar | ColumnType::VarString | ColumnType::String => Some(1),
        ColumnType::TinyBlob => Some(2),
        ColumnType::Blob => Some(3),
        ColumnType::MediumBlob => Some(4),
        ColumnType::LongBlob => Some(5),
        _ => None,
    };
    if column.column_type == ColumnType::Null {
        *column = other.clone();
    }
    let (one, another) = (column.column_type, other.column_type);
    match (width(one).zip(width(another)), length(one).zip(length(another))) {
        (Some((here, there)), _) | (_, Some((here, there))) => {
            if here < there {
                *column = other.clone();
            }
            true
        }
        _ => another == ColumnType::Null || one == another,
    }
}

fn differ(how: &str) -> StatementError {
    let text =
        format!("the shards' replies have different columns ({how}); does a data definition run? Repeat the statement");
    StatementError::sql(Code::Unsupported, text)
}

impl<S: RowStream> MergeSort<S> {
    /// Merge these streams, in the order of their shards.
    ///
    /// # Errors
    /// As [`Comparator::new`]; and `Unsupported` if the shards' columns differ, as they can while a data definition
    /// runs.
    pub(crate) fn new(streams: Vec<S>, keys: &[SortKey]) -> Result<Self, StatementError> {
        let mut columns = streams.first().map_or_else(Vec::new, |stream| stream.columns().to_vec());
        let mut comparator = Comparator::new(&columns, if streams.is_empty() { &[] } else { keys })?;
        for stream in &streams {
            let others = stream.columns();
            if others.len() != columns.len() {
                return Err(differ(&format!("one sends {} columns, another {}", columns.len(), others.len())));
            }
            for (column, other) in columns.iter_mut().zip(others) {
                if !widen(column, other) {
                    let name = String::from_utf8_lossy(&column.name).into_owned();
                    let (one, another) = (column.column_type, other.column_type);
                    return Err(differ(&format!("`{name}` is {one:?} on one and {another:?} on another")));
                }
            }
            if !comparator.agree(&Comparator::new(others, keys)?) {
                return Err(differ("their rows are compared in different ways"));
            }
        }
        let inputs =
            streams.into_iter().map(|stream| Input { stream, row: Row::default(), key: Vec::new(), live: false });
        Ok(MergeSort { columns, inputs: inputs.collect(), comparator, tree: Vec::new(), state: State::Fresh })
    }

    /// Whether input `a` comes before input `b`.
    fn before(&self, a: usize, b: usize) -> bool {
        match (self.inputs.get(a), self.inputs.get(b)) {
            (Some(first), Some(second)) if first.live && second.live => (&first.key, a) < (&second.key, b),
            (Some(first), _) => first.live,
            (None, _) => false,
        }
    }

    /// Play all matches.
    fn build(&mut self) {
        let count = self.inputs.len();
        // The winner at each node; the leaves are the inputs.
        let mut winners: Vec<usize> = (0..count).chain(0..count).collect();
        self.tree = vec![0; count];
        for node in (1..count).rev() {
            let (left, right) = (winners[2 * node], winners[2 * node + 1]);
            let (winner, loser) = if self.before(right, left) { (right, left) } else { (left, right) };
            winners[node] = winner;
            self.tree[node] = loser;
        }
        if let (Some(top), Some(&winner)) = (self.tree.first_mut(), winners.get(1)) {
            *top = winner;
        }
    }

    /// Play the matches of the last winner again, from its leaf up.
    fn replay(&mut self) {
        let Some(&(mut winner)) = self.tree.first() else { return };
        let mut node = (winner + self.inputs.len()) / 2;
        while node > 0 {
            let loser = self.tree[node];
            if self.before(loser, winner) {
                self.tree[node] = winner;
                winner = loser;
            }
            node /= 2;
        }
        self.tree[0] = winner;
    }
}

impl<S: RowStream> Input<S> {
    async fn advance(&mut self, comparator: &Comparator) -> Result<(), StatementError> {
        self.live = self.stream.next(&mut self.row).await?;
        self.key.clear();
        if self.live {
            comparator.key(&self.row, &mut self.key)?;
        }
        Ok(())
    }
}

impl<S: RowStream> RowStream for MergeSort<S> {
    fn columns(&self) -> &[ColumnDefinition<'static>] {
        &self.columns
    }

    async fn next(&mut self, row: &mut Row) -> Result<bool, StatementError> {
        match self.state {
            State::Done => return Ok(false),
            State::Fresh => {
                for input in &mut self.inputs {
                    input.advance(&self.comparator).await?;
                }
                self.build();
            }
            State::Taken => {
                if let Some(input) = self.tree.first().and_then(|&winner| self.inputs.get_mut(winner)) {
                    input.advance(&self.comparator).await?;
                }
                self.replay();
            }
        }
        match self.tree.first().and_then(|&winner| self.inputs.get_mut(winner)) {
            Some(input) if input.live => {
                std::mem::swap(row, &mut input.row);
                self.state = State::Taken;
                Ok(true)
            }
            _ => {
                self.state = State::Done;
                Ok(false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::testing::{Rows, code, collect, column, ready, weights};
    use proptest::prelude::*;
    use shardgate_router::plan::Padding;

    fn by(column: u32, descending: bool) -> SortKey {
        SortKey { column, weight: None, padding: Padding::NONE, descending }
    }

    fn columns() -> [ColumnDefinition<'static>; 2] {
        [column("n", ColumnType::Long), column("shard", ColumnType::Long)]
    }

    #[test]
    fn rows_come_in_order_and_equal_ones_in_the_order_of_their_shards() {
        let streams = vec![
            Rows::new(&columns(), &[&["NULL", "0"], &["2", "0"], &["2", "0"], &["10", "0"]]),
            Rows::new(&columns(), &[]),
            Rows::new(&columns(), &[&["NULL", "2"], &["-3", "2"], &["2", "2"], &["9", "2"], &["11", "2"]]),
        ];
        let rows = collect(&mut MergeSort::new(streams, &[by(0, false)]).unwrap()).unwrap();
        assert_eq!(rows, ["NULL,0", "NULL,2", "-3,2", "2,0", "2,0", "2,2", "9,2", "10,0", "11,2"]);
    }

    #[test]
    fn descending_puts_null_last() {
        let streams = vec![
            Rows::new(&columns(), &[&["5", "0"], &["NULL", "0"]]),
            Rows::new(&columns(), &[&["6", "1"], &["-1", "1"], &["NULL", "1"]]),
        ];
        let rows = collect(&mut MergeSort::new(streams, &[by(0, true)]).unwrap()).unwrap();
        assert_eq!(rows, ["6,1", "5,0", "-1,1", "NULL,0", "NULL,1"]);
    }

    #[test]
    fn without_keys_the_streams_come_one_after_another() {
        let streams = vec![Rows::new(&columns(), &[&["5", "0"], &["1", "0"]]), Rows::new(&columns(), &[&["3", "1"]])];
        assert_eq!(collect(&mut MergeSort::new(streams, &[]).unwrap()).unwrap(), ["5,0", "1,0", "3,1"]);
    }

    #[test]
    fn no_streams_are_no_rows() {
        let mut merge = MergeSort::<Rows>::new(Vec::new(), &[by(0, false)]).unwrap();
        assert!(merge.columns().is_empty());
        assert!(collect(&mut merge).unwrap().is_empty());
    }

    #[test]
    fn a_stream_is_read_again_only_for_the_next_row() {
        let streams = vec![Rows::new(&columns(), &[&["1", "0"]]).failing(), Rows::new(&columns(), &[&["2", "1"]])];
        let mut merge = MergeSort::new(streams, &[by(0, false)]).unwrap();
        let mut row = Row::default();
        assert!(ready(merge.next(&mut row)).unwrap());
        assert!(ready(merge.next(&mut row)).is_err());
    }

    #[test]
    fn shards_whose_columns_differ_are_refused() {
        let other = [column("n", ColumnType::VarString), column("shard", ColumnType::Long)];
        let streams = || vec![Rows::new(&columns(), &[]), Rows::new(&other, &[])];
        assert_eq!(code(MergeSort::new(streams(), &[])), Some(Code::Unsupported));
        let streams = vec![Rows::new(&columns(), &[]), Rows::new(&columns()[..1], &[])];
        assert_eq!(code(MergeSort::new(streams, &[])), Some(Code::Unsupported));
    }

    #[test]
    fn a_shard_that_knows_of_nothing_but_null_agrees_with_the_others() {
        let text = [column("t", ColumnType::VarString), weights("w")];
        let null = [column("t", ColumnType::VarString), column("w", ColumnType::Null)];
        let keys = [SortKey { column: 0, weight: Some(1), padding: Padding::NONE, descending: false }];
        let streams = vec![Rows::new(&null, &[&["NULL", "NULL"]]), Rows::new(&text, &[&["b", "B"], &["c", "C"]])];
        let rows = collect(&mut MergeSort::new(streams, &keys).unwrap()).unwrap();
        assert_eq!(rows, ["NULL,NULL", "b,B", "c,C"]);
        let year = [column("n", ColumnType::Year), column("shard", ColumnType::Long)];
        let streams = vec![Rows::new(&year, &[&["1999", "0"]]), Rows::new(&columns(), &[&["1998", "1"]])];
        assert_eq!(collect(&mut MergeSort::new(streams, &[by(0, false)]).unwrap()).unwrap(), ["1998,1", "1999,0"]);
    }

    #[test]
    fn an_integer_is_as_wide_as_on_the_widest_shard() {
        let wide = [column("n", ColumnType::LongLong), column("shard", ColumnType::Long)];
        let streams = vec![Rows::new(&columns(), &[]), Rows::new(&wide, &[&["9000000000", "1"]])];
        let mut merge = MergeSort::new(streams, &[by(0, false)]).unwrap();
        assert_eq!(merge.columns().first().map(|column| column.column_type), Some(ColumnType::LongLong));
        assert_eq!(collect(&mut merge).unwrap(), ["9000000000,1"]);
    }

    proptest! {
        #[test]
        fn a_merge_is_a_stable_sort(mut shards in prop::collection::vec(prop::collection::vec(0u8..20, 0..12), 0..9)) {
            let mut all = Vec::new();
            let mut streams = Vec::new();
            for (index, shard) in shards.iter_mut().enumerate() {
                shard.sort_unstable();
                let rows: Vec<[String; 2]> = shard.iter().map(|n| [n.to_string(), index.to_string()]).collect();
                let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
                streams.push(Rows::new(&columns(), &rows.iter().map(Vec::as_slice).collect::<Vec<_>>()));
                all.extend(shard.iter().map(|&n| (n, index)));
            }
            all.sort_unstable();
            let expected: Vec<String> = all.iter().map(|(n, shard)| format!("{n},{shard}")).collect();
            prop_assert_eq!(collect(&mut MergeSort::new(streams, &[by(0, false)]).unwrap()).unwrap(), expected);
        }
    }
}
