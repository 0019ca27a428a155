//! MySQL's SQL: lexer, tree and parser of the statements that read and write rows.

pub mod ast;
