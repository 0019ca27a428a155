//! A cluster for a test: keyspaces on real servers, the files, a running proxy.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use mysql_async::prelude::Queryable;
use shardgate_cli::playground::{ClusterFiles, KeyspaceServers, Mysqld, ProxyUser, STORE_IN_FILES, free_port};
use shardgate_vschema::even_ranges;

use crate::endpoint::Endpoint;
use crate::error::HarnessError;
use crate::proxy_process::{ProxyProcess, shardgate_binary};
use crate::servers::{Folder, Servers, endpoint_of, shared_servers};

/// How many servers the shared set has: one for unsharded keyspaces, the others for shards.
const SHARED: usize = 3;

struct KeyspacePlan {
    name: String,
    shards: usize,
    setup: Vec<String>,
}

/// Describes a cluster. Users: `app` (writes), `dash` (reads), `admin`; each one's password is its name.
pub struct ClusterBuilder {
    keyspaces: Vec<KeyspacePlan>,
    vschema: String,
    extra: String,
    default: Option<String>,
    store: Option<String>,
    own_servers: bool,
}

/// Keyspaces on real servers, and the proxy in front of them. Dropped, the proxy is killed and its files are removed;
/// shared servers stay for other tests.
pub struct Cluster {
    proxy: ProxyProcess,
    files: ClusterFiles,
    servers: ServerSet,
    keyspaces: Vec<(String, Vec<Placed>)>,
    folder: Folder,
    _names: Names,
}

/// A shard, the number of its server, and its database there.
struct Placed {
    shard: String,
    server: usize,
    database: String,
}

enum ServerSet {
    Own(Servers),
    Shared(Arc<Servers>),
}

impl ServerSet {
    fn get(&self) -> &Servers {
        match self {
            Self::Own(servers) => servers,
            Self::Shared(servers) => servers,
        }
    }
}

impl ClusterBuilder {
    /// An unsharded keyspace, and the statements that set it up.
    #[must_use]
    pub fn unsharded(self, name: &str, setup: &[&str]) -> Self {
        self.keyspace(name, 1, setup)
    }

    /// A keyspace of this many shards of equal ranges, and the statements that set each of them up. More shards than
    /// servers: they share servers, and all but the first on a server have databases of other names.
    #[must_use]
    pub fn sharded(self, name: &str, shards: usize, setup: &[&str]) -> Self {
        self.keyspace(name, shards, setup)
    }

    fn keyspace(mut self, name: &str, shards: usize, setup: &[&str]) -> Self {
        let setup = setup.iter().map(|&statement| statement.to_owned()).collect();
        self.keyspaces.push(KeyspacePlan { name: name.to_owned(), shards, setup });
        self
    }

    /// The text of `vschema.yaml`.
    #[must_use]
    pub fn vschema(mut self, text: &str) -> Self {
        text.clone_into(&mut self.vschema);
        self
    }

    /// Further sections of `shardgate.yaml`.
    #[must_use]
    pub fn extra(mut self, text: &str) -> Self {
        self.extra.push_str(text);
        self
    }

    /// The server for `default:` in `topology.yaml`: whatever is no keyspace is there.
    #[must_use]
    pub fn default_server(mut self, address: &str) -> Self {
        self.default = Some(address.to_owned());
        self
    }

    /// Another store than the files: the value of `store` in `shardgate.yaml`. The documents are applied to it.
    #[must_use]
    pub fn store(mut self, value: &str) -> Self {
        self.store = Some(value.to_owned());
        self
    }

    /// Servers for this cluster alone, which a test may stop, kill and freeze; without this, those that all tests of
    /// the process share. The first is for unsharded keyspaces, the others for shards.
    #[must_use]
    pub fn own_servers(mut self) -> Self {
        self.own_servers = true;
        self
    }

    /// Sets the keyspaces up, writes the files and starts the proxy.
    ///
    /// # Errors
    /// A server or the proxy doesn't start, a statement fails, or another cluster that is in use has a keyspace of the
    /// same name on the shared servers.
    pub async fn start(self) -> Result<Cluster, HarnessError> {
        let names = Names::claim(&self.keyspaces, self.own_servers)?;
        let most = self.keyspaces.iter().map(|keyspace| keyspace.shards).max().unwrap_or(1);
        let own = self.own_servers;
        let servers = tokio::task::spawn_blocking(move || match own {
            true => Servers::start(most + 1).map(ServerSet::Own),
            false => shared_servers(SHARED).map(ServerSet::Shared),
        });
        let broken = |error| HarnessError::Misuse(format!("starting the servers was broken off: {error}"));
        let servers = servers.await.map_err(broken)??;

        let mut placed = Vec::new();
        for keyspace in &self.keyspaces {
            placed.push((keyspace.name.clone(), set_up(keyspace, servers.get().all()).await?));
        }
        let address = |server: usize| servers.get().all().get(server).map(Mysqld::address).unwrap_or_default();
        let first = servers.get().all().first();
        let port = || -> Result<SocketAddr, HarnessError> { Ok(([127, 0, 0, 1], free_port()?).into()) };
        let files = ClusterFiles {
            listen: port()?,
            admin: port()?,
            backend_user: first.map(|server| server.user().to_owned()).unwrap_or_default(),
            backend_password: first.map(|server| server.password().to_owned()).unwrap_or_default(),
            users: vec![
                ProxyUser::everywhere("app", "app", "write"),
                ProxyUser::everywhere("dash", "dash", "read"),
                ProxyUser::everywhere("admin", "admin", "admin"),
            ],
            default: self.default,
            keyspaces: placed
                .iter()
                .map(|(name, shards)| KeyspaceServers {
                    name: name.clone(),
                    shards: shards
                        .iter()
                        .map(|placed| match &placed.database {
                            database if database == name => (placed.shard.clone(), address(placed.server)),
                            database => (placed.shard.clone(), format!("{}/{database}", address(placed.server))),
                        })
                        .collect(),
                })
                .collect(),
            vschema: self.vschema,
            store: self.store.clone().unwrap_or_else(|| STORE_IN_FILES.to_owned()),
            extra: self.extra,
        };
        let folder = Folder::create()?;
        files.write(&folder.path)?;
        if self.store.is_some() {
            apply_documents(&folder.path)?;
        }
        let (config, listen) = (folder.path.join("shardgate.yaml"), files.listen);
        let proxy =
            tokio::task::spawn_blocking(move || ProxyProcess::start(&config, listen)).await.map_err(broken)??;
        Ok(Cluster { proxy, files, servers, keyspaces: placed, folder, _names: names })
    }
}

impl Cluster {
    /// A cluster to be described.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder {
            keyspaces: Vec::new(),
            vschema: "version: 1\nkeyspaces: {}\n".to_owned(),
            extra: String::new(),
            default: None,
            store: None,
            own_servers: false,
        }
    }

    /// The proxy for this user, whose password is its name.
    pub fn proxy(&self, user: &str, database: &str) -> Endpoint {
        Endpoint::local(self.files.listen.port(), user, user, database)
    }

    /// The proxy's admin interface.
    pub fn admin(&self) -> SocketAddr {
        self.files.admin
    }

    /// The proxy's process.
    pub fn process(&mut self) -> &mut ProxyProcess {
        &mut self.proxy
    }

    /// The folder with the cluster's files.
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// What the files say.
    pub fn files(&self) -> &ClusterFiles {
        &self.files
    }

    /// The shards of a keyspace: their names, and how to log in to the server of each directly.
    ///
    /// # Errors
    /// The cluster has no such keyspace.
    pub fn shards(&self, keyspace: &str) -> Result<Vec<(String, Endpoint)>, HarnessError> {
        let found = self.keyspaces.iter().find(|(name, _)| name == keyspace);
        let (_, shards) =
            found.ok_or_else(|| HarnessError::Misuse(format!("the cluster has no keyspace {keyspace}")))?;
        let servers = self.servers.get().all();
        let endpoint =
            |placed: &Placed| Some((placed.shard.clone(), endpoint_of(servers.get(placed.server)?, &placed.database)));
        Ok(shards.iter().filter_map(endpoint).collect())
    }

    /// The servers, to stop, kill and restart: the first has the unsharded keyspaces, the others the shards in order.
    ///
    /// # Errors
    /// They are shared with other tests (say `own_servers()`).
    pub fn servers_mut(&mut self) -> Result<&mut [Mysqld], HarnessError> {
        match &mut self.servers {
            ServerSet::Own(servers) => Ok(servers.all_mut()),
            ServerSet::Shared(_) => {
                Err(HarnessError::Misuse("these servers are shared with other tests; say own_servers()".to_owned()))
            }
        }
    }
}

/// Makes the folder's documents the first revision of the store that its shardgate.yaml names.
fn apply_documents(folder: &Path) -> Result<(), HarnessError> {
    let mut command = Command::new(shardgate_binary()?);
    command.current_dir(folder).args(["topology", "apply", "topology.yaml", "--with", "vschema.yaml"]);
    let output = command.args(["--config", "shardgate.yaml"]).output();
    let output = output.map_err(HarnessError::io("running shardgate topology apply"))?;
    if output.status.success() {
        return Ok(());
    }
    let what = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(HarnessError::Client { client: "shardgate topology apply".to_owned(), what })
}

/// Creates the keyspace's database anew on the servers of its shards. Returns where they are.
async fn set_up(keyspace: &KeyspacePlan, servers: &[Mysqld]) -> Result<Vec<Placed>, HarnessError> {
    let name = &keyspace.name;
    let own = |shard: String, server| Placed { shard, server, database: name.clone() };
    let shards: Vec<Placed> = if keyspace.shards == 1 {
        vec![own("-".to_owned(), 0)]
    } else {
        let ranges = even_ranges(keyspace.shards).map_err(|error| HarnessError::Misuse(error.to_string()))?;
        let for_shards = servers.len().saturating_sub(1).max(1);
        let placed = ranges.into_iter().enumerate().map(|(number, range)| match number.checked_div(for_shards) {
            None | Some(0) => own(range.to_string(), number + 1),
            Some(turn) => {
                Placed { shard: range.to_string(), server: number % for_shards + 1, database: format!("{name}_{turn}") }
            }
        });
        placed.collect()
    };
    for Placed { shard, server, database } in &shards {
        let place = format!("{name}/{shard}");
        let server =
            servers.get(*server).ok_or_else(|| HarnessError::Misuse(format!("there is no server for {place}")))?;
        let mut connection = endpoint_of(server, "").connect().await?;
        let create = [
            format!("DROP DATABASE IF EXISTS `{database}`"),
            format!("CREATE DATABASE `{database}` CHARACTER SET utf8mb4"),
            format!("USE `{database}`"),
        ];
        for statement in create.iter().chain(&keyspace.setup) {
            let what = format!("setting up {place}: {statement}");
            connection.query_drop(statement).await.map_err(HarnessError::mysql(what))?;
        }
        connection.disconnect().await.map_err(HarnessError::mysql(format!("setting up {place}")))?;
    }
    Ok(shards)
}

/// The names of the keyspaces on the shared servers that clusters in use have.
struct Names(Vec<String>);

static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

impl Names {
    fn claim(keyspaces: &[KeyspacePlan], own_servers: bool) -> Result<Self, HarnessError> {
        let mut names = Self(Vec::new());
        if own_servers {
            return Ok(names);
        }
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let used = keyspaces.iter().find(|keyspace| taken.contains(&keyspace.name));
        if let Some(keyspace) = used {
            return Err(HarnessError::Misuse(format!(
                "another test of this process uses a keyspace {} on the shared servers: name it otherwise, or say own_servers()",
                keyspace.name
            )));
        }
        names.0 = keyspaces.iter().map(|keyspace| keyspace.name.clone()).collect();
        taken.extend(names.0.iter().cloned());
        Ok(names)
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        for name in &self.0 {
            taken.remove(name);
        }
    }
}
