//! Ids that every controller derives for itself from what Kubernetes objects say: the trace of one revision of one
//! source, and the span that all others of it are below.
//!
//! The source's uid keeps clusters apart. A revision that a source comes back to has its earlier trace again.

use opentelemetry::trace::{SpanId, TraceId};
use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

/// The trace from a commit to Ready.
pub(super) fn of_revision(source_uid: &str, revision: &str) -> TraceId {
    TraceId::from_bytes(hash(b"trace", &[source_uid.as_bytes(), revision.as_bytes()]))
}

/// The span of a trace that has no parent: the run that published the revision.
pub(super) fn root(trace: TraceId) -> SpanId {
    let [bytes @ .., _, _, _, _, _, _, _, _] = hash(b"root", &[&trace.to_bytes()]);
    SpanId::from_bytes(bytes)
}

/// Half of a SHA-256 over parts that cannot run into each other.
fn hash(purpose: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update(purpose);
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    bytes
}
