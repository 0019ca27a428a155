//! From the text of shardgate.yaml to the model.

use crate::config::backend::read_backend;
use crate::config::model::{
    AdminListen, CertificateSource, Config, Limits, Listen, Pool, ServerTls, StoreConfig, TransactionMode, Transactions,
};
use crate::config::secrets::{TOKEN, read_secret};
use crate::config::store::{default_store, read_store};
use crate::config::units::{Size, Span};
use crate::config::users::read_users;
use shardgate_vschema::yaml::{At, Document, Faults, Fields};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The only version of the format.
const VERSION: u32 = 1;
/// Where clients connect if the file doesn't say.
const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3306);
/// Longest path of a Unix socket on Linux, in bytes.
const MAX_SOCKET: usize = 107;
/// MySQL's bounds of `max_allowed_packet`, in bytes.
const PACKET_BOUNDS: std::ops::RangeInclusive<u64> = 1024..=1 << 30;

/// What a file's meaning depends on besides its text.
pub(crate) struct Surroundings<'a> {
    /// The file's own path.
    pub(crate) file: &'a Path,
    /// The file's permission bits, if its group or others can read it.
    pub(crate) exposed_mode: Option<u32>,
    /// Looks an environment variable up.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Surroundings<'_> {
    /// The file's directory.
    pub(crate) fn directory(&self) -> PathBuf {
        match self.file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    /// A path of the file, which is relative to the file's directory.
    pub(crate) fn path(&self, text: &str) -> PathBuf {
        match Path::new(text) {
            path if path == Path::new(".") => self.directory(),
            path => self.directory().join(path),
        }
    }

    /// A path of the file that must name a file that exists.
    pub(crate) fn existing_file(&self, at: &At<'_>) -> Option<PathBuf> {
        let path = self.path(at.string()?);
        if path.is_file() {
            return Some(path);
        }
        at.fault(format!("there is no file {}", path.display()));
        None
    }
}

/// Reads the text of shardgate.yaml.
pub(crate) fn read(text: &str, around: &Surroundings<'_>) -> Result<Config, Faults> {
    Document::parse(&around.file.display().to_string(), text)?.read(|root| read_root(&root, around))
}

/// Reads where the store is, and nothing else of the text.
pub(crate) fn read_store_only(text: &str, around: &Surroundings<'_>) -> Result<StoreConfig, Faults> {
    Document::parse(&around.file.display().to_string(), text)?.read(|root| match root.fields()?.optional("store") {
        Some(at) => read_store(&at, around),
        None => Some(default_store(around)),
    })
}

fn read_root(root: &At<'_>, around: &Surroundings<'_>) -> Option<Config> {
    let mut fields = root.fields()?;
    if let Some(at) = fields.required("version")
        && at.integer::<u32>().is_some_and(|version| version != VERSION)
    {
        at.fault_with_hint("this version of the format isn't known", format!("write `version: {VERSION}`"));
    }
    let listen = match fields.optional("listen") {
        Some(at) => read_listen(&at, around),
        None => Some(Listen { address: Some(DEFAULT_ADDRESS), socket: None, tls: ServerTls::default() }),
    };
    let admin = fields.optional("admin").map_or(Some(None), |at| read_admin(&at, around).map(Some));
    let store = fields.optional("store").map_or_else(|| Some(default_store(around)), |at| read_store(&at, around));
    let server_version = fields.optional("server_version").map_or(Some(None), |at| read_server_version(&at).map(Some));
    let backend = fields.required("backend").and_then(|at| read_backend(&at, around));
    let pool = fields.optional("pool").map_or_else(|| Some(Pool::default()), |at| read_pool(&at));
    let users = fields.required("users").and_then(|at| read_users(&at));
    let transactions =
        fields.optional("transactions").map_or_else(|| Some(Transactions::default()), |at| read_transactions(&at));
    let limits = fields.optional("limits").map_or_else(|| Some(Limits::default()), |at| read_limits(&at));
    read_later_features(&mut fields);
    fields.finish();
    Some(Config {
        file: around.file.to_owned(),
        directory: around.directory(),
        listen: listen?,
        admin: admin?,
        store: store?,
        server_version: server_version?,
        backend: backend?,
        pool: pool?,
        users: users?,
        transactions: transactions?,
        limits: limits?,
    })
}

fn read_listen(at: &At<'_>, around: &Surroundings<'_>) -> Option<Listen> {
    let mut fields = at.fields()?;
    let address = fields.optional("address").map_or(Some(None), |at| read_address(&at).map(Some));
    let socket = fields.optional("socket").map_or(Some(None), |at| {
        let path = around.path(at.string()?);
        let length = path.as_os_str().len();
        if length > MAX_SOCKET {
            at.fault(format!("the path of a socket can have {MAX_SOCKET} bytes at most, and this has {length}"));
            return None;
        }
        Some(Some(path))
    });
    let tls = fields.optional("tls").map_or_else(|| Some(ServerTls::default()), |at| read_server_tls(&at, around));
    fields.finish();
    let (address, socket) = (address?, socket?);
    // A socket alone means no TCP; nothing at all means the usual port.
    let address = address.or_else(|| socket.is_none().then_some(DEFAULT_ADDRESS));
    Some(Listen { address, socket, tls: tls? })
}

/// The admin server has no other login than its token, so whoever can reach it must have one.
fn read_admin(at: &At<'_>, around: &Surroundings<'_>) -> Option<AdminListen> {
    let mut fields = at.fields()?;
    let address = fields.required("address").and_then(|at| Some((read_address(&at)?, at)));
    let token = read_secret(&mut fields, around, &TOKEN);
    fields.finish();
    let ((address, address_at), token) = (address?, token?);
    if token.as_ref().is_some_and(|token| token.expose().is_empty()) {
        at.fault("the token is empty");
        return None;
    }
    if token.is_none() && !address.ip().is_loopback() {
        address_at.fault_with_hint(
            "others can reach this address, so the admin server needs a token there",
            "add `token_env` or `token_file`, or listen on 127.0.0.1",
        );
        return None;
    }
    Some(AdminListen { address, token })
}

/// An address to listen on: an IP address (or `localhost`) and a port.
fn read_address(at: &At<'_>) -> Option<SocketAddr> {
    let text = at.string()?;
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    let address = numeric.parse().ok();
    if address.is_none() {
        at.fault_with_hint(
            format!("`{text}` is no address to listen on"),
            "write an IP address and a port, such as `127.0.0.1:3306`, or `0.0.0.0:3306` for all interfaces",
        );
    }
    address
}

fn read_server_tls(at: &At<'_>, around: &Surroundings<'_>) -> Option<ServerTls> {
    let mut fields = at.fields()?;
    let cert = fields.optional("cert").map(|at| around.existing_file(&at));
    let key = fields.optional("key").map(|at| around.existing_file(&at));
    let client_ca = fields.optional("client_ca").map_or(Some(None), |at| around.existing_file(&at).map(Some));
    let require = fields.optional("require").map_or(Some(false), |at| at.boolean());
    fields.finish();
    let certificate = match (cert, key) {
        (None, None) => CertificateSource::SelfSigned,
        (Some(cert), Some(key)) => CertificateSource::Files { cert: cert?, key: key? },
        (cert, _) => {
            let (given, missing) = if cert.is_some() { ("cert", "key") } else { ("key", "cert") };
            at.fault(format!("`{given}` needs `{missing}` beside it"));
            return None;
        }
    };
    Some(ServerTls { certificate, client_ca: client_ca?, require: require? })
}

fn read_server_version(at: &At<'_>) -> Option<Arc<str>> {
    let text = at.string()?;
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_version = text.split('.').take(2).filter(|part| part.starts_with(|c: char| c.is_ascii_digit())).count() == 2;
    if !printable || !is_version || text.len() > 60 {
        at.fault_with_hint(
            format!("`{text}` is no version that clients could read"),
            "begin it with MySQL's, such as `8.4.6-shardgate`, in at most 60 characters without spaces",
        );
        return None;
    }
    Some(Arc::from(text))
}

fn read_pool(at: &At<'_>) -> Option<Pool> {
    let usual = Pool::default();
    let mut fields = at.fields()?;
    let connections = positive(&mut fields, "max_connections_per_instance", usual.max_connections_per_instance);
    let idle_timeout = optional_span(&mut fields, "idle_timeout", usual.idle_timeout);
    let max_lifetime = optional_span(&mut fields, "max_lifetime", usual.max_lifetime);
    let acquire_timeout = fields.optional("acquire_timeout").map_or(Some(usual.acquire_timeout), |at| {
        let Span(duration) = at.parse()?;
        if duration.is_zero() {
            at.fault("must be more than 0: it is also the time for connecting");
            return None;
        }
        Some(duration)
    });
    fields.finish();
    Some(Pool {
        max_connections_per_instance: connections?,
        idle_timeout: idle_timeout?,
        max_lifetime: max_lifetime?,
        acquire_timeout: acquire_timeout?,
    })
}

fn read_transactions(at: &At<'_>) -> Option<Transactions> {
    let mut fields = at.fields()?;
    let words = [("single", Some(TransactionMode::Single)), ("multi", Some(TransactionMode::Multi)), ("atomic", None)];
    let mode = fields.optional("mode").map_or(Some(TransactionMode::default()), |at| {
        let mode = at.one_of("mode", &words)?;
        if mode.is_none() {
            at.fault_with_hint(
                "atomic transactions over several shards are not supported yet",
                "write `multi` (the shards commit one after another) or `single` (a second shard is an error)",
            );
        }
        mode
    });
    only_default(&mut fields, "timeout", Duration::ZERO, "a limit on the age of transactions");
    fields.finish();
    Some(Transactions { mode: mode? })
}

fn read_limits(at: &At<'_>) -> Option<Limits> {
    let usual = Limits::default();
    let mut fields = at.fields()?;
    let max_connections = positive(&mut fields, "max_connections", usual.max_connections);
    let per_user = fields
        .optional("max_connections_per_user")
        .map_or(Some(None), |at| at.integer::<u32>().map(|limit| (limit > 0).then_some(limit)));
    let query_timeout = optional_span(&mut fields, "query_timeout", usual.query_timeout);
    let rows = positive(&mut fields, "max_gathered_rows", usual.max_gathered_rows);
    let bytes = size(&mut fields, "max_gathered_bytes", usual.max_gathered_bytes, 1..=u64::MAX);
    let packet = size(&mut fields, "max_allowed_packet", usual.max_allowed_packet, PACKET_BOUNDS);
    fields.finish();
    Some(Limits {
        max_connections: max_connections?,
        max_connections_per_user: per_user?,
        query_timeout: query_timeout?,
        max_gathered_rows: rows?,
        max_gathered_bytes: bytes?,
        max_allowed_packet: packet?,
    })
}

/// Reads the keys of features that don't exist yet. Their default values are accepted, since they change nothing; any
/// other value is a fault rather than a setting without effect.
fn read_later_features(fields: &mut Fields<'_>) {
    if let Some(at) = fields.optional("read_write_split")
        && let Some(mut fields) = at.fields()
    {
        let words = [("explicit", true), ("auto", false)];
        if let Some(at) = fields.optional("mode")
            && at.one_of("mode", &words) == Some(false)
        {
            at.fault_with_hint(
                "choosing replicas automatically is not supported yet",
                "write `explicit`, and read from replicas with `USE keyspace@replica`",
            );
        }
        only_default(&mut fields, "max_replica_lag", Duration::from_secs(10), "a limit on the replicas' lag");
        fields.finish();
    }
    if let Some(at) = fields.optional("buffering")
        && let Some(mut fields) = at.fields()
    {
        only_default(&mut fields, "window", Duration::from_secs(10), "buffering while a primary is switched");
        if let Some(at) = fields.optional("max_queries")
            && at.integer::<u64>().is_some_and(|queries| queries != 10_000)
        {
            at.fault("buffering while a primary is switched is not supported yet: leave the key out");
        }
        fields.finish();
    }
    if let Some((key, _)) = fields.with_key("query_log") {
        unsupported(&key, "the query log", "leave the key out");
    }
    if let Some((key, at)) = fields.with_key("cache")
        && !at.list().is_empty()
    {
        unsupported(&key, "the result cache", "leave the key out");
    }
}

fn unsupported(key: &shardgate_vschema::yaml::KeyAt<'_>, what: &str, hint: &str) {
    key.fault_with_hint(format!("{what} is not supported yet"), hint);
}

fn only_default(fields: &mut Fields<'_>, key: &'static str, usual: Duration, what: &str) {
    if let Some(at) = fields.optional(key)
        && at.parse::<Span>().is_some_and(|Span(duration)| duration != usual)
    {
        at.fault_with_hint(format!("{what} is not supported yet"), "leave the key out");
    }
}

/// A duration where 0 means none.
fn optional_span(fields: &mut Fields<'_>, key: &'static str, usual: Option<Duration>) -> Option<Option<Duration>> {
    fields.optional(key).map_or(Some(usual), |at| {
        let Span(duration) = at.parse()?;
        Some((!duration.is_zero()).then_some(duration))
    })
}

/// A whole number above 0.
fn positive<T: TryFrom<i128> + PartialEq + Default>(fields: &mut Fields<'_>, key: &'static str, usual: T) -> Option<T> {
    fields.optional(key).map_or(Some(usual), |at| {
        let number = at.integer::<T>()?;
        if number == T::default() {
            at.fault("must be 1 or more");
            return None;
        }
        Some(number)
    })
}

fn size(fields: &mut Fields<'_>, key: &'static str, usual: u64, bounds: std::ops::RangeInclusive<u64>) -> Option<u64> {
    fields.optional(key).map_or(Some(usual), |at| {
        let Size(bytes) = at.parse()?;
        if !bounds.contains(&bytes) {
            at.fault(format!("must be from {} to {} bytes", bounds.start(), bounds.end()));
            return None;
        }
        Some(bytes)
    })
}
