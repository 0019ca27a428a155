//! Random SELECTs over the oracle's tables, from a seed.

use super::corpus::Statement;

/// A small generator of our own, so that a seed means the same statements everywhere.
pub(super) struct Generator {
    state: u64,
}

/// Columns of `customer` that compare and group exactly.
const COLUMNS: [&str; 17] = [
    "name", "email", "city", "nick", "code", "country", "balance", "score", "tiny", "age", "points", "big", "born",
    "seen", "wakes", "level", "active",
];
const NUMBERS: [&str; 6] = ["balance", "score", "tiny", "age", "points", "active"];

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9E37_79B9_7F4A_7C15 }
    }

    /// SplitMix64.
    fn next(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.next(from.len());
        from.get(at).copied().unwrap_or_default()
    }

    /// A SELECT. If it orders, its order is total.
    pub(super) fn select(&mut self) -> Statement {
        match self.next(6) {
            0 | 1 => self.rows(),
            2 => self.scalar_aggregate(),
            3 => self.groups(),
            4 => self.join(),
            _ => self.nested(),
        }
    }

    fn condition(&mut self, prefix: &str) -> String {
        let one = |this: &mut Self| -> String {
            let id = this.next(27);
            let column = this.pick(&COLUMNS);
            let number = this.pick(&NUMBERS);
            match this.next(14) {
                0 | 1 => format!("{prefix}id = {id}"),
                2 => format!("{prefix}id IN ({id}, {}, {})", this.next(27), this.next(27)),
                3 => format!("{prefix}id BETWEEN {id} AND {}", id + this.next(12)),
                4 => format!("{prefix}id {} {id}", this.pick(&["<", ">", "<=", ">=", "<>", "<=>"])),
                5 => format!("{prefix}{column} IS {}NULL", this.pick(&["", "NOT "])),
                6 => format!("{prefix}{number} {} {}", this.pick(&["<", ">", "=", "<>"]), this.next(200) as i64 - 100),
                7 => format!("{prefix}name LIKE '{}%'", this.pick(&["a", "C", "m", "ö", "Z"])),
                8 => format!("{prefix}country = '{}'", this.pick(&["DE", "de", "FR", "SE"])),
                9 => format!("{prefix}level = '{}'", this.pick(&["low", "mid", "high"])),
                10 => format!("{prefix}id = '{id}'"),
                11 => format!("{prefix}id = {id}.{}", this.pick(&["0", "5"])),
                12 => format!("{prefix}{number} + {} > {prefix}id", this.next(9)),
                _ => format!("{prefix}born < '19{}-06-01'", 50 + this.next(30)),
            }
        };
        match self.next(7) {
            0 => format!("{} AND {}", one(self), one(self)),
            1 => format!("{} OR {}", one(self), one(self)),
            2 => format!("({} OR {}) AND {}", one(self), one(self), one(self)),
            3 => format!("NOT ({})", one(self)),
            _ => one(self),
        }
    }

    fn filter(&mut self, prefix: &str) -> String {
        if self.next(4) == 0 { String::new() } else { format!(" WHERE {}", self.condition(prefix)) }
    }

    fn expression(&mut self) -> String {
        let (column, number) = (self.pick(&COLUMNS), self.pick(&NUMBERS));
        match self.next(9) {
            0 => format!("{number} + {}", self.next(9)),
            1 => format!("COALESCE({column}, 'none')"),
            2 => format!("UPPER({})", self.pick(&["name", "nick", "city"])),
            3 => format!("{number} * 2"),
            4 => format!("CASE WHEN {number} > 3 THEN 'big' ELSE 'small' END"),
            5 => "CONCAT(name, '-', id)".to_owned(),
            6 => "YEAR(born)".to_owned(),
            _ => column.to_owned(),
        }
    }

    /// Of at least one row: with LIMIT 0 MySQL says other types of columns than with rows.
    fn limit(&mut self) -> String {
        match self.next(4) {
            0 => format!(" LIMIT {}", 1 + self.next(8)),
            1 => format!(" LIMIT {} OFFSET {}", 1 + self.next(8), self.next(8)),
            2 => format!(" LIMIT {}, {}", self.next(30), 1 + self.next(8)),
            _ => String::new(),
        }
    }

    fn direction(&mut self) -> &'static str {
        self.pick(&["", " DESC", " ASC"])
    }

    fn rows(&mut self) -> Statement {
        let (first, second) = (self.expression(), self.expression());
        let columns = match self.next(5) {
            0 => "*".to_owned(),
            1 => format!("id, {first}"),
            2 => format!("{first} AS a, {second} AS b, id"),
            3 => format!("{first} AS a"),
            _ => format!("id, {first} AS a, {second} AS b"),
        };
        let filter = self.filter("");
        if self.next(3) == 0 {
            return Statement::unordered(&format!("SELECT {columns} FROM customer{filter}"));
        }
        let key = match self.next(4) {
            0 => self.expression(),
            1 if columns.contains(" AS a") => "a".to_owned(),
            _ => self.pick(&COLUMNS).to_owned(),
        };
        let (one, two, limit) = (self.direction(), self.direction(), self.limit());
        Statement::ordered(&format!("SELECT {columns} FROM customer{filter} ORDER BY {key}{one}, id{two}{limit}"))
    }

    fn aggregate(&mut self) -> String {
        let (column, number) = (self.pick(&COLUMNS), self.pick(&NUMBERS));
        match self.next(9) {
            0 => "COUNT(*)".to_owned(),
            1 => format!("COUNT({column})"),
            2 => format!("SUM({number})"),
            3 => format!("AVG({number})"),
            4 => format!("MIN({column})"),
            5 => format!("MAX({column})"),
            6 => format!("SUM({number} * 2)"),
            7 => format!("COUNT(DISTINCT {column})"),
            _ => format!("SUM({number} + 1)"),
        }
    }

    fn scalar_aggregate(&mut self) -> Statement {
        let (one, two) = (self.aggregate(), self.aggregate());
        // The least and greatest of texts that are equal by collation may be any of them.
        let exact = |text: String| if is_loose(&text) { "COUNT(*)".to_owned() } else { text };
        let filter = self.filter("");
        Statement::unordered(&format!("SELECT {}, {} FROM customer{filter}", exact(one), exact(two)))
    }

    fn groups(&mut self) -> Statement {
        const GROUPS: [&str; 8] = ["level", "active", "tiny", "age", "born", "YEAR(born)", "id", "email"];
        let (group, aggregate) = (self.pick(&GROUPS), self.aggregate());
        let aggregate = if is_loose(&aggregate) { "COUNT(*)".to_owned() } else { aggregate };
        let filter = self.filter("");
        let having = if self.next(5) == 0 { " HAVING g IS NOT NULL" } else { "" };
        let text = format!("SELECT {group} AS g, {aggregate} AS n FROM customer{filter} GROUP BY g{having}");
        match self.next(3) {
            0 => Statement::unordered(&text),
            1 => Statement::ordered(&format!("{text} ORDER BY g{}{}", self.direction(), self.limit())),
            _ => Statement::ordered(&format!("{text} ORDER BY n{}, g{}", self.direction(), self.limit())),
        }
    }

    fn join(&mut self) -> Statement {
        let kind = self.pick(&["JOIN", "LEFT JOIN", "INNER JOIN"]);
        let (filter, limit) = (self.filter("c."), self.limit());
        let column = self.pick(&COLUMNS);
        match self.next(5) {
            0 => Statement::unordered(&format!(
                "SELECT c.id, c.{column}, o.id, o.total FROM customer c {kind} orders o ON o.customer_id = c.id{filter}"
            )),
            1 => Statement::ordered(&format!(
                "SELECT c.id, o.id FROM customer c {kind} orders o ON o.customer_id = c.id{filter} ORDER BY o.total, o.id, c.id{limit}"
            )),
            2 => Statement::unordered(&format!(
                "SELECT o.status, COUNT(*), SUM(o.total), AVG(i.price) FROM customer c JOIN orders o ON o.customer_id = c.id {kind} item i ON i.customer_id = o.customer_id AND i.order_id = o.id{filter} GROUP BY o.status"
            )),
            3 => Statement::unordered(&format!(
                "SELECT c.id, k.name FROM customer c {kind} country k ON k.code = c.country{filter}"
            )),
            _ => Statement::unordered(&format!(
                "SELECT COUNT(*), SUM(o.total) FROM customer c {kind} orders o ON o.customer_id = c.id{filter}"
            )),
        }
    }

    fn nested(&mut self) -> Statement {
        let filter = self.filter("");
        match self.next(5) {
            0 => Statement::unordered(&format!(
                "SELECT t.id FROM (SELECT id, name FROM customer{filter}) t WHERE t.id < 20"
            )),
            1 => {
                let condition = self.condition("c.");
                Statement::unordered(&format!(
                    "SELECT c.id FROM customer c WHERE {condition} AND EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)"
                ))
            }
            2 => Statement::unordered(&format!("SELECT DISTINCT {}, id FROM customer{filter}", self.pick(&COLUMNS))),
            3 => Statement::unordered(&format!(
                "SELECT DISTINCT {} FROM customer{filter}",
                self.pick(&["level", "tiny", "age"])
            )),
            _ => Statement::unordered(&format!(
                "SELECT id, (SELECT COUNT(*) FROM orders o WHERE o.customer_id = customer.id) AS n FROM customer{filter}"
            )),
        }
    }
}

/// MIN, MAX of texts whose collation holds different texts for equal.
fn is_loose(text: &str) -> bool {
    ["name", "nick", "city", "code", "country"]
        .iter()
        .any(|column| text == format!("MIN({column})") || text == format!("MAX({column})"))
}
