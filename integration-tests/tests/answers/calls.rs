//! CALL: a procedure's results, and what it leaves in the session, which is the caller's and nobody else's.

use shardgate_integration_tests::{RawClient, RawReply, RawValue};
use shardgate_wire::StatusFlags;

use crate::session::Session;
use crate::town::town;

fn hall() -> Session {
    Session::new(&town().proxy("admin", "hall"))
}

/// Makes procedures, which are named so that tests don't meet.
fn with_procedures(definitions: &[&str]) -> Session {
    let mut session = hall();
    for definition in definitions {
        session.ok(definition);
    }
    session
}

/// The rows of each result, and at last the OK.
fn results(replies: &[RawReply]) -> Vec<String> {
    let show = |value: &Option<Vec<u8>>| match value {
        Some(value) => String::from_utf8_lossy(value).into_owned(),
        None => "NULL".to_owned(),
    };
    let rows = |rows: &[Vec<Option<Vec<u8>>>]| rows.iter().flatten().map(show).collect::<Vec<_>>().join(",");
    let result = |reply: &RawReply| match reply {
        RawReply::Ok { .. } => "ok".to_owned(),
        RawReply::Rows { rows: found, .. } => rows(found),
        RawReply::Err { errno, .. } => format!("error {errno}"),
    };
    replies.iter().map(result).collect()
}

#[test]
fn a_procedure_gives_several_results_and_sets_variables() {
    let mut session =
        with_procedures(&["CREATE PROCEDURE call_results(IN a INT, OUT b INT, INOUT c INT) BEGIN SET b = \
         a + 1; SET c = c * 2; SELECT a; SELECT a, b UNION ALL SELECT c, 0; END"]);
    let mut client = RawClient::connect(&town().proxy("admin", "hall")).expect("a session");
    client.query("SET @c = 21").expect("an answer");
    let replies = client.query("CALL call_results(5, @b, @c)").expect("an answer");
    assert_eq!(results(&replies), ["5", "5,6,42,0", "ok"]);
    let replies = client.query("SELECT @b, @c").expect("an answer");
    assert_eq!(results(&replies), ["6,42"]);
    // Variables that the procedure has set count in other keyspaces, too, if the statement names them.
    let replies = client.query("SELECT @b + 1, COUNT(*) FROM town.kind").expect("an answer");
    assert_eq!(results(&replies), ["7,0"]);
    // Prepared: the values of the OUT parameters are a result of their own.
    let values = [RawValue::Int(7), RawValue::Null, RawValue::Int(4)];
    let replies = client.execute("CALL call_results(?, ?, ?)", &values).expect("an answer");
    assert_eq!(results(&replies), ["7", "7,8,8,0", "8,8", "ok"]);
    let is_out = |reply: &RawReply| matches!(reply, RawReply::Rows { status, .. } if status.contains(StatusFlags::PS_OUT_PARAMS));
    assert_eq!(replies.iter().map(is_out).collect::<Vec<_>>(), [false, false, true, false]);
    let replies = client.query("SELECT @b, @c").expect("an answer");
    assert_eq!(results(&replies), ["6,42"]);
    session.ok("DROP PROCEDURE call_results");
}

#[test]
fn what_a_procedure_leaves_is_its_callers_alone() {
    let mut session = with_procedures(&[
        "CREATE PROCEDURE call_temporary() BEGIN CREATE TEMPORARY TABLE call_left AS SELECT 7 AS seven; SET SESSION \
         group_concat_max_len = 5; END",
        "CREATE PROCEDURE call_fails() BEGIN CREATE TEMPORARY TABLE call_left_too AS SELECT 8 AS eight; SELECT * FROM \
         nowhere; END",
    ]);
    session.ok("CALL call_temporary()");
    assert_eq!(session.error("CALL call_fails()").0, 1146);
    let others: Vec<Session> = (0..4)
        .map(|_| {
            let mut other = hall();
            assert_eq!(other.error("SELECT seven FROM call_left").0, 1146);
            assert_eq!(other.value("SELECT LENGTH(GROUP_CONCAT(REPEAT('x', 9)))"), "9");
            other
        })
        .collect();
    assert_eq!(session.value("SELECT seven FROM call_left"), "7");
    assert_eq!(session.value("SELECT eight FROM call_left_too"), "8");
    assert_eq!(session.value("SELECT LENGTH(GROUP_CONCAT(REPEAT('x', 9)))"), "5");
    drop(others);
    drop(session);
    // The connection is clean when others get it.
    for _ in 0..4 {
        let mut other = hall();
        assert_eq!(other.error("SELECT seven FROM call_left").0, 1146);
        assert_eq!(other.value("SELECT LENGTH(GROUP_CONCAT(REPEAT('x', 9)))"), "9");
    }
    let mut session = hall();
    session.ok("DROP PROCEDURE call_temporary");
    session.ok("DROP PROCEDURE call_fails");
}

#[test]
fn a_transaction_that_a_procedure_opens_is_the_sessions() {
    let mut session = with_procedures(&[
        "CREATE TABLE call_rows (id INT PRIMARY KEY)",
        "CREATE PROCEDURE call_begin(IN n INT) BEGIN START TRANSACTION; INSERT INTO call_rows VALUES (n); END",
        "CREATE PROCEDURE call_begin_fails(IN n INT) BEGIN START TRANSACTION; INSERT INTO call_rows VALUES (n); SIGNAL \
         SQLSTATE '45000'; END",
        "CREATE PROCEDURE call_commit() BEGIN COMMIT; END",
    ]);
    let mut other = hall();
    let mut count = move || other.number("SELECT COUNT(*) FROM call_rows");
    for (n, procedure) in [(1, "call_begin"), (2, "call_begin_fails")] {
        session.reply(&format!("CALL {procedure}({n})"));
        assert_eq!(count(), 0, "{procedure}");
        assert_eq!(session.number("SELECT COUNT(*) FROM call_rows"), 1, "{procedure}");
        session.ok("ROLLBACK");
        assert_eq!(session.number("SELECT COUNT(*) FROM call_rows"), 0, "{procedure}");
        session.reply(&format!("CALL {procedure}({n})"));
        session.ok("COMMIT");
        assert_eq!(count(), 1, "{procedure}");
        session.ok("DELETE FROM call_rows");
    }
    session.ok("BEGIN");
    session.ok("INSERT INTO call_rows VALUES (3)");
    session.ok("CALL call_commit()");
    session.ok("ROLLBACK");
    assert_eq!(count(), 1);
    for name in ["PROCEDURE call_begin", "PROCEDURE call_begin_fails", "PROCEDURE call_commit", "TABLE call_rows"] {
        session.ok(&format!("DROP {name}"));
    }
}

#[test]
fn a_sharded_keyspaces_procedures_are_called_on_one_shard() {
    let mut session = Session::new(&town().proxy("admin", "town"));
    session.ok("CREATE PROCEDURE call_count(OUT n INT) SELECT COUNT(*) INTO n FROM kind");
    let (errno, message) = session.error("CALL call_count(@n)");
    assert!(errno == 1235 && message.contains("SG12001") && message.contains("USE `keyspace:shard`"), "{message}");
    assert_eq!(hall().error("CALL town.call_count(@n)"), (errno, message));
    for shard in session.rows("SHOW VITESS_SHARDS LIKE 'town/%'").concat() {
        session.ok(&format!("USE `{}`", shard.replace('/', ":")));
        session.ok("SET @n = NULL");
        session.ok("CALL call_count(@n)");
        assert_eq!(session.value("SELECT @n"), "0");
    }
    session.ok("USE town");
    session.ok("DROP PROCEDURE call_count");
}
