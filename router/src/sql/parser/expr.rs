//! The upper four layers of MySQL's expressions: expr (OR, XOR, AND, NOT), boolean primary (IS, comparisons), predicate
//! (IN, BETWEEN, LIKE ...), bit expression (operators on values). The fifth is in [`super::simple`].

use super::paren::Contents;
use super::{EXPR_DEPTH, Parser, Pending, Result};
use crate::sql::ast::{
    Between, BinaryOp, DateArithmetic, Expr, ExprKind, FunctionCall, InList, InQuery, Interval, Is, IsTest, Like,
    Quantified, Regexp, UnaryOp,
};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

/// How tightly `|`, the loosest operator of bit expressions, binds.
pub(super) const LOOSEST: u8 = 1;
/// How tightly `||` binds where it joins strings: tighter than all operators between two operands.
pub(super) const CONCAT: u8 = 7;

impl Parser<'_> {
    /// Any expression.
    pub(super) fn expr(&mut self) -> Result<Expr> {
        use TokenKind::{Comma, Decimal, Ident, Integer, Param, RightParen, String};
        // A thing alone in a list needs no layer to look for operators: most values of INSERT and IN are such.
        if self.pending.is_none()
            && matches!(self.token.kind, Integer | String | Decimal | Param | Ident)
            && matches!(self.peek(), Comma | RightParen)
        {
            self.height = self.height.max(1);
            return self.primary();
        }
        self.deeper(EXPR_DEPTH, Self::or_expr)
    }

    fn at_or(&self) -> bool {
        self.at_keyword(Keyword::Or) || (self.at(TokenKind::PipePipe) && !self.options.sql_mode.pipes_as_concat)
    }

    fn or_expr(&mut self) -> Result<Expr> {
        let start = self.expr_start();
        let first = self.xor_expr()?;
        if !self.at_or() {
            return Ok(first);
        }
        let mut list = match first.kind {
            ExprKind::Or(list) => list,
            _ => vec![first],
        };
        while self.at_or() {
            self.bump();
            let next = self.nested(Self::xor_expr)?;
            match next.kind {
                ExprKind::Or(more) => list.extend(more),
                _ => list.push(next),
            }
        }
        Ok(Expr { span: self.span_from(start), kind: ExprKind::Or(list) })
    }

    fn xor_expr(&mut self) -> Result<Expr> {
        let start = self.expr_start();
        let mut left = self.and_expr()?;
        while self.eat_keyword(Keyword::Xor) {
            let right = self.nested(Self::and_expr)?;
            left = self.binary(start, BinaryOp::Xor, left, right)?;
        }
        Ok(left)
    }

    fn at_and(&self) -> bool {
        self.at_keyword(Keyword::And) || self.at(TokenKind::AndAnd)
    }

    fn and_expr(&mut self) -> Result<Expr> {
        let start = self.expr_start();
        let first = self.not_expr()?;
        if !self.at_and() {
            return Ok(first);
        }
        let mut list = match first.kind {
            ExprKind::And(list) => list,
            _ => vec![first],
        };
        while self.at_and() {
            self.bump();
            let next = self.nested(Self::not_expr)?;
            match next.kind {
                ExprKind::And(more) => list.extend(more),
                _ => list.push(next),
            }
        }
        Ok(Expr { span: self.span_from(start), kind: ExprKind::And(list) })
    }

    /// An expression without AND, XOR and OR.
    pub(super) fn not_expr(&mut self) -> Result<Expr> {
        if self.pending.is_some() || !self.at_keyword(Keyword::Not) || self.options.sql_mode.high_not_precedence {
            return self.boolean_primary();
        }
        let start = self.token.span.start;
        self.bump();
        let operand = self.nested(Self::not_expr)?;
        Ok(Expr { span: self.span_from(start), kind: ExprKind::Unary(UnaryOp::Not, Box::new(operand)) })
    }

    pub(super) fn binary(&mut self, start: u32, op: BinaryOp, left: Expr, right: Expr) -> Result<Expr> {
        self.grow()?;
        Ok(Expr { span: self.span_from(start), kind: ExprKind::Binary(op, Box::new((left, right))) })
    }

    fn comparison(&self) -> Option<BinaryOp> {
        match self.token.kind {
            TokenKind::Eq => Some(BinaryOp::Eq),
            TokenKind::NullSafeEq => Some(BinaryOp::NullSafeEq),
            TokenKind::Ne => Some(BinaryOp::Ne),
            TokenKind::Lt => Some(BinaryOp::Lt),
            TokenKind::Le => Some(BinaryOp::Le),
            TokenKind::Gt => Some(BinaryOp::Gt),
            TokenKind::Ge => Some(BinaryOp::Ge),
            _ => None,
        }
    }

    fn boolean_primary(&mut self) -> Result<Expr> {
        let start = self.expr_start();
        let mut left = self.predicate()?;
        loop {
            if let Some(op) = self.comparison() {
                self.bump();
                left = match self.quantifier(op) {
                    Some(all) => {
                        self.bump();
                        let (query, _) = self.subquery()?;
                        self.grow()?;
                        let kind = ExprKind::Quantified(Box::new(Quantified { expr: left, op, all, query }));
                        Expr { span: self.span_from(start), kind }
                    }
                    None => {
                        let right = self.nested(Self::predicate)?;
                        self.binary(start, op, left, right)?
                    }
                };
            } else if self.eat_keyword(Keyword::Is) {
                let negated = self.eat_keyword(Keyword::Not);
                let test = match self.keyword() {
                    Some(Keyword::Null) => IsTest::Null,
                    Some(Keyword::True) => IsTest::True,
                    Some(Keyword::False) => IsTest::False,
                    Some(Keyword::Unknown) => IsTest::Unknown,
                    _ => return self.unexpected(),
                };
                self.bump();
                self.grow()?;
                let kind = ExprKind::Is(Box::new(Is { expr: left, negated, test }));
                left = Expr { span: self.span_from(start), kind };
                if test != IsTest::Null {
                    // MySQL's grammar takes no comparison after this.
                    return Ok(left);
                }
            } else {
                return Ok(left);
            }
        }
    }

    /// Whether ALL (true), ANY or SOME (false) stands here before a subquery.
    fn quantifier(&mut self, op: BinaryOp) -> Option<bool> {
        if self.pending.is_some() || op == BinaryOp::NullSafeEq {
            return None;
        }
        match self.keyword()? {
            Keyword::All => Some(true),
            Keyword::Any | Keyword::Some if self.peek() == TokenKind::LeftParen => Some(false),
            _ => None,
        }
    }

    fn predicate(&mut self) -> Result<Expr> {
        let start = self.expr_start();
        let left = self.bit_expr(LOOSEST)?;
        let negated = self.at_keyword(Keyword::Not)
            && matches!(
                self.peek(),
                TokenKind::Keyword(Keyword::In | Keyword::Between | Keyword::Like | Keyword::Regexp | Keyword::Rlike)
            );
        if negated {
            self.bump();
        }
        let kind = match self.keyword() {
            Some(Keyword::In) => self.in_predicate(left, negated)?,
            Some(Keyword::Between) => {
                self.bump();
                let low = self.nested(|parser| parser.bit_expr(LOOSEST))?;
                self.expect_keyword(Keyword::And)?;
                let high = self.nested(Self::predicate)?;
                ExprKind::Between(Box::new(Between { expr: left, negated, low, high }))
            }
            Some(Keyword::Like) => {
                self.bump();
                let pattern = self.nested(|parser| parser.bit_expr(CONCAT))?;
                let escape = match self.eat_keyword(Keyword::Escape) {
                    true => Some(self.nested(|parser| parser.bit_expr(CONCAT))?),
                    false => None,
                };
                ExprKind::Like(Box::new(Like { expr: left, negated, pattern, escape }))
            }
            Some(Keyword::Regexp | Keyword::Rlike) => {
                self.bump();
                let pattern = self.nested(|parser| parser.bit_expr(LOOSEST))?;
                ExprKind::Regexp(Box::new(Regexp { expr: left, negated, pattern }))
            }
            // MySQL takes SOUNDS and MEMBER for operators here, never for an alias.
            Some(Keyword::Sounds) => {
                self.bump();
                self.expect_keyword(Keyword::Like)?;
                let right = self.nested(|parser| parser.bit_expr(LOOSEST))?;
                return self.binary(start, BinaryOp::SoundsLike, left, right);
            }
            Some(Keyword::Member) => {
                self.bump();
                self.eat_keyword(Keyword::Of);
                self.expect(TokenKind::LeftParen)?;
                let right = self.nested(|parser| parser.bit_expr(CONCAT))?;
                self.expect(TokenKind::RightParen)?;
                return self.binary(start, BinaryOp::MemberOf, left, right);
            }
            _ => return Ok(left),
        };
        self.grow()?;
        Ok(Expr { span: self.span_from(start), kind })
    }

    fn in_predicate(&mut self, expr: Expr, negated: bool) -> Result<ExprKind> {
        self.bump();
        if !self.at(TokenKind::LeftParen) {
            return self.unexpected();
        }
        Ok(match self.parens()? {
            (Contents::Query(query), _) => ExprKind::InQuery(Box::new(InQuery { expr, negated, query: *query })),
            (Contents::Exprs(list), list_span) => ExprKind::InList(Box::new(InList { expr, negated, list, list_span })),
        })
    }

    fn bit_operator(&self) -> Option<(BinaryOp, u8)> {
        Some(match self.token.kind {
            TokenKind::Pipe => (BinaryOp::BitOr, LOOSEST),
            TokenKind::Ampersand => (BinaryOp::BitAnd, 2),
            TokenKind::ShiftLeft => (BinaryOp::ShiftLeft, 3),
            TokenKind::ShiftRight => (BinaryOp::ShiftRight, 3),
            TokenKind::Plus => (BinaryOp::Add, 4),
            TokenKind::Minus => (BinaryOp::Sub, 4),
            TokenKind::Star => (BinaryOp::Mul, 5),
            TokenKind::Slash => (BinaryOp::Div, 5),
            TokenKind::Percent => (BinaryOp::Mod, 5),
            TokenKind::Keyword(Keyword::Div) => (BinaryOp::IntDiv, 5),
            TokenKind::Keyword(Keyword::Mod) => (BinaryOp::Mod, 5),
            TokenKind::Caret => (BinaryOp::BitXor, 6),
            TokenKind::PipePipe if self.options.sql_mode.pipes_as_concat => (BinaryOp::Concat, CONCAT),
            _ => return None,
        })
    }

    /// An expression of operators that bind at least as tightly as `min`; all are left-associative.
    pub(super) fn bit_expr(&mut self, min: u8) -> Result<Expr> {
        let start = self.expr_start();
        let mut left = self.simple_expr()?;
        let mut after_interval = false;
        while let Some((op, binds)) = self.bit_operator()
            && binds >= min
        {
            if op == BinaryOp::Concat && after_interval {
                // MySQL joins simple expressions only.
                return self.unexpected();
            }
            self.bump();
            after_interval = false;
            if matches!(op, BinaryOp::Add | BinaryOp::Sub)
                && self.at_keyword(Keyword::Interval)
                && let Some(interval) = self.interval_or_call()?
            {
                self.grow()?;
                let subtract = op == BinaryOp::Sub;
                let kind = DateArithmetic { date: left, interval, subtract, interval_first: false };
                left = Expr { span: self.span_from(start), kind: ExprKind::DateArithmetic(Box::new(kind)) };
                after_interval = true;
                continue;
            }
            let right = self.nested(|parser| parser.bit_expr(binds + 1))?;
            left = self.binary(start, op, left, right)?;
        }
        Ok(left)
    }

    /// At INTERVAL: an interval with its unit; or, if it is a call of the function INTERVAL, nothing, and the call is
    /// pending.
    pub(super) fn interval_or_call(&mut self) -> Result<Option<Interval>> {
        let start = self.token.span.start;
        if self.peek() == TokenKind::LeftParen {
            let name = self.make_ident(self.token.span, false);
            self.bump();
            let (contents, span) = self.parens()?;
            match contents {
                Contents::Exprs(args) if args.len() > 1 => {
                    let call = FunctionCall { schema: None, name, args, arg_aliases: Vec::new(), parens: true };
                    let item = Expr { span: self.span_from(start), kind: ExprKind::Function(Box::new(call)) };
                    self.pending = Some(Pending { item, start, height: self.height });
                    return Ok(None);
                }
                contents => {
                    let item = Self::contents_as_expr(contents, span);
                    self.pending = Some(Pending { item, start: span.start, height: self.height });
                }
            }
        } else {
            self.bump();
        }
        self.interval_rest(start).map(Some)
    }

    /// At INTERVAL: an interval with its unit.
    pub(super) fn interval(&mut self) -> Result<Interval> {
        let start = self.token.span.start;
        self.expect_keyword(Keyword::Interval)?;
        self.interval_rest(start)
    }

    fn interval_rest(&mut self, start: u32) -> Result<Interval> {
        let amount = self.expr()?;
        let unit = self.interval_unit()?;
        Ok(Interval { span: self.span_from(start), amount, unit })
    }
}
