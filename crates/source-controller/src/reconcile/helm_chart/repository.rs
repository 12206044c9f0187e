//! Asking a repository for a chart: with which access, which version, and where it is.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use api::Artifact;
use api::condition::{FETCH_FAILED, reason};
use api::helm_chart::HelmChart;
use api::helm_repository::HelmRepository;
use artifact::Digest;
use reconcile_core::Control;
use reqwest::Url;

use super::made::{Made, from_archive};
use super::order::{is_stored, order, stored_build};
use super::trouble::{Trouble, not_pulled};
use crate::access::{Access, helm};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::Download;
use crate::helm::build::{self, BuildError, Step};
use crate::helm::http::{Body, Failure, Repository};
use crate::helm::index::lookup::{self, Entry, NoVersion};
use crate::kind::Kind as _;
use crate::published::Verdict;
use crate::reconcile::helm_repository;
use crate::reconcile::run::Run;

/// Bytes of an index that are read at a time.
const BUFFER: usize = 64 << 10;

/// The artifact, if it is in the storage and what it should be.
pub(super) async fn present(ctx: &Arc<Context>, artifact: Option<Artifact>) -> Option<Artifact> {
    let artifact = artifact?;
    let (ctx, looked) = (Arc::clone(ctx), artifact.clone());
    let is_there = tokio::task::spawn_blocking(move || {
        let Ok(digest) = Digest::parse(&looked.digest) else { return false };
        ctx.published
            .verify(&ctx.storage, &looked.path, &digest)
            .is_ok_and(|verdict| matches!(verdict, Verdict::Intact))
    });
    is_there.await.unwrap_or_default().then_some(artifact)
}

/// A chart of a repository with an index.
pub(super) async fn from_repository(
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
    if run.object.spec.verify.is_some() {
        // An index says nothing of signatures, and Flux no more.
        return Err(BuildError::Failed(Step::Verification, "not implemented".to_owned()).into());
    }
    let order = order(run, String::new());
    let build = build::resolved(&entry.name, &entry.version, &order)?;
    if is_stored(&run.status, run.generation, &build) {
        return Ok(Made::of(stored_build(run), None));
    }
    let body = download(ctx, control, &repository, &access, &entry).await;
    let body = body.map_err(|error| not_pulled(error, &build, ctx.helm.limits.chart))?;
    from_archive(run, control, build, order, body).await
}

async fn access(
    run: &Run<HelmChart>,
    object: &HelmRepository,
    repository: &Repository,
) -> Result<Access, Fault> {
    let namespace = &run.key.namespace;
    let access = helm::read(&run.ctx.client, namespace, &repository.url, &object.references()).await;
    access.map_err(|error| Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, error.to_string()))
}

pub(super) fn check_name(name: &str) -> Result<(), BuildError> {
    let refuse = |text: String| Err(BuildError::Failed(Step::Reference, text));
    if name.is_empty() {
        return refuse("no name set for remote chart reference".to_owned());
    }
    // `^([-a-z0-9]+/?\.?)+$`: neither begins with a mark nor has two of them but `/.`.
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let mut rest = name.trim_start_matches(is_plain);
    let mut is_fine = rest.len() < name.len();
    while is_fine && !rest.is_empty() {
        let after = rest.strip_prefix('/').unwrap_or(rest);
        let after = after.strip_prefix('.').unwrap_or(after);
        let next = after.trim_start_matches(is_plain);
        is_fine = after.len() < rest.len() && (after.is_empty() || next.len() < after.len());
        rest = next;
    }
    if is_fine {
        return Ok(());
    }
    refuse(format!(
        "invalid chart name '{}': a valid name must be lower case letters and numbers and MAY be separated with dashes \
         (-), slashes (/) or periods (.)",
        crate::foreign::clean(name)
    ))
}

/// The version of a chart that a stored index has for a range.
pub(super) async fn choose(
    ctx: &Arc<Context>,
    index: &Artifact,
    name: &str,
    range: &str,
) -> Result<Entry, BuildError> {
    let failed = |step: Step, cause: String| {
        BuildError::Failed(step, format!("failed to get chart version for remote reference: {cause}"))
    };
    let versions = versions(ctx, index, name).await;
    let versions = versions.map_err(|cause| failed(Step::Pull, format!("failed to load index: {cause}")))?;
    lookup::choose(versions, name, range)
        .map_err(|error: NoVersion| failed(Step::Reference, error.to_string()))
}

/// The versions of a chart in a stored index.
pub(super) async fn versions(
    ctx: &Context,
    index: &Artifact,
    name: &str,
) -> Result<Option<Vec<Entry>>, String> {
    let (storage, path, name) = (ctx.storage.clone(), index.path.clone(), name.to_owned());
    let read = tokio::task::spawn_blocking(move || {
        let path = storage.locate(&path).map_err(|error| error.to_string())?;
        let file = File::open(path).map_err(|error| error.to_string())?;
        lookup::versions(BufReader::with_capacity(BUFFER, file), &name)
    });
    read.await.unwrap_or_else(|error| Err(error.to_string()))
}

pub(super) async fn download(
    ctx: &Context,
    control: &Control,
    repository: &Repository,
    access: &Access,
    entry: &Entry,
) -> Result<Body, Download> {
    let failed = |cause: String| Download::Failed { cause, is_authentication: false };
    let reference = entry.urls.as_deref().unwrap_or_default().first();
    let reference =
        reference.ok_or_else(|| failed(format!("chart '{}' has no downloadable URLs", entry.name)))?;
    let url = address(&repository.url, reference).map_err(failed)?;
    let got = ctx.helm.http.get(&url, repository, access, None, ctx.helm.limits.chart, control.token()).await;
    match got {
        Ok(Some(body)) => Ok(body),
        Ok(None) => Err(failed("the server says that nothing has changed".to_owned())),
        Err(Failure::Cancelled) => Err(Download::Cancelled),
        Err(Failure::TooLarge) => Err(Download::TooLarge),
        Err(failure) => Err(Download::Failed {
            cause: failure.to_string(),
            is_authentication: failure.is_authentication(),
        }),
    }
}

/// Where a chart is, as an index names it: alone, or from the repository's address on, whose query it keeps.
pub(super) fn address(repository: &Url, reference: &str) -> Result<Url, String> {
    match Url::parse(reference) {
        Ok(url) => Ok(url),
        Err(url_error) => {
            let mut url = repository.join(reference).map_err(|_| {
                format!("failed to parse {} as URL: {url_error}", crate::foreign::clean(reference))
            })?;
            url.set_query(repository.query());
            Ok(url)
        }
    }
}
