//! The parser: tokens to tree, by recursive descent, one function for each rule of MySQL's grammar that matters.
//!
//! **Bounds.** The recursion is at most [`MAX_DEPTH`] deep and the tree at most [`MAX_HEIGHT`] high, so neither parsing nor
//! walking nor dropping a tree can overflow a thread's stack of 1 MiB; each token is looked at a constant number of
//! times. Long chains of AND and OR are flat and loops, so their length doesn't count. A statement has at most
//! [`MAX_TOKENS`] tokens and [`MAX_TABLES`] tables, so that no text makes a tree that fills the memory, or that is planned
//! for seconds.
//!
//! **Parentheses.** What follows `(` may be a query, an expression, or a query that turns out to be the beginning of an
//! expression: `((SELECT 1) + 1)`. It is read once: a thing in parentheses that has been read is put into
//! [`Parser::pending`] and the rule that should have begun with it takes it from there. The same for table references.

mod aggregate;
mod cast;
mod delete;
mod expr;
mod function;
mod insert;
mod into;
mod json;
mod literal;
mod name;
mod paren;
mod query;
mod select;
mod simple;
mod special;
mod table;
mod update;
mod window;

use super::ast::{Expr, Parsed, Query, Span, Statement, TableRef};
use super::error::{ParseError, ParseErrorReason};
use super::keywords::Keyword;
use super::lexer::Lexer;
use super::options::ParseOptions;
use super::token::{LexError, Token, TokenKind};

/// How deep rules may call each other; a whole expression within another counts [`EXPR_DEPTH`] times. That is 120 nested
/// function calls or 65 subqueries.
pub const MAX_DEPTH: u32 = 480;
/// What an expression counts for, because all layers' functions are called for it (some 7 KB of stack in a debug build).
const EXPR_DEPTH: u32 = 4;
/// What a query counts for.
const QUERY_DEPTH: u32 = 2;
/// How many nodes may lie between a tree's root and its leaves.
pub const MAX_HEIGHT: u32 = 2_000;
/// How many tables a statement may name. MySQL joins 61 at most, but UNION has no limit there.
pub const MAX_TABLES: u32 = 500;
/// How many common table expressions a statement may have: each may stand in the next, as if they were nested.
pub const MAX_CTES: u32 = 250;
/// How many tokens a statement may have.
pub const MAX_TOKENS: u32 = 8 << 20;

pub(crate) type Result<T> = std::result::Result<T, ParseError>;

/// Parses the statement that begins at byte `start` of `text` and ends at `;` or at the end.
///
/// Errors: the text isn't a statement, or isn't one of those that read or write rows.
pub fn parse_statement(text: &[u8], start: usize, options: &ParseOptions) -> Result<Parsed> {
    let mut parser = Parser::new(text, start, options)?;
    let start = parser.token.span.start;
    let statement = parser.statement()?;
    let span = Span::new(start, parser.prev_end);
    let next = match parser.token.kind {
        TokenKind::Semicolon => parser.token.span.end,
        TokenKind::End => text.len() as u32,
        _ => return parser.unexpected(),
    };
    let (version_marks, skipped_comments) = parser.lexer.into_comments();
    Ok(Parsed { statement, params: parser.params, version_marks, skipped_comments, span, next })
}

/// Parses the expression that begins at byte `start` of `text`; gives it and the offset of the token after it, for
/// statements that others read (SET, DO, CALL).
///
/// Errors: no expression begins there.
pub fn parse_expr(text: &[u8], start: usize, options: &ParseOptions) -> Result<(Expr, u32)> {
    let mut parser = Parser::new(text, start, options)?;
    let expr = parser.expr()?;
    Ok((expr, parser.token.span.start))
}

/// Parses a text that is one expression.
///
/// Errors: it isn't.
pub fn parse_whole_expr(text: &[u8], options: &ParseOptions) -> Result<Expr> {
    let mut parser = Parser::new(text, 0, options)?;
    let expr = parser.expr()?;
    if parser.token.kind == TokenKind::End { Ok(expr) } else { parser.unexpected() }
}

/// Something in parentheses that was read before it was known what it belongs to, and where its `(` stands.
struct Pending<T> {
    item: T,
    start: u32,
    height: u32,
}

struct Parser<'a> {
    text: &'a [u8],
    options: &'a ParseOptions,
    lexer: Lexer<'a>,
    /// The token that is looked at.
    token: Token,
    /// The optimizer hint before it.
    hint: Option<Span>,
    /// The token after it, where it had to be looked at.
    ahead: Option<(Token, Option<Span>)>,
    /// The end of the token before it.
    prev_end: u32,
    params: u32,
    tokens: u32,
    tables: u32,
    ctes: u32,
    depth: u32,
    /// The height of the highest tree made so far on this level.
    height: u32,
    pending: Option<Pending<Expr>>,
    pending_table: Option<Pending<TableRef>>,
    /// INTO may stand in the query that is read: it is the statement's own.
    into_allowed: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], start: usize, options: &'a ParseOptions) -> Result<Self> {
        if u32::try_from(text.len()).is_err() {
            return Err(ParseError { offset: 0, reason: ParseErrorReason::TooLong });
        }
        let mut lexer = Lexer::new(text, start, options);
        let token = lexer.next();
        Ok(Self {
            text,
            options,
            lexer,
            token,
            hint: None,
            ahead: None,
            prev_end: start as u32,
            params: 0,
            tokens: 0,
            tables: 0,
            ctes: 0,
            depth: 0,
            height: 0,
            pending: None,
            pending_table: None,
            into_allowed: false,
        })
    }

    /// Goes on by a token.
    fn bump(&mut self) {
        self.prev_end = self.token.span.end;
        (self.token, self.hint) = match self.ahead.take() {
            Some(ahead) => ahead,
            None => {
                let token = self.lexer.next();
                (token, self.lexer.hint())
            }
        };
        self.tokens += 1;
        if self.tokens > MAX_TOKENS {
            self.token.kind = TokenKind::Error(LexError::TooMany);
        }
    }

    /// The kind of the token after the one that is looked at.
    fn peek(&mut self) -> TokenKind {
        if let Some((token, _)) = self.ahead {
            return token.kind;
        }
        let token = self.lexer.next();
        self.ahead = Some((token, self.lexer.hint()));
        token.kind
    }

    #[inline]
    fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    #[inline]
    fn at_keyword(&self, keyword: Keyword) -> bool {
        self.token.kind == TokenKind::Keyword(keyword)
    }

    #[inline]
    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    #[inline]
    fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.eat(TokenKind::Keyword(keyword))
    }

    fn expect(&mut self, kind: TokenKind) -> Result<()> {
        if self.eat(kind) { Ok(()) } else { self.unexpected() }
    }

    fn expect_keyword(&mut self, keyword: Keyword) -> Result<()> {
        self.expect(TokenKind::Keyword(keyword))
    }

    fn keyword(&self) -> Option<Keyword> {
        match self.token.kind {
            TokenKind::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    /// The error that the current token can't stand here.
    #[cold]
    fn unexpected<T>(&self) -> Result<T> {
        let reason = match self.token.kind {
            TokenKind::Error(error) => ParseErrorReason::Lex(error),
            _ => ParseErrorReason::Unexpected,
        };
        Err(ParseError { offset: self.token.span.start, reason })
    }

    #[cold]
    fn too_deep<T>(&self) -> Result<T> {
        Err(ParseError { offset: self.token.span.start, reason: ParseErrorReason::TooDeep })
    }

    /// A table is named.
    fn count_table(&mut self) -> Result<()> {
        self.tables += 1;
        if self.tables > MAX_TABLES { self.too_many() } else { Ok(()) }
    }

    /// A common table expression is defined.
    fn count_cte(&mut self) -> Result<()> {
        self.ctes += 1;
        if self.ctes > MAX_CTES { self.too_many() } else { Ok(()) }
    }

    #[cold]
    fn too_many<T>(&self) -> Result<T> {
        Err(ParseError { offset: self.token.span.start, reason: ParseErrorReason::TooManyTables })
    }

    /// Runs a rule that can contain itself, one level deeper. Its node is one higher than what is in it.
    #[inline]
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.deeper(1, rule)
    }

    #[inline]
    fn deeper<T>(&mut self, levels: u32, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth + levels > MAX_DEPTH {
            return self.too_deep();
        }
        self.depth += levels;
        let siblings = std::mem::replace(&mut self.height, 0);
        let node = rule(self)?;
        self.depth -= levels;
        self.height = siblings.max(self.height + 1);
        if self.height > MAX_HEIGHT { self.too_deep() } else { Ok(node) }
    }

    /// A node was put on top of the last one, as chains of left-associative operators do.
    #[inline]
    fn grow(&mut self) -> Result<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT { self.too_deep() } else { Ok(()) }
    }

    /// Where the expression that is about to be read begins.
    #[inline]
    fn expr_start(&self) -> u32 {
        self.pending.as_ref().map_or(self.token.span.start, |pending| pending.start)
    }

    fn span_from(&self, start: u32) -> Span {
        Span::new(start, self.prev_end)
    }

    /// `item, item, ...`
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(TokenKind::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(item, item, ...)`
    fn paren_list<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect(TokenKind::LeftParen)?;
        let items = self.list(item)?;
        self.expect(TokenKind::RightParen)?;
        Ok(items)
    }

    fn statement(&mut self) -> Result<Statement> {
        match self.token.kind {
            TokenKind::Keyword(Keyword::Insert | Keyword::Replace) => Ok(Statement::Insert(Box::new(self.insert()?))),
            TokenKind::Keyword(Keyword::Update) => {
                let start = self.token.span.start;
                Ok(Statement::Update(Box::new(self.update(start, None)?)))
            }
            TokenKind::Keyword(Keyword::Delete) => {
                let start = self.token.span.start;
                Ok(Statement::Delete(Box::new(self.delete(start, None)?)))
            }
            TokenKind::Keyword(Keyword::With) => self.with_statement(),
            TokenKind::Keyword(Keyword::Select | Keyword::Table | Keyword::Values) | TokenKind::LeftParen => {
                let query = self.statement_query(None)?;
                Ok(Statement::Query(Box::new(query)))
            }
            TokenKind::Error(_) => self.unexpected(),
            _ => Err(ParseError { offset: self.token.span.start, reason: ParseErrorReason::OtherStatement }),
        }
    }

    /// WITH, and what it belongs to.
    fn with_statement(&mut self) -> Result<Statement> {
        let start = self.token.span.start;
        let with = self.with_clause()?;
        match self.keyword() {
            Some(Keyword::Update) => Ok(Statement::Update(Box::new(self.update(start, Some(with))?))),
            Some(Keyword::Delete) => Ok(Statement::Delete(Box::new(self.delete(start, Some(with))?))),
            _ => {
                let query: Query = self.statement_query(Some(with))?;
                Ok(Statement::Query(Box::new(query)))
            }
        }
    }
}
