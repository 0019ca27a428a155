//! The values that labels can have: enums, so that no client can make a new time series.

use shardgate_router::plan::StatementClass;

macro_rules! label {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum $name {
            $($(#[doc = $variant_doc])+ $variant,)+
        }

        impl $name {
            /// Every value, in the order of their indices.
            pub(crate) const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The label's text.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }
    };
}

label! {
    /// How a statement ended.
    Outcome {
        /// With a result.
        Ok = "ok",
        /// With an error for the client.
        Error = "error",
    }
}

label! {
    /// How far a statement reached.
    Reach {
        /// The proxy answered it itself.
        Local = "local",
        /// One shard answered it.
        OneShard = "one_shard",
        /// Several shards answered it.
        SeveralShards = "several_shards",
    }
}

label! {
    /// What the plan cache did for a statement.
    PlanCacheOutcome {
        /// The plan was there.
        Hit = "hit",
        /// The statement was planned.
        Miss = "miss",
        /// The statement asked for a fresh plan, or can't be cached.
        Skipped = "skipped",
    }
}

label! {
    /// Why a client's connection ended before it could send a statement.
    RefusedConnection {
        /// `limits.max_connections`.
        TooManyConnections = "too_many_connections",
        /// `limits.max_connections_per_user`.
        TooManyUserConnections = "too_many_user_connections",
        /// Unknown user, wrong password, or no right for the database.
        AccessDenied = "access_denied",
        /// A broken or unfinished handshake, TLS included.
        Handshake = "handshake",
    }
}

label! {
    /// What the connections of a pool do.
    PoolState {
        /// Free to be taken.
        Idle = "idle",
        /// Running a statement or held by a transaction or a pinned session.
        Active = "active",
        /// Not a connection: statements that wait for one.
        Waiting = "waiting",
    }
}

/// Every class of statements, in the order of [`class_index`].
pub(crate) const CLASSES: [StatementClass; 13] = [
    StatementClass::Select,
    StatementClass::LockingSelect,
    StatementClass::Insert,
    StatementClass::Replace,
    StatementClass::Update,
    StatementClass::Delete,
    StatementClass::Load,
    StatementClass::Ddl,
    StatementClass::Call,
    StatementClass::Show,
    StatementClass::Set,
    StatementClass::Transaction,
    StatementClass::Other,
];

/// Where a class stands in [`CLASSES`].
pub(crate) fn class_index(class: StatementClass) -> usize {
    match class {
        StatementClass::Select => 0,
        StatementClass::LockingSelect => 1,
        StatementClass::Insert => 2,
        StatementClass::Replace => 3,
        StatementClass::Update => 4,
        StatementClass::Delete => 5,
        StatementClass::Load => 6,
        StatementClass::Ddl => 7,
        StatementClass::Call => 8,
        StatementClass::Show => 9,
        StatementClass::Set => 10,
        StatementClass::Transaction => 11,
        StatementClass::Other => 12,
    }
}

/// A class as a label's text.
pub(crate) fn class_text(class: StatementClass) -> &'static str {
    match class {
        StatementClass::Select => "select",
        StatementClass::LockingSelect => "locking_select",
        StatementClass::Insert => "insert",
        StatementClass::Replace => "replace",
        StatementClass::Update => "update",
        StatementClass::Delete => "delete",
        StatementClass::Load => "load",
        StatementClass::Ddl => "ddl",
        StatementClass::Call => "call",
        StatementClass::Show => "show",
        StatementClass::Set => "set",
        StatementClass::Transaction => "transaction",
        StatementClass::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_stands_where_its_index_says() {
        for (index, class) in CLASSES.iter().enumerate() {
            assert_eq!(class_index(*class), index);
        }
    }
}
