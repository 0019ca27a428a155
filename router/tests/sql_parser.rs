//! What the parser promises whatever the text: it ends soon, without panic and with a small stack; spans are the nodes' own
//! text; what is printed parses to the same tree.

// In a test a wrong value is to end it.
#![allow(clippy::unwrap_used)]

#[path = "against_mysql/generate.rs"]
mod generate;

use std::time::{Duration, Instant};

use generate::{Generator, MODES};
use shardgate_router::sql::ast::{Expr, Parsed, Span, Statement, Visitor, walk_expr, walk_statement};
use shardgate_router::sql::error::ParseErrorReason;
use shardgate_router::sql::options::{ClientCharset, ParseOptions};
use shardgate_router::sql::parser::{parse_statement, parse_whole_expr};
use shardgate_router::sql::printer::{Parens, Printer, print_statement};
use shardgate_router::sql::token::LexError;

const ROUNDS: usize = 3_000;
const STATEMENTS: &str = include_str!("against_mysql/statements.sql");

fn parse(sql: &str) -> Result<Parsed, ParseErrorReason> {
    parse_statement(sql.as_bytes(), 0, &ParseOptions::default()).map_err(|error| error.reason)
}

/// The tree as text: equal texts are equal trees.
fn tree(sql: &[u8], statement: &Statement, options: &ParseOptions) -> String {
    String::from_utf8(print_statement(sql, statement, options, Parens::All)).unwrap()
}

fn expr_tree(sql: &[u8], expr: &Expr, options: &ParseOptions) -> String {
    let mut printer = Printer::new(sql, options, Parens::All);
    printer.expr(expr);
    String::from_utf8(printer.finish()).unwrap()
}

/// Runs something on a thread whose stack is as small as any of the proxy's.
fn with_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
}

fn for_random_statements(mut check: impl FnMut(&str, &ParseOptions)) {
    for mode in MODES {
        let options = mode.options();
        let mut generator = Generator::new(7, mode);
        for _ in 0..ROUNDS {
            check(&format!("SELECT {} AS x FROM t", generator.expr(4)), &options);
            check(&format!("SELECT 1 FROM {}", generator.from(3)), &options);
            check(&generator.query(3), &options);
        }
        for sql in STATEMENTS.lines() {
            check(sql, &options);
        }
    }
}

#[test]
fn printed_statements_parse_to_the_same_tree() {
    let mut compared = 0;
    for_random_statements(|sql, options| {
        let Ok(parsed) = parse_statement(sql.as_bytes(), 0, options) else { return };
        let expected = tree(sql.as_bytes(), &parsed.statement, options);
        for parens in [Parens::Needed, Parens::All] {
            let printed = print_statement(sql.as_bytes(), &parsed.statement, options, parens);
            let again = parse_statement(&printed, 0, options)
                .unwrap_or_else(|error| panic!("{sql}\n  as {}: {error}", String::from_utf8_lossy(&printed)));
            assert_eq!(tree(&printed, &again.statement, options), expected, "{sql}");
        }
        compared += 1;
    });
    assert!(compared > 10 * ROUNDS, "only {compared} statements parsed");
}

struct Expressions<F>(F);

impl<F: FnMut(&Expr)> Visitor for Expressions<F> {
    fn expr(&mut self, expr: &Expr) {
        self.0(expr);
        walk_expr(self, expr);
    }
}

#[test]
fn the_span_of_an_expression_is_its_text() {
    let mut compared = 0;
    for_random_statements(|sql, options| {
        let text = sql.as_bytes();
        let Ok(parsed) = parse_statement(text, 0, options) else { return };
        let check = |expr: &Expr| {
            // DEFAULT is a value, but no expression; a parameter's number goes by its place.
            let cut = expr.span.of(text);
            if !parsed.can_cut(expr.span) || cut.eq_ignore_ascii_case(b"default") {
                return;
            }
            let again = parse_whole_expr(cut, options)
                .unwrap_or_else(|error| panic!("{sql}\n  cut {}: {error}", String::from_utf8_lossy(cut)));
            assert_eq!(expr_tree(cut, &again, options), expr_tree(text, expr, options), "{sql}");
            compared += 1;
        };
        walk_statement(&mut Expressions(check), &parsed.statement);
    });
    assert!(compared > 50 * ROUNDS, "only {compared} expressions");
}

#[test]
fn no_bytes_make_it_panic() {
    let mut generator = Generator::new(11, &MODES[0]);
    let charsets = ["utf8mb4", "gbk", "big5", "sjis", "gb18030", "latin1"];
    let mut bytes: Vec<u8> = Vec::new();
    for round in 0..20_000_usize {
        let mut options = MODES[round % MODES.len()].options();
        options.charset = ClientCharset::from_name(charsets[round % charsets.len()]);
        bytes.clear();
        bytes.extend_from_slice(generator.query(2).as_bytes());
        for _ in 0..=generator.number(6) {
            let at = generator.number(bytes.len());
            match generator.number(4) {
                0 => bytes[at] = generator.number(256) as u8,
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, b"'\"`\\/*!-#@.()"[generator.number(13)]),
                _ => {
                    let piece = bytes[at..bytes.len().min(at + 20)].to_vec();
                    let to = generator.number(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
        match parse_statement(&bytes, 0, &options) {
            Ok(parsed) => {
                assert!(Span::new(0, bytes.len() as u32).contains(parsed.span));
                print_statement(&bytes, &parsed.statement, &options, Parens::All);
            }
            Err(error) => assert!(error.offset as usize <= bytes.len() && error.line(&bytes) > 0),
        }
    }
}

#[test]
fn deep_nesting_is_refused_with_a_small_stack() {
    with_small_stack(|| {
        let deep = |open: &str, inner: &str, close: &str| {
            format!("SELECT {}{inner}{} FROM t", open.repeat(50_000), close.repeat(50_000))
        };
        for sql in [
            deep("(", "1", ")"),
            deep("((SELECT ", "1", "))"),
            deep("NOT ", "1", ""),
            deep("- ", "1", ""),
            deep("!~+-", "1", ""),
            deep("BINARY ", "a", ""),
            deep("f(", "1", ")"),
            deep("CASE WHEN ", "1", " THEN 1 END"),
            deep("a IN (", "1", ")"),
            deep("@a := ", "1", ""),
            deep("a = ANY (SELECT ", "1", ")"),
            deep("INTERVAL 1 DAY + ", "a", ""),
            deep("INTERVAL (", "a", ") DAY"),
            deep("(1, ", "1", ")"),
            deep("a BETWEEN 1 AND ", "1", ""),
            deep("a LIKE (", "1", ")"),
            deep("{fn ", "1", "}"),
            deep("EXISTS (SELECT ", "1", ")"),
            deep("TRIM(a FROM ", "1", ")"),
            deep("CAST(", "1", " AS CHAR)"),
            deep("SUM(a) OVER (PARTITION BY ", "1", ")"),
            deep("(a + ", "1", ")"),
            deep("", "1", " COLLATE x"),
            deep("", "1", " + a"),
            deep("", "a", " IS NULL"),
            deep("", "a", " = 1"),
            deep("", "a", " + INTERVAL 1 DAY"),
            deep("", "a", " XOR b"),
        ] {
            assert_eq!(parse(&sql).map(|_| ()), Err(ParseErrorReason::TooDeep), "{}", &sql[..40]);
        }
        for sql in [
            format!("{}SELECT 1{}", "(".repeat(50_000), ")".repeat(50_000)),
            format!("SELECT 1{}", " UNION SELECT 1".repeat(50_000)),
            format!("SELECT 1{}", " INTERSECT SELECT 1".repeat(50_000)),
            format!("SELECT * FROM {}t{}", "(".repeat(50_000), ")".repeat(50_000)),
            format!("SELECT * FROM {}SELECT 1{}", "(".repeat(50_000), ") x".repeat(50_000)),
            format!("SELECT * FROM t{}", " JOIN t".repeat(50_000)),
            format!("SELECT * FROM {}t", "{ OJ ".repeat(50_000)),
            format!("{}SELECT 1", "WITH a AS (".repeat(50_000)),
            format!("SELECT * FROM JSON_TABLE('', ''{}", " COLUMNS (NESTED PATH ''".repeat(50_000)),
        ] {
            assert_eq!(parse(&sql).map(|_| ()), Err(ParseErrorReason::TooDeep), "{}", &sql[..40]);
        }
        for sql in [
            format!("SELECT * FROM t{}", " JOIN t ON 1".repeat(50_000)),
            format!("SELECT * FROM t{}", " NATURAL JOIN t".repeat(50_000)),
            format!("SELECT 1 FROM t{}", " UNION SELECT 1 FROM t".repeat(500)),
            format!("WITH c0 AS (SELECT 1){} SELECT 1", ", c1 AS (SELECT * FROM c0)".repeat(250)),
        ] {
            assert_eq!(parse(&sql).map(|_| ()), Err(ParseErrorReason::TooManyTables), "{}", &sql[..40]);
        }
        let sql = format!("SELECT 1{}", ", a".repeat(4 << 20));
        assert_eq!(parse(&sql).map(|_| ()), Err(ParseErrorReason::Lex(LexError::TooMany)));
    });
}

#[test]
fn what_is_not_too_deep_can_be_walked_printed_and_dropped_with_a_small_stack() {
    with_small_stack(|| {
        let options = ParseOptions::default();
        for sql in [
            format!("SELECT {}1{}", "(".repeat(150), ")".repeat(150)),
            format!("SELECT {}1{}", "(a + ".repeat(70), ")".repeat(70)),
            format!("SELECT {}1{}", "f(".repeat(110), ")".repeat(110)),
            format!("SELECT 1{}", " + a".repeat(1_900)),
            format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(1_900)),
            format!("SELECT {}1{}", "(SELECT ".repeat(60), ")".repeat(60)),
            format!("SELECT 1 FROM t{}", " JOIN t ON 1".repeat(490)),
            format!("SELECT 1 FROM t{}", " UNION SELECT 1 FROM t".repeat(490)),
            format!("WITH c0 AS (SELECT 1){} SELECT 1", ", c1 AS (SELECT * FROM c0)".repeat(240)),
        ] {
            let parsed = parse(&sql).unwrap_or_else(|reason| panic!("{reason}: {}", &sql[..40]));
            let mut count = 0;
            walk_statement(&mut Expressions(|_: &Expr| count += 1), &parsed.statement);
            assert!(count > 0);
            print_statement(sql.as_bytes(), &parsed.statement, &options, Parens::All);
        }
    });
}

#[test]
fn long_chains_and_lists_are_no_matter() {
    with_small_stack(|| {
        for sql in [
            format!("SELECT * FROM t WHERE a = 0{}", " OR a = 1".repeat(50_000)),
            format!("SELECT * FROM t WHERE a = 0{}", " AND NOT a = 1".repeat(50_000)),
            format!("SELECT * FROM t WHERE a IN (0{})", ", 1".repeat(50_000)),
            format!("INSERT INTO t VALUES (1, 'a'){}", ", (1 + 1, 'a')".repeat(50_000)),
            format!("SELECT 'a'{}", " 'b'".repeat(50_000)),
            format!("SELECT 1 {}", "/* c */".repeat(50_000)),
            format!("SELECT 1{}", ", a".repeat(50_000)),
        ] {
            parse(&sql).unwrap_or_else(|reason| panic!("{reason}: {}", &sql[..40]));
        }
    });
}

#[test]
fn time_grows_with_the_length_and_not_faster() {
    // Each of these doubles the work at every level for a parser that reads a parenthesis twice.
    let nested =
        |open: &str, inner: &str, close: &str| format!("SELECT {}{inner}{}", open.repeat(100), close.repeat(100));
    let begin = Instant::now();
    for sql in [
        nested("(", "SELECT 1", ")"),
        nested("((", "SELECT 1) + 1", ")"),
        nested("((", "SELECT 1), 2", ")"),
        nested("a IN (", "SELECT 1", ")"),
        nested("INTERVAL (", "1", ") DAY + a"),
        format!("SELECT * FROM {}SELECT 1{}", "(".repeat(180), ")".repeat(180)),
        format!("SELECT * FROM {}t{}", "(".repeat(180), " JOIN t)".repeat(180)),
        format!("SELECT * FROM {}SELECT 1) x{}", "(".repeat(180), ", t)".repeat(179)),
        format!("INSERT INTO t {}SELECT 1{}", "(".repeat(180), ")".repeat(180)),
        "SELECT (((((((((((((((((((((((".to_owned(),
    ] {
        let _ = parse(&sql);
    }
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}
