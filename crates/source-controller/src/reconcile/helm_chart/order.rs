//! What the spec of a chart asks for, and whether the stored one is that already.

use api::condition::{self, ARTIFACT_IN_STORAGE, TRUE, reason};
use api::helm_chart::{HelmChart, REVISION};
use api::helm_repository::HelmRepository;

use crate::helm::build::{Build, Order};
use crate::kind::Kind as _;
use crate::reconcile::run::Run;
use crate::status::Status;

/// What the spec asks for.
pub(super) fn order(run: &Run<HelmChart>, metadata: String) -> Order {
    let limits = run.ctx.helm.limits;
    let mut order = Order {
        values_files: run.object.spec.values_files.clone(),
        ignore_missing: run.object.spec.ignore_missing_values_files,
        metadata,
        chart_limit: limits.chart,
        file_limit: limits.chart_file,
    };
    if !order.replacing().is_empty() {
        let dot = if order.metadata.is_empty() { "" } else { "." };
        order.metadata = format!("{}{dot}{}", order.metadata, run.generation);
    }
    order
}

/// Whether the chart that is stored was made as the spec wants it now. A run that stalls has seen the spec, too, and
/// stored nothing.
pub(super) fn is_made_for(status: &Status, generation: i64) -> bool {
    let made = condition::get(&status.conditions, ARTIFACT_IN_STORAGE);
    made.is_some_and(|made| made.status == TRUE && made.observed_generation == Some(generation))
}

/// Whether the stored chart is the one that would be made, so that it is not.
pub(super) fn is_stored(status: &Status, generation: i64, build: &Build) -> bool {
    let artifact = status.artifact.as_ref();
    is_made_for(status, generation)
        && status.chart.name.as_deref() == Some(build.name.as_str())
        && artifact.is_some_and(|artifact| artifact.revision == build.version)
}

/// The stored chart.
pub(super) fn stored_build(run: &Run<HelmChart>) -> Build {
    let spec = &run.object.spec;
    let order = order(run, String::new());
    let values_files = if run.status.chart.values_files.is_empty() {
        order.replacing().to_vec()
    } else {
        run.status.chart.values_files.clone()
    };
    let told = condition::get(&run.status.conditions, ARTIFACT_IN_STORAGE);
    let packaged = match told.map(|told| told.reason.as_str()) {
        Some(reason::CHART_PACKAGE_SUCCEEDED) => true,
        Some(reason::CHART_PULL_SUCCEEDED) => false,
        _ if spec.source_ref.kind == HelmRepository::KIND => order.packages(),
        // Somebody took the condition off.
        _ => {
            let revised = spec.reconcile_strategy.as_deref() == Some(REVISION);
            revised || order.packages() || !spec.chart.ends_with(".tgz")
        }
    };
    Build {
        name: run.status.chart.name.clone().unwrap_or_default(),
        version: run.status.artifact.as_ref().map(|artifact| artifact.revision.clone()).unwrap_or_default(),
        values_files,
        packaged,
        dependencies: 0,
    }
}
