//! What MySQL takes spaces at the end of a text for.

/// The weight of a space, with which MySQL fills up the shorter of two texts before it compares their weights; empty
/// where spaces at the end count as any other character.
///
/// `WEIGHT_STRING(expr)` isn't filled up, so who compares such weights must know it: `'a'` equals `'a '`, and
/// `'a\t'` is less than both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Padding(&'static [u8]);

/// Character sets whose collations of MySQL 5 weigh each character with two or three bytes.
const UNICODE: [&str; 6] = ["utf8mb3", "utf8mb4", "ucs2", "utf16", "utf16le", "utf32"];

impl Padding {
    /// Spaces at the end count: `binary` and the `utf8mb4_0900` collations, and everything that isn't text.
    pub const NONE: Padding = Padding(&[]);

    /// The padding of a collation, by its name in lower case. `None`: its texts can't be ordered by their weights.
    pub fn of_collation(name: &str) -> Option<Padding> {
        if name == "binary" || name.contains("_0900_") {
            return Some(Padding::NONE);
        }
        let (charset, rest) = name.split_once('_')?;
        let charset = if charset == "utf8" { "utf8mb3" } else { charset };
        Some(Padding(match (charset, rest) {
            (_, "unicode_520_ci") => &[0x02, 0x0A],
            // Weights of several levels, in which a space's isn't at the end, and one whose weights MySQL itself doesn't
            // sort by: it takes some texts as equal whose weights differ.
            ("cp1250" | "latin2", "czech_cs") | ("gb18030", "chinese_ci") => return None,
            ("latin7", "estonian_cs") => &[0x2C],
            ("latin7", "general_ci" | "general_cs") => &[0x30],
            ("utf8mb4" | "utf16" | "utf16le" | "utf32", "bin") => &[0x00, 0x00, 0x20],
            ("utf8mb3" | "ucs2", "bin") => &[0x00, 0x20],
            (charset, rest) if UNICODE.contains(&charset) => match rest {
                "general_ci" | "general_mysql500_ci" | "tolower_ci" => &[0x00, 0x20],
                _ => &[0x02, 0x09],
            },
            _ => &[0x20],
        }))
    }

    /// The weight of a space; empty: none is added.
    pub fn unit(self) -> &'static [u8] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Padding;

    #[test]
    fn collations_pad_with_what_mysql_weighs_a_space() {
        // WEIGHT_STRING(' ') of MySQL 9.7; empty where the collation's pad attribute is NO PAD.
        for (collation, unit) in [
            ("binary", b"".as_slice()),
            ("utf8mb4_0900_ai_ci", b""),
            ("utf8mb4_0900_bin", b""),
            ("utf8mb4_de_pb_0900_as_cs", b""),
            ("utf8mb4_general_ci", b"\x00\x20"),
            ("utf8mb4_bin", b"\x00\x00\x20"),
            ("utf8mb4_unicode_ci", b"\x02\x09"),
            ("utf8mb4_german2_ci", b"\x02\x09"),
            ("utf8mb4_unicode_520_ci", b"\x02\x0a"),
            ("utf8mb3_general_ci", b"\x00\x20"),
            ("utf8_general_ci", b"\x00\x20"),
            ("utf8mb3_bin", b"\x00\x20"),
            ("utf8mb3_tolower_ci", b"\x00\x20"),
            ("utf8mb3_general_mysql500_ci", b"\x00\x20"),
            ("ucs2_bin", b"\x00\x20"),
            ("utf16le_general_ci", b"\x00\x20"),
            ("utf16_bin", b"\x00\x00\x20"),
            ("utf32_swedish_ci", b"\x02\x09"),
            ("gb18030_bin", b"\x20"),
            ("gb18030_unicode_520_ci", b"\x02\x0a"),
            ("latin1_swedish_ci", b"\x20"),
            ("latin1_german2_ci", b"\x20"),
            ("latin1_bin", b"\x20"),
            ("latin7_general_ci", b"\x30"),
            ("latin7_estonian_cs", b"\x2c"),
            ("sjis_japanese_ci", b"\x20"),
        ] {
            assert_eq!(Padding::of_collation(collation).map(Padding::unit), Some(unit), "{collation}");
        }
        for collation in ["latin2_czech_cs", "gb18030_chinese_ci", "nonsense"] {
            assert_eq!(Padding::of_collation(collation), None, "{collation}");
        }
    }
}
