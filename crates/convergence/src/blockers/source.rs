//! The source of a Kustomization: it is not there, fails, rests, or has nothing yet. What to do about what its conditions
//! say is `health::explain::source`'s.

use api::blocker::BlockerCode;
use api::condition::FALSE;
use health::explain::source::{Source as Facts, is_verification};
use health::wording;

use super::about::About;
use super::draft::Draft;
use super::suspended;
use crate::source_status::{Source, SourceView};

/// What stands in the way at the source.
pub(crate) fn of_source(about: &About<'_>, view: &SourceView) -> Vec<Draft> {
    let (kind, namespace, name) = about.source();
    let subject = wording::word(&format!("{kind}/{namespace}/{name}"));
    let source = match view {
        // What Ready says of a source elsewhere is a blocker already.
        SourceView::Hidden | SourceView::Elsewhere => return Vec::new(),
        SourceView::Absent => {
            let draft = Draft::new(BlockerCode::SourceNotReady, subject, "the source does not exist");
            let hint =
                format!("create {kind} {namespace}/{name}, or correct spec.sourceRef of {}", about.named());
            return vec![draft.evidence(format!("spec.sourceRef of {}", about.named())).hint(hint)];
        }
        SourceView::Known(source) => source,
    };
    let facts = Facts { kind, namespace, name, spec: &source.spec };
    let mut drafts: Vec<Draft> = failing(&facts, &subject, source).into_iter().collect();
    if source.suspended {
        let what = "the source is suspended: it does not check for new revisions";
        drafts.push(suspended::blocker(&subject, what, Some(&source.notes)));
    }
    drafts
}

fn failing(facts: &Facts<'_>, subject: &str, source: &Source) -> Option<Draft> {
    match &source.ready {
        Some((status, reason, message)) if status == FALSE => {
            let code = if is_verification(reason) {
                BlockerCode::SourceVerificationFailed
            } else {
                BlockerCode::SourceNotReady
            };
            Some(Draft::quoting(code, subject, reason, message).hint(facts.next_step(reason, message)))
        }
        _ if source.revision.is_some() || source.suspended => None,
        None => Some(
            Draft::new(BlockerCode::SourceNotReady, subject, "no controller has looked at the source yet")
                .hint(format!(
                    "see whether the controller of {} runs, and watches its namespace and shard",
                    facts.kind
                )),
        ),
        Some((_, reason, message)) => Some(
            Draft::new(BlockerCode::SourceNotReady, subject, "the source has no artifact yet")
                .evidence(format!("Ready: {}: {}", wording::word(reason), wording::quoted(message)))
                .hint(format!(
                    "wait for its first fetch to end; if it does not: {}",
                    super::about::explain(facts.kind, facts.namespace, facts.name)
                )),
        ),
    }
}

#[cfg(test)]
mod tests;
