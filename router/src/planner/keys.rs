//! Keys of ORDER BY and GROUP BY as columns of the shards' rows, with hidden columns where the client's own don't do.

use super::analysis::{Analysis, Node};
use super::bind::{Binder, Bound, Output};
use super::merge::Refusal;
use super::shape::Shape;
use super::statement::Planning;
use crate::fingerprint::LiteralKind as Slot;
use crate::plan::{Padding, Piece, SlotId, SortKey, Template};
use crate::schema::DataType;
use crate::sql::ast::{
    BinaryOp, ColumnRef, Expr, ExprKind, LiteralKind, Query, Select, SelectItem, SelectItemKind, Span, Visitor,
    eq_ignore_case, walk_expr,
};

/// Functions whose values are numbers or times.
const NUMERIC: [&str; 38] = [
    "ABS",
    "ACOS",
    "ASCII",
    "ASIN",
    "ATAN",
    "BIT_COUNT",
    "BIT_LENGTH",
    "CEIL",
    "CEILING",
    "CHAR_LENGTH",
    "CHARACTER_LENGTH",
    "CRC32",
    "DATEDIFF",
    "DAY",
    "DAYOFMONTH",
    "DAYOFWEEK",
    "DAYOFYEAR",
    "EXP",
    "FIELD",
    "FLOOR",
    "HOUR",
    "INSTR",
    "LENGTH",
    "LN",
    "LOCATE",
    "LOG",
    "MINUTE",
    "MOD",
    "MONTH",
    "OCTET_LENGTH",
    "QUARTER",
    "ROUND",
    "SECOND",
    "SIGN",
    "SQRT",
    "TRUNCATE",
    "WEEK",
    "YEAR",
];

/// How values of an expression are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By what the shards send: numbers, times, bytes.
    Value,
    /// By weight, if it turns out to be text.
    Weight,
    /// By number: ENUM and SET.
    Number,
    /// In a way that isn't known here: JSON, geometry.
    Unknown(DataType),
}

/// Where a key is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'q> {
    /// A column of the client's.
    Column {
        /// Its index.
        index: u32,
        /// Its expression, if it isn't one of a `*`.
        item: Option<&'q Expr>,
        /// Its column of a table, if it is one.
        node: Option<Node>,
    },
    /// Only as an expression.
    Expression(&'q Expr),
}

/// The hidden columns of a select list.
pub(super) struct Hidden {
    first: u32,
    texts: Vec<Vec<Piece>>,
}

impl Hidden {
    pub(super) fn new(visible: u32) -> Self {
        Hidden { first: visible, texts: Vec::new() }
    }

    /// The index of a hidden column with this text.
    pub(super) fn column(&mut self, text: Vec<Piece>) -> u32 {
        let index = self.texts.iter().position(|known| *known == text).unwrap_or_else(|| {
            self.texts.push(text);
            self.texts.len() - 1
        });
        self.first + index as u32
    }

    pub(super) fn count(&self) -> u32 {
        self.texts.len() as u32
    }

    /// The columns' texts.
    pub(super) fn into_texts(self) -> Vec<Vec<Piece>> {
        self.texts
    }

    /// `, a, b` to be put behind the select list.
    pub(super) fn pieces(self) -> Vec<Piece> {
        self.texts.into_iter().flat_map(|text| std::iter::once(Piece::Sql(", ".into())).chain(text)).collect()
    }
}

/// Finds keys of one query block.
pub(super) struct Keys<'k, 'p, 'a, 'q> {
    pub(super) planning: &'k mut Planning<'p>,
    pub(super) analysis: &'k mut Analysis<'a>,
    pub(super) bound: &'k Bound,
    pub(super) output: &'k Output,
    pub(super) select: &'q Select,
    /// What a shard gets if it is the only one.
    pub(super) alone: Template,
    pub(super) hidden: Hidden,
}

impl<'q> Keys<'_, '_, '_, 'q> {
    /// The expression's text as pieces, in front of and behind which other text is put.
    pub(super) fn wrapped(&self, before: &str, expr: &Expr, after: &str) -> Result<Vec<Piece>, Refusal> {
        self.wrapped_span(before, expr.span, after)
    }

    fn wrapped_span(&self, before: &str, span: Span, after: &str) -> Result<Vec<Piece>, Refusal> {
        if !self.planning.parsed.can_cut(span) {
            return Err(Refusal::unsupported("an expression that crosses the edge of a version comment (/*! */)"));
        }
        let mut pieces = vec![Piece::Sql(before.into())];
        pieces.extend(self.planning.edits.pieces(span, self.planning.fingerprint)?);
        pieces.push(Piece::Sql(after.into()));
        Ok(pieces)
    }

    /// The node of a column.
    pub(super) fn node(&mut self, expr: &Expr) -> Option<Node> {
        let statement = &self.planning.parsed.statement;
        Binder::new(self.analysis, statement).expr_node(expr, &self.bound.scope)
    }

    /// Where the key of an ORDER BY (`order`) or GROUP BY stands.
    pub(super) fn place(&mut self, expr: &'q Expr, order: bool) -> Result<Place<'q>, Refusal> {
        if expr.is_integer() {
            return self.position(expr);
        }
        if matches!(expr.kind, ExprKind::Param(_) | ExprKind::Literal(_)) {
            return Err(Refusal::unsupported(format!("ordering by the constant {}", self.show(expr.span))));
        }
        let node = self.node(expr);
        let by_alias = self.by_alias(expr)?;
        // ORDER BY looks at aliases first, GROUP BY at the tables' columns.
        if let Some(place) = by_alias
            && (order || node.is_none())
        {
            return Ok(place);
        }
        // The shards order their rows by what they group by, and ORDER BY would find the alias.
        if let (Some(Place::Column { node: named, .. }), false) = (&by_alias, order)
            && *named != node
        {
            return Err(Refusal::unsupported(format!(
                "grouping by a column that the alias {} hides",
                self.show(expr.span)
            )));
        }
        if let Some(node) = node
            && let Some(index) = self.output.columns.iter().position(|(_, other)| *other == Some(node))
            && self.counted(index)
        {
            let item = self.item_at(index).and_then(|item| item_expr(item));
            return Ok(Place::Column { index: index as u32, item, node: Some(node) });
        }
        for (number, item) in self.select.items.iter().enumerate() {
            if let SelectItemKind::Expr { expr: other, .. } = &item.kind
                && self.same_text(other.span, expr.span)
                && let Some(index) = self.output.starts.get(number).copied()
                && self.counted(index)
            {
                return Ok(Place::Column { index: index as u32, item: Some(other), node });
            }
        }
        if node.is_none() {
            self.refuse_aliases(expr)?;
        }
        Ok(Place::Expression(expr))
    }

    /// Whether two parts of the statement have the same text. If that depends on literals, the plan serves only these; if
    /// on parameters, the parts aren't the same.
    pub(super) fn same_text(&mut self, one: Span, other: Span) -> bool {
        let (text, fingerprint) = (self.planning.text, self.planning.fingerprint);
        if one == other {
            return true;
        }
        if one.of(text) != other.of(text) {
            return false;
        }
        let mut pins = Vec::new();
        for slot in (0..fingerprint.slots().len() as u32).map(SlotId) {
            let Some(range) = fingerprint.slot_range(slot) else { continue };
            let within = |span: Span| span.range().start <= range.start && range.end <= span.range().end;
            if !within(one) && !within(other) {
                continue;
            }
            let literals = fingerprint.slot_literals(slot);
            if literals.iter().any(|literal| matches!(literal.kind, Slot::Parameter(_))) {
                return false;
            }
            pins.push(slot);
        }
        self.planning.pins.extend(pins);
        true
    }

    /// Whether the index of this column is certain.
    fn counted(&self, index: usize) -> bool {
        let stars_before = self.select.items.iter().enumerate().any(|(number, item)| {
            !matches!(item.kind, SelectItemKind::Expr { .. })
                && self.output.starts.get(number).is_some_and(|start| *start <= index)
        });
        !stars_before || (self.output.complete && !self.bound.scope.merges_columns())
    }

    /// How many columns the client gets.
    pub(super) fn visible(&self) -> Option<u32> {
        self.counted(usize::MAX).then_some(self.output.columns.len() as u32)
    }

    fn item_at(&self, index: usize) -> Option<&'q SelectItem> {
        let number = self.output.starts.iter().position(|start| *start == index)?;
        self.select.items.get(number)
    }

    fn position(&mut self, expr: &'q Expr) -> Result<Place<'q>, Refusal> {
        let slot: SlotId = super::condition::slot(expr, self.planning.fingerprint)
            .ok_or_else(|| Refusal::unsupported("a position in ORDER BY or GROUP BY"))?;
        self.planning.pins.push(slot);
        let text = std::str::from_utf8(expr.span.of(self.planning.text)).unwrap_or_default();
        let number: usize = text.parse().unwrap_or(0);
        let index = number.wrapping_sub(1);
        let Some((_, node)) = self.output.columns.get(index).filter(|_| self.counted(index)) else {
            return Err(Refusal::unsupported(format!("position {text} in ORDER BY or GROUP BY, which isn't known")));
        };
        let node = *node;
        Ok(Place::Column { index: index as u32, item: self.item_at(index).and_then(item_expr), node })
    }

    /// The column whose alias (or own name) the expression is.
    fn by_alias(&mut self, expr: &Expr) -> Result<Option<Place<'q>>, Refusal> {
        let ExprKind::Column(column) = &expr.kind else { return Ok(None) };
        if column.table.is_some() {
            return Ok(None);
        }
        let name = &*column.column.value;
        let mut found = None;
        for (number, item) in self.select.items.iter().enumerate() {
            let SelectItemKind::Expr { expr: item, alias } = &item.kind else { continue };
            let own = match (alias, &item.kind) {
                (Some(alias), _) => &*alias.value,
                (None, ExprKind::Column(column)) => &*column.column.value,
                _ => continue,
            };
            if !eq_ignore_case(own, name) {
                continue;
            }
            if let Some(alias) = alias
                && let Some(slot) = self.planning.fingerprint.slot_at(alias.span.start as usize)
            {
                // An alias that is written as a string.
                self.planning.pins.push(slot);
            }
            let Some(index) = self.output.starts.get(number).copied() else { continue };
            let node = self.output.columns.get(index).and_then(|(_, node)| *node);
            if let Some(Place::Column { node: Some(first), .. }) = found
                && node == Some(first)
            {
                // The same column twice.
                continue;
            }
            if found.is_some() {
                return Err(Refusal::unsupported(format!("ordering by `{name}`, which several columns are called")));
            }
            if self.counted(index) {
                found = Some(Place::Column { index: index as u32, item: Some(item), node });
            }
        }
        Ok(found)
    }

    /// An expression over aliases can't stand in the select list.
    fn refuse_aliases(&self, expr: &Expr) -> Result<(), Refusal> {
        struct Names<'n>(Vec<&'n str>, Option<String>);
        impl Names<'_> {
            fn look(&mut self, column: &ColumnRef) {
                if column.table.is_none() && self.0.iter().any(|name| column.column.is(name)) {
                    self.1 = Some(column.column.value.to_string());
                }
            }
        }
        impl Visitor for Names<'_> {
            fn expr(&mut self, expr: &Expr) {
                if let ExprKind::Column(column) = &expr.kind {
                    self.look(column);
                }
                walk_expr(self, expr);
            }

            fn query(&mut self, _: &Query) {}
        }
        let aliases = self.select.items.iter().filter_map(|item| match &item.kind {
            SelectItemKind::Expr { alias: Some(alias), .. } => Some(&*alias.value),
            _ => None,
        });
        let mut names = Names(aliases.collect(), None);
        names.expr(expr);
        match names.1 {
            Some(name) => Err(Refusal::unsupported(format!("ordering by an expression over the alias `{name}`"))),
            None => Ok(()),
        }
    }

    pub(super) fn show(&self, span: Span) -> String {
        let text = String::from_utf8_lossy(span.of(self.planning.text)).into_owned();
        format!("`{}`", text.chars().take(80).collect::<String>())
    }

    /// How a key is ordered.
    pub(super) fn order_of(&mut self, place: &Place<'_>) -> Order {
        match place {
            Place::Column { node: Some(node), .. } => self.order_of_node(*node),
            Place::Column { item: Some(expr), .. } => self.order_of_expr(expr),
            Place::Column { .. } => Order::Weight,
            Place::Expression(expr) => self.order_of_expr(expr),
        }
    }

    fn order_of_node(&self, node: Node) -> Order {
        match self.analysis.info(node).map(|info| info.data_type) {
            None | Some(DataType::Other) => Order::Weight,
            Some(data_type) if data_type.is_text() => Order::Weight,
            Some(DataType::Enum | DataType::Set) => Order::Number,
            Some(data_type @ (DataType::Json | DataType::Geometry | DataType::Vector)) => Order::Unknown(data_type),
            Some(_) => Order::Value,
        }
    }

    pub(super) fn order_of_expr(&mut self, expr: &Expr) -> Order {
        if let Some(node) = self.node(expr) {
            return self.order_of_node(node);
        }
        match &expr.kind {
            ExprKind::Aggregate(aggregate) => {
                use crate::sql::ast::AggregateFunction as F;
                match (aggregate.function, aggregate.args.as_slice()) {
                    (F::Min | F::Max | F::AnyValue, [arg]) => self.order_of_expr(arg),
                    (F::JsonArrayAgg | F::JsonObjectAgg, _) => Order::Unknown(DataType::Json),
                    (F::StCollect, _) => Order::Unknown(DataType::Geometry),
                    (F::GroupConcat, _) => Order::Weight,
                    _ => Order::Value,
                }
            }
            ExprKind::Binary(op, _) => match op {
                BinaryOp::Concat => Order::Weight,
                _ => Order::Value,
            },
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Is(_)
            | ExprKind::InList(_)
            | ExprKind::Between(_)
            | ExprKind::Like(_)
            | ExprKind::Regexp(_) => Order::Value,
            ExprKind::Function(call) => match call.name.value.to_ascii_uppercase().as_str() {
                name if NUMERIC.contains(&name) => Order::Value,
                "IF" | "IFNULL" | "COALESCE" | "NULLIF" | "GREATEST" | "LEAST" => {
                    let skipped = usize::from(call.name.is("if"));
                    let values: Vec<&Expr> = call.args.iter().skip(skipped).collect();
                    let by_value = |keys: &mut Self, expr: &Expr| {
                        let literal = matches!(&expr.kind, ExprKind::Literal(found)
                            if matches!(found.kind, LiteralKind::Integer | LiteralKind::Decimal | LiteralKind::Float | LiteralKind::Null));
                        literal || keys.order_of_expr(expr) == Order::Value
                    };
                    if values.into_iter().all(|expr| by_value(self, expr)) { Order::Value } else { Order::Weight }
                }
                _ => Order::Weight,
            },
            ExprKind::JsonPath(path) if !path.unquote => Order::Unknown(DataType::Json),
            _ => Order::Weight,
        }
    }

    /// How the expression's collation takes spaces at the end: that of its columns, or the one that it names.
    pub(super) fn padding(&mut self, expr: &Expr) -> Result<Padding, Refusal> {
        if let Some(node) = self.node(expr) {
            return self.node_padding(node);
        }
        if let ExprKind::Collate(_, collation) = &expr.kind {
            return of_collation(&collation.value);
        }
        if self.order_of_expr(expr) == Order::Value {
            return Ok(Padding::NONE);
        }
        let mut found = Collations { keys: self, paddings: Vec::new(), unknown: None };
        found.expr(expr);
        let (paddings, unknown) = (found.paddings, found.unknown);
        if let Some(refusal) = unknown {
            return Err(refusal);
        }
        match paddings.as_slice() {
            [padding] => Ok(*padding),
            _ => Err(Refusal::unsupported(format!(
                "ordering by {}, whose collation isn't known: add COLLATE",
                self.show(expr.span)
            ))),
        }
    }

    fn node_padding(&self, node: Node) -> Result<Padding, Refusal> {
        match self.analysis.info(node).and_then(|info| info.collation.as_deref()) {
            Some(collation) => of_collation(collation),
            // Numbers, times and bytes aren't padded; a column that nothing is known of has MySQL's default collation.
            None => Ok(Padding::NONE),
        }
    }

    /// The sort key of a place. `each` wraps hidden expressions in an aggregate function, for the keys of groups.
    pub(super) fn sort_key(&mut self, place: &Place<'_>, descending: bool, each: bool) -> Result<SortKey, Refusal> {
        let (open, close) = if each { ("MIN(", ")") } else { ("", "") };
        let expr = match place {
            Place::Column { item: Some(expr), .. } | Place::Expression(expr) => Some(*expr),
            Place::Column { .. } => None,
        };
        if let Some(expr) = expr
            && let Some(volatile) = self.planning.functions.volatile
            && expr.span.contains(volatile)
        {
            return Err(Refusal::unsupported(format!("ordering by {}", self.show(expr.span))));
        }
        let text = |keys: &Self, before: &str, after: &str| match expr {
            Some(expr) => keys.wrapped(before, expr, after),
            None => Err(Refusal::unsupported("ordering by a text column of `*`: name the columns")),
        };
        let order = self.order_of(place);
        let column = match (place, order) {
            (_, Order::Unknown(data_type)) => {
                return Err(Refusal::unsupported(format!("ordering by a value of type {data_type:?}")));
            }
            (_, Order::Number) => {
                let number = match place {
                    Place::Column { item: None, node: Some(node), .. } => {
                        self.node_text(*node, open, &format!("+0{close}"))?
                    }
                    _ => text(self, open, &format!("+0{close}"))?,
                };
                self.hidden.column(number)
            }
            (Place::Column { index, .. }, _) => *index,
            (Place::Expression(_), _) => {
                let pieces = text(self, "", "")?;
                self.hidden.column(pieces)
            }
        };
        let mut padding = Padding::NONE;
        let weight = if order == Order::Weight {
            padding = match (place, expr) {
                (Place::Column { node: Some(node), .. }, _) => self.node_padding(*node)?,
                (_, Some(expr)) => self.padding(expr)?,
                _ => Padding::NONE,
            };
            let (before, after) = (format!("WEIGHT_STRING({open}"), format!("{close})"));
            let pieces = match place {
                Place::Column { item: None, node: Some(node), .. } => self.node_text(*node, &before, &after)?,
                _ => text(self, &before, &after)?,
            };
            Some(self.hidden.column(pieces))
        } else {
            None
        };
        Ok(SortKey { column, weight, padding, descending })
    }

    /// A column of a `*`, as text: its own name, which is only one table's.
    pub(super) fn node_text(&self, node: Node, before: &str, after: &str) -> Result<Vec<Piece>, Refusal> {
        let named = self.output.columns.iter().find(|(_, other)| *other == Some(node));
        let unique = named.filter(|(name, _)| {
            self.output.columns.iter().filter(|(other, _)| eq_ignore_case(name, other)).count() == 1
        });
        let Some((name, _)) = unique else {
            return Err(Refusal::unsupported("ordering by a column of `*` whose name several tables have"));
        };
        let mut text = Vec::from(before.as_bytes());
        crate::literal::write_identifier(name, &mut text);
        text.extend_from_slice(after.as_bytes());
        Ok(vec![Piece::Sql(String::from_utf8_lossy(&text).into_owned().into())])
    }

    /// The leader's primary vindex by name, and its columns; `None` where equal keys may be on different shards.
    pub(super) fn key_nodes(&mut self, leader: usize) -> Option<(String, Vec<Node>)> {
        let vindex = self.analysis.instances.get(leader)?.table.primary_vindex().cloned()?;
        let columns: Vec<Node> = vindex.columns.iter().map(|column| self.analysis.node(leader, column)).collect();
        let placed = columns.iter().all(|column| {
            use crate::coerce::Coercion;
            let found = super::columns::coercion(self.analysis.info(*column), &vindex.vindex);
            !matches!(found, Coercion::FoldedText | Coercion::Ambiguous)
        });
        placed.then(|| (vindex.vindex.name().to_owned(), columns))
    }

    /// Whether these expressions hold every column of the leader's shard key.
    pub(super) fn hold_key<'e>(&mut self, leader: usize, exprs: impl Iterator<Item = &'e Expr>) -> bool {
        let Some((_, columns)) = self.key_nodes(leader) else { return false };
        let region = self.analysis.instances.get(leader).map_or(0, |instance| instance.region);
        let nodes: Vec<Node> = exprs.filter_map(|expr| self.node(expr)).collect();
        let classes = self.analysis.classes(region);
        columns.iter().all(|column| nodes.iter().any(|node| classes.same(*column, *node)))
    }
}

pub(super) fn of_collation(collation: &str) -> Result<Padding, Refusal> {
    Padding::of_collation(&collation.to_ascii_lowercase()).ok_or_else(|| {
        Refusal::unsupported(format!("ordering by text of the collation {collation}, whose order isn't known here"))
    })
}

/// The paddings of the text columns in an expression.
struct Collations<'c, 'k, 'p, 'a, 'q> {
    keys: &'c mut Keys<'k, 'p, 'a, 'q>,
    paddings: Vec<Padding>,
    unknown: Option<Refusal>,
}

impl Visitor for Collations<'_, '_, '_, '_, '_> {
    fn expr(&mut self, expr: &Expr) {
        let special = matches!(expr.kind, ExprKind::Special(_) | ExprKind::UserVariable(_) | ExprKind::Collate(..));
        if special {
            let text = self.keys.show(expr.span);
            self.unknown = Some(Refusal::unsupported(format!(
                "ordering by an expression over {text}, whose collation isn't known: add COLLATE to the whole"
            )));
            return;
        }
        if let Some(node) = self.keys.node(expr) {
            if self.keys.order_of_node(node) == Order::Weight {
                match self.keys.node_padding(node) {
                    Ok(padding) if self.paddings.contains(&padding) => {}
                    Ok(padding) => self.paddings.push(padding),
                    Err(refusal) => self.unknown = Some(refusal),
                }
            }
            return;
        }
        walk_expr(self, expr);
    }

    fn query(&mut self, _: &Query) {
        self.unknown = Some(Refusal::unsupported("ordering by text of a subquery"));
    }
}

fn item_expr(item: &SelectItem) -> Option<&Expr> {
    match &item.kind {
        SelectItemKind::Expr { expr, .. } => Some(expr),
        _ => None,
    }
}

/// Whether MySQL finds the expression again in GROUP BY and ORDER BY when it is written there, too: not one that compares
/// rows.
pub(super) fn is_found_again(expr: &Expr) -> bool {
    struct Rows(bool);
    impl Visitor for Rows {
        fn expr(&mut self, expr: &Expr) {
            self.0 |= matches!(expr.kind, ExprKind::Row(_));
            walk_expr(self, expr);
        }

        fn query(&mut self, _: &Query) {}
    }
    let mut rows = Rows(false);
    rows.expr(expr);
    !rows.0
}

/// Whether the expression holds an aggregate function.
pub(super) fn aggregates(expr: &Expr) -> bool {
    Shape::of_expr(expr).aggregates
}
