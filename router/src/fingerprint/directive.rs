//! Directives in comments: `/*vt+ NAME=VALUE */`, and the same with `/*sg+ */`.

use super::{Literal, LiteralKind};

/// The directives that exist, with Vitess's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirectiveName {
    /// `MULTI_SHARD_AUTOCOMMIT`.
    MultiShardAutocommit,
    /// `SKIP_QUERY_PLAN_CACHE`.
    SkipQueryPlanCache,
    /// `QUERY_TIMEOUT_MS`.
    QueryTimeoutMs,
    /// `SCATTER_ERRORS_AS_WARNINGS`.
    ScatterErrorsAsWarnings,
    /// `IGNORE_MAX_MEMORY_ROWS`.
    IgnoreMaxMemoryRows,
    /// `IGNORE_MAX_PAYLOAD_SIZE`.
    IgnoreMaxPayloadSize,
    /// `ALLOW_SCATTER`.
    AllowScatter,
    /// `ALLOW_HASH_JOIN`.
    AllowHashJoin,
    /// `CONSOLIDATOR`.
    Consolidator,
    /// `WORKLOAD_NAME`.
    WorkloadName,
    /// `PRIORITY`.
    Priority,
    /// A name that isn't known: a warning for the client.
    Unknown,
}

impl DirectiveName {
    fn of(name: &[u8]) -> Self {
        match name.to_ascii_uppercase().as_slice() {
            b"MULTI_SHARD_AUTOCOMMIT" => Self::MultiShardAutocommit,
            b"SKIP_QUERY_PLAN_CACHE" => Self::SkipQueryPlanCache,
            b"QUERY_TIMEOUT_MS" => Self::QueryTimeoutMs,
            b"SCATTER_ERRORS_AS_WARNINGS" => Self::ScatterErrorsAsWarnings,
            b"IGNORE_MAX_MEMORY_ROWS" => Self::IgnoreMaxMemoryRows,
            b"IGNORE_MAX_PAYLOAD_SIZE" => Self::IgnoreMaxPayloadSize,
            b"ALLOW_SCATTER" => Self::AllowScatter,
            b"ALLOW_HASH_JOIN" => Self::AllowHashJoin,
            b"CONSOLIDATOR" => Self::Consolidator,
            b"WORKLOAD_NAME" => Self::WorkloadName,
            b"PRIORITY" => Self::Priority,
            _ => Self::Unknown,
        }
    }
}

/// One directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directive<'a> {
    /// Which.
    pub name: DirectiveName,
    /// The name as written.
    pub written: &'a [u8],
    /// The value without quotes; `None`: only the name was given, which means "on".
    pub value: Option<&'a [u8]>,
}

impl Directive<'_> {
    /// Whether the directive is switched on: no value, `1` or `true`.
    pub fn is_on(&self) -> bool {
        self.value.is_none_or(|value| value == b"1" || value.eq_ignore_ascii_case(b"true"))
    }
}

/// An iterator over the directives of a text.
#[derive(Debug, Clone)]
pub struct Directives<'a> {
    text: &'a [u8],
    comments: std::slice::Iter<'a, Literal>,
    rest: &'a [u8],
}

impl<'a> Directives<'a> {
    pub(super) fn new(text: &'a [u8], literals: &'a [Literal]) -> Self {
        Directives { text, comments: literals.iter(), rest: &[] }
    }

    fn take(&mut self, end: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().position(|byte| end(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn value(&mut self) -> Option<&'a [u8]> {
        self.rest = self.rest.strip_prefix(b"=")?;
        for quote in [b'"', b'\''] {
            if let Some(rest) = self.rest.strip_prefix(&[quote]) {
                self.rest = rest;
                let value = self.take(|byte| byte == quote);
                self.rest = self.rest.get(1..).unwrap_or_default();
                return Some(value);
            }
        }
        Some(self.take(|byte| byte.is_ascii_whitespace()))
    }
}

impl<'a> Iterator for Directives<'a> {
    type Item = Directive<'a>;

    fn next(&mut self) -> Option<Directive<'a>> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if !self.rest.is_empty() {
                let written = self.take(|byte| byte == b'=' || byte.is_ascii_whitespace());
                let value = self.value();
                return Some(Directive { name: DirectiveName::of(written), written, value });
            }
            let comment = self.comments.find(|literal| literal.kind == LiteralKind::Comment)?;
            let source = self.text.get(comment.range()).unwrap_or_default();
            if let Some(inner) = source.strip_prefix(b"/*vt+").or_else(|| source.strip_prefix(b"/*sg+")) {
                self.rest = inner.strip_suffix(b"*/").unwrap_or(inner);
            }
        }
    }
}
