//! What a GitRepository asks of Git, and Flux's words for what comes of it (contracts/source-controller.md 6). Pure;
//! the sequence is `reconcile`, the wire `git`.

use std::time::Duration;

use api::condition::{FETCH_FAILED, reason};
use api::git_repository::GitRepository;
use reconcile_core::{Control, Store};
use reqwest::Url;

use super::notice::Notice;
use super::run::Run;
use super::source::{self, Produced, Source, Surroundings};
use crate::access::{Access, masked_url};
use crate::context::Context;
use crate::fault::Fault;
use crate::git::clone::CloneError;
use crate::git::http::rules::Failure;
use crate::git::refs::Target;
use crate::git::{Git, GitError, Place, Spec};

mod login;
mod moved;
mod surroundings;
#[cfg(test)]
mod tests;

/// Reason for an empty repository; Flux has no constant for it either.
const EMPTY: &str = "EmptyGitRepository";

impl Source for GitRepository {
    type Upstream = Git;

    fn objects(ctx: &Context) -> Store<Self> {
        ctx.sources.git_repositories.clone()
    }

    fn upstream(ctx: &Context) -> Option<&Git> {
        Some(&ctx.git)
    }

    fn produce<'a>(
        run: &'a mut Run<Self>,
        control: &'a Control,
    ) -> impl Future<Output = Result<Produced, Fault>> + Send + 'a {
        super::produce(run, control)
    }

    fn ask(&self) -> Result<Spec, Fault> {
        Ok(Spec {
            uid: self.metadata.uid.clone().unwrap_or_default(),
            url: parse_url(&self.spec.url)?,
            target: Target::of(self.spec.reference.as_ref()),
            before: None,
            timeout: Source::timeout(self),
            recurse: self.spec.recurse_submodules,
            sparse: self.spec.sparse_checkout.clone(),
            includes: Vec::new(),
            shown: shown(self),
        })
    }

    async fn access(run: &mut Run<Self>, spec: &mut Spec) -> Result<Access, Fault> {
        login::access(run, spec).await
    }

    async fn surround(run: &mut Run<Self>, spec: &mut Spec) -> Result<Surroundings, Fault> {
        spec.before = run.status.artifact.as_ref().map(|artifact| artifact.revision.clone());
        surroundings::read(run, spec).await
    }

    fn url(spec: &Spec) -> &Url {
        &spec.url
    }

    fn timeout(&self) -> Duration {
        source::timeout(self.spec.timeout.map(|timeout| timeout.get()))
    }

    fn explain(&self, spec: &Spec, error: &GitError, has_artifact: bool) -> Fault {
        explain(error, &self.spec.url, spec.target.is_listed_first() && has_artifact)
    }

    fn unchanged(spec: &Spec, revision: &str) -> Produced {
        if !spec.target.is_listed_first() {
            return Self::up_to_date(spec, revision);
        }
        let message = format!("no changes since last reconciliation: observed revision '{revision}'");
        Produced::Unchanged { reason: reason::GIT_OPERATION_SUCCEEDED, message, recovered: None }
    }

    fn up_to_date(_: &Spec, revision: &str) -> Produced {
        let message = format!("artifact up-to-date with remote revision: '{revision}'");
        let recovered = Some(format!("stored artifact for commit '{revision}'"));
        Produced::Unchanged { reason: reason::ARTIFACT_UP_TO_DATE, message, recovered }
    }

    fn moved(spec: &Spec, place: &Place, before: &str, revision: &str) -> Option<Notice> {
        moved::told(&spec.target, before, revision, place.tip.leaves.as_deref())
    }

    fn stored(_: &Spec, _: &str, subject: &str) -> Produced {
        Produced::Stored { message: format!("stored artifact for commit '{subject}'") }
    }
}

/// Where Flux has a working copy, in messages; here is none.
fn shown(object: &GitRepository) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    format!("/tmp/gitrepository-{}-{}", name(&object.metadata.namespace), name(&object.metadata.name))
}

fn parse_url(text: &str) -> Result<Url, Fault> {
    let invalid = |cause: String| {
        let message = format!("failed to parse url '{}': {cause}", masked_url(text));
        Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, message)
    };
    let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https" | "ssh") || url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("neither http, https nor ssh with a host".to_owned()));
    }
    Ok(url)
}

/// Flux's words for what went wrong (contract 6.1).
fn explain(error: &GitError, url: &str, listed_first: bool) -> Fault {
    const PREFIX: &str = "failed to checkout and determine revision: ";
    let url = masked_url(url);
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
        GitError::Clone(error @ CloneError::Wire(Failure::Excess(_)))
        | GitError::Module(error @ CloneError::Wire(Failure::Excess(_))) => {
            let message = format!("{PREFIX}unable to {operation} '{url}': {error}");
            return Fault::throttled(FETCH_FAILED, reason::GIT_OPERATION_FAILED, &message);
        }
        GitError::Clone(error @ CloneError::RefNotFound(_)) => format!("unable to clone '{url}': {error}"),
        GitError::Clone(CloneError::Wire(failure @ Failure::Auth(_))) => failure.to_string(),
        // Over SSH Flux learns it in another place, and so says it in other words.
        GitError::Clone(CloneError::Wire(failure @ Failure::NoRepository)) if !listed_first => {
            format!("unable to clone: {failure}: git repository: '{url}'")
        }
        GitError::Module(error) => format!("unable to clone '{url}': {error}"),
        GitError::Sparse(cause) => {
            let message = format!("failed to sparse checkout directories : {cause}");
            return Fault::retry(FETCH_FAILED, reason::GIT_OPERATION_FAILED, message);
        }
        GitError::Clone(error) => format!("unable to {operation} '{url}': {error}"),
        GitError::Panicked(_) => format!("unable to clone '{url}': {error}"),
    };
    Fault::retry(FETCH_FAILED, reason::GIT_OPERATION_FAILED, format!("{PREFIX}{cause}"))
}
