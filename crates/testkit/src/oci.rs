//! OCI registries for tests: artifacts made on the spot, Debian's registry as a process, and one in this process that
//! misbehaves on request and remembers what it was asked.

mod distribution;
mod image;
mod notary;
mod push;
mod scripted;
mod signing;
mod sigstore;

pub use distribution::Distribution;
pub use image::{CHART, CONTENT, INDEX, Image, MANIFEST, descriptor, digest, gzip, tarball};
pub use notary::{NOTARY, Notary, Person};
pub use push::push;
pub use scripted::{Behaviour, Login, Registry};
pub use signing::Signer;
pub use sigstore::{Sigstore, Wish};
