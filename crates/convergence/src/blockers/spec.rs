//! Specs that cannot be obeyed: fields that are not supported, gates that are off, expressions that cannot be read,
//! references that may not be followed.

use api::blocker::BlockerCode;
use api::condition::reason as reasons;

use super::about::About;
use super::draft::Draft;

/// The blocker, if a reason is one of these.
pub(super) fn blocker(about: &About<'_>, reason: &str, message: &str) -> Option<Draft> {
    let named = about.named();
    let draft = |code: BlockerCode| Draft::quoting(code, about.own(), reason, message);
    Some(match reason {
        reasons::ACCESS_DENIED if message.contains("ExternalArtifact feature gate") => draft(BlockerCode::Forbidden)
            .hint("start kustomize-controller with --feature-gates=ExternalArtifact=true, or use another kind of source"),
        reasons::ACCESS_DENIED => {
            let (kind, namespace, name) = about.source();
            draft(BlockerCode::Forbidden).hint(format!(
                "references to other namespaces are switched off (--no-cross-namespace-refs): move {kind} {namespace}/{name} to namespace {}, or {named} to {namespace}",
                about.namespace()
            ))
        }
        reasons::UNSUPPORTED_FIELD => {
            let field = message.split(' ').next().unwrap_or_default();
            draft(BlockerCode::UnsupportedField).hint(format!(
                "take {field} out of {named}; docs/compat.md says what is supported and what to use in its place"
            ))
        }
        reasons::FEATURE_GATE_DISABLED => draft(BlockerCode::UnsupportedField).hint(format!(
            "start kustomize-controller with --feature-gates={}=true, or take the field out of {named}",
            gate(message)
        )),
        reasons::INVALID_CEL_EXPRESSION => {
            draft(BlockerCode::UnsupportedField).hint(format!("correct the expression in {} of {named}", field_of(message)))
        }
        reasons::INVALID_SPEC => {
            let field = message.split(' ').next().filter(|field| field.contains('.')).unwrap_or("the field that the message names");
            draft(BlockerCode::SchemaInvalid).hint(format!("correct {field} of {named}"))
        }
        _ => return None,
    })
}

fn gate(message: &str) -> &str {
    let gates = ["ObjectLevelWorkloadIdentity", "ExternalArtifact"];
    gates.into_iter().find(|gate| message.contains(gate)).unwrap_or("ObjectLevelWorkloadIdentity")
}

/// The field whose expression cannot be read: `spec.healthCheckExprs[0].current`.
fn field_of(message: &str) -> String {
    if let Some((_, rest)) = message.split_once("failed to evaluate dependency ") {
        let name = rest.split(':').next().unwrap_or_default();
        return format!("readyExpr of dependency {name} in spec.dependsOn");
    }
    let index = message.split_once("healthchecks[").and_then(|(_, rest)| rest.split(']').next());
    let field = ["Current", "InProgress", "Failed"]
        .into_iter()
        .find(|name| message.contains(&format!("expression {name}")))
        .map_or("", |name| match name {
            "Current" => ".current",
            "InProgress" => ".inProgress",
            _ => ".failed",
        });
    format!("spec.healthCheckExprs[{}]{field}", index.unwrap_or("…"))
}
