//! What the proxy shows to clients: its certificate, and the RSA key for password exchanges without TLS.
//!
//! Without `tls:` in shardgate.yaml both are made on the first start and kept beside it, as MySQL keeps its own in the
//! data directory, with the same names; files that exist are used as they are.

use crate::config::model::{CertificateSource, Config};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use shardgate_wire::auth::{KeyError, ServerKey};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The certificate that the proxy makes, in PEM.
const CERTIFICATE_FILE: &str = "server-cert.pem";
/// Its key, in PEM.
const KEY_FILE: &str = "server-key.pem";
/// The RSA key, in PEM (PKCS #8).
const RSA_FILE: &str = "private_key.pem";
/// The RSA key's public part, for clients' `--server-public-key-path`.
const RSA_PUBLIC_FILE: &str = "public_key.pem";
/// Held while files are made, so that two proxies that start at once don't make two pairs.
const LOCK_FILE: &str = ".certificates.lock";

/// What the proxy shows to clients.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// TLS.
    pub tls: Arc<ServerConfig>,
    /// The RSA key for password exchanges without TLS.
    pub rsa: ServerKey,
}

/// Why there is no certificate or key.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file can't be read.
    #[error("{}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file can't be written.
    #[error("{}: can't be written: {source}; name a certificate in `listen: {{tls: {{cert: ..., key: ...}}}}`, or let the proxy write to this directory", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// One of the two files of a pair.
    #[error("{} is there and {} isn't: put it back, or remove the other to have both made anew", present.display(), absent.display())]
    Half {
        /// The file that is there.
        present: PathBuf,
        /// The file that isn't.
        absent: PathBuf,
    },
    /// No certificate could be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
    /// No RSA key could be made.
    #[error(transparent)]
    Rsa(#[from] KeyError),
    /// Certificate and key don't go together, or the CA isn't one.
    #[error("the certificate can't be used: {0}")]
    Unusable(String),
}

impl Certificates {
    /// Reads what the configuration names, and makes what it doesn't. Making an RSA key takes up to some seconds.
    ///
    /// # Errors
    /// If a file can't be read, used or written.
    pub fn load(config: &Config) -> Result<Self, CertificateError> {
        let (chain, key) = match &config.listen.tls.certificate {
            CertificateSource::Files { cert, key } => read_pair(cert, key)?,
            CertificateSource::SelfSigned => self_signed(config)?,
        };
        let tls = server_config(chain, key, config.listen.tls.client_ca.as_deref())?;
        Ok(Self { tls: Arc::new(tls), rsa: rsa_key(&config.directory)? })
    }
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read_pair(cert: &Path, key: &Path) -> Result<Pair, CertificateError> {
    let chain = read_certificates(cert)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
    Ok((chain, key))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| unreadable(path, &error))?;
    if certificates.is_empty() {
        return Err(CertificateError::Read {
            path: path.to_owned(),
            reason: "it holds no certificate in PEM".to_owned(),
        });
    }
    Ok(certificates)
}

fn unreadable(path: &Path, error: &rustls::pki_types::pem::Error) -> CertificateError {
    CertificateError::Read { path: path.to_owned(), reason: error.to_string() }
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    client_ca: Option<&Path>,
) -> Result<ServerConfig, CertificateError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| CertificateError::Unusable(error.to_string()))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in read_certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| CertificateError::Read { path: path.to_owned(), reason: error.to_string() })?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| CertificateError::Unusable(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    builder.with_single_cert(chain, key).map_err(|error| CertificateError::Unusable(error.to_string()))
}

/// The certificate beside the configuration, made if it isn't there.
fn self_signed(config: &Config) -> Result<Pair, CertificateError> {
    let (cert, key) = (config.directory.join(CERTIFICATE_FILE), config.directory.join(KEY_FILE));
    if !(cert.exists() && key.exists()) {
        let _lock = lock(&config.directory)?;
        match (cert.exists(), key.exists()) {
            (true, true) => {}
            (false, false) => make_certificate(config, &cert, &key)?,
            (true, false) => return Err(CertificateError::Half { present: cert, absent: key }),
            (false, true) => return Err(CertificateError::Half { present: key, absent: cert }),
        }
    }
    read_pair(&cert, &key)
}

fn make_certificate(config: &Config, cert: &Path, key: &Path) -> Result<(), CertificateError> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    addresses.extend(config.listen.address.map(|address| address.ip()).filter(|address| !address.is_unspecified()));
    addresses.dedup();
    params.subject_alt_names.extend(addresses.into_iter().map(SanType::IpAddress));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "shardgate, made by itself");
    let pair = KeyPair::generate()?;
    let certificate = params.self_signed(&pair)?;
    write_private(key, &pair.serialize_pem())?;
    write_private(cert, &certificate.pem())
}

/// The RSA key beside the configuration, made if it isn't there.
fn rsa_key(directory: &Path) -> Result<ServerKey, CertificateError> {
    let path = directory.join(RSA_FILE);
    if !path.exists() {
        let _lock = lock(directory)?;
        if !path.exists() {
            // Filled by the operating system; without randomness no key is safe, and none is made.
            let mut failed = false;
            let key = ServerKey::generate(&mut |bytes| failed |= getrandom::fill(bytes).is_err())?;
            if failed {
                let source = io::Error::other("the operating system gave no random numbers");
                return Err(CertificateError::Write { path, source });
            }
            write_private(&directory.join(RSA_PUBLIC_FILE), key.public_pem())?;
            write_private(&path, &key.to_pem()?)?;
            return Ok(key);
        }
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CertificateError::Read { path: path.clone(), reason: error.to_string() })?;
    ServerKey::from_pem(&text).map_err(|error| CertificateError::Read { path, reason: error.to_string() })
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, text: &str) -> Result<(), CertificateError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().map_err(|source| CertificateError::Write { path: path.to_owned(), source })
}

fn lock(directory: &Path) -> Result<File, CertificateError> {
    let path = directory.join(LOCK_FILE);
    let lock = || {
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
        Ok(file)
    };
    lock().map_err(|source| CertificateError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn config(directory: &Path, tls: &str) -> Config {
        let path = directory.join("shardgate.yaml");
        let hash = "ab".repeat(32);
        let text = format!(
            "version: 1\nlisten: {{address: '192.0.2.7:3306', tls: {tls}}}\nbackend: {{user: u}}\nusers: {{a: {{password_hash: 'sha256d:{hash}', keyspaces: {{'*': read}}}}}}\n"
        );
        std::fs::write(&path, text).unwrap();
        Config::load(&path).unwrap()
    }

    #[test]
    fn what_is_made_on_the_first_start_is_used_again_on_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), "{}");
        let first = Certificates::load(&config).unwrap();
        let read = |name: &str| std::fs::read(directory.path().join(name)).unwrap();
        let files = [CERTIFICATE_FILE, KEY_FILE, RSA_FILE, RSA_PUBLIC_FILE];
        let made = files.map(read);
        for name in files {
            let mode = std::fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let second = Certificates::load(&config).unwrap();
        assert_eq!(files.map(read), made);
        assert_eq!(first.rsa.public_pem(), second.rsa.public_pem());
        assert_eq!(made[3], first.rsa.public_pem().as_bytes());
    }

    #[test]
    fn a_pair_of_which_half_is_missing_is_not_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), "{}");
        self_signed(&config).unwrap();
        std::fs::remove_file(directory.path().join(KEY_FILE)).unwrap();
        let error = self_signed(&config).unwrap_err().to_string();
        assert!(error.contains("server-cert.pem is there and") && error.contains("server-key.pem isn't"), "{error}");
    }

    #[test]
    fn certificates_that_the_configuration_names_are_used() {
        let directory = tempfile::tempdir().unwrap();
        self_signed(&config(directory.path(), "{}")).unwrap();
        let (cert, key) = (directory.path().join(CERTIFICATE_FILE), directory.path().join(KEY_FILE));
        let (chain, private) = read_pair(&cert, &key).unwrap();
        server_config(chain, private, Some(&cert)).unwrap();
        std::fs::write(&cert, "no certificate").unwrap();
        let error = read_pair(&cert, &key).unwrap_err().to_string();
        assert!(error.contains("holds no certificate"), "{error}");
    }
}
