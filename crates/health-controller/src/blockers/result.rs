//! Blockers that a Kustomization's Ready condition tells of (contracts/kustomize-controller.md 5, 12, 17, 18, 20).

use api::blocker::BlockerCode;
use api::condition::reason;
use health::wording;

use super::Draft;
use super::refusal::Refusal;

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
            let lines: Vec<Draft> = message
                .lines()
                .filter_map(Refusal::parse)
                .map(|refusal| {
                    let mut draft = refusal.blocker();
                    if draft.code == BlockerCode::AdmissionDenied {
                        draft.code = BlockerCode::PruneDenied;
                    }
                    draft
                })
                .collect();
            if lines.is_empty() { vec![plain(BlockerCode::ReconciliationFailed)] } else { lines }
        }
        _ => {
            let lines: Vec<Draft> =
                message.lines().filter_map(Refusal::parse).map(|refusal| refusal.blocker()).collect();
            if lines.is_empty() { vec![plain(BlockerCode::ReconciliationFailed)] } else { lines }
        }
    }
}

fn build(plain: impl Fn(BlockerCode) -> Draft, message: &str) -> Draft {
    if message.contains("variable not set") || message.contains("envsubst") {
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

/// The objects in `timeout waiting for: [A status: 'InProgress', B status: 'NotFound']`.
fn unhealthy(message: &str) -> Vec<Draft> {
    let Some((_, list)) = message.split_once('[') else { return Vec::new() };
    let list = list.trim_end().strip_suffix(']').unwrap_or(list);
    let late = message.contains("timeout waiting for");
    let mut drafts = Vec::new();
    let mut rest = list;
    while let Some((before, after)) = rest.split_once(" status: '") {
        let Some((status, tail)) = after.split_once('\'') else { break };
        let subject = before.rsplit(", ").next().unwrap_or_default().trim();
        let (code, text) = match status {
            "Failed" => (BlockerCode::HealthFailed, "it has failed".to_owned()),
            "NotFound" => (BlockerCode::HealthTimeout, "it did not appear in time".to_owned()),
            _ if late => (BlockerCode::HealthTimeout, format!("it was not healthy in time ({status})")),
            // Listed beside the one that failed; it has done nothing wrong yet.
            _ => {
                rest = tail;
                continue;
            }
        };
        if subject.contains('/') {
            drafts.push(
                Draft::new(code, subject, text)
                    .evidence(format!("Ready: HealthCheckFailed, status {status}")),
            );
        }
        rest = tail;
    }
    drafts
}

/// A message without what differs from run to run though nothing changed: how long it took.
pub(crate) fn steady(message: &str) -> String {
    const FAILED: &str = "health check failed after ";
    let text = match message.strip_prefix(FAILED).and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => format!("health check failed: {rest}"),
        None => message.trim_end().to_owned(),
    };
    // Objects that are waited for are listed in no order.
    match (text.split_once('['), text.ends_with(']')) {
        (Some((before, list)), true) if text.contains(" status: '") => {
            let mut items: Vec<&str> = list.trim_end_matches(']').split("', ").collect();
            items.sort_unstable();
            let items: Vec<String> = items
                .iter()
                .map(|item| {
                    if item.ends_with('\'') || !item.contains('\'') {
                        (*item).to_owned()
                    } else {
                        format!("{item}'")
                    }
                })
                .collect();
            format!("{before}[{}]", items.join(", "))
        }
        _ => text,
    }
}
