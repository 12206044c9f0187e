//! A HelmChart: a chart of a repository, or of another source's artifact, becomes an artifact; Flux's words for what comes
//! of it (contracts/source-controller.md 10). What is done to a chart is `helm::build`'s.
//!
//! A chart whose source and spec are those it was made of is not looked at again.

use std::convert::Infallible;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::SystemTime;

use api::Artifact;
use api::condition::{
    self, ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, BUILD_FAILED, FETCH_FAILED, SOURCE_VERIFIED, reason,
};
use api::helm_chart::{HelmChart, REVISION};
use api::helm_repository::HelmRepository;
use artifact::store::Store;
use jiff::Timestamp;
use manifest::budget::{Budget, Exceeded};
use reconcile_core::events::Severity;
use reconcile_core::gate::Reservation;
use reconcile_core::{Control, ObjectKey, trace};
use reqwest::Url;

use super::notice::Notice;
use super::run::Run;
use super::source::{Produced, Source};
use super::{helm_repository, pack, storage, traces};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::Spent;
use crate::helm::build::{self, Build, BuildError, Loaded, Local, Order, Step};
use crate::helm::http::Body;
use crate::helm::metadata::Dependency;
use crate::kind::Kind as _;
use crate::upstream::NoUpstream;
use crate::verify::{Evidence, Policy, verify};

mod needs;
mod repository;
mod trouble;

use needs::{Got, remotes};
use repository::{Download, access, check_name, choose, download, present};
use trouble::{Trouble, explain, refused, unavailable};

#[cfg(test)]
mod tests;

/// What always is the newest chart.
const LINK: &str = "latest.tar.gz";
/// The event that tells of charts that were added.
const RESOLVED: &str = "ResolvedDependencies";
/// Digits of a revision in a version.
const REVISION_DIGITS: usize = 12;

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

/// A chart at hand.
struct Made {
    build: Build,
    /// `None` when it is the one that is stored.
    content: Option<Content>,
}

/// The bytes of a chart.
enum Content {
    /// As a server sent them.
    Sent(Body),
    /// As they were packaged or found, with the memory that is set aside for them.
    Packed { bytes: Vec<u8>, _memory: Arc<Reservation> },
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Sent(body) => &body.bytes,
            Self::Packed { bytes, .. } => bytes,
        }
    }
}

async fn produce(run: &mut Run<HelmChart>, control: &Control) -> Result<Produced, Fault> {
    run.status.remove(SOURCE_VERIFIED);
    let ctx = Arc::clone(&run.ctx);
    let source = run.object.spec.source_ref.clone();
    let key = ObjectKey::new(&run.key.namespace, &source.name);
    let found =
        ctx.sources.artifact(&source.kind, &key).ok_or_else(|| unavailable(&source.kind, &key.name))?;
    let repository = ctx.sources.helm_repositories.get(&key).filter(|_| source.kind == "HelmRepository");
    if repository.as_ref().is_some_and(|repository| repository.spec.is_oci()) {
        let message =
            "spec.sourceRef: a HelmRepository of type 'oci' is not supported by this source-controller";
        return Err(Fault::stalling(None, reason::UNSUPPORTED_FIELD, message.to_owned()));
    }
    let Some(artifact) = present(&ctx, found).await else {
        let message = format!("no artifact available for {} source '{}'", source.kind, source.name);
        return Err(Fault::waiting(FETCH_FAILED, reason::NO_SOURCE_ARTIFACT, message));
    };
    run.status.chart.source_revision = Some(artifact.revision.clone());

    let uid = run.object.metadata.uid.clone().unwrap_or_default();
    let made_of = (artifact.digest.clone(), run.generation);
    let is_observed = run.generation == run.stored.observed_generation;
    if is_observed && run.status.artifact.is_some() && ctx.helm.is_made_of(&uid, &made_of) {
        let build = stored_build(run);
        return Ok(conclude(run, &build, false));
    }
    let step = trace::step("build");
    let made = match &repository {
        Some(repository) => from_repository(run, control, repository, &artifact).await,
        None => from_artifact(run, control, &artifact).await,
    };
    step.end();
    let made = match made {
        Ok(made) => made,
        Err(Trouble::Build(error)) => return Err(failed(run, error)),
        Err(Trouble::Fault(fault)) => return Err(fault),
    };
    let is_new = made.content.is_some();
    if let Some(content) = made.content {
        store(run, &made.build, content).await?;
    }
    ctx.helm.made(&uid, made_of);
    Ok(conclude(run, &made.build, is_new))
}

/// What the spec asks for.
fn order(run: &Run<HelmChart>, metadata: String) -> Order {
    let limits = run.ctx.helm.limits;
    let mut order = Order {
        values_files: run.object.spec.values_files.clone(),
        ignore_missing: run.object.spec.ignore_missing_values_files,
        metadata,
        chart_limit: limits.chart,
        file_limit: limits.chart_file,
    };
    if !order.replacing().is_empty() {
        let dot = if order.metadata.is_empty() { "" } else { "." };
        order.metadata = format!("{}{dot}{}", order.metadata, run.generation);
    }
    order
}

/// Whether the stored chart is the one that would be made, so that it is not.
fn is_stored(run: &Run<HelmChart>, build: &Build) -> bool {
    let artifact = run.status.artifact.as_ref();
    run.generation == run.stored.observed_generation
        && run.status.chart.name.as_deref() == Some(build.name.as_str())
        && artifact.is_some_and(|artifact| artifact.revision == build.version)
}

/// The stored chart.
fn stored_build(run: &Run<HelmChart>) -> Build {
    let spec = &run.object.spec;
    let order = order(run, String::new());
    let values_files = if run.status.chart.values_files.is_empty() {
        order.replacing().to_vec()
    } else {
        run.status.chart.values_files.clone()
    };
    let told = condition::get(&run.status.conditions, ARTIFACT_IN_STORAGE);
    let packaged = match told.map(|told| told.reason.as_str()) {
        Some(reason::CHART_PACKAGE_SUCCEEDED) => true,
        Some(reason::CHART_PULL_SUCCEEDED) => false,
        _ if spec.source_ref.kind == "HelmRepository" => order.packages(),
        // Somebody took the condition off.
        _ => {
            let revised = spec.reconcile_strategy.as_deref() == Some(REVISION);
            revised || order.packages() || !spec.chart.ends_with(".tgz")
        }
    };
    Build {
        name: run.status.chart.name.clone().unwrap_or_default(),
        version: run.status.artifact.as_ref().map(|artifact| artifact.revision.clone()).unwrap_or_default(),
        values_files,
        packaged,
        dependencies: 0,
    }
}

async fn from_repository(
    run: &Run<HelmChart>,
    control: &Control,
    object: &HelmRepository,
    index: &Artifact,
) -> Result<Made, Trouble> {
    let ctx = &run.ctx;
    let repository = helm_repository::repository(object).map_err(|cause| {
        let message = format!("invalid Helm repository URL: {cause}");
        Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, message)
    })?;
    let access = access(run, object, &repository).await?;
    let name = &run.object.spec.chart;
    check_name(name)?;
    let range = run.object.spec.version.as_deref().unwrap_or_default();
    let entry = choose(ctx, index, name, range).await?;
    let order = order(run, String::new());
    let build = build::resolved(&entry.name, &entry.version, &order)?;
    if is_stored(run, &build) {
        return Ok(Made { build: stored_build(run), content: None });
    }
    let body = download(ctx, control, &repository, &access, &entry).await.map_err(|error| match error {
        Download::Cancelled => Trouble::Fault(Fault::cancelled()),
        Download::TooLarge => {
            let (name, limit) = (format!("{}-{}.tgz", entry.name, entry.version), ctx.helm.limits.chart);
            let text = format!(
                "failed to load chart metadata from written chart: size of chart '{name}' exceeds '{limit}' bytes limit"
            );
            Trouble::Build(BuildError::TooLarge(Step::Pull, text))
        }
        Download::Failed { cause, is_authentication } => {
            let text = format!("failed to download chart for remote reference: {cause}");
            if is_authentication {
                Trouble::Fault(refused(&text))
            } else {
                Trouble::Build(BuildError::Failed(Step::Pull, text))
            }
        }
    })?;
    let body = Arc::new(body);
    let work = {
        let body = Arc::clone(&body);
        move |budget: &Budget| build::pulled(build.clone(), &body.bytes, &order, budget)
    };
    let (done, memory) = spend(run, control, work).await?;
    let (build, packed) = done?;
    let content = match packed {
        Some(packed) => Content::Packed { bytes: packed, _memory: memory },
        None => match Arc::try_unwrap(body) {
            Ok(body) => Content::Sent(body),
            Err(body) => Content::Packed { bytes: body.bytes.clone(), _memory: memory },
        },
    };
    Ok(Made { build, content: Some(content) })
}

/// What became of looking at a chart of an artifact.
enum Outcome {
    /// It is the one that is stored.
    Stored(Build),
    /// These charts of repositories are needed first.
    Needs(Vec<Dependency>),
    Done(Build, Vec<u8>),
}

async fn from_artifact(
    run: &Run<HelmChart>,
    control: &Control,
    artifact: &Artifact,
) -> Result<Made, Trouble> {
    let order = order(run, revision_of(run, artifact));
    let spec = run.object.spec.clone();
    let key = &run.key;
    // What the folder is called in Flux's messages, but for the digits.
    let root = format!("/tmp/helmchart-{}-{}/source", key.namespace, key.name);
    let (storage, path) = (run.ctx.storage.clone(), artifact.path.clone());
    let observed = (run.generation == run.stored.observed_generation)
        .then(|| run.status.artifact.as_ref().map(|artifact| artifact.revision.clone()))
        .flatten()
        .zip(run.status.chart.name.clone());
    let mut got: Arc<Vec<Got>> = Arc::default();
    let mut has_asked = false;
    loop {
        let work = {
            let (order, spec, root) = (order.clone(), spec.clone(), root.clone());
            let (storage, path, observed, got) =
                (storage.clone(), path.clone(), observed.clone(), Arc::clone(&got));
            move |budget: &Budget| -> Result<Outcome, BuildError> {
                let bytes = read(&storage, &path, budget)?;
                let unpulled = |cause: String| BuildError::Failed(Step::Pull, cause);
                let limits = artifact::unpack::Limits::default();
                let tree =
                    artifact::unpack::unpack_within(&bytes, &limits, budget).map_err(
                        |error| match error {
                            artifact::UnpackError::Reserve => {
                                BuildError::Exceeded(Step::Pull, Exceeded::Reserve)
                            }
                            artifact::UnpackError::Cancelled => {
                                BuildError::Exceeded(Step::Pull, Exceeded::Cancelled)
                            }
                            error => unpulled(format!("artifact untar error: {error}")),
                        },
                    )?;
                let local = Local::find(tree, &root, &spec.chart, &order, budget)?;
                if let Some((version, name)) = &observed
                    && *version == local.build.version
                    && *name == local.build.name
                {
                    return Ok(Outcome::Stored(local.build));
                }
                Ok(match local.load(&order, budget)? {
                    Loaded::AsItIs(build, bytes) => Outcome::Done(build, bytes),
                    Loaded::Chart(_, _, remote) if !has_asked && !remote.is_empty() => Outcome::Needs(remote),
                    Loaded::Chart(build, chart, _) => {
                        let bytes = build::package(*chart, &got, &order, budget)?;
                        Outcome::Done(build, bytes)
                    }
                })
            }
        };
        let (done, memory) = spend(run, control, work).await?;
        match done? {
            Outcome::Stored(build) => {
                let kept = stored_build(run);
                return Ok(Made { build: Build { values_files: kept.values_files, ..build }, content: None });
            }
            Outcome::Done(build, bytes) => {
                return Ok(Made { build, content: Some(Content::Packed { bytes, _memory: memory }) });
            }
            Outcome::Needs(dependencies) => {
                // Nobody waits for a server and holds memory for archives.
                drop(memory);
                has_asked = true;
                got = Arc::new(remotes(run, control, dependencies).await?);
            }
        }
    }
}

/// An artifact, whose length is held before it is read.
fn read(storage: &Store, path: &str, budget: &Budget) -> Result<Vec<u8>, BuildError> {
    let failed = |cause: &dyn std::fmt::Display| {
        BuildError::Failed(Step::Pull, format!("failed to open source artifact: {cause}"))
    };
    let path = storage.locate(path).map_err(|error| failed(&error))?;
    let unreadable = |source| failed(&artifact::StoreError::Read { path: path.clone(), source });
    let file = File::open(&path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    budget.hold(length).map_err(|exceeded| BuildError::Exceeded(Step::Pull, exceeded))?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The build metadata that a revision gives, if each one is a version of its own.
fn revision_of(run: &Run<HelmChart>, artifact: &Artifact) -> String {
    if run.object.spec.reconcile_strategy.as_deref() != Some(REVISION) {
        return String::new();
    }
    let hash = artifact.revision.rsplit_once(':').map_or(artifact.revision.as_str(), |(_, hash)| hash);
    hash.chars().take(REVISION_DIGITS).collect()
}

/// Work on the CPU: in its turn, and with as much memory as it needs.
async fn spend<T: Send + 'static>(
    run: &Run<HelmChart>,
    control: &Control,
    work: impl Fn(&Budget) -> Result<T, BuildError> + Send + Sync + 'static,
) -> Result<(Result<T, BuildError>, Arc<Reservation>), Trouble> {
    let namespace = &run.key.namespace;
    let share = run.ctx.shares.turn(namespace, control.token());
    let Some(_share) = share.await else { return Err(Fault::cancelled().into()) };
    let is_starved: fn(&Result<T, BuildError>) -> bool =
        |done| matches!(done, Err(BuildError::Exceeded(_, Exceeded::Reserve)));
    let spent = run.ctx.helm.spend(namespace, control.token(), is_starved, Arc::new(work)).await;
    spent.map_err(|spent| match spent {
        Spent::Cancelled => Fault::cancelled().into(),
        Spent::TooLarge(limit) => {
            let text = format!(
                "it needs more than the {limit} bytes of memory there are for archives (--memory-gate)"
            );
            Trouble::Build(BuildError::TooLarge(Step::Package, text))
        }
        Spent::Panicked(text) => Trouble::Build(BuildError::Failed(Step::Package, text)),
    })
}

/// Publishes the chart, and has the status say so.
async fn store(run: &mut Run<HelmChart>, build: &Build, content: Content) -> Result<(), Fault> {
    let ctx = Arc::clone(&run.ctx);
    let news = build.summary();
    run.status.news(reason::NEW_CHART, &news, run.generation);
    traces::found(run, &build.version);
    let place = storage::place(run)?;
    let name = format!("{}-{}.tgz", build.name, build.version);
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
    // No signature is asked for: an object with `spec.verify` does not come here.
    let evidence = Evidence { digest: build.version.clone(), signed: None, attested: None };
    let verified =
        verify(&build.version, &evidence, &Policy::None, SystemTime::now()).map_err(Fault::from)?;
    let advertised = &ctx.options.advertised;
    pack::record(&mut run.status, stored, &verified, pack::Settings::default(), advertised, Timestamp::now());
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

/// What is stored is what the source has.
fn conclude(run: &mut Run<HelmChart>, build: &Build, is_new: bool) -> Produced {
    run.status.remove(FETCH_FAILED);
    run.status.remove(BUILD_FAILED);
    run.status.remove(ARTIFACT_OUTDATED);
    let reason = if build.packaged { reason::CHART_PACKAGE_SUCCEEDED } else { reason::CHART_PULL_SUCCEEDED };
    let message = build.summary();
    run.status.mark(ARTIFACT_IN_STORAGE, reason, &message, run.generation);
    Produced::Chart { reason, message, version: build.version.clone(), is_new }
}

fn failed(run: &mut Run<HelmChart>, error: BuildError) -> Fault {
    let fault = explain(&error);
    match fault.condition {
        Some(BUILD_FAILED) => run.status.remove(FETCH_FAILED),
        Some(FETCH_FAILED) => run.status.remove(BUILD_FAILED),
        _ => {}
    }
    fault
}
