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
        let text = match self.dice.next(12) {
            8 => self.moved(written, &scope),
            9 => self.both(written),
            10 => return self.insert_of_query(),
            11 => return self.updated_key(),
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
        let scope = scope_as(table, "a");
        let link = |name: &str| table_of(name).map_or("id", |table| table.link);
        let on = format!("a.{} = b.{}", link(table), link(other));
        let filter = self.condition(&scope_as(other, "b"), 0);
        if self.dice.chance(50) {
            return format!("DELETE a FROM {table} a JOIN {other} b ON {on} WHERE {filter}");
        }
        let set = self.assignment(written, &scope);
        format!("UPDATE {table} a JOIN {other} b ON {on} SET a.{set} WHERE {filter}")
    }

    /// An UPDATE of the shard key. No row takes the place of one that moves, too: then the order of the rows would decide.
    fn moved(&mut self, written: &Written, scope: &Scope) -> String {
        let table = written.table;
        let far = 1000 * (1 + self.dice.next(5));
        let (set, near) = match table {
            "account" => (format!("name = CONCAT(name, '-m{far}')"), "name NOT LIKE '%-m%'".to_owned()),
            "customer" => (format!("id = id + {far}"), "id < 1000".to_owned()),
            _ => (format!("customer_id = customer_id + {far}"), "customer_id < 1000".to_owned()),
        };
        let more = if self.dice.chance(40) { format!(", {}", self.assignment(written, scope)) } else { String::new() };
        let depth = self.dice.next(2);
        let condition = self.condition(scope, depth);
        if self.dice.chance(30) {
            // Rows that meet another one stay as they are.
            let near = self.id();
            let set = match table {
                "account" => "name = LEFT(name, 2)".to_owned(),
                "customer" => format!("id = GREATEST(id - {near}, 1)"),
                "orders" => format!("id = 101, customer_id = {near}"),
                _ => format!("customer_id = {near}, line = 1"),
            };
            return format!("UPDATE IGNORE {table} SET {set}{more} WHERE {condition} ORDER BY {}", written.key);
        }
        format!("UPDATE {table} SET {set}{more} WHERE {near} AND {condition}")
    }

    /// UPDATE and DELETE of two tables at once.
    fn both(&mut self, written: &Written) -> String {
        let others: Vec<&Written> = WRITTEN.iter().filter(|other| other.table != written.table).collect();
        let Some(other) = self.dice.one(&others) else { return String::new() };
        let (one, two) = (scope_as(written.table, "a"), scope_as(other.table, "b"));
        let link = |name: &str| table_of(name).map_or("id", |table| table.link);
        let from = format!(
            "{} a JOIN {} b ON a.{} = b.{}",
            written.table,
            other.table,
            link(written.table),
            link(other.table)
        );
        let filter = if self.dice.chance(50) { self.condition(&one, 0) } else { self.condition(&two, 0) };
        if self.dice.chance(40) {
            return format!("DELETE a, b FROM {from} WHERE {filter}");
        }
        let (first, second) = (self.assignment(written, &one), self.assignment(other, &two));
        format!("UPDATE {from} SET a.{first}, b.{second} WHERE {filter}")
    }

    /// INSERT and REPLACE of a query's rows, in their order.
    fn insert_of_query(&mut self) -> (String, &'static str) {
        let scope = scope_as("orders", "o");
        let filter = self.condition(&scope, 1);
        match self.dice.next(4) {
            0 => {
                let set = self.dice.pick(&[
                    "points = o.id",
                    "balance = COALESCE(customer.balance, 0) + o.total",
                    "notes = CONCAT(COALESCE(o.note, '-'), o.status)",
                    "customer.id = customer.id + 2000",
                    "points = VALUES(points), name = VALUES(name)",
                    "customer.id = VALUES(id) + 3000",
                ]);
                let text = format!(
                    "INSERT INTO customer (id, name, points) SELECT o.customer_id + 2, 'q', o.id FROM orders o WHERE {filter} \
                     ORDER BY o.customer_id, o.id ON DUPLICATE KEY UPDATE {set}"
                );
                (text, "customer")
            }
            1 => {
                let text = format!(
                    "REPLACE INTO account (name, amount) SELECT COALESCE(note, status), total FROM orders o WHERE {filter} \
                     ORDER BY o.customer_id, o.id"
                );
                (text, "account")
            }
            2 => {
                let text = format!(
                    "INSERT IGNORE INTO item (customer_id, order_id, line, sku) SELECT o.customer_id, o.id, 1, 'q' FROM orders \
                     o WHERE {filter} ORDER BY o.customer_id, o.id"
                );
                (text, "item")
            }
            _ => {
                // The id is unique within a shard only: the same one never comes with another tenant.
                let text = format!(
                    "INSERT INTO event (id, body, note) SELECT o.id + 1000 * o.customer_id, JSON_OBJECT('tenant', o.customer_id, 'order', \
                     o.id, 'at', o.placed, 'sums', JSON_ARRAY(o.total, o.total / 3, o.status)), LEFT(o.note, 40) FROM orders o \
                     WHERE {filter}"
                );
                (text, "event")
            }
        }
    }

    /// ON DUPLICATE KEY UPDATE of the shard key.
    fn updated_key(&mut self) -> (String, &'static str) {
        let ignore = self.dice.pick(&["", "", "IGNORE "]);
        let rows = 1 + self.dice.next(3);
        let (near, far) = (self.id(), 1000 + self.id());
        if self.dice.chance(40) {
            let new: Vec<String> = (0..rows)
                .map(|_| format!("({}, {}, {}.5)", 101 + self.dice.next(30), self.id(), self.dice.next(99)))
                .collect();
            let set = match self.dice.next(4) {
                0 => format!("customer_id = {near}"),
                1 => format!("customer_id = customer_id + {far}, total = total + 1"),
                2 => "customer_id = VALUES(customer_id), total = VALUES(total)".to_owned(),
                _ => format!("id = id + 500, customer_id = VALUES(customer_id) + {near}"),
            };
            let new = new.join(", ");
            let text = format!(
                "INSERT {ignore}INTO orders (id, customer_id, total) VALUES {new} ON DUPLICATE KEY UPDATE {set}"
            );
            return (text, "orders");
        }
        let new: Vec<String> = (0..rows).map(|_| format!("({}, 'k{}')", self.id(), self.dice.next(9))).collect();
        let set = match self.dice.next(5) {
            0 => format!("id = {near}"),
            1 => format!("id = id + {far}, name = VALUES(name)"),
            2 => "id = VALUES(id), name = VALUES(name)".to_owned(),
            3 => "id = id, points = COALESCE(points, 0) + 1".to_owned(),
            _ => format!("points = 3, id = VALUES(id) + {near}"),
        };
        let new = new.join(", ");
        (format!("INSERT {ignore}INTO customer (id, name) VALUES {new} ON DUPLICATE KEY UPDATE {set}"), "customer")
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

fn scope_as(name: &str, alias: &str) -> Scope {
    let columns = table_of(name).map(|table| table.columns).unwrap_or_default();
    let own = columns.iter().map(|(column, kind)| Column { sql: format!("{alias}.{column}"), kind: *kind }).collect();
    Scope { own, outer: Vec::new() }
}

fn scope_of(name: &str) -> Scope {
    let columns = table_of(name).map(|table| table.columns).unwrap_or_default();
    let own = columns.iter().map(|(column, kind)| Column { sql: format!("{name}.{column}"), kind: *kind }).collect();
    Scope { own, outer: Vec::new() }
}
