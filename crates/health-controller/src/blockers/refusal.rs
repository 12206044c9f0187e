//! The API server's refusal of one object, read back from Flux's line about it. The line names the reason of the
//! answer only for dry-runs, so the rest goes by the API server's own words.

use api::blocker::BlockerCode;

use super::Draft;

/// What kustomize-controller was doing, and what it was told.
pub(super) struct Refusal<'a> {
    /// `Kind/namespace/name`.
    pub(super) subject: &'a str,
    /// Between the subject and the API server's message: `dry-run failed (Invalid)`.
    action: &'a str,
    /// Reason of the answer, where the line gives it.
    reason: &'a str,
    /// The API server's message.
    message: &'a str,
}

impl<'a> Refusal<'a> {
    /// Reads a line such as `Deployment/a/b dry-run failed (Invalid): …`. Lines that tell what was done are none.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let (subject, rest) = line.split_once(' ')?;
        let kind = subject.split_once('/')?.0;
        if !kind.starts_with(|c: char| c.is_ascii_uppercase()) || subject.ends_with(':') {
            return None;
        }
        let (action, message) = rest.split_once(": ")?;
        let named = action.split_once('(').and_then(|(_, reason)| reason.strip_suffix(')'));
        Some(Self { subject, action, reason: named.unwrap_or_default(), message })
    }

    /// The blocker.
    pub(super) fn blocker(&self) -> Draft {
        let (code, hint) = self.code();
        let message = health::wording::quoted(self.message);
        let mut draft = Draft::new(code, self.subject, message).evidence(self.action);
        draft.hint = hint;
        draft
    }

    fn code(&self) -> (BlockerCode, Option<&'static str>) {
        let says = |text: &str| self.message.contains(text);
        match self.action {
            action if action.starts_with("namespace not specified") => (
                BlockerCode::NamespaceMissing,
                Some("set metadata.namespace, or spec.targetNamespace of the Kustomization"),
            ),
            action if action.starts_with("not found") && says("namespaces") => {
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
                (BlockerCode::QuotaExceeded, Some("ask for less, or have the namespace's quota raised"))
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
                        "the object has to be made anew: spec.force, or the annotation kustomize.toolkit.fluxcd.io/force: enabled",
                    ),
                )
            }
            _ => self.code_by_reason(),
        }
    }

    fn code_by_reason(&self) -> (BlockerCode, Option<&'static str>) {
        let says = |text: &str| self.message.contains(text);
        let no_right =
            says("is forbidden: User") || says("cannot patch resource") || says("cannot create resource");
        match self.reason {
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
}
