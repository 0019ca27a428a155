//! Statements that the proxy answers itself, or that change the session.

use super::Plan;
use std::sync::Arc;

/// `AND [NO] CHAIN`, `[NO] RELEASE`; `None`: not said, `completion_type` decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chaining {
    /// Start another transaction at once.
    pub chain: Option<bool>,
    /// Close the connection.
    pub release: Option<bool>,
}

/// How a transaction starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransactionStart {
    /// `READ ONLY` (true), `READ WRITE` (false), or not said.
    pub read_only: Option<bool>,
    /// `WITH CONSISTENT SNAPSHOT`.
    pub consistent_snapshot: bool,
}

/// Whose variable SET sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetScope {
    /// `@x`.
    User,
    /// `SESSION x`, `LOCAL x`, `@@session.x`, `@@x`, or plain `x`.
    Session,
    /// `GLOBAL x`, `@@global.x`.
    Global,
    /// `PERSIST`.
    Persist,
    /// `PERSIST_ONLY`.
    PersistOnly,
    /// `SET TRANSACTION ...` without SESSION or GLOBAL: for the next transaction only.
    NextTransaction,
}

/// What SET assigns.
#[derive(Debug, Clone, PartialEq)]
pub enum SetValue {
    /// `DEFAULT`.
    Default,
    /// An expression, as its text in the statement (`ON`, `utf8mb4` and the like included).
    Expression(Box<str>),
    /// An expression with a subquery, as its text.
    Query(Box<str>),
}

/// One assignment of SET.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Whose.
    pub scope: SetScope,
    /// Which, lower case, without `@`. `NAMES` and `CHARACTER SET` are `names` and `charset`, with `collate` below.
    pub name: Box<str>,
    /// What.
    pub value: SetValue,
    /// The collation of `SET NAMES x COLLATE y`.
    pub collate: Option<Box<str>>,
}

/// `LIKE` or `WHERE` of a SHOW.
#[derive(Debug, Clone, PartialEq)]
pub enum ShowFilter {
    /// A pattern, unescaped.
    Like(Box<str>),
    /// The condition's text.
    Where(Box<str>),
}

/// A SHOW that the proxy answers itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    /// DATABASES, SCHEMAS, KEYSPACES, VITESS_KEYSPACES.
    Databases(Option<ShowFilter>),
    /// SHARDS, VITESS_SHARDS.
    Shards(Option<ShowFilter>),
    /// VITESS_TABLETS.
    Tablets(Option<ShowFilter>),
    /// VITESS_TARGET.
    Target,
    /// VSCHEMA TABLES.
    VschemaTables,
    /// VSCHEMA VINDEXES [ON table].
    VschemaVindexes(Option<Box<str>>),
    /// VSCHEMA KEYSPACES.
    VschemaKeyspaces,
    /// SHARDGATE STATUS.
    ShardgateStatus,
    /// SHARDGATE POOLS.
    ShardgatePools,
    /// SHARDGATE TRANSACTIONS.
    ShardgateTransactions,
    /// SHARDGATE WORKFLOWS.
    ShardgateWorkflows,
    /// WARNINGS, with LIMIT's offset and count.
    Warnings {
        /// Rows to skip.
        offset: u64,
        /// Rows to return.
        count: u64,
        /// `SHOW COUNT(*) WARNINGS`.
        count_only: bool,
        /// ERRORS instead of WARNINGS.
        errors_only: bool,
    },
    /// GRANTS, of this user, or of the one who asks.
    Grants(Option<Box<str>>),
    /// PROCESSLIST.
    Processlist {
        /// FULL.
        full: bool,
    },
}

/// KILL's scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KillScope {
    /// The connection.
    Connection,
    /// Its statement.
    Query,
}

/// How a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExplainFormat {
    /// VEXPLAIN [PLAN].
    Plan,
    /// VEXPLAIN QUERIES.
    Queries,
    /// VEXPLAIN ALL.
    All,
    /// VEXPLAIN TRACE.
    Trace,
    /// EXPLAIN FORMAT=VITESS.
    Vitess,
}

/// A statement that the proxy answers itself, or that changes the session.
#[derive(Debug, Clone, PartialEq)]
pub enum Local {
    /// An empty statement or a comment only: MySQL's 1065.
    Empty,
    /// BEGIN, START TRANSACTION.
    Begin(TransactionStart),
    /// COMMIT.
    Commit(Chaining),
    /// ROLLBACK.
    Rollback(Chaining),
    /// SAVEPOINT.
    Savepoint(Box<str>),
    /// ROLLBACK TO SAVEPOINT.
    RollbackTo(Box<str>),
    /// RELEASE SAVEPOINT.
    Release(Box<str>),
    /// USE, with the target string as written.
    Use(Box<str>),
    /// SET.
    Set(Vec<Assignment>),
    /// A SHOW that the proxy answers.
    Show(Show),
    /// KILL.
    Kill {
        /// Connection or query.
        scope: KillScope,
        /// Connection id.
        id: u64,
    },
    /// VEXPLAIN.
    Explain {
        /// How.
        format: ExplainFormat,
        /// Of what.
        plan: Arc<Plan>,
        /// The explained statement's text.
        text: Box<str>,
    },
    /// VEXPLAIN KEYS: the document.
    ColumnUses(Box<str>),
    /// PREPARE name FROM 'text' or @variable.
    Prepare {
        /// Name.
        name: Box<str>,
        /// Text or the name of a user variable.
        from: PrepareSource,
    },
    /// EXECUTE name USING @a, @b.
    Execute {
        /// Name.
        name: Box<str>,
        /// Variables' names.
        using: Vec<Box<str>>,
    },
    /// DEALLOCATE PREPARE.
    Deallocate(Box<str>),
    /// A statement that is answered OK because its effect is the proxy's own (e.g. UNLOCK TABLES without locks).
    NoOperation,
}

/// Where the text of a PREPARE is.
#[derive(Debug, Clone, PartialEq)]
pub enum PrepareSource {
    /// In the statement.
    Text(Box<str>),
    /// In a user variable.
    Variable(Box<str>),
}
