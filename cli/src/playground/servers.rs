//! The playground's MySQL servers, the shop on them, and the cluster's files.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder};
use shardgate_vschema::{ShardName, even_ranges};

use super::cluster_files::{ClusterFiles, KeyspaceServers, ProxyUser, STORE_IN_FILES};
use super::mysqld::{Mysqld, MysqldOptions};
use super::mysqld_binary::MysqldBinary;
use super::mysqld_error::MysqldError;
use super::playground_error::PlaygroundError;
use super::saved::Saved;
use super::shop;
use super::template::Template;

/// The folder of the unsharded keyspace's server.
const COMMERCE_FOLDER: &str = "commerce";

/// How the playground is to be.
#[derive(Debug, Clone)]
pub struct PlaygroundOptions {
    /// How many shards keyspace `customer` has.
    pub shards: usize,
    /// The server program; `None`: see [`MysqldBinary::find`].
    pub mysqld: Option<PathBuf>,
    /// The folder for the cluster's files, and below `mysql/` the servers' data.
    pub folder: PathBuf,
    /// Where the proxy is to listen.
    pub listen: SocketAddr,
    /// Where the proxy's admin interface is to listen.
    pub admin: SocketAddr,
    /// Whether data and files stay when the playground ends, and are taken up again when it starts.
    pub keep: bool,
}

/// Running servers with the shop on them.
///
/// Dropped, the servers are killed and, unless they are to be kept, the folder is removed.
#[derive(Debug)]
pub struct Playground {
    folder: PathBuf,
    keep: bool,
    servers: Vec<Mysqld>,
    keyspaces: Vec<KeyspaceServers>,
}

impl Playground {
    /// Starts the servers, creates the shop, and writes the cluster's files. `report` is told what is going on.
    ///
    /// # Errors
    /// There is no server program, the folder holds something else, or a server can't be started or loaded.
    pub async fn start(options: &PlaygroundOptions, report: impl Fn(&str)) -> Result<Self, PlaygroundError> {
        let ranges = even_ranges(options.shards)?;
        let shards: Vec<ShardName> = ranges.iter().filter_map(|range| range.to_string().parse().ok()).collect();
        let binary = MysqldBinary::find(options.mysqld.as_deref())?;
        report(&format!("MySQL {} ({})", binary.version(), binary.path().display()));
        let template = tokio::task::spawn_blocking(move || Template::of(&binary)).await??;

        let mut saved = prepare_folder(options)?;
        saved.write(&options.folder)?;
        let names: Vec<String> = std::iter::once(COMMERCE_FOLDER.to_owned())
            .chain(shards.iter().map(|shard| format!("{}.{shard}", shop::CUSTOMER)))
            .collect();
        report(&format!("starting {} MySQL servers", names.len()));
        let servers = start_servers(&template, options, &saved, &names).await?;
        saved.ports = names.into_iter().zip(servers.iter().map(Mysqld::port)).collect();
        saved.write(&options.folder)?;
        let playground = Self::new(options, servers, &shards);

        if saved.complete {
            report("the sample shop is as it was kept");
        } else {
            report("creating the sample shop");
            playground.load(&shards).await?;
            playground.files(options, &saved).write(&options.folder)?;
            saved.complete = true;
            saved.write(&options.folder)?;
        }
        Ok(playground)
    }

    fn new(options: &PlaygroundOptions, servers: Vec<Mysqld>, shards: &[ShardName]) -> Self {
        let mut addresses = servers.iter().map(Mysqld::address);
        let commerce = addresses.next().map(|address| ("-".to_owned(), address));
        let customer = shards.iter().map(ToString::to_string).zip(addresses).collect();
        let keyspaces = vec![
            KeyspaceServers { name: shop::COMMERCE.to_owned(), shards: commerce.into_iter().collect() },
            KeyspaceServers { name: shop::CUSTOMER.to_owned(), shards: customer },
        ];
        Self { folder: options.folder.clone(), keep: options.keep, servers, keyspaces }
    }

    async fn load(&self, shards: &[ShardName]) -> Result<(), PlaygroundError> {
        let mut opts = self.servers.iter().map(server_opts);
        let Some(commerce) = opts.next() else { return Ok(()) };
        let customer: Vec<(ShardName, Opts)> = shards.iter().cloned().zip(opts).collect();
        Ok(shop::load(commerce, &customer).await?)
    }

    fn files(&self, options: &PlaygroundOptions, saved: &Saved) -> ClusterFiles {
        ClusterFiles {
            listen: options.listen,
            admin: options.admin,
            backend_user: "shardgate".to_owned(),
            backend_password: saved.password.clone(),
            users: vec![
                ProxyUser::everywhere("app", "app", "write"),
                ProxyUser::everywhere("dash", "dash", "read"),
                ProxyUser::everywhere("admin", "admin", "admin"),
            ],
            default: None,
            store: STORE_IN_FILES.to_owned(),
            keyspaces: self.keyspaces.clone(),
            vschema: shop::VSCHEMA.to_owned(),
            extra: String::new(),
        }
    }

    /// The configuration for `shardgate serve --config`.
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("shardgate.yaml")
    }

    /// The folder with the cluster's files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The servers: that of `commerce` first, then the shards of `customer` in order.
    pub fn servers(&self) -> &[Mysqld] {
        &self.servers
    }

    /// The keyspaces and their servers' addresses.
    pub fn keyspaces(&self) -> &[KeyspaceServers] {
        &self.keyspaces
    }

    /// Ends the playground: kept data is left in order (a second or two), other data is removed.
    ///
    /// # Errors
    /// A server can't be stopped.
    pub fn stop(mut self) -> Result<(), PlaygroundError> {
        if self.keep {
            let results = std::thread::scope(|scope| {
                let threads: Vec<_> = self.servers.iter_mut().map(|server| scope.spawn(|| server.stop())).collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).collect::<Vec<_>>()
            });
            results.into_iter().collect::<Result<(), MysqldError>>()?;
        }
        Ok(())
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        for server in &mut self.servers {
            server.kill();
        }
        if !self.keep {
            // What can't be removed is removed by the next start.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Makes the folder ready: empty, or with the playground that was kept in it.
fn prepare_folder(options: &PlaygroundOptions) -> Result<Saved, PlaygroundError> {
    let folder = &options.folder;
    let saved = Saved::read(folder)?;
    match &saved {
        Some(saved) if options.keep && saved.complete => {
            if saved.shards != options.shards {
                let (found, wanted) = (saved.shards, options.shards);
                return Err(PlaygroundError::OtherShards { folder: folder.clone(), found, wanted });
            }
            return Ok(saved.clone());
        }
        Some(_) => fs::remove_dir_all(folder).map_err(MysqldError::file("could not remove the folder", folder))?,
        None if !is_absent_or_empty(folder)? => return Err(PlaygroundError::NotOurs { folder: folder.clone() }),
        None => {}
    }
    fs::create_dir_all(folder).map_err(MysqldError::file("could not create the folder", folder))?;
    // Whoever can reach a server's socket can log in as root.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .map_err(MysqldError::file("could not set the permissions of", folder))?;
    Ok(Saved { shards: options.shards, password: random_password()?, ports: BTreeMap::new(), complete: false })
}

fn is_absent_or_empty(folder: &Path) -> Result<bool, MysqldError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(MysqldError::file("could not read the folder", folder)(error)),
    }
}

fn random_password() -> Result<String, MysqldError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    let mut file = fs::File::open(source).map_err(MysqldError::file("could not open", source))?;
    file.read_exact(&mut bytes).map_err(MysqldError::file("could not read", source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn start_servers(
    template: &Template,
    options: &PlaygroundOptions,
    saved: &Saved,
    names: &[String],
) -> Result<Vec<Mysqld>, PlaygroundError> {
    let starting: Vec<_> = names
        .iter()
        .map(|name| {
            let mut server = MysqldOptions::new(options.folder.join("mysql").join(name));
            server.port = saved.ports.get(name).copied();
            server.password = saved.password.clone();
            let template = template.clone();
            tokio::task::spawn_blocking(move || Mysqld::start(&template, server))
        })
        .collect();
    let mut servers = Vec::new();
    for server in starting {
        servers.push(server.await??);
    }
    Ok(servers)
}

fn server_opts(server: &Mysqld) -> Opts {
    OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(server.port())
        .user(Some(server.user()))
        .pass(Some(server.password()))
        .prefer_socket(false)
        .conn_ttl(Duration::from_secs(60))
        .into()
}
