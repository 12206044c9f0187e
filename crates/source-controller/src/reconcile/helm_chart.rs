//! A HelmChart: a chart of a repository, or of another source's artifact, becomes an artifact; Flux's words for what comes
//! of it (contracts/source-controller.md 10). What is done to a chart is `helm::build`'s.
//!
//! A chart whose source and spec are those it was made of is not looked at again.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use api::Artifact;
use api::condition::{
    ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, BUILD_FAILED, FETCH_FAILED, SOURCE_VERIFIED, reason,
};
use api::helm_chart::HelmChart;
use api::helm_repository::HelmRepository;
use api::labels;
use jiff::Timestamp;
use reconcile_core::events::Severity;
use reconcile_core::{Control, ObjectKey, trace};
use reqwest::Url;

use super::notice::Notice;
use super::run::Run;
use super::source::{Produced, Source};
use super::{pack, storage, traces};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::build::{Build, BuildError};
use crate::kind::Kind as _;
use crate::oci::signatures::Signed;
use crate::upstream::NoUpstream;
use crate::verify::{Evidence, Policy, Verified, verify};

mod artifact;
mod made;
mod needs;
mod order;
mod registry;
mod repository;
mod trouble;

use artifact::from_artifact;
use made::{Content, Made};
use order::stored_build;
use registry::from_registry;
use repository::{from_repository, present};
use trouble::{Trouble, explain, unavailable};

#[cfg(test)]
mod tests;

/// How long a chart waits for its source just after a start.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_millis(500);

/// What always is the newest chart.
const LINK: &str = "latest.tar.gz";
/// The event that tells of charts that were added.
const RESOLVED: &str = "ResolvedDependencies";

impl Source for HelmChart {
    type Upstream = NoUpstream;

    fn upstream(_: &Context) -> Option<&NoUpstream> {
        None
    }

    fn produce<'a>(
        run: &'a mut Run<Self>,
        control: &'a Control,
    ) -> impl Future<Output = Result<Produced, Fault>> + Send + 'a {
        produce(run, control)
    }

    fn ask(&self) -> Result<Infallible, Fault> {
        Err(super::source::unsupported(self))
    }

    fn url(spec: &Infallible) -> &Url {
        match *spec {}
    }

    fn explain(&self, spec: &Infallible, _: &Infallible, _: bool) -> Fault {
        match *spec {}
    }

    fn unchanged(spec: &Infallible, _: &str) -> Produced {
        match *spec {}
    }

    fn up_to_date(spec: &Infallible, _: &str) -> Produced {
        match *spec {}
    }

    fn stored(spec: &Infallible, _: &str, _: &str) -> Produced {
        match *spec {}
    }
}

async fn produce(run: &mut Run<HelmChart>, control: &Control) -> Result<Produced, Fault> {
    // What was verified stays so; what was refused is looked at again.
    if !run.status.is_true(SOURCE_VERIFIED) {
        run.status.remove(SOURCE_VERIFIED);
    }
    let ctx = Arc::clone(&run.ctx);
    let source = run.object.spec.source_ref.clone();
    let key = ObjectKey::new(&run.key.namespace, &source.name);
    let artifact = source_artifact(run, control, &source.kind, &key).await?;
    let repository = ctx.sources.helm_repositories.get(&key).filter(|_| source.kind == HelmRepository::KIND);
    // A registry has no artifact, and is never Ready.
    if let Some(registry) = repository.as_ref().filter(|repository| repository.spec.is_oci()) {
        let step = trace::step("build");
        let made = from_registry(run, control, registry).await;
        step.end();
        return finish(run, made).await;
    }
    let Some(artifact) = artifact else {
        let message = format!("no artifact available for {} source '{}'", source.kind, source.name);
        return Err(Fault::waiting(FETCH_FAILED, reason::NO_SOURCE_ARTIFACT, message));
    };
    run.status.chart.source_revision = Some(artifact.revision.clone());

    let uid = run.object.metadata.uid.clone().unwrap_or_default();
    let made_of = (artifact.digest.clone(), run.generation);
    let is_observed = run.generation == run.stored.observed_generation;
    if is_observed && run.status.artifact.is_some() && ctx.helm.is_made_of(&uid, &made_of) {
        let build = stored_build(run);
        return Ok(conclude(run, &build, false, false));
    }
    let step = trace::step("build");
    let made = match &repository {
        Some(repository) => from_repository(run, control, repository, &artifact).await,
        None => from_artifact(run, control, &artifact).await,
    };
    step.end();
    let produced = finish(run, made).await?;
    ctx.helm.made(&uid, made_of);
    Ok(produced)
}

/// The artifact of a chart's source, if it is in the storage; `None` of a registry, too.
///
/// A process that starts with an empty storage has everything made anew, and charts and their sources at the same time. A
/// chart that was well does not fail because it came first: it waits for its source, but only in the first minute, so that
/// a source that fails does not keep the others' places for long.
async fn source_artifact(
    run: &Run<HelmChart>,
    control: &Control,
    kind: &str,
    key: &ObjectKey,
) -> Result<Option<Artifact>, Fault> {
    let ctx = &run.ctx;
    let had = run.object.status.as_ref().is_some_and(|status| status.artifact.is_some());
    let was_well = had && run.generation == run.stored.observed_generation;
    let until = Instant::now() + PATIENCE;
    loop {
        let found = ctx.sources.artifact(kind, key);
        if ctx.sources.is_registry(kind, key) {
            return Ok(None);
        }
        if let Some(artifact) = present(ctx, found.clone().flatten()).await {
            return Ok(Some(artifact));
        }
        if !(was_well && ctx.sources.are_young() && Instant::now() < until) {
            return found.map(|_| None).ok_or_else(|| unavailable(kind, &key.name));
        }
        let pause = control.token().run_until_cancelled(tokio::time::sleep(LOOK)).await;
        pause.ok_or_else(Fault::cancelled)?;
    }
}

/// From a chart, or the reason why there is none, to what is published.
async fn finish(run: &mut Run<HelmChart>, made: Result<Made, Trouble>) -> Result<Produced, Fault> {
    let Made { build, content, proof, vouched } = match made {
        Ok(made) => made,
        Err(trouble) => {
            if run.object.spec.verify.is_none() {
                run.status.remove(SOURCE_VERIFIED);
            }
            return Err(match trouble {
                Trouble::Build(error) => failed(run, &error),
                Trouble::Fault(fault) => fault,
            });
        }
    };
    let is_new = content.is_some();
    if let Some(content) = content {
        store(run, &build, content, proof.as_ref()).await?;
    }
    Ok(conclude(run, &build, vouched, is_new))
}

/// Publishes the chart, and has the status say so.
async fn store(
    run: &mut Run<HelmChart>,
    build: &Build,
    content: Content,
    proof: Option<&Signed>,
) -> Result<(), Fault> {
    let ctx = Arc::clone(&run.ctx);
    let news = build.summary();
    run.status.news(reason::NEW_CHART, &news, run.generation);
    traces::found(run, &build.version);
    let place = storage::place(run)?;
    let name = file_name(build);
    let (storage, folder) = (ctx.storage.clone(), place.clone());
    let written = tokio::task::spawn_blocking(move || {
        let mut draft = storage.begin(&folder).map_err(|error| error.to_string())?;
        draft.write_all(content.bytes()).map_err(|error| error.to_string())?;
        Ok::<_, String>(draft)
    });
    let draft = written.await.unwrap_or_else(|error| Err(error.to_string())).map_err(|cause| {
        let message = format!("unable to copy Helm chart to storage: {cause}");
        Fault::storage(reason::ARCHIVE_OPERATION_FAILED, message)
    })?;
    let (stored, link) = pack::publish_linked(&ctx, &place, draft, name, LINK).await?;
    ctx.measures.published(HelmChart::KIND, stored.size);
    let verified = verified(build, proof)?;
    let advertised = &ctx.options.advertised;
    let settings = pack::Settings { metadata: metadata(proof), ..pack::Settings::default() };
    pack::record(&mut run.status, stored, &verified, settings, advertised, Timestamp::now());
    run.status.url = Some(format!("{advertised}/{link}"));
    run.status.chart.name = Some(build.name.clone());
    let keeps = run.object.spec.ignore_missing_values_files;
    run.status.chart.values_files = if keeps { build.values_files.clone() } else { Vec::new() };
    traces::stored(run);
    if build.dependencies > 0 {
        let message = format!("resolved {} chart dependencies", build.dependencies);
        run.event(Notice { severity: Severity::Trace, reason: RESOLVED, message });
    }
    Ok(())
}

/// What is remembered of a chart that is signed: of which manifest it was made, since its version may be another one later.
fn metadata(proof: Option<&Signed>) -> BTreeMap<String, String> {
    proof.map(|proof| (labels::MANIFEST.to_owned(), proof.digest().to_owned())).into_iter().collect()
}

/// What a chart's file is called. A registry's chart may be in a folder, and the file is not.
fn file_name(build: &Build) -> String {
    let name = build.name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    format!("{}-{}.tgz", name, build.version)
}

/// Leave to publish a chart.
fn verified(build: &Build, proof: Option<&Signed>) -> Result<Verified, Fault> {
    let (digest, policy) = match proof {
        Some(proof) => (proof.digest().to_owned(), Policy::Signed),
        // No signature is asked for.
        None => (build.version.clone(), Policy::None),
    };
    let evidence = Evidence { digest, signed: None, attested: proof.cloned() };
    let verified = verify(&evidence.digest, &evidence, &policy, SystemTime::now()).map_err(Fault::from)?;
    Ok(verified.into_version(&build.version))
}

/// What is stored is what the source has.
fn conclude(run: &mut Run<HelmChart>, build: &Build, vouched: bool, is_new: bool) -> Produced {
    run.status.remove(FETCH_FAILED);
    run.status.remove(BUILD_FAILED);
    run.status.remove(ARTIFACT_OUTDATED);
    let reason = if build.packaged { reason::CHART_PACKAGE_SUCCEEDED } else { reason::CHART_PULL_SUCCEEDED };
    if vouched {
        let message = format!("verified signature of version {}", build.version);
        run.status.mark(SOURCE_VERIFIED, reason::SUCCEEDED, &message, run.generation);
    } else {
        run.status.remove(SOURCE_VERIFIED);
    }
    let message = build.summary();
    run.status.mark(ARTIFACT_IN_STORAGE, reason, &message, run.generation);
    Produced::Chart { reason, message, version: build.version.clone(), is_new }
}

fn failed(run: &mut Run<HelmChart>, error: &BuildError) -> Fault {
    let fault = explain(error);
    match fault.condition {
        Some(BUILD_FAILED) => run.status.remove(FETCH_FAILED),
        Some(FETCH_FAILED) => run.status.remove(BUILD_FAILED),
        _ => {}
    }
    if fault.reason == reason::CHART_VERIFICATION_ERROR {
        run.status.deny(SOURCE_VERIFIED, reason::VERIFICATION_ERROR, &fault.message, run.generation);
    }
    fault
}
