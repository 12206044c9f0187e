//! What wakes assessments: Convergences first, because they say since when; then Kustomizations.

use std::sync::Arc;

use api::convergence::Convergence;
use api::kustomization::Kustomization;
use kube::api::{DeleteParams, Preconditions};
use kube::{Api, ResourceExt as _};
use reconcile_core::watch::{self, Change, Scope};
use reconcile_core::{ObjectKey, Runtime};
use tokio::sync::Notify;

use crate::context::Context;
use crate::machine::Assessor;
use crate::step::Event;

/// Watches Convergences until the process ends; `seeded` is told once all that exist are known.
pub(crate) async fn convergences(
    context: Arc<Context>,
    runtime: Arc<Runtime<Assessor>>,
    seeded: Arc<Notify>,
) {
    let process = &context.process;
    let api =
        watch::namespaced::<Convergence>(process.client.clone(), process.args.watch_namespace.as_deref());
    let (metrics, stop) = (Arc::clone(&process.metrics), process.stop.clone());
    let store = context.convergences.clone();
    watch::objects(api, Scope::default(), Some(metrics), stop, move |change| {
        let before = match &change {
            Change::Applied(object) => store.get(&ObjectKey::of(&object.metadata)),
            _ => None,
        };
        let fresh = store.apply(&change);
        match change {
            // What we wrote ourselves is known already.
            Change::Applied(object)
                if fresh && before.is_none_or(|before| before.status != object.status) =>
            {
                runtime.send_existing(&ObjectKey::of(&object.metadata), Event::Changed);
            }
            Change::Deleted(gone) => {
                runtime.send_existing(&gone.key, Event::Changed);
            }
            Change::Undecodable(bad) => {
                runtime.send_existing(&bad.key, Event::Changed);
            }
            Change::Synced => seeded.notify_one(),
            Change::Applied(_) | Change::Failed(_) => {}
        }
    })
    .await;
}

/// Watches Kustomizations until the process ends.
pub(crate) async fn kustomizations(context: Arc<Context>, runtime: Arc<Runtime<Assessor>>) {
    let process = context.process.clone();
    let api =
        watch::namespaced::<Kustomization>(process.client.clone(), process.args.watch_namespace.as_deref());
    let scope = Scope { labels: process.args.watch_label_selector.clone(), ..Scope::default() };
    let (metrics, stop) = (Arc::clone(&process.metrics), process.stop.clone());
    let mut first = true;
    watch::objects(api, scope, Some(metrics), stop, move |change| {
        let fresh = context.kustomizations.apply(&change);
        match change {
            Change::Applied(object) if fresh => {
                let key = ObjectKey::of(&object.metadata);
                runtime.send(&key, Event::Changed);
                dependants(&context, &runtime, &key);
            }
            Change::Deleted(gone) => {
                runtime.send_existing(&gone.key, Event::Gone);
                context.forget(&gone.key);
                dependants(&context, &runtime, &gone.key);
            }
            Change::Synced => {
                process.set_ready(true);
                if std::mem::replace(&mut first, false) {
                    drop(tokio::spawn(orphans(Arc::clone(&context))));
                }
            }
            Change::Applied(_) | Change::Undecodable(_) | Change::Failed(_) => {}
        }
    })
    .await;
}

fn dependants(context: &Context, runtime: &Runtime<Assessor>, key: &ObjectKey) {
    for dependant in context.by_dependency.dependants(key) {
        runtime.send_existing(&dependant, Event::Changed);
    }
}

/// Deletes only what was looked at: a Kustomization that is made meanwhile takes the Convergence for its own.
fn only(convergence: &Convergence) -> DeleteParams {
    let (uid, resource_version) = (convergence.uid(), convergence.resource_version());
    DeleteParams { preconditions: Some(Preconditions { uid, resource_version }), ..DeleteParams::default() }
}

/// Deletes Convergences whose Kustomization is gone and which the garbage collector does not see: those without owner.
/// Each is asked for first, because another shard's Kustomization is not in the store.
async fn orphans(context: Arc<Context>) {
    for convergence in context.convergences.all() {
        let key = ObjectKey::of(&convergence.metadata);
        if context.kustomizations.get(&key).is_some() || !convergence.owner_references().is_empty() {
            continue;
        }
        let client = &context.process.client;
        let kustomizations: Api<Kustomization> = Api::namespaced(client.clone(), &key.namespace);
        match kustomizations.get_metadata_opt(&key.name).await {
            Ok(None) => {
                let api: Api<Convergence> = Api::namespaced(client.clone(), &key.namespace);
                match api.delete(&key.name, &only(&convergence)).await {
                    Ok(_) => {
                        tracing::info!(name = %key.name, namespace = %key.namespace, "an orphaned Convergence is deleted");
                    }
                    Err(error) => {
                        tracing::error!(name = %key.name, namespace = %key.namespace, %error, "an orphaned Convergence stays");
                    }
                }
            }
            Ok(Some(_)) => {}
            Err(error) => {
                tracing::debug!(name = %key.name, namespace = %key.namespace, %error, "cannot tell whether a Convergence is orphaned");
            }
        }
    }
}
