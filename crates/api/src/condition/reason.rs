//! Reasons of conditions and events, for programs: CamelCase words.
//! Messages, which are for people, are written where the fact is known.

// Shared by all kinds (contracts/source-controller.md 13).

/// All is well.
pub const SUCCEEDED: &str = "Succeeded";
/// It failed.
pub const FAILED: &str = "Failed";
/// It failed, and Flux has no word of its own for how.
pub const UNKNOWN: &str = "Unknown";
/// Work is under way.
pub const PROGRESSING: &str = "Progressing";
/// Work failed and will be tried again.
pub const PROGRESSING_WITH_RETRY: &str = "ProgressingWithRetry";
/// The object uses a field that is not implemented (decisions 5.2).
pub const UNSUPPORTED_FIELD: &str = "UnsupportedField";
/// The object needs a feature gate that is off.
pub const FEATURE_GATE_DISABLED: &str = "FeatureGateDisabled";
/// A reference across namespaces, or to a kind behind a gate, is forbidden.
pub const ACCESS_DENIED: &str = "AccessDenied";

// Sources.

/// The URL cannot be used.
pub const URL_INVALID: &str = "URLInvalid";
/// Credentials are missing, malformed or refused.
pub const AUTHENTICATION_FAILED: &str = "AuthenticationFailed";
/// The signature does not verify.
pub const VERIFICATION_ERROR: &str = "VerificationError";
/// A folder cannot be made.
pub const DIRECTORY_CREATION_FAILED: &str = "DirectoryCreationFailed";
/// A file cannot be looked up.
pub const STAT_OPERATION_FAILED: &str = "StatOperationFailed";
/// A path leads outside or to nothing.
pub const INVALID_PATH: &str = "InvalidPath";
/// The archive cannot be written.
pub const ARCHIVE_OPERATION_FAILED: &str = "ArchiveOperationFailed";
/// The stored artifact is current.
pub const ARTIFACT_UP_TO_DATE: &str = "ArtifactUpToDate";
/// The provider's settings are contradictory.
pub const INVALID_PROVIDER_CONFIGURATION: &str = "InvalidProviderConfiguration";
/// Git answered.
pub const GIT_OPERATION_SUCCEEDED: &str = "GitOperationSucceeded";
/// Git failed.
pub const GIT_OPERATION_FAILED: &str = "GitOperationFailed";
/// A registry's tags cannot be read, or none fits.
pub const READ_OPERATION_FAILED: &str = "ReadOperationFailed";
/// A registry gives no manifest.
pub const OCI_PULL_FAILED: &str = "OCIArtifactPullFailed";
/// A layer cannot be had or is none.
pub const OCI_LAYER_OPERATION_FAILED: &str = "OCIArtifactLayerOperationFailed";
/// An object store gives no list or no object.
pub const BUCKET_OPERATION_FAILED: &str = "BucketOperationFailed";
/// The security token service of a Bucket's spec cannot be used.
pub const INVALID_STS_CONFIGURATION: &str = "InvalidSTSConfiguration";
/// Upstream has a new revision.
pub const NEW_REVISION: &str = "NewRevision";
/// Included artifacts are others than those that were built in.
pub const INCLUDE_CHANGE: &str = "IncludeChange";
/// A branch left the commit that was published (ours).
pub const NON_FAST_FORWARD: &str = "NonFastForward";
/// A tag names another commit than the one that was published (ours).
pub const TAG_MOVED: &str = "TagMoved";
/// A new artifact is stored.
pub const NEW_ARTIFACT: &str = "NewArtifact";
/// The index of a Helm repository cannot be used.
pub const INDEXATION_FAILED: &str = "IndexationFailed";
/// The source of a chart cannot be read.
pub const SOURCE_UNAVAILABLE: &str = "SourceUnavailable";
/// The source of a chart has no artifact.
pub const NO_SOURCE_ARTIFACT: &str = "NoSourceArtifact";
/// A chart has another version or name.
pub const NEW_CHART: &str = "NewChart";
/// A chart was pulled and is published as it is.
pub const CHART_PULL_SUCCEEDED: &str = "ChartPullSucceeded";
/// A chart was packaged.
pub const CHART_PACKAGE_SUCCEEDED: &str = "ChartPackageSucceeded";
/// What names a chart leads to none.
pub const INVALID_CHART_REFERENCE: &str = "InvalidChartReference";
/// A chart cannot be downloaded.
pub const CHART_PULL_ERROR: &str = "ChartPullError";
/// The version of a chart cannot be changed.
pub const METADATA_PATCH_ERROR: &str = "MetadataPatchError";
/// The values files of a chart cannot be merged.
pub const VALUES_FILES_ERROR: &str = "ValuesFilesError";
/// The dependencies of a chart cannot be had.
pub const DEPENDENCY_BUILD_ERROR: &str = "DependencyBuildError";
/// A chart cannot be packaged.
pub const CHART_PACKAGE_ERROR: &str = "ChartPackageError";
/// A chart is not signed as it has to be.
pub const CHART_VERIFICATION_ERROR: &str = "ChartVerificationError";
/// Old artifacts were removed.
pub const GARBAGE_COLLECTION_SUCCEEDED: &str = "GarbageCollectionSucceeded";
/// Old artifacts cannot be removed.
pub const GARBAGE_COLLECTION_FAILED: &str = "GarbageCollectionFailed";
/// The stored file does not match its digest.
pub const ARTIFACT_VERIFICATION_FAILED: &str = "ArtifactVerificationFailed";

// Kustomization (contracts/kustomize-controller.md 20).

/// The revision is applied.
pub const RECONCILIATION_SUCCEEDED: &str = "ReconciliationSucceeded";
/// The object cannot be read, or names what cannot exist (ours).
pub const INVALID_SPEC: &str = "InvalidSpec";
/// Applying failed.
pub const RECONCILIATION_FAILED: &str = "ReconciliationFailed";
/// The source or its artifact cannot be had.
pub const ARTIFACT_FAILED: &str = "ArtifactFailed";
/// The manifests cannot be built.
pub const BUILD_FAILED: &str = "BuildFailed";
/// Objects cannot be deleted.
pub const PRUNE_FAILED: &str = "PruneFailed";
/// Objects did not become healthy.
pub const HEALTH_CHECK_FAILED: &str = "HealthCheckFailed";
/// A newer run has taken the place of one that waited for objects (Flux's alone).
pub const HEALTH_CHECK_CANCELED: &str = "HealthCheckCanceled";
/// A dependency is not ready.
pub const DEPENDENCY_NOT_READY: &str = "DependencyNotReady";
/// An expression cannot be compiled.
pub const INVALID_CEL_EXPRESSION: &str = "InvalidCELExpression";

// Receiver.

/// The Secret with the token of a Receiver is missing, or has none.
pub const TOKEN_NOT_FOUND: &str = "TokenNotFound";

// Ours, in events only (decisions 1.3 and 5.5).

/// The API server's schema does not declare a field, which was left out.
pub const UNDECLARED_FIELD: &str = "UndeclaredField";
/// Another Kustomization declares the same object.
pub const SHARED_OBJECT: &str = "SharedObject";
/// Somebody keeps changing an object back; healing slows down.
pub const DRIFT_FIGHT: &str = "DriftFight";
/// The annotation `kustomize.flyball.dev/driftMode` says what it cannot say.
pub const INVALID_DRIFT_MODE: &str = "InvalidDriftMode";
