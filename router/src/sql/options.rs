//! What the text's meaning depends on beside the text: sql_mode, the client's character set, the server's version.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// The parts of `sql_mode` that change how a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SqlMode {
    /// `"` quotes names, not strings.
    pub ansi_quotes: bool,
    /// `||` joins strings.
    pub pipes_as_concat: bool,
    /// `\` is an ordinary character in strings.
    pub no_backslash_escapes: bool,
    /// NOT binds as tightly as `!`.
    pub high_not_precedence: bool,
    /// Spaces may stand between a built-in function's name and `(`.
    pub ignore_space: bool,
}

impl SqlMode {
    /// From a value of `@@sql_mode`, composite modes included; other modes are ignored.
    pub fn from_names(names: &str) -> Self {
        let mut mode = Self::default();
        for name in names.split(',') {
            match name.trim().to_ascii_uppercase().as_str() {
                "ANSI_QUOTES" => mode.ansi_quotes = true,
                "PIPES_AS_CONCAT" => mode.pipes_as_concat = true,
                "NO_BACKSLASH_ESCAPES" => mode.no_backslash_escapes = true,
                "HIGH_NOT_PRECEDENCE" => mode.high_not_precedence = true,
                "IGNORE_SPACE" => mode.ignore_space = true,
                "ANSI" => {
                    mode.ansi_quotes = true;
                    mode.pipes_as_concat = true;
                    mode.ignore_space = true;
                }
                _ => {}
            }
        }
        mode
    }
}

/// How a character set's bytes are cut into characters, as far as an ASCII byte may be the second of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum MultiByte {
    /// An ASCII byte is always an ASCII character: UTF-8, single-byte sets, EUC.
    AsciiSafe,
    Big5,
    Gbk,
    ShiftJis,
    Gb18030,
}

/// The character set of the statement's text (`character_set_client`).
#[derive(Debug, Clone, Copy)]
pub struct ClientCharset {
    multi_byte: MultiByte,
    encoding: &'static Encoding,
}

impl PartialEq for ClientCharset {
    fn eq(&self, other: &Self) -> bool {
        self.multi_byte == other.multi_byte && self.encoding == other.encoding
    }
}

impl Eq for ClientCharset {}

impl Default for ClientCharset {
    fn default() -> Self {
        Self { multi_byte: MultiByte::AsciiSafe, encoding: encoding_rs::UTF_8 }
    }
}

impl ClientCharset {
    /// By MySQL's name of the character set; one that is not known is read as `latin1`.
    pub fn from_name(name: &str) -> Self {
        use MultiByte::*;
        let lower = name.to_ascii_lowercase();
        let (multi_byte, encoding) = match lower.as_str() {
            "utf8" | "utf8mb3" | "utf8mb4" | "ascii" | "binary" => (AsciiSafe, encoding_rs::UTF_8),
            "big5" => (Big5, encoding_rs::BIG5),
            "gbk" => (Gbk, encoding_rs::GBK),
            "sjis" | "cp932" => (ShiftJis, encoding_rs::SHIFT_JIS),
            "gb18030" => (Gb18030, encoding_rs::GB18030),
            "gb2312" => (AsciiSafe, encoding_rs::GBK),
            "euckr" => (AsciiSafe, encoding_rs::EUC_KR),
            "ujis" | "eucjpms" => (AsciiSafe, encoding_rs::EUC_JP),
            "latin2" => (AsciiSafe, encoding_rs::ISO_8859_2),
            "latin5" => (AsciiSafe, encoding_rs::WINDOWS_1254),
            "latin7" => (AsciiSafe, encoding_rs::ISO_8859_13),
            "greek" => (AsciiSafe, encoding_rs::ISO_8859_7),
            "hebrew" => (AsciiSafe, encoding_rs::ISO_8859_8),
            "koi8r" => (AsciiSafe, encoding_rs::KOI8_R),
            "koi8u" => (AsciiSafe, encoding_rs::KOI8_U),
            "cp866" => (AsciiSafe, encoding_rs::IBM866),
            "cp1250" => (AsciiSafe, encoding_rs::WINDOWS_1250),
            "cp1251" => (AsciiSafe, encoding_rs::WINDOWS_1251),
            "cp1256" => (AsciiSafe, encoding_rs::WINDOWS_1256),
            "cp1257" => (AsciiSafe, encoding_rs::WINDOWS_1257),
            "macroman" => (AsciiSafe, encoding_rs::MACINTOSH),
            "tis620" => (AsciiSafe, encoding_rs::WINDOWS_874),
            _ => (AsciiSafe, encoding_rs::WINDOWS_1252),
        };
        Self { multi_byte, encoding }
    }

    /// How the character set's bytes become UTF-8; `None`: they are.
    pub fn encoding(&self) -> Option<&'static Encoding> {
        (self.encoding != encoding_rs::UTF_8).then_some(self.encoding)
    }

    /// The text as UTF-8; what isn't valid becomes U+FFFD.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        self.encoding.decode_without_bom_handling(bytes).0
    }

    /// Whether a byte of ASCII can be part of another character, so that scanning must go by characters.
    pub(crate) fn has_ascii_trail_bytes(&self) -> bool {
        self.multi_byte != MultiByte::AsciiSafe
    }

    /// The length of the multi-byte character that `bytes` begins with; 1 if it is none.
    pub(crate) fn char_len(&self, bytes: &[u8]) -> usize {
        let (Some(&lead), Some(&trail)) = (bytes.first(), bytes.get(1)) else { return 1 };
        let two = match self.multi_byte {
            MultiByte::AsciiSafe => false,
            MultiByte::Big5 => matches!((lead, trail), (0xa1..=0xf9, 0x40..=0x7e | 0xa1..=0xfe)),
            MultiByte::Gbk => matches!((lead, trail), (0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe)),
            MultiByte::ShiftJis => matches!((lead, trail), (0x81..=0x9f | 0xe0..=0xfc, 0x40..=0x7e | 0x80..=0xfc)),
            MultiByte::Gb18030 => {
                if matches!(
                    (lead, trail, bytes.get(2), bytes.get(3)),
                    (0x81..=0xfe, 0x30..=0x39, Some(0x81..=0xfe), Some(0x30..=0x39))
                ) {
                    return 4;
                }
                matches!((lead, trail), (0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe))
            }
        };
        1 + usize::from(two)
    }
}

/// What a text is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseOptions {
    /// The session's sql_mode.
    pub sql_mode: SqlMode,
    /// The session's `character_set_client`.
    pub charset: ClientCharset,
    /// The version of the shards' MySQL, as `90700`: version comments up to it are executed.
    pub server_version: u32,
    /// Whether `?` is a parameter, as in a prepared statement; else it is a syntax error.
    pub params: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { sql_mode: SqlMode::default(), charset: ClientCharset::default(), server_version: 90_700, params: true }
    }
}
