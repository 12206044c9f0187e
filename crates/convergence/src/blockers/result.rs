//! Blockers that a Kustomization's Ready condition tells of (contracts/kustomize-controller.md 5, 12, 17, 18, 20).

use api::awaited::{Cause, Unhealthy};
use api::blocker::BlockerCode;
use api::condition::reason;
use api::refusal::Refusal;
use health::wording;

use super::draft::Draft;
use super::refusal;

/// What a run that did not end well says. `target` is the Kustomization itself, as `Kind/namespace/name`.
pub(crate) fn of_result(target: &str, reason: &str, message: &str) -> Vec<Draft> {
    let first = message.lines().next().unwrap_or_default();
    let plain =
        |code| Draft::new(code, target, wording::quoted(message)).evidence(format!("Ready: {reason}"));
    match reason {
        reason::RECONCILIATION_SUCCEEDED | reason::SUCCEEDED | reason::PROGRESSING => Vec::new(),
        reason::ARTIFACT_FAILED if first.contains("path not found") => {
            vec![plain(BlockerCode::BuildFailed).hint("the artifact has no such folder: correct spec.path")]
        }
        reason::ARTIFACT_FAILED => vec![plain(BlockerCode::ArtifactMissing)],
        reason::BUILD_FAILED => vec![build(plain, message)],
        reason::DEPENDENCY_NOT_READY => vec![dependency(target, first)],
        reason::ACCESS_DENIED => {
            vec![plain(BlockerCode::Forbidden).hint("references to other namespaces are switched off")]
        }
        reason::UNSUPPORTED_FIELD | reason::FEATURE_GATE_DISABLED | reason::INVALID_CEL_EXPRESSION => {
            vec![plain(BlockerCode::UnsupportedField)]
        }
        reason::HEALTH_CHECK_FAILED => {
            let named = unhealthy(first);
            if named.is_empty() { vec![plain(BlockerCode::HealthTimeout)] } else { named }
        }
        reason::PRUNE_FAILED => {
            let mut lines = refusals(message);
            for draft in lines.iter_mut().filter(|draft| draft.code == BlockerCode::AdmissionDenied) {
                draft.code = BlockerCode::PruneDenied;
            }
            if lines.is_empty() { vec![plain(BlockerCode::ReconciliationFailed)] } else { lines }
        }
        _ => {
            let lines = refusals(message);
            if lines.is_empty() { vec![plain(BlockerCode::ReconciliationFailed)] } else { lines }
        }
    }
}

fn refusals(message: &str) -> Vec<Draft> {
    Refusal::parse_all(message).map(|refusal| refusal::blocker(&refusal)).collect()
}

fn build(plain: impl Fn(BlockerCode) -> Draft, message: &str) -> Draft {
    let of_variables = ["post build failed for ", "substitute from "];
    if of_variables.iter().any(|start| message.starts_with(start))
        || message.contains("variable substitution failed")
    {
        plain(BlockerCode::SubstitutionMissing).hint("give the variable a value in spec.postBuild")
    } else if message.contains("decrypt") {
        plain(BlockerCode::DecryptionFailed).hint("see spec.decryption and the key that the message names")
    } else {
        plain(BlockerCode::BuildFailed)
            .hint("build the same folder with kustomize to see the error before it is committed")
    }
}

/// `dependency 'ns/name' is not ready` and its like.
fn dependency(target: &str, message: &str) -> Draft {
    let named = message.split('\'').nth(1).filter(|name| name.contains('/'));
    let object = named.map_or_else(|| target.to_owned(), |name| format!("Kustomization/{name}"));
    Draft::new(BlockerCode::DependencyNotReady, object, wording::quoted(message))
        .hint("it starts by itself once its dependency is ready")
}

/// The objects that a health check names.
fn unhealthy(message: &str) -> Vec<Draft> {
    let Some(unhealthy) = Unhealthy::parse(message) else { return Vec::new() };
    let mut drafts = Vec::new();
    for object in unhealthy.objects.into_iter().filter(|awaited| awaited.object.contains('/')) {
        let status = &object.status;
        let (code, text) = match (status.as_str(), unhealthy.cause) {
            ("Failed", _) => (BlockerCode::HealthFailed, "it has failed".to_owned()),
            ("NotFound", _) => (BlockerCode::HealthTimeout, "it did not appear in time".to_owned()),
            (_, Cause::TimedOut) => {
                (BlockerCode::HealthTimeout, format!("it was not healthy in time ({status})"))
            }
            // Listed beside the one that failed; it has done nothing wrong yet.
            (_, Cause::Stalled) => continue,
        };
        let draft = Draft::new(code, object.object.as_str(), text);
        drafts.push(draft.evidence(format!("Ready: HealthCheckFailed, status {status}")));
    }
    drafts
}
