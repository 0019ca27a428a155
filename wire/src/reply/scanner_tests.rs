//! Replies as they are on the wire, whole and in pieces.

use proptest::prelude::*;

use super::*;
use crate::flags::{Capabilities, StatusFlags};
use crate::frame::{self, MAX_FRAME_PAYLOAD, Seq};
use crate::stmt::PrepareOk;

const OLD: Capabilities = Capabilities::PROTOCOL_41;
const NEW: Capabilities =
    Capabilities(Capabilities::PROTOCOL_41.0 | Capabilities::DEPRECATE_EOF.0 | Capabilities::SESSION_TRACK.0);

/// Builds a reply's bytes.
#[derive(Debug)]
struct Reply {
    capabilities: Capabilities,
    bytes: Vec<u8>,
    seq: Seq,
}

impl Reply {
    fn new(capabilities: Capabilities) -> Self {
        Reply { capabilities, bytes: Vec::new(), seq: Seq(1) }
    }

    fn packet(mut self, payload: &[u8]) -> Self {
        frame::append_payload(&mut self.bytes, &mut self.seq, payload);
        self
    }

    fn ok(mut self, ok: OkPacket<'_>) -> Self {
        let capabilities = self.capabilities;
        frame::append(&mut self.bytes, &mut self.seq, |out| ok.encode(out, capabilities));
        self
    }

    fn end(mut self, status: StatusFlags) -> Self {
        let capabilities = self.capabilities;
        let ok = OkPacket { status, warnings: 3, ..OkPacket::default() };
        frame::append(&mut self.bytes, &mut self.seq, |out| ok.encode_end(out, capabilities));
        self
    }

    /// Column definitions, and the EOF behind them if there is one.
    fn columns(mut self, count: usize, status: StatusFlags) -> Self {
        for _ in 0..count {
            self = self.packet(b"\x03def\x00\x00\x00\x01a\x00\x0c\x3f\x00\x01\x00\x00\x00\x08\x81\x00\x00\x00\x00");
        }
        if self.capabilities.deprecate_eof() { self } else { self.end(status) }
    }

    fn result_set(mut self, rows: &[&[u8]], status: StatusFlags) -> Self {
        self = self.packet(b"\x01").columns(1, status);
        for row in rows {
            self = self.packet(row);
        }
        self.end(status)
    }

    fn err(self) -> Self {
        self.packet(b"\xff\x15\x04#28000Query execution was interrupted")
    }
}

/// Scans `bytes` in pieces of the given sizes, again and again.
fn scan(expect: Expect, capabilities: Capabilities, bytes: &[u8], sizes: &[usize]) -> (usize, Option<Outcome>) {
    let mut scanner = ReplyScanner::new(expect, capabilities);
    let mut at = 0;
    for size in sizes.iter().cycle() {
        let end = (at + size).min(bytes.len());
        let progress = scanner.scan(&bytes[at..end]).unwrap();
        at += progress.consumed;
        if progress.complete.is_some() {
            return (at, progress.complete);
        }
        assert_eq!(at, end, "all is consumed before the end");
        if at == bytes.len() {
            return (at, None);
        }
    }
    (at, None)
}

fn whole(expect: Expect, reply: &Reply) -> Outcome {
    let mut bytes = reply.bytes.clone();
    let len = bytes.len();
    bytes.extend_from_slice(b"\x07\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00");
    let (consumed, outcome) = scan(expect, reply.capabilities, &bytes, &[bytes.len()]);
    assert_eq!(consumed, len, "the next reply is left alone");
    let outcome = outcome.unwrap();
    for size in [1, 2, 3, 5, 7] {
        if bytes.len() > 1 << 16 {
            break;
        }
        assert_eq!(scan(expect, reply.capabilities, &bytes, &[size]), (len, Some(outcome.clone())), "size {size}");
    }
    let (_, early) = scan(expect, reply.capabilities, &reply.bytes[..len - 1], &[len]);
    assert_eq!(early, None, "a byte short is no end");
    outcome
}

#[test]
fn an_ok_ends_the_reply() {
    let ok = OkPacket { affected_rows: 300, insert_id: 70_000, status: StatusFlags::IN_TRANS, ..OkPacket::default() };
    for capabilities in [OLD, NEW] {
        let outcome = whole(Expect::Query, &Reply::new(capabilities).ok(ok.clone()));
        assert_eq!(outcome.end, End::Ok { affected_rows: 300, insert_id: 70_000 });
        assert_eq!((outcome.status, outcome.results, outcome.rows), (Some(StatusFlags::IN_TRANS), 1, 0));
        assert_eq!(outcome.session_changes, b"");
    }
}

#[test]
fn a_result_set_ends_with_its_terminator_and_rows_are_counted() {
    let rows: [&[u8]; 5] = [b"\x01a", b"\xfb", b"\x00", b"\x00\x00\x05\x00\x00\x00", b"\xfc\x00\x01"];
    for capabilities in [OLD, NEW] {
        let outcome = whole(Expect::Query, &Reply::new(capabilities).result_set(&rows, StatusFlags::AUTOCOMMIT));
        assert_eq!(outcome.end, End::ResultSet);
        assert_eq!((outcome.rows, outcome.warnings), (5, 3));
        assert_eq!(outcome.status, Some(StatusFlags::AUTOCOMMIT));
    }
}

#[test]
fn further_results_belong_to_the_reply() {
    let more = StatusFlags::MORE_RESULTS;
    for capabilities in [OLD, NEW] {
        let reply = Reply::new(capabilities)
            .ok(OkPacket { status: more, ..OkPacket::default() })
            .result_set(&[b"\x01a", b"\x01b"], more)
            .result_set(&[], more)
            .ok(OkPacket { affected_rows: 1, ..OkPacket::default() });
        let outcome = whole(Expect::Query, &reply);
        assert_eq!(outcome.end, End::Ok { affected_rows: 1, insert_id: 0 });
        assert_eq!((outcome.results, outcome.rows), (4, 2));
        let failed = Reply::new(capabilities).result_set(&[b"\x01a"], more).err();
        let outcome = whole(Expect::Query, &failed);
        assert_eq!((outcome.errno(), outcome.results, outcome.status), (Some(1045), 2, None));
    }
}

#[test]
fn an_error_ends_the_reply_wherever_it_comes() {
    for capabilities in [OLD, NEW] {
        assert!(whole(Expect::Query, &Reply::new(capabilities).err()).is_err());
        assert!(whole(Expect::Prepare, &Reply::new(capabilities).err()).is_err());
        assert!(whole(Expect::Text, &Reply::new(capabilities).err()).is_err());
        assert!(whole(Expect::FieldList, &Reply::new(capabilities).err()).is_err());
        let reply = Reply::new(capabilities).packet(b"\x01").columns(1, StatusFlags::EMPTY).packet(b"\x01a").err();
        let outcome = whole(Expect::Query, &reply);
        assert_eq!(outcome.end, End::Err { errno: 1045, sqlstate: *b"28000" });
        assert_eq!(outcome.rows, 1);
    }
}

#[test]
fn a_prepared_statement_has_parameters_and_columns() {
    for capabilities in [OLD, NEW] {
        for (columns, params) in [(0, 0), (1, 0), (0, 2), (3, 2)] {
            let prepared = PrepareOk { statement_id: 5, columns, params, warnings: 0 };
            let mut payload = Vec::new();
            prepared.encode(&mut payload);
            let mut reply = Reply::new(capabilities).packet(&payload);
            for count in [params, columns] {
                if count > 0 {
                    reply = reply.columns(usize::from(count), StatusFlags::EMPTY);
                }
            }
            let outcome = whole(Expect::Prepare, &reply);
            assert_eq!(outcome.end, End::Prepared(prepared));
        }
    }
}

#[test]
fn a_cursors_rows_come_by_fetch() {
    let cursor = StatusFlags::CURSOR_EXISTS;
    let old = Reply::new(OLD).packet(b"\x01").columns(1, cursor);
    assert_eq!(whole(Expect::Query, &old).status, Some(cursor));
    let new = Reply::new(NEW).packet(b"\x01").columns(1, cursor).end(cursor);
    assert_eq!(whole(Expect::Query, &new).status, Some(cursor));
    for capabilities in [OLD, NEW] {
        let fetch = Reply::new(capabilities).packet(b"\x00\x00\x01\x00\x00\x00").end(StatusFlags::LAST_ROW_SENT);
        assert_eq!(whole(Expect::Rows, &fetch).rows, 1);
    }
}

#[test]
fn field_lists_single_oks_and_text_end() {
    for capabilities in [OLD, NEW] {
        let list = Reply::new(capabilities);
        let list = if capabilities == OLD {
            list.columns(2, StatusFlags::EMPTY)
        } else {
            list.columns(2, StatusFlags::EMPTY).end(StatusFlags::EMPTY)
        };
        let outcome = whole(Expect::FieldList, &list);
        assert_eq!((outcome.end, outcome.rows), (End::ResultSet, 0));
        whole(Expect::SingleOk, &Reply::new(capabilities).ok(OkPacket::default()));
        whole(Expect::SingleOk, &Reply::new(capabilities).end(StatusFlags::AUTOCOMMIT));
        assert_eq!(whole(Expect::Text, &Reply::new(capabilities).packet(b"Uptime: 1")).end, End::Text);
    }
}

#[test]
fn a_request_for_a_local_file_interrupts_the_reply() {
    let outcome = whole(Expect::Query, &Reply::new(NEW).packet(b"\xfb/tmp/file.csv"));
    assert_eq!((outcome.end, outcome.results), (End::LocalInfile, 0));
}

#[test]
fn session_changes_of_all_results_are_gathered() {
    let mut change = Vec::new();
    SessionChange::Schema(b"shop").encode(&mut change);
    let ok = |status| OkPacket { status, session_changes: change.as_slice().into(), ..OkPacket::default() };
    let reply = Reply::new(NEW).ok(ok(StatusFlags::MORE_RESULTS)).ok(ok(StatusFlags::EMPTY));
    let outcome = whole(Expect::Query, &reply);
    assert_eq!(outcome.session_changes, [change.clone(), change].concat());
}

#[test]
fn rows_over_sixteen_mebibytes_are_not_misread() {
    // The first value is longer than 16 MiB, so the row begins with 0xFE; the second frame begins like an ERR.
    let mut row = vec![0xFF; MAX_FRAME_PAYLOAD + 5];
    row[..9].copy_from_slice(b"\xfe\xfc\xff\xff\x00\x00\x00\x00\x00");
    // A row of exactly one full frame has an empty one behind it.
    let mut full = vec![0xFE; MAX_FRAME_PAYLOAD];
    full[..4].copy_from_slice(b"\xfd\xfb\xff\xff");
    for capabilities in [OLD, NEW] {
        let reply = Reply::new(capabilities).result_set(&[&row, &full, b"\x01a"], StatusFlags::AUTOCOMMIT);
        assert_eq!(whole(Expect::Query, &reply).rows, 3);
        for size in [4093, 1 << 20, MAX_FRAME_PAYLOAD, MAX_FRAME_PAYLOAD + 4, MAX_FRAME_PAYLOAD + 5] {
            let (consumed, outcome) = scan(Expect::Query, capabilities, &reply.bytes, &[size]);
            assert_eq!((consumed, outcome.map(|outcome| outcome.rows)), (reply.bytes.len(), Some(3)), "{size}");
        }
    }
}

#[test]
fn what_is_no_reply_is_an_error() {
    for (expect, bytes) in [
        (Expect::Query, b"\x07\x00\x00\x01\xfe\x00\x00\x02\x00\x00\x00".as_slice()),
        (Expect::Query, b"\x00\x00\x00\x01\x00"),
        (Expect::Query, b"\x01\x00\x00\x01\x00"),
        (Expect::Query, b"\x03\x00\x00\x01\xfc\x00\x00"),
        (Expect::SingleOk, b"\x01\x00\x00\x01\x05"),
        (Expect::Prepare, b"\x03\x00\x00\x01\x00\x01\x00"),
        (Expect::Rows, b"\xff\xff\xff\x01\xff"),
    ] {
        for size in [1, 2, bytes.len()] {
            let mut scanner = ReplyScanner::new(expect, NEW);
            let failed = bytes.chunks(size).any(|chunk| scanner.scan(chunk).is_err());
            assert!(failed, "{bytes:?}");
        }
    }
}

#[test]
fn a_scanner_serves_one_reply_after_another() {
    let mut scanner = ReplyScanner::new(Expect::Query, NEW);
    let first = Reply::new(NEW).result_set(&[b"\x01a"], StatusFlags::EMPTY).bytes;
    let second = Reply::new(NEW).ok(OkPacket::default()).bytes;
    assert_eq!(scanner.scan(&first).unwrap().complete.unwrap().rows, 1);
    scanner.reset(Expect::SingleOk);
    let outcome = scanner.scan(&second).unwrap().complete.unwrap();
    assert_eq!((outcome.rows, outcome.end), (0, End::Ok { affected_rows: 0, insert_id: 0 }));
}

fn any_reply() -> impl Strategy<Value = Reply> {
    let row = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| [&[0x00], bytes.as_slice()].concat()),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| [&[0xFB], bytes.as_slice()].concat()),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| [&[0x05], bytes.as_slice()].concat()),
    ];
    let result = prop_oneof![Just(None), prop::collection::vec(row, 0..8).prop_map(Some)];
    (any::<bool>(), any::<bool>(), prop::collection::vec(result, 1..5)).prop_map(|(new, fails, results)| {
        let mut reply = Reply::new(if new { NEW } else { OLD });
        let count = results.len();
        for (at, result) in results.into_iter().enumerate() {
            let status = if at + 1 < count || fails { StatusFlags::MORE_RESULTS } else { StatusFlags::EMPTY };
            reply = match result {
                None => reply.ok(OkPacket { status, info: b"Rows matched: 1".into(), ..OkPacket::default() }),
                Some(rows) => {
                    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
                    reply.result_set(&rows, status)
                }
            };
        }
        if fails { reply.err() } else { reply }
    })
}

#[test]
fn an_empty_packet_is_not_judged_by_the_packet_behind_it() {
    for expect in [Expect::Query, Expect::Prepare, Expect::Rows, Expect::FieldList, Expect::SingleOk, Expect::Text] {
        for behind in [0x00, 0x01, 0xFE, 0xFF] {
            let stream = [0, 0, 0, 1, behind, 0, 0, 2];
            let judged = |chunks: &[&[u8]]| {
                let mut scanner = ReplyScanner::new(expect, NEW);
                chunks.iter().try_for_each(|chunk| scanner.scan(chunk).map(|_| ()))
            };
            assert_eq!(judged(&[&stream]), judged(&[&stream[..4], &stream[4..]]), "{expect:?}, then {behind:02x}");
        }
    }
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_answer(reply in any_reply(), sizes in prop::collection::vec(1usize..60, 1..20)) {
        let len = reply.bytes.len();
        let expected = scan(Expect::Query, reply.capabilities, &reply.bytes, &[len]);
        prop_assert!(expected.1.is_some());
        prop_assert_eq!(expected.0, len);
        prop_assert_eq!(scan(Expect::Query, reply.capabilities, &reply.bytes, &sizes), expected);
    }

    #[test]
    fn arbitrary_bytes_are_judged_alike_in_any_chunking(
        bytes in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(5), Just(0xFE), Just(0xFF), any::<u8>()], 0..200),
        size in 1usize..20,
        new in any::<bool>(),
        expect in prop::sample::select(vec![
            Expect::Query, Expect::Prepare, Expect::Rows, Expect::FieldList, Expect::SingleOk, Expect::Text,
        ]),
    ) {
        let run = |size: usize| {
            let mut scanner = ReplyScanner::new(expect, if new { NEW } else { OLD });
            let mut consumed = 0;
            for chunk in bytes.chunks(size) {
                match scanner.scan(chunk) {
                    Err(error) => return Err(error),
                    Ok(progress) => {
                        consumed += progress.consumed;
                        if progress.complete.is_some() {
                            return Ok((consumed, progress.complete));
                        }
                    }
                }
            }
            Ok((consumed, None))
        };
        prop_assert_eq!(run(size), run(bytes.len().max(1)));
    }
}
