//! The lexer: cuts a statement's text into tokens, by MySQL's rules, without allocating (but for the marks of version
//! comments). It goes by bytes; the text needs not be UTF-8.
//!
//! Where it follows MySQL and one might think otherwise:
//!
//! * `--` begins a comment only before a space or a control character: `1--1` is 2.
//! * The content of `/*!80000 ... */` is tokens if the server is of that version or newer.
//! * After a `.` that a name follows at once, the name may be a keyword or begin with digits: `t.select`, `t.1a`.
//! * Some functions' names are keywords only if `(` follows at once (IGNORE_SPACE: also after spaces).

use super::ast::Span;
use super::keywords::{Keyword, KeywordClass};
use super::options::ParseOptions;
use super::token::{LexError, Token, TokenKind};

/// Cuts a text into tokens.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    text: &'a [u8],
    pos: usize,
    options: &'a ParseOptions,
    /// The next token is a name, whatever it looks like.
    name_next: bool,
    /// Within `/*! ... */`.
    in_version_comment: bool,
    /// The last token may have an optimizer hint after it.
    hintable: bool,
    hint: Option<Span>,
    version_marks: Vec<Span>,
    skipped_comments: Vec<Span>,
}

/// Bytes that names without quotes are made of.
pub(crate) const fn is_ident_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

impl<'a> Lexer<'a> {
    /// Begins at byte `start` of `text`. Texts of 4 GiB and more end at once.
    pub fn new(text: &'a [u8], start: usize, options: &'a ParseOptions) -> Self {
        let text = if u32::try_from(text.len()).is_ok() { text } else { &[] };
        Self {
            text,
            pos: start.min(text.len()),
            options,
            name_next: false,
            in_version_comment: false,
            hintable: false,
            hint: None,
            version_marks: Vec::new(),
            skipped_comments: Vec::new(),
        }
    }

    /// The `/*+ ... */` between the last token, if that was SELECT, INSERT, REPLACE, UPDATE or DELETE, and the one before.
    pub fn hint(&self) -> Option<Span> {
        self.hint
    }

    /// Whether the text behind the last token is within `/*! ... */`.
    pub fn in_version_comment(&self) -> bool {
        self.in_version_comment
    }

    /// The marks of version comments met so far, opening and closing in turn.
    pub fn version_marks(&self) -> &[Span] {
        &self.version_marks
    }

    /// The marks of executed version comments, and the version comments that are skipped.
    pub(crate) fn into_comments(self) -> (Vec<Span>, Vec<Span>) {
        (self.version_marks, self.skipped_comments)
    }

    /// The next token; at the end, and after it, [`TokenKind::End`].
    #[allow(clippy::should_implement_trait)] // it never ends
    pub fn next(&mut self) -> Token {
        self.hint = None;
        if self.name_next {
            self.name_next = false;
            return self.name_after_dot();
        }
        if let Err(token) = self.skip_spaces_and_comments() {
            return token;
        }
        let token = self.token();
        self.hintable = matches!(
            token.kind,
            TokenKind::Keyword(
                Keyword::Select | Keyword::Insert | Keyword::Replace | Keyword::Update | Keyword::Delete
            )
        );
        token
    }

    #[inline]
    fn at(&self, offset: usize) -> u8 {
        self.text.get(self.pos + offset).copied().unwrap_or(0)
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start as u32, self.pos as u32)
    }

    fn make(&self, start: usize, kind: TokenKind) -> Token {
        Token { kind, span: self.span_from(start) }
    }

    fn error(&self, start: usize, error: LexError) -> Token {
        Token { kind: TokenKind::Error(error), span: self.span_from(start) }
    }

    /// Stops at the first byte of a token or at the end.
    fn skip_spaces_and_comments(&mut self) -> Result<(), Token> {
        let mut hintable = std::mem::take(&mut self.hintable);
        loop {
            match self.at(0) {
                byte if is_space(byte) => self.pos += 1,
                b'#' => self.skip_line(),
                b'-' if self.at(1) == b'-' && (self.at(2) <= b' ' || self.at(2) == 0x7f) => self.skip_line(),
                b'/' if self.at(1) == b'*' => {
                    let start = self.pos;
                    let is_hint = hintable && self.at(2) == b'+';
                    hintable = false;
                    if self.at(2) == b'!' {
                        self.version_comment(start)?;
                    } else {
                        self.pos += 2;
                        self.skip_comment(start, 0)?;
                        if is_hint {
                            self.hint = Some(self.span_from(start));
                        }
                    }
                }
                b'*' if self.in_version_comment && self.at(1) == b'/' => {
                    let start = self.pos;
                    self.pos += 2;
                    self.in_version_comment = false;
                    self.version_marks.push(self.span_from(start));
                }
                _ => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        self.pos += self.rest().iter().position(|byte| *byte == b'\n').unwrap_or(self.rest().len());
    }

    /// After `/*`: to after its `*/`. Comments in it count as far as `nested` levels.
    fn skip_comment(&mut self, start: usize, nested: u32) -> Result<(), Token> {
        let mut open = 0;
        loop {
            match (self.at(0), self.at(1)) {
                (b'*', b'/') => {
                    self.pos += 2;
                    if open == 0 {
                        return Ok(());
                    }
                    open -= 1;
                }
                (b'/', b'*') if open < nested => {
                    self.pos += 2;
                    open += 1;
                }
                _ if self.pos < self.text.len() => self.pos += 1,
                _ => return Err(self.error(start, LexError::OpenComment)),
            }
        }
    }

    /// At `/*!`.
    fn version_comment(&mut self, start: usize) -> Result<(), Token> {
        self.pos += 3;
        // Six digits since version 10 was thought of, but a leading zero leaves it at five.
        let most = if self.at(0) == b'0' { 5 } else { 6 };
        let digits = self.rest().iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let mut executed = true;
        if digits >= 5 {
            let version =
                self.rest().iter().take(digits).fold(0, |version, byte| version * 10 + u32::from(byte - b'0'));
            executed = version <= self.options.server_version;
            if executed {
                self.pos += digits;
            }
        }
        if executed {
            // A second one inside takes the place of the first: the first `*/` ends both.
            self.in_version_comment = true;
            if self.version_marks.len().is_multiple_of(2) {
                self.version_marks.push(self.span_from(start));
            }
            Ok(())
        } else {
            self.skip_comment(start, 1)?;
            self.skipped_comments.push(self.span_from(start));
            Ok(())
        }
    }

    fn token(&mut self) -> Token {
        let start = self.pos;
        let byte = self.at(0);
        match byte {
            b'x' | b'X' if self.at(1) == b'\'' => self.quoted_digits(start, TokenKind::Hex, |b| b.is_ascii_hexdigit()),
            b'b' | b'B' if self.at(1) == b'\'' => {
                self.quoted_digits(start, TokenKind::Bit, |b| matches!(b, b'0' | b'1'))
            }
            b'n' | b'N' if self.at(1) == b'\'' => {
                self.pos += 1;
                self.string(start, TokenKind::NationalString)
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80.. => self.word(start),
            b'0'..=b'9' => self.number_or_name(start),
            b'\'' => self.string(start, TokenKind::String),
            b'"' if self.options.sql_mode.ansi_quotes => self.quoted_ident(start, TokenKind::QuotedIdent),
            b'"' => self.string(start, TokenKind::String),
            b'`' => self.quoted_ident(start, TokenKind::QuotedIdent),
            b'@' => self.variable(start),
            b'.' if self.at(1).is_ascii_digit() => {
                self.pos += 1;
                self.fraction(start)
            }
            b'.' => {
                self.name_next = is_ident_byte(self.at(1));
                self.one(start, TokenKind::Dot)
            }
            b'?' if self.options.params && !is_ident_byte(self.at(1)) => self.one(start, TokenKind::Param),
            b'<' | b'>' | b'=' | b'!' => self.comparison(start),
            b'(' => self.one(start, TokenKind::LeftParen),
            b')' => self.one(start, TokenKind::RightParen),
            b'{' => self.one(start, TokenKind::LeftBrace),
            b'}' => self.one(start, TokenKind::RightBrace),
            b',' => self.one(start, TokenKind::Comma),
            b';' => self.one(start, TokenKind::Semicolon),
            b'+' => self.one(start, TokenKind::Plus),
            b'-' if self.at(1) == b'>' && self.at(2) == b'>' => self.some(start, 3, TokenKind::ArrowUnquote),
            b'-' if self.at(1) == b'>' => self.some(start, 2, TokenKind::Arrow),
            b'-' => self.one(start, TokenKind::Minus),
            b'*' => self.one(start, TokenKind::Star),
            b'/' => self.one(start, TokenKind::Slash),
            b'%' => self.one(start, TokenKind::Percent),
            b'^' => self.one(start, TokenKind::Caret),
            b'~' => self.one(start, TokenKind::Tilde),
            b'|' if self.at(1) == b'|' => self.some(start, 2, TokenKind::PipePipe),
            b'|' => self.one(start, TokenKind::Pipe),
            b'&' if self.at(1) == b'&' => self.some(start, 2, TokenKind::AndAnd),
            b'&' => self.one(start, TokenKind::Ampersand),
            b':' if self.at(1) == b'=' => self.some(start, 2, TokenKind::Assign),
            _ if start >= self.text.len() && self.in_version_comment => self.error(start, LexError::OpenComment),
            _ if start >= self.text.len() => self.make(start, TokenKind::End),
            _ => {
                self.pos += 1;
                self.error(start, LexError::BadByte)
            }
        }
    }

    fn one(&mut self, start: usize, kind: TokenKind) -> Token {
        self.some(start, 1, kind)
    }

    fn some(&mut self, start: usize, len: usize, kind: TokenKind) -> Token {
        self.pos += len;
        self.make(start, kind)
    }

    /// MySQL takes as many of these characters as it can and looks only then whether that is an operator.
    fn comparison(&mut self, start: usize) -> Token {
        let is_compare = |byte| matches!(byte, b'<' | b'>' | b'=' | b'!');
        let first = self.at(0);
        self.pos += 1;
        if is_compare(self.at(0)) {
            self.pos += 1;
            if first == b'<' && matches!(self.at(0), b'>' | b'=' | b'!') {
                self.pos += 1;
            }
        }
        let kind = match self.text.get(start..self.pos).unwrap_or_default() {
            b"=" => TokenKind::Eq,
            b"<" => TokenKind::Lt,
            b">" => TokenKind::Gt,
            b"<=" => TokenKind::Le,
            b">=" => TokenKind::Ge,
            b"<>" | b"!=" => TokenKind::Ne,
            b"<=>" => TokenKind::NullSafeEq,
            b"<<" => TokenKind::ShiftLeft,
            b">>" => TokenKind::ShiftRight,
            b"!" => TokenKind::Bang,
            // Found in no list, so MySQL takes the first character alone, having eaten both: `!!1` is `!1`.
            b"!!" | b"!<" | b"!>" => TokenKind::Bang,
            _ => return self.error(start, LexError::BadOperator),
        };
        self.make(start, kind)
    }

    /// To the end of a name without quotes.
    fn skip_ident_bytes(&mut self) {
        if self.options.charset.has_ascii_trail_bytes() {
            while is_ident_byte(self.at(0)) && self.pos < self.text.len() {
                self.pos += self.options.charset.char_len(self.rest());
            }
        } else {
            self.pos += self.rest().iter().position(|byte| !is_ident_byte(*byte)).unwrap_or(self.rest().len());
        }
    }

    fn name_after_dot(&mut self) -> Token {
        let start = self.pos;
        self.skip_ident_bytes();
        self.make(start, TokenKind::Ident)
    }

    fn word(&mut self, start: usize) -> Token {
        self.skip_ident_bytes();
        let word = self.text.get(start..self.pos).unwrap_or_default();
        if self.at(0) == b'.' && is_ident_byte(self.at(1)) {
            return self.make(start, TokenKind::Ident);
        }
        if let Some(keyword) = Keyword::find(word)
            && (keyword.class() != KeywordClass::Function || self.paren_follows())
        {
            return self.make(start, TokenKind::Keyword(keyword));
        }
        let kind = if word.first() == Some(&b'_') && is_charset(word) { TokenKind::Charset } else { TokenKind::Ident };
        self.make(start, kind)
    }

    fn paren_follows(&self) -> bool {
        let spaces = match self.options.sql_mode.ignore_space {
            true => self.rest().iter().take_while(|byte| is_space(**byte)).count(),
            false => 0,
        };
        self.at(spaces) == b'('
    }

    fn number_or_name(&mut self, start: usize) -> Token {
        if self.at(0) == b'0' {
            let digits = |is_digit: fn(u8) -> bool| self.rest().iter().skip(2).take_while(|b| is_digit(**b)).count();
            let (count, kind) = match self.at(1) {
                b'x' => (digits(|b| b.is_ascii_hexdigit()), TokenKind::Hex),
                b'b' => (digits(|b| matches!(b, b'0' | b'1')), TokenKind::Bit),
                _ => (0, TokenKind::Ident),
            };
            if count > 0 && !is_ident_byte(self.at(2 + count)) {
                return self.some(start, 2 + count, kind);
            }
        }
        self.skip_digits();
        match self.at(0) {
            b'.' => {
                self.pos += 1;
                return self.fraction(start);
            }
            b'e' | b'E' => {
                let sign = usize::from(matches!(self.at(1), b'+' | b'-'));
                if self.at(1 + sign).is_ascii_digit() {
                    self.pos += 1 + sign;
                    self.skip_digits();
                    return self.make(start, TokenKind::Float);
                }
            }
            byte if !is_ident_byte(byte) => return self.make(start, TokenKind::Integer),
            _ => {}
        }
        self.skip_ident_bytes();
        self.make(start, TokenKind::Ident)
    }

    /// After the point of a number.
    fn fraction(&mut self, start: usize) -> Token {
        self.skip_digits();
        if !matches!(self.at(0), b'e' | b'E') {
            return self.make(start, TokenKind::Decimal);
        }
        let sign = usize::from(matches!(self.at(1), b'+' | b'-'));
        if !self.at(1 + sign).is_ascii_digit() {
            return self.error(start, LexError::BadExponent);
        }
        self.pos += 1 + sign;
        self.skip_digits();
        self.make(start, TokenKind::Float)
    }

    fn skip_digits(&mut self) {
        while self.at(0).is_ascii_digit() {
            self.pos += 1;
        }
    }

    /// `x'...'`, `b'...'`.
    fn quoted_digits(&mut self, start: usize, kind: TokenKind, is_digit: fn(u8) -> bool) -> Token {
        self.pos += 2;
        let digits = self.rest().iter().take_while(|byte| is_digit(**byte)).count();
        self.pos += digits;
        if self.at(0) != b'\'' || (kind == TokenKind::Hex && digits % 2 == 1) {
            return self.error(start, LexError::BadHexOrBit);
        }
        self.one(start, kind)
    }

    /// At the opening quote.
    fn string(&mut self, start: usize, kind: TokenKind) -> Token {
        if self.skip_string() { self.make(start, kind) } else { self.error(start, LexError::OpenString) }
    }

    fn skip_string(&mut self) -> bool {
        let quote = self.at(0);
        let escapes = !self.options.sql_mode.no_backslash_escapes;
        let by_char = self.options.charset.has_ascii_trail_bytes();
        self.pos += 1;
        while let Some(&byte) = self.text.get(self.pos) {
            if byte == quote {
                self.pos += 1;
                if self.at(0) != quote || self.pos >= self.text.len() {
                    return true;
                }
                self.pos += 1;
            } else if byte == b'\\' && escapes {
                self.pos += 2;
            } else if by_char && byte >= 0x80 {
                self.pos += self.options.charset.char_len(self.rest());
            } else {
                self.pos += 1;
            }
        }
        self.pos = self.text.len();
        false
    }

    /// At the opening quote.
    fn quoted_ident(&mut self, start: usize, kind: TokenKind) -> Token {
        let quote = self.at(0);
        self.pos += 1;
        while let Some(&byte) = self.text.get(self.pos) {
            if byte == quote {
                self.pos += 1;
                if self.at(0) != quote || self.pos >= self.text.len() {
                    return self.make(start, kind);
                }
                self.pos += 1;
            } else if byte == 0 {
                break;
            } else if byte >= 0x80 {
                self.pos += self.options.charset.char_len(self.rest());
            } else {
                self.pos += 1;
            }
        }
        self.pos = self.text.len();
        self.error(start, LexError::OpenIdent)
    }

    /// At `@`.
    fn variable(&mut self, start: usize) -> Token {
        self.pos += 1;
        match self.at(0) {
            b'@' => {
                self.pos += 1;
                if self.at(0) == b'`' {
                    return self.make(start, TokenKind::SystemVariable);
                }
                if !is_ident_byte(self.at(0)) {
                    return self.error(start, LexError::EmptyVariable);
                }
                self.make(start, TokenKind::SystemVariable)
            }
            b'\'' => self.string(start, TokenKind::UserVariable),
            b'`' | b'"' => {
                if self.at(0) == b'"' && !self.options.sql_mode.ansi_quotes {
                    return self.string(start, TokenKind::UserVariable);
                }
                self.quoted_ident(start, TokenKind::UserVariable)
            }
            _ => {
                while is_ident_byte(self.at(0)) || self.at(0) == b'.' {
                    self.pos += 1;
                }
                self.make(start, TokenKind::UserVariable)
            }
        }
    }
}

/// Whether `_name` names a character set of MySQL's.
fn is_charset(word: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "armscii8", "ascii", "big5", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866",
        "cp932", "dec8", "eucjpms", "euckr", "gb18030", "gb2312", "gbk", "geostd8", "greek", "hebrew", "hp8",
        "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7", "macce", "macroman", "sjis", "swe7",
        "tis620", "ucs2", "ujis", "utf16", "utf16le", "utf32", "utf8", "utf8mb3", "utf8mb4",
    ];
    let name = word.get(1..).unwrap_or_default();
    NAMES.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}
