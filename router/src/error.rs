//! The errors that a client can get from the proxy itself, with their stable codes.
//!
//! A code is `SG` and five digits; the digits equal Vitess's VT code where the meaning is the same. Each code has one
//! errno and SQLSTATE. `docs/errors.md` is generated from [`Code::ALL`].

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $errno:literal, $state:literal, $cause:literal, $remedy:literal;)+) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All codes, in the order of their numbers' groups.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The five digits.
            pub fn number(self) -> u32 {
                match self { $(Code::$name => $number,)+ }
            }

            /// MySQL's errno.
            pub fn errno(self) -> u16 {
                match self { $(Code::$name => $errno,)+ }
            }

            /// The SQLSTATE.
            pub fn sqlstate(self) -> &'static str {
                match self { $(Code::$name => $state,)+ }
            }

            /// When it happens.
            pub fn cause(self) -> &'static str {
                match self { $(Code::$name => $cause,)+ }
            }

            /// What to do.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$name => $remedy,)+ }
            }
        }
    };
}

codes! {
    /// The statement doesn't parse.
    Syntax = 3012, 1064, "42000", "The statement isn't valid MySQL.", "The text behind `near` is where the parser stopped.";
    /// A table name that several keyspaces have.
    AmbiguousTable = 3013, 1052, "23000", "An unqualified table name exists in several keyspaces and the connection has no default database.", "Qualify the name (`keyspace.table`) or choose a database with USE.";
    /// A column name that several tables have.
    AmbiguousColumn = 3021, 1052, "23000", "An unqualified column name exists in several tables of the statement.", "Qualify the column with its table or alias.";
    /// No such database or keyspace.
    UnknownDatabase = 5003, 1049, "42000", "No keyspace of the topology has this name, and no database of the default MySQL.", "`SHOW KEYSPACES` lists them.";
    /// No such table.
    UnknownTable = 5004, 1146, "42S02", "The keyspace has no such table.", "Check the name; a new table must exist on every shard and, in a sharded keyspace, in the vschema.";
    /// DROP of tables that aren't there.
    UnknownTables = 5010, 1051, "42S02", "A DROP TABLE or DROP VIEW of several keyspaces names what isn't there; nothing was dropped.", "Leave it out, or use IF EXISTS.";
    /// DROP VIEW of a table.
    NotAView = 5011, 1347, "HY000", "A DROP VIEW of several keyspaces names a table.", "Use DROP TABLE for it.";
    /// A table that is named twice.
    NotUniqueTable = 3033, 1066, "42000", "A DROP TABLE of several keyspaces names a table twice.", "Name it once.";
    /// A view that no rows go into.
    NotInsertable = 3034, 1471, "HY000", "An INSERT names a view that isn't one of plain columns of one table, so that there is no row to insert.", "Insert into its table.";
    /// A value that a variable doesn't take.
    WrongVariableValue = 5008, 1231, "42000", "A variable of the proxy's own was set to something that it doesn't take.", "The message says what it takes.";
    /// Characteristics of a transaction that is open.
    TransactionInProgress = 5009, 1568, "25001", "SET TRANSACTION came inside a transaction.", "COMMIT or ROLLBACK first.";
    /// No such column.
    UnknownColumn = 3019, 1054, "42S22", "No table of the statement has this column.", "Check the column's name.";
    /// No such variable.
    UnknownVariable = 5006, 1193, "HY000", "No system variable has this name.", "`SHOW VARIABLES` lists them.";
    /// A sharded table without a primary vindex.
    NoPrimaryVindex = 9001, 1235, "42000", "The table is in a sharded keyspace and has no primary vindex, so its rows can't be placed.", "Give the table `column_vindexes` in the vschema, or make it a reference table.";
    /// A write to a replica.
    WriteToReplica = 9012, 1836, "HY000", "The target is a replica and the statement writes.", "Choose the primary: `USE keyspace` or `USE keyspace@primary`.";
    /// A row without a value for the shard key.
    NoShardKey = 9003, 1364, "HY000", "A row has no value for a column of the primary vindex, so no shard can be chosen.", "Name the column in the INSERT and give it a value, or give it a sequence in the vschema (`auto_increment`).";
    /// INSERT without a column list into a table whose columns aren't known.
    NoColumnList = 9004, 1105, "HY000", "The INSERT has no column list and the table's columns aren't known to the proxy.", "Name the columns in the INSERT.";
    /// No database chosen.
    NoDatabase = 9005, 1046, "3D000", "The statement needs a default database and none is selected.", "Choose one with USE, or qualify the names.";
    /// A key that its vindex can't map.
    VindexMapping = 9022, 1366, "HY000", "A vindex can't turn this value into a keyspace id.", "Give a value of the type that the vindex takes.";
    /// A change of a vindex column.
    VindexColumnChange = 9014, 1235, "42000", "The statement changes a column of the primary vindex, which would move the row to another shard.", "Delete the row and insert it with the new key.";
    /// A statement that isn't supported across shards.
    Unsupported = 12001, 1235, "42000", "The statement needs several shards in a way that isn't supported yet.", "The message names the fragment; a condition on the shard key sends the statement to one shard.";
    /// Clauses that don't go together.
    WrongUsage = 3031, 1221, "HY000", "An UPDATE of several tables has ORDER BY or LIMIT, which MySQL doesn't allow.", "Find the rows in a derived table with ORDER BY and LIMIT, and join it.";
    /// A view over a temporary table.
    ViewOfTemporary = 12018, 1352, "HY000", "The query of a view names a temporary table, which only one session has.", "Make the view over a table that stays.";
    /// A temporary table that is named twice.
    TemporaryTwice = 12019, 1137, "HY000", "A statement names a temporary table more than once, which MySQL doesn't allow either.", "Copy its rows into a second temporary table.";
    /// A written table that a subquery of the statement reads.
    TargetInSubquery = 12017, 1093, "HY000", "A subquery of an UPDATE or DELETE, or in the values of an INSERT, reads a table that the statement changes, which MySQL doesn't allow either.", "Read it in a derived table that is computed by itself (`SELECT ... FROM (SELECT DISTINCT ...) AS d`).";
    /// Tables of several servers in one statement.
    CrossKeyspace = 12003, 1235, "42000", "The statement joins tables of keyspaces that are on different servers.", "Keep the tables of a statement in one keyspace, or make the small one a reference table.";
    /// Something that the planner must not produce.
    Internal = 13001, 1105, "HY000", "A bug in shardgate.", "Please report it with the statement and the message.";
    /// A shard can't be reached.
    ShardDown = 14001, 1105, "HY000", "No connection to the shard's MySQL could be made or kept.", "Check the instance that the message names; `shardgate check` logs in to each.";
    /// No free connection within the acquire timeout.
    PoolExhausted = 14002, 1203, "42000", "All connections to the instance were in use for the whole `acquire_timeout`.", "Raise `pool.max_connections_per_instance`, or find the statements that hold connections (`SHOW SHARDGATE POOLS`).";
    /// A reply was cut.
    ConnectionLost = 14006, 2013, "HY000", "The connection to a shard broke while a statement ran; nothing is known about its effect unless the message says so.", "Check the data before running a write again.";
    /// The outcome of a commit isn't known.
    OutcomeUnknown = 14007, 1105, "HY000", "The connection to a shard broke after COMMIT or a write was sent: it may have happened or not.", "Check the data before running it again; the proxy never repeats it.";
    /// A transaction that is committed on some of its shards only.
    PartialCommit = 14008, 1105, "HY000", "COMMIT failed on one shard after others had committed (transactions over several shards are best effort).", "The message names the shards; undo or repeat the missing part by hand.";
    /// A data definition that is done on some of the shards only.
    PartialDdl = 14009, 1105, "HY000", "A data definition failed on one shard after others had carried it out, or its answer was lost; or another one of the same objects is left so.", "The message names the shards. Once the cause is gone, repeat the same statement: it runs only where it isn't done. `SHOW SHARDGATE STATUS` lists what is unfinished; see `docs/ddl.md`.";
    /// A limit on what one statement may hold in the proxy.
    TooManyRows = 14010, 1105, "HY000", "The statement would hold more in the proxy, or move more into temporary tables, than `limits.max_gathered_rows` or `max_gathered_bytes` allow.", "Narrow the statement, or raise the limit.";
    /// Time is up.
    QueryTimeout = 14011, 3024, "HY000", "The statement ran longer than `query_timeout` or QUERY_TIMEOUT_MS.", "Raise the limit, or make the statement cheaper.";
    /// Killed.
    Interrupted = 14012, 1317, "70100", "The statement was killed.", "None is needed; somebody used KILL QUERY or the client left.";
    /// Login refused.
    AccessDenied = 15001, 1045, "28000", "Unknown user or wrong password.", "Check user and password; `shardgate user hash` makes the `password_hash` of shardgate.yaml.";
    /// No right for a keyspace.
    CommandDenied = 15002, 1142, "42000", "The user has no right for this on the keyspace.", "Add the keyspace to the user in shardgate.yaml (`read`, `write` or `admin`).";
    /// No right for the default database.
    DatabaseDenied = 15016, 1044, "42000", "The user has no right for the keyspace that it wants as its default database.", "Add the keyspace to the user in shardgate.yaml (`read`, `write` or `admin`).";
    /// No user of this name.
    NoSuchGrant = 15024, 1141, "42000", "SHOW GRANTS names a user that shardgate.yaml doesn't have.", "Check the name; users are under `users` in shardgate.yaml.";
    /// Too many clients.
    TooManyConnections = 15003, 1040, "08004", "`limits.max_connections` is reached.", "Close connections, or raise the limit.";
    /// Too many clients of one user.
    TooManyUserConnections = 15004, 1203, "42000", "`limits.max_connections_per_user` is reached.", "Close connections, or raise the limit.";
    /// A malformed packet.
    MalformedPacket = 15005, 1835, "HY000", "A packet of the client doesn't follow the protocol.", "The connection is closed; check the client.";
    /// A packet above the limit.
    PacketTooLarge = 15006, 1153, "08S01", "A packet is larger than `limits.max_allowed_packet`.", "Raise the limit here and `max_allowed_packet` on the shards.";
    /// A command that isn't known.
    UnknownCommand = 15007, 1047, "08S01", "The command isn't supported.", "Use a statement instead.";
    /// A SELECT from a vindex without the values to map.
    VindexCondition = 9017, 1105, "HY000", "A SELECT from a vindex has no condition that says which values to map.", "Give it WHERE id = value, or WHERE id IN (values).";
    /// An unknown statement id.
    UnknownStatement = 9011, 1243, "HY000", "No prepared statement has this id or name on this connection.", "Prepare it again.";
    /// The proxy is going down.
    ShuttingDown = 15008, 1053, "08S01", "The proxy is shutting down.", "Connect again, to another proxy.";
    /// A second shard in `transaction_mode=single`.
    SingleShardTransaction = 15009, 1105, "HY000", "The transaction is in mode `single` and the statement needs another shard.", "SET transaction_mode = 'multi', or keep the transaction on one shard.";
    /// An empty statement.
    EmptyQuery = 15010, 1065, "42000", "The statement is empty.", "Send a statement.";
    /// An unknown thread id in KILL.
    UnknownThread = 15011, 1094, "HY000", "No connection has this id.", "SHOW PROCESSLIST lists them.";
    /// A target that doesn't exist.
    UnknownTarget = 15012, 1049, "42000", "The default database names a shard or a tablet type that doesn't exist.", "`SHOW SHARDS` lists the shards; types are `primary` and `replica`.";
    /// No such savepoint.
    UnknownSavepoint = 15017, 1305, "42000", "No savepoint of the transaction has this name.", "Set it with SAVEPOINT first.";
    /// A statement that can't be prepared.
    NotPreparable = 15022, 1295, "HY000", "MySQL doesn't prepare statements of this kind.", "Send it as a text.";
    /// Too many prepared statements.
    TooManyStatements = 15018, 1461, "42000", "A session holds as many prepared statements as it may.", "Close statements that aren't used any more.";
    /// Arguments of an execution that don't fit.
    WrongArguments = 15019, 1210, "HY000", "The parameters of an execution don't fit the prepared statement.", "Give as many parameters as the statement has, of types that it takes.";
    /// KILL of another user's connection.
    NotOwner = 15020, 1095, "HY000", "KILL named a connection of another user.", "Only a user with `\"*\": admin` may kill the connections of others.";
    /// A client that gives no files.
    LocalFilesOff = 15023, 3948, "42000", "LOAD DATA LOCAL came from a client that didn't offer to send files.", "Turn it on in the client (`mysql --local-infile=1`, `allowLoadLocalInfile=true`) and on the shards (`SET GLOBAL local_infile = 1`).";
    /// Nothing to serve from yet.
    NotReady = 15013, 1105, "HY000", "The schema of the keyspace couldn't be read from its shards yet.", "Check that its shards are up; the message names the last error.";
    /// A sequence that gives no values.
    Sequence = 15014, 1105, "HY000", "The table of a sequence is missing or isn't as it must be, so no value could be taken from it.", "The message says what to create or change; the table has one row with id 0, `next_id` and `cache`.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SG{:05}", self.number())
    }
}

/// An error for the client: a code and what is at fault in this statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SqlError {
    /// The code, which decides errno and SQLSTATE.
    pub code: Code,
    /// What, where, and what would make it work.
    pub message: String,
}

impl SqlError {
    /// An error of this code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        SqlError { code, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_unique_and_explained() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.number()), "{code} is used twice");
            assert!(code.number() < 100_000 && code.sqlstate().len() == 5);
            assert!(!code.cause().is_empty() && !code.remedy().is_empty(), "{code}");
        }
    }
}
