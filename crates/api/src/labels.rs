//! Every label, annotation, finalizer and metadata key that the controllers read or write: the only place
//! where these strings exist (contracts/kustomize-controller.md 25, contracts/source-controller.md 2 and 14).

/// The finalizer of all Flux controllers.
pub const FINALIZER: &str = "finalizers.fluxcd.io";

/// Annotation: any new value asks for a reconciliation.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Label on ConfigMaps and Secrets: a change wakes the Kustomizations that use them.
pub const WATCH: &str = "reconcile.fluxcd.io/watch";
/// Prefix of object annotations that are copied to event metadata.
pub const EVENT_PREFIX: &str = "event.toolkit.fluxcd.io/";

/// Owner label: name of the Kustomization that applied the object.
pub const OWNER_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
/// Owner label: namespace of the Kustomization that applied the object.
pub const OWNER_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";
/// Label or annotation: `disabled` keeps hands off the object.
pub const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";
/// Label or annotation: `Merge`, `IfNotPresent` or `Ignore`.
pub const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
/// Label or annotation: `disabled` keeps the object from being deleted.
pub const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// Label or annotation: `enabled` recreates the object when an immutable field changes.
pub const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";
/// Label or annotation: exactly `disabled` keeps the object from variable substitution.
pub const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";
/// Annotation: `disabled` keeps the object from decryption.
pub const DECRYPT: &str = "kustomize.toolkit.fluxcd.io/decrypt";
/// Legacy label of old Flux versions, removed where seen.
pub const CHECKSUM: &str = "kustomize.toolkit.fluxcd.io/checksum";
/// The value that switches most of the above off.
pub const DISABLED: &str = "disabled";
/// The value that switches [`FORCE`] on.
pub const ENABLED: &str = "enabled";

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
/// History metadata: hash over the live fingerprints after a run (decisions 4.3).
pub const FINGERPRINT: &str = "flyball.dev/fingerprint";
/// History metadata: digest of everything a build looked at (decisions 4.2).
pub const INPUT: &str = "flyball.dev/input";
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
/// Annotation in which kubectl's client-side apply keeps the whole object.
pub const KUBECTL_LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Field manager of kustomize-controller's applies.
pub const APPLY_MANAGER: &str = "kustomize-controller";
/// Field manager of kustomize-controller's status patches.
pub const KUSTOMIZE_STATUS_MANAGER: &str = "gotk-kustomize-controller";
/// Field manager of source-controller's patches.
pub const SOURCE_MANAGER: &str = "source-controller";
/// Field manager of health-controller's patches.
pub const HEALTH_MANAGER: &str = "health-controller";
