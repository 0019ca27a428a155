//! The full exchange without TLS: the password goes encrypted with the server's RSA key (OAEP with SHA-1, over the
//! password XORed with the nonce, as MySQL does it).

use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::{Oaep, PrivateKey, PublicKey};
use sha1::Sha1;
use thiserror::Error;
use zeroize::Zeroizing;

use super::link::Random;
use super::nonce::Nonce;

/// The size of a key that is made here, in bits; MySQL's own keys have it.
const KEY_BITS: usize = 2048;

/// A key that can't be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The text isn't a key.
    #[error("not an RSA key in PEM (PKCS #8): {0}")]
    Pem(String),
    /// A key couldn't be made.
    #[error("making an RSA key failed")]
    Generate(#[source] rsa::Error),
    /// The password doesn't fit the key.
    #[error("the password can't be encrypted with the server's RSA key")]
    Encrypt(#[source] rsa::Error),
}

/// A server's private key.
#[derive(Clone)]
pub struct ServerKey {
    key: PrivateKey,
    public_pem: String,
}

impl ServerKey {
    /// Makes a key of 2048 bits. This takes up to some seconds.
    ///
    /// # Errors
    /// If no key could be made.
    pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Result<Self, KeyError> {
        Self::new(PrivateKey::new(&mut Random(random), KEY_BITS).map_err(KeyError::Generate)?)
    }

    /// Reads a key in PEM (PKCS #8).
    ///
    /// # Errors
    /// If the text is something else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Self::new(PrivateKey::from_pkcs8_pem(pem).map_err(|error| KeyError::Pem(error.to_string()))?)
    }

    fn new(key: PrivateKey) -> Result<Self, KeyError> {
        let public_pem = key.to_public_key().to_public_key_pem(LineEnding::LF);
        let public_pem = public_pem.map_err(|error| KeyError::Pem(error.to_string()))?;
        Ok(ServerKey { key, public_pem })
    }

    /// The key in PEM (PKCS #8), to be kept.
    ///
    /// # Errors
    /// If the key can't be encoded.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.key.to_pkcs8_pem(LineEnding::LF).map_err(|error| KeyError::Pem(error.to_string()))
    }

    /// The public key in PEM, as clients get it.
    pub fn public_pem(&self) -> &str {
        &self.public_pem
    }

    /// The password that a client sent, without the zero byte at its end.
    pub(super) fn decrypt_password(
        &self,
        encrypted: &[u8],
        nonce: &Nonce,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Option<Zeroizing<Vec<u8>>> {
        let plain = self.key.decrypt_blinded(&mut Random(random), Oaep::<Sha1>::new(), encrypted).ok()?;
        let mut plain = Zeroizing::new(plain);
        xor(&mut plain, nonce);
        (plain.pop()? == 0).then_some(plain)
    }
}

impl std::fmt::Debug for ServerKey {
    /// Keeps the key out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey(..)")
    }
}

/// Encrypts a password for the server whose public key this is.
///
/// # Errors
/// If the text isn't a public key in PEM, or the password is too long for it.
pub fn encrypt_password(
    public_pem: &str,
    password: &[u8],
    nonce: &Nonce,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Vec<u8>, KeyError> {
    let key = PublicKey::from_public_key_pem(public_pem.trim_end_matches(['\0', '\n', '\r']));
    let key = key.map_err(|error| KeyError::Pem(error.to_string()))?;
    let mut plain = Zeroizing::new([password, &[0]].concat());
    xor(&mut plain, nonce);
    key.encrypt(&mut Random(random), Oaep::<Sha1>::new(), &plain).map_err(KeyError::Encrypt)
}

fn xor(text: &mut [u8], nonce: &Nonce) {
    for (byte, nonce) in text.iter_mut().zip(nonce.as_bytes().iter().cycle()) {
        *byte ^= nonce;
    }
}
