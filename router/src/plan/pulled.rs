//! Read the values of subqueries first, and run the statement with them.

use super::Template;

/// A statement whose subqueries read what isn't where it runs: each is run by itself, as a query of the client's would be,
/// and its value stands in its place as a literal. What comes of that is planned anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    /// `SELECT (subquery)`, in the order of the text.
    pub queries: Vec<Template>,
    /// How many of them are in the values, the first ones. The others are in ON DUPLICATE KEY UPDATE.
    pub of_values: u32,
    /// The text before, between and behind the subqueries: one more than there are of these.
    pub parts: Vec<Template>,
}
