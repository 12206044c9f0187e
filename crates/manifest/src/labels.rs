//! The label and annotation keys that objects of any kind carry: what Flux writes on what it applies, and what it reads
//! there. The lowest crate holds them because rendering, masking and applying all need them; `api::labels` has them too,
//! beside the keys of our own kinds. What follows from a key is decided elsewhere.

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
/// The value that switches most of the above off.
pub const DISABLED: &str = "disabled";
/// The value that switches [`FORCE`] on.
pub const ENABLED: &str = "enabled";

/// Annotation in which kubectl's client-side apply keeps the whole object.
pub const KUBECTL_LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Legacy annotation of old Flux versions, removed where seen.
pub const CHECKSUM: &str = "kustomize.toolkit.fluxcd.io/checksum";
/// Legacy annotation of Flux 1, removed where seen.
pub const SYNC_CHECKSUM: &str = "fluxcd.io/sync-checksum";
/// Legacy label of Flux 1, removed where seen.
pub const SYNC_GC_MARK: &str = "fluxcd.io/sync-gc-mark";
