//! The streams that wake tasks: Kustomizations, sources, dependencies, the metadata of applied objects.
//!
//! It translates changes into events and keeps the stores; what follows is `step`'s.

use crate::claims::{Alarm, Claims};
use crate::context::Context;
use crate::departure;
use crate::drift::{Live, last_writer};
use crate::facts::facts;
use crate::machine::Kustomizations;
use crate::references::References;
use crate::step::Event;
use crate::target::TargetObject;
use crate::unreadable_read;
use api::bucket::Bucket;
use api::external_artifact::ExternalArtifact;
use api::git_repository::GitRepository;
use api::kustomization::Kustomization;
use api::meta::SourceKind;
use api::oci_repository::OCIRepository;
use api::{ArtifactSource, labels};
use apply::{Baseline, directive};
use cluster::TargetId;
use kube::Resource;
use kube::api::ListParams;
use kube::core::NamespaceResourceScope;
use manifest::ObjectId;
use reconcile_core::index::Index;
use reconcile_core::process::Process;
use reconcile_core::watch::{Change, Scope, namespaced, objects};
use reconcile_core::watch_pool::PoolEvent;
use reconcile_core::{ObjectKey, Runtime};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long word of an object may be on its way after a watch has become up to date: a list may be a moment behind.
/// Should it take longer, the object is presumed absent for nothing: the heal's dry-run finds it, and writes nothing.
const IN_TRANSIT: Duration = Duration::from_secs(1);

/// Who points at what.
#[derive(Default)]
pub(crate) struct Links {
    /// Kustomizations by source.
    by_source: Index<(SourceKind, ObjectKey), ObjectKey>,
}

/// Resolves once the API server has answered a question about Kustomizations; never when it refuses to. Nothing that is
/// served here needs them all: a process that may read them is ready. The watch says the same later, the more so when it is
/// the first of its kind that the API server has to serve.
pub(crate) async fn answered(process: &Process) {
    let api = namespaced::<Kustomization>(process.client.clone(), process.args.watch_namespace.as_deref());
    if api.list_metadata(&ListParams::default().limit(1)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Starts all watches; they end with the process.
pub(crate) fn start(
    process: &Process,
    ctx: &Arc<Context>,
    runtime: &Arc<Runtime<Kustomizations>>,
    tasks: &mut JoinSet<()>,
) -> watch::Receiver<bool> {
    let links = Arc::new(Links::default());
    let (synced, is_synced) = watch::channel(false);
    sources::<GitRepository>(process, ctx, runtime, &links, SourceKind::GitRepository, tasks);
    sources::<OCIRepository>(process, ctx, runtime, &links, SourceKind::OciRepository, tasks);
    sources::<Bucket>(process, ctx, runtime, &links, SourceKind::Bucket, tasks);
    if ctx.options.external_artifact {
        sources::<ExternalArtifact>(process, ctx, runtime, &links, SourceKind::ExternalArtifact, tasks);
    }
    kustomizations(process, ctx, runtime, &links, synced, tasks);
    is_synced
}

fn kustomizations(
    process: &Process,
    ctx: &Arc<Context>,
    runtime: &Arc<Runtime<Kustomizations>>,
    links: &Arc<Links>,
    synced: watch::Sender<bool>,
    tasks: &mut JoinSet<()>,
) {
    let api = namespaced::<Kustomization>(process.client.clone(), process.args.watch_namespace.as_deref());
    // The selector of a shard narrows Kustomizations, not sources (contract 4).
    let scope = Scope { labels: process.args.watch_label_selector.clone(), ..Scope::default() };
    let (ctx, runtime, links) = (Arc::clone(ctx), Arc::clone(runtime), Arc::clone(links));
    let sink = move |change: Change<Kustomization>| {
        if matches!(change, Change::Synced) {
            synced.send_replace(true);
        }
        if let Change::Undecodable(bad) = &change {
            unreadable_read::on_undecodable(&ctx, &runtime, bad);
        }
        on_kustomization(&ctx, &runtime, &links, change);
    };
    let (metrics, stop) = (Some(Arc::clone(&process.metrics)), process.stop.clone());
    drop(tasks.spawn(objects(api, scope, metrics, stop, sink)));
}

fn on_kustomization(
    ctx: &Context,
    runtime: &Arc<Runtime<Kustomizations>>,
    links: &Links,
    change: Change<Kustomization>,
) {
    let key = match change {
        Change::Applied(object) => {
            let key = ObjectKey::of(&object.metadata);
            let source = &object.spec.source_ref;
            let source_key = ObjectKey::new(source.namespace_or(&key.namespace), source.name.clone());
            links.by_source.set(&key, [(source.kind, source_key)]);
            let dependencies = object.spec.depends_on.iter();
            ctx.dependants.set(
                &key,
                dependencies.map(|to| ObjectKey::new(to.namespace_or(&key.namespace), to.name.clone())),
            );
            let facts = facts(&object);
            let repaired = ctx.unreadable.forget(&key);
            if ctx.kustomizations.insert(Arc::new(object)) {
                runtime.send(&key, Event::Spec(facts));
            }
            if repaired {
                // Its spec may be what it was.
                runtime.send(&key, Event::Due);
            }
            key
        }
        Change::Deleted(gone) => {
            ctx.unreadable.forget(&gone.key);
            ctx.kustomizations.remove(&gone.key, &gone.uid);
            links.by_source.remove(&gone.key);
            ctx.dependants.remove(&gone.key);
            runtime.send_existing(&gone.key, Event::Gone);
            // Also for one whose finalizer somebody else took away.
            ctx.forget_key(&gone.key);
            gone.key
        }
        Change::Undecodable(bad) => {
            tracing::error!(namespace = %bad.key.namespace, name = %bad.key.name,
                "the Kustomization cannot be decoded: its Ready condition says why");
            return;
        }
        Change::Synced | Change::Failed(_) => return,
    };
    ctx.changes.send_modify(|version| *version += 1);
    for dependant in ctx.dependants.dependants(&key) {
        runtime.send_existing(&dependant, Event::Dependency);
    }
}

fn sources<K>(
    process: &Process,
    ctx: &Arc<Context>,
    runtime: &Arc<Runtime<Kustomizations>>,
    links: &Arc<Links>,
    kind: SourceKind,
    tasks: &mut JoinSet<()>,
) where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + ArtifactSource
        + Clone
        + DeserializeOwned
        + std::fmt::Debug
        + Send
        + 'static,
{
    let api = namespaced::<K>(process.client.clone(), process.args.watch_namespace.as_deref());
    let (ctx, runtime, links) = (Arc::clone(ctx), Arc::clone(runtime), Arc::clone(links));
    ctx.sources.begin(kind);
    let sink = move |change: Change<K>| match change {
        Change::Applied(source) => {
            let key = ObjectKey::of(source.meta());
            ctx.sources.identify(kind, &key, source.meta().uid.as_deref().unwrap_or_default());
            let artifact = source.artifact().cloned();
            let revision = artifact.as_ref().map(|artifact| artifact.revision.clone());
            let news = ctx.sources.put(kind, &key, artifact);
            if let (true, Some(revision)) = (news, revision) {
                for dependant in links.by_source.dependants(&(kind, key)) {
                    runtime.send_existing(&dependant, Event::Source(revision.clone()));
                }
            }
        }
        Change::Deleted(gone) => ctx.sources.remove(kind, &gone.key),
        Change::Undecodable(bad) => ctx.sources.remove(kind, &bad.key),
        // Whoever needs a source of a kind that cannot be watched asks for it.
        Change::Synced | Change::Failed(_) => ctx.sources.listed(kind),
    };
    let (metrics, stop) = (Some(Arc::clone(&process.metrics)), process.stop.clone());
    drop(tasks.spawn(objects(api, Scope::default(), metrics, stop, sink)));
}

/// What a target's pools say goes to the claims; `news` moves when a watch's state does.
pub(crate) fn on_pool(target: &TargetId, claims: &Arc<Claims>, news: &watch::Sender<u64>, event: PoolEvent) {
    match event {
        PoolEvent::Applied(seen) => {
            let key = ObjectKey::of(&seen.metadata);
            let id = ObjectId {
                namespace: key.namespace,
                name: key.name,
                group: seen.kind.group,
                kind: seen.kind.kind,
            };
            let meta = &seen.metadata;
            let label = |key: &str| meta.labels.as_ref().and_then(|all| all.get(key)).cloned();
            let owner = label(labels::OWNER_NAMESPACE).zip(label(labels::OWNER_NAME));
            let live = Live::Present {
                baseline: Baseline::of_meta(meta, labels::APPLY_MANAGER),
                ignored: directive::is_ignored_meta(meta),
                foreign_owner: owner.map(|(namespace, name)| Box::new(ObjectKey { namespace, name })),
                departing: departure::is_departing(&id.group, &id.kind, meta, &seen.body),
            };
            let writer = last_writer(meta, labels::APPLY_MANAGER);
            claims.observe_writer(&TargetObject::new(target, id), live, writer);
        }
        PoolEvent::Deleted { kind, gone } => {
            let ObjectKey { namespace, name } = gone.key;
            let id = ObjectId { namespace, name, group: kind.group, kind: kind.kind };
            let live = Live::Absent { uid: gone.uid, missed: gone.missed, by_design: false };
            claims.observe(&TargetObject::new(target, id), live);
        }
        PoolEvent::Synced(kind) => {
            news.send_modify(|version| *version += 1);
            let unseen = claims.unseen(target, &kind.group, &kind.kind);
            if !unseen.is_empty() {
                let claims = Arc::clone(claims);
                tokio::spawn(async move {
                    tokio::time::sleep(IN_TRANSIT).await;
                    claims.miss(unseen);
                });
            }
        }
        PoolEvent::Failed { .. } => news.send_modify(|version| *version += 1),
        PoolEvent::Stopped(kind) => claims.forget_unclaimed(target, &kind.group, &kind.kind),
    }
}

/// Carries alarms to the tasks of the Kustomizations that they are about.
pub(crate) fn connect(claims: &Claims, references: &References, runtime: &Arc<Runtime<Kustomizations>>) {
    let weak = Arc::downgrade(runtime);
    references.on_alarm(move |key| {
        if let Some(runtime) = weak.upgrade() {
            runtime.send_existing(key, Event::Reference);
        }
    });
    let runtime = Arc::downgrade(runtime);
    claims.on_alarm(move |key: &ObjectKey, alarm: Alarm| {
        let Some(runtime) = runtime.upgrade() else { return };
        match alarm {
            Alarm::Drift(dirty) => runtime.send_existing(key, Event::Dirty(dirty)),
            Alarm::TakenOver => runtime.send_existing(key, Event::TakenOver),
        };
    });
}

#[cfg(test)]
mod tests;
