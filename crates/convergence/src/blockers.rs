//! Blockers: what stands in the way of a Kustomization, found in its own conditions, in its source, in its
//! dependencies and in its objects. Since when is added by `explain`.

mod draft;
mod refusal;
mod result;
mod stuck_objects;

use api::blocker::BlockerCode;

pub(crate) use draft::Draft;
pub(crate) use result::of_result;
pub(crate) use stuck_objects::{STALE_AFTER, ages, of_object};

/// Where in the chain from commit to healthy object a blocker stands: causes before what they cause.
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
            matches!(
                draft.code,
                BlockerCode::HealthFailed | BlockerCode::QuotaExceeded | BlockerCode::StaleStatus
            ) && draft.hint.is_some()
        })
        .map(|draft| draft.object.clone())
        .collect();
    let source = drafts
        .iter()
        .any(|d| matches!(d.code, BlockerCode::SourceNotReady | BlockerCode::SourceVerificationFailed));
    drafts.retain(|draft| match draft.code {
        // The run's own list of unhealthy objects says less than the object itself.
        BlockerCode::HealthTimeout => !explained.contains(&draft.object),
        BlockerCode::HealthFailed if draft.hint.is_none() => !explained.contains(&draft.object),
        BlockerCode::ArtifactMissing => !source,
        _ => true,
    });
    drafts.sort_by(|a, b| {
        (depth(a.code), a.code, &a.object, &a.message).cmp(&(depth(b.code), b.code, &b.object, &b.message))
    });
    drafts.dedup_by(|a, b| a.code == b.code && a.object == b.object);
    drafts
}

#[cfg(test)]
mod tests;
