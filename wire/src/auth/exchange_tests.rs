//! Both sides of a login against each other, in every combination that a real one can have.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use super::*;
use crate::command::{ChangeUser, Command};
use crate::flags::{Capabilities, StatusFlags};
use crate::frame::{self, Pull, Seq};
use crate::handshake::{Attributes, Greeting};
use crate::reply::OkPacket;

/// A generator that is good enough here: every run is the same.
fn random(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |bytes: &mut [u8]| {
        for byte in bytes {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            *byte = (state >> 56) as u8;
        }
    }
}

static KEY: LazyLock<Arc<ServerKey>> = LazyLock::new(|| {
    let made = ServerKey::generate(&mut random(1)).unwrap();
    Arc::new(ServerKey::from_pem(&made.to_pem().unwrap()).unwrap())
});

/// One login's circumstances.
#[derive(Clone)]
struct Case {
    account: Option<Account>,
    greeting_method: &'static str,
    password: &'static str,
    offers_tls: bool,
    tls: Tls,
    socket: bool,
    has_key: bool,
    key: KeySource<'static>,
}

#[derive(Debug)]
struct Run {
    server: ServerStep,
    client: Result<ClientStep, ClientAuthError>,
    /// How many packets went over the wire, the greeting and the verdict included.
    packets: usize,
}

fn case(account: Option<Account>, password: &'static str) -> Case {
    Case {
        account,
        greeting_method: "caching_sha2_password",
        password,
        offers_tls: false,
        tls: Tls::Preferred,
        socket: false,
        has_key: true,
        key: KeySource::AskServer,
    }
}

/// Takes the first packet out of `wire`.
fn take(wire: &mut Vec<u8>, seq: &mut Seq) -> Vec<u8> {
    let Ok(Pull::Packet(packet)) = frame::pull(wire, seq, 1 << 24) else { panic!("no packet in {wire:?}") };
    let payload = packet.payload.into_owned();
    let consumed = packet.consumed;
    wire.drain(..consumed);
    payload
}

/// Lets both sides talk until there is a verdict.
fn run(case: &Case) -> Run {
    let offered = if case.offers_tls { Capabilities::SPOKEN } else { Capabilities::SPOKEN - Capabilities::SSL };
    let nonce = Nonce::from_random(*b"nonce of the greetin");
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    let (mut server_seq, mut client_seq) = (Seq(0), Seq(0));
    let (mut server_random, mut client_random) = (random(2), random(3));
    let greeting = Greeting {
        server_version: Cow::Borrowed(b"9.7.0"),
        connection_id: 7,
        nonce,
        capabilities: offered,
        collation: 255,
        status: StatusFlags::AUTOCOMMIT,
        plugin: Cow::Borrowed(case.greeting_method.as_bytes()),
    };
    frame::append(&mut to_client, &mut server_seq, |out| greeting.encode(out));
    let key = case.has_key.then(|| KEY.clone());
    let mut server = ServerAuth::new(nonce, offered, key, case.socket);
    let mut client = ClientAuth::new(Login {
        user: b"app",
        password: case.password.as_bytes(),
        database: Some(b"shop"),
        capabilities: Capabilities::SPOKEN,
        collation: 255,
        max_packet: 1 << 24,
        attributes: Attributes::default(),
        tls: case.tls,
        secure: case.socket,
        key: case.key,
    });
    let mut server_step = ServerStep::Read;
    let mut packets = 0;
    loop {
        let mut link = Link { out: &mut to_server, seq: &mut client_seq, random: &mut client_random };
        while !to_client.is_empty() {
            packets += 1;
            let payload = take(&mut to_client, link.seq);
            match client.on_packet(&payload, &mut link) {
                Ok(ClientStep::Read) => {}
                Ok(ClientStep::StartTls) => break,
                verdict => return Run { server: server_step, client: verdict, packets },
            }
        }
        let mut link = Link { out: &mut to_client, seq: &mut server_seq, random: &mut server_random };
        packets += 1;
        let payload = take(&mut to_server, link.seq);
        server_step = server.on_packet(&payload, &mut link).unwrap();
        if server_step == ServerStep::StartTls {
            server.tls_started().unwrap();
            let mut link = Link { out: &mut to_server, seq: &mut client_seq, random: &mut client_random };
            assert_eq!(client.tls_started(&mut link).unwrap(), ClientStep::Read);
            continue;
        }
        if server_step == ServerStep::LookUp {
            let hello = server.hello().unwrap();
            assert_eq!(
                (hello.user.as_slice(), hello.database.as_deref()),
                (b"app".as_slice(), Some(b"shop".as_slice()))
            );
            server_step = server.on_account(case.account.clone(), &mut link).unwrap();
        }
        let capabilities = server.hello().unwrap().capabilities & offered;
        match &server_step {
            ServerStep::Accepted(_) => link.send(|out| OkPacket::default().encode(out, capabilities)),
            ServerStep::Denied(denied) => {
                link.send(|out| denied.err_packet(b"app", "localhost").encode(out, capabilities));
            }
            _ => {}
        }
    }
}

fn sha256d(password: &str) -> Option<Account> {
    let hash = CachingSha2Verifier::Sha256d(Sha256d::of_password(password.as_bytes()));
    Some(Account { caching_sha2: Some(hash), ..Account::default() })
}

fn crypt(password: &str) -> Option<Account> {
    let hash = CachingSha2Verifier::Crypt(CryptHash::of_password(password.as_bytes(), *b"salt of twenty bytes"));
    Some(Account { caching_sha2: Some(hash), ..Account::default() })
}

fn native(password: &str) -> Option<Account> {
    Some(Account { native: Some(NativeHash::of_password(password.as_bytes())), ..Account::default() })
}

#[track_caller]
fn assert_accepted(run: &Run, method: Method, packets: usize) -> Option<Sha256d> {
    let ServerStep::Accepted(accepted) = &run.server else { panic!("{run:?}") };
    assert_eq!(accepted.method, method);
    assert!(matches!(&run.client, Ok(ClientStep::Done(info)) if info.connection_id == 7), "{run:?}");
    assert_eq!(run.packets, packets);
    accepted.learned.clone()
}

#[track_caller]
fn assert_wrong_password(run: &Run) {
    assert!(matches!(run.server, ServerStep::Denied(Denied::WrongPassword { .. })), "{run:?}");
    assert!(matches!(&run.client, Err(ClientAuthError::Refused(err)) if err.errno == 1045), "{run:?}");
}

#[test]
fn a_sha256d_hash_logs_in_fast_from_the_first_time() {
    let run = run(&case(sha256d("secret"), "secret"));
    assert_eq!(assert_accepted(&run, Method::CachingSha2, 4), None);
}

#[test]
fn a_crypt_hash_takes_one_full_exchange_in_each_secure_way_and_is_fast_afterwards() {
    let plain = case(crypt("secret"), "secret");
    let by_key = assert_accepted(&run(&plain), Method::CachingSha2, 7);
    let pinned = Case { key: KeySource::Pinned(KEY.public_pem()), ..plain.clone() };
    let by_pinned_key = assert_accepted(&run(&pinned), Method::CachingSha2, 5);
    let by_tls = assert_accepted(&run(&Case { offers_tls: true, ..plain.clone() }), Method::CachingSha2, 6);
    let by_socket = assert_accepted(&run(&Case { socket: true, ..plain.clone() }), Method::CachingSha2, 5);
    for learned in [&by_key, &by_pinned_key, &by_tls, &by_socket] {
        assert_eq!(learned, &Some(Sha256d::of_password(b"secret")));
    }
    let account = plain.account.map(|account| Account { cached: by_key, ..account });
    let again = run(&case(account, "secret"));
    assert_eq!(assert_accepted(&again, Method::CachingSha2, 4), None);
}

#[test]
fn a_wrong_password_and_an_unknown_user_take_the_same_way() {
    for base in [case(None, "wrong"), Case { offers_tls: true, ..case(None, "wrong") }] {
        let unknown = run(&base);
        assert_wrong_password(&unknown);
        for account in [sha256d("secret"), crypt("secret")] {
            let known = run(&Case { account, ..base.clone() });
            assert_wrong_password(&known);
            assert_eq!(known.packets, unknown.packets);
        }
    }
}

#[test]
fn an_empty_password_passes_only_where_it_is_the_password() {
    for account in [sha256d(""), crypt("")] {
        assert_accepted(&run(&case(account, "")), Method::CachingSha2, 3);
    }
    assert_accepted(&run(&case(native(""), "")), Method::Native, 5);
    for account in [sha256d("secret"), crypt("secret"), native("secret"), None, Some(Account::default())] {
        let run = run(&case(account, ""));
        assert_wrong_password(&run);
        assert_eq!(run.server, ServerStep::Denied(Denied::WrongPassword { using_password: false }));
    }
}

#[test]
fn the_client_is_switched_to_the_accounts_method() {
    assert_accepted(&run(&case(native("secret"), "secret")), Method::Native, 5);
    assert_wrong_password(&run(&case(native("secret"), "wrong")));
    let by_native = |account| Case { greeting_method: "mysql_native_password", ..case(account, "secret") };
    assert_accepted(&run(&by_native(native("secret"))), Method::Native, 3);
    assert_accepted(&run(&by_native(sha256d("secret"))), Method::CachingSha2, 6);
    // A greeting with a method that the client doesn't speak: the account's own is tried.
    let odd = Case { greeting_method: "authentication_ldap_simple", ..case(sha256d("secret"), "secret") };
    assert_accepted(&run(&odd), Method::CachingSha2, 4);
}

#[test]
fn without_a_secure_way_no_password_is_sent() {
    let no_key = run(&Case { has_key: false, ..case(crypt("secret"), "secret") });
    assert_eq!(no_key.server, ServerStep::Denied(Denied::NoSecureWay));
    let refuses = run(&Case { key: KeySource::Refuse, ..case(crypt("secret"), "secret") });
    assert!(matches!(refuses.client, Err(ClientAuthError::NoSecureWay)));
    let needs_tls = run(&Case { tls: Tls::Required, ..case(sha256d("secret"), "secret") });
    assert!(matches!(needs_tls.client, Err(ClientAuthError::NoTls)));
}

#[test]
fn change_user_asks_again_with_a_new_nonce() {
    let bytes = b"\x11app\0\x00shop\0\xff\x00caching_sha2_password\0";
    let Ok(Command::ChangeUser(command)) = Command::decode(bytes, Capabilities::SPOKEN - Capabilities::CONNECT_ATTRS)
    else {
        panic!("not read")
    };
    let ChangeUser { .. } = command;
    let nonce = Nonce::from_random([1; 20]);
    let mut server = ServerAuth::change_user(&command, nonce, Capabilities::SPOKEN, None, true);
    assert_eq!(server.hello().unwrap().collation, 255);
    let (mut out, mut seq, mut random) = (Vec::new(), Seq(1), random(5));
    let mut link = Link { out: &mut out, seq: &mut seq, random: &mut random };
    assert_eq!(server.on_account(sha256d("secret"), &mut link).unwrap(), ServerStep::Read);
    let request = take(&mut out, &mut Seq(1));
    let request = crate::handshake::AuthSwitchRequest::decode(&request).unwrap();
    let fresh = Nonce::from_wire(&request.data).unwrap();
    assert_ne!(fresh, nonce);
    let mut link = Link { out: &mut out, seq: &mut seq, random: &mut random };
    let step = server.on_packet(&sha256_scramble(b"secret", &fresh), &mut link).unwrap();
    assert!(matches!(step, ServerStep::Accepted(_)));
}

#[test]
fn packets_out_of_turn_are_errors() {
    let (mut out, mut seq, mut random) = (Vec::new(), Seq(1), random(5));
    let mut link = Link { out: &mut out, seq: &mut seq, random: &mut random };
    let mut server = ServerAuth::new(Nonce::from_random([1; 20]), Capabilities::SPOKEN, None, false);
    assert!(matches!(server.on_account(None, &mut link), Err(ServerAuthError::State { .. })));
    assert!(matches!(server.on_packet(b"", &mut link), Err(ServerAuthError::State { .. })));
    let mut server = ServerAuth::new(Nonce::from_random([1; 20]), Capabilities::SPOKEN, None, false);
    assert!(matches!(server.on_packet(b"GET / HTTP/1.1\r\n", &mut link), Err(ServerAuthError::Decode(_))));
    assert!(server.tls_started().is_err());
    let mut request = Vec::new();
    let capabilities = Capabilities::PROTOCOL_41 | Capabilities::SSL;
    crate::handshake::SslRequest { capabilities, max_packet: 0, collation: 8 }.encode(&mut request);
    let mut server = ServerAuth::new(Nonce::from_random([1; 20]), Capabilities::SPOKEN, None, false);
    assert_eq!(server.on_packet(&request, &mut link).unwrap(), ServerStep::StartTls);
    server.tls_started().unwrap();
    assert!(server.on_packet(&request, &mut link).is_err(), "TLS in TLS");
    let mut server = ServerAuth::new(Nonce::from_random([1; 20]), Capabilities::PROTOCOL_41, None, false);
    assert!(matches!(server.on_packet(&request, &mut link), Err(ServerAuthError::TlsNotOffered)));
}

#[test]
fn a_denial_has_mysqls_number_and_text() {
    let err = Denied::WrongPassword { using_password: true }.err_packet(b"app", "10.0.0.1");
    assert_eq!(err.to_string(), "ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.1' (using password: YES)");
}
