//! A chart in a registry: a HelmRepository of type `oci` names the registry and who asks, the chart which repository of it
//! (contracts/source-controller.md 10). The wire is `oci`'s.
//!
//! A registry has no revision of its own, so it is asked in each run: for its tags where a range is meant, for signatures
//! where they are demanded, and for nothing where neither is and the chart is there already.

use std::time::Duration;

use api::condition::{FETCH_FAILED, SOURCE_VERIFIED, reason};
use api::helm_chart::HelmChart;
use api::helm_repository::HelmRepository;
use api::labels;
use cloud::Provider;
use reconcile_core::Control;
use reqwest::Url;

use super::made::{Made, from_archive};
use super::order::{is_made_for, is_stored, order, stored_build};
use super::repository::check_name;
use super::trouble::{Trouble, not_pulled, unanswered};
use crate::access::docker::Login;
use crate::access::registry::{self, Place};
use crate::access::{Access, masked_url};
use crate::clouds::{self, Way};
use crate::context::Context;
use crate::fault::Fault;
use crate::helm::Download;
use crate::helm::build::{self, Step};
use crate::helm::http::Body;
use crate::kind::Kind;
use crate::oci::charts::{Asking, Chart};
use crate::oci::names::Repository;
use crate::oci::signatures::{Signed, Signers};
use crate::reconcile::run::Run;
use crate::reconcile::signers::{self, Asked};
use crate::reconcile::source::Source as _;
use crate::status::Status;

/// A chart of a registry.
pub(super) async fn from_registry(
    run: &Run<HelmChart>,
    control: &Control,
    object: &HelmRepository,
) -> Result<Made, Trouble> {
    let (ctx, spec) = (&run.ctx, &run.object.spec);
    if !object.spec.url.starts_with("oci://") {
        let shown = masked_url(&object.spec.url);
        let shown = normalised(&shown);
        let message = format!("failed to construct Helm client: invalid OCI registry URL: {shown}/");
        let fault = Fault::stalling(Some(FETCH_FAILED), reason::FAILED, message);
        return Err(Fault { unknown: true, ..fault }.into());
    }
    // The name becomes a part of an address.
    check_name(&spec.chart)?;
    let chart =
        chart(&object.spec.url, &spec.chart, object.spec.insecure, object.timeout()).map_err(|cause| {
            let message = format!("invalid Helm repository URL: {cause}");
            Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, message)
        })?;
    let unusable =
        |cause| Fault { unknown: true, ..Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, cause) };
    let access = access(run, Some(object), &chart).await.map_err(unusable)?;
    let signers = signers(run, &chart).await?;
    let asking = ctx.oci.about(&chart, &access, control.token());
    let asking =
        asking.map_err(|error| unusable(format!("failed to construct Helm client's TLS config: {error}")))?;
    let range = spec.version.as_deref().unwrap_or_default();
    let version = asking.version(range).await.map_err(|error| {
        unanswered(error, Step::Pull, "failed to get chart version for remote reference: ")
    })?;
    let proof = match &signers {
        Some(signers) => {
            let verified = asking.verified(&version, signers).await;
            Some(verified.map_err(|error| unanswered(error, Step::Verification, ""))?)
        }
        None => None,
    };
    let order = order(run, String::new());
    let build = build::resolved(&chart.name, &version, &order)?;
    let vouched = signers.as_ref().is_some_and(Signers::vouch);
    let is_same = |proof: &Signed| comes_from(&run.status, run.generation, proof.digest());
    if is_stored(&run.status, run.generation, &build) && proof.as_ref().is_none_or(is_same) {
        return Ok(Made { proof, vouched, ..Made::of(stored_build(run), None) });
    }
    let body = pull(ctx, &asking, &version, proof.as_ref()).await;
    let body = body.map_err(|error| not_pulled(error, &build, ctx.helm.limits.chart))?;
    let made = from_archive(run, control, build, order, body).await?;
    Ok(Made { proof, vouched, ..made })
}

/// Whether the chart that is stored was made, as the spec wants it now, of the manifest with this digest. That this one is
/// signed says nothing of a chart that the same version was before; and a status that another controller wrote names no
/// manifest.
pub(super) fn comes_from(status: &Status, generation: i64, digest: &str) -> bool {
    let artifact = status.artifact.as_ref();
    is_made_for(status, generation)
        && artifact.and_then(|artifact| artifact.metadata.get(labels::MANIFEST)).map(String::as_str)
            == Some(digest)
}

/// The archive of a version.
pub(super) async fn pull(
    ctx: &Context,
    asking: &Asking<'_>,
    version: &str,
    signed: Option<&Signed>,
) -> Result<Body, Download> {
    asking.pull(version, signed, ctx.helm.limits.chart, ctx.helm.http.memory()).await
}

/// Where a chart is in a registry.
pub(super) fn chart(url: &str, name: &str, insecure: bool, timeout: Duration) -> Result<Chart, String> {
    let shown = masked_url(url);
    let repository =
        Repository::of_chart(url, name, insecure).map_err(|error| format!("parse {shown:?}: {error}"))?;
    let address = Url::parse(&repository.address("https", ""));
    let address = address.map_err(|error| format!("parse {shown:?}: {error}"))?;
    let written = format!("{}/{}", normalised(url), name.trim_matches('/'));
    Ok(Chart { repository, written, url: address, name: name.to_owned(), timeout })
}

/// The address of a registry without slashes at its end.
pub(super) fn normalised(url: &str) -> &str {
    url.trim_end_matches('/')
}

/// The access that a HelmRepository gives to a chart in it; without one, that of nobody.
pub(super) async fn access(
    run: &Run<HelmChart>,
    object: Option<&HelmRepository>,
    chart: &Chart,
) -> Result<Access, String> {
    let (client, namespace) = (&run.ctx.client, &run.key.namespace);
    let cloud = match object {
        Some(object) => cloud_login(run, object, chart).await?,
        None => None,
    };
    let references = object.map(Kind::references).unwrap_or_default();
    let place = Place { repository: &chart.repository, url: &chart.url, cloud };
    let access = registry::read(client, namespace, place, &references).await;
    access.map_err(|error| error.to_string())
}

/// The login of the cloud that a HelmRepository names, where it names no Secret.
async fn cloud_login(
    run: &Run<HelmChart>,
    object: &HelmRepository,
    chart: &Chart,
) -> Result<Option<Login>, String> {
    let spec = &object.spec;
    let provider = spec.provider.as_deref().filter(|_| spec.secret_ref.is_none());
    let Some((name, provider)) = provider.and_then(|name| Some((name, Provider::of(name)?))) else {
        return Ok(None);
    };
    let has_authorities = spec.cert_secret_ref.is_some();
    let asking = clouds::Asking {
        client: &run.ctx.client,
        namespace: &run.key.namespace,
        account: None,
        timeout: chart.timeout,
        way: Way { proxy: None, has_authorities, is_insecure: spec.insecure },
    };
    let found = run.ctx.clouds.registry(&asking, provider, chart.repository.registry()).await;
    found.map(Some).map_err(|error| format!("failed to get credential from '{name}': {error}"))
}

/// Who has to have signed the chart; `None` when nobody has to.
async fn signers(run: &Run<HelmChart>, chart: &Chart) -> Result<Option<Signers>, Fault> {
    let Some(verify) = &run.object.spec.verify else { return Ok(None) };
    let asked = Asked {
        provider: &verify.provider,
        secret: verify.secret_ref.as_ref().map(|reference| reference.name.as_str()),
        identities: &verify.match_oidc_identity,
        trusted_root: None,
    };
    match signers::read(&run.ctx.client, &run.key.namespace, asked, &chart.repository).await {
        Some(Signers::Unreadable(cause)) => {
            let provider = asked.name();
            let message = format!("failed to verify the signature using provider '{provider}': {cause}");
            Err(Fault::retry(SOURCE_VERIFIED, reason::VERIFICATION_ERROR, message))
        }
        signers => Ok(signers),
    }
}
