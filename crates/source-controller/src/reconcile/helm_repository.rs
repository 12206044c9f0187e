//! A HelmRepository: its index becomes an artifact, and Flux's words for what comes of it
//! (contracts/source-controller.md 9). One of type `oci` is a name for others to use and is not run.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::condition::{ARTIFACT_OUTDATED, FETCH_FAILED, reason};
use api::helm_repository::HelmRepository;
use api::labels;
use jiff::Timestamp;
use kube::Api;
use manifest::budget::Exceeded;
use reconcile_core::{Control, ObjectKey, Store, status as write, trace};
use reqwest::Url;
use serde_json::json;

use super::known::{Answer, Known};
use super::pack::{self, Setback, Settings};
use super::run::Run;
use super::source::{self, Produced, Source};
use super::{cleanup, finalizer, storage, traces};
use crate::access::{helm, masked_url};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::http::{Failure, Repository};
use crate::helm::index::IndexError;
use crate::helm::{Helm, HelmError, Spec};
use crate::kind::Kind as _;
use crate::step::Next;
use crate::upstream::Upstream as _;
use crate::verify::{Policy, verify};

#[cfg(test)]
mod tests;

/// What always is the newest index.
const LINK: &str = "index.yaml";

impl Source for HelmRepository {
    type Upstream = Helm;

    fn objects(ctx: &Context) -> Store<Self> {
        ctx.sources.helm_repositories.clone()
    }

    async fn set_aside<'a>(
        ctx: &'a Arc<Context>,
        api: &'a Api<Self>,
        key: &'a ObjectKey,
        object: &'a Self,
    ) -> Option<Next> {
        if object.spec.is_oci() { Some(make_static(ctx, api, key, object).await) } else { None }
    }

    fn produce<'a>(
        run: &'a mut Run<Self>,
        control: &'a Control,
    ) -> impl Future<Output = Result<Produced, Fault>> + Send + 'a {
        produce(run, control)
    }

    fn upstream(ctx: &Context) -> Option<&Helm> {
        Some(&ctx.helm)
    }

    fn ask(&self) -> Result<Spec, Fault> {
        if self.spec.url.starts_with("oci://") {
            return Err(invalid("'oci' URL scheme cannot be used with 'default' HelmRepository type"));
        }
        let repository = repository(self).map_err(|cause| invalid(&cause))?;
        Ok(Spec { uid: self.metadata.uid.clone().unwrap_or_default(), repository })
    }

    fn url(spec: &Spec) -> &Url {
        &spec.repository.url
    }

    fn timeout(&self) -> Duration {
        source::timeout(self.spec.timeout.map(|timeout| timeout.get()))
    }

    fn explain(&self, _: &Spec, error: &HelmError, _: bool) -> Fault {
        explain(error, &self.spec.url)
    }

    fn unchanged(spec: &Spec, revision: &str) -> Produced {
        Self::up_to_date(spec, revision)
    }

    fn up_to_date(_: &Spec, revision: &str) -> Produced {
        let message = format!("artifact up-to-date with remote revision: '{revision}'");
        Produced::Unchanged { reason: reason::ARTIFACT_UP_TO_DATE, message, recovered: None }
    }

    fn stored(_: &Spec, _: &str, subject: &str) -> Produced {
        Produced::Stored { message: subject.to_owned() }
    }
}

/// How a repository is asked; an error is what is wrong with its address.
pub(super) fn repository(object: &HelmRepository) -> Result<Repository, String> {
    Ok(Repository {
        url: normalised(&object.spec.url)?,
        timeout: Source::timeout(object),
        pass_credentials: object.spec.pass_credentials,
    })
}

/// The address with one slash at the end.
pub(super) fn normalised(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| format!("parse {:?}: {error}", masked_url(text)))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(format!("parse {:?}: neither http nor https with a host", masked_url(text)));
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

fn invalid(cause: &str) -> Fault {
    let message = format!("invalid Helm repository URL: {cause}");
    Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, message)
}

async fn produce(run: &mut Run<HelmRepository>, control: &Control) -> Result<Produced, Fault> {
    let ctx = Arc::clone(&run.ctx);
    let spec = run.object.ask()?;
    let step = trace::step("access");
    let references = run.object.references();
    let access = helm::read(&ctx.client, &run.key.namespace, &spec.repository.url, &references).await;
    let access = access
        .map_err(|error| Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, error.to_string()))?;
    step.end();
    let known = Known::of(&run.status, None, true);
    let step = trace::step("resolve");
    let resolved = super::resolve(run, control, &ctx.helm, &spec, &access, &known, known.revision()).await?;
    step.end();
    let (revision, place) = match known.interpret(resolved) {
        Answer::Unchanged(revision) | Answer::UpToDate(revision) => {
            run.status.remove(FETCH_FAILED);
            hold(run, &revision);
            let recovered = Some(told(run));
            let Produced::Unchanged { reason, message, .. } = HelmRepository::up_to_date(&spec, &revision)
            else {
                return Err(Fault::cancelled());
            };
            return Ok(Produced::Unchanged { reason, message, recovered });
        }
        Answer::Make { revision, place, .. } => (revision, place),
    };
    let step = trace::step("fetch");
    let fetched = ctx.helm.fetch(&place, control.token()).await;
    let fetched = fetched.map_err(|error| {
        Setback::of_fetch(error, |error| run.object.explain(&spec, &error, known.has_artifact())).into_fault()
    })?;
    step.end();
    run.status.remove(FETCH_FAILED);
    let verified =
        verify(&revision, &fetched.evidence, &Policy::None, SystemTime::now()).map_err(Fault::from)?;
    run.status.news(reason::NEW_REVISION, &format!("new index revision '{revision}'"), run.generation);
    traces::found(run, &revision);
    let step = trace::step("pack");
    let archived = super::archive(run, control, fetched.content, None).await;
    let (draft, _) = archived.map_err(Setback::into_fault)?;
    step.end();
    let step = trace::step("store");
    let folder = storage::place(run)?;
    let (stored, link) = pack::publish_linked(&ctx, &folder, draft, fetched.file, LINK).await?;
    step.end();
    ctx.measures.published(HelmRepository::KIND, stored.size);
    let advertised = &ctx.options.advertised;
    pack::record(&mut run.status, stored, &verified, Settings::default(), advertised, Timestamp::now());
    run.status.url = Some(format!("{advertised}/{link}"));
    traces::stored(run);
    hold(run, &revision);
    let message = told(run);
    Ok(HelmRepository::stored(&spec, &revision, &message))
}

/// What is stored is what upstream has.
fn hold(run: &mut Run<HelmRepository>, revision: &str) {
    run.status.remove(ARTIFACT_OUTDATED);
    let message = format!("stored artifact: revision '{revision}'");
    run.status.mark(api::condition::ARTIFACT_IN_STORAGE, reason::SUCCEEDED, &message, run.generation);
}

/// What people are told of the artifact.
fn told(run: &Run<HelmRepository>) -> String {
    let size = run.status.artifact.as_ref().and_then(|artifact| artifact.size);
    let size = size.map_or_else(|| "unknown size".to_owned(), |size| format!("size {}", human(size)));
    format!("stored fetched index of {size} from '{}'", masked_url(&run.object.spec.url))
}

/// A size with four digits at most, as Docker's tools write it.
#[expect(clippy::cast_precision_loss, reason = "four digits are shown")]
fn human(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let places = match size {
        1000.0.. => 0,
        100.0.. => 1,
        10.0.. => 2,
        _ => 3,
    };
    let text = format!("{size:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{}", UNITS.get(unit).copied().unwrap_or_default())
}

/// Flux's words for what went wrong.
fn explain(error: &HelmError, url: &str) -> Fault {
    let fetching = |cause: &dyn std::fmt::Display| {
        let message = format!(
            "failed to fetch Helm repository index: failed to cache index to temporary file: {cause}"
        );
        Fault::retry(FETCH_FAILED, reason::FAILED, message)
    };
    let loading = |cause: &dyn std::fmt::Display| {
        let message = format!(
            "failed to load Helm repository from index YAML at {}: failed to load index: {cause}",
            masked_url(url)
        );
        Fault::retry(FETCH_FAILED, reason::INDEXATION_FAILED, message)
    };
    match error {
        HelmError::Fetch(Failure::Cancelled)
        | HelmError::Index(IndexError::Exceeded(Exceeded::Cancelled)) => Fault::cancelled(),
        // Flux's words alone; but it is fetched seldom.
        HelmError::TooLarge(_) | HelmError::Fetch(Failure::Gate(_)) => {
            Fault { excess: true, ..fetching(error) }
        }
        HelmError::Fetch(failure) => fetching(failure),
        HelmError::Index(IndexError::Invalid(cause)) => loading(&crate::foreign::clean(cause)),
        HelmError::Index(IndexError::Exceeded(Exceeded::Reserve)) => loading(error),
        HelmError::Index(IndexError::Exceeded(_)) => Fault { excess: true, ..loading(error) },
        HelmError::Panicked(_) => loading(error),
    }
}

/// Takes everything off a registry's object that a run has left there. Whoever uses it need not wait for it.
async fn make_static(
    ctx: &Arc<Context>,
    api: &Api<HelmRepository>,
    key: &ObjectKey,
    object: &HelmRepository,
) -> Next {
    // Whoever uses it may have waited for it.
    ctx.sources.changed(HelmRepository::KIND, key);
    let is_clean = !finalizer::is_held(object) && object.status() == crate::status::Status::default();
    if object.spec.suspend || is_clean {
        return Next::Wait;
    }
    if !cleanup::clean::<HelmRepository>(ctx, key, object.metadata.uid.as_deref().unwrap_or_default()).await {
        return Next::Retry;
    }
    if let Err(error) = finalizer::remove(api, key, object).await {
        tracing::error!(error = %error, "the finalizer could not be removed");
        return Next::Retry;
    }
    let empty = json!({
        "observedGeneration": null, "conditions": null, "artifact": null, "url": null, "lastHandledReconcileAt": null,
    });
    match write::patch(api, &key.name, labels::SOURCE_MANAGER, &empty, None).await {
        Ok(_) => Next::Wait,
        Err(error) if error.classify() == cluster::Class::NotFound => Next::Wait,
        Err(error) => {
            tracing::error!(error = %error, "the status could not be cleared");
            Next::Retry
        }
    }
}
