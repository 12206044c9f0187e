//! OCI registries for tests: artifacts made on the spot, Debian's registry as a process, and one in this process that
//! misbehaves on request and remembers what it was asked.

mod distribution;
mod image;
mod push;
mod scripted;
mod signing;

pub use distribution::Distribution;
pub use image::{CONTENT, INDEX, Image, MANIFEST, descriptor, digest, gzip, tarball};
pub use push::push;
pub use scripted::{Behaviour, Login, Registry};
pub use signing::Signer;
