//! TLS towards the shards.

use crate::config::{BackendTls, TlsMode};
use std::fs;
use std::io;
use std::sync::Arc;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// Why the TLS settings for the shards can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackendTlsError {
    /// The CA file can't be read.
    #[error("backend.tls.ca: {file}: {source}")]
    File {
        /// The file.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// The CA file holds no certificate.
    #[error("backend.tls.ca: {file}: {reason}")]
    Certificate {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A mode that verifies, without a CA.
    #[error("backend.tls.mode `{mode}` verifies the servers' certificates and needs `backend.tls.ca`")]
    NoCa {
        /// The mode.
        mode: &'static str,
    },
}

/// The rustls configuration for connections to the shards; `None` if TLS is disabled.
///
/// As in MySQL's clients, `preferred` and `required` encrypt without verifying who is at the other end, `verify_ca`
/// verifies the certificate's chain, `verify_identity` its name as well.
pub(crate) fn backend_tls(tls: &BackendTls) -> Result<Option<Arc<ClientConfig>>, BackendTlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match tls.mode {
        TlsMode::Disabled => return Ok(None),
        TlsMode::Preferred | TlsMode::Required => Arc::new(Verifier { chain: None, provider: Arc::clone(&provider) }),
        TlsMode::VerifyCa => {
            let chain = Some(chain_verifier(tls, "verify_ca", &provider)?);
            Arc::new(Verifier { chain, provider: Arc::clone(&provider) })
        }
        TlsMode::VerifyIdentity => chain_verifier(tls, "verify_identity", &provider)?,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| BackendTlsError::Certificate { file: "-".to_owned(), reason: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Some(Arc::new(config)))
}

fn chain_verifier(
    tls: &BackendTls,
    mode: &'static str,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, BackendTlsError> {
    let path = tls.ca.as_ref().ok_or(BackendTlsError::NoCa { mode })?;
    let file = path.display().to_string();
    let pem = fs::read(path).map_err(|source| BackendTlsError::File { file: file.clone(), source })?;
    let wrong = |reason: String| BackendTlsError::Certificate { file: file.clone(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|error| wrong(error.to_string()))?).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("holds no certificate".to_owned()));
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| wrong(error.to_string()))
}

/// Verifies the chain (`Some`) or nothing, and never the name.
#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
