//! The authentication methods spoken here.

/// An authentication method ("plugin").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `caching_sha2_password`, MySQL's default since 8.0.
    CachingSha2,
    /// `mysql_native_password`, gone from MySQL 9.
    Native,
}

impl Method {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Method::CachingSha2 => "caching_sha2_password",
            Method::Native => "mysql_native_password",
        }
    }

    /// The method of this name.
    pub fn by_name(name: &[u8]) -> Option<Self> {
        [Method::CachingSha2, Method::Native].into_iter().find(|method| method.name().as_bytes() == name)
    }
}
