//! The three files of a cluster's directory, written from what is running.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::mysqld_error::MysqldError;

/// A user of the proxy.
#[derive(Debug, Clone)]
pub struct ProxyUser {
    /// The name.
    pub name: String,
    /// The password in clear; the file has only its hash.
    pub password: String,
    /// What it may do, by keyspace (`*`: all): `read`, `write` or `admin`.
    pub keyspaces: Vec<(String, &'static str)>,
}

impl ProxyUser {
    /// A user with the same right on all keyspaces.
    pub fn everywhere(name: &str, password: &str, right: &'static str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned(), keyspaces: vec![("*".to_owned(), right)] }
    }
}

/// A keyspace and the servers of its shards.
#[derive(Debug, Clone)]
pub struct KeyspaceServers {
    /// The keyspace's name, and its database's.
    pub name: String,
    /// The shards: name and address (`127.0.0.1:3306`; with `/name` behind it where the database has a name of its own).
    pub shards: Vec<(String, String)>,
}

/// The `store` of a cluster whose documents are beside shardgate.yaml.
pub const STORE_IN_FILES: &str = "{file: .}               # topology.yaml and vschema.yaml in this folder";

/// What the files of a cluster say.
#[derive(Debug, Clone)]
pub struct ClusterFiles {
    /// Where the proxy listens for MySQL clients.
    pub listen: SocketAddr,
    /// Where it serves metrics and its API.
    pub admin: SocketAddr,
    /// Who the proxy logs in to MySQL as.
    pub backend_user: String,
    /// With this password.
    pub backend_password: String,
    /// The proxy's users.
    pub users: Vec<ProxyUser>,
    /// The server in front of which the proxy is put (`default:`), if any.
    pub default: Option<String>,
    /// Where topology and vschema are kept: [`STORE_IN_FILES`], or another value of `store`.
    pub store: String,
    /// The keyspaces.
    pub keyspaces: Vec<KeyspaceServers>,
    /// The text of `vschema.yaml`.
    pub vschema: String,
    /// Further text of `shardgate.yaml`: whole sections.
    pub extra: String,
}

impl ClusterFiles {
    /// Writes `shardgate.yaml` (which has a password: readable by its owner alone), `topology.yaml` and `vschema.yaml`.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), MysqldError> {
        fs::create_dir_all(folder).map_err(MysqldError::file("could not create the folder", folder))?;
        let files = [
            ("topology.yaml", self.topology(), 0o644),
            ("vschema.yaml", self.vschema.clone(), 0o644),
            ("shardgate.yaml", self.shardgate(), 0o600),
        ];
        for (name, text, mode) in files {
            let path = folder.join(name);
            let mut options = fs::OpenOptions::new();
            let file = options.write(true).create(true).truncate(true).mode(mode).open(&path);
            file.and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(MysqldError::file("could not write", &path))?;
        }
        Ok(())
    }

    fn shardgate(&self) -> String {
        let mut text = format!(
            "# This proxy: where it listens, who may log in, how it logs in to MySQL.\n\
             version: 1\n\
             listen:\n  address: {}\n\
             admin:\n  address: {}\n\
             store: {}\n\
             backend:\n  user: {}\n  password: {}\n\
             users:\n",
            self.listen,
            self.admin,
            self.store,
            quoted(&self.backend_user),
            quoted(&self.backend_password)
        );
        for user in &self.users {
            let keyspaces: Vec<String> =
                user.keyspaces.iter().map(|(keyspace, right)| format!("{}: {right}", quoted(keyspace))).collect();
            let (name, hash, keyspaces) = (&user.name, password_hash(&user.password), keyspaces.join(", "));
            // Writing to a String can't fail.
            let _ = writeln!(text, "  {name}: {{password_hash: \"{hash}\", keyspaces: {{{keyspaces}}}}}");
        }
        text.push_str(&self.extra);
        text
    }

    fn topology(&self) -> String {
        let mut text =
            "# Where the data lives: keyspaces, their shards, the MySQL servers of each.\nversion: 1\n".to_owned();
        if let Some(address) = &self.default {
            let _ = writeln!(text, "default:\n  instances: [{{address: {}}}]", quoted(address));
        }
        text.push_str("keyspaces:");
        if self.keyspaces.is_empty() {
            text.push_str(" {}");
        }
        text.push('\n');
        for keyspace in &self.keyspaces {
            let _ = writeln!(text, "  {}:\n    shards:", keyspace.name);
            for (shard, address) in &keyspace.shards {
                let instance = match address.split_once('/') {
                    Some((address, database)) => {
                        format!("address: {}, database: {}", quoted(address), quoted(database))
                    }
                    None => format!("address: {}", quoted(address)),
                };
                let _ = writeln!(text, "      \"{shard}\": {{instances: [{{{instance}}}]}}");
            }
        }
        text
    }
}

/// What `password_hash` in `shardgate.yaml` says for a password.
fn password_hash(password: &str) -> String {
    let mut text = "sha256d:".to_owned();
    for byte in Sha256::digest(Sha256::digest(password)) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A double-quoted YAML scalar.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hashed_twice() {
        // echo -n app | openssl sha256 -binary | openssl sha256
        assert_eq!(password_hash("app"), "sha256d:3bfc3d7ca254b2d951bd6aa00bbeb14ff3c0d8d703941aa643f506fee788ff55");
    }

    #[test]
    fn the_file_with_the_password_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = ClusterFiles {
            listen: ([127, 0, 0, 1], 3306).into(),
            admin: ([127, 0, 0, 1], 15000).into(),
            backend_user: "u".to_owned(),
            backend_password: "p\"\\".to_owned(),
            users: vec![ProxyUser::everywhere("app", "app", "write")],
            default: None,
            store: STORE_IN_FILES.to_owned(),
            keyspaces: vec![KeyspaceServers { name: "k".to_owned(), shards: vec![("-".to_owned(), "h:1".to_owned())] }],
            vschema: "version: 1\n".to_owned(),
            extra: String::new(),
        };
        files.write(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join("shardgate.yaml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = fs::read_to_string(folder.path().join("shardgate.yaml")).unwrap();
        assert!(text.contains(r#"password: "p\"\\""#), "{text}");
    }
}
