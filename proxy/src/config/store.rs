//! The `store` of shardgate.yaml: where topology and vschema are.

use crate::config::model::StoreConfig;
use crate::config::read::Surroundings;
use crate::config::secrets::{PASSWORD, read_secret};
use shardgate_topology::store::{EtcdOptions, EtcdTls};
use shardgate_vschema::yaml::{At, KeyAt};
use std::path::PathBuf;

/// What the keys in etcd begin with if the file doesn't say.
const DEFAULT_PREFIX: &str = "/shardgate";

/// The store of a file that doesn't name one: the file's own directory.
pub(crate) fn default_store(around: &Surroundings<'_>) -> StoreConfig {
    StoreConfig::File(around.directory())
}

pub(crate) fn read_store(at: &At<'_>, around: &Surroundings<'_>) -> Option<StoreConfig> {
    let mut fields = at.fields()?;
    let file = fields.optional("file");
    let etcd = fields.with_key("etcd");
    fields.finish();
    match (file, etcd) {
        (Some(_), Some((key, _))) => {
            key.fault("the store is already given by `file`: keep one of them");
            None
        }
        (None, None) => Some(default_store(around)),
        (Some(file), None) => {
            let directory = around.path(file.string()?);
            if !directory.is_dir() {
                let directory = directory.display();
                file.fault(format!("there is no directory {directory}: it holds topology.yaml and vschema.yaml"));
                return None;
            }
            Some(StoreConfig::File(directory))
        }
        (None, Some((key, etcd))) => read_etcd(&key, &etcd, around).map(StoreConfig::Etcd),
    }
}

fn read_etcd(key: &KeyAt<'_>, at: &At<'_>, around: &Surroundings<'_>) -> Option<EtcdOptions> {
    let mut fields = at.fields()?;
    let endpoints = fields.required("endpoints").and_then(|at| {
        let endpoints: Option<Vec<String>> = at.list().iter().map(read_endpoint).collect();
        if endpoints.as_ref().is_some_and(Vec::is_empty) {
            at.fault_with_hint("there is no endpoint", "name the members: `endpoints: [10.0.0.1:2379]`");
            return None;
        }
        endpoints
    });
    let prefix = fields.optional("prefix").map_or_else(|| Some(DEFAULT_PREFIX.to_owned()), |at| read_prefix(&at));
    let user = fields.optional("user").map_or(Some(None), |at| at.string().map(|name| Some(name.to_owned())));
    let password = read_secret(&mut fields, around, &PASSWORD);
    let tls = fields.optional("tls").map_or(Some(None), |at| read_tls(&at, around).map(Some));
    fields.finish();
    let (user, password) = (user?, password?);
    if user.is_none() && password.is_some() {
        key.fault_with_hint("there is a password, but no user", "name the etcd user: `user: shardgate`");
        return None;
    }
    let login = user.map(|user| (user, password.unwrap_or_default()));
    Some(EtcdOptions { endpoints: endpoints?, prefix: prefix?, login, tls: tls?, directory: around.directory() })
}

/// `host:port`, or a URL.
fn read_endpoint(at: &At<'_>) -> Option<String> {
    let text = at.string()?;
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text);
    let port = rest.rsplit_once(':').map(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if port != Some(true) {
        at.fault_with_hint(format!("`{text}` is no endpoint of etcd"), "write `host:2379`, or `https://host:2379`");
        return None;
    }
    Some(text.to_owned())
}

fn read_prefix(at: &At<'_>) -> Option<String> {
    let text = at.string()?;
    if !text.starts_with('/') || text.trim_end_matches('/').is_empty() {
        at.fault_with_hint("the prefix must begin with a slash and have a name", "write `/shardgate`");
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}

fn read_tls(at: &At<'_>, around: &Surroundings<'_>) -> Option<EtcdTls> {
    let mut fields = at.fields()?;
    let mut file = |key| -> Option<Option<PathBuf>> {
        fields.optional(key).map_or(Some(None), |at| around.existing_file(&at).map(Some))
    };
    let (ca, certificate, key) = (file("ca"), file("cert"), file("key"));
    fields.finish();
    let certificate = match (certificate?, key?) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            at.fault_with_hint("a certificate needs its key, and a key its certificate", "give `cert` and `key`");
            return None;
        }
    };
    Some(EtcdTls { ca: ca?, certificate })
}
