//! The servers that the oracle compares, shared by the tests of a world.

use shardgate_integration_tests::{Cluster, Endpoint, RawClient, RawReply, shared_plain_mysql};

use super::pair::{Pair, Protocol};
use super::world::World;
use crate::town::wait;

pub(super) struct Oracle {
    cluster: Cluster,
    plain: Endpoint,
}

impl Oracle {
    pub(super) fn start(world: &World) -> Self {
        let plain = shared_plain_mysql("").expect("a plain MySQL");
        let mut client = RawClient::connect(&plain).expect("a session with MySQL");
        for (name, tables) in world.databases() {
            run(&mut client, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
            run(&mut client, &format!("USE {name}"));
            tables.texts().into_iter().for_each(|text| run(&mut client, text));
        }
        Self { cluster: wait(world.cluster()), plain }
    }

    /// Two new sessions whose default database is the keyspace.
    pub(super) fn pair(&self, keyspace: &str, protocol: Protocol) -> Pair {
        let proxy = self.cluster.proxy("admin", keyspace);
        Pair::connect(self.plain.with_database(keyspace), proxy, keyspace, protocol)
    }
}

fn run(client: &mut RawClient, text: &str) {
    let replies = client.query(text).expect("an answer of MySQL");
    if let Some(RawReply::Err { message, .. }) = replies.first() {
        panic!("{text}: {message}");
    }
}
