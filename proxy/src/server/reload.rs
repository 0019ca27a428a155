//! Reading shardgate.yaml again while the proxy runs: users, limits and certificates are exchanged; what only a start can
//! change stays as it was, and is named.

use super::Proxy;
use crate::config::{CertificateError, Certificates, Config, ConfigError};
use crate::control::ConfigStatus;
use std::sync::Arc;
use std::time::SystemTime;

/// Why a configuration wasn't taken over. What was served before still is.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The file can't be read, or has faults.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Certificate or key.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl Proxy {
    /// Read the configuration file and the certificates again. Sessions see the new users, rights and limits with their next
    /// statement; new connections get the new certificates. Returns the keys whose change needs a restart: they keep their
    /// old values.
    ///
    /// # Errors
    /// If the file or a certificate can't be used; nothing is changed then.
    pub fn reload(&self) -> Result<Vec<&'static str>, ReloadError> {
        let control = &self.shared.control;
        match self.read_again() {
            Ok((config, certificates, kept)) => {
                self.shared.tls.store(certificates.tls);
                let status = ConfigStatus { read_at: SystemTime::now(), fault: None, kept: kept.clone() };
                control.configure(Some(Arc::new(config)), status);
                Ok(kept)
            }
            Err(error) => {
                let status = ConfigStatus { fault: Some(error.to_string()), ..control.status().config.clone() };
                control.configure(None, status);
                Err(error)
            }
        }
    }

    fn read_again(&self) -> Result<(Config, Certificates, Vec<&'static str>), ReloadError> {
        let before = Arc::clone(&self.shared.control.snapshot().config);
        let mut config = Config::load(&before.file)?;
        let kept = keep_what_needs_a_restart(&mut config, &before);
        let certificates = Certificates::load(&config)?;
        Ok((config, certificates, kept))
    }
}

/// Puts the old values back where a new one would not take effect; the keys of those that differed.
fn keep_what_needs_a_restart(config: &mut Config, before: &Config) -> Vec<&'static str> {
    let mut kept = Vec::new();
    macro_rules! keep {
        ($($key:literal: $($field:ident).+;)*) => {
            $(if config.$($field).+ != before.$($field).+ {
                kept.push($key);
                config.$($field).+ = before.$($field).+.clone();
            })*
        };
    }
    keep! {
        "listen.address": listen.address;
        "listen.socket": listen.socket;
        "admin": admin;
        "store": store;
        "backend": backend;
        "pool": pool;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_only_a_start_can_change_keeps_its_value_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shardgate.yaml");
        let load = |text: &str| {
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            Config::load(&file).unwrap()
        };
        let hash = "ab".repeat(32);
        let text = format!(
            "version: 1\nlisten: {{address: 127.0.0.1:3306}}\nbackend: {{user: u}}\nusers: {{a: {{password_hash: 'sha256d:{hash}', keyspaces: {{}}}}}}\n"
        );
        let before = load(&text);
        let more = "pool: {max_connections_per_instance: 7}\nlimits: {max_connections: 9}\n";
        let mut after = load(&(text.replace("3306", "3307").replace("user: u", "user: v") + more));
        assert_eq!(keep_what_needs_a_restart(&mut after, &before), ["listen.address", "backend", "pool"]);
        assert_eq!(
            (after.listen.address, &after.backend, &after.pool),
            (before.listen.address, &before.backend, &before.pool)
        );
        assert_eq!(after.limits.max_connections, 9);
        assert_eq!(keep_what_needs_a_restart(&mut after, &before), [""; 0]);
    }
}
