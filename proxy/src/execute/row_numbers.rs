//! The numbers of rows in warnings and errors: a shard counts the rows that it got, the client those of its statement.

use crate::session::Warning;

const AT_ROW: &str = " at row ";

/// Where the number of a row begins in a message, and the number.
fn row_of(message: &str) -> Option<(usize, u64)> {
    let at = message.rfind(AT_ROW)? + AT_ROW.len();
    Some((at, message.get(at..)?.parse().ok()?))
}

/// Put the statement's number of a row in the place of the shard's. `rows`: which of the statement's rows the shard got,
/// counted from 0.
pub(super) fn of_statement(message: &mut String, rows: &[usize]) {
    let Some((at, number)) = row_of(message) else { return };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    if let Some(row) = index.and_then(|index| rows.get(index)) {
        message.truncate(at);
        message.push_str(&(row + 1).to_string());
    }
}

/// Order warnings by their rows, if all but those of the statement itself are of rows.
pub(super) fn sort(warnings: &mut [Warning]) {
    let start = warnings.iter().take_while(|warning| super::write::is_of_parsing(warning.code)).count();
    let of_rows = warnings.get_mut(start..).unwrap_or_default();
    if of_rows.iter().all(|warning| row_of(&warning.message).is_some()) {
        of_rows.sort_by_key(|warning| row_of(&warning.message).map(|(_, number)| number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(message: &str) -> Warning {
        Warning { level: "Warning".to_owned(), code: 1265, message: message.to_owned() }
    }

    #[test]
    fn rows_are_counted_as_in_the_statement() {
        let numbered = |text: &str, rows: &[usize]| {
            let mut text = text.to_owned();
            of_statement(&mut text, rows);
            text
        };
        assert_eq!(
            numbered("Data truncated for column 'a' at row 2", &[0, 4, 7]),
            "Data truncated for column 'a' at row 5"
        );
        assert_eq!(numbered("Data truncated at row 9", &[0, 4]), "Data truncated at row 9");
        assert_eq!(numbered("Duplicate entry ' at row x'", &[3]), "Duplicate entry ' at row x'");
    }

    #[test]
    fn warnings_of_rows_are_in_the_order_of_the_rows() {
        let mut warnings = vec![warning("a at row 3"), warning("b at row 1"), warning("c at row 3")];
        sort(&mut warnings);
        let order: Vec<&str> = warnings.iter().map(|warning| &*warning.message).collect();
        assert_eq!(order, ["b at row 1", "a at row 3", "c at row 3"]);
        let mut mixed = vec![warning("a at row 3"), warning("b")];
        sort(&mut mixed);
        assert_eq!(mixed[0].message, "a at row 3");
    }
}
