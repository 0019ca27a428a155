//! The server's state, sent in OK and EOF packets.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html#a1d854e841086925be1883e4d7b4e8cad>

bit_set! {
    /// Status flags of a session.
    StatusFlags(u16) {
        /// A transaction is open.
        IN_TRANS = 1;
        /// Autocommit is on.
        AUTOCOMMIT = 1 << 1;
        /// Another result follows.
        MORE_RESULTS = 1 << 3;
        /// No good index was used.
        NO_GOOD_INDEX_USED = 1 << 4;
        /// No index was used.
        NO_INDEX_USED = 1 << 5;
        /// A read-only cursor was opened; its rows come by COM_STMT_FETCH.
        CURSOR_EXISTS = 1 << 6;
        /// The cursor's last row was sent.
        LAST_ROW_SENT = 1 << 7;
        /// A database was dropped.
        DB_DROPPED = 1 << 8;
        /// sql_mode has NO_BACKSLASH_ESCAPES.
        NO_BACKSLASH_ESCAPES = 1 << 9;
        /// The re-prepared statement has another number of columns.
        METADATA_CHANGED = 1 << 10;
        /// The query was slower than `long_query_time`.
        QUERY_WAS_SLOW = 1 << 11;
        /// The result set holds a procedure's OUT parameters.
        PS_OUT_PARAMS = 1 << 12;
        /// The open transaction is read-only.
        IN_TRANS_READONLY = 1 << 13;
        /// The OK packet carries changes of the session's state.
        SESSION_STATE_CHANGED = 1 << 14;
    }
}
