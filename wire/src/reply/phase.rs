//! Where a reply stands.

/// Which kind of reply the command in flight gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// COM_QUERY and COM_STMT_EXECUTE: OK, ERR, a LOCAL INFILE request, or a result set; perhaps several.
    Query,
    /// COM_STMT_PREPARE.
    Prepare,
    /// COM_STMT_FETCH: rows without column definitions.
    Rows,
    /// COM_FIELD_LIST: column definitions without a count.
    FieldList,
    /// One OK, ERR or EOF: COM_PING, COM_INIT_DB, COM_RESET_CONNECTION, COM_SET_OPTION, ...
    SingleOk,
    /// COM_STATISTICS: one packet of text.
    Text,
}

/// What comes behind a block of column definitions (and the EOF behind it, without DEPRECATE_EOF).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterColumns {
    /// Rows.
    Rows,
    /// The columns of the prepared statement, as many as that: these were its parameters.
    PreparedColumns(u16),
    /// Nothing: these were the columns of the prepared statement.
    End,
}

/// Which packet a reply's stream has next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The first packet of a result.
    Response,
    /// Column definitions, `left` of them.
    Columns {
        /// How many are still to come; never 0.
        left: u64,
        /// What comes behind them.
        then: AfterColumns,
    },
    /// The EOF behind column definitions.
    ColumnsEnd(AfterColumns),
    /// Rows, or what ends them.
    Rows,
    /// The first packet of the reply to COM_STMT_PREPARE.
    PrepareResponse,
    /// Column definitions, or what ends them.
    FieldList,
    /// The only packet: OK, ERR or EOF.
    SingleOk,
    /// The only packet: text or ERR.
    Text,
}

impl From<Expect> for Phase {
    fn from(expect: Expect) -> Self {
        match expect {
            Expect::Query => Phase::Response,
            Expect::Prepare => Phase::PrepareResponse,
            Expect::Rows => Phase::Rows,
            Expect::FieldList => Phase::FieldList,
            Expect::SingleOk => Phase::SingleOk,
            Expect::Text => Phase::Text,
        }
    }
}
