//! Reads statements that have no tree, word by word.

use super::Context;
use crate::error::SqlError;
use crate::fingerprint::unquote;
use crate::sql::ast::Span;
use crate::sql::lexer::Lexer;
use crate::sql::options::ParseOptions;
use crate::sql::token::{Token, TokenKind};

/// A place in a text.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t [u8],
    context: &'t Context<'t>,
    lexer: Lexer<'t>,
    /// The token at the place.
    pub(super) token: Token,
    /// The end of the token before.
    pub(super) before: u32,
}

/// A place that a cursor can go back to.
pub(super) struct Mark<'t> {
    lexer: Lexer<'t>,
    token: Token,
    before: u32,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t [u8], context: &'t Context<'t>, options: &'t ParseOptions) -> Self {
        let mut lexer = Lexer::new(text, 0, options);
        let token = lexer.next();
        Cursor { text, context, lexer, token, before: 0 }
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.token;
        self.before = token.span.end;
        self.token = self.lexer.next();
        token
    }

    /// Go on from this byte.
    pub(super) fn jump(&mut self, to: u32, options: &'t ParseOptions) {
        self.before = to;
        self.lexer = Lexer::new(self.text, to as usize, options);
        self.token = self.lexer.next();
    }

    /// Where the cursor is, to come back.
    pub(super) fn mark(&self) -> Mark<'t> {
        Mark { lexer: self.lexer.clone(), token: self.token, before: self.before }
    }

    /// Go back.
    pub(super) fn back(&mut self, mark: Mark<'t>) {
        let Mark { lexer, token, before } = mark;
        self.lexer = lexer;
        self.token = token;
        self.before = before;
    }

    fn is_word(&self) -> bool {
        matches!(self.token.kind, TokenKind::Ident | TokenKind::Keyword(_))
    }

    /// The word here in capitals; empty if it is none.
    pub(super) fn word(&self) -> String {
        if self.is_word() {
            String::from_utf8_lossy(self.token.span.of(self.text)).to_ascii_uppercase()
        } else {
            String::new()
        }
    }

    /// Whether this word is here.
    pub(super) fn at(&self, word: &str) -> bool {
        self.is_word() && self.token.span.of(self.text).eq_ignore_ascii_case(word.as_bytes())
    }

    /// Go over the word if it is here.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.at(word);
        if found {
            self.next();
        }
        found
    }

    /// Go over the words if they are here one after another; over all or none.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let mark = self.mark();
        if words.iter().all(|word| self.eat(word)) {
            return true;
        }
        self.back(mark);
        false
    }

    /// Go over the token if it is of this kind.
    pub(super) fn eat_token(&mut self, kind: TokenKind) -> bool {
        let found = self.token.kind == kind;
        if found {
            self.next();
        }
        found
    }

    /// The text, without the rest from the end of the version comment on that the cursor is in.
    pub(super) fn before_comments_end(&self) -> &'t [u8] {
        if !self.lexer.in_version_comment() {
            return self.text;
        }
        let start = self.token.span.start as usize;
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.windows(2).position(|mark| mark == b"*/").unwrap_or(rest.len());
        self.text.get(..start + length).unwrap_or(self.text)
    }

    /// Whether the statement ends here.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.token.kind, TokenKind::End | TokenKind::Semicolon)
    }

    /// The name here, without quotes.
    pub(super) fn name(&mut self) -> Result<Name, SqlError> {
        let text = match self.token.kind {
            TokenKind::Ident | TokenKind::Keyword(_) => self.token.span.of(self.text).to_vec(),
            TokenKind::QuotedIdent => quoted_name(self.token.span.of(self.text)),
            TokenKind::String => unquote(self.token.span.of(self.text), self.context.mode.lex).into_owned(),
            _ => return Err(self.unexpected()),
        };
        let span = self.next().span;
        Ok(Name { value: self.context.charset.decode(&text).into_owned().into(), span })
    }

    /// `name` or `name.name`.
    pub(super) fn qualified_name(&mut self) -> Result<(Option<Name>, Name), SqlError> {
        let first = self.name()?;
        if self.eat_token(TokenKind::Dot) {
            let second = self.name()?;
            return Ok((Some(first), second));
        }
        Ok((None, first))
    }

    /// The rest of the statement must be empty.
    pub(super) fn end(&self) -> Result<(), SqlError> {
        if self.at_end() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// MySQL's syntax error at this place.
    pub(super) fn unexpected(&self) -> SqlError {
        let rest = self.text.get(self.token.span.start as usize..).unwrap_or_default();
        let near = String::from_utf8_lossy(rest.get(..80).unwrap_or(rest)).into_owned();
        let line = 1 + self.text.iter().take(self.token.span.start as usize).filter(|byte| **byte == b'\n').count();
        super::syntax(&near, line)
    }
}

/// A name in the text.
pub(super) struct Name {
    pub(super) value: Box<str>,
    pub(super) span: Span,
}

fn quoted_name(source: &[u8]) -> Vec<u8> {
    let Some((quote, inner)) = source.split_first() else { return Vec::new() };
    let inner = inner.strip_suffix(&[*quote]).unwrap_or(inner);
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        out.push(byte);
        if byte == *quote && bytes.peek() == Some(quote) {
            bytes.next();
        }
    }
    out
}
