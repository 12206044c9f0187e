//! Decryption of what SOPS encrypted (contracts/kustomize-controller.md 9): files that generators and patches name, before
//! the build, and objects, after it. How a document is decrypted is `sops`'; where keys come from is the caller's.
//!
//! Nothing here waits. A data key that only a key service can open is remembered, and ends the render with
//! [`RenderError::KeysWanted`](crate::RenderError::KeysWanted) when its phase is over: whoever renders asks the services,
//! adds the answers to the [`KeyRing`], and renders again.

mod authentic;
mod decryptor;
mod files;
mod key_ring;
mod objects;
mod revealed;
mod sealed;

pub(crate) use decryptor::Decryptor;
pub(crate) use files::files;
pub use key_ring::KeyRing;
pub(crate) use objects::objects;
pub(crate) use sealed::is_sealed;

#[cfg(test)]
mod tests;
