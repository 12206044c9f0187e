//! Wakes charts whose source has another revision, or is a registry that was changed. What a chart does then is
//! `reconcile`'s.

use std::sync::Arc;

use api::helm_chart::HelmChart;
use reconcile_core::{ObjectKey, Runtime, Store};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::machine::Sources;
use crate::step::Event;

/// Wakes the charts of sources that have another revision.
pub(crate) async fn wake(
    ctx: Arc<Context>,
    stop: CancellationToken,
    runtime: Arc<Runtime<Sources<HelmChart>>>,
    charts: Store<HelmChart>,
) {
    let Some(mut receiver) = ctx.sources.changes() else { return };
    while let Some(Some((kind, key))) = stop.run_until_cancelled(receiver.recv()).await {
        let Some(found) = ctx.sources.artifact(kind, &key) else { continue };
        if found.is_none() && !ctx.sources.is_registry(kind, &key) {
            continue;
        }
        for chart in charts.all() {
            let source = &chart.spec.source_ref;
            if source.kind != kind
                || source.name != key.name
                || chart.metadata.namespace.as_deref() != Some(&*key.namespace)
            {
                continue;
            }
            let seen =
                chart.status.as_ref().and_then(|status| status.observed_source_artifact_revision.as_deref());
            // A registry has no revision: it is another one, or asked in another way.
            if found.as_ref().is_none_or(|artifact| seen != Some(artifact.revision.as_str())) {
                runtime.send_existing(&ObjectKey::of(&chart.metadata), Event::Source);
            }
        }
    }
}
