//! The hash functions under the vindexes.

use std::sync::LazyLock;

use des::Des;
use des::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use md5::{Digest, Md5};
use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::unicode::primary_weights;
use crate::keyspace_id::KeyspaceId;

/// DES with a key of zeros, the block cipher behind Vitess's `hash`.
static NULL_DES: LazyLock<Des> = LazyLock::new(|| Des::new(&Array([0; 8])));

/// The id of a number under `hash`.
pub(crate) fn null_des(number: u64) -> KeyspaceId {
    let mut block = Array(number.to_be_bytes());
    NULL_DES.encrypt_block(&mut block);
    KeyspaceId::new(&block)
}

/// The number whose id under `hash` is `id`, read as a big-endian number.
pub(crate) fn null_des_inverse(id: u64) -> u64 {
    let mut block = Array(id.to_be_bytes());
    NULL_DES.decrypt_block(&mut block);
    u64::from_be_bytes(block.0)
}

/// XXH64 with seed 0, lowest byte first.
pub(crate) fn xxhash(bytes: &[u8]) -> KeyspaceId {
    KeyspaceId::from(xxh64(bytes, 0).to_le_bytes())
}

/// MD5, all 16 bytes.
pub(crate) fn md5(bytes: &[u8]) -> KeyspaceId {
    KeyspaceId::new(&Md5::digest(bytes))
}

/// MD5 of the collation's weights of a text.
pub(crate) fn unicode_md5(text: &[u8]) -> Result<KeyspaceId, String> {
    let mut md5 = Md5::new();
    primary_weights(text, |weight| md5.update(weight))?;
    Ok(KeyspaceId::new(&md5.finalize()))
}

/// XXH64 of the collation's weights of a text, lowest byte first.
pub(crate) fn unicode_xxhash(text: &[u8]) -> Result<KeyspaceId, String> {
    let mut xxhash = Xxh64::new(0);
    primary_weights(text, |weight| xxhash.update(weight))?;
    Ok(KeyspaceId::from(xxhash.digest().to_le_bytes()))
}
