//! In which order blockers are told, and which are left out: causes before what they cause, and no symptom whose cause is
//! named.

use api::blocker::BlockerCode;

use super::draft::Draft;

/// Where in the chain from commit to healthy object a blocker stands.
const fn depth(code: BlockerCode) -> u8 {
    match code {
        BlockerCode::Suspended => 0,
        BlockerCode::UnsupportedField => 1,
        BlockerCode::SourceVerificationFailed | BlockerCode::SourceNotReady => 2,
        BlockerCode::ArtifactMissing => 3,
        BlockerCode::DependencyNotReady => 4,
        BlockerCode::DecryptionFailed | BlockerCode::SubstitutionMissing | BlockerCode::BuildFailed => 5,
        BlockerCode::TargetUnreachable => 6,
        BlockerCode::KindUnknown | BlockerCode::NamespaceMissing | BlockerCode::NamespaceTerminating => 7,
        BlockerCode::HealthFailed => 9,
        BlockerCode::HealthTimeout => 10,
        BlockerCode::StaleStatus => 11,
        BlockerCode::NotObserved => 12,
        _ => 8,
    }
}

/// Root causes first, one blocker per object and code, and no symptom whose cause is named.
pub(crate) fn ordered(mut drafts: Vec<Draft>) -> Vec<Draft> {
    let explained: Vec<Option<String>> = drafts
        .iter()
        .filter(|draft| {
            !draft.by_run
                && matches!(
                    draft.code,
                    BlockerCode::HealthFailed
                        | BlockerCode::QuotaExceeded
                        | BlockerCode::StaleStatus
                        | BlockerCode::FinalizerStuck
                )
        })
        .map(|draft| draft.object.clone())
        .collect();
    let source = drafts
        .iter()
        .any(|d| matches!(d.code, BlockerCode::SourceNotReady | BlockerCode::SourceVerificationFailed));
    drafts.retain(|draft| match draft.code {
        // The run's own list of unhealthy objects says less than the object itself.
        BlockerCode::HealthTimeout => !explained.contains(&draft.object),
        BlockerCode::HealthFailed if draft.by_run => !explained.contains(&draft.object),
        BlockerCode::ArtifactMissing => !source,
        _ => true,
    });
    drafts.sort_by(|a, b| {
        (depth(a.code), a.code, &a.object, a.by_run, &a.message).cmp(&(
            depth(b.code),
            b.code,
            &b.object,
            b.by_run,
            &b.message,
        ))
    });
    drafts.dedup_by(|again, first| {
        let same = again.code == first.code && again.object == first.object;
        if same {
            merge(first, again);
        }
        same
    });
    drafts
}

/// What is said of an object for the same reason once more is evidence.
fn merge(first: &mut Draft, again: &mut Draft) {
    if again.message != first.message {
        first.evidence.push(std::mem::take(&mut again.message));
    }
    for seen in again.evidence.drain(..) {
        if !first.evidence.contains(&seen) {
            first.evidence.push(seen);
        }
    }
}

#[cfg(test)]
mod tests;
