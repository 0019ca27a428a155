//! Character sets and collations: what a collation id in a packet means.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_character_set.html>

mod table;

use table::{CHARSETS, COLLATIONS};

/// A character set.
#[derive(Debug, PartialEq, Eq)]
pub struct Charset {
    /// The name, as in `information_schema.character_sets`.
    pub name: &'static str,
    /// The most bytes that a character takes.
    pub max_len: u8,
    /// Whether a character's second or later byte can be one that means an ASCII character alone (a quote's or a
    /// backslash's among them): text in it can't be lexed or escaped byte by byte.
    pub ascii_trail: bool,
    /// Whether `character_set_client` may have it: MySQL refuses those where ASCII isn't one byte.
    pub for_clients: bool,
}

impl Charset {
    const fn new(name: &'static str, max_len: u8, ascii_trail: bool, for_clients: bool) -> Self {
        Charset { name, max_len, ascii_trail, for_clients }
    }

    /// The character set of this name, in any case. `utf8` is `utf8mb3`, as in MySQL.
    pub fn by_name(name: &str) -> Option<&'static Charset> {
        let name = if name.eq_ignore_ascii_case("utf8") { "utf8mb3" } else { name };
        CHARSETS.iter().find(|charset| charset.name.eq_ignore_ascii_case(name)).copied()
    }

    /// `utf8mb4`, MySQL's default.
    pub fn utf8mb4() -> &'static Charset {
        &table::UTF8MB4
    }

    /// The collation that this character set has by default.
    pub fn default_collation(&self) -> Option<&'static Collation> {
        COLLATIONS.iter().find(|collation| collation.is_default && collation.charset == self)
    }
}

/// A collation.
#[derive(Debug, PartialEq, Eq)]
pub struct Collation {
    /// The id that packets carry.
    pub id: u16,
    /// Its character set.
    pub charset: &'static Charset,
    /// The name, as in `information_schema.collations`.
    pub name: &'static str,
    /// Whether it is its character set's default.
    pub is_default: bool,
}

impl Collation {
    /// The id of the collation `binary`.
    pub const BINARY: u16 = 63;
    /// The id of `utf8mb4_0900_ai_ci`, MySQL's default.
    pub const UTF8MB4_0900_AI_CI: u16 = 255;
    /// The id of `utf8mb4_general_ci`, for drivers and servers that know no ids above 255.
    pub const UTF8MB4_GENERAL_CI: u16 = 45;

    const fn new(id: u16, charset: &'static Charset, name: &'static str, is_default: bool) -> Self {
        Collation { id, charset, name, is_default }
    }

    /// The collation with this id.
    pub fn by_id(id: u16) -> Option<&'static Collation> {
        let at = COLLATIONS.binary_search_by_key(&id, |collation| collation.id).ok()?;
        COLLATIONS.get(at)
    }

    /// The collation of this name, in any case. `utf8_...` is `utf8mb3_...`, as in MySQL.
    pub fn by_name(name: &str) -> Option<&'static Collation> {
        let find = |name: &str| COLLATIONS.iter().find(|collation| collation.name.eq_ignore_ascii_case(name));
        find(name).or_else(|| {
            let (prefix, rest) = name.split_once('_')?;
            prefix.eq_ignore_ascii_case("utf8").then(|| find(&format!("utf8mb3_{rest}"))).flatten()
        })
    }

    /// All collations, by ascending id.
    pub fn all() -> &'static [Collation] {
        COLLATIONS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_and_are_found() {
        assert!(COLLATIONS.is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(Collation::all().len(), 286);
        for collation in COLLATIONS {
            assert_eq!(Collation::by_id(collation.id), Some(collation));
            assert_eq!(Collation::by_name(&collation.name.to_uppercase()), Some(collation));
        }
        assert_eq!(Collation::by_id(17), None);
    }

    #[test]
    fn each_charset_has_one_default() {
        for charset in CHARSETS {
            let defaults = COLLATIONS.iter().filter(|c| c.charset == *charset && c.is_default).count();
            assert_eq!(defaults, 1, "{}", charset.name);
            assert!(charset.default_collation().is_some());
        }
        assert_eq!(Charset::by_name("UTF8MB4").unwrap().default_collation().unwrap().id, 255);
        assert_eq!(Charset::by_name("utf8").unwrap().name, "utf8mb3");
        assert_eq!(Collation::by_name("utf8_bin").unwrap().id, 83);
    }

    #[test]
    fn the_sets_whose_trail_bytes_look_like_ascii_are_known() {
        let names: Vec<_> = CHARSETS.iter().filter(|c| c.ascii_trail).map(|c| c.name).collect();
        assert_eq!(names, ["big5", "cp932", "gb18030", "gbk", "sjis"]);
    }
}
