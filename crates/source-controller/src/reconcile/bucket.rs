//! What a Bucket asks of an object store, and Flux's words for what comes of it (contracts/source-controller.md 8).
//! Deciding is pure; who it asks as is `bucket::login`'s. The sequence is `reconcile`, the wire `bucket`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api::bucket::{Bucket, BucketSpec};
use api::condition::{FETCH_FAILED, reason};
use reconcile_core::{Control, Store};
use reqwest::Url;

use super::run::Run;
use super::source::{self, Produced, Source};
use crate::access::Access;
use crate::bucket::azure::Azure;
use crate::bucket::google::{self, Google};
use crate::bucket::login::Login;
use crate::bucket::s3::S3;
use crate::bucket::{self, BucketError, Buckets, Failure, Spec};
use crate::context::Context;
use crate::fault::Fault;

mod login;
#[cfg(test)]
mod tests;

use login::{failed, provider};

impl Source for Bucket {
    type Upstream = Buckets;

    const STORED: &'static str = "stored artifact: revision";
    const LINK: Option<&'static str> = Some("latest.tar.gz");
    const HEEDS_IGNORE_WHILE_ASKING: bool = true;

    fn objects(ctx: &Context) -> Store<Self> {
        ctx.sources.buckets.clone()
    }

    fn upstream(ctx: &Context) -> Option<&Buckets> {
        Some(&ctx.buckets)
    }

    fn produce<'a>(
        run: &'a mut Run<Self>,
        control: &'a Control,
    ) -> impl Future<Output = Result<Produced, Fault>> + Send + 'a {
        super::produce(run, control)
    }

    /// The STS settings are looked at first, and not after the Secrets: only another spec can mend them.
    fn ask(&self) -> Result<Spec, Fault> {
        check_sts(&self.spec)?;
        let store = store(&self.spec).map_err(failed)?;
        let address = match &store {
            bucket::Store::S3(store) => store.url(),
            bucket::Store::Google(store) => store.url(),
            bucket::Store::Azure(store) => store.url(),
        };
        let url = Url::parse(&address).map_err(|error| failed(error.to_string()))?;
        Ok(Spec {
            uid: self.metadata.uid.clone().unwrap_or_default(),
            store,
            url,
            login: Login::Nobody,
            ignore: self.spec.ignore.clone(),
            timeout: Source::timeout(self),
            found: Arc::new(AtomicUsize::new(0)),
        })
    }

    fn url(spec: &Spec) -> &Url {
        &spec.url
    }

    fn timeout(&self) -> Duration {
        source::timeout(self.spec.timeout.map(|timeout| timeout.get()))
    }

    async fn access(run: &mut Run<Self>, spec: &mut Spec) -> Result<Access, Fault> {
        let login::Means { login, tls, proxy } = login::read(run, spec).await?;
        let access = Access::to_bucket(&run.key.namespace, login.secrets(), tls, proxy);
        spec.login = login;
        Ok(access)
    }

    fn explain(&self, _: &Spec, error: &BucketError, _: bool) -> Fault {
        explain(&self.spec.bucket_name, error)
    }

    fn unchanged(spec: &Spec, revision: &str) -> Produced {
        let message = format!("artifact up-to-date with remote revision: '{revision}'");
        let recovered = Some(stored(&spec.found.load(Ordering::Relaxed).to_string(), spec));
        Produced::Unchanged { reason: reason::ARTIFACT_UP_TO_DATE, message, recovered }
    }

    fn up_to_date(spec: &Spec, revision: &str) -> Produced {
        Self::unchanged(spec, revision)
    }

    fn stored(spec: &Spec, _: &str, subject: &str) -> Produced {
        Produced::Stored { message: stored(subject, spec) }
    }
}

fn stored(count: &str, spec: &Spec) -> String {
    format!("stored artifact with {count} fetched files from '{}' bucket", spec.store.bucket())
}

/// The store that a spec names.
fn store(spec: &BucketSpec) -> Result<bucket::Store, String> {
    let BucketSpec { bucket_name, endpoint, .. } = spec;
    let prefix = spec.prefix.as_deref().unwrap_or_default();
    Ok(match provider(spec) {
        "gcp" => bucket::Store::Google(Google::new(google::BASE, bucket_name, prefix)),
        "azure" => bucket::Store::Azure(Azure::new(endpoint, bucket_name, prefix)?),
        _ => {
            let region = spec.region.as_deref();
            bucket::Store::S3(S3::new(endpoint, spec.insecure, bucket_name, prefix, region)?)
        }
    })
}

/// What of `spec.sts` nobody can use. The CRD refuses the same, where it is ours.
fn check_sts(spec: &BucketSpec) -> Result<(), Fault> {
    let Some(sts) = &spec.sts else { return Ok(()) };
    let invalid =
        |text: String| Err(Fault::stalling(Some(FETCH_FAILED), reason::INVALID_STS_CONFIGURATION, text));
    let not_required =
        |field| format!("spec.sts.{field} is not required for the '{}' STS provider", sts.provider);
    match (provider(spec), sts.provider.as_str()) {
        ("aws", "aws") if sts.secret_ref.is_some() => return invalid(not_required("secretRef")),
        ("aws", "aws") if sts.cert_secret_ref.is_some() => return invalid(not_required("certSecretRef")),
        ("aws", "aws") | ("generic", "ldap") => {}
        (provider @ ("aws" | "generic"), sts) => {
            return invalid(format!(
                "STS provider '{sts}' is not supported for '{provider}' bucket provider"
            ));
        }
        (provider, _) => {
            return invalid(format!("STS configuration is not supported for '{provider}' bucket provider"));
        }
    }
    let url = Url::parse(&sts.endpoint);
    if let Err(error) = &url {
        let text =
            format!("failed to parse STS endpoint '{}': {error}", crate::access::masked_url(&sts.endpoint));
        return Err(Fault::stalling(Some(FETCH_FAILED), reason::URL_INVALID, text));
    }
    if sts.provider == "aws" && !cloud::aws::sts::is_own(&sts.endpoint) {
        let text = "the STS endpoint is not one of AWS: tokens of identities go nowhere else".to_owned();
        return invalid(text);
    }
    Ok(())
}

/// Flux's words for what went wrong.
fn explain(bucket: &str, error: &BucketError) -> Fault {
    const REASON: &str = reason::BUCKET_OPERATION_FAILED;
    let bucket = crate::foreign::clean(bucket);
    let list = |cause: &dyn std::fmt::Display| {
        format!(
            "indexation of objects from bucket '{bucket}' failed: listing objects from bucket '{bucket}' failed: {cause}"
        )
    };
    let fetch = |cause: &dyn std::fmt::Display| format!("fetch from bucket '{bucket}' failed: {cause}");
    let (message, is_excess) = match error {
        BucketError::Cancelled => return Fault::cancelled(),
        BucketError::Client(cause) => return failed(format!("failed to get TLS config: {cause}")),
        BucketError::Identity(cause) => return failed(cause.clone()),
        BucketError::Disk(cause) => {
            let message = format!("failed to create temporary working directory: {cause}");
            return Fault::storage(reason::DIRECTORY_CREATION_FAILED, message);
        }
        BucketError::Existence(cause) => {
            (format!("failed to confirm existence of '{bucket}' bucket: {cause}"), false)
        }
        BucketError::NotFound => (format!("bucket '{bucket}' not found"), false),
        BucketError::Rules(cause) => {
            (format!("failed to get Etag for '.sourceignore' object: {cause}"), false)
        }
        BucketError::TooManyRules(_) => (error.to_string(), true),
        BucketError::List(cause) => (list(cause), matches!(cause, Failure::Excess(_))),
        BucketError::Object { cause, .. } => (fetch(error), matches!(cause, Failure::Excess(_))),
        BucketError::Key { .. } => (fetch(error), false),
    };
    if is_excess {
        Fault::throttled(FETCH_FAILED, REASON, &message)
    } else {
        Fault::retry(FETCH_FAILED, REASON, message)
    }
}
