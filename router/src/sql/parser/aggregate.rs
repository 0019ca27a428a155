//! Aggregate functions.

use super::{Parser, Result};
use crate::sql::ast::{Aggregate, AggregateFunction, ExprKind};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

fn function(keyword: Keyword) -> Option<AggregateFunction> {
    use AggregateFunction as A;
    Some(match keyword {
        Keyword::Avg => A::Avg,
        Keyword::BitAnd => A::BitAnd,
        Keyword::BitOr => A::BitOr,
        Keyword::BitXor => A::BitXor,
        Keyword::Count => A::Count,
        Keyword::GroupConcat => A::GroupConcat,
        Keyword::JsonArrayagg => A::JsonArrayAgg,
        Keyword::JsonObjectagg => A::JsonObjectAgg,
        Keyword::Max => A::Max,
        Keyword::Min => A::Min,
        Keyword::StCollect => A::StCollect,
        Keyword::Std | Keyword::Stddev | Keyword::StddevPop => A::StddevPop,
        Keyword::StddevSamp => A::StddevSamp,
        Keyword::Sum => A::Sum,
        Keyword::Variance | Keyword::VarPop => A::VarPop,
        Keyword::VarSamp => A::VarSamp,
        _ => return None,
    })
}

impl Parser<'_> {
    /// At a keyword before `(`; nothing if it is no aggregate function.
    pub(super) fn aggregate_call(&mut self, keyword: Keyword) -> Result<Option<ExprKind>> {
        use AggregateFunction as A;
        let Some(function) = function(keyword) else { return Ok(None) };
        let mut call = Aggregate {
            function,
            name_span: self.token.span,
            distinct: false,
            args: Vec::new(),
            order_by: Vec::new(),
            separator: None,
            over: None,
        };
        self.bump();
        self.expect(TokenKind::LeftParen)?;
        let may_be_distinct =
            matches!(function, A::Avg | A::Count | A::GroupConcat | A::Max | A::Min | A::StCollect | A::Sum);
        call.distinct = may_be_distinct && self.eat_keyword(Keyword::Distinct);
        let takes_list = function == A::GroupConcat || (function == A::Count && call.distinct);
        if !takes_list {
            self.eat_keyword(Keyword::All);
        }
        if function == A::Count && !call.distinct && self.eat(TokenKind::Star) {
            call.function = A::CountAll;
        } else if takes_list {
            call.args = self.list(Self::expr)?;
        } else {
            call.args.push(self.expr()?);
            if function == A::JsonObjectAgg {
                self.expect(TokenKind::Comma)?;
                self.eat_keyword(Keyword::All);
                call.args.push(self.expr()?);
            }
        }
        if function == A::GroupConcat {
            call.order_by = self.order_by()?;
            if self.eat_keyword(Keyword::Separator) {
                call.separator = Some(self.text_string()?);
            }
        }
        self.expect(TokenKind::RightParen)?;
        call.over = self.over()?;
        Ok(Some(ExprKind::Aggregate(Box::new(call))))
    }
}
