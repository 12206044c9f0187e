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
use crate::wakes::Touched;

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
        if matches!(change, Change::Synced) {
            seeded.notify_one();
        }
        if let Some(key) = rewritten(&change, before.as_deref(), fresh) {
            runtime.send_existing(&key, Event::Changed);
        }
    })
    .await;
}

/// Whose Convergence is not what we left: somebody else wrote, deleted or broke it. `fresh`: the store did not know.
fn rewritten(change: &Change<Convergence>, before: Option<&Convergence>, fresh: bool) -> Option<ObjectKey> {
    match change {
        // What we wrote ourselves is known already.
        Change::Applied(object) if fresh && before.is_none_or(|before| before.status != object.status) => {
            Some(ObjectKey::of(&object.metadata))
        }
        Change::Deleted(gone) => Some(gone.key.clone()),
        Change::Undecodable(bad) => Some(bad.key.clone()),
        Change::Applied(_) | Change::Synced | Change::Failed(_) => None,
    }
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
                context.take_rules_of(&key, &object);
                let others = context.claims.set(&key, &object);
                runtime.send(&key, Event::Changed);
                context.wakes.wake_for(&Touched::Kustomizations(others.into_iter().collect()));
                context.wakes.wake_for(&Touched::Dependency(key));
            }
            Change::Deleted(gone) => {
                runtime.send_existing(&gone.key, Event::Gone);
                context.forget(&gone.key);
                context.wakes.wake_for(&Touched::Dependency(gone.key));
            }
            Change::Synced => {
                process.set_ready(true);
                context.all_are_known();
                context.explanations.open(&context.kustomizations);
                if std::mem::replace(&mut first, false) {
                    drop(tokio::spawn(orphans(Arc::clone(&context))));
                }
            }
            Change::Undecodable(bad) => context.forget(&bad.key),
            Change::Applied(_) | Change::Failed(_) => {}
        }
    })
    .await;
}

/// Deletes only what was looked at: a Kustomization that is made meanwhile takes the Convergence for its own.
fn only(convergence: &Convergence) -> DeleteParams {
    let (uid, resource_version) = (convergence.uid(), convergence.resource_version());
    DeleteParams { preconditions: Some(Preconditions { uid, resource_version }), ..DeleteParams::default() }
}

/// Whether nobody deletes a Convergence if its Kustomization is gone, and whether that may be so.
fn may_be_orphaned(convergence: &Convergence, has_kustomization: bool) -> bool {
    !has_kustomization && convergence.owner_references().is_empty()
}

/// Deletes Convergences whose Kustomization is gone and which the garbage collector does not see: those without owner.
/// Each is asked for first, because another shard's Kustomization is not in the store.
async fn orphans(context: Arc<Context>) {
    for convergence in context.convergences.all() {
        let key = ObjectKey::of(&convergence.metadata);
        if !may_be_orphaned(&convergence, context.kustomizations.get(&key).is_some()) {
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

#[cfg(test)]
mod tests;
