//! Random statements over the oracle's tables, from a seed. Each has one right answer: what orders does so totally, and
//! nothing asks which of several equal values stands for them.

mod dice;
mod expression;
mod query;
mod scope;
mod write;

use super::corpus::Statement;
use dice::Dice;
use scope::{Kind, Scope};

pub(super) struct Generator {
    dice: Dice,
    /// How many names were given in this statement.
    names: usize,
    /// The CTEs of this statement.
    ctes: Vec<(String, Vec<(String, Kind)>)>,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), names: 0, ctes: Vec::new() }
    }

    /// A SELECT. If it orders, its order is total.
    pub(super) fn read(&mut self) -> Statement {
        self.names = 0;
        self.ctes.clear();
        let depth = self.dice.next(4);
        let (text, ordered) = self.query(&Scope::default(), depth);
        if ordered { Statement::ordered(&text) } else { Statement::unordered(&text) }
    }

    /// A statement that changes rows, and the table that it changes.
    pub(super) fn write(&mut self) -> (Statement, &'static str) {
        self.names = 0;
        self.ctes.clear();
        let (text, table) = self.change();
        (Statement::unordered(&text), table)
    }

    /// A name that this statement doesn't have yet.
    fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }
}
