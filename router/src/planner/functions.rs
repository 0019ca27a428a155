//! What a statement takes from the session and leaves in it: functions and variables.

use super::condition::value;
use super::edit::Edits;
use crate::error::SqlError;
use crate::fingerprint::Fingerprint;
use crate::plan::{Effects, Piece, SessionValue};
use crate::sql::ast::{
    Expr, ExprKind, FunctionCall, IntoTarget, IntoVariable, Query, Select, SelectItemKind, Span, Statement,
    VariableScope, Visitor, walk_expr, walk_query, walk_select, walk_statement,
};

/// Functions of locks that a name stands for, which exclude each other on one server only.
pub(super) const USER_LOCKS: [&str; 5] =
    ["GET_LOCK", "RELEASE_LOCK", "RELEASE_ALL_LOCKS", "IS_FREE_LOCK", "IS_USED_LOCK"];

/// What was found.
#[derive(Default)]
pub(super) struct Functions {
    /// Expressions that the session has the values of.
    session: Vec<(Span, SessionValue)>,
    /// Items of select lists without an alias: their text, and where an alias can stand.
    items: Vec<(Span, u32)>,
    pub(super) effects: Effects,
    /// Names a function whose value differs between calls (`RAND()`, `UUID()`), with its text.
    pub(super) volatile: Option<Span>,
    /// All such functions.
    pub(super) volatiles: Vec<Span>,
    /// Names a function of user locks (`GET_LOCK` and its kin).
    pub(super) user_locks: bool,
    /// INTO is written.
    pub(super) into: bool,
    /// A MATCH depends on other rows than its own.
    pub(super) ranks: bool,
}

impl Functions {
    pub(super) fn of(statement: &Statement, text: &[u8]) -> Self {
        let mut found = Functions { ranks: super::full_text::ranks(statement, text), ..Functions::default() };
        walk_statement(&mut found, statement);
        let mut values: Vec<SessionValue> = found.session.iter().map(|(_, value)| *value).collect();
        values.dedup();
        found.effects.session_values = values;
        found
    }

    /// The edits that put the session's values in and keep the columns' names.
    pub(super) fn edit(&self, text: &[u8], fingerprint: &Fingerprint, edits: &mut Edits) -> Result<(), SqlError> {
        for (span, value) in &self.session {
            edits.replace(*span, vec![Piece::Session(*value)]);
        }
        for (name, at) in &self.items {
            if !self.session.iter().any(|(span, _)| name.contains(*span)) {
                continue;
            }
            // A name with a backtick would end the quotes: such a column has the name that the value gives it.
            if name.of(text).contains(&b'`') {
                continue;
            }
            let mut pieces = vec![Piece::Sql(" AS `".into())];
            pieces.extend(Edits::default().pieces(*name, fingerprint)?);
            pieces.push(Piece::Sql("`".into()));
            edits.replace(Span::at(*at), pieces);
        }
        Ok(())
    }

    fn reads(&mut self, name: &str) {
        let name: Box<str> = name.to_lowercase().into();
        if !self.effects.reads_variables.contains(&name) {
            self.effects.reads_variables.push(name);
        }
    }

    fn writes(&mut self, name: &str) {
        let name: Box<str> = name.to_lowercase().into();
        if !self.effects.writes_variables.contains(&name) {
            self.effects.writes_variables.push(name);
        }
    }

    fn call(&mut self, call: &FunctionCall, span: Span) {
        if call.schema.is_some() {
            return;
        }
        let value = match (call.name.value.to_ascii_uppercase().as_str(), call.args.len()) {
            ("LAST_INSERT_ID", 0) => SessionValue::LastInsertId,
            ("LAST_INSERT_ID", _) => {
                self.effects.sets_last_insert_id = true;
                return;
            }
            ("FOUND_ROWS", _) => SessionValue::FoundRows,
            ("ROW_COUNT", _) => SessionValue::RowCount,
            ("CONNECTION_ID", _) => SessionValue::ConnectionId,
            ("DATABASE" | "SCHEMA", _) => SessionValue::Database,
            ("USER" | "SESSION_USER" | "SYSTEM_USER", _) => SessionValue::User,
            ("CURRENT_USER", _) => SessionValue::CurrentUser,
            ("VERSION", _) => SessionValue::Version,
            (name, _) if USER_LOCKS.contains(&name) => {
                self.user_locks = true;
                self.effects.pins_connection = true;
                return;
            }
            ("RAND" | "UUID" | "UUID_SHORT" | "RANDOM_BYTES", _) => {
                self.volatile.get_or_insert(span);
                self.volatiles.push(span);
                return;
            }
            _ => return,
        };
        self.session.push((span, value));
    }
}

impl Visitor for Functions {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Function(call) => self.call(call, expr.span),
            ExprKind::UserVariable(variable) => self.reads(&variable.name),
            ExprKind::Assign(assign) => {
                self.reads(&assign.variable.name);
                self.writes(&assign.variable.name);
            }
            ExprKind::SystemVariable(variable) if variable.scope != Some(VariableScope::Global) => {
                let value = match variable.name.value.to_ascii_lowercase().as_str() {
                    "last_insert_id" | "identity" => Some(SessionValue::LastInsertId),
                    "version" => Some(SessionValue::Version),
                    "autocommit" => Some(SessionValue::Autocommit),
                    "warning_count" => Some(SessionValue::WarningCount),
                    "error_count" => Some(SessionValue::ErrorCount),
                    "transaction_mode" => Some(SessionValue::TransactionMode),
                    "workload" => Some(SessionValue::Workload),
                    _ => None,
                };
                self.session.extend(value.map(|value| (expr.span, value)));
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn query(&mut self, query: &Query) {
        self.into |= query.into.is_some();
        for variable in query.into.iter().flat_map(|into| variables(&into.target)) {
            self.writes(variable);
        }
        walk_query(self, query);
    }

    fn select(&mut self, select: &Select) {
        self.into |= select.into.is_some();
        for variable in select.into.iter().flat_map(|into| variables(&into.target)) {
            self.writes(variable);
        }
        for item in &select.items {
            if let SelectItemKind::Expr { alias: None, .. } = &item.kind {
                self.items.push((item.span, item.full_span.end));
            }
        }
        walk_select(self, select);
    }
}

fn variables(target: &IntoTarget) -> Vec<&str> {
    match target {
        IntoTarget::Variables(variables) => variables
            .iter()
            .filter_map(|variable| match variable {
                IntoVariable::User(variable) => Some(&*variable.name),
                IntoVariable::Local(_) => None,
            })
            .collect(),
        IntoTarget::Outfile { .. } | IntoTarget::Dumpfile { .. } => Vec::new(),
    }
}

/// Whether the expression has the same value wherever it is computed: it names no column, variable or subquery.
pub(super) fn is_constant(expr: &Expr, fingerprint: &Fingerprint) -> bool {
    struct Varies(bool);
    impl Visitor for Varies {
        fn expr(&mut self, expr: &Expr) {
            self.0 |= matches!(
                expr.kind,
                ExprKind::Column(_)
                    | ExprKind::DefaultOf(_)
                    | ExprKind::InsertValue(_)
                    | ExprKind::Default
                    | ExprKind::Assign(_)
                    | ExprKind::Aggregate(_)
                    | ExprKind::Match(_)
                    | ExprKind::Window(_)
            );
            walk_expr(self, expr);
        }

        fn query(&mut self, _: &Query) {
            self.0 = true;
        }
    }
    if value(expr, fingerprint).is_some() {
        return true;
    }
    let mut varies = Varies(false);
    varies.expr(expr);
    !varies.0
}
