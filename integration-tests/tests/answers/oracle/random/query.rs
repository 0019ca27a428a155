//! Random queries: FROM clauses, SELECTs of all forms, set operations, CTEs.

use super::Generator;
use super::scope::{Column, EXACT, Kind, NUMBERS, Scope, TABLES};

/// A query and the kinds of its columns.
pub(super) struct Query {
    pub(super) text: String,
    pub(super) kinds: Vec<Kind>,
    /// Whether rows that compare equal are the same, so that an order by all columns is one.
    exact: bool,
    /// What else its rows can be ordered by.
    keys: Vec<String>,
}

/// A source of a FROM clause.
struct Source {
    sql: String,
    columns: Vec<Column>,
    link: Option<String>,
}

impl Generator {
    /// The direct text of a query, perhaps with an order and a LIMIT. Returns whether its rows have an order.
    pub(super) fn query(&mut self, scope: &Scope, depth: usize) -> (String, bool) {
        let with = if depth > 1 && self.dice.chance(15) { self.with(scope, depth - 1) } else { String::new() };
        let query = match self.dice.next(12) {
            0 | 1 if depth > 0 => self.set_operation(scope, depth - 1),
            _ => self.select(scope, depth, None),
        };
        self.ctes.clear();
        let (order, ordered) = self.order(&query, 60);
        (format!("{with}{}{order}", query.text), ordered)
    }

    /// A total order of a query's rows, in so many cases of a hundred, and perhaps a LIMIT.
    fn order(&mut self, query: &Query, percent: usize) -> (String, bool) {
        if !query.exact || !self.dice.chance(percent) {
            return (String::new(), false);
        }
        let mut keys: Vec<String> = Vec::new();
        if !query.keys.is_empty() && self.dice.chance(50) {
            keys.push(self.dice.pick(&query.keys.iter().map(String::as_str).collect::<Vec<_>>()).to_owned());
        }
        let mut positions: Vec<usize> = (1..=query.kinds.len()).collect();
        let turn = self.dice.next(positions.len());
        positions.rotate_left(turn);
        keys.extend(positions.iter().map(usize::to_string));
        let keys = keys.into_iter().map(|key| format!("{key}{}", self.dice.pick(&["", "", " DESC", " ASC"])));
        let keys: Vec<String> = keys.collect();
        let limit = match self.dice.next(4) {
            0 => format!(" LIMIT {}", 1 + self.dice.next(9)),
            1 => format!(" LIMIT {} OFFSET {}", 1 + self.dice.next(9), self.dice.next(9)),
            _ => String::new(),
        };
        (format!(" ORDER BY {}{limit}", keys.join(", ")), true)
    }

    /// `WITH ...`; its tables can be taken until the end of the statement.
    fn with(&mut self, scope: &Scope, depth: usize) -> String {
        let name = self.fresh("w");
        if self.dice.chance(20) {
            self.ctes.push((name.clone(), vec![("n".to_owned(), Kind::Int)]));
            let last = 2 + self.dice.next(6);
            return format!(
                "WITH RECURSIVE {name} (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM {name} WHERE n < {last}) "
            );
        }
        let query = self.named(scope, depth);
        let columns = names(&query);
        let list: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!("WITH {name} ({}) AS ({}) ", list.join(", "), query.text);
        self.ctes.push((name, columns));
        text
    }

    /// A query for a derived table, perhaps with an order and LIMIT of its own.
    fn named(&mut self, scope: &Scope, depth: usize) -> Query {
        let mut query =
            if self.dice.chance(15) { self.set_operation(scope, depth) } else { self.select(scope, depth, None) };
        let (order, _) = self.order(&query, 20);
        query.text.push_str(&order);
        query
    }

    fn set_operation(&mut self, scope: &Scope, depth: usize) -> Query {
        let kinds: Vec<Kind> = (0..1 + self.dice.next(3)).map(|_| self.kind(true)).collect();
        let mut text = self.select(scope, depth.min(1), Some(&kinds)).text;
        for _ in 0..1 + self.dice.next(2) {
            let word = self.dice.pick(&["UNION", "UNION ALL", "UNION DISTINCT", "INTERSECT", "EXCEPT", "UNION"]);
            let mut next = self.select(scope, depth.min(1), Some(&kinds)).text;
            if self.dice.chance(20) {
                let inner =
                    self.dice.pick(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"]);
                next = format!("({next} {inner} {})", self.select(scope, depth.min(1), Some(&kinds)).text);
            }
            text = format!("{text} {word} {next}");
        }
        Query { text, kinds, exact: true, keys: Vec::new() }
    }

    fn kind(&mut self, exact: bool) -> Kind {
        if self.dice.chance(35) {
            return Kind::Int;
        }
        if !exact && self.dice.chance(25) { Kind::Loose } else { self.dice.one(&EXACT).unwrap_or(Kind::Int) }
    }

    /// A SELECT without order, of these kinds if they are given.
    fn select(&mut self, scope: &Scope, depth: usize, wanted: Option<&[Kind]>) -> Query {
        let mut scope = scope.clone();
        let from = self.from(&mut scope, depth);
        let filter = if self.dice.chance(70) {
            format!(" WHERE {}", self.condition(&scope, depth.min(2)))
        } else {
            String::new()
        };
        match (wanted, self.dice.next(10)) {
            (Some(kinds), _) => self.rows(&scope, depth, &from, &filter, kinds.to_vec(), true),
            (None, 0 | 1) => self.aggregated(&scope, &from, &filter),
            (None, 2..=4) => self.grouped(&scope, &from, &filter),
            (None, 5) => self.windowed(&scope, &from, &filter),
            _ => {
                let exact = self.dice.chance(75);
                let kinds = (0..1 + self.dice.next(4)).map(|_| self.kind(exact)).collect();
                self.rows(&scope, depth, &from, &filter, kinds, exact)
            }
        }
    }

    fn rows(&mut self, scope: &Scope, depth: usize, from: &str, filter: &str, kinds: Vec<Kind>, exact: bool) -> Query {
        let items: Vec<String> = kinds.iter().map(|kind| self.expression(*kind, scope, depth.min(2))).collect();
        let distinct = exact && self.dice.chance(20);
        let kind = self.kind(true);
        let keys = if distinct { Vec::new() } else { vec![self.ordering(kind, scope)] };
        let word = if distinct { "DISTINCT " } else { "" };
        Query { text: format!("SELECT {word}{} FROM {from}{filter}", items.join(", ")), kinds, exact, keys }
    }

    /// What rows are ordered by: never a number alone, which would be a position.
    fn ordering(&mut self, kind: Kind, scope: &Scope) -> String {
        format!("COALESCE({})", self.expression(kind, scope, 1))
    }

    fn aggregate(&mut self, scope: &Scope) -> (String, Kind) {
        let number = self.dice.one(&NUMBERS).unwrap_or(Kind::Int);
        let one = self.expression(number, scope, 1);
        let kind = self.kind(true);
        let any = self.expression(kind, scope, 1);
        match self.dice.next(16) {
            0 | 1 => ("COUNT(*)".to_owned(), Kind::Int),
            2 => (format!("COUNT({any})"), Kind::Int),
            3 => (format!("COUNT(DISTINCT {any})"), Kind::Int),
            4 => (format!("COUNT(DISTINCT {}, {})", any, self.leaf(Kind::Loose, scope)), Kind::Int),
            5 | 6 => (format!("SUM({one})"), if number == Kind::Double { Kind::Double } else { Kind::Decimal }),
            7 => (format!("AVG({one})"), if number == Kind::Double { Kind::Double } else { Kind::Decimal }),
            8 => (format!("MIN({any})"), kind),
            9 => (format!("MAX({any})"), kind),
            10 => (format!("SUM(DISTINCT {})", self.leaf(Kind::Int, scope)), Kind::Decimal),
            11 => {
                let word = self.dice.pick(&["BIT_AND", "BIT_OR", "BIT_XOR"]);
                (format!("{word}({})", self.leaf(Kind::Int, scope)), Kind::Unsigned)
            }
            12 => {
                let what = self.leaf(kind, scope);
                let distinct = self.dice.pick(&["", "DISTINCT "]);
                let direction = self.dice.pick(&["", " DESC"]);
                (format!("GROUP_CONCAT({distinct}{what} ORDER BY {what}{direction})"), Kind::Text)
            }
            13 => (format!("ROUND(STDDEV_POP({}), 3)", self.leaf(Kind::Int, scope)), Kind::Double),
            14 => (format!("(COUNT({any}) * 2 + COUNT(*))"), Kind::Int),
            _ => (format!("ROUND(SUM({}) / (COUNT(*) + 1), 2)", self.leaf(Kind::Decimal, scope)), Kind::Decimal),
        }
    }

    fn aggregated(&mut self, scope: &Scope, from: &str, filter: &str) -> Query {
        let items: Vec<(String, Kind)> = (0..1 + self.dice.next(3)).map(|_| self.aggregate(scope)).collect();
        let (texts, kinds): (Vec<String>, Vec<Kind>) = items.into_iter().unzip();
        let having = if self.dice.chance(15) { " HAVING COUNT(*) > 2" } else { "" };
        Query {
            text: format!("SELECT {} FROM {from}{filter}{having}", texts.join(", ")),
            kinds,
            exact: true,
            keys: Vec::new(),
        }
    }

    fn grouped(&mut self, scope: &Scope, from: &str, filter: &str) -> Query {
        let mut items: Vec<(String, Kind)> = Vec::new();
        for _ in 0..1 + self.dice.next(2) {
            let (kind, nested) = (self.kind(true), usize::from(self.dice.chance(30)));
            items.push((format!("COALESCE({})", self.expression(kind, scope, nested)), kind));
            if self.dice.chance(60) {
                let columns = scope.of_kind(kind);
                if let Some(column) = columns.first() {
                    let plain = column.sql.clone();
                    items.pop();
                    items.push((plain, kind));
                }
            }
        }
        let groups: Vec<String> = items.iter().map(|(text, _)| text.clone()).collect();
        let (aggregate, aggregate_kind) = self.aggregate(scope);
        let having = match self.dice.next(8) {
            2 if NUMBERS.contains(&aggregate_kind) => {
                format!(" HAVING {aggregate} >= {}", self.scalar_subquery(&Scope::default()))
            }
            0 => " HAVING COUNT(*) > 1".to_owned(),
            1 if NUMBERS.contains(&aggregate_kind) => format!(" HAVING {aggregate} > {}", self.literal(aggregate_kind)),
            _ => String::new(),
        };
        items.push((aggregate, aggregate_kind));
        for _ in 0..self.dice.next(2) {
            items.push(self.aggregate(scope));
        }
        let rollup = if self.dice.chance(10) { " WITH ROLLUP" } else { "" };
        if !rollup.is_empty() && self.dice.chance(60) {
            items.push((format!("GROUPING({})", groups.join(", ")), Kind::Int));
        }
        if rollup.is_empty() && self.dice.chance(12) {
            let over = match self.dice.next(3) {
                0 => "SUM(COUNT(*)) OVER ()".to_owned(),
                1 => "RANK() OVER (ORDER BY COUNT(*) DESC)".to_owned(),
                _ => format!("MAX(COUNT(*)) OVER (ORDER BY {})", groups.join(", ")),
            };
            items.push((over, Kind::Int));
        }
        let (texts, kinds): (Vec<String>, Vec<Kind>) = items.into_iter().unzip();
        let text =
            format!("SELECT {} FROM {from}{filter} GROUP BY {}{rollup}{having}", texts.join(", "), groups.join(", "));
        let keys = if rollup.is_empty() { vec!["COUNT(*)".to_owned(), "MIN(1 + 1)".to_owned()] } else { Vec::new() };
        Query { text, kinds, exact: true, keys }
    }

    fn windowed(&mut self, scope: &Scope, from: &str, filter: &str) -> Query {
        let (group_kind, order_kind) = (self.kind(true), self.kind(true));
        let first = self.leaf(Kind::Int, scope);
        let partition =
            if self.dice.chance(60) { format!("PARTITION BY {}", self.leaf(group_kind, scope)) } else { String::new() };
        let order = format!("ORDER BY COALESCE({}){}", self.leaf(order_kind, scope), self.dice.pick(&["", " DESC"]));
        let number = self.leaf(Kind::Int, scope);
        let (from_, to) = (self.dice.next(30), self.dice.next(30));
        let range = format!(
            "({partition} ORDER BY {} RANGE BETWEEN {from_} PRECEDING AND {to} FOLLOWING)",
            self.leaf(Kind::Int, scope)
        );
        let (item, kind) = match self.dice.next(10) {
            6 => (format!("COUNT(*) OVER {range}"), Kind::Int),
            7 => (format!("SUM({number}) OVER {range}"), Kind::Decimal),
            8 => (format!("PERCENT_RANK() OVER ({partition} {order})"), Kind::Double),
            9 => (format!("MIN({number}) OVER ({partition} {order} RANGE UNBOUNDED PRECEDING)"), Kind::Int),
            0 => (format!("RANK() OVER ({partition} {order})"), Kind::Unsigned),
            1 => (format!("DENSE_RANK() OVER ({partition} {order})"), Kind::Unsigned),
            2 => (format!("SUM({number}) OVER ({partition} {order})"), Kind::Decimal),
            3 => (format!("COUNT(*) OVER ({partition})"), Kind::Int),
            4 => (format!("MAX({number}) OVER ({partition} {order})"), Kind::Int),
            _ => (format!("CUME_DIST() OVER ({partition} {order})"), Kind::Double),
        };
        let kinds = vec![Kind::Int, kind];
        Query { text: format!("SELECT {first}, {item} FROM {from}{filter}"), kinds, exact: true, keys: Vec::new() }
    }

    /// A FROM clause; its columns are added to the scope.
    fn from(&mut self, scope: &mut Scope, depth: usize) -> String {
        let first = self.source(scope, depth);
        let mut text = first.sql;
        let mut links: Vec<String> = first.link.into_iter().collect();
        scope.own.extend(first.columns);
        let joins = match self.dice.next(10) {
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        for _ in 0..joins.min(depth + 1) {
            if depth > 0 && self.dice.chance(6) {
                let (lateral, columns) = self.lateral(scope, depth - 1);
                text = format!("{text} {} {lateral} ON TRUE", self.dice.pick(&["JOIN", "LEFT JOIN"]));
                scope.own.extend(columns);
                continue;
            }
            let mut next = self.source(scope, depth);
            if self.dice.chance(10) {
                let other = self.source(scope, depth);
                let on = match (&next.link, &other.link) {
                    (Some(one), Some(two)) => format!("{two} = {one}"),
                    _ => "TRUE".to_owned(),
                };
                let word = self.dice.pick(&["JOIN", "LEFT JOIN", "CROSS JOIN"]);
                let on = if word == "CROSS JOIN" { String::new() } else { format!(" ON {on}") };
                next.sql = format!("({} {word} {}{on})", next.sql, other.sql);
                next.columns.extend(other.columns);
            }
            let kind = self.dice.pick(&[
                "JOIN",
                "JOIN",
                "LEFT JOIN",
                "LEFT JOIN",
                "RIGHT JOIN",
                "INNER JOIN",
                "STRAIGHT_JOIN",
            ]);
            let before = self.dice.pick(&links.iter().map(String::as_str).collect::<Vec<_>>()).to_owned();
            let on = match &next.link {
                Some(link) if self.dice.chance(75) && !before.is_empty() => format!("{link} = {before}"),
                _ => {
                    let there = Scope { own: next.columns.clone(), outer: Vec::new() };
                    format!("{} = {}", self.leaf(Kind::Int, &there), self.leaf(Kind::Int, scope))
                }
            };
            let shared = |link: &str| link.ends_with(".customer_id");
            if kind != "STRAIGHT_JOIN"
                && links.len() == 1
                && shared(&before)
                && next.link.as_deref().is_some_and(shared)
                && !next.sql.starts_with('(')
                && self.dice.chance(20)
            {
                links.extend(next.link);
                scope.own.extend(next.columns);
                text = format!("{text} {kind} {} USING (customer_id)", next.sql);
                continue;
            }
            links.extend(next.link.clone());
            scope.own.extend(next.columns);
            let more = if self.dice.chance(20) { format!(" AND {}", self.condition(scope, 0)) } else { String::new() };
            text = format!("{text} {kind} {} ON {on}{more}", next.sql);
        }
        text
    }

    fn source(&mut self, scope: &Scope, depth: usize) -> Source {
        if !self.ctes.is_empty() && self.dice.chance(60) {
            let at = self.dice.next(self.ctes.len());
            if let Some((name, columns)) = self.ctes.get(at).cloned() {
                let alias = self.fresh("v");
                return Source { sql: format!("{name} AS {alias}"), columns: qualified(&alias, &columns), link: None };
            }
        }
        if depth > 1 && self.dice.chance(10) {
            let alias = self.fresh("d");
            // A derived table doesn't see the tables beside it.
            let around = Scope { own: Vec::new(), outer: scope.outer.clone() };
            let query = self.named(&around, depth - 2);
            let columns = names(&query);
            let list: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
            let sql = format!("({}) AS {alias} ({})", query.text, list.join(", "));
            return Source { sql, columns: qualified(&alias, &columns), link: None };
        }
        let all: usize = TABLES.iter().map(|table| table.weight).sum();
        let mut at = self.dice.next(all);
        let table = TABLES.iter().find(|table| {
            let found = at < table.weight;
            at = at.saturating_sub(table.weight);
            found
        });
        let table = table.unwrap_or(&TABLES[0]);
        let alias = self.fresh("t");
        let columns: Vec<(String, Kind)> =
            table.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        Source {
            sql: format!("{} {}{alias}", table.name, self.dice.pick(&["", "AS "])),
            columns: qualified(&alias, &columns),
            link: Some(format!("{alias}.{}", table.link)),
        }
    }

    fn lateral(&mut self, scope: &Scope, depth: usize) -> (String, Vec<Column>) {
        let alias = self.fresh("l");
        let query = self.named(&scope.inner(), depth.min(1));
        let columns = names(&query);
        let list: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        (format!("LATERAL ({}) AS {alias} ({})", query.text, list.join(", ")), qualified(&alias, &columns))
    }

    /// A subquery of one value.
    pub(super) fn scalar_subquery(&mut self, scope: &Scope) -> String {
        let mut inner = scope.inner();
        let from = self.from(&mut inner, 0);
        let aggregate = match self.dice.next(3) {
            0 => "COUNT(*)".to_owned(),
            1 => format!("MAX({})", self.leaf(Kind::Int, &inner)),
            _ => format!("MIN({})", self.leaf(Kind::Int, &inner)),
        };
        format!("(SELECT {aggregate} FROM {from} WHERE {})", self.condition(&inner, 0))
    }

    /// EXISTS, IN, ANY, ALL.
    pub(super) fn subquery_condition(&mut self, scope: &Scope) -> String {
        let left = self.leaf(Kind::Int, scope);
        let mut inner = scope.inner();
        let from = self.from(&mut inner, 0);
        let (one, two) = (self.leaf(Kind::Int, &inner), self.leaf(Kind::Int, &inner));
        let filter = if self.dice.chance(70) { format!(" WHERE {}", self.condition(&inner, 0)) } else { String::new() };
        match self.dice.next(7) {
            0 => format!("EXISTS (SELECT 1 FROM {from}{filter})"),
            1 => format!("NOT EXISTS (SELECT {one} FROM {from}{filter})"),
            2 => format!("{left} IN (SELECT {one} FROM {from}{filter})"),
            3 => format!("{left} NOT IN (SELECT {one} FROM {from}{filter})"),
            4 => format!("{left} {} ANY (SELECT {one} FROM {from}{filter})", self.dice.pick(&["=", "<", ">=", "<>"])),
            5 => format!("{left} {} ALL (SELECT {one} FROM {from}{filter})", self.dice.pick(&[">", "<=", "<>"])),
            _ => format!("({left}, {}) IN (SELECT {one}, {two} FROM {from}{filter})", self.leaf(Kind::Int, scope)),
        }
    }
}

fn names(query: &Query) -> Vec<(String, Kind)> {
    query.kinds.iter().enumerate().map(|(at, kind)| (format!("x{at}"), *kind)).collect()
}

fn qualified(alias: &str, columns: &[(String, Kind)]) -> Vec<Column> {
    columns.iter().map(|(name, kind)| Column { sql: format!("{alias}.{name}"), kind: *kind }).collect()
}
