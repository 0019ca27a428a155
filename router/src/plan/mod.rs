//! Plans: immutable values that say what is sent where and how the answers are combined.
//!
//! **Invariant:** a plan holds no literal of the statement that it was made for, except where a [`Pin`] says so.
//! The executor (`proxy::execute`) has one file for each operator, of the same name.

mod aggregate;
mod broadcast;
mod change;
mod compute;
mod create_from;
mod ddl;
mod demand;
mod dropped;
mod expand;
mod explained;
mod gather;
mod insert;
mod insert_rows;
mod load;
mod local;
mod lookup;
mod maintained;
mod merge;
mod metadata;
mod padding;
mod placement;
mod pulled;
mod rekey;
mod route;
mod staged_load;
mod summed;
mod target;
mod template;
mod temporary;
mod trial;
mod vindex_rows;

pub use aggregate::{Aggregate, AggregateColumn, BitOperation};
pub use broadcast::{Broadcast, Link};
pub use change::{
    CarriedRow, Change, ChangedLookup, ChangedLookups, ChangedPlace, ChangedTable, CopiedColumn, FoundColumn,
    MoveOrder, Moves, SetItem,
};
pub use compute::Compute;
pub use create_from::{CreateFrom, DefiningQuery, DefinitionSource};
pub use ddl::{Ddl, DdlKind, DdlObject, ObjectKind};
pub use demand::{Access, Demand};
pub use dropped::Dropped;
pub use expand::Expand;
pub use explained::Explained;
pub use gather::{FilterValue, Gather, GatherColumn, GatherFilter, GatherMatch, GatherSource, Transfer};
pub use insert::{AutoIncrement, DuplicateRows, Duplicates, Insert, InsertRow, Sequence};
pub use insert_rows::{InsertRows, KeySource, SuffixPart};
pub use load::Load;
pub use local::{
    Assignment, Chaining, ExplainFormat, KillScope, Local, PrepareSource, SetScope, SetValue, Show, ShowFilter,
    TransactionStart,
};
pub use lookup::{ComparedColumn, Lookup, LookupKeys, LookupTable, OwnedLookup};
pub use maintained::{Maintained, MaintainedTable};
pub use merge::{Limit, LimitValue, MergeSort, SortKey};
pub use metadata::{KnownValue, Metadata, MetadataPart, MetadataTable};
pub use padding::Padding;
pub use placement::{PlacedColumn, Placement};
pub use pulled::Pulled;
pub use rekey::Rekey;
pub use route::{Effects, Route};
pub use staged_load::StagedLoad;
pub use summed::Summed;
pub use target::{Comparison, KeyExpr, KeyList, ShardSet, Target, shard_of};
pub use template::{Arithmetic, Piece, Pos, RenderContext, SessionValue, Template, ValueExpr, limit};
pub use temporary::{Temporary, TemporaryChange};
pub use trial::{Trial, TrialColumn};
pub use vindex_rows::VindexRows;

use crate::fingerprint::Fingerprint;
use std::sync::Arc;

/// Index of a slot: a literal, a `?`, or a folded list of literals, in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub u32);

/// The value of a slot that this plan depends on: the plan serves only statements in which the slot's text is this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The slot.
    pub slot: SlotId,
    /// The literal's text, as written.
    pub text: Box<[u8]>,
}

/// What a statement does, for rights, metrics, and the choice between primary and replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatementClass {
    /// SELECT, TABLE, VALUES, WITH ... SELECT without a locking clause.
    Select,
    /// SELECT ... FOR UPDATE / FOR SHARE: reads, but on the primary and in the transaction.
    LockingSelect,
    /// INSERT.
    Insert,
    /// REPLACE.
    Replace,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// Data definition.
    Ddl,
    /// LOAD DATA, LOAD XML.
    Load,
    /// CALL.
    Call,
    /// SHOW, DESCRIBE, EXPLAIN.
    Show,
    /// SET.
    Set,
    /// BEGIN, COMMIT, ROLLBACK, savepoints.
    Transaction,
    /// Everything else; passes only where the target is one server.
    Other,
}

/// A table that a statement names, for rights and for `VEXPLAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableUse {
    /// The keyspace that the table was found in.
    pub keyspace: Arc<str>,
    /// The table's name.
    pub table: Arc<str>,
    /// Whether the statement may change it.
    pub written: bool,
}

/// The plan of one statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What the statement does.
    pub class: StatementClass,
    /// The tables it names.
    pub tables: Vec<TableUse>,
    /// What else the user must be allowed to do.
    pub demands: Vec<Demand>,
    /// Literals that the plan depends on.
    pub pins: Vec<Pin>,
    /// What the statement reads and leaves behind in the session that it runs in.
    pub effects: Effects,
    /// What is asked of lookup vindexes' tables before the plan runs, for its targets.
    pub lookups: Vec<Arc<Lookup>>,
    /// What to do.
    pub root: Operator,
}

/// What to do for a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Operator {
    /// Send the text to the shards of the target. One shard: its reply is the client's reply, relayed as it is.
    /// Several: rows concatenated, affected rows added.
    Route(Route),
    /// Read ordered rows of several shards and merge them.
    MergeSort(MergeSort),
    /// Combine partial aggregates of several shards.
    Aggregate(Aggregate),
    /// Compute expressions over combined aggregates of several shards.
    Compute(Compute),
    /// Cut the rows of the input to an offset and a count.
    Limit(Limit),
    /// Gather the rows of the tables in temporary tables of one session, and run the statement there.
    Gather(Gather),
    /// Send rows of some tables to the shards of the others, and run the statement there.
    Broadcast(Box<Broadcast>),
    /// Plan and run the statement again with the queries of its views in the place of their names.
    Expand(Expand),
    /// Insert rows, each on its shard.
    Insert(Insert),
    /// Insert the rows of a query, each on its shard.
    InsertRows(Box<InsertRows>),
    /// Read the values of subqueries, and run the statement with them.
    Pulled(Pulled),
    /// Find rows by their keys, lock them, and change them on their shards.
    Change(Box<Change>),
    /// Load a client's file, each row on its shard.
    Load(Box<Load>),
    /// Load a client's file into a temporary table, and insert its rows from there.
    StagedLoad(Box<StagedLoad>),
    /// Run a data definition on every shard.
    Ddl(Ddl),
    /// DROP of tables or views of several keyspaces.
    Dropped(Box<Dropped>),
    /// Maintain tables on the servers that have them.
    Maintained(Box<Maintained>),
    /// Run a definition of the session's temporary tables.
    Temporary(Box<Temporary>),
    /// Make a table with the definition and the rows that something else has.
    CreateFrom(Box<CreateFrom>),
    /// Run a statement over rows of `information_schema` that are gathered from all servers.
    Metadata(Metadata),
    /// Run a statement over what a vindex makes of values.
    VindexRows(Box<VindexRows>),
    /// Rows of the first shard, with a column added up over all.
    Summed(Box<Summed>),
    /// Ask one of several shards for its plan of a statement.
    Explained(Box<Explained>),
    /// `SELECT NEXT n VALUES FROM sequence`.
    NextValues {
        /// Where the sequence is.
        sequence: Sequence,
        /// How many values.
        count: ValueExpr,
    },
    /// A statement that the proxy answers itself or that changes the session.
    Local(Local),
}

impl Operator {
    /// The route whose rows the operator combines, if that is what it does.
    pub fn combined(&self) -> Option<&Route> {
        match self {
            Operator::Route(route) => Some(route),
            Operator::MergeSort(sort) => Some(&sort.input),
            Operator::Aggregate(aggregate) => Some(&aggregate.input),
            Operator::Compute(compute) => Some(&compute.input.input),
            Operator::Limit(limit) => limit.input.combined(),
            _ => None,
        }
    }

    /// What its targets ask of lookup vindexes.
    pub fn lookups(&self) -> Vec<Arc<Lookup>> {
        let mut found = Vec::new();
        for target in self.targets() {
            target.lookups(&mut found);
        }
        found
    }

    fn targets(&self) -> Vec<&Target> {
        match self {
            Operator::Route(route) => vec![&route.target],
            Operator::MergeSort(sort) => vec![&sort.input.target],
            Operator::Aggregate(aggregate) => vec![&aggregate.input.target],
            Operator::Compute(compute) => vec![&compute.input.input.target],
            Operator::Limit(limit) => limit.input.targets(),
            Operator::Gather(gather) => gather.targets().collect(),
            Operator::Broadcast(broadcast) => {
                let mut targets = broadcast.input.targets();
                targets.extend(broadcast.sources.iter().map(|source| &source.target));
                targets.extend(broadcast.gathered.targets());
                targets
            }
            Operator::Expand(expand) => expand.alone.iter().map(|alone| &alone.target).collect(),
            Operator::InsertRows(insert) => insert.alone.iter().map(|alone| &alone.target).collect(),
            Operator::Change(change) => change.alone.iter().map(|alone| &alone.target).collect(),
            Operator::Explained(explained) => explained.targets.iter().collect(),
            Operator::Insert(_)
            | Operator::VindexRows(_)
            | Operator::Pulled(_)
            | Operator::Summed(_)
            | Operator::Load(_)
            | Operator::StagedLoad(_)
            | Operator::Ddl(_)
            | Operator::Dropped(_)
            | Operator::Maintained(_)
            | Operator::Temporary(_)
            | Operator::CreateFrom(_)
            | Operator::Metadata(_)
            | Operator::NextValues { .. }
            | Operator::Local(_) => Vec::new(),
        }
    }
}

impl Plan {
    /// Whether the plan's pins hold for this statement, which has the fingerprint's key that the plan was made for.
    #[inline]
    pub fn serves(&self, fingerprint: &Fingerprint, text: &[u8]) -> bool {
        self.pins.iter().all(|pin| {
            fingerprint
                .slot_range(pin.slot)
                .and_then(|range| text.get(range))
                .is_some_and(|literal| *literal == *pin.text)
        })
    }
    /// The expressions that a shard computes (`SELECT expr`) before the plan can run, in the order in which
    /// [`crate::session::SessionValues::evaluated`] is asked for them.
    pub fn evaluations(&self) -> Vec<&Template> {
        let values: Vec<&ValueExpr> = match &self.root {
            Operator::Insert(insert) => insert.rows.iter().flat_map(InsertRow::values).collect(),
            Operator::InsertRows(insert) => {
                let sources = insert.place.iter().flat_map(|(_, sources)| sources);
                sources
                    .chain(insert.lookups.iter().flat_map(|(_, sources)| sources))
                    .filter_map(|source| if let KeySource::Default(value) = source { Some(value) } else { None })
                    .collect()
            }
            _ => Vec::new(),
        };
        let mut found: Vec<&Template> = Vec::new();
        for value in values {
            match value {
                ValueExpr::Evaluate(template) if !found.contains(&template) => found.push(template),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
