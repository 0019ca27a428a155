//! Random statements, made with few parentheses, so that it is for precedence to decide what belongs to what. Many are
//! wrong, which is meant: the parser must refuse what the server refuses.

use shardgate_router::sql::options::{ParseOptions, SqlMode};

/// A sql_mode to test under.
pub struct Mode {
    pub names: &'static str,
}

pub const MODES: &[Mode] = &[
    Mode { names: "" },
    Mode { names: "ANSI_QUOTES" },
    Mode { names: "PIPES_AS_CONCAT" },
    Mode { names: "NO_BACKSLASH_ESCAPES" },
    Mode { names: "HIGH_NOT_PRECEDENCE" },
    Mode { names: "IGNORE_SPACE" },
    Mode { names: "ANSI,NO_BACKSLASH_ESCAPES,HIGH_NOT_PRECEDENCE" },
];

impl Mode {
    pub fn options(&self) -> ParseOptions {
        ParseOptions { sql_mode: SqlMode::from_names(self.names), ..Default::default() }
    }
}

/// Makes statements from a seed.
pub struct Generator {
    state: u64,
    aliases: u32,
}

impl Generator {
    pub fn new(seed: u64, mode: &Mode) -> Self {
        let state =
            mode.names.bytes().fold(seed | 1, |state, byte| state.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
        Self { state: state | 1, aliases: 0 }
    }

    /// A number below `limit` (xorshift).
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % limit
    }

    /// A number below `limit`.
    #[allow(dead_code)] // for one of the two tests that share this file
    pub fn number(&mut self, limit: usize) -> usize {
        self.below(limit.max(1))
    }

    fn pick(&mut self, choices: &[&str]) -> String {
        let index = self.below(choices.len());
        choices[index].to_owned()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn leaf(&mut self) -> String {
        self.pick(&[
            "a",
            "b",
            "c",
            "s",
            "t.a",
            "`b`",
            "T.`c`",
            "d",
            "a",
            "b",
            "1",
            "0",
            "2.5",
            ".5",
            "1e2",
            "NULL",
            "TRUE",
            "false",
            "'x'",
            "'it''s'",
            r"'a\n'",
            r"'a\\'",
            r"'\''",
            "'a' 'b'",
            "\"s\"",
            "\"a\"\"b\"",
            "N'x'",
            "_latin1'x'",
            "_utf8mb4 'x' 'y'",
            "x'41'",
            "0x41",
            "b'1'",
            "0b01",
            "@v",
            "@`v w`",
            "@@sql_mode",
            "@@session.sql_mode",
            "date'2020-01-01'",
            "{d '2020-01-01'}",
            "j->'$.a'",
            "j->>'$[0]'",
            "(select 1)",
            "'50\\%'",
            "_binary x'41'",
        ])
    }

    /// An expression of at most `depth` levels.
    pub fn expr(&mut self, depth: usize) -> String {
        if depth == 0 || self.chance(10) {
            return self.leaf();
        }
        let depth = depth - 1;
        match self.below(40) {
            0..=11 => {
                let op = self.pick(&[
                    " + ",
                    " - ",
                    "-",
                    " * ",
                    " / ",
                    " % ",
                    " DIV ",
                    " MOD ",
                    " ^ ",
                    " | ",
                    " & ",
                    " << ",
                    " >> ",
                    " || ",
                    " && ",
                    " AND ",
                    " OR ",
                    " XOR ",
                    " = ",
                    "=",
                    " <=> ",
                    " <> ",
                    " != ",
                    " < ",
                    " <= ",
                    " > ",
                    " >= ",
                    "<",
                    " SOUNDS LIKE ",
                    " REGEXP ",
                    " NOT RLIKE ",
                ]);
                format!("{}{op}{}", self.expr(depth), self.expr(depth))
            }
            12..=15 => {
                let op = self.pick(&["NOT ", "!", "-", "+", "~", "BINARY ", "NOT NOT ", "- ", "! "]);
                format!("{op}{}", self.expr(depth))
            }
            16..=17 => {
                let not = self.pick(&["", "NOT "]);
                let test = self.pick(&["NULL", "NULL", "TRUE", "FALSE", "UNKNOWN"]);
                format!("{} IS {not}{test}", self.expr(depth))
            }
            18..=19 => {
                let not = self.pick(&["", "NOT "]);
                format!("{} {not}IN ({}, {})", self.expr(depth), self.expr(depth), self.expr(depth))
            }
            20..=21 => {
                let not = self.pick(&["", "NOT "]);
                format!("{} {not}BETWEEN {} AND {}", self.expr(depth), self.expr(depth), self.expr(depth))
            }
            22..=23 => {
                let not = self.pick(&["", "NOT "]);
                let escape = self.pick(&["", "", " ESCAPE '|'"]);
                format!("{} {not}LIKE {}{escape}", self.expr(depth), self.expr(depth))
            }
            24..=26 => format!("({})", self.expr(depth)),
            27 => format!(
                "CASE {} WHEN {} THEN {} ELSE {} END",
                self.expr(depth),
                self.expr(depth),
                self.expr(depth),
                self.expr(depth)
            ),
            28 => format!("CASE WHEN {} THEN {} END", self.expr(depth), self.expr(depth)),
            29 => format!("{} COLLATE utf8mb4_bin", self.expr(depth)),
            30 => {
                let unit = self.pick(&["DAY", "HOUR_MINUTE", "SECOND"]);
                let sign = self.pick(&["+", "-"]);
                format!("{} {sign} INTERVAL {} {unit}", self.expr(depth), self.expr(depth))
            }
            31 => format!("INTERVAL {} DAY + {}", self.expr(depth), self.expr(depth)),
            32 => format!("@v := {}", self.expr(depth)),
            33 => {
                let name = self.pick(&[
                    "IF", "COALESCE", "CONCAT", "concat ", "if ", "GREATEST", "INTERVAL", "COUNT", "MAX ", "char",
                ]);
                format!("{name}({}, {}, {})", self.expr(depth), self.expr(depth), self.expr(depth))
            }
            34 => {
                let name = self.pick(&[
                    "SUM",
                    "count",
                    "COUNT ",
                    "MIN",
                    "ABS",
                    "ABS ",
                    "date",
                    "ANY_VALUE",
                    "DAY ",
                    "TRIM",
                    "REVERSE",
                ]);
                format!("{name}({})", self.expr(depth))
            }
            35 => match self.below(8) {
                0 => format!("CAST({} AS CHAR(5) CHARACTER SET latin1)", self.expr(depth)),
                1 => format!("CONVERT({}, DECIMAL(10,2))", self.expr(depth)),
                2 => format!("TRIM(BOTH {} FROM {})", self.expr(depth), self.expr(depth)),
                3 => format!("SUBSTRING({} FROM {} FOR 1)", self.expr(depth), self.expr(depth)),
                4 => format!("POSITION({} IN {})", self.expr(depth), self.expr(depth)),
                5 => format!("EXTRACT(DAY FROM {})", self.expr(depth)),
                6 => format!("DATE_ADD({}, INTERVAL {} DAY)", self.expr(depth), self.expr(depth)),
                _ => format!("TIMESTAMPDIFF(DAY, {}, {})", self.expr(depth), self.expr(depth)),
            },
            36 => {
                let quantifier = self.pick(&["ANY", "ALL", "SOME"]);
                let op = self.pick(&["=", "<", "<>", ">="]);
                format!("{} {op} {quantifier} (SELECT u.b FROM u WHERE {})", self.expr(depth), self.expr(depth))
            }
            37 => match self.below(5) {
                0 => format!("EXISTS (SELECT {} FROM u)", self.expr(depth)),
                1 => format!("{} IN (SELECT {} FROM u)", self.expr(depth), self.expr(depth)),
                2 => format!("((SELECT {}))", self.expr(depth)),
                3 => format!("((SELECT {}) + {})", self.expr(depth), self.expr(depth)),
                _ => format!("((SELECT {}) UNION (SELECT {}) LIMIT 1)", self.expr(depth), self.expr(depth)),
            },
            38 => {
                format!("({}, {}) = ({}, {})", self.expr(depth), self.expr(depth), self.expr(depth), self.expr(depth))
            }
            _ => {
                let comment = self.pick(&[
                    "/* c */",
                    "/*!80000 + 1 */",
                    "/*!99999 + 1 */",
                    "/*! */",
                    "-- c\n",
                    "# c\n",
                    "\t",
                    "\n",
                ]);
                format!("{} {comment} {}", self.expr(depth), self.pick(&["", "+ 1", "AND b", "= 2"]))
            }
        }
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("x{}", self.aliases)
    }

    fn table(&mut self, depth: usize) -> String {
        let alias = self.alias();
        match self.below(if depth == 0 { 5 } else { 10 }) {
            0..=2 => {
                let table = self.pick(&["t", "u", "v"]);
                let word = self.pick(&["", "AS "]);
                format!("{table} {word}{alias}")
            }
            3 => format!("(SELECT a, b FROM u) {alias}"),
            4 => format!("((SELECT 1 AS a, 2 AS b) UNION SELECT 3, 4) AS {alias}"),
            5 => format!("({})", self.from(depth - 1)),
            6 => format!("({}, {})", self.joins(depth - 1), self.joins(depth - 1)),
            7 => format!("((SELECT 1 AS a, 2 AS b)) {alias} (a, b)"),
            8 => format!("{{ OJ {} }}", self.joins(depth - 1)),
            _ => format!("LATERAL (SELECT 1 AS a, 2 AS b) AS {alias}"),
        }
    }

    fn joins(&mut self, depth: usize) -> String {
        let mut text = self.table(depth);
        for _ in 0..self.below(4) {
            let join = self.pick(&[
                "JOIN",
                "JOIN",
                "INNER JOIN",
                "CROSS JOIN",
                "STRAIGHT_JOIN",
                "LEFT JOIN",
                "LEFT OUTER JOIN",
                "RIGHT JOIN",
                "NATURAL JOIN",
                "NATURAL LEFT JOIN",
            ]);
            text = format!("{text} {join} {}", self.table(depth));
            for _ in 0..self.below(3) {
                let one = 1 + self.below(self.aliases.max(1) as usize);
                let other = 1 + self.below(self.aliases.max(1) as usize);
                let condition = match self.below(5) {
                    0 => "USING (a)".to_owned(),
                    1 => "ON 1".to_owned(),
                    _ => format!("ON x{one}.a = x{other}.b"),
                };
                text = format!("{text} {condition}");
            }
        }
        text
    }

    /// What stands after FROM.
    pub fn from(&mut self, depth: usize) -> String {
        if depth >= 3 {
            self.aliases = 0;
        }
        let mut text = self.joins(depth);
        while self.chance(20) {
            text = format!("{text}, {}", self.joins(depth));
        }
        text
    }

    fn block(&mut self) -> String {
        let options = self.pick(&["", "", "DISTINCT ", "STRAIGHT_JOIN ", "SQL_NO_CACHE ", "ALL "]);
        let mut text = format!("SELECT {options}a, {} AS y", self.expr(1));
        text += &self.pick(&[" FROM t", " FROM u", " FROM t JOIN u USING (a, b, c, s)", " FROM t AS q"]);
        if self.chance(40) {
            text = format!("{text} WHERE {}", self.expr(2));
        }
        if self.chance(20) {
            text += &self.pick(&[" GROUP BY a", " GROUP BY a WITH ROLLUP", " GROUP BY a, b", " GROUP BY ROLLUP (a)"]);
        }
        if self.chance(10) {
            text = format!("{text} HAVING {}", self.expr(1));
        }
        text
    }

    fn tail(&mut self) -> String {
        let mut text = String::new();
        if self.chance(30) {
            text += &self.pick(&[" ORDER BY a", " ORDER BY 1 DESC", " ORDER BY y ASC, a"]);
        }
        if self.chance(30) {
            text += &self.pick(&[" LIMIT 1", " LIMIT 1, 2", " LIMIT 3 OFFSET 1"]);
        }
        if self.chance(15) {
            text += &self.pick(&[" FOR UPDATE", " FOR SHARE SKIP LOCKED", " LOCK IN SHARE MODE"]);
        }
        text
    }

    /// A query of at most `depth` levels.
    pub fn query(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.block();
        }
        let depth = depth - 1;
        match self.below(9) {
            0..=1 => format!("{}{}", self.block(), self.tail()),
            2 => format!("({}){}", self.query(depth), self.tail()),
            3..=5 => {
                let op = self.pick(&["UNION", "UNION ALL", "UNION DISTINCT", "EXCEPT", "INTERSECT", "INTERSECT ALL"]);
                format!("{} {op} {}{}", self.query(depth), self.query(depth), self.tail())
            }
            6 => format!("WITH w AS ({}) SELECT * FROM w{}", self.query(depth), self.tail()),
            7 => self.pick(&["TABLE u", "VALUES ROW(1, 2), ROW(3, 4)", "TABLE v ORDER BY a LIMIT 1"]),
            _ => format!("SELECT a, b FROM ({}) AS z{}", self.query(depth), self.tail()),
        }
    }
}
