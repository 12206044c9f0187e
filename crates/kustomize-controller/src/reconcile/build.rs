//! What goes in: the artifact and the spec, and whether they changed (decisions 4.1, 4.2). Fetches and builds only when
//! they did. What has to be asked of the API server is `plan`'s.
//!
//! What the spec refers to by name is read before (`inputs`), then `render::render` builds; it reads nothing itself.

use super::builder::{Failure, Held};
use super::identify::identified;
use super::inputs::{self, Inputs};
use super::recorder::{Digests, Recorder, Step};
use super::rendering::Rendering;
use super::scope::{Resolved, Scope};
use super::worker::Worker;
use crate::declared::{Made, Objects};
use crate::fault::{Fault, FaultKind};
use crate::ignore_rules;
use crate::memory::Input;
use crate::names;
use crate::references::references_of;
use crate::render_request;
use crate::throttle::{Attempt, Moment};
use api::condition::reason;
use api::{Artifact, labels};
use artifact::{FetchError, MemTree, Wanted};
use manifest::Manifest;
use reconcile_core::gate::Reservation;
use reconcile_core::trace;
use render::{RenderError, Rendered, SourceError};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// However long a spec allows itself, a fetch takes no longer.
const LONGEST_FETCH: Duration = Duration::from_secs(600);

/// How much has to be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Nothing: same input, every object known to be right.
    Shallow,
    /// Only objects that changed or are not known to be right.
    Incremental,
    /// Everything.
    Full,
}

impl Depth {
    /// As metrics and traces call it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Shallow => "shallow",
            Self::Incremental => "incremental",
            Self::Full => "full",
        }
    }
}

/// What the repository declares.
pub(crate) struct Built {
    pub(crate) depth: Depth,
    /// In the build's order; empty in a shallow run.
    pub(crate) objects: Vec<Manifest>,
    /// What the build was made of, to be remembered once everything is applied.
    pub(crate) input: Input,
    /// Set aside for the objects.
    pub(crate) memory: Option<Arc<Reservation>>,
    /// The history says that this very input was applied whole.
    pub(crate) repeats: bool,
}

/// Builds, fetching on the way, where the input may have changed.
pub(crate) async fn build(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    worker: &mut Worker<'_>,
    resolved: &Resolved,
) -> Result<Built, Fault> {
    take_up(scope, recorder);
    let artifact = &resolved.artifact;
    let spec_digest = render_request::digest(&scope.ctx.options, scope.key, &scope.object.spec);
    let known = scope.memory.builds.input().filter(|input| input.spec_digest == spec_digest);
    let (known, mut inputs) = same_references(scope, recorder, known).await?;
    let (mut built, mut memory) = (None, None);
    let input = match known {
        Some(input) if input.artifact_digest == artifact.digest => input,
        known => {
            throttled(scope, recorder, resolved)?;
            let step = trace::step("fetch");
            let tree = fetch(scope, resolved).await?;
            step.end();
            match known {
                Some(mut input) if input.accessed.digest_in(&tree) == input.content_digest => {
                    input.artifact_digest.clone_from(&artifact.digest);
                    input
                }
                _ => {
                    let mut request =
                        render_request::request(&scope.ctx.options, scope.key, &scope.object.spec);
                    let Inputs { variables, keys, versions, fault } = match inputs.take() {
                        Some(inputs) => inputs,
                        None => read(scope, recorder).await?,
                    };
                    if let Some(fault) = fault {
                        return Err(unread(recorder, fault));
                    }
                    let secret = variables.secret_values();
                    (request.variables, request.keys) = (variables, keys);
                    let step = trace::step("render");
                    let held = render(scope, recorder, worker, resolved, (&tree, request)).await?;
                    step.end();
                    let rendered = held.result;
                    memory = Some(held.memory);
                    scope.memory.objects.set_secrets(secret, rendered.revealed);
                    let accessed = Arc::new(rendered.accessed);
                    let input = Input {
                        artifact_digest: artifact.digest.clone(),
                        spec_digest,
                        versions,
                        content_digest: accessed.digest_in(&tree),
                        accessed,
                        rendered_digest: rendered.digest,
                    };
                    built = Some(identified(scope.target.mapper(), rendered.objects).await);
                    input
                }
            }
        }
    };
    declare(scope, &input, built.as_deref());
    recorder.attempted();
    let text = input_text(&input);
    let repeats = is_applied(recorder, &text) && is_rendered(recorder, &input);
    recorder.built(Digests { rendered: input.rendered_digest.clone(), input: Some(text.clone()) });
    recorder.enter(Step::DetectingDrift);
    // Waiting for watches is no work.
    worker.rest();
    let (depth, objects) = depth(scope, recorder, built, &text).await;
    if depth == Depth::Shallow {
        recorder.shallow();
    }
    scope.ctx.measures.ran(depth.label());
    // Complete only once everything is applied.
    scope.memory.builds.set_input(None);
    Ok(Built { depth, objects, input, memory, repeats })
}

/// Decides how much has to be asked about, and what.
async fn depth(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    built: Option<Vec<Manifest>>,
    input: &str,
) -> (Depth, Vec<Manifest>) {
    let full = is_full_pass_due(scope, recorder);
    let asked = if full { Depth::Full } else { Depth::Incremental };
    match built {
        None if !full
            && scope.memory.objects.is_settled()
            && scope.target.kind_watches.are_synced(scope.key) =>
        {
            (Depth::Shallow, Vec::new())
        }
        None => (asked, scope.memory.objects.desired()),
        Some(objects) if !full && resumes(scope, recorder, &objects, input).await => {
            scope.memory.objects.adopt_live(&objects);
            scope.ctx.claims.claim(scope.key, &scope.memory.objects, objects.iter().map(Manifest::id));
            // No run of this process was complete before.
            if scope.memory.builds.full_pass_due().is_none() {
                recorder.take_up(scope.object.spec.interval.into(), jiff::Timestamp::now());
            }
            (Depth::Shallow, Vec::new())
        }
        Some(objects) => (asked, objects),
    }
}

/// Lets the other Kustomizations know what this one is about to apply, before anything is written.
fn declare(scope: &Scope<'_>, input: &Input, built: Option<&[Manifest]>) {
    let cluster = scope.target.id().cluster();
    let made = Made { artifact: input.artifact_digest.clone(), spec: input.spec_digest, cluster };
    match built {
        Some(objects) => {
            let digest = |key: &_, spec: &_| render_request::digest(&scope.ctx.options, key, spec);
            scope.ctx.declared.set(scope.key, made, Objects::of(scope.target.id(), objects, digest));
        }
        None => scope.ctx.declared.renew(scope.key, made),
    }
}

/// The first run of this process: what the inventory names is tracked and watched again.
fn take_up(scope: &Scope<'_>, recorder: &Recorder<'_>) {
    let stored = apply::inventory::Ids::of(recorder.stored().inventory.as_ref());
    if stored.is_empty() || !scope.memory.objects.ids().is_empty() {
        return;
    }
    scope.ctx.claims.claim(scope.key, &scope.memory.objects, stored.parsed().into_iter().map(|(id, _)| id));
    let kinds =
        stored.kinds().into_iter().map(|(group, version, kind)| manifest::Gvk { group, version, kind });
    // Whoever may write the status may write anything there; a watch of each kind is dear.
    let can_be = |text: &str| text.is_empty() || names::is_segment(text);
    let kinds = kinds.filter(|gvk| {
        can_be(&gvk.group) && [&gvk.version, &gvk.kind].iter().all(|text| names::is_segment(text))
    });
    let kinds = kinds.take(names::KINDS);
    scope.target.kind_watches.use_by(scope.key, kinds);
}

/// After a restart: equal input and equal live objects mean that nothing needs to be asked (decisions 4.3).
async fn resumes(scope: &Scope<'_>, recorder: &Recorder<'_>, objects: &[Manifest], input: &str) -> bool {
    let Some(last) = recorder.stored().history.first() else { return false };
    if !is_applied(recorder, input) {
        return false;
    }
    let inventory = apply::inventory::Ids::of(recorder.stored().inventory.as_ref());
    let same_set = inventory.len() == objects.len();
    same_set
        && scope.target.kind_watches.await_synced(scope.key, Duration::from_secs(10)).await
        && scope
            .memory
            .objects
            .live_hash(objects)
            .is_some_and(|hash| Some(&hash) == last.metadata.get(labels::FINGERPRINT))
}

/// Whether the last run applied everything of an input.
fn is_applied(recorder: &Recorder<'_>, input: &str) -> bool {
    recorder.stored().history.first().is_some_and(|last| {
        last.last_reconciled_status == reason::RECONCILIATION_SUCCEEDED
            && last.metadata.get(labels::INPUT).map(String::as_str) == Some(input)
    })
}

/// Whether the same input gave the same objects: another version of this controller may build others of it.
fn is_rendered(recorder: &Recorder<'_>, input: &Input) -> bool {
    recorder.stored().history.first().is_some_and(|last| last.digest == input.rendered_digest)
}

/// Fetch, verify and unpack, once per digest for all (architecture D7).
async fn fetch(scope: &Scope<'_>, resolved: &Resolved) -> Result<Arc<MemTree>, Fault> {
    let requeue = api::Duration::from(scope.ctx.options.requeue_dependency);
    // No permit is held while others' servers are waited for (invariant 5); a namespace has its share of the places.
    let fetched = async {
        let _place = scope.ctx.fetches.take(&Arc::from(scope.key.namespace.as_str())).await;
        let Artifact { url, digest, .. } = &resolved.artifact;
        let reference = &scope.object.spec.source_ref;
        let namespace = reference.namespace_or(&scope.key.namespace);
        let source = &reference.subject(&scope.key.namespace);
        let within = resolved.timeout.min(LONGEST_FETCH);
        scope.ctx.artifacts.find(Wanted { namespace, source, url, digest, within }).await
    };
    let fetched = tokio::select! {
        fetched = fetched => fetched,
        () = scope.control.cancelled() => return Err(Fault::cancelled()),
    };
    fetched.map_err(|error| match error {
        FetchError::NotFound { .. } => Fault::new(
            FaultKind::ArtifactMissing,
            format!("Source is not ready, artifact not found, retrying in {requeue}"),
        ),
        error @ FetchError::DigestMismatch { .. } => {
            Fault::new(FaultKind::ArtifactAltered, error.to_string())
        }
        error => Fault::new(FaultKind::Artifact, error.to_string()),
    })
}

/// The last build's input, if what it refers to by name is as it was; and what had to be read to find that out.
async fn same_references(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    known: Option<Input>,
) -> Result<(Option<Input>, Option<Inputs>), Fault> {
    let references = references_of(&scope.ctx.options, &scope.key.namespace, &scope.object.spec);
    scope.ctx.references.refer(scope.key, &references);
    let Some(input) = known else { return Ok((None, None)) };
    if scope.ctx.references.are(&input.versions) {
        return Ok((Some(input), None));
    }
    let inputs = read(scope, recorder).await?;
    let known = (inputs.versions == input.versions).then_some(input);
    Ok((known, Some(inputs)))
}

/// Reads what the spec refers to by name.
async fn read(scope: &Scope<'_>, recorder: &mut Recorder<'_>) -> Result<Inputs, Fault> {
    let reading = inputs::read(scope.ctx, scope.key, &scope.object.spec);
    let inputs = tokio::select! {
        inputs = reading => inputs.map_err(|fault| unread(recorder, fault))?,
        () = scope.control.cancelled() => return Err(Fault::cancelled()),
    };
    scope.ctx.references.read(scope.key, &inputs.versions);
    Ok(inputs)
}

/// To Flux, what is read is part of the build.
fn unread(recorder: &mut Recorder<'_>, fault: Fault) -> Fault {
    recorder.enter(Step::Building);
    recorder.attempted();
    fault
}

/// Ends a run whose input cost too much when it was built last, not long ago.
fn throttled(scope: &Scope<'_>, recorder: &mut Recorder<'_>, resolved: &Resolved) -> Result<(), Fault> {
    let attempt = Attempt::of(&scope.object, &resolved.artifact.digest);
    match scope.ctx.throttles.check(scope.key, &attempt, Instant::now()) {
        Some(fault) => {
            recorder.enter(Step::Building);
            recorder.attempted();
            Err(fault)
        }
        None => Ok(()),
    }
}

/// Builds on a thread of its own and within limits: a panic there is an error of this object alone (architecture D10),
/// and so is what it costs.
async fn render(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    worker: &mut Worker<'_>,
    resolved: &Resolved,
    (tree, request): (&Arc<MemTree>, render::Request),
) -> Result<Held<Rendered>, Fault> {
    let rendering = Rendering { ctx: scope.ctx, key: scope.key, tree, timeout: resolved.timeout };
    let built = rendering.render(request, Some(worker), scope.control.cancelled()).await;
    let failure = match built {
        Ok(held) => {
            scope.ctx.throttles.forget(scope.key);
            return Ok(held);
        }
        Err(failure) => failure,
    };
    match failure {
        Failure::Cancelled => Err(Fault::cancelled()),
        Failure::Render(error) => Err(render_fault(recorder, &error)),
        Failure::Broken(text) => {
            recorder.enter(Step::Building);
            Err(Fault::new(FaultKind::Build, text))
        }
        Failure::Excess(text) => {
            recorder.enter(Step::Building);
            recorder.attempted();
            let attempt = Attempt::of(&scope.object, &resolved.artifact.digest);
            let spec = &scope.object.spec;
            let interval = spec.retry_interval.unwrap_or(spec.interval).into();
            Err(scope.ctx.throttles.exceeded(scope.key, attempt, interval, &text, Moment::now()))
        }
    }
}

fn render_fault(recorder: &mut Recorder<'_>, error: &RenderError) -> Fault {
    let kind = match error.stage() {
        render::Stage::Artifact => return Fault::new(FaultKind::Artifact, error.to_string()),
        render::Stage::Build => {
            recorder.enter(Step::Building);
            FaultKind::Build
        }
        render::Stage::Apply => {
            recorder.enter(Step::DetectingDrift);
            FaultKind::Apply
        }
    };
    if let RenderError::Encrypted { digest, .. } = error {
        recorder.built(Digests { rendered: digest.clone(), input: None });
    }
    if let RenderError::Sources(SourceError::Sops { path, error }) = error {
        // Flux's words name neither the file nor the value.
        tracing::warn!(file = %path, value = error.path().unwrap_or_default(), "a file cannot be decrypted");
    }
    recorder.attempted();
    Fault::new(kind, error.to_string())
}

/// Every run without the drift watch; else when a pass is due or asked for (decisions 4.1).
fn is_full_pass_due(scope: &Scope<'_>, recorder: &Recorder<'_>) -> bool {
    if !scope.ctx.options.drift_watch
        || scope.memory.builds.is_other_account(scope.ctx.options.account(&scope.object.spec))
        || scope.memory.builds.ignored_others(ignore_rules::digest(&scope.object.spec))
    {
        return true;
    }
    let asked = scope.annotation(labels::FULL_PASS_AT);
    let handled = recorder.stored().history.first().and_then(|last| last.metadata.get(labels::FULL_PASS_AT));
    if asked.is_some() && asked != handled {
        return true;
    }
    scope.memory.builds.full_pass_due().is_some_and(|due| Instant::now() >= due)
}

/// `flyball.dev/input`.
fn input_text(input: &Input) -> String {
    let mut hasher = Sha256::new();
    hasher.update(input.spec_digest);
    hasher.update(input.content_digest);
    for (reference, version) in &input.versions {
        let (kind, name) = (reference.kind.as_str(), &reference.name);
        hasher.update(format!("{kind}/{name} {version}\n"));
    }
    let hex = format!("{:x}", hasher.finalize());
    hex.chars().take(32).collect()
}

#[cfg(test)]
mod tests;
