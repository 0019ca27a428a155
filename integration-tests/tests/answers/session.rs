//! A session of a test: statements that must go well, or must fail, in a word.

use shardgate_integration_tests::{Endpoint, RawClient, RawReply, RawValue};

pub(crate) struct Session(RawClient);

impl Session {
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self(RawClient::connect(endpoint).expect("a session"))
    }

    pub(crate) fn reply(&mut self, text: &str) -> RawReply {
        self.0.query(text).expect("an answer").pop().expect("a reply")
    }

    /// Affected rows and insert id.
    #[track_caller]
    pub(crate) fn ok(&mut self, text: &str) -> (u64, u64) {
        match self.reply(text) {
            RawReply::Ok { affected_rows, insert_id, .. } => (affected_rows, insert_id),
            other => panic!("{text}: {other:?}"),
        }
    }

    /// The rows, as text with `NULL`.
    #[track_caller]
    pub(crate) fn rows(&mut self, text: &str) -> Vec<Vec<String>> {
        match self.reply(text) {
            RawReply::Rows { rows, .. } => rows.into_iter().map(shown).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    /// The names of the columns of a query.
    #[track_caller]
    pub(crate) fn columns(&mut self, text: &str) -> Vec<String> {
        match self.reply(text) {
            RawReply::Rows { columns, .. } => {
                columns.iter().map(|column| String::from_utf8_lossy(&column.name).into_owned()).collect()
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    /// The only value of the only row.
    #[track_caller]
    pub(crate) fn value(&mut self, text: &str) -> String {
        let rows = self.rows(text);
        match rows.as_slice() {
            [row] if row.len() == 1 => row.concat(),
            _ => panic!("{text}: {rows:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn number(&mut self, text: &str) -> u64 {
        self.value(text).parse().expect("a number")
    }

    /// Errno and text of an error.
    #[track_caller]
    pub(crate) fn error(&mut self, text: &str) -> (u16, String) {
        match self.reply(text) {
            RawReply::Err { errno, message, .. } => (errno, message),
            other => panic!("{text}: {other:?}"),
        }
    }

    /// Prepared, with a value.
    #[track_caller]
    pub(crate) fn prepared(&mut self, text: &str, value: RawValue) -> Vec<Vec<String>> {
        match self.0.execute(text, &[value]).expect("an answer").pop() {
            Some(RawReply::Rows { rows, .. }) => rows.into_iter().map(shown).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }
}

fn shown(row: Vec<Option<Vec<u8>>>) -> Vec<String> {
    let text = |value: Option<Vec<u8>>| {
        value.map_or_else(|| "NULL".to_owned(), |value| String::from_utf8_lossy(&value).into_owned())
    };
    row.into_iter().map(text).collect()
}
