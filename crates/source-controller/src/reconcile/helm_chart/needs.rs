//! The charts of repositories and registries that a chart of an artifact needs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::helm_chart::HelmChart;
use reconcile_core::Control;
use reconcile_core::gate::Reservation;
use reqwest::Url;

use super::registry;
use super::repository::{download, present, versions};
use super::trouble::Trouble;
use crate::access::{Access, References, helm, masked_url};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::Download;
use crate::helm::build::{BuildError, Step};
use crate::helm::http::{Body, Repository};
use crate::helm::index::lookup::{self, Entry};
use crate::helm::metadata::Dependency;
use crate::kind::Kind as _;
use crate::reconcile::helm_repository;
use crate::reconcile::run::Run;
use crate::reconcile::source::Source as _;

/// A chart that another needs, its version, and its archive.
pub(super) type Got = (Dependency, String, Arc<Body>);

/// Charts of repositories that one chart may need.
const MOST: usize = 100;
/// How long all of them may take together: as long as the longest timeout of a source. It also ends a wait in a circle of
/// charts that each hold archives and wait for memory for more.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long one repository may take that no object is about.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The indexes that a run fetched, by the address of their repository.
type Indexes = HashMap<Url, Arc<Index>>;

/// An index, with the memory that is set aside for it.
struct Index {
    text: String,
    _memory: Arc<Reservation>,
}

/// Whether one chart may need so many of repositories.
pub(super) fn check_number(count: usize) -> Result<(), BuildError> {
    if count <= MOST {
        return Ok(());
    }
    let text = format!("chart needs {count} charts of repositories, more than {MOST}");
    Err(BuildError::TooLarge(Step::Dependencies, text))
}

/// Fetches the charts that another needs, each once.
pub(super) async fn remotes(
    run: &Run<HelmChart>,
    control: &Control,
    dependencies: Vec<Dependency>,
) -> Result<Vec<Got>, Trouble> {
    check_number(dependencies.len())?;
    let fetching = async {
        let mut indexes = Indexes::new();
        let mut fetched: HashMap<(String, String, String), (String, Arc<Body>)> = HashMap::new();
        let mut all = Vec::with_capacity(dependencies.len());
        for dependency in dependencies {
            let Dependency { repository, name, version, .. } = &dependency;
            let which = (repository.clone(), name.clone(), version.clone());
            let known = fetched.get(&which).cloned();
            let (version, body) = match known {
                Some(known) => known,
                None => {
                    let got = remote(run, control, &dependency, &mut indexes).await?;
                    fetched.insert(which, got.clone());
                    got
                }
            };
            all.push((dependency, version, body));
        }
        Ok::<_, Trouble>(all)
    };
    let done = tokio::time::timeout(PATIENCE, fetching).await;
    done.unwrap_or_else(|_| {
        let text = format!("fetching the remote dependencies took longer than {}s", PATIENCE.as_secs());
        Err(Trouble::Build(BuildError::Failed(Step::Dependencies, text)))
    })
}

/// Fetches a chart that another needs, with the access of the repository in its namespace that has the same address. Its
/// version, and its archive.
async fn remote(
    run: &Run<HelmChart>,
    control: &Control,
    dependency: &Dependency,
    indexes: &mut Indexes,
) -> Result<(String, Arc<Body>), Trouble> {
    let ctx = &run.ctx;
    let failed = |cause: String| failed(dependency, &cause);
    let given = dependency.repository.as_str();
    if given.starts_with("oci://") {
        return registered(run, control, dependency).await;
    }
    if !given.starts_with("http://") && !given.starts_with("https://") {
        let shown = masked_url(given);
        return Err(failed(if given.starts_with('@') {
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
            let repository = Repository { url: url.clone(), timeout: TIMEOUT, pass_credentials: false };
            let access = Access::to_helm(&url, &run.key.namespace, &References::default(), None, None);
            (repository, access.map_err(|error| failed(error.to_string()))?)
        }
    };
    let artifact = known.and_then(|object| object.status.as_ref().and_then(|status| status.artifact.clone()));
    let versions = match present(ctx, artifact).await {
        Some(index) => versions(ctx, &index, &dependency.name).await,
        None => fresh(ctx, control, &repository, &access, &dependency.name, indexes).await,
    };
    let getting = getting(dependency);
    let versions = versions.map_err(|cause| failed(format!("{getting}: {cause}")))?;
    let entry = lookup::choose(versions, &dependency.name, &dependency.version);
    let entry = entry.map_err(|error| failed(format!("{getting}: {error}")))?;
    let body = download(ctx, control, &repository, &access, &entry).await;
    downloaded(ctx, dependency, entry.version, body)
}

/// The same of a registry.
async fn registered(
    run: &Run<HelmChart>,
    control: &Control,
    dependency: &Dependency,
) -> Result<(String, Arc<Body>), Trouble> {
    let (ctx, namespace) = (&run.ctx, &run.key.namespace);
    let given = dependency.repository.as_str();
    let known = ctx.sources.helm_repositories.all().into_iter().find(|object| {
        object.metadata.namespace.as_deref() == Some(&**namespace)
            && object.spec.is_oci()
            && registry::normalised(&object.spec.url) == registry::normalised(given)
    });
    let known = known.as_deref();
    let timeout = known.map_or(TIMEOUT, |object| object.timeout());
    let insecure = known.is_some_and(|object| object.spec.insecure);
    let chart = registry::chart(given, &dependency.name, insecure, timeout);
    let chart = chart.map_err(|cause| failed(dependency, &cause))?;
    let unknown = |cause: String| {
        let shown = masked_url(given);
        failed(dependency, &format!("failed to get chart repository for URL '{shown}': {cause}"))
    };
    let access = registry::access(run, known, &chart).await.map_err(unknown)?;
    let asking = ctx.oci.about(&chart, &access, control.token());
    let asking = asking.map_err(|error| unknown(format!("failed to create registry client: {error}")))?;
    let version = asking.version(&dependency.version).await.map_err(|error| match error {
        Download::Cancelled => Fault::cancelled().into(),
        error => failed(dependency, &format!("{}: {error}", getting(dependency))),
    })?;
    let body = registry::pull(ctx, &asking, &version, None).await;
    downloaded(ctx, dependency, version, body)
}

fn failed(dependency: &Dependency, cause: &str) -> Trouble {
    let text = format!("failed to add remote dependency '{}': {cause}", dependency.key());
    Trouble::Build(BuildError::Failed(Step::Dependencies, text))
}

fn getting(dependency: &Dependency) -> String {
    let Dependency { repository, name, version, .. } = dependency;
    format!("failed to get chart '{name}' version '{version}' from '{}'", masked_url(repository))
}

fn downloaded(
    ctx: &Context,
    dependency: &Dependency,
    version: String,
    body: Result<Body, Download>,
) -> Result<(String, Arc<Body>), Trouble> {
    match body {
        Ok(body) => Ok((version, Arc::new(body))),
        Err(Download::Cancelled) => Err(Fault::cancelled().into()),
        Err(Download::TooLarge) => {
            let limit = ctx.helm.limits.chart;
            let text = format!(
                "failed to add remote dependency '{}': chart download of version '{version}' failed: it is larger than \
                 {limit} bytes",
                dependency.key()
            );
            Err(BuildError::TooLarge(Step::Dependencies, text).into())
        }
        Err(error) => {
            Err(failed(dependency, &format!("chart download of version '{version}' failed: {error}")))
        }
    }
}

/// The versions of a chart in a repository that no object is about.
async fn fresh(
    ctx: &Context,
    control: &Control,
    repository: &Repository,
    access: &Access,
    name: &str,
    indexes: &mut Indexes,
) -> Result<Option<Vec<Entry>>, String> {
    let known = indexes.get(&repository.url).cloned();
    let index = match known {
        Some(index) => index,
        None => {
            let index = Arc::new(fetch(ctx, control, repository, access).await?);
            indexes.insert(repository.url.clone(), Arc::clone(&index));
            index
        }
    };
    let name = name.to_owned();
    let read = tokio::task::spawn_blocking(move || lookup::versions(index.text.as_bytes(), &name));
    read.await.unwrap_or_else(|error| Err(error.to_string()))
}

async fn fetch(
    ctx: &Context,
    control: &Control,
    repository: &Repository,
    access: &Access,
) -> Result<Index, String> {
    let fetching =
        |cause: String| format!("failed to cache index: failed to cache index to temporary file: {cause}");
    let body = ctx.helm.index(repository, access, None, control.token()).await;
    let body = body.map_err(|error| fetching(error.to_string()))?;
    let body = body.ok_or_else(|| fetching("the server says that nothing has changed".to_owned()))?;
    let memory = Arc::clone(&body.memory);
    let text = ctx.helm.convert(Arc::new(body), control.token()).await;
    let text = text.map_err(|error| format!("failed to load index: failed to load index: {error}"))?;
    // Only the text is left.
    memory.shrink_to(text.len() as u64);
    Ok(Index { text, _memory: memory })
}
