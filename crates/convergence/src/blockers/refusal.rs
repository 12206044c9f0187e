//! What the API server's refusal of one object means. [`Failure`] names the reason of the answer only for dry-runs, so
//! the rest goes by the API server's own words, which are the same whether Flux's controller quotes them or ours.

use api::blocker::BlockerCode;
use api::refusal::{Failure, Refusal};
use health::wording;

use super::draft::Draft;

/// The blocker that a refusal is.
pub(super) fn blocker(refusal: &Refusal) -> Draft {
    let (code, hint) = code(refusal);
    let message = wording::quoted(&refusal.message);
    let mut draft = Draft::new(code, refusal.id.to_string(), message).evidence(refusal.failure.to_string());
    draft.hint = hint;
    draft
}

fn code(refusal: &Refusal) -> (BlockerCode, Option<&'static str>) {
    let says = |text: &str| refusal.message.contains(text);
    match refusal.failure {
        Failure::NamespaceNotSpecified => (
            BlockerCode::NamespaceMissing,
            Some("set metadata.namespace, or spec.targetNamespace of the Kustomization"),
        ),
        Failure::NotFound if says("namespaces") => {
            (BlockerCode::NamespaceMissing, Some("add the Namespace to the manifests, or create it"))
        }
        _ if says("no matches for kind") || says("could not find the requested resource") => (
            BlockerCode::KindUnknown,
            Some(
                "install the CRD first, for example by a Kustomization that this one depends on, or correct apiVersion",
            ),
        ),
        _ if says("field not declared in schema") || says("unknown field") => {
            (BlockerCode::UnknownField, Some("remove or correct the field"))
        }
        _ if says("because it is being terminated") => (
            BlockerCode::NamespaceTerminating,
            Some("wait until the namespace is gone, or find what keeps it"),
        ),
        _ if says("exceeded quota") => {
            (BlockerCode::QuotaExceeded, Some("lower the requests, or raise the namespace's quota"))
        }
        _ if says("failed calling webhook") => {
            (BlockerCode::WebhookUnavailable, Some("the webhook's Service does not answer: see its pods"))
        }
        _ if (says("admission webhook") && says("denied the request"))
            || says("ValidatingAdmissionPolicy")
            || says("violates PodSecurity") =>
        {
            (BlockerCode::AdmissionDenied, Some("change what the policy objects to, or the policy"))
        }
        _ if says("is immutable")
            || says("immutable field")
            || says("updates to statefulset spec for fields other than") =>
        {
            (
                BlockerCode::ImmutableField,
                Some(
                    "the object must be recreated: set spec.force, or the annotation kustomize.toolkit.fluxcd.io/force: enabled",
                ),
            )
        }
        _ => code_by_reason(refusal),
    }
}

fn code_by_reason(refusal: &Refusal) -> (BlockerCode, Option<&'static str>) {
    let says = |text: &str| refusal.message.contains(text);
    let no_right =
        says("is forbidden: User") || says("cannot patch resource") || says("cannot create resource");
    match refusal.failure.reason() {
        _ if no_right => {
            (BlockerCode::Forbidden, Some("give the ServiceAccount a role with this verb and resource"))
        }
        "Forbidden" | "Unauthorized" => (BlockerCode::Forbidden, None),
        "Invalid" | "BadRequest" => {
            (BlockerCode::SchemaInvalid, Some("correct the field that the message names"))
        }
        "FieldManagerConflict" | "Conflict" => (BlockerCode::FieldConflict, None),
        "Timeout" | "ServerTimeout" | "ServiceUnavailable" | "TooManyRequests" | "InternalError" => {
            (BlockerCode::TargetUnreachable, None)
        }
        _ if says("connection refused") || says("deadline exceeded") || says("no such host") => {
            (BlockerCode::TargetUnreachable, None)
        }
        _ if says("Invalid value") || says("Required value") || says("to proper version") => {
            (BlockerCode::SchemaInvalid, Some("correct the field that the message names"))
        }
        _ => (BlockerCode::ReconciliationFailed, None),
    }
}
