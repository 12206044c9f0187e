//! The next step for each code, for blockers whose makers know no better one. No blocker is without.

use api::blocker::BlockerCode;

use super::about;

/// What to do about a blocker of which nothing is known but its code and its object.
pub(crate) fn general(code: BlockerCode, object: Option<&str>) -> String {
    let object = object.unwrap_or("the object");
    template(code).replace("{explain}", &explain(object)).replace("{object}", object)
}

/// `{object}` and `{explain}` stand for the object and the command that explains it.
const fn template(code: BlockerCode) -> &'static str {
    match code {
        BlockerCode::SourceNotReady
        | BlockerCode::SourceVerificationFailed
        | BlockerCode::ArtifactMissing => "see what {object} says: {explain}",
        BlockerCode::BuildFailed => {
            "build the same folder with kustomize to see the error before it is committed"
        }
        BlockerCode::DecryptionFailed => "see spec.decryption of {object} and the key that the message names",
        BlockerCode::SubstitutionMissing => "give the variable a value in spec.postBuild of {object}",
        BlockerCode::UnsupportedField => "take the field out of {object}",
        BlockerCode::DependencyNotReady => "see what {object} waits for: {explain}",
        BlockerCode::GateClosed => "wait until the gate opens, or approve the revision",
        BlockerCode::OverrideActive => "wait until the override ends, or end it",
        BlockerCode::TargetUnreachable => "see whether the cluster's API server answers, and from where",
        BlockerCode::Forbidden => {
            "give the identity that the message names a role with this verb and resource"
        }
        BlockerCode::NamespaceMissing => {
            "create the namespace, add it to the manifests, or set spec.targetNamespace"
        }
        BlockerCode::NamespaceTerminating => "wait until the namespace is gone, or find what keeps it",
        BlockerCode::KindUnknown => {
            "install the CustomResourceDefinition first, or correct apiVersion and kind"
        }
        BlockerCode::SchemaInvalid => "correct the field of {object} that the message names",
        BlockerCode::UnknownField => "correct or remove the field of {object} that the message names",
        BlockerCode::ImmutableField => "undo the change of {object}, or let it be made anew by spec.force",
        BlockerCode::AdmissionDenied => "change what the policy objects to in {object}, or the policy",
        BlockerCode::WebhookUnavailable => {
            "see whether what the webhook is called at runs, or delete its configuration"
        }
        BlockerCode::QuotaExceeded => "lower the requests, or raise the namespace's quota",
        BlockerCode::FieldConflict => {
            "let one side own the field of {object}: its managedFields say who has it"
        }
        BlockerCode::DriftFight => {
            "let one side own the field of {object}: take it out of the manifests, or stop the other side"
        }
        BlockerCode::OwnershipConflict => "remove {object} from one of the two Kustomizations",
        BlockerCode::FinalizerStuck => "see whether the controller that owns the finalizer of {object} runs",
        BlockerCode::PruneReviewRequired => "review what would be deleted, then approve it",
        BlockerCode::PruneDenied => {
            "change the policy that refuses the deletion of {object}, or keep it in the manifests"
        }
        BlockerCode::HealthFailed | BlockerCode::HealthTimeout => "see the status and the events of {object}",
        BlockerCode::StaleStatus => "see whether the controller of {object} runs",
        BlockerCode::Suspended => "set spec.suspend of {object} to false to go on",
        BlockerCode::ReconciliationFailed => {
            "do what the message says; the next run tells whether it was enough"
        }
        BlockerCode::NotObserved => "give health-controller the right to get, list and watch the kind",
        _ => "a newer version of Flyball knows what to do: read its documentation",
    }
}

/// The command that explains `Kind/namespace/name`.
fn explain(object: &str) -> String {
    match object.split('/').collect::<Vec<_>>().as_slice() {
        [kind, namespace, name] => about::explain(kind, namespace, name),
        _ => format!("flyball explain {}", about::argument(object)),
    }
}

#[cfg(test)]
mod tests;
