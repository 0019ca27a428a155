//! MySQL's SQL: lexer, tree and parser of the statements that read and write rows.

pub mod ast;
pub mod edit;
pub mod error;
pub mod keywords;
pub mod lexer;
pub mod literal;
pub mod names;
pub mod options;
pub mod parser;
pub mod printer;
pub mod token;
