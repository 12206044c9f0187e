//! Loopback ports for processes that cannot choose one themselves.
//! Servers inside the test bind port 0 instead.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

const FIRST: u16 = 10_000;
const COUNT: u16 = 9_900;

/// A port on 127.0.0.1 that nobody listens on. It lies below the range of outgoing connections, so that the
/// kernel does not hand it out in between, and no other call of this process gets it.
pub fn free() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start: u16 = std::process::id().wrapping_mul(7919) as u16 % COUNT;
    for _ in 0..COUNT {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (u32::from(start) + u32::from(offset)).rem_euclid(u32::from(COUNT)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1")
}
