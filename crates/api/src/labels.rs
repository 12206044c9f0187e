//! Every label, annotation, finalizer and metadata key that the controllers read or write
//! (contracts/kustomize-controller.md 25, contracts/source-controller.md 2 and 14). Those that objects of any kind carry
//! stand in `manifest::labels`, the others here, and none of these strings exists elsewhere.

pub use manifest::labels::{
    CHECKSUM, DECRYPT, DISABLED, ENABLED, FORCE, KUBECTL_LAST_APPLIED, OWNER_NAME, OWNER_NAMESPACE, PRUNE,
    RECONCILE, SSA, SUBSTITUTE, SYNC_CHECKSUM, SYNC_GC_MARK,
};

/// The finalizer of all Flux controllers.
pub const FINALIZER: &str = "finalizers.fluxcd.io";

/// Annotation: any new value asks for a reconciliation.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Label on ConfigMaps and Secrets: a change wakes the Kustomizations that use them.
pub const WATCH: &str = "reconcile.fluxcd.io/watch";
/// Prefix of object annotations that are copied to event metadata.
pub const EVENT_PREFIX: &str = "event.toolkit.fluxcd.io/";

/// Event metadata of kustomize-controller: the revision.
pub const KUSTOMIZE_REVISION: &str = "kustomize.toolkit.fluxcd.io/revision";
/// Event metadata of kustomize-controller: the origin revision.
pub const KUSTOMIZE_ORIGIN_REVISION: &str = "kustomize.toolkit.fluxcd.io/originRevision";
/// Event metadata of kustomize-controller: asks for a commit status.
pub const KUSTOMIZE_COMMIT_STATUS: &str = "kustomize.toolkit.fluxcd.io/commit_status";
/// The value of [`KUSTOMIZE_COMMIT_STATUS`].
pub const COMMIT_STATUS_UPDATE: &str = "update";
/// Event metadata of source-controller: the revision.
pub const SOURCE_REVISION: &str = "source.toolkit.fluxcd.io/revision";
/// Event metadata of source-controller: the digest.
pub const SOURCE_DIGEST: &str = "source.toolkit.fluxcd.io/digest";
/// Artifact metadata: the revision that an OCI artifact was made of.
pub const ORIGIN_REVISION: &str = "org.opencontainers.image.revision";
/// History metadata: the revision of a run.
pub const HISTORY_REVISION: &str = "revision";
/// History metadata: the origin revision of a run.
pub const HISTORY_ORIGIN_REVISION: &str = "originRevision";

/// Annotation: any new value asks for a pass over every object.
pub const FULL_PASS_AT: &str = "flyball.dev/fullPassAt";
/// Annotation of a suspended object: who suspended it, as the API server knows them.
pub const SUSPENDED_BY: &str = "flyball.dev/suspendedBy";
/// Annotation of a suspended object: why it was suspended, in that person's words.
pub const SUSPEND_REASON: &str = "flyball.dev/suspendReason";
/// Annotation of a suspended object: when it was suspended, in RFC 3339.
pub const SUSPENDED_AT: &str = "flyball.dev/suspendedAt";
/// Annotation of Kustomizations: what is done about drift, `Heal` or `Report`.
pub const DRIFT_MODE: &str = "kustomize.flyball.dev/driftMode";
/// History metadata: hash over the live fingerprints after a run (decisions 4.3).
pub const FINGERPRINT: &str = "flyball.dev/fingerprint";
/// History metadata: digest of everything a build looked at (decisions 4.2).
pub const INPUT: &str = "flyball.dev/input";
/// Artifact metadata: digest of the signed manifest that a chart was made of.
pub const MANIFEST: &str = "flyball.dev/manifest";
/// Annotation of events: the trace that an event is part of, when traces are on.
pub const TRACE_ID: &str = "flyball.dev/traceID";
/// Annotation of Convergences: what alerts were sent for that are not over.
pub const ALERTED: &str = "flyball.dev/alerted";
/// Label on ClusterRoles that widen what health-controller may read.
pub const AGGREGATE_TO_HEALTH: &str = "flyball.dev/aggregate-to-health";

/// Common label: the application an object belongs to.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// Common label: the component within the application.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// Common label: the installation.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Common label: the version.
pub const VERSION: &str = "app.kubernetes.io/version";

/// Field manager of kustomize-controller's applies.
pub const APPLY_MANAGER: &str = "kustomize-controller";
/// Field manager of kustomize-controller's status patches.
pub const KUSTOMIZE_STATUS_MANAGER: &str = "gotk-kustomize-controller";
/// Field manager of source-controller's patches.
pub const SOURCE_MANAGER: &str = "source-controller";
/// Field manager of the annotations that webhooks cause, as Flux's.
pub const RECEIVER_MANAGER: &str = "notification-controller";
/// Field manager of health-controller's patches.
pub const HEALTH_MANAGER: &str = "health-controller";
/// Field manager of what people change by the command line.
pub const CLI_MANAGER: &str = "flyball-cli";
