//! Why there is no chart, and Flux's words for it. Pure.

use api::condition::{BUILD_FAILED, FETCH_FAILED, reason};
use manifest::budget::Exceeded;

use crate::fault::Fault;
use crate::helm::build::{BuildError, Step};

/// Why there is no chart.
pub(super) enum Trouble {
    Build(BuildError),
    Fault(Fault),
}

impl From<BuildError> for Trouble {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

pub(super) fn unavailable(kind: &str, name: &str) -> Fault {
    let text = if matches!(kind, "HelmRepository" | "GitRepository" | "Bucket") {
        format!("{kind}.source.toolkit.fluxcd.io {name:?} not found")
    } else {
        format!("unsupported source kind '{kind}', must be one of: [HelmRepository GitRepository Bucket]")
    };
    let message = format!("failed to get source: {text}");
    Fault::retry(FETCH_FAILED, reason::SOURCE_UNAVAILABLE, message)
}

/// The repository does not know who asks, or cannot prove who it is.
pub(super) fn refused(cause: &str) -> Fault {
    let message = format!("failed to authenticate with the Helm repository: chart pull error: {cause}");
    Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, message)
}

/// What the failure of a step is called, and whether a change alone can mend it.
const fn named(step: Step) -> (&'static str, &'static str, &'static str, bool) {
    match step {
        Step::Reference => (FETCH_FAILED, reason::INVALID_CHART_REFERENCE, "invalid chart reference", true),
        Step::Pull => (FETCH_FAILED, reason::CHART_PULL_ERROR, "chart pull error", false),
        Step::Metadata => (BUILD_FAILED, reason::METADATA_PATCH_ERROR, "chart metadata patch error", true),
        Step::Values => (BUILD_FAILED, reason::VALUES_FILES_ERROR, "values files merge error", true),
        Step::Dependencies => (BUILD_FAILED, reason::DEPENDENCY_BUILD_ERROR, "dependency build error", false),
        Step::Package => (BUILD_FAILED, reason::CHART_PACKAGE_ERROR, "chart package error", false),
    }
}

/// Flux's words for what went wrong.
pub(super) fn explain(error: &BuildError) -> Fault {
    let (step, cause, is_excess) = match error {
        BuildError::Exceeded(_, Exceeded::Cancelled) => return Fault::cancelled(),
        BuildError::Exceeded(step, exceeded) => {
            (*step, exceeded.to_string(), !matches!(exceeded, Exceeded::Reserve))
        }
        BuildError::TooLarge(step, cause) => (*step, crate::foreign::bound(cause), true),
        BuildError::Failed(step, cause) => (*step, crate::foreign::bound(cause), false),
    };
    let (condition, reason, summary, is_stalling) = named(step);
    let message = format!("{summary}: {cause}");
    if is_stalling && !is_excess {
        Fault::stalling(Some(condition), reason, message)
    } else {
        Fault { excess: is_excess, ..Fault::retry(condition, reason, message) }
    }
}
