//! Objects that move from one Kustomization to another in one commit: whichever runs first, they are handed over, and
//! nothing is deleted and made again.
//!
//! Before a stale object is deleted, every other Kustomization is asked what its present input declares: the board in
//! `declared` knows as soon as its run has built; one whose run has not come (it waits for a dependency, or for a
//! worker) is built here. The look costs no request. An object that another one declares stays in our inventory until
//! the other's labels stand on it, so that it is recorded by somebody at every instant.

use super::access;
use super::builder::{Failure, Held};
use super::identify::identified;
use super::inputs;
use super::rendering::Rendering;
use super::scope::Scope;
use super::source;
use crate::context::Context;
use crate::declared::{IdDigest, Made, Objects};
use crate::render_request;
use crate::target::{Place, TargetObject};
use crate::throttle::{Attempt, Moment};
use ::api::kustomization::Kustomization;
use ::apply::Applier;
use ::apply::delete::{Owner, may_delete};
use artifact::Wanted;
use cluster::TargetId;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long the runs that a commit starts have to say by themselves what they declare.
const RUNS_TELL: Duration = Duration::from_secs(2);
/// How long one that cannot be built, or does not exist yet, is waited for.
const UNKNOWN: Duration = Duration::from_secs(15);
/// How long a build in somebody's stead may take.
const IN_STEAD: Duration = Duration::from_secs(15);
/// How long the taking over itself is waited for.
const TAKING_OVER: Duration = Duration::from_secs(30);

/// What the other Kustomizations say of stale objects.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Takers {
    /// Who declares an object.
    pub(crate) declared: BTreeMap<ObjectId, ObjectKey>,
    /// Those of which it is not known, among the ones that are near.
    pub(crate) unknown: BTreeSet<ObjectKey>,
}

impl Takers {
    /// Whom a wait is for.
    pub(crate) fn question(&self) -> String {
        let whom: Vec<String> = self.unknown.iter().take(3).map(ToString::to_string).collect();
        format!("Waiting to learn what Kustomization {} declares", whom.join(", "))
    }

    /// Those objects that somebody declares.
    pub(crate) fn wanted(&self, objects: &[(ObjectId, String)]) -> Vec<(ObjectId, String)> {
        objects.iter().filter(|(id, _)| self.declared.contains_key(id)).cloned().collect()
    }
}

/// How a look at the others ended.
#[derive(Debug)]
pub(crate) enum Looked {
    /// Everybody near was heard.
    Heard(Takers),
    /// Time is up before everybody near was heard.
    Unheard(Takers),
    /// A newer input came in.
    Cancelled,
}

/// Who is asked on whose behalf.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) key: &'a ObjectKey,
    pub(crate) object: &'a Kustomization,
    /// Where its objects are: what others declare for another target is something else.
    pub(crate) target: &'a TargetId,
}

impl<'a> Asker<'a> {
    /// Of a run.
    pub(crate) fn of(scope: &'a Scope<'_>) -> Self {
        Self { ctx: scope.ctx, key: scope.key, object: &scope.object, target: scope.target.id() }
    }

    /// What is known now.
    pub(crate) async fn hear_now(self, stale: &[ObjectId]) -> Looked {
        let takers = ask(self, stale, None).await;
        if takers.unknown.is_empty() { Looked::Heard(takers) } else { Looked::Unheard(takers) }
    }

    /// The runs that a commit starts tell by themselves, in a moment; what is not known then is built.
    pub(crate) async fn hear_runs(self, stale: &[ObjectId], cancelled: impl Future<Output = ()>) -> Looked {
        tokio::pin!(cancelled);
        match self.look(stale, false, RUNS_TELL, &mut cancelled).await {
            Looked::Unheard(_) => self.look(stale, true, Duration::ZERO, &mut cancelled).await,
            looked => looked,
        }
    }

    /// Waits for those that cannot be built, bounded.
    pub(crate) async fn hear_all(self, stale: &[ObjectId], cancelled: impl Future<Output = ()>) -> Looked {
        tokio::pin!(cancelled);
        self.look(stale, true, UNKNOWN, &mut cancelled).await
    }

    async fn look(
        self,
        stale: &[ObjectId],
        build: bool,
        patience: Duration,
        cancelled: &mut (impl Future<Output = ()> + Unpin),
    ) -> Looked {
        let deadline = Instant::now() + patience;
        // A look asks about every Kustomization; after a commit to many, each of them moves the board.
        let mut pause = Duration::from_millis(10);
        // What cannot be built is tried once: its own run says when that has changed.
        let mut tried = HashMap::new();
        loop {
            let (mut declared, mut objects) = (self.ctx.declared.changes(), self.ctx.changes.subscribe());
            let tried = build.then_some(&mut tried);
            let takers = ask(self, stale, tried).await;
            if takers.unknown.is_empty() {
                return Looked::Heard(takers);
            }
            tokio::select! {
                _ = declared.changed() => {}
                _ = objects.changed() => {}
                () = tokio::time::sleep_until(deadline) => return Looked::Unheard(takers),
                () = &mut *cancelled => return Looked::Cancelled,
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(250));
        }
    }

    /// Of objects that others declare, those that still are ours: nobody else's labels stand on them yet.
    pub(crate) async fn still_ours(
        self,
        applier: &Applier,
        wanted: &[(ObjectId, String)],
    ) -> Vec<(ObjectId, String)> {
        let owner = Owner { namespace: self.key.namespace.clone(), name: self.key.name.clone() };
        let mut ours = Vec::new();
        for (id, version) in wanted {
            // What cannot be read stays ours.
            let live = applier.live(id, version).await;
            if live.map_or(true, |live| live.is_some_and(|live| may_delete(&live, &owner))) {
                ours.push((id.clone(), version.clone()));
            }
        }
        ours
    }

    /// Whether any of these objects is worth a wait: who takes it over does not wait for us in turn.
    pub(crate) fn is_awaited(self, ours: &[(ObjectId, String)], takers: &Takers) -> bool {
        ours.iter().any(|(id, _)| {
            takers.declared.get(id).is_some_and(|taker| !depends_on(self.ctx, taker, self.key))
        })
    }

    /// Waits until nothing is ours any more, or the time is up; what is left. `None` when a newer input came in.
    pub(crate) async fn await_taking_over(
        self,
        applier: &Applier,
        mut ours: Vec<(ObjectId, String)>,
        takers: &Takers,
        cancelled: impl Future<Output = ()>,
    ) -> Option<Vec<(ObjectId, String)>> {
        tokio::pin!(cancelled);
        let deadline = Instant::now() + TAKING_OVER;
        // A run that takes over ends in a status; a heal does not.
        let mut takings = self.ctx.claims.takings();
        for (id, _) in &ours {
            self.ctx.claims.nudge(&TargetObject::new(self.target, id.clone()), self.key);
        }
        loop {
            // Looked up before the objects are: what changes from here on is not missed. Only who does not wait for us
            // in turn is worth a wait.
            let awaited: Vec<Arc<Kustomization>> = ours
                .iter()
                .filter_map(|(id, _)| takers.declared.get(id))
                .filter(|taker| !depends_on(self.ctx, taker, self.key))
                .filter_map(|taker| self.ctx.kustomizations.get(taker))
                .collect();
            ours = self.still_ours(applier, &ours).await;
            if awaited.is_empty() || ours.is_empty() {
                return Some(ours);
            }
            tokio::select! {
                moved = changed(self.ctx, &awaited, deadline) => if !moved { return Some(ours) },
                _ = takings.changed() => {}
                () = &mut cancelled => return None,
            }
        }
    }

    /// Whether what another declares is kept for it however long it takes.
    pub(crate) fn is_kept_for(self, taker: &ObjectKey) -> bool {
        self.ctx.kustomizations.get(taker).is_some_and(|other| is_near(self.key, self.object, taker, &other))
    }
}

/// One look. With `tried`, what is not known by now is built, unless a build of the same input is noted there.
async fn ask(
    asker: Asker<'_>,
    stale: &[ObjectId],
    mut tried: Option<&mut HashMap<ObjectKey, Made>>,
) -> Takers {
    let Asker { ctx, key, object: own, target } = asker;
    let mut takers = Takers::default();
    let mut children: Vec<(ObjectKey, [u8; 32])> = Vec::new();
    let digests: Vec<IdDigest> =
        stale.iter().map(|id| IdDigest::of(&TargetObject::new(target, id.clone()))).collect();
    for other in ctx.kustomizations.all() {
        let other_key = ObjectKey::of(&other.metadata);
        if other_key == *key || !takes_over(&other) || ctx.unreadable.contains(&other_key) {
            continue;
        }
        let Ok(artifact) = source::known_source(ctx, &other_key, &other) else { continue };
        let cluster = match cluster_of(ctx, &other_key, &other, tried.is_some()).await {
            Whereabouts::Known(cluster) if cluster == target.cluster() => cluster,
            Whereabouts::Untold if !target.is_local() => {
                if is_near(key, own, &other_key, &other) {
                    takers.unknown.insert(other_key);
                }
                continue;
            }
            // What it declares is in another cluster.
            Whereabouts::Known(_) | Whereabouts::Untold | Whereabouts::Lost => continue,
        };
        let made = Made {
            artifact: artifact.digest.clone(),
            spec: render_request::digest(&ctx.options, &other_key, &other.spec),
            cluster,
        };
        let near = is_near(key, own, &other_key, &other);
        let mut objects = ctx.declared.of(&other_key, &made);
        // Only what is near is built: what is far is waited for by nobody, and may be anybody's.
        if objects.is_none()
            && near
            && let Some(tried) = tried.as_deref_mut()
            && tried.get(&other_key) != Some(&made)
        {
            tried.insert(other_key.clone(), made.clone());
            objects = declare(ctx, &other_key, &other, made, &artifact.url).await;
        }
        match objects {
            Some(objects) => {
                let wanted = stale.iter().zip(&digests).filter(|(_, digest)| objects.contain(**digest));
                takers.declared.extend(wanted.map(|(id, _)| (id.clone(), other_key.clone())));
                if near {
                    children.extend(objects.children().iter().cloned());
                }
            }
            None if near => drop(takers.unknown.insert(other_key)),
            None => {}
        }
    }
    // A Kustomization that is declared and is not there yet, or not in that form, declares something else soon.
    for (child, spec) in children {
        let settled = child == *key
            || ctx.kustomizations.get(&child).is_some_and(|live| {
                !takes_over(&live) || render_request::digest(&ctx.options, &child, &live.spec) == spec
            });
        if !settled {
            takers.unknown.insert(child);
        }
    }
    takers
}

/// In which cluster another Kustomization's objects are.
enum Whereabouts {
    Known(TargetId),
    /// Nobody has looked yet.
    Untold,
    /// It cannot be told: it applies nothing.
    Lost,
}

/// Finds out; with `ask` its kubeconfig is read where nobody has done so.
async fn cluster_of(ctx: &Context, key: &ObjectKey, other: &Kustomization, ask: bool) -> Whereabouts {
    let place = Place::of(&ctx.options, &key.namespace, &other.spec);
    match ctx.clusters.id_of(&place) {
        Some(id) => Whereabouts::Known(id.cluster()),
        None if !ask => Whereabouts::Untold,
        None => match access::find(ctx, key, &other.spec).await {
            Ok(target) => Whereabouts::Known(target.id().cluster()),
            Err(_) => Whereabouts::Lost,
        },
    }
}

/// Whether a Kustomization applies what it declares.
fn takes_over(other: &Kustomization) -> bool {
    !other.spec.suspend
        && other.metadata.deletion_timestamp.is_none()
        && ::api::unsupported::kustomization(&other.spec).is_none()
}

/// The same source or the same namespace: worth waiting for. Another tenant's Kustomization is heard when it can be,
/// and holds nothing up.
fn is_near(key: &ObjectKey, own: &Kustomization, other_key: &ObjectKey, other: &Kustomization) -> bool {
    let source = |key: &ObjectKey, object: &Kustomization| {
        let reference = &object.spec.source_ref;
        (reference.kind, reference.namespace_or(&key.namespace).to_owned(), reference.name.clone())
    };
    key.namespace == other_key.namespace || source(key, own) == source(other_key, other)
}

/// Builds in a Kustomization's stead; `None` when that fails, which its own run reports.
async fn declare(
    ctx: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    made: Made,
    url: &str,
) -> Option<Objects> {
    let namespace = object.spec.source_ref.namespace_or(&key.namespace);
    let source = &object.spec.source_ref.subject(&key.namespace);
    let wanted = Wanted { namespace, source, url, digest: &made.artifact, within: IN_STEAD };
    let tree = ctx.artifacts.find(wanted).await.ok()?;
    let mut request = render_request::request(&ctx.options, key, &object.spec);
    let inputs = inputs::read(ctx, key, &object.spec).await.ok()?;
    if inputs.fault.is_some() {
        return None;
    }
    (request.variables, request.keys) = (inputs.variables, inputs.keys);
    let attempt = Attempt::of(object, &made.artifact);
    if ctx.throttles.check(key, &attempt, std::time::Instant::now()).is_some() {
        return None;
    }
    let rendering = Rendering { ctx, key, tree: &tree, timeout: IN_STEAD };
    let built = rendering.render(request, None, std::future::pending()).await;
    if let Err(Failure::Excess(text)) = &built {
        let interval = object.spec.interval.into();
        ctx.throttles.exceeded(key, attempt, interval, text, Moment::now());
    }
    let Held { result: rendered, memory: _memory } = built.ok()?;
    let target = access::find(ctx, key, &object.spec).await.ok()?;
    let built = identified(target.mapper(), rendered.objects).await;
    let objects =
        Objects::of(target.id(), &built, |key, spec| render_request::digest(&ctx.options, key, spec));
    ctx.declared.set(key, made, objects.clone());
    Some(objects)
}

/// Whether one Kustomization waits for another to be ready, directly or through others.
pub(super) fn depends_on(ctx: &Context, from: &ObjectKey, to: &ObjectKey) -> bool {
    let (mut open, mut seen) = (vec![from.clone()], HashSet::new());
    while let Some(next) = open.pop() {
        if next == *to {
            return true;
        }
        let Some(object) = ctx.kustomizations.get(&next).filter(|_| seen.insert(next.clone())) else {
            continue;
        };
        open.extend(object.spec.depends_on.iter().map(|reference| {
            ObjectKey::new(reference.namespace_or(&next.namespace).to_owned(), reference.name.clone())
        }));
    }
    false
}

/// `Kind/ns/name (ns/taker), ...` for people; at most three.
pub(crate) fn list(objects: &[(ObjectId, String)], takers: &Takers) -> String {
    let mut parts: Vec<String> = objects
        .iter()
        .take(3)
        .filter_map(|(id, _)| Some(format!("{id} (Kustomization {})", takers.declared.get(id)?)))
        .collect();
    if objects.len() > parts.len() {
        parts.push(format!("and {} more", objects.len() - parts.len()));
    }
    parts.join(", ")
}

/// Waits until a Kustomization changes, or the time is up; false for the latter.
async fn changed(ctx: &Context, seen: &[Arc<Kustomization>], until: Instant) -> bool {
    let mut changes = ctx.changes.subscribe();
    loop {
        let moved = seen.iter().any(|before| {
            let now = ctx.kustomizations.get(&ObjectKey::of(&before.metadata));
            now.is_none_or(|now| now.metadata.resource_version != before.metadata.resource_version)
        });
        if moved {
            return true;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return false },
            () = tokio::time::sleep_until(until) => return false,
        }
    }
}

#[cfg(test)]
mod tests;
