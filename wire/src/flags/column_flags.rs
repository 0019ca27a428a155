//! What a column definition says about its column beyond the type.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__column__definition__flags.html>

bit_set! {
    /// Flags of a column definition.
    ColumnFlags(u16) {
        /// NOT NULL.
        NOT_NULL = 1;
        /// Part of the primary key.
        PRI_KEY = 1 << 1;
        /// Part of a unique key.
        UNIQUE_KEY = 1 << 2;
        /// Part of another key.
        MULTIPLE_KEY = 1 << 3;
        /// A BLOB or TEXT.
        BLOB = 1 << 4;
        /// Unsigned.
        UNSIGNED = 1 << 5;
        /// Filled up with zeros.
        ZEROFILL = 1 << 6;
        /// Of a binary collation.
        BINARY = 1 << 7;
        /// An ENUM.
        ENUM = 1 << 8;
        /// AUTO_INCREMENT.
        AUTO_INCREMENT = 1 << 9;
        /// A TIMESTAMP.
        TIMESTAMP = 1 << 10;
        /// A SET.
        SET = 1 << 11;
        /// Without a default value.
        NO_DEFAULT_VALUE = 1 << 12;
        /// Set to NOW by an UPDATE.
        ON_UPDATE_NOW = 1 << 13;
        /// Part of some key.
        PART_KEY = 1 << 14;
        /// A number.
        NUM = 1 << 15;
    }
}
