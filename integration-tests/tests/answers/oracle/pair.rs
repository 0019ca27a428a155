//! Two sessions that are told the same: one with a plain MySQL, one with the proxy.

use std::fmt;

use shardgate_integration_tests::{Endpoint, HarnessError, RawClient, RawReply};
use shardgate_wire::Capabilities;

use super::compare::{Verdict, compare, refusal};
use super::corpus::{Corpus, Statement};
use super::tier::Tier;

/// How statements are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Protocol {
    Text,
    Prepared,
    /// As text, by a client that counts the rows that an UPDATE finds (CLIENT_FOUND_ROWS).
    TextCountingFound,
}

impl Protocol {
    fn capabilities(self) -> Capabilities {
        match self {
            Self::Text | Self::Prepared => Capabilities::EMPTY,
            Self::TextCountingFound => Capabilities::FOUND_ROWS,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Prepared => "prepared",
            Self::TextCountingFound => "text of a client that counts found rows",
        })
    }
}

pub(super) struct Pair {
    pub(super) keyspace: String,
    protocol: Protocol,
    endpoints: (Endpoint, Endpoint),
    plain: RawClient,
    proxy: RawClient,
    /// A session that only asks how statements run, so that asking changes nothing of the compared one.
    asking: Option<RawClient>,
}

impl Pair {
    pub(super) fn connect(plain: Endpoint, proxy: Endpoint, keyspace: &str, protocol: Protocol) -> Self {
        let client = |endpoint: &Endpoint| RawClient::connect_with(endpoint, protocol.capabilities());
        Self {
            keyspace: keyspace.to_owned(),
            protocol,
            plain: client(&plain).expect("a session with MySQL"),
            proxy: client(&proxy).expect("a session with the proxy"),
            asking: None,
            endpoints: (plain, proxy),
        }
    }

    /// Runs a statement on both, on MySQL only if the proxy doesn't refuse it.
    pub(super) fn compare(&mut self, statement: &Statement) -> Verdict {
        let mut protocol = self.protocol;
        if protocol == Protocol::Prepared && is_text_only(&statement.text) {
            // That both refuse to prepare it is compared, too, unless it tells of the statement before.
            if !is_of_diagnostics(&statement.text) {
                let verdict = self.compare_by(Protocol::Prepared, statement);
                if verdict != Verdict::Equal {
                    return verdict;
                }
            }
            protocol = Protocol::Text;
        }
        self.compare_by(protocol, statement)
    }

    fn compare_by(&mut self, protocol: Protocol, statement: &Statement) -> Verdict {
        let proxy = match send(&mut self.proxy, protocol, statement) {
            Ok(replies) => replies,
            Err(error) => {
                self.proxy = RawClient::connect_with(&self.endpoints.1, protocol.capabilities())
                    .expect("another session with the proxy");
                return Verdict::Different(error.to_string());
            }
        };
        if let Some(message) = refusal(&proxy) {
            return Verdict::Refused(message.to_owned());
        }
        let plain = send(&mut self.plain, protocol, statement);
        let plain =
            plain.unwrap_or_else(|error| panic!("MySQL itself fails ({error}) with {}", statement.with_values()));
        if protocol == Protocol::TextCountingFound && statement.text.contains("ON DUPLICATE KEY") {
            // An OK doesn't tell a new row from one that was found and stays as it is, so neither does the sum of several.
            let (plain, proxy) = (without_info(plain), without_info(proxy));
            return compare(&statement.text, &plain, &proxy, statement.sure);
        }
        compare(&statement.text, &plain, &without_warnings_of_preparing(protocol, &plain, proxy), statement.sure)
    }

    /// The way that the proxy takes for a statement.
    pub(super) fn tier(&mut self, statement: &Statement) -> Option<Tier> {
        let client = self
            .asking
            .get_or_insert_with(|| RawClient::connect(&self.endpoints.1).expect("a further session with the proxy"));
        let replies = client.query(&format!("VEXPLAIN PLAN {}", statement.with_values())).ok()?;
        Tier::of_plan(&replies)
    }

    /// What the proxy alone says.
    pub(super) fn proxied(&mut self, text: &str) -> Vec<RawReply> {
        self.proxy.query(text).expect("an answer of the proxy")
    }

    /// Runs a statement on both; it must go well.
    #[track_caller]
    pub(super) fn both(&mut self, text: &str) {
        for (who, client) in [("MySQL", &mut self.plain), ("the proxy", &mut self.proxy)] {
            let replies = client.query(text).expect("an answer");
            if let Some(RawReply::Err { message, .. }) = replies.first() {
                panic!("{who}: {text}: {message}");
            }
        }
    }

    /// Puts the tables' rows back.
    pub(super) fn reset(&mut self, data: &Corpus) {
        for text in data.texts() {
            self.both(text);
        }
    }
}

/// Whether MySQL refuses to prepare it.
fn is_text_only(text: &str) -> bool {
    const WORDS: [&str; 9] =
        ["BEGIN", "START", "SAVEPOINT", "ROLLBACK TO", "RELEASE", "USE", "PREPARE", "EXECUTE", "DEALLOCATE"];
    is_of_diagnostics(text) || WORDS.iter().any(|word| text.starts_with(word))
}

fn is_of_diagnostics(text: &str) -> bool {
    ["SHOW WARNINGS", "SHOW ERRORS", "SHOW COUNT", "SELECT @@warning_count"].iter().any(|word| text.starts_with(word))
}

fn send(client: &mut RawClient, protocol: Protocol, statement: &Statement) -> Result<Vec<RawReply>, HarnessError> {
    match protocol {
        Protocol::Text | Protocol::TextCountingFound => client.query(&statement.with_values()),
        Protocol::Prepared => client.execute(&statement.text, &statement.values),
    }
}

/// MySQL gives warnings about constants when it prepares a statement, and not when it executes it. Several shards get
/// texts, so through the proxy they come with the rows: never fewer, perhaps more.
fn without_warnings_of_preparing(protocol: Protocol, plain: &[RawReply], mut proxy: Vec<RawReply>) -> Vec<RawReply> {
    if let (Protocol::Prepared, [RawReply::Rows { warnings: 0, .. }], [RawReply::Rows { warnings, .. }]) =
        (protocol, plain, proxy.as_mut_slice())
    {
        *warnings = 0;
    }
    proxy
}

fn without_info(mut replies: Vec<RawReply>) -> Vec<RawReply> {
    for reply in &mut replies {
        if let RawReply::Ok { info, .. } = reply {
            info.clear();
        }
    }
    replies
}
