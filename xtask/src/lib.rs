//! Tidy checks and generated documents.
//!
//! What must stay true of the repository is checked by [`tidy::faults`], which is also a test. What is documented from
//! the code is written by [`documents::generated`].

pub mod bench;
pub mod documents;
pub mod repository;
pub mod tidy;
