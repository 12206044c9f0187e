//! Why a render failed, and at which stage of a run Flux reports it.
//! It does not hold the condition reasons themselves: those strings live in `api`.

use manifest::budget::Exceeded;

use crate::substitute::SubstituteError;

/// Why a render failed. The texts are Flux's (contracts/kustomize-controller.md 5, 7, 8, 9).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The spec's fault, or the repository's: `spec.path` is not in the artifact.
    #[error("kustomization path not found: stat {shown}: {problem}")]
    PathNotFound {
        /// The folder as shown to people.
        shown: String,
        /// What the file system would have said.
        problem: &'static str,
    },
    /// The spec's fault: `spec.path` names a file. Flux notices when it would write a kustomization file below it.
    #[error(
        "open {shown}/kustomization.yaml: not a directory remove {shown}/kustomization.yaml: not a directory"
    )]
    PathIsFile {
        /// The path as shown to people.
        shown: String,
    },
    /// The repository's fault: a file that the generated kustomization.yaml would list is no Kubernetes YAML.
    #[error("failed to decode Kubernetes YAML from {shown}: {problem}")]
    NotKubernetesYaml {
        /// The file as shown to people.
        shown: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The repository's fault: the root kustomization file cannot be decoded even leniently.
    #[error("{0}")]
    KustomizationFile(String),
    /// The spec's fault: a component that is not a relative path.
    #[error("component path '{0}' must be local and relative")]
    ComponentPath(String),
    /// The repository's fault, or the spec's patches: the build itself.
    #[error("kustomize build failed: {0}")]
    Build(String),
    /// The build costs more than it may, which is the repository's fault or the spec's, or somebody ended it.
    #[error("kustomize build failed: {text}")]
    Exceeded {
        /// What it has too much of.
        exceeded: Exceeded,
        /// The same with the place where it was found.
        text: String,
    },
    /// The repository's fault, or the variables': what the error itself says.
    #[error(transparent)]
    Substitute(#[from] SubstituteError),
    /// The repository's fault, or the keys': an encrypted file that the build needs.
    #[error("error decrypting sources: {0}")]
    Sources(SourceError),
    /// The repository's fault, or the keys': an encrypted object.
    #[error(
        "decryption failed for '{subject}': failed to decrypt and format '{namespace}/{name}' {what}: {error}"
    )]
    Object {
        /// The object, as `<Kind>.<version>.<group>/<name>`.
        subject: String,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// `<Kind> data`, or `Secret field '<key>'`.
        what: String,
        /// What is wrong.
        error: Box<sops::Error>,
    },
    /// Nobody's fault: key services have to be asked for these before the render can be done.
    #[error("{} data keys have to be asked of key services", .0.len())]
    KeysWanted(Vec<sops::SealedKey>),
    /// The repository's fault: an object without apiVersion, kind or name. Its content is not shown, it may be a Secret.
    #[error("failed to decode Kubernetes apiVersion, kind and name from: {0}")]
    Incomplete(String),
    /// The repository's fault: a list whose members are not objects.
    #[error("items member is not an object")]
    ListItem,
    /// The spec's fault: an encrypted Secret and no decryption.
    #[error(
        "{subject} is SOPS encrypted, configuring decryption is required for this secret to be reconciled"
    )]
    Encrypted {
        /// The Secret, as `Secret/<namespace>/<name>`.
        subject: String,
        /// The digest of the build: unlike a failed build, this failure has its place in the history.
        digest: String,
    },
    /// Our fault: what the build returned is no object.
    #[error("built object {0}")]
    Manifest(#[from] manifest::Error),
}

/// Why an encrypted file was not decrypted before the build (contracts/kustomize-controller.md 9, phase A).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A generator or patch names a file that is not there.
    #[error("lstat {path}: no such file or directory")]
    NotFound {
        /// Its path in the artifact.
        path: String,
    },
    /// It names a folder.
    #[error("cannot decrypt irregular file as it has file mode type bits set")]
    NotAFile {
        /// Its path in the artifact.
        path: String,
    },
    /// The file is too large.
    #[error("cannot decrypt file with size ({size} bytes) exceeding limit ({limit})")]
    Size {
        /// Its path in the artifact.
        path: String,
        /// Bytes.
        size: usize,
        /// Bytes that it may have.
        limit: usize,
    },
    /// It was changed after it was encrypted. Ours: Flux does not look.
    #[error("{path}: {error}")]
    Altered {
        /// Its path in the artifact.
        path: String,
        /// What is wrong.
        error: Box<sops::Error>,
    },
    /// It cannot be decrypted.
    #[error("{error}")]
    Sops {
        /// Its path in the artifact, which Flux's words do not name.
        path: String,
        /// What is wrong.
        error: Box<sops::Error>,
    },
}

/// The part of a run in which Flux meets the error; it decides the condition's reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the build: reason `ArtifactFailed`, and `lastAttemptedRevision` stays.
    Artifact,
    /// The build: reason `BuildFailed`.
    Build,
    /// Just before the apply: reason `ReconciliationFailed`; the build is already in the history.
    Apply,
}

impl From<Exceeded> for RenderError {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded { exceeded, text: exceeded.to_string() }
    }
}

impl RenderError {
    /// Where Flux meets this error.
    pub fn stage(&self) -> Stage {
        match self {
            Self::PathNotFound { .. } => Stage::Artifact,
            Self::Encrypted { .. } => Stage::Apply,
            _ => Stage::Build,
        }
    }

    /// Why the work had to stop, if that is why it failed: [`Exceeded::Cancelled`] and [`Exceeded::Reserve`] are nobody's
    /// fault.
    pub fn exceeded(&self) -> Option<Exceeded> {
        match self {
            Self::Exceeded { exceeded, .. } => Some(*exceeded),
            Self::Substitute(error) => error.exceeded(),
            _ => None,
        }
    }

    /// The digest of the build that came before the failure, if it got that far.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Encrypted { digest, .. } => Some(digest),
            _ => None,
        }
    }
}
