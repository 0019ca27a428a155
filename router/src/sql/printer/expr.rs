//! Expressions.

use super::{Parens, Printer};
use crate::sql::ast::{
    Aggregate, AggregateFunction, BinaryOp, Expr, ExprKind, FrameBound, FrameExclusion, FrameUnit, FunctionCall,
    Interval, IsTest, Literal, LiteralKind, MatchMode, Over, SystemVariable, UnaryOp, VariableScope, WindowCall,
    WindowFunction, WindowSpec,
};
use crate::sql::keywords::{Keyword, KeywordClass};
use crate::sql::lexer::Lexer;
use crate::sql::token::TokenKind;

/// How tightly an expression holds together: MySQL's layers, and the operators of bit expressions among themselves.
mod level {
    pub(super) const ANY: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const XOR: u8 = 2;
    pub(super) const AND: u8 = 3;
    pub(super) const NOT: u8 = 4;
    pub(super) const BOOLEAN_PRIMARY: u8 = 5;
    pub(super) const PREDICATE: u8 = 6;
    pub(super) const BIT_OR: u8 = 7;
    pub(super) const BIT_AND: u8 = 8;
    pub(super) const SHIFT: u8 = 9;
    pub(super) const SUM: u8 = 10;
    pub(super) const PRODUCT: u8 = 11;
    pub(super) const BIT_XOR: u8 = 12;
    pub(super) const CONCAT: u8 = 13;
    pub(super) const UNARY: u8 = 14;
    pub(super) const COLLATE: u8 = 15;
    pub(super) const PRIMARY: u8 = 16;
}

fn level_of(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Assign(_) => level::ANY,
        ExprKind::Or(_) => level::OR,
        ExprKind::And(_) => level::AND,
        ExprKind::Unary(UnaryOp::Not, _) => level::NOT,
        ExprKind::Unary(..) => level::UNARY,
        ExprKind::Binary(op, _) => binary(*op).1,
        ExprKind::Is(is) if is.test == IsTest::Null => level::BOOLEAN_PRIMARY,
        ExprKind::Is(_) => level::NOT,
        ExprKind::Quantified(_) => level::BOOLEAN_PRIMARY,
        ExprKind::InList(_) | ExprKind::InQuery(_) | ExprKind::Between(_) | ExprKind::Like(_) | ExprKind::Regexp(_) => {
            level::PREDICATE
        }
        // `INTERVAL ... + a` takes what follows, up to AND.
        ExprKind::DateArithmetic(arithmetic) if arithmetic.interval_first => level::NOT,
        ExprKind::DateArithmetic(_) => level::SUM,
        ExprKind::Collate(..) => level::COLLATE,
        _ => level::PRIMARY,
    }
}

/// An operator's text and level.
fn binary(op: BinaryOp) -> (&'static str, u8) {
    match op {
        BinaryOp::Xor => ("XOR", level::XOR),
        BinaryOp::Eq => ("=", level::BOOLEAN_PRIMARY),
        BinaryOp::NullSafeEq => ("<=>", level::BOOLEAN_PRIMARY),
        BinaryOp::Ne => ("<>", level::BOOLEAN_PRIMARY),
        BinaryOp::Lt => ("<", level::BOOLEAN_PRIMARY),
        BinaryOp::Le => ("<=", level::BOOLEAN_PRIMARY),
        BinaryOp::Gt => (">", level::BOOLEAN_PRIMARY),
        BinaryOp::Ge => (">=", level::BOOLEAN_PRIMARY),
        BinaryOp::SoundsLike => ("SOUNDS LIKE", level::PREDICATE),
        BinaryOp::MemberOf => ("MEMBER OF", level::PREDICATE),
        BinaryOp::BitOr => ("|", level::BIT_OR),
        BinaryOp::BitAnd => ("&", level::BIT_AND),
        BinaryOp::ShiftLeft => ("<<", level::SHIFT),
        BinaryOp::ShiftRight => (">>", level::SHIFT),
        BinaryOp::Add => ("+", level::SUM),
        BinaryOp::Sub => ("-", level::SUM),
        BinaryOp::Mul => ("*", level::PRODUCT),
        BinaryOp::Div => ("/", level::PRODUCT),
        BinaryOp::IntDiv => ("DIV", level::PRODUCT),
        BinaryOp::Mod => ("%", level::PRODUCT),
        BinaryOp::BitXor => ("^", level::BIT_XOR),
        BinaryOp::Concat => ("||", level::CONCAT),
    }
}

impl Printer<'_> {
    /// An expression.
    pub fn expr(&mut self, expr: &Expr) -> &mut Self {
        self.expr_kind(expr)
    }

    /// An operand, in parentheses if it holds together less than `least` tightly.
    fn operand(&mut self, expr: &Expr, least: u8) -> &mut Self {
        let level = level_of(expr);
        if level < least || (self.parens == Parens::All && level < level::PRIMARY) {
            self.raw("(").expr(expr).raw(")")
        } else {
            self.expr(expr)
        }
    }

    fn operands(&mut self, list: &[Expr], word: &str, least: u8) {
        for (index, expr) in list.iter().enumerate() {
            if index > 0 {
                self.raw(word);
            }
            self.operand(expr, least);
        }
    }

    fn expr_kind(&mut self, expr: &Expr) -> &mut Self {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(expr, *literal),
            ExprKind::Param(_) => self.raw("?"),
            ExprKind::Column(column) => self.column(column),
            ExprKind::DefaultOf(column) => self.raw("DEFAULT(").column(column).raw(")"),
            ExprKind::Default => self.raw("DEFAULT"),
            ExprKind::InsertValue(column) => self.raw("VALUES(").column(column).raw(")"),
            ExprKind::UserVariable(variable) => self.span(variable.span),
            ExprKind::SystemVariable(variable) => self.system_variable(variable),
            ExprKind::Assign(assign) => self.span(assign.variable.span).raw(" := ").expr(&assign.value),
            ExprKind::And(list) => {
                self.operands(list, " AND ", level::NOT);
                self
            }
            ExprKind::Or(list) => {
                self.operands(list, " OR ", level::XOR);
                self
            }
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(op, operands) => {
                let (word, level) = binary(*op);
                let (left, right) = match op {
                    BinaryOp::SoundsLike => (level::BIT_OR, level::BIT_OR),
                    BinaryOp::MemberOf => {
                        self.operand(&operands.0, level::BIT_OR).raw(" MEMBER OF (");
                        return self.operand(&operands.1, level::CONCAT).raw(")");
                    }
                    _ => (level, level + 1),
                };
                self.operand(&operands.0, left).raw(" ").raw(word).raw(" ").operand(&operands.1, right)
            }
            ExprKind::Is(is) => {
                let test = match is.test {
                    IsTest::Null => "NULL",
                    IsTest::True => "TRUE",
                    IsTest::False => "FALSE",
                    IsTest::Unknown => "UNKNOWN",
                };
                self.operand(&is.expr, level::BOOLEAN_PRIMARY).raw(" IS ");
                self.raw(if is.negated { "NOT " } else { "" }).raw(test)
            }
            ExprKind::InList(list) => {
                self.operand(&list.expr, level::BIT_OR).not(list.negated).raw("IN (").exprs(&list.list).raw(")")
            }
            ExprKind::InQuery(query) => {
                self.operand(&query.expr, level::BIT_OR).not(query.negated).raw("IN (").query(&query.query).raw(")")
            }
            ExprKind::Quantified(quantified) => {
                self.operand(&quantified.expr, level::BOOLEAN_PRIMARY).raw(" ").raw(binary(quantified.op).0);
                self.raw(if quantified.all { " ALL (" } else { " ANY (" }).query(&quantified.query).raw(")")
            }
            ExprKind::Between(between) => {
                self.operand(&between.expr, level::BIT_OR).not(between.negated).raw("BETWEEN ");
                self.operand(&between.low, level::BIT_OR).raw(" AND ").operand(&between.high, level::PREDICATE)
            }
            ExprKind::Like(like) => {
                self.operand(&like.expr, level::BIT_OR).not(like.negated).raw("LIKE ");
                self.operand(&like.pattern, level::CONCAT);
                if let Some(escape) = &like.escape {
                    self.raw(" ESCAPE ").operand(escape, level::CONCAT);
                }
                self
            }
            ExprKind::Regexp(regexp) => {
                self.operand(&regexp.expr, level::BIT_OR).not(regexp.negated).raw("REGEXP ");
                self.operand(&regexp.pattern, level::BIT_OR)
            }
            ExprKind::Exists(query) => self.raw("EXISTS (").query(query).raw(")"),
            ExprKind::Subquery(query) => self.raw("(").query(query).raw(")"),
            ExprKind::Row(list) => self.raw("ROW(").exprs(list).raw(")"),
            ExprKind::DateArithmetic(arithmetic) if arithmetic.interval_first => {
                self.interval(&arithmetic.interval).raw(" + ").operand(&arithmetic.date, level::PRIMARY)
            }
            ExprKind::DateArithmetic(arithmetic) => {
                self.operand(&arithmetic.date, level::SUM);
                self.raw(if arithmetic.subtract { " - " } else { " + " }).interval(&arithmetic.interval)
            }
            ExprKind::Collate(operand, collation) => {
                self.operand(operand, level::COLLATE).raw(" COLLATE ").ident(collation)
            }
            ExprKind::JsonPath(path) => {
                self.expr(&path.column).raw(if path.unquote { " ->> " } else { " -> " }).expr(&path.path)
            }
            ExprKind::Match(search) => {
                self.raw("MATCH (").list(&search.columns, |printer, column| {
                    printer.column(column);
                });
                self.raw(") AGAINST (").operand(&search.against, level::BIT_OR);
                self.raw(match search.mode {
                    MatchMode::Default => ")",
                    MatchMode::NaturalLanguage => " IN NATURAL LANGUAGE MODE)",
                    MatchMode::NaturalLanguageWithExpansion => " IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION)",
                    MatchMode::Boolean => " IN BOOLEAN MODE)",
                    MatchMode::WithExpansion => " WITH QUERY EXPANSION)",
                })
            }
            ExprKind::Case(case) => {
                self.raw("CASE");
                if let Some(operand) = &case.operand {
                    self.raw(" ").expr(operand);
                }
                for (when, then) in &case.arms {
                    self.raw(" WHEN ").expr(when).raw(" THEN ").expr(then);
                }
                self.clause("ELSE", case.otherwise.as_ref()).raw(" END")
            }
            ExprKind::Function(call) => self.function(call),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Window(call) => self.window_call(call),
            ExprKind::Special(call) => self.special(call),
            ExprKind::Odbc(inner) => self.raw("{").ident(&inner.0).raw(" ").expr(&inner.1).raw("}"),
        }
    }

    /// ` NOT ` or ` `.
    fn not(&mut self, negated: bool) -> &mut Self {
        self.raw(if negated { " NOT " } else { " " })
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) -> &mut Self {
        // Two signs in a row could begin a comment, and NOT binds by sql_mode.
        let is_sign = matches!(operand.kind, ExprKind::Unary(..));
        let least = if is_sign || op == UnaryOp::Not { level::PRIMARY } else { level::UNARY };
        self.raw(match op {
            UnaryOp::Not => "NOT ",
            UnaryOp::Minus => "-",
            UnaryOp::Plus => "+",
            UnaryOp::BitNot => "~",
            UnaryOp::Binary => "BINARY ",
        });
        self.operand(operand, least)
    }

    fn literal(&mut self, expr: &Expr, literal: Literal) -> &mut Self {
        use LiteralKind::{Date, NationalString, String, Time, Timestamp};
        let of_parts =
            matches!(literal.kind, String | NationalString | Date | Time | Timestamp) || literal.introducer.is_some();
        if !of_parts {
            return self.span(expr.span);
        }
        // Token by token, because comments and edges of version comments may stand between.
        let end = expr.span.end as usize;
        let mut lexer = Lexer::new(self.text.get(..end).unwrap_or_default(), expr.span.start as usize, self.options);
        let mut first = true;
        loop {
            let token = lexer.next();
            if matches!(token.kind, TokenKind::End | TokenKind::Error(_)) {
                return self;
            }
            if !std::mem::take(&mut first) {
                self.raw(" ");
            }
            self.span(token.span);
        }
    }

    fn system_variable(&mut self, variable: &SystemVariable) -> &mut Self {
        self.raw(match variable.scope {
            None => "@@",
            Some(VariableScope::Global) => "@@GLOBAL.",
            Some(VariableScope::Session) => "@@SESSION.",
            Some(VariableScope::Local) => "@@LOCAL.",
        });
        if let Some(component) = &variable.component {
            self.ident(component).raw(".");
        }
        self.ident(&variable.name)
    }

    pub(super) fn interval(&mut self, interval: &Interval) -> &mut Self {
        self.raw("INTERVAL ").operand(&interval.amount, level::PRIMARY).raw(" ").raw(interval.unit)
    }

    fn function(&mut self, call: &FunctionCall) -> &mut Self {
        if let Some(schema) = &call.schema {
            self.ident(schema).raw(".");
        }
        self.ident(&call.name);
        if !call.parens {
            return self;
        }
        // `MAX (a)` is no aggregate, but a function of that name: the space matters where it was written.
        let name = call.name.span.of(self.text);
        let is_function = Keyword::find(name).is_some_and(|keyword| keyword.class() == KeywordClass::Function);
        let spaced = self.text.get(call.name.span.end as usize) != Some(&b'(');
        self.raw(if is_function && spaced && !self.options.sql_mode.ignore_space { " (" } else { "(" });
        for (index, arg) in call.args.iter().enumerate() {
            self.raw(if index > 0 { ", " } else { "" }).expr(arg);
            if let Some(Some(alias)) = call.arg_aliases.get(index) {
                self.raw(" AS ").ident(alias);
            }
        }
        self.raw(")")
    }

    fn aggregate(&mut self, call: &Aggregate) -> &mut Self {
        use AggregateFunction as A;
        self.raw(match call.function {
            A::Avg => "AVG(",
            A::BitAnd => "BIT_AND(",
            A::BitOr => "BIT_OR(",
            A::BitXor => "BIT_XOR(",
            A::CountAll => "COUNT(*",
            A::Count => "COUNT(",
            A::GroupConcat => "GROUP_CONCAT(",
            A::JsonArrayAgg => "JSON_ARRAYAGG(",
            A::JsonObjectAgg => "JSON_OBJECTAGG(",
            A::Max => "MAX(",
            A::Min => "MIN(",
            A::StCollect => "ST_COLLECT(",
            A::StddevPop => "STDDEV_POP(",
            A::StddevSamp => "STDDEV_SAMP(",
            A::Sum => "SUM(",
            A::VarPop => "VAR_POP(",
            A::VarSamp => "VAR_SAMP(",
            A::AnyValue => "ANY_VALUE(",
        });
        self.raw(if call.distinct { "DISTINCT " } else { "" }).exprs(&call.args).order_by(&call.order_by);
        if let Some(separator) = &call.separator {
            self.raw(" SEPARATOR ").expr(separator);
        }
        self.raw(")");
        if let Some(over) = &call.over {
            self.over(over);
        }
        self
    }

    fn window_call(&mut self, call: &WindowCall) -> &mut Self {
        use WindowFunction as W;
        self.raw(match call.function {
            W::RowNumber => "ROW_NUMBER(",
            W::Rank => "RANK(",
            W::DenseRank => "DENSE_RANK(",
            W::CumeDist => "CUME_DIST(",
            W::PercentRank => "PERCENT_RANK(",
            W::Ntile => "NTILE(",
            W::Lead => "LEAD(",
            W::Lag => "LAG(",
            W::FirstValue => "FIRST_VALUE(",
            W::LastValue => "LAST_VALUE(",
            W::NthValue => "NTH_VALUE(",
        });
        for (index, arg) in call.args.iter().enumerate() {
            let least = if call.function == W::NthValue && index == 1 { level::CONCAT } else { level::ANY };
            self.raw(if index > 0 { ", " } else { "" }).operand(arg, least);
        }
        self.raw(")");
        if let Some(last) = call.from_last {
            self.raw(if last { " FROM LAST" } else { " FROM FIRST" });
        }
        if let Some(ignore) = call.ignore_nulls {
            self.raw(if ignore { " IGNORE NULLS" } else { " RESPECT NULLS" });
        }
        self.over(&call.over)
    }

    fn over(&mut self, over: &Over) -> &mut Self {
        self.raw(" OVER ");
        match over {
            Over::Name(name) => self.ident(name),
            Over::Spec(spec) => self.window_spec(spec),
        }
    }

    pub(super) fn window_spec(&mut self, spec: &WindowSpec) -> &mut Self {
        self.raw("(");
        if let Some(name) = &spec.name {
            self.ident(name);
        }
        if !spec.partition_by.is_empty() {
            self.raw(" PARTITION BY ").exprs(&spec.partition_by);
        }
        self.order_by(&spec.order_by);
        if let Some(frame) = &spec.frame {
            self.raw(match frame.unit {
                FrameUnit::Rows => " ROWS ",
                FrameUnit::Range => " RANGE ",
                FrameUnit::Groups => " GROUPS ",
            });
            match &frame.end {
                Some(end) => self.raw("BETWEEN ").frame_bound(&frame.start).raw(" AND ").frame_bound(end),
                None => self.frame_bound(&frame.start),
            };
            self.raw(match frame.exclude {
                None => "",
                Some(FrameExclusion::CurrentRow) => " EXCLUDE CURRENT ROW",
                Some(FrameExclusion::Group) => " EXCLUDE GROUP",
                Some(FrameExclusion::Ties) => " EXCLUDE TIES",
                Some(FrameExclusion::NoOthers) => " EXCLUDE NO OTHERS",
            });
        }
        self.raw(")")
    }

    fn frame_bound(&mut self, bound: &FrameBound) -> &mut Self {
        match bound {
            FrameBound::UnboundedPreceding => self.raw("UNBOUNDED PRECEDING"),
            FrameBound::UnboundedFollowing => self.raw("UNBOUNDED FOLLOWING"),
            FrameBound::CurrentRow => self.raw("CURRENT ROW"),
            FrameBound::Preceding(expr) => self.expr(expr).raw(" PRECEDING"),
            FrameBound::Following(expr) => self.expr(expr).raw(" FOLLOWING"),
            FrameBound::IntervalPreceding(interval) => self.interval(interval).raw(" PRECEDING"),
            FrameBound::IntervalFollowing(interval) => self.interval(interval).raw(" FOLLOWING"),
        }
    }
}
