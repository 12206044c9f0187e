//! Who a Bucket asks as, whom it trusts and by which way: its Secrets, or an identity (contracts/source-controller.md 8 and
//! 12). In Flux's order: what fails first is told. What is in a Secret is decided without reading it.

use std::sync::Arc;

use api::bucket::{Bucket, BucketSpec};
use api::condition::{FETCH_FAILED, reason};
use api::meta::LocalObjectReference;
use cloud::{AwsCredentials, AzureCredentials, Cloud, Provider};
use reconcile_core::accounts::Identity;

use crate::access::proxy::Proxy;
use crate::access::{SecretData, Tls, secrets};
use crate::bucket::azure::Azure;
use crate::bucket::login::{Ldap, Login, Shared};
use crate::bucket::{Spec, Store};
use crate::clouds::{Asking, NoLogin, Way};
use crate::fault::Fault;
use crate::reconcile::run::Run;

#[cfg(test)]
mod tests;

/// What it takes to ask.
pub(super) struct Means {
    pub(super) login: Login,
    pub(super) tls: Tls,
    pub(super) proxy: Option<Proxy>,
}

/// The provider, where it is not the one that everybody has.
pub(super) fn provider(spec: &BucketSpec) -> &str {
    spec.provider.as_deref().filter(|provider| !provider.is_empty()).unwrap_or("generic")
}

/// Reads all that a spec names.
pub(super) async fn read(run: &Run<Bucket>, asked: &Spec) -> Result<Means, Fault> {
    let spec = &run.object.spec;
    let sts = spec.sts.as_ref();
    let secret = secret(run, spec.secret_ref.as_ref(), "failed to get secret").await?;
    let sts_secret =
        self::secret(run, sts.and_then(|sts| sts.secret_ref.as_ref()), "failed to get STS secret").await?;
    let proxy = proxy(run, spec).await?;
    let tls = tls(run, spec.cert_secret_ref.as_ref(), "failed to get TLS config").await?;
    let certificates = sts.and_then(|sts| sts.cert_secret_ref.as_ref());
    let sts_tls = self::tls(run, certificates, "failed to get STS TLS config").await?;

    let name = spec.secret_ref.as_ref().map_or("", |reference| reference.name.as_str());
    let cloud = || run.ctx.clouds.cloud(proxy.as_ref()).map_err(|error| no_identity(&error));
    let login = match (&asked.store, &secret) {
        (Store::S3(_), Some(secret)) => keys(name, secret).map_err(failed)?,
        (Store::S3(_), None) if provider(spec) == "aws" => {
            let (identity, cloud) = (identity(run, asked, Provider::Aws, proxy.as_ref()).await?, cloud()?);
            let cloud = sts.map_or_else(|| Arc::clone(&cloud), |sts| Arc::new(cloud.at_sts(&sts.endpoint)));
            Login::Aws { cloud, identity }
        }
        (Store::S3(_), None) => match sts {
            Some(sts) => {
                let name = sts.secret_ref.as_ref().map_or("", |reference| reference.name.as_str());
                ldap(&sts.endpoint, name, sts_secret.as_ref(), sts_tls).map_err(failed)?
            }
            None => Login::Nobody,
        },
        (Store::Google(_), Some(secret)) => google_key(name, secret, cloud()?).map_err(failed)?,
        (Store::Google(_), None) => Login::Google {
            identity: identity(run, asked, Provider::Gcp, proxy.as_ref()).await?,
            cloud: cloud()?,
        },
        (Store::Azure(store), Some(secret)) => azure(name, secret, store, cloud()?).map_err(failed)?,
        (Store::Azure(store), None) => {
            check_azure(store).map_err(failed)?;
            Login::Azure {
                identity: identity(run, asked, Provider::Azure, proxy.as_ref()).await?,
                cloud: cloud()?,
            }
        }
    };
    // As in Flux, what is in it is for S3 alone.
    let tls = if matches!(asked.store, Store::S3(_)) { tls } else { Tls::default() };
    Ok(Means { login, tls, proxy })
}

async fn secret(
    run: &Run<Bucket>,
    reference: Option<&LocalObjectReference>,
    prefix: &str,
) -> Result<Option<SecretData>, Fault> {
    let Some(LocalObjectReference { name }) = reference else { return Ok(None) };
    let namespace = &run.key.namespace;
    let found = secrets::get(&run.ctx.client, namespace, name).await;
    let found = found.map_err(|error| failed(format!("{prefix} '{namespace}/{name}': {}", error.cause)))?;
    Ok(Some(found.data))
}

async fn proxy(run: &Run<Bucket>, spec: &BucketSpec) -> Result<Option<Proxy>, Fault> {
    let Some(LocalObjectReference { name }) = &spec.proxy_secret_ref else { return Ok(None) };
    let proxy = secrets::proxy_in(&run.ctx.client, &run.key.namespace, name).await;
    proxy.map(Some).map_err(|cause| failed(format!("failed to get proxy URL: {cause}")))
}

async fn tls(
    run: &Run<Bucket>,
    reference: Option<&LocalObjectReference>,
    prefix: &str,
) -> Result<Tls, Fault> {
    let Some(LocalObjectReference { name }) = reference else { return Ok(Tls::default()) };
    let tls = secrets::tls_in(&run.ctx.client, &run.key.namespace, name).await;
    tls.map_err(|cause| failed(format!("{prefix}: {cause}")))
}

/// Who the object is to its cloud.
async fn identity(
    run: &Run<Bucket>,
    asked: &Spec,
    provider: Provider,
    proxy: Option<&Proxy>,
) -> Result<Identity, Fault> {
    let asking = Asking {
        client: &run.ctx.client,
        namespace: &run.key.namespace,
        account: run.object.spec.service_account_name.as_deref(),
        timeout: asked.timeout,
        way: Way { proxy, ..Way::default() },
    };
    run.ctx.clouds.identity(&asking, provider).await.map_err(|error| no_identity(&error))
}

fn no_identity(error: &NoLogin) -> Fault {
    match error {
        NoLogin::GateOff => {
            Fault::stalling(Some(FETCH_FAILED), reason::FEATURE_GATE_DISABLED, error.to_string())
        }
        NoLogin::Refused(text) => failed(text.clone()),
    }
}

/// A text of a Secret; what is not UTF-8 cannot be sent.
fn text(secret: &SecretData, key: &str) -> Option<String> {
    secret.get(key).map(|value| String::from_utf8_lossy(value).into_owned())
}

/// The keys of a Secret. As in Flux, both have to be there, and two empty ones are nobody's.
fn keys(name: &str, secret: &SecretData) -> Result<Login, String> {
    let (Some(id), Some(key)) = (text(secret, "accesskey"), text(secret, "secretkey")) else {
        return Err(format!("invalid '{name}' secret data: required fields 'accesskey' and 'secretkey'"));
    };
    if id.is_empty() || key.is_empty() {
        return Ok(Login::Nobody);
    }
    Ok(Login::Keys(AwsCredentials { access_key_id: id, secret_access_key: key.into(), session_token: None }))
}

fn ldap(endpoint: &str, name: &str, secret: Option<&SecretData>, tls: Tls) -> Result<Login, String> {
    let field = |key: &str| secret.and_then(|secret| text(secret, key)).unwrap_or_default();
    let (username, password) = (field("username"), field("password"));
    if secret.is_some() && (username.is_empty() || password.is_empty()) {
        return Err(format!(
            "invalid '{name}' secret data for 'ldap' STS provider: required fields username, password"
        ));
    }
    let endpoint = endpoint.to_owned();
    Ok(Login::Ldap(Arc::new(Ldap { endpoint, username, password: password.into(), tls })))
}

fn google_key(name: &str, secret: &SecretData, cloud: Arc<Cloud>) -> Result<Login, String> {
    let Some(key) = text(secret, "serviceaccount") else {
        return Err(format!("invalid '{name}' secret data: required fields 'serviceaccount'"));
    };
    let key = cloud::gcp::login::parse(&key);
    let key = key.map_err(|why| format!("invalid '{name}' secret data: 'serviceaccount': {why}"))?;
    Ok(Login::GoogleKey { cloud, key: Arc::new(key) })
}

/// The forms of Azure's Secret, in Flux's order.
fn azure(name: &str, secret: &SecretData, store: &Azure, cloud: Arc<Cloud>) -> Result<Login, String> {
    let field = |key: &str| text(secret, key);
    let filled = |key: &str| field(key).filter(|value| !value.is_empty());
    let authority = filled("authorityHost");
    let principal = |principal| Login::AzurePrincipal { cloud, principal: Arc::new(principal) };
    if let (Some(tenant), Some(client)) = (field("tenantId"), field("clientId")) {
        if let Some(secret) = filled("clientSecret") {
            let secret = secret.into();
            return Ok(principal(AzureCredentials::Secret { tenant, client, secret, authority }));
        }
        if let Some(pem) = filled("clientCertificate") {
            check_certificate(&pem, filled("clientCertificatePassword").is_some()).map_err(|why| {
                format!("failed to create token credential from '{name}' Secret: failed to parse client certificates: {why}")
            })?;
            let send_chain = filled("clientCertificateSendChain")
                .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
            let pem = pem.into();
            return Ok(principal(AzureCredentials::Certificate {
                tenant,
                client,
                pem,
                send_chain,
                authority,
            }));
        }
    }
    if let Some(client) = field("clientId") {
        check_azure(store)?;
        return Ok(principal(AzureCredentials::ManagedIdentity { client: Some(client) }));
    }
    if let Some(key) = field("accountKey") {
        return Ok(Login::AzureKey { account: store.account(), key: key.into() });
    }
    if let Some(signature) = field("sasKey") {
        let signature = signature.trim();
        let signature = signature.strip_prefix('?').unwrap_or(signature);
        let pairs = form_urlencoded::parse(signature.as_bytes()).into_owned().collect();
        return Ok(Login::AzureSas(Arc::new(Shared(pairs))));
    }
    if authority.is_some() {
        return Ok(Login::Nobody);
    }
    Err(format!(
        "invalid '{name}' secret data: requires a 'clientId' or 'accountKey' field, a combination of 'tenantId', 'clientId' \
         and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'"
    ))
}

/// What of a certificate is not supported.
fn check_certificate(pem: &str, has_password: bool) -> Result<(), &'static str> {
    if has_password || pem.contains("ENCRYPTED") {
        return Err("certificates with a password are not supported by this source-controller");
    }
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err("the certificate is not in PEM; PKCS #12 is not supported by this source-controller");
    }
    Ok(())
}

/// The token of whoever is not in the Secret goes to Azure alone.
fn check_azure(store: &Azure) -> Result<(), String> {
    if store.is_azures() {
        return Ok(());
    }
    Err("the token of an identity is only sent to Azure's own hosts over https (*.blob.core.windows.net and its like)"
        .to_owned())
}

pub(super) fn failed(cause: String) -> Fault {
    Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, cause)
}
