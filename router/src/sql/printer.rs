//! The printer: tree to text. Names and literals are taken from the text that the tree was parsed from, so the result is
//! in the same character set and is to be read under the same sql_mode; comments are gone, hints stay.
//!
//! What it prints parses to the same tree. With [`Parens::All`], every operand that isn't a single thing is in parentheses:
//! then equal texts mean equal trees, which is how the parser is tested against MySQL.

mod dml;
mod expr;
mod query;
mod special;
mod table;

use super::ast::{Expr, Ident, Query, Span, Statement, TableRef};
use super::options::ParseOptions;

/// Where parentheses are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parens {
    /// Where the tree needs them.
    #[default]
    Needed,
    /// Around every operand that has operands itself.
    All,
}

/// Prints nodes of trees of one text.
#[derive(Debug)]
pub struct Printer<'a> {
    text: &'a [u8],
    options: &'a ParseOptions,
    parens: Parens,
    out: Vec<u8>,
}

impl<'a> Printer<'a> {
    /// For the tree of `text`, which was parsed with `options`.
    pub fn new(text: &'a [u8], options: &'a ParseOptions, parens: Parens) -> Self {
        Self { text, options, parens, out: Vec::new() }
    }

    /// What has been printed.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Text as it is, between nodes.
    pub fn raw(&mut self, text: impl AsRef<[u8]>) -> &mut Self {
        self.out.extend_from_slice(text.as_ref());
        self
    }

    /// A statement.
    pub fn statement(&mut self, statement: &Statement) -> &mut Self {
        match statement {
            Statement::Query(query) => self.query(query),
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
        }
    }

    /// The text of a span.
    fn span(&mut self, span: Span) -> &mut Self {
        self.raw(span.of(self.text))
    }

    /// A name as it is written in the text, or in backquotes if it was made (its span is empty).
    pub fn ident(&mut self, ident: &Ident) -> &mut Self {
        if ident.span.is_empty() { self.raw(quote_ident(&ident.value)) } else { self.span(ident.span) }
    }

    /// `item, item, ...`
    fn list<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) -> &mut Self {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(", ");
            }
            print(self, item);
        }
        self
    }

    /// `(name, name, ...)`
    fn names(&mut self, names: &[Ident]) -> &mut Self {
        self.raw("(");
        self.list(names, |printer, name| {
            printer.ident(name);
        });
        self.raw(")")
    }

    fn exprs(&mut self, exprs: &[Expr]) -> &mut Self {
        self.list(exprs, |printer, expr| {
            printer.expr(expr);
        })
    }

    /// ` word expr`, if there is one.
    fn clause(&mut self, word: &str, expr: Option<&Expr>) -> &mut Self {
        if let Some(expr) = expr {
            self.raw(" ").raw(word).raw(" ").expr(expr);
        }
        self
    }
}

/// A name in backquotes.
pub fn quote_ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A statement's text.
pub fn print_statement(text: &[u8], statement: &Statement, options: &ParseOptions, parens: Parens) -> Vec<u8> {
    let mut printer = Printer::new(text, options, parens);
    printer.statement(statement);
    printer.finish()
}

/// A query's text.
pub fn print_query(text: &[u8], query: &Query, options: &ParseOptions) -> Vec<u8> {
    let mut printer = Printer::new(text, options, Parens::Needed);
    printer.query(query);
    printer.finish()
}

/// An expression's text.
pub fn print_expr(text: &[u8], expr: &Expr, options: &ParseOptions) -> Vec<u8> {
    let mut printer = Printer::new(text, options, Parens::Needed);
    printer.expr(expr);
    printer.finish()
}

/// A table reference's text.
pub fn print_table_ref(text: &[u8], table: &TableRef, options: &ParseOptions) -> Vec<u8> {
    let mut printer = Printer::new(text, options, Parens::Needed);
    printer.table_ref(table);
    printer.finish()
}
