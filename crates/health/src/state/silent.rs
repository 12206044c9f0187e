//! Objects without a status: kinds that have none, controllers that have not written one yet, and controllers that never
//! will.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

use super::case::Case;
use super::judgement::{Judgement, State};

/// How long a controller may take to write its first status.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// Kinds of Kubernetes that have no status, by group; without kinds, all of the group.
const WITHOUT_STATUS: [(&str, &[&str]); 14] = [
    (
        "",
        &[
            "ConfigMap",
            "Secret",
            "ServiceAccount",
            "Endpoints",
            "LimitRange",
            "Event",
            "PodTemplate",
            "ResourceQuota",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apps", &["ControllerRevision"]),
    ("coordination.k8s.io", &[]),
    ("discovery.k8s.io", &[]),
    ("events.k8s.io", &[]),
    ("networking.k8s.io", &["IngressClass", "IPAddress", "NetworkPolicy"]),
    ("extensions", &["NetworkPolicy"]),
    ("node.k8s.io", &[]),
    ("rbac.authorization.k8s.io", &[]),
    ("resource.k8s.io", &["DeviceClass", "ResourceClaimTemplate", "ResourceSlice"]),
    ("scheduling.k8s.io", &[]),
    (
        "storage.k8s.io",
        &["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttributesClass"],
    ),
    ("certificates.k8s.io", &["ClusterTrustBundle"]),
];

/// Whether objects of a kind are well as soon as they exist.
pub(super) fn has_no_status(group: &str, kind: &str) -> bool {
    WITHOUT_STATUS.iter().any(|(of, kinds)| *of == group && (kinds.is_empty() || kinds.contains(&kind)))
}

/// Whether nothing has been written to the object's status.
pub(super) fn is_silent(object: &Value) -> bool {
    match object.get("status") {
        None | Some(Value::Null) => true,
        Some(Value::Object(status)) => status.is_empty(),
        Some(_) => false,
    }
}

/// An object whose controller always writes a status, and has not.
pub(super) fn awaited(case: &Case<'_>) -> Judgement {
    match case.age() {
        Some(age) if age >= PATIENCE => Judgement {
            certain: true,
            ..Judgement::new(
                State::Unknown,
                "NoStatus",
                "its controller has not written a status since it was created, more than two minutes ago",
            )
            .hinting("look whether the controller of this kind runs, whether it watches this namespace, and what its log says")
        },
        age => Judgement {
            changes_in: age.and_then(|age| Duration::try_from(PATIENCE.saturating_sub(age)).ok()),
            ..Judgement::new(State::Progressing, "NoStatus", "its controller has not written a status yet")
        },
    }
}

/// An object of which nothing says that it will ever have a status.
pub(super) fn assumed() -> Judgement {
    Judgement::healthy().assumed()
}
