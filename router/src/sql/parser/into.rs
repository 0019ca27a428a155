//! INTO.

use super::{Parser, Result};
use crate::sql::ast::{IntoClause, IntoTarget, IntoVariable};
use crate::sql::keywords::Keyword;
use crate::sql::token::TokenKind;

impl Parser<'_> {
    /// At INTO.
    pub(super) fn into(&mut self) -> Result<IntoClause> {
        let start = self.token.span.start;
        self.expect_keyword(Keyword::Into)?;
        let target = if self.eat_keyword(Keyword::Outfile) {
            let file = self.string_literal()?.span;
            let options_start = self.token.span.start;
            self.outfile_options()?;
            let options = match self.prev_end > file.end {
                true => self.span_from(options_start),
                false => crate::sql::ast::Span::at(file.end),
            };
            IntoTarget::Outfile { file, options }
        } else if self.eat_keyword(Keyword::Dumpfile) {
            IntoTarget::Dumpfile { file: self.string_literal()?.span }
        } else {
            IntoTarget::Variables(self.list(|parser| {
                if parser.at(TokenKind::UserVariable) {
                    return Ok(IntoVariable::User(parser.user_variable()?));
                }
                Ok(IntoVariable::Local(parser.ident_or_text()?))
            })?)
        };
        Ok(IntoClause { span: self.span_from(start), target })
    }

    fn outfile_options(&mut self) -> Result<()> {
        use Keyword::{
            Char, Character, Charset, Columns, Enclosed, Escaped, Fields, Lines, Optionally, Set, Starting, Terminated,
        };
        if let Some(Char | Character | Charset) = self.keyword() {
            if !self.eat_keyword(Charset) {
                self.bump();
                self.expect_keyword(Set)?;
            }
            self.charset_or_collation()?;
        }
        if let Some(Fields | Columns) = self.keyword() {
            self.bump();
            self.separators(&[Terminated, Optionally, Enclosed, Escaped])?;
        }
        if self.eat_keyword(Lines) {
            self.separators(&[Starting, Terminated])?;
        }
        Ok(())
    }

    /// `word BY 'string'`, at least one.
    fn separators(&mut self, words: &[Keyword]) -> Result<()> {
        let mut some = false;
        while let Some(keyword) = self.keyword()
            && words.contains(&keyword)
        {
            self.bump();
            if keyword == Keyword::Optionally {
                self.expect_keyword(Keyword::Enclosed)?;
            }
            self.expect_keyword(Keyword::By)?;
            self.text_string()?;
            some = true;
        }
        if some { Ok(()) } else { self.unexpected() }
    }
}
