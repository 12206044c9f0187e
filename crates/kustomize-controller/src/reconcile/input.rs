//! What goes in: the artifact and the spec, and whether they changed (decisions 4.1, 4.2). Fetches and builds only when
//! they did.

use super::{Run, Step};
use crate::context::Context;
use crate::declared::{Made, Objects};
use crate::fault::{Fault, Retry, Tell};
use crate::memory::Input;
use crate::render_request;
use api::condition::reason;
use api::labels;
use artifact::{FetchError, MemTree};
use manifest::Manifest;
use render::{RenderError, Rendered};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the run has to do.
pub(crate) enum Plan {
    /// Nothing: same input, every object known to be right.
    Shallow,
    /// Ask only about objects that changed or are not known to be right.
    Incremental(Vec<Manifest>),
    /// Ask about all.
    Full(Vec<Manifest>),
}

/// Decides, fetching and building on the way where the input may have changed.
pub(crate) async fn input(run: &mut Run<'_>) -> Result<Plan, Fault> {
    take_up(run);
    let spec_digest = render_request::digest(run.ctx, run.key, &run.object.spec);
    let known = run.memory.input().filter(|input| input.spec_digest == spec_digest);
    let mut built = None;
    let input = match known {
        Some(input) if input.artifact_digest == run.artifact.digest => input,
        known => {
            let tree = fetch(run).await?;
            match known {
                Some(mut input) if input.accessed.digest_in(&tree) == input.content_digest => {
                    input.artifact_digest.clone_from(&run.artifact.digest);
                    input
                }
                _ => {
                    let rendered = build(run, &tree).await?;
                    let accessed = Arc::new(rendered.accessed);
                    let input = Input {
                        artifact_digest: run.artifact.digest.clone(),
                        spec_digest,
                        content_digest: accessed.digest_in(&tree),
                        accessed,
                        rendered_digest: rendered.digest,
                    };
                    built = Some(identified(run.ctx, rendered.objects).await);
                    input
                }
            }
        }
    };
    declare(run, &input, built.as_deref());
    run.draft.status.last_attempted_revision = Some(run.artifact.revision.clone());
    run.rendered_digest = Some(input.rendered_digest.clone());
    let text = input_text(&input);
    run.input_digest = Some(text.clone());
    run.step = Some(Step::DetectingDrift);

    let full = is_full_pass_due(run);
    let plan = match built {
        None if !full && run.memory.is_settled() && run.ctx.kinds.are_synced(run.key) => Plan::Shallow,
        None => plan_of(run.memory.desired(), full),
        Some(objects) if !full && resumes(run, &objects, &text).await => {
            run.memory.adopt_live(&objects);
            run.ctx.registry.claim(run.key, run.memory, objects.iter().map(Manifest::id));
            Plan::Shallow
        }
        Some(objects) => plan_of(objects, full),
    };
    // Complete only once everything is applied.
    run.memory.set_input(None);
    run.pending = Some(input);
    run.full = matches!(plan, Plan::Full(_));
    if matches!(plan, Plan::Shallow) {
        run.applied_everything();
    }
    Ok(plan)
}

/// Tells the other Kustomizations what this one is about to apply, before anything is written.
fn declare(run: &Run<'_>, input: &Input, built: Option<&[Manifest]>) {
    let made = Made { artifact: input.artifact_digest.clone(), spec: input.spec_digest };
    match built {
        Some(objects) => {
            let digest = |key: &_, spec: &_| render_request::digest(run.ctx, key, spec);
            run.ctx.declared.set(run.key, made, Objects::of(objects, digest));
        }
        None => run.ctx.declared.renew(run.key, made),
    }
}

fn plan_of(objects: Vec<Manifest>, full: bool) -> Plan {
    if full { Plan::Full(objects) } else { Plan::Incremental(objects) }
}

/// The first run of this process: what the inventory names is tracked and watched again.
fn take_up(run: &Run<'_>) {
    let stored = apply::inventory::Ids::of(run.draft.stored().inventory.as_ref());
    if stored.is_empty() || !run.memory.ids().is_empty() {
        return;
    }
    run.ctx.registry.claim(run.key, run.memory, stored.parsed().into_iter().map(|(id, _)| id));
    let kinds =
        stored.kinds().into_iter().map(|(group, version, kind)| manifest::Gvk { group, version, kind });
    run.ctx.kinds.use_by(run.key, kinds);
}

/// After a restart: equal input and equal live objects mean that nothing needs to be asked (decisions 4.3).
async fn resumes(run: &Run<'_>, objects: &[Manifest], input: &str) -> bool {
    let Some(last) = run.draft.stored().history.first() else { return false };
    if last.last_reconciled_status != reason::RECONCILIATION_SUCCEEDED
        || last.metadata.get(labels::INPUT).map(String::as_str) != Some(input)
    {
        return false;
    }
    let inventory = apply::inventory::Ids::of(run.draft.stored().inventory.as_ref());
    let same_set = inventory.len() == objects.len();
    same_set
        && run.ctx.kinds.await_synced(run.key, Duration::from_secs(10)).await
        && run
            .memory
            .live_hash(objects)
            .is_some_and(|hash| Some(&hash) == last.metadata.get(labels::FINGERPRINT))
}

/// Fetch, verify and unpack, once per digest for all (architecture D7).
async fn fetch(run: &Run<'_>) -> Result<Arc<MemTree>, Fault> {
    let requeue = api::Duration::from(run.ctx.options.requeue_dependency);
    let fetched = tokio::select! {
        fetched = run.ctx.artifacts.get(&run.artifact.url, &run.artifact.digest) => fetched,
        () = run.ctl.cancelled() => return Err(Fault::cancelled()),
    };
    fetched.map_err(|error| match error {
        FetchError::NotFound { .. } => Fault {
            retry: Retry::Requeue,
            tell: Tell::Nothing,
            awaits_source: true,
            ..Fault::new(
                reason::ARTIFACT_FAILED,
                format!("Source is not ready, artifact not found, retrying in {requeue}"),
            )
        },
        // flux-2.10.md, 1.10.1: a wrong digest is tried again as soon as a missing artifact is.
        error @ FetchError::DigestMismatch { .. } => {
            Fault { retry: Retry::Requeue, ..Fault::new(reason::ARTIFACT_FAILED, error.to_string()) }
        }
        error => Fault::new(reason::ARTIFACT_FAILED, error.to_string()),
    })
}

/// Builds on a blocking thread: a panic there is an error of this object alone (architecture D10).
async fn build(run: &mut Run<'_>, tree: &Arc<MemTree>) -> Result<Rendered, Fault> {
    let request = render_request::request(run.key, &run.object.spec);
    let tree = Arc::clone(tree);
    let rendered = tokio::task::spawn_blocking(move || render::render(&tree, &request)).await;
    let rendered = match rendered {
        Ok(rendered) => rendered,
        Err(panic) => {
            run.step = Some(Step::Building);
            let message = if panic.is_panic() {
                "kustomize build failed: the build panicked"
            } else {
                "the build was stopped"
            };
            return Err(Fault::new(reason::BUILD_FAILED, message));
        }
    };
    match rendered {
        Ok(rendered) => Ok(rendered),
        Err(error) => Err(render_fault(run, &error)),
    }
}

fn render_fault(run: &mut Run<'_>, error: &RenderError) -> Fault {
    let reason = match error.stage() {
        render::Stage::Artifact => return Fault::new(reason::ARTIFACT_FAILED, error.to_string()),
        render::Stage::Build => {
            run.step = Some(Step::Building);
            reason::BUILD_FAILED
        }
        render::Stage::Apply => {
            run.step = Some(Step::DetectingDrift);
            reason::RECONCILIATION_FAILED
        }
    };
    if let RenderError::Encrypted { digest, .. } = error {
        run.rendered_digest = Some(digest.clone());
    }
    run.draft.status.last_attempted_revision = Some(run.artifact.revision.clone());
    Fault::new(reason, error.to_string())
}

/// Objects with the namespace that the API server will give them: none on cluster-scoped kinds (decisions 3.2).
pub(crate) async fn identified(ctx: &Context, objects: Vec<Manifest>) -> Vec<Manifest> {
    let defined = render_request::defined_scopes(&objects);
    let mut identified = Vec::with_capacity(objects.len());
    for mut object in objects {
        let gvk = object.gvk();
        let namespaced = match defined.get(&(gvk.group.clone(), gvk.kind.clone())) {
            Some(namespaced) => Some(*namespaced),
            None => {
                let resolved = ctx.mapper.resolve(&gvk.group, &gvk.version, &gvk.kind).await;
                resolved.ok().map(|resolved| resolved.namespaced)
            }
        };
        if namespaced == Some(false) {
            object.set_namespace(None);
        }
        identified.push(object);
    }
    identified
}

/// Every run without the drift watch; else when a pass is due or asked for (decisions 4.1).
fn is_full_pass_due(run: &Run<'_>) -> bool {
    if !run.ctx.options.drift_watch
        || run.memory.is_other_account(run.ctx.account(&run.object.spec).as_deref())
    {
        return true;
    }
    let asked = run.object.metadata.annotations.as_ref().and_then(|all| all.get(labels::FULL_PASS_AT));
    let handled = run.draft.stored().history.first().and_then(|last| last.metadata.get(labels::FULL_PASS_AT));
    if asked.is_some() && asked != handled {
        return true;
    }
    run.memory.full_pass_due().is_some_and(|due| Instant::now() >= due)
}

/// `flyball.dev/input`.
fn input_text(input: &Input) -> String {
    let mut hasher = Sha256::new();
    hasher.update(input.spec_digest);
    hasher.update(input.content_digest);
    let hex = format!("{:x}", hasher.finalize());
    hex.chars().take(32).collect()
}
