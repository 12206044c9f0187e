//! Who an object is to its cloud, and the logins that it gets there: for the registries of AWS, Azure and Google Cloud, and
//! for Git repositories of CodeCommit and Azure DevOps (contracts/source-controller.md 7.4 and 12). What is asked is
//! `cloud`'s, whose ServiceAccounts there are `reconcile_core::accounts`'; what becomes of a login is the kinds'.
//!
//! A login goes to hosts of its cloud alone, encrypted and to a server that proves who it is. That of the controller
//! itself, which opens whatever the controller may open, never goes where an object alone decides both the way and who is
//! believed at its end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloud::aws::codecommit::Repository;
use cloud::azure::devops;
use cloud::{Cloud, Exchange, LoginError, Machine, Provider, Registry, Secret};
use kube::Client;
use parking_lot::Mutex;
use reconcile_core::accounts::{Accounts, Identity, Named, NoAccount, identity};
use reconcile_core::outside::Outside;
use reqwest::Url;

use crate::access::docker::Login;
use crate::access::proxy::Proxy;

#[cfg(test)]
mod tests;

/// Proxies of objects by which clouds are asked.
const MAX_PROXIES: usize = 64;

/// Who objects may be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities {
    /// Gate `ObjectLevelWorkloadIdentity`.
    pub(crate) gate: bool,
    /// `--default-service-account`; empty for none.
    pub(crate) default_account: String,
}

/// An object that needs a login.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// Reads accounts, and asks for their tokens.
    pub(crate) client: &'a Client,
    /// The object's namespace.
    pub(crate) namespace: &'a str,
    /// `spec.serviceAccountName`.
    pub(crate) account: Option<&'a str>,
    /// `spec.timeout`.
    pub(crate) timeout: Duration,
    /// How the login will be sent.
    pub(crate) way: Way<'a>,
}

/// What an object says of the way to its upstream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way<'a> {
    /// Its proxy, by which its cloud is asked, too.
    pub(crate) proxy: Option<&'a Proxy>,
    /// It brings authorities of its own.
    pub(crate) has_authorities: bool,
    /// It does without encryption, or without proof.
    pub(crate) is_insecure: bool,
}

/// Why there is no login, in Flux's words where it has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoLogin {
    /// Only the operator can help.
    #[error(
        "to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate \
         in the controller"
    )]
    GateOff,
    /// The cloud, the account or the settings.
    #[error("{0}")]
    Refused(String),
}

/// How Git proves who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GitLogin {
    /// With a token.
    Bearer(Secret),
    /// With a user and a password.
    Basic(cloud::Login),
}

/// See the module. Shared by all objects.
pub(crate) struct Clouds {
    cloud: Arc<Cloud>,
    identities: Identities,
    user_agent: String,
    proxied: Mutex<HashMap<Proxy, Arc<Cloud>>>,
}

impl Clouds {
    /// Asked by `exchange`, but for objects with proxies of their own; `machine` is what surrounds the process.
    pub(crate) fn new(
        exchange: Arc<dyn Exchange>,
        machine: Arc<dyn Machine>,
        user_agent: String,
        identities: Identities,
    ) -> Self {
        let cloud = Arc::new(Cloud::new(exchange, machine));
        Self { cloud, identities, user_agent, proxied: Mutex::default() }
    }

    /// The clouds, by the way of an object.
    pub(crate) fn cloud(&self, proxy: Option<&Proxy>) -> Result<Arc<Cloud>, NoLogin> {
        let Some(proxy) = proxy else { return Ok(Arc::clone(&self.cloud)) };
        if let Some(known) = self.proxied.lock().get(proxy) {
            return Ok(Arc::clone(known));
        }
        let failed = |error: reqwest::Error| NoLogin::Refused(error.without_url().to_string());
        let by = reqwest::Proxy::https(proxy.url().clone()).map_err(failed)?;
        let exchange = Arc::new(Outside::through(&self.user_agent, by).map_err(failed)?);
        let made = Arc::new(self.cloud.by(proxy.url().as_str(), exchange));
        let mut proxied = self.proxied.lock();
        if proxied.len() >= MAX_PROXIES
            && let Some(other) = proxied.keys().next().cloned()
        {
            proxied.remove(&other);
        }
        Ok(Arc::clone(proxied.entry(proxy.clone()).or_insert(made)))
    }

    /// Who an object is to a cloud.
    pub(crate) async fn identity(
        &self,
        asking: &Asking<'_>,
        provider: Provider,
    ) -> Result<Identity, NoLogin> {
        let Identities { gate, default_account } = &self.identities;
        let own = asking.account.unwrap_or_default();
        if !own.is_empty() && !gate {
            return Err(NoLogin::GateOff);
        }
        let named = Named::or_default(own, default_account);
        let accounts = Accounts { client: asking.client, gate: *gate };
        let found = identity(accounts, asking.namespace, named, Vec::new()).await;
        let found = found.map_err(|NoAccount { text, .. }| NoLogin::Refused(text))?;
        found.check(provider).map_err(NoLogin::Refused)?;
        Ok(found)
    }

    /// A login for the registry at a host, which may have a port.
    pub(crate) async fn registry(
        &self,
        asking: &Asking<'_>,
        provider: Provider,
        host: &str,
    ) -> Result<Login, NoLogin> {
        let registry = Registry::of(provider, host).map_err(refused)?;
        let denied = |text: String| format!("failed to get access token for artifact registry: {text}");
        let work = async {
            let identity = self.identity(asking, provider).await.map_err(|error| error.within(denied))?;
            check_way(&identity, &asking.way)?;
            let found = self.cloud(asking.way.proxy)?.registry(identity.who(), registry).await;
            found.map_err(|error| {
                NoLogin::Refused(match error {
                    LoginError::Access(error) => denied(identity.failed(&error)),
                    LoginError::Exchange(error) => {
                        format!("failed to create artifact registry credentials: {error}")
                    }
                })
            })
        };
        let found = within(asking.timeout, work).await?;
        let (username, password) = (found.username.as_str().to_owned(), found.password.as_str().to_owned());
        Ok(Login { username, password, ..Login::default() })
    }

    /// A login for a Git repository. Google Cloud has none.
    pub(crate) async fn git(
        &self,
        asking: &Asking<'_>,
        provider: Provider,
        url: &Url,
    ) -> Result<GitLogin, NoLogin> {
        let denied = |text: String| format!("failed to get access token for Git repository: {text}");
        let host = authority(url);
        let repository = match provider {
            Provider::Aws => Some(Repository::of(url.scheme(), &host, url.path()).map_err(refused)?),
            Provider::Azure => {
                devops::check(url.scheme(), &host).map_err(refused)?;
                None
            }
            Provider::Gcp => {
                return Err(NoLogin::Refused("provider 'gcp' has no Git repositories".to_owned()));
            }
        };
        let work = async {
            let identity = self.identity(asking, provider).await.map_err(|error| error.within(denied))?;
            check_way(&identity, &asking.way)?;
            let cloud = self.cloud(asking.way.proxy)?;
            let found = match repository {
                Some(repository) => cloud.codecommit(identity.who(), repository).await.map(GitLogin::Basic),
                None => cloud.devops(identity.who()).await.map(GitLogin::Bearer),
            };
            found.map_err(|error| NoLogin::Refused(denied(identity.failed(&error))))
        };
        within(asking.timeout, work).await
    }
}

impl NoLogin {
    fn within(self, denied: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::GateOff => Self::GateOff,
            Self::Refused(text) => Self::Refused(denied(text)),
        }
    }
}

fn refused(error: cloud::Error) -> NoLogin {
    NoLogin::Refused(error.to_string())
}

/// Whether a login may be sent so.
fn check_way(identity: &Identity, way: &Way<'_>) -> Result<(), NoLogin> {
    let text = match identity {
        _ if way.is_insecure => {
            "the login of a provider is not sent with spec.insecure: its server has to prove who it is"
        }
        Identity::Controller if way.proxy.is_some() && way.has_authorities => {
            "the controller's own login is not sent through a proxy of the object to servers that the object alone vouches for: \
             name a serviceAccountName, or leave out the proxy or the CA"
        }
        _ => return Ok(()),
    };
    Err(NoLogin::Refused(text.to_owned()))
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, NoLogin>>) -> Result<T, NoLogin> {
    let done = tokio::time::timeout(limit, work).await;
    done.unwrap_or_else(|_| Err(NoLogin::Refused("context deadline exceeded".to_owned())))
}

/// Host and port, where that is not the scheme's own.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
