//! Whether what a Kustomization depends on is ready (contracts/kustomize-controller.md 18).
//!
//! Judging is pure; only a dependency that is not in the store is read. Nobody waits here: the watch on dependencies
//! wakes the task (decisions 5.6).

use crate::context::Context;
use crate::fault::{Fault, Retry, Tell};
use api::condition::{self, reason};
use api::kustomization::Kustomization;
use kube::Api;
use reconcile_core::ObjectKey;
use std::sync::Arc;

/// How a dependency stands.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Ready,
    NotReady,
    /// Ready, but at another revision of the source that we share.
    Behind,
}

fn judge(
    dependent: &Kustomization,
    own_namespace: &str,
    dependency: &Kustomization,
    revision: &str,
) -> Standing {
    let Some(status) = &dependency.status else { return Standing::NotReady };
    let observed = dependency.metadata.generation == Some(status.observed_generation);
    if !observed || !reconcile_core::condition::is_true(&status.conditions, condition::READY) {
        return Standing::NotReady;
    }
    let (ours, theirs) = (&dependent.spec.source_ref, &dependency.spec.source_ref);
    let their_namespace = dependency.metadata.namespace.as_deref().unwrap_or_default();
    let shared = ours.kind == theirs.kind
        && ours.name == theirs.name
        && ours.namespace_or(own_namespace) == theirs.namespace_or(their_namespace);
    if shared && status.last_applied_revision.as_deref() != Some(revision) {
        return Standing::Behind;
    }
    Standing::Ready
}

/// Checks every dependency; the first that is not ready is the fault.
pub(crate) async fn dependencies(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    revision: &str,
) -> Result<(), Fault> {
    let requeue = api::Duration::from(ctx.options.requeue_dependency);
    for reference in &object.spec.depends_on {
        let namespace = reference.namespace_or(&key.namespace);
        let name = format!("{namespace}/{}", reference.name);
        let wait = |message: String| Fault {
            retry: Retry::Requeue,
            tell: Tell::InfoOnce(format!("Dependencies do not meet ready condition, retrying in {requeue}")),
            awaits_dependency: true,
            ..Fault::new(reason::DEPENDENCY_NOT_READY, message)
        };
        let Some(dependency) = find(ctx, namespace, &reference.name).await? else {
            return Err(wait(format!(
                "dependency '{name}' not found: kustomizations.kustomize.toolkit.fluxcd.io \"{}\" not found",
                reference.name
            )));
        };
        match judge(object, &key.namespace, &dependency, revision) {
            Standing::Ready => {}
            Standing::NotReady => return Err(wait(format!("dependency '{name}' is not ready"))),
            Standing::Behind => return Err(wait(format!("dependency '{name}' revision is not up to date"))),
        }
    }
    Ok(())
}

async fn find(ctx: &Context, namespace: &str, name: &str) -> Result<Option<Arc<Kustomization>>, Fault> {
    let key = ObjectKey { namespace: namespace.to_owned(), name: name.to_owned() };
    if let Some(object) = ctx.kustomizations.get(&key) {
        return Ok(Some(object));
    }
    // Another shard's, or in a namespace that is not watched.
    let api: Api<Kustomization> = Api::namespaced(ctx.client.clone(), namespace);
    match api.get_opt(name).await {
        Ok(object) => Ok(object.map(Arc::new)),
        Err(error) => Err(Fault {
            retry: Retry::Backoff,
            ..Fault::new(reason::DEPENDENCY_NOT_READY, cluster::Error::from(error).message().to_owned())
        }),
    }
}
