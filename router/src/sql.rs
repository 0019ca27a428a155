//! MySQL's SQL: lexer, tree and parser of the statements that read and write rows.

pub mod ast;
pub mod error;
pub mod keywords;
pub mod lexer;
pub mod literal;
pub mod options;
pub mod parser;
pub mod token;
