//! Blockers: what stands in the way of a Kustomization, found in its own conditions, in its source, in its
//! dependencies and in its objects. Pure; since when is added by `assess`.

mod objects;
mod refusal;
mod result;

use api::blocker::BlockerCode;

pub(crate) use objects::{STALE_AFTER, ages, of_object};
pub(crate) use result::{of_result, steady};

/// A blocker before it is known since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) code: BlockerCode,
    pub(crate) object: Option<String>,
    pub(crate) message: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) hint: Option<&'static str>,
}

impl Draft {
    pub(crate) fn new(code: BlockerCode, object: impl Into<String>, message: impl Into<String>) -> Self {
        let object = Some(object.into()).filter(|object| !object.is_empty());
        Self { code, object, message: message.into(), evidence: Vec::new(), hint: None }
    }

    pub(crate) fn evidence(mut self, seen: impl Into<String>) -> Self {
        let seen = seen.into();
        if !seen.is_empty() {
            self.evidence.push(seen);
        }
        self
    }

    pub(crate) const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }
}

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
