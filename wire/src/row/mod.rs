//! Result sets: column definitions, and rows as text and in binary.

mod binary;
mod column;
mod float_text;
mod text;
mod to_binary;
mod to_text;

pub use binary::BinaryRow;
pub use column::ColumnDefinition;
pub use text::{TextRow, write_text_value};
pub use to_binary::{ConvertError, write_binary_row};
pub use to_text::write_as_text;
