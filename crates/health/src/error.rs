//! Why an object cannot be judged. Whether to try again is the caller's to say.

/// An object whose fields have a shape that no verdict can be drawn from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field is not of the type that Kubernetes gives it.
    #[error("{path} is {found}, expected {expected}")]
    WrongType {
        /// Path of the field.
        path: &'static str,
        /// JSON type of its value.
        found: &'static str,
        /// The type that it should have.
        expected: &'static str,
    },
    /// A Pod is in a phase that does not exist.
    #[error("unknown phase {}", crate::wording::word(phase))]
    UnknownPhase {
        /// The phase.
        phase: String,
    },
}
