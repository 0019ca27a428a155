//! What the session sets that changes how a text is read.

use crate::sql::options::ClientCharset;
use encoding_rs::Encoding;
use shardgate_vschema::Value;
use std::borrow::Cow;

/// Character sets in which a byte of a character can look like ASCII, so that the scanner must know where characters
/// begin. In all others (UTF-8, Latin-1, ...) quotes and backslashes are always what they look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CharsetClass {
    /// No byte of a multi-byte character is below 0x80.
    #[default]
    Plain,
    /// `big5`.
    Big5,
    /// `gbk`.
    Gbk,
    /// `gb18030`.
    Gb18030,
    /// `sjis` and `cp932`.
    Sjis,
}

impl CharsetClass {
    /// The class of a character set by its name.
    pub fn of(charset: &str) -> Self {
        match charset {
            "big5" => CharsetClass::Big5,
            "gbk" => CharsetClass::Gbk,
            "gb18030" => CharsetClass::Gb18030,
            "sjis" | "cp932" => CharsetClass::Sjis,
            _ => CharsetClass::Plain,
        }
    }

    /// How many bytes the character at the start of `bytes` has; 1 where it isn't a multi-byte one.
    pub(crate) fn width(self, bytes: &[u8]) -> usize {
        let [lead, rest @ ..] = bytes else { return 1 };
        let Some(trail) = rest.first().copied() else { return 1 };
        let two = match self {
            CharsetClass::Plain => false,
            CharsetClass::Big5 => matches!(lead, 0xa1..=0xf9) && matches!(trail, 0x40..=0x7e | 0xa1..=0xfe),
            CharsetClass::Gbk => matches!(lead, 0x81..=0xfe) && matches!(trail, 0x40..=0x7e | 0x80..=0xfe),
            CharsetClass::Sjis => {
                matches!(lead, 0x81..=0x9f | 0xe0..=0xfc) && matches!(trail, 0x40..=0x7e | 0x80..=0xfc)
            }
            CharsetClass::Gb18030 => {
                if matches!(lead, 0x81..=0xfe) && trail.is_ascii_digit() {
                    return match rest {
                        [_, 0x81..=0xfe, b'0'..=b'9', ..] => 4,
                        _ => 1,
                    };
                }
                matches!(lead, 0x81..=0xfe) && matches!(trail, 0x40..=0x7e | 0x80..=0xfe)
            }
        };
        if two { 2 } else { 1 }
    }
}

/// The parts of `sql_mode` and of the character set that decide where literals begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LexMode {
    /// `ANSI_QUOTES`: `"x"` is an identifier.
    pub ansi_quotes: bool,
    /// `NO_BACKSLASH_ESCAPES`: a backslash in a string is a backslash.
    pub no_backslash_escapes: bool,
    /// The class of the connection's character set.
    pub charset: CharsetClass,
    /// How its bytes become UTF-8, which vindexes take; `None`: they are.
    pub encoding: Option<&'static Encoding>,
}

impl LexMode {
    /// A value of the text in the form that vindexes take: text as UTF-8. `None` if its bytes aren't of the character
    /// set.
    pub fn for_vindex<'a>(&self, value: Value<'a>) -> Option<Value<'a>> {
        match (self.encoding, value) {
            (Some(encoding), Value::Text(text)) if !text.is_ascii() => {
                let decoded = encoding.decode_without_bom_handling_and_without_replacement(&text)?;
                Some(Value::Text(Cow::Owned(decoded.into_owned().into_bytes())))
            }
            (_, value) => Some(value),
        }
    }
}

/// The parts of `sql_mode` that decide how tokens make a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SqlMode {
    /// How literals are read.
    pub lex: LexMode,
    /// `PIPES_AS_CONCAT`: `||` is concatenation.
    pub pipes_as_concat: bool,
    /// `HIGH_NOT_PRECEDENCE`: NOT binds as `!` does.
    pub high_not_precedence: bool,
    /// `IGNORE_SPACE`: a space is allowed between a built-in function's name and its parenthesis.
    pub ignore_space: bool,
}

impl SqlMode {
    /// The mode that a value of `sql_mode` (names with commas) and a character set's name give.
    pub fn new(sql_mode: &str, charset: &str) -> Self {
        let encoding = ClientCharset::from_name(charset).encoding();
        let lex = LexMode { charset: CharsetClass::of(charset), encoding, ..LexMode::default() };
        let mut mode = SqlMode { lex, ..SqlMode::default() };
        for name in sql_mode.split(',') {
            match name.trim().to_ascii_uppercase().as_str() {
                "ANSI_QUOTES" => mode.lex.ansi_quotes = true,
                "NO_BACKSLASH_ESCAPES" => mode.lex.no_backslash_escapes = true,
                "PIPES_AS_CONCAT" => mode.pipes_as_concat = true,
                "HIGH_NOT_PRECEDENCE" => mode.high_not_precedence = true,
                "IGNORE_SPACE" => mode.ignore_space = true,
                "ANSI" | "DB2" | "MAXDB" | "MSSQL" | "ORACLE" | "POSTGRESQL" => {
                    mode.lex.ansi_quotes = true;
                    mode.pipes_as_concat = true;
                    mode.ignore_space = true;
                }
                _ => {}
            }
        }
        mode
    }

    /// All of it in one number, for the plan cache.
    pub(crate) fn bits(self) -> u16 {
        u16::from(self.lex.ansi_quotes)
            | u16::from(self.lex.no_backslash_escapes) << 1
            | u16::from(self.pipes_as_concat) << 2
            | u16::from(self.high_not_precedence) << 3
            | u16::from(self.ignore_space) << 4
            | (self.lex.charset as u16) << 8
    }
}
