//! Why there is no chart, and Flux's words for it. Pure.

use api::condition::{BUILD_FAILED, FETCH_FAILED, reason};
use manifest::budget::Exceeded;

use crate::fault::Fault;
use crate::helm::Download;
use crate::helm::build::{Build, BuildError, Step};

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

/// A step failed because the repository does not know who asks, or because one of both cannot prove who it is.
fn refused(step: Step, cause: &str) -> Fault {
    let (_, _, summary, _) = named(step);
    let cause = crate::foreign::clean(cause);
    let message = format!("failed to authenticate with the Helm repository: {summary}: {cause}");
    Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, message)
}

/// A chart was not brought.
pub(super) fn not_pulled(error: Download, build: &Build, limit: u64) -> Trouble {
    match error {
        Download::TooLarge => {
            let (name, version) = (&build.name, &build.version);
            let text = format!(
                "failed to load chart metadata from written chart: size of chart '{name}-{version}.tgz' exceeds '{limit}' \
                 bytes limit"
            );
            BuildError::TooLarge(Step::Pull, text).into()
        }
        error => unanswered(error, Step::Pull, "failed to download chart for remote reference: "),
    }
}

/// A server did not give what a step needs.
pub(super) fn unanswered(error: Download, step: Step, before: &str) -> Trouble {
    match error {
        Download::Cancelled => Fault::cancelled().into(),
        Download::Failed { cause, is_authentication: true } => {
            refused(step, &format!("{before}{cause}")).into()
        }
        error => BuildError::Failed(step, format!("{before}{error}")).into(),
    }
}

/// What the failure of a step is called, and whether a change alone can mend it.
const fn named(step: Step) -> (&'static str, &'static str, &'static str, bool) {
    match step {
        Step::Reference => (FETCH_FAILED, reason::INVALID_CHART_REFERENCE, "invalid chart reference", true),
        Step::Pull => (FETCH_FAILED, reason::CHART_PULL_ERROR, "chart pull error", false),
        Step::Metadata => (BUILD_FAILED, reason::METADATA_PATCH_ERROR, "chart metadata patch error", true),
        Step::Values => (BUILD_FAILED, reason::VALUES_FILES_ERROR, "values files merge error", true),
        Step::Dependencies => (BUILD_FAILED, reason::DEPENDENCY_BUILD_ERROR, "dependency build error", false),
        Step::Verification => {
            (BUILD_FAILED, reason::CHART_VERIFICATION_ERROR, "chart verification error", false)
        }
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
        BuildError::TooLarge(step, cause) => (*step, crate::foreign::clean(cause), true),
        BuildError::Failed(step, cause) => (*step, crate::foreign::clean(cause), false),
    };
    let (condition, reason, summary, is_stalling) = named(step);
    let message = format!("{summary}: {cause}");
    if is_stalling && !is_excess {
        Fault::stalling(Some(condition), reason, message)
    } else {
        Fault { excess: is_excess, ..Fault::retry(condition, reason, message) }
    }
}
