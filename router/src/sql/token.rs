//! Tokens: what the lexer cuts a text into.

use super::ast::Span;
use super::keywords::Keyword;

/// A token and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub span: Span,
}

/// Kinds of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The end of the text.
    End,
    /// Bytes that are no token; the parser makes an error of it.
    Error(LexError),
    /// A name without quotes that is no keyword.
    Ident,
    /// A name in backquotes, or in double quotes under ANSI_QUOTES.
    QuotedIdent,
    /// A keyword, reserved or not; a function's name only before `(`.
    Keyword(Keyword),
    /// `_utf8mb4` and the like: the name of a character set after `_`.
    Charset,
    /// Digits.
    Integer,
    /// `1.5`
    Decimal,
    /// `1e5`
    Float,
    /// `x'0a'`, `0x0a`
    Hex,
    /// `b'01'`, `0b01`
    Bit,
    /// `'a'`, and `"a"` unless ANSI_QUOTES.
    String,
    /// `N'a'`
    NationalString,
    /// `?`
    Param,
    /// `@name`, `@'name'`, `` @`name` ``, `@`
    UserVariable,
    /// `@@`; what follows is a name.
    SystemVariable,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `;`
    Semicolon,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `^`
    Caret,
    /// `~`
    Tilde,
    /// `!`
    Bang,
    /// `|`
    Pipe,
    /// `||`
    PipePipe,
    /// `&`
    Ampersand,
    /// `&&`
    AndAnd,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `=`
    Eq,
    /// `:=`
    Assign,
    /// `<=>`
    NullSafeEq,
    /// `<>`, `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `->`
    Arrow,
    /// `->>`
    ArrowUnquote,
}

/// Why bytes are no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LexError {
    /// A string without its end.
    #[error("a string has no closing quote")]
    OpenString,
    /// A quoted name without its end, or with a zero byte in it.
    #[error("a quoted name has no closing quote")]
    OpenIdent,
    /// A comment without its end.
    #[error("a comment has no closing */")]
    OpenComment,
    /// `x'...'` or `b'...'` with other digits, or an odd number of hex digits.
    #[error("a hexadecimal or bit literal has a wrong digit or an odd number of them")]
    BadHexOrBit,
    /// `1.5e` without digits.
    #[error("a number's exponent has no digits")]
    BadExponent,
    /// `@@` without a name.
    #[error("@@ has no name")]
    EmptyVariable,
    /// Operator characters that are no operator together: `=!`.
    #[error("there is no such operator")]
    BadOperator,
    /// A byte that begins no token.
    #[error("a character that begins nothing")]
    BadByte,
    /// More tokens than a statement may have that is taken apart.
    #[error("the statement has more than 8388608 words and signs")]
    TooMany,
}
