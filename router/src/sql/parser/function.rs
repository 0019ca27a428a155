//! Calls of functions whose arguments are a list.

use super::{Parser, Result};
use crate::sql::ast::{Aggregate, AggregateFunction, Expr, ExprKind, FunctionCall, Ident};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

/// Any number of arguments.
const ANY: usize = usize::MAX;

/// How many arguments, at least and at most, MySQL's grammar lets a function have whose name is a keyword.
#[rustfmt::skip]
fn arity(keyword: Keyword) -> Option<(usize, usize)> {
    use Keyword::{Adddate, Ascii, Charset, Coalesce, Collation, Curdate, CurrentDate, CurrentUser, Database, Date, Day, Format, Geomcollection, Geometrycollection, Grouping, Hour, If, Insert, Left, Linestring, Log, Microsecond, Mid, Minute, Mod, Month, Multilinestring, Multipoint, Multipolygon, Point, Polygon, Quarter, Repeat, Replace, Reverse, Right, RowCount, Schema, Second, SessionUser, SqlTsiDay, SqlTsiHour, SqlTsiMinute, SqlTsiMonth, SqlTsiQuarter, SqlTsiSecond, SqlTsiWeek, SqlTsiYear, Subdate, Substr, Substring, SystemUser, Time, Timestamp, Truncate, User, UtcDate, Week, Year};
    Some(match keyword {
        Adddate => (2, 2),
        Ascii => (1, 1),
        Charset => (1, 1),
        Coalesce => (1, ANY),
        Collation => (1, 1),
        Curdate => (0, 0),
        CurrentDate => (0, 0),
        CurrentUser => (0, 0),
        Database => (0, 0),
        Date => (1, 1),
        Day => (1, 1),
        Format => (2, 3),
        Geomcollection => (0, ANY),
        Geometrycollection => (0, ANY),
        Grouping => (1, ANY),
        Hour => (1, 1),
        If => (3, 3),
        Insert => (4, 4),
        Left => (2, 2),
        Linestring => (1, ANY),
        Log => (1, 2),
        Microsecond => (1, 1),
        Mid => (2, 3),
        Minute => (1, 1),
        Mod => (2, 2),
        Month => (1, 1),
        Multilinestring => (1, ANY),
        Multipoint => (1, ANY),
        Multipolygon => (1, ANY),
        Point => (2, 2),
        Polygon => (1, ANY),
        Quarter => (1, 1),
        Repeat => (2, 2),
        Replace => (3, 3),
        Reverse => (1, 1),
        Right => (2, 2),
        RowCount => (0, 0),
        Schema => (0, 0),
        Second => (1, 1),
        SessionUser => (0, 0),
        SqlTsiDay => (1, 1),
        SqlTsiHour => (1, 1),
        SqlTsiMinute => (1, 1),
        SqlTsiMonth => (1, 1),
        SqlTsiQuarter => (1, 1),
        SqlTsiSecond => (1, 1),
        SqlTsiWeek => (1, 2),
        SqlTsiYear => (1, 1),
        Subdate => (2, 2),
        Substr => (2, 3),
        Substring => (2, 3),
        SystemUser => (0, 0),
        Time => (1, 1),
        Timestamp => (1, 2),
        Truncate => (2, 2),
        User => (0, 0),
        UtcDate => (0, 0),
        Week => (1, 2),
        Year => (1, 1),
        _ => return None,
    })
}

impl Parser<'_> {
    /// At `(` after a name that is no keyword, with or without database: a built-in, loadable or stored function.
    pub(super) fn generic_call(&mut self, start: u32, schema: Option<Ident>, name: Ident) -> Result<Expr> {
        self.expect(TokenKind::LeftParen)?;
        let mut args = Vec::new();
        let mut arg_aliases = Vec::new();
        if !self.at(TokenKind::RightParen) {
            loop {
                args.push(self.expr()?);
                if schema.is_none()
                    && let Some(alias) = self.select_alias()?
                {
                    arg_aliases.resize_with(args.len() - 1, || None);
                    arg_aliases.push(Some(alias));
                }
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
        }
        self.expect(TokenKind::RightParen)?;
        if !arg_aliases.is_empty() {
            arg_aliases.resize_with(args.len(), || None);
        }
        let is_any_value = schema.is_none() && args.len() == 1 && arg_aliases.is_empty() && name.is("any_value");
        let kind = if is_any_value {
            ExprKind::Aggregate(Box::new(Aggregate {
                function: AggregateFunction::AnyValue,
                name_span: name.span,
                distinct: false,
                args,
                order_by: Vec::new(),
                separator: None,
                over: None,
            }))
        } else {
            ExprKind::Function(Box::new(FunctionCall { schema, name, args, arg_aliases, parens: true }))
        };
        Ok(Expr { span: self.span_from(start), kind })
    }

    /// At a keyword that may be a function's name; nothing if it isn't one here.
    pub(super) fn keyword_call(&mut self, keyword: Keyword, paren_follows: bool) -> Result<Option<ExprKind>> {
        use Keyword::{
            CurrentDate, CurrentTime, CurrentTimestamp, CurrentUser, Curtime, Localtime, Localtimestamp, Now, Sysdate,
            UtcDate, UtcTime, UtcTimestamp,
        };
        if !paren_follows {
            return Ok(match keyword {
                CurrentDate | CurrentTime | CurrentTimestamp | CurrentUser | Localtime | Localtimestamp | UtcDate
                | UtcTime | UtcTimestamp => {
                    let name = self.make_ident(self.token.span, false);
                    self.bump();
                    Some(plain_call(name, Vec::new(), false))
                }
                _ => None,
            });
        }
        if let Some(kind) = self.special_call(keyword)? {
            return Ok(Some(kind));
        }
        if let Some(kind) = self.aggregate_call(keyword)? {
            return Ok(Some(kind));
        }
        if let Some(kind) = self.window_call(keyword)? {
            return Ok(Some(kind));
        }
        match keyword {
            CurrentTime | CurrentTimestamp | Curtime | Localtime | Localtimestamp | Now | Sysdate | UtcTime
            | UtcTimestamp => self.precision_call().map(Some),
            _ => match arity(keyword) {
                Some((least, most)) => self.list_call(least, most).map(Some),
                None => Ok(None),
            },
        }
    }

    fn list_call(&mut self, least: usize, most: usize) -> Result<ExprKind> {
        let name = self.make_ident(self.token.span, false);
        self.bump();
        self.expect(TokenKind::LeftParen)?;
        let args = if self.at(TokenKind::RightParen) { Vec::new() } else { self.list(Self::expr)? };
        if args.len() < least || args.len() > most {
            return self.unexpected();
        }
        self.expect(TokenKind::RightParen)?;
        Ok(plain_call(name, args, true))
    }

    /// `NOW()`, `NOW(6)`: the precision is a number, no expression.
    fn precision_call(&mut self) -> Result<ExprKind> {
        let name = self.make_ident(self.token.span, false);
        self.bump();
        self.expect(TokenKind::LeftParen)?;
        let mut args = Vec::new();
        let span = self.token.span;
        if self.at(TokenKind::Integer) {
            let kind = self.plain_literal(crate::sql::ast::LiteralKind::Integer);
            args.push(Expr { span, kind });
        }
        self.expect(TokenKind::RightParen)?;
        Ok(plain_call(name, args, true))
    }
}

pub(super) fn plain_call(name: Ident, args: Vec<Expr>, parens: bool) -> ExprKind {
    ExprKind::Function(Box::new(FunctionCall { schema: None, name, args, arg_aliases: Vec::new(), parens }))
}
