//! Whether an artifact is signed by whom a policy names: Sigstore signatures without keys ([`Keyless`]) and those of the
//! Notary Project ([`Notation`]). Bytes and trust material come in, a signer or a typed [`Refusal`] goes out. There is no
//! network, no Kubernetes, no file; signatures with a plain key are not here either. Who asks says what time it is, but
//! that a log's time is not in the future is held against the system's clock by the library beneath.
//!
//! ```text
//! trusted_root.json, identities ── Keyless::new ──► Keyless ── bundle(bytes, digest) ─────────┐
//!                                                         └─── tagged(payload, notes, digest) ┼─► Signer | Refusal
//! trustpolicy.json, *.crt, *.pem ─ Notation::new ─► Notation ─ verify(envelope, artifact) ────┘
//! ```
//!
//! # What binds what to what
//!
//! A signature counts only if every line of its table holds; nothing is believed that no line names.
//!
//! Without keys:
//!
//! | what | is bound to | by |
//! |---|---|---|
//! | the manifest's digest | the payload | a subject of an in-toto statement, or `docker-manifest-digest` |
//! | the payload, and its type | the signature | the envelope's encoding (DSSE), or the bytes of the payload |
//! | the signature | the certificate | its public key |
//! | the certificate | an authority of the trusted root | its chain, for code signing, at every proved time |
//! | the certificate | a certificate log of the trusted root | a timestamp that the log signed (SCT) |
//! | signature, payload, certificate | an entry of a log | the entry's body names all three |
//! | the entry | a log of the trusted root | its promise (SET), or the proof of inclusion under a signed checkpoint |
//! | the time | the signature | the promise, or a timestamp of an authority of the trusted root |
//! | issuer and subject | the certificate | its extension and its alternative name, held against the patterns |
//!
//! What a statement says of its subjects is bound to nothing: each statement of who may sign counts, be it cosign's own
//! (`https://sigstore.dev/cosign/sign/v1`), a provenance or a bill of materials.
//!
//! Of the Notary Project:
//!
//! | what | is bound to | by |
//! |---|---|---|
//! | media type, digest and size of the manifest | the payload | `targetArtifact` |
//! | the payload, its type, times, scheme, what is critical | the signature | the protected header |
//! | the signature | the first certificate | its public key, by the one algorithm that fits it |
//! | each certificate | the next one | its signature, names, basic constraints and key usage |
//! | a certificate of the chain | the trust store | it is there, byte by byte; the store's type is the scheme's |
//! | the first certificate | a trusted identity | its subject |
//! | all certificates | a time | now; with the scheme of signing authorities the time that the envelope names, not in the future |
//!
//! Which scheme it is says the envelope. Where a policy names trust stores of both types, all certificates are in both: who
//! has one that has ended may still name a time at which it held.
//!
//! Invariants: input of any shape gives a refusal, never a panic; all input is bounded, and what it costs is charged to
//! a budget; what is not understood is refused.
// Tests may index: what they look at is theirs.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod cost;
mod keyless;
mod notation;
mod refusal;

pub use cost::{BLOCK, MAX_SIGNATURE, TRY};
pub use keyless::{Keyless, Pattern, Tagged, TrustError, payload_is_about};
pub use notation::{Artifact, Format, Notation, PolicyError, Verdict};
pub use refusal::{Refusal, Signer};
