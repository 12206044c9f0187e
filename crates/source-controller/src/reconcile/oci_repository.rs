//! What an OCIRepository asks of a registry, and Flux's words for what comes of it (contracts/source-controller.md 7).
//! Deciding is pure; reading the Secrets that it names is `access`'. The sequence is `reconcile`, the wire `oci`.

use std::time::Duration;

use api::condition::{FETCH_FAILED, SOURCE_VERIFIED, reason};
use api::oci_repository::{OCIRepository, OCIRepositorySpec};
use reconcile_core::Control;
use reqwest::Url;
use serde_json::{Map, Value};

use super::run::Run;
use super::signers::{self, Asked};
use super::source::{self, Produced, Source, Surroundings};
use crate::access::proxy::Proxy;
use crate::access::{Access, Tls, secrets};
use crate::context::Context;
use crate::fault::Fault;
use crate::oci::layer::Operation;
use crate::oci::manifest::ManifestError;
use crate::oci::names::Repository;
use crate::oci::signatures::Signers;
use crate::oci::tags::Wanted;
use crate::oci::{Failure, Oci, OciError, Spec, Target, manifest};
use crate::status::{Status, VERIFIED_BY};
use crate::verify::Policy;

mod login;
#[cfg(test)]
mod tests;

/// The field of the status that says which layer was taken.
const SELECTOR: &str = "observedLayerSelector";
/// The tag that is meant when none is named.
const LATEST_TAG: &str = "latest";

impl Source for OCIRepository {
    type Upstream = Oci;

    const STORED: &'static str = "stored artifact for digest";
    const LINK: Option<&'static str> = Some("latest.tar.gz");
    const FETCHES_WHILE_ASKING: bool = false;

    fn upstream(ctx: &Context) -> Option<&Oci> {
        Some(&ctx.oci)
    }

    fn produce<'a>(
        run: &'a mut Run<Self>,
        control: &'a Control,
    ) -> impl Future<Output = Result<Produced, Fault>> + Send + 'a {
        super::produce(run, control)
    }

    fn ask(&self) -> Result<Spec, Fault> {
        let spec = &self.spec;
        let repository = Repository::parse(&spec.url, spec.insecure).map_err(|error| {
            let cause = crate::foreign::clean(&error.to_string());
            let message = format!("URL validation failed for '{}': {cause}", written(spec));
            Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, message)
        })?;
        let url = Url::parse(&repository.address("https", "")).map_err(|error| {
            let cause = crate::foreign::clean(&error.to_string());
            let message = format!("URL validation failed for '{}': {cause}", written(spec));
            Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, message)
        })?;
        let selector = spec.layer_selector.as_ref();
        let media_type =
            selector.and_then(|selector| selector.media_type.clone()).filter(|type_| !type_.is_empty());
        let operation = match selector.and_then(|selector| selector.operation.as_deref()) {
            Some("copy") => Operation::Copy,
            _ => Operation::Extract,
        };
        Ok(Spec {
            repository,
            url,
            written: written(spec),
            target: target(spec, media_type.as_deref()),
            media_type,
            operation,
            timeout: Source::timeout(self),
            signers: None,
            proved: None,
            origin: String::new(),
        })
    }

    fn url(spec: &Spec) -> &Url {
        &spec.url
    }

    fn timeout(&self) -> Duration {
        source::timeout(self.spec.timeout.map(|timeout| timeout.get()))
    }

    /// In Flux's order: what fails first is told.
    async fn access(run: &mut Run<Self>, spec: &mut Spec) -> Result<Access, Fault> {
        let object = std::sync::Arc::clone(&run.object);
        let pulled = login::pulled(run, spec).await?;
        let proxy = proxy(run, &object.spec).await?;
        let login = login::login(run, spec, pulled, proxy.as_ref()).await?;
        let tls = tls(run, &object.spec).await?;
        let unverified = object.spec.insecure && object.spec.cert_secret_ref.is_none();
        Ok(Access::to_registry(&run.key.namespace, login, tls, proxy, unverified))
    }

    async fn surround(run: &mut Run<Self>, spec: &mut Spec) -> Result<Surroundings, Fault> {
        let object = std::sync::Arc::clone(&run.object);
        spec.signers = match asked(&object.spec) {
            Some(asked) => signers::read(&run.ctx.client, &run.key.namespace, asked, &spec.repository).await,
            None => None,
        };
        spec.proved = proved(&run.status, run.generation, spec.signers.as_ref());
        let metadata = run.status.artifact.as_ref().map(|artifact| &artifact.metadata);
        spec.origin = metadata.map(manifest::origin).unwrap_or_default();
        let policy = if spec.signers.is_some() { Policy::Signed } else { Policy::None };
        let observed = observed(&object.spec);
        let is_current = run.status.observed.get(SELECTOR) == observed.get(SELECTOR);
        Ok(Surroundings { policy, observed, is_current })
    }

    fn heard(status: &mut Status, spec: &Spec, revision: &str, generation: i64) {
        let Some(signers) = spec.signers.as_ref().filter(|signers| signers.vouch()) else {
            status.remove(SOURCE_VERIFIED);
            status.observed.remove(VERIFIED_BY);
            return;
        };
        if spec.proved.as_deref() != Some(revision) {
            let message = format!("verified signature of revision {revision}");
            status.mark(SOURCE_VERIFIED, reason::SUCCEEDED, &message, generation);
        }
        match signers.fingerprint(revision) {
            Some(fingerprint) => drop(status.observed.insert(VERIFIED_BY.to_owned(), fingerprint.into())),
            None => drop(status.observed.remove(VERIFIED_BY)),
        }
    }

    fn found_before(error: &OciError) -> Option<&str> {
        match error {
            OciError::Unsigned { revision, .. } => Some(revision),
            _ => None,
        }
    }

    fn news(spec: &Spec, revision: &str) -> String {
        format!("new revision '{revision}' for '{}'", spec.repository.reference(revision))
    }

    fn explain(&self, spec: &Spec, error: &OciError, _: bool) -> Fault {
        explain(&self.spec, &spec.written, error)
    }

    fn unchanged(spec: &Spec, revision: &str) -> Produced {
        let message = format!("artifact up-to-date with remote revision: '{revision}'");
        let recovered =
            format!("stored artifact with revision '{revision}' from '{}'{}", spec.written, spec.origin);
        Produced::Unchanged { reason: reason::ARTIFACT_UP_TO_DATE, message, recovered: Some(recovered) }
    }

    fn up_to_date(spec: &Spec, revision: &str) -> Produced {
        Self::unchanged(spec, revision)
    }

    fn stored(spec: &Spec, revision: &str, subject: &str) -> Produced {
        let message = format!("stored artifact with revision '{revision}' from '{}'{subject}", spec.written);
        Produced::Stored { message }
    }
}

/// `spec.url` for messages.
fn written(spec: &OCIRepositorySpec) -> String {
    crate::foreign::clean(&spec.url)
}

/// What `spec.ref` asks for: digest before semver before tag. What is empty counts as not set.
fn target(spec: &OCIRepositorySpec, media_type: Option<&str>) -> Target {
    let text = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    let reference = spec.reference.clone().unwrap_or_default();
    if let Some(digest) = text(&reference.digest) {
        return Target::Digest(digest);
    }
    if let Some(range) = text(&reference.semver) {
        let filter = reference.semver_filter.unwrap_or_default();
        return Target::Semver(Wanted { range, filter, media_type: media_type.map(str::to_owned) });
    }
    Target::Tag(text(&reference.tag).unwrap_or_else(|| LATEST_TAG.to_owned()))
}

/// The revision that need not be verified again: the status says that it is, for this generation and these signers. A
/// status that another controller wrote names no signers.
fn proved(status: &Status, generation: i64, signers: Option<&Signers>) -> Option<String> {
    let revision = status.artifact.as_ref()?.revision.clone();
    let fingerprint = signers?.fingerprint(&revision)?;
    let found = reconcile_core::condition::get(&status.conditions, SOURCE_VERIFIED)?;
    let is_proved = found.status == "True"
        && found.observed_generation == Some(generation)
        && status.observed.get(VERIFIED_BY).and_then(Value::as_str) == Some(fingerprint.as_str());
    is_proved.then_some(revision)
}

async fn proxy(run: &Run<OCIRepository>, spec: &OCIRepositorySpec) -> Result<Option<Proxy>, Fault> {
    let Some(reference) = &spec.proxy_secret_ref else { return Ok(None) };
    let proxy = secrets::proxy_in(&run.ctx.client, &run.key.namespace, &reference.name).await;
    proxy.map(Some).map_err(|cause| Fault::login("failed to get proxy address", &cause))
}

async fn tls(run: &Run<OCIRepository>, spec: &OCIRepositorySpec) -> Result<Tls, Fault> {
    let Some(reference) = spec.cert_secret_ref.as_ref().filter(|reference| !reference.name.is_empty()) else {
        return Ok(Tls::default());
    };
    let tls = secrets::tls_in(&run.ctx.client, &run.key.namespace, &reference.name).await;
    tls.map_err(|cause| no_transport(spec, &cause))
}

fn no_transport(spec: &OCIRepositorySpec, cause: &str) -> Fault {
    Fault::login(&format!("failed to generate transport for '{}'", written(spec)), cause)
}

/// What `spec.verify` asks for.
fn asked(spec: &OCIRepositorySpec) -> Option<Asked<'_>> {
    spec.verify.as_ref().map(|verify| Asked {
        provider: &verify.provider,
        secret: verify.secret_ref.as_ref().map(|reference| reference.name.as_str()),
        identities: &verify.match_oidc_identity,
        trusted_root: verify.trusted_root_secret_ref.as_ref().map(|reference| reference.name.as_str()),
    })
}

/// Flux's words for what went wrong (contract 7.1 to 7.5).
fn explain(spec: &OCIRepositorySpec, url: &str, error: &OciError) -> Fault {
    let retry = |reason, message| Fault::retry(FETCH_FAILED, reason, message);
    let pull = |cause: &dyn std::fmt::Display| format!("failed to pull artifact from '{url}': {cause}");
    match error {
        OciError::Cancelled => Fault::cancelled(),
        OciError::Client(cause) => no_transport(spec, &cause.to_string()),
        OciError::Tag(cause) => {
            let message = format!("failed to determine the artifact tag for '{url}': {cause}");
            retry(reason::READ_OPERATION_FAILED, message)
        }
        OciError::Digest(cause) => {
            retry(reason::OCI_PULL_FAILED, format!("failed to determine artifact digest: {cause}"))
        }
        OciError::Unsigned { cause, .. } => {
            let provider = asked(spec).map(|asked| asked.name()).unwrap_or_default();
            let message = format!("failed to verify the signature using provider '{provider}': {cause}");
            Fault::retry(SOURCE_VERIFIED, reason::VERIFICATION_ERROR, message)
        }
        OciError::Pull(cause) => retry(reason::OCI_PULL_FAILED, pull(cause)),
        OciError::Manifest(cause @ (ManifestError::Old(_) | ManifestError::NoImage(_))) => {
            retry(reason::OCI_PULL_FAILED, pull(cause))
        }
        OciError::Manifest(cause) => retry(reason::OCI_LAYER_OPERATION_FAILED, cause.to_string()),
        OciError::Layer(cause @ Failure::Excess(_)) => {
            let message = format!("failed to extract the first layer from artifact: {cause}");
            Fault::throttled(FETCH_FAILED, reason::OCI_LAYER_OPERATION_FAILED, &message)
        }
        OciError::Layer(cause @ (Failure::Answer { .. } | Failure::Timeout(_))) => {
            let message = format!("failed to extract the first layer from artifact: {cause}");
            retry(reason::OCI_LAYER_OPERATION_FAILED, message)
        }
        OciError::Layer(cause) => {
            let operation = spec.layer_selector.as_ref().and_then(|selector| selector.operation.as_deref());
            let what = if operation == Some("copy") { "copy layer" } else { "extract layer contents" };
            let message = format!("failed to {what} from artifact: {cause}");
            retry(reason::OCI_LAYER_OPERATION_FAILED, message)
        }
        OciError::Scratch(cause) => Fault::storage(
            reason::DIRECTORY_CREATION_FAILED,
            format!("failed to create temporary working directory: {cause}"),
        ),
    }
}

/// What the status says of the spec's settings.
fn observed(spec: &OCIRepositorySpec) -> Map<String, Value> {
    let selector = spec.layer_selector.as_ref();
    selector.map(|selector| (SELECTOR.to_owned(), serde_json::json!(selector))).into_iter().collect()
}
