//! The closed list of reasons why a target cannot converge (contracts/health-and-policy.md F.3).
//! What a blocker is made from is decided where the facts are; this is only their names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a target cannot converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BlockerCode {
    /// The source has no artifact or cannot fetch.
    SourceNotReady,
    /// The source's signature does not verify.
    SourceVerificationFailed,
    /// The artifact cannot be fetched.
    ArtifactMissing,
    /// The manifests cannot be built.
    BuildFailed,
    /// A Secret cannot be decrypted.
    DecryptionFailed,
    /// A variable has no value.
    SubstitutionMissing,
    /// The object uses a field that is not implemented.
    UnsupportedField,
    /// A dependency is not ready.
    DependencyNotReady,
    /// A policy holds the revision.
    GateClosed,
    /// Somebody has put reconciliation on hold for a time.
    OverrideActive,
    /// The target cluster does not answer.
    TargetUnreachable,
    /// The identity lacks a right.
    Forbidden,
    /// The namespace does not exist.
    NamespaceMissing,
    /// The namespace is being deleted.
    NamespaceTerminating,
    /// The API server does not know the kind.
    KindUnknown,
    /// The API server's schema refuses the object.
    SchemaInvalid,
    /// The schema does not declare a field.
    UnknownField,
    /// A field cannot be changed.
    ImmutableField,
    /// A policy or webhook refuses the object.
    AdmissionDenied,
    /// A webhook does not answer.
    WebhookUnavailable,
    /// A quota is used up.
    QuotaExceeded,
    /// Another field manager owns a field.
    FieldConflict,
    /// Somebody keeps changing the object back.
    DriftFight,
    /// Another Kustomization applies the object too.
    OwnershipConflict,
    /// A finalizer keeps the object from going away.
    FinalizerStuck,
    /// Deletions wait for a person.
    PruneReviewRequired,
    /// A deletion is refused.
    PruneDenied,
    /// The object has failed.
    HealthFailed,
    /// The object did not become healthy in time.
    HealthTimeout,
    /// The object's controller does not observe it.
    StaleStatus,
    /// Reconciliation is suspended.
    Suspended,
    /// The run failed for a reason that has no code of its own.
    ReconciliationFailed,
    /// Objects cannot be looked at.
    NotObserved,
    /// A code of a newer version.
    #[serde(other)]
    Unknown,
}

impl BlockerCode {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::SourceNotReady,
        Self::SourceVerificationFailed,
        Self::ArtifactMissing,
        Self::BuildFailed,
        Self::DecryptionFailed,
        Self::SubstitutionMissing,
        Self::UnsupportedField,
        Self::DependencyNotReady,
        Self::GateClosed,
        Self::OverrideActive,
        Self::TargetUnreachable,
        Self::Forbidden,
        Self::NamespaceMissing,
        Self::NamespaceTerminating,
        Self::KindUnknown,
        Self::SchemaInvalid,
        Self::UnknownField,
        Self::ImmutableField,
        Self::AdmissionDenied,
        Self::WebhookUnavailable,
        Self::QuotaExceeded,
        Self::FieldConflict,
        Self::DriftFight,
        Self::OwnershipConflict,
        Self::FinalizerStuck,
        Self::PruneReviewRequired,
        Self::PruneDenied,
        Self::HealthFailed,
        Self::HealthTimeout,
        Self::StaleStatus,
        Self::Suspended,
        Self::ReconciliationFailed,
        Self::NotObserved,
        Self::Unknown,
    ];

    /// The code as it stands in the status and as the reason of `Converged`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceNotReady => "SourceNotReady",
            Self::SourceVerificationFailed => "SourceVerificationFailed",
            Self::ArtifactMissing => "ArtifactMissing",
            Self::BuildFailed => "BuildFailed",
            Self::DecryptionFailed => "DecryptionFailed",
            Self::SubstitutionMissing => "SubstitutionMissing",
            Self::UnsupportedField => "UnsupportedField",
            Self::DependencyNotReady => "DependencyNotReady",
            Self::GateClosed => "GateClosed",
            Self::OverrideActive => "OverrideActive",
            Self::TargetUnreachable => "TargetUnreachable",
            Self::Forbidden => "Forbidden",
            Self::NamespaceMissing => "NamespaceMissing",
            Self::NamespaceTerminating => "NamespaceTerminating",
            Self::KindUnknown => "KindUnknown",
            Self::SchemaInvalid => "SchemaInvalid",
            Self::UnknownField => "UnknownField",
            Self::ImmutableField => "ImmutableField",
            Self::AdmissionDenied => "AdmissionDenied",
            Self::WebhookUnavailable => "WebhookUnavailable",
            Self::QuotaExceeded => "QuotaExceeded",
            Self::FieldConflict => "FieldConflict",
            Self::DriftFight => "DriftFight",
            Self::OwnershipConflict => "OwnershipConflict",
            Self::FinalizerStuck => "FinalizerStuck",
            Self::PruneReviewRequired => "PruneReviewRequired",
            Self::PruneDenied => "PruneDenied",
            Self::HealthFailed => "HealthFailed",
            Self::HealthTimeout => "HealthTimeout",
            Self::StaleStatus => "StaleStatus",
            Self::Suspended => "Suspended",
            Self::ReconciliationFailed => "ReconciliationFailed",
            Self::NotObserved => "NotObserved",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Display for BlockerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
