//! One run of one source, for all kinds. This is the only file that knows the order (contracts/source-controller.md 4.2
//! and 4.3):
//!
//! ```text
//! admit ─▶ storage ─▶ access ─▶ surround ─▶ resolve ─▶ unchanged? ─▶ fetch ─▶ verify ─▶ pack ─▶ publish ─▶ status ─▶ event
//!             │                                             └─────────────────────────────────────────────▲
//!             └─ what is published already stays until a newer archive is whole
//! ```
//!
//! Flux's intermediate status writes are made only when upstream takes its time: a run that ends at once writes its
//! status once, one that changes nothing writes nothing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::condition::{
    ARTIFACT_OUTDATED, FETCH_FAILED, INCLUDE_UNAVAILABLE, SOURCE_VERIFIED, STORAGE_OPERATION_FAILED, reason,
};
use artifact::pack::Pieces;
use artifact::store::Draft;
use jiff::Timestamp;
use kube::Api;
use reconcile_core::{Control, ObjectKey, Store, jitter, panic, trace};
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::context::Context;
use crate::fault::Fault;
use crate::step::Next;
use crate::suspects::Marked;
use crate::upstream::{Content, Resolved, Upstream};
use crate::verify::{Evidence, Policy, Verified, verify};

mod bucket;
pub(crate) mod cleanup;
mod ending;
pub(crate) mod finalizer;
mod git_repository;
mod helm_chart;
mod helm_repository;
mod known;
mod notice;
mod oci_repository;
mod pack;
mod run;
mod signers;
pub(crate) mod source;
mod storage;
mod traces;

use ending::Ending;
use known::{Answer, Known};
use notice::Notice;
use pack::{Packed, Patience, Setback, Settings};
use run::Run;
use source::{Produced, Source, SpecOf, Surroundings};

/// A run that takes longer says that it is at work.
const SAY_SO_AFTER: Duration = Duration::from_secs(2);
/// A status does not wait longer for the object store.
const KEEP_FIRST: Duration = Duration::from_secs(3);

/// Where an upstream of this kind has content.
type PlaceOf<K> = <<K as Source>::Upstream as Upstream>::Place;

/// Runs once.
pub(crate) async fn reconcile<K: Source>(
    ctx: &Arc<Context>,
    objects: &Store<K>,
    key: &ObjectKey,
    control: &Control,
) -> Next {
    trace::keep(false);
    let Some(object) = objects.get(key) else { return Next::Absent };
    let api: Api<K> = Api::namespaced(ctx.client.clone(), &key.namespace);
    if object.meta().deletion_timestamp.is_some() {
        return cleanup::finalise(ctx, &api, key, &object).await;
    }
    if let Some(next) = K::set_aside(ctx, &api, key, &object).await {
        return next;
    }
    let object = match finalizer::add(objects, &api, key, object).await {
        Ok(Some(object)) => object,
        Ok(None) => return Next::Wait,
        Err(error) => {
            tracing::error!(error = %error, "the finalizer could not be added");
            return Next::Retry;
        }
    };
    let mut run = Run::new(Arc::clone(ctx), objects.clone(), api, key.clone(), object);
    let ending = carry_out(&mut run, control).await;
    traces::ended(ending.as_ref());
    match ending {
        Some(ending) => {
            let step = trace::step("finish");
            let next = finish(run, ending, control.token()).await;
            step.end();
            next
        }
        None => Next::Cancelled,
    }
}

/// From an admitted object to how its run ended; `None` when the run was cancelled.
async fn carry_out<K: Source>(run: &mut Run<K>, control: &Control) -> Option<Ending> {
    if run.object.is_suspended() || run.object.unsupported().is_some() {
        storage::bring_back(run, control.token()).await;
        if control.is_cancelled() {
            return None;
        }
    }
    if run.object.is_suspended() {
        return Some(Ending::Suspended);
    }
    if run.object.unsupported().is_some() {
        run.status.remove(FETCH_FAILED);
        run.status.remove(STORAGE_OPERATION_FAILED);
        return Some(Ending::Failed(source::unsupported(run.object.as_ref())));
    }
    run.status.begin(run.stored.observed_generation, run.generation);
    let produced = match storage::check(run, control.token()).await {
        Ok(()) => {
            let _marked = mark(run, control).await?;
            K::produce(run, control).await
        }
        Err(fault) => Err(fault),
    };
    match produced {
        Err(fault) if fault.cancelled => None,
        Err(fault) => Some(Ending::Failed(fault)),
        Ok(produced) => Some(Ending::Succeeded(produced)),
    }
}

/// Marks on disk that this object is being worked on. One that was when the process died waits for its turn, and says
/// so. `None` when the run was cancelled.
async fn mark<K: Source>(run: &mut Run<K>, control: &Control) -> Option<Marked> {
    let uid = run.object.meta().uid.clone().unwrap_or_default();
    if let Some(suspicion) = run.ctx.suspects.suspicion(&uid) {
        tracing::warn!("{suspicion}");
        run.status.progress(false, &suspicion.to_string(), run.generation);
        run.flush().await;
    }
    run.ctx.suspects.begin(&uid, control.token()).await
}

/// From the spec to an artifact, or to the answer that there is nothing new.
async fn produce<K: Source>(run: &mut Run<K>, control: &Control) -> Result<Produced, Fault> {
    // What was verified stays so; what was refused is looked at again.
    if !run.status.is_true(SOURCE_VERIFIED) {
        run.status.remove(SOURCE_VERIFIED);
    }
    let ctx = Arc::clone(&run.ctx);
    let upstream = K::upstream(&ctx).ok_or_else(|| source::unsupported(run.object.as_ref()))?;
    let mut spec = run.object.ask()?;
    let step = trace::step("access");
    let access = control.token().run_until_cancelled(K::access(run, &mut spec)).await;
    let access = access.ok_or_else(Fault::cancelled)??;
    let surroundings = K::surround(run, &mut spec).await?;
    step.end();
    run.status.remove(INCLUDE_UNAVAILABLE);
    let observed = run.status.observed_ignore.as_deref();
    let ignore = if K::HEEDS_IGNORE_WHILE_ASKING { observed } else { run.object.ignore() };
    let known = Known::of(&run.status, ignore, surroundings.is_current);

    let step = trace::step("resolve");
    let resolved = resolve(run, control, upstream, &spec, &access, &known, known.revision()).await?;
    step.end();
    if K::FETCHES_WHILE_ASKING {
        run.status.remove(FETCH_FAILED);
    }
    let answer = known.interpret(resolved);
    K::heard(&mut run.status, &spec, answer.revision(), run.generation);
    let (revision, place, is_new) = match answer {
        Answer::Unchanged(revision) => return Ok(is_stored(run, K::unchanged(&spec, &revision))),
        Answer::UpToDate(revision) => return Ok(is_stored(run, K::up_to_date(&spec, &revision))),
        Answer::Make { revision, place, is_new } => {
            if is_new && !K::FETCHES_WHILE_ASKING {
                run.status.outdated(&K::news(&spec, &revision), run.generation);
            }
            traces::found(run, &revision);
            (revision, place, is_new)
        }
    };
    let found = Found { revision, is_new, surroundings };
    match store(run, control, upstream, &spec, &found, &place).await {
        Err(Setback::Broken(cause)) => {
            tracing::info!(error = %cause, "what is kept of upstream is broken; fetching it again");
            upstream.discard(&place);
            let resolved = resolve(run, control, upstream, &spec, &access, &known, None).await?;
            let Resolved::Revision { revision, place } = resolved else {
                return Err(Setback::Broken(cause).into_fault());
            };
            let found = Found { revision, ..found };
            store(run, control, upstream, &spec, &found, &place).await.map_err(Setback::into_fault)
        }
        outcome => outcome.map_err(Setback::into_fault),
    }
}

/// A revision that upstream has and an artifact is to be made of.
struct Found {
    revision: String,
    /// Whether another one is stored, or none.
    is_new: bool,
    surroundings: Surroundings,
}

/// Asks upstream; when that takes a while, the status says so meanwhile.
async fn resolve<K: Source>(
    run: &mut Run<K>,
    control: &Control,
    upstream: &K::Upstream,
    spec: &SpecOf<K>,
    access: &Access,
    known: &Known,
    revision: Option<&str>,
) -> Result<Resolved<PlaceOf<K>>, Fault> {
    let work = upstream.resolve(spec, access, revision, control.token());
    tokio::pin!(work);
    let outcome = tokio::select! {
        outcome = &mut work => outcome,
        () = tokio::time::sleep(SAY_SO_AFTER) => {
            run.flush().await;
            work.await
        }
    };
    if control.is_cancelled() {
        return Err(Fault::cancelled());
    }
    outcome.map_err(|error| {
        if let Some(revision) = K::found_before(&error).filter(|revision| !known.is_stored(revision)) {
            run.status.outdated(&K::news(spec, revision), run.generation);
        }
        run.object.explain(spec, &error, known.has_artifact())
    })
}

/// Fetch, verify, pack, publish. The permit is held here, where the CPU works, and nowhere else.
async fn store<K: Source>(
    run: &mut Run<K>,
    control: &Control,
    upstream: &K::Upstream,
    spec: &SpecOf<K>,
    found: &Found,
    place: &PlaceOf<K>,
) -> Result<Produced, Setback> {
    let Found { revision, is_new, surroundings } = found;
    let step = trace::step("fetch");
    let fetched = upstream.fetch(place, control.token()).await;
    let fetched = fetched.map_err(|error| {
        Setback::of_fetch(error, |error| run.object.explain(spec, &error, run.status.artifact.is_some()))
    })?;
    step.end();
    let verified = verified(revision, fetched.evidence, &surroundings.policy).await?;
    if surroundings.policy != Policy::Signed {
        run.status.verified(verified.proof(), run.generation);
    }
    if let Some(proof) = verified.proof() {
        run.event(Notice::of_proof(proof));
    }
    if *is_new {
        run.status.outdated(&K::news(spec, revision), run.generation);
    }
    let ignore = run.object.ignore().map(str::to_owned);

    let step = trace::step("pack");
    let draft = archive(run, control, fetched.content, ignore.clone()).await;
    if !matches!(&draft, Err(Setback::Failed(fault)) if fault.condition == Some(FETCH_FAILED)) {
        // Whatever is wrong now, it is not upstream.
        run.status.remove(FETCH_FAILED);
    }
    let (draft, pieces) = draft?;
    step.end();
    let step = trace::step("store");
    let stored = pack::publish(&run.ctx.published, draft, &fetched.file).await?;
    step.end();
    run.ctx.pieces.keep(&run.uid(), &stored, pieces);
    run.ctx.measures.published(K::KIND, stored.size);
    let link = match K::LINK {
        Some(link) => pack::link(run, &stored, link).await?,
        None => None,
    };
    let advertised = &run.ctx.options.advertised;
    let observed = surroundings.observed.clone();
    let settings = Settings { ignore, observed, metadata: fetched.metadata };
    pack::record(&mut run.status, stored, &verified, settings, advertised, Timestamp::now());
    if K::LINK.is_some() {
        run.status.url = link;
    }
    traces::stored(run);
    let before = run.before.artifact.as_ref().filter(|_| *is_new);
    if let Some(notice) = before.and_then(|before| K::moved(spec, place, &before.revision, revision)) {
        tracing::warn!(reason = notice.reason, "{}", notice.message);
        run.event(notice);
    }
    Ok(is_stored(run, K::stored(spec, revision, &fetched.subject)))
}

/// Holds what was fetched against what is demanded. Not here: signatures take their time.
async fn verified(revision: &str, evidence: Evidence, policy: &Policy) -> Result<Verified, Fault> {
    let (revision, policy) = (revision.to_owned(), policy.clone());
    let work = move || verify(&revision, &evidence, &policy, SystemTime::now());
    match tokio::task::spawn_blocking(work).await {
        Ok(verified) => verified.map_err(Fault::from),
        Err(error) => {
            let cause =
                error.try_into_panic().map_or_else(|error| error.to_string(), |cause| panic::text(&*cause));
            let message = format!("the verification failed unexpectedly: {cause}");
            Err(Fault::retry(SOURCE_VERIFIED, reason::VERIFICATION_ERROR, message))
        }
    }
}

/// Makes the archive. Memory is waited for before permits, which nobody holds who waits.
async fn archive<K: Source, C: Content>(
    run: &Run<K>,
    control: &Control,
    mut content: C,
    ignore: Option<String>,
) -> Result<(Draft, Pieces), Setback> {
    let (namespace, gate) = (&run.key.namespace, &run.ctx.memory);
    let folder = storage::place(run)?;
    let artifact = run.status.artifact.as_ref();
    let former = artifact.and_then(|artifact| run.ctx.pieces.of(&run.uid(), artifact, &run.ctx.storage));
    let mut bytes = pack::FIRST.min(gate.limit());
    loop {
        let Some(memory) = control.token().run_until_cancelled(gate.enter(namespace, bytes)).await else {
            return Err(Fault::cancelled().into());
        };
        // No more than the limit was asked for.
        let memory = memory.map_err(|error| Setback::Broken(error.to_string()))?;
        let share = run.ctx.shares.turn(namespace, control.token());
        let Some(_share) = share.await else { return Err(Fault::cancelled().into()) };
        let Some(_permit) = control.permit().await else { return Err(Fault::cancelled().into()) };
        let patience = Patience::of(run.object.timeout(), control.token());
        let (storage, ignore, former) = (&run.ctx.storage, ignore.clone(), former.clone());
        match pack::pack(storage, &folder, content, ignore, patience, memory, former).await? {
            Packed::Whole(draft, pieces) => return Ok((*draft, pieces)),
            Packed::Starved { content: same, had } => {
                content = same;
                bytes = pack::more(had, gate.limit())?;
            }
        }
    }
}

/// What is stored is what upstream has.
fn is_stored<K: Source>(run: &mut Run<K>, produced: Produced) -> Produced {
    run.status.remove(ARTIFACT_OUTDATED);
    run.status.remove(FETCH_FAILED);
    run.status.in_storage(K::STORED, run.generation);
    produced
}

/// Writes the status, publishes the event, and says when the next run comes. The object store has the artifact before the
/// status names it, if it is quick; else status and event come first.
async fn finish<K: Source>(mut run: Run<K>, ending: Ending, cancelled: &CancellationToken) -> Next {
    ending::log(&ending);
    let object = Arc::clone(&run.object);
    let asked = ending::Asked::of(object.as_ref());
    ending::conclude(&mut run.status, &ending, asked);
    let event = ending::event(&ending, asked, &run.before, &run.status);
    let mut keeping = std::pin::pin!(storage::keep(&run));
    let early = tokio::time::timeout(KEEP_FIRST, keeping.as_mut());
    let early = cancelled.run_until_cancelled(early).await;
    let is_written = run.flush().await;
    if is_written && let Some(artifact) = &run.status.artifact {
        let before = run.before.artifact.as_ref().map(|artifact| artifact.revision.as_str());
        if before != Some(artifact.revision.as_str()) {
            run.ctx.sources.changed(K::KIND, &run.key);
        }
    }
    // A success is reported once it is in the status; a failure in any case.
    if let Some(event) = event.filter(|_| is_written || matches!(ending, Ending::Failed(_))) {
        run.event(event);
    }
    let untidy = match early {
        Some(Ok(untidy)) => untidy,
        Some(Err(_)) => cancelled.run_until_cancelled(keeping).await.flatten(),
        None => None,
    };
    if let Some(untidy) = untidy.filter(|_| is_written) {
        cancelled.run_until_cancelled(storage::tidy(&run, untidy)).await;
    }
    let interval = jitter(run.object.interval(), run.ctx.jitter);
    ending::next(&ending, is_written, interval, run.ctx.requeue_dependency)
}
