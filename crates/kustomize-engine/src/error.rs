//! Why a build fails, in upstream's words where upstream has the case and they show no values: names, files, places and
//! lines only, for what is wrong may stand beside a password.

use manifest::budget::Exceeded;

/// A failed build. `Display` gives the whole chain, outermost kustomization first, as upstream prints it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is wrong.
    #[error("{0}")]
    Input(String),
    /// An error below one kustomization, step or file.
    #[error("{context}: {source}")]
    Context {
        /// The step, as upstream names it.
        context: String,
        /// What went wrong in it.
        source: Box<Self>,
    },
    /// Not supported by design.
    #[error("{feature} in {file} is not supported: {hint}")]
    Unsupported {
        /// The field or kind.
        feature: String,
        /// The file that uses it.
        file: String,
        /// The way out.
        hint: &'static str,
    },
    /// A budget was exceeded.
    #[error("build exceeds the limit of {limit} {what}")]
    Budget {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The build needs too many steps or bytes, which is its input's fault, or somebody ended it. The contexts around it
    /// say where.
    #[error("build {0}")]
    Exceeded(Exceeded),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An input error.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(message.into())
    }

    /// The same error below a step.
    #[must_use]
    pub(crate) fn within(self, context: impl Into<String>) -> Self {
        Self::Context { context: context.into(), source: Box::new(self) }
    }

    /// Why the build had to stop, if that is why it failed.
    #[must_use]
    pub fn exceeded(&self) -> Option<Exceeded> {
        match self {
            Self::Exceeded(exceeded) => Some(*exceeded),
            Self::Context { source, .. } => source.exceeded(),
            Self::Input(_) | Self::Unsupported { .. } | Self::Budget { .. } => None,
        }
    }

    /// Whether no other reading of the input can help.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Input(_) => false,
            Self::Context { source, .. } => source.is_final(),
            Self::Unsupported { .. } | Self::Budget { .. } | Self::Exceeded(_) => true,
        }
    }

    /// Whether a file was no YAML at all; upstream then does not try it as a directory.
    pub(crate) fn is_malformed_yaml(&self) -> bool {
        self.to_string().contains("MalformedYAMLError")
    }
}

impl From<manifest::Error> for Error {
    fn from(error: manifest::Error) -> Self {
        match error {
            manifest::Error::Exceeded(exceeded) => Self::Exceeded(exceeded),
            other => Self::Input(other.to_string()),
        }
    }
}

/// Adds the step to an error.
pub(crate) trait Within<T> {
    /// Wraps the error, if it is one.
    fn within(self, context: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Within<T> for Result<T> {
    fn within(self, context: impl FnOnce() -> String) -> Self {
        self.map_err(|error| error.within(context()))
    }
}
