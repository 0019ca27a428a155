//! VEXPLAIN KEYS: which columns a statement joins, filters, groups and selects by. This is what one looks at to choose
//! shard keys. Names and shape are those of Vitess's `VEXPLAIN KEYS`.

use super::names::{self, Resolved, ResolvedKind};
use super::{Context, syntax};
use crate::error::{Code, SqlError};
use crate::plan::TableUse;
use crate::sql::ast::{
    BinaryOp, ColumnRef, DeleteForm, Expr, ExprKind, GroupBy, Insert, JoinCondition, LiteralKind, Query, QueryBody,
    Select, SelectItem, SelectItemKind, Statement, TableName, TableRef, Visitor, With, walk_expr, walk_insert,
    walk_query_body,
};
use crate::sql::keywords::Keyword;
use crate::sql::parser;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The document about a statement, and the tables that it names.
pub(super) fn column_uses(text: &[u8], context: &Context<'_>) -> Result<(String, Vec<TableUse>), SqlError> {
    let parsed = parser::parse_statement(text, 0, &context.parse_options()).map_err(|error| {
        let near = String::from_utf8_lossy(error.near(text)).into_owned();
        syntax(&near, error.line(text))
    })?;
    let mut uses = Uses { text, context, ctes: Vec::new(), blocks: Vec::new(), found: Found::default(), error: None };
    let kind = match &parsed.statement {
        Statement::Query(query) => {
            uses.query(query);
            "SELECT"
        }
        Statement::Insert(insert) => {
            uses.insert(insert);
            if insert.replace { "REPLACE" } else { "INSERT" }
        }
        Statement::Update(update) => {
            uses.with(update.with.as_ref(), |uses| {
                let values: Vec<&Expr> = update.assignments.iter().map(|assignment| &assignment.value).collect();
                uses.write(&update.tables, update.where_.as_ref(), &values);
            });
            "UPDATE"
        }
        Statement::Delete(delete) => {
            uses.with(delete.with.as_ref(), |uses| {
                let single;
                let tables = match &delete.form {
                    DeleteForm::Single(table) => {
                        single = [TableRef::Table(table.clone())];
                        &single[..]
                    }
                    DeleteForm::Multi { from, .. } => from,
                };
                uses.write(tables, delete.where_.as_ref(), &[]);
            });
            "DELETE"
        }
    };
    if let Some(error) = uses.error {
        return Err(error);
    }
    let text = serde_json::to_string_pretty(&uses.found.json(kind)).map_err(|error| {
        SqlError::new(Code::Internal, format!("the document of VEXPLAIN KEYS can't be written: {error}"))
    })?;
    Ok((text, uses.found.tables))
}

/// A column of a table, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    table: Box<str>,
    name: Box<str>,
}

impl Column {
    fn text(&self) -> String {
        format!("{}.{}", shown(&self.table), shown(&self.name))
    }
}

/// A name, in quotes where it needs them.
fn shown(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
        && !name.bytes().all(|byte| byte.is_ascii_digit())
        && Keyword::find(name.as_bytes()).is_none_or(Keyword::is_name);
    if plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

#[derive(Default)]
struct Found {
    tables: Vec<TableUse>,
    grouping: BTreeSet<Column>,
    joins: BTreeSet<(Column, &'static str)>,
    filters: BTreeSet<(Column, &'static str)>,
    selected: BTreeSet<Column>,
    predicates: Vec<(Column, &'static str, Column)>,
}

impl Found {
    fn json(&self, kind: &str) -> Json {
        let mut object = Map::new();
        object.insert("statementType".into(), json!(kind));
        let mut list = |name: &str, texts: Vec<String>| {
            if !texts.is_empty() {
                object.insert(name.into(), json!(texts));
            }
        };
        let tables: BTreeSet<String> = self.tables.iter().map(|table| shown(&table.table)).collect();
        list("tableName", tables.into_iter().collect());
        list("groupingColumns", self.grouping.iter().map(Column::text).collect());
        let used = |set: &BTreeSet<(Column, &'static str)>| {
            set.iter().map(|(column, operator)| format!("{} {operator}", column.text())).collect()
        };
        list("joinColumns", used(&self.joins));
        list("filterColumns", used(&self.filters));
        list("selectColumns", self.selected.iter().map(Column::text).collect());
        let predicate = |(left, operator, right): &(Column, &'static str, Column)| {
            format!("{} {operator} {}", left.text(), right.text())
        };
        list("joinPredicates", self.predicates.iter().map(predicate).collect());
        Json::Object(object)
    }

    fn join(&mut self, left: Column, operator: BinaryOp, right: Column) {
        let Some(word) = word(operator) else { return };
        self.joins.insert((left.clone(), word));
        self.joins.extend(word_of_turned(operator).map(|word| (right.clone(), word)));
        let known = self
            .predicates
            .iter()
            .any(|(a, operator, b)| *operator == word && (*a == left && *b == right || *a == right && *b == left));
        if !known {
            self.predicates.push((left, word, right));
        }
    }
}

/// A comparison as Vitess writes it in JSON.
fn word(operator: BinaryOp) -> Option<&'static str> {
    Some(match operator {
        BinaryOp::Eq => "=",
        BinaryOp::NullSafeEq => "<=>",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "lt",
        BinaryOp::Le => "le",
        BinaryOp::Gt => "gt",
        BinaryOp::Ge => "ge",
        _ => return None,
    })
}

/// The same with its sides changed.
fn word_of_turned(operator: BinaryOp) -> Option<&'static str> {
    word(match operator {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    })
}

/// A table of a FROM clause; `None`: a query, a CTE or the like, whose columns are no table's.
struct Entry {
    name: Box<str>,
    table: Option<Resolved>,
}

struct Uses<'c> {
    text: &'c [u8],
    context: &'c Context<'c>,
    /// Names of the CTEs that are seen here.
    ctes: Vec<Box<str>>,
    /// The tables of the query blocks around this place, innermost last.
    blocks: Vec<Vec<Entry>>,
    found: Found,
    error: Option<SqlError>,
}

impl Uses<'_> {
    fn insert(&mut self, insert: &Insert) {
        if let Some(table) = self.resolve(&insert.table)
            && let Some(used) = self.found.tables.iter_mut().find(|used| *used.table == *table.table)
        {
            used.written = true;
        }
        walk_insert(self, insert);
    }

    fn write(&mut self, tables: &[TableRef], where_: Option<&Expr>, values: &[&Expr]) {
        self.enter(tables);
        self.conditions(tables);
        if let Some(where_) = where_ {
            self.condition(where_);
            self.expr(where_);
        }
        values.iter().for_each(|value| self.expr(value));
        self.blocks.pop();
    }

    /// What is inside of WITH's names.
    fn with(&mut self, with: Option<&With>, inside: impl FnOnce(&mut Self)) {
        let before = self.ctes.len();
        for cte in with.iter().flat_map(|with| &with.ctes) {
            if with.is_some_and(|with| with.recursive) {
                self.ctes.push(cte.name.value.clone());
            }
            self.query(&cte.query);
            self.ctes.push(cte.name.value.clone());
        }
        inside(self);
        self.ctes.truncate(before);
    }

    fn resolve(&mut self, name: &TableName) -> Option<Resolved> {
        match names::resolve(self.context, name) {
            Ok(found) if matches!(found.kind, ResolvedKind::System) => None,
            Ok(found) => {
                let known = |used: &TableUse| used.keyspace == found.keyspace && used.table == found.table;
                if !self.found.tables.iter().any(known) {
                    let (keyspace, table) = (Arc::clone(&found.keyspace), Arc::clone(&found.table));
                    self.found.tables.push(TableUse { keyspace, table, written: false });
                }
                Some(found)
            }
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        }
    }

    /// A query block with these tables begins.
    fn enter(&mut self, tables: &[TableRef]) {
        let mut entries = Vec::new();
        tables.iter().for_each(|table| self.entries(table, &mut entries));
        self.blocks.push(entries);
    }

    fn entries(&mut self, table: &TableRef, into: &mut Vec<Entry>) {
        match table {
            TableRef::Table(factor) => {
                let cte = factor.name.schema.is_none() && self.ctes.iter().any(|cte| factor.name.name.is(cte));
                let table = if cte { None } else { self.resolve(&factor.name) };
                into.push(Entry { name: factor.exposed_name().value.clone(), table });
            }
            TableRef::Derived(derived) => {
                let name = derived.alias.as_ref().map(|alias| alias.value.clone()).unwrap_or_default();
                into.push(Entry { name, table: None });
            }
            TableRef::Json(json) => {
                let name = json.alias.as_ref().map(|alias| alias.value.clone()).unwrap_or_default();
                into.push(Entry { name, table: None });
            }
            TableRef::Join(join) => {
                self.entries(&join.left, into);
                self.entries(&join.right, into);
            }
            TableRef::List(list) => list.tables.iter().for_each(|table| self.entries(table, into)),
        }
    }

    /// The queries and the conditions of a FROM clause, whose tables are entered.
    fn conditions(&mut self, tables: &[TableRef]) {
        for table in tables {
            match table {
                TableRef::Table(_) => {}
                TableRef::Derived(derived) => self.query(&derived.query),
                TableRef::Json(json) => self.expr(&json.expr),
                TableRef::List(list) => self.conditions(&list.tables),
                TableRef::Join(join) => {
                    self.conditions(std::slice::from_ref(&join.left));
                    self.conditions(std::slice::from_ref(&join.right));
                    match &join.condition {
                        JoinCondition::On(condition) => {
                            self.condition(condition);
                            self.expr(condition);
                        }
                        JoinCondition::Using(columns) => {
                            for column in columns {
                                let sides =
                                    (self.side(&join.left, &column.value), self.side(&join.right, &column.value));
                                if let (Some(left), Some(right)) = sides {
                                    self.found.join(left, BinaryOp::Eq, right);
                                }
                            }
                        }
                        JoinCondition::None => {}
                    }
                }
            }
        }
    }

    /// A column of one side of a join.
    fn side(&mut self, table: &TableRef, column: &str) -> Option<Column> {
        let mut entries = Vec::new();
        self.entries(table, &mut entries);
        self.among(&entries, column).flatten()
    }

    /// The conjuncts of a condition.
    fn condition(&mut self, condition: &Expr) {
        let filter = |uses: &mut Self, expr: &Expr, words: &[&'static str]| {
            if let ExprKind::Column(column) = &expr.kind
                && let Some(column) = uses.column(column)
            {
                uses.found.filters.extend(words.iter().map(|word| (column.clone(), *word)));
            }
        };
        let negated = |negated: bool, [plain, not]: [&'static str; 2]| if negated { not } else { plain };
        match &condition.kind {
            ExprKind::And(list) => list.iter().for_each(|expr| self.condition(expr)),
            ExprKind::Binary(operator, operands) => {
                let Some((word, turned)) = word(*operator).zip(word_of_turned(*operator)) else { return };
                if let (ExprKind::Column(left), ExprKind::Column(right)) = (&operands.0.kind, &operands.1.kind)
                    && let (Some((a, left)), Some((b, right))) = (self.place(left), self.place(right))
                    && a != b
                {
                    self.found.join(left, *operator, right);
                    return;
                }
                filter(self, &operands.0, &[word]);
                filter(self, &operands.1, &[turned]);
            }
            ExprKind::Between(between) if !between.negated => filter(self, &between.expr, &["ge", "le"]),
            ExprKind::InList(list) => filter(self, &list.expr, &[negated(list.negated, ["in", "not in"])]),
            ExprKind::InQuery(query) => filter(self, &query.expr, &[negated(query.negated, ["in", "not in"])]),
            ExprKind::Like(like) => filter(self, &like.expr, &[negated(like.negated, ["like", "not like"])]),
            ExprKind::Regexp(regexp) => {
                filter(self, &regexp.expr, &[negated(regexp.negated, ["regexp", "not regexp"])]);
            }
            _ => {}
        }
    }

    /// Which table's column it is.
    fn column(&self, column: &ColumnRef) -> Option<Column> {
        self.place(column).map(|(_, column)| column)
    }

    /// Which table's column it is, and the number of that table's place among all around.
    fn place(&self, column: &ColumnRef) -> Option<((usize, usize), Column)> {
        for (depth, block) in self.blocks.iter().enumerate().rev() {
            let found = match &column.table {
                Some(table) => {
                    let Some(at) = block.iter().position(|entry| table.is(&entry.name)) else { continue };
                    Some(at)
                }
                None => match self.index(block, &column.column.value) {
                    Some(found) => found,
                    None => continue,
                },
            };
            let at = found?;
            let table = block.get(at)?.table.as_ref()?;
            return Some(((depth, at), self.named(table, &column.column.value)));
        }
        None
    }

    /// The column's name as its table writes it.
    fn named(&self, table: &Resolved, column: &str) -> Column {
        let live = table.live(self.context).and_then(|live| live.column(column));
        let name = live.map_or_else(|| Box::from(column), |live| Box::from(&*live.name));
        Column { table: Box::from(&*table.table), name }
    }

    /// The number of the table whose column an unqualified name is: `None`, it is of none of these; `Some(None)`, it
    /// isn't known of which.
    fn index(&self, entries: &[Entry], column: &str) -> Option<Option<usize>> {
        let mut certain = None;
        let mut unknown = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            match entry.table.as_ref().map(|table| table.live(self.context)) {
                Some(Some(live)) => {
                    if live.column(column).is_some() {
                        certain = certain.or(Some(at));
                    }
                }
                _ => unknown.push(at),
            }
        }
        match (certain, unknown.as_slice()) {
            (Some(at), _) => Some(Some(at)),
            (None, []) => None,
            (None, [only]) => Some(Some(*only)),
            (None, _) => Some(None),
        }
    }

    fn among(&self, entries: &[Entry], column: &str) -> Option<Option<Column>> {
        let at = self.index(entries, column)?;
        Some(at.and_then(|at| entries.get(at)?.table.as_ref()).map(|table| self.named(table, column)))
    }

    /// All columns of the tables of the innermost block, or of the one of this name.
    fn select_all(&mut self, of: Option<&TableName>) {
        let Some(block) = self.blocks.last() else { return };
        let mut all = Vec::new();
        for entry in block.iter().filter(|entry| of.is_none_or(|name| name.name.is(&entry.name))) {
            if let Some(table) = &entry.table
                && let Some(live) = table.live(self.context)
            {
                all.extend(
                    live.visible()
                        .map(|column| Column { table: Box::from(&*table.table), name: Box::from(&*column.name) }),
                );
            }
        }
        self.found.selected.extend(all);
    }

    /// The columns that GROUP BY names, by an item's number or alias too.
    fn group(&mut self, group: &GroupBy, select: &Select) {
        for expr in &group.items {
            let item = match &expr.kind {
                ExprKind::Literal(literal) if literal.kind == LiteralKind::Integer => {
                    let number = std::str::from_utf8(expr.span.of(self.text)).ok();
                    let number = number.and_then(|digits| digits.parse::<usize>().ok());
                    number.and_then(|number| select.items.get(number.checked_sub(1)?)).and_then(selected)
                }
                ExprKind::Column(column) if column.table.is_none() && self.column(column).is_none() => {
                    let named = |item: &&SelectItem| match &item.kind {
                        SelectItemKind::Expr { alias: Some(alias), .. } => alias.is(&column.column.value),
                        _ => false,
                    };
                    select.items.iter().find(named).and_then(selected)
                }
                _ => Some(expr),
            };
            if let Some(ExprKind::Column(column)) = item.map(|item| &item.kind) {
                self.found.grouping.extend(self.column(column));
            }
        }
    }
}

/// The expression of an item of a select list.
fn selected(item: &SelectItem) -> Option<&Expr> {
    match &item.kind {
        SelectItemKind::Expr { expr, .. } => Some(expr),
        SelectItemKind::All | SelectItemKind::AllOf(_) => None,
    }
}

impl Visitor for Uses<'_> {
    fn query(&mut self, query: &Query) {
        self.with(query.with.as_ref(), |uses| {
            walk_query_body(uses, &query.body);
            if let QueryBody::Table(table) = &query.body
                && !uses.ctes.iter().any(|cte| table.table.schema.is_none() && table.table.name.is(cte))
            {
                let table = uses.resolve(&table.table);
                uses.blocks.push(vec![Entry { name: Box::from(""), table }]);
                uses.select_all(None);
                uses.blocks.pop();
            }
            query.order_by.iter().for_each(|item| uses.expr(&item.expr));
        });
    }

    fn select(&mut self, select: &Select) {
        self.enter(&select.from);
        self.conditions(&select.from);
        for item in &select.items {
            match &item.kind {
                SelectItemKind::All => self.select_all(None),
                SelectItemKind::AllOf(name) => self.select_all(Some(name)),
                SelectItemKind::Expr { expr, .. } => {
                    let mut columns = Columns(Vec::new());
                    columns.expr(expr);
                    for column in columns.0 {
                        self.found.selected.extend(self.column(&column));
                    }
                    self.expr(expr);
                }
            }
        }
        if let Some(where_) = &select.where_ {
            self.condition(where_);
            self.expr(where_);
        }
        if let Some(group) = &select.group_by {
            self.group(group, select);
            group.items.iter().for_each(|expr| self.expr(expr));
        }
        select.having.iter().chain(&select.qualify).for_each(|expr| self.expr(expr));
        self.blocks.pop();
    }
}

/// The columns of an expression, without those of its subqueries.
struct Columns(Vec<ColumnRef>);

impl Visitor for Columns {
    fn query(&mut self, _: &Query) {}

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Column(column) => self.0.push((**column).clone()),
            ExprKind::Match(found) => {
                self.0.extend(found.columns.iter().cloned());
                self.expr(&found.against);
            }
            _ => walk_expr(self, expr),
        }
    }
}
