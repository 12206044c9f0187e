//! Objects that Kubernetes' own controllers remove as they are meant to: what ended, what has a time to live, what
//! depends on another object. Their going is not drift. Pure.
//!
//! What follows from it is `drift`'s: no heal and no warning, and the next run that is due makes them again.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Map, Value, json};

/// Kinds whose bodies are watched, not only their metadata: whether they have ended stands in their status.
const WATCHED_WHOLE: [(&str, &str); 2] = [("batch", "Job"), ("", "Pod")];

/// Whether a kind's status has to be watched.
pub(crate) fn is_watched_whole(group: &str, kind: &str) -> bool {
    WATCHED_WHOLE.contains(&(group, kind))
}

/// Cuts a watched body down to what [`is_departing`] reads.
pub(crate) fn prune(body: &mut Value) {
    let ttl = body.pointer("/spec/ttlSecondsAfterFinished").cloned();
    let phase = body.pointer("/status/phase").cloned();
    let ended: Vec<Value> = conditions(body)
        .filter(|condition| is_end(condition))
        .map(|condition| json!({"type": condition["type"], "status": "True"}))
        .collect();
    let (mut spec, mut status) = (Map::new(), Map::new());
    spec.extend(ttl.map(|ttl| ("ttlSecondsAfterFinished".to_owned(), ttl)));
    status.extend(phase.map(|phase| ("phase".to_owned(), phase)));
    status.insert("conditions".to_owned(), Value::Array(ended));
    *body = json!({"spec": spec, "status": status});
}

fn conditions(body: &Value) -> impl Iterator<Item = &Value> {
    body.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten()
}

fn is_end(condition: &Value) -> bool {
    condition["status"] == "True" && (condition["type"] == "Complete" || condition["type"] == "Failed")
}

/// Whether the live object may be removed from now on without anybody's doing:
///
/// - a finished Job with a time to live (the TTL-after-finished controller);
/// - a Pod that ran to its end (the Pod garbage collector);
/// - an object with owner references (the garbage collector, once no owner is left).
pub(crate) fn is_departing(group: &str, kind: &str, meta: &ObjectMeta, body: &Value) -> bool {
    let ended = match (group, kind) {
        ("batch", "Job") => {
            body.pointer("/spec/ttlSecondsAfterFinished").is_some() && conditions(body).any(is_end)
        }
        ("", "Pod") => {
            let phase = body.pointer("/status/phase").and_then(Value::as_str);
            matches!(phase, Some("Succeeded" | "Failed"))
        }
        _ => false,
    };
    ended || meta.owner_references.as_ref().is_some_and(|owners| !owners.is_empty())
}

/// The last word of the watch before an object went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// None of its end: it came and went before the watch began, or it went while the watch was down.
    Missed,
    /// It showed the object until the end.
    Seen {
        /// What [`is_departing`] said.
        departing: bool,
    },
}

/// Whether an object's absence is what Kubernetes, or the kind's own controller, does with such an object.
pub(crate) fn is_by_design(manifest: &Value, last: Last) -> bool {
    if last == (Last::Seen { departing: true }) {
        return true;
    }
    let text = |pointer| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let group = text("/apiVersion").split_once('/').map_or("", |(group, _)| group);
    match (group, text("/kind")) {
        // Seen, and not finished: somebody deleted it. Missed: it may have finished, and running it twice is worse than
        // running it at the interval.
        ("batch", "Job") => {
            last == Last::Missed && manifest.pointer("/spec/ttlSecondsAfterFinished").is_some()
        }
        // Cleaned up when approved and issued, refused, or too old; events expire.
        ("certificates.k8s.io", "CertificateSigningRequest") | ("" | "events.k8s.io", "Event") => true,
        // The token cleaner removes expired bootstrap tokens.
        ("", "Secret") => text("/type") == "bootstrap.kubernetes.io/token",
        // Kinds of others that declare a time to live: only their metadata is watched, so nothing shows whether they ended.
        _ => has_foreign_ttl(manifest),
    }
}

/// The fields in which widely used kinds of jobs and workflows declare that they remove themselves.
fn has_foreign_ttl(manifest: &Value) -> bool {
    const FIELDS: [&str; 4] = [
        "/spec/ttlSecondsAfterFinished",
        "/spec/runPolicy/ttlSecondsAfterFinished",
        "/spec/ttlStrategy",
        "/spec/timeToLiveSeconds",
    ];
    FIELDS.iter().any(|field| manifest.pointer(field).is_some())
}

#[cfg(test)]
mod tests;
