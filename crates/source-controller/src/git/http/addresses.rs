//! Which addresses are public, and the look-up of names: on threads of its own, because the system's waits for servers
//! that somebody else names, and on request with nothing but public addresses for an answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::git::threads;

#[cfg(test)]
mod tests;

/// Look-ups at a time; each has a thread.
const LOOKUPS: usize = 32;

/// Looks names up.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    public_only: bool,
    turns: Arc<Semaphore>,
}

impl Default for Resolver {
    fn default() -> Self {
        Self { public_only: false, turns: Arc::new(Semaphore::new(LOOKUPS)) }
    }
}

impl Resolver {
    /// The same, with public addresses only.
    pub(crate) fn public_only(&self) -> Self {
        Self { public_only: true, turns: Arc::clone(&self.turns) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { public_only, turns } = self.clone();
        Box::pin(async move {
            let turn = turns.acquire_owned().await;
            let look_up = move || {
                let found = (name.as_str(), 0).to_socket_addrs().map(Vec::from_iter);
                // A look-up that nobody waits for any more has its thread until the system gives up.
                drop(turn);
                found
            };
            let found = threads::run("look-up", look_up).await.map_err(io::Error::other)??;
            let found = if public_only { public(found)? } else { found };
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The public ones of a name's addresses.
fn public(found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let public: Vec<_> = found.into_iter().filter(|address| is_public(address.ip())).collect();
    if public.is_empty() {
        return Err(io::Error::other(
            "the redirect's target is another host at an address that is not public",
        ));
    }
    Ok(public)
}

/// Whether an address is of the internet: not of this machine, a link, a private network, a metadata service, or
/// reserved for something else.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_reserved = matches!(
        (a, b, c),
        (0 | 240.., _, _) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _)
    );
    !(is_reserved
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

const fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // An IPv4 address in another dress: mapped, compatible, behind a translator, or 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => is_public_v4(Ipv4Addr::from_bits(((high as u32) << 16) | low as u32)),
        // Teredo and documentation lie within what is public otherwise.
        [0x2001, 0 | 0xdb8, ..] | [0x3fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
