//! Functions with a syntax of their own.

use super::function::plain_call;
use super::{Parser, Result};
use crate::sql::ast::{Expr, ExprKind, Ident, LiteralKind, SpecialCall, TrimSide};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

/// Units of intervals; `simple` ones go with EXTRACT and TIMESTAMPADD alike.
fn unit(keyword: Keyword) -> Option<(&'static str, bool)> {
    use Keyword::{
        Day, DayHour, DayMicrosecond, DayMinute, DaySecond, Hour, HourMicrosecond, HourMinute, HourSecond, Microsecond,
        Minute, MinuteMicrosecond, MinuteSecond, Month, Quarter, Second, SecondMicrosecond, SqlTsiDay, SqlTsiHour,
        SqlTsiMinute, SqlTsiMonth, SqlTsiQuarter, SqlTsiSecond, SqlTsiWeek, SqlTsiYear, Week, Year, YearMonth,
    };
    Some(match keyword {
        Microsecond => ("MICROSECOND", true),
        Second | SqlTsiSecond => ("SECOND", true),
        Minute | SqlTsiMinute => ("MINUTE", true),
        Hour | SqlTsiHour => ("HOUR", true),
        Day | SqlTsiDay => ("DAY", true),
        Week | SqlTsiWeek => ("WEEK", true),
        Month | SqlTsiMonth => ("MONTH", true),
        Quarter | SqlTsiQuarter => ("QUARTER", true),
        Year | SqlTsiYear => ("YEAR", true),
        SecondMicrosecond => ("SECOND_MICROSECOND", false),
        MinuteMicrosecond => ("MINUTE_MICROSECOND", false),
        MinuteSecond => ("MINUTE_SECOND", false),
        HourMicrosecond => ("HOUR_MICROSECOND", false),
        HourSecond => ("HOUR_SECOND", false),
        HourMinute => ("HOUR_MINUTE", false),
        DayMicrosecond => ("DAY_MICROSECOND", false),
        DaySecond => ("DAY_SECOND", false),
        DayMinute => ("DAY_MINUTE", false),
        DayHour => ("DAY_HOUR", false),
        YearMonth => ("YEAR_MONTH", false),
        _ => return None,
    })
}

impl Parser<'_> {
    /// A unit of an interval.
    pub(super) fn interval_unit(&mut self) -> Result<&'static str> {
        match self.keyword().and_then(unit) {
            Some((name, _)) => {
                self.bump();
                Ok(name)
            }
            None => self.unexpected(),
        }
    }

    /// A unit of TIMESTAMPADD: no compound one.
    fn simple_unit(&mut self) -> Result<&'static str> {
        match self.keyword().and_then(unit) {
            Some((_, true)) => self.interval_unit(),
            _ => self.unexpected(),
        }
    }

    /// At a keyword before `(`; nothing if it isn't such a function.
    pub(super) fn special_call(&mut self, keyword: Keyword) -> Result<Option<ExprKind>> {
        use Keyword::{
            Adddate, Cast, Char, Character, Convert, Date, DateAdd, DateSub, Datetime, Extract, From, GetFormat, In,
            Interval, JsonValue, Mid, Position, Subdate, Substr, Substring, Time, Timestamp, Timestampadd,
            Timestampdiff, Trim, Using, WeightString,
        };
        let is_special = matches!(
            keyword,
            Cast | Convert
                | Char
                | Character
                | Trim
                | Extract
                | Position
                | Substr
                | Substring
                | Mid
                | Adddate
                | Subdate
                | DateAdd
                | DateSub
                | GetFormat
                | Timestampadd
                | Timestampdiff
                | WeightString
                | JsonValue
        );
        if !is_special {
            return Ok(None);
        }
        let name = self.make_ident(self.token.span, false);
        self.bump();
        self.expect(TokenKind::LeftParen)?;
        let kind = match keyword {
            Cast => self.cast()?,
            Convert => self.convert()?,
            Char | Character => {
                let args = self.list(Self::expr)?;
                let charset = if self.eat_keyword(Using) { Some(self.charset_or_collation()?) } else { None };
                SpecialCall::Char { args, charset }
            }
            Trim => self.trim()?,
            Extract => {
                let unit = self.interval_unit()?;
                self.expect_keyword(From)?;
                SpecialCall::Extract { unit, expr: self.expr()? }
            }
            Position => {
                let needle = self.nested(|parser| parser.bit_expr(super::expr::LOOSEST))?;
                self.expect_keyword(In)?;
                SpecialCall::Position { needle, haystack: self.expr()? }
            }
            Substr | Substring | Mid => {
                let args = self.substring_args()?;
                self.expect(TokenKind::RightParen)?;
                return Ok(Some(plain_call(name, args, true)));
            }
            Adddate | Subdate | DateAdd | DateSub => {
                let date = self.expr()?;
                self.expect(TokenKind::Comma)?;
                let takes_days = matches!(keyword, Adddate | Subdate);
                if !takes_days {
                    SpecialCall::DateAdd { name, date, interval: self.interval()? }
                } else if self.at_keyword(Interval) {
                    match self.interval_or_call()? {
                        Some(interval) if self.at(TokenKind::RightParen) => {
                            SpecialCall::DateAdd { name, date, interval }
                        }
                        Some(_) => return self.unexpected(),
                        // `ADDDATE(d, INTERVAL(1, 2, 3) + 1)`
                        None => return self.days_call(name, date).map(Some),
                    }
                } else {
                    return self.days_call(name, date).map(Some);
                }
            }
            GetFormat => {
                let ty = match self.keyword() {
                    Some(Date) => "DATE",
                    Some(Time) => "TIME",
                    Some(Datetime) => "DATETIME",
                    Some(Timestamp) => "TIMESTAMP",
                    _ => return self.unexpected(),
                };
                self.bump();
                self.expect(TokenKind::Comma)?;
                SpecialCall::GetFormat { ty, expr: self.expr()? }
            }
            Timestampadd | Timestampdiff => {
                let unit = self.simple_unit()?;
                self.expect(TokenKind::Comma)?;
                let first = self.expr()?;
                self.expect(TokenKind::Comma)?;
                SpecialCall::TimestampUnit { name, unit, args: Box::new((first, self.expr()?)) }
            }
            WeightString => match self.weight_string()? {
                (expr, None) => SpecialCall::WeightString { expr, cast: None },
                (expr, Some(WeightForm::Cast(binary, length))) => {
                    SpecialCall::WeightString { expr, cast: Some((binary, length)) }
                }
                (expr, Some(WeightForm::Inner(numbers))) => {
                    self.expect(TokenKind::RightParen)?;
                    let args = std::iter::once(expr).chain(numbers).collect();
                    return Ok(Some(plain_call(name, args, true)));
                }
            },
            _ => self.json_value()?,
        };
        self.expect(TokenKind::RightParen)?;
        Ok(Some(ExprKind::Special(Box::new(kind))))
    }

    fn days_call(&mut self, name: Ident, date: Expr) -> Result<ExprKind> {
        let days = self.expr()?;
        self.expect(TokenKind::RightParen)?;
        Ok(plain_call(name, vec![date, days], true))
    }

    fn trim(&mut self) -> Result<SpecialCall> {
        let side = match self.keyword() {
            Some(Keyword::Leading) => Some(TrimSide::Leading),
            Some(Keyword::Trailing) => Some(TrimSide::Trailing),
            Some(Keyword::Both) => Some(TrimSide::Both),
            _ => None,
        };
        if side.is_some() {
            self.bump();
            if self.eat_keyword(Keyword::From) {
                return Ok(SpecialCall::Trim { side, remove: None, expr: self.expr()? });
            }
        }
        let first = self.expr()?;
        if self.eat_keyword(Keyword::From) {
            return Ok(SpecialCall::Trim { side, remove: Some(first), expr: self.expr()? });
        }
        if side.is_some() { self.unexpected() } else { Ok(SpecialCall::Trim { side, remove: None, expr: first }) }
    }

    fn substring_args(&mut self) -> Result<Vec<Expr>> {
        let mut args = vec![self.expr()?];
        let separator = match self.token.kind {
            TokenKind::Comma => TokenKind::Comma,
            TokenKind::Keyword(Keyword::From) => TokenKind::Keyword(Keyword::For),
            _ => return self.unexpected(),
        };
        self.bump();
        args.push(self.expr()?);
        if self.eat(separator) {
            args.push(self.expr()?);
        }
        Ok(args)
    }

    fn weight_string(&mut self) -> Result<(Expr, Option<WeightForm>)> {
        let expr = self.expr()?;
        if self.eat_keyword(Keyword::As) {
            let binary = match self.keyword() {
                Some(Keyword::Char | Keyword::Character) => false,
                Some(Keyword::Binary) => true,
                _ => return self.unexpected(),
            };
            self.bump();
            self.expect(TokenKind::LeftParen)?;
            let length = self.small_number()?;
            self.expect(TokenKind::RightParen)?;
            return Ok((expr, Some(WeightForm::Cast(binary, length))));
        }
        let mut numbers = Vec::new();
        while self.eat(TokenKind::Comma) {
            let span = self.token.span;
            let kind = match self.token.kind {
                TokenKind::Integer => LiteralKind::Integer,
                TokenKind::Hex => LiteralKind::Hex,
                _ => return self.unexpected(),
            };
            let kind = self.plain_literal(kind);
            numbers.push(Expr { span, kind });
        }
        match numbers.len() {
            0 => Ok((expr, None)),
            3 => Ok((expr, Some(WeightForm::Inner(numbers)))),
            _ => self.unexpected(),
        }
    }
}

enum WeightForm {
    Cast(bool, u64),
    Inner(Vec<Expr>),
}
