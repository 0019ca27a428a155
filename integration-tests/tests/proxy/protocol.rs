//! The protocol's commands, right and wrong packets, long packets, character sets, prepared statements.

use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value};

use crate::fixture::{app, one, server_error, shared};
use crate::raw::{DEPRECATE_EOF, MULTI_STATEMENTS, Raw, Reply, err, hello};

async fn raw(database: &str, capabilities: u32) -> Raw {
    Raw::log_in(&shared().await.proxy("app", database), capabilities)
}

/// What is read until the server closes must be an error packet; its errno.
#[track_caller]
fn last_words(raw: &mut Raw) -> u16 {
    let packet = raw.read().expect("last words");
    let errno = err(&packet).error().0;
    assert!(raw.is_closed(), "the connection is closed behind the error");
    errno
}

#[tokio::test]
async fn malformed_packets_get_an_error_and_close_only_their_own_connection() {
    let endpoint = shared().await.proxy("app", "single");
    let mut bystander = app("single").await;

    // A command whose sequence id isn't 0.
    let mut wrong = Raw::log_in(&endpoint, 0);
    wrong.seq = 5;
    wrong.send_next(b"\x03SELECT 1");
    wrong.seq = 1;
    assert_eq!(last_words(&mut wrong), 1835);

    // Bytes that are no login.
    for garbage in [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], &[0xFF; 64], &[0, 0, 0, 1]] {
        use std::io::Write;
        let mut wrong = Raw::open(&endpoint);
        wrong.read().expect("a greeting");
        wrong.stream.write_all(garbage).expect("sending");
        wrong.stream.shutdown(std::net::Shutdown::Write).expect("the end");
        assert!(wrong.is_closed());
    }

    // A login that ends in its middle.
    let whole = hello(&endpoint, 0x8_A205, 45, &[7; 32]);
    for end in [0, 3, 4, 31, 32, 36, whole.len() - 30] {
        let mut wrong = Raw::open(&endpoint);
        wrong.read().expect("a greeting");
        wrong.seq = 1;
        wrong.send_next(&whole[..end]);
        let packet = wrong.read().expect("an answer");
        assert!(matches!(err(&packet).error().0, 1043 | 1045), "cut at {end}: {:?}", err(&packet));
        assert!(wrong.is_closed(), "cut at {end}");
    }

    // An execution that ends in its middle: of an unknown statement, so that nothing else can be wrong with it.
    let mut wrong = Raw::log_in(&endpoint, 0);
    wrong.command(b"\x17\x01");
    let packet = wrong.read().expect("an answer");
    assert!(matches!(err(&packet).error().0, 1835 | 1156 | 1243 | 1210), "{:?}", err(&packet));

    assert_eq!(one::<i64>(&mut bystander, "SELECT 41 + 1").await, 42);
}

#[tokio::test]
async fn commands_that_the_proxy_does_not_know_are_errors_and_never_ok() {
    let mut raw = raw("single", 0).await;
    // COM_SLEEP, CREATE_DB, DROP_DB, DEBUG, BINLOG_DUMP, TABLE_DUMP, STMT_FETCH, BINLOG_DUMP_GTID, CLONE, and beyond.
    for command in [0x00, 0x05, 0x06, 0x0d, 0x10, 0x12, 0x13, 0x15, 0x1c, 0x1e, 0x20, 0x21, 0x7f, 0xff] {
        raw.command(&[command, 1, 0, 0, 0, 1, 0, 0, 0]);
        let packet = raw.read().expect("an answer");
        let errno = err(&packet).error().0;
        assert!(matches!(errno, 1047 | 1243 | 1227), "command {command:#x}: {:?}", err(&packet));
    }
    assert_eq!(raw.query("SELECT 'alive'").text(), ["alive"]);
}

#[tokio::test]
async fn the_small_commands_answer_as_mysql_does() {
    for capabilities in [0, DEPRECATE_EOF] {
        let mut raw = raw("single", capabilities).await;
        // COM_PING
        raw.command(&[0x0e]);
        assert!(matches!(raw.reply(), Reply::Ok { .. }));
        // COM_STATISTICS: a line without a header.
        raw.command(&[0x09]);
        let line = String::from_utf8(raw.read().expect("a line")).expect("a line");
        assert!(line.starts_with("Uptime: ") && line.contains("Threads: ") && line.contains("Questions: "), "{line}");
        // COM_INIT_DB
        raw.command(b"\x02goods");
        assert!(matches!(raw.reply(), Reply::Ok { .. }));
        assert_eq!(raw.query("SELECT DATABASE()").text(), ["goods"]);
        raw.command(b"\x02nowhere");
        assert_eq!(raw.reply().error().0, 1049);
        // COM_FIELD_LIST: a definition for each column, and an end.
        raw.command(b"\x04items\0%");
        let mut columns = 0;
        loop {
            let packet = raw.read().expect("a column");
            assert_ne!(packet[0], 0xFF, "{:?}", err(&packet));
            if packet[0] == 0xFE && packet.len() < 9 {
                break;
            }
            columns += 1;
        }
        assert_eq!(columns, 3);
        raw.command(b"\x04no_such_table\0");
        assert_eq!(raw.reply().error(), (1146, "42S02"));
        // COM_SET_OPTION, off and on.
        assert_eq!(raw.query("SELECT 1; SELECT 2").error().0, 1064, "not asked for at the login");
        raw.command(&[0x1b, 0, 0]);
        let packet = raw.read().expect("an end");
        assert_eq!(packet[0], 0xFE, "{packet:?}");
        let both = raw.query("SELECT 1; SELECT 2");
        assert!(both.has_more());
        assert_eq!((both.text(), raw.reply().text()), (vec!["1".to_owned()], vec!["2".to_owned()]));
        raw.command(&[0x1b, 1, 0]);
        raw.read().expect("an end");
        assert_eq!(raw.query("SELECT 1; SELECT 2").error().0, 1064);
        // COM_PROCESS_KILL of a connection that isn't there.
        raw.command(&[0x0c, 0xFF, 0xFF, 0xFF, 0x7F]);
        assert_eq!(raw.reply().error().0, 1094);
        // COM_QUIT
        raw.command(&[0x01]);
        assert!(raw.is_closed());
    }
}

#[tokio::test]
async fn process_kill_ends_another_connection_of_the_user() {
    let mut victim = app("single").await;
    let id: u64 = one(&mut victim, "SELECT CONNECTION_ID()").await;
    let mut raw = raw("single", 0).await;
    let id = u32::try_from(id).expect("a short id");
    raw.command(&[&[0x0c], &id.to_le_bytes()[..]].concat());
    assert!(matches!(raw.reply(), Reply::Ok { .. }));
    assert!(victim.query_drop("SELECT 1").await.is_err());
}

#[tokio::test]
async fn multi_statements_answer_one_after_another_until_one_fails() {
    for capabilities in [MULTI_STATEMENTS, MULTI_STATEMENTS | DEPRECATE_EOF] {
        let mut raw = raw("goods", capabilities).await;
        let first = raw.query(
            "DELETE FROM items WHERE id BETWEEN 8000 AND 8009; INSERT INTO items (id, name) VALUES (8000, 'a;b'), (8001, 'c'); \
             SELECT name FROM items WHERE id IN (8000, 8001) ORDER BY id; SELECT id FROM items WHERE id = 8001; SELECT no_such_column FROM items WHERE id = 1; \
             INSERT INTO items (id) VALUES (8002)",
        );
        assert!(first.has_more(), "{first:?}");
        let second = raw.reply();
        assert!(matches!(second, Reply::Ok { affected: 2, .. }) && second.has_more(), "{second:?}");
        let third = raw.reply();
        assert_eq!(third.text(), ["a;b", "c"]);
        assert!(third.has_more());
        let fourth = raw.reply();
        assert_eq!(fourth.text(), ["8001"]);
        assert!(fourth.has_more());
        assert_eq!(raw.reply().error().0, 1054);
        // Nothing follows the error, and what stood behind it was not run.
        let left = raw.query("SELECT COUNT(*) FROM items WHERE id = 8002");
        assert_eq!(left.text(), ["0"]);
        assert!(!left.has_more());
        // A semicolon at the end begins no statement.
        let alone = raw.query("SELECT 1;");
        assert!(!alone.has_more());
        let commented = raw.query("SELECT 1; -- the end\n");
        assert_eq!((commented.text(), commented.has_more()), (vec!["1".to_owned()], false));
    }
}

#[tokio::test]
async fn an_empty_statement_is_1065() {
    let mut raw = raw("goods", MULTI_STATEMENTS).await;
    for text in ["", " \n", ";", "/* nothing */", "-- nothing"] {
        assert_eq!(raw.query(text).error(), (1065, "42000"), "{text:?}");
    }
    assert_eq!(raw.query("SELECT 1").text(), ["1"]);
}

#[tokio::test]
async fn values_longer_than_a_packet_pass_both_ways_on_one_shard_and_merged() {
    let mut connection = app("goods").await;
    let data: Vec<u8> = (0..20_000_003u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for id in [8100i64, 8101] {
        connection.query_drop(format!("DELETE FROM items WHERE id = {id}")).await.expect("a row less");
    }
    connection
        .exec_drop("INSERT INTO items (id, data) VALUES (?, ?)", (8100, data.clone()))
        .await
        .expect("a prepared row");
    let hex: String = data[..9_000_000].iter().map(|byte| format!("{byte:02x}")).collect();
    connection.query_drop(format!("INSERT INTO items (id, data) VALUES (8101, x'{hex}')")).await.expect("a text row");
    let text: Option<Vec<u8>> = connection.query_first("SELECT data FROM items WHERE id = 8100").await.expect("a row");
    assert!(text.as_deref() == Some(&data[..]), "text protocol, one shard");
    let binary: Option<Vec<u8>> =
        connection.exec_first("SELECT data FROM items WHERE id = ?", (8100,)).await.expect("a row");
    assert!(binary.as_deref() == Some(&data[..]), "binary protocol, one shard");
    let merged: Vec<Vec<u8>> =
        connection.query("SELECT data FROM items WHERE id IN (8100, 8101) ORDER BY id").await.expect("rows");
    assert_eq!(merged.iter().map(Vec::len).collect::<Vec<_>>(), [20_000_003, 9_000_000]);
    assert!(merged[0] == data && merged[1] == data[..9_000_000], "merged");
    for id in [8100i64, 8101] {
        connection.query_drop(format!("DELETE FROM items WHERE id = {id}")).await.expect("a row less");
    }
}

#[tokio::test]
async fn a_packet_beyond_max_allowed_packet_is_1153_and_ends_the_connection() {
    use std::io::Write;
    let mut raw = raw("goods", 0).await;
    // Frames without an end, until the proxy has had enough of them.
    let frame = [&[0xFF, 0xFF, 0xFF, 0][..], &vec![b' '; 0xFF_FFFF]].concat();
    for seq in 0..5 {
        let mut frame = frame.clone();
        frame[3] = seq;
        frame[4] = if seq == 0 { 3 } else { b' ' };
        if raw.stream.write_all(&frame).is_err() {
            break;
        }
    }
    let packet = raw.stream_packet();
    assert_eq!(err(&packet).error().0, 1153);
}

#[tokio::test]
async fn literals_in_the_clients_character_set_are_stored_as_meant() {
    // Collation of the login, the literal's bytes in that set, the same text. The second bytes include backslashes.
    let cases: [(u8, &[u8], &str); 3] = [
        (8, b"Z\xFCrich \xA4", "Zürich ¤"),
        (28, b"\xD6\xD0\xB9\xFA \xBF\x5C", "中国 縗"),
        (13, b"\x93\xFA\x96\x7B \x95\x5C", "日本 表"),
    ];
    let endpoint = shared().await.proxy("app", "single");
    let mut reader = app("single").await;
    for (at, (collation, bytes, text)) in cases.into_iter().enumerate() {
        let mut raw = Raw::log_in_as(&endpoint, 0, collation);
        let id = 8200 + at;
        raw.query(&format!("DELETE FROM things WHERE id = {id}"));
        let insert = [format!("INSERT INTO things (id, name) VALUES ({id}, '").as_bytes(), bytes, b"')"].concat();
        let reply = raw.query_bytes(&insert);
        assert!(matches!(reply, Reply::Ok { affected: 1, .. }), "{text}: {reply:?}");
        let stored: String = one(&mut reader, &format!("SELECT name FROM things WHERE id = {id}")).await;
        assert_eq!(stored, text);
        match raw.query(&format!("SELECT name FROM things WHERE id = {id}")) {
            Reply::Rows { rows, .. } => assert_eq!(rows, [[Some(bytes.to_vec())]], "{text}"),
            other => panic!("{other:?}"),
        }
        let found = raw.query_bytes(&[b"SELECT id FROM things WHERE name = '", bytes, b"' AND id >= 8200"].concat());
        assert_eq!(found.text(), [id.to_string()], "{text}");
    }
}

#[tokio::test]
async fn results_end_as_the_client_asked_for() {
    for capabilities in [0, DEPRECATE_EOF] {
        let mut raw = raw("goods", capabilities).await;
        raw.query("DELETE FROM items WHERE id IN (8301, 8302, 8303)");
        raw.query("INSERT INTO items (id, name) VALUES (8301, 'a'), (8302, NULL), (8303, 'c')");
        // One shard, merged, the proxy's own, without rows, an error.
        assert_eq!(raw.query("SELECT id, name FROM items WHERE id = 8302").text(), ["8302|NULL"]);
        assert_eq!(
            raw.query("SELECT id FROM items WHERE id BETWEEN 8301 AND 8303 ORDER BY id DESC").text(),
            ["8303", "8302", "8301"]
        );
        assert_eq!(raw.query("SELECT COUNT(*), MAX(name) FROM items WHERE id BETWEEN 8301 AND 8303").text(), ["3|c"]);
        assert!(!raw.query("SHOW KEYSPACES").text().is_empty());
        assert!(raw.query("SELECT id FROM items WHERE id = -8301").text().is_empty());
        assert!(raw.query("SELECT id FROM items WHERE name = 'no such name'").text().is_empty());
        assert_eq!(raw.query("SELECT nothing FROM items").error().0, 1054);
        assert_eq!(raw.query("SELECT 'alive'").text(), ["alive"]);
    }
}

#[tokio::test]
async fn prepared_statements_carry_all_types_and_nulls() {
    let mut connection = app("single").await;
    connection.query_drop("DELETE FROM things WHERE id BETWEEN 8400 AND 8409").await.expect("no rows");
    let columns = "id, name, tiny, big, real_number, amount, day, moment, length, year, bits, data, doc";
    let insert = format!("INSERT INTO things ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    let full = vec![
        Value::Int(8400),
        Value::Bytes("Zoë 😀 'x' \\".as_bytes().to_vec()),
        Value::Int(-128),
        Value::UInt(u64::MAX),
        Value::Double(-1.5e-300),
        Value::Bytes(b"-123456789012345.67891".to_vec()),
        Value::Date(1815, 12, 10, 0, 0, 0, 0),
        Value::Date(2024, 2, 29, 23, 59, 58, 123_456),
        Value::Time(true, 33, 22, 59, 58, 999_999),
        Value::Int(2026),
        Value::Bytes(vec![0x0F, 0xA5]),
        Value::Bytes((0..=255).collect()),
        Value::Bytes(br#"{"a": [1, null]}"#.to_vec()),
    ];
    let mut empty = vec![Value::NULL; full.len()];
    empty[0] = Value::Int(8401);
    for row in [&full, &empty] {
        connection.exec_drop(&insert, Params::Positional(row.clone())).await.expect("a row");
    }
    let select = format!("SELECT {columns} FROM things WHERE id = ?");
    for (id, want) in [(8400, &full), (8401, &empty)] {
        let row: Option<Row> = connection.exec_first(&select, (id,)).await.expect("a row");
        let row = row.expect("a row");
        let got: Vec<Value> = row.clone().unwrap();
        let mut want = want.clone();
        // What MySQL answers for these types: unsigned YEAR.
        if want[9] != Value::NULL {
            want[9] = Value::UInt(2026);
        }
        assert_eq!(row.columns_ref()[9].column_type(), ColumnType::MYSQL_TYPE_YEAR);
        let year =
            |value: &Value| if let Value::Int(year) = value { Value::UInt(year.unsigned_abs()) } else { value.clone() };
        let got: Vec<Value> =
            got.iter().enumerate().map(|(at, value)| if at == 9 { year(value) } else { value.clone() }).collect();
        assert_eq!(got, want);
    }
    // Through a merge, whose rows the proxy makes itself.
    connection.query_drop("USE goods").await.expect("another keyspace");
    connection.query_drop("DELETE FROM items WHERE id BETWEEN 8410 AND 8413").await.expect("no rows");
    for id in 8410..8414 {
        let name = (id % 2 == 0).then(|| format!("name {id}"));
        connection.exec_drop("INSERT INTO items (id, name) VALUES (?, ?)", (id, name)).await.expect("a row");
    }
    let rows: Vec<(i64, Option<String>)> = connection
        .exec("SELECT id, name FROM items WHERE id BETWEEN ? AND ? ORDER BY id", (8410, 8413))
        .await
        .expect("rows");
    let want: Vec<(i64, Option<String>)> =
        (8410..8414).map(|id| (id, (id % 2 == 0).then(|| format!("name {id}")))).collect();
    assert_eq!(rows, want);
}

/// COM_STMT_PREPARE; the statement's id.
fn prepare(raw: &mut Raw, sql: &str) -> u32 {
    raw.command(&[&[0x16], sql.as_bytes()].concat());
    let ok = raw.read().expect("a prepared statement");
    assert_eq!(ok[0], 0, "{:?}", err(&ok));
    let id = u32::from_le_bytes([ok[1], ok[2], ok[3], ok[4]]);
    let (columns, params) = (u16::from_le_bytes([ok[5], ok[6]]), u16::from_le_bytes([ok[7], ok[8]]));
    for count in [params, columns] {
        if count > 0 {
            for _ in 0..count + 1 {
                raw.read().expect("a definition or their end");
            }
        }
    }
    id
}

/// COM_STMT_EXECUTE with one parameter, its type said or not.
fn execute(raw: &mut Raw, id: u32, kind: Option<u16>, value: &[u8], null: bool) {
    let mut packet = vec![0x17];
    packet.extend_from_slice(&id.to_le_bytes());
    packet.extend_from_slice(&[0, 1, 0, 0, 0, u8::from(null), u8::from(kind.is_some())]);
    if let Some(kind) = kind {
        packet.extend_from_slice(&kind.to_le_bytes());
    }
    packet.extend_from_slice(value);
    raw.command(&packet);
}

/// Number of rows of a binary result.
fn count_rows(raw: &mut Raw) -> Result<usize, u16> {
    let first = raw.read().expect("a head");
    if first[0] == 0xFF {
        return Err(err(&first).error().0);
    }
    if first[0] == 0 {
        return Ok(0);
    }
    for _ in 0..first[0] + 1 {
        raw.read().expect("a definition or their end");
    }
    let mut rows = 0;
    loop {
        let packet = raw.read().expect("a row");
        if packet[0] == 0xFE && packet.len() == 5 {
            return Ok(rows);
        }
        rows += 1;
    }
}

#[tokio::test]
async fn executions_may_leave_out_types_send_long_data_and_are_refused_when_unknown() {
    const LONGLONG: u16 = 8;
    const BLOB: u16 = 252;
    let mut raw = raw("goods", 0).await;
    for id in [8500, 8501] {
        raw.query(&format!("DELETE FROM items WHERE id = {id}"));
        raw.query(&format!("INSERT INTO items (id) VALUES ({id})"));
    }
    let select = prepare(&mut raw, "SELECT id FROM items WHERE id = ?");
    execute(&mut raw, select, Some(LONGLONG), &8500i64.to_le_bytes(), false);
    assert_eq!(count_rows(&mut raw), Ok(1));
    // On the other shard perhaps, whose connection has not heard of the types.
    for id in [8501i64, 8500, 8501, 1] {
        execute(&mut raw, select, None, &id.to_le_bytes(), false);
        assert_eq!(count_rows(&mut raw), Ok(usize::from(id != 1)));
    }
    execute(&mut raw, select, None, &[], true);
    assert_eq!(count_rows(&mut raw), Ok(0), "NULL equals nothing");

    // Long data in pieces; COM_STMT_RESET takes it back.
    let update = prepare(&mut raw, "UPDATE items SET data = ? WHERE id = 8500");
    let long =
        |raw: &mut Raw, piece: &[u8]| raw.command(&[&[0x18], &update.to_le_bytes()[..], &[0, 0], piece].concat());
    long(&mut raw, b"thrown away");
    raw.command(&[&[0x1a], &update.to_le_bytes()[..]].concat());
    assert!(matches!(raw.reply(), Reply::Ok { .. }));
    for piece in [&b"long "[..], b"", b"data"] {
        long(&mut raw, piece);
    }
    execute(&mut raw, update, Some(BLOB), &[], false);
    assert!(matches!(raw.reply(), Reply::Ok { affected: 1, .. }));
    assert_eq!(raw.query("SELECT data FROM items WHERE id = 8500").text(), ["long data"]);
    // Long data is for one execution.
    execute(&mut raw, update, None, b"\x05short", false);
    assert!(matches!(raw.reply(), Reply::Ok { affected: 1, .. }));
    assert_eq!(raw.query("SELECT data FROM items WHERE id = 8500").text(), ["short"]);

    execute(&mut raw, 4711, Some(LONGLONG), &1i64.to_le_bytes(), false);
    assert_eq!(raw.reply().error(), (1243, "HY000"));
    // COM_STMT_CLOSE has no answer; what was closed is unknown.
    raw.command(&[&[0x19], &select.to_le_bytes()[..]].concat());
    execute(&mut raw, select, None, &1i64.to_le_bytes(), false);
    assert_eq!(raw.reply().error(), (1243, "HY000"));
    // Long data for an unknown statement has no answer either.
    raw.command(&[&[0x18], &4711u32.to_le_bytes()[..], &[0, 0], b"x"].concat());
    assert_eq!(raw.query("SELECT 'alive'").text(), ["alive"]);
}

#[tokio::test]
async fn more_prepared_statements_than_a_connection_keeps_stay_usable() {
    let mut raw = raw("goods", 0).await;
    let ids: Vec<u32> =
        (0..300).map(|number| prepare(&mut raw, &format!("SELECT {number} FROM items WHERE id = ?"))).collect();
    raw.query("DELETE FROM items WHERE id = 8600");
    raw.query("INSERT INTO items (id) VALUES (8600)");
    for id in ids.iter().chain(ids.iter().rev()) {
        execute(&mut raw, *id, Some(8), &8600i64.to_le_bytes(), false);
        assert_eq!(count_rows(&mut raw), Ok(1));
    }
}

#[tokio::test]
async fn a_prepared_statement_with_a_mistake_is_refused_when_it_is_prepared() {
    let mut connection = app("goods").await;
    let (errno, _) = server_error(connection.prep("SELECT no_such_column FROM items WHERE id = ?").await.map(drop));
    assert_eq!(errno, 1054);
    let (errno, _) = server_error(connection.prep("SELEKT ?").await.map(drop));
    assert_eq!(errno, 1064);
    let (errno, _) = server_error(connection.prep("SELECT ? FROM no_such_table").await.map(drop));
    assert_eq!(errno, 1146);
}
