//! What is written is read back, for every packet.

use std::borrow::Cow;

use proptest::prelude::*;
use shardgate_wire::auth::Nonce;
use shardgate_wire::command::{ChangeUser, Command};
use shardgate_wire::flags::{Capabilities, ColumnFlags, ColumnType, StatusFlags};
use shardgate_wire::frame::{self, Pull, Seq};
use shardgate_wire::handshake::{Attributes, AuthSwitchRequest, Greeting, HandshakeResponse41, SslRequest};
use shardgate_wire::reply::{EofPacket, ErrPacket, OkPacket};
use shardgate_wire::row::{BinaryRow, ColumnDefinition, TextRow, write_as_text, write_binary_row, write_text_value};
use shardgate_wire::stmt::{Date, DateTime, PrepareOk, Time};

/// A string of bytes, short or in need of a longer length.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..20),
        1 => prop::collection::vec(any::<u8>(), 245..260),
    ]
}

/// A string without zero bytes.
fn name() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(1u8..=255, 0..20)
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

proptest! {
    #[test]
    fn packets_in_a_stream(payloads in prop::collection::vec(text(), 1..5), first in any::<u8>()) {
        let (mut out, mut written) = (Vec::new(), Seq(first));
        for payload in &payloads {
            frame::append(&mut out, &mut written, |out| out.extend_from_slice(payload));
        }
        let (mut at, mut read) = (0, Seq(first));
        for payload in &payloads {
            let Ok(Pull::Packet(packet)) = frame::pull(&out[at..], &mut read, 1000) else { panic!("no packet") };
            prop_assert_eq!(&*packet.payload, payload.as_slice());
            at += packet.consumed;
        }
        prop_assert_eq!((at, read), (out.len(), written));
    }

    #[test]
    fn greetings(
        version in name(), id in any::<u32>(), nonce in any::<[u8; 20]>(), capabilities in any::<u32>(),
        collation in any::<u8>(), status in any::<u16>(), plugin in name(),
    ) {
        let capabilities = Capabilities(capabilities)
            | Capabilities::SECURE_CONNECTION
            | Capabilities::PROTOCOL_41
            | Capabilities::PLUGIN_AUTH;
        let greeting = Greeting {
            server_version: Cow::Owned(version),
            connection_id: id,
            nonce: Nonce::from_random(nonce),
            capabilities,
            collation,
            status: StatusFlags(status),
            plugin: Cow::Owned(plugin),
        };
        let bytes = written(|out| greeting.encode(out));
        prop_assert_eq!(Greeting::decode(&bytes), Ok(greeting.clone()));
    }

    #[test]
    fn handshake_responses(
        capabilities in any::<u32>(), max_packet in any::<u32>(), user in name(),
        auth_data in prop::collection::vec(1u8..=255, 0..250), database in name(), plugin in name(),
        value in "[a-z]{0,300}", level in any::<u8>(),
    ) {
        let capabilities = Capabilities(capabilities) | Capabilities::PROTOCOL_41;
        let has = |flag| capabilities.contains(flag);
        let pairs = Attributes::encode_pairs([("_pid", value.as_str()), ("", "")]);
        let response = HandshakeResponse41 {
            capabilities,
            max_packet,
            collation: 45,
            user: Cow::Owned(user),
            auth_data: Cow::Owned(auth_data),
            database: (has(Capabilities::CONNECT_WITH_DB) && !database.is_empty()).then_some(Cow::Owned(database)),
            plugin: has(Capabilities::PLUGIN_AUTH).then_some(Cow::Owned(plugin)),
            attributes: if has(Capabilities::CONNECT_ATTRS) {
                Attributes::from_encoded(&pairs).unwrap()
            } else {
                Attributes::default()
            },
            zstd_level: has(Capabilities::ZSTD_COMPRESSION_ALGORITHM).then_some(level),
        };
        let bytes = written(|out| response.encode(out));
        prop_assert_eq!(HandshakeResponse41::decode(&bytes), Ok(response.clone()));
        let head = SslRequest { capabilities, max_packet, collation: 45 };
        prop_assert_eq!(SslRequest::decode(&written(|out| head.encode(out))), Ok(head));
    }

    #[test]
    fn auth_switches(plugin in name(), data in text()) {
        let request = AuthSwitchRequest { plugin: Cow::Owned(plugin), data: Cow::Owned(data) };
        let bytes = written(|out| request.encode(out));
        prop_assert_eq!(AuthSwitchRequest::decode(&bytes), Ok(request.clone()));
    }

    #[test]
    fn oks_errors_and_eofs(
        affected_rows in any::<u64>(), insert_id in any::<u64>(), status in any::<u16>(), warnings in any::<u16>(),
        info in text(), changes in text(), capabilities in any::<u32>(), sqlstate in any::<[u8; 5]>(),
    ) {
        let capabilities = Capabilities(capabilities) | Capabilities::PROTOCOL_41;
        let status = StatusFlags(status);
        let tracks = capabilities.session_track() && !changes.is_empty();
        let ok = OkPacket {
            affected_rows,
            insert_id,
            status: if tracks {
                status | StatusFlags::SESSION_STATE_CHANGED
            } else {
                status - StatusFlags::SESSION_STATE_CHANGED
            },
            warnings,
            info: Cow::Borrowed(&info),
            session_changes: if tracks { Cow::Borrowed(changes.as_slice()) } else { Cow::Borrowed(&[]) },
        };
        let bytes = written(|out| ok.encode(out, capabilities));
        prop_assert_eq!(OkPacket::decode(&bytes, capabilities), Ok(ok.clone()));
        let bytes = written(|out| ok.encode_end(out, capabilities));
        let eof = EofPacket { status: ok.status, warnings };
        if capabilities.deprecate_eof() {
            prop_assert_eq!(OkPacket::decode(&bytes, capabilities), Ok(ok));
        } else {
            prop_assert_eq!(EofPacket::decode(&bytes), Ok(eof));
        }
        let err = ErrPacket { errno: warnings, sqlstate, message: Cow::Borrowed(&info) };
        let bytes = written(|out| err.encode(out, capabilities));
        prop_assert_eq!(ErrPacket::decode(&bytes), Ok(err.clone()));
    }

    #[test]
    fn prepared_statements(statement_id in any::<u32>(), columns in any::<u16>(), params in any::<u16>()) {
        let prepared = PrepareOk { statement_id, columns, params, warnings: 1 };
        prop_assert_eq!(PrepareOk::decode(&written(|out| prepared.encode(out))), Ok(prepared));
    }

    #[test]
    fn changes_of_user(
        user in name(), auth_data in prop::collection::vec(1u8..=255, 0..250), database in name(), plugin in name(),
        collation in any::<u16>(),
    ) {
        let capabilities = Capabilities::SPOKEN;
        let command = ChangeUser {
            user: &user,
            auth_data: &auth_data,
            database: (!database.is_empty()).then_some(database.as_slice()),
            collation: Some(collation),
            plugin: Some(&plugin),
            attributes: Attributes::default(),
        };
        let bytes = written(|out| command.encode(out, capabilities));
        prop_assert_eq!(Command::decode(&bytes, capabilities), Ok(Command::ChangeUser(command)));
    }

    #[test]
    fn column_definitions(
        names in prop::array::uniform5(text()), collation in any::<u16>(), length in any::<u32>(),
        column_type in prop::sample::select(ColumnType::ALL.to_vec()), flags in any::<u16>(), decimals in any::<u8>(),
        default in prop::option::of(prop::option::of(text())),
    ) {
        let [schema, table, org_table, name, org_name] = names.map(Cow::Owned);
        let column = ColumnDefinition {
            schema,
            table,
            org_table,
            name,
            org_name,
            collation,
            length,
            column_type,
            flags: ColumnFlags(flags),
            decimals,
            default: default.map(|default| default.map(Cow::Owned)),
        };
        let bytes = written(|out| column.encode(out));
        prop_assert_eq!(ColumnDefinition::decode(&bytes), Ok(column.clone()));
    }

    #[test]
    fn text_rows(values in prop::collection::vec(prop::option::of(text()), 0..8)) {
        let mut out = Vec::new();
        for value in &values {
            write_text_value(&mut out, value.as_deref());
        }
        let read: Result<Vec<_>, _> = TextRow::new(&out).map(|value| value.map(|v| v.map(<[u8]>::to_vec))).collect();
        prop_assert_eq!(read, Ok(values));
    }

    #[test]
    fn values_as_text_and_in_binary(
        int in any::<i64>(), uint in any::<u64>(), double in any::<f64>().prop_filter("finite", |v| v.is_finite()),
        text in text(), year in 0u16..9999, month in 0u8..=12, day in 0u8..=31,
        hour in 0u8..24, minute in 0u8..60, second in 0u8..60, micros in 0u32..1_000_000, days in 0u32..34,
        null in any::<bool>(),
    ) {
        let column = |column_type, decimals| ColumnDefinition { decimals, ..ColumnDefinition::new(b"a", column_type) };
        let columns = [
            column(ColumnType::LongLong, 0),
            ColumnDefinition::bigint(b"b", true),
            column(ColumnType::Double, 31),
            column(ColumnType::Blob, 0),
            column(ColumnType::Date, 0),
            column(ColumnType::DateTime, 6),
            column(ColumnType::Time, 6),
        ];
        let date = Date { year, month, day };
        let datetime = DateTime { date, hour, minute, second, micros };
        let time = Time { negative: null, days, hours: hour, minutes: minute, seconds: second, micros };
        let mut doubles = Vec::new();
        write_as_text(&mut doubles, &shardgate_wire::stmt::Param::Double(double), &columns[2]);
        // MySQL writes -0 too, and a span of zero has no sign.
        let time = if (time.days, hour, minute, second, micros) == (0, 0, 0, 0, 0) {
            Time::default()
        } else {
            time
        };
        let values = [
            (!null).then(|| int.to_string().into_bytes()),
            Some(uint.to_string().into_bytes()),
            Some(doubles),
            Some(text),
            Some(date.to_string().into_bytes()),
            Some(written(|out| datetime.write(out, 6))),
            Some(written(|out| time.write(out, 6))),
        ];
        let mut row = Vec::new();
        write_binary_row(&mut row, &columns, values.iter().map(Option::as_deref)).unwrap();
        let read = BinaryRow::new(&row, &columns).unwrap();
        for ((value, column), expected) in read.zip(&columns).zip(&values) {
            let value = value.unwrap();
            let mut out = Vec::new();
            write_as_text(&mut out, &value, column);
            prop_assert_eq!(&out, &expected.clone().unwrap_or_default());
        }
    }
}
