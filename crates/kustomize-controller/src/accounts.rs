//! The ServiceAccounts whose tokens become credentials elsewhere: those that a spec or a ConfigMap names, and the
//! controller's own (contracts/kustomize-controller.md 9, 19). In Flux's words where there is none. What their tokens are
//! exchanged for is `cloud`'s; who may name which is the callers'.

use crate::context::Context;
use crate::names;
use cloud::{Account, Provider, Who};
use reconcile_core::accounts::{TokenRequests, read};
use serde_json::Value;
use std::sync::Arc;

/// Where Kubernetes puts a pod's own token.
const OWN_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// What Flux says of a default account that is not there.
const LOCKDOWN: &str = "the specified default service account does not exist in the object namespace. your cluster is subject \
                        to multi-tenant workload identity lockdown, reach out to your cluster administrator for help";

/// A name, and where it is from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    /// By a flag, not by the tenant.
    pub(crate) by_default: bool,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoAccount {
    /// In Flux's words.
    pub(crate) text: String,
    /// Nothing but a change of settings helps.
    pub(crate) certain: bool,
}

/// Who asks a cloud.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// The controller, as its environment or its machine says.
    Controller,
    /// A ServiceAccount.
    Account { account: Arc<Account>, tokens: TokenRequests, audiences: Arc<[String]> },
}

impl Identity {
    /// For a cloud.
    pub(crate) fn who(&self) -> Who<'_> {
        match self {
            Self::Controller => Who::Machine,
            Self::Account { account, tokens, audiences } => Who::Account { account, tokens, audiences },
        }
    }

    /// In whose name a token is exchanged.
    pub(crate) fn failed(&self, error: &cloud::Error) -> String {
        match self {
            Self::Controller => {
                format!("failed to create provider access token for the controller: {error}")
            }
            // In the words of the request already.
            Self::Account { account, .. } => {
                let (namespace, name) = (&account.namespace, &account.name);
                let what = match error {
                    cloud::Error::Token(_) => "kubernetes token",
                    _ => "provider access token",
                };
                format!("failed to create {what} for service account '{namespace}/{name}': {error}")
            }
        }
    }

    /// What is wrong with the annotations, before anything is asked.
    pub(crate) fn check(&self, provider: Provider) -> Result<(), String> {
        let Self::Account { account, .. } = self else { return Ok(()) };
        let checked = match provider {
            Provider::Aws => account.aws_role().map(drop),
            Provider::Azure => account.azure_client().map(drop),
            Provider::Gcp => account.gcp_audience().and_then(|_| account.gcp_email()).map(drop),
        };
        checked.map_err(|error| {
            let (namespace, name) = (&account.namespace, &account.name);
            format!(
                "failed to get provider identity from service account '{namespace}/{name}' annotations: {error}"
            )
        })
    }
}

/// Finds a named one, which may be used if the gate is on.
pub(crate) async fn find(ctx: &Context, namespace: &str, named: Named<'_>) -> Result<Account, NoAccount> {
    let Named { name, by_default } = named;
    let failed = |text: &str| format!("failed to get service account '{namespace}/{name}': {text}");
    let missing = |certain| {
        let text = if by_default {
            failed(LOCKDOWN)
        } else {
            failed(&format!("ServiceAccount \"{name}\" not found"))
        };
        NoAccount { text, certain }
    };
    if !names::is_segment(name) {
        return Err(missing(true));
    }
    let found = read(&ctx.client, namespace, name).await;
    let found = found.map_err(|error| NoAccount { text: failed(error.message()), certain: false })?;
    // It may be made at any moment, and nobody says so.
    let found = found.ok_or_else(|| missing(false))?;
    if !ctx.options.object_identity {
        let text = "ObjectLevelWorkloadIdentity feature gate is not enabled".to_owned();
        return Err(NoAccount { text, certain: true });
    }
    Ok(found)
}

/// The same as who asks a cloud; without a name it is the controller.
pub(crate) async fn identity(
    ctx: &Context,
    namespace: &str,
    named: Option<Named<'_>>,
    audiences: Vec<String>,
) -> Result<Identity, NoAccount> {
    let Some(named) = named else { return Ok(Identity::Controller) };
    let account = Arc::new(find(ctx, namespace, named).await?);
    let tokens = TokenRequests::new(ctx.client.clone(), namespace, named.name);
    Ok(Identity::Account { account, tokens, audiences: audiences.into() })
}

/// What the controller's own token says of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// Namespace and name of the account.
    pub(crate) account: [String; 2],
    /// For whom it is: all that the API server takes for itself, where nothing else was asked for it.
    pub(crate) audiences: Vec<String>,
}

/// The controller's own account.
pub(crate) async fn own() -> Result<Own, String> {
    let token = tokio::fs::read_to_string(OWN_TOKEN).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => error.to_string(),
        };
        format!("failed to read service account token file {OWN_TOKEN}: open {OWN_TOKEN}: {why}")
    })?;
    said(&token)
}

/// What a token says, which is the API server's own and is not verified here.
fn said(token: &str) -> Result<Own, String> {
    let claims = claims(token).unwrap_or_default();
    let subject = claims.get("sub").and_then(Value::as_str);
    let subject = subject.ok_or("failed to get subject from service account token: token is malformed")?;
    let account = account_of(subject).map(|parts| parts.map(str::to_owned)).ok_or_else(|| {
        let subject = manifest::foreign::line(subject, 256);
        format!("invalid subject format in service account token: {subject}")
    })?;
    // One may stand without a list (RFC 7519, 4.1.3).
    let audiences = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(Own { account, audiences })
}

fn claims(token: &str) -> Option<Value> {
    let payload = token.trim().split('.').nth(1)?;
    serde_json::from_slice(&cloud::base64::url(payload)?).ok()
}

/// `system:serviceaccount:<namespace>:<name>`.
fn account_of(subject: &str) -> Option<[&str; 2]> {
    match subject.split(':').collect::<Vec<_>>().as_slice() {
        ["system", "serviceaccount", namespace, name] => Some([namespace, name]),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
