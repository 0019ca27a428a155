//! Bytes of a peer may be anything: every decoder answers with a value or an error, and what it took it can write.

use proptest::prelude::*;
use shardgate_wire::auth::{CryptHash, Link, Nonce, ServerAuth, ServerStep};
use shardgate_wire::charset::{Charset, Collation};
use shardgate_wire::command::Command;
use shardgate_wire::flags::{Capabilities, ColumnType};
use shardgate_wire::frame::{self, Pull, Seq};
use shardgate_wire::handshake::{AuthMoreData, AuthSwitchRequest, Greeting, HandshakeResponse41, SslRequest};
use shardgate_wire::reply::{EofPacket, ErrPacket, OkPacket, SessionChanges};
use shardgate_wire::row::{BinaryRow, ColumnDefinition, TextRow, write_as_text, write_binary_row};
use shardgate_wire::stmt::{ExecuteParams, LiteralStyle, LongData, ParamType, PrepareOk, write_literal};

/// Bytes that often look like lengths, headers and flags.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => 0u8..12,
        1 => prop::sample::select(vec![0x0C, 0x17, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF]),
        2 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..120)
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    any::<u32>().prop_map(Capabilities)
}

fn column_type() -> impl Strategy<Value = ColumnType> {
    prop::sample::select(ColumnType::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn packets_are_decoded_or_refused(bytes in bytes(), capabilities in capabilities()) {
        let _ = Greeting::decode(&bytes);
        let _ = HandshakeResponse41::decode(&bytes);
        let _ = SslRequest::decode(&bytes);
        let _ = AuthSwitchRequest::decode(&bytes);
        let _ = AuthMoreData::decode(&bytes);
        let _ = ErrPacket::decode(&bytes);
        let _ = EofPacket::decode(&bytes);
        let _ = PrepareOk::decode(&bytes);
        let _ = ColumnDefinition::decode(&bytes);
        let _ = CryptHash::from_bytes(&bytes);
        if let Ok(ok) = OkPacket::decode(&bytes, capabilities) {
            prop_assert!(ok.session_changes().count() <= bytes.len());
        }
        prop_assert!(SessionChanges::new(&bytes).count() <= bytes.len());
        prop_assert!(TextRow::new(&bytes).count() <= bytes.len());
    }

    #[test]
    fn handshake_responses_are_decoded_or_refused(bytes in bytes(), capabilities in capabilities()) {
        let mut payload = (capabilities | Capabilities::PROTOCOL_41).0.to_le_bytes().to_vec();
        payload.extend_from_slice(&[0; 28]);
        payload.extend_from_slice(&bytes);
        if let Ok(response) = HandshakeResponse41::decode(&payload) {
            prop_assert!(response.attributes.iter().count() <= bytes.len());
        }
    }

    #[test]
    fn commands_are_decoded_or_refused(code in 0u8..40, bytes in bytes(), capabilities in capabilities()) {
        let payload = [&[code], bytes.as_slice()].concat();
        if let Ok(Command::Query(query)) = Command::decode(&payload, capabilities) {
            prop_assert_eq!(query.prefix.len() + query.text.len(), bytes.len());
        }
    }

    #[test]
    fn parameter_blocks_are_decoded_or_refused_and_written_again(
        head in prop::array::uniform9(0u8..12),
        bytes in bytes(),
        params in 0u16..12,
        types in prop::collection::vec((column_type(), any::<bool>()), 0..12),
        long in prop::collection::vec((0u16..12, prop::collection::vec(any::<u8>(), 0..9)), 0..3),
        named in any::<bool>(),
        to_named in any::<bool>(),
    ) {
        let form = |named| if named { Capabilities::QUERY_ATTRIBUTES } else { Capabilities::EMPTY };
        let types: Vec<_> =
            types.into_iter().filter_map(|(column_type, unsigned)| ParamType::new(column_type, unsigned)).collect();
        let mut long_data = LongData::default();
        for (param, part) in &long {
            long_data.append(*param, part);
        }
        let payload = [&[0x17], head.as_slice(), bytes.as_slice()].concat();
        if let Ok(params_in) = ExecuteParams::decode(&payload, form(named), params, &types, &long_data) {
            let style = LiteralStyle { charset: Charset::by_name("gbk").unwrap(), no_backslash_escapes: named };
            for param in params_in.iter().flatten() {
                let _ = write_literal(&mut Vec::new(), &param, style);
            }
            let mut out = Vec::new();
            params_in.encode(&mut out, 7, form(to_named));
            let none = LongData::default();
            let again = ExecuteParams::decode(&out, form(to_named), params, &types, &none);
            let again = again.unwrap_or_else(|error| panic!("{error} in {out:x?}"));
            prop_assert_eq!(again.len(), params_in.len());
            for (was, is) in params_in.iter().zip(again.iter()) {
                prop_assert_eq!(format!("{was:?}"), format!("{is:?}"));
            }
        }
    }

    #[test]
    fn binary_rows_are_decoded_or_refused(
        bytes in bytes(),
        types in prop::collection::vec((column_type(), 0u8..40), 0..12),
    ) {
        let columns: Vec<_> = types
            .iter()
            .map(|(column_type, decimals)| ColumnDefinition {
                decimals: *decimals,
                ..ColumnDefinition::new(b"a", *column_type)
            })
            .collect();
        let payload = [&[0], bytes.as_slice()].concat();
        if let Ok(row) = BinaryRow::new(&payload, &columns) {
            for (value, column) in row.zip(&columns) {
                if let Ok(value) = value {
                    write_as_text(&mut Vec::new(), &value, column);
                }
            }
        }
        let values = bytes.chunks(7).map(Some);
        let _ = write_binary_row(&mut Vec::new(), &columns, values);
    }

    #[test]
    fn frames_are_pulled_or_refused(bytes in bytes(), seq in 0u8..3) {
        let mut next = Seq(seq);
        if let Ok(Pull::Packet(packet)) = frame::pull(&bytes, &mut next, 64) {
            prop_assert!(packet.consumed <= bytes.len());
            prop_assert_eq!(packet.payload.len() + 4, packet.consumed);
            prop_assert_ne!(next, Seq(seq));
        }
    }

    #[test]
    fn a_login_of_arbitrary_packets_is_never_accepted(packets in prop::collection::vec(bytes(), 1..4)) {
        let mut login = ServerAuth::new(Nonce::from_random([1; 20]), Capabilities::SPOKEN, None, true);
        let (mut out, mut seq) = (Vec::new(), Seq(1));
        let mut random = |bytes: &mut [u8]| bytes.fill(3);
        let mut link = Link { out: &mut out, seq: &mut seq, random: &mut random };
        for packet in &packets {
            match login.on_packet(packet, &mut link) {
                Ok(ServerStep::LookUp) => {
                    let step = login.on_account(None, &mut link);
                    prop_assert!(!matches!(step, Ok(ServerStep::Accepted(_))));
                }
                Ok(step) => prop_assert!(!matches!(step, ServerStep::Accepted(_))),
                Err(_) => break,
            }
        }
    }

    #[test]
    fn collations_are_found_or_not(id in any::<u16>()) {
        prop_assert!(Collation::by_id(id).is_none_or(|collation| collation.id == id));
    }
}
