//! The charts of repositories that a chart of an artifact needs.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use api::helm_chart::HelmChart;
use reconcile_core::Control;

use super::repository::{Download, download, present};
use super::trouble::Trouble;
use crate::access::{Access, References, helm, masked_url};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::build::{BuildError, Step};
use crate::helm::http::Repository;
use crate::helm::index::lookup::{self, Entry};
use crate::helm::metadata::Dependency;
use crate::kind::Kind as _;
use crate::reconcile::helm_repository;
use crate::reconcile::run::Run;

/// A chart that another needs, its version, and its archive.
pub(super) type Got = (Dependency, String, Vec<u8>);

/// Fetches a chart that another needs, with the access of the repository in its namespace that has the same address.
pub(super) async fn remote(
    run: &Run<HelmChart>,
    control: &Control,
    dependency: Dependency,
) -> Result<Got, Trouble> {
    let ctx = &run.ctx;
    let key = dependency.key().to_owned();
    let failed = |cause: String| {
        let text = format!("failed to add remote dependency '{key}': {cause}");
        Trouble::Build(BuildError::Failed(Step::Dependencies, text))
    };
    let given = dependency.repository.as_str();
    if !given.starts_with("http://") && !given.starts_with("https://") {
        let shown = masked_url(given);
        return Err(failed(if given.starts_with("oci://") {
            format!(
                "failed to get chart repository for URL '{shown}': registries are not supported by this source-controller"
            )
        } else if given.starts_with('@') {
            format!("aliased repository dependency is not supported: {shown}")
        } else {
            format!("invalid dependency repository URL: {shown}")
        }));
    }
    let url = helm_repository::normalised(given).map_err(&failed)?;
    let known = ctx.sources.helm_repositories.all().into_iter().find(|object| {
        object.metadata.namespace.as_deref() == Some(&*run.key.namespace)
            && helm_repository::normalised(&object.spec.url).is_ok_and(|own| own == url)
    });
    let (repository, access) = match &known {
        Some(object) => {
            let repository = helm_repository::repository(object).map_err(&failed)?;
            let access = helm::read(&ctx.client, &run.key.namespace, &url, &object.references()).await;
            let shown = masked_url(given);
            let unusable =
                |error| failed(format!("failed to get chart repository for URL '{shown}': {error}"));
            (repository, access.map_err(unusable)?)
        }
        None => {
            let timeout = std::time::Duration::from_secs(60);
            let repository = Repository { url: url.clone(), timeout, pass_credentials: false };
            let access = Access::to_helm(&url, &run.key.namespace, &References::default(), None, None);
            (repository, access.map_err(|error| failed(error.to_string()))?)
        }
    };
    let artifact = known.and_then(|object| object.status.as_ref().and_then(|status| status.artifact.clone()));
    let versions = match present(ctx, artifact).await {
        Some(artifact) => {
            let (storage, name) = (ctx.storage.clone(), dependency.name.clone());
            let read = tokio::task::spawn_blocking(move || {
                let path = storage.locate(&artifact.path).map_err(|error| error.to_string())?;
                lookup::versions(BufReader::new(File::open(path).map_err(|error| error.to_string())?), &name)
            });
            read.await.unwrap_or_else(|error| Err(error.to_string()))
        }
        None => fresh(ctx, control, &repository, &access, &dependency.name).await,
    };
    let getting = format!(
        "failed to get chart '{}' version '{}' from '{}'",
        dependency.name,
        dependency.version,
        masked_url(given)
    );
    let versions = versions.map_err(|cause| failed(format!("{getting}: {cause}")))?;
    let entry = lookup::choose(versions, &dependency.name, &dependency.version);
    let entry = entry.map_err(|error| failed(format!("{getting}: {error}")))?;
    match download(ctx, control, &repository, &access, &entry).await {
        Ok(body) => Ok((dependency, entry.version, body.bytes)),
        Err(Download::Cancelled) => Err(Fault::cancelled().into()),
        Err(Download::TooLarge) => {
            let limit = ctx.helm.limits.chart;
            let cause = format!("it is larger than {limit} bytes");
            Err(failed(format!("chart download of version '{}' failed: {cause}", entry.version)))
        }
        Err(Download::Failed { cause, .. }) => {
            Err(failed(format!("chart download of version '{}' failed: {cause}", entry.version)))
        }
    }
}

/// The versions of a chart in a repository that no object is about.
pub(super) async fn fresh(
    ctx: &Context,
    control: &Control,
    repository: &Repository,
    access: &Access,
    name: &str,
) -> Result<Option<Vec<Entry>>, String> {
    let fetching =
        |cause: String| format!("failed to cache index: failed to cache index to temporary file: {cause}");
    let body = ctx.helm.index(repository, access, None, control.token()).await;
    let body = body.map_err(|error| fetching(error.to_string()))?;
    let body = body.ok_or_else(|| fetching("the server says that nothing has changed".to_owned()))?;
    let text = ctx.helm.convert(Arc::new(body), control.token()).await;
    let text = text.map_err(|error| format!("failed to load index: failed to load index: {error}"))?;
    lookup::versions(text.as_bytes(), name)
}
