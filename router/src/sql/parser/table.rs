//! Table references: table factors and joins.

use super::{Parser, Pending, Result};
use crate::sql::ast::{
    DerivedTable, Ident, IndexHint, IndexHintAction, IndexHintScope, Join, JoinCondition, JoinKind, ParenthesisedQuery,
    Query, QueryBody, Span, TableFactor, TableList, TableRef, TableSample,
};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

/// What parentheses hold where a table is expected.
enum Contents {
    Query(Box<Query>),
    Tables(Vec<TableRef>),
}

/// A join's right side, and the end of its text with the condition.
struct Step {
    start: u32,
    kind: JoinKind,
    natural: bool,
    right: TableRef,
    condition: JoinCondition,
    end: u32,
}

/// Joins in the order in which they apply, each to the result of those before it.
struct Chain {
    end: u32,
    first: TableRef,
    steps: Vec<Step>,
    /// It is `{ OJ ... }` and nothing more.
    only_braces: bool,
}

impl Chain {
    fn into_tree(self) -> TableRef {
        self.steps.into_iter().fold(self.first, |left, step| {
            let Step { start, kind, natural, right, condition, end } = step;
            TableRef::Join(Box::new(Join { span: Span::new(start, end), kind, natural, left, right, condition }))
        })
    }
}

impl Parser<'_> {
    /// A table factor or joins of them.
    pub(super) fn table_reference(&mut self) -> Result<TableRef> {
        Ok(self.nested(Self::chain)?.into_tree())
    }

    /// A join's right side is read as far as it goes, as MySQL does: `a JOIN b JOIN c ON x ON y` is `a JOIN (b JOIN c ON
    /// x) ON y`. Where no ON is left for it, the join applies to the leftmost table of its right side: `a JOIN b JOIN c
    /// ON x` is `(a JOIN b) JOIN c ON x`.
    fn chain(&mut self) -> Result<Chain> {
        let start = self.pending_table.as_ref().map_or(self.token.span.start, |pending| pending.start);
        let mut chain = if self.at(TokenKind::LeftBrace) && self.pending_table.is_none() {
            self.braces()?
        } else {
            let first = self.table_factor()?;
            Chain { end: self.prev_end, first, steps: Vec::new(), only_braces: false }
        };
        while let Some((kind, natural)) = self.join_type()? {
            chain.only_braces = false;
            if natural {
                let right = self.nested(Self::table_factor)?;
                let end = self.prev_end;
                chain.steps.push(Step { start, kind, natural, right, condition: JoinCondition::None, end });
            } else {
                let right = self.nested(Self::chain)?;
                match self.join_condition()? {
                    JoinCondition::None if kind.is_outer() => return self.unexpected(),
                    condition @ JoinCondition::None => {
                        let Chain { end, first: right, steps, .. } = right;
                        chain.steps.push(Step { start, kind, natural, right, condition, end });
                        chain.steps.extend(steps.into_iter().map(|step| Step { start, ..step }));
                    }
                    condition => {
                        let (right, end) = (right.into_tree(), self.prev_end);
                        chain.steps.push(Step { start, kind, natural, right, condition, end });
                    }
                }
            }
            self.grow()?;
        }
        Ok(chain)
    }

    /// `{ OJ joins }`: unlike those in parentheses, its joins are as open to what stands before it as if the braces weren't.
    fn braces(&mut self) -> Result<Chain> {
        self.expect(TokenKind::LeftBrace)?;
        self.ident()?;
        let mut chain = self.nested(Self::chain)?;
        if chain.only_braces {
            return self.unexpected();
        }
        self.expect(TokenKind::RightBrace)?;
        chain.only_braces = true;
        Ok(chain)
    }

    /// JOIN and its words, and whether NATURAL is among them.
    fn join_type(&mut self) -> Result<Option<(JoinKind, bool)>> {
        let natural = self.eat_keyword(Keyword::Natural);
        let kind = match self.keyword() {
            Some(Keyword::Join) => JoinKind::Inner,
            Some(Keyword::Inner) => JoinKind::Inner,
            Some(Keyword::Cross) if !natural => JoinKind::Cross,
            Some(Keyword::StraightJoin) if !natural => JoinKind::Straight,
            Some(Keyword::Left) => JoinKind::Left,
            Some(Keyword::Right) => JoinKind::Right,
            _ if natural => return self.unexpected(),
            _ => return Ok(None),
        };
        let word = self.keyword();
        self.bump();
        if kind.is_outer() {
            self.eat_keyword(Keyword::Outer);
        }
        if !matches!(word, Some(Keyword::Join | Keyword::StraightJoin)) {
            self.expect_keyword(Keyword::Join)?;
        }
        Ok(Some((kind, natural)))
    }

    fn join_condition(&mut self) -> Result<JoinCondition> {
        if self.eat_keyword(Keyword::On) {
            return Ok(JoinCondition::On(self.expr()?));
        }
        if self.eat_keyword(Keyword::Using) {
            return Ok(JoinCondition::Using(self.paren_list(Self::ident)?));
        }
        Ok(JoinCondition::None)
    }

    fn table_factor(&mut self) -> Result<TableRef> {
        if let Some(Pending { item, height, .. }) = self.pending_table.take() {
            self.height = self.height.max(height);
            return Ok(item);
        }
        let start = self.token.span.start;
        match self.token.kind {
            TokenKind::LeftParen => {
                let (contents, span) = self.table_parens()?;
                match contents {
                    Contents::Query(query) => self.derived(start, false, *query),
                    Contents::Tables(tables) => Ok(Self::tables_as_factor(tables, span)),
                }
            }
            TokenKind::Keyword(Keyword::Lateral) => {
                self.bump();
                let (query, _) = self.subquery()?;
                self.derived(start, true, query)
            }
            TokenKind::Keyword(Keyword::JsonTable) => Ok(TableRef::Json(Box::new(self.json_table()?))),
            _ => Ok(TableRef::Table(Box::new(self.named_table()?))),
        }
    }

    fn tables_as_factor(mut tables: Vec<TableRef>, span: Span) -> TableRef {
        match (tables.pop(), tables.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                tables.extend(last);
                TableRef::List(Box::new(TableList { span, tables }))
            }
        }
    }

    /// From `(` to its `)`; the span includes both.
    fn table_parens(&mut self) -> Result<(Contents, Span)> {
        let start = self.token.span.start;
        self.nested(|parser| {
            parser.expect(TokenKind::LeftParen)?;
            let contents = parser.table_contents()?;
            parser.expect(TokenKind::RightParen)?;
            Ok((contents, parser.span_from(start)))
        })
    }

    fn table_contents(&mut self) -> Result<Contents> {
        if self.at_query_start() {
            return Ok(Contents::Query(Box::new(self.query()?)));
        }
        if self.at(TokenKind::LeftParen) {
            let (inner, span) = self.table_parens()?;
            let item = match inner {
                Contents::Query(query) if self.at_query_rest() => {
                    let body = QueryBody::Parenthesised(Box::new(ParenthesisedQuery { span, query: *query }));
                    return Ok(Contents::Query(Box::new(self.query_after(span.start, body)?)));
                }
                Contents::Query(query) if self.at(TokenKind::RightParen) => return Ok(Contents::Query(query)),
                Contents::Query(query) => self.derived(span.start, false, *query)?,
                Contents::Tables(tables) => Self::tables_as_factor(tables, span),
            };
            self.pending_table = Some(Pending { item, start: span.start, height: self.height });
        }
        let first = self.nested(Self::chain)?;
        // MySQL takes a named table, a join or a list in parentheses, nothing else.
        let is_list = self.at(TokenKind::Comma);
        let is_query = first.steps.is_empty() && matches!(first.first, TableRef::Derived(_) | TableRef::Json(_));
        if (is_query || first.only_braces) && !is_list {
            return self.unexpected();
        }
        let mut tables = vec![first.into_tree()];
        if self.eat(TokenKind::Comma) {
            tables.extend(self.table_references()?);
        }
        Ok(Contents::Tables(tables))
    }

    /// After a query in parentheses: alias and columns.
    fn derived(&mut self, start: u32, lateral: bool, query: Query) -> Result<TableRef> {
        let alias = self.table_alias()?;
        let columns =
            if alias.is_some() && self.at(TokenKind::LeftParen) { self.paren_list(Self::ident)? } else { Vec::new() };
        let span = self.span_from(start);
        Ok(TableRef::Derived(Box::new(DerivedTable { span, lateral, query, alias, columns })))
    }

    /// `[AS] name`, or nothing.
    pub(super) fn table_alias(&mut self) -> Result<Option<Ident>> {
        if self.eat_keyword(Keyword::As) || self.at_ident() { self.ident().map(Some) } else { Ok(None) }
    }

    fn named_table(&mut self) -> Result<TableFactor> {
        self.count_table()?;
        let start = self.token.span.start;
        let name = self.table_name()?;
        let partitions = self.partitions()?;
        let alias = self.table_alias()?;
        let mut index_hints = Vec::new();
        while let Some(hint) = self.index_hint()? {
            index_hints.push(hint);
        }
        let sample = self.table_sample()?.map(Box::new);
        Ok(TableFactor { span: self.span_from(start), name, partitions, alias, index_hints, sample })
    }

    /// PARTITION (...), or nothing.
    pub(super) fn partitions(&mut self) -> Result<Vec<Ident>> {
        if self.eat_keyword(Keyword::Partition) { self.paren_list(Self::ident) } else { Ok(Vec::new()) }
    }

    fn index_hint(&mut self) -> Result<Option<IndexHint>> {
        let start = self.token.span.start;
        let action = match self.keyword() {
            Some(Keyword::Use) => IndexHintAction::Use,
            Some(Keyword::Ignore) => IndexHintAction::Ignore,
            Some(Keyword::Force) => IndexHintAction::Force,
            _ => return Ok(None),
        };
        self.bump();
        if !self.eat_keyword(Keyword::Index) {
            self.expect_keyword(Keyword::Key)?;
        }
        let mut scope = None;
        if self.eat_keyword(Keyword::For) {
            scope = Some(match self.keyword() {
                Some(Keyword::Join) => IndexHintScope::Join,
                Some(Keyword::Order) => IndexHintScope::OrderBy,
                Some(Keyword::Group) => IndexHintScope::GroupBy,
                _ => return self.unexpected(),
            });
            self.bump();
            if scope != Some(IndexHintScope::Join) {
                self.expect_keyword(Keyword::By)?;
            }
        }
        self.expect(TokenKind::LeftParen)?;
        let indexes = match self.at(TokenKind::RightParen) && action == IndexHintAction::Use {
            true => Vec::new(),
            false => self.list(Self::index_name)?,
        };
        self.expect(TokenKind::RightParen)?;
        Ok(Some(IndexHint { span: self.span_from(start), action, scope, indexes }))
    }

    fn index_name(&mut self) -> Result<Ident> {
        if self.at_keyword(Keyword::Primary) {
            let name = self.make_ident(self.token.span, false);
            self.bump();
            return Ok(name);
        }
        self.ident()
    }

    fn table_sample(&mut self) -> Result<Option<TableSample>> {
        if !self.eat_keyword(Keyword::Tablesample) {
            return Ok(None);
        }
        let system = self.eat_keyword(Keyword::System);
        if !system {
            self.expect_keyword(Keyword::Bernoulli)?;
        }
        self.expect(TokenKind::LeftParen)?;
        let percentage = match self.token.kind {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Float | TokenKind::Param | TokenKind::UserVariable => {
                self.simple_expr()?
            }
            _ => return self.unexpected(),
        };
        self.expect(TokenKind::RightParen)?;
        Ok(Some(TableSample { system, percentage }))
    }
}
