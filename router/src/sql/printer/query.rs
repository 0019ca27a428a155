//! Queries.

use super::Printer;
use crate::sql::ast::{
    Direction, Expr, IntoClause, IntoTarget, IntoVariable, Limit, LockStrength, LockWait, Locking, OrderItem, Query,
    QueryBody, Rollup, Select, SelectItem, SelectItemKind, SetOperator, ValuesRow, With,
};

impl Printer<'_> {
    /// A query, without parentheses around it.
    pub fn query(&mut self, query: &Query) -> &mut Self {
        if let Some(with) = &query.with {
            self.with(with);
        }
        self.query_body(&query.body).order_by(&query.order_by);
        if let Some(limit) = &query.limit {
            self.limit(limit);
        }
        for locking in &query.locking {
            self.locking(locking);
        }
        if let Some(into) = &query.into {
            self.print_into(into);
        }
        self
    }

    pub(super) fn with(&mut self, with: &With) -> &mut Self {
        self.raw(if with.recursive { "WITH RECURSIVE " } else { "WITH " });
        self.list(&with.ctes, |printer, cte| {
            printer.ident(&cte.name);
            if !cte.columns.is_empty() {
                printer.raw(" ").names(&cte.columns);
            }
            printer.raw(" AS (").query(&cte.query).raw(")");
        });
        self.raw(" ")
    }

    /// A query's body.
    pub fn query_body(&mut self, body: &QueryBody) -> &mut Self {
        match body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::Table(table) => self.raw("TABLE ").table_name(&table.table),
            QueryBody::Values(values) => self.raw("VALUES ").list(&values.rows, |printer, row| {
                printer.raw("ROW").values_row(row);
            }),
            QueryBody::Parenthesised(inner) => self.raw("(").query(&inner.query).raw(")"),
            QueryBody::SetOperation(operation) => {
                self.query_body(&operation.left);
                self.raw(match operation.operator {
                    SetOperator::Union => " UNION ",
                    SetOperator::Intersect => " INTERSECT ",
                    SetOperator::Except => " EXCEPT ",
                });
                self.raw(match (operation.all, operation.distinct) {
                    (true, _) => "ALL ",
                    (_, true) => "DISTINCT ",
                    _ => "",
                });
                self.query_body(&operation.right)
            }
        }
    }

    pub(super) fn values_row(&mut self, row: &ValuesRow) -> &mut Self {
        self.raw("(").exprs(&row.values).raw(")")
    }

    /// A query block.
    pub fn select(&mut self, select: &Select) -> &mut Self {
        self.raw("SELECT ");
        if let Some(hint) = select.hint {
            self.span(hint).raw(" ");
        }
        let options = select.options;
        let words = [
            (options.all, "ALL "),
            (options.distinct, "DISTINCT "),
            (options.high_priority, "HIGH_PRIORITY "),
            (options.straight_join, "STRAIGHT_JOIN "),
            (options.small_result, "SQL_SMALL_RESULT "),
            (options.big_result, "SQL_BIG_RESULT "),
            (options.buffer_result, "SQL_BUFFER_RESULT "),
            (options.no_cache, "SQL_NO_CACHE "),
            (options.calc_found_rows, "SQL_CALC_FOUND_ROWS "),
        ];
        for (_, word) in words.iter().filter(|(written, _)| *written) {
            self.raw(word);
        }
        self.list(&select.items, |printer, item| {
            printer.select_item(item);
        });
        if let Some(into) = &select.into {
            self.print_into(into);
        }
        if !select.from.is_empty() {
            self.raw(" FROM ").table_refs(&select.from);
        } else if select.from_dual.is_some() {
            self.raw(" FROM DUAL");
        }
        self.clause("WHERE", select.where_.as_ref());
        if let Some(group) = &select.group_by {
            match group.rollup {
                Rollup::Function => self.raw(" GROUP BY ROLLUP (").exprs(&group.items).raw(")"),
                Rollup::Cube => self.raw(" GROUP BY CUBE (").exprs(&group.items).raw(")"),
                Rollup::With => self.raw(" GROUP BY ").exprs(&group.items).raw(" WITH ROLLUP"),
                Rollup::No => self.raw(" GROUP BY ").exprs(&group.items),
            };
        }
        self.clause("HAVING", select.having.as_ref());
        if !select.windows.is_empty() {
            self.raw(" WINDOW ").list(&select.windows, |printer, window| {
                printer.ident(&window.name).raw(" AS ").window_spec(&window.spec);
            });
        }
        self.clause("QUALIFY", select.qualify.as_ref())
    }

    /// A select item with its alias.
    pub fn select_item(&mut self, item: &SelectItem) -> &mut Self {
        match &item.kind {
            SelectItemKind::All => self.raw("*"),
            SelectItemKind::AllOf(table) => self.table_name(table).raw(".*"),
            SelectItemKind::Expr { expr, alias } => {
                self.expr(expr);
                if let Some(alias) = alias {
                    self.raw(" AS ").ident(alias);
                }
                self
            }
        }
    }

    /// ORDER BY with a space before it, or nothing.
    pub fn order_by(&mut self, items: &[OrderItem]) -> &mut Self {
        if items.is_empty() {
            return self;
        }
        self.raw(" ORDER BY ").list(items, |printer, item| {
            printer.expr(&item.expr).raw(match item.direction {
                None => "",
                Some(Direction::Asc) => " ASC",
                Some(Direction::Desc) => " DESC",
            });
        })
    }

    fn limit(&mut self, limit: &Limit) -> &mut Self {
        self.clause("LIMIT", Some(&limit.count)).clause("OFFSET", limit.offset.as_ref())
    }

    pub(super) fn simple_limit(&mut self, limit: Option<&Expr>) -> &mut Self {
        self.clause("LIMIT", limit)
    }

    fn locking(&mut self, locking: &Locking) -> &mut Self {
        self.raw(match locking.strength {
            LockStrength::Update => " FOR UPDATE",
            LockStrength::Share => " FOR SHARE",
            LockStrength::LockInShareMode => " LOCK IN SHARE MODE",
        });
        if !locking.of.is_empty() {
            self.raw(" OF ").list(&locking.of, |printer, table| {
                printer.table_name(table);
            });
        }
        self.raw(match locking.wait {
            None => "",
            Some(LockWait::NoWait) => " NOWAIT",
            Some(LockWait::SkipLocked) => " SKIP LOCKED",
        })
    }

    fn print_into(&mut self, into: &IntoClause) -> &mut Self {
        self.raw(" INTO ");
        match &into.target {
            IntoTarget::Outfile { file, options } => self.raw("OUTFILE ").span(*file).raw(" ").span(*options),
            IntoTarget::Dumpfile { file } => self.raw("DUMPFILE ").span(*file),
            IntoTarget::Variables(variables) => self.list(variables, |printer, variable| {
                match variable {
                    IntoVariable::User(variable) => printer.span(variable.span),
                    IntoVariable::Local(name) => printer.ident(name),
                };
            }),
        }
    }
}
