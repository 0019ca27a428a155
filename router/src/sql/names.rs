//! The names that MySQL gives to the columns of a result.

use super::ast::{ExprKind, LiteralKind, Parsed, SelectItem, SelectItemKind};
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
    let bytes = match &expr.kind {
        ExprKind::Column(column) => return ColumnName::Column(column.column.value.to_string()),
        // Names its own item, whatever parentheses are around it; only the first of adjacent strings counts.
        ExprKind::Literal(literal) => match literal.kind {
            LiteralKind::Null => return ColumnName::Name("NULL".to_owned()),
            LiteralKind::String | LiteralKind::NationalString => first_part(text, expr.span, options).into_owned(),
            LiteralKind::Integer | LiteralKind::Decimal | LiteralKind::Float => expr.span.of(text).to_vec(),
            _ => without_marks(text, parsed, item),
        },
        _ => without_marks(text, parsed, item),
    };
    ColumnName::Name(trim(&options.charset.decode(&bytes)))
}

/// The item's text as MySQL's lexer hands it on: the marks of version comments are gone, other comments stay.
fn without_marks(text: &[u8], parsed: &Parsed, item: &SelectItem) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(item.span.len());
    let mut from = item.span.start;
    for mark in parsed.version_marks.iter().filter(|mark| item.span.contains(**mark)) {
        bytes.extend_from_slice(text.get(from as usize..mark.start as usize).unwrap_or_default());
        from = mark.end;
    }
    bytes.extend_from_slice(text.get(from as usize..item.span.end as usize).unwrap_or_default());
    bytes
}

/// MySQL leaves out spaces and control characters at the beginning of a name, and cuts it at 256 characters.
fn trim(name: &str) -> String {
    name.trim_start_matches(|c: char| c <= ' ' || c == '\u{7f}').chars().take(256).collect()
}
