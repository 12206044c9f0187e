//! Blockers that a Kustomization's Ready condition tells of (contracts/kustomize-controller.md 5, 12, 17, 18, 20). What
//! each means stands in the file of its family.

use api::blocker::BlockerCode;
use api::condition::reason;

use super::about::About;
use super::draft::Draft;
use super::{artifact, build, checks, decryption, refused, spec, substitution, target};

/// What a run that did not end well says. Dependencies are not among it, because their cause is elsewhere.
pub(crate) fn of_result(about: &About<'_>, reason: &str, message: &str) -> Vec<Draft> {
    match reason {
        reason::RECONCILIATION_SUCCEEDED
        | reason::SUCCEEDED
        | reason::PROGRESSING
        | reason::DEPENDENCY_NOT_READY
        | reason::HEALTH_CHECK_CANCELED => Vec::new(),
        reason::ARTIFACT_FAILED => vec![artifact::blocker(about, reason, message)],
        reason::BUILD_FAILED => vec![
            substitution::blocker(about, reason, message)
                .or_else(|| decryption::blocker(about, reason, message))
                .unwrap_or_else(|| build::blocker(about, reason, message)),
        ],
        reason::HEALTH_CHECK_FAILED => checks::blockers(about, reason, message),
        _ => match spec::blocker(about, reason, message) {
            Some(draft) => vec![draft],
            None => applied(about, reason, message),
        },
    }
}

/// What applying and pruning say.
fn applied(about: &About<'_>, reason: &str, message: &str) -> Vec<Draft> {
    if message.contains(" is SOPS encrypted, ") {
        return decryption::blocker(about, reason, message).into_iter().collect();
    }
    let message =
        message.strip_prefix("delete failed, errors: ").map_or_else(|| message.to_owned(), one_per_line);
    let refused = refused::blockers(about, &message);
    if !refused.is_empty() {
        return refused;
    }
    vec![target::blocker(about, reason, &message).unwrap_or_else(|| unknown(about, reason, &message))]
}

/// Errors of deletions stand in one line, each with a semicolon behind it.
fn one_per_line(list: &str) -> String {
    list.trim_end().trim_end_matches(';').replace(';', "\n")
}

fn unknown(about: &About<'_>, reason: &str, message: &str) -> Draft {
    let draft = Draft::quoting(BlockerCode::ReconciliationFailed, about.own(), reason, message);
    if message.contains("failed to create ignore rule selector") {
        return draft.hint(format!(
            "correct spec.ignore[].target of {}: its fields are regular expressions and selectors",
            about.named()
        ));
    }
    if message.contains("CustomResourceDefinition") || message.contains("timeout waiting for") {
        return draft
            .hint(format!("see why what the rest needs does not become ready, then: {}", about.reconcile()));
    }
    draft.hint(format!(
        "do what the message says, then try again: {}; kustomize-controller's log says more",
        about.reconcile()
    ))
}

#[cfg(test)]
mod tests;
