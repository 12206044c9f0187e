//! A GitRepository's own steps: credentials, what upstream has, and its tree as an artifact
//! (contracts/source-controller.md 6).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::Artifact;
use api::condition::{
    ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, FETCH_FAILED, INCLUDE_UNAVAILABLE, SOURCE_VERIFIED, reason,
};
use api::git_repository::GitRepository;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Api;
use reconcile_core::Control;
use reqwest::Url;

use super::produce::{Produce, Produced};
use super::run::Run;
use super::storage::{failed, place};
use crate::fault::Fault;
use crate::git::archive::ArchiveError;
use crate::git::auth::Credentials;
use crate::git::clone::{CloneError, Found, Tip};
use crate::git::refs::Target;
use crate::git::{Git, GitError, Request};

/// `spec.timeout` when it is not set.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A run that takes longer says that it is at work.
const SAY_SO_AFTER: Duration = Duration::from_secs(2);
/// Reason for an empty repository; Flux has no constant for it either.
const EMPTY: &str = "EmptyGitRepository";

impl Produce for GitRepository {
    async fn produce(run: &mut Run<Self>, control: &Control) -> Result<Produced, Fault> {
        produce(run, control).await
    }
}

async fn produce(run: &mut Run<GitRepository>, control: &Control) -> Result<Produced, Fault> {
    run.status.remove(SOURCE_VERIFIED);
    run.status.remove(INCLUDE_UNAVAILABLE);
    let url = parse_url(&run.object.spec.url)?;
    let credentials = Arc::new(credentials(run, &url).await?);
    let target = Target::of(run.object.spec.reference.as_ref());
    let same_config = run.status.observed_ignore == run.object.spec.ignore && run.status.leftovers.is_empty();
    let stored = run.status.artifact.as_ref().map(|artifact| artifact.revision.clone());
    let known = stored.clone().filter(|_| same_config && run.status.is_true(ARTIFACT_IN_STORAGE));

    let request = |known: Option<String>| Request {
        uid: run.object.metadata.uid.clone().unwrap_or_default(),
        url: url.clone(),
        target: target.clone(),
        credentials: Arc::clone(&credentials),
        timeout: run.object.spec.timeout.map_or(TIMEOUT, |timeout| timeout.get()),
        known,
    };
    let first = request(known.clone());
    let again = request(None);
    let found = find(run, control, first, &target, stored.is_some()).await?;
    let tip = match found {
        Found::Unchanged if target.is_listed_first() => {
            return Ok(unchanged(run, &known.unwrap_or_default()));
        }
        Found::Unchanged => {
            run.status.remove(FETCH_FAILED);
            return Ok(up_to_date(run, &known.unwrap_or_default()));
        }
        Found::Commit(tip) => tip,
    };
    run.status.remove(FETCH_FAILED);
    if same_config && stored.as_deref() == Some(tip.revision.as_str()) {
        return Ok(up_to_date(run, &tip.revision));
    }
    if stored.as_deref() != Some(tip.revision.as_str()) {
        let news = format!("new upstream revision '{}'", tip.revision);
        if run.status.artifact.is_some() {
            run.status.mark(ARTIFACT_OUTDATED, reason::NEW_REVISION, &news, run.generation);
        }
        run.status.progress(true, &format!("building artifact: {news}"), run.generation);
    }
    match store(run, control, &tip).await {
        Err(StoreFault::BrokenClone(cause)) => {
            tracing::info!(error = %cause, "the clone is broken; re-cloning");
            Git::discard(&tip);
            let Found::Commit(tip) = find(run, control, again, &target, stored.is_some()).await? else {
                return Err(failed(reason::ARCHIVE_OPERATION_FAILED, &cause));
            };
            store(run, control, &tip).await.map_err(StoreFault::into_fault)
        }
        outcome => outcome.map_err(StoreFault::into_fault),
    }
}

fn parse_url(text: &str) -> Result<Url, Fault> {
    let invalid = |cause: String| {
        let message = format!("failed to parse url '{}': {cause}", redacted(text));
        Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, message)
    };
    let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("neither http nor https with a host".to_owned()));
    }
    Ok(url)
}

/// A URL for people: a password in it is masked.
fn redacted(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            // Fails only for URLs without a host, which have no password.
            let _ = url.set_password(Some("*****"));
            url.into()
        }
        Ok(_) => text.to_owned(),
        Err(_) => text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, rest)| format!("*****@{rest}")),
    }
}

/// Credentials from the URL and the Secret, which is read on every run.
async fn credentials(run: &Run<GitRepository>, url: &Url) -> Result<Credentials, Fault> {
    let unauthenticated =
        |message: String| Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, message);
    let data = match &run.object.spec.secret_ref {
        None => None,
        Some(reference) => Some(secret(run, &reference.name).await.map_err(unauthenticated)?),
    };
    if let (Some(data), Some(reference)) = (&data, &run.object.spec.secret_ref)
        && ["githubAppID", "githubAppClientID"].iter().any(|key| data.contains_key(*key))
    {
        let message = format!(
            "secretRef '{}/{}' has github app data but provider is not set to github",
            run.key.namespace, reference.name
        );
        return Err(Fault::retry(FETCH_FAILED, reason::INVALID_PROVIDER_CONFIGURATION, message));
    }
    Credentials::new(url, data.as_ref())
        .map_err(|error| unauthenticated(format!("failed to configure authentication options: {error}")))
}

async fn secret(run: &Run<GitRepository>, name: &str) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let secrets: Api<Secret> = Api::namespaced(run.ctx.client.clone(), &run.key.namespace);
    match secrets.get(name).await.map_err(cluster::Error::from) {
        Ok(secret) => {
            Ok(secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect())
        }
        Err(error) => {
            // The prefix comes twice in Flux as well.
            let prefix = format!("failed to get secret '{}/{name}'", run.key.namespace);
            Err(format!("{prefix}: {prefix}: {}", error.message()))
        }
    }
}

/// Asks upstream; when that takes a while, the status says so meanwhile.
async fn find(
    run: &mut Run<GitRepository>,
    control: &Control,
    request: Request,
    target: &Target,
    has_artifact: bool,
) -> Result<Found, Fault> {
    let ctx = Arc::clone(&run.ctx);
    let work = ctx.git.find(request, control.token().clone());
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
    outcome.map_err(|error| explain(&error, &run.object.spec.url, target.is_listed_first() && has_artifact))
}

/// Flux's words for what went wrong (contract 6.1).
fn explain(error: &GitError, url: &str, listed_first: bool) -> Fault {
    const PREFIX: &str = "failed to checkout and determine revision: ";
    let url = redacted(url);
    let operation = if listed_first { "list remote for" } else { "clone" };
    let cause = match error {
        GitError::Cancelled => return Fault::cancelled(),
        GitError::Clone(CloneError::Empty) => {
            return Fault::retry(FETCH_FAILED, EMPTY, CloneError::Empty.to_string());
        }
        GitError::Client(cause) => {
            let message = format!("failed to configure authentication options: {cause}");
            return Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, message);
        }
        GitError::Clone(
            error @ (CloneError::Semver(_) | CloneError::CommitNotFound(_) | CloneError::NameNotFound(_)),
        ) => error.to_string(),
        GitError::Clone(error @ CloneError::RefNotFound(_)) => format!("unable to clone '{url}': {error}"),
        GitError::Clone(error) => format!("unable to {operation} '{url}': {error}"),
        GitError::Panicked(_) => format!("unable to clone '{url}': {error}"),
    };
    Fault::retry(FETCH_FAILED, reason::GIT_OPERATION_FAILED, format!("{PREFIX}{cause}"))
}

fn unchanged(run: &mut Run<GitRepository>, revision: &str) -> Produced {
    run.status.remove(FETCH_FAILED);
    run.status.remove(ARTIFACT_OUTDATED);
    run.in_storage();
    let message = format!("no changes since last reconciliation: observed revision '{revision}'");
    Produced::Unchanged { reason: reason::GIT_OPERATION_SUCCEEDED, message, recovered: None }
}

fn up_to_date(run: &mut Run<GitRepository>, revision: &str) -> Produced {
    run.status.remove(ARTIFACT_OUTDATED);
    run.in_storage();
    let message = format!("artifact up-to-date with remote revision: '{revision}'");
    let recovered = Some(format!("stored artifact for commit '{revision}'"));
    Produced::Unchanged { reason: reason::ARTIFACT_UP_TO_DATE, message, recovered }
}

enum StoreFault {
    BrokenClone(String),
    Failed(Fault),
}

impl StoreFault {
    fn into_fault(self) -> Fault {
        match self {
            Self::BrokenClone(cause) => failed(reason::ARCHIVE_OPERATION_FAILED, &cause),
            Self::Failed(fault) => fault,
        }
    }
}

/// Makes the archive and publishes it. The permit is held here, where the CPU works, and nowhere else.
async fn store(run: &mut Run<GitRepository>, control: &Control, tip: &Tip) -> Result<Produced, StoreFault> {
    let fault = |reason, message: String| StoreFault::Failed(failed(reason, &message));
    let Some(_permit) = control.permit().await else { return Err(StoreFault::Failed(Fault::cancelled())) };
    let place = place(run).map_err(StoreFault::Failed)?;
    let ignore = run.object.spec.ignore.clone();
    let draft = run.ctx.storage.begin(&place).map_err(|error| {
        fault(reason::DIRECTORY_CREATION_FAILED, format!("failed to create artifact directory: {error}"))
    })?;
    let (draft, subject) = Git::archive(tip, ignore.clone(), draft).await.map_err(|error| match error {
        ArchiveError::Object(..) => StoreFault::BrokenClone(error.to_string()),
        _ => {
            fault(reason::ARCHIVE_OPERATION_FAILED, format!("unable to archive artifact to storage: {error}"))
        }
    })?;
    let name = format!("{}.tar.gz", tip.commit);
    let files = Arc::clone(&run.ctx.published);
    let published = tokio::task::spawn_blocking(move || files.publish(draft, &name)).await;
    let archive_failed = |cause: String| {
        fault(reason::ARCHIVE_OPERATION_FAILED, format!("unable to archive artifact to storage: {cause}"))
    };
    let stored = match published {
        Ok(Ok(stored)) => stored,
        Ok(Err(error)) => return Err(archive_failed(error.to_string())),
        Err(error) => return Err(archive_failed(error.to_string())),
    };
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    run.status.artifact = Some(Artifact {
        url: format!("{}/{}", run.ctx.settings.advertised, stored.path),
        path: stored.path,
        revision: tip.revision.clone(),
        digest: stored.digest.to_string(),
        last_update_time: Time(now),
        size: i64::try_from(stored.size).ok(),
        metadata: BTreeMap::new(),
    });
    run.status.observed_ignore = ignore;
    run.status.leftovers.clear();
    run.status.remove(ARTIFACT_OUTDATED);
    run.in_storage();
    Ok(Produced::Stored { message: format!("stored artifact for commit '{subject}'") })
}
