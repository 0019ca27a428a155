//! Ports that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

use super::mysqld_error::MysqldError;

/// Below the range from which operating systems take the ports of outgoing connections, so that a server that is
/// stopped for a while finds its port free when it comes back.
const FIRST: u16 = 11_000;
const LAST: u16 = 31_999;

/// A port on 127.0.0.1 that was free a moment ago and that this process hasn't given out before.
///
/// # Errors
/// Every port of the range is taken.
pub fn free_port() -> Result<u16, MysqldError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let range = u32::from(LAST - FIRST) + 1;
    // Processes that run at the same time begin at different places.
    let offset = std::process::id().wrapping_mul(7919) % range;
    for _ in 0..range {
        let step = (offset + NEXT.fetch_add(1, Ordering::Relaxed)) % range;
        // `step` is smaller than the range, which fits a u16.
        let Ok(step) = u16::try_from(step) else { continue };
        let port = FIRST + step;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(MysqldError::NoPort { from: FIRST, to: LAST })
}
