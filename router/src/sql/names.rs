//! The names that MySQL gives to the columns of a result.

use super::ast::{ExprKind, LiteralKind, Parsed, SelectItem, SelectItemKind, Span, UnaryOp};
use super::lexer::is_ident_byte;
use super::literal::first_part;
use super::options::ParseOptions;

/// What the name of a select item's column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnName {
    /// All columns of a table, or of all: the item is `*` or `t.*`.
    Wildcard,
    /// This name.
    Name(String),
    /// The column's name as the catalogue has it, which may differ in case from what is written.
    Column(String),
}

/// The name of a select item's column.
pub fn column_name(text: &[u8], parsed: &Parsed, item: &SelectItem, options: &ParseOptions) -> ColumnName {
    let SelectItemKind::Expr { expr, alias } = &item.kind else { return ColumnName::Wildcard };
    if let Some(alias) = alias {
        return ColumnName::Name(trim(&alias.value));
    }
    // MySQL drops a plus sign, and what is a column or a literal after it names itself.
    let mut named = expr;
    while let ExprKind::Unary(UnaryOp::Plus, operand) = &named.kind {
        named = operand;
    }
    let bytes = match &named.kind {
        ExprKind::Column(column) => return ColumnName::Column(column.column.value.to_string()),
        // Names its own item, whatever parentheses are around it; only the first of adjacent strings counts.
        ExprKind::Literal(literal) => match literal.kind {
            LiteralKind::Null => return ColumnName::Name("NULL".to_owned()),
            LiteralKind::String | LiteralKind::NationalString => first_part(text, named.span, options).into_owned(),
            LiteralKind::Integer | LiteralKind::Decimal | LiteralKind::Float => named.span.of(text).to_vec(),
            _ => without_marks(text, parsed, item, options),
        },
        _ => without_marks(text, parsed, item, options),
    };
    ColumnName::Name(trim(&options.charset.decode(&bytes)))
}

/// The item's text as MySQL's lexer hands it on: the marks of version comments that it executes and all of those that it
/// doesn't are gone, other comments stay.
fn without_marks(text: &[u8], parsed: &Parsed, item: &SelectItem, options: &ParseOptions) -> Vec<u8> {
    let is_inside = |mark: &&Span| item.span.contains(**mark);
    let mut marks: Vec<Span> =
        parsed.version_marks.iter().chain(&parsed.skipped_comments).filter(is_inside).copied().collect();
    marks.sort_unstable();
    let mut bytes = Vec::with_capacity(item.span.len());
    let mut from = item.span.start;
    for mark in marks {
        bytes.extend_from_slice(text.get(from as usize..mark.start as usize).unwrap_or_default());
        from = mark.end;
    }
    let end = item.span.end as usize + spaces_after_word(text, item.span, options);
    bytes.extend_from_slice(text.get(from as usize..end).unwrap_or_default());
    bytes
}

/// Under IGNORE_SPACE MySQL looks for `(` behind the spaces after a word, and if the item ends there, its name ends after
/// the spaces.
fn spaces_after_word(text: &[u8], item: Span, options: &ParseOptions) -> usize {
    let item_text = item.of(text);
    let is_space = |byte: &&u8| matches!(**byte, b' ' | 0x09..=0x0d);
    let length = item_text.iter().rev().take_while(|byte| is_ident_byte(**byte)).count();
    let (before, word) = item_text.split_at(item_text.len() - length);
    let is_word =
        word.first().is_some_and(|byte| !byte.is_ascii_digit()) && !matches!(before.last(), Some(b'.' | b'@'));
    if !options.sql_mode.ignore_space || !is_word {
        return 0;
    }
    text.get(item.end as usize..).unwrap_or_default().iter().take_while(is_space).count()
}

/// MySQL leaves out spaces and control characters at the beginning of a name, and cuts it at 256 characters.
fn trim(name: &str) -> String {
    name.trim_start_matches(|c: char| c <= ' ' || c == '\u{7f}').chars().take(256).collect()
}
