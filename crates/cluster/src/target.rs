//! One cluster that objects are applied to: its name among all targets, and how this process talks to it.
//!
//! A [`Target`] is the cluster **as the process sees it**. Discovery and lasting watches are the process's own, and are
//! shared by everybody; who reads and writes an object is chosen per call, by [`Target::client_as`]. In the own cluster
//! the account is therefore not part of the name: two Kustomizations with two accounts share one mapper and one watch
//! per kind. A remote cluster has no identity of the process: whatever it may discover and watch there is what the
//! kubeconfig's user, or the account that is impersonated with it, may. There the account is part of the name
//! (contracts/kustomize-controller.md 19).
//!
//! Two targets may be one cluster in truth (a kubeconfig with a new token has another digest). Nothing wrong follows
//! from it: what is kept per target is kept twice for a while. Targets that are handed out are `targets`'.

use std::fmt;
use std::sync::Arc;

use kube::Client;

use crate::kubeconfig::RemoteConfig;
use crate::reach::Reach;
use crate::{ConnectOptions, Connector, Error, Impersonator, Mapper};

/// The name of a target: part of the key of everything that is remembered of an object, because the same object in two
/// clusters is two objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetId {
    /// The cluster that the process is configured for.
    #[default]
    Local,
    /// A cluster that a kubeconfig leads to. Shared, so that a key with it stays small.
    Remote(Arc<RemoteId>),
}

/// What tells one remote target from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId {
    /// SHA-256 of the kubeconfig, as it is used.
    pub kubeconfig: [u8; 32],
    /// The user that is impersonated there ([`service_account_user`](crate::service_account_user)), if one is.
    pub user: Option<String>,
}

impl TargetId {
    /// A remote target.
    pub fn remote(kubeconfig: [u8; 32], user: Option<String>) -> Self {
        Self::Remote(Arc::new(RemoteId { kubeconfig, user }))
    }

    /// Whether it is the cluster of the process itself.
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Local)
    }

    /// The same, whoever is impersonated there: the objects of all of them are in one place.
    #[must_use]
    pub fn cluster(&self) -> Self {
        match self {
            Self::Remote(remote) if remote.user.is_some() => Self::remote(remote.kubeconfig, None),
            other => other.clone(),
        }
    }
}

/// `local`, or `remote/<digest>/<user>`: different for different targets, and without a secret.
impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Remote(remote) => {
                write!(f, "remote/{}", manifest::digest::hex(&remote.kubeconfig))?;
                remote.user.as_ref().map_or(Ok(()), |user| write!(f, "/{user}"))
            }
        }
    }
}

/// A cluster that objects are applied to; clones share everything.
///
/// Its limits (time-outs, retries, the requests that may wait) are those of the connector that its clients were made
/// from: a slow remote cluster holds up nobody but its own callers.
#[derive(Clone)]
pub struct Target {
    id: TargetId,
    client: Client,
    mapper: Mapper,
    /// Of the own cluster; in another one the client is the account's already.
    impersonator: Option<Impersonator>,
    reach: Reach,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("id", &self.id).field("mapper", &self.mapper).finish_non_exhaustive()
    }
}

/// There is no cluster to ask.
#[derive(Debug, thiserror::Error)]
#[error("it is not known which cluster to ask")]
struct Nowhere;

impl Target {
    /// The own cluster: `client` and `mapper` are the process's own; `impersonator` makes the clients of accounts.
    pub fn own(client: Client, mapper: Mapper, impersonator: Impersonator) -> Self {
        let (id, impersonator) = (TargetId::Local, Some(impersonator));
        Self { id, client, mapper, impersonator, reach: Reach::default() }
    }

    /// A cluster that a kubeconfig leads to, as its user or as the one that `id` names. Nothing is sent yet.
    ///
    /// # Errors
    /// The kubeconfig's certificates, keys or proxy cannot be used.
    pub fn remote(id: TargetId, config: RemoteConfig, options: &ConnectOptions) -> Result<Self, Error> {
        let reach = Reach::default();
        let RemoteConfig { config, issued } = config;
        let connector = Connector::over(config, options)?.with_issued(issued).with_reach(reach.clone());
        let client = match &id {
            TargetId::Remote(remote) if let Some(user) = &remote.user => connector.client_as(user)?,
            _ => connector.client()?,
        };
        let mapper = Mapper::of_remote(client.clone(), &connector.server());
        Ok(Self { id, client, mapper, impersonator: None, reach })
    }

    /// In the place of a target that is not known: whatever is asked of it fails, and nothing is sent anywhere.
    pub fn nowhere() -> Self {
        let fail = |_: http::Request<kube::client::Body>| {
            std::future::ready(Err::<http::Response<kube::client::Body>, _>(Nowhere))
        };
        let client = Client::new(tower::service_fn(fail), "");
        let (id, mapper) = (TargetId::remote([0; 32], None), Mapper::new(client.clone()));
        Self { id, client, mapper, impersonator: None, reach: Reach::default() }
    }

    /// Which one it is.
    pub const fn id(&self) -> &TargetId {
        &self.id
    }

    /// The process's own client: for watches that everybody shares.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Which resource serves a kind there.
    pub const fn mapper(&self) -> &Mapper {
        &self.mapper
    }

    /// The client of whoever reads and writes objects: `namespace`'s ServiceAccount, or the process itself without one.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn client_as(&self, namespace: &str, service_account: Option<&str>) -> Result<Client, Error> {
        match (&self.impersonator, service_account) {
            (Some(impersonator), Some(account)) => impersonator.client(namespace, account),
            (None, _) | (_, None) => Ok(self.client.clone()),
        }
    }

    /// What calls have shown of whether it can be reached; of the own cluster nothing is noted.
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Finds out whether it can be reached, by looking at what it serves; also a moment after it could not.
    ///
    /// # Errors
    /// It cannot, or lets nobody look.
    pub async fn probe(&self) -> Result<(), Error> {
        self.reach.try_again();
        self.mapper.renew().await
    }

    /// Lets go of clients of accounts that nobody has used for long.
    pub fn sweep(&self) {
        if let Some(impersonator) = &self.impersonator {
            impersonator.sweep();
        }
    }
}

#[cfg(test)]
mod tests;
