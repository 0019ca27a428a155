//! The type codes of columns and parameters.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html>

/// Defines the enum, its conversions, and the list of its members.
macro_rules! column_types {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A type on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum ColumnType {
            $($(#[$doc])* $name = $code,)*
        }

        impl ColumnType {
            /// Every type, by ascending code.
            pub const ALL: &'static [ColumnType] = &[$(ColumnType::$name,)*];

            /// The type with this code, if there is one.
            pub fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(ColumnType::$name),)*
                    _ => None,
                }
            }
        }
    };
}

column_types! {
    /// DECIMAL before MySQL 5.0.
    Decimal = 0,
    /// TINYINT.
    Tiny = 1,
    /// SMALLINT.
    Short = 2,
    /// INT.
    Long = 3,
    /// FLOAT.
    Float = 4,
    /// DOUBLE.
    Double = 5,
    /// NULL.
    Null = 6,
    /// TIMESTAMP.
    Timestamp = 7,
    /// BIGINT.
    LongLong = 8,
    /// MEDIUMINT.
    Int24 = 9,
    /// DATE.
    Date = 10,
    /// TIME.
    Time = 11,
    /// DATETIME.
    DateTime = 12,
    /// YEAR.
    Year = 13,
    /// DATE inside the server.
    NewDate = 14,
    /// VARCHAR inside the server.
    VarChar = 15,
    /// BIT.
    Bit = 16,
    /// TIMESTAMP with a fraction, inside the server.
    Timestamp2 = 17,
    /// DATETIME with a fraction, inside the server.
    DateTime2 = 18,
    /// TIME with a fraction, inside the server.
    Time2 = 19,
    /// Array of values, for replication only.
    TypedArray = 20,
    /// VECTOR.
    Vector = 242,
    /// Invalid.
    Invalid = 243,
    /// Placeholder inside the server.
    Bool = 244,
    /// JSON.
    Json = 245,
    /// DECIMAL.
    NewDecimal = 246,
    /// ENUM.
    Enum = 247,
    /// SET.
    Set = 248,
    /// TINYBLOB, TINYTEXT.
    TinyBlob = 249,
    /// MEDIUMBLOB, MEDIUMTEXT.
    MediumBlob = 250,
    /// LONGBLOB, LONGTEXT.
    LongBlob = 251,
    /// BLOB, TEXT.
    Blob = 252,
    /// VARCHAR, VARBINARY.
    VarString = 253,
    /// CHAR, BINARY, ENUM, SET.
    String = 254,
    /// GEOMETRY.
    Geometry = 255,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_code() {
        for &column_type in ColumnType::ALL {
            assert_eq!(ColumnType::from_code(column_type as u8), Some(column_type));
        }
        assert_eq!(ColumnType::from_code(100), None);
    }
}
