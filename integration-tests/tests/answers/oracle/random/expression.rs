//! Random expressions of a kind.

use super::Generator;
use super::scope::{EXACT, Kind, NUMBERS, Scope};

impl Generator {
    /// An expression of this kind.
    pub(super) fn expression(&mut self, kind: Kind, scope: &Scope, depth: usize) -> String {
        if depth == 0 || self.dice.chance(45) {
            return self.leaf(kind, scope);
        }
        let d = depth - 1;
        if self.dice.chance(20) {
            return self.chosen(kind, scope, d);
        }
        match kind {
            Kind::Int => self.int(scope, d),
            Kind::Unsigned => match self.dice.next(3) {
                0 => format!("({} & 7)", self.expression(Kind::Int, scope, d)),
                1 => format!("({} % 1000)", self.leaf(Kind::Unsigned, scope)),
                _ => self.leaf(Kind::Unsigned, scope),
            },
            Kind::Decimal => {
                let (one, int) = (self.expression(Kind::Decimal, scope, d), self.expression(Kind::Int, scope, d));
                match self.dice.next(6) {
                    0 => format!("({one} + {int})"),
                    1 => format!("({one} * 2)"),
                    2 => format!("ROUND({one}, 1)"),
                    3 => format!("({int} / 4)"),
                    4 => format!("TRUNCATE({one}, 1)"),
                    _ => format!("-{one}"),
                }
            }
            Kind::Double => match self.dice.next(3) {
                0 => format!("({} * 0.5e0)", self.leaf(Kind::Double, scope)),
                1 => format!("({} + {})", self.leaf(Kind::Double, scope), self.leaf(Kind::Int, scope)),
                _ => format!("ABS({})", self.leaf(Kind::Double, scope)),
            },
            Kind::Text => {
                let one = self.expression(Kind::Text, scope, d);
                match self.dice.next(9) {
                    6 => format!("REGEXP_REPLACE({one}, '[a-c]', '_')"),
                    7 => format!("SUBSTRING_INDEX({one}, '-', 1)"),
                    8 => format!("CONCAT_WS('/', {one}, {})", self.leaf(Kind::Date, scope)),
                    0 => format!("CONCAT({one}, '-', {})", self.leaf(Kind::Int, scope)),
                    1 => format!("LEFT({one}, 4)"),
                    2 => format!("REVERSE({one})"),
                    3 => format!("CAST({} AS CHAR)", self.leaf(Kind::Int, scope)),
                    4 => format!("HEX({})", self.leaf(Kind::Loose, scope)),
                    _ => format!("DATE_FORMAT({}, '%Y-%m')", self.leaf(Kind::Date, scope)),
                }
            }
            Kind::Loose => match self.dice.next(3) {
                0 => format!("UPPER({})", self.leaf(Kind::Loose, scope)),
                1 => format!("SUBSTRING({}, 2)", self.leaf(Kind::Loose, scope)),
                _ => format!("CONCAT({}, '!')", self.leaf(Kind::Loose, scope)),
            },
            Kind::Date => match self.dice.next(3) {
                0 => format!("({} + INTERVAL {} DAY)", self.leaf(Kind::Date, scope), self.dice.next(40)),
                1 => format!("DATE({})", self.leaf(Kind::Moment, scope)),
                _ => format!("LAST_DAY({})", self.leaf(Kind::Date, scope)),
            },
            Kind::Moment => format!("({} - INTERVAL {} MINUTE)", self.leaf(Kind::Moment, scope), self.dice.next(400)),
            Kind::Enum => self.leaf(Kind::Enum, scope),
        }
    }

    fn int(&mut self, scope: &Scope, d: usize) -> String {
        let one = self.expression(Kind::Int, scope, d);
        match self.dice.next(20) {
            14 => format!("JSON_LENGTH(JSON_ARRAY({one}, {}))", self.leaf(Kind::Text, scope)),
            15 => format!("TIMESTAMPDIFF(DAY, {}, '2024-03-01')", self.leaf(Kind::Moment, scope)),
            16 => format!(
                "FIELD({}, {}, {})",
                self.leaf(Kind::Text, scope),
                self.literal(Kind::Text),
                self.literal(Kind::Text)
            ),
            17 => format!("CAST({} AS SIGNED)", self.leaf(Kind::Decimal, scope)),
            18 => format!("INTERVAL({one}, 1, 10, 100)"),
            19 => format!("LOCATE('a', {})", self.leaf(Kind::Loose, scope)),
            0 => format!("({one} + {})", self.expression(Kind::Int, scope, d)),
            1 => format!("({one} - {})", self.leaf(Kind::Int, scope)),
            2 => format!("({one} * {})", 1 + self.dice.next(4)),
            3 => format!("({one} % 7)"),
            4 => format!("ABS({one})"),
            5 => format!("CHAR_LENGTH({})", self.leaf(Kind::Loose, scope)),
            6 => format!("YEAR({})", self.leaf(Kind::Date, scope)),
            7 => format!("DATEDIFF({}, '1970-05-05')", self.leaf(Kind::Date, scope)),
            8 => format!("({one} DIV 3)"),
            9 => format!("FLOOR({})", self.leaf(Kind::Int, scope)),
            10 => format!("GREATEST({one}, {})", self.leaf(Kind::Int, scope)),
            11 => format!("SIGN({one})"),
            12 => self.scalar_subquery(scope),
            _ => format!("({})", self.condition(scope, 0)),
        }
    }

    /// CASE, IF, COALESCE, NULLIF over a kind.
    fn chosen(&mut self, kind: Kind, scope: &Scope, d: usize) -> String {
        let (one, literal) = (self.expression(kind, scope, d), self.literal(kind));
        match self.dice.next(5) {
            0 => format!("IF({}, {one}, {literal})", self.condition(scope, 0)),
            1 => format!("COALESCE({one}, {literal})"),
            2 => format!("NULLIF({one}, {literal})"),
            3 => format!(
                "CASE WHEN {} THEN {one} WHEN {} THEN {literal} END",
                self.condition(scope, 0),
                self.condition(scope, 0)
            ),
            _ => format!("IFNULL({one}, {literal})"),
        }
    }

    /// A column, or a literal if there is none.
    pub(super) fn leaf(&mut self, kind: Kind, scope: &Scope) -> String {
        if !scope.outer.is_empty() && self.dice.chance(15) {
            let outer: Vec<&str> =
                scope.outer.iter().filter(|column| column.kind == kind).map(|column| column.sql.as_str()).collect();
            if !outer.is_empty() {
                return self.dice.pick(&outer).to_owned();
            }
        }
        let columns: Vec<&str> = scope.of_kind(kind).into_iter().map(|column| column.sql.as_str()).collect();
        if columns.is_empty() || self.dice.chance(8) { self.literal(kind) } else { self.dice.pick(&columns).to_owned() }
    }

    pub(super) fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Int => match self.dice.next(3) {
                0 => (101 + self.dice.next(40)).to_string(),
                _ => self.dice.next(27).to_string(),
            },
            Kind::Unsigned => {
                self.dice.pick(&["0", "42", "9223372036854775808", "18446744073709551615", "35"]).to_owned()
            }
            Kind::Decimal => format!("{}.{:02}", self.dice.next(400), self.dice.next(100)),
            Kind::Double => format!("{}.{}e0", self.dice.next(3), self.dice.pick(&["0", "25", "5", "75"])),
            Kind::Text => self
                .dice
                .pick(&["'DE'", "'FR'", "'sku-1'", "'sku-4'", "'ada1@example.org'", "'anna'", "'late'", "''"])
                .to_owned(),
            Kind::Loose => self.dice.pick(&["'Ada'", "'bob'", "'Köln'", "'aa'", "'Paris'", "'emile'"]).to_owned(),
            Kind::Date => format!("DATE '19{}-0{}-11'", 50 + self.dice.next(25), 1 + self.dice.next(9)),
            Kind::Moment => format!("TIMESTAMP '2024-0{}-11 03:00:00'", 1 + self.dice.next(9)),
            Kind::Enum => self.dice.pick(&["'low'", "'mid'", "'new'", "'paid'"]).to_owned(),
        }
    }

    /// A condition; `depth` bounds what is nested in it.
    pub(super) fn condition(&mut self, scope: &Scope, depth: usize) -> String {
        if depth > 0 {
            let d = depth - 1;
            match self.dice.next(8) {
                0 => return format!("({} AND {})", self.condition(scope, d), self.condition(scope, d)),
                1 => return format!("({} OR {})", self.condition(scope, d), self.condition(scope, d)),
                2 => return format!("NOT ({})", self.condition(scope, d)),
                3 => return self.subquery_condition(scope),
                4 if self.dice.chance(30) => {
                    return format!("({} XOR {})", self.condition(scope, d), self.condition(scope, d));
                }
                5 if self.dice.chance(40) => {
                    return format!(
                        "({}) IS {}",
                        self.condition(scope, d),
                        self.dice.pick(&["TRUE", "NOT TRUE", "UNKNOWN", "NOT FALSE"])
                    );
                }
                _ => {}
            }
        }
        let kind = self.dice.one(&EXACT).unwrap_or(Kind::Int);
        let kind = if self.dice.chance(50) { Kind::Int } else { kind };
        let left = self.expression(kind, scope, depth.min(1));
        let compare = self.dice.pick(&["=", "<", ">", "<>", "<=", ">=", "=", "="]);
        match self.dice.next(11) {
            0 => format!("{left} IS {}NULL", self.dice.pick(&["", "NOT "])),
            1 => format!(
                "{left} {}IN ({}, {}, {})",
                self.dice.pick(&["", "NOT "]),
                self.literal(kind),
                self.literal(kind),
                self.literal(kind)
            ),
            2 if kind != Kind::Text && kind != Kind::Enum => {
                format!("{left} BETWEEN {} AND {}", self.literal(kind), self.literal(kind))
            }
            3 => format!("{left} <=> {}", self.literal(kind)),
            4 => format!(
                "{} LIKE '{}'",
                self.leaf(Kind::Loose, scope),
                self.dice.pick(&["a%", "%e%", "B_b%", "ö%", "%n"])
            ),
            5 => format!("{} = {}", self.leaf(Kind::Loose, scope), self.literal(Kind::Loose)),
            6 | 7 if NUMBERS.contains(&kind) => {
                format!("{left} {compare} {}", self.expression(kind, scope, depth.min(1)))
            }
            8 if scope.own.len() > 3 => format!(
                "({}, {}) {} ({}, {})",
                self.leaf(Kind::Int, scope),
                self.leaf(Kind::Int, scope),
                self.dice.pick(&["=", "<>", "<", ">="]),
                self.literal(Kind::Int),
                self.literal(Kind::Int)
            ),
            _ => format!("{left} {compare} {}", self.literal(kind)),
        }
    }
}
