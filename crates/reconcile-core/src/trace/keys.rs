//! Names of attributes. Those of OpenTelemetry's conventions where there is one.

/// Namespace of the object that a span is about.
pub const NAMESPACE: &str = "k8s.namespace.name";
/// Its kind.
pub const KIND: &str = "k8s.object.kind";
/// Its name.
pub const NAME: &str = "k8s.object.name";
/// Its API group.
pub const GROUP: &str = "k8s.object.api_group";
/// The revision of the source.
pub const REVISION: &str = "flyball.revision";
/// The source of a Kustomization, `Kind/namespace/name`.
pub const SOURCE: &str = "flyball.source";
/// Reason of the condition that the run ended with.
pub const REASON: &str = "flyball.reason";
/// `shallow`, `incremental` or `full`.
pub const DEPTH: &str = "flyball.depth";
/// Objects of a build.
pub const OBJECTS: &str = "flyball.objects";
/// Changes of a plan.
pub const CHANGES: &str = "flyball.changes";
/// Deletions of a plan.
pub const DELETIONS: &str = "flyball.deletions";
/// Objects that were written.
pub const WRITES: &str = "flyball.writes";
/// Objects that were put back.
pub const HEALED: &str = "flyball.healed";
/// Bytes of an archive.
pub const BYTES: &str = "flyball.bytes";
/// Whether the objects are well.
pub const HEALTH: &str = "flyball.health";
/// Whether the objects are what was applied.
pub const SYNC: &str = "flyball.sync";
/// How many things are in the way.
pub const BLOCKERS: &str = "flyball.blockers";
/// Why a span failed.
pub const ERROR: &str = "error.type";

/// All of them, for the document.
#[cfg(test)]
pub(super) const ALL: [&str; 18] = [
    NAMESPACE, KIND, NAME, GROUP, REVISION, SOURCE, REASON, DEPTH, OBJECTS, CHANGES, DELETIONS, WRITES,
    HEALED, BYTES, HEALTH, SYNC, BLOCKERS, ERROR,
];
