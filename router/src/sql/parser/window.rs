//! Window functions, windows and their frames.

use super::{Parser, Result};
use crate::sql::ast::{
    Expr, ExprKind, Frame, FrameBound, FrameExclusion, FrameUnit, NamedWindow, Over, WindowCall, WindowFunction,
    WindowSpec,
};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

fn function(keyword: Keyword) -> Option<WindowFunction> {
    use WindowFunction as W;
    Some(match keyword {
        Keyword::RowNumber => W::RowNumber,
        Keyword::Rank => W::Rank,
        Keyword::DenseRank => W::DenseRank,
        Keyword::CumeDist => W::CumeDist,
        Keyword::PercentRank => W::PercentRank,
        Keyword::Ntile => W::Ntile,
        Keyword::Lead => W::Lead,
        Keyword::Lag => W::Lag,
        Keyword::FirstValue => W::FirstValue,
        Keyword::LastValue => W::LastValue,
        Keyword::NthValue => W::NthValue,
        _ => return None,
    })
}

impl Parser<'_> {
    /// At a keyword before `(`; nothing if it is no window function.
    pub(super) fn window_call(&mut self, keyword: Keyword) -> Result<Option<ExprKind>> {
        use WindowFunction as W;
        let Some(function) = function(keyword) else { return Ok(None) };
        self.bump();
        self.expect(TokenKind::LeftParen)?;
        let mut args = Vec::new();
        match function {
            W::RowNumber | W::Rank | W::DenseRank | W::CumeDist | W::PercentRank => {}
            W::Ntile => args.push(self.stable_integer()?),
            W::FirstValue | W::LastValue => args.push(self.expr()?),
            W::NthValue => {
                args.push(self.expr()?);
                self.expect(TokenKind::Comma)?;
                args.push(self.nested(|parser| parser.bit_expr(super::expr::CONCAT))?);
            }
            W::Lead | W::Lag => {
                args.push(self.expr()?);
                if self.eat(TokenKind::Comma) {
                    args.push(self.stable_integer()?);
                    if self.eat(TokenKind::Comma) {
                        args.push(self.expr()?);
                    }
                }
            }
        }
        self.expect(TokenKind::RightParen)?;
        let mut from_last = None;
        if function == W::NthValue && self.eat_keyword(Keyword::From) {
            from_last = Some(self.eat_keyword(Keyword::Last));
            if from_last == Some(false) {
                self.expect_keyword(Keyword::First)?;
            }
        }
        let mut ignore_nulls = None;
        if matches!(function, W::Lead | W::Lag | W::FirstValue | W::LastValue | W::NthValue)
            && let Some(keyword @ (Keyword::Respect | Keyword::Ignore)) = self.keyword()
        {
            self.bump();
            self.expect_keyword(Keyword::Nulls)?;
            ignore_nulls = Some(keyword == Keyword::Ignore);
        }
        match self.over()? {
            Some(over) => {
                Ok(Some(ExprKind::Window(Box::new(WindowCall { function, args, from_last, ignore_nulls, over }))))
            }
            None => self.unexpected(),
        }
    }

    /// A number, a parameter or a variable.
    fn stable_integer(&mut self) -> Result<Expr> {
        match self.token.kind {
            TokenKind::Integer | TokenKind::Param | TokenKind::UserVariable => self.simple_expr(),
            _ if self.at_ident() => self.simple_expr(),
            _ => self.unexpected(),
        }
    }

    /// OVER, or nothing.
    pub(super) fn over(&mut self) -> Result<Option<Over>> {
        if !self.eat_keyword(Keyword::Over) {
            return Ok(None);
        }
        if self.at(TokenKind::LeftParen) {
            return Ok(Some(Over::Spec(Box::new(self.window_spec()?))));
        }
        Ok(Some(Over::Name(self.ident()?)))
    }

    /// WINDOW w AS (...), ..., or nothing.
    pub(super) fn windows(&mut self) -> Result<Vec<NamedWindow>> {
        if !self.eat_keyword(Keyword::Window) {
            return Ok(Vec::new());
        }
        self.list(|parser| {
            let name = parser.ident()?;
            parser.expect_keyword(Keyword::As)?;
            Ok(NamedWindow { name, spec: parser.window_spec()? })
        })
    }

    fn window_spec(&mut self) -> Result<WindowSpec> {
        let start = self.token.span.start;
        self.nested(|parser| {
            parser.expect(TokenKind::LeftParen)?;
            let is_name = parser.at_ident()
                && !matches!(
                    parser.keyword(),
                    Some(Keyword::Partition | Keyword::Rows | Keyword::Range | Keyword::Groups)
                );
            let name = if is_name { Some(parser.ident()?) } else { None };
            let mut partition_by = Vec::new();
            if parser.eat_keyword(Keyword::Partition) {
                parser.expect_keyword(Keyword::By)?;
                partition_by = parser.list(Self::expr)?;
            }
            let order_by = parser.order_by()?;
            let frame = parser.frame()?.map(Box::new);
            parser.expect(TokenKind::RightParen)?;
            Ok(WindowSpec { span: parser.span_from(start), name, partition_by, order_by, frame })
        })
    }

    fn frame(&mut self) -> Result<Option<Frame>> {
        let start = self.token.span.start;
        let unit = match self.keyword() {
            Some(Keyword::Rows) => FrameUnit::Rows,
            Some(Keyword::Range) => FrameUnit::Range,
            Some(Keyword::Groups) => FrameUnit::Groups,
            _ => return Ok(None),
        };
        self.bump();
        let (first, end) = if self.eat_keyword(Keyword::Between) {
            let first = self.frame_bound()?;
            self.expect_keyword(Keyword::And)?;
            (first, Some(self.frame_bound()?))
        } else {
            let first = self.frame_bound()?;
            let following = matches!(
                first,
                FrameBound::UnboundedFollowing | FrameBound::Following(_) | FrameBound::IntervalFollowing(_)
            );
            if following {
                return self.unexpected();
            }
            (first, None)
        };
        let exclude = if self.eat_keyword(Keyword::Exclude) { Some(self.frame_exclusion()?) } else { None };
        Ok(Some(Frame { span: self.span_from(start), unit, start: first, end, exclude }))
    }

    /// Whether PRECEDING (true) or FOLLOWING (false) stands here.
    fn preceding(&mut self) -> Result<bool> {
        if self.eat_keyword(Keyword::Preceding) {
            return Ok(true);
        }
        self.expect_keyword(Keyword::Following)?;
        Ok(false)
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.eat_keyword(Keyword::Current) {
            self.expect_keyword(Keyword::Row)?;
            return Ok(FrameBound::CurrentRow);
        }
        if self.eat_keyword(Keyword::Unbounded) {
            return Ok(match self.preceding()? {
                true => FrameBound::UnboundedPreceding,
                false => FrameBound::UnboundedFollowing,
            });
        }
        if self.at_keyword(Keyword::Interval) {
            let interval = self.interval()?;
            return Ok(match self.preceding()? {
                true => FrameBound::IntervalPreceding(interval),
                false => FrameBound::IntervalFollowing(interval),
            });
        }
        let amount = match self.token.kind {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Float | TokenKind::Param => self.simple_expr()?,
            _ => return self.unexpected(),
        };
        Ok(if self.preceding()? { FrameBound::Preceding(amount) } else { FrameBound::Following(amount) })
    }

    fn frame_exclusion(&mut self) -> Result<FrameExclusion> {
        let exclusion = match self.keyword() {
            Some(Keyword::Current) => {
                self.bump();
                self.expect_keyword(Keyword::Row)?;
                return Ok(FrameExclusion::CurrentRow);
            }
            Some(Keyword::Group) => FrameExclusion::Group,
            Some(Keyword::Ties) => FrameExclusion::Ties,
            Some(Keyword::No) => {
                self.bump();
                self.expect_keyword(Keyword::Others)?;
                return Ok(FrameExclusion::NoOthers);
            }
            _ => return self.unexpected(),
        };
        self.bump();
        Ok(exclusion)
    }
}
