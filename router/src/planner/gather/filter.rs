//! Conditions that rows must fulfil to matter, as far as a shard can test them one row at a time.
//!
//! A condition is taken along only if it has the same outcome there and gives no warning, whatever the rows are: the
//! statement itself tests it again, and what was left out must not be missed in any way.

use crate::fingerprint::Fingerprint;
use crate::plan::{FilterValue, GatherFilter, SlotId, ValueExpr};
use crate::planner::condition::value;
use crate::planner::edit::Edits;
use crate::schema::{Column, DataType, Table};
use crate::sql::ast::{
    ColumnRef, Expr, ExprKind, IsTest, JoinCondition, JoinKind, Parsed, Select, SelectItemKind, TableFactor, TableRef,
    UnaryOp, eq_ignore_case,
};

/// A table that stands in a query block's FROM itself.
pub(super) struct Factor<'q> {
    /// Where.
    pub(super) factor: &'q TableFactor,
    /// Outer joins of the block on whose side with NULLs it stands.
    pub(super) null_sides: usize,
    /// It is named by a NATURAL JOIN, which looks at all its columns.
    pub(super) natural: bool,
    /// `*` or `t.*` looks at all its columns.
    pub(super) star: bool,
    /// Conditions that its rows must fulfil to matter, those of WHERE left out.
    conditions: Vec<&'q Expr>,
}

/// The tables of a block's FROM.
pub(super) struct Block<'q> {
    /// The tables.
    pub(super) factors: Vec<Factor<'q>>,
    /// Whether there are others beside them: derived tables, JSON_TABLE.
    pub(super) derived: bool,
    /// The parts of WHERE.
    where_: Vec<&'q Expr>,
}

impl<'q> Block<'q> {
    /// Of a SELECT.
    pub(super) fn of(select: &'q Select) -> Self {
        let mut block = Block::of_tables(&select.from, select.where_.as_ref());
        for item in &select.items {
            match &item.kind {
                SelectItemKind::All => block.factors.iter_mut().for_each(|factor| factor.star = true),
                SelectItemKind::AllOf(name) => {
                    for factor in &mut block.factors {
                        factor.star |= eq_ignore_case(&factor.factor.exposed_name().value, &name.name.value);
                    }
                }
                SelectItemKind::Expr { .. } => {}
            }
        }
        block
    }

    /// Of table references and the WHERE behind them.
    pub(super) fn of_tables(tables: &'q [TableRef], where_: Option<&'q Expr>) -> Self {
        let mut block = Block { factors: Vec::new(), derived: false, where_: Vec::new() };
        tables.iter().for_each(|table| block.add(table, 0));
        where_.iter().for_each(|expr| conjuncts(expr, &mut block.where_));
        block
    }

    /// A table that stands alone.
    pub(super) fn add_factor(&mut self, factor: &'q TableFactor, null_sides: usize) {
        self.factors.push(Factor { factor, null_sides, natural: false, star: false, conditions: Vec::new() });
    }

    fn add(&mut self, table: &'q TableRef, null_sides: usize) {
        match table {
            TableRef::Table(factor) => self.add_factor(factor, null_sides),
            TableRef::Derived(_) | TableRef::Json(_) => self.derived = true,
            TableRef::List(list) => list.tables.iter().for_each(|table| self.add(table, null_sides)),
            TableRef::Join(join) => {
                let first = self.factors.len();
                self.add(&join.left, null_sides + usize::from(join.kind == JoinKind::Right));
                let middle = self.factors.len();
                self.add(&join.right, null_sides + usize::from(join.kind == JoinKind::Left));
                // ON restricts the rows of an inner join, and those that an outer join looks for.
                let (range, depth) = match join.kind {
                    JoinKind::Inner | JoinKind::Cross | JoinKind::Straight => (first..self.factors.len(), null_sides),
                    JoinKind::Left => (middle..self.factors.len(), null_sides + 1),
                    JoinKind::Right => (first..middle, null_sides + 1),
                };
                if let JoinCondition::On(on) = &join.condition {
                    for factor in self.factors.get_mut(range).unwrap_or_default() {
                        if factor.null_sides == depth {
                            conjuncts(on, &mut factor.conditions);
                        }
                    }
                }
                if join.natural {
                    self.factors.get_mut(first..).unwrap_or_default().iter_mut().for_each(|f| f.natural = true);
                }
            }
        }
    }
}

fn conjuncts<'q>(expr: &'q Expr, into: &mut Vec<&'q Expr>) {
    match &expr.kind {
        ExprKind::And(list) => list.iter().for_each(|expr| conjuncts(expr, into)),
        _ => into.push(expr),
    }
}

/// Finds the filters of one table of a block.
pub(super) struct Filters<'f, 'q> {
    pub(super) fingerprint: &'f Fingerprint,
    pub(super) parsed: &'f Parsed,
    pub(super) block: &'f Block<'q>,
    /// The tables of the block in order, as far as they are known.
    pub(super) tables: &'f [Option<&'f Table>],
    /// Which table it is.
    pub(super) index: usize,
    /// Whether WHERE restricts its rows.
    pub(super) where_restricts: bool,
}

impl Filters<'_, '_> {
    /// The filters from the joins, and from WHERE if that restricts the table's rows.
    pub(super) fn find(&self) -> Vec<GatherFilter> {
        let Some(factor) = self.block.factors.get(self.index) else { return Vec::new() };
        let mut conditions = factor.conditions.clone();
        if self.where_restricts {
            conditions.extend(self.block.where_.iter().copied());
        }
        let mut found: Vec<GatherFilter> = Vec::new();
        for condition in conditions {
            let mut values = Vec::new();
            if self.parsed.can_cut(condition.span)
                && self.is_plain(condition, &mut values)
                && let Ok(sql) = Edits::default().part(condition.span, self.fingerprint)
            {
                let filter = GatherFilter { sql, values };
                if !found.contains(&filter) {
                    found.push(filter);
                }
            }
        }
        found
    }

    fn is_plain(&self, expr: &Expr, values: &mut Vec<(SlotId, FilterValue)>) -> bool {
        match &expr.kind {
            ExprKind::And(list) | ExprKind::Or(list) => list.iter().all(|expr| self.is_plain(expr, values)),
            ExprKind::Unary(UnaryOp::Not, operand) => self.is_plain(operand, values),
            ExprKind::Is(is) => is.test == IsTest::Null && self.column(&is.expr).is_some(),
            ExprKind::Binary(op, operands) if op.is_comparison() => {
                self.is_comparison(&operands.0, &operands.1, values)
            }
            ExprKind::Between(between) => match self.column(&between.expr) {
                Some(column) => {
                    self.is_value(column, &between.low, values) && self.is_value(column, &between.high, values)
                }
                None => false,
            },
            ExprKind::InList(list) => match self.column(&list.expr) {
                Some(column) => self.is_list(column, &list.list, values),
                None => false,
            },
            _ => false,
        }
    }

    fn is_comparison(&self, left: &Expr, right: &Expr, values: &mut Vec<(SlotId, FilterValue)>) -> bool {
        match (self.column(left), self.column(right)) {
            (Some(left), Some(right)) => match (class(left), class(right)) {
                (Some(FilterValue::Number), Some(FilterValue::Number)) => true,
                (Some(FilterValue::Text), Some(FilterValue::Text)) => left.collation == right.collation,
                _ => false,
            },
            (Some(column), None) => self.is_value(column, right, values),
            (None, Some(column)) => self.is_value(column, left, values),
            (None, None) => false,
        }
    }

    fn is_list(&self, column: &Column, list: &[Expr], values: &mut Vec<(SlotId, FilterValue)>) -> bool {
        let Some(class) = class(column) else { return false };
        if let Some(first) = list.first()
            && let Some(slot) = self.fingerprint.slot_at(first.span.start as usize)
            && self.fingerprint.slots().get(slot.0 as usize).is_some_and(|slot| slot.folded)
        {
            values.push((slot, class));
            return true;
        }
        list.iter().all(|expr| self.is_value(column, expr, values))
    }

    fn is_value(&self, column: &Column, expr: &Expr, values: &mut Vec<(SlotId, FilterValue)>) -> bool {
        let Some(class) = class(column) else { return false };
        match value(expr, self.fingerprint) {
            Some(ValueExpr::Null) => true,
            Some(ValueExpr::Int(_)) => class == FilterValue::Number,
            Some(ValueExpr::Slot(slot)) => {
                values.push((slot, class));
                true
            }
            Some(ValueExpr::Negated(slot)) => {
                values.push((slot, class));
                class == FilterValue::Number
            }
            _ => false,
        }
    }

    /// The column of this table that the expression is.
    fn column(&self, expr: &Expr) -> Option<&Column> {
        let ExprKind::Column(column) = &expr.kind else { return None };
        // What is written with its database might be of a table of the same name in another one.
        if column.schema.is_some() {
            return None;
        }
        let own = (*self.tables.get(self.index)?)?;
        match &column.table {
            Some(name) => {
                let named = |factor: &Factor<'_>| eq_ignore_case(&factor.factor.exposed_name().value, &name.value);
                let only = self.block.factors.iter().filter(|factor| named(factor)).count() == 1;
                let exact = self.block.factors.get(self.index)?.factor.exposed_name().value == name.value;
                (only && exact).then(|| own.column(&column.column.value)).flatten()
            }
            None => self.unqualified(own, column),
        }
    }

    fn unqualified<'t>(&self, own: &'t Table, column: &ColumnRef) -> Option<&'t Column> {
        let name = &*column.column.value;
        let alone = self
            .tables
            .iter()
            .enumerate()
            .all(|(index, table)| index == self.index || table.is_some_and(|table| table.column(name).is_none()));
        (!self.block.derived && alone).then(|| own.column(name)).flatten()
    }
}

/// What a column can be compared with without a conversion; `None`: with nothing that is known to be safe.
fn class(column: &Column) -> Option<FilterValue> {
    let data_type = column.data_type;
    if data_type.is_integer() || matches!(data_type, DataType::Decimal | DataType::Double | DataType::Float) {
        return Some(FilterValue::Number);
    }
    if data_type.is_text() {
        return Some(FilterValue::Text);
    }
    matches!(data_type, DataType::Date | DataType::DateTime).then_some(FilterValue::Date)
}
