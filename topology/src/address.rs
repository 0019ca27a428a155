//! Where a MySQL server listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a MySQL server listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// A TCP port.
    Tcp {
        /// Name or IP address, without the brackets of an IPv6 address.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket.
    Unix(PathBuf),
}

/// Why a text isn't `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing behind the last colon, or no colon.
    #[error("`{text}` has no port: write `{text}:3306`")]
    NoPort {
        /// The text as given.
        text: String,
    },
    /// The port isn't a number from 1 to 65535.
    #[error("`{port}` in `{text}` is not a port: write a number from 1 to 65535")]
    Port {
        /// The text as given.
        text: String,
        /// What stands in the port's place.
        port: String,
    },
    /// Nothing, or something odd, before the port.
    #[error("`{text}` has no host: write `host:port`, and an IPv6 address in brackets (`[::1]:3306`)")]
    Host {
        /// The text as given.
        text: String,
    },
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads `host:port` and `[ipv6]:port`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let host_error = || AddressError::Host { text: text.to_owned() };
        let no_port = || AddressError::NoPort { text: text.to_owned() };
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(host_error)?;
                (host, port.strip_prefix(':').ok_or_else(no_port)?)
            }
            None => text.rsplit_once(':').ok_or_else(no_port)?,
        };
        let bracketed = text.starts_with('[');
        if host.is_empty() || host.contains(char::is_whitespace) || (host.contains(':') != bracketed) {
            return Err(host_error());
        }
        match port.parse::<u16>() {
            Ok(port) if port != 0 => Ok(Self::Tcp { host: host.to_owned(), port }),
            _ if port.is_empty() => Err(no_port()),
            _ => Err(AddressError::Port { text: text.to_owned(), port: port.to_owned() }),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_reads_back() {
        for text in ["127.0.0.1:3306", "db-1.example:33060", "[::1]:3306"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said() {
        let error = |text: &str| text.parse::<Address>().unwrap_err().to_string();
        assert_eq!(error("localhost"), "`localhost` has no port: write `localhost:3306`");
        assert!(error("localhost:x").contains("`x` in `localhost:x` is not a port"));
        assert!(error("localhost:0").contains("not a port"));
        assert!(error("localhost:70000").contains("not a port"));
        assert!(error(":3306").contains("has no host"));
        assert!(error("::1:3306").contains("in brackets"));
        assert!(error("[::1:3306").contains("in brackets"));
        assert!(error("a b:3306").contains("has no host"));
    }
}
