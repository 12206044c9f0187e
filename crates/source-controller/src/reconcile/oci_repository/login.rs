//! With which login an OCIRepository is asked for: of its pull secrets, else of its cloud (contracts/source-controller.md
//! 7.2 and 7.4). Who it is there is `clouds`'.

use api::condition::{FETCH_FAILED, reason};
use api::oci_repository::OCIRepository;
use cloud::Provider;

use crate::access::docker::{Keyring, Login};
use crate::access::proxy::Proxy;
use crate::access::secrets;
use crate::clouds::{Asking, NoLogin, Way};
use crate::fault::Fault;
use crate::kind::Kind as _;
use crate::oci::Spec;
use crate::reconcile::run::Run;

/// What the pull secrets give.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pulled {
    /// There are none.
    NoSecrets,
    /// Their login for the repository, if it is in there.
    Secrets(Option<Login>),
}

/// The login of the pull secrets: that of `spec.secretRef`, then those of the account.
pub(super) async fn pulled(run: &Run<OCIRepository>, spec: &Spec) -> Result<Pulled, Fault> {
    const PREFIX: &str = "failed to get credential";
    let (client, namespace) = (&run.ctx.client, &run.key.namespace);
    let references = run.object.references();
    let mut keyring = Keyring::default();
    let mut all = Vec::new();
    if let Some(name) = references.secret {
        let secret = secrets::get(client, namespace, name).await.map_err(|error| {
            run.trace_event(reason::AUTHENTICATION_FAILED, format!("auth secret '{name}' not found"));
            Fault::login(PREFIX, &format!("failed to get secret '{namespace}/{name}': {}", error.cause))
        })?;
        all.push(secret);
    }
    if let Some(account) = references.service_account.filter(|name| !name.is_empty()) {
        let pull = secrets::pull_secrets(client, namespace, account).await;
        all.extend(pull.map_err(|cause| Fault::login(PREFIX, &cause))?);
    }
    if all.is_empty() {
        return Ok(Pulled::NoSecrets);
    }
    for secret in all {
        keyring.add(&secret.type_, &secret.data).map_err(|error| Fault::login(PREFIX, &error.to_string()))?;
    }
    Ok(Pulled::Secrets(keyring.login(&spec.repository.to_string()).cloned()))
}

/// The same, or the login of the cloud that the spec names where there are no pull secrets.
pub(super) async fn login(
    run: &Run<OCIRepository>,
    spec: &Spec,
    pulled: Pulled,
    proxy: Option<&Proxy>,
) -> Result<Option<Login>, Fault> {
    let object = &run.object.spec;
    let provider = object.provider.as_deref().and_then(Provider::of);
    let provider = match (pulled, provider) {
        (Pulled::Secrets(login), _) => return Ok(login),
        (Pulled::NoSecrets, None) => return Ok(None),
        (Pulled::NoSecrets, Some(provider)) => provider,
    };
    let asking = Asking {
        client: &run.ctx.client,
        namespace: &run.key.namespace,
        account: object.service_account_name.as_deref(),
        timeout: spec.timeout,
        way: Way { proxy, has_authorities: object.cert_secret_ref.is_some(), is_insecure: object.insecure },
    };
    let found = run.ctx.clouds.registry(&asking, provider, spec.repository.registry()).await;
    found.map(Some).map_err(|error| fault(object.provider.as_deref().unwrap_or_default(), error))
}

fn fault(provider: &str, error: NoLogin) -> Fault {
    match error {
        NoLogin::GateOff => Fault::stalling(None, reason::FEATURE_GATE_DISABLED, error.to_string()),
        NoLogin::Refused(cause) => {
            let message = format!("failed to get credential from {provider}: {cause}");
            Fault::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, message)
        }
    }
}
