//! Random statements that change rows.

use super::Generator;
use super::scope::{Column, Kind, Scope, TABLES, Table};

/// A table that is written: its key, and columns that can be set to an expression of their kind.
struct Written {
    table: &'static str,
    key: &'static str,
    set: &'static [(&'static str, Kind)],
}

const WRITTEN: [Written; 4] = [
    Written {
        table: "customer",
        key: "id",
        set: &[("points", Kind::Int), ("balance", Kind::Decimal), ("score", Kind::Double), ("born", Kind::Date)],
    },
    Written { table: "orders", key: "customer_id, id", set: &[("total", Kind::Decimal), ("note", Kind::Text)] },
    Written { table: "item", key: "customer_id, order_id, line", set: &[("qty", Kind::Int), ("price", Kind::Decimal)] },
    Written { table: "account", key: "name", set: &[("amount", Kind::Decimal), ("customer_id", Kind::Int)] },
];

impl Generator {
    /// A statement that changes rows, and the table that it changes.
    pub(super) fn change(&mut self) -> (String, &'static str) {
        let at = self.dice.next(WRITTEN.len());
        let written = WRITTEN.get(at).unwrap_or(&WRITTEN[0]);
        let scope = scope_of(written.table);
        let filter = match self.dice.next(8) {
            0 => String::new(),
            1 | 2 => format!(" WHERE {}", self.subquery_condition(&scope)),
            _ => format!(" WHERE {}", self.condition(&scope, 1)),
        };
        let order = match self.dice.next(8) {
            0 => format!(" ORDER BY {} LIMIT {}", written.key, 1 + self.dice.next(4)),
            1 => format!(" ORDER BY {}", written.key),
            _ => String::new(),
        };
        let text = match self.dice.next(8) {
            0..=2 => format!("UPDATE {} SET {}{filter}{order}", written.table, self.assignment(written, &scope)),
            3 | 4 => format!("DELETE FROM {}{filter}{order}", written.table),
            5 => self.joined(written),
            _ => return (self.insert(written.table), written.table),
        };
        (text, written.table)
    }

    fn assignment(&mut self, written: &Written, scope: &Scope) -> String {
        let at = self.dice.next(written.set.len());
        let (column, kind) = written.set.get(at).copied().unwrap_or(("id", Kind::Int));
        let value = match kind {
            Kind::Decimal => format!("ROUND({}, 1)", self.expression(kind, scope, 1)),
            Kind::Text => format!("LEFT({}, 20)", self.expression(kind, scope, 1)),
            _ => self.expression(kind, scope, 1),
        };
        format!("{column} = COALESCE({value}, {})", self.literal(kind))
    }

    /// UPDATE and DELETE of a table that is joined to another one.
    fn joined(&mut self, written: &Written) -> String {
        let other = self.dice.pick(&["customer", "orders", "account", "country"]);
        let table = written.table;
        let mut scope = scope_of(table);
        let qualified = |name: &str, alias: &str| -> Vec<Column> {
            let found = table_of(name).map(|table| table.columns).unwrap_or_default();
            found.iter().map(|(column, kind)| Column { sql: format!("{alias}.{column}"), kind: *kind }).collect()
        };
        scope.own = qualified(table, "a");
        let link = |name: &str| table_of(name).map_or("id", |table| table.link);
        let on = format!("a.{} = b.{}", link(table), link(other));
        let only = Scope { own: qualified(other, "b"), outer: Vec::new() };
        let filter = self.condition(&only, 0);
        if self.dice.chance(50) {
            return format!("DELETE a FROM {table} a JOIN {other} b ON {on} WHERE {filter}");
        }
        let set = self.assignment(written, &scope);
        format!("UPDATE {table} a JOIN {other} b ON {on} SET a.{set} WHERE {filter}")
    }

    fn insert(&mut self, table: &str) -> String {
        let word = self.dice.pick(&["INSERT INTO", "INSERT IGNORE INTO", "REPLACE INTO", "INSERT INTO"]);
        let rows = 1 + self.dice.next(3);
        let (columns, new): (&str, Vec<String>) = match table {
            "customer" => (
                "id, name, points",
                (0..rows)
                    .map(|_| format!("({}, 'n{}', {})", self.id(), self.dice.next(9), self.dice.next(99)))
                    .collect(),
            ),
            "orders" => (
                "id, customer_id, total, note",
                (0..rows)
                    .map(|_| format!("({}, {}, {}.5, NULL)", 130 + self.dice.next(30), self.id(), self.dice.next(99)))
                    .collect(),
            ),
            "item" => (
                "customer_id, order_id, line, sku",
                (0..rows)
                    .map(|_| format!("({}, {}, {}, 'new')", self.id(), 101 + self.dice.next(50), 1 + self.dice.next(3)))
                    .collect(),
            ),
            _ => (
                "name, amount",
                (0..rows)
                    .map(|_| {
                        format!(
                            "('{}', {})",
                            self.dice.pick(&["anna", "EVE", "zoran", "Dirk", "ygor"]),
                            self.dice.next(50)
                        )
                    })
                    .collect(),
            ),
        };
        if table == "orders" && self.dice.chance(25) {
            let scope = scope_of("orders");
            return format!(
                "INSERT INTO orders (id, customer_id, total) SELECT id + 500, customer_id, total FROM orders WHERE {}",
                self.condition(&scope, 1)
            );
        }
        let update = match table {
            "customer" if word == "INSERT INTO" && self.dice.chance(40) => {
                " ON DUPLICATE KEY UPDATE points = points + 1"
            }
            "account" if word == "INSERT INTO" && self.dice.chance(40) => {
                " ON DUPLICATE KEY UPDATE amount = amount * 2"
            }
            _ => "",
        };
        format!("{word} {table} ({columns}) VALUES {}{update}", new.join(", "))
    }

    fn id(&mut self) -> usize {
        1 + self.dice.next(40)
    }
}

fn table_of(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

fn scope_of(name: &str) -> Scope {
    let columns = table_of(name).map(|table| table.columns).unwrap_or_default();
    let own = columns.iter().map(|(column, kind)| Column { sql: format!("{name}.{column}"), kind: *kind }).collect();
    Scope { own, outer: Vec::new() }
}
