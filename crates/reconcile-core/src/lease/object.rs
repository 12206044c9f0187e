//! The Lease as it is written. No requests, no clock.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::core::ObjectMeta;

use super::decide::Decision;

/// What to write for a decision; nothing for [`Decision::Wait`] and
/// [`Decision::Lost`]. `old` is the spec that was read last.
pub(super) fn spec(
    decision: Decision,
    old: Option<&LeaseSpec>,
    me: &str,
    duration: Duration,
    now: Timestamp,
) -> Option<LeaseSpec> {
    let (transitions, acquired) = match decision {
        Decision::Wait | Decision::Lost => return None,
        Decision::Create => (0, None),
        Decision::Acquire { transitions } => (transitions, None),
        Decision::Renew => (
            old.and_then(|spec| spec.lease_transitions).unwrap_or(0),
            old.and_then(|spec| spec.acquire_time.clone()),
        ),
    };
    let now = MicroTime(now);
    Some(LeaseSpec {
        holder_identity: Some(me.to_owned()),
        lease_duration_seconds: Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: Some(acquired.unwrap_or_else(|| now.clone())),
        renew_time: Some(now),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    })
}

/// What a holder leaves behind, as client-go: nobody's, and free after a second.
pub(super) fn released(transitions: i32, now: Timestamp) -> LeaseSpec {
    LeaseSpec {
        holder_identity: Some(String::new()),
        lease_duration_seconds: Some(1),
        acquire_time: Some(MicroTime(now)),
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    }
}

/// The whole object. Labels and annotations of an existing lease are kept, and its resourceVersion, so that the API
/// server refuses the write if another process wrote it in the meantime.
pub(super) fn object(name: &str, old: Option<&Lease>, spec: LeaseSpec) -> Lease {
    let metadata = old.map_or_else(
        || ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        |lease| ObjectMeta { managed_fields: None, ..lease.metadata.clone() },
    );
    Lease { metadata, spec: Some(spec) }
}

#[cfg(test)]
mod tests;
