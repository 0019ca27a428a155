//! What a random statement can name: tables, their columns, and of what kind these are.

/// Kinds of values. Expressions keep to one kind, so that MySQL converts nothing and warns of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    /// An unsigned number, which nothing is subtracted from.
    Unsigned,
    Decimal,
    Double,
    /// A text that equals no other text.
    Text,
    /// A text whose collation holds different texts for equal: which of them stands for a group is open.
    Loose,
    Date,
    Moment,
    Enum,
}

/// The kinds of which equal values are the same.
pub(super) const EXACT: [Kind; 8] =
    [Kind::Int, Kind::Unsigned, Kind::Decimal, Kind::Double, Kind::Text, Kind::Date, Kind::Moment, Kind::Enum];
pub(super) const NUMBERS: [Kind; 3] = [Kind::Int, Kind::Decimal, Kind::Double];

/// A column as a statement names it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) sql: String,
    pub(super) kind: Kind,
}

/// A table: its name, how often it is taken, the column by which rows of several belong together, all columns.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) weight: usize,
    pub(super) link: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
}

use Kind::{Date, Decimal, Double, Enum, Int, Loose, Moment, Text, Unsigned};

pub(super) const TABLES: [Table; 7] = [
    Table {
        name: "customer",
        weight: 10,
        link: "id",
        columns: &[
            ("id", Int),
            ("name", Loose),
            ("email", Text),
            ("city", Loose),
            ("nick", Loose),
            ("country", Text),
            ("balance", Decimal),
            ("score", Double),
            ("tiny", Int),
            ("age", Unsigned),
            ("points", Int),
            ("big", Unsigned),
            ("born", Date),
            ("seen", Moment),
            ("level", Enum),
            ("active", Int),
            ("doc->>'$.n'", Text),
            ("doc->>'$.tags[1]'", Text),
            ("notes", Text),
        ],
    },
    Table {
        name: "orders",
        weight: 7,
        link: "customer_id",
        columns: &[
            ("id", Int),
            ("customer_id", Int),
            ("status", Enum),
            ("total", Decimal),
            ("placed", Moment),
            ("note", Text),
        ],
    },
    Table {
        name: "item",
        weight: 5,
        link: "customer_id",
        columns: &[
            ("customer_id", Int),
            ("order_id", Int),
            ("line", Int),
            ("sku", Text),
            ("qty", Int),
            ("price", Decimal),
        ],
    },
    Table {
        name: "country",
        weight: 2,
        link: "population",
        columns: &[("code", Text), ("name", Text), ("population", Int)],
    },
    Table {
        name: "account",
        weight: 3,
        link: "customer_id",
        columns: &[("name", Text), ("customer_id", Int), ("amount", Decimal)],
    },
    Table { name: "ticket", weight: 1, link: "id", columns: &[("id", Int), ("subject", Text), ("prio", Int)] },
    Table {
        name: "omain.note",
        weight: 2,
        link: "customer_id",
        columns: &[("id", Int), ("body", Text), ("customer_id", Int)],
    },
];

/// The tables of a FROM clause and of the queries around it.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// Columns of this query.
    pub(super) own: Vec<Column>,
    /// Columns of the queries around.
    pub(super) outer: Vec<Column>,
}

impl Scope {
    /// The scope of a query inside this one.
    pub(super) fn inner(&self) -> Self {
        let outer = self.own.iter().chain(&self.outer).cloned().collect();
        Self { own: Vec::new(), outer }
    }

    pub(super) fn of_kind(&self, kind: Kind) -> Vec<&Column> {
        self.own.iter().filter(|column| column.kind == kind).collect()
    }
}
