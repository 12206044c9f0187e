//! A HelmChart: a chart of a repository, or of another source's artifact, becomes an artifact; Flux's words for what comes
//! of it (contracts/source-controller.md 10). What is done to a chart is `helm::build`'s.
//!
//! A chart whose source and spec are those it was made of is not looked at again.

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use api::condition::{
    self, ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, BUILD_FAILED, FETCH_FAILED, SOURCE_VERIFIED, reason,
};
use api::helm_chart::{HelmChart, REVISION};
use api::helm_repository::HelmRepository;
use jiff::Timestamp;
use manifest::budget::{Budget, Exceeded};
use reconcile_core::events::Severity;
use reconcile_core::gate::Reservation;
use reconcile_core::{Control, ObjectKey, trace};
use reqwest::Url;

use super::notice::Notice;
use super::run::Run;
use super::source::{Produced, Source};
use super::{pack, storage, traces};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::Spent;
use crate::helm::build::{self, Build, BuildError, Order, Step};
use crate::helm::http::Body;
use crate::kind::Kind as _;
use crate::oci::signatures::Signed;
use crate::upstream::NoUpstream;
use crate::verify::{Evidence, Policy, Verified, verify};

mod artifact;
mod needs;
mod registry;
mod repository;
mod trouble;

use artifact::from_artifact;
use registry::from_registry;
use repository::{from_repository, present};
use trouble::{Trouble, explain, unavailable};

#[cfg(test)]
mod tests;

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

/// A chart at hand.
struct Made {
    build: Build,
    /// `None` when it is the one that is stored.
    content: Option<Content>,
    /// That the manifest it comes from is signed, where that is asked for.
    proof: Option<Signed>,
    /// Whether that may be called verified.
    vouched: bool,
}

impl Made {
    /// One that nobody has to have signed.
    const fn of(build: Build, content: Option<Content>) -> Self {
        Self { build, content, proof: None, vouched: false }
    }
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
    // What was verified stays so; what was refused is looked at again.
    if !run.status.is_true(SOURCE_VERIFIED) {
        run.status.remove(SOURCE_VERIFIED);
    }
    let ctx = Arc::clone(&run.ctx);
    let source = run.object.spec.source_ref.clone();
    let key = ObjectKey::new(&run.key.namespace, &source.name);
    let found =
        ctx.sources.artifact(&source.kind, &key).ok_or_else(|| unavailable(&source.kind, &key.name))?;
    let repository = ctx.sources.helm_repositories.get(&key).filter(|_| source.kind == HelmRepository::KIND);
    // A registry has no artifact, and is never Ready.
    if let Some(registry) = repository.as_ref().filter(|repository| repository.spec.is_oci()) {
        let step = trace::step("build");
        let made = from_registry(run, control, registry).await;
        step.end();
        return finish(run, made).await;
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
        _ if spec.source_ref.kind == HelmRepository::KIND => order.packages(),
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

/// A chart as a server sent it, published as it is or packaged.
async fn from_archive(
    run: &Run<HelmChart>,
    control: &Control,
    build: Build,
    order: Order,
    body: Body,
) -> Result<Made, Trouble> {
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
    Ok(Made::of(build, Some(content)))
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
