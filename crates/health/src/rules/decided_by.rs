//! Whose rule decided how an object is.

use std::fmt;
use std::sync::Arc;

/// Whose rule decided how an object is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum DecidedBy {
    /// `spec.healthCheckExprs` of a Kustomization, as `apps/web`, for its own objects.
    Kustomization(Arc<str>),
    /// A HealthRule, by name.
    HealthRule(Arc<str>),
    /// An entry of the library, as `cert-manager.io/Certificate`.
    Library(Arc<str>),
    /// What is built in for the kind.
    #[default]
    BuiltIn,
    /// What is built in for kinds of which nothing is known.
    Generic,
}

impl DecidedBy {
    /// Whose rules go before others': the lower one.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Kustomization(_) => 0,
            Self::HealthRule(_) => 1,
            Self::Library(_) | Self::BuiltIn | Self::Generic => 2,
        }
    }
}

impl fmt::Display for DecidedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kustomization(name) => write!(f, "healthCheckExprs of Kustomization/{name}"),
            Self::HealthRule(name) => write!(f, "HealthRule/{name}"),
            Self::Library(name) => write!(f, "library {name}"),
            Self::BuiltIn => f.write_str("built in"),
            Self::Generic => f.write_str("built in, for any kind"),
        }
    }
}
